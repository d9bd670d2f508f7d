"""One schema object of a contract, bound to a dataset: what its rules are read against."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from functools import cached_property

from checks.contracts.catalogue import Catalogue
from checks.contracts.document import Document, Node, Notes
from checks.contracts.read import Place
from connectors import TableName


@dataclass(frozen=True)
class Subject:
    """`node` is the schema object, `notes` collects what is wrong with its rules."""

    document: Document
    node: Node
    source: str
    table: TableName
    catalogue: Catalogue
    notes: Notes = field(compare=False)
    server: Node | None = None

    @property
    def dataset(self) -> str:
        return f"{self.source}.{self.table}"

    @cached_property
    def properties(self) -> list[Node]:
        """The properties that have a name, top level only."""
        return [node for node in self.node.items("properties") if node.text("name")]

    @property
    def columns_there(self) -> list[Node]:
        """The properties that are columns: a measure is computed (`transformLogic`) and stands in no table."""
        return [node for node in self.properties if node.text("semanticType") != "measure"]

    @cached_property
    def columns(self) -> dict[str, str]:
        """Property name to column name in the warehouse."""
        return {node.value["name"]: column_of(node) for node in self.properties}

    def column(self, name: str, place: Place) -> str | None:
        """The column of a property that a rule names, None (and an error noted) where the contract has none such. A
        contract that lists no properties at all is taken at its word."""
        if name in self.columns:
            return self.columns[name]
        if not self.columns or name in self.columns.values():
            return name
        near = difflib.get_close_matches(name, list(self.columns), n=1)
        hint = f'; did you mean "{near[0]}"?' if near else ""
        self.notes.error(place, f'"{name}" is not a property of {self.node.value["name"]}{hint}; the check is not made')
        return None


def column_of(node: Node) -> str:
    """The column of a property: its physicalName, else its name."""
    return node.text("physicalName") or node.value["name"]
