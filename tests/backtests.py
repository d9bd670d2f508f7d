"""Series with a past of their own for the tests of backtests: made, seeded, and known in every bucket."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import numpy as np

from checks.learned.grids import Watched
from checks.learned.past import grid
from checks.records import Grain, Metric

FIRST = datetime.fromisoformat("2025-06-02")  # a Monday
DAYS = 160
ROWS = Metric("bucket_rows", grain=Grain.DAY)
NULLS = Metric("null_rate", "tail", Grain.DAY)
CARRIERS = Metric("distinct_count", "carrier", Grain.DAY)
_WEEK = np.array([1.0, 1.02, 1.0, 1.0, 1.05, 0.7, 0.65])


def day(number: int) -> datetime:
    return FIRST + timedelta(days=number)


def shop(changes: Mapping[int, float] | None = None, days: int = DAYS, seed: int = 1) -> Watched:
    """A shop with a quiet weekend: about 900 rows a day, 2 % of them without a tail, 16 carriers. `changes` are factors
    on the rows of single days."""
    random = np.random.default_rng(seed)
    rows = random.poisson(900 * _WEEK[np.arange(days) % 7]).astype(float)
    nulls = random.binomial(rows.astype(int), 0.02) / rows
    for number, factor in (changes or {}).items():
        rows[number] = round(rows[number] * factor)
    buckets = [day(number) for number in range(days)]
    lines = {CARRIERS: np.full(days, 16.0), ROWS: rows, NULLS: nulls}
    series = {metric: dict(zip(buckets, lines[metric].tolist(), strict=True)) for metric in sorted(lines)}
    return grid(Grain.DAY, series, tuple(buckets))


def hours(seed: int = 1, days: int = 60) -> Watched:
    """About 200 rows an hour by day, 40 by night."""
    random = np.random.default_rng(seed)
    buckets = tuple(FIRST + timedelta(hours=number) for number in range(24 * days))
    usual = np.array([200 if 7 <= bucket.hour < 21 else 40 for bucket in buckets])
    values = random.poisson(usual).astype(float).tolist()
    return grid(Grain.HOUR, {Metric("bucket_rows", grain=Grain.HOUR): dict(zip(buckets, values, strict=True))}, buckets)
