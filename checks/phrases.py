"""Numbers, durations and expectations in words, as results and messages carry them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from checks.records import Operator, Threshold

_OPERATORS = {
    Operator.BE: "exactly {}",
    Operator.NOT_BE: "not {}",
    Operator.GREATER: "more than {}",
    Operator.GREATER_OR_EQUAL: "at least {}",
    Operator.LESS: "less than {}",
    Operator.LESS_OR_EQUAL: "at most {}",
    Operator.BETWEEN: "between {} and {}",
    Operator.NOT_BETWEEN: "not between {} and {}",
}


def number(value: float) -> str:
    """Thousands separators, at most four significant digits behind the point: 336,776 and 0.01234."""
    if not math.isfinite(value):
        return "not measured" if math.isnan(value) else "infinite"
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.1f}" if abs(value) >= 1000 else f"{value:.4g}"


def percent(value: float, apart_from: Sequence[float] = ()) -> str:
    """A percentage that does not hide a small one, nor one just below 100 or beside a limit: 0.004 % is not 0 %, and
    33.04 % is not 33 % where 33 is one of `apart_from`."""
    for digits in range(2 if abs(value) < 1 else 1, 7):
        shown = round(value, digits)
        if value in (0, shown) or shown not in (0, 100, *apart_from):
            return f"{shown:,.{digits}f}".rstrip("0").rstrip(".") + " %"
    return f"{value:.1g} %" if abs(value) < 1 else f"{value!r} %"


def duration(length: timedelta) -> str:
    """The two largest units: '2 h 10 min', '3 d 4 h', '45 s'; negative ones carry a minus."""
    seconds = round(abs(length.total_seconds()))
    sign = "-" if length < timedelta(0) and seconds else ""
    parts = []
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        if seconds >= size:
            parts.append(f"{seconds // size} {unit}")
            seconds %= size
    return sign + (" ".join(parts[:2]) or "0 s")


def moment(at: datetime) -> str:
    """A moment for a sentence, in UTC: '2026-03-15 12:00 UTC'."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def bucket(start: datetime, *, hourly: bool = False) -> str:
    """A bucket by its start: the day, or day and hour."""
    return f"{start:%Y-%m-%d %H:%M}" if hourly else f"{start:%Y-%m-%d}"


def expectation(threshold: Threshold, form: Callable[[float], str] = number) -> str:
    """What a threshold asks for: 'at least 700', 'between 1 % and 5 %'. `form` writes one number."""
    return _OPERATORS[threshold.operator].format(*map(form, threshold.values))


def count_expectation(threshold: Threshold) -> str:
    """What a threshold asks of a count: 'at most 12', and 'none' where it can only be met by 0."""
    only_zero = threshold.operator in (Operator.BE, Operator.LESS_OR_EQUAL) and threshold.values[0] == 0
    return "none" if only_zero else expectation(threshold)


def listed(names: Sequence[str], most: int = 8) -> str:
    """Names with commas, the first few of many: 'a, b and 12 more'."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most:,} more" if len(names) > most else shown
