"""One suite for all warehouses: what is there, what is in it, and how little of it can be touched."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

from connectors import QueryFailed, QueryTimedOut, Source, SourceError, TableName, open_source
from tests.warehouses import DuckDBFile, Warehouse, quoted

NUMBERS = pd.DataFrame({"id": [1, 2, 3]})
NASTY_NAMES = ['has "quotes"', "has.dots", "has spaces", "naïve ✓ 表", "select", "it's"]
SLOW = {
    "duckdb": "SELECT count(*) FROM range(10000000) a, range(100000) b WHERE a.range + b.range < 5",
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
    "postgres": "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b WHERE a + b < 5",
}


def full_name(table: TableName) -> str:
    return ".".join(quoted(part) for part in (table.schema, table.name) if part)


def names(source: Source, *patterns: str, exclude: tuple[str, ...] = ()) -> list[str]:
    return [table.name for table in source.tables(patterns or ("*",), exclude)]


# -- listing -----------------------------------------------------------------------------------------------------------


def test_importing_connectors_imports_no_ibis_and_no_driver() -> None:
    code = "import sys, connectors; print([m for m in ('ibis', 'duckdb', 'psycopg', 'pandas') if m in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_opening_and_asking_need_no_ibis(tmp_path: Path) -> None:
    url = DuckDBFile(tmp_path).url
    code = (
        f"import sys, connectors; connectors.open_source('s', {url!r}).fetch('SELECT 1'); print('ibis' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (answer.stdout.strip(), answer.stderr) == ("False", "")


def test_tables_are_listed_sorted_by_include_and_exclude(warehouse: Warehouse) -> None:
    for name in ("orders", "customers", "orders_raw"):
        warehouse.load(name, NUMBERS)
    with warehouse.open() as source:
        assert names(source) == ["customers", "orders", "orders_raw"]
        assert names(source, "orders*") == ["orders", "orders_raw"]
        assert names(source, exclude=("*_raw",)) == ["customers", "orders"]


def test_patterns_also_fit_the_name_with_its_schema() -> None:
    assert TableName("sales", "orders").matches(["sales.*"])
    assert not TableName("sales", "orders").matches(["stock.*"])


def test_views_are_listed_as_views_with_their_select(warehouse: Warehouse) -> None:
    warehouse.needs("views")
    warehouse.load("orders", NUMBERS)
    warehouse.run('CREATE VIEW "the AS view" AS SELECT id FROM orders')
    with warehouse.open() as source:
        view, table = source.tables(["the AS view"])[0], source.tables(["orders"])[0]
        definition = source.view_definition(view)
        assert (view.is_view, table.is_view) == (True, False)
        assert definition is not None
        plain = definition.replace("main.", "").replace("public.", "")
        assert " ".join(plain.replace(quoted("orders"), "orders").split()).upper() in (
            "SELECT ID FROM ORDERS",
            "SELECT ORDERS.ID FROM ORDERS",
        )
        assert source.view_definition(table) is None
        assert [column.name for column in source.columns(view)] == ["id"]


def test_the_primary_key_comes_in_its_own_order(warehouse: Warehouse) -> None:
    warehouse.needs("keys")
    warehouse.run("CREATE TABLE lines (line integer, note text, bill integer, PRIMARY KEY (bill, line))")
    warehouse.load("keyless", NUMBERS)
    with warehouse.open() as source:
        lines, keyless = source.tables(["lines"])[0], source.tables(["keyless"])[0]
        assert source.primary_key(lines) == ("bill", "line")
        assert source.primary_key(keyless) == ()


@pytest.mark.parametrize("name", NASTY_NAMES)
def test_any_name_of_a_table_or_column_can_be_measured(warehouse: Warehouse, name: str) -> None:
    table = warehouse.load(name, pd.DataFrame({name: [1, 2], "id": [1, 2]}))
    with warehouse.open() as source:
        assert source.tables() == [table]
        relation = source.relation(table, source.columns(table))
        sql = source.compile(relation.aggregate(n=relation.count(), top=relation[name].max()))
        assert source.fetch(sql, table=table).rows == [(2, 2)]


def test_a_schema_called_like_its_database_file_is_not_ambiguous(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "sales.duckdb")) as connection:
        connection.execute("CREATE SCHEMA sales.sales; CREATE TABLE sales.sales.orders AS SELECT 7 AS id")
    with open_source("s", "sales.duckdb", base=tmp_path) as source:
        table = source.tables()[0]
        relation = source.relation(table, source.columns(table))
        assert source.fetch(source.compile(relation.id.max())).rows == [(7,)]


# -- asking ------------------------------------------------------------------------------------------------------------


def test_values_come_back_as_plain_python(warehouse: Warehouse) -> None:
    warehouse.needs("moments", "types")
    moment = datetime(2026, 3, 15, 12, tzinfo=UTC)
    frame = {"at": pa.array([moment], pa.timestamp("us", "UTC")), "d": [date(1960, 1, 1)], "p": [Decimal("1.50")]}
    table = warehouse.load("t", pa.table(frame))
    with warehouse.open() as source:
        assert source.fetch(f"SELECT * FROM {full_name(table)}").rows == [(moment, date(1960, 1, 1), Decimal("1.50"))]


@pytest.mark.parametrize("warehouse", ["duckdb", "postgres"], indirect=True)
def test_infinite_moments_are_the_ends_of_pythons_calendar(warehouse: Warehouse) -> None:
    sql = "SELECT CAST('-infinity' AS timestamptz), CAST('infinity' AS timestamp), CAST('infinity' AS date)"
    with warehouse.open() as source:
        assert source.fetch(sql).rows == [(datetime.min.replace(tzinfo=UTC), datetime.max, date.max)]  # noqa: DTZ901


def test_a_limit_cuts_the_rows_and_says_so(warehouse: Warehouse) -> None:
    sql = f"SELECT id FROM {full_name(warehouse.load('t', NUMBERS))} ORDER BY id"
    with warehouse.open() as source:
        assert (source.fetch(sql, limit=2).rows, source.fetch(sql, limit=2).truncated) == ([(1,), (2,)], True)
        assert (source.fetch(sql, limit=3).rows, source.fetch(sql, limit=3).truncated) == ([(1,), (2,), (3,)], False)
        assert source.fetch(sql).columns == ("id",)


def test_a_comment_a_percent_sign_and_a_semicolon_do_no_harm(warehouse: Warehouse) -> None:
    with warehouse.open() as source:
        assert source.fetch("SELECT '100%' AS share; ", limit=1).rows == [("100%",)]
        assert source.fetch("SELECT 1 -- one", limit=1).rows == [(1,)]


def test_a_limit_does_not_pull_the_rest(warehouse: Warehouse) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
    long = "SELECT 1 FROM range(100000000000)"
    with warehouse.open(timeout=5) as source:
        sql = long if source.dialect == "duckdb" else endless
        assert source.fetch(sql, limit=1).rows == [(1,)]


def test_the_session_is_in_utc(warehouse: Warehouse) -> None:
    warehouse.needs("moments")
    with warehouse.open() as source:
        assert source.fetch("SELECT current_setting('TimeZone')").rows == [("UTC",)]
        assert source.now().utcoffset() == UTC.utcoffset(None)


def test_statistics_answer_for_duckdb_tables_and_parquet_only(warehouse: Warehouse) -> None:
    table = warehouse.load("t", NUMBERS)
    with warehouse.open() as source:
        source.columns(table)
        assert source.answers_from_statistics(table) is (warehouse.kind in ("duckdb", "parquet"))
        assert source.counts_from_statistics(table) is (warehouse.kind in ("duckdb", "parquet"))


# -- time limits -------------------------------------------------------------------------------------------------------


def slow(warehouse: Warehouse) -> str:
    return SLOW.get(warehouse.kind, SLOW["duckdb"])


def test_a_slow_query_is_stopped_at_its_limit_and_the_source_stays_usable(warehouse: Warehouse) -> None:
    table = warehouse.load("t", NUMBERS)
    with warehouse.open() as source:
        with pytest.raises(QueryTimedOut, match="time limit"):
            source.fetch(slow(warehouse), timeout=0.2, table=table)
        assert source.fetch(f"SELECT count(*) FROM {full_name(table)}").rows == [(3,)]


def test_another_thread_can_cancel(warehouse: Warehouse) -> None:
    with warehouse.open() as source:
        timer = threading.Timer(0.2, source.cancel)
        timer.start()
        with pytest.raises(QueryFailed, match="cancelled"):
            source.fetch(slow(warehouse))
        timer.join()
        source.cancel()  # nothing runs: nothing happens
        assert source.fetch("SELECT 1").rows == [(1,)]


def test_closing_ends_the_running_query(warehouse: Warehouse) -> None:
    source = warehouse.open()
    timer = threading.Timer(0.2, source.close)
    timer.start()
    with pytest.raises(QueryFailed, match="cancelled"):
        source.fetch(slow(warehouse))
    timer.join()


def test_threads_take_turns(warehouse: Warehouse) -> None:
    table = warehouse.load("t", NUMBERS)
    answers: list[object] = []
    with warehouse.open() as source:
        ask = f"SELECT max(id) FROM {full_name(table)}"
        threads = [threading.Thread(target=lambda: answers.append(source.fetch(ask).rows)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answers == [[(3,)]] * 8


def test_closing_twice_is_fine(warehouse: Warehouse) -> None:
    source = warehouse.open()
    source.close()
    source.close()
    with pytest.raises(SourceError, match="'shop'"):
        source.fetch("SELECT 1")
