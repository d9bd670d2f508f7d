"""The comparison of two datasets, perhaps of two sources.

implementation:
  reconcile:
    function: count
    with: lake.main.flights
    tolerance: 1
    unit: percent
"""

from __future__ import annotations

import math
from typing import Any

from checks.contracts.custom_parts import CustomMade, body
from checks.contracts.custom_parts import refused as _refused
from checks.contracts.document import Node, shown
from checks.contracts.subject import Subject
from checks.records import Aggregate, Dimension, ReconcileExpected

FUNCTIONS = ("count", "sum", "min", "max", "mean", "distinct")
_KEYS = ("function", "column", "with", "withColumn", "withFunction", "tolerance", "unit")


def reconcile(subject: Subject, _rule: Node, inner: Node, column: str | None) -> CustomMade | None:
    """Two aggregates differ by no more than the tolerance."""
    node = body(subject, inner, "reconcile", _KEYS, limited=False)
    if node is None:
        return None
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
    if function not in FUNCTIONS:
        return _refused(subject, node, f"{shown(function)} is not one of {', '.join(FUNCTIONS)}", "function")
    if function != "count" and column is None:
        return _refused(subject, node, f"{function} needs column")
    return Aggregate(of[1], of[0], subject.table, function, column)


def _tolerance(subject: Subject, node: Node) -> float | None:
    value: Any = node.value.get("tolerance", 0)
    fits = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf
    return float(value) if fits else _refused(subject, node, f"{shown(value)} is not a number from 0 up", "tolerance")
