"""Tables whose rows say when they were loaded, and runs over them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from checks.history import History, Known
from checks.measure import measure
from checks.plan import make_plan
from checks.records import Dataset, Last, Measured, Reading, RunReport
from checks.run import Slot, run
from tests.measuring import NOTHING_KNOWN, no_other_source
from tests.warehouses import Warehouse

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
BEGUN = datetime.fromisoformat("2026-01-01")
NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)
NOW = NOON.replace(tzinfo=None)
TODAY = datetime.fromisoformat("2026-04-01")
#: from the moment at which a row happened, and a random number from 0 to 1, to the moment at which it was loaded
Loads = Callable[[datetime, float], datetime]


def soon(happened: datetime, chance: float) -> datetime:
    """Within the hour, most sooner."""
    return happened + HOUR * chance**2


def by_night(happened: datetime, chance: float) -> datetime:
    """In one load from 03:00 to 03:25 of the next day."""
    return happened.replace(hour=0, minute=0, second=0, microsecond=0) + 27 * HOUR + 25 * MINUTE * chance


def feed(loads: Loads, days: int = 91, rows: int = 300, until: datetime | None = NOW) -> pd.DataFrame:
    """Rows that come evenly over each day from BEGUN on: those that had been loaded `until` a moment (None: all that
    had happened by now)."""
    frame = _rows(loads, days, rows)
    return frame[frame["loaded_at"] <= until] if until is not None else frame[frame["at"] <= NOW]


@lru_cache(maxsize=2)
def _rows(loads: Loads, days: int, rows: int) -> pd.DataFrame:
    random = np.random.default_rng(1)
    happened = [
        BEGUN + day * DAY + timedelta(seconds=int(second))
        for day, count in enumerate(random.poisson(rows, days))
        for second in np.sort(random.integers(0, 86_400, count))
    ]
    chances = random.uniform(size=len(happened))
    loaded = [loads(moment, chance) for moment, chance in zip(happened, chances, strict=True)]
    return pd.DataFrame({"at": happened, "loaded_at": pd.to_datetime(loaded)})


class Feed:
    """A table in a warehouse, and what is declared of it."""

    def __init__(self, warehouse: Warehouse, frame: pd.DataFrame, **declared: Any) -> None:
        self._warehouse = warehouse
        table = warehouse.load("feed", frame)
        self.dataset = Dataset("shop", table, **{"event_time": "at", **declared})

    def measured(self, at: datetime = NOON, known: Known = NOTHING_KNOWN, *, replay: bool = False) -> Measured:
        """What a run brings back."""
        source = self._warehouse.open()
        source.has_clock = False  # the test's moment counts for a server too
        table = self.dataset.table
        last = Last(known.event_time, known.checks) if known.last_whole_table else None
        plan = make_plan(
            self.dataset, source.columns(table), (), known, Reading(profiles=False), at, replay=replay, last=last
        )
        found = measure(source, plan, at, no_other_source)
        source.close()
        return found

    def run(self, history: History, at: datetime = NOON, *, replay: bool = False) -> RunReport:
        """A run into a history."""
        slot = Slot(at, at, "command", replay)
        return run(self.dataset, slot, history, lambda known: self.measured(at, known, replay=replay))
