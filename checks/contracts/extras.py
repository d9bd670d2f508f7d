"""Vitals' own declarations in customProperties: what the standard has no field for.

On a schema object: vitals.eventTime, .loadTime, .key, .timezone, .grain, .schedule, .consumers, .emptyIsFine, and for
deadlines (`levels`) .weekdays and .holidays, and .objective. On a rule: vitals.scope.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from checks.contracts.document import Node, Notes, custom_properties, shown
from checks.contracts.subject import Subject, column_of
from checks.records import Consumer, ConsumerKind, Grain
from checks.values import cron, zone

_T = TypeVar("_T")

ON_OBJECTS = (
    "vitals.eventTime",
    "vitals.loadTime",
    "vitals.key",
    "vitals.timezone",
    "vitals.weekdays",
    "vitals.holidays",
    "vitals.grain",
    "vitals.schedule",
    "vitals.consumers",
    "vitals.emptyIsFine",
    "vitals.objective",
)
ON_RULES = ("vitals.scope",)
_OF_CONSUMERS = ("name", "kind", "owner", "url")


@dataclass(frozen=True, slots=True)
class Extras:
    """What a contract declares about measuring a dataset; None or empty where it says nothing usable."""

    event_time: str | None = None
    load_time: str | None = None
    key: tuple[str, ...] = ()
    zone: str | None = None
    load_zone: str | None = None
    grain: Grain | None = None
    schedule: str | None = None
    consumers: tuple[Consumer, ...] = ()


def extras(subject: Subject, dated_by: str | None = None) -> Extras:
    """Reads the declarations of a schema object; wrong ones are noted and left out. `dated_by` is the column that a
    service level is about: the event time, where none is declared."""
    found = custom_properties(subject.node)
    for name, node in found.items():
        note_unknown(name, node, ON_OBJECTS, subject.notes)
    names = _texts(found.get("vitals.eventTime"), subject.notes)
    event_time = _column(subject, found["vitals.eventTime"], names) if names else dated_by
    load_time = _load_time(subject, found.get("vitals.loadTime"), event_time)
    keys = _texts(found.get("vitals.key"), subject.notes)
    columns = [subject.column(name, found["vitals.key"].at("value")) for name in keys]
    _empty_is_fine(found.get("vitals.emptyIsFine"), subject.notes)
    return Extras(
        event_time=event_time,
        load_time=load_time,
        key=tuple(column for column in columns if column) if all(columns) else (),
        zone=_zone(subject, found.get("vitals.timezone"), event_time),
        load_zone=default_zone(event_time_property(subject, load_time), subject.notes) if load_time else None,
        grain=_checked(found.get("vitals.grain"), _grain, subject.notes),
        schedule=_checked(found.get("vitals.schedule"), cron, subject.notes),
        consumers=_consumers(found.get("vitals.consumers"), subject.notes),
    )


def note_unknown(name: str, node: Node, known: tuple[str, ...], notes: Notes) -> None:
    """Warns of a vitals.* key that means nothing at this place."""
    if name.startswith("vitals.") and name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(known) or 'none'}"
        notes.warning(node.at("property"), f"{name} means nothing here; {hint}")


def event_time_property(subject: Subject, column: str | None) -> Node | None:
    """The property behind an event time or load time column."""
    return next((node for node in subject.properties if column_of(node) == column), None)


def default_zone(node: Node | None, notes: Notes) -> str | None:
    """The zone in which naive values of a property are read (logicalTypeOptions.defaultTimezone, else .timezone where
    it is a name)."""
    options = node.child("logicalTypeOptions") if node else None
    for key in ("defaultTimezone", "timezone"):
        if options and options.text(key):
            return _zone_or_none(options.value[key], options.at(key), notes)
    return None


def _zone(subject: Subject, node: Node | None, event_time: str | None) -> str | None:
    of_dataset = _checked(node, zone, subject.notes)
    of_property = default_zone(event_time_property(subject, event_time), subject.notes)
    if node and of_dataset and of_property and of_dataset != of_property:
        wrong = f"differs from the defaultTimezone {of_property} of {event_time}, which is used"
        subject.notes.warning(node.at("value"), wrong)
    return of_property or of_dataset


def _load_time(subject: Subject, node: Node | None, event_time: str | None) -> str | None:
    names = _texts(node, subject.notes)
    if node is None or not names:
        return None
    column = _column(subject, node, names)
    if column is not None and column == event_time:
        wrong = f"{column} is the event time; name the property that says when a row was loaded"
        subject.notes.error(node.at("value"), wrong)
        return None
    declared = event_time_property(subject, column)
    kind = declared.text("logicalType") if declared else None
    if kind not in (None, "timestamp", "string", "integer"):
        subject.notes.error(node.at("value"), f"{column} is of type {kind}, which does not say when a row was loaded")
        return None
    return column


def _zone_or_none(name: str, place: tuple[str | int, ...], notes: Notes) -> str | None:
    try:
        return zone(name)
    except ValueError as error:
        notes.error(place, f"{shown(name)} {error}")
        return None


def _column(subject: Subject, node: Node, names: list[str]) -> str | None:
    if len(names) != 1:
        subject.notes.error(node.at("value"), "must be one property")
        return None
    return subject.column(names[0], node.at("value"))


def _texts(node: Node | None, notes: Notes) -> list[str]:
    if node is None:
        return []
    value = node.value.get("value")
    texts = [value] if isinstance(value, str) else value
    if isinstance(texts, list) and texts and all(isinstance(text, str) and text for text in texts):
        return texts
    notes.error(node.at("value"), f"{shown(value)} is not text or a list of texts")
    return []


def _consumers(node: Node | None, notes: Notes) -> tuple[Consumer, ...]:
    """Each a name, or an object with the name and what else is known."""
    value = node.value.get("value") if node else []
    found = [_consumer(each) for each in (value if isinstance(value, list) else [value])]
    if node and (None in found or not found):
        keys = f"{', '.join(_OF_CONSUMERS)}; kind is {', '.join(ConsumerKind)}, and url begins with https://"
        notes.error(node.at("value"), f"{shown(value)} is not text, nor a list of texts and of objects with {keys}")
    return tuple(each for each in found if each)


def _consumer(value: Any) -> Consumer | None:
    said = {"name": value} if isinstance(value, str) else value
    if not isinstance(said, dict) or not said.get("name") or not said.keys() <= set(_OF_CONSUMERS):
        return None
    kind = said.get("kind")
    if kind not in (None, *ConsumerKind) or not all(isinstance(each, str) and each for each in said.values()):
        return None
    url = said.get("url")
    if url is not None and not url.startswith(("http://", "https://")):  # a page leads there
        return None
    return Consumer(said["name"], ConsumerKind(kind) if kind else None, said.get("owner"), url)


def _checked(node: Node | None, read: Callable[[str], _T], notes: Notes) -> _T | None:
    if node is None:
        return None
    value: Any = node.value.get("value")
    try:
        return read(value if isinstance(value, str) else "")
    except ValueError as error:
        notes.error(node.at("value"), f"{shown(value)} {error}")
        return None


def _grain(word: str) -> Grain:
    if word not in ("day", "hour"):
        raise ValueError("is not day or hour")
    return Grain(word)


def _empty_is_fine(node: Node | None, notes: Notes) -> None:
    if node and not isinstance(node.value.get("value"), bool):
        notes.error(node.at("value"), f"{shown(node.value.get('value'))} is not true or false")
