"""What a service level is about: its `element`, else the contract's `slaDefaultElement`, else all tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from checks.contracts.document import Document, Node, Notes, shown
from checks.contracts.sentences import meant
from checks.contracts.subject import column_of


@dataclass(frozen=True, slots=True)
class Target:
    """A schema object, and a column of it where one is named."""

    table: Node
    column: str | None = None


def targets(document: Document, node: Node, notes: Notes) -> Iterator[Target]:
    """The elements of a service level that are there; the others are noted."""
    elements = node.text("element") or document.root.text("slaDefaultElement")
    if elements is None:
        yield from (Target(table) for table in document.objects)
        return
    for element in (part.strip() for part in elements.split(",")):
        target = _element(document, element)
        if target is None:
            _note_unknown(document, node, element, notes)
        else:
            yield target


def _note_unknown(document: Document, node: Node, element: str, notes: Notes) -> None:
    """An error, but a warning for a table that the contract does not describe: the standard's own examples do so."""
    names = [name for table in document.objects for name in (table.text("name"), table.text("physicalName")) if name]
    columns = [
        f"{table.value['name']}.{each.text('name')}" for table in document.objects for each in table.items("properties")
    ]
    told = (
        f"{shown(element)} is no table.column of this contract{meant(element, names + columns)}; the check is not made"
    )
    is_foreign = "." in element and not any(element.startswith(f"{name}.") for name in names)
    add = notes.warning if is_foreign else notes.error
    add(node.at("element" if node.text("element") else "property"), told)


def _element(document: Document, element: str) -> Target | None:
    """'table', 'table.column', 'schema.table.column', or 'column' where the contract has one table."""
    for table in document.objects:
        for name in (table.text("physicalName"), table.text("name")):
            if element == name:
                return Target(table)
            if name and element.startswith(f"{name}."):
                column = _column(table, element.removeprefix(f"{name}."))
                return Target(table, column) if column else None
    if len(document.objects) == 1:
        column = _column(document.objects[0], element)
        return Target(document.objects[0], column) if column else None
    return None


def _column(table: Node, name: str) -> str | None:
    properties = table.items("properties")
    for node in properties:
        if name in (node.text("name"), node.text("physicalName")):
            return column_of(node)
    return None if properties else name
