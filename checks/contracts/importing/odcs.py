"""A contract of an older version (ODCS 3.0), or from elsewhere, brought to the spelling of today.

What people wrote around it stays: the order of keys, comments, quotes and indentation.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.util import load_yaml_guess_indent

from checks.contracts import standard
from checks.contracts.document import path_text
from checks.contracts.importing.draft import NotImportable
from checks.contracts.read import Parsed, YamlError, parse

_OLD = {"v3.0.0", "v3.0.1", "v3.0.2"}


def read_odcs(text: str, label: str) -> str:
    """The contract as text. Raises NotImportable for what is none."""
    if not text.endswith("\n"):
        text += "\n"
    _parsed(text, label)  # refuses bombs before anything else reads them
    try:
        writer = YAML()
        writer.preserve_quotes = True
        writer.width = 4096  # lines stay as long as they are
        _, indent, offset = load_yaml_guess_indent(text)
        writer.indent(mapping=_mapping_indent(text), sequence=indent or 2, offset=offset or 0)
        data = writer.load(text)
        _modernise(data)
        written = io.StringIO()
        writer.dump(data, written)
    except YAMLError as error:
        raise NotImportable(label, f"is not YAML that can be written again ({type(error).__name__})") from None
    after = _parsed(written.getvalue(), label)
    problems = standard.problems(after.data)
    if problems:
        place, said = problems[0]
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise NotImportable(label, f"{path_text(place)}: {said}{more}", _line(after, place))
    return written.getvalue()


def _parsed(text: str, label: str) -> Parsed:
    try:
        return parse(text.encode())
    except YamlError as error:
        raise NotImportable(label, str(error), error.line) from None


def _line(parsed: Parsed, place: tuple[str | int, ...]) -> int:
    while place and place not in parsed.lines:
        place = place[:-1]
    return parsed.lines.get(place, 1)


def _mapping_indent(text: str) -> int:
    """How far the first nested key is indented."""
    before = ""
    for line in text.splitlines():
        bare = line.lstrip(" ")
        if bare and not bare.startswith(("#", "-")):
            if before.endswith(":") and not before.startswith(" ") and len(bare) < len(line):
                return len(line) - len(bare)
            before = line.partition(" #")[0].rstrip()
    return 2


# -- old spellings -----------------------------------------------------------------------------------------------------


def _modernise(data: CommentedMap) -> None:
    if data.get("apiVersion") in _OLD:
        data["apiVersion"] = "v3.1.0"
    for rule in _rules(data):
        if "rule" in rule and "metric" not in rule and rule.get("type", "library") == "library":
            _rename(rule, "rule", "metric")


def _rules(part: Any) -> Iterator[CommentedMap]:
    """All quality rules below a part."""
    for key, each in part.items() if isinstance(part, CommentedMap) else enumerate(part):
        if key == "quality" and isinstance(each, CommentedSeq):
            yield from (rule for rule in each if isinstance(rule, CommentedMap))
        elif isinstance(each, CommentedMap | CommentedSeq):
            yield from _rules(each)


def _rename(node: CommentedMap, old: str, new: str) -> None:
    """In place, with the comment behind it."""
    position = list(node).index(old)
    node.insert(position, new, node.pop(old))
    if old in node.ca.items:
        node.ca.items[new] = node.ca.items.pop(old)
