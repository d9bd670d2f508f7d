"""How the watched series of a dataset share its budget of alerts, at each bucket among those that were watched then.
Values of a column that are seldom there are told by rules without chance (`categories`), and spend nothing. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime

import numpy as np

from checks.learned.categories import mostly_there
from checks.learned.families import budget, family_of
from checks.learned.grids import Watched
from checks.learned.turns import pace_of
from checks.records import Grain


def spending(grids: Sequence[Watched], alerts: float) -> list[np.ndarray]:
    """For each of the grids of a dataset, series x buckets: how many alerts in 90 days each series may raise, 0 where
    it is not watched. Series that are judged by exact rules spend nothing. `alerts` is the budget of the dataset."""
    return [_of_grid(grid, grids, alerts) for grid in grids]


def _of_grid(own: Watched, grids: Sequence[Watched], alerts: float) -> np.ndarray:
    found = np.zeros(own.values.shape)
    beside = [_at(grid, _known(own)) for grid in grids if grid is not own]
    spends = _spends(own)
    everything = np.concatenate([spends, *beside])
    metrics = [*own.metrics, *(metric for grid in grids if grid is not own for metric in grid.metrics)]
    # most buckets have the same series as the one before
    turns = np.flatnonzero((everything[:, 1:] != everything[:, :-1]).any(axis=0)) + 1
    for first, last in zip([0, *turns], [*turns, len(own.buckets)], strict=True):
        spent = budget((metrics[row] for row in np.flatnonzero(everything[:, first])), alerts)
        parts = {family: allowed / count for family, (allowed, count) in spent.items()}
        line = [parts.get(family_of(metric), np.inf) for metric in own.metrics]
        found[:, first:last] = np.array(line)[:, None]
    return np.where(own.watch, found, 0.0)


def _spends(grid: Watched) -> np.ndarray:
    """Which series are watched by a band."""
    seldom = np.array([metric.category is not None for metric in grid.metrics], dtype=bool)[:, None]
    there = mostly_there(grid.values, np.zeros(grid.values.shape, dtype=bool), pace_of(grid.grain))
    return grid.watch & (~seldom | there)


def _known(grid: Watched) -> list[datetime]:
    """When its buckets are known: at their end, and the whole table on its day."""
    whole = grid.grain is Grain.TABLE
    return list(grid.buckets) if whole else [bucket + grid.grain.length for bucket in grid.buckets]


def _at(grid: Watched, moments: Sequence[datetime]) -> np.ndarray:
    """Which series of another grid are watched at these moments."""
    known = _known(grid)
    places = np.array([bisect_right(known, moment) - 1 for moment in moments])
    return _spends(grid)[:, np.maximum(places, 0)] & (places >= 0)
