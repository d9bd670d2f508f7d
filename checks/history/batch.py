"""Measurements on their way into the file: grids laid flat, and of the flat rows those that say something new.

No Python loop per value: a first run brings some hundred thousand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from checks.records import Grid, Metric

SERIES_OF_A_DATASET = 1 << 20
_SECONDS_BEFORE_1970 = 62_135_596_800  # since the year 1, the earliest that Python knows
_SECONDS_BITS = 39  # up to the year 9999 and beyond; 20 bits of series above it still fit a signed 64


@dataclass(frozen=True, slots=True)
class Values:
    """The newest value of each (series, bucket) of one dataset, by sorted key, complete from the bucket `since` on."""

    keys: np.ndarray
    values: np.ndarray
    since: datetime

    def differing(self, keys: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Which of the given values are new or not what is known (a mask). Compared exactly."""
        if not len(self.keys):
            return np.ones(len(keys), dtype=bool)
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return (self.keys[at] != keys) | (self.values[at] != values)

    def rows(self, since: datetime) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Series (counted within the dataset), bucket and value of all buckets from `since` on, sorted."""
        seconds = self.keys & ((1 << _SECONDS_BITS) - 1)
        young = seconds >= _seconds(np.datetime64(since, "us"))
        buckets = (seconds[young] - _SECONDS_BEFORE_1970 - 1).astype("M8[s]").astype("M8[us]")
        return self.keys[young] >> _SECONDS_BITS, buckets, self.values[young]

    def with_(self, keys: np.ndarray, values: np.ndarray, since: datetime) -> Values:
        """These values overridden by others, from the bucket `since` on."""
        merged = _last_of_each(np.concatenate([self.keys, keys]), np.concatenate([self.values, values]))
        young = (merged[0] & ((1 << _SECONDS_BITS) - 1)) >= _seconds(np.datetime64(since, "us"))
        return Values(merged[0][young], merged[1][young], since)


NOTHING_KNOWN = Values(np.empty(0, dtype=np.int64), np.empty(0), datetime.max)  # noqa: DTZ901 no bucket is older


@dataclass(frozen=True, slots=True)
class Batch:
    """Flat measurements: parallel arrays. `bucket` is NaT for the whole table."""

    series: np.ndarray
    bucket: np.ndarray
    value: np.ndarray

    def __len__(self) -> int:
        return len(self.value)

    @property
    def keys(self) -> np.ndarray:
        return keys_of(self.series, self.bucket)

    @property
    def bucketed(self) -> np.ndarray:
        """Which rows belong to a bucket (a mask)."""
        return ~np.isnat(self.bucket)

    def where(self, mask: np.ndarray) -> Batch:
        return Batch(self.series[mask], self.bucket[mask], self.value[mask])

    def once_each(self) -> Batch:
        """Each (series, bucket) once; where a run measured it twice, the later grid counts."""
        keys = self.keys
        order = np.argsort(keys, kind="stable")
        last = np.append(keys[order][1:] != keys[order][:-1], True) if len(keys) else np.empty(0, dtype=bool)
        return self.where(np.sort(order[last]))


def flatten(grids: Sequence[Grid], id_of: Callable[[Metric], int]) -> Batch:
    """All measured values of the grids. NaN is 'not measured', and what was not measured is not stored."""
    parts = [_flat(grid, id_of) for grid in grids]
    empty = Batch(np.empty(0, dtype=np.int64), np.empty(0, dtype="M8[us]"), np.empty(0))
    columns = ((part.series, part.bucket, part.value) for part in (empty, *parts))
    return Batch(*(np.concatenate(column) for column in zip(*columns, strict=True))).once_each()


def _flat(grid: Grid, id_of: Callable[[Metric], int]) -> Batch:
    series = np.fromiter((id_of(metric) for metric in grid.metrics), dtype=np.int64, count=len(grid.metrics))
    buckets = np.array([np.datetime64("NaT") if bucket is None else bucket for bucket in grid.buckets], dtype="M8[us]")
    values = np.asarray(grid.values, dtype=float).ravel()
    batch = Batch(np.repeat(series, len(buckets)), np.tile(buckets, len(series)), values)
    return batch.where(~np.isnan(values))


def keys_of(series: np.ndarray, bucket: np.ndarray) -> np.ndarray:
    """One integer per (series, bucket) within a dataset; the whole table sorts before every bucket."""
    return ((series % SERIES_OF_A_DATASET) << _SECONDS_BITS) | np.where(np.isnat(bucket), 0, _seconds(bucket))


def _seconds(bucket: np.ndarray | np.datetime64) -> np.ndarray:
    return bucket.astype("M8[s]").astype(np.int64) + _SECONDS_BEFORE_1970 + 1


def _last_of_each(keys: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(keys, kind="stable")
    keys, values = keys[order], values[order]
    last = np.append(keys[1:] != keys[:-1], True) if len(keys) else np.empty(0, dtype=bool)
    return keys[last], values[last]
