"""Buckets that never were without rows: where a count had rows on the last visits of a weekday, none at all is an
anomaly, however wide the band is. Hours are watched one by one and six in a row, on weekdays and at weekends. A time at
which the series may rest, or whose rows chance alone could keep away, is not one of them. Special days are judged by
their own past, but for the hours beside a lesser holiday and around the turn of the year."""

from __future__ import annotations

import numpy as np

from checks.detect.calendars import BESIDE, TURN_OF_YEAR, Calendar
from checks.detect.memory import Memory, watched_together
from checks.detect.scales import chance, from_scale, to_scale

Array = np.ndarray

#: so many visits of a weekday, or of an hour of weekdays or weekends, in a row had rows
VISITS = 8
#: on the scale of counts
ONE_ROW = float(to_scale(np.array(1.0), "count"))
#: the variance of an hour of the week is known no better than to this factor
_BELIEVED = 1.3
#: how often a count may have been without rows while the budget would have allowed for so many alerts
_HARDLY = {0: 1.5, 1: 3.0}


def _variance_of_few(rows: Array) -> Array:
    """The variance on the scale of counts that pure chance gives so few expected rows: exactly, where `chance` of
    scales draws a line that only holds for many."""
    counts = np.arange(1, 4 * rows[-1])
    likely = np.exp(np.cumsum(np.log(rows[:, None] / counts), axis=1) - rows[:, None])
    scaled = to_scale(counts, "count")
    return likely @ scaled**2 - (likely @ scaled) ** 2


_FEW = np.concatenate([np.arange(0.25, 10.0, 0.25), np.arange(10.0, 61.0, 2.5)])
_VARIANCE_OF_FEW = _variance_of_few(_FEW)


def _by_rows(centre: Array, rows: Array) -> Array:
    """The variance on the scale that single rows give, each coming by itself."""
    few = np.interp(rows, _FEW, _VARIANCE_OF_FEW)
    return np.where(rows < _FEW[-1], few, chance(centre, "count", None))


def learn(memory: Memory, calendar: Calendar, t: int, there: Array, values: Array) -> None:
    """Counts the visits in a row that had rows, in the bucket itself or in one of those that are watched with it."""
    empty = there & (values <= 0)
    memory.without_rows = np.where(empty, memory.without_rows + 1, 0.0)
    visits = memory.empty_visits[calendar.noise_cells[t]]
    visits[:] = np.where(there, np.where(empty, visits + 1, 0.0), visits)
    if calendar.special[t] >= 0:
        return
    for visits, together in zip(memory.filled_visits, watched_together(calendar), strict=True):
        cell = visits[calendar.noise_cells[t]]
        cell[:] = np.where(there, np.where(memory.without_rows < together, cell + 1, 0.0), cell)


def closed(memory: Memory, calendar: Calendar, t: int) -> Array:
    """Whether bucket t is an hour that had no rows on its last visits, of S series: none are expected then, however
    busy the hours before were."""
    return memory.empty_visits[calendar.noise_cells[t]] >= (np.inf if calendar.daily else VISITS)


def see(memory: Memory, values: Array) -> None:
    """Counts the buckets in a row without rows, whether they teach or not."""
    memory.all_without_rows = np.where(values <= 0, memory.all_without_rows + 1, 0.0)


def applies(calendar: Calendar, t: int) -> bool:
    """Whether bucket t may be one that never was without rows."""
    special = calendar.special[t]
    return special < 0 or (not calendar.daily and calendar.classes[special] in (BESIDE, TURN_OF_YEAR))


def always_filled(memory: Memory, calendar: Calendar, cell: int | Array, teaches: Array | bool = True) -> Array:
    """How many buckets, the next one as the last of them, would be without rows for the first time if the next one,
    in this cell, were: 0 where that can not be said. Buckets before that teach nothing are no matter of one that
    `teaches`, but an incident that was labelled stays one event."""
    without_rows = np.where(teaches, memory.without_rows, memory.all_without_rows)
    found = np.zeros(memory.filled_visits[0][cell].shape, dtype=np.int8)
    for visits, together in zip(memory.filled_visits, watched_together(calendar), strict=True):
        found[(visits[cell] >= VISITS) & (without_rows >= together - 1)] = together
    return found


def arrivals(centre: Array, spread: Array, always: Array) -> Array:
    """How many arrivals were expected that come independently of each other, S x T: in each bucket and in those before
    that are watched with it. Rows often come in bunches, as the lines of an invoice do, and a bunch that stays away
    takes all its rows with it: they are as large as the count moves further than single rows would move it."""
    centre = np.nan_to_num(centre)
    rows = from_scale(centre, "count")
    bunch = np.maximum(1.0, np.nan_to_num(spread) ** 2 / _by_rows(centre, rows) / _BELIEVED)
    alone = rows / bunch
    found = alone.copy()
    for back in range(1, always.max(initial=0)):
        found[:, back:] += np.where(always[:, back:] > back, alone[:, :-back], 0.0)
    return found


def seldom(always: Array, empty: Array, fresh: Array, allowed: Array, calendar: Calendar) -> Array:
    """Where a count was watched for so long that by the chance `allowed` to one bucket it would have been without rows
    by now, and hardly was: S x T, by what was before each day, but for the last cycle: days of one outage stay one.
    `empty` marks the buckets without rows among those that teach, `fresh` has the bucket at which each series began. Of
    hours it says nothing: those that have many rows do not speak for those that have few."""
    buckets = empty.shape[1]
    if not calendar.daily:
        return np.zeros(empty.shape, dtype=bool)
    surprises = np.zeros((len(empty), buckets + 1), dtype=int)
    np.cumsum(empty & (always > 0), axis=1, out=surprises[:, 1:])
    known = surprises[:, np.maximum(np.arange(buckets) - calendar.cycle, 0)]
    found = np.zeros(empty.shape, dtype=bool)
    for most, times in _HARDLY.items():
        since = np.arange(buckets)[None, :] - np.ceil(np.minimum(times / allowed, buckets + 1)).astype(int)
        before = np.take_along_axis(surprises, np.maximum(since, 0), axis=1)
        found |= (since >= fresh) & (known - before <= most)
    return found


def edge(low: Array, centre: Array, always: Array, unlikely: Array) -> Array:
    """The lower edge of the band, on the scale: one row at least, where there were `always` some and it is `unlikely`
    that there are none. The last of several hours may expect less than one row: the edge is never beyond that
    `centre`."""
    return np.where((always > 0) & unlikely, np.maximum(low, np.minimum(ONE_ROW, centre)), low)
