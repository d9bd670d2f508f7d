"""Rules about the series of buckets that is measured anyway: the change from one closed bucket to the next, and whether
the newest one has arrived by a time of day.

implementation:                                             implementation:
  change: {metric: row_count, against: previous bucket}       arrival: {share: 0.95, of: 14, by: '06:00', timezone: UTC}
  mustBeBetween: [-50, 100]
"""

from __future__ import annotations

import re
from datetime import time

from checks.contracts import thresholds
from checks.contracts.custom_parts import CustomMade, body, column_of_rule, number_in, one_of, refused
from checks.contracts.document import Node, custom_properties, shown
from checks.contracts.subject import Subject
from checks.metrics import CATALOGUE
from checks.records import ArrivalExpected, ChangeExpected
from checks.values import zone

_CHANGE_KEYS = ("metric", "column", "against")
_ARRIVAL_KEYS = ("share", "of", "by", "timezone")
_OF_COLUMNS = (
    "null_count", "null_rate", "empty_count", "non_finite_count", "distinct_count", "min", "max", "mean", "stddev",
    "min_length", "max_length", "true_rate",
)  # fmt: skip
_PREVIOUS = "previous bucket"
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_MOST_BUCKETS = 60


def change(subject: Subject, rule: Node, inner: Node, column: str | None) -> CustomMade | None:
    """By how many per cent a metric of the newest closed bucket differs from the one before it."""
    node = body(subject, inner, "change", _CHANGE_KEYS)
    metric = one_of(subject, node, "metric", ("row_count", *_OF_COLUMNS)) if node else None
    if node is None or metric is None:
        return None
    if node.value.get("against", _PREVIOUS) != _PREVIOUS:
        return refused(subject, node, f"{shown(node.value['against'])} is not {_PREVIOUS}", "against")
    if metric == "row_count":
        if column is not None or "column" in node.value:
            return refused(subject, node, "row_count is about the table; put the rule under the table's own quality")
    else:
        column = column_of_rule(subject, node, column)
        if column is None:
            return None
    limit = thresholds.threshold(inner, subject.notes)
    if limit is None or _has_other_unit(subject, rule):
        return None
    return "change", CATALOGUE[metric].dimension, ChangeExpected(metric, limit, column)


def arrival(subject: Subject, _rule: Node, inner: Node, column: str | None) -> CustomMade | None:
    """By a time of day the bucket of the day before has at least a share of the usual rows."""
    node = body(subject, inner, "arrival", _ARRIVAL_KEYS, limited=False)
    if node is None:
        return None
    if column is not None:
        return refused(subject, node, "arrival is about the table; put the rule under the table's own quality")
    grain = custom_properties(subject.node).get("vitals.grain")
    if grain and grain.text("value") == "hour":
        return refused(subject, node, "arrival is about days, and vitals.grain of the table is hour")
    share = number_in(subject, node, "share", 0, 1)
    buckets = _buckets(subject, node) if share is not None else None
    by = _time_of_day(subject, node) if buckets else None
    name = _zone(subject, node) if by else None
    if share is None or buckets is None or by is None or name is None:
        return None
    expects = ArrivalExpected(share, buckets, by, name)
    return "arrival", CATALOGUE["bucket_rows"].dimension, expects


def _has_other_unit(subject: Subject, rule: Node) -> bool:
    unit = rule.text("unit")
    if unit in (None, "percent", "%"):
        return False
    refused(subject, rule, f"a change is in percent, not {shown(unit)}", "unit")
    return True


def _buckets(subject: Subject, node: Node) -> int | None:
    value = node.value.get("of")
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _MOST_BUCKETS:
        return value
    why = f"{shown(value)} is not a number of closed buckets from 1 to {_MOST_BUCKETS}, whose average is the usual"
    return refused(subject, node, why, "of")


def _time_of_day(subject: Subject, node: Node) -> time | None:
    value = node.text("by") or ""
    if _TIME.fullmatch(value):
        return time.fromisoformat(value)
    return refused(subject, node, f"{shown(node.value.get('by'))} is not a time of day such as '06:00'", "by")


def _zone(subject: Subject, node: Node) -> str | None:
    value = node.value.get("timezone", "UTC")
    try:
        return zone(value if isinstance(value, str) else "")
    except ValueError as error:
        return refused(subject, node, f"{shown(value)} {error}", "timezone")
