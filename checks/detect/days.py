"""Hourly series by the day. Slow drifts are told by days: they reach further back than hours need to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from checks.detect.settings import Kind

Array = np.ndarray

_HOURS = 24
#: measured hours by which the count of a day is known
_LEAST = 12


@dataclass(frozen=True, slots=True)
class Days:
    """Consecutive whole days of hourly series, oldest first. `values` and `rows` are series x days: NaN where a day is
    not known, and where no rows are behind a value."""

    days: tuple[datetime, ...]
    values: Array
    rows: Array

    @property
    def index(self) -> pd.DatetimeIndex:
        return pd.DatetimeIndex(self.days)

    def ends(self, hours: pd.DatetimeIndex) -> Array:
        """The number of the last hour of each day, -1 for days before these hours."""
        return hours.get_indexer(self.index + pd.Timedelta(hours=_HOURS - 1))

    def of(self, rows: Sequence[int] | Array) -> Days:
        """The same of some of the series, in this order."""
        return Days(self.days, self.values[rows], self.rows[rows])

    def then(self, later: Days) -> Days:
        """These days and the `later` ones that follow them."""
        values, rows = np.hstack([self.values, later.values]), np.hstack([self.rows, later.rows])
        return Days(self.days + later.days, values, rows)


def by_day(hours: Sequence[datetime], values: Array, kinds: Sequence[Kind], rows: Array) -> Days:
    """The whole days in these consecutive hours. `values` and `rows`, the rows behind rates, are series x hours. Counts
    are added, as if hours that were not measured were like the others; a rate is that of all rows of its day; any other
    value is the mean of its hours."""
    first = next((at for at, hour in enumerate(hours) if hour.hour == 0), len(hours))
    last = first + (len(hours) - first) // _HOURS * _HOURS
    shape = (len(values), (last - first) // _HOURS, _HOURS)
    values, rows = (part[:, first:last].reshape(shape) for part in (values, rows))
    known = np.isfinite(values)
    weights = np.where(known, np.nan_to_num(rows, nan=1.0), 0.0)
    weight = weights.sum(axis=2)
    mean = np.where(weight > 0, (weights * np.where(known, values, 0.0)).sum(axis=2) / np.maximum(weight, 1e-9), np.nan)
    counts = np.array([kind == "count" for kind in kinds], dtype=bool)[:, None]
    enough = known.sum(axis=2) >= np.where(counts, _LEAST, 1)
    behind = np.where(np.isfinite(rows).any(axis=2), np.nansum(rows, axis=2), np.nan)
    return Days(tuple(hours[first:last:_HOURS]), np.where(enough, mean * np.where(counts, _HOURS, 1), np.nan), behind)
