"""Slow drifts and small lasting shifts: the level of the last two weeks against that of the weeks before, beside the
point test that never sees them. A level is the mean of the middle half of its days, so that a few odd days do not make
one. The difference is judged by the differences that the series has shown before."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

Array = np.ndarray

#: days of the level now, of the pause before it, and of the level it is held against
NOW, PAUSE, BEFORE = 14, 7, 28
#: the part of the days left out at each end of a level
ODD = 0.25
#: days after an alarm in which the same drift is not told again, and days that a difference takes to belong to the past
QUIET, SETTLED = 28, 7
#: past days needed before drift is judged
LEAST = 28
#: how many days are looked over at once, to bound the memory
AT_ONCE = 200_000
#: days that the first verdict takes
NEEDED = NOW + PAUSE + BEFORE + LEAST + SETTLED
#: a difference of so many standard deviations is passed to one side so often in 90 days of series without a fault; for
#: other chances the limit grows with the logarithm
LIMIT, LIMIT_ALARMS, STEEPNESS, LEAST_LIMIT = 2.5, 0.1, 0.7, 1.2


def by_day(levels: Array, per_day: int) -> Array:
    """The mean of each whole day, S x days; NaN where less than half of it was measured."""
    whole = levels[:, : levels.shape[1] // per_day * per_day]
    whole = whole.reshape(len(levels), -1, per_day)
    known = np.isfinite(whole)
    count = known.sum(axis=2)
    return np.where(count >= per_day / 2, np.where(known, whole, 0.0).sum(axis=2) / np.maximum(count, 1), np.nan)


def differences(days: Array) -> Array:
    """`days`: S x days without season and special days, on the scale, NaN where not measured. The difference of the
    level of the last two weeks from that of the weeks before, NaN where there is too little."""
    return _level(days, NOW) - _lagged(_level(days, BEFORE), NOW + PAUSE, np.nan)


def levels(days: Array, odd: Array, *, falls: bool) -> tuple[float, float]:
    """The level of the weeks before the last of these days and that of its last two weeks, as measured; `odd` marks
    special days. They are left out, unless that leaves too little or the opposite of what was found; NaN where all days
    do, too."""
    for known in (np.where(odd, np.nan, days), days):
        if len(known) >= NOW + PAUSE + BEFORE:
            before = float(_level(known[None, : len(known) - NOW - PAUSE][:, -BEFORE:], BEFORE)[0, -1])
            now = float(_level(known[None, -NOW:], NOW)[0, -1])
            if now < before if falls else now > before:
                return before, now
    return np.nan, np.nan


def statistic(days: Array, least: Array, fresh: Array) -> Array:
    """The differences in units of their own past: S x days, causal; 0 where they are smaller than `least`. `fresh`: the
    first day of the regime that each day belongs to; nothing before it counts."""
    at = np.arange(days.shape[1])
    found = np.where(at - fresh >= NOW + PAUSE + BEFORE, differences(days), np.nan)
    usual, past = _past_mean(np.abs(found), SETTLED, fresh)
    ratio = np.where(np.abs(found) < least, 0.0, found) / np.maximum(1.2533 * usual, 1e-9)
    # little past says little of what is usual
    doubt = 1 + LEAST / np.maximum(past, 1)
    return np.where(past >= LEAST, ratio / doubt, np.nan)


def alarms(statistics: Array, down: Array, up: Array) -> tuple[Array, Array]:
    """Where drift is told, once each (S x days), and the statistic over its limit, signed. `down` and `up`: the chance
    of a needless alarm that each day has on each side, S x days."""
    ratio = statistics / np.where(statistics < 0, _limit(down), _limit(up))
    told = np.zeros(statistics.shape, dtype=bool)
    quiet = np.zeros(len(statistics), dtype=int)
    for day in range(statistics.shape[1]):
        alarm = (np.abs(ratio[:, day]) > 1) & (quiet <= 0)
        told[:, day] = alarm
        quiet = np.where(alarm, QUIET, quiet - 1)
    return told, ratio


def _limit(chance: Array) -> Array:
    return np.maximum(LEAST_LIMIT, LIMIT + STEEPNESS * np.log(LIMIT_ALARMS / (chance * 90)))


def _level(days: Array, width: int) -> Array:
    """The mean of the middle half of the last `width` days: S x days, NaN where less than half of them is there."""
    found = np.full(days.shape, np.nan)
    if days.shape[1] < width:
        return found
    windows, place = sliding_window_view(days, width, axis=1), np.arange(width)
    at_once = max(1, AT_ONCE // max(1, len(days) * width))
    for start in range(0, windows.shape[1], at_once):
        known = np.sort(windows[:, start : start + at_once], axis=2)
        count = np.isfinite(known).sum(axis=2, keepdims=True)
        odd = np.floor(count * ODD)
        middle = (place >= odd) & (place < count - odd)
        total = np.where(middle, known, 0.0).sum(axis=2)
        mean = np.where(count[..., 0] >= width / 2, total / np.maximum(middle.sum(axis=2), 1), np.nan)
        found[:, width - 1 :][:, start : start + at_once] = mean
    return found


def _lagged(values: Array, lag: int, first: float = 0.0) -> Array:
    moved = np.full_like(values, first)
    if lag < values.shape[1]:
        moved[:, lag:] = values[:, : values.shape[1] - lag]
    return moved


def _past_mean(values: Array, skip: int, fresh: Array) -> tuple[Array, Array]:
    """The mean of the values from `fresh` up to `skip` days before each, and of how many it is."""
    known = np.isfinite(values)
    totals, counts = (np.cumsum(part, axis=1) for part in (np.where(known, values, 0.0), known))
    start = np.maximum(fresh.astype(int) - 1, 0)
    total = _lagged(totals, skip) - np.where(fresh > 0, np.take_along_axis(totals, start, axis=1), 0.0)
    count = _lagged(counts, skip) - np.where(fresh > 0, np.take_along_axis(counts, start, axis=1), 0.0)
    return total / np.maximum(count, 1), count
