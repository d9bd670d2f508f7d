"""Reports of runs as the tests of the history need them, and a small reading of what came back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from checks.history import History
from checks.records import (
    Choice,
    Dimension,
    EventTime,
    Grain,
    Grid,
    Measured,
    Metric,
    Outcome,
    Result,
    RunReport,
    Severity,
    Status,
)
from connectors import Column

NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ROWS = Metric("row_count")
FLOW = Metric("row_count", grain=Grain.DAY)
NULLS = Metric("null_rate", "city", Grain.DAY)
SUNDAY, MONDAY = datetime.fromisoformat("2026-11-22"), datetime.fromisoformat("2026-11-23")  # naive, as buckets are
COLUMNS = (Column("id", "int64", "BIGINT"), Column("city", "string", "VARCHAR"))


def measured(*grids: Grid, columns: tuple[Column, ...] = COLUMNS, whole_table: bool = True) -> Measured:
    event_time = EventTime("at", "contract", "Europe/Berlin", is_date=True)
    key = Choice(("id",), "catalogue")
    return Measured(columns, event_time, key, grids, (), (), SUNDAY, whole_table, 0.5, NINE)


def grid(metric: Metric, values: dict[datetime | None, float]) -> Grid:
    return Grid((metric,), tuple(values), np.array([list(values.values())], dtype=float))


def result(check: str, status: Status, bucket: datetime | None = None, **more: Any) -> Result:
    return Result(check, Dimension.COVERAGE, status, Severity.ERROR, bucket=bucket, **more)


def report(slot: datetime = NINE, *grids: Grid, results: tuple[Result, ...] = (), **more: Any) -> RunReport:
    whole = measured(*(grids or (grid(ROWS, {None: 7.0}),)))
    given: dict[str, Any] = {
        "outcome": Outcome.FINISHED,
        "attempts": 1,
        "started_at": slot,
        "seconds": 2.0,
        "measured": whole,
    }
    return RunReport("s.flights", slot, results=results, **(given | more))


def newest(history: History, metric: Metric, dataset: str = "s.flights", **limits: Any) -> dict[datetime, float]:
    """The series as a dictionary."""
    points = history.points(dataset, metric.name, metric.column, grain=metric.grain, **limits)
    return dict(zip(points["bucket"], points["value"], strict=True))
