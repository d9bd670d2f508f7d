"""What a check of a contract promises, in words that stand beside what was measured: what it is about, and what is
asked of it. 'values not one of A, B' are to be 'none'; the 'age of the newest row' is to be 'at most 12 h'."""

from __future__ import annotations

from checks import judge_rules, judge_series, judge_service_levels, phrases, wording
from checks.judge import metric_of
from checks.metrics import CATALOGUE
from checks.records import (
    AggregateExpected,
    ArrivalExpected,
    ChangeExpected,
    Check,
    ColumnExpected,
    DistributionExpected,
    FreshnessExpected,
    NumberExpected,
    ReconcileExpected,
    ReferenceExpected,
    SequenceExpected,
    SqlExpected,
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

_OF_NUMBERS = {
    "row_count": "rows",
    "null_count": "rows without a value",
    "null_rate": "rows without a value",
    "distinct_count": "different values",
    "future_rows": "rows from the future",
    "freshness": "age of the newest row",
}
_OF_LEVELS: dict[type, str] = {
    FreshnessExpected: "age of the newest row",
    RetentionExpected: "age of the oldest row",
    DeadlineExpected: "when the data of the day before are there",
    FrequencyExpected: "how often something new comes",
    ThroughputExpected: "rows that come",
    AvailabilityExpected: "runs that reached the warehouse",
    ErrorRateExpected: "runs that found a rule broken",
    LifecycleExpected: "how long the table is served",
}
_OF_RULES: dict[type, str] = {
    UniqueExpected: "rows that repeat another's key",
    DistributionExpected: "shares of the values",
    ArrivalExpected: "rows that are there by a time of day",
    ReconcileExpected: "difference from another table",
}


def about(check: Check) -> str:
    """What is measured for the check: 'type', 'rows without a value', 'values not one of A, B'."""
    expects = check.expects
    said = _OF_LEVELS.get(type(expects)) or _OF_RULES.get(type(expects))
    if said:
        return said
    match expects:
        case ColumnExpected():
            return "type"
        case NumberExpected(metric=metric, per_bucket=per_bucket):
            return _OF_NUMBERS.get(metric, CATALOGUE[metric].meaning) + (" by day or hour" if per_bucket else "")
        case ValuesExpected(kind="missing"):
            return "rows without a value"
        case ReferenceExpected(to_dataset=other):
            return f"rows whose key is not in {other}"
        case ChangeExpected(metric=metric):
            return f"change of {_OF_NUMBERS.get(metric, metric)}"
        case SequenceExpected(kind=kind):
            return f"breaks of a sequence that is {kind}"
        case AggregateExpected(function=function):
            return function
        case SqlExpected():
            return "what its query answers"
    return f"{'values' if isinstance(expects, ValuesExpected) else 'rows'}{wording.fault(check)}"


def asked(check: Check) -> str:
    """What is asked of it, in the words of the judge, as far as that can be said before anything is measured."""
    match expects := check.expects:
        case ColumnExpected():
            return wording.typed(expects)
        case FreshnessExpected():
            return judge_service_levels.expected(expects)
        case SqlExpected():
            return judge_rules.asked_of_query(expects)
        case ReconcileExpected():
            return wording.tolerated(expects)
        case ArrivalExpected():
            return wording.by_then(expects)
        case DistributionExpected(shares=shares, tolerance=tolerance):
            told = ", ".join(f"{phrases.percent(100 * share)} {value}" for value, share in shares)
            return f"{told}, each within {phrases.percent(100 * tolerance)}"
        case ChangeExpected():
            return judge_series.asked_of_change(expects)
        case SequenceExpected():
            return phrases.count_expectation(expects.threshold)
        case _ if isinstance(expects, ServiceLevel):
            return judge_service_levels.expected(expects)
    number = wording.Number(metric_of(check), 0.0, percent=getattr(expects, "percent", False))
    return wording.expected(number, expects.threshold)
