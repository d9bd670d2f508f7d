"""Numbers of service levels on scales that can be compared: seconds, moments, times of day, numbers with their unit."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from checks.contracts.changes.bounds import number
from checks.contracts.levels.lengths import time_in_words, unit_length

#: The scale, and what is greater on it; None: only equality can be told.
Measure = tuple[str, Fraction | str] | None

_LONGEST = 60


def measure(value: Any, unit: str | None) -> Measure:
    """Where a value stands: 72 with h, 3 with d and P3D are one place."""
    word = (unit or "").strip().lower()
    found = number(value) if not isinstance(value, str) else _written(value.strip())
    if found is not None:
        unit_of_time = unit_length(word)
        return (_share(word), found) if unit_of_time is None else ("seconds", found * int(unit_of_time.total_seconds()))
    return _in_words(value.strip()) if isinstance(value, str) and len(value) <= _LONGEST else None


def _share(word: str) -> str:
    return "percent" if word in ("%", "percent", "pct") else f"in {word}"


def _written(text: str) -> Fraction | None:
    return Fraction(text) if len(text) <= _LONGEST and re.fullmatch(r"-?\d+(\.\d+)?", text, re.ASCII) else None


def _in_words(text: str) -> Measure:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text[:10], re.ASCII):
        return f"moments like {re.sub(r'[0-9]', '0', text[10:])}", text
    if re.fullmatch(r"\d\d:\d\d", text[:5], re.ASCII):
        return f"times of day {text[5:]}", text[:5]
    if text.endswith("%") and (share := _written(text[:-1].strip())) is not None:
        return "percent", share
    try:
        return "seconds", Fraction(str(time_in_words(text).total_seconds()))
    except ValueError:
        return None
