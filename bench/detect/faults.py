"""Faults put into real series: what a broken pipeline does to counts and null rates. Seeded by the series' name."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from bench.detect.sources import FAULT_BUCKETS, Series

Array = np.ndarray

#: injections of each fault per series, by grain, and of the slow drift
INJECTIONS = {"day": 8, "hour": 24}
DRIFTS = 4
#: days that the drift takes to its lowest, hours that an hourly fault lasts
DRIFT_DAYS, FAULT_HOURS = 28, FAULT_BUCKETS["hour"]


@dataclass(frozen=True)
class Fault:
    """`change` maps the true values of `length` buckets to what a broken pipeline would have left of them. A fault that
    `lasts` is found only by a flag that the untouched series does not raise on the same bucket."""

    name: str
    length: int
    change: Callable[[Array], Array]
    lasts: bool = False


def _times(factor: float) -> Callable[[Array], Array]:
    return lambda values: np.round(values * factor)


def _drift(values: Array) -> Array:
    return np.round(values * (1 - 0.4 * np.arange(1, len(values) + 1) / len(values)))


DAILY = (
    Fault("-30 %", 1, _times(0.7)),
    Fault("-50 %", 1, _times(0.5)),
    Fault("-80 %", 1, _times(0.2)),
    Fault("missing", 1, _times(0.0)),
    Fault("doubled", 1, _times(2.0)),
    Fault("drift to -40 %", DRIFT_DAYS, _drift, lasts=True),
)
HOURLY = (
    Fault("6 h at -50 %", FAULT_HOURS, _times(0.5), lasts=True),
    Fault("6 h at -80 %", FAULT_HOURS, _times(0.2), lasts=True),
    Fault("6 h missing", FAULT_HOURS, _times(0.0), lasts=True),
)


def places(series: Series, fault: Fault) -> list[int]:
    """Where a fault begins: the same days for all short faults of a series, one per equal part of the judged time.
    Buckets in which there is nothing to lose are passed over; an hourly fault stays within one day."""
    seed = np.random.default_rng(zlib.crc32(series.name.encode()))
    count = DRIFTS if fault.length == DRIFT_DAYS else INJECTIONS[series.grain]
    edges = np.linspace(series.first, len(series.values) - fault.length, count + 1).astype(int)
    chosen = []
    for start, end in pairwise(edges):
        fitting = [at for at in range(start, end) if _fits(series, at, fault.length)]
        if fitting:
            chosen.append(int(seed.choice(fitting)))
    return chosen


def _fits(series: Series, at: int, length: int) -> bool:
    values = series.values.to_numpy()[at : at + length]
    if series.grain == "hour" and series.values.index[at].hour > 24 - length:
        return False
    return bool((values > 0).all()) if length <= FAULT_HOURS else bool((values > 0).any())


def inject(values: Array, at: int, fault: Fault) -> Array:
    """The series up to the end of the fault, with the fault in it; what comes after can not matter."""
    broken = values[: at + fault.length].copy()
    broken[at:] = fault.change(broken[at:])
    return broken


# --- null rates -------------------------------------------------------------------------------------------------------

BASE_RATE = 0.01
NULL_JUMPS = (0.02, 0.03, 0.05)
#: how much the true rate moves from day to day, as sd / mean
NULL_SPREADS = (0.22, 0.57)
#: fewer rows a day can not tell 1 % from 2 %
NULL_ROWS = 1000
#: null rates are judged over the last half year of a series
NULL_DAYS = 182


def null_rates(rows: Array, rate: float, spread: float, seed: np.random.Generator) -> Array:
    """Null rates of days with this many rows: each day's true rate is drawn from a beta distribution of mean `rate` and
    sd `rate * spread`, the nulls from a binomial of it. A day without rows has no rate (NaN)."""
    strength = (1 - rate) / (rate * spread**2) - 1
    true = seed.beta(rate * strength, (1 - rate) * strength, size=len(rows))
    nulls = seed.binomial(rows.astype(np.int64), true)
    return np.where(rows > 0, nulls / np.maximum(rows, 1), np.nan)
