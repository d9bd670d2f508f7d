"""Learning many series again at once, as each night does: 10,000 daily series of 84 days and 10,000 hourly series of 8
weeks, and judging a new value with a stored fit.

    python -m bench.detect_speed
"""

from __future__ import annotations

import time

import numpy as np
import pandas as pd

from checks.detect import Fit, Settings, fit_many

SERIES = 10_000
#: name, size of a bucket, buckets, seconds that the design allows on two cores
CASES = (("daily, 84 days", "D", 84, 15.0), ("hourly, 8 weeks", "h", 8 * 168, 60.0))
#: series that are learned together: their arrays stay in the processor's cache
BLOCK = 500


def main() -> None:
    for name, size, count, allowed in CASES:
        buckets = pd.date_range("2026-01-05", periods=count, freq=size)
        grid = _rows(buckets)
        begun = time.process_time()
        fits = [fit for start in range(0, SERIES, BLOCK) for fit in _fitted(grid[start : start + BLOCK], buckets)]
        took = time.process_time() - begun
        print(
            f"{SERIES:,} series, {name}: {took:.1f} s of one core, {took / allowed:.0%} of the {allowed:.0f} s allowed"
        )
        print(f"  judging one value with a stored fit: {_judging(fits[0], buckets) * 1e6:.0f} µs")


def _fitted(grid: np.ndarray, buckets: pd.DatetimeIndex) -> list[Fit]:
    return fit_many(grid, buckets, ["count"] * len(grid), Settings(holidays="US"))


def _rows(buckets: pd.DatetimeIndex) -> np.ndarray:
    """Counts with a week and a day in them, each series at its own level."""
    draw = np.random.default_rng(1)
    level = np.exp(draw.uniform(3, 9, (SERIES, 1)))
    hour = buckets.hour.to_numpy()
    season = np.where(buckets.day_of_week >= 5, 0.6, 1.0) * (1 + 0.5 * np.sin(hour / 24 * 2 * np.pi))
    return draw.poisson(level * season).astype(float)


def _judging(fit: Fit, buckets: pd.DatetimeIndex) -> float:
    after = (buckets[-1] + (buckets[1] - buckets[0])).to_pydatetime()
    begun = time.perf_counter()
    for _ in range(1000):
        fit.judge(after, 100.0)
    return (time.perf_counter() - begun) / 1000


if __name__ == "__main__":
    main()
