"""Words in configuration and contracts turned into values: durations, cron lines, time zones, secrets.

Every function raises ValueError with the half of a sentence that follows the wrong value: 'is not ...; write ...'.
"""

from __future__ import annotations

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")  # cron counts from Sunday, which is 0 and 7
_WEEKDAY_PART = re.compile(r"(\*|[0-7])(?:-([0-7]))?(?:/([1-7]))?")


class Secret:
    """Text that must not be printed: shows as `***` wherever it lands, `reveal()` gives it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)


def duration(value: object) -> timedelta:
    """'30s', '5m', '2h', '1d', '1w', '1h30m', or a number of seconds. Never negative."""
    if isinstance(value, timedelta):
        return value
    wrong = "is not a duration; write for example 30s, 5m or 2h"
    try:
        if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
            return timedelta(seconds=value)
        text = value.strip()[:40] if isinstance(value, str) else ""
        if text.isascii() and text.isdigit():
            return timedelta(seconds=int(text))
        if not text or _PART.sub("", text).strip():
            raise ValueError(wrong)
        return sum((timedelta(**{_UNITS[u]: float(n)}) for n, u in _PART.findall(text)), timedelta())
    except OverflowError as error:
        raise ValueError("is too long for a duration") from error


def cron(text: str) -> str:
    """The cron line with weekdays by name. APScheduler counts weekdays from Monday where cron counts from Sunday, so a
    number would run the job on the wrong day."""
    fields = text.split()
    if len(fields) != 5:
        raise ValueError("is not a cron line; write five fields, for example 0 * * * * (every hour)")
    fields[4] = ",".join(_weekdays(part) for part in fields[4].lower().split(","))
    line = " ".join(fields)
    try:
        CronTrigger.from_crontab(line, timezone="UTC")
    except ValueError as error:
        raise ValueError(f"is not a cron line: {error}") from error
    return line


def _weekdays(part: str) -> str:
    match = _WEEKDAY_PART.fullmatch(part)
    if part == "*" or match is None:
        return part
    first, last, step = match.groups()
    low, high = (0, 6) if first == "*" else (int(first), int(last or (6 if step else first)))
    if high < low:
        raise ValueError("is not a cron line: its range of weekdays runs backwards")
    return ",".join(dict.fromkeys(_WEEKDAYS[day] for day in range(low, high + 1, int(step or 1))))


def zone(name: str) -> str:
    """An IANA time zone name."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # unknown, malformed, or a folder of the zone data base
        raise ValueError("is not a time zone; write an IANA name, for example UTC or Europe/Berlin") from error
    return name
