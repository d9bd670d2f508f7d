"""What a warehouse answers, as numbers: a column of an answer becomes a float array, NaN where nothing was measured.

Moments become seconds since 1970 in the column's own clock, dates their midnight, times of day seconds since midnight;
booleans 0 and 1. Doubles hold 15 significant digits; more of a huge integer or decimal is not kept.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 naive, as all moments here are
_TIME_OF_DAY = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?(?:[+-]\d{2}(?::?\d{2})*)?")
_BEYOND_PYTHON = re.compile(r"\d{5,}-\d{2}-\d{2}( .*)?|\d{4,}-\d{2}-\d{2} \(BC\)( .*)?")  # as DuckDB writes them


class NotANumber(ValueError):
    """A value that stands for no number: text that is no moment, or a result that no double can hold."""


def numbers(values: Sequence[Any]) -> np.ndarray:
    """The values of one column as floats. Raises NotANumber, with the kind of the value and never the value."""
    try:
        found = np.array(values, dtype=float)  # numbers and None, the common case, without a loop
    except (TypeError, ValueError, OverflowError):
        found = np.array([number(value) for value in values], dtype=float)
    if np.isinf(found).any():
        raise NotANumber("the result is larger than a double can hold")
    return found


def number(value: Any) -> float:
    """One value as a float; text is read as a moment or a time of day, because only those arrive as text."""
    match value:
        case None:
            return math.nan
        case datetime() | date():
            return (parsed_moment(value) - _EPOCH).total_seconds()
        case str():
            return _number_in(value.strip())
        case time():
            return value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6
        case timedelta():
            return value.total_seconds()
        case Decimal() | int() | float():
            return _as_double(value)
    raise NotANumber(f"the result is of type {type(value).__name__}, which is no number")


def parsed_moment(value: datetime | date | str) -> datetime:
    """A naive moment out of what a driver gives: aware ones in UTC, dates at midnight, ISO text. Years that Python does
    not have become its first or last moment. Raises NotANumber."""
    if isinstance(value, str):
        value = _moment_in(value.strip())
    if not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 naive on purpose
    return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value


def moment_of(seconds: float) -> datetime:
    """The naive moment behind a number that `number` made of one."""
    try:
        return _EPOCH + timedelta(seconds=seconds)
    except OverflowError:  # infinity came as the last moment there is, which a double rounds up
        return datetime.max if seconds > 0 else datetime.min  # noqa: DTZ901 naive on purpose


def _number_in(text: str) -> float:
    of_day = _TIME_OF_DAY.fullmatch(text)
    if of_day:
        hours, minutes, seconds = of_day.groups()
        return int(hours) * 3600.0 + int(minutes) * 60 + float(seconds or 0)
    return (parsed_moment(text) - _EPOCH).total_seconds()


def _moment_in(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        if not _BEYOND_PYTHON.fullmatch(text):
            raise NotANumber("the result is text that is no date or time") from None
        return datetime.min if "(BC)" in text else datetime.max  # noqa: DTZ901 naive on purpose


def _as_double(value: Decimal | float) -> float:
    try:
        return float(value)
    except OverflowError:  # an integer of more than 308 digits
        return math.inf if value > 0 else -math.inf
