"""What the custom rules for Vitals have in common: which keys a rule may have, its column, its numbers, its refusal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from checks.contracts.document import Node, shown
from checks.contracts.sentences import unknown_field
from checks.contracts.subject import Subject
from checks.records import Dimension, Expectation, Operator

#: what a kind of rule is made into: the id part, the dimension and the expectation
CustomMade = tuple[str, Dimension, Expectation]


def refused(subject: Subject, node: Node, why: str, key: str | None = None) -> None:
    """Notes the error that costs the check."""
    subject.notes.error(node.at(key) if key else node.place, f"{why}; the check is not made")


def body(subject: Subject, inner: Node, kind: str, keys: Sequence[str], *, limited: bool = True) -> Node | None:
    """The mapping of a rule's kind; None, and an error noted, where it is none or has a key that means nothing. Beside
    the kind stands the operator where the rule is `limited` by one, and nothing else."""
    if not has_only(subject, inner, (kind, *map(str, Operator if limited else ()))):
        return None
    found = inner.child(kind)
    if found is None:
        return refused(subject, inner, f"{kind} must be a mapping of {', '.join(keys)}", kind)
    return found if has_only(subject, found, keys) else None


def has_only(subject: Subject, node: Node, keys: Sequence[str]) -> bool:
    """Whether the mapping has no other keys; an error is noted of the first that is unknown."""
    for key in node.value:
        if key not in keys:
            refused(subject, node, unknown_field(str(key), keys, node.place), key)
            return False
    return True


def column_of_rule(subject: Subject, node: Node, column: str | None, key: str = "column") -> str | None:
    """The column that the rule names by its property, else that of the property it is under."""
    if key not in node.value:
        return column if column is not None else refused(subject, node, f"needs {key}, the name of a property")
    named = node.text(key)
    if named is None:
        return refused(subject, node, f"{shown(node.value[key])} is not the name of a property", key)
    return subject.column(named, node.at(key))


def one_of(subject: Subject, node: Node, key: str, words: Sequence[str]) -> str | None:
    """A word out of a list, in any letter case."""
    word = (node.text(key) or "").lower()
    if word in words:
        return word
    return refused(subject, node, f"{shown(node.value.get(key))} is not one of {', '.join(words)}", key)


def number_in(subject: Subject, node: Node, key: str, low: float, high: float) -> float | None:
    """A number from `low` to `high`."""
    value: Any = node.value.get(key)
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if is_number and low <= value <= high:
        return float(value)
    return refused(subject, node, f"{shown(value)} is not a number from {low:g} to {high:g}", key)
