"""From what to what the level of a series that drifts has moved, in the numbers that people see. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from datetime import timedelta

import numpy as np

from checks.detect import Days, Scores
from checks.detect.calendars import special_day
from checks.detect.drift import levels
from checks.learned.grids import Watched
from checks.records import Drift, Grain, Metric

_DAY = timedelta(days=1)


def drifts(watched: Watched, days: Days, scores: Scores, holidays: str | None) -> Mapping[tuple[int, int], Drift]:
    """Of each place (series, bucket) where drift is told: the level before and that of now. `days` are those of the
    series, without what nothing is learned from."""
    odd = np.array([special_day(day.date(), holidays, True) is not None for day in days.days])
    length = watched.grain.length if watched.grain is Grain.HOUR else _DAY
    found = {}
    for row, at in np.argwhere(scores.state == "drift"):
        over = bisect_right(days.days, watched.buckets[at] + length - _DAY)
        before, now = levels(days.values[row, :over], odd[:over], falls=bool(scores.score[row, at] < 0))
        parts = _parts(watched.metrics[row])
        found[int(row), int(at)] = Drift(before / parts, now / parts)
    return found


def _parts(metric: Metric) -> int:
    """In how many parts the number of a day is told: what is different within an hour can not be added up."""
    return 24 if metric.grain is Grain.HOUR and metric.name == "distinct_count" else 1
