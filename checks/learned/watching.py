"""From when on each series is watched, strictly by what was known at each bucket: what came later says nothing of it.
Pure.

not measured yet      a series is watched from its first value on, a value of a column with few from its first rows on
the calendar          a column of numbers that says which day it is has nothing to be learned
parts and codes       the mean of a column of hours, or of numbers of flights, says nothing of its own (`codes`)
taking turns          nothing of the values of such a column should always be there (`turns`)
a table that stays    how much it grows says nothing that its rows do not say
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

import numpy as np

from checks.learned.before import CHANGE
from checks.learned.codes import without_meaning
from checks.learned.grids import Watched
from checks.learned.turns import moving
from checks.records import Grain, Metric

#: what a column may repeat of the day it belongs to; a day of another zone is at most one off
_CALENDAR: tuple[Callable[[datetime], float], ...] = (
    lambda day: day.year,
    lambda day: day.month,
    lambda day: day.day,
    lambda day: day.isocalendar().week,
    lambda day: day.timetuple().tm_yday,
    lambda day: day.year * 100 + day.month,
    lambda day: day.year * 10_000 + day.month * 100 + day.day,
)
_LEAST_FOR_CLOCK, _MOSTLY = 10, 0.9


def watching(watched: Watched, void: np.ndarray, wanted: Collection[str] = ()) -> np.ndarray:
    """Where each series is watched, series x buckets. Nothing is known from what is `void`, which is judged itself.
    `wanted` are the columns whose means are watched whatever they say."""
    values = np.where(void, np.nan, watched.values)
    own = np.array([metric.category is not None for metric in watched.metrics], dtype=bool)[:, None]
    there = np.isfinite(watched.values) & (~own | (watched.values > 0))
    found = there | np.logical_or.accumulate(there & ~void, axis=1)
    found &= ~moving(watched.metrics, values, watched.rows, watched.grain)
    if watched.grain is not Grain.TABLE:
        found &= ~_by_clock(watched.metrics, values, watched.buckets)
    found &= ~without_meaning(watched.metrics, np.where(void, np.nan, watched.ends), wanted)
    for row, metric in enumerate(watched.metrics):
        if metric == CHANGE:
            found[row] &= _grows(values[row])
    return found


def _grows(changes: np.ndarray) -> np.ndarray:
    """Whether a table has grown in at least half of the days."""
    known = np.isfinite(changes)
    return 2 * np.cumsum(known & (changes != 0)) >= np.cumsum(known)


def _by_clock(metrics: Sequence[Metric], values: np.ndarray, buckets: Sequence[datetime]) -> np.ndarray:
    """Where it is known of the column of a series that it goes by the calendar."""
    parts = np.array([[part(bucket) for bucket in buckets] for part in _CALENDAR])
    found = np.zeros(values.shape, dtype=bool)
    for row, metric in enumerate(metrics):
        if metric.name == "mean":
            own = [number for number, each in enumerate(metrics) if each.column == metric.column]
            found[own] |= _is_clock(values[row], parts)
    return found


def _is_clock(means: np.ndarray, parts: np.ndarray) -> np.ndarray:
    known = np.isfinite(means)
    told = np.cumsum(known)
    with np.errstate(invalid="ignore"):
        misses = np.cumsum(known & ~(np.abs(parts - means) < 1.0), axis=1)
    few = misses < told - np.floor(_MOSTLY * told)
    return few.any(axis=0) & (told >= _LEAST_FOR_CLOCK)
