"""A SQLite file. SQLite has no types but affinities: what a column is said to be is a promise, and dates are text."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from connectors.column_types import UNKNOWN, type_text
from connectors.duckdb import quoted
from connectors.source import Column, Source, TableName
from connectors.views import select_of

_TABLES = """
    SELECT name, type = 'view' FROM pragma_table_list
    WHERE schema = 'main' AND type IN ('table', 'view', 'virtual') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
"""
_COLUMNS = 'SELECT name, type, "notnull" FROM pragma_table_xinfo(?) WHERE hidden <> 1 ORDER BY cid'
_KEY = "SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk"
_VIEW = "SELECT sql FROM sqlite_schema WHERE type = 'view' AND name = ?"

#: how SQLite itself reads a type word that it does not know (https://www.sqlite.org/datatype3.html, 3.1)
_AFFINITIES = (
    ("INT", "int64"),
    ("CHAR", "string"),
    ("CLOB", "string"),
    ("TEXT", "string"),
    ("BLOB", "binary"),
    ("REAL", "float64"),
    ("FLOA", "float64"),
    ("DOUB", "float64"),
)
_BY_STORAGE = {
    frozenset({"integer"}): "int64",
    frozenset({"real"}): "float64",
    frozenset({"integer", "real"}): "float64",
    frozenset({"text"}): "string",
    frozenset({"blob"}): "binary",
}
_READING = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE)
_LOOKED_AT = 1000  # rows, for the type of a column without one
_LONGEST_WAIT = 5.0  # seconds for a lock; longer is for a retry


class SQLiteSource(Source):
    """A SQLite file, opened with `mode=ro`. Dates and times come back as SQLite stores them: mostly as text."""

    dialect = "sqlite"
    has_schemas = False

    def __init__(self, name: str, path: Path, *, timeout: float) -> None:
        super().__init__(name, timeout=timeout)
        self._helpers = False
        self.connection = sqlite3.connect(
            f"{path.as_uri()}?mode=ro",
            uri=True,
            timeout=min(timeout, _LONGEST_WAIT),
            isolation_level=None,
            check_same_thread=False,  # statements take turns; interrupting and closing come from other threads
        )
        self.connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)  # no other file can be read through this session
        self.connection.text_factory = lambda raw: raw.decode(errors="replace")
        self.connection.execute("PRAGMA query_only = ON")
        self.connection.execute("PRAGMA case_sensitive_like = ON")  # what ibis compiles for
        self.connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # an error now, if this is no database

    def _tables(self) -> Iterable[TableName]:
        return [TableName(None, name, bool(is_view)) for name, is_view in self.connection.execute(_TABLES)]

    def _columns(self, table: TableName) -> Iterable[Column]:
        rows = self.connection.execute(_COLUMNS, (table.name,)).fetchall()
        types = {name: _declared_type(native) for name, native, _ in rows}
        types |= self._seen_types(table, [name for name, known in types.items() if known == UNKNOWN])
        return [Column(name, types[name], native, not notnull) for name, native, notnull in rows]

    def _seen_types(self, table: TableName, columns: Sequence[str]) -> dict[str, str]:
        """Types from the first rows: a view's expressions and columns declared without a word have no other."""
        if not columns:
            return {}
        storage = ", ".join(f"group_concat(DISTINCT typeof({quoted(column)}))" for column in columns)
        chosen = ", ".join(quoted(column) for column in columns)
        sql = f"SELECT {storage} FROM (SELECT {chosen} FROM {quoted(table.name)} LIMIT {_LOOKED_AT})"
        seen = self.connection.execute(sql).fetchone()
        return {column: _stored_type(classes) for column, classes in zip(columns, seen, strict=True)}

    def _primary_key(self, table: TableName) -> Iterable[str]:
        return [row[0] for row in self.connection.execute(_KEY, (table.name,))]

    def _view_definition(self, table: TableName) -> str | None:
        row = self.connection.execute(_VIEW, (table.name,)).fetchone()
        return select_of(row[0], self.dialect) if row else None

    def _execute(self, sql: str, limit: int | None) -> tuple[Sequence[str], list[tuple[Any, ...]]]:
        if "_ibis_" in sql.lower():
            self._add_helpers()
        self.connection.set_authorizer(_only_reading)
        try:
            cursor = self.connection.execute(sql)
        finally:
            self.connection.set_authorizer(None)
        try:
            rows = cursor.fetchall() if limit is None else cursor.fetchmany(limit)
            return [column[0] for column in cursor.description or ()], rows
        finally:
            cursor.close()

    def _add_helpers(self) -> None:
        """ibis compiles what SQLite lacks (standard deviation, ...) to functions of its own, written in Python."""
        if not self._helpers:
            from ibis.backends.sqlite.udf import register_all

            register_all(self.connection)
            self._helpers = True

    def _interrupt(self) -> None:
        self.connection.interrupt()

    def _close(self) -> None:
        self.connection.close()


def _only_reading(action: int, *_: str | None) -> int:
    """Whether SQLite may do this for a statement: `query_only` alone allows the PRAGMA that turns it off."""
    return sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY


def _declared_type(native: str) -> str:
    known = type_text("sqlite", native) if native else UNKNOWN
    if known != UNKNOWN:
        return known
    return next((type_ for part, type_ in _AFFINITIES if part in native.upper()), UNKNOWN)


def _stored_type(classes: str | None) -> str:
    return _BY_STORAGE.get(frozenset((classes or "").split(",")) - {"null", ""}, UNKNOWN)
