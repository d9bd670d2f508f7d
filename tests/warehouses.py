"""The same table in every backend: one small class for each kind of warehouse, with what it can not do and why.

A frame is a pandas DataFrame or an Arrow table. In a DataFrame's float column NaN is NULL, as everywhere in pandas;
in a column of dtype object None is NULL and NaN stays NaN. In an Arrow table everything is what it says.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Generator, Mapping
from contextlib import closing, contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import duckdb
import pandas as pd
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from psycopg.types.json import Json

from connectors import Source, TableName, open_source

Frame = pd.DataFrame | pa.Table
_FILES = "a folder of files has no catalogue"


_SQLITE_WORDS = (
    (pa.types.is_boolean, "BOOLEAN"),
    (pa.types.is_integer, "INTEGER"),
    (pa.types.is_floating, "REAL"),
    (pa.types.is_date, "DATE"),
    (pa.types.is_time, "TIME"),
    (pa.types.is_binary, "BLOB"),
    (pa.types.is_nested, "JSON"),
)


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def arrow(frame: Frame) -> pa.Table:
    """The frame as Arrow, with NULL and NaN kept apart where the frame keeps them apart."""
    if isinstance(frame, pa.Table):
        return frame
    columns = {}
    for name, series in frame.items():
        is_object = series.dtype == object
        columns[str(name)] = pa.array(series.tolist() if is_object else series, from_pandas=not is_object)
    return pa.table(columns)


class Warehouse:
    """A warehouse to fill and to open. `lacks` maps a capability to the reason why this kind does not have it."""

    kind: ClassVar[str]
    lacks: ClassVar[Mapping[str, str]] = {}
    url: str

    def open(self, timeout: float = 30.0) -> Source:
        """Opens it the way Vitals does."""
        return open_source("shop", self.url, timeout=timeout)

    def load(self, name: str, frame: Frame, native_types: Mapping[str, str] | None = None) -> TableName:
        """Makes the table. `native_types` gives columns a type in the warehouse's own words. Load before you open: a
        DuckDB file has one writer or many readers."""
        raise NotImplementedError

    def run(self, sql: str) -> None:
        """Runs DDL as the warehouse's owner."""
        raise NotImplementedError

    def needs(self, *capabilities: str) -> None:
        """Skips the test, with the reason, where this kind of warehouse lacks something."""
        for capability in capabilities:
            if capability in self.lacks:
                pytest.skip(f"{self.kind}: {self.lacks[capability]}")


@cache
def engine() -> duckdb.DuckDBPyConnection:
    """One DuckDB that writes all files: to start one takes 15 ms, to attach a file one."""
    return duckdb.connect()


@contextmanager
def writing(path: Path) -> Generator[duckdb.DuckDBPyConnection]:
    """A connection that writes a DuckDB file, which is made if it is not there, and lets go of it afterwards."""
    literal = "'" + str(path).replace("'", "''") + "'"
    alias = quoted(path.stem)  # as it is called in a connection of its own
    with engine().cursor() as connection:
        connection.execute(f"ATTACH {literal} AS {alias}")
        try:
            connection.execute(f"USE {alias}")
            yield connection
        finally:
            connection.execute("USE memory")
            connection.execute(f"DETACH {alias}")


class DuckDBFile(Warehouse):
    kind = "duckdb"

    def __init__(self, folder: Path) -> None:
        self.path = folder / "shop.duckdb"
        self.url = f"duckdb://{self.path}"
        self.run("SELECT 1")

    def load(self, name: str, frame: Frame, native_types: Mapping[str, str] | None = None) -> TableName:
        table, natives = arrow(frame), native_types or {}
        columns = ", ".join(
            f"CAST({quoted(column)} AS {natives[column]}) AS {quoted(column)}" if column in natives else quoted(column)
            for column in table.column_names
        )
        with writing(self.path) as connection:
            connection.register("frame", table)
            connection.execute(f"CREATE TABLE main.{quoted(name)} AS SELECT {columns} FROM frame")
        return TableName("main", name)

    def run(self, sql: str) -> None:
        with writing(self.path) as connection:
            connection.execute(sql)


class ParquetFolder(Warehouse):
    kind = "parquet"
    lacks: ClassVar = {"views": _FILES, "keys": _FILES, "native_types": "the types are those of the file"}

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "parquet"
        self.folder.mkdir()
        self.url = f"files://{self.folder}"

    def load(self, name: str, frame: Frame, native_types: Mapping[str, str] | None = None) -> TableName:
        pq.write_table(arrow(frame), self.folder / f"{name}.parquet")
        return TableName(None, name)


class CSVFolder(Warehouse):
    kind = "csv"
    lacks: ClassVar = {
        "views": _FILES,
        "keys": _FILES,
        "native_types": "types are guessed from the text",
        "types": "types are guessed from the text, and a column without a value is text",
        "empty_strings": "an empty field is NULL, quoted or not",
        "nested": "lists, structs and binary values are text",
    }

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "csv"
        self.folder.mkdir()
        self.url = f"files://{self.folder}"

    def load(self, name: str, frame: Frame, native_types: Mapping[str, str] | None = None) -> TableName:
        path = str(self.folder / f"{name}.csv").replace("'", "''")
        with engine().cursor() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            connection.register("frame", arrow(frame))
            connection.execute(f"COPY frame TO '{path}' (HEADER)")
        return TableName(None, name)


class SQLiteFile(Warehouse):
    kind = "sqlite"
    lacks: ClassVar = {
        "nan": "SQLite stores NaN as NULL",
        "nested": "SQLite has no nested types",
        "moments": "SQLite has no dates and times: they come back as the text that they are stored as",
        "quantiles": "SQLite has no quantiles",
        "decimals": "SQLite has no decimals: they come back as floats",
    }

    def __init__(self, folder: Path) -> None:
        self.path = folder / "shop.sqlite"
        self.url = f"sqlite://{self.path}"
        self.run("PRAGMA user_version = 1")

    def load(self, name: str, frame: Frame, native_types: Mapping[str, str] | None = None) -> TableName:
        table, natives = arrow(frame), native_types or {}
        columns = ", ".join(f"{quoted(f.name)} {natives.get(f.name) or self._word(f.type)}" for f in table.schema)
        marks = ", ".join("?" * table.num_columns)
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute(f"CREATE TABLE {quoted(name)} ({columns})")
            connection.executemany(f"INSERT INTO {quoted(name)} VALUES ({marks})", map(_for_sqlite, _rows(table)))
        return TableName(None, name)

    def run(self, sql: str) -> None:
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.executescript(sql)

    def _word(self, type_: pa.DataType) -> str:
        if pa.types.is_decimal(type_):
            return f"DECIMAL({type_.precision}, {type_.scale})"
        if pa.types.is_timestamp(type_):
            return "TIMESTAMPTZ" if type_.tz else "TIMESTAMP"
        return next((word for fits, word in _SQLITE_WORDS if fits(type_)), "TEXT")


class PostgresDatabase(Warehouse):
    kind = "postgres"
    _WORDS: ClassVar = {
        "bool": "boolean",
        "int8": "smallint",
        "int16": "smallint",
        "int32": "integer",
        "int64": "bigint",
        "uint64": "numeric(20, 0)",
        "float": "real",
        "double": "double precision",
        "date32[day]": "date",
        "time64[us]": "time",
        "binary": "bytea",
        "null": "text",
    }

    def __init__(self, url: str) -> None:
        self.url = url

    def load(self, name: str, frame: Frame, native_types: Mapping[str, str] | None = None) -> TableName:
        table, natives = arrow(frame), native_types or {}
        columns = ", ".join(f"{quoted(f.name)} {natives.get(f.name) or self._word(f.type)}" for f in table.schema)
        with psycopg.connect(self.url, autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE TABLE public.{quoted(name)} ({columns})".encode())
            with cursor.copy(f"COPY public.{quoted(name)} FROM STDIN".encode()) as copy:
                for row in _rows(table):
                    copy.write_row([_for_postgres(*pair) for pair in zip(row, table.schema.types, strict=True)])
            cursor.execute(f"ANALYZE public.{quoted(name)}".encode())
        return TableName("public", name)

    def run(self, sql: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql.encode())

    def _word(self, type_: pa.DataType) -> str:
        if pa.types.is_decimal(type_):
            return f"numeric({type_.precision}, {type_.scale})"
        if pa.types.is_timestamp(type_):
            return "timestamptz" if type_.tz else "timestamp"
        if pa.types.is_list(type_):
            return f"{self._word(type_.value_type)}[]"
        is_object = pa.types.is_struct(type_) or pa.types.is_map(type_)
        return "jsonb" if is_object else self._WORDS.get(str(type_), "text")


def _rows(table: pa.Table) -> list[tuple[Any, ...]]:
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def _for_postgres(value: Any, type_: pa.DataType) -> Any:
    if pa.types.is_map(type_) and value is not None:
        return Json(dict(value))
    return Json(value) if isinstance(value, dict) else value


def _for_sqlite(row: tuple[Any, ...]) -> list[Any]:
    return [_sqlite_value(value) for value in row]


def _sqlite_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return json.dumps(value) if isinstance(value, (list, dict)) else value
