"""Operator, unit, severity, dimension and scope of a rule."""

from __future__ import annotations

import math
from typing import Any

from checks.contracts.document import Node, Notes, custom_properties, shown
from checks.contracts.leniency import DIMENSIONS
from checks.records import Dimension, Operator, Severity, Threshold
from checks.values import cron

_BETWEEN = (Operator.BETWEEN, Operator.NOT_BETWEEN)
_SEVERITIES = {
    **dict.fromkeys(("error", "critical", "high", "major", "blocker", "fatal", "severe"), Severity.ERROR),
    **dict.fromkeys(("warning", "warn", "medium", "minor", "moderate"), Severity.WARNING),
    **dict.fromkeys(("info", "low", "informational", "information", "notice", "trivial"), Severity.INFO),
}

NONE_ALLOWED = Threshold(Operator.BE, (0.0,))


def threshold(node: Node, notes: Notes) -> Threshold | None:
    """The one operator of a rule with its numbers; None, and an error noted, where it can not be used."""
    given = [operator for operator in Operator if operator in node.value]
    if len(given) != 1:
        wrong = f"needs exactly one operator and has {len(given)} ({', '.join(given or Operator)})"
        notes.error(node.place, f"{wrong}; the check is not made")
        return None
    operator, value = given[0], node.value[given[0]]
    numbers = value if operator in _BETWEEN and isinstance(value, list) else [value]
    if not all(map(_is_finite, numbers)) or len(numbers) != (2 if operator in _BETWEEN else 1):
        asked = "two numbers" if operator in _BETWEEN else "a number"
        notes.error(node.at(operator), f"{shown(value)} is not {asked}; the check is not made")
        return None
    if numbers != sorted(numbers):
        notes.error(node.at(operator), f"{shown(value)} has its lower end last; the check is not made")
        return None
    return Threshold(operator, tuple(map(float, numbers)))


def _is_finite(value: Any) -> bool:
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # a whole number with hundreds of digits
        return False


def percent(rule: Node, limit: Threshold, notes: Notes) -> bool | None:
    """Whether the number is a share; None, and an error noted, for a unit that is neither rows nor percent."""
    unit = rule.text("unit")
    word = (unit or "rows").lower()
    if word not in ("rows", "row", "percent", "%"):
        notes.error(rule.at("unit"), f"{shown(unit)} is not rows or percent; the check is not made")
        return None
    is_percent = word in ("percent", "%")
    if min(limit.values) < 0 or (is_percent and max(limit.values) > 100):
        possible = "a share is between 0 and 100" if is_percent else "a count is never below 0"
        notes.warning(rule.at(limit.operator), f"{possible}, so the result never depends on the data")
    return is_percent


def severity(rule: Node, notes: Notes) -> Severity:
    """Errors unless said otherwise; an unknown word counts as error."""
    word = rule.text("severity")
    if word is None:
        return Severity.ERROR
    if word.lower() not in _SEVERITIES:
        allowed = "error, warning or info"
        notes.warning(
            rule.at("severity"), f"{shown(word)} is no severity that Vitals knows; counts as error (write {allowed})"
        )
    return severity_named(word)


def severity_named(word: Any) -> Severity:
    """The severity that a word means; without one, and for an unknown word, an error."""
    return _SEVERITIES.get(word.lower(), Severity.ERROR) if isinstance(word, str) else Severity.ERROR


def schedule(rule: Node, notes: Notes) -> str | None:
    """The rule's own cron line, None where it has none or (which is noted) where it can not be kept to."""
    line, scheduler = rule.text("schedule"), rule.text("scheduler")
    otherwise = "the rule is checked whenever its dataset is measured"
    if line is None:
        if scheduler:
            notes.warning(rule.at("scheduler"), f"has no schedule beside it, so {otherwise}")
        return None
    foreign = scheduler is not None and scheduler.lower() != "cron"
    try:
        found = cron(line)
    except ValueError as error:
        tell = notes.warning if foreign else notes.error
        tell(rule.at("schedule"), f"{shown(line)} {error}; {otherwise}")
        return None
    if foreign:
        told = f"{shown(scheduler)} is not asked; Vitals itself runs the rule on this schedule, as a cron line in UTC"
        notes.warning(rule.at("scheduler"), told)
    return found


def dimension(rule: Node, default: Dimension) -> Dimension:
    return DIMENSIONS.get((rule.text("dimension") or "").lower(), default)


def per_bucket(rule: Node, notes: Notes, *, can: bool = True) -> bool:
    """Whether the rule is about every closed bucket by itself (customProperties: vitals.scope: bucket)."""
    scope = custom_properties(rule).get("vitals.scope")
    if scope is None:
        return False
    word = scope.value.get("value")
    if word not in ("bucket", "table"):
        notes.error(scope.at("value"), f"{shown(word)} is not bucket or table; the whole table is judged")
    elif word == "bucket" and not can:
        notes.warning(scope.at("value"), "not executed yet: this kind of rule is judged over the whole table only")
    return word == "bucket" and can
