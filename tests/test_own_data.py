"""A user's own warehouses, declared in a few lines and without any contract: a folder of Parquet files and a PostgreSQL
database. And the demo, whose injected faults are found by exactly the checks that it documents."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import psycopg
import pytest

from connectors.demo import FAULTS
from tests.apps import free_port, running_app

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.slow


def vitals(*words: str) -> tuple[int, dict]:
    """A command's exit code and its document."""
    done = subprocess.run(
        [sys.executable, "-m", "checks", *words, "--json"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


@pytest.fixture
def own(tmp_path: Path, postgres_database: str) -> Path:
    """A lake of two tables, a shop of one, and the few lines that declare them."""
    lake = tmp_path / "lake"
    (lake / "events").mkdir(parents=True)
    with duckdb.connect() as db:
        db.execute(
            f"""COPY (SELECT n AS event_id, now()::TIMESTAMP - to_hours(n::INT) AS created_at, n % 7 AS kind
                FROM range(2000) AS r(n)) TO '{lake / "events"}/a.parquet' (FORMAT parquet)"""
        )
        db.execute(f"COPY (SELECT 'DE' AS code, 'Germany' AS name) TO '{lake / 'countries.parquet'}' (FORMAT parquet)")
    with psycopg.connect(postgres_database, autocommit=True) as shop:
        shop.execute("CREATE TABLE orders (order_id BIGINT PRIMARY KEY, ordered_at TIMESTAMPTZ, amount NUMERIC(10, 2))")
        shop.execute("INSERT INTO orders SELECT n, now() - n * interval '1 hour', n FROM generate_series(1, 1000) AS n")
    config = tmp_path / "config.toml"
    config.write_text(
        f'[app]\nport = {free_port()}\n[sources.lake]\nurl = "lake"\n[sources.shop]\nurl = "{postgres_database}"\n'
    )
    return config


def test_own_tables_are_measured_without_a_contract(own: Path):
    code, ran = vitals("run", "--config", str(own))
    assert code == 0
    assert {run["dataset"]: run["outcome"] for run in ran["runs"]} == {
        "lake.countries": "finished",
        "lake.events": "finished",
        "shop.public.orders": "finished",
    }
    _, days = vitals("history", "shop.public.orders", "bucket_rows", "--config", str(own))
    assert sum(point["value"] for point in days["points"]) == 1000
    _, mean = vitals("history", "lake.events", "mean", "--column", "kind", "--config", str(own))
    assert len(mean["points"]) > 80


def test_the_app_shows_them_healthy_and_commands_agree(own: Path):
    port = int(own.read_text().split("port = ")[1].split()[0])
    with running_app(own, port) as app:
        app.ask.post("/api/runs", json={"datasets": [], "refresh": True}).raise_for_status()
        shown = app.ask.get("/api/datasets").json()
        assert {each["name"]: each["health"] for each in shown["datasets"]} == {
            "lake.countries": "healthy",
            "lake.events": "healthy",
            "shop.public.orders": "healthy",
        }
        code, told = vitals("status", "--config", str(own))
        assert code == 0
        assert [each["name"] for each in told["datasets"]] == [each["name"] for each in shown["datasets"]]


def test_the_demo_finds_each_injected_fault_by_the_check_that_it_names(tmp_path: Path):
    config = tmp_path / "config.toml"
    config.write_text(f'[app]\ncontracts = "{ROOT / "contracts"}"\n[sources.demo]\nurl = "demo://demo"\n')
    code, ran = vitals("run", "--config", str(config))
    assert code == 1
    _, status = vitals("status", "--config", str(config))
    results = [(each["name"], result) for each in status["datasets"] for result in each["results"]]
    broken = {
        (name, result["check"]) for name, result in results if not result["learned"] and result["status"] != "pass"
    }
    assert broken == {(fault.dataset, fault.found_by) for fault in FAULTS}
    learned = {(name, result["check"]) for name, result in results if result["learned"] and result["status"] == "warn"}
    assert learned & {("demo.flights", "learned.volume"), ("demo.flights", "learned.distinct")}  # a carrier is gone
    assert len(ran["runs"]) == 5
    _, flow = vitals("history", "demo.flights", "bucket_rows", "--config", str(config))
    days = [point["bucket"][:10] for point in flow["points"]]
    assert len(days) >= 90
    assert days[-1] >= f"{datetime.now(UTC):%Y-%m-%d}"[:8]
