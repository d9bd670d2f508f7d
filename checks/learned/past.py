"""What is known of the watched series, as grids of series and buckets: the past of the history, and this run."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from checks.detect import Days, by_day
from checks.eventtime import buckets_between
from checks.facts import Facts
from checks.learned.ageing import at_one_age
from checks.learned.before import CHANGE, DURATION, LONGER, QUICK, REACH, Before, Series
from checks.learned.codes import declared
from checks.learned.families import READINGS, ends_of, watched
from checks.learned.grids import Watched, still_watched
from checks.learned.labels import heard
from checks.learned.watching import watching
from checks.records import Dataset, Grain, Label, Metric

_DAY = timedelta(days=1)


def bucketed(dataset: Dataset, facts: Facts, before: Before) -> Watched | None:
    """The series with buckets, up to the newest that is complete. None where there are none."""
    event_time = facts.measured.event_time
    if event_time is None:
        return None
    grain = event_time.grain
    read = {bucket for grid in facts.measured.grids for bucket in grid.buckets if bucket is not None}
    known = {metric for metric in (*before.buckets, *_measured(facts)) if metric.grain is grain}
    series = {metric: {**before.buckets.get(metric, {}), **facts.buckets(metric)} for metric in known}
    last = facts.filling_from(event_time) - grain.length
    found = by_bucket(series, grain, last, REACH[grain], before.labels, read, declared(dataset.checks))
    found = found and still_watched(found)
    return found and at_one_age(found, before.young)


def by_bucket(  # noqa: PLR0913 - the parts of one question
    series: Series,
    grain: Grain,
    last: datetime,
    reach: timedelta,
    labels: Sequence[Label] = (),
    read: Collection[datetime] = (),
    wanted: Collection[str] = (),
) -> Watched | None:
    """Those of these series that can be watched, up to the bucket `last`. `read` are the buckets that a run has
    read, `wanted` the columns whose means are watched whatever they say."""
    chosen = _with_ends(series, grain)
    later = last + grain.length
    first = max(min((min(values) for values in chosen.values() if values), default=later), last - reach)
    if not chosen or first > last:
        return None
    buckets = tuple(buckets_between(first, last, grain))
    found = grid(grain, chosen, buckets, labels, read, wanted)
    return replace(found, earlier=_earlier(chosen, first, labels)) if grain is Grain.HOUR else found


def _with_ends(series: Series, grain: Grain | None) -> dict[Metric, Mapping[datetime, float]]:
    """The series to watch, and the smallest and largest values of their columns beside them."""
    chosen = {metric: series[metric] for metric in sorted(watched(series, grain))}
    ends = {end for metric in chosen for end in ends_of(metric)}
    return chosen | {metric: series[metric] for metric in sorted(ends) if metric in series}


def _earlier(series: Series, first: datetime, labels: Sequence[Label]) -> Days:
    """The days before the first one that begins at the hour `first` or later, without what nothing is learned from."""
    midnight = first.replace(hour=0)
    oldest = max(midnight - LONGER, min(min(values) for values in series.values() if values))
    begins = midnight if first == midnight else midnight + _DAY
    hours = _laid_out(Grain.HOUR, series, tuple(buckets_between(oldest, begins - Grain.HOUR.length, Grain.HOUR)))
    values = np.where(heard(hours, labels).untaught, np.nan, hours.values)
    return by_day(hours.buckets, values, [READINGS[metric.name].kind for metric in hours.metrics], hours.rows)


def observed(dataset: Dataset, facts: Facts, before: Before) -> Watched | None:
    """The series of the whole table by day of observation, up to today. None where there are none."""
    event_time = facts.measured.event_time
    known = [each for each in _measured(facts) if each.grain is Grain.TABLE]
    known += [DURATION] if DURATION in before.days else []
    today = facts.at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    series = {metric: {**before.days.get(metric, {}), **_now(facts, before, metric, today)} for metric in known}
    grain = event_time.grain if event_time else None
    found = whole_table(series, grain, today, REACH[Grain.TABLE], before.labels, {today}, declared(dataset.checks))
    return found and still_watched(found)


def whole_table(  # noqa: PLR0913 - as above
    series: Series,
    grain: Grain | None,
    last: datetime,
    reach: timedelta,
    labels: Sequence[Label] = (),
    read: Collection[datetime] = (),
    wanted: Collection[str] = (),
) -> Watched | None:
    """Those of these series of the whole table that can be watched by day of observation, up to the day `last`, and the
    daily growth. `grain` is that of the dataset's buckets, None where it has none; `wanted` as in `by_bucket`."""
    chosen = _with_ends(series, grain)
    changes = _changes(chosen.get(Metric("row_count"), {}))
    chosen |= {CHANGE: changes} if changes else {}
    oldest = min((min(values) for values in chosen.values() if values), default=None)
    if oldest is None or oldest > last:
        return None
    buckets = tuple(buckets_between(max(oldest, last - reach), last, Grain.DAY))
    return grid(Grain.TABLE, chosen, buckets, labels, read, wanted)


def _changes(counts: Mapping[datetime, float]) -> dict[datetime, float]:
    """By how much a table grew in a whole day, at the day after it: today is not over."""
    found = {day + _DAY: count - counts[day - _DAY] for day, count in counts.items() if day - _DAY in counts}
    return {day: change for day, change in found.items() if day in counts}


def _now(facts: Facts, before: Before, metric: Metric, today: datetime) -> dict[datetime, float]:
    if metric == DURATION:
        return {today: max(facts.measured.seconds, QUICK, before.days[metric].get(today, 0.0))}
    level = facts.level(metric)
    if level is None:
        return {}
    earlier = before.days.get(metric, {}).get(today, -np.inf)
    return {today: max(level.value, earlier) if metric.name == "freshness" else level.value}


def grid(
    grain: Grain,
    series: Series,
    buckets: tuple[datetime, ...],
    labels: Sequence[Label] = (),
    read: Collection[datetime] = (),
    wanted: Collection[str] = (),
) -> Watched:
    """Series over consecutive buckets, counts of a part of the rows as shares of them. Smallest and largest values are
    not watched themselves; they say what the values of their columns are. `wanted` as in `by_bucket`."""
    found = _laid_out(grain, series, buckets, read)
    return replace(found, watch=watching(found, heard(found, labels).void, wanted))


def _laid_out(grain: Grain, series: Series, buckets: tuple[datetime, ...], read: Collection[datetime] = ()) -> Watched:
    """The same, as if each were watched from the first bucket on."""
    metrics = tuple(metric for metric in series if metric.name in READINGS)
    rows_metric = Metric("row_count") if grain is Grain.TABLE else Metric("bucket_rows", grain=grain)

    def line(values: Mapping[datetime, float]) -> list[float]:
        return [values.get(bucket, np.nan) for bucket in buckets]

    rows = np.array(line(series.get(rows_metric, {})))
    values = np.array([line(series[metric]) for metric in metrics])
    ends = np.array([[line(series.get(end, {})) for end in ends_of(metric) or (None, None)] for metric in metrics])
    _fill_categories(metrics, values)
    readings = [READINGS[metric.name] for metric in metrics]
    shares = np.array([reading.part for reading in readings])
    with np.errstate(divide="ignore", invalid="ignore"):
        values[shares] = np.where(rows > 0, values[shares] / rows, np.nan)
    rates = np.array([reading.is_share for reading in readings])
    behind = np.where(rates[:, None], rows[None, :], np.nan)
    _without_nulls(metrics, values, behind)
    judge = np.array([bucket in read for bucket in buckets])
    watch = np.ones(values.shape, dtype=bool)
    return Watched(grain, metrics, buckets, values, behind, ends.swapaxes(0, 1), judge, watch)


def _without_nulls(metrics: Sequence[Metric], values: np.ndarray, behind: np.ndarray) -> None:
    """The share of true is one of the rows that are not NULL."""
    place = {metric: row for row, metric in enumerate(metrics)}
    for row, metric in enumerate(metrics):
        nulls = place.get(replace(metric, name="null_rate"))
        if metric.name == "true_rate" and nulls is not None:
            behind[row] *= 1 - np.nan_to_num(values[nulls])


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


def _measured(facts: Facts) -> list[Metric]:
    return [metric for grid in facts.measured.grids for metric in grid.metrics]
