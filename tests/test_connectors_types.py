"""Which ibis type a column of a warehouse's own type is measured as."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import ibis
import pyarrow as pa
import pytest

from tests.warehouses import SQLiteFile, Warehouse

DUCKDB_TYPES = {
    "DECIMAL(10,2)": "decimal(10, 2)",
    "INTEGER[]": "array<int32>",
    "STRUCT(x INTEGER)": "struct<x: int32>",
    'STRUCT("x y" INTEGER)': "unknown",
    "MAP(VARCHAR, INTEGER)": "map<string, int32>",
    "JSON": "json",
    "UUID": "uuid",
    "BLOB": "binary",
    "TIMESTAMP WITH TIME ZONE": "timestamp('UTC', 6)",
    "TIMESTAMP_NS": "timestamp(9)",
    "TIME": "time",
    "INTERVAL": "interval('us')",
    "ENUM('a', 'b')": "string",
    "HUGEINT": "decimal(38, 0)",
    "UHUGEINT": "decimal(38, 0)",
    "BIT": "unknown",
    "UNION(n INTEGER, s VARCHAR)": "unknown",
}
SQLITE_TYPES = {
    "VARCHAR(20)": "string(20)",
    "DECIMAL(10,2)": "decimal(10, 2)",
    "DATETIME": "timestamp",
    "INT(11)": "int64",
    "UNSIGNED BIG INT": "int64",
    "NATIVE CHARACTER(70)": "string",
    "BOOLEAN": "boolean",
}
POSTGRES_TYPES = {
    "numeric": "decimal",
    "numeric(2,-3)": "decimal",
    "character varying(20)": "string(20)",
    '"char"': "string",
    "timestamp(3) with time zone": "timestamp('UTC', 3)",
    "time with time zone": "time",
    "interval(3)": "interval('s')",
    "jsonb": "jsonb",
    "uuid": "uuid",
    "bytea": "binary",
    "numeric(10,2)[]": "array<decimal(10, 2)>",
    "cidr": "inet",
    "mood": "string",
    "happy": "string",
    "positive": "int32",
    "regclass": "unknown",
    "point": "unknown",
    "int4range": "unknown",
}
TYPES = {"duckdb": DUCKDB_TYPES, "sqlite": SQLITE_TYPES, "postgres": POSTGRES_TYPES}


def test_native_types_become_types_that_ibis_reads_back(warehouse: Warehouse) -> None:
    warehouse.needs("native_types")
    types = TYPES[warehouse.kind]
    if warehouse.kind == "postgres":
        warehouse.run("CREATE TYPE mood AS ENUM ('a'); CREATE DOMAIN happy AS mood; CREATE DOMAIN positive AS integer")
    warehouse.run(f"CREATE TABLE t ({', '.join(f'c{place} {native}' for place, native in enumerate(types))})")
    with warehouse.open() as source:
        table = source.tables(["t"])[0]
        columns = source.columns(table)
        assert {column.native: column.type for column in columns} == types
        assert list(source.relation(table, columns).columns) == [column.name for column in columns]
        relation = source.relation(table, columns)
        counts = relation.aggregate([relation[column.name].count().name(column.name) for column in columns])
        assert source.fetch(source.compile(counts)).rows == [(0,) * len(columns)]


def test_known_types_read_back_as_themselves(warehouse: Warehouse) -> None:
    table = warehouse.load("t", pa.table({"n": [1], "f": [1.5], "s": ["x"], "d": [date(2026, 3, 15)]}))
    with warehouse.open() as source:
        assert [column.type for column in source.columns(table)] == ["int64", "float64", "string", "date"]
        assert all(str(ibis.dtype(column.type)) == column.type for column in source.columns(table))


def test_columns_without_a_declared_type_have_that_of_their_values(tmp_path: Path) -> None:
    shop = SQLiteFile(tmp_path)
    shop.run("CREATE TABLE t (a, b, c MONEY, d); INSERT INTO t VALUES (NULL, 'x', 1.5, NULL), (1, NULL, 2, NULL)")
    shop.run("CREATE VIEW v AS SELECT a + 1 AS a, upper(b) AS b FROM t")
    with shop.open() as source:
        types = [[column.type for column in source.columns(table)] for table in source.tables()]
        assert types == [["int64", "string", "float64", "unknown"], ["int64", "string"]]


def test_nullability_is_that_of_the_catalogue(warehouse: Warehouse) -> None:
    warehouse.needs("keys")
    warehouse.run("CREATE TABLE t (a integer NOT NULL, b integer)")
    with warehouse.open() as source:
        assert [column.nullable for column in source.columns(source.tables()[0])] == [False, True]


@pytest.mark.slow
def test_statements_are_ibis_own_whoever_wrote_sql_before():
    """In a process of its own, in which sqlglot has written PostgreSQL's SQL before ibis came."""
    script = """
import sqlglot
sqlglot.parse_one("SELECT 1", dialect="postgres").sql("postgres")
from connectors.dialects import corrected
corrected()
import ibis
print(ibis.postgres.compile(ibis.table({"d": "date"}, name="t").filter(lambda t: t.d < ibis.date(2026, 3, 2))))
"""
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert "MAKE_DATE(" in said
