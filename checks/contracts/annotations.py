"""Findings as GitHub shows them beside the lines of a pull request: workflow commands on standard output."""

from __future__ import annotations

from pathlib import Path
from typing import Any

_LEVELS = {"error": "error", "warning": "warning", "info": "notice"}


def annotations(document: dict[str, Any], base: Path) -> str:
    """A line for each finding of a lint document. Files below `base`, the folder of the checkout, are named from there,
    which is how GitHub knows them."""
    lines = [
        annotation(found["level"], _named(each["file"], base), found["line"], found["path"], found["message"])
        for each in document["contracts"]
        for found in each["findings"]
    ]
    return "".join(f"{line}\n" for line in lines)


def annotation(level: str, file: str, line: int, title: str, message: str) -> str:
    """One workflow command. `level` is error, warning or info; nothing in the texts can end the command or begin
    another."""
    fields = {"file": file, "line": str(line), "title": title}
    written = ",".join(f"{name}={_field(text)}" for name, text in fields.items() if text)
    return f"::{_LEVELS[level]} {written}::{_escaped(message)}"


def _named(file: str, base: Path) -> str:
    path, root = Path(file).resolve(), base.resolve()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else file


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _field(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
