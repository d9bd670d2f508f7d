"""Custom rules with `engine: vitals`: a threshold on any metric, and the comparison of two datasets.

type: custom                                    type: custom
engine: vitals                                  engine: vitals
implementation:                                 implementation:
  metric: distinct_count                          reconcile:
  mustBeGreaterThan: 10                             function: count
                                                    with: lake.main.flights
                                                    tolerance: 1
                                                    unit: percent
"""

from __future__ import annotations

import difflib
import math
from typing import Any

from checks.contracts import thresholds
from checks.contracts.document import Node, shown
from checks.contracts.row_rules import format_rule
from checks.contracts.sentences import unknown_field
from checks.contracts.subject import Subject
from checks.metrics import CATALOGUE
from checks.records import Aggregate, Dimension, Expectation, NumberExpected, Operator, ReconcileExpected, Threshold

_TABLE_METRICS = {"row_count", "bucket_rows", "freshness", "future_rows"}
#: numbers that need arguments of their own, which library metrics, keys, relationships and reconcile give
_NEED_ARGUMENTS = {
    "missing_count",
    "invalid_count",
    "duplicate_count",
    "orphan_count",
    "own_aggregate",
    "other_aggregate",
    "sql_value",
}
_METRICS = {name: kind for name, kind in CATALOGUE.items() if name not in _NEED_ARGUMENTS}
_FUNCTIONS = ("count", "sum", "min", "max", "mean", "distinct")
_METRIC_KEYS = ("metric", "column", *map(str, Operator))
_RECONCILE_KEYS = ("function", "column", "with", "withColumn", "withFunction", "tolerance", "unit")

_Made = tuple[str, Dimension, Expectation]


def custom_rule(subject: Subject, node: Node, column: str | None) -> _Made | None:
    """The id part, the dimension and the expectation of a rule; None, with an error noted, where it is incomplete."""
    inner = node.child("implementation")
    if inner is None:
        return None  # text that is no YAML: noted when it was read
    reconcile = inner.child("reconcile")
    if reconcile:
        return _reconcile(subject, reconcile, column)
    if "format" in inner.value:
        return format_rule(subject, node, inner, column)
    return _metric(subject, node, inner, column)


# -- a metric ----------------------------------------------------------------------------------------------------------


def _metric(subject: Subject, node: Node, inner: Node, column: str | None) -> _Made | None:
    name = inner.text("metric")
    if name not in _METRICS:
        known = difflib.get_close_matches(name or "", _METRICS, n=1) or [", ".join(_METRICS)]
        return _refused(
            subject, inner, f"needs metric (is {shown(name)}; known: {known[0]}), reconcile or format", "metric"
        )
    unknown = [key for key in inner.value if key not in _METRIC_KEYS]
    if unknown:
        return _refused(subject, inner, unknown_field(unknown[0], _METRIC_KEYS, inner.place), unknown[0])
    named = inner.text("column")
    column = subject.column(named, inner.at("column")) if named else column
    if (named and column is None) or not _go_together(subject, inner, name, column):
        return None
    limit = thresholds.threshold(inner, subject.notes)
    share = _share(subject, node, inner, limit) if limit else None
    if limit is None or share is None:
        return None
    bucket = thresholds.per_bucket(node, subject.notes, can=name != "freshness") or name == "bucket_rows"
    measured = "null_count" if name == "null_rate" and share else name
    expects = NumberExpected(measured, limit, column, percent=share, per_bucket=bucket)
    return name, _METRICS[name].dimension, expects


def _go_together(subject: Subject, inner: Node, metric: str, column: str | None) -> bool:
    if metric not in _TABLE_METRICS and column is None:
        _refused(subject, inner, f"{metric} is about a column; put the rule under a property, or add column")
        return False
    if metric in _TABLE_METRICS and column is not None:
        _refused(subject, inner, f"{metric} is about the table; put the rule under the table's own quality")
        return False
    return True


def _share(subject: Subject, node: Node, inner: Node, limit: Threshold) -> bool | None:
    name = inner.value["metric"]
    if _METRICS[name].unit in ("rows", "values") and name not in ("row_count", "bucket_rows"):
        return thresholds.percent(node, limit, subject.notes)
    if name == "null_rate" and node.text("unit") in ("percent", "%"):
        return True  # judged as a share of null_count
    if node.text("unit") in ("percent", "%"):
        return _refused(subject, node, f"{name} is no count, so it has no percentage; remove unit")
    return False


# -- two datasets ------------------------------------------------------------------------------------------------------


def _reconcile(subject: Subject, node: Node, column: str | None) -> _Made | None:
    unknown = [key for key in node.value if key not in _RECONCILE_KEYS]
    if unknown:
        return _refused(subject, node, unknown_field(unknown[0], _RECONCILE_KEYS, node.place), unknown[0])
    other = node.text("with")
    if other is None:
        return _refused(subject, node, "needs with, the other dataset: source.schema.table")
    ours = _ours(subject, node, column)
    theirs = _theirs(subject, node, other, ours) if ours else None
    tolerance = _tolerance(subject, node)
    if ours is None or theirs is None or tolerance is None:
        return None
    unit = node.text("unit") or "rows"
    if unit not in ("rows", "percent", "%"):
        return _refused(subject, node, f"unit {shown(unit)} is not rows or percent", "unit")
    expects = ReconcileExpected(ours, theirs, tolerance, percent=unit != "rows")
    return "reconcile", Dimension.CONSISTENCY, expects


def _ours(subject: Subject, node: Node, column: str | None) -> Aggregate | None:
    function, named = node.text("function") or "count", node.text("column")
    if named:
        column = subject.column(named, node.at("column"))
        if column is None:
            return None
    return _aggregate(subject, node, (subject.source, subject.dataset), function, column)


def _theirs(subject: Subject, node: Node, other: str, ours: Aggregate) -> Aggregate | None:
    source, rest = subject.catalogue.split(other, subject.source)
    table = subject.catalogue.named(source, [rest]).table
    function = node.text("withFunction") or ours.function
    column = node.text("withColumn") or ours.column
    made = _aggregate(subject, node, (source, f"{source}.{table}"), function, column)
    return Aggregate(made.dataset, source, table, made.function, made.column) if made else None


def _aggregate(
    subject: Subject, node: Node, of: tuple[str, str], function: str, column: str | None
) -> Aggregate | None:
    if function not in _FUNCTIONS:
        return _refused(subject, node, f"{shown(function)} is not one of {', '.join(_FUNCTIONS)}", "function")
    if function != "count" and column is None:
        return _refused(subject, node, f"{function} needs column")
    return Aggregate(of[1], of[0], subject.table, function, column)


def _tolerance(subject: Subject, node: Node) -> float | None:
    value: Any = node.value.get("tolerance", 0)
    fits = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf
    return float(value) if fits else _refused(subject, node, f"{shown(value)} is not a number from 0 up", "tolerance")


def _refused(subject: Subject, node: Node, why: str, key: str | None = None) -> None:
    subject.notes.error(node.at(key) if key else node.place, f"{why}; the check is not made")
