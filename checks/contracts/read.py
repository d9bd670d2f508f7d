"""YAML text to plain values, remembering the line of each; safe with any text.

Contracts are written by many hands and read by many tools, so a plain word means here what it looks like: only true and
false are booleans, dates stay text, and so do numbers that YAML readers disagree about (012, 1_000, 12:30). Where other
readers would see something else, that is reported as a doubt.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.reader import ReaderError

MAX_BYTES = 1_000_000
MAX_DEPTH = 40
MAX_ALIASES = 200
MAX_VALUES = 100_000  # after aliases are followed: a billion laughs end here

Place = tuple[str | int, ...]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_KINDS = ("str", "int", "float", "bool", "null", "timestamp", "map", "seq", "merge", "value")
_KNOWN_TAGS = {_TAG + kind for kind in _KINDS}
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_INTEGER = re.compile(r"[-+]?(0|[1-9]\d*)", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.\d+|(0|[1-9]\d*)(\.\d*)?)([eE][-+]?\d+)?", re.ASCII)
_SPECIAL = re.compile(r"([-+]?)\.(inf|nan)", re.IGNORECASE)


class YamlError(Exception):
    """The text is no contract at all. `line` counts from 1."""

    def __init__(self, line: int, message: str) -> None:
        self.line = line
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Parsed:
    """The values, the line of each by its place, and places where YAML readers disagree: (place, sentence)."""

    data: dict[str, Any]
    lines: dict[Place, int]
    doubts: list[tuple[Place, str]]


def parse(raw: bytes) -> Parsed:
    """One YAML document that is a mapping. Raises YamlError."""
    if len(raw) > MAX_BYTES:
        raise YamlError(1, f"is larger than {MAX_BYTES:,} bytes")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise YamlError(raw.count(b"\n", 0, error.start) + 1, "is not UTF-8 text; save it as UTF-8") from error
    root = _composed(text)
    if not isinstance(root, MappingNode):
        raise YamlError(1, "is no contract: it must be a YAML mapping such as `kind: DataContract`")
    builder = _Builder()
    data = builder.build(root, ())
    return Parsed(data, builder.lines, builder.doubts)


def _composed(text: str) -> Node | None:
    try:
        _refuse_bombs(text)
        return yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = ": ".join(part for part in (error.context, error.problem) if part)
        raise YamlError(mark.line + 1 if mark else 1, f"is not YAML: {said}") from error
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise YamlError(line, "is not YAML: it holds a control character") from error


def _refuse_bombs(text: str) -> None:
    """Looks over the events, which costs no memory, before anything is composed."""
    depth = aliases = 0
    for event in yaml.parse(text, Loader=_LOADER):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.events.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.events.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.events.AliasEvent):
            aliases += 1
        if depth > MAX_DEPTH:
            raise YamlError(line, f"is nested deeper than {MAX_DEPTH} levels")
        if aliases > MAX_ALIASES:
            raise YamlError(line, f"has more than {MAX_ALIASES} aliases")


@dataclass
class _Builder:
    lines: dict[Place, int] = field(default_factory=dict)
    doubts: list[tuple[Place, str]] = field(default_factory=list)
    built: int = 0

    def build(self, node: Node, place: Place) -> Any:
        self.lines.setdefault(place, _line(node))
        self._count(node, len(place))
        if node.tag not in _KNOWN_TAGS:
            tag = node.tag.replace(_TAG, "!!")
            raise YamlError(_line(node), f"has the tag {tag}, which a contract can not have; remove it")
        if isinstance(node, MappingNode):
            return {key: self._member(pair, (*place, key)) for key, pair in self._pairs(node, 0).items()}
        if isinstance(node, SequenceNode):
            return [self.build(item, (*place, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, place)

    def _count(self, node: Node, depth: int) -> None:
        self.built += 1
        if self.built > MAX_VALUES:
            raise YamlError(_line(node), f"has more than {MAX_VALUES:,} values once its aliases are followed")
        if depth > MAX_DEPTH:
            raise YamlError(_line(node), "contains itself through an alias")

    def _member(self, pair: tuple[Node, Node], place: Place) -> Any:
        self.lines[place] = _line(pair[0])
        return self.build(pair[1], place)

    def _pairs(self, node: MappingNode, depth: int) -> dict[str, tuple[Node, Node]]:
        """Keys and values, those merged in by `<<` last."""
        self._count(node, depth)
        pairs: dict[str, tuple[Node, Node]] = {}
        merged: list[MappingNode] = []
        for key_node, value_node in node.value:
            if key_node.tag == _TAG + "merge":
                merged += _mappings(value_node)
                continue
            key = _key(key_node)
            if key in pairs:
                first = _line(pairs[key][0])
                raise YamlError(_line(key_node), f'has the key "{key}" twice (first on line {first}); keep one')
            pairs[key] = (key_node, value_node)
        for other in merged:
            pairs = self._pairs(other, depth + 1) | pairs
        return pairs

    def _scalar(self, node: Node, place: Place) -> Any:
        text = node.value
        if isinstance(node, ScalarNode) and node.style not in (None, ""):
            return text
        value = _plain(text, node.tag)
        if isinstance(value, str) and node.tag in (_TAG + "bool", _TAG + "int", _TAG + "float"):
            kind = "true or false" if node.tag.endswith("bool") else "another number"
            self.doubts.append(
                (place, f"{text} is read as text here, by other YAML readers as {kind}; put it in quotes")
            )
        return value


def _line(node: Node) -> int:
    return node.start_mark.line + 1


def _mappings(node: Node) -> list[MappingNode]:
    nodes = node.value if isinstance(node, SequenceNode) else [node]
    mappings = [one for one in nodes if isinstance(one, MappingNode)]
    if len(mappings) < len(nodes):
        raise YamlError(_line(node), "merges (<<) something that is no mapping")
    return mappings


def _key(node: Node) -> str:
    if not isinstance(node, ScalarNode):
        raise YamlError(_line(node), "has a key that is not plain text")
    return node.value


def _plain(text: str, tag: str) -> Any:
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if tag == _TAG + "str" and "e" not in text.lower():  # 1e6 is text for YAML 1.1 and a number for everybody else
        return text
    if _INTEGER.fullmatch(text) and len(text) < 20:
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    special = _SPECIAL.fullmatch(text)
    return float(special[1] + special[2]) if special else text
