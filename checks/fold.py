"""The fused answer folded into measurements: a grid of buckets, and numbers for the whole table.

A bucket without rows is a bucket with 0 rows, once the dataset has begun; its other numbers were not measured. Rows
later than the present bucket, and those from the future, belong to the table and to no bucket.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from checks.eventtime import bucket_of, buckets_between, wall_clock
from checks.fused import NEWEST, OLDEST, Asked
from checks.metrics import CATALOGUE
from checks.records import Grain, Grid, Metric, Plan
from checks.scalars import moment_of

ROWS = Metric("row_count")
FUTURE, AHEAD = Metric("future_rows"), Metric("ahead_rows")
_Groups = Sequence[datetime | None]
_Values = dict[Metric, np.ndarray]


@dataclass(frozen=True, slots=True)
class Folded:
    """Grids over the buckets read, the whole-table numbers that follow from this run's own reading, and the newest
    event time (naive) among the rows read."""

    buckets: tuple[datetime, ...]
    grids: tuple[Grid, ...]
    totals: dict[Metric, float]
    newest: datetime | None

    @property
    def rows(self) -> float:
        """The rows of all buckets that were read, or of the table where there are none."""
        counted = [
            float(np.nansum(line))
            for grid in self.grids
            for metric, line in zip(grid.metrics, grid.values, strict=True)
            if metric.name == "bucket_rows"
        ]
        return sum(counted) if self.buckets else self.totals.get(ROWS, 0.0)

    def largest(self, name: str) -> dict[str, float]:
        """A metric by column: its largest value in a bucket, or that of the table where there are none."""
        if not self.buckets:
            return {one.column: value for one, value in self.totals.items() if one.name == name and one.column}
        return {
            metric.column: float(np.nanmax(line))
            for grid in self.grids
            for metric, line in zip(grid.metrics, grid.values, strict=True)
            if metric.name == name and metric.column and not np.isnan(line).all()
        }

    def with_counts(self, asked: Asked, plan: Plan) -> Folded:
        """With what another query counted over the same rows."""
        grids = (_grid(asked, self.buckets, plan.event_time.grain),) if plan.event_time and self.buckets else ()
        totals = table_totals(asked.values, by_bucket=True) if plan.whole_table else {}
        return replace(self, grids=self.grids + grids, totals=self.totals | totals)


def fold(asked: Asked, plan: Plan, now: datetime) -> Folded:
    """Everything the answer says. Whole-table numbers only where the whole table was read."""
    values = dict(asked.values)
    newest, oldest = _moment(np.nanmax, values.pop(NEWEST, None)), _moment(np.nanmin, values.pop(OLDEST, None))
    asked = Asked(asked.buckets, values)
    if plan.event_time is None:
        return Folded((), (), table_totals(values, by_bucket=False), newest)
    buckets = _buckets(asked.buckets, oldest, plan, now)
    totals = table_totals(values, by_bucket=True) if plan.whole_table else _beside_buckets(values)
    grids = (_grid(asked, buckets, plan.event_time.grain),) if buckets else ()
    return Folded(buckets, grids, totals, newest)


def table_totals(values: _Values, *, by_bucket: bool) -> dict[Metric, float]:
    """Numbers of the whole table out of its groups: sums, extremes, and pooled means and deviations. What can not be
    put together (how many different values there are) is there only without buckets."""
    totals: dict[Metric, float] = {}
    for metric, per_group in values.items():
        if metric.name in _COMBINED:
            totals[metric] = _COMBINED[metric.name](metric, values)
        elif CATALOGUE[metric.name].additive:
            totals[metric] = float(np.nansum(per_group))
        elif not by_bucket:
            totals[metric] = float(per_group[0])
    return totals | _null_rates(totals)


def _null_rates(totals: dict[Metric, float]) -> dict[Metric, float]:
    rows = totals.get(ROWS, 0.0)
    return {
        Metric("null_rate", metric.column): nulls / rows
        for metric, nulls in totals.items()
        if metric.name == "null_count" and rows
    }


def _beside_buckets(values: _Values) -> dict[Metric, float]:
    return {metric: float(np.nansum(values[metric])) for metric in (FUTURE, AHEAD) if metric in values}


# -- buckets -----------------------------------------------------------------------------------------------------------


def _grid(asked: Asked, buckets: tuple[datetime, ...], grain: Grain) -> Grid:
    place = {group: i for i, group in enumerate(asked.buckets)}
    where = [place.get(bucket, -1) for bucket in buckets]
    lines: dict[Metric, np.ndarray] = {}
    for metric, per_group in asked.values.items():
        if metric not in (FUTURE, AHEAD):
            empty = 0.0 if CATALOGUE[metric.name].additive else np.nan
            lines[_per_bucket(metric, grain)] = np.append(per_group, empty)[where]
    rows = lines.get(Metric("bucket_rows", grain=grain))
    if rows is not None:
        lines |= {
            Metric("null_rate", metric.column, grain): np.divide(
                nulls, rows, out=np.full(rows.shape, np.nan), where=rows > 0
            )
            for metric, nulls in lines.items()
            if metric.name == "null_count"
        }
    return Grid(tuple(lines), buckets, np.array(list(lines.values())))


def _per_bucket(metric: Metric, grain: Grain) -> Metric:
    return replace(metric, name="bucket_rows" if metric == ROWS else metric.name, grain=grain)


def _buckets(groups: _Groups, oldest: datetime | None, plan: Plan, now: datetime) -> tuple[datetime, ...]:
    """Every bucket from the dataset's first one (or the first that was read again) to the present one."""
    if plan.event_time is None or plan.buckets_from is None:
        return ()
    grain = plan.event_time.grain
    last = bucket_of(wall_clock(now, plan.event_time), grain)
    begun_before = not plan.whole_table or (oldest is not None and oldest < plan.buckets_from)
    seen = [group for group in groups if group is not None]
    first = plan.buckets_from if begun_before else min(seen, default=None)
    return tuple(buckets_between(first, last, grain)) if first is not None and first <= last else ()


def _moment(extreme: Callable[[np.ndarray], float], per_group: np.ndarray | None) -> datetime | None:
    found = np.nan if per_group is None else _extreme(extreme, per_group)
    return None if np.isnan(found) else moment_of(found)


# -- numbers that are neither summed nor looked up ---------------------------------------------------------------------


def _lowest(metric: Metric, values: _Values) -> float:
    return _extreme(np.nanmin, values[metric])


def _highest(metric: Metric, values: _Values) -> float:
    return _extreme(np.nanmax, values[metric])


def _extreme(function: Callable[[np.ndarray], float], per_group: np.ndarray) -> float:
    return float(function(per_group)) if not np.isnan(per_group).all() else np.nan


def _total(metric: Metric, values: _Values) -> float:
    """The sum of sums, NaN where no group has one: the sum of nothing is not zero."""
    return _extreme(np.nansum, values[metric])


def _pooled_mean(metric: Metric, values: _Values) -> float:
    weights, means = _weights(metric, values), values[metric]
    if weights is None:
        return np.nan
    known = ~np.isnan(means) & (weights > 0)
    return float(np.average(means[known], weights=weights[known])) if known.any() else np.nan


def _pooled_deviation(metric: Metric, values: _Values) -> float:
    """Sample deviation of all rows: within groups plus between groups (a group of one row has no own deviation)."""
    weights, means = _weights(metric, values), values.get(replace(metric, name="mean"))
    if weights is None or means is None:
        return np.nan
    known = ~np.isnan(means) & (weights > 0)
    count = weights[known].sum()
    if count < 2:
        return np.nan
    deviations = np.where(weights[known] == 1, 0.0, values[metric][known])
    mean = np.average(means[known], weights=weights[known])
    squares = (weights[known] - 1) * deviations**2 + weights[known] * (means[known] - mean) ** 2
    return float(np.sqrt(squares.sum() / (count - 1)))


def _weights(metric: Metric, values: _Values) -> np.ndarray | None:
    """How many values each group's mean was made of: rows that are neither NULL nor NaN nor infinite. None where that
    could not be measured."""
    nulls = values.get(Metric("null_count", metric.column))
    if nulls is None or ROWS not in values:
        return None
    broken = values.get(Metric("non_finite_count", metric.column), np.zeros(1))
    return values[ROWS] - np.nan_to_num(nulls) - np.nan_to_num(broken)


_COMBINED: dict[str, Callable[[Metric, _Values], float]] = {
    "min": _lowest,
    "max": _highest,
    "min_length": _lowest,
    "max_length": _highest,
    "mean": _pooled_mean,
    "sum": _total,
    "stddev": _pooled_deviation,
    "true_rate": _pooled_mean,
}
