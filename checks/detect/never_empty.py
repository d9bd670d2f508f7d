"""Buckets that never were without rows: where a count had rows on the last visits of a weekday, none at all is an
anomaly, however wide the band is. Hours are watched one by one and six in a row, on weekdays and at weekends. A time at
which the series may rest, or whose rows chance alone could keep away, is not one of them. Special days are judged by
their own past, but for the hours beside a lesser holiday and around the turn of the year."""

from __future__ import annotations

import numpy as np

from checks.detect.calendars import BESIDE, TURN_OF_YEAR, Calendar
from checks.detect.memory import Memory, watched_together
from checks.detect.scales import from_scale, to_scale
from checks.detect.threshold import chance_per_bucket

Array = np.ndarray

#: so many visits of a weekday, or of an hour of weekdays or weekends, in a row had rows
VISITS = 8
#: on the scale of counts
ONE_ROW = float(to_scale(np.array(1.0), "count"))


def learn(memory: Memory, calendar: Calendar, t: int, there: Array, values: Array) -> None:
    """Counts the visits in a row that had rows, in the bucket itself or in one of those that are watched with it."""
    memory.without_rows = np.where(there & (values <= 0), memory.without_rows + 1, 0.0)
    if calendar.special[t] >= 0:
        return
    for visits, together in zip(memory.filled_visits, watched_together(calendar), strict=True):
        cell = visits[calendar.noise_cells[t]]
        cell[:] = np.where(there, np.where(memory.without_rows < together, cell + 1, 0.0), cell)


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
    found = np.zeros_like(memory.filled_visits[0][cell], dtype=np.int8)
    for visits, together in zip(memory.filled_visits, watched_together(calendar), strict=True):
        found[(visits[cell] >= VISITS) & (without_rows >= together - 1)] = together
    return found


def rows_of(centre: Array, always: Array) -> Array:
    """How many rows were expected, S x T: of each bucket and of those before that are watched with it."""
    rows = from_scale(np.nan_to_num(centre), "count")
    found = rows.copy()
    for back in range(1, always.max(initial=0)):
        found[:, back:] += np.where(always[:, back:] > back, rows[:, :-back], 0.0)
    return found


def edge(low: Array, centre: Array, always: Array, rows: Array, allowed: Array | float, per_90_days: float) -> Array:
    """The lower edge of the band, on the scale: one row at least, where there were `always` some and the budget allows
    for no time that chance leaves without any (as many `rows` as are expected). The last of several hours may expect
    less than one row: the edge is never beyond that `centre`. `allowed`: how many alerts in 90 days a series may
    raise."""
    by_chance = np.exp(-rows)
    least = np.maximum(low, np.minimum(ONE_ROW, centre))
    return np.where((always > 0) & (by_chance < chance_per_bucket(allowed, per_90_days)), least, low)
