"""Names of OpenLineage (namespace and name) and of dbt (database, schema, table) to names of datasets here.

In this order, for the dataset and then for each of its symlinks:

    1. the name, or NAMESPACE.NAME, is the full name of a dataset; or the namespace is a source and the name one of its
       tables, with or without schema
    2. the namespace is one of [lineage] namespaces, or the address of a source (postgres://host:port; duckdb or sqlite
       with the path of the file; bigquery and such with what stands behind ://), and the name one of its tables, with
       or without its database in front
    3. the namespace is `file`, and the name a path in the folder of a source: the file or folder of a table, or what
       lies below

What is none of these lies outside, and is named NAMESPACE/NAME, without what tells one partition from another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from urllib.parse import unquote, urlsplit

from checks.records import Dataset, Named
from connectors import TableName

_PORTS = {"postgres": 5432, "mysql": 3306, "mssql": 1433, "clickhouse": 8123, "trino": 8080, "redshift": 5439}
_SAME = {"postgresql": "postgres", "sqlserver": "mssql", "files": "file"}
_HERE = ("localhost", "127.0.0.1", "::1", "[::1]", "")
_IN_FILES = ("duckdb", "sqlite")
_FILES = ("file", "file:", "file://")
_PARTITION = re.compile(r"[^=]+=.*|\d{4}([-_.]?\d{2}){0,2}(T[\d:.Z-]*)?")
Parts = tuple[str, ...]
_SUFFIX = re.compile(r"\.(parquet|parq|pq|csv|tsv)(\.gz|\.zst)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a source is: its kind, the server or file, and the database where its URL names one."""

    kind: str
    server: str
    database: str | None = None


@dataclass(frozen=True)
class Naming:
    """`urls` are those of the sources, `namespaces` what config.toml says of some; paths start at `base`."""

    datasets: Mapping[str, Dataset]
    urls: Mapping[str, str]
    namespaces: Mapping[str, str]
    base: Path

    def dataset(self, named: Named, aliases: Iterable[Named] = ()) -> str:
        """The name of the node; one of `datasets` where it is known."""
        for each in (named, *aliases):
            found = self._exact(each) or self._by_address(each) or self._by_path(each)
            if found:
                return found
        if named.namespace in self.urls and named.namespace not in _FILES:
            return f"{named.namespace}.{named.name}"
        return _elsewhere(named)

    def relation(self, kind: str, database: str | None, schema: str | None, table: str) -> str:
        """The same for a relation of dbt, whose adapter is of the `kind`."""
        parts = [part for part in (database, schema, table) if part]
        fitting = [source for source in self._tables if self._table(source, parts)]
        same = [source for source in fitting if self.places[source].kind == _SAME.get(kind, kind)] or fitting
        exact = [source for source in same if database and self.places[source].database == database] or same
        found = self._table(exact[0], parts) if len(exact) == 1 else None
        return found or ".".join(parts)

    @cached_property
    def places(self) -> dict[str, Place]:
        """Where each source is."""
        return {name: place_of(url, self.base) for name, url in self.urls.items()}

    # -- the three ways ------------------------------------------------------------------------------------------------

    def _exact(self, named: Named) -> str | None:
        for name in (named.name, f"{named.namespace}.{named.name}"):
            if name in self.datasets:
                return name
        return self._table(named.namespace, named.name.split(".")) if named.namespace in self.urls else None

    def _by_address(self, named: Named) -> str | None:
        parts = named.name.split(".")
        declared = self.namespaces.get(named.namespace)
        if declared is not None:
            return self._table(declared, parts) or f"{declared}.{named.name}"
        asked = place_of(named.namespace, self.base)
        fitting = {name: known for name, known in self.places.items() if _same_server(known, asked, parts)}
        for name in fitting:
            if found := self._table(name, parts):
                return found
        for name, known in fitting.items():
            if _begins_with_database(parts, known):
                return f"{name}.{'.'.join(parts[1:])}"
        return None

    def _by_path(self, named: Named) -> str | None:
        if named.namespace not in _FILES or not named.name.startswith("/"):
            return None
        path = Path(named.name)
        for source, place in self.places.items():
            if place.kind == "file" and Path(place.server) in path.parents:
                return self._in_folder(source, Path(place.server), path)
        return None

    def _in_folder(self, source: str, root: Path, path: Path) -> str | None:
        """The table whose file or folder lies deepest above the path; the folder itself may be one."""
        tables = self._tables[source].by_place
        for above in (path, *path.parents):
            schema = None if above.parent == root or above == root else above.parent.relative_to(root).as_posix()
            found = tables.get((schema, _SUFFIX.sub("", above.name)))
            if found or above == root:
                return found
        return None

    # -- tables --------------------------------------------------------------------------------------------------------

    @cached_property
    def _tables(self) -> dict[str, _Tables]:
        """The datasets of each source."""
        found = {name: _Tables() for name in self.urls}
        for name, dataset in self.datasets.items():
            found.setdefault(dataset.source, _Tables()).add(dataset.table, name)
        return found

    def _table(self, source: str, parts: Sequence[str]) -> str | None:
        return self._tables[source].find(parts) if source in self._tables else None


class _Tables:
    """The datasets of one source, by name as it is written and in small letters: found at once among many thousands."""

    def __init__(self) -> None:
        self.by_place: dict[tuple[str | None, str], str] = {}
        self._whole: tuple[dict[Parts, str], ...] = ({}, {})  # as they are written, and in small letters
        self._bare: tuple[dict[Parts, set[str]], ...] = ({}, {})

    def add(self, table: TableName, name: str) -> None:
        self.by_place[table.schema, table.name] = name
        own = tuple(part for part in (table.schema, table.name) if part)
        for whole, bare, written in zip(self._whole, self._bare, (own, _small(own)), strict=True):
            whole.setdefault(written, name)
            bare.setdefault(written[-1:], set()).add(name)

    def find(self, parts: Sequence[str]) -> str | None:
        """The dataset with this name, which may have a database in front, or leave out the schema where one table fits;
        letters of the other case are taken for the same where none is spelled so."""
        for whole, bare, wanted in zip(self._whole, self._bare, (tuple(parts), _small(parts)), strict=True):
            found = whole.get(wanted) or whole.get(wanted[1:])
            alone = bare.get(wanted, ())
            if found or len(alone) == 1:
                return found or next(iter(alone))
        return None


def _small(parts: Sequence[str]) -> Parts:
    return tuple(part.lower() for part in parts)


def _elsewhere(named: Named) -> str:
    """One name for all partitions of what lies elsewhere: the path up to the first folder called key=value or a date
    stands for them."""
    root = "/" if named.name.startswith("/") else ""
    first, *rest = named.name.lstrip("/").split("/")
    path = "/".join((first, *takewhile(lambda part: not _PARTITION.fullmatch(part), rest)))
    is_address = "://" in named.namespace
    return f"{named.namespace.rstrip('/')}/{path}" if is_address else f"{named.namespace}:{root}{path}"


def place_of(url: str, base: Path) -> Place:
    """Where a URL, a bare path or a namespace of OpenLineage points to."""
    scheme, separator, rest = url.strip().partition("://")
    if not separator:
        scheme, _, rest = ("", "", url.strip()) if "/" in scheme or "." in scheme else (scheme, "", "")
    kind = _SAME.get(scheme.lower(), scheme.lower()) or _kind_of(rest)
    if kind in ("file", "demo", *_IN_FILES):
        path = (base / at_home(unquote(rest))).absolute()
        return Place("file" if kind == "demo" else kind, str(path), path.stem if kind in _IN_FILES else None)
    host, database = _taken_apart(url, kind)
    return Place(kind, host, database)


def at_home(path: str) -> Path:
    """The path with the home directory that a `~` in front stands for; as it is where nobody here is called so."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def _kind_of(path: str) -> str:
    """Of a path without a scheme, as `connectors` reads it."""
    suffix = Path(path).suffix.lower()
    return {".duckdb": "duckdb", ".ddb": "duckdb", ".db": "duckdb"}.get(
        suffix, "sqlite" if suffix in (".sqlite", ".sqlite3") else "file"
    )


def _taken_apart(url: str, kind: str) -> tuple[str, str | None]:
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port or _PORTS.get(kind)
    except ValueError:  # a port that is no number, a bracket that is not closed
        return url, None
    database = unquote(parts.path.strip("/").split("/")[0]) or None
    host = "localhost" if host in _HERE and kind in _PORTS else host
    return (f"{host}:{port}" if port else host), database


def _same_server(known: Place, asked: Place, parts: Sequence[str]) -> bool:
    """Whether the namespace is the server, or the file, of a source, and the name may be of its database. Where the
    namespace names no server, as that of BigQuery, the name begins with it."""
    if known.kind != asked.kind or known.kind == "file":
        return False
    if known.server != asked.server:
        return not asked.server and parts[0].lower() == known.server
    return known.database is None or len(parts) < 3 or _begins_with_database(parts, known)


def _begins_with_database(parts: Sequence[str], place: Place) -> bool:
    return len(parts) > 1 and parts[0].lower() == (place.database or "").lower()
