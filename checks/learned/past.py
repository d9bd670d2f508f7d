"""What is known of the watched series, as grids of series and buckets: the past of the history, and this run."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice

import numpy as np

from checks.eventtime import buckets_between
from checks.facts import Facts
from checks.learned.before import CHANGE, DURATION, QUICK, REACH, Before, Series
from checks.learned.families import READINGS, watched
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
_DAY = timedelta(days=1)
_LEAST_FOR_CLOCK, _MOSTLY = 10, 0.9


@dataclass(frozen=True, slots=True)
class Watched:
    """Watched series over consecutive buckets; the newest is the one that a run speaks about. `values` are as they are
    judged (a count of a part of the rows as a share of them), NaN where nothing was measured; `rows` are the rows
    behind a rate, NaN else. `judge` marks the buckets that this run has read."""

    grain: Grain
    metrics: tuple[Metric, ...]
    buckets: tuple[datetime, ...]
    values: np.ndarray
    rows: np.ndarray
    judge: np.ndarray

    @property
    def per_day(self) -> int:
        """Buckets per day."""
        return 24 if self.grain is Grain.HOUR else 1


def bucketed(facts: Facts, before: Before) -> Watched | None:
    """The series with buckets, up to the newest that is complete. None where there are none."""
    event_time = facts.measured.event_time
    if event_time is None:
        return None
    grain = event_time.grain
    read = {bucket for grid in facts.measured.grids for bucket in grid.buckets if bucket is not None}
    known = {metric for metric in (*before.buckets, *_measured(facts)) if metric.grain is grain}
    series = {metric: {**before.buckets.get(metric, {}), **facts.buckets(metric)} for metric in known}
    return by_bucket(series, grain, facts.filling_from(event_time) - grain.length, REACH[grain], read)


def by_bucket(
    series: Series, grain: Grain, last: datetime, reach: timedelta, read: Collection[datetime] = ()
) -> Watched | None:
    """The watched ones of these series, up to the bucket `last`. `read` are the buckets that a run has read."""
    chosen = {metric: series[metric] for metric in sorted(watched(series, grain))}
    clocks = {metric.column for metric, values in chosen.items() if metric.name == "mean" and _is_clock(values)}
    chosen = {metric: values for metric, values in chosen.items() if metric.column not in clocks}
    later = last + grain.length
    first = max(min((min(values) for values in chosen.values() if values), default=later), last - reach)
    if not chosen or first > last:
        return None
    buckets = tuple(buckets_between(first, last, grain))
    return grid(grain, chosen, buckets, read)


def observed(facts: Facts, before: Before) -> Watched | None:
    """The series of the whole table by day of observation, up to today. None where there are none."""
    event_time = facts.measured.event_time
    known = [each for each in _measured(facts) if each.grain is Grain.TABLE]
    known += [DURATION] if DURATION in before.days else []
    today = facts.at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    series = {metric: {**before.days.get(metric, {}), **_now(facts, before, metric, today)} for metric in known}
    return whole_table(series, event_time.grain if event_time else None, today, REACH[Grain.TABLE], {today})


def whole_table(
    series: Series, grain: Grain | None, last: datetime, reach: timedelta, read: Collection[datetime] = ()
) -> Watched | None:
    """The watched ones of these series of the whole table by day of observation, up to the day `last`, and the daily
    growth where the table grows. `grain` is that of the dataset's buckets, None where it has none."""
    chosen = {metric: series[metric] for metric in sorted(watched(series, grain))}
    changes = _changes(chosen.get(Metric("row_count"), {}))
    chosen |= {CHANGE: changes} if changes else {}
    oldest = min((min(values) for values in chosen.values() if values), default=None)
    if oldest is None or oldest > last:
        return None
    buckets = tuple(buckets_between(max(oldest, last - reach), last, Grain.DAY))
    return grid(Grain.TABLE, chosen, buckets, read)


def _changes(counts: Mapping[datetime, float]) -> dict[datetime, float]:
    """By how much a growing table grew in a whole day, at the day after it: today is not over. Nothing for a table that
    mostly stays as it is, whose count says it all."""
    found = {day + _DAY: count - counts[day - _DAY] for day, count in counts.items() if day - _DAY in counts}
    found = {day: change for day, change in found.items() if day in counts}
    moved = sum(change != 0 for change in found.values())
    return found if 2 * moved >= len(found) else {}


def _now(facts: Facts, before: Before, metric: Metric, today: datetime) -> dict[datetime, float]:
    if metric == DURATION:
        return {today: max(facts.measured.seconds, QUICK, before.days[metric].get(today, 0.0))}
    level = facts.level(metric)
    if level is None:
        return {}
    earlier = before.days.get(metric, {}).get(today, -np.inf)
    return {today: max(level.value, earlier) if metric.name == "freshness" else level.value}


def grid(grain: Grain, series: Series, buckets: tuple[datetime, ...], read: Collection[datetime] = ()) -> Watched:
    """Series over consecutive buckets, counts of a part of the rows as shares of them. Values that take turns are left
    out."""
    metrics = tuple(series)
    rows_metric = Metric("row_count") if grain is Grain.TABLE else Metric("bucket_rows", grain=grain)

    def line(values: Mapping[datetime, float]) -> list[float]:
        return [values.get(bucket, np.nan) for bucket in buckets]

    rows = np.array(line(series.get(rows_metric, {})))
    values = np.array([line(series[metric]) for metric in series])
    _fill_categories(metrics, values)
    readings = [READINGS[metric.name] for metric in metrics]
    shares = np.array([reading.part for reading in readings])
    with np.errstate(divide="ignore", invalid="ignore"):
        values[shares] = np.where(rows > 0, values[shares] / rows, np.nan)
    rates = np.array([reading.kind == "rate" for reading in readings])
    behind = np.where(rates[:, None], rows[None, :], np.nan)
    judge = np.array([bucket in read for bucket in buckets])
    left_out = moving(metrics, values, behind, grain)
    kept = [row for row, metric in enumerate(metrics) if metric.category is None or metric.column not in left_out]
    chosen = tuple(metrics[row] for row in kept)
    return Watched(grain, chosen, buckets, values[kept], behind[kept], judge)


def _fill_categories(metrics: Sequence[Metric], values: np.ndarray) -> None:
    """Where one value of a column was counted all were: one that came later had no rows before."""
    columns: dict[tuple[str | None, str], list[int]] = {}
    for row, metric in enumerate(metrics):
        if metric.category is not None:
            rule = (metric.check or "").partition("=")[0]
            columns.setdefault((metric.column, rule), []).append(row)
    for rows in columns.values():
        counted = np.isfinite(values[rows]).any(axis=0)
        values[rows] = np.where(counted & np.isnan(values[rows]), 0.0, values[rows])


def only(watched: Watched, *metrics: Metric) -> Watched:
    """Some of the series, in the order in which they stand."""
    rows = [row for row, metric in enumerate(watched.metrics) if metric in metrics]
    kept = tuple(watched.metrics[row] for row in rows)
    return replace(watched, metrics=kept, values=watched.values[rows], rows=watched.rows[rows])


def _measured(facts: Facts) -> list[Metric]:
    return [metric for grid in facts.measured.grids for metric in grid.metrics]


def _is_clock(means: Mapping[datetime, float]) -> bool:
    """Whether a column of numbers says which day it is: it goes by the calendar, and is nothing to be learned."""
    told = [(bucket, mean) for bucket, mean in means.items() if mean == mean]
    if len(told) < _LEAST_FOR_CLOCK:
        return False
    return any(_goes_by(part, told) for part in _CALENDAR)


def _goes_by(part: Callable[[datetime], float], told: Sequence[tuple[datetime, float]]) -> bool:
    """Most columns are none: after the first few misses nothing more has to be reckoned."""
    misses = (bucket for bucket, mean in told if not abs(part(bucket) - mean) < 1.0)
    too_many = len(told) - math.floor(_MOSTLY * len(told))
    return len(list(islice(misses, too_many))) < too_many
