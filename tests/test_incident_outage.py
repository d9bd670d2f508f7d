"""The warehouse goes away for an hour and comes back: one incident of the source, and nothing happens to its data."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from checks.config import load
from checks.monitor import Monitor
from checks.records import EventKind, Family, Grain, Incident, IncidentState, Metric, Outcome
from tests.monitors import Clock, utc

pytestmark = pytest.mark.slow  # real runs in real workers

NOON = utc(2026, 3, 15, 12)
QUARTER = timedelta(minutes=15)
SHOP = """
apiVersion: v3.1.0
kind: DataContract
id: shop
version: 1.0.0
status: active
team: {name: Shop}
servers: [{server: shop, type: duckdb, database: shop.duckdb}]
schema:
  - name: orders
    properties:
      - name: email
        logicalType: string
        quality: [{id: emails, type: library, metric: missingValues, mustBe: 0, dimension: completeness}]
  - name: users
    quality: [{id: some, type: library, metric: rowCount, mustBeGreaterThan: 0, dimension: coverage}]
"""


class Shop:
    """A warehouse in a file, watched every quarter of an hour."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "shop.duckdb"
        (folder / "contracts").mkdir()
        (folder / "contracts" / "shop.yaml").write_text(SHOP)
        (folder / "config.toml").write_text('[sources.shop]\nurl = "duckdb://shop.duckdb"\n[schedule]\nattempts = 1\n')
        with duckdb.connect(str(self.file)) as db:
            db.execute(
                """CREATE TABLE users AS SELECT range AS id FROM range(50);
                   CREATE TABLE orders AS SELECT range AS id,
                          TIMESTAMP '2026-03-15' - to_minutes(range * 9) AS ordered_at,
                          if(range % 20 = 0, NULL, 'a@b.c') AS email FROM range(8000)"""
            )
        self.monitor = Monitor.open(load(folder / "config.toml"), NOON, Clock(NOON))
        self.monitor.refresh(NOON)

    def quarter(self) -> set[Outcome]:
        """One round of runs, and a quarter of an hour."""
        found = {future.result().outcome for future in self.monitor.start([], trigger="schedule")}
        self.monitor.clock.forward(QUARTER)  # ty: ignore[unresolved-attribute]
        return found

    def goes(self) -> None:
        """Somebody writes, and nobody else gets in; a worker has it open for a moment after a run."""
        for _ in range(200):
            with suppress(duckdb.IOException):
                self.writing = duckdb.connect(str(self.file))
                return
            time.sleep(0.1)
        raise TimeoutError("the warehouse is never free")

    def comes_back(self) -> None:
        self.writing.close()

    def incidents(self, family: Family) -> list[Incident]:
        return [each for each in self.monitor.history.incidents() if each.lead.key.family is family]


@pytest.fixture
def shop(tmp_path) -> Iterator[Shop]:
    found = Shop(tmp_path)
    yield found
    found.monitor.close()


def test_an_outage_is_one_incident_of_the_source_and_changes_none_of_the_data(shop):
    history = shop.monitor.history
    assert shop.quarter() == {Outcome.FINISHED}
    [data] = shop.incidents(Family.DATA)
    assert data.datasets == ("shop.main.orders",)
    story, known = history.incident_events(data.id), measured(shop)

    shop.goes()
    for _ in range(4):
        assert shop.quarter() == {Outcome.UNREACHABLE}
    [source] = shop.incidents(Family.SOURCE)
    assert (source.state, source.title) == (IncidentState.OPEN, "source shop does not answer since 15 Mar 12:00 UTC")
    assert (source.datasets, source.owners, source.happened_at) == (("shop",), ("Shop",), NOON)
    assert source.cause is not None and "did not answer" in source.cause
    assert history.incident_events(data.id) == story, "nothing is known of the data, so nothing is said of them"
    assert measured(shop) == known, "and nothing is learned from the gap"

    shop.comes_back()
    for _ in range(3):
        assert shop.quarter() == {Outcome.FINISHED}
    [source] = shop.incidents(Family.SOURCE)
    assert (source.state, source.resolved_at) == (IncidentState.RESOLVED, NOON + 5 * QUARTER)
    [same] = shop.incidents(Family.DATA)
    assert (same.id, same.state, same.reopened) == (data.id, IncidentState.OPEN, 0)
    kinds = {event.kind for event in history.incident_events(source.id)}
    assert kinds == {EventKind.OPENED, EventKind.EVIDENCE, EventKind.RECOVERED, EventKind.RESOLVED}


def measured(shop: Shop) -> dict[Metric, dict]:
    """All that detection could learn from."""
    before = shop.monitor.history.before("shop.main.orders", shop.monitor.clock(), None)
    series = dict(before.days) | {m: v for m, v in before.buckets.items() if m.grain is Grain.DAY}
    return {metric: dict(values) for metric, values in series.items()}
