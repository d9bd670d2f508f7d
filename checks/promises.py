"""What a check of a contract promises, in words that stand beside what was measured: what it is about, and what is
asked of it. 'values not one of A, B' are to be 'none'; the 'age of the newest row' is to be 'at most 12 h'."""

from __future__ import annotations

from checks import judge_service_levels, phrases, wording
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


def asked(check: Check) -> str | None:
    """What is asked of it, as far as that can be said before anything is measured."""
    expects = check.expects
    match expects:
        case ColumnExpected(logical_type=logical, physical_type=physical):
            return " ".join(word for word in (logical, f"({physical})" if logical and physical else physical) if word)
        case _ if isinstance(expects, FreshnessExpected | ServiceLevel):
            return judge_service_levels.expected(expects)
    threshold = getattr(expects, "threshold", None)
    if threshold is None:
        return None
    if phrases.allows_only_zero(threshold):
        return "none"
    return phrases.expectation(threshold, phrases.percent if getattr(expects, "percent", False) else phrases.number)
