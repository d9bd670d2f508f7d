"""Slow drifts and small lasting shifts: the level of the last week against that of the weeks before, beside the point
test that never sees them. The difference is judged by the differences that the series has shown before."""

from __future__ import annotations

import numpy as np

from checks.detect.threshold import limits

Array = np.ndarray

#: days of the level now, of the pause before it, and of the level it is held against
NOW, PAUSE, BEFORE = 7, 7, 28
#: days after an alarm in which the same drift is not told again
QUIET = 28
#: past days needed before drift is judged
LEAST = 28


def differences(levels: Array, per_day: int) -> Array:
    """`levels`: S x T without season and special days, on the scale, NaN where not measured. The difference of the mean
    level of the last week from that of four weeks earlier, S x T, NaN where there is too little."""
    now = _mean_before(levels, 0, NOW * per_day)
    before = _mean_before(levels, (NOW + PAUSE) * per_day, BEFORE * per_day)
    return now - before


def statistic(levels: Array, per_day: int, least: Array) -> Array:
    """The differences in units of their own past: S x T, causal; 0 where they are smaller than `least`."""
    found = differences(levels, per_day)
    usual = _past_mean(np.abs(found), per_day)
    return np.where(np.abs(found) < least, 0.0, found) / np.maximum(1.2533 * usual, 1e-9)


def alarms(statistics: Array, per_day: int, chance: float) -> tuple[Array, Array]:
    """Where drift is told, once each (S x T), and the statistic over its limit, signed."""
    series, buckets = statistics.shape
    ratio = np.full((series, buckets), np.nan)
    told = np.zeros((series, buckets), dtype=bool)
    quiet = np.zeros(series, dtype=int)
    for day in range(LEAST * per_day, buckets, per_day):
        past = statistics[:, max(0, day - 365 * per_day) : day : per_day]
        up, down = limits(past, chance / 2), limits(-past, chance / 2)
        block = statistics[:, day : day + per_day]
        ratio[:, day : day + per_day] = np.where(block >= 0, block / up[:, None], block / down[:, None])
        over = np.abs(ratio[:, day : day + per_day]) > 1
        ready = np.isfinite(past).sum(axis=1) >= LEAST
        alarm = ready & over.any(axis=1) & (quiet <= 0)
        told[np.flatnonzero(alarm), day + over.argmax(axis=1)[alarm]] = True
        quiet = np.where(alarm, QUIET, quiet - 1)
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


def _past_mean(values: Array, per_day: int) -> Array:
    """The mean of all earlier values, without the current day."""
    known = np.isfinite(values)
    totals = np.cumsum(np.where(known, values, 0.0), axis=1)
    counts = np.cumsum(known, axis=1)
    return _lagged(totals, per_day) / np.maximum(_lagged(counts, per_day), 1)
