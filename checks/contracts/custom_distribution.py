"""The shares of categories among the present values of a column; values that are not named form the rest.

implementation:
  distribution: {column: carrier, shares: {AA: 0.6, UA: 0.3}, tolerance: 0.05}
"""

from __future__ import annotations

from typing import Any

from checks.contracts import thresholds
from checks.contracts.custom_parts import CustomMade, body, column_of_rule, number_in, refused
from checks.contracts.document import Node, shown
from checks.contracts.subject import Subject
from checks.records import Dimension, DistributionExpected

_KEYS = ("column", "shares", "tolerance")


def distribution(subject: Subject, rule: Node, inner: Node, column: str | None) -> CustomMade | None:
    """No share differs from its expected one by more than the tolerance (both from 0 to 1)."""
    node = body(subject, inner, "distribution", _KEYS, limited=False)
    if node is None:
        return None
    column = column_of_rule(subject, node, column)
    shares = _shares(subject, node) if column else None
    tolerance = number_in(subject, node, "tolerance", 0, 1) if shares else None
    if column is None or shares is None or tolerance is None:
        return None
    bucket = thresholds.per_bucket(rule, subject.notes)
    return "distribution", Dimension.ACCURACY, DistributionExpected(column, shares, tolerance, per_bucket=bucket)


def _shares(subject: Subject, node: Node) -> tuple[tuple[Any, float], ...] | None:
    given = node.child("shares")
    if given is None or not given.value:
        return refused(subject, node, "needs shares, a mapping of each value to its share from 0 to 1", "shares")
    found = []
    for value in given.value:
        share = number_in(subject, given, value, 0, 1)
        if share is None:
            return None
        found.append((value, share))
    total = sum(share for _, share in found)
    if total > 1 + 1e-9:
        return refused(
            subject, node, f"the shares {shown(given.value)} are {total:.4g} together, which is over 1", "shares"
        )
    return tuple(found)
