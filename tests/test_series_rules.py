"""Rules about the series of days: the change between two of them, and an arrival by a time of day."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from checks.contracts.custom_series import _OF_COLUMNS
from checks.history import History
from checks.judge_series import newest_due
from checks.metrics import CATALOGUE
from checks.records import (
    ArrivalExpected,
    ChangeExpected,
    Check,
    Dataset,
    Dimension,
    EventTime,
    Grain,
    Grid,
    Measured,
    Metric,
    Operator,
    Problem,
    Status,
    Threshold,
)
from checks.run import Slot, run
from connectors import Column, TableName
from tests.judging import NAN, ROWS, SATURDAY, check, facts, one, said
from tests.measuring import check as named
from tests.nasty import AT
from tests.ruling import errors, found, read, vitals
from tests.warehouses import Warehouse

on = pytest.mark.parametrize
NOON = AT.replace(tzinfo=None)
PER_DAY, NULLS = Metric("bucket_rows"), Metric("null_count", "carrier")
HALF_TO_DOUBLE = Threshold(Operator.BETWEEN, (-50.0, 100.0))
ROWS_CHANGE = check(ChangeExpected("row_count", HALF_TO_DOUBLE))


def table(*per_day: int, today: int = 1) -> pa.Table:
    """So many rows on each of the days up to yesterday, and some today."""
    days = [NOON - timedelta(days=back) for back in range(len(per_day), 0, -1)]
    moments = [day for day, rows in zip(days, per_day, strict=True) for _ in range(rows)] + [NOON] * today
    return pa.table({"n": list(range(len(moments))), "at": pa.array(moments, pa.timestamp("us"))})


# -- changes -----------------------------------------------------------------------------------------------------------


@on(
    ("per_day", "status", "value"),
    [
        ((4, 4, 4), "pass", 0),
        ((4, 4, 8), "pass", 100),
        ((9, 4, 2), "pass", -50),
        ((4, 4, 1), "fail", -75),
        ((4, 4, 9), "fail", 125),
        ((4, 4, 0), "fail", -100),
        ((4, 0, 0), "pass", 0),
    ],
)
def test_the_newest_closed_day_is_compared_with_the_one_before(warehouse: Warehouse, per_day, status, value):
    rule = named("rule", ChangeExpected("row_count", HALF_TO_DOUBLE))
    [result] = found(warehouse, table(*per_day), rule, event_time="at")
    assert (str(result.status), result.value, result.bucket) == (status, value, SATURDAY)


@on(
    ("days", "told"),
    [
        ({PER_DAY: [8, 10, 1]}, ("pass", "+25 %, from 8 to 10", "between -50 % and +100 %", None)),
        (
            {PER_DAY: [1000, 100, 1]},
            (
                "fail",
                "-90 %, from 1,000 to 100",
                "between -50 % and +100 %",
                "row_count changed by -90 %, from 1,000 to 100 on 2026-03-14, expected between -50 % and +100 %",
            ),
        ),
        (
            {PER_DAY: [0, 7, 1]},
            (
                "fail",
                "more than any percentage, from 0 to 7",
                "between -50 % and +100 %",
                (
                    "row_count changed by more than any percentage, from 0 to 7 on 2026-03-14, expected between -50 % "
                    "and +100 %"
                ),
            ),
        ),
    ],
)
def test_a_change_is_told_naturally(days, told):
    result = one(ROWS_CHANGE, facts({ROWS: 9}, days))
    assert (said(result), result.bucket) == (told, SATURDAY)


def test_a_change_from_nothing_has_no_number():
    assert one(ROWS_CHANGE, facts({ROWS: 9}, {PER_DAY: [0, 7, 1]})).value is None


def test_a_change_of_a_column():
    rule = check(ChangeExpected("null_count", Threshold(Operator.LESS, (10.0,)), "carrier"))
    result = one(rule, facts({ROWS: 9}, {NULLS: [10, 20, 0], PER_DAY: [50, 50, 1]}))
    assert (result.status, result.value, result.column) == (Status.FAIL, 100, "carrier")
    assert "null_count of carrier changed by +100 %" in (result.reason or "")


@on(
    ("known", "status", "says"),
    [
        (facts({ROWS: 9}, {PER_DAY: [5, 5, 5]}, event_time=None), "error", "has no event time"),
        (facts({ROWS: 9}, {NULLS: [1, 1, 1]}), "learning", "no closed day is known"),
        (facts({ROWS: 0}, {PER_DAY: [5, 5, 5]}), "no_data", "the table has no rows"),
        (facts({ROWS: 9}, {PER_DAY: [5, NAN, 5]}), "no_data", "was not there"),
        (facts({ROWS: 9}, problems=(Problem((ROWS,), "query_failed", "no such luck"),)), "error", "no such luck"),
    ],
)
def test_a_change_that_is_not_known_is_none(known, status: str, says: str):
    result = one(ROWS_CHANGE, known)
    assert (str(result.status), says in (result.reason or "")) == (status, True)


# -- arrivals ----------------------------------------------------------------------------------------------------------

BY_SIX = ArrivalExpected(0.9, 3, time(6))


@on(
    ("per_day", "status"),
    [((10, 10, 10, 9), "pass"), ((10, 10, 10, 8), "fail"), ((0, 15, 15, 9), "pass"), ((10, 10, 10, 0), "fail")],
)
def test_the_day_before_has_arrived_or_not(warehouse: Warehouse, per_day, status: str):
    [result] = found(warehouse, table(99, *per_day), named("rule", BY_SIX), event_time="at")
    assert (str(result.status), result.bucket) == (status, SATURDAY)


def test_an_arrival_is_told_naturally(warehouse: Warehouse):
    [result] = found(warehouse, table(10, 10, 10, 8), named("rule", BY_SIX), event_time="at")
    assert said(result) == (
        "fail",
        "8 rows, 80 % of the usual 10",
        "at least 90 % by 06:00 UTC of the next day",
        "8 rows, 80 % of the usual 10, expected at least 90 % by 06:00 UTC of the next day",
    )


@on(
    ("now", "by", "zone", "due"),
    [
        ("2026-03-15T06:00Z", time(6), "UTC", 14),
        ("2026-03-15T05:59Z", time(6), "UTC", 13),
        ("2026-03-15T05:00Z", time(6), "Europe/Oslo", 14),
        ("2026-03-15T04:59Z", time(6), "Europe/Oslo", 13),
        ("2026-03-29T04:00Z", time(6), "Europe/Oslo", 28),  # the clocks went forward that night
        ("2026-03-14T16:00Z", time(0, 30), "Asia/Tokyo", 13),  # the 15th there, while the 14th of the data goes on
    ],
)
def test_which_day_is_due(now: str, by: time, zone: str, due: int):
    expects = ArrivalExpected(0.9, 3, by, zone)
    assert newest_due(expects, datetime.fromisoformat(now), EventTime("at", "contract")).day == due


@on(
    ("known", "status", "says"),
    [
        (facts({ROWS: 9}, event_time=None), "error", "has no event time"),
        (facts({ROWS: 9}, {PER_DAY: [5, 5, 5]}), "learning", "1 of the 3 days before 2026-03-14 are known"),
        (facts({ROWS: 0}, {PER_DAY: [5, 5, 5]}), "no_data", "the table has no rows"),
        (facts({ROWS: 9}, {PER_DAY: [5, 5, 5]}, grain=Grain.HOUR), "error", "is measured by the hour"),
        (facts({ROWS: 9}, problems=(Problem((ROWS,), "query_failed", "no such luck"),)), "error", "no such luck"),
    ],
)
def test_an_arrival_that_is_not_known_is_none(known, status: str, says: str):
    result = one(check(BY_SIX), known)
    assert (str(result.status), says in (result.reason or "")) == (status, True)


def test_a_run_of_the_newest_days_remembers_the_days_before(tmp_path: Path):
    """The first run reads five days, the second only two: the usual is of the first."""
    checks = (
        Check("came", "s.t", Dimension.COVERAGE, BY_SIX),
        Check("moved", "s.t", Dimension.COVERAGE, ChangeExpected("row_count", HALF_TO_DOUBLE)),
    )
    dataset = Dataset("s", TableName(None, "t"), checks=checks)
    days = [NOON.replace(hour=0) - timedelta(days=back) for back in (4, 3, 2, 1, 0)]

    def answer(first: int, *rows: float) -> Measured:
        grid = Grid((Metric("bucket_rows", grain=Grain.DAY),), tuple(days[first:]), np.array([rows]))
        levels = Grid((Metric("row_count"), Metric("ahead_rows")), (None,), np.array([[99.0], [0.0]]))
        columns, read_from = (Column("at", "timestamp", "TIMESTAMP"),), days[first] if first else None
        event_time = EventTime("at", "contract")
        return Measured(columns, event_time, None, (grid, levels), (), (), read_from, not first, 0.1, AT)

    with History.open(tmp_path / "history.duckdb", AT) as history:
        run(dataset, Slot(AT, AT), history, lambda _: answer(0, 10, 10, 10, 10, 1), 1)
        later = AT + timedelta(hours=1)
        report = run(dataset, Slot(later, later), history, lambda _: answer(3, 3, 1), 1)
    told = {result.check: (str(result.status), result.value) for result in report.results}
    assert told["came"] == ("fail", 30)
    assert told["moved"] == ("fail", -70)


# -- in a contract -----------------------------------------------------------------------------------------------------


def test_what_the_rules_become(tmp_path: Path):
    came = {"share": 0.95, "of": 14, "by": "06:00", "timezone": "Europe/Oslo"}
    quality = [
        vitals({"change": {"metric": "row_count", "against": "previous bucket"}, "mustBeBetween": [-50, 100]}),
        vitals({"arrival": came}),
    ]
    nulls = vitals({"change": {"metric": "null_rate"}, "mustBeBetween": [-50, 100]}, unit="percent")
    checks, findings = read(tmp_path, quality, n=[nulls])
    assert not errors(findings)
    assert checks["change"].expects == ChangeExpected("row_count", HALF_TO_DOUBLE)
    assert checks["arrival"].expects == ArrivalExpected(0.95, 14, time(6), "Europe/Oslo")
    assert checks["n.change"].expects == ChangeExpected("null_rate", HALF_TO_DOUBLE, "n")
    assert (checks["change"].dimension, checks["n.change"].dimension) == (Dimension.COVERAGE, Dimension.COMPLETENESS)


@on(
    ("implementation", "place", "says"),
    [
        ({"change": {"metric": "rows"}, "mustBe": 0}, ".change.metric", '"rows" is not one of row_count'),
        ({"change": {"metric": "mean"}, "mustBe": 0}, ".change", "needs column"),
        ({"change": {"metric": "row_count", "column": "n"}, "mustBe": 0}, ".change", "is about the table"),
        (
            {"change": {"metric": "row_count", "against": "last year"}, "mustBe": 0},
            ".change.against",
            "is not previous",
        ),
        ({"change": {"metric": "row_count"}}, "", "needs exactly one operator"),
        ({"arrival": {"of": 3, "by": "06:00"}}, ".arrival.share", "null is not a number from 0 to 1"),
        ({"arrival": {"share": 0.9, "by": "06:00"}}, ".arrival.of", "null is not a number of closed buckets"),
        ({"arrival": {"share": 0.9, "of": 400, "by": "06:00"}}, ".arrival.of", "400 is not a number of closed buckets"),
        ({"arrival": {"share": 0.9, "of": 3, "by": "6 am"}}, ".arrival.by", '"6 am" is not a time of day'),
        ({"arrival": {"share": 0.9, "of": 3, "by": "06:00", "timezone": "Oslo"}}, ".arrival.timezone", '"Oslo" is not'),
        ({"arrival": {"share": 0.9, "of": 3, "by": "06:00", "until": 1}}, ".arrival.until", '"until" is not a field'),
        ({"arrival": {"share": 0.9, "of": 3, "by": "06:00"}, "mustBe": 1}, ".mustBe", '"mustBe" is not a field'),
    ],
)
def test_a_mistake_is_an_error_at_its_place(tmp_path: Path, implementation: dict[str, Any], place: str, says: str):
    checks, findings = read(tmp_path, [vitals(implementation)])
    [told] = errors(findings)
    assert not checks
    assert told.startswith(f"schema[0].quality[0].implementation{place}: ") and says in told


def test_an_arrival_is_no_matter_of_hours(tmp_path: Path):
    rule = vitals({"arrival": {"share": 0.9, "of": 3, "by": "06:00"}})
    checks, findings = read(tmp_path, [rule], extras={"grain": "hour"})
    assert not checks and "vitals.grain of the table is hour" in errors(findings)[0]


def test_the_metrics_that_may_change_are_measured():
    assert set(_OF_COLUMNS) <= CATALOGUE.keys()
