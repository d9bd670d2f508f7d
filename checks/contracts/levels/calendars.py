"""Deadlines and dates of service levels: times of day, time zones, weekdays, holidays.

A zone beside the time comes first, then vitals.timezone of the service level, of the table and of the contract, else
UTC. Weekdays and holidays are looked for in the same places.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, TypeVar

from checks.contracts.document import Document, Node, Notes, custom_properties, shown
from checks.deadlines import EVERY_DAY, WEEKDAYS, Deadline, calendar, clock

_T = TypeVar("_T")

TIMEZONE, DAYS, HOLIDAYS = "vitals.timezone", "vitals.weekdays", "vitals.holidays"
ON_DEADLINES = (TIMEZONE, DAYS, HOLIDAYS)
_TIME = re.compile(r"T?(\d{1,2}:\d{2}(?::\d{2})?)\s*([^\d\s:].*)?")
_RANGE = re.compile(r"(\w{3,})\s*(?:-|\.\.)\s*(\w{3,})")


def deadline(document: Document, table: Node, node: Node, notes: Notes) -> Deadline | None:
    """The deadline of a timeOfAvailability; None, and an error noted, where it can not be read."""
    said = _Said(document, table, node, notes)
    value = node.value.get("value")
    try:
        at, zone = _time_of_day(value)
    except ValueError as error:
        notes.error(node.at("value"), f"{shown(value)} {error}; the check is not made")
        return None
    try:
        zone = zone or said.read(TIMEZONE, _zone)
        days, holidays = said.read(DAYS, weekdays), said.read(HOLIDAYS, _holidays)
    except _Wrong:
        return None
    if zone is None:
        notes.info(
            node.at("value"), "is in UTC; name another zone beside it (06:00 Europe/Berlin) or in vitals.timezone"
        )
    return Deadline(at, zone or "UTC", days or EVERY_DAY, holidays or ())


def moment(document: Document, table: Node, node: Node, notes: Notes, *, end: bool) -> datetime | None:
    """A date or moment, aware. A date counts from its beginning, or to its `end`."""
    value = node.value.get("value")
    try:
        zone = _Said(document, table, node, notes).read(TIMEZONE, _zone)
        return _moment(value, clock(zone or "UTC"), end=end)
    except _Wrong:
        return None
    except (ValueError, OverflowError):
        said = "is no date or moment in ISO 8601; write for example 2027-06-30 or 2027-06-30T12:00:00Z"
        notes.error(node.at("value"), f"{shown(value)} {said}; the check is not made")
        return None


def weekdays(value: Any) -> tuple[int, ...]:
    """Days by name, as text or a list: mon, Tuesday, mon-fri, sat..thu. Monday is 0. Raises ValueError."""
    parts = value.strip("[] ").split(",") if isinstance(value, str) else value
    if not isinstance(parts, list) or not parts:
        raise ValueError("is not a list of weekdays; write for example mon-fri")
    return tuple(sorted({day for part in parts for day in _days(str(part).strip().lower())}))


def _days(part: str) -> list[int]:
    ends = _RANGE.fullmatch(part)
    first, last = (_day(ends[1]), _day(ends[2])) if ends else (_day(part), _day(part))
    return [(first + step) % 7 for step in range((last - first) % 7 + 1)]


def _day(word: str) -> int:
    if word[:3] not in WEEKDAYS:
        raise ValueError("is not a list of weekdays; write for example mon-fri")
    return WEEKDAYS.index(word[:3])


def _holidays(value: Any) -> tuple[str, ...]:
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, list):
        raise ValueError("is not a holiday calendar; write a country such as DE, or a list of calendars")
    return tuple(calendar(str(name)) for name in names)


def _zone(value: Any) -> str:
    text = value if isinstance(value, str) else ""
    clock(text)
    return "UTC" if text == "Z" else text


def _time_of_day(value: Any) -> tuple[time, str | None]:
    """The time and the zone beside it: 09:00, 09:00-08:00, 09:00Z, 9:00 Europe/Berlin."""
    match = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError("is no time of day; write for example 06:00 or 06:00 Europe/Berlin")
    try:
        at = time.fromisoformat(match[1].zfill(5 if match[1].count(":") == 1 else 8))
    except ValueError as error:
        raise ValueError("is no time of day; write for example 06:00 or 06:00 Europe/Berlin") from error
    return at, _zone(match[2].strip()) if match[2] else None


def _moment(value: Any, zone: tzinfo, *, end: bool) -> datetime:
    text = value.strip() if isinstance(value, str) else ""
    if len(text) <= 10:
        day = datetime.combine(date.fromisoformat(text), time(), zone)
        return (day + timedelta(days=1) if end else day).astimezone(UTC)
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


class _Wrong(Exception):
    """A declaration can not be read, which is noted; without it the level would mean something else."""


class _Said:
    """Vitals' own declarations on a service level, its table and its contract, the nearest first."""

    def __init__(self, document: Document, table: Node, node: Node, notes: Notes) -> None:
        self._places = [custom_properties(place) for place in (node, table, document.root)]
        self._notes = notes

    def read(self, name: str, read: Callable[[Any], _T]) -> _T | None:
        """The nearest declaration of that name. Raises _Wrong, and notes why, where it can not be read."""
        found = next((place[name] for place in self._places if name in place), None)
        if found is None:
            return None
        value = found.value.get("value")
        try:
            return read(value)
        except ValueError as error:
            self._notes.error(found.at("value"), f"{shown(value)} {error}")
            raise _Wrong from error
