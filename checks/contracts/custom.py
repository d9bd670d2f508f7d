"""Custom rules with `engine: vitals`: what the standard has no word for. `implementation` has one key that says which
kind of rule it is, and beside it the operator where the kind is a number against a threshold:

metric: distinct_count        a threshold on any metric
aggregate: {...}              sum, mean, median, ... of a column
distribution: {...}           the shares of categories
sequence: {...}               increasing or gap-free
change: {...}                 the newest bucket against the one before
arrival: {...}                a bucket is there by a time of day
format: iban                  a format of the library
reconcile: {...}              two datasets
"""

from __future__ import annotations

import difflib
from collections.abc import Callable

from checks.contracts import thresholds
from checks.contracts.custom_aggregate import aggregate
from checks.contracts.custom_distribution import distribution
from checks.contracts.custom_parts import CustomMade, has_only
from checks.contracts.custom_parts import refused as _refused
from checks.contracts.custom_reconcile import reconcile
from checks.contracts.custom_sequence import sequence
from checks.contracts.custom_series import arrival, change
from checks.contracts.document import Node, shown
from checks.contracts.row_rules import expression_rule, format_rule
from checks.contracts.subject import Subject
from checks.metrics import CATALOGUE, OF_CARRYING, OF_SOME_TEXTS, OF_THE_PAST
from checks.records import NumberExpected, Operator, Threshold

_TABLE_METRICS = {"row_count", "bucket_rows", "freshness", "future_rows"}
#: numbers that need arguments of their own, which other rules, keys and relationships give
_NEED_ARGUMENTS = {
    "missing_count",
    "invalid_count",
    "duplicate_count",
    "orphan_count",
    "own_aggregate",
    "other_aggregate",
    "sql_value",
    "sum",
    "value_count",
    "quantile",
    "category_count",
    "sequence_breaks",
    "violation_count",
}
_NO_RULE = _NEED_ARGUMENTS | OF_THE_PAST | OF_SOME_TEXTS | OF_CARRYING
METRICS = {name: kind for name, kind in CATALOGUE.items() if name not in _NO_RULE}

_Kind = Callable[[Subject, Node, Node, str | None], CustomMade | None]


def custom_rule(subject: Subject, node: Node, column: str | None) -> CustomMade | None:
    """The id part, the dimension and the expectation of a rule; None, with an error noted, where it is incomplete."""
    inner = node.child("implementation")
    if inner is None:
        return None  # text that is no YAML: noted when it was read
    kinds = [kind for kind in KINDS if kind in inner.value]
    if len(kinds) != 1:
        has = " and ".join(kinds) or "none"
        return _refused(subject, inner, f"needs exactly one of {', '.join(KINDS)} and has {has}")
    return KINDS[kinds[0]](subject, node, inner, column)


def _metric(subject: Subject, node: Node, inner: Node, column: str | None) -> CustomMade | None:
    name = inner.text("metric")
    if not has_only(subject, inner, ("metric", "column", *map(str, Operator))):
        return None
    if name not in METRICS:
        known = difflib.get_close_matches(name or "", METRICS, n=1) or [", ".join(METRICS)]
        return _refused(subject, inner, f"needs metric (is {shown(name)}; known: {known[0]})", "metric")
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
    return name, METRICS[name].dimension, expects


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
    if METRICS[name].unit in ("rows", "values") and name not in ("row_count", "bucket_rows"):
        return thresholds.percent(node, limit, subject.notes)
    if name == "null_rate" and node.text("unit") in ("percent", "%"):
        return True  # judged as a share of null_count
    if node.text("unit") in ("percent", "%"):
        return _refused(subject, node, f"{name} is no count, so it has no percentage; remove unit")
    return False


KINDS: dict[str, _Kind] = {
    "metric": _metric,
    "aggregate": aggregate,
    "distribution": distribution,
    "sequence": sequence,
    "format": format_rule,
    "expression": expression_rule,
    "change": change,
    "arrival": arrival,
    "reconcile": reconcile,
}
