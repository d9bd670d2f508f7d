"""Freshness, columns and comparisons: the checks that are not one number against a threshold."""

from __future__ import annotations

from datetime import timedelta

import pytest

from checks.records import Aggregate, ColumnExpected, FreshnessExpected, Metric, Problem, ReconcileExpected, Status
from connectors import Column, TableName
from tests.judging import FRESHNESS, NAN, ROWS, YESTERDAY, check, facts, one, said

# -- freshness ---------------------------------------------------------------------------------------------------------

HALF_A_DAY = check(FreshnessExpected(timedelta(hours=12)))


def test_late_means_strictly_older_than_the_limit():
    exactly = one(HALF_A_DAY, facts({ROWS: 9, FRESHNESS: 12 * 3600}))
    assert said(exactly) == ("pass", "12 h old", "at most 12 h", None)
    late = one(HALF_A_DAY, facts({ROWS: 9, FRESHNESS: 30 * 3600 + 42 * 60}))
    reason = "18 h 42 min late: the newest row is 1 d 6 h old, expected at most 12 h"
    assert said(late) == ("fail", "1 d 6 h old", "at most 12 h", reason)


def test_the_date_of_today_is_not_negative_in_words():
    assert one(HALF_A_DAY, facts({ROWS: 9, FRESHNESS: -3600})).observed == "of a day that is not over yet"


def test_the_freshness_of_yesterday_says_nothing_about_today():
    only_future_rows = facts({ROWS: 9}, known={FRESHNESS: (YESTERDAY, 60.0)})
    assert said(one(HALF_A_DAY, only_future_rows)) == (
        "no_data",
        "no data",
        "at most 12 h",
        "there is no row to tell the age of",
    )


def test_freshness_needs_the_event_time_that_it_is_about():
    without = one(HALF_A_DAY, facts({ROWS: 9}, event_time=None))
    assert (without.status, "has no event time" in (without.reason or "")) == (Status.ERROR, True)
    other = one(check(FreshnessExpected(timedelta(hours=1), "ordered_on")), facts({ROWS: 9, FRESHNESS: 1.0}))
    assert said(other)[0::3] == (
        "error",
        "the service level is about 'ordered_on', but the event time is 'ordered_at'",
    )


# -- columns and types -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("logical", "physical", "column", "fits"),
    [
        ("string", "VARCHAR", Column("x", "string", "VARCHAR"), True),
        ("String", "varchar", Column("x", "string", "text"), True),
        ("integer", "BIGINT", Column("x", "int64", "int8"), True),
        ("integer", "bigint", Column("x", "int32", "INTEGER"), False),
        ("integer", None, Column("x", "float64", "DOUBLE"), False),
        ("integer", None, Column("x", "decimal(10, 2)", "DECIMAL(10,2)"), False),
        ("integer", None, Column("x", "decimal(10, 0)", "NUMERIC(10,0)"), True),
        ("integer", None, Column("x", "interval('s')", "INTERVAL"), False),
        ("number", "decimal(10,2)", Column("x", "decimal(10, 2)", "numeric(10, 2)"), True),
        ("number", "decimal(12,2)", Column("x", "decimal(10, 2)", "numeric(10,2)"), False),
        ("number", "numeric", Column("x", "decimal(10, 2)", "DECIMAL(10,2)"), True),
        ("date", None, Column("x", "timestamp", "TIMESTAMP"), False),
        ("time", None, Column("x", "timestamp", "TIMESTAMP"), False),
        ("time", None, Column("x", "time", "TIME"), True),
        ("timestamp", "timestamp", Column("x", "timestamp(6)", "timestamp(6) without time zone"), True),
        ("timestamp", "timestamptz", Column("x", "timestamp('UTC', 6)", "timestamp(6) with time zone"), True),
        ("timestamp", "timestamp", Column("x", "timestamp('UTC', 6)", "timestamp(6) with time zone"), False),
        ("boolean", "BOOL", Column("x", "boolean", "boolean"), True),
        ("array", None, Column("x", "array<int64>", "BIGINT[]"), True),
        ("object", None, Column("x", "struct<a: int64>", "STRUCT(a BIGINT)"), True),
        (None, None, Column("x", "unknown", "geometry"), True),
        ("vector", None, Column("x", "unknown", "vector"), True),
    ],
)
def test_a_column_type_fits_what_the_contract_means(logical, physical, column, fits):
    result = one(check(ColumnExpected("x", logical, physical)), facts({ROWS: 9}, columns=(column,)))
    assert result.status is (Status.PASS if fits else Status.FAIL)


def test_a_changed_type_is_told_with_both_types():
    result = one(
        check(ColumnExpected("seats", "integer", "BIGINT")),
        facts({ROWS: 9}, columns=(Column("seats", "string", "VARCHAR"),)),
    )
    reason = "column 'seats' is VARCHAR, expected integer (BIGINT)"
    assert said(result) == ("fail", "VARCHAR", "integer (BIGINT)", reason)


def test_a_physical_type_alone_stands_without_parentheses():
    result = one(check(ColumnExpected("seats", None, "TEXT")), facts({ROWS: 9}))
    assert result.expected == "TEXT"


# -- two datasets ------------------------------------------------------------------------------------------------------

DISTINCT = "the number of different values of price is 102 here and 100 in lake.invoices: they differ by 2"
OURS, THEIRS = Metric("own_aggregate", check="c"), Metric("other_aggregate", check="c")


def reconciled(function: str = "count", column: str | None = None, tolerance: float = 0, *, percent: bool = False):
    sides = [Aggregate(name, "s", TableName(None, "t"), function, column) for name in ("s.t", "lake.invoices")]
    return check(ReconcileExpected(*sides, tolerance, percent))


@pytest.mark.parametrize(
    ("made", "ours", "theirs", "told"),
    [
        (
            reconciled(), 100, 98,
            ("fail", "the number of rows is 100 here and 98 in lake.invoices: they differ by 2", "no difference",
             "the number of rows is 100 here and 98 in lake.invoices: they differ by 2, expected no difference"),
        ),
        (
            reconciled("sum", "price", 2), 100, 98,
            ("pass", "the sum of price is 100 here and 98 in lake.invoices: they differ by 2", "at most 2", None),
        ),
        (
            reconciled("distinct", "price", 1, percent=True), 102, 100,
            ("fail", f"{DISTINCT} (2 %)", "at most 1 %", f"{DISTINCT} (2 %), expected at most 1 %"),
        ),
        (
            reconciled(tolerance=1, percent=True), 0, 0,
            ("pass", "the number of rows is 0 here and 0 in lake.invoices: they differ by 0", "at most 1 %", None),
        ),
        (reconciled("sum", "price"), NAN, 98, ("no_data", "no data", None, "this side has nothing to compare")),
        (reconciled("sum", "price"), 98, NAN, ("no_data", "no data", None, "the other side has nothing to compare")),
    ],
)  # fmt: skip
def test_two_datasets_are_compared_with_a_tolerance(made, ours, theirs, told):
    assert said(one(made, facts({ROWS: 9, OURS: ours, THEIRS: theirs}))) == told


def test_an_absolute_share_of_nothing_is_never_within_a_tolerance():
    result = one(reconciled(tolerance=50, percent=True), facts({ROWS: 9, OURS: 1, THEIRS: 0}))
    assert result.status is Status.FAIL


def test_a_side_that_could_not_be_asked_is_an_error():
    problem = Problem((OURS, THEIRS), "unreachable", "source 'lake' did not answer")
    assert one(reconciled(), facts({ROWS: 9}, problems=(problem,))).reason == "source 'lake' did not answer"
    assert one(reconciled(), facts({ROWS: 9})).status is Status.ERROR
