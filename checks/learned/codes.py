"""Numbers whose mean says nothing of its own: parts of a date or of a time of day, and codes. Pure.

A column is such by what it is called and by its values: whole numbers between the ends of that part, as in nearly all
days before. In a bucket in which it holds something else, it is a column of numbers like any other: that is how 27
o'clock is noticed. Where a contract has a rule about the column's mean, somebody wants to know it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from checks.records import Check, Metric, NumberExpected
from checks.sensitive import parts

#: metrics of the values of a column that say nothing of a code
OF_VALUES = ("mean",)
#: the part of the buckets in which a column must have held such numbers
_MOSTLY = 0.9
_YEARS = 1800, 2200
#: a time of day from ten o'clock on has four digits; lower numbers may be anything
_FOUR_DIGITS = 1000


@dataclass(frozen=True, slots=True)
class Sort:
    """What a column holds, in words for several of it; `names` are the words that such columns are called by. Its
    numbers are `low` to `high`. `is_clock` is a time of day as HHMM."""

    about: str
    names: frozenset[str]
    low: float = -np.inf
    high: float = np.inf
    is_clock: bool = False

    def holds(self, least: np.ndarray, most: np.ndarray) -> np.ndarray:
        """Where a smallest and a largest value may be of such a column."""
        within = (least >= self.low) & (most <= self.high) & (least % 1 == 0) & (most % 1 == 0)
        if self.is_clock:
            within &= (least % 100 < 60) & (most % 100 < 60) & (most >= _FOUR_DIGITS)
        return within


def _named(words: str) -> frozenset[str]:
    return frozenset(words.split())


_SORTS = (
    Sort("years", _named("year yr yyyy"), *_YEARS),
    Sort("quarters", _named("quarter qtr"), 1, 4),
    Sort("months", _named("month mon monthofyear"), 0, 12),
    Sort("weeks", _named("week isoweek weekofyear weeknumber woy"), 0, 53),
    Sort("days of the month", _named("day mday dayofmonth dom"), 0, 31),
    Sort("days of the week", _named("weekday wday isodow dow dayofweek"), 0, 7),
    Sort("days of the year", _named("dayofyear doy yday"), 0, 366),
    Sort("hours of the day", _named("hour hr hourofday"), 0, 24),
    Sort("minutes of the hour", _named("minute minuteofhour"), 0, 60),
    Sort("seconds of the minute", _named("second secondofminute"), 0, 60),
    Sort("times of day", _named("time timeofday hhmm clock"), 0, 2400, is_clock=True),
    Sort(
        "codes",
        _named(
            "id key code number num no nr zip zipcode plz postcode postalcode phone sku ean upc gtin isbn serial "
            "reference ref account invoice ticket flight train"
        ),
    ),
)


def sort_of(column: str, least: np.ndarray, most: np.ndarray) -> Sort | None:
    """What the newest bucket of a column holds, None where that are amounts. The smallest and largest values are those
    of its buckets, oldest first; NaN where none was measured."""
    for sort in _sorts_called(column):
        if len(least) and _holds_mostly(sort, least, most)[-1]:
            return sort
    return None


def without_meaning(metrics: Sequence[Metric], ends: np.ndarray, wanted: Collection[str]) -> np.ndarray:
    """Where a series says nothing because its column holds such numbers: series x buckets. `ends` are the smallest and
    the largest value of its column, 2 x series x buckets; `wanted` the columns whose means are watched whatever they
    say."""
    found = np.zeros(ends.shape[1:], dtype=bool)
    for row, metric in enumerate(metrics):
        if metric.name in OF_VALUES and metric.column and metric.column not in wanted:
            for sort in _sorts_called(metric.column):
                found[row] |= _holds_mostly(sort, *ends[:, row])
    return found


def declared(checks: Sequence[Check]) -> frozenset[str]:
    """The columns that have a rule about their mean."""
    rules = [check.expects for check in checks if isinstance(check.expects, NumberExpected)]
    return frozenset(rule.column for rule in rules if rule.column and rule.metric in OF_VALUES)


def _sorts_called(column: str) -> list[Sort]:
    """Those that are called like the last two or three words of a name together, or like the last one: day_of_week,
    sched_dep_time."""
    words = parts(column)
    ends = ["".join(words[-number:]) for number in (3, 2, 1)]
    return [sort for end in dict.fromkeys(ends) for sort in _SORTS if end in sort.names]


def _holds_mostly(sort: Sort, least: np.ndarray, most: np.ndarray) -> np.ndarray:
    """At each bucket whether the column holds such numbers there, and did in nearly all buckets until then; what was
    not measured is like those before."""
    known = np.isfinite(least) & np.isfinite(most)
    with np.errstate(invalid="ignore"):
        holds = known & sort.holds(least, most)
    told = np.cumsum(known)
    return (holds | ~known) & (np.cumsum(holds) >= _MOSTLY * told) & (told > 0)
