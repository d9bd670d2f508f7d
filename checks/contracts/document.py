"""One contract as read: its values with their lines, and what was found wrong with it so far."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from checks.contracts.read import Place


class Level(StrEnum):
    """How bad a finding is. An error means that something the contract asks for is not checked."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to tell about a contract. `path` names the place in the document, `line` counts from 1."""

    file: str
    level: Level
    line: int
    path: str
    message: str

    def __str__(self) -> str:
        at = f"{self.path}: " if self.path else ""
        return f"{self.file}:{self.line}: {self.level}: {at}{self.message}"


@dataclass(frozen=True, slots=True)
class Node:
    """A mapping of the document with its place. A value of the wrong type reads as absent: the standard's schema has
    reported it."""

    value: dict[str, Any]
    place: Place

    def text(self, key: str) -> str | None:
        value = self.value.get(key)
        return value if isinstance(value, str) and value else None

    def flag(self, key: str) -> bool:
        return self.value.get(key) is True

    def child(self, key: str) -> Node | None:
        value = self.value.get(key)
        return Node(value, (*self.place, key)) if isinstance(value, dict) else None

    def items(self, key: str) -> list[Node]:
        """The mappings of a list."""
        value = self.value.get(key)
        members = enumerate(value) if isinstance(value, list) else ()
        return [Node(member, (*self.place, key, index)) for index, member in members if isinstance(member, dict)]

    def at(self, key: str) -> Place:
        return (*self.place, key)


@dataclass(frozen=True, eq=False)
class Document:
    """`file` is where it was read, `label` how people name it, `data` the values (empty where it is no YAML). `broken`
    are the places that the standard's schema refuses: rules there are not made into checks. A document is shared by all
    who read the same file, so that nothing in it may be changed; two are equal only if they are the same."""

    file: Path
    label: str
    data: dict[str, Any]
    lines: dict[Place, int]
    findings: tuple[Finding, ...] = ()
    broken: frozenset[Place] = frozenset()

    @property
    def root(self) -> Node:
        return Node(self.data, ())

    @property
    def id(self) -> str | None:
        return self.root.text("id")

    @property
    def status(self) -> str | None:
        return self.root.text("status")

    @property
    def version(self) -> str | None:
        return self.root.text("version")

    @property
    def owner(self) -> str | None:
        """The team's name; without one the member whose role is owner, or the first."""
        team = self.root.child("team")
        if team and team.text("name"):
            return team.text("name")
        members = team.items("members") if team else self.root.items("team")
        owning = [member for member in members if "owner" in (member.text("role") or "").lower()]
        people = [member.text("name") or member.text("username") for member in (*owning, *members)]
        return next((name for name in people if name), None)

    @property
    def objects(self) -> list[Node]:
        """The schema objects (tables) that have a name."""
        return [node for node in self.root.items("schema") if node.text("name")]

    def line(self, place: Place) -> int:
        """The line of a place, or of what contains it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def is_broken(self, node: Node) -> bool:
        """Whether the standard refuses the node or something in it."""
        length = len(node.place)
        return any(place[:length] == node.place for place in self.broken)


@dataclass
class Notes:
    """Collects findings about one document."""

    label: str
    lines: dict[Place, int]
    found: list[Finding] = field(default_factory=list)

    @classmethod
    def on(cls, document: Document) -> Notes:
        return cls(document.label, document.lines)

    def error(self, place: Place, message: str) -> None:
        self._add(Level.ERROR, place, message)

    def warning(self, place: Place, message: str) -> None:
        self._add(Level.WARNING, place, message)

    def info(self, place: Place, message: str) -> None:
        self._add(Level.INFO, place, message)

    def _add(self, level: Level, place: Place, message: str) -> None:
        known = place
        while known and known not in self.lines:
            known = known[:-1]
        self.found.append(Finding(self.label, level, self.lines.get(known, 1), path_text(place), message))


def path_text(place: Place) -> str:
    """schema[0].properties[2].quality[0].mustBe"""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return text.removeprefix(".")


def shown(value: object) -> str:
    """A value of the document for a sentence, shortened."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "..."


def properties_below(node: Node) -> Iterator[Node]:
    """The properties nested in a property, at any depth."""
    inner = node.items("properties")
    inner += [child for child in (node.child("items"),) if child]
    key_and_value = node.child("map")
    if key_and_value:
        inner += [child for child in (key_and_value.child("key"), key_and_value.child("value")) if child]
    for each in inner:
        yield each
        yield from properties_below(each)


def custom_properties(node: Node) -> dict[str, Node]:
    """The node's customProperties by name."""
    return {name: each for each in node.items("customProperties") if (name := each.text("property"))}
