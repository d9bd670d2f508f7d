"""Values that change as a day gets older: a newest day is held against earlier ones when they were as old."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from checks.history import History
from checks.learned.ageing import at_one_age
from checks.learned.grids import Watched
from checks.measure import measure
from checks.plan import make_plan
from checks.records import Dataset, Grain, Last, Metric, Reading, RunReport
from checks.run import Slot, run
from tests.measuring import no_other_source
from tests.warehouses import DuckDBFile

SEVEN = datetime(2026, 3, 1, 7, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    opened = History.open(tmp_path / "history.duckdb", SEVEN)
    yield opened
    opened.close()


class Shop:
    """Orders, a hundred a day for two months. They are paid or pending, delivered and dated so on their fourth day."""

    def __init__(self, folder: Path) -> None:
        self._warehouse, self._random = DuckDBFile(folder), np.random.default_rng(3)
        days = [(SEVEN - (60 - day) * DAY).replace(tzinfo=None) for day in range(60)]
        self._table = self._warehouse.load("orders", pd.concat([self._orders(day, 0.1) for day in days]))
        self.dataset = Dataset("shop", self._table)
        self._deliver(SEVEN)

    def _orders(self, day: datetime, pending: float) -> pd.DataFrame:
        moments = [day.replace(hour=0) + timedelta(minutes=14 * minute) for minute in range(100)]
        status = np.where(self._random.uniform(size=100) < pending, "pending", "paid")
        return pd.DataFrame({"ordered_at": moments, "status": status, "delivered_at": pd.Series([pd.NaT] * 100)})

    def _deliver(self, at: datetime) -> None:
        due = f"ordered_at < DATE '{at:%Y-%m-%d}' - 3 AND delivered_at IS NULL"
        self._run(f"UPDATE orders SET status = 'delivered', delivered_at = ordered_at + INTERVAL 3 DAY WHERE {due}")

    def _run(self, sql: str, **frames: pd.DataFrame) -> None:
        with duckdb.connect(self._warehouse.url.removeprefix("duckdb://")) as db:
            for name, frame in frames.items():
                db.register(name, frame)
            db.execute(sql)

    def live(self, at: datetime, pending: float = 0.1) -> None:
        """The day before `at`, and what is delivered on that day."""
        self._run("INSERT INTO orders SELECT * FROM new", new=self._orders((at - DAY).replace(tzinfo=None), pending))
        self._deliver(at)

    def look(self, history: History, at: datetime) -> RunReport:
        """A run of real operation."""

        def measured(known):
            with self._warehouse.open() as source:
                columns, last = source.columns(self._table), Last(known.event_time, known.checks)
                plan = make_plan(self.dataset, columns, (), known, Reading(), at, last=last)
                return measure(source, plan, at, no_other_source)

        return run(self.dataset, Slot(at, at), history, measured)


def told(report: RunReport) -> dict[str, str]:
    """What learned checks warn of."""
    return {each.check: each.reason or "" for each in report.results if each.learned and each.status == "warn"}


@pytest.mark.slow
def test_what_every_order_goes_through_is_no_alert_once_it_was_seen_and_what_is_odd_at_its_age_is(tmp_path, history):
    shop, at, warned, seconds = Shop(tmp_path), SEVEN, [], np.random.default_rng(1)
    for _ in range(24):
        warned.append(told(shop.look(history, at + timedelta(seconds=int(seconds.integers(60))))))
        at += DAY
        shop.live(at)
    assert all(warned[:3])  # nobody can know yet
    assert not any(warned[10:])
    shop.live(at + DAY, pending=0.6)
    assert "status = pending" in told(shop.look(history, at + DAY + timedelta(minutes=1)))["learned.shares"]


def test_a_share_is_one_of_the_rows_that_were_there_at_that_age():
    days = tuple((SEVEN - number * DAY).replace(hour=0, tzinfo=None) for number in range(10, 0, -1))
    rows, pending = Metric("bucket_rows", grain=Grain.DAY), Metric("category_count", "status", Grain.DAY, "=pending")
    values = np.array([[100.0] * 9 + [50.0], [0.0] * 9 + [0.5]])
    nothing, ends = np.full(values.shape, np.nan), np.full((2, *values.shape), np.nan)
    found = Watched(Grain.DAY, (rows, pending), days, values, nothing, ends, np.ones(10, bool), values >= 0)
    young = {rows: dict.fromkeys(days, 50.0), pending: dict.fromkeys(days, 25.0)}
    assert at_one_age(found, young).values.tolist() == [values[0].tolist(), [0.5] * 10]
