"""Values that change as a bucket gets older: an order is paid today and delivered in four days, a parcel has no moment
of delivery until it is there. Beside days that have settled the newest day is always odd, so it is held against what
was known of earlier ones when they were as old as it is now. Pure.

It is found out by what runs saw: of the oldest buckets that they saw at that age, most have another value by now. What
was never seen at that age is unknown then, and the series learns anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import numpy as np

from checks.learned.before import Series
from checks.learned.families import READINGS, VOLUME, family_of
from checks.learned.grids import Watched

#: how many buckets that were seen young are looked at, and how many of them, the oldest, have to have changed
_SEEN, _OLDEST, _LEAST = 28, 7, 3
#: smaller differences are no change: points of a share, and parts of any other value
_OF_SHARES, _OF_VALUES = 0.01, 0.02
_USUAL_SPREADS = 3


def at_one_age(found: Watched, young: Series) -> Watched:
    """The same series, those whose values change with the age of a bucket at the age of the newest. How many rows come
    is not among them: when a bucket is full is learned from its arrival."""
    if not young:
        return found
    values = found.values.copy()
    rows = _rows(found, young)
    for row, metric in enumerate(found.metrics):
        if metric not in young or family_of(metric) is VOLUME:
            continue
        then = _line(young[metric], found.buckets)
        then = then / rows if READINGS[metric.name].part else then
        if _changes(then, values[row], share=READINGS[metric.name].is_share):
            values[row, :-1] = then[:-1]
    return replace(found, values=values)


def _rows(found: Watched, young: Series) -> np.ndarray:
    """How many rows each bucket had at that age, NaN for none."""
    counts = [(row, metric) for row, metric in enumerate(found.metrics) if metric.name == "bucket_rows"]
    if not counts:
        return np.full(len(found.buckets), np.nan)
    row, metric = counts[0]
    then = _line(young.get(metric, {}), found.buckets)
    rows = np.where(np.isfinite(then), then, found.values[row])
    return np.where(rows > 0, rows, np.nan)


def _line(values: Mapping[datetime, float], buckets: tuple[datetime, ...]) -> np.ndarray:
    return np.array([values.get(bucket, np.nan) for bucket in buckets])


def _changes(young: np.ndarray, by_now: np.ndarray, *, share: bool) -> bool:
    """Whether the oldest of the buckets that were seen young have changed by more than buckets differ."""
    seen = np.flatnonzero(np.isfinite(young[:-1]) & np.isfinite(by_now[:-1]))[-_SEEN:][:_OLDEST]
    if len(seen) < _LEAST:
        return False
    settled = by_now[np.isfinite(by_now)][-2 * _SEEN : -_LEAST]
    middle = np.median(settled) if len(settled) else 0.0
    spread = np.median(np.abs(settled - middle)) if len(settled) else 0.0
    least = max(_USUAL_SPREADS * spread, _OF_SHARES if share else _OF_VALUES * abs(middle))
    changed = np.abs(by_now - young)[seen] > least
    return changed.sum() >= max(_LEAST, len(seen) / 2)
