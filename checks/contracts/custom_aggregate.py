"""An aggregate of a column within a threshold.

implementation:
  aggregate: {function: sum, column: amount}
  mustBeBetween: [1000, 2000]
"""

from __future__ import annotations

from checks.contracts import thresholds
from checks.contracts.custom_parts import CustomMade, body, column_of_rule, number_in, one_of, refused
from checks.contracts.document import Node
from checks.contracts.subject import Subject
from checks.records import AggregateExpected, Dimension, NumberExpected

_KEYS = ("function", "column", "quantile")
FUNCTIONS = ("sum", "min", "max", "mean", "stddev", "count", "distinct", "median", "quantile")
#: what is measured of every column anyway
_MEASURED = {name: name for name in ("min", "max", "mean", "stddev")} | {"distinct": "distinct_count"}


def aggregate(subject: Subject, rule: Node, inner: Node, column: str | None) -> CustomMade | None:
    """One number of a column, of the whole table or (vitals.scope: bucket) of each closed bucket."""
    node = body(subject, inner, "aggregate", _KEYS)
    function = one_of(subject, node, "function", FUNCTIONS) if node else None
    if node is None or function is None:
        return None
    if "quantile" in node.value and function != "quantile":
        return refused(subject, node, f"quantile means nothing with the function {function}", "quantile")
    column = column_of_rule(subject, node, column)
    limit = thresholds.threshold(inner, subject.notes) if column else None
    if column is None or limit is None or _has_unit(subject, rule):
        return None
    bucket = thresholds.per_bucket(rule, subject.notes)
    if function in _MEASURED:
        expects = NumberExpected(_MEASURED[function], limit, column, per_bucket=bucket)
        return function, Dimension.UNIQUENESS if function == "distinct" else Dimension.ACCURACY, expects
    share = _share(subject, node, function)
    if share is None and function in ("median", "quantile"):
        return None
    dimension = Dimension.COMPLETENESS if function == "count" else Dimension.ACCURACY
    measured = "quantile" if function == "median" else function
    return function, dimension, AggregateExpected(measured, column, limit, share, per_bucket=bucket)


def _share(subject: Subject, node: Node, function: str) -> float | None:
    """Which quantile is meant, None where it is none or (with an error noted) where it is wrong."""
    if function == "median":
        return 0.5
    return number_in(subject, node, "quantile", 0, 1) if function == "quantile" else None


def _has_unit(subject: Subject, rule: Node) -> bool:
    if rule.text("unit") not in ("percent", "%"):
        return False
    refused(subject, rule, "an aggregate is no count of rows, so it has no percentage; remove unit", "unit")
    return True
