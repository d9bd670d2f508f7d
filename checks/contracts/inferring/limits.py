"""Limits of number columns: what tomorrow's values should keep to, when only today's are known.

The smallest and largest value themselves would be broken by the next good row, so that limits have headroom: a quarter
of the range, and where single days reach far beyond the usual one, as prices do, as far again as the furthest of them.
There is none where values grow with time. Where every whole number of a small range occurs, the range is taken for the
truth.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from checks import phrases, sensitive, suspects
from checks.contracts.inferring.evidence import FEWEST_DAYS, Evidence
from connectors import Column

_HEADROOM = 0.25
_FEWEST_BUCKETS = 5
#: larger numbers are as good as infinite
_MOST = 1e100
_YEARS = (1800, 2200)
_NATURAL = {
    **dict.fromkeys(("lat", "latitude"), (-90, 90)),
    **dict.fromkeys(("lon", "lng", "long", "longitude"), (-180, 180)),
    **dict.fromkeys(("percent", "percentage", "pct"), (0, 100)),
    **dict.fromkeys(("minute", "second"), (0, 59)),
    "hour": (0, 23),
    "day": (1, 31),
    "month": (1, 12),
}


@dataclass(frozen=True, slots=True)
class Limits:
    """A smallest and a largest value, None where nothing is promised, and how each is known."""

    low: float | None = None
    high: float | None = None
    why_low: str = ""
    why_high: str = ""


def limits(evidence: Evidence, column: Column, *, classified: bool) -> Limits:
    """The limits of a column; none for columns of little evidence, and none that show a sensitive value."""
    name = column.name
    if not suspects.is_number(column) or evidence.present(name) < suspects.FEW:
        return Limits()
    if evidence.level("non_finite_count", name):
        return Limits()  # NaN and infinity are within no limit
    low, high = _range(evidence, name)
    if low is None or high is None or low == high or max(-low, high) > _MOST:
        return Limits()
    least, most = _NATURAL.get(name.lower(), (None, None))
    if least is not None and most is not None and least <= low and high <= most:
        why = f"as the name says; no other value {evidence.over}"
        return Limits(least, most, why, "likewise")
    is_short = 0 < evidence.days < FEWEST_DAYS
    if classified or is_short or not sensitive.shows_values(name, {}):
        return Limits(0, None, f"never below 0 {evidence.over}") if low >= 0 else Limits()
    if suspects.identifies(name) or (_is_whole(column) and _YEARS[0] <= low and high <= _YEARS[1]):
        return Limits()  # numbers that stand for something, and years, which go on
    return _of_range(evidence, column, low, high)


def _of_range(evidence: Evidence, column: Column, low: float, high: float) -> Limits:
    between, whole = f"{phrases.number(low)} to {phrases.number(high)} {evidence.over}", _is_whole(column)
    lowest, highest = low - _headroom(evidence, "min", column.name), high + _headroom(evidence, "max", column.name)
    least = 0 if low >= 0 else -_outward(-lowest, whole=whole)
    if _grows(evidence, column.name):
        return Limits(least, None, f"{between}; it grows with time, so that there is no maximum")
    if evidence.survey.distinct.get(column.name) == high - low + 1 >= 3:
        return Limits(low, high, f"every whole number from {between}", "likewise")
    most = 0 if high <= 0 else _outward(highest, whole=whole)
    return Limits(least, most, between, "with headroom")


def _headroom(evidence: Evidence, end: str, name: str) -> float:
    """How far beyond the smallest (`min`) or largest (`max`) value a good one may be. What has one sign is compared by
    ratios: where a usual day reaches 40 and the furthest one 50, another may reach 62.5; never more than twice as far,
    for it may be a wrong value that reached so far."""
    low, high = _range(evidence, name)
    if low is None or high is None:
        return 0.0
    furthest, days = low if end == "min" else high, list(evidence.series(end, name).values())
    usual = median(days) if len(days) >= _FEWEST_BUCKETS else furthest
    again = abs(furthest - usual)
    if usual and (low >= 0 or high <= 0):
        again *= furthest / usual
    return max(_HEADROOM * (high - low), min(again, abs(furthest)))


def _is_whole(column: Column) -> bool:
    return suspects.is_whole(column) or column.type.endswith(", 0)")


def _range(evidence: Evidence, name: str) -> tuple[float | None, float | None]:
    """Smallest and largest value that is known, rows included that are gone by now."""
    lows = [evidence.level("min", name), *evidence.series("min", name).values()]
    highs = [evidence.level("max", name), *evidence.series("max", name).values()]
    return min((v for v in lows if v is not None), default=None), max((v for v in highs if v is not None), default=None)


def _grows(evidence: Evidence, name: str) -> bool:
    """Whether the largest value of a bucket is hardly ever below that of the bucket before, and often above: a counter.
    The newest bucket is still filling."""
    highs = list(evidence.series("max", name).values())[:-1]
    steps = list(pairwise(highs))
    rising = sum(one < two for one, two in steps)
    return len(steps) >= _FEWEST_BUCKETS and rising >= len(steps) / 2 and not any(one > two for one, two in steps)


def _outward(value: float, *, whole: bool) -> float:
    """A round number that is not smaller: two significant digits."""
    step = 10.0 ** (math.floor(math.log10(value)) - 1)
    rounded = math.ceil(value / step - 1e-9) * step
    return math.ceil(rounded - 1e-9) if whole or rounded >= 100 else float(f"{rounded:.3g}")
