"""Where in a column something is: `lines[].amount` is the path (Part.ITEMS, 'amount') in the column `lines`."""

from __future__ import annotations

from enum import Enum


class Part(Enum):
    """What a step of a path stands for where it is no property's name."""

    ITEMS = "[]"
    KEYS = "{key}"
    VALUES = "{value}"


Path = tuple[str | Part, ...]


def in_words(column: str, path: Path) -> str:
    """'lines[].amount'."""
    return column + "".join(step.value if isinstance(step, Part) else f".{step}" for step in path)
