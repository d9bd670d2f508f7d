"""Incidents about what was taken out of the configuration are closed with the reason, and only where that is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from checks.catalogue import SourceState
from checks.incidents.draft import Draft
from checks.incidents.taken_out import leave, taken_out
from checks.records import IncidentState, Symptom
from checks.schedule import Scheduler
from connectors import TableName
from tests.incidents import NINE, incident, key, source_key, symptom
from tests.monitors import Clock, canned, utc

NOON = utc(2026, 3, 15, 12)
LAKE = SourceState("lake", "duckdb", "duckdb://lake", NINE, None, 5, 4, ("orders",))
ORDERS, REFUNDS = symptom(), symptom(key("lake.refunds"))


@pytest.mark.parametrize(
    ("about", "listed", "reason"),
    [
        (ORDERS, None, "source lake is no longer configured"),
        (symptom(source_key()), None, "source lake is no longer configured"),
        (symptom(source_key(), checks=()), LAKE, None),
        (
            symptom(source_key(), checks=("lake.orders",)),
            LAKE,
            "lake.orders is left out by include/exclude of its source",
        ),
        (symptom(source_key(), checks=("lake.orders", "lake.users")), LAKE, None),
        (symptom(source_key(), checks=("lake.orders",)), replace(LAKE, error="refused access"), None),
        (ORDERS, LAKE, "lake.orders is left out by include/exclude of its source"),
        (REFUNDS, LAKE, "source lake does not list refunds any more, and no contract asks for it"),
        (REFUNDS, replace(LAKE, tables=0), None),  # perhaps its folder is not mounted
        (REFUNDS, replace(LAKE, error="did not answer"), None),
        (ORDERS, replace(LAKE, error="did not answer"), None),
        (symptom(key("lake.users")), LAKE, None),  # watched
        (replace(REFUNDS, recovered_at=NINE), LAKE, None),
    ],
)
def test_what_was_taken_out_is_told_where_it_is_known(about: Symptom, listed: SourceState | None, reason: str | None):
    sources = {"lake": listed} if listed else {"other": replace(LAKE, name="other")}
    found = taken_out([incident(symptoms=(about,))], {"lake.users"}, sources, all_read=True)
    assert found == ({about.key.subject: reason} if reason else {})


def test_a_contract_that_can_not_be_read_may_ask_for_the_table():
    both = [incident(symptoms=(ORDERS, REFUNDS))]
    assert list(taken_out(both, (), {"lake": LAKE}, all_read=False)) == ["lake.orders"]


def test_an_incident_ends_with_the_last_thing_in_it_that_is_watched():
    one = replace(incident(symptoms=(ORDERS,)), id=1)
    both = replace(incident(symptoms=(ORDERS, REFUNDS)), id=2)
    draft = Draft({1: one, 2: both}, {1: 1, 2: 1}, 3)
    leave(draft, {"lake.orders": "it left"}, NINE)
    assert (draft[1].state, draft[1].resolution) == (IncidentState.RESOLVED, "it left")
    assert (draft[2].state, [each.key.subject for each in draft[2].broken]) == (IncidentState.OPEN, ["lake.refunds"])
    leave(draft, {"lake.refunds": "so did that"}, NINE)
    assert (draft[2].state, draft[2].resolution) == (IncidentState.RESOLVED, "so did that")


CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: shop
version: 1.0.0
status: active
servers: [{server: s, type: local, path: tables, format: parquet}]
schema:
  - name: orders
    quality: [{id: enough, type: library, metric: rowCount, mustBeGreaterOrEqualTo: 100, dimension: coverage}]
"""


def test_the_app_closes_them_when_two_refreshes_in_a_row_have_found_it_so(tmp_path, monkeypatch):
    file = tmp_path / "contracts" / "shop.yaml"
    file.parent.mkdir()
    file.write_text(CONTRACT)
    monitor = canned(tmp_path, Clock(NOON), "orders", "users")
    for future in monitor.start(["s.orders"]):
        future.result()
    [opened] = monitor.desk.open_incidents(NOON)
    tables = [TableName(None, "users")]

    def refresh(at: datetime) -> list[SourceState]:
        monitor.catalogue.read_contracts()
        return [monitor.catalogue.refresh("s", lambda: tuple(tables), at)]

    monkeypatch.setattr(monitor, "refresh", refresh)
    scheduler = Scheduler(monitor)

    def is_open_after_a_refresh() -> bool:
        scheduler.refresh()
        return bool(monitor.desk.open_incidents(NOON))

    assert [is_open_after_a_refresh() for _ in range(3)] == [True] * 3  # the contract asks for it
    file.unlink()
    assert is_open_after_a_refresh()
    tables.append(TableName(None, "orders"))  # it was made anew in that moment
    assert is_open_after_a_refresh()
    tables.pop()
    assert [is_open_after_a_refresh() for _ in range(2)] == [True, False]
    closed = monitor.history.incident(opened.id)
    assert closed is not None
    assert closed.resolution == "source s does not list orders any more, and no contract asks for it"
    monitor.close()
