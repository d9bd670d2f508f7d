"""`enum` and `logicalTypeOptions` of a property: what the standard says about its single values.

One check for each, so that a result names what is wrong: `price.minimum`, `code.pattern`, `status.enum`. What can not
be made into a check is always noted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from typing import Any

from checks import regex
from checks.contracts import thresholds
from checks.contracts.document import Node, Notes, shown
from checks.contracts.extras import default_zone
from checks.contracts.subject import Subject
from checks.formats import nearest, predicate_of
from checks.predicates import (
    Items,
    Keys,
    Length,
    Limit,
    Matches,
    MultipleOf,
    Predicate,
    Properties,
    Relation,
    UniqueItems,
)
from checks.records import ValuesExpected

_LIMITS = {
    "minimum": Relation.AT_LEAST,
    "exclusiveMinimum": Relation.ABOVE,
    "maximum": Relation.AT_MOST,
    "exclusiveMaximum": Relation.BELOW,
}
#: said for readers, or read elsewhere
_NO_CHECKS = ("timezone", "defaultTimezone")
#: formats that every value has
_FOR_READERS = ("password", "binary", "f64")


def of_values(subject: Subject, node: Node, column: str) -> Iterator[tuple[str, ValuesExpected]]:
    """What the property expects of its values, each with the word for the check's id."""
    allowed = _allowed(subject, node)
    if allowed:
        yield "enum", ValuesExpected(column, "invalid", thresholds.NONE_ALLOWED, valid=allowed)
    options = node.child("logicalTypeOptions")
    if options is None or subject.document.is_broken(options):
        return  # what the standard refuses is told already
    for key, value in options.value.items():
        predicate = _predicate(subject, node, options, key, value)
        if predicate is not None:
            word = "requiredProperties" if key == "required" else key  # `required` is the one of NULL
            yield word, ValuesExpected(column, "invalid", thresholds.NONE_ALLOWED, meets=(predicate,))
    _note_reversed(options, subject.notes)


def _allowed(subject: Subject, node: Node) -> tuple[Any, ...]:
    """The values of `enum`. NULL is missing and never invalid, so naming it changes nothing."""
    members = node.items("enum")
    if any(subject.document.is_broken(member) for member in members):
        return ()
    values = [member.value.get("value") for member in members]
    plain = [value for value in values if value is not None]
    if values and not plain:
        subject.notes.warning(node.at("enum"), "allows NULL alone, so no value is compared; write required: false")
    return tuple({(type(value), value): value for value in plain}.values())


def _predicate(subject: Subject, node: Node, options: Node, key: str, value: Any) -> Predicate | None:
    if key in _NO_CHECKS or (key == "uniqueItems" and value is False):
        return None
    if key == "format":
        return _format(node, options, value, subject.notes)
    if key not in OPTIONS:
        known = ", ".join([*OPTIONS, "format"])
        subject.notes.warning(options.at(key), f"not executed yet: {key} is not checked in this version ({known} are)")
        return None
    try:
        return OPTIONS[key](key, value, _zone(node, subject.notes))
    except ValueError as error:
        subject.notes.error(options.at(key), f"{shown(value)} {error}; the check is not made")
        return None


def _format(node: Node, options: Node, value: Any, notes: Notes) -> Predicate | None:
    """A named format; of dates and times a pattern for those who read text, which says nothing about real ones."""
    place, name = options.at("format"), value if isinstance(value, str) else ""
    if node.text("logicalType") in ("date", "timestamp", "time"):
        notes.info(place, "is how the moment is written; a column of real moments has no format, nothing is checked")
    elif name.lower() in _FOR_READERS:
        notes.info(place, f"{name} says how values are meant; no value is against it, nothing is checked")
    else:
        found = predicate_of(name, _zone(node, notes))
        if found is None:
            notes.warning(place, f"not executed: {shown(value)} is no format of the library; {nearest(name)}")
        return found
    return None


def _zone(node: Node, notes: Notes) -> str:
    return default_zone(node, notes) or "UTC"


# -- one option to one predicate; each raises ValueError with what is wrong with the value -----------------------------


def _limit(key: str, value: Any, zone: str) -> Limit:
    if isinstance(value, str):
        return Limit(_LIMITS[key], _moment(value), zone)
    return Limit(_LIMITS[key], _number(value), zone)


def _moment(text: str) -> datetime | date | time:
    kinds = (date, datetime, time) if ":" in text else (date, datetime)  # a bare 2026 is no time of day
    for kind in kinds:
        try:
            return kind.fromisoformat(text.strip())
        except ValueError:
            continue
    raise ValueError("is no date, time or moment in ISO 8601; write for example 2026-01-31 or 2026-01-31T08:00:00Z")


def _number(value: Any) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or (isinstance(value, float) and not math.isfinite(value)) or abs(value) > 1e300:
        raise ValueError("is not a number")
    return value


def _multiple(_key: str, value: Any, _zone: str) -> MultipleOf:
    if _number(value) <= 0:
        raise ValueError("is not a number above 0")
    return MultipleOf(value)


def _length(key: str, value: Any, _zone: str) -> Length:
    return Length(Relation.AT_LEAST if key.startswith("min") else Relation.AT_MOST, _count(value))


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("is not a whole number from 0 up")
    return value


def _items(key: str, value: Any, _zone: str) -> Items | Properties:
    relation = Relation.AT_LEAST if key.startswith("min") else Relation.AT_MOST
    return Items(relation, _count(value)) if key.endswith("Items") else Properties(relation, _count(value))


def _unique(_key: str, value: Any, _zone: str) -> UniqueItems:
    if value is not True:
        raise ValueError("is not true or false")
    return UniqueItems()


def _keys(_key: str, value: Any, _zone: str) -> Keys:
    if not isinstance(value, list) or not value or not all(isinstance(name, str) for name in value):
        raise ValueError("is not a list of names")
    return Keys(tuple(value))


def _pattern(_key: str, value: Any, _zone: str) -> Matches:
    if not regex.is_pattern(value):
        raise ValueError("is not a regular expression")
    return Matches(value)


OPTIONS: dict[str, Callable[[str, Any, str], Predicate]] = {
    **dict.fromkeys(_LIMITS, _limit),
    "multipleOf": _multiple,
    "minLength": _length,
    "maxLength": _length,
    "pattern": _pattern,
    **dict.fromkeys(("minItems", "maxItems", "minProperties", "maxProperties"), _items),
    "uniqueItems": _unique,
    "required": _keys,
}


# -- options that contradict each other --------------------------------------------------------------------------------


def _note_reversed(options: Node, notes: Notes) -> None:
    """Limits that no value can meet."""
    for low, high in (
        *((low, high) for low in ("minimum", "exclusiveMinimum") for high in ("maximum", "exclusiveMaximum")),
        ("minLength", "maxLength"),
        ("minItems", "maxItems"),
        ("minProperties", "maxProperties"),
    ):
        first, last = options.value.get(low), options.value.get(high)
        if type(first) is type(last) is not str and isinstance(first, int | float) and first > last:
            notes.warning(options.at(high), f"{shown(last)} is below {low} {shown(first)}, so no value can meet both")
