"""Lengths of time in contracts: a number with a unit, ISO 8601, Vitals' own words, or daily and its kin."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from checks.contracts.document import Node, Notes, shown
from checks.values import duration

_DAY = 86_400
_SECONDS = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3_600),
    **dict.fromkeys(("d", "day", "days"), _DAY),
    **dict.fromkeys(("w", "week", "weeks"), 7 * _DAY),
    **dict.fromkeys(("mo", "mon", "month", "months"), 30 * _DAY),
    **dict.fromkeys(("y", "yr", "yrs", "year", "years"), 365 * _DAY),
}
# where a calendar is meant, the longest month and year: no leap day breaks a retention of three years
_LONGEST = {
    **_SECONDS,
    **dict.fromkeys(("mo", "mon", "month", "months"), 31 * _DAY),
    **dict.fromkeys(("y", "yr", "yrs", "year", "years"), 366 * _DAY),
}
_RHYTHMS = {"hourly": "h", "daily": "d", "weekly": "w", "monthly": "mo", "yearly": "y", "annually": "y"}
_ISO = re.compile(
    r"P(?:(\d+(?:[.,]\d+)?)Y)?(?:(\d+(?:[.,]\d+)?)M)?(?:(\d+(?:[.,]\d+)?)W)?(?:(\d+(?:[.,]\d+)?)D)?"
    r"(?:T(?:(\d+(?:[.,]\d+)?)H)?(?:(\d+(?:[.,]\d+)?)M)?(?:(\d+(?:[.,]\d+)?)S)?)?",
    re.IGNORECASE,
)
_ISO_UNITS = ("y", "mo", "w", "d", "h", "min", "s")


def length(node: Node, notes: Notes, *, calendar: bool = False) -> timedelta | None:
    """The agreed time; of a range (valueExt) the longer end, since only what is beyond that breaks it. None, and an
    error noted, where there is none. With `calendar`, months have 31 days and years 366."""
    seconds = _LONGEST if calendar else _SECONDS
    ends = [key for key in ("value", "valueExt") if node.value.get(key) is not None]
    try:
        lengths = [_length(node.value[key], node.text("unit"), seconds) for key in ends]
    except ValueError as error:
        is_known = (node.text("unit") or "s").lower() in _SECONDS
        notes.error(node.at("value" if is_known else "unit"), f"{error}; the check is not made")
        return None
    if node.text("unit") == "m" and lengths:
        notes.warning(node.at("unit"), "m is read as minutes; write min to be clear")
    if not lengths or max(lengths) <= timedelta(0):
        notes.error(node.at("value"), "must be a time longer than nothing; the check is not made")
        return None
    return max(lengths)


def unit_length(word: str) -> timedelta | None:
    """The length of one unit of time, None for a word that is none."""
    seconds = _SECONDS.get(word.lower())
    return None if seconds is None else timedelta(seconds=seconds)


def number(value: Any) -> float | None:
    """A finite number, also in text; None for anything else."""
    if isinstance(value, bool):
        return None
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def time_in_words(text: str, seconds: Mapping[str, int] = _SECONDS) -> timedelta:
    """A length of time that is written without a unit field: P3D, daily, 90 min. Raises ValueError."""
    iso = _iso(text.strip(), seconds)
    if iso is not None:
        return iso
    rhythm = _RHYTHMS.get(text.strip().lower())
    return timedelta(seconds=seconds[rhythm]) if rhythm else _own_words(text)


def _length(value: Any, unit: str | None, seconds: Mapping[str, int]) -> timedelta:
    amount = number(value)
    if amount is None:
        return time_in_words(value, seconds) if isinstance(value, str) else _own_words(value)
    if unit is None:
        raise ValueError(f"{shown(value)} has no unit; add one, for example unit: h")
    if unit.lower() not in seconds:
        raise ValueError(f"{shown(unit)} is not a unit of time; write s, min, h, d, w, mo or y")
    return _seconds(amount * seconds[unit.lower()], value)


def _own_words(value: Any) -> timedelta:
    wrong = f"{shown(value)} is not a length of time; write a number with a unit, or for example PT2H"
    if not isinstance(value, str):
        raise ValueError(wrong)
    try:
        return duration(value)
    except ValueError as error:
        raise ValueError(wrong) from error


def _iso(text: str, seconds: Mapping[str, int]) -> timedelta | None:
    match = _ISO.fullmatch(text)
    if match is None or not any(match.groups()):
        return None
    parts = zip(match.groups(), _ISO_UNITS, strict=True)
    return _seconds(sum(float(part.replace(",", ".")) * seconds[unit] for part, unit in parts if part), text)


def _seconds(seconds: float, written: Any) -> timedelta:
    try:
        return timedelta(seconds=seconds)
    except OverflowError as error:
        raise ValueError(f"{shown(written)} is too long") from error
