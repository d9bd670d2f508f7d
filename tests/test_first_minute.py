"""A table that nobody has seen before, with a year of rows: judged by its own past in its first run, and remembered."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest

from checks.config import load
from checks.history import History
from checks.learned.before import DURATION
from checks.learned.families import READINGS
from checks.monitor import Monitor
from checks.records import Grain, Metric, Outcome, RunReport, Status
from connectors import QueryTimedOut
from tests.monitors import Clock, utc

NOON = utc(2026, 3, 15, 12)
ROWS = Metric("bucket_rows", grain=Grain.DAY)
YESTERDAY = datetime.fromisoformat("2026-03-14")


def writing(file: Path) -> duckdb.DuckDBPyConnection:
    """The warehouse, as soon as it is free: a worker keeps it open for a moment after a run."""
    for _ in range(100):
        with suppress(duckdb.IOException):
            return duckdb.connect(str(file))
        time.sleep(0.1)
    return duckdb.connect(str(file))


def a_year(file: Path, *, lost: float = 0.0, without: str = "") -> None:
    """About 200 orders a day for a year; of yesterday a part is lost, and all of one shop."""
    with writing(file) as db:
        db.execute("SELECT setseed(0.25)")
        db.execute(
            f"""CREATE OR REPLACE TABLE orders AS
                SELECT TIMESTAMP '2025-03-15' + to_seconds((random() * 365.5 * 86400)::BIGINT) AS ordered_at,
                       (50 + 10 * random())::DOUBLE AS amount, random() < 0.3 AS gift,
                       if(random() < 0.05, NULL, 'a@b.c') AS email,
                       'shop ' || if(random() < 0.4, 3, (random() * 8)::INT) AS shop
                FROM range(73000);
                DELETE FROM orders WHERE ordered_at::DATE = DATE '2026-03-14' AND (random() < {lost} OR shop = $1)""",
            [without],
        )


@pytest.fixture
def monitor(tmp_path: Path) -> Iterator[Monitor]:
    (tmp_path / "config.toml").write_text('[sources.shop]\nurl = "duckdb://shop.duckdb"\n')
    monitor = Monitor.open(load(tmp_path / "config.toml"), NOON, Clock(NOON))
    yield monitor
    monitor.close()


def ran(monitor: Monitor) -> RunReport:
    [future], errors = monitor.list_and_start([])
    assert not errors
    report = future.result()
    assert (report.outcome, report.error) == (Outcome.FINISHED, None)
    return report


@pytest.mark.slow
def test_every_series_has_its_band_after_the_first_run_which_is_one_scan(monitor: Monitor, tmp_path: Path):
    a_year(tmp_path / "shop.duckdb")
    report = ran(monitor)
    assert [query.purpose for query in report.queries if query.purpose == "fused"] == ["fused"]
    history, name = monitor.history, "shop.main.orders"
    series = [metric for metric in history.series(name) if metric.grain is Grain.DAY and metric.name in READINGS]
    assert {(metric.name, metric.column) for metric in series} >= {
        ("bucket_rows", None), ("null_rate", "email"), ("distinct_count", "shop"), ("mean", "amount"),
        ("true_rate", "gift"), ("empty_count", "shop"),
    }  # fmt: skip
    for metric in series:
        bands = history.bands(name, metric)
        assert bands["bucket"].iloc[-1] == YESTERDAY, metric
        assert len(bands) >= 60, metric
        assert np.isfinite(bands[["expected", "lower", "upper", "score"]]).all(axis=None), metric
        assert (bands["lower"] <= bands["expected"]).all(), metric
        assert (bands["expected"] <= bands["upper"]).all(), metric
    learned = {result.check: result.status for result in report.results if result.learned}
    assert set(learned.values()) == {Status.PASS, Status.LEARNING}
    watching = {check for check, status in learned.items() if status is Status.LEARNING}
    assert watching == {"learned.freshness", "learned.arrival", "learned.cadence"}  # what only several runs can see


@pytest.mark.slow
def test_the_first_run_finds_the_day_that_lost_half_its_rows(monitor: Monitor, tmp_path: Path):
    a_year(tmp_path / "shop.duckdb", lost=0.5)
    report = ran(monitor)
    volume = next(result for result in report.results if result.check == "learned.volume")
    assert (volume.status, volume.bucket) == (Status.WARN, YESTERDAY)
    [alert] = monitor.history.alerts("shop.main.orders", since=YESTERDAY)
    assert (alert.bucket, alert.noticed_at, alert.findings[0].metric) == (YESTERDAY, NOON, ROWS)
    monitor.clock.forward(timedelta(hours=1))  # ty: ignore[unresolved-attribute]
    ran(monitor)
    assert monitor.history.alerts("shop.main.orders", since=YESTERDAY) == [alert]  # told once
    a_year(tmp_path / "shop.duckdb")
    monitor.clock.forward(timedelta(hours=1))  # ty: ignore[unresolved-attribute]
    report = ran(monitor)
    assert monitor.history.alerts("shop.main.orders", since=YESTERDAY) == []  # restated: withdrawn
    assert next(one for one in report.results if one.check == "learned.volume").status is Status.PASS


@pytest.mark.slow
def test_an_alert_is_explained_once_when_it_opens_and_the_answer_is_kept(monitor: Monitor, tmp_path: Path):
    a_year(tmp_path / "shop.duckdb", without="shop 3")
    for _ in range(2):
        ran(monitor)
        monitor.clock.forward(timedelta(hours=1))  # ty: ignore[unresolved-attribute]
    [(key, document)] = monitor.history.explanations("shop.main.orders").items()
    assert key == ("shop.main.orders", YESTERDAY, Grain.DAY)
    kept = json.loads(document)
    assert [segment["where"] for segment in kept["segments"]] == ["shop = shop 3"]
    assert "shop = shop 3" in kept["sentence"]
    assert monitor.history.statistics()["explanations"] == 1
    durations = monitor.history.before("shop.main.orders", NOON + timedelta(hours=2), None).days[DURATION]
    assert list(durations) == [NOON.replace(hour=0, tzinfo=None)]


@pytest.mark.slow
@pytest.mark.parametrize("error", [QueryTimedOut("shop", "no answer within 60 s"), ValueError("a value of a row")])
def test_an_alert_that_can_not_be_explained_is_an_alert_all_the_same(monitor, tmp_path, monkeypatch, caplog, error):
    def broken(*_):
        raise error

    a_year(tmp_path / "shop.duckdb", lost=0.5)
    monkeypatch.setattr(monitor, "explain", broken)
    ran(monitor)
    assert len(monitor.history.alerts("shop.main.orders", since=YESTERDAY)) == 1
    assert monitor.history.explanations("shop.main.orders") == {}
    assert "shop.main.orders" in caplog.text
    assert "a value of a row" not in caplog.text


@pytest.mark.slow
def test_a_column_that_changed_its_type_between_two_runs_is_told(monitor: Monitor, tmp_path: Path):
    a_year(tmp_path / "shop.duckdb")
    assert "learned.schema" not in {result.check for result in ran(monitor).results}
    with writing(tmp_path / "shop.duckdb") as db:
        db.execute("ALTER TABLE orders ALTER amount TYPE VARCHAR; ALTER TABLE orders ADD COLUMN note VARCHAR")
    for _ in range(2):  # the run that sees it, and the one after
        monitor.clock.forward(timedelta(hours=1))  # ty: ignore[unresolved-attribute]
        schema = next(result for result in ran(monitor).results if result.check == "learned.schema")
        assert schema.status is Status.WARN
        assert (
            schema.reason == "amount changed its type from DOUBLE to VARCHAR, note is new, since 2026-03-15 13:00 UTC"
        )
    monitor.clock.forward(timedelta(days=1))  # ty: ignore[unresolved-attribute]
    assert next(one for one in ran(monitor).results if one.check == "learned.schema").status is Status.PASS


@pytest.mark.slow
def test_what_was_learned_outlives_the_process_and_is_forgotten_after_the_retention(monitor: Monitor, tmp_path: Path):
    a_year(tmp_path / "shop.duckdb", lost=0.5)
    ran(monitor)
    path = monitor.history.path
    monitor.close()
    with History.open(path, NOON) as history:
        before = history.bands("shop.main.orders", ROWS)
        history.tidy(NOON, timedelta(days=30))
        kept = history.bands("shop.main.orders", ROWS)
        assert kept["bucket"].min() >= NOON.replace(tzinfo=None) - timedelta(days=30)
        assert kept.tail(20).reset_index(drop=True).equals(before.tail(20).reset_index(drop=True))
        assert len(history.alerts("shop.main.orders", since=YESTERDAY)) == 1
        history.tidy(NOON + timedelta(days=60), timedelta(days=30))
        assert (len(history.bands("shop.main.orders", ROWS)), history.alerts()) == (0, [])


@pytest.mark.slow
def test_detection_can_be_switched_off_for_one_dataset(tmp_path: Path):
    a_year(tmp_path / "shop.duckdb", lost=0.5)
    off = '[datasets."shop.main.orders".detection]\non = false\n'
    (tmp_path / "config.toml").write_text(f'[sources.shop]\nurl = "duckdb://shop.duckdb"\n{off}')
    monitor = Monitor.open(load(tmp_path / "config.toml"), NOON, Clock(NOON))
    try:
        report = ran(monitor)
        assert not any(result.learned for result in report.results)
        assert monitor.history.alerts() == []
    finally:
        monitor.close()
