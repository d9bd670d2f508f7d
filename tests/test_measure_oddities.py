"""What no other table has: infinite moments, types without a word, values of the wrong type, hundreds of columns."""

from __future__ import annotations

from datetime import datetime, timedelta

import pandas as pd
import pyarrow as pa
import pytest

from checks.fused import MOST_AGGREGATES
from checks.records import Grain, Reading, UniqueExpected, ValuesExpected
from connectors import QueryFailed, TableName
from tests.measuring import NONE, check, found, measured, total
from tests.nasty import AT
from tests.warehouses import Warehouse

FIRST, LAST = ((moment - datetime(1970, 1, 1)).total_seconds() for moment in (datetime.min, datetime.max))  # noqa: DTZ001, DTZ901
only = pytest.mark.parametrize


def test_an_empty_table_has_no_rows_and_nothing_else(warehouse: Warehouse):
    schema = pa.schema([("id", pa.int64()), ("created_at", pa.timestamp("us")), ("name", pa.string())])
    name = warehouse.load("empty", schema.empty_table())
    checks = [
        check("key", UniqueExpected(("id",), NONE)),
        check("v", ValuesExpected("name", "invalid", NONE, valid=("a",))),
    ]
    with warehouse.open() as source:
        run = measured(source, name, AT, checks)
    numbers = {key: series[None] for key, series in found(run).items()}
    assert not run.problems
    assert set(numbers.values()) == {0.0}
    assert numbers.keys() >= {
        ("row_count", None),
        ("null_count", "id"),
        ("duplicate_count", "id"),
        ("invalid_count", "name"),
    }
    assert not {"null_rate", "freshness", "bucket_rows", "min"} & {metric for metric, _ in numbers}


@only("warehouse", ["duckdb", "postgres"], indirect=True)
@only("native", ["timestamp", "timestamptz", "date"])
def test_moments_beyond_the_calendar_belong_to_no_bucket(warehouse: Warehouse, native: str):
    warehouse.run(f"CREATE TABLE t (created_at {native})")
    for moment in ("infinity", "-infinity", "12000-01-01", "0044-03-15 (BC)", "2026-03-15", "2026-03-14"):
        text = moment.replace("(BC)", "BC") if warehouse.kind == "postgres" else moment
        warehouse.run(f"INSERT INTO t VALUES ('{text}')")
    with warehouse.open() as source:
        [name] = source.tables()
        run = measured(source, name, AT)
    assert not run.problems
    assert (total(run, "row_count"), total(run, "future_rows")) == (6, 2)
    assert total(run, "freshness") == (12 if native != "date" else -12) * 3600
    assert total(run, "min", "created_at") == FIRST
    assert total(run, "max", "created_at") == pytest.approx(LAST, abs=86_400)
    assert sum(found(run)["bucket_rows", None].values()) == 2


@only("warehouse", ["duckdb", "postgres"], indirect=True)
@only("zone", ["Asia/Tokyo", "America/New_York"])
def test_a_table_with_nothing_but_minus_infinity_is_two_thousand_years_old(warehouse: Warehouse, zone: str):
    warehouse.run("CREATE TABLE t (created_at timestamp); INSERT INTO t VALUES ('-infinity')")
    with warehouse.open() as source:
        run = measured(source, source.tables()[0], AT, event_time="created_at", zone=zone)
    assert total(run, "freshness") == pytest.approx(-FIRST + AT.timestamp(), abs=86_400)


POSTGRES_TYPES = {
    "n numeric": ("'NaN'", "'Infinity'", "1e400", "1.5"),
    "cents numeric(10, 2)": ("'NaN'", "1", "2", "3"),
    "price money": ("1.5", "2.5", "NULL", "3.5"),
    "feeling mood": ("'glad'", "'sad'", "'sad'", "NULL"),
    "at_point point": ("'(1,2)'", "'(1,2)'", "NULL", "'(3,4)'"),
    "doc json": ("'{\"a\":1}'", "'[]'", "NULL", "'[]'"),
    "docb jsonb": ("'{\"a\":1}'", "'[]'", "NULL", "'[]'"),
    "words text[]": ("'{a,b}'", "'{}'", "NULL", "'{}'"),
    "range int4range": ("'[1,5)'", "'[2,3)'", "NULL", "'[2,3)'"),
    "bits bit(3)": ("'101'", "'111'", "NULL", "'111'"),
    "span interval": ("'3 months'", "'1 day'", "NULL", "'1 day'"),
    "opens timetz": ("'10:00+02'", "'11:00+02'", "NULL", "'11:00+02'"),
    "pair comp": ("'(1,x)'", "'(2,x)'", "NULL", "'(2,x)'"),
    "few posint": ("1", "2", "NULL", "2"),
    "net inet": ("'10.0.0.1'", "'10.0.0.2'", "NULL", "'10.0.0.2'"),
    "o oid": ("1", "2", "NULL", "2"),
    "padded char(5)": ("'ab'", "''", "NULL", "'ab'"),
}


@only("warehouse", ["postgres"], indirect=True)
def test_all_types_of_postgresql_are_measured_in_one_query(warehouse: Warehouse):
    warehouse.run("CREATE TYPE mood AS ENUM ('glad', 'sad'); CREATE TYPE comp AS (a int, b text)")
    warehouse.run("CREATE DOMAIN posint AS int CHECK (value > 0)")
    warehouse.run(f"CREATE TABLE t ({', '.join(POSTGRES_TYPES)})")
    for values in zip(*POSTGRES_TYPES.values(), strict=True):
        warehouse.run(f"INSERT INTO t VALUES ({', '.join(values)})")
    of_feeling = ValuesExpected("feeling", "invalid", NONE, valid=("glad", "angry"), pattern="^g")
    with warehouse.open() as source:
        run = measured(source, TableName("public", "t"), AT, [check("feeling", of_feeling)])
    assert not run.problems
    assert len(run.queries) == 1
    names = [column.split()[0] for column in POSTGRES_TYPES]
    present = {"n": 4, "cents": 4, "price": 3}
    assert {name: total(run, "distinct_count", name) for name in names} == {
        name: present.get(name, 2) for name in names
    }
    assert [total(run, metric, "n") for metric in ("non_finite_count", "min", "max", "mean")] == [3, 1.5, 1.5, 1.5]
    assert [total(run, metric, "cents") for metric in ("non_finite_count", "min", "mean")] == [1, 1, 2]
    assert [total(run, metric, "price") for metric in ("min", "max", "mean", "stddev")] == [1.5, 3.5, 2.5, 1]
    assert [total(run, metric, "feeling") for metric in ("min_length", "max_length", "empty_count")] == [3, 4, 0]
    assert total(run, "invalid_count", "feeling") == 2
    assert total(run, "min", "opens") == 10 * 3600
    assert total(run, "empty_count", "padded") == 1


@only("warehouse", ["duckdb"], indirect=True)
def test_all_types_of_duckdb_are_measured_in_one_query(warehouse: Warehouse):
    columns = {
        "huge HUGEINT": "170141183460469231731687303715884105727",
        "unsigned UHUGEINT": "340282366920938463463374607431768211455",
        "bits BIT": "'101'",
        "map MAP(VARCHAR, INT)": "MAP {'a': 1}",
        "feeling ENUM('glad', 'sad')": "'sad'",
        "opens TIMETZ": "'10:00:00+02'",
        "valid_nanos TIMESTAMP_NS": "'2026-03-15 10:00:00.123456789'",
        "closes TIME": "'24:00:00'",
        "span INTERVAL": "INTERVAL 3 MONTH",
        "id_ UUID": "'00000000-0000-0000-0000-000000000001'",
        "doc JSON": "'{\"a\": 1}'",
        "list STRUCT(a INT)[]": "[{'a': 1}]",
        "fixed INT[3]": "[1, 2, 3]",
        "either UNION(n INT, s VARCHAR)": "'x'",
        '"pair" STRUCT("a b" INT)': "{'a b': 1}",
        "big BIGNUM": "123::BIGNUM",
    }
    warehouse.run(f"CREATE TABLE t ({', '.join(columns)})")
    warehouse.run(f"INSERT INTO t VALUES ({', '.join(columns.values())}), ({', '.join(['NULL'] * len(columns))})")
    with warehouse.open() as source:
        run = measured(source, TableName("main", "t"), AT)
    assert not run.problems
    assert len(run.queries) == 1
    assert {total(run, "distinct_count", column.name) for column in run.columns} == {1}
    assert total(run, "max", "huge") == 2**127
    assert total(run, "max", "closes") == 86_400


@only("warehouse", ["sqlite"], indirect=True)
def test_sqlite_may_keep_anything_in_any_column(warehouse: Warehouse):
    warehouse.run("""
        CREATE TABLE t (created_at TIMESTAMP, reading REAL, paid BOOLEAN, "on" DATE, anything);
        INSERT INTO t VALUES
            ('2026-03-15T12:00:00+02:00', 'broken', 1, '2026-03-15', 1),
            ('2026-03-15T09:30:00Z', 1.5, 0, 'someday', 'x'),
            ('2026-03-15 11:00', 2.5, 'yes', NULL, x'00'),
            ('yesterday', 3.5, NULL, NULL, NULL);
    """)
    with warehouse.open() as source:
        run = measured(source, TableName(None, "t"), AT, event_time="created_at")
    assert found(run)["bucket_rows", None] == {datetime(2026, 3, 15): 3}  # noqa: DTZ001 a bucket
    assert total(run, "freshness") == 3600
    assert [total(run, metric, "reading") for metric in ("non_finite_count", "min", "mean")] == [1, 1.5, 2.5]
    assert total(run, "true_rate", "paid") == 0.5
    assert total(run, "distinct_count", "anything") is None  # only by bucket
    # what is no moment costs the one number that it is; its text stays where it is
    assert {metric.column for problem in run.problems for metric in problem.metrics} == {"on", "created_at"}
    assert not [problem for problem in run.problems if "someday" in problem.message or "yesterday" in problem.message]


@only("warehouse", ["duckdb"], indirect=True)
def test_text_with_an_offset_is_the_moment_that_it_says(warehouse: Warehouse):
    warehouse.load(
        "t", pd.DataFrame({"said": ["2026-03-15T12:00:00+02:00", "2026-03-15T09:00:00Z", "2026-03-15 08:00"]})
    )
    with warehouse.open() as source:
        run = measured(source, TableName("main", "t"), AT, event_time="said")
    assert total(run, "freshness") == 2 * 3600


def test_whole_numbers_declared_as_event_time_are_seconds_since_1970(warehouse: Warehouse):
    seconds = [int(AT.timestamp()) - 3600 * hours for hours in (1, 2, 30)]
    name = warehouse.load("t", pd.DataFrame({"epoch": seconds}))
    with warehouse.open() as source:
        run = measured(source, name, AT, event_time="epoch", zone="Asia/Tokyo")
    assert total(run, "freshness") == 3600
    assert list(found(run)["bucket_rows", None].values()) == [1, 2]


@only("warehouse", ["duckdb"], indirect=True)
@only(("column", "cause"), [("list", "Unimplemented type for cast"), ("hour", "can not be written as a query")])
def test_an_event_time_that_can_not_be_one_is_an_error_in_words(warehouse: Warehouse, column: str, cause: str):
    warehouse.run("CREATE TABLE t AS SELECT [1] AS list, TIME '10:00' AS hour")
    with warehouse.open() as source, pytest.raises(QueryFailed, match=cause):
        measured(source, TableName("main", "t"), AT, event_time=column)


@only("warehouse", ["duckdb"], indirect=True)
def test_a_declared_event_time_that_is_not_there_costs_the_freshness(warehouse: Warehouse):
    warehouse.run("CREATE TABLE t AS SELECT 1 AS x")
    with warehouse.open() as source:
        run = measured(source, TableName("main", "t"), AT, event_time="gone")
    [problem] = run.problems
    assert "event time 'gone' that is declared in the config is no column" in problem.message
    assert total(run, "row_count") == 1


# -- wide tables -------------------------------------------------------------------------------------------------------


def wide(columns: int, rows: int = 40) -> pa.Table:
    data = {f"column {i}": pa.array([float(i + row) for row in range(rows)]) for i in range(columns)}
    return pa.table(
        {"created_at": pa.array([AT.replace(tzinfo=None) - timedelta(days=row) for row in range(rows)])} | data
    )


@pytest.mark.slow
@only("warehouse", ["duckdb", "parquet"], indirect=True)
def test_two_hundred_columns_are_one_query(warehouse: Warehouse):
    name = warehouse.load("wide", wide(200))
    with warehouse.open() as source:
        first = measured(source, name, AT)
        later = measured(source, name, AT, known=_known_since_yesterday())
    assert [query.purpose for query in first.queries] == ["fused"]
    assert [query.purpose for query in later.queries] == ["fused", "rows in the table, from statistics"]
    assert total(first, "mean", "column 199") == 199 + 19.5
    assert total(later, "row_count") == 40


@pytest.mark.slow
@only("warehouse", ["duckdb", "parquet"], indirect=True)
def test_days_of_five_hundred_columns_are_measured_again(warehouse: Warehouse):
    """More estimates of different values than DuckDB survives in one statement with few groups."""
    name = warehouse.load("wide", wide(500))
    with warehouse.open() as source:
        later = measured(source, name, AT, known=_known_since_yesterday())
    assert later.problems == ()
    assert found(later)["distinct_count", "column 499"][datetime(2026, 3, 14)] == 1  # noqa: DTZ001 a bucket


def _known_since_yesterday():
    from checks.history import Known

    return Known(AT - timedelta(hours=20), datetime(2026, 3, 14), {})  # noqa: DTZ001 a bucket


@only("warehouse", ["postgres"], indirect=True)
def test_more_expressions_than_a_query_may_have_are_asked_in_parts(warehouse: Warehouse):
    columns = MOST_AGGREGATES // 7 + 30
    name = warehouse.load("wide", wide(columns, rows=3))
    with warehouse.open() as source:
        run = measured(source, name, AT)
    assert [query.purpose for query in run.queries] == ["fused", "fused"]
    numbers = found(run)
    assert {numbers["max", f"column {i}"][None] - i for i in range(columns)} == {2.0}
    assert {len(numbers["null_count", f"column {i}"]) for i in range(columns)} == {4}  # three days and the table


@only("warehouse", ["duckdb"], indirect=True)
def test_hours_of_three_months_are_told_apart(warehouse: Warehouse):
    warehouse.run("""
        CREATE TABLE t AS SELECT TIMESTAMP '2026-03-15 11:30' - to_hours(range::INT) AS created_at, range AS x
        FROM range(2400)
    """)
    with warehouse.open() as source:
        run = measured(source, TableName("main", "t"), AT, grain=Grain.HOUR, reading=Reading())
    rows = found(run)["bucket_rows", None]
    assert len(rows) == 90 * 24 + 1
    assert set(rows.values()) == {0.0, 1.0}
    assert [bucket for bucket, count in rows.items() if not count] == [datetime(2026, 3, 15, 12)]  # noqa: DTZ001
