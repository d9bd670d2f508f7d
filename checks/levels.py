"""Whole-table numbers for runs that read only the newest buckets.

What sums over buckets follows from what is known already: the last whole-table number, plus what the buckets read again
hold now, minus what they held before. That holds only while number and buckets are of the same run, and while no row is
ahead of them, where it belongs to the table and to no bucket. What does not follow, or does not sum, stays as it was
last measured, and says when that was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from checks.fold import AHEAD, ROWS
from checks.measure import table_grid
from checks.metrics import CATALOGUE
from checks.records import Grain, Grid, Measured, Metric

Before = Mapping[Metric, Mapping[datetime, float]]
Known = Mapping[Metric, tuple[datetime, float]]


def with_levels(measured: Measured, known: Known, before: Before) -> Measured:
    """The same measurements with the whole-table numbers that follow from the buckets that were read again, and without
    empty buckets from before the dataset's first one.

    `known` holds the newest whole-table values with the moment of their observation, `before` the newest known value of
    each bucket before this run.
    """
    if measured.whole_table:
        return measured
    levels = _Levels(measured, known, before)
    measured = replace(measured, grids=_since_the_first(measured.grids, before))
    carried = levels.carried()
    carried |= _null_rates(carried, levels.own.get(ROWS))
    return replace(measured, grids=(*measured.grids, table_grid(carried))) if carried else measured


def level_of(metric: Metric) -> Metric:
    """The whole-table counterpart of a bucketed metric."""
    name = "row_count" if metric.name == "bucket_rows" else metric.name
    return replace(metric, name=name, grain=Grain.TABLE)


@dataclass(frozen=True)
class _Levels:
    measured: Measured
    known: Known
    before: Before

    @property
    def own(self) -> dict[Metric, float]:
        """The whole-table numbers that this run measured itself."""
        return {metric: float(line[0]) for grid in self._grids(of_table=True) for metric, line in _lines(grid)}

    def carried(self) -> dict[Metric, float]:
        own, levels = self.own, {}
        ahead = own.get(AHEAD), self.known[AHEAD][1] if AHEAD in self.known else None
        if ahead[0] is None or ahead[1] is None:
            return {}
        for grid in self._grids(of_table=False):
            for metric, line in _lines(grid):
                level = level_of(metric)
                if level in own or not self._in_step(metric, level):
                    continue
                if level == ROWS:
                    levels[level] = self._moved(grid, metric, line) + ahead[0] - ahead[1]
                elif ahead == (0.0, 0.0):
                    levels[level] = self._moved(grid, metric, line)
        return levels

    def _in_step(self, metric: Metric, level: Metric) -> bool:
        """Whether the number and the buckets that are known were observed by the same run, the newest one: that is the
        one which counted the rows ahead of all buckets."""
        if level not in self.known or not CATALOGUE[level.name].additive or metric not in self.before:
            return False
        return self.known[level][0] == self.known[AHEAD][0]

    def _moved(self, grid: Grid, metric: Metric, line: np.ndarray) -> float:
        held = self.before[metric]
        was = sum(held.get(bucket, 0.0) for bucket in grid.buckets if bucket is not None)
        return self.known[level_of(metric)][1] + float(np.nansum(line)) - was

    def _grids(self, *, of_table: bool) -> Iterator[Grid]:
        return (grid for grid in self.measured.grids if (grid.buckets == (None,)) is of_table)


def _lines(grid: Grid) -> Iterator[tuple[Metric, np.ndarray]]:
    return zip(grid.metrics, grid.values, strict=True)


def _since_the_first(grids: Sequence[Grid], before: Before) -> tuple[Grid, ...]:
    """A run of the newest buckets does not know when the dataset began: empty buckets that nobody knew of, with nothing
    before them, are from before its first one."""
    counts = {
        bucket: count
        for grid in grids
        for metric, line in _lines(grid)
        if metric.name == "bucket_rows"
        for bucket, count in zip(grid.buckets, line, strict=True)
    }
    held = {bucket for metric, values in before.items() if metric.name == "bucket_rows" for bucket in values}
    first = min((bucket for bucket, count in counts.items() if bucket and (count or bucket in held)), default=None)
    return tuple(_from(grid, first) for grid in grids)


def _from(grid: Grid, first: datetime | None) -> Grid:
    kept = [i for i, bucket in enumerate(grid.buckets) if bucket is None or (first is not None and bucket >= first)]
    return Grid(grid.metrics, tuple(grid.buckets[i] for i in kept), grid.values[:, kept])


def _null_rates(carried: Mapping[Metric, float], own_rows: float | None) -> dict[Metric, float]:
    rows = carried.get(ROWS, own_rows)
    if not rows:
        return {}
    return {
        Metric("null_rate", metric.column): nulls / rows
        for metric, nulls in carried.items()
        if metric.name == "null_count"
    }
