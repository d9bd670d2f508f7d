"""Judging the rules that a contract brings a query or a computation of its own for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from checks import judge_series, phrases, wording
from checks.facts import Facts
from checks.records import (
    ArrivalExpected,
    ChangeExpected,
    Check,
    DistributionExpected,
    Grain,
    Metric,
    Operator,
    Result,
    SequenceExpected,
    SequenceKind,
    SqlExpected,
    Status,
)
from checks.rule_metrics import category_metrics, sequence_metric
from checks.verdicts import holds, judged, nothing_there, result

#: one, many, and what they do
_BREAKS = {
    SequenceKind.INCREASING: ("row", "rows", "in which {column} is below that of the row before"),
    SequenceKind.STRICT: ("row", "rows", "in which {column} is not above that of the row before"),
    SequenceKind.GAP_FREE: ("number", "numbers", "missing from {column}"),
}
#: shares are quotients of doubles
_ROUNDING = 1e-9


def judge_rule(check: Check, facts: Facts) -> list[Result]:
    """The results of a check of one of these kinds."""
    match check.expects:
        case SqlExpected():
            return [sql(check, check.expects, facts)]
        case SequenceExpected():
            return [sequence(check, check.expects, facts)]
        case DistributionExpected():
            return distribution(check, check.expects, facts)
        case ChangeExpected():
            return [judge_series.change(check, check.expects, facts)]
        case ArrivalExpected():
            return [judge_series.arrival(check, check.expects, facts)]
    raise TypeError(f"check '{check.id}' is judged elsewhere")


def sql(check: Check, expects: SqlExpected, facts: Facts) -> Result:
    """An SQL rule. The answer is judged as it is: of an empty table too a query may say that nothing is wrong."""
    metric = Metric("sql_value", check.column, check=check.id)
    problem, level = facts.problem(metric), facts.level(metric)
    if problem is not None or level is None or math.isnan(level.value):
        return result(check, Status.ERROR, reason=problem.message if problem else "the query of the rule was not asked")
    if expects.truth and level.value not in (0, 1):
        reason = f"the query answers {phrases.number(level.value)}, not true or false; give the rule a threshold"
        return result(check, Status.ERROR, reason=reason)
    observed, expected = _written(expects, level.value), asked_of_query(expects)
    ok, about = holds(expects.threshold, level.value), f"the query answers {observed}"
    return judged(check, ok, observed, expected, about, value=level.value, measured_at=level.measured_at)


def sequence(check: Check, expects: SequenceExpected, facts: Facts) -> Result:
    """How many rows or numbers break a sequence."""
    metric = sequence_metric(check, expects)
    problem, level = facts.problem(metric), facts.level(metric)
    if problem is not None:
        return result(check, Status.ERROR, reason=problem.message)
    if facts.is_empty:
        return nothing_there(check, "the table has no rows")
    if level is None:
        return result(check, Status.ERROR, reason=wording.unmeasured(metric))
    if math.isnan(level.value):
        return nothing_there(check, f"{expects.column} has no values")
    one, many, about = _BREAKS[expects.kind]
    observed = f"{phrases.number(level.value)} {one if level.value == 1 else many}"
    expected = phrases.count_expectation(expects.threshold)
    ok, clause = holds(expects.threshold, level.value), f"{observed} {about.format(column=expects.column)}"
    return judged(check, ok, observed, expected, clause, value=level.value, measured_at=level.measured_at)


def distribution(check: Check, expects: DistributionExpected, facts: Facts) -> list[Result]:
    """The share that is furthest from its expected one, of the table or of each closed bucket."""
    metrics = category_metrics(check, expects)
    problem = next((problem for problem in map(facts.problem, metrics) if problem is not None), None)
    if problem is not None:
        return [result(check, Status.ERROR, reason=problem.message)]
    if facts.is_empty:
        return [nothing_there(check, "the table has no rows")]
    if expects.per_bucket:
        return _distribution_by_bucket(check, expects, facts)
    levels, present = [facts.level(metric) for metric in metrics], facts.whole(Metric("invalid_count", expects.column))
    known = [level for level in levels if level is not None]
    if present is None or len(known) < len(metrics):
        return [result(check, Status.ERROR, reason=wording.unmeasured(metrics[0]))]
    counts = [level.value for level in known]
    return [_distribution(check, expects, _Counted(counts, present, min(level.measured_at for level in known)))]


@dataclass(frozen=True, slots=True)
class _Counted:
    """How many of the `present` values are each of the named ones, in the table or in a bucket."""

    counts: Sequence[float]
    present: float
    at: datetime
    bucket: datetime | None = None
    where: str = ""


def _distribution_by_bucket(check: Check, expects: DistributionExpected, facts: Facts) -> list[Result]:
    event_time, metrics = facts.measured.event_time, category_metrics(check, expects)
    if event_time is None:
        reason = (
            "judges each day by itself, but the dataset has no event time; declare vitals.eventTime in the contract"
        )
        return [result(check, Status.ERROR, reason=reason)]
    lines = [facts.closed_buckets(metric) for metric in metrics]
    if not lines[0]:
        return [result(check, Status.SKIPPED, reason=f"no {event_time.grain} has been complete yet")]
    found = []
    for bucket in sorted(lines[0]):
        present = facts.whole_of_bucket(Metric("invalid_count", expects.column), bucket) or 0.0
        where = wording.when(bucket, hourly=event_time.grain is Grain.HOUR)
        counts = [line.get(bucket, 0.0) for line in lines]
        found.append(_distribution(check, expects, _Counted(counts, present, facts.at, bucket, where)))
    return found


def _distribution(check: Check, expects: DistributionExpected, counted: _Counted) -> Result:
    if not counted.present:
        return nothing_there(check, f"{expects.column} has no values{counted.where}", counted.bucket)
    wanted = [share for _, share in expects.shares]
    found = [count / counted.present for count in counted.counts]
    names = [f"are {value}" for value, _ in expects.shares] + ["are others"]
    rows = list(zip(names, [*wanted, max(0.0, 1 - sum(wanted))], [*found, max(0.0, 1 - sum(found))], strict=True))
    name, share, is_share = max(rows, key=lambda row: round(abs(row[1] - row[2]), 9))
    low, high = max(0.0, share - expects.tolerance), min(1.0, share + expects.tolerance)
    observed = f"{phrases.percent(100 * is_share, (100 * low, 100 * high))} of the values {name}"
    expected = _between(low, high)
    ok = abs(share - is_share) <= expects.tolerance + _ROUNDING
    about = f"{observed}{counted.where}".replace("the values", f"the values of {expects.column}")
    evidence = {"value": is_share - share, "measured_at": counted.at, "bucket": counted.bucket}
    return judged(check, ok, observed, expected, about, **evidence)


def _between(low: float, high: float) -> str:
    if high - low < _ROUNDING:
        return f"exactly {phrases.percent(100 * round(low, 12))}"
    return f"between {phrases.percent(100 * round(low, 12))} and {phrases.percent(100 * round(high, 12))}"


def _written(expects: SqlExpected, value: float) -> str:
    if expects.truth:
        return "true" if value else "false"
    if expects.unit in ("percent", "%"):
        return phrases.percent(value, apart_from=expects.threshold.values)
    return phrases.number(value) + (f" {expects.unit}" if expects.unit else "")


def asked_of_query(expects: SqlExpected) -> str:
    """What the query of an SQL rule has to answer: 'true', 'at most 5 %'."""
    if not expects.truth:
        return phrases.expectation(expects.threshold, lambda value: _written(expects, value))
    wanted = expects.threshold.values[0] == (1 if expects.threshold.operator is Operator.BE else 0)
    return "true" if wanted else "false"
