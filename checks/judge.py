"""Judging: expectations and facts in, results out. Pure; knows thresholds and no warehouse.

measured and the expectation holds           pass
measured and it does not                     fail, or warn where the severity is below error
nothing there that could be judged           no_data (pass where the contract says that empty is fine)
no bucket has been complete yet              skipped
the number could not be measured             error
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator
from datetime import datetime

from checks import judge_rules, judge_service_levels, phrases, within, wording
from checks.column_types import fits_logical, fits_physical
from checks.facts import Facts
from checks.records import (
    AggregateExpected,
    ArrivalExpected,
    ChangeExpected,
    Check,
    ColumnExpected,
    DistributionExpected,
    FreshnessExpected,
    Grain,
    Metric,
    NumberExpected,
    ReconcileExpected,
    ReferenceExpected,
    Result,
    RowsExpected,
    SequenceExpected,
    SqlExpected,
    Status,
    Threshold,
    UniqueExpected,
    ValuesExpected,
)
from checks.rule_metrics import aggregate_metric
from checks.service_levels import ServiceLevel
from checks.verdicts import broken as _broken
from checks.verdicts import holds
from checks.verdicts import judged as _told
from checks.verdicts import nothing_there as _nothing_there
from checks.verdicts import result as _result
from checks.wording import Number

#: statistics that do not exist for a column of nothing but NULLs, which is no fault of the check
_MAY_BE_ABSENT = ("min", "max", "mean", "stddev", "min_length", "max_length", "true_rate", "sum")


def judge(check: Check, facts: Facts) -> list[Result]:
    """The results of one check: one, or one per closed bucket where the check judges buckets by themselves."""
    missing = _missing_columns(check, facts)
    if missing and not isinstance(check.expects, ColumnExpected):
        names = ", ".join(f"'{name}'" for name in missing)
        are = "columns {} are" if len(missing) > 1 else "column {} is"
        return [_result(check, Status.ERROR, reason=f"{are.format(names)} not in the table, so nothing was measured")]
    if isinstance(check.expects, FreshnessExpected | ServiceLevel):
        return [judge_service_levels.judged(check, check.expects, facts)]
    match check.expects:
        case ColumnExpected():
            return [_judge_column(check, check.expects, facts)]
        case ReconcileExpected():
            return [_judge_reconciliation(check, check.expects, facts)]
        case SqlExpected() | DistributionExpected() | SequenceExpected() | ChangeExpected() | ArrivalExpected():
            return judge_rules.judge_rule(check, facts)
        case (
            NumberExpected(per_bucket=True)
            | ValuesExpected(per_bucket=True)
            | RowsExpected(per_bucket=True)
            | AggregateExpected(per_bucket=True)
        ):
            return _judge_buckets(check, facts)
        case _:
            return [_judge_level(check, facts)]


def metric_of(check: Check) -> Metric:
    """The metric that the check reads, as a whole-table metric."""
    match check.expects:
        case NumberExpected(metric=name, column=column):
            return Metric("bucket_rows" if name == "row_count" and check.expects.per_bucket else name, column)
        case ValuesExpected(kind=kind, column=column):
            return Metric(f"{kind}_count", column, check=check.id)
        case RowsExpected():
            return Metric("violation_count", check.column, check=check.id)
        case UniqueExpected(columns=columns):
            return Metric("duplicate_count", ", ".join(columns))
        case ReferenceExpected():
            return Metric("orphan_count", check.column, check=check.id)
        case ReconcileExpected():
            return Metric("own_aggregate", check=check.id)
        case AggregateExpected():
            return aggregate_metric(check, check.expects)
    raise TypeError(f"check '{check.id}' reads no metric")


def without_measurement(checks: tuple[Check, ...], status: Status, reason: str) -> Iterator[Result]:
    """Every check with the same outcome: the warehouse did not answer, or the table is gone."""
    for check in checks:
        yield _result(check, status, reason=reason)


# -- whole-table numbers -----------------------------------------------------------------------------------------------


def _judge_level(check: Check, facts: Facts) -> Result:
    metric = metric_of(check)
    problem = facts.problem(metric)
    if problem is not None:
        return _result(check, Status.ERROR, reason=problem.message)
    if facts.is_empty and metric.name != "row_count":
        return _nothing_there(check, "the table has no rows")
    level = facts.level(metric)
    if level is None and metric.name not in _MAY_BE_ABSENT:
        return _result(check, Status.ERROR, reason=wording.unmeasured(metric))
    if level is None or math.isnan(level.value):
        return _nothing_there(check, f"{metric.column or metric.name} has no values")
    return _judged(check, _number(check, metric, level.value, facts, facts.whole(metric)), level.measured_at)


def _number(check: Check, metric: Metric, value: float, facts: Facts, of: float | None) -> Number:
    column = facts.columns.get(metric.column or "")
    percent, path = getattr(check.expects, "percent", False), getattr(check.expects, "path", ())
    return Number(metric, value, of, percent, column.type if column else None, bool(path))


def _judged(
    check: Check, number: Number, measured_at: datetime, bucket: datetime | None = None, grain: Grain = Grain.DAY
) -> Result:
    if number.percent and number.of is None:
        reason = "how many rows there are is not known, so no share can be taken"
        return _result(check, Status.ERROR, reason=reason, bucket=bucket)
    threshold: Threshold = getattr(check.expects, "threshold")  # noqa: B009 all expectations about a number have one
    ok = holds(threshold, number.judged)
    observed = wording.observed(number, threshold) + wording.fault(check)
    expected = wording.expected(number, threshold)
    where = wording.when(bucket, hourly=grain is Grain.HOUR)
    about = wording.about(number, check, observed) + where
    return _told(check, ok, observed, expected, about, value=number.judged, bucket=bucket, measured_at=measured_at)


# -- buckets -----------------------------------------------------------------------------------------------------------


def _judge_buckets(check: Check, facts: Facts) -> list[Result]:
    metric, event_time = metric_of(check), facts.measured.event_time
    if event_time is None:
        reason = (
            "judges each day by itself, but the dataset has no event time; declare vitals.eventTime in the contract"
        )
        return [_result(check, Status.ERROR, reason=reason)]
    problem = facts.problem(metric)
    if problem is not None:
        return [_result(check, Status.ERROR, reason=problem.message)]
    if facts.is_empty:
        return [_nothing_there(check, "the table has no rows")]
    values = facts.closed_buckets(metric)
    if not values and facts.buckets(metric):
        return [_result(check, Status.SKIPPED, reason=f"no {event_time.grain} has been complete yet")]
    if not values:
        return [_result(check, Status.ERROR, reason=f"{wording.unmeasured(metric)}, by {event_time.grain}")]
    return [_judge_bucket(check, metric, bucket, values[bucket], facts) for bucket in sorted(values)]


def _judge_bucket(check: Check, metric: Metric, bucket: datetime, value: float, facts: Facts) -> Result:
    grain = facts.measured.event_time.grain if facts.measured.event_time else Grain.DAY
    where = wording.when(bucket, hourly=grain is Grain.HOUR)
    rows = facts.buckets(Metric("bucket_rows")).get(bucket)
    if rows == 0 and metric.name != "bucket_rows":
        return _nothing_there(check, f"no rows{where}", bucket)
    if math.isnan(value):
        return _nothing_there(check, f"{metric.column or metric.name} has no values{where}", bucket)
    number = _number(check, metric, value, facts, facts.whole_of_bucket(metric, bucket))
    return _judged(check, number, facts.at, bucket, grain)


# -- the kinds that are not one number against a threshold -------------------------------------------------------------


def _judge_column(check: Check, expects: ColumnExpected, facts: Facts) -> Result:
    expected = wording.typed(expects)
    column = facts.columns.get(expects.column)
    if column is None:
        near = difflib.get_close_matches(expects.column, facts.columns, 3, 0.5) or sorted(facts.columns)
        reason = f"column '{expects.column}' is not in the table, which has {phrases.listed(near)}"
        return _result(check, _broken(check), observed="no such column", expected=expected, reason=reason)
    for typed in within.typed_in_json((check,), facts.measured.columns):
        return _judge_level(typed, facts)
    try:
        column = within.inner(column, expects.path)
    except within.NotThere as error:
        return _result(check, _broken(check), observed="no such property", expected=expected, reason=str(error))
    if expects.path and column.type == "json":
        reason = f"{column.name} is in JSON, where only values have types; give it a logicalType to compare them with"
        return _result(check, Status.SKIPPED, expected=expected, reason=reason)
    observed = column.native or column.type
    about = f"column '{column.name}' is {observed}"
    if expects.has_zone is not None:
        fits = column.type.startswith("timestamp('") is expects.has_zone
        return _told(check, fits, observed, expected, about, measured_at=facts.at)
    has_native = column.native or not expects.path  # those of a map's keys and values are not told
    fits = fits_physical(expects.physical_type if has_native else None, column)
    fits = fits and fits_logical(expects.logical_type, column)
    return _told(check, fits, observed, expected, about, measured_at=facts.at)


def _judge_reconciliation(check: Check, expects: ReconcileExpected, facts: Facts) -> Result:
    own, other = Metric("own_aggregate", check=check.id), Metric("other_aggregate", check=check.id)
    problem = facts.problem(own) or facts.problem(other)
    if problem is not None:
        return _result(check, Status.ERROR, reason=problem.message)
    ours, theirs = facts.level(own), facts.level(other)
    if ours is None or theirs is None:
        return _result(check, Status.ERROR, reason="the two sides were not measured")
    if math.isnan(ours.value) or math.isnan(theirs.value):
        return _nothing_there(check, f"{'this' if math.isnan(ours.value) else 'the other'} side has nothing to compare")
    difference = ours.value - theirs.value
    share = 100 * abs(difference) / abs(theirs.value) if theirs.value else math.inf if difference else 0.0
    ok = (share if expects.percent else abs(difference)) <= expects.tolerance
    observed = f"{wording.sides(expects, ours.value, theirs.value)}: they differ by {phrases.number(abs(difference))}"
    if expects.percent and theirs.value:
        observed += f" ({phrases.percent(share, apart_from=(expects.tolerance,))})"
    measured_at = min(ours.measured_at, theirs.measured_at)
    return _told(check, ok, observed, wording.tolerated(expects), value=difference, measured_at=measured_at)


# -- small parts -------------------------------------------------------------------------------------------------------


def _missing_columns(check: Check, facts: Facts) -> list[str]:
    wanted = getattr(check.expects, "columns", None) or [getattr(check.expects, "column", None)]
    return [name for name in wanted if name is not None and name not in facts.columns]
