"""Custom rules about single rows: a format of the library, or a condition between columns. Without an operator, no row
may break them.

type: custom                          type: custom
engine: vitals                        engine: vitals
implementation: {format: iban}        implementation: {expression: ends_at >= starts_at}
"""

from __future__ import annotations

from checks import formats
from checks.contracts import thresholds
from checks.contracts.document import Node, shown
from checks.contracts.extras import default_zone, event_time_property
from checks.contracts.subject import Subject
from checks.predicates import Predicate
from checks.records import Dimension, Expectation, Operator, RowsExpected, Threshold, ValuesExpected

_FORMAT_KEYS = ("format", "column")
_EXPRESSION_KEYS = ("expression",)


def format_rule(
    subject: Subject, node: Node, inner: Node, column: str | None
) -> tuple[str, Dimension, Expectation] | None:
    """The id part, the dimension and the expectation; None, with an error noted, where the rule is incomplete."""
    named = inner.text("column")
    column = subject.column(named, inner.at("column")) if named else column
    if column is None:
        if not named:
            subject.notes.error(inner.place, "a format is one of a column; add column; the check is not made")
        return None
    meets = named_format(subject, inner, column)
    limit = _limit(subject, inner, _FORMAT_KEYS)
    share = thresholds.percent(node, limit, subject.notes) if limit else None
    if meets is None or limit is None or share is None:
        return None
    bucket = thresholds.per_bucket(node, subject.notes)
    expects = ValuesExpected(column, "invalid", limit, percent=share, per_bucket=bucket, meets=(meets,))
    return "format", Dimension.CONFORMITY, expects


def expression_rule(
    subject: Subject, node: Node, inner: Node, _column: str | None
) -> tuple[str, Dimension, Expectation] | None:
    """The id part, the dimension and the expectation; None, with an error noted, where the rule is incomplete."""
    from checks.expressions import names_in  # sqlglot takes a third of a second to import

    text, place = inner.value["expression"], inner.at("expression")
    try:
        names = names_in(text) if isinstance(text, str) else ()
    except ValueError as error:
        subject.notes.error(place, f"{shown(text)} {error}; the check is not made")
        return None
    if not names:
        subject.notes.error(place, f"{shown(text)} is no text with a condition; the check is not made")
        return None
    columns = [subject.column(name, place) for name in names]
    limit = _limit(subject, inner, _EXPRESSION_KEYS)
    share = thresholds.percent(node, limit, subject.notes) if limit else None
    if limit is None or share is None or not all(columns):
        return None
    bucket = thresholds.per_bucket(node, subject.notes)
    pairs = tuple((name, column) for name, column in zip(names, columns, strict=True) if column)
    expects = RowsExpected(text.strip(), pairs, limit, percent=share, per_bucket=bucket)
    return "expression", Dimension.CONSISTENCY, expects


def named_format(subject: Subject, node: Node, column: str) -> Predicate | None:
    """The predicate of `format` in a rule or its arguments; None, and an error noted, where the library has none."""
    name = node.value.get("format")
    zone = default_zone(event_time_property(subject, column), subject.notes) or "UTC"
    found = formats.predicate_of(name, zone) if isinstance(name, str) else None
    if found is None:
        hint = formats.nearest(str(name))
        subject.notes.error(
            node.at("format"), f"{shown(name)} is no format of the library; {hint}; the check is not made"
        )
    return found


def _limit(subject: Subject, inner: Node, own: tuple[str, ...]) -> Threshold | None:
    """The rule's threshold; none may break it where it names no operator."""
    given = [key for key in inner.value if key not in own]
    unknown = [key for key in given if key not in list(Operator)]
    if unknown:
        known = ", ".join(own)
        subject.notes.error(
            inner.at(unknown[0]), f"{unknown[0]} is not known beside {own[0]} (known: {known}); the check is not made"
        )
        return None
    return thresholds.threshold(inner, subject.notes) if given else thresholds.NONE_ALLOWED
