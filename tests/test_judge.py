"""What a check says about a measured number, to the letter."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from checks.judge import holds, judge, without_measurement
from checks.records import (
    ColumnExpected,
    EventTime,
    Grain,
    Metric,
    NumberExpected,
    Operator,
    Problem,
    ReferenceExpected,
    Severity,
    Status,
    Threshold,
    UniqueExpected,
    ValuesExpected,
)
from connectors import TableName
from tests.judging import AT, FRESHNESS, FRIDAY, NAN, NONE, ROWS, SATURDAY, YESTERDAY, check, facts, number, one, said

# -- thresholds --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operator", "values", "held", "broken"),
    [
        (Operator.BE, (5,), [5], [4.999, 5.001, -5]),
        (Operator.NOT_BE, (5,), [4, 6], [5]),
        (Operator.GREATER, (5,), [5.001], [5, 4]),
        (Operator.GREATER_OR_EQUAL, (5,), [5, 6], [4.999]),
        (Operator.LESS, (5,), [4.999], [5, 6]),
        (Operator.LESS_OR_EQUAL, (5,), [5, 4], [5.001]),
        (Operator.BETWEEN, (2, 5), [2, 3, 5], [1.999, 5.001]),
        (Operator.NOT_BETWEEN, (2, 5), [1.999, 5.001], [2, 3, 5]),
    ],
)
def test_each_operator_holds_exactly_where_the_standard_says(operator, values, held, broken):
    threshold = Threshold(operator, values)
    assert [holds(threshold, value) for value in (*held, *broken)] == [True] * len(held) + [False] * len(broken)


@pytest.mark.parametrize(
    ("operator", "values", "words"),
    [
        (Operator.BE, (700,), "exactly 700"),
        (Operator.NOT_BE, (700,), "not 700"),
        (Operator.GREATER, (700,), "more than 700"),
        (Operator.GREATER_OR_EQUAL, (1_000,), "at least 1,000"),
        (Operator.LESS, (2,), "less than 2"),
        (Operator.LESS_OR_EQUAL, (2,), "at most 2"),
        (Operator.BETWEEN, (1, 2), "between 1 and 2"),
        (Operator.NOT_BETWEEN, (2, 9), "not between 2 and 9"),
        (Operator.BE, (0,), "none"),
        (Operator.LESS_OR_EQUAL, (0,), "none"),
    ],
)
def test_each_operator_is_told_in_words(operator, values, words):
    result = one(number("row_count", operator, *values), facts({ROWS: 5}))
    assert result.expected == words


# -- numbers of the whole table ----------------------------------------------------------------------------------------

NULLS = Metric("null_count", "carrier")
TOLD = [
    ("row_count", None, {ROWS: 1}, (2,), "1 row", "at least 2", "1 row, expected at least 2"),
    (
        "null_count", "carrier", {ROWS: 674, NULLS: 3}, (5,),
        "3 of 674 rows", "at least 5", "3 of 674 rows without carrier, expected at least 5",
    ),
    (
        "null_rate", "carrier", {ROWS: 674, Metric("null_rate", "carrier"): 0.25}, (0.5,),
        "25 % of 674 rows", "at least 50 %", "25 % of 674 rows without carrier, expected at least 50 %",
    ),
    (
        "empty_count", "carrier", {ROWS: 9, Metric("empty_count", "carrier"): 1}, (5,),
        "1 of 9 rows", "at least 5", "1 of 9 rows with an empty carrier, expected at least 5",
    ),
    (
        "non_finite_count", "price", {ROWS: 9, Metric("non_finite_count", "price"): 1}, (5,),
        "1 of 9 rows", "at least 5", "1 of 9 rows where price is NaN or infinite, expected at least 5",
    ),
    (
        "distinct_count", "carrier", {ROWS: 674, Metric("distinct_count", "carrier"): 11}, (12,),
        "11 different values", "at least 12", "11 different values of carrier, expected at least 12",
    ),
    (
        "future_rows", None, {ROWS: 9, Metric("future_rows"): 1}, (5,),
        "1 of 9 rows", "at least 5", "1 of 9 rows from the future, expected at least 5",
    ),
    (
        "min", "price", {ROWS: 9, Metric("min", "price"): -3.5}, (0,),
        "-3.5", "at least 0", "the smallest price is -3.5, expected at least 0",
    ),
    (
        "max", "seats", {ROWS: 9, Metric("max", "seats"): 3}, (10_000,),
        "3", "at least 10,000", "the largest seats is 3, expected at least 10,000",
    ),
    (
        "min", "ordered_on", {ROWS: 9, Metric("min", "ordered_on"): 0}, (86_400,),
        "1970-01-01", "at least 1970-01-02", "the earliest ordered_on is 1970-01-01, expected at least 1970-01-02",
    ),
    (
        "max", "ordered_at", {ROWS: 9, Metric("max", "ordered_at"): -3600}, (0,),
        "1969-12-31 23:00 UTC", "at least 1970-01-01 00:00 UTC",
        "the latest ordered_at is 1969-12-31 23:00 UTC, expected at least 1970-01-01 00:00 UTC",
    ),
    (
        "mean", "price", {ROWS: 9, Metric("mean", "price"): 0.01234}, (1,),
        "0.01234", "at least 1", "the mean of price is 0.01234, expected at least 1",
    ),
    (
        "stddev", "price", {ROWS: 9, Metric("stddev", "price"): 1234.56}, (2000,),
        "1,234.6", "at least 2,000", "the standard deviation of price is 1,234.6, expected at least 2,000",
    ),
    (
        "min_length", "carrier", {ROWS: 9, Metric("min_length", "carrier"): 1}, (2,),
        "1 character", "at least 2", "the shortest carrier has 1 character, expected at least 2",
    ),
    (
        "max_length", "carrier", {ROWS: 9, Metric("max_length", "carrier"): 20}, (30,),
        "20 characters", "at least 30", "the longest carrier has 20 characters, expected at least 30",
    ),
    (
        "true_rate", "active", {ROWS: 9, Metric("true_rate", "active"): 0.125}, (0.5,),
        "12.5 %", "at least 50 %", "12.5 % of the values of active are true, expected at least 50 %",
    ),
    (
        "freshness", None, {ROWS: 9, FRESHNESS: 7800}, (86_400,),
        "2 h 10 min", "at least 1 d", "the newest row is 2 h 10 min old, expected at least 1 d",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("metric", "column", "levels", "least", "observed", "expected", "reason"), TOLD)
def test_a_number_that_breaks_its_threshold_is_told_naturally(
    metric, column, levels, least, observed, expected, reason
):
    result = one(number(metric, Operator.GREATER_OR_EQUAL, *least, column=column), facts(levels))
    assert said(result) == ("fail", observed, expected, reason)


def test_every_metric_of_the_catalogue_that_a_rule_may_name_has_its_words():
    from checks.contracts.custom import METRICS

    assert {metric for metric, *_ in TOLD} | {"bucket_rows"} == set(METRICS)


def test_a_number_that_holds_passes_with_evidence_and_without_a_reason():
    result = one(number("null_count", Operator.BE, 0, column="carrier"), facts({ROWS: 674, NULLS: 0}))
    assert said(result) == ("pass", "0 of 674 rows", "none", None)
    assert (result.value, result.measured_at, result.column) == (0.0, AT, "carrier")


def test_percent_judges_the_share_of_all_rows_and_tells_its_denominator():
    broken = number("null_count", Operator.LESS, 33, column="carrier", percent=True)
    result = one(broken, facts({ROWS: 674, NULLS: 269}))
    assert said(result) == (
        "fail",
        "269 of 674 rows (39.9 %)",
        "less than 33 %",
        "269 of 674 rows (39.9 %) without carrier, expected less than 33 %",
    )
    assert result.value == pytest.approx(39.91, abs=0.01)


@pytest.mark.parametrize(
    ("nulls", "words"),
    [(1, "1 of 100,000 rows (0.001 %)"), (33_001, "33,001 of 100,000 rows (33.001 %)"), (99_999, "99.999 %")],
)
def test_a_share_is_not_rounded_onto_nothing_everything_or_its_limit(nulls, words):
    made = number("null_count", Operator.LESS, 33, column="carrier", percent=True)
    assert words in (one(made, facts({ROWS: 100_000, NULLS: nulls})).observed or "")


def test_invalid_values_are_counted_among_the_present_ones():
    made = check(ValuesExpected("carrier", "invalid", Threshold(Operator.LESS, (1,)), valid=("UA",), percent=True))
    levels = {ROWS: 674, NULLS: 269, Metric("invalid_count", "carrier", check="c"): 81}
    observed = "81 of 405 values (20 %) not UA"
    reason = f"carrier: {observed}, expected less than 1 %"
    assert said(one(made, facts(levels))) == ("fail", observed, "less than 1 %", reason)


@pytest.mark.parametrize("percent", [False, True])
def test_a_column_of_nothing_but_nulls_has_no_invalid_value(percent):
    made = check(ValuesExpected("carrier", "invalid", NONE, valid=("UA",), percent=percent))
    levels = {ROWS: 9, NULLS: 9, Metric("invalid_count", "carrier", check="c"): 0}
    assert one(made, facts(levels)).status is Status.PASS


def test_missing_values_are_counted_among_all_rows():
    made = check(ValuesExpected("carrier", "missing", NONE, missing=("n/a",)))
    levels = {ROWS: 9, Metric("missing_count", "carrier", check="c"): 2}
    reason = "2 of 9 rows with a missing carrier, expected none"
    assert said(one(made, facts(levels))) == ("fail", "2 of 9 rows", "none", reason)


@pytest.mark.parametrize(
    ("columns", "words"), [(("seats",), "seats"), (("carrier", "seats"), "combination of carrier and seats")]
)
def test_repeated_keys_are_told_with_their_columns(columns, words):
    levels = {ROWS: 9, Metric("duplicate_count", ", ".join(columns)): 2}
    result = one(check(UniqueExpected(columns, NONE)), facts(levels))
    assert result.reason == f"2 of 9 rows repeat the {words} of another row, expected none"


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (("carrier",), "a carrier"),
        (("active",), "an active"),
        (("carrier", "seats"), "a combination of carrier and seats"),
    ],
)
def test_orphans_are_told_with_the_table_they_are_missing_in(columns, words):
    made = check(ReferenceExpected(columns, "demo.airlines", TableName(None, "airlines"), columns, NONE))
    levels = {ROWS: 334_613, Metric("orphan_count", ", ".join(columns), check="c"): 5_160}
    result = one(made, facts(levels))
    reason = f"5,160 of 334,613 rows have {words} that is not in demo.airlines, expected none"
    assert said(result) == ("fail", "5,160 of 334,613 rows", "none", reason)


@pytest.mark.parametrize(
    ("severity", "status"),
    [(Severity.ERROR, Status.FAIL), (Severity.WARNING, Status.WARN), (Severity.INFO, Status.WARN)],
)
def test_only_severity_error_fails(severity, status):
    made = check(NumberExpected("row_count", Threshold(Operator.GREATER, (9,))), severity)
    result = one(made, facts({ROWS: 5}))
    assert (result.status, result.severity) == (status, severity)


# -- nothing there -----------------------------------------------------------------------------------------------------

ON_A_COLUMN = [
    number("null_count", Operator.BE, 0, column="carrier"),
    number("null_count", Operator.LESS, 5, column="carrier", percent=True),
    number("min", Operator.GREATER, 0, column="price"),
    number("max", Operator.LESS, 0, column="price"),
    number("distinct_count", Operator.GREATER, 0, column="carrier"),
    number("bucket_rows", Operator.GREATER, 0, per_bucket=True),
    check(ValuesExpected("carrier", "missing", NONE)),
    check(ValuesExpected("carrier", "invalid", NONE, valid=("UA",))),
    check(UniqueExpected(("carrier",), NONE)),
    check(ReferenceExpected(("carrier",), "s.a", TableName(None, "a"), ("c",), NONE)),
]


@pytest.mark.parametrize("made", ON_A_COLUMN, ids=lambda made: type(made.expects).__name__)
def test_an_empty_table_is_no_data_for_every_kind_of_check(made):
    assert said(one(made, facts({ROWS: 0}))) == ("no_data", "no data", None, "the table has no rows")


@pytest.mark.parametrize("made", ON_A_COLUMN, ids=lambda made: type(made.expects).__name__)
def test_an_empty_table_passes_where_the_contract_says_that_empty_is_fine(made):
    assert one(replace(made, empty_is_fine=True), facts({ROWS: 0})).status is Status.PASS


def test_the_row_count_of_an_empty_table_is_a_number_like_any_other():
    result = one(number("row_count", Operator.GREATER, 0), facts({ROWS: 0}))
    assert said(result) == ("fail", "0 rows", "more than 0", "0 rows, expected more than 0")


@pytest.mark.parametrize("metric", ["min", "max", "mean", "stddev"])
@pytest.mark.parametrize("operator", [Operator.GREATER, Operator.LESS])
def test_statistics_of_a_column_of_nothing_but_nulls_are_no_data_whatever_is_asked(metric, operator):
    result = one(number(metric, operator, 0, column="price"), facts({ROWS: 9, Metric(metric, "price"): NAN}))
    assert said(result) == ("no_data", "no data", None, "price has no values")


def test_a_column_that_has_lost_its_values_is_not_judged_by_what_it_held_yesterday():
    lowest = Metric("min", "price")
    result = one(
        number("min", Operator.GREATER, 0, column="price"),
        facts({ROWS: 9, lowest: NAN}, known={lowest: (YESTERDAY, 5.0)}),
    )
    assert result.status is Status.NO_DATA


# -- not measured ------------------------------------------------------------------------------------------------------


def test_a_slow_measurement_is_carried_with_the_moment_at_which_it_was_measured():
    repeated = Metric("duplicate_count", "seats")
    result = one(check(UniqueExpected(("seats",), NONE)), facts({ROWS: 9}, known={repeated: (YESTERDAY, 0.0)}))
    assert (result.status, result.measured_at) == (Status.PASS, YESTERDAY)


def test_a_number_that_was_never_measured_is_an_error_and_never_zero():
    result = one(number("null_count", Operator.BE, 0, column="carrier"), facts({ROWS: 9}))
    assert (result.status, result.value) == (Status.ERROR, None)
    assert "null_count of carrier is not measured here" in (result.reason or "")


def test_a_share_without_a_known_number_of_rows_is_an_error():
    result = one(number("null_count", Operator.LESS, 5, column="carrier", percent=True), facts({NULLS: 0}))
    assert said(result)[0::3] == ("error", "how many rows there are is not known, so no share can be taken")


@pytest.mark.parametrize("per_bucket", [False, True])
def test_a_broken_query_is_an_error_with_the_warehouses_own_words_whatever_was_known(per_bucket):
    problem = Problem((NULLS,), "query_failed", "source 's': could not execute a query: overflow")
    made = number("null_count", Operator.BE, 0, column="carrier", per_bucket=per_bucket)
    result = one(made, facts({ROWS: 9}, known={NULLS: (YESTERDAY, 0.0)}, problems=(problem,)))
    assert (result.status, result.reason) == (Status.ERROR, problem.message)


def test_a_check_on_a_column_that_is_gone_is_an_error_and_its_schema_check_fails():
    gone = one(number("null_count", Operator.BE, 0, column="carriers"), facts({ROWS: 9}))
    assert said(gone)[0::3] == ("error", "column 'carriers' is not in the table, so nothing was measured")
    both = one(check(UniqueExpected(("carriers", "x"), NONE)), facts({ROWS: 9}))
    assert both.reason == "columns 'carriers', 'x' are not in the table, so nothing was measured"
    schema = one(check(ColumnExpected("carriers")), facts({ROWS: 9}))
    assert said(schema) == (
        "fail",
        "no such column",
        "the column exists",
        "column 'carriers' is not in the table, which has carrier",
    )


@pytest.mark.parametrize("status", [Status.UNREACHABLE, Status.ERROR, Status.NO_DATA])
def test_without_a_measurement_every_check_tells_the_same(status):
    made = (number("row_count", Operator.GREATER, 0), check(ColumnExpected("carrier")))
    results = list(without_measurement(made, status, "the warehouse is down"))
    assert [(result.status, result.reason, result.value) for result in results] == [
        (status, "the warehouse is down", None)
    ] * 2


# -- buckets -----------------------------------------------------------------------------------------------------------

FLOW = Metric("bucket_rows")


def test_each_closed_bucket_is_judged_by_itself_and_the_one_still_filling_is_not():
    made = number("bucket_rows", Operator.GREATER_OR_EQUAL, 400, per_bucket=True)
    results = judge(made, facts({ROWS: 1_100}, {FLOW: [800, 312, 5]}))
    assert [(result.bucket, result.status) for result in results] == [(FRIDAY, Status.PASS), (SATURDAY, Status.FAIL)]
    assert said(results[1])[1:] == ("312 rows", "at least 400", "312 rows on 2026-03-14, expected at least 400")


def test_a_bucket_without_rows_is_no_data_for_its_columns_and_zero_for_the_volume():
    known = facts({ROWS: 805}, {FLOW: [800, 0, 5], NULLS: [0, 0, 0]})
    nulls = judge(number("null_count", Operator.BE, 0, column="carrier", per_bucket=True), known)
    assert said(nulls[1])[0::3] == ("no_data", "no rows on 2026-03-14")
    volume = judge(number("bucket_rows", Operator.GREATER, 0, per_bucket=True), known)
    assert said(volume[1]) == ("fail", "0 rows", "more than 0", "0 rows on 2026-03-14, expected more than 0")


def test_a_bucket_whose_column_has_only_nulls_says_so():
    known = facts({ROWS: 805}, {FLOW: [800, 9, 5], Metric("min", "price"): [1, NAN, 2]})
    results = judge(number("min", Operator.GREATER, 0, column="price", per_bucket=True), known)
    assert said(results[1])[0::3] == ("no_data", "price has no values on 2026-03-14")


def test_the_share_of_a_bucket_is_of_its_own_rows():
    known = facts({ROWS: 9_999}, {FLOW: [1_000, 674, 5], NULLS: [100, 269, 5]})
    results = judge(number("null_count", Operator.LESS, 33, column="carrier", per_bucket=True, percent=True), known)
    assert [result.status for result in results] == [Status.PASS, Status.FAIL]
    assert results[1].reason == ("269 of 674 rows (39.9 %) without carrier on 2026-03-14, expected less than 33 %")


def test_different_values_of_a_bucket_are_told_with_the_day():
    known = facts({ROWS: 1_348}, {FLOW: [674, 674, 5], Metric("distinct_count", "carrier"): [12, 11, 1]})
    made = number("distinct_count", Operator.GREATER_OR_EQUAL, 12, column="carrier", per_bucket=True)
    assert judge(made, known)[1].reason == "11 different values of carrier on 2026-03-14, expected at least 12"


def test_an_hour_is_told_with_its_hour_at_midnight_too():
    known = facts({ROWS: 9}, {FLOW: [1, 2, 3]}, grain=Grain.HOUR)
    results = judge(number("bucket_rows", Operator.GREATER, 2, per_bucket=True), known)
    assert results[0].reason == "1 row in the hour from 2026-03-13 00:00, expected more than 2"


def test_before_the_first_bucket_is_complete_nothing_is_due():
    only_today = facts({ROWS: 5}, {FLOW: [1, 2, 3]}, source_now=datetime(2026, 3, 13, 12, tzinfo=UTC))
    result = one(number("bucket_rows", Operator.GREATER, 9, per_bucket=True), only_today)
    assert said(result) == ("skipped", None, None, "no day has been complete yet")


def test_buckets_can_not_be_judged_without_an_event_time():
    result = one(number("bucket_rows", Operator.GREATER, 9, per_bucket=True), facts({ROWS: 5}, event_time=None))
    assert result.status is Status.ERROR
    assert "declare vitals.eventTime" in (result.reason or "")


def test_a_metric_that_has_no_buckets_is_an_error():
    known = facts({ROWS: 5}, {FLOW: [1, 2, 3]})
    result = one(number("future_rows", Operator.BE, 0, per_bucket=True), known)
    assert (result.status, (result.reason or "").endswith(", by day")) == (Status.ERROR, True)


def test_days_of_a_zone_close_at_its_own_midnight():
    in_tokyo = EventTime("ordered_at", "contract", zone="Asia/Tokyo")
    late_saturday_utc = datetime(2026, 3, 14, 16, tzinfo=UTC)  # already Sunday in Tokyo
    known = facts({ROWS: 9}, {FLOW: [1, 2, 3]}, event_time=in_tokyo, source_now=late_saturday_utc)
    results = judge(number("bucket_rows", Operator.GREATER, 0, per_bucket=True), known)
    assert [result.bucket for result in results] == [FRIDAY, SATURDAY]
