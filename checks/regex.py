"""Regular expressions of contracts (ECMA-262) in the words of a backend: the same text means other things elsewhere.

RE2 (DuckDB) has neither lookarounds nor backreferences; in PostgreSQL `\\b` is no border of a word and `\\w` has the
letters of all languages; in SQLite, where Python matches, `$` would let a line break pass.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(r"\\u[0-9a-fA-F]{4}|\\[1-9]|\\.|\(\?<?[=!]|.", re.DOTALL)
_IN_POSTGRES = {r"\d": "[0-9]", r"\D": "[^0-9]", r"\w": "[A-Za-z0-9_]", r"\W": "[^A-Za-z0-9_]"}
_IN_POSTGRES |= {r"\b": r"\y", r"\B": r"\Y"}
_IN_POSTGRES_CLASS = {r"\d": "0-9", r"\w": "A-Za-z0-9_"}
_LOOKAROUNDS = ("(?=", "(?!", "(?<=", "(?<!")


def is_pattern(pattern: object) -> bool:
    """Whether it is a regular expression."""
    try:
        return isinstance(pattern, str) and bool(re.compile(pattern))
    except (re.error, RecursionError, OverflowError):
        return False


def lacking(pattern: str, dialect: str) -> str | None:
    """What of the pattern a backend is known not to have, None where nothing is known."""
    if dialect != "duckdb":
        return None
    outside = [part for part, inside in _tokens(pattern) if not inside]
    if any(part in _LOOKAROUNDS for part in outside):
        return "its regular expressions have no lookahead and no lookbehind"
    return "its regular expressions have no backreferences" if any(map(_is_backreference, outside)) else None


def in_words_of(dialect: str, pattern: str) -> str:
    """The pattern as the backend writes it."""
    written = "".join(_written(part, dialect, inside) for part, inside in _tokens(pattern))
    return f"(?a){written}" if dialect == "sqlite" else written


def _tokens(pattern: str) -> list[tuple[str, bool]]:
    """The parts of the pattern, each with whether it stands in a class of characters."""
    found, inside = [], False
    for part in _TOKEN.findall(pattern):
        found.append((part, inside))
        inside = part == "[" or (inside and part != "]")
    return found


def _written(part: str, dialect: str, inside: bool) -> str:
    if dialect == "postgres":
        return (_IN_POSTGRES_CLASS if inside else _IN_POSTGRES).get(part, part)
    if dialect == "duckdb" and part.startswith(r"\u") and len(part) > 2:
        return rf"\x{{{part[2:]}}}"
    return r"\Z" if dialect == "sqlite" and part == "$" and not inside else part


def _is_backreference(part: str) -> bool:
    return len(part) == 2 and part[0] == "\\" and part[1] in "123456789"
