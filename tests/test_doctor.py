"""What `doctor` says of datasets and incidents: what was passed over, what is refused, what waits for whom."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from checks import doctor
from checks.incident_answers import act, action_of
from checks.loadtime import why_not
from checks.records import Dataset, EventTime, Grain, Measured
from checks.run import Slot
from connectors import AccessDenied, Column, QueryTimedOut, TableName
from tests.monitors import CannedMonitor, Clock, canned, seven_rows, utc

NOON = utc(2026, 3, 15, 12)
TABLES = ("items", "orders", "users")
COLUMNS = (
    Column("happened", "timestamp(6)", "TIMESTAMP"),
    Column("synced", "timestamp(6)", "TIMESTAMP"),
    Column("day", "date", "DATE"),
    Column("Twice", "timestamp(6)", "TIMESTAMP"),
    Column("twice", "timestamp(6)", "TIMESTAMP"),
)


@pytest.fixture
def monitor(tmp_path: Path) -> Iterator[CannedMonitor]:
    opened = canned(tmp_path, Clock(NOON), config='[lineage]\ndbt = ["manifest.json"]\n')
    opened.workers.call = lambda spec, deadline, job, *_: (  # ty: ignore[invalid-assignment]
        tuple(TableName("main", name) for name in TABLES) if job.__name__ == "list_job" else None
    )
    opened.refresh(NOON)
    (tmp_path / "manifest.json").write_text(json.dumps(manifest()))
    yield opened
    opened.close()


def manifest(**fields: str) -> dict:
    """Of sources in DuckDB, by table with the `loaded_at_field`."""
    sources = {
        f"source.shop.{table}": {"resource_type": "source", "name": table, "identifier": table, "schema": "main",
                                 "database": "shop", "loaded_at_field": field}
        for table, field in fields.items()
    }  # fmt: skip
    schema = "https://schemas.getdbt.com/dbt/manifest/v12.json"
    return {"metadata": {"dbt_schema_version": schema, "adapter_type": "duckdb"}, "nodes": {}, "sources": sources}


def run(monitor: CannedMonitor, *tables: str) -> None:
    for future in monitor.start([f"s.main.{table}" for table in tables]):
        future.result()


def notes(monitor: CannedMonitor, area: str) -> list[tuple[str, str, str]]:
    found = doctor.examine(monitor)["notes"]
    return [(note["level"], note["subject"], note["message"]) for note in found if note["area"] == area]


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ("synced::timestamp", "it is an expression, and only a column can be read"),
        ("came", "there is no such column"),
        ('"DAY"', "it is of type DATE, and only a timestamp says when"),
        ("happened", "it is the event time itself"),
        ("TWICE", "several columns are called so"),
    ],
)
def test_why_a_field_of_dbt_is_no_load_time(field: str, reason: str):
    assert why_not(field, COLUMNS, "happened") == reason


def test_a_field_of_dbt_that_is_passed_over_is_told_with_the_reason(monitor, tmp_path):
    def dated(dataset: Dataset, slot: Slot) -> Measured:
        event_time = EventTime("happened", "inferred", "UTC", False, Grain.DAY)
        return replace(seven_rows(dataset, slot), columns=COLUMNS, event_time=event_time)

    said = manifest(orders="synced::timestamp", items="synced", users="day")
    (tmp_path / "manifest.json").write_text(json.dumps(said))
    monitor.answer = dated
    run(monitor, "orders", "items")
    warnings = [note for note in notes(monitor, "datasets") if "loaded_at_field" in note[2]]
    why = "it is an expression, and only a column can be read"
    remedy = "`load_time` in config.toml or vitals.loadTime in a contract names another column"
    sentence = f"loaded_at_field `synced::timestamp` of dbt is not used: {why}; {remedy}"
    assert warnings == [("warning", "s.main.orders", sentence)]


def test_datasets_that_could_not_be_measured_are_named_together(monitor):
    def refused(dataset: Dataset, slot: Slot) -> Measured:
        if dataset.table.name == "users":
            raise QueryTimedOut("s", "no answer within 300 s")
        raise AccessDenied("s", "permission denied", dataset=dataset.table.name)

    monitor.answer = refused
    run(monitor, *TABLES)
    found = [message for level, subject, message in notes(monitor, "datasets") if (level, subject) == ("error", "s")]
    assert [message.partition("; source")[0] for message in found] == [
        "could not be measured by the last run: s.main.items, s.main.orders",
        "could not be measured by the last run: s.main.users",
    ]
    [opened] = monitor.desk.open_incidents(NOON)
    assert opened.title == "source s refuses access to 2 tables"
    assert (opened.cause or "").startswith("2 tables are refused: s.main.items, s.main.orders; the last by source 's'")
    monitor.answer = seven_rows
    monitor.clock.forward(timedelta(hours=1))
    run(monitor, "items")
    [opened] = monitor.desk.open_incidents(NOON)
    assert opened.title == "source s refuses access"
    assert (opened.cause or "").startswith("source 's' still refuses access to s.main.orders.")
    monitor.clock.forward(timedelta(hours=1))
    run(monitor, "orders")
    assert monitor.desk.open_incidents(NOON) == []


def test_each_open_incident_says_what_it_waits_for(monitor):
    def refused(dataset: Dataset, slot: Slot) -> Measured:
        raise AccessDenied("s", "permission denied", dataset=dataset.table.name)

    def waits() -> tuple[str, str]:
        [(level, _, message)] = notes(monitor, "incidents")
        return level, message

    monitor.answer = refused
    run(monitor, "orders")
    run_of = "the next run of s.main.items, s.main.orders, s.main.users"
    somebody = "waits for somebody: `python -m checks incidents 1 ack` says that you have it"
    assert waits() == ("ok", f"{somebody}; {run_of} tells whether it is over")
    act(monitor, 1, action_of("assign", "noor", "Noor"))
    act(monitor, 1, action_of("ack", "noor"))
    monitor.ticked_at = NOON
    assert waits() == ("ok", f"Noor has it; {run_of}, due 2026-03-15 13:00 UTC, tells whether it is over")
    act(monitor, 1, action_of("monitor", "noor"))
    assert waits()[1].startswith("is said to be mended; the next run of")


def test_an_incident_for_which_no_run_is_due_warns(monitor, monkeypatch):
    def refused(dataset: Dataset, slot: Slot) -> Measured:
        raise AccessDenied("s", "permission denied", dataset=dataset.table.name)

    monitor.answer = refused
    run(monitor, "orders")
    monkeypatch.setattr(monitor, "next_runs", dict)
    [(level, _, message)] = notes(monitor, "incidents")
    assert (level, "no run is due that could tell whether it is over" in message) == ("warning", True)
