"""Predicates of single values, measured in every warehouse: what meets them, what does not, what can not be asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checks.expressible import refusal
from checks.facts import Facts
from checks.judge import judge, without_measurement
from checks.predicates import Length, Limit, Matches, MultipleOf, Predicate, Relation
from checks.records import Measured, Result, Status, ValuesExpected
from connectors import Column, TableName
from tests.examples import examples
from tests.measuring import NONE, check, measured, total
from tests.nasty import AT
from tests.warehouses import DuckDBFile, SQLiteFile, Warehouse

AT_LEAST, ABOVE, AT_MOST, BELOW = Relation


def naive(*parts: int) -> datetime:
    return datetime(*parts)  # noqa: DTZ001 # ty: ignore[invalid-argument-type]


MOMENTS = [naive(2026, 1, 31, 8), naive(2026, 1, 31, 9), naive(2026, 2, 1), None]
TABLE = pa.table(
    {
        "seats": pa.array([0, 4, 55, 400, None, -2]),
        "price": pa.array([0.5, 0.1, 99.95, 1e15, None, -0.1]),
        "fare": pa.array([Decimal("0.50"), Decimal("0.10"), Decimal("99.95"), None, Decimal("7.00"), Decimal("-0.05")]),
        "code": pa.array(["AB1", "AB", "ÅB12", "ab1", None, "A\nB1"]),
        "word": pa.array(["x cat", "concat", "café1", "cats", None, "cat\n"]),
        "flown_on": pa.array([date(2026, 1, 30), date(2026, 1, 31), date(2026, 2, 1), None, None, None]),
        "left_at": pa.array([*MOMENTS, None, None], pa.timestamp("us")),
        "seen_at": pa.array(
            [*(m and m.replace(tzinfo=UTC) for m in MOMENTS), None, None], pa.timestamp("us", tz="UTC")
        ),
        "opens": pa.array([time(7, 59), time(8), time(20), None, None, None]),
    }
)
PREDICATES: list[tuple[str, Predicate, int]] = [
    ("seats", Limit(AT_LEAST, 0), 1),
    ("seats", Limit(ABOVE, 0), 2),
    ("seats", Limit(AT_MOST, 400), 0),
    ("seats", Limit(BELOW, 400), 1),
    ("seats", Limit(AT_LEAST, 0.5), 2),
    ("seats", Limit(AT_MOST, 2**64 - 1), 0),
    ("seats", Limit(AT_MOST, 10**60), 0),
    ("seats", MultipleOf(5), 2),
    ("seats", MultipleOf(0.5), 0),
    ("price", Limit(AT_LEAST, 0.1), 1),
    ("price", Limit(ABOVE, 0.1), 2),
    ("price", MultipleOf(0.05), 0),
    ("price", MultipleOf(0.5), 3),
    ("fare", Limit(AT_LEAST, 0), 1),
    ("fare", Limit(AT_MOST, 7.0), 1),
    ("fare", MultipleOf(0.05), 0),
    ("fare", MultipleOf(0.5), 3),
    ("code", Length(AT_LEAST, 3), 1),
    ("code", Length(AT_MOST, 3), 2),
    ("code", Matches("^[A-Z]{2}"), 3),
    ("code", Matches("^[A-Z]{2}[0-9]$"), 4),
    ("word", Matches(r"\bcat\b"), 3),
    ("word", Matches(r"cat$"), 3),
    ("word", Matches(r"^\w+$"), 3),
    ("word", Matches(r"^[\w ]+$"), 2),
    ("word", Matches(r"\u00e9\d"), 4),
    ("flown_on", Limit(AT_LEAST, date(2026, 1, 31)), 1),
    ("flown_on", Limit(BELOW, date(2026, 2, 1)), 1),
    ("left_at", Limit(AT_LEAST, naive(2026, 1, 31, 9)), 1),
    ("left_at", Limit(BELOW, date(2026, 2, 1)), 1),
    ("left_at", Limit(ABOVE, datetime(2026, 1, 31, 8, tzinfo=UTC), "Europe/Berlin"), 2),
    ("seen_at", Limit(AT_MOST, naive(2026, 1, 31, 9), "Europe/Berlin"), 2),
    ("seen_at", Limit(AT_MOST, datetime(2026, 1, 31, 8, tzinfo=UTC)), 2),
    ("opens", Limit(AT_LEAST, time(8)), 1),
]


def invalid(column: str, *predicates: Predicate, **more: Any) -> ValuesExpected:
    return ValuesExpected(column, "invalid", NONE, meets=predicates, **more)


def count(run: Measured, id_: str) -> float | None:
    return next(
        (
            line[0]
            for grid in run.grids
            if grid.buckets == (None,)
            for metric, line in zip(grid.metrics, grid.values, strict=True)
            if metric.check == id_
        ),
        None,
    )


def judged(run: Measured, *expects: ValuesExpected) -> list[Result]:
    facts = Facts(run, {}, AT)
    return [result for id_, each in enumerate(expects) for result in judge(check(str(id_), each), facts)]


def test_every_predicate_counts_the_values_that_do_not_meet_it(warehouse: Warehouse):
    """All of them in one statement."""
    name = warehouse.load("t", TABLE)
    checks = [check(f"c{n}", invalid(column, predicate)) for n, (column, predicate, _) in enumerate(PREDICATES)]
    with warehouse.open() as source:
        run = measured(source, name, AT, checks, event_time="flown_on")
    assert not [problem.message for problem in run.problems]
    assert [query.purpose for query in run.queries] == ["fused"]
    found = [(column, predicate, count(run, f"c{n}")) for n, (column, predicate, _) in enumerate(PREDICATES)]
    assert found == [(column, predicate, float(wrong)) for column, predicate, wrong in PREDICATES]


def test_what_can_not_be_asked_costs_itself_and_says_why(warehouse: Warehouse):
    name = warehouse.load("t", TABLE)
    expects = [
        invalid("word", Limit(AT_LEAST, 0)),
        invalid("word", MultipleOf(2)),
        invalid("seats", Limit(AT_LEAST, date(2026, 1, 1))),
        invalid("left_at", Limit(AT_LEAST, time(8))),
        invalid("gone", Limit(AT_LEAST, 0)),
        invalid("seats", Limit(AT_LEAST, -2)),
    ]
    with warehouse.open() as source:
        run = measured(source, name, AT, [check(str(n), each) for n, each in enumerate(expects)])
    results = judged(run, *expects)
    assert [result.status for result in results] == [Status.ERROR] * 5 + [Status.PASS]
    words = ["a limit of 0 does not fit column 'word', which is", "multiples of 2 are numbers, unlike column 'word'"]
    words += ["a limit of 2026-01-01 does not fit column 'seats'", "a limit of 08:00:00 does not fit column 'left_at'"]
    words += ["column 'gone' is not in the table"]
    assert all(part in (result.reason or "") for part, result in zip(words, results, strict=False))
    assert len(run.queries) == 1


@pytest.mark.parametrize("pattern", [r"^(?!ab)", r"^(?=AB)", r"(A).*\1"])
def test_a_pattern_that_duckdb_can_not_match_is_an_error_there_and_a_check_elsewhere(
    warehouse: Warehouse, pattern: str
):
    name = warehouse.load("t", TABLE)
    expects, other = invalid("code", Matches(pattern)), invalid("code", Length(AT_LEAST, 0))
    with warehouse.open() as source:
        run = measured(source, name, AT, [check("0", expects), check("1", other)])
        dialect = source.dialect
    first, second = judged(run, expects, other)
    assert (second.status, len(run.queries)) == (Status.PASS, 1)
    if dialect == "duckdb":
        assert first.status is Status.ERROR
        assert f"the pattern {pattern} can not be expressed on DuckDB: its regular expr" in (first.reason or "")
    else:
        oracle = [value for value in TABLE["code"].to_pylist() if value and not re.search(pattern, value)]
        assert (first.status, first.value) == (Status.FAIL, len(oracle))


def test_a_pattern_that_only_the_warehouse_refuses_costs_itself(warehouse: Warehouse):
    """Repeated more often than RE2 and PostgreSQL count; Python does, which matches for SQLite."""
    name = warehouse.load("t", TABLE)
    expects, other = invalid("code", Matches("^A{0,2000}$")), invalid("code", Length(AT_LEAST, 0))
    with warehouse.open() as source:
        run = measured(source, name, AT, [check("0", expects), check("1", other)])
    first, second = judged(run, expects, other)
    assert second.status is Status.PASS
    assert first.status is (Status.FAIL if warehouse.kind == "sqlite" else Status.ERROR)


@pytest.mark.parametrize("warehouse", ["duckdb", "postgres"], indirect=True)
def test_nan_and_infinity_are_within_no_limits(warehouse: Warehouse):
    warehouse.run("CREATE TABLE t (x double precision)")
    warehouse.run("INSERT INTO t VALUES ('NaN'), ('Infinity'), ('-Infinity'), (1), (NULL)")
    predicates = (Limit(AT_LEAST, 0), Limit(AT_MOST, 5), MultipleOf(1))
    with warehouse.open() as source:
        checks = [check(str(n), invalid("x", each)) for n, each in enumerate(predicates)]
        run = measured(source, source.tables()[0], AT, checks)
    assert [count(run, str(n)) for n in range(3)] == [3, 3, 3]


@pytest.mark.parametrize("warehouse", ["sqlite"], indirect=True)
def test_text_in_a_number_column_of_sqlite_is_within_no_limits(warehouse: Warehouse):
    warehouse.run("CREATE TABLE t (x REAL, d DATE); INSERT INTO t VALUES ('broken', 'someday'), (1, '2026-01-01')")
    expects = invalid("x", Limit(AT_LEAST, 0)), invalid("d", Limit(AT_LEAST, date(2025, 1, 1)))
    with warehouse.open() as source:
        run = measured(source, TableName(None, "t"), AT, [check(str(n), each) for n, each in enumerate(expects)])
    assert [count(run, str(n)) for n in range(2)] == [1, 1]


def test_the_words_say_what_is_wrong(warehouse: Warehouse):
    name = warehouse.load("t", TABLE)
    expects = [
        ValuesExpected("seats", "invalid", NONE, valid=(0, 4, 55)),
        invalid("seats", Limit(AT_MOST, 50)),
        invalid("flown_on", Limit(AT_LEAST, date(2026, 1, 31))),
        invalid("code", Length(AT_MOST, 3), valid=("AB1",)),
    ]
    with warehouse.open() as source:
        run = measured(source, name, AT, [check(str(n), each) for n, each in enumerate(expects)])
    assert [result.reason for result in judged(run, *expects)] == [
        "seats: 2 of 5 values not one of 0, 4, 55, expected none",
        "seats: 2 of 5 values above 50, expected none",
        "flown_on: 1 of 3 values before 2026-01-31, expected none",
        "code: 4 of 5 values not AB1 or longer than 3 characters, expected none",
    ]


@pytest.mark.slow
def test_hundreds_of_rules_are_one_statement(warehouse: Warehouse):
    name = warehouse.load("t", TABLE)
    checks = [check(f"{n}", invalid("seats", Limit(AT_MOST, n))) for n in range(300)]
    with warehouse.open() as source:
        run = measured(source, name, AT, checks, event_time="flown_on")
    assert not run.problems
    assert [query.purpose for query in run.queries] == ["fused"]
    assert [count(run, f"{n}") for n in (0, 4, 55, 299)] == [3, 2, 1, 1]


# -- against plain Python ----------------------------------------------------------------------------------------------

_TEXTS = st.one_of(st.none(), st.text(st.sampled_from("aé日🙂' %_\\1"), max_size=6))
_NUMBERS = st.one_of(st.none(), st.integers(-(2**40), 2**40), st.floats(-1e9, 1e9, allow_subnormal=False))
_COMPARE: dict[Relation, Callable[[Any, Any], bool]] = {
    AT_LEAST: lambda a, b: a >= b,
    ABOVE: lambda a, b: a > b,
    AT_MOST: lambda a, b: a <= b,
    BELOW: lambda a, b: a < b,
}


def count_in(kind: type, folder: Any, values: Sequence[Any], type_: pa.DataType, *expects: ValuesExpected) -> list[Any]:
    """The counts in a new warehouse of one column."""
    for file in folder.glob("shop.*"):
        file.unlink()
    warehouse = kind(folder)
    name = warehouse.load("t", pa.table({"x": pa.array(values, type_)}))
    checks = [check(str(n), each) for n, each in enumerate(expects)]
    with warehouse.open() as source:
        run = measured(source, name, AT, checks)
    assert not run.problems
    assert total(run, "row_count") == len(values)
    return [count(run, str(n)) for n in range(len(expects))]


_SOME = settings(max_examples=examples(15), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("kind", [DuckDBFile, SQLiteFile])
@_SOME
@given(values=st.lists(_NUMBERS, min_size=1, max_size=20), limit=_NUMBERS.filter(lambda n: n is not None))
def test_limits_are_pythons(kind: type, tmp_path: Any, values: list[Any], limit: Any):
    floats = [None if value is None else float(value) for value in values]
    found = count_in(kind, tmp_path, floats, pa.float64(), *(invalid("x", Limit(each, limit)) for each in Relation))
    assert found == [sum(v is not None and not _COMPARE[each](v, limit) for v in floats) for each in Relation]


@pytest.mark.slow
@pytest.mark.parametrize("kind", [DuckDBFile, SQLiteFile])
@_SOME
@given(cents=st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=20), step=st.sampled_from([1, 2, 5, 25, 30]))
def test_multiples_are_pythons(kind: type, tmp_path: Any, cents: list[int], step: int):
    oracle = sum(value % step != 0 for value in cents)
    whole = count_in(kind, tmp_path, cents, pa.int64(), invalid("x", MultipleOf(step)))
    parts = count_in(kind, tmp_path, [c / 100 for c in cents], pa.float64(), invalid("x", MultipleOf(step / 100)))
    assert (whole, parts) == ([oracle], [oracle])


@pytest.mark.slow
@pytest.mark.parametrize("kind", [DuckDBFile, SQLiteFile])
@_SOME
@given(values=st.lists(_TEXTS, min_size=1, max_size=20), size=st.integers(0, 5), data=st.data())
def test_lengths_and_allowed_values_are_pythons(
    kind: type, tmp_path: Any, values: list[Any], size: int, data: st.DataObject
):
    allowed = data.draw(
        st.lists(st.sampled_from(values), min_size=1).map(lambda some: [s for s in some if s is not None])
    )
    allowed = allowed or ["'; DROP TABLE t; --"]
    expects = (
        invalid("x", Length(AT_LEAST, size)),
        invalid("x", Length(AT_MOST, size)),
        ValuesExpected("x", "invalid", NONE, valid=tuple(allowed)),
    )
    present = [value for value in values if value is not None]
    assert count_in(kind, tmp_path, values, pa.string(), *expects) == [
        sum(len(value) < size for value in present),
        sum(len(value) > size for value in present),
        sum(value not in allowed for value in present),
    ]


def test_a_lookahead_in_a_class_of_characters_is_none():
    column = Column("x", "string", "VARCHAR")
    assert refusal(invalid("x", Matches(r"[(?=]\\1")), [column], "duckdb") is None
    assert refusal(invalid("x", Matches(r"(?=a)")), [column], "duckdb")


@pytest.mark.slow
@pytest.mark.parametrize("warehouse", ["duckdb", "parquet"], indirect=True)
def test_four_hundred_rules_on_two_hundred_columns_are_one_statement(warehouse: Warehouse):
    name = warehouse.load("wide", pa.table({f"c{i}": pa.array([float(i), None, -1.0]) for i in range(200)}))
    predicates = (Limit(AT_LEAST, 0), MultipleOf(2))
    checks = [check(f"{i} {n}", invalid(f"c{i}", each)) for i in range(200) for n, each in enumerate(predicates)]
    with warehouse.open() as source:
        run = measured(source, name, AT, checks)
    assert not run.problems
    assert [query.purpose for query in run.queries] == ["fused"]
    assert [count(run, f"199 {n}") for n in range(2)] == [1, 2]


def test_an_unreachable_warehouse_is_no_invalid_value():
    made = check("c", invalid("seats", Limit(AT_LEAST, 0)))
    [result] = without_measurement((made,), Status.UNREACHABLE, "the server does not answer")
    assert (result.status, result.observed, result.value) == (Status.UNREACHABLE, None, None)
