"""Made-up counts of which nothing is wrong: whatever is told of them is needless for certain, as no real series is.

Rows that come by themselves or in bunches (the lines of an invoice), in weather that lasts, with tails and with a
year's season. They were made to find what the real series of the tuning half do not have."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bench.detect.sources import Grain, Half, Series

Array = np.ndarray

SERIES_OF_EACH = 4
DAYS = {"day": 730, "hour": 435}
#: how many days weather lasts: its correlation from one bucket to the next
_LASTING = {"day": 0.5, "hour": 0.9}
#: degrees of freedom of weather with tails
_TAILS = 4


@dataclass(frozen=True)
class Process:
    """`arrivals` a day or in the best hour, each of `bunch` rows (mean and spread of a logarithm; one by one without).
    `weather` is the spread of what multiplies them, `tails` makes it odd now and then, `year` is how large a season
    is."""

    name: str
    grain: Grain
    week: str
    arrivals: float
    bunch: tuple[float, float] | None = None
    weather: float = 0.0
    tails: bool = False
    year: float = 0.0


PROCESSES = (
    Process("few rows", "day", "open", 12, weather=0.1),
    Process("rows", "day", "open", 400, weather=0.2, year=0.3),
    Process("rows, tails", "day", "weekdays", 4000, weather=0.2, tails=True),
    Process("few bunches", "day", "open", 4, (2.5, 1.0)),
    Process("bunches", "day", "weekdays", 30, (2.5, 1.0), weather=0.1),
    Process("rows", "hour", "open", 100, weather=0.1, year=0.5),
    Process("rows, weather", "hour", "weekdays", 300, weather=0.3),
    Process("rows, tails", "hour", "open", 1000, weather=0.25, tails=True),
    Process("few bunches", "hour", "shop", 6, (2.5, 1.0)),
    Process("bunches", "hour", "open", 30, (1.0, 1.0), weather=0.2),
)


def load(half: Half, grain: Grain) -> Iterator[Series]:
    """They belong to the tuning half: rules were mended by them."""
    for process in PROCESSES if half == "tuning" else ():
        if process.grain == grain:
            for number in range(1, SERIES_OF_EACH + 1):
                yield _series(process, str(number))


def _series(process: Process, number: str) -> Series:
    source = f"{process.name} by the {process.grain}"
    seed = np.random.default_rng(zlib.crc32(f"{source}/{number}".encode()))
    per_day = 1 if process.grain == "day" else 24
    index = pd.date_range("2024-01-01", periods=DAYS[process.grain] * per_day, freq=process.grain[0])
    usual = process.arrivals * (_week(process.week, index) if per_day == 1 else _hours(process.week, index))
    year = process.year * np.sin(np.arange(len(index)) / per_day / 365 * 2 * np.pi)
    arrivals = seed.poisson(usual * np.exp(year + _weather(process, len(index), seed)))
    values = pd.Series(_rows(process, arrivals, seed), index)
    return Series(source, number, "tuning", process.grain, None, values, 365 if per_day == 1 else 70 * 24)


def _week(week: str, index: pd.DatetimeIndex) -> Array:
    by_weekday = {
        "open": (1, 1.1, 1, 0.9, 1.2, 0.7, 0.5),
        "weekdays": (1, 1.1, 1, 0.9, 1, 0, 0),
        "shop": (1,) * 5 + (0, 0.5),
    }
    return np.array(by_weekday[week])[index.day_of_week]


def _hours(week: str, index: pd.DatetimeIndex) -> Array:
    hour = np.asarray(index.hour)
    by_hour = {
        "open": 0.25 + np.exp(-(((hour - 15) / 5.0) ** 2)),
        "weekdays": ((hour >= 7) & (hour < 21)).astype(float),
        "shop": np.where((hour >= 8) & (hour < 18), np.sin((hour - 7) / 11 * np.pi), 0.0),
    }
    return by_hour[week] * _week(week, index)


def _weather(process: Process, length: int, seed: np.random.Generator) -> Array:
    lasting = _LASTING[process.grain]
    news = seed.standard_t(_TAILS, length) / np.sqrt(2) if process.tails else seed.normal(size=length)
    found = np.zeros(length)
    for at in range(1, length):
        found[at] = lasting * found[at - 1] + news[at] * process.weather * np.sqrt(1 - lasting**2)
    return found


def _rows(process: Process, arrivals: Array, seed: np.random.Generator) -> Array:
    if process.bunch is None:
        return arrivals.astype(float)
    sizes = np.ceil(seed.lognormal(*process.bunch, arrivals.sum()))
    return np.bincount(np.repeat(np.arange(len(arrivals)), arrivals), sizes, len(arrivals))
