"""A schema object to its checks: columns, keys, quality rules, relationships and service levels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from checks.contracts import thresholds
from checks.contracts.document import Node, custom_properties
from checks.contracts.inside import compared_type, of_places
from checks.contracts.levels import Agreement, objective
from checks.contracts.options import of_values
from checks.contracts.references import UnresolvedError, table_of, target
from checks.contracts.rules import Made, rule
from checks.contracts.subject import Subject, column_of
from checks.records import (
    Check,
    ColumnExpected,
    Dimension,
    Expectation,
    NumberExpected,
    ReferenceExpected,
    UniqueExpected,
)


def checks(subject: Subject, agreed: Sequence[Agreement]) -> tuple[Check, ...]:
    """All checks that the contract asks of the dataset, with ids that are unique in it. What can not be made into one
    is noted on the subject."""
    made = [*_of_properties(subject), *_of_table(subject), *_of_levels(subject, agreed)]
    empty_is_fine = _says_empty_is_fine(subject.node)
    seen: Counter[str] = Counter()
    unique = []
    for check in made:
        seen[check.id] += 1
        repeat = f"#{seen[check.id]}" if seen[check.id] > 1 else ""
        unique.append(replace(check, id=check.id + repeat, empty_is_fine=empty_is_fine))
    return tuple(unique)


def key_columns(subject: Subject) -> tuple[str, ...]:
    """The primary key in the order of primaryKeyPosition."""
    keys = [node for node in subject.properties if node.flag("primaryKey")]
    return tuple(column_of(node) for node in sorted(keys, key=_key_position))


def _key_position(node: Node) -> tuple[bool, int]:
    position = node.value.get("primaryKeyPosition")
    position = position if isinstance(position, int) else -1
    return position < 0, position  # those without a position keep their order, after the others


def _says_empty_is_fine(node: Node) -> bool:
    said = custom_properties(node).get("vitals.emptyIsFine")
    return said is not None and said.flag("value")


# -- properties --------------------------------------------------------------------------------------------------------


def _of_properties(subject: Subject) -> Iterator[Check]:
    for node in subject.columns_there:
        name, column = node.value["name"], column_of(node)
        for word, (dimension, expects) in KEYWORDS.items():
            made = expects(node, column)
            if made:
                yield _plain(subject, f"{name}.{word}", dimension, made)
        for word, values in of_values(subject, node, column):
            yield _plain(subject, f"{name}.{word}", Dimension.CONFORMITY, values)
        for check_id, dimension, expects in of_places(subject, node, column):
            yield _plain(subject, check_id, dimension, expects)
        yield from _of_rules(subject, node, column)
        for each in node.items("relationships"):
            yield from _relationship(subject, each, f"{name}.relationship", own=column)


def _column(node: Node, column: str) -> ColumnExpected:
    return ColumnExpected(column, compared_type(node), node.text("physicalType"))


def _encrypted(node: Node, _column: str) -> ColumnExpected | None:
    """The column that holds the values encrypted."""
    name = node.text("encryptedName")
    return ColumnExpected(name) if name else None


def _zone(node: Node, column: str) -> ColumnExpected | None:
    options = node.child("logicalTypeOptions")
    said = options.value.get("timezone") if options else None
    is_asked = isinstance(said, bool) and node.text("logicalType") != "time"
    return ColumnExpected(column, has_zone=said) if is_asked else None


def _required(node: Node, column: str) -> NumberExpected | None:
    needed = node.flag("required") or node.flag("primaryKey")
    return NumberExpected("null_count", thresholds.NONE_ALLOWED, column) if needed else None


def _unique(node: Node, column: str) -> UniqueExpected | None:
    return UniqueExpected((column,), thresholds.NONE_ALLOWED) if node.flag("unique") else None


#: what a property asks of its column as a whole: the word in the check's id, the dimension, and what is made of it
KEYWORDS: dict[str, tuple[Dimension, Callable[[Node, str], Expectation | None]]] = {
    "column": (Dimension.CONFORMITY, _column),
    "encryptedName": (Dimension.CONFORMITY, _encrypted),
    "timezone": (Dimension.CONFORMITY, _zone),
    "required": (Dimension.COMPLETENESS, _required),
    "unique": (Dimension.UNIQUENESS, _unique),
}


def _of_table(subject: Subject) -> Iterator[Check]:
    keys = key_columns(subject)
    if keys:
        yield _plain(subject, "primaryKey", Dimension.UNIQUENESS, UniqueExpected(keys, thresholds.NONE_ALLOWED))
    yield from _of_rules(subject, subject.node, None)
    for each in subject.node.items("relationships"):
        yield from _relationship(subject, each, "relationship", own=None)


def _of_rules(subject: Subject, owner: Node, column: str | None) -> Iterator[Check]:
    prefix = f"{owner.value['name']}." if column is not None else ""
    for node in owner.items("quality"):
        made = rule(subject, node, column)
        if made:
            yield _from_rule(subject, node, made, prefix)


def _from_rule(subject: Subject, node: Node, made: Made, prefix: str) -> Check:
    return Check(
        id=node.text("id") or prefix + made.name,
        dataset=subject.dataset,
        dimension=thresholds.dimension(node, made.dimension),
        expects=made.expects,
        severity=thresholds.severity(node, subject.notes),
        description=node.text("description") or node.text("name"),
        business_impact=node.text("businessImpact"),
        contract=subject.document.id,
        schedule=thresholds.schedule(node, subject.notes),
    )


def _plain(subject: Subject, check_id: str, dimension: Dimension, expects: Expectation) -> Check:
    return Check(check_id, subject.dataset, dimension, expects, contract=subject.document.id)


# -- relationships -----------------------------------------------------------------------------------------------------


def _relationship(subject: Subject, node: Node, check_id: str, own: str | None) -> Iterator[Check]:
    if subject.document.is_broken(node):
        return
    try:
        expects = _reference(subject, node, own)
    except UnresolvedError as error:
        subject.notes.error(node.at(error.key), f"{error}; the check is not made")
        return
    check_id = node.text("id") or check_id
    yield _plain(subject, check_id, Dimension.CONSISTENCY, expects)


def _reference(subject: Subject, node: Node, own: str | None) -> ReferenceExpected:
    theirs = [target(reference, subject) for reference in _texts(node, "to")]
    ours = [own] if own else [_own_column(reference, subject) for reference in _texts(node, "from")]
    if len(ours) != len(theirs):
        wrong = f"from has {len(ours)} columns and to has {len(theirs)}"
        raise UnresolvedError(wrong, "from" if len(ours) > len(theirs) else "to")
    if len({end.table for end in theirs}) != 1:
        raise UnresolvedError("its columns are in different tables")
    if theirs[0].node is None and subject.catalogue.tables is None:
        subject.notes.info(
            node.at("to"), f"no contract here has the table {theirs[0].table}; it is looked for in the source"
        )
    for end in theirs:
        if end.in_doubt:
            told = f'{end.table} has no property "{end.column}"; it is looked for in the warehouse'
            subject.notes.warning(node.at("to"), told)
    table = table_of(theirs[0], subject)
    to_columns = tuple(end.column for end in theirs)
    name = f"{subject.source}.{table}"
    return ReferenceExpected(tuple(ours), name, table, to_columns, thresholds.NONE_ALLOWED)


def _own_column(reference: str, subject: Subject) -> str:
    try:
        end = target(reference, subject)
    except UnresolvedError as error:
        raise UnresolvedError(str(error), "from") from error
    if end.node is None or end.node.place != subject.node.place or end.document is not subject.document:
        raise UnresolvedError(f"from names {reference}, which is not of {subject.node.value['name']}", "from")
    return end.column


def _texts(node: Node, key: str) -> list[str]:
    value = node.value.get(key)
    return [value] if isinstance(value, str) else [each for each in value or () if isinstance(each, str)]


# -- service levels ----------------------------------------------------------------------------------------------------


def _of_levels(subject: Subject, agreed: Sequence[Agreement]) -> Iterator[Check]:
    for level in agreed:
        if level.table.place == subject.node.place:
            check = _plain(subject, level.node.text("id") or level.kind, level.dimension, level.expects)
            cron = thresholds.schedule(level.node, subject.notes)
            told = {"severity": level.severity, "description": level.node.text("description"), "schedule": cron}
            yield replace(check, **told, is_service_level=True, objective=objective(level.node, subject.notes))
