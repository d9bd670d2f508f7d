"""A contract beside the facts: what each check promises in words, and the tables that the Dataset page shows."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any, get_args

import pytest

from checks.deadlines import Deadline
from checks.predicates import OneOf
from checks.promises import about, asked
from checks.records import (
    Aggregate,
    AggregateExpected,
    ArrivalExpected,
    Certainty,
    ChangeExpected,
    Check,
    ColumnExpected,
    Dataset,
    DatasetHealth,
    Dimension,
    DistributionExpected,
    Expectation,
    FreshnessExpected,
    Health,
    NumberExpected,
    Operator,
    ReconcileExpected,
    ReferenceExpected,
    Result,
    RowsExpected,
    SequenceExpected,
    SequenceKind,
    Severity,
    SqlExpected,
    Status,
    Threshold,
    UniqueExpected,
    ValuesExpected,
)
from checks.service_levels import (
    AvailabilityExpected,
    DeadlineExpected,
    ErrorRateExpected,
    FrequencyExpected,
    LifecycleExpected,
    RetentionExpected,
    ServiceLevel,
    ThroughputExpected,
)
from connectors import Column, TableName
from dashboard import promise_frames

NONE, FEW = Threshold(Operator.BE, (0.0,)), Threshold(Operator.LESS, (5.0,))
ORDERS = TableName("main", "orders")
SIDE = Aggregate("shop.orders", "shop", ORDERS, "count")
DAY = timedelta(days=1)

#: an expectation, what it is about, and what is asked
SAID: list[tuple[Any, str, str | None]] = [
    (ColumnExpected("id", "integer", "BIGINT"), "type", "integer (BIGINT)"),
    (NumberExpected("null_count", NONE, "id"), "rows without a value", "none"),
    (NumberExpected("null_count", FEW, "id", percent=True), "rows without a value", "less than 5 %"),
    (NumberExpected("row_count", FEW, per_bucket=True), "rows by day or hour", "less than 5"),
    (NumberExpected("mean", NONE, "id"), "mean of the finite values", "exactly 0"),
    (NumberExpected("null_rate", Threshold(Operator.LESS, (0.05,)), "id"), "rows without a value", "less than 5 %"),
    (ValuesExpected("id", "missing", NONE, missing=("",)), "rows without a value", "none"),
    (ValuesExpected("id", "invalid", NONE, meets=(OneOf(("A", "B")),)), "values not one of A, B", "none"),
    (RowsExpected("a <  b", (), NONE), "rows for which a < b is false", "none"),
    (UniqueExpected(("id",), NONE), "rows that repeat another's key", "none"),
    (ReferenceExpected(("id",), "shop.users", ORDERS, ("id",), NONE), "rows whose key is not in shop.users", "none"),
    (ReconcileExpected(SIDE, SIDE), "difference from another table", "no difference"),
    (FreshnessExpected(2 * DAY), "age of the newest row", "at most 2 d"),
    (ColumnExpected("at", has_zone=True), "type", "a type with time zone"),
    (SqlExpected("SELECT 1", NONE, truth=True), "what its query answers", "false"),
    (SqlExpected("SELECT 1", FEW), "what its query answers", "less than 5"),
    (AggregateExpected("sum", "id", FEW), "sum", "less than 5"),
    (DistributionExpected("id", (("A", 0.5),), 0.1), "shares of the values", "50 % A, each within 10 %"),
    (SequenceExpected("id", SequenceKind.GAP_FREE, NONE), "breaks of a sequence that is gap-free", "none"),
    (ChangeExpected("row_count", FEW), "change of rows", "less than +5 %"),
    (ArrivalExpected(0.9, 14, time(6)), "rows that are there by a time of day",
     "at least 90 % by 06:00 UTC of the next day"),
    (FrequencyExpected(DAY), "how often something new comes", "something new every 1 d"),
    (RetentionExpected(DAY), "age of the oldest row", "at most 1 d"),
    (DeadlineExpected(Deadline(time(6), "UTC")), "when the data of the day before are there",
     "the data of the day before by 06:00 (UTC)"),
    (LifecycleExpected("endOfLife", datetime(2027, 1, 1, tzinfo=UTC)), "how long the table is served",
     "in service until 2027-01-01 00:00 UTC"),
    (AvailabilityExpected(99.0), "runs that reached the warehouse", "at least 99 %"),
    (ErrorRateExpected(1.0), "runs that found a rule broken", "at most 1 %"),
    (ThroughputExpected(10.0, DAY), "rows that come", "at least 10 rows per day"),
]  # fmt: skip


def check(expects: Any, id_: str = "a") -> Check:
    return Check(id_, "shop.main.orders", Dimension.CONFORMITY, expects)


@pytest.mark.parametrize(("expects", "what", "wanted"), SAID, ids=lambda each: type(each).__name__)
def test_a_promise_in_words(expects, what, wanted):
    assert (about(check(expects)), asked(check(expects))) == (what, wanted)


def test_every_kind_of_expectation_has_words():
    kinds = {kind for each in (Expectation, ServiceLevel) for kind in get_args(each) if isinstance(kind, type)}
    assert {type(expects) for expects, _, _ in SAID} == kinds


# -- the tables of the page --------------------------------------------------------------------------------------------


def result(id_: str, status: Status, day: int | None = None) -> Result:
    bucket = datetime(2026, 3, day) if day else None  # noqa: DTZ001 a bucket
    return Result(id_, Dimension.CONFORMITY, status, Severity.ERROR, observed=f"{id_} seen", bucket=bucket)


def state(*results: Result) -> DatasetHealth:
    health = (Health.FAILING, Health.FAILING, Certainty.CERTAIN)
    return DatasetHealth("shop.main.orders", *health, (), None, None, results)


def dataset(*checks: Check) -> Dataset:
    return Dataset("shop", ORDERS, "orders", "orders.yaml", checks=checks)


THREE = dataset(
    check(ColumnExpected("id", "integer"), "id.column"),
    check(NumberExpected("null_count", NONE, "id"), "id.required"),
    check(UniqueExpected(("id",), NONE), "primaryKey"),
)


def test_what_is_broken_comes_first_and_the_rest_in_the_order_of_the_contract():
    kept = [result("id.column", Status.PASS), result("id.required", Status.PASS)]
    frame = promise_frames.promises(THREE, state(*kept, result("primaryKey", Status.FAIL)))
    assert list(frame["Line"]) == ["primaryKey", "id.column", "id.required"]
    assert frame.iloc[0].to_dict() == {
        "Status": "✕ fails",
        "Of": "id",
        "What": "rows that repeat another's key",
        "Promised": "none",
        "Measured": "primaryKey seen",
        "Line": "primaryKey",
    }


def test_a_promise_that_was_never_measured_is_not_kept():
    frame = promise_frames.promises(THREE, state(result("id.column", Status.PASS)))
    assert dict(zip(frame["Line"], frame["Status"], strict=True))["primaryKey"] == "– not measured yet"
    assert promise_frames.headline(THREE, state(result("id.column", Status.PASS))) == (
        "Of 3 promises 2 are not certain, 1 is kept."
    )


def test_of_many_days_the_worst_is_shown_with_its_date():
    one = dataset(check(NumberExpected("row_count", FEW, per_bucket=True), "daily"))
    days = [result("daily", Status.PASS, 14), result("daily", Status.FAIL, 12), result("daily", Status.FAIL, 13)]
    [row] = promise_frames.promises(one, state(*days)).to_dict("records")
    assert (row["Status"], row["Measured"]) == ("✕ fails", "daily seen (Fri 13 Mar 2026)")
    [row] = promise_frames.promises(one, state(*days), hourly=True).to_dict("records")
    assert row["Measured"] == "daily seen (13 Mar 2026 00:00)"


@pytest.mark.parametrize(
    ("statuses", "sentence"),
    [
        ((Status.PASS, Status.PASS, Status.PASS), "All 3 promises are kept."),
        ((Status.PASS, Status.FAIL, Status.WARN), "Of 3 promises 2 are broken, 1 is kept."),
        ((Status.PASS, Status.ERROR, Status.UNREACHABLE), "Of 3 promises 2 are not certain, 1 is kept."),
        ((Status.NO_DATA, Status.SKIPPED, Status.PASS), "Of 3 promises 1 is broken, 1 is not certain, 1 is kept."),
    ],
)
def test_the_first_line_counts(statuses, sentence):
    ids = [each.id for each in THREE.checks]
    assert promise_frames.headline(THREE, state(*map(result, ids, statuses))) == sentence


def test_columns_that_the_contract_does_not_name_are_told():
    columns = [Column("id", "int64", "BIGINT"), Column("more", "string", "VARCHAR")]
    assert promise_frames.unnamed(THREE, columns) == ["more"]
    assert promise_frames.unnamed(dataset(THREE.checks[1]), columns) == []  # it lists no columns at all
