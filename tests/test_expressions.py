"""Conditions between the columns of a row: in every warehouse the same rows break them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.drill import FailingRows, has_rows
from checks.expressible import refusal
from checks.expressions import names_in, parsed
from checks.facts import Facts
from checks.judge import judge
from checks.records import Dataset, RowsExpected, Status
from connectors import Column
from tests.examples import examples
from tests.measuring import NONE, check, measured
from tests.nasty import AT
from tests.test_values import count
from tests.warehouses import Warehouse


def at(day: int, hour: int = 8) -> datetime:
    return datetime(2026, 1, day, hour)  # noqa: DTZ001 as the column


TRIPS = pa.table(
    {
        "starts_at": pa.array([at(1), at(2), at(3), None, at(5)], pa.timestamp("us")),
        "ends_at": pa.array([at(1, 9), at(1), at(3), at(4), None], pa.timestamp("us")),
        "booked_on": pa.array([date(2026, 1, 1), date(2026, 1, 1), date(2026, 1, 4), None, date(2026, 1, 5)]),
        "fare": pa.array([10.0, 0.0, 5.5, None, -1.0]),
        "tax": pa.array([2.0, 0.0, 1.0, 1.0, 1.0]),
        "total": pa.array([12.0, 0.0, 7.0, 3.0, 0.0]),
        "seats": pa.array([1, 2, 3, 4, None]),
        "code": pa.array(["AB1", "ab2", None, "C'3", "D\\4"]),
        "cancelled": pa.array([False, True, False, None, False]),
    }
)
# the condition, and how many rows break it
CONDITIONS = [
    ("ends_at >= starts_at", 1),
    ("ends_at >= starts_at or cancelled", 0),
    ("not (ends_at < starts_at)", 1),
    ("ends_at IS NOT NULL OR cancelled", 1),
    ("cancelled is not true", 1),
    ("cancelled is false", 2),
    ("not cancelled", 1),
    ("starts_at >= booked_on", 1),
    ("starts_at >= '2026-01-02'", 1),
    ("booked_on between '2026-01-01' and '2026-01-04'", 1),
    ("booked_on = date '2026-01-01'", 2),
    ("fare + tax = total", 1),
    ("abs(total - tax - fare) < 0.75", 0),
    ("fare * 2 > tax", 2),
    ("total / fare < 1.25", 1),
    ("seats / 2 >= 1", 1),
    ("seats % 2 = 1", 2),
    ("-fare <= 0", 1),
    ("coalesce(fare, 0) = fare", 0),
    ("nullif(fare, 0) is not null", 2),
    ("fare is distinct from total", 1),
    ("fare is not distinct from total", 4),
    ("seats in (1, 2, 3)", 1),
    ("seats not in (1, 2)", 2),
    (f"seats in ({', '.join(map(str, range(2, 300)))})", 1),
    ("booked_on in ('2026-01-01', '2026-01-05')", 1),
    ("total in (fare, tax, 12)", 2),
    ("code in ('AB1', 'C''3', 'D\\4')", 1),
    ("code like 'A%'", 3),
    ("code not like 'A%'", 1),
    ("upper(code) = code", 1),
    ("length(code) = seats + 2", 2),
    ("trim(code) || '!' = code || '!'", 0),
    ("starts_with(code, 'A')", 3),
    ("regexp_like(code, '^\\w+$')", 2),
    ("case when cancelled then fare = 0 else fare > 0 end", 1),
    ("case seats when 1 then true else false end", 4),
    ("if(cancelled, total = 0, total > 0)", 1),
    ("year(starts_at) = 2026 and month(booked_on) = 1 and day(booked_on) < 5", 1),
    ("cast(seats as double) = seats", 0),
    ("cast(starts_at as date) >= booked_on", 1),
    ("round(fare) = fare", 1),
]  # fmt: skip


def expecting(expression: str, **more: Any) -> RowsExpected:
    names = names_in(expression)
    return RowsExpected(expression, tuple(zip(names, names, strict=True)), more.pop("threshold", NONE), **more)


def test_every_condition_counts_the_rows_for_which_it_is_false(warehouse: Warehouse):
    name = warehouse.load("trips", TRIPS)
    checks = [check(str(n), expecting(expression)) for n, (expression, _) in enumerate(CONDITIONS)]
    with warehouse.open() as source:
        run = measured(source, name, AT, checks, event_time="booked_on")
    assert not [problem.message for problem in run.problems]
    assert [query.purpose for query in run.queries] == ["fused"]
    found = [(expression, count(run, str(n))) for n, (expression, _) in enumerate(CONDITIONS)]
    assert found == [(expression, float(broken)) for expression, broken in CONDITIONS]


def test_the_rows_and_the_words(warehouse: Warehouse):
    name = warehouse.load("trips", TRIPS)
    made = check("order", expecting("ends_at >= starts_at"))
    with warehouse.open() as source:
        run = measured(source, name, AT, [made])
        [result] = judge(made, Facts(run, {}, AT))
        sql = FailingRows(Dataset("shop", name), made, None)(source)
        rows = source.fetch(sql).rows
    assert has_rows(made)
    assert (result.status, result.value, result.column) == (Status.FAIL, 1, "ends_at, starts_at")
    assert result.reason == "1 of 5 rows for which ends_at >= starts_at is false, expected none"
    assert [row[6] for row in rows] == [2]


def test_what_can_not_be_asked_costs_itself_and_says_why(warehouse: Warehouse):
    name = warehouse.load("trips", TRIPS)
    expects = [
        expecting("code > seats"),
        expecting("coalesce(seats, 0)"),
        expecting("ends_at <= starts_at + interval '1' day"),
        expecting("gone > 1"),
        expecting("seats < 9"),
    ]
    made = [check(str(n), each) for n, each in enumerate(expects)]
    with warehouse.open() as source:
        run = measured(source, name, AT, made)
    results = [result for each in made for result in judge(each, Facts(run, {}, AT))]
    interval = Status.ERROR if warehouse.kind == "sqlite" else Status.PASS
    assert [result.status for result in results] == [Status.ERROR] * 2 + [interval, Status.ERROR, Status.PASS]
    assert "the condition code > seats can not be expressed: this can not be written" in (results[0].reason or "")
    assert "it is neither true nor false, but int64" in (results[1].reason or "")
    assert "column 'gone' is not in the table" in (results[3].reason or "")
    if warehouse.kind == "sqlite":
        assert "can not be expressed on SQLite: it can not add intervals to moments" in (results[2].reason or "")
    assert [query.purpose for query in run.queries] == ["fused"]


def test_every_bucket_by_itself(warehouse: Warehouse):
    name = warehouse.load("trips", TRIPS)
    made = check("c", expecting("fare >= 0", per_bucket=True))
    with warehouse.open() as source:
        run = measured(source, name, AT, [made], event_time="booked_on")
    results = judge(made, Facts(run, {}, AT))
    assert [str(result.bucket)[:10] for result in results if result.status is Status.FAIL] == ["2026-01-05"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a >", "is no condition that can be read"),
        ("(((", "is no condition that can be read"),
        ("", "is no condition that can be read"),
        ("a > (select max(b) from t)", "uses "),
        ("a in (select b from t)", "uses "),
        ("exists (select 1)", "uses "),
        ("sum(a) > 1", "uses SUM, which is not known here"),
        ("count(*) > 1", "uses "),
        ("row_number() over () > a", "uses "),
        ("read_text('/etc/passwd') = a", "uses "),
        ("pg_sleep(a) is null", "uses PG_SLEEP, which is not known here"),
        ("random() < a", "uses RAND, which is not known here"),
        ("current_date > a", "uses "),
        ("a > 1; drop table t", "uses "),
        ("drop table t", "uses "),
        ("a = ?", "uses PLACEHOLDER"),
        ("t.a = 1", "uses COLUMN with table, which is not known here"),
        ("a like b", "uses LIKE with something else"),
        ("starts_with(a, b)", "uses STARTSWITH with something else"),
        ("regexp_like(a, '[')", "uses REGEXPLIKE with something else"),
        ("regexp_like(a, 'x', 'i')", "uses REGEXPLIKE with flag"),
        ("a between symmetric 2 and 1", "uses BETWEEN with symmetric"),
        ("trim(leading 'x' from a) = a", "uses TRIM with "),
        ("round(a, b) = 1", "uses ROUND with something else"),
        ("cast(a as timestamptz) = b", "uses CAST with something else"),
        ("try_cast(a as int) = b", "uses TRYCAST"),
        ("b > a + interval a day", "uses INTERVAL with something else"),
        ("b > a + interval '1' month", "uses INTERVAL with something else"),
        ("a is b", "uses IS with something else"),
        ("1 = 1", "names no column"),
        ("a + 1", "is nothing that is true or false"),
        ("'x'", "names no column"),
        ("a" * 5000 + " > 1", "is longer than 4,000 characters"),
    ],
)
def test_what_is_no_condition_on_a_row_is_refused(text: str, said: str):
    with pytest.raises(ValueError, match=said.replace("(", r"\(")):
        parsed(text)


def test_names_may_be_quoted_and_are_columns_by_another_name():
    expects = RowsExpected('"first day" < last', (("first day", "FIRST"), ("last", "LAST")), NONE)
    columns = [Column("FIRST", "int64", "BIGINT"), Column("LAST", "int64", "BIGINT")]
    assert names_in(expects.expression) == ("first day", "last")
    assert expects.columns == ("FIRST", "LAST")
    assert refusal(expects, columns, "duckdb") is None


# -- against SQLite's own reading --------------------------------------------------------------------------------------

_TERMS = st.sampled_from(["a", "b", "c", "0", "1", "2.5", "-3"])
_SUMS = st.builds("({} {} {})".format, _TERMS, st.sampled_from(["+", "-", "*"]), _TERMS)
_TESTS = st.builds(
    "{} {} {}".format, _TERMS | _SUMS, st.sampled_from(["<", "<=", "=", "<>", ">", ">="]), _TERMS | _SUMS
)
_TESTS |= st.builds("{} is {}null".format, st.sampled_from("abc"), st.sampled_from(["", "not "]))
_CONDITIONS = st.recursive(
    _TESTS,
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from(["and", "or"]), inner)
        | st.builds("not ({})".format, inner)
    ),
    max_leaves=5,
)
_ROWS = st.lists(st.tuples(*[st.none() | st.sampled_from([-3.0, 0.0, 1.0, 2.5, 7.0])] * 3), min_size=1, max_size=8)


@pytest.mark.slow
@settings(max_examples=examples(60), deadline=None)
@given(conditions=st.lists(_CONDITIONS, min_size=1, max_size=8), rows=_ROWS)
def test_conditions_mean_what_sql_means(tmp_path_factory: Any, conditions: list[str], rows: list[tuple[Any, ...]]):
    from tests.warehouses import SQLiteFile

    warehouse = SQLiteFile(tmp_path_factory.mktemp("sqlite"))
    columns = {name: pa.array([row[i] for row in rows], pa.float64()) for i, name in enumerate("abc")}
    name = warehouse.load("t", pa.table(columns))
    asked = [condition for condition in conditions if set(condition) & set("abc")] or ["a < 1"]
    asked = [condition for condition in asked if has_column(condition)] or ["a < 1"]
    with closing(sqlite3.connect(warehouse.path)) as connection:
        oracle = [connection.execute(f"SELECT count(*) FROM t WHERE NOT ({each})").fetchone()[0] for each in asked]
    with warehouse.open() as source:
        run = measured(source, name, AT, [check(str(n), expecting(each)) for n, each in enumerate(asked)])
    assert not run.problems
    assert [count(run, str(n)) for n in range(len(asked))] == oracle


def has_column(condition: str) -> bool:
    try:
        parsed(condition)
    except ValueError:
        return False
    return True
