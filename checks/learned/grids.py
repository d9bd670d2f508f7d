"""Watched series over consecutive buckets, as one grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from checks.records import Grain, Metric

if TYPE_CHECKING:
    from checks.detect import Days


@dataclass(frozen=True, slots=True)
class Watched:
    """Watched series over consecutive buckets; the newest is the one that a run speaks about. `values` are as they are
    judged (a count of a part of the rows as a share of them), NaN where nothing was measured; `rows` are the rows
    behind a rate, NaN else. `ends` are the smallest and the largest value of the column of a mean, a sum or a quantile
    (2 x series x buckets), NaN where they are not known. `judge` marks the buckets that this run has read, `watch`
    (series x buckets) those from which on a series is watched. `earlier` are the days before the first whole day in
    `buckets`, of hours only, without what labels say nothing is learned from."""

    grain: Grain
    metrics: tuple[Metric, ...]
    buckets: tuple[datetime, ...]
    values: np.ndarray
    rows: np.ndarray
    ends: np.ndarray
    judge: np.ndarray
    watch: np.ndarray
    earlier: Days | None = None

    @property
    def per_day(self) -> int:
        """Buckets per day."""
        return 24 if self.grain is Grain.HOUR else 1


def still_watched(watched: Watched, buckets: int = 1) -> Watched | None:
    """Those of the series that were watched in one of the last buckets; None where there are none."""
    rows = np.flatnonzero(watched.watch[:, -buckets:].any(axis=1))
    return of_rows(watched, rows) if len(rows) else None


def only(watched: Watched, *metrics: Metric) -> Watched:
    """Some of the series, in the order in which they stand."""
    return of_rows(watched, [row for row, metric in enumerate(watched.metrics) if metric in metrics])


def of_rows(watched: Watched, rows: Sequence[int] | np.ndarray) -> Watched:
    """The series with these numbers, in this order."""
    kept = tuple(watched.metrics[row] for row in rows)
    grids = {name: getattr(watched, name)[rows] for name in ("values", "rows", "watch")}
    earlier = watched.earlier and watched.earlier.of(rows)
    return replace(watched, metrics=kept, ends=watched.ends[:, rows], earlier=earlier, **grids)
