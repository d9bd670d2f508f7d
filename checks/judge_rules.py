"""Judging the rules that a contract brings a query or a computation of its own for."""

from __future__ import annotations

import math
from datetime import datetime

from checks import phrases
from checks.facts import Facts
from checks.records import Check, Metric, Operator, Result, SqlExpected, Status
from checks.verdicts import broken, holds, result


def sql(check: Check, expects: SqlExpected, facts: Facts) -> Result:
    """An SQL rule. The answer is judged as it is: of an empty table too a query may say that nothing is wrong."""
    metric = Metric("sql_value", check.column, check=check.id)
    problem, level = facts.problem(metric), facts.level(metric)
    if problem is not None or level is None or math.isnan(level.value):
        return result(check, Status.ERROR, reason=problem.message if problem else "the query of the rule was not asked")
    if expects.truth and level.value not in (0, 1):
        reason = f"the query answers {phrases.number(level.value)}, not true or false; give the rule a threshold"
        return result(check, Status.ERROR, reason=reason)
    observed, expected = _written(expects, level.value), _expected(expects)
    ok = holds(expects.threshold, level.value)
    return _told(check, ok, level.value, level.measured_at, (observed, expected, f"the query answers {observed}"))


def _told(check: Check, ok: bool, value: float, at: datetime, words: tuple[str, str, str]) -> Result:
    """`words` are what was observed, what is expected, and a clause that says what is wrong."""
    observed, expected, about = words
    return result(
        check,
        Status.PASS if ok else broken(check),
        observed=observed,
        expected=expected,
        value=value,
        measured_at=at,
        reason=None if ok else f"{about}, expected {expected}",
    )


def _written(expects: SqlExpected, value: float) -> str:
    if expects.truth:
        return "true" if value else "false"
    if expects.unit in ("percent", "%"):
        return phrases.percent(value, apart_from=expects.threshold.values)
    return phrases.number(value) + (f" {expects.unit}" if expects.unit else "")


def _expected(expects: SqlExpected) -> str:
    if not expects.truth:
        return phrases.expectation(expects.threshold, lambda value: _written(expects, value))
    wanted = expects.threshold.values[0] == (1 if expects.threshold.operator is Operator.BE else 0)
    return "true" if wanted else "false"
