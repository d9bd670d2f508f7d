"""A folder of Parquet or CSV files: DuckDB in memory, with one view for each table, made when it is first asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from connectors.duckdb import DuckDBEngine, quoted, settings
from connectors.folder import FileTable, tables_in
from connectors.source import Column, TableName

#: CSV files up to this size have their types guessed from all rows, larger ones from the first 200,000
_READ_WHOLE = 32 * 1024 * 1024
_LARGE_SAMPLE = 200_000
_GLOB_SIGNS = re.compile(r"([\[\]*?])")


class FilesSource(DuckDBEngine):
    """The tables of a folder. Nothing outside the folder can be read, and nothing can be written.

    A table is the files that were there when its columns were last asked for, so that all queries of one run agree. New
    columns of later files are columns of the table; those of key=value folders are columns too, with guessed types.
    """

    has_schemas = False

    def __init__(self, name: str, folder: Path, *, timeout: float) -> None:
        import duckdb

        super().__init__(name, duckdb.connect(":memory:", config=settings()), timeout=timeout)
        self.folder = folder
        self._views: set[tuple[str | None, str]] = set()
        self._csv_types: dict[FileTable, tuple[int, dict[str, str]]] = {}
        self._found: list[FileTable] = tables_in(folder)
        for setting in (
            f"allowed_directories = [{_literal(folder)}]",
            "enable_external_access = false",
            "parquet_metadata_cache = true",
            "lock_configuration = true",
        ):
            self.connection.execute(f"SET {setting}")

    def answers_from_statistics(self, table: TableName) -> bool:
        file_table = self._lookup(table)
        return file_table is not None and file_table.parquet and len(file_table.files) == 1

    def counts_from_statistics(self, table: TableName) -> bool:
        file_table = self._lookup(table)
        return file_table is not None and file_table.parquet

    def _tables(self) -> Iterable[TableName]:
        self._found = tables_in(self.folder)
        return [TableName(table.schema, table.name) for table in self._found]

    def _columns(self, table: TableName) -> Iterable[Column]:
        self._found = tables_in(self.folder)
        file_table = self._lookup(table)
        if file_table is None:
            return ()
        self._make_view(file_table)
        return self._describe(table.schema, table.name)

    def _execute(self, sql: str, limit: int | None) -> tuple[Sequence[str], list[tuple[Any, ...]]]:
        for table in self._found:
            if (table.schema, table.name) not in self._views and _mentions(sql, table.name):
                self._make_view(table)
        return super()._execute(sql, limit)

    def _lookup(self, table: TableName) -> FileTable | None:
        return next((found for found in self._found if (found.schema, found.name) == (table.schema, table.name)), None)

    def _make_view(self, table: FileTable) -> None:
        if table.schema is not None:
            self.connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(table.schema)}")
        reader = self._parquet_reader(table) if table.parquet else self._csv_reader(table)
        self.connection.execute(f"CREATE OR REPLACE VIEW {quoted(table.schema, table.name)} AS SELECT * FROM {reader}")
        self._views.add((table.schema, table.name))

    def _parquet_reader(self, table: FileTable) -> str:
        return f"read_parquet({_paths(table, self.folder)}, union_by_name = true, {_hive(table)})"

    def _csv_reader(self, table: FileTable) -> str:
        """Types are guessed once, from many rows, and then fixed: each query would guess again from the first ones, and
        fail at a value further down."""
        size = table.size
        known = self._csv_types.get(table)
        if known is None or known[0] != size:
            sample = -1 if size <= _READ_WHOLE else _LARGE_SAMPLE
            reader = (
                f"read_csv({_paths(table, self.folder)}, union_by_name = true, sample_size = {sample}, {_hive(table)})"
            )
            described = self.connection.execute(f"DESCRIBE SELECT * FROM {reader}").fetchall()
            known = self._csv_types[table] = (size, {row[0]: row[1] for row in described})
        types = ", ".join(f"{_literal(column)}: {_literal(native)}" for column, native in known[1].items())
        return f"read_csv({_paths(table, self.folder)}, union_by_name = true, types = {{{types}}}, {_hive(table)})"


def _paths(table: FileTable, folder: Path) -> str:
    return "[" + ", ".join(_literal(_pattern(file, folder)) for file in table.files) + "]"


def _pattern(file: Path, folder: Path) -> str:
    """DuckDB takes `*` and `?` in a file's name for a pattern; brackets do no harm where the file exists."""
    relative = str(file.relative_to(folder))
    if "*" in relative or "?" in relative:
        relative = _GLOB_SIGNS.sub(r"[\1]", relative)
    return f"{folder}/{relative}"


def _hive(table: FileTable) -> str:
    return f"hive_partitioning = {str(table.hive).lower()}"


def _literal(text: object) -> str:
    return "'" + str(text).replace("'", "''") + "'"


def _mentions(sql: str, name: str) -> bool:
    return name.lower() in sql.lower() or name.replace('"', '""').lower() in sql.lower()
