"""What judging is made of: does a number meet a threshold, and the result that says so."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from checks.records import Check, Operator, Result, Severity, Status, Threshold


def holds(threshold: Threshold, value: float) -> bool:
    """Whether a number meets a threshold; between is inclusive at both ends."""
    first, last = threshold.values[0], threshold.values[-1]
    match threshold.operator:
        case Operator.BE:
            return value == first
        case Operator.NOT_BE:
            return value != first
        case Operator.GREATER:
            return value > first
        case Operator.GREATER_OR_EQUAL:
            return value >= first
        case Operator.LESS:
            return value < first
        case Operator.LESS_OR_EQUAL:
            return value <= first
        case Operator.BETWEEN:
            return first <= value <= last
        case Operator.NOT_BETWEEN:
            return not first <= value <= last


def broken(check: Check) -> Status:
    """The status of a check whose expectation does not hold."""
    return Status.FAIL if check.severity is Severity.ERROR else Status.WARN


def judged(check: Check, ok: bool, observed: str, expected: str, about: str | None = None, **evidence: Any) -> Result:
    """Pass, or what is wrong: `about` is the clause that says so before 'expected ...', else what was observed."""
    reason = None if ok else f"{about or observed}, expected {expected}"
    status = Status.PASS if ok else broken(check)
    return result(check, status, observed=observed, expected=expected, reason=reason, **evidence)


def nothing_there(check: Check, why: str, bucket: datetime | None = None) -> Result:
    """The result where there is nothing that could be judged."""
    status = Status.PASS if check.empty_is_fine else Status.NO_DATA
    return result(check, status, observed="no data", reason=None if check.empty_is_fine else why, bucket=bucket)


def result(check: Check, status: Status, **evidence: Any) -> Result:
    """A result of the check, with what `Result` has for evidence."""
    return Result(check.id, check.dimension, status, check.severity, column=check.column, **evidence)
