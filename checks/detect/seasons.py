"""What the cells of a season bring beside the level of their cycle: the median of a cell's last visits, so that a few
odd days leave no trace. A season can be used once a cycle is full, and counts once each cell was seen twice."""

from __future__ import annotations

import numpy as np

from checks.detect.calendars import Calendar
from checks.detect.memory import LEVELS, Memory

Array = np.ndarray


def learn(memory: Memory, calendar: Calendar, t: int, teaches: Array, clean: Array) -> None:
    """Takes bucket t in, for the series in the mask `teaches`."""
    base = memory.recent.sum(axis=0) / np.maximum(memory.filled, 1.0)
    full = teaches & (memory.filled >= calendar.cycle)
    if full.any():
        for j in range(1, len(calendar.seasons)):
            _visit(memory, j, calendar.cells[j][t], full, clean - base)


def remember(memory: Memory, calendar: Calendar, t: int, clean: Array) -> None:
    """Keeps bucket t in the last cycle; the first full cycle is the first lesson about the season."""
    known = np.isfinite(clean)
    memory.recent[t % calendar.cycle] = np.where(known, clean, 0.0)
    memory.filled = np.where(known, np.minimum(memory.filled + 1, calendar.cycle), 0.0)
    _median_levels(memory, calendar, t)
    full = known & (memory.filled == calendar.cycle)
    if full.any() and (fresh := full & (memory.visits[1].sum(axis=0) == 0)).any():
        base = memory.recent.mean(axis=0)
        for back in range(calendar.cycle):
            for j in range(1, len(calendar.seasons)):
                off = memory.recent[(t - back) % calendar.cycle] - base
                _visit(memory, j, calendar.cells[j][t - back], fresh, off)


def _visit(memory: Memory, j: int, cell: int, which: Array, off: Array) -> None:
    memory.visits[j][cell] += which
    past = memory.past[j][cell]
    past[1:, which], past[0, which] = past[:-1, which], off[which]
    memory.season[j][cell][which] = _median(past)[which]


def _median_levels(memory: Memory, calendar: Calendar, t: int) -> None:
    """The last level of each season: the median of the last week of days, or of the last day of hours, made once a
    day."""
    width = 7 if calendar.daily else calendar.per_day
    if t + 1 < width:
        memory.level[LEVELS - 1 :: LEVELS] = memory.level[1::LEVELS]
        return
    if not calendar.daily and (t + 1) % width:
        return
    back = t - np.arange(width)
    last = memory.recent[back % calendar.cycle]
    for j in range(len(calendar.seasons)):
        found = _middle(last - memory.season[j][calendar.cells[j][back]])
        middle = memory.level[j * LEVELS + 1]
        memory.level[j * LEVELS + LEVELS - 1] = np.where(memory.filled >= width, found, middle)


def _middle(values: Array) -> Array:
    """The median over the first axis, NaN where one is missing: of few rows NumPy's takes four times as long."""
    ordered = np.sort(values, axis=0)
    middle = (ordered[(len(values) - 1) // 2] + ordered[len(values) // 2]) / 2
    return np.where(np.isnan(ordered[-1]), np.nan, middle)


def _median(values: Array) -> Array:
    """The median over the first axis of what is there; 0 where nothing is."""
    count = np.isfinite(values).sum(axis=0)
    ordered = np.sort(values, axis=0)
    low, high = np.maximum((count - 1) // 2, 0), np.minimum(count // 2, len(values) - 1)
    rows = np.arange(values.shape[1])
    return np.where(count > 0, (ordered[low, rows] + ordered[high, rows]) / 2, 0.0)
