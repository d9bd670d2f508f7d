"""The calendar of a grid of buckets: which cell of the day and week each belongs to, and which days are special."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import holidays
import numpy as np
import pandas as pd

Array = np.ndarray

#: kinds of special days, by how far they may be from an ordinary day
HOLIDAY, BESIDE, MONTH_EDGE, GREAT, BESIDE_GREAT, TURN_OF_YEAR = KINDS_OF_DAYS = 0, 1, 2, 3, 4, 5
#: those that are told apart by the hour
KINDS_OF_HOURS = HOLIDAY, BESIDE, GREAT, BESIDE_GREAT, TURN_OF_YEAR
#: the holidays that change most, by date (month and day) and by name
_GREAT_DATES = frozenset(((12, 24), (12, 25), (12, 26), (12, 31), (1, 1)))
_GREAT_NAMES = ("Thanksgiving", "Christmas", "New Year")
#: where Christmas is a holiday, the days around it and the New Year: name -> month and days
_AROUND_CHRISTMAS = {
    "days before Christmas": (12, range(21, 24)),
    "days after Christmas": (12, range(27, 31)),
    "days after New Year": (1, range(2, 5)),
}
_SATURDAY, _SUNDAY = 5, 6


@dataclass(frozen=True)
class Season:
    """A way in which the buckets of a cycle differ: `cells` of them; a cycle is `cycle` buckets."""

    name: str
    cells: int


@dataclass(frozen=True)
class Calendar:
    """`cells[j][t]`: the cell of bucket t in season j. `special[t]`: the number of the special day in `names`, or
    -1."""

    grain_hours: float
    cycle: int
    seasons: tuple[Season, ...]
    cells: tuple[Array, ...]
    noise_cells: Array
    noise_cell_count: int
    special: Array
    names: tuple[str, ...]
    classes: Array

    @property
    def daily(self) -> bool:
        return self.grain_hours > 12

    @property
    def per_day(self) -> int:
        """Buckets per day, at least 1."""
        return max(1, round(24 / self.grain_hours))

    @property
    def per_90_days(self) -> float:
        return 90 * 24 / self.grain_hours


def grain_of(buckets: pd.DatetimeIndex) -> float:
    """The size of a bucket in hours: the smallest step between the first buckets."""
    if len(buckets) < 2:
        return 24.0
    steps = np.diff(buckets[:8].to_numpy()) / np.timedelta64(1, "h")
    if (steps <= 0).any():
        raise ValueError("The buckets must be in ascending order, each once")
    return float(steps.min())


def calendar_of(buckets: pd.DatetimeIndex, country: str | None, grain: float | None = None) -> Calendar:
    """The calendar of these buckets."""
    grain = grain or grain_of(buckets)
    day = np.asarray(buckets.day_of_week)
    special, names, classes = _special_days(buckets, country, daily=grain > 12)
    none = np.zeros(len(buckets), dtype=int)
    if grain > 12:
        seasons, cells = (Season("none", 1), Season("weekday", 7)), (none, day)
        return Calendar(grain, max(7, round(168 / grain)), seasons, cells, day, 7, special, names, classes)
    slots = slots_of(grain)
    slot = np.asarray(buckets.hour) * slots // 24
    weekend = (day >= 5).astype(int) * slots + slot
    seasons = (
        Season("none", 1),
        Season("hour", slots),
        Season("weekend hour", 2 * slots),
        Season("week hour", 7 * slots),
    )
    cells = (none, slot, weekend, day * slots + slot)
    return Calendar(grain, max(7, round(168 / grain)), seasons, cells, weekend, 2 * slots, special, names, classes)


def slots_of(grain_hours: float) -> int:
    """Into how many parts a day falls: 24 for buckets of an hour or less."""
    return max(2, 24 // max(1, round(grain_hours)))


def _special_days(buckets: pd.DatetimeIndex, country: str | None, daily: bool) -> tuple[Array, tuple[str, ...], Array]:
    names: dict[str, int] = {}
    classes: list[int] = []
    numbers: list[int] = []
    for day in buckets.date:
        found = special_day(day, country, daily)
        if found is None:
            numbers.append(-1)
            continue
        name, sort = found
        if name not in names:
            names[name] = len(names)
            classes.append(sort)
        numbers.append(names[name])
    return np.array(numbers, dtype=int), tuple(names), np.array(classes, dtype=int)


@lru_cache(maxsize=65536)
def special_day(day: date, country: str | None, daily: bool) -> tuple[str, int] | None:
    """The name of a special day and its kind: holidays before their neighbours before the edges of a month. By the hour
    the days of a long weekend are special too, and the edges of a month are not."""
    for offset, word in _beside(day, daily) if country is not None else ():
        other = day + timedelta(days=offset)
        name = _holidays(country, other.year).get(other)
        if name is not None:
            great = (other.month, other.day) in _GREAT_DATES or any(part in name for part in _GREAT_NAMES)
            return word + name, (BESIDE_GREAT if great else BESIDE) if offset else (GREAT if great else HOLIDAY)
    name = _around_christmas(day, country) if country is not None else None
    if name is not None:
        return name, TURN_OF_YEAR
    if daily and day.day == 1:
        return "first of the month", MONTH_EDGE
    if daily and (day + timedelta(days=1)).day == 1:
        return "last of the month", MONTH_EDGE
    return None


def _around_christmas(day: date, country: str) -> str | None:
    for name, (month, days) in _AROUND_CHRISTMAS.items():
        christmas = date(day.year if month == 12 else day.year - 1, 12, 25)
        if day.month == month and day.day in days and christmas in _holidays(country, christmas.year):
            return name
    return None


def _beside(day: date, daily: bool) -> tuple[tuple[int, str], ...]:
    """Where a holiday may be that makes this day special (days from it), and what the day is called then."""
    near = ((0, ""), (1, "day before "), (-1, "day after "))
    if daily or day.weekday() not in (_SATURDAY, _SUNDAY):
        return near
    before, after = "weekend before ", "weekend after "
    # holidays of Monday and Tuesday, and of Thursday and Friday
    far = (
        ((2, before), (3, before), (-2, after))
        if day.weekday() == _SATURDAY
        else ((2, before), (-2, after), (-3, after))
    )
    return near + far


@lru_cache(maxsize=1024)
def _holidays(country: str, year: int) -> dict[date, str]:
    found = holidays.country_holidays(country, years=year)
    return {day: name.replace(" (observed)", "").replace(" (estimated)", "") for day, name in found.items()}
