"""transformSourceObjects: which datasets the columns of a dataset are made from."""

from __future__ import annotations

from collections.abc import Iterator

from checks.contracts.document import Node, properties_below
from checks.contracts.subject import Subject, column_of
from checks.records import MadeFrom


def made_from(subject: Subject) -> tuple[MadeFrom, ...]:
    """What the contract says, each source once per column. A column is told of what its nested properties are made
    from."""
    found = (
        MadeFrom(column_of(column), _dataset(name, subject))
        for column in subject.columns_there
        for node in (column, *properties_below(column))
        for name in _names(node)
    )
    return tuple(dict.fromkeys(found))


def _names(node: Node) -> Iterator[str]:
    value = node.value.get("transformSourceObjects")
    for name in value if isinstance(value, list) else ():
        if isinstance(name, str) and name.strip():
            yield name.strip()


def _dataset(written: str, subject: Subject) -> str:
    """The name of the dataset that is meant. A name may begin with that of another source; without, it is an object of
    a contract or a table of the same source. What is nowhere keeps the name that it would have."""
    catalogue = subject.catalogue
    source, name = catalogue.split(written, subject.source)
    schema = subject.server.text("schema") if subject.server and source == subject.source else None
    for node in _objects(subject):
        if name in (node.text("name"), node.text("physicalName")):
            located = catalogue.object(source, node, subject.server if source == subject.source else None)
            if located.problem is None:
                return f"{source}.{located.table}"
    return f"{source}.{catalogue.named(source, [name], schema).table}"


def _objects(subject: Subject) -> Iterator[Node]:
    others = (document for document in subject.catalogue.documents if document is not subject.document)
    for document in (subject.document, *others):
        yield from document.objects
