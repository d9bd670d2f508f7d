"""Numbers of service levels on scales that can be compared: seconds, moments, times of day, numbers with their unit."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from checks.contracts.changes.bounds import number
from checks.values import duration

#: The scale, and what is greater on it; None: only equality can be told.
Measure = tuple[str, Fraction | str] | None

_SECONDS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3_600),
    **dict.fromkeys(("d", "day", "days"), 86_400),
    **dict.fromkeys(("w", "week", "weeks"), 7 * 86_400),
    **dict.fromkeys(("mo", "month", "months"), 30 * 86_400),
    **dict.fromkeys(("y", "yr", "yrs", "year", "years"), 365 * 86_400),
}
_NUMBER = r"(\d+(?:[.,]\d+)?)"
_ISO = re.compile(
    rf"P(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}W)?(?:{_NUMBER}D)?"
    rf"(?:T(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?",
    re.IGNORECASE | re.ASCII,
)
_ISO_SECONDS = (365 * 86_400, 30 * 86_400, 7 * 86_400, 86_400, 3_600, 60, 1)
_LONGEST = 60


def measure(value: Any, unit: str | None) -> Measure:
    """Where a value stands: 72 with h, 3 with d and P3D are one place."""
    word = (unit or "").strip().lower()
    found = number(value) if not isinstance(value, str) else _written(value.strip())
    if found is not None:
        return ("seconds", found * _SECONDS[word]) if word in _SECONDS else (_share(word), found)
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
    iso = _ISO.fullmatch(text)
    if iso and any(iso.groups()):
        parts = zip(iso.groups(), _ISO_SECONDS, strict=True)
        return "seconds", sum((Fraction(part.replace(",", ".")) * each for part, each in parts if part), Fraction(0))
    try:
        return "seconds", Fraction(str(duration(text).total_seconds()))
    except ValueError:
        return None
