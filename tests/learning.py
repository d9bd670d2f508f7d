"""A dataset whose days are what a test says: for tests of what is learned from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from checks.facts import Facts
from checks.learned.before import Before
from checks.learned.learning import learn
from checks.records import Check, Dataset, Detection, EventTime, Grain, Grid, Learned, Measured, Metric, Result
from connectors import Column, TableName

ROWS = Metric("bucket_rows", grain=Grain.DAY)
NULLS = Metric("null_rate", "email", Grain.DAY)
MEAN = Metric("mean", "amount", Grain.DAY)
COLUMNS = (Column("email", "string", "VARCHAR"), Column("amount", "float64", "DOUBLE"))
TODAY = datetime.fromisoformat("2026-03-15")  # a Sunday; the newest complete day is the one before

Days = Mapping[Metric, Sequence[float]]


def noise(seed: int, days: int, level: float, part: float = 0.04) -> np.ndarray:
    """Values around a level, each off by about `part` of it."""
    return level * (1 + part * np.random.default_rng(seed).standard_normal(days))


def calm(seed: int, days: int, level: float) -> np.ndarray:
    """The same without its rare large errors: nothing that a budget of alerts could be spent on."""
    return level * (1 + 0.04 * np.clip(np.random.default_rng(seed).standard_normal(days), -1.5, 1.5))


def usual(days: int = 80) -> dict[Metric, np.ndarray]:
    """A calm dataset: 1,000 rows a day, 2 % without an email, 50 in the mean."""
    return {ROWS: calm(1, days, 1000).round(), NULLS: calm(2, days, 0.02), MEAN: calm(3, days, 50)}


def measured(days: Days, today: datetime = TODAY, *, read: int | None = None, event_time: bool = True) -> Measured:
    """What a run at noon of `today` has read: the last `read` of the days (all when None), the newest is yesterday."""
    length = max(len(values) for values in days.values())
    shown = length if read is None else read
    buckets = tuple(today - timedelta(days=n) for n in range(shown, 0, -1))
    values = np.array([np.asarray(values, dtype=float)[length - shown :] for values in days.values()])
    of = EventTime("at", "inferred") if event_time else None
    noon = today.replace(hour=12, tzinfo=UTC)
    grid = Grid(tuple(days), buckets, values)
    return Measured(COLUMNS, of, None, (grid,), (), (), buckets[0] if read else None, read is None, 0.1, noon)


def by_day(days: Days, today: datetime = TODAY) -> dict[Metric, dict[datetime, float]]:
    """The same as the history has it."""
    return {
        metric: {today - timedelta(days=n): float(value) for n, value in enumerate(reversed(values), start=1)}
        for metric, values in days.items()
    }


def learned(
    days: Days,
    before: Before | None = None,
    *,
    today: datetime = TODAY,
    read: int | None = None,
    checks: Sequence[Check] = (),
    **detection,
) -> tuple[dict[str, Result], Learned]:
    """The learned results by check, and what is to be remembered."""
    dataset = Dataset("s", TableName(None, "orders"), checks=tuple(checks), detection=Detection(**detection))
    facts = Facts(measured(days, today, read=read), {}, today.replace(hour=12, tzinfo=UTC))
    results, found = learn(dataset, facts, before or Before())
    assert len({result.check for result in results}) == len(results)
    return {result.check: result for result in results}, found


def with_last(days: Mapping[Metric, np.ndarray], **last: float) -> dict[Metric, np.ndarray]:
    """The days with other values on the newest one: rows, nulls, mean."""
    named = {"rows": ROWS, "nulls": NULLS, "mean": MEAN}
    changed = dict(days)
    for name, value in last.items():
        metric = named[name]
        changed[metric] = np.append(days[metric][:-1], value)
    return changed
