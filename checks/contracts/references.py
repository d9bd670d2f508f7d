"""Relationships: what a foreign key points to.

The standard has two notations. `orders.customer_id` goes by names; `schema/orders_tbl/properties/customer_id_pk` by ids
and may name another contract's file before a #.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from checks.contracts.document import Document, Node
from checks.contracts.sentences import meant
from checks.contracts.servers import servers
from checks.contracts.subject import Subject, column_of
from connectors import TableName


@dataclass(frozen=True, slots=True)
class Target:
    """One end of a relationship. `node` is its schema object, None where no contract has the table. `in_doubt` where
    the contract does not list the column, which may be in the warehouse all the same."""

    node: Node | None
    document: Document | None
    table: str
    column: str
    in_doubt: bool = False


class UnresolvedError(Exception):
    """The reference can not be followed; the message says why, `key` which end of the relationship it is."""

    def __init__(self, message: str, key: str = "to") -> None:
        self.key = key
        super().__init__(message)


def target(reference: str, subject: Subject) -> Target:
    """What a reference points to. Raises UnresolvedError."""
    file, anchor, item = reference.rpartition("#")
    documents = [_other(file, subject)] if anchor else _nearest_first(subject)
    item = item.removeprefix("/")
    return _by_id(item, documents) if "/" in item else _by_name(item, documents, strict=bool(anchor))


def table_of(end: Target, subject: Subject) -> TableName:
    """The end's table in the subject's source."""
    if end.node is None:
        schema = subject.server.text("schema") if subject.server else None
        return subject.catalogue.named(subject.source, [end.table], schema).table
    return subject.catalogue.object(subject.source, end.node, _server_like(subject, end)).table


def _server_like(subject: Subject, end: Target) -> Node | None:
    """The entry of the other contract's servers that stands for the same source."""
    if end.document is None or end.document is subject.document or subject.server is None:
        return subject.server
    theirs = servers(end.document, subject.catalogue.environ)
    same = [server for server in theirs if server.text("server") == subject.server.text("server")]
    return same[0] if same else None


def _nearest_first(subject: Subject) -> list[Document]:
    others = [document for document in subject.catalogue.documents if document is not subject.document]
    return [subject.document, *others]


def _other(file: str, subject: Subject) -> Document:
    if "://" in file and not file.startswith("file://"):
        raise UnresolvedError(f"{file} is on the web, which Vitals does not read; keep a copy beside this contract")
    wanted = (subject.document.file.parent / file.removeprefix("file://")).resolve()
    documents = subject.catalogue.documents
    found = [document for document in documents if document.file.resolve() == wanted]
    found = found or [document for document in documents if document.file.name == Path(file).name]
    if len(found) != 1:
        raise UnresolvedError(f"there is {'no' if not found else 'more than one'} contract {file} here")
    return found[0]


def _by_id(item: str, documents: list[Document]) -> Target:
    """schema/ID/properties/ID; a name stands in for an id that is not given."""
    steps = item.split("/")
    if len(steps) > 4:
        raise UnresolvedError("it points to a nested property, which is not executed yet")
    if len(steps) != 4 or steps[0] != "schema" or steps[2] != "properties":
        raise UnresolvedError("it does not name a property; write schema/TABLE_ID/properties/PROPERTY_ID")
    for document in documents:
        table = _named(document.objects, steps[1])
        column = _named(table.items("properties"), steps[3]) if table else None
        if table and column and column.text("name"):
            return Target(table, document, table.value["name"], column_of(column))
    raise UnresolvedError(f"no contract has a table {steps[1]} with a property {steps[3]} (by id or name)")


def _named(nodes: list[Node], wanted: str) -> Node | None:
    for key in ("id", "name"):
        for node in nodes:
            if node.text(key) == wanted:
                return node
    return None


def _by_name(item: str, documents: list[Document], *, strict: bool) -> Target:
    """table.column by name or physicalName. With `strict`, a contract must have it; else the source may."""
    for document in documents:
        for table in document.objects:
            for name in (table.text("name"), table.text("physicalName")):
                if name and item.startswith(f"{name}."):
                    return _column_of(document, table, item.removeprefix(f"{name}."))
    table_name, _, column = item.rpartition(".")
    if strict or not table_name:
        raise UnresolvedError(f"that contract has no {item}")
    return Target(None, None, table_name, column)


def _column_of(document: Document, table: Node, name: str) -> Target:
    properties = table.items("properties")
    for node in properties:
        if name in (node.text("name"), node.text("physicalName")):
            return Target(table, document, table.value["name"], column_of(node))
    if any(name.startswith(f"{node.text('name')}.") for node in properties):
        raise UnresolvedError("it points to a nested property, which is not executed yet")
    near = meant(name, [node.value["name"] for node in properties if node.text("name")], 0.85)
    if near:
        raise UnresolvedError(f'table {table.value["name"]} has no property "{name}" in {document.label}{near}')
    return Target(table, document, table.value["name"], name, in_doubt=bool(properties))
