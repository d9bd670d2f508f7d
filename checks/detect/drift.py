"""Slow drifts and small lasting shifts: the level of the last week against that of the weeks before, beside the point
test that never sees them. The difference is judged by the differences that the series has shown before."""

from __future__ import annotations

import numpy as np

Array = np.ndarray

#: days of the level now, of the pause before it, and of the level it is held against
NOW, PAUSE, BEFORE = 7, 7, 28
#: days after an alarm in which the same drift is not told again, and days that a difference takes to belong to the past
QUIET, SETTLED = 28, 7
#: past days needed before drift is judged
LEAST = 28
#: a difference of so many standard deviations was passed so often in 90 days of series without a fault; for other
#: budgets #: the limit grows with the logarithm
LIMIT, LIMIT_ALARMS, STEEPNESS, LEAST_LIMIT = 2.5, 0.4, 1.34, 1.5


def differences(levels: Array, per_day: int) -> Array:
    """`levels`: S x T without season and special days, on the scale, NaN where not measured. The difference of the mean
    level of the last week from that of four weeks earlier, S x T, NaN where there is too little."""
    now = _mean_before(levels, 0, NOW * per_day)
    before = _mean_before(levels, (NOW + PAUSE) * per_day, BEFORE * per_day)
    return now - before


def statistic(levels: Array, per_day: int, least: Array, fresh: Array) -> Array:
    """The differences in units of their own past: S x T, causal; 0 where they are smaller than `least`. `fresh`: the
    first bucket of the regime that each bucket belongs to; nothing before it counts."""
    at = np.arange(levels.shape[1])
    found = np.where(at - fresh >= (NOW + PAUSE + BEFORE) * per_day, differences(levels, per_day), np.nan)
    usual, days = _past_mean(np.abs(found), SETTLED * per_day, fresh)
    ratio = np.where(np.abs(found) < least, 0.0, found) / np.maximum(1.2533 * usual, 1e-9)
    # little past says little of what is usual
    doubt = 1 + LEAST * per_day / np.maximum(days, 1)
    return np.where(days >= LEAST * per_day, ratio / doubt, np.nan)


def alarms(statistics: Array, per_day: int, chance: float) -> tuple[Array, Array]:
    """Where drift is told, once each (S x T), and the statistic over its limit, signed. `chance`: of one day."""
    limit = max(LEAST_LIMIT, LIMIT + STEEPNESS * np.log(LIMIT_ALARMS / (chance * 90)))
    ratio = statistics / limit
    told = np.zeros(statistics.shape, dtype=bool)
    quiet = np.zeros(len(statistics), dtype=int)
    for t in range(statistics.shape[1]):
        # hours are looked at together, once a day
        alarm = (np.abs(ratio[:, t]) > 1) & (quiet <= 0) & ((t + 1) % per_day == 0)
        told[:, t] = alarm
        quiet = np.where(alarm, QUIET * per_day, quiet - 1)
    return told, ratio


def _mean_before(values: Array, skip: int, width: int) -> Array:
    """The mean of `width` buckets that end `skip` buckets before each: S x T, NaN where less than half is there."""
    known = np.isfinite(values)
    totals = np.cumsum(np.where(known, values, 0.0), axis=1)
    counts = np.cumsum(known, axis=1)
    total, count = (
        _lagged(totals, skip) - _lagged(totals, skip + width),
        _lagged(counts, skip) - _lagged(counts, skip + width),
    )
    enough = count >= width / 2
    return np.where(enough, total / np.maximum(count, 1), np.nan)


def _lagged(values: Array, lag: int) -> Array:
    if lag == 0:
        return values
    moved = np.zeros_like(values)
    if lag < values.shape[1]:
        moved[:, lag:] = values[:, :-lag]
    return moved


def _past_mean(values: Array, skip: int, fresh: Array) -> tuple[Array, Array]:
    """The mean of the values from `fresh` up to `skip` buckets before each, and of how many it is."""
    known = np.isfinite(values)
    totals, counts = (np.cumsum(part, axis=1) for part in (np.where(known, values, 0.0), known))
    start = np.maximum(fresh.astype(int) - 1, 0)
    total = _lagged(totals, skip) - np.where(fresh > 0, np.take_along_axis(totals, start, axis=1), 0.0)
    count = _lagged(counts, skip) - np.where(fresh > 0, np.take_along_axis(counts, start, axis=1), 0.0)
    return total / np.maximum(count, 1), count
