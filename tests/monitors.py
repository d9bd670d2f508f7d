"""A Monitor whose warehouse is a few words: for tests of what happens around measuring."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from checks.config import load
from checks.history import History, Known
from checks.monitor import Monitor
from checks.records import Dataset, Grid, Measured, Metric
from checks.run import Slot
from connectors import Column, TableName

Answer = Callable[[Dataset, Slot], Measured]


class Clock:
    """A clock that goes where it is put."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, by: timedelta) -> None:
        self.now += by


def seven_rows(dataset: Dataset, slot: Slot) -> Measured:
    """The answer of a small healthy table."""
    rows = Grid((Metric("row_count"),), (None,), np.array([[7.0]]))
    return Measured((Column("id", "int64", "BIGINT"),), None, None, (rows,), (), (), None, True, 0.1, slot.at)


class CannedMonitor(Monitor):
    """Everything of a Monitor, with answers from `answer` in the place of the worker processes."""

    answer: Answer = staticmethod(seven_rows)

    def _measure(self, dataset: Dataset, served: Slot, known: Known) -> Measured:
        return self.answer(dataset, served)

    def wait(self) -> None:
        """Until nothing is under way."""
        for _, future in list(self._runs._under_way.values()):
            future.exception()


def canned(folder: Path, clock: Clock, *tables: str, config: str = "") -> CannedMonitor:
    """A Monitor of the source 's' with these tables, on a history in `folder`. It learns when it is told to."""
    file = folder / "config.toml"
    learning = "" if "[detection]" in config else "[detection]\non = false\n"
    file.write_text(f'[sources.s]\nurl = "files://tables"\n{config}\n{learning}')
    settings = load(file)
    monitor = CannedMonitor(settings, History.open(settings.history_path, clock()), clock)
    monitor.catalogue.refresh("s", lambda: tuple(TableName(None, table) for table in tables), clock())
    return monitor


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # ty: ignore[invalid-argument-type]
