"""What a property expects of what is inside of it: the properties of an object, the items of a list, the keys and
values of a map, at any depth. What is said of them and not executed is noted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from checks.contracts import thresholds
from checks.contracts.document import Node
from checks.contracts.options import of_values
from checks.contracts.subject import Subject, column_of
from checks.paths import Part, Path, in_words
from checks.records import ColumnExpected, Dimension, Expectation, ValuesExpected

#: logical types that are compared with those of a warehouse; of others only the presence is checked
COMPARED_TYPES = {"string", "date", "timestamp", "time", "number", "integer", "object", "array", "boolean", "map"}
#: what is said of columns alone, and why it is not asked of what is inside of one
_OF_COLUMNS = {
    "unique": "different values are counted of columns",
    "primaryKey": "a key is made of columns",
    "partitioned": "tables are partitioned by columns",
    "relationships": "references start at columns",
    "encryptedName": "encrypted values stand in columns",
    "quality": "rules are about tables and columns; write enum, required or logicalTypeOptions here",
}

_ZONES = "time zones are compared with the types of timestamp columns"

#: types of servers whose warehouses are asked inside of columns, or whose type says nothing of it
_ASKED = ("duckdb", "local", "postgres", "postgresql", "cloudsql", "custom", "")
#: formats of files that hold nothing but text
_TEXTS = ("csv", "tsv")


@dataclass(frozen=True, slots=True)
class Inside:
    """A place inside of a property: its path from the column, its name in the contract, and what is said of it."""

    path: Path
    name: str
    node: Node


def compared_type(node: Node) -> str | None:
    """The logical type of a property that is compared; None where it has none such."""
    logical = node.text("logicalType")
    return logical if logical in COMPARED_TYPES else None


def places(node: Node) -> Iterator[Inside]:
    """Everything inside of a property, outer places first."""
    yield from _below(Inside((), node.value["name"], node))


def of_places(subject: Subject, node: Node, column: str) -> Iterator[tuple[str, Dimension, Expectation]]:
    """What is expected inside of a property: the check's id, its dimension and its expectation."""
    for place in places(node):
        compared = compared_type(place.node)
        there = ColumnExpected(column, compared, place.node.text("physicalType"), place.path)
        yield f"{place.name}.column", Dimension.CONFORMITY, there
        if place.node.flag("required"):
            present = ValuesExpected(column, "missing", thresholds.NONE_ALLOWED, path=place.path)
            yield f"{place.name}.required", Dimension.COMPLETENESS, present
        for word, values in of_values(subject, place.node, column):
            yield f"{place.name}.{word}", Dimension.CONFORMITY, replace(values, path=place.path)


def note_not_executed(subject: Subject, node: Node) -> None:
    """What is said of a property or inside of it, and is not executed."""
    notes = subject.notes
    for place in (Inside((), node.value["name"], node), *places(node)):
        if place.node.text("logicalType") == "vector":
            told = f"not executed yet: vector is not compared; {place.name} must exist"
            notes.info(place.node.at("logicalType"), told)
        _note_zone(subject, place)
    for place in places(node):
        for key, why in _OF_COLUMNS.items():
            if place.node.value.get(key):
                notes.warning(place.node.at(key), f"not executed: {place.name} is inside of a column, and {why}")
        if place.node.text("physicalType"):
            known = "the structs and lists of DuckDB and the arrays of PostgreSQL"
            notes.info(place.node.at("physicalType"), f"is compared in {known}; JSON has no such types")
    _note_servers(subject, node)


def _note_zone(subject: Subject, place: Inside) -> None:
    """Whether there is a time zone is asked of the types of columns with moments alone."""
    options = place.node.child("logicalTypeOptions")
    if options is None or not isinstance(options.value.get("timezone"), bool):
        return
    if place.path:
        subject.notes.warning(options.at("timezone"), f"not executed: {place.name} is inside of a column, and {_ZONES}")
    elif place.node.text("logicalType") == "time":
        subject.notes.warning(options.at("timezone"), f"not executed: {place.name} is a time of day, and {_ZONES}")


def _note_servers(subject: Subject, node: Node) -> None:
    """Servers of the contract whose warehouses are not asked inside of columns."""
    key = next((key for key in ("properties", "items", "map") if key in node.value), None)
    for server in subject.document.root.items("servers") if key else ():
        kind, form = (server.text("type") or "").lower(), (server.text("format") or "").lower()
        if kind not in _ASKED or form in _TEXTS:
            called = f"{server.text('server')} ({form if form in _TEXTS else kind})"
            only = "only DuckDB, Parquet and PostgreSQL are asked inside of columns"
            subject.notes.warning(node.at(key or ""), f"not executed on the server {called}: {only}")


def _below(place: Inside) -> Iterator[Inside]:
    found = [_property(place, each) for each in place.node.items("properties") if each.text("name")]
    items, pair = place.node.child("items"), place.node.child("map")
    parts = [(Part.ITEMS, items)]
    if pair:
        parts += [(Part.KEYS, pair.child("key")), (Part.VALUES, pair.child("value"))]
    found += [_part(place, part, inner) for part, inner in parts if inner]
    for each in found:
        yield each
        yield from _below(each)


def _property(place: Inside, node: Node) -> Inside:
    return Inside((*place.path, column_of(node)), f"{place.name}.{node.value['name']}", node)


def _part(place: Inside, part: Part, node: Node) -> Inside:
    return Inside((*place.path, part), in_words(place.name, (part,)), node)
