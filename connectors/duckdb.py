"""A DuckDB file, and the DuckDB engine that folders of files are read with."""

from __future__ import annotations

import os
import tempfile
import weakref
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.column_types import type_text
from connectors.errors import QueryFailed
from connectors.source import Column, Source, TableName
from connectors.views import select_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, Statement

_MEMORY = "300MB"  # with Python and its libraries a worker stays below 600 MB

_TABLES = """
    SELECT schema_name, table_name, false FROM duckdb_tables()
    WHERE database_name = current_database() AND NOT internal AND NOT temporary
    UNION ALL
    SELECT schema_name, view_name, true FROM duckdb_views()
    WHERE database_name = current_database() AND NOT internal AND NOT temporary
"""
_KEY = """
    SELECT unnest(constraint_column_names) FROM duckdb_constraints()
    WHERE database_name = current_database() AND constraint_type = 'PRIMARY KEY' AND schema_name = ? AND table_name = ?
"""
_VIEW = """
    SELECT sql FROM duckdb_views()
    WHERE database_name = current_database() AND schema_name = ? AND view_name = ?
"""


def quoted(*names: str | None) -> str:
    """A possibly qualified identifier, quoted the way of the SQL standard."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names if name is not None)


def settings() -> dict[str, Any]:
    """The engine's configuration, the same for all sources of a process. What does not fit into memory is spilled to a
    folder that only this user can read."""
    spill = Path(tempfile.gettempdir()) / f"vitals-spill-{os.getuid()}"
    spill.mkdir(mode=0o700, exist_ok=True)
    return {
        "memory_limit": _MEMORY,
        "preserve_insertion_order": "false",
        "temp_directory": str(spill),
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }


class DuckDBEngine(Source):
    """What a DuckDB file and a folder of files have in common: one statement, a SELECT, on a connection in UTC."""

    dialect = "duckdb"

    def __init__(self, name: str, connection: DuckDBPyConnection, *, timeout: float) -> None:
        super().__init__(name, timeout=timeout)
        self.connection = connection
        weakref.finalize(self, connection.close)  # also at exit, where an open connection makes the driver complain
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")  # DuckDB would draw it on stdout, before a document

    def _describe(self, *name: str | None) -> Iterable[Column]:
        for column, native, nullable, *_ in self.connection.execute(f"DESCRIBE {quoted(*name)}").fetchall():
            yield Column(column, type_text("duckdb", native), native, nullable == "YES")

    def _execute(self, sql: str, limit: int | None) -> tuple[Sequence[str], list[tuple[Any, ...]]]:
        connection = self.connection
        connection.execute(self._only_select(sql))
        try:
            described = connection.description or []
            rows = connection.fetchall() if limit is None else connection.fetchmany(limit)
        finally:
            connection.abort()  # a result is a stream: what was not fetched is never computed
        return [column[0] for column in described], _aware(rows, described)

    def _only_select(self, sql: str) -> Statement:
        """The one statement in `sql`, a SELECT: read-only mode alone allows temporary tables and COPY ... TO."""
        statements = self.connection.extract_statements(sql)
        if len(statements) != 1 or statements[0].type.name != "SELECT":
            found = ", ".join(statement.type.name for statement in statements) or "nothing"
            remedy = "send one SELECT: Vitals only reads"
            raise QueryFailed(self.name, f"only a single SELECT may run here, this is: {found}", remedy=remedy)
        return statements[0]

    def _interrupt(self) -> None:
        self.connection.interrupt()

    def _close(self) -> None:
        self.connection.close()


class DuckDBSource(DuckDBEngine):
    """A DuckDB file, opened read-only. While it is open, nobody can write to it: close it soon.

    Nothing outside the file can be read: a view on other files (`read_parquet('...')`) is refused with AccessDenied.
    """

    locks_writers = True

    def __init__(self, name: str, path: Path, *, timeout: float) -> None:
        import duckdb

        super().__init__(name, duckdb.connect(str(path), read_only=True, config=settings()), timeout=timeout)
        # Not lock_configuration: a second source on the same file in this process shares the settings, and could not
        # set its time zone then. Only SELECTs get through, so nothing can be set anyway.
        self.connection.execute("SET enable_external_access = false")
        row = self.connection.execute("SELECT current_database()").fetchone()
        self._database: str = row[0] if row else path.stem

    def answers_from_statistics(self, table: TableName) -> bool:
        return not table.is_view

    def _tables(self) -> Iterable[TableName]:
        for schema, name, is_view in self.connection.execute(_TABLES).fetchall():
            yield TableName(schema, name, is_view)

    def _columns(self, table: TableName) -> Iterable[Column]:
        return self._describe(self._database, table.schema, table.name)

    def _primary_key(self, table: TableName) -> Iterable[str]:
        return [row[0] for row in self.connection.execute(_KEY, [table.schema, table.name]).fetchall()]

    def _view_definition(self, table: TableName) -> str | None:
        row = self.connection.execute(_VIEW, [table.schema, table.name]).fetchone()
        return select_of(row[0], self.dialect) if row else None

    def _catalog(self, table: TableName) -> str | None:
        return self._database if table.schema else None  # a schema called like the file is ambiguous without it


def _aware(rows: list[tuple[Any, ...]], described: Sequence[Any]) -> list[tuple[Any, ...]]:
    """DuckDB gives -infinity and infinity of an aware type as the first and last naive moment."""
    aware = [place for place, column in enumerate(described) if str(column[1]).endswith("WITH TIME ZONE")]
    if not aware:
        return rows
    return [tuple(_in_utc(value) if place in aware else value for place, value in enumerate(row)) for row in rows]


def _in_utc(value: object) -> object:
    if not isinstance(value, datetime):
        return value  # NULL, a time of day, or a year beyond Python's, which comes as text
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
