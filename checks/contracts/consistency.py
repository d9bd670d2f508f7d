"""Where a contract contradicts itself: names and ids that stand for two things, keys without an order, a version that
no newer one can follow."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from checks.contracts.document import Document, Node, Notes, shown
from checks.contracts.read import Place
from checks.contracts.sentences import meant, thing
from checks.contracts.subject import column_of

_STATUSES = ("proposed", "draft", "active", "deprecated", "retired", "current")
_VERSION = re.compile(r"v?\d+\.\d+\.\d+([-+].+)?")


def note_contradictions(document: Document, notes: Notes) -> None:
    """Everything in a document that only one of two places can mean."""
    root = document.root
    _version(root, notes)
    _ids(root.value, (), notes)
    _twice(root.items("servers"), "server", "servers", notes)
    _twice(document.objects, "name", "schema objects", notes)
    tables = [node for node in document.objects if node.text("physicalName")]
    _twice(tables, "physicalName", "schema objects with physicalName", notes)
    for node in document.objects:
        _of_table(node, notes)


def _version(root: Node, notes: Notes) -> None:
    version, status = root.text("version"), root.text("status")
    if version and not _VERSION.fullmatch(version):
        told = f"{shown(version)} is no semantic version, so nobody can tell how much changed; write for example 1.0.0"
        notes.warning(root.at("version"), told)
    if status and status.lower() not in _STATUSES and (near := meant(status, _STATUSES, 0.8)):
        notes.warning(root.at("status"), f"{shown(status)} is no status of the standard{near}")


def _ids(value: Any, place: Place, notes: Notes) -> None:
    """Ids are what others refer to, so that one can stand only once in its list."""
    if isinstance(value, list):
        nodes = [Node(each, (*place, index)) for index, each in enumerate(value) if isinstance(each, dict)]
        for node, first in _repeats(nodes, "id"):
            line = _line(notes, first)
            notes.error(node.at("id"), f"{shown(node.value['id'])} is also the id of {thing(place)} on line {line}")
    for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(inner, dict | list):
            _ids(inner, (*place, step), notes)


def _twice(nodes: Sequence[Node], key: str, what: str, notes: Notes) -> None:
    for node, first in _repeats(nodes, key):
        line = _line(notes, first)
        notes.error(
            node.at(key), f"there are two {what} called {shown(node.value[key])} (first on line {line}); keep one"
        )


def _repeats(nodes: Sequence[Node], key: str) -> Iterator[tuple[Node, Node]]:
    """The nodes whose text at `key` an earlier node has already, each with that one."""
    first: dict[str, Node] = {}
    for node in nodes:
        text = node.text(key)
        if text and first.setdefault(text, node) is not node:
            yield node, first[text]


def _line(notes: Notes, node: Node) -> int:
    return notes.lines.get(node.place, 1)


# -- a table -----------------------------------------------------------------------------------------------------------


def _of_table(table: Node, notes: Notes) -> None:
    properties = [node for node in table.items("properties") if node.text("name")]
    _columns(properties, notes)
    _rule_ids(table, properties, notes)
    keys = [node for node in properties if node.flag("primaryKey")]
    _order(keys, "primaryKey", "primaryKeyPosition", notes)
    _order([node for node in properties if node.flag("partitioned")], "partitioned", "partitionKeyPosition", notes)
    for node in properties:
        for flag, position in (("primaryKey", "primaryKeyPosition"), ("partitioned", "partitionKeyPosition")):
            if _number(node, position) > 0 and not node.flag(flag):
                notes.warning(node.at(position), f"means nothing without {flag}: true")


def _columns(properties: Sequence[Node], notes: Notes) -> None:
    for name, times in Counter(node.value["name"] for node in properties).items():
        if times > 1:
            last = [node for node in properties if node.value["name"] == name][-1]
            notes.error(last.at("name"), f'there are {times} properties called "{name}"; keep one')
    first: dict[str, Node] = {}
    for node in properties:
        other = first.setdefault(column_of(node), node)
        if other is not node and other.value["name"] != node.value["name"]:
            key = "physicalName" if node.text("physicalName") else "name"
            told = f"is the column of the property {other.value['name']} too (line {_line(notes, other)})"
            notes.error(node.at(key), f"{column_of(node)} {told}; one column is one property")


def _rule_ids(table: Node, properties: Sequence[Node], notes: Notes) -> None:
    """The ids of a table's rules and relationships name its checks, wherever in the table they stand."""
    rules = [
        rule for owner in (table, *properties) for key in ("quality", "relationships") for rule in owner.items(key)
    ]
    for node, first in _repeats(rules, "id"):
        if node.place[:-1] != first.place[:-1]:  # those of one list are told already
            told = f"{shown(node.value['id'])} is also the id of a check of this table on line {_line(notes, first)}"
            notes.error(node.at("id"), f"{told}; an id names one check")


def _order(keys: Sequence[Node], flag: str, position: str, notes: Notes) -> None:
    positions = [_number(node, position) for node in keys]
    for node, number in zip(keys, positions, strict=True):
        if number == 0:
            notes.warning(node.at(position), f"positions start with 1; {node.value['name']} has 0")
    given = [number for number in positions if number > 0]
    if len(keys) > 1 and len(set(given)) < len(keys):
        unclear = [
            node for node, number in zip(keys, positions, strict=True) if positions.count(number) > 1 or number < 1
        ]
        what = "primary key" if flag == "primaryKey" else "partition"
        told = f"the columns of the {what} have no clear order; give each its own {position}"
        notes.warning(unclear[-1].at(position), told)


def _number(node: Node, key: str) -> int:
    value = node.value.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else -1
