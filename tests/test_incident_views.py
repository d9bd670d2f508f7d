"""A table and the views on it, in a real warehouse: what breaks in the table is one incident, whatever is measured
first, and it ends for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from checks.config import load
from checks.incidents.transitions import folded
from checks.monitor import Monitor
from tests.monitors import Clock, utc
from tests.test_first_minute import writing

pytestmark = pytest.mark.slow  # real runs in real workers

NOON = utc(2026, 3, 15, 12)
VIEWS = ("daily", "monthly", "totals")
RULE = "{{type: library, metric: rowCount, mustBeGreaterThan: 10, dimension: coverage, id: some-{0}}}"
HEAD = """
apiVersion: v3.1.0
kind: DataContract
id: shop
version: 1.0.0
status: active
team: {name: Shop}
servers: [{server: shop, type: duckdb, database: shop.duckdb, schema: main}]
schema:
"""


@pytest.fixture
def monitor(tmp_path: Path) -> Iterator[Monitor]:
    (tmp_path / "contracts").mkdir()
    rules = [f"  - {{name: {name}, quality: [{RULE.format(name)}]}}" for name in ("orders", *VIEWS)]
    (tmp_path / "contracts" / "shop.yaml").write_text(HEAD + "\n".join(rules) + "\n")
    (tmp_path / "config.toml").write_text('[sources.shop]\nurl = "duckdb://shop.duckdb"\n[detection]\non = false\n')
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as db:
        db.execute("CREATE TABLE orders AS SELECT range AS id FROM range(100)")
        below = "orders"
        for view in VIEWS:
            db.execute(f"CREATE VIEW {view} AS SELECT id FROM {below}")
            below = view
    found = Monitor.open(load(tmp_path / "config.toml"), NOON, Clock(NOON))
    found.refresh(NOON)
    yield found
    found.close()


def run(monitor: Monitor, *names: str) -> None:
    """One after another, each five minutes later."""
    for name in names:
        monitor.clock.forward(timedelta(minutes=5))  # ty: ignore[unresolved-attribute]
        [future] = monitor.start([f"shop.main.{name}"])
        future.result()


def test_what_breaks_in_a_table_is_one_incident_with_all_views_on_it(monitor, tmp_path):
    everything = ("monthly", "orders", "totals", "daily")
    run(monitor, *everything)
    assert monitor.history.incidents() == []

    with writing(tmp_path / "shop.duckdb") as db:
        db.execute("DELETE FROM orders WHERE id > 4")
    run(monitor, *everything)
    [found] = monitor.history.incidents(open_only=True)
    assert found.lead.key.subject == "shop.main.orders"
    assert {each.key.subject for each in found.broken} == {f"shop.main.{name}" for name in ("orders", *VIEWS)}
    assert found.title == "orders: 5 rows (expected more than 10) since 15 Mar 12:10 UTC"

    with writing(tmp_path / "shop.duckdb") as db:
        db.execute("INSERT INTO orders SELECT range FROM range(100)")
    run(monitor, *everything, *everything)
    assert monitor.history.incidents(open_only=True) == []
    for each in monitor.history.incidents():
        assert folded(monitor.history.incident_events(each.id)) == each
