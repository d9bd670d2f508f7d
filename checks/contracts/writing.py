"""Values to YAML as people write it, read back as the same values by our reader and by others."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString, SingleQuotedScalarString

from checks.contracts.read import Place

_WIDTH = 110
_WORDS = {"yes", "no", "on", "off", "y", "n", "true", "false", "null"}  # no text to some reader


def yaml_text(data: dict[str, Any], comments: Sequence[str] = (), beside: Mapping[Place, str] | None = None) -> str:
    """One document, keys in the order given. `comments` stand above it, a line each; `beside` are comments behind the
    values at these places, or above those that have lines of their own."""
    writer = YAML()
    writer.width = _WIDTH
    writer.indent(mapping=2, sequence=4, offset=2)
    writer.allow_unicode = True
    text = io.StringIO()
    tree = _plain(data)
    for place, said in (beside or {}).items():
        _comment(tree, place, _one_line(said))
    writer.dump(tree, text)
    above = "".join(f"# {_one_line(line)}".rstrip() + "\n" for line in comments)
    return above + text.getvalue()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return CommentedMap({_text(str(key)): _plain(each) for key, each in value.items()})
    if isinstance(value, list | tuple):
        return CommentedSeq([_plain(each) for each in value])
    return _text(value) if isinstance(value, str) else value


def _comment(tree: Any, place: Place, said: str) -> None:
    """Behind a scalar, above anything else: YAML has no place behind a list."""
    indent = 0
    for step in place[:-1]:
        indent += 4 if isinstance(tree, CommentedSeq) else 0
        tree = tree[step]
    if isinstance(tree[place[-1]], CommentedMap | CommentedSeq):
        tree.yaml_set_comment_before_after_key(place[-1], before=said, indent=indent + 2 * _below_maps(place))
    else:
        tree.yaml_add_eol_comment(said, place[-1], column=0)


def _below_maps(place: Place) -> int:
    """How many mappings stand directly in another one on the way."""
    return sum(isinstance(one, str) and isinstance(two, str) for one, two in pairwise(place))


def _text(value: str) -> str:
    """Quoted where some reader of YAML takes the plain word for a number, a date or a yes. Half a surrogate pair, which
    is no text, becomes a question mark."""
    value = value.encode("utf-8", "replace").decode("utf-8")
    lines = value.split("\n")
    if not all(line.isprintable() for line in lines):
        return DoubleQuotedScalarString(value)
    if len(lines) > 1:
        tidy = all(line and line == line.strip() for line in lines)
        return LiteralScalarString(value) if tidy else DoubleQuotedScalarString(value)
    starts_well = value[:1].isalpha() or value[:1] == "_"
    return str(value) if starts_well and value.lower() not in _WORDS else SingleQuotedScalarString(value)


def _one_line(text: str) -> str:
    return " ".join(_printable(text).split())


def _printable(line: str) -> str:
    line = line.encode("utf-8", "replace").decode("utf-8")
    return "".join(sign if sign.isprintable() else " " for sign in line)
