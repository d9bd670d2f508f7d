"""What a service level is about: its `element`, else the contract's `slaDefaultElement`, else all tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from checks.contracts.document import Document, Node, Notes, shown
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
            wrong = f"{shown(element)} is no table.column of this contract; the check is not made"
            notes.error(node.at("element" if node.text("element") else "property"), wrong)
        else:
            yield target


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
