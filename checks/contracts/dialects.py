"""The dialects of SQL by the names that people and contracts use."""

from __future__ import annotations

from functools import cache

from sqlglot.dialects import DIALECTS

from checks.contracts.document import Document

DEFAULT = "duckdb"
#: sqlglot's name of those that go by another one
_OTHER_WORDS = {
    "postgresql": "postgres", "cloudsql": "postgres", "sqlserver": "tsql", "synapse": "tsql", "local": "duckdb",
    "s3": "duckdb", "azure": "duckdb", "glue": "athena",
}  # fmt: skip


class UnknownDialect(Exception):
    """A word that is no dialect; the sentence says which there are."""


def known_dialect(word: str | None) -> str | None:
    """sqlglot's name for it, None for None. Raises UnknownDialect."""
    if word is None:
        return None
    found = _OTHER_WORDS.get(word.lower(), word.lower())
    if found not in _names():
        raise UnknownDialect(f"--dialect {word} is not known; it is one of {', '.join(sorted(_names()))}")
    return found


def dialect_of(document: Document) -> str:
    """What the physical types of a contract are written in: the dialect of its first server that has one."""
    types = [(server.text("type") or "").lower() for server in document.root.items("servers")]
    named = [_OTHER_WORDS.get(each, each) for each in types]
    return next((each for each in named if each in _names()), DEFAULT)


@cache
def _names() -> frozenset[str]:
    return frozenset(name.lower() for name in DIALECTS if name)
