"""A dataset whose rows arrive late, measured by real runs into a real history."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import numpy as np

from checks.eventtime import bucket_of, buckets_between, wall_clock
from checks.history import History
from checks.records import (
    Check,
    Dataset,
    Dimension,
    EventTime,
    Grain,
    Grid,
    Measured,
    Metric,
    NumberExpected,
    Operator,
    Outcome,
    RunReport,
    Threshold,
)
from checks.run import Slot, run
from connectors import Column, TableName

#: rows of a bucket that are there at an age
Arrives = Callable[[datetime, timedelta], float]
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ENOUGH = NumberExpected("bucket_rows", Threshold(Operator.GREATER_OR_EQUAL, (500.0,)), per_bucket=True)
CHECK = Check("enough", "s.feed", Dimension.COVERAGE, ENOUGH)
FEED = Dataset("s", TableName(None, "feed"), event_time="at", checks=(CHECK,))
BEGUN = datetime.fromisoformat("2026-03-02")
LEVELS = (Metric("row_count"), Metric("future_rows"), Metric("ahead_rows"))


def by_night(_: datetime, age: timedelta) -> float:
    """1000 rows at once, five hours after the end of the day."""
    return 1000.0 if age >= DAY + 5 * HOUR else 0.0


def seen(
    arrives: Arrives, at: datetime, zone: str = "UTC", grain: Grain = Grain.DAY, reach: timedelta = 3 * DAY
) -> Measured:
    """What a run reads at the moment `at`: the last buckets, none from before the feed has begun."""
    event_time = EventTime("at", "contract", zone, grain=grain)
    now = wall_clock(at, event_time)
    since = max(BEGUN, bucket_of(now - reach, grain))
    buckets = buckets_between(since, bucket_of(now, grain), grain)
    rows = np.array([[arrives(bucket, now - bucket) for bucket in buckets]])
    flow = Grid((Metric("bucket_rows", grain=grain),), tuple(buckets), rows)
    table = Grid(LEVELS, (None,), np.array([[1e6], [0.0], [0.0]]))
    columns = (Column("at", "timestamp(6)", "TIMESTAMP"),)
    return Measured(columns, event_time, None, (table, flow), (), (), since, True, 0.1, at)


def runs(history: History, arrives: Arrives, moments: Iterable[datetime], **more: object) -> RunReport:
    """Runs at these moments; the report of the last one."""
    report = None
    for at in moments:
        measured = seen(arrives, at, **more)  # ty: ignore[invalid-argument-type]
        report = run(FEED, Slot(at, at, "schedule"), history, lambda _, measured=measured: measured)
    assert report is not None
    return report


def watch(history: History, arrives: Arrives, moments: Iterable[datetime], **more: str) -> None:
    """The same without judging, which is faster."""
    for at in moments:
        measured = seen(arrives, at, **more)  # ty: ignore[invalid-argument-type]
        history.remember(RunReport("s.feed", at, Outcome.FINISHED, 1, at, 0.1, "schedule", measured=measured))


def every(step: timedelta, since: datetime, days: float) -> list[datetime]:
    """The moments of so many days."""
    return [since + number * step for number in range(round(days * DAY / step))]
