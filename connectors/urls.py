"""What a source's URL points to: which kind of warehouse, and for files the absolute path."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from connectors.errors import DriverMissing, Unreachable

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
_PASSWORD = re.compile(r"://[^:@/]*:(.+)@")
_PASSWORD_PARAMETER = re.compile(r"(?i)[?&][\w-]*(?:password|passwd|pwd|token|secret|key)=([^&]+)")
_AMBIGUOUS = re.compile(r"[@/#?:\[\]]")
_SUFFIXES = {".duckdb": "duckdb", ".ddb": "duckdb", ".db": "duckdb", ".sqlite": "sqlite", ".sqlite3": "sqlite"}
_SCHEMES = {"duckdb": "duckdb", "sqlite": "sqlite", "files": "files", "file": "", "postgres": "postgres"}
_SQLITE_MAGIC = b"SQLite format 3\0"


@dataclass(frozen=True, slots=True)
class Location:
    """A warehouse to open. `kind` is duckdb, files, sqlite, postgres or, for all others, ibis; `path` is set for the
    first three, `url` for the others."""

    kind: str
    url: str
    path: Path | None = None


def locate(source: str, url: str, base: Path) -> Location:
    """Reads the URL or bare path. Raises Unreachable for a path that is not there, or is of no known kind."""
    match = _URL.fullmatch(url.strip())
    scheme, rest = match.groups() if match else ("file", url.strip())
    scheme = scheme.lower().replace("postgresql", "postgres")
    kind = _SCHEMES.get(scheme)
    if scheme == "postgres":
        _refuse_ambiguous_password(source, url)
        return Location("postgres", url.strip())
    if kind is None or rest.startswith(("md:", "motherduck:")):
        return Location("ibis", url.strip())
    path = _existing(source, rest, base)
    return Location(kind or _kind_of(source, path), url, path)


def secret_places(url: str) -> list[tuple[int, int]]:
    """Where the passwords stand in a URL: from and to, in their order."""
    found = [match.span(1) for pattern in (_PASSWORD, _PASSWORD_PARAMETER) for match in pattern.finditer(url)]
    found.sort()
    return [place for at, place in enumerate(found) if at == 0 or place[0] >= found[at - 1][1]]


def secrets_of(url: str) -> tuple[str, ...]:
    """The passwords in a URL, as written and decoded, longest first: what no message may contain."""
    found = {group for pattern in (_PASSWORD, _PASSWORD_PARAMETER) for group in pattern.findall(url)}
    return tuple(sorted(found | {unquote(secret) for secret in found}, key=len, reverse=True))


def unknown_scheme(source: str, url: str) -> DriverMissing:
    """The error for a URL that neither we nor ibis can do anything with."""
    scheme = url.split("://", 1)[0]
    known = (
        "duckdb://, files://, sqlite://, postgres:// or one that ibis knows (mysql://, snowflake://, bigquery://, ...)"
    )
    return DriverMissing(source, f"there is no driver for '{scheme}://'", remedy=f"use {known} in config.toml")


def _refuse_ambiguous_password(source: str, url: str) -> None:
    """A driver would take the rest of such a password for a host or a port, and name it in its error."""
    if any(_AMBIGUOUS.search(password) for password in _PASSWORD.findall(url)):
        remedy = "write special characters of the password as %40 for @, %2F for /, %23 for #, %3F for ?, %3A for :"
        raise Unreachable(source, "the URL can not be taken apart", remedy=remedy)


def _existing(source: str, rest: str, base: Path) -> Path:
    if rest in ("", ":memory:"):
        remedy = "give a path, as in duckdb:///data/sales.duckdb"
        raise Unreachable(source, "a database in memory has nothing in it for us", remedy=remedy)
    written = base / Path(rest).expanduser()
    decoded = base / Path(unquote(rest)).expanduser()
    path = (decoded if decoded.exists() and not written.exists() else written).absolute()
    if not path.exists():
        raise Unreachable(source, f"there is no file or folder {path}", remedy="check the path in config.toml")
    return path


def _kind_of(source: str, path: Path) -> str:
    if path.is_dir():
        return "files"
    with path.open("rb") as file:
        if file.read(len(_SQLITE_MAGIC)) == _SQLITE_MAGIC:
            return "sqlite"
    kind = _SUFFIXES.get(path.suffix.lower())
    if kind is None:
        remedy = "give a .duckdb, .db, .ddb, .sqlite or .sqlite3 file, or the folder of Parquet or CSV files"
        raise Unreachable(source, f"{path} is of no kind that is known", remedy=remedy)
    return kind
