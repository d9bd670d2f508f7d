"""Quality rules to checks: the standard's library, and custom rules for Vitals itself.

A rule that can not be made into a check is always noted; nothing is skipped silently.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from checks import regex
from checks.contracts import thresholds
from checks.contracts.custom import custom_rule
from checks.contracts.document import Node, shown
from checks.contracts.leniency import is_vitals
from checks.contracts.row_rules import named_format
from checks.contracts.sql import sql_rule
from checks.contracts.subject import Subject, column_of
from checks.records import Dimension, Expectation, NumberExpected, UniqueExpected, ValuesExpected


@dataclass(frozen=True, slots=True)
class Made:
    """What a rule expects, in the dimension it belongs to unless it names one. `name` goes into the check's id."""

    name: str
    dimension: Dimension
    expects: Expectation


def rule(subject: Subject, node: Node, column: str | None) -> Made | None:
    """One quality rule, of a property (`column`) or of the table (None)."""
    if subject.document.is_broken(node):
        return None
    kind = node.text("type") or "library"
    if is_vitals(node):
        made = custom_rule(subject, node, column)
        return Made(*made) if made else None
    if kind == "sql":
        made = sql_rule(subject, node, column)
        return Made(*made) if made else None
    if kind == "library":
        return _library(subject, node, column)
    if kind == "text":
        subject.notes.info(node.place, "a rule in words (type: text) is for people; nothing is checked")
    else:
        engine = shown(node.text("engine"))
        subject.notes.warning(node.at("engine"), f"not executed here: a rule for the engine {engine}")
    return None


def _library(subject: Subject, node: Node, column: str | None) -> Made | None:
    metric = node.text("metric")
    maker = ON_COLUMN.get(metric or "") if column is not None else ON_TABLE.get(metric or "")
    if maker is None:
        where = "a property" if column is not None else "a table"
        known = ", ".join(ON_COLUMN if column is not None else ON_TABLE)
        wrong = f"{shown(metric)} is not a metric of {where} (there: {known}); the check is not made"
        subject.notes.error(node.at("metric"), wrong)
        return None
    _note_arguments(subject, node, metric or "", column)
    return maker(subject, node, column or "")


def _note_arguments(subject: Subject, node: Node, metric: str, column: str | None) -> None:
    """Warns of arguments that the metric does not have."""
    known = _ARGUMENTS.get((metric, column is None), ())
    for name in _arguments(node):
        if name not in known:
            hint = f"known are {', '.join(known)}" if known else "it has none"
            told = f"not executed: {name} is no argument of {metric} here; {hint}"
            subject.notes.warning((*node.place, "arguments", name), told)


def _nulls(subject: Subject, node: Node, column: str) -> Made | None:
    limit = thresholds.threshold(node, subject.notes)
    share = thresholds.percent(node, limit, subject.notes) if limit else None
    if limit is None or share is None:
        return None
    bucket = thresholds.per_bucket(node, subject.notes)
    expects = NumberExpected("null_count", limit, column, percent=share, per_bucket=bucket)
    return Made("nullValues", Dimension.COMPLETENESS, expects)


def _missing(subject: Subject, node: Node, column: str) -> Made | None:
    words = _arguments(node).get("missingValues", [])
    if not isinstance(words, list):
        return _incomplete(subject, node, "missingValues must be a list", "arguments", "missingValues")
    if not words:
        said = "has no arguments.missingValues, so that only NULL counts as missing"
        subject.notes.warning((*node.place, "arguments", "missingValues"), said)
    return _values(subject, node, column, "missing", {"missing": _distinct(words)})


def _invalid(subject: Subject, node: Node, column: str) -> Made | None:
    arguments = _arguments(node)
    valid, pattern = arguments.get("validValues"), arguments.get("pattern")
    inner = node.child("arguments")
    named = inner is not None and "format" in inner.value
    if valid is None and pattern is None and not named:
        valid = _enum(subject, column)
    if valid is None and pattern is None and not named:
        wanted = "needs arguments.validValues (a list), .pattern or .format, or an enum of the property"
        return _incomplete(subject, node, wanted, "arguments")
    if valid is not None and (not isinstance(valid, list) or not _distinct(valid)):
        return _incomplete(
            subject, node, "validValues must be a list with at least one value", "arguments", "validValues"
        )
    if pattern is not None and not regex.is_pattern(pattern):
        return _incomplete(subject, node, f"{shown(pattern)} is not a regular expression", "arguments", "pattern")
    given: dict[str, Any] = {"valid": None if valid is None else _distinct(valid), "pattern": pattern}
    if inner is not None and named:
        meets = named_format(subject, inner, column)
        if meets is None:
            return None
        given["meets"] = (meets,)
    return _values(subject, node, column, "invalid", given)


def _enum(subject: Subject, column: str) -> list[Any] | None:
    """The values that the property itself allows: what a rule means that names none."""
    owners = [owner for owner in subject.properties if column_of(owner) == column]
    return [each.value.get("value") for owner in owners for each in owner.items("enum")] or None


def _values(subject: Subject, node: Node, column: str, kind: str, given: dict[str, Any]) -> Made | None:
    limit = thresholds.threshold(node, subject.notes)
    share = thresholds.percent(node, limit, subject.notes) if limit else None
    if limit is None or share is None:
        return None
    bucket = thresholds.per_bucket(node, subject.notes)
    expects = ValuesExpected(column, kind, limit, **given, percent=share, per_bucket=bucket)
    dimension = Dimension.COMPLETENESS if kind == "missing" else Dimension.CONFORMITY
    return Made(f"{kind}Values", dimension, expects)


def _duplicates(subject: Subject, node: Node, column: str) -> Made | None:
    columns = [column] if column else _key_columns(subject, node)
    limit = thresholds.threshold(node, subject.notes) if columns else None
    share = thresholds.percent(node, limit, subject.notes) if limit else None
    if not columns or limit is None or share is None:
        return None
    thresholds.per_bucket(node, subject.notes, can=False)
    return Made("duplicateValues", Dimension.UNIQUENESS, UniqueExpected(tuple(columns), limit, percent=share))


def _key_columns(subject: Subject, node: Node) -> list[str] | None:
    names = _arguments(node).get("properties")
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        _incomplete(subject, node, "needs arguments.properties, a list of properties", "arguments", "properties")
        return None
    columns = [subject.column(name, (*node.place, "arguments", "properties")) for name in names]
    return [column for column in columns if column] if all(columns) else None


def _row_count(subject: Subject, node: Node, _column: str) -> Made | None:
    limit = thresholds.threshold(node, subject.notes)
    share = thresholds.percent(node, limit, subject.notes) if limit else None
    if limit is None or share is None:
        return None
    if share:
        return _incomplete(subject, node, "a row count has no percentage; write unit: rows", "unit")
    bucket = thresholds.per_bucket(node, subject.notes)
    metric = "bucket_rows" if bucket else "row_count"
    return Made("rowCount", Dimension.COVERAGE, NumberExpected(metric, limit, per_bucket=bucket))


def _arguments(node: Node) -> dict[str, Any]:
    inner = node.child("arguments")
    return inner.value if inner else {}


def _distinct(words: list[Any]) -> tuple[Any, ...]:
    """The values in their order; NULL is missing and never invalid anyway, lists and mappings are no values."""
    plain = [word for word in words if word is not None and not isinstance(word, list | dict)]
    return tuple({(type(word), word): word for word in plain}.values())


def _incomplete(subject: Subject, node: Node, what: str, *place: str) -> None:
    subject.notes.error((*node.place, *place), f"{what}; the check is not made")


#: the arguments of metrics, by whether the rule is one of the table
_ARGUMENTS = {
    ("missingValues", False): ("missingValues",),
    ("invalidValues", False): ("validValues", "pattern", "format"),
    ("duplicateValues", True): ("properties",),
}
_Maker = Callable[[Subject, Node, str], Made | None]
ON_COLUMN: dict[str, _Maker] = {
    "nullValues": _nulls,
    "missingValues": _missing,
    "invalidValues": _invalid,
    "duplicateValues": _duplicates,
}
ON_TABLE: dict[str, _Maker] = {"rowCount": _row_count, "duplicateValues": _duplicates}
