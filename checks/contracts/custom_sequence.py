"""A column that only grows from row to row, or a number without gaps.

implementation:
  sequence: {column: invoice_no, kind: gap-free, within: [year]}
"""

from __future__ import annotations

from checks.contracts import thresholds
from checks.contracts.custom_parts import CustomMade, body, column_of_rule, one_of, refused
from checks.contracts.document import Node
from checks.contracts.subject import Subject
from checks.records import Dimension, Operator, SequenceExpected, SequenceKind, Threshold

_KEYS = ("column", "kind", "orderBy", "within")


def sequence(subject: Subject, rule: Node, inner: Node, column: str | None) -> CustomMade | None:
    """How many rows (for gap-free: numbers) break the sequence; none may, without an operator."""
    node = body(subject, inner, "sequence", _KEYS)
    kind = one_of(subject, node, "kind", [str(kind) for kind in SequenceKind]) if node else None
    if node is None or kind is None:
        return None
    column = column_of_rule(subject, node, column)
    limit = _limit(subject, inner)
    within = _within(subject, node)
    if column is None or limit is None or within is None:
        return None
    order = _order(subject, node, SequenceKind(kind))
    if order is None:
        return None
    thresholds.per_bucket(rule, subject.notes, can=False)
    expects = SequenceExpected(column, SequenceKind(kind), limit, order or None, within)
    return "sequence", Dimension.CONSISTENCY, expects


def _limit(subject: Subject, inner: Node) -> Threshold | None:
    given = any(operator in inner.value for operator in Operator)
    return thresholds.threshold(inner, subject.notes) if given else thresholds.NONE_ALLOWED


def _order(subject: Subject, node: Node, kind: SequenceKind) -> str | None:
    """The column that the rows are ordered by, empty where none is named; None where it is wrong."""
    if "orderBy" not in node.value:
        return ""
    if kind is SequenceKind.GAP_FREE:
        return refused(subject, node, "a gap-free sequence is ordered by itself; remove orderBy", "orderBy")
    return column_of_rule(subject, node, None, "orderBy")


def _within(subject: Subject, node: Node) -> tuple[str, ...] | None:
    given = node.value.get("within", [])
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return refused(subject, node, "within must be a property or a list of properties", "within")
    columns = [subject.column(name, node.at("within")) for name in names]
    return tuple(column for column in columns if column) if all(columns) else None
