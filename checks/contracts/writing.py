"""Values to YAML as people write it, read back as the same values by our reader and by others."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString, SingleQuotedScalarString

_WIDTH = 110
_WORDS = {"yes", "no", "on", "off", "y", "n", "true", "false", "null"}  # no text to some reader


def yaml_text(data: dict[str, Any], comments: Sequence[str] = ()) -> str:
    """One document, keys in the order given. `comments` stand above it, a line each."""
    writer = YAML()
    writer.width = _WIDTH
    writer.indent(mapping=2, sequence=4, offset=2)
    writer.allow_unicode = True
    text = io.StringIO()
    writer.dump(_plain(data), text)
    above = "".join(f"# {' '.join(_printable(line).split())}".rstrip() + "\n" for line in comments)
    return above + text.getvalue()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {_text(str(key)): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return _text(value) if isinstance(value, str) else value


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


def _printable(line: str) -> str:
    line = line.encode("utf-8", "replace").decode("utf-8")
    return "".join(sign if sign.isprintable() else " " for sign in line)
