"""The demo: as many incidents as faults were put in, each naming its cause, and no more with later runs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from checks.config import load
from checks.monitor import Monitor
from checks.records import EventKind, Incident, Outcome
from connectors import demo
from connectors.demo import FAULTS
from tests.monitors import Clock

pytestmark = pytest.mark.slow  # builds the demo warehouse, and measures it twice

ROOT = Path(__file__).parent.parent
AT = datetime(2026, 11, 23, 20, 30, tzinfo=UTC)
#: what the title or the cause of each has to say
NAMED = {
    "carrier-stopped": ("flights lost 20 % of its rows since 22 Nov: carrier = UA", "carrier = UA"),
    "tail-numbers-null": ("without tailnum since 21 Nov", "without tailnum"),
    "weather-stale": ("weather is late since 23 Nov 02:00 UTC", "nothing new has come since 2026-11-22 14:00 UTC"),
    "airline-removed": ("have a carrier that is not in demo.airlines: carrier = VX", "carrier = VX"),
    "seats-as-text": ("planes: column 'seats' is VARCHAR", "column 'seats' is VARCHAR"),
}


@pytest.fixture(scope="module")
def monitor(tmp_path_factory) -> Iterator[Monitor]:
    folder = tmp_path_factory.mktemp("demo")
    shutil.copytree(ROOT / "contracts", folder / "contracts")
    shutil.copy(ROOT / "config.toml", folder)
    demo.build(folder / "data" / "demo", AT)
    monitor = Monitor.open(load(folder / "config.toml"), AT, Clock(AT))
    run(monitor)
    yield monitor
    monitor.close()


def run(monitor: Monitor) -> None:
    futures, errors = monitor.list_and_start([], trigger="test")
    assert errors == []
    assert {future.result().outcome for future in futures} == {Outcome.FINISHED}
    assert monitor.troubles == {}


def of_fault(incidents: list[Incident], fault: demo.Fault) -> Incident:
    [found] = [each for each in incidents if fault.found_by in each.lead.checks]
    return found


def test_every_fault_is_one_incident_and_there_is_no_other(monitor):
    found = monitor.history.incidents(open_only=True)
    assert sorted(of_fault(found, fault).id for fault in FAULTS) == sorted(each.id for each in found)
    for fault in FAULTS:
        incident = of_fault(found, fault)
        assert (incident.lead.key.subject, incident.lead.key.dimension) == (fault.dataset, fault.dimension)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.id)
def test_each_names_its_cause(monitor, fault):
    incident = of_fault(monitor.history.incidents(open_only=True), fault)
    title, cause = NAMED[fault.id]
    assert title in incident.title
    assert cause in (incident.cause or incident.title)
    if fault.day is not None and fault.id != "weather-stale":  # it stopped then, and was late the day after
        day = (AT + timedelta(days=fault.day)).date()
        assert incident.happened_at is not None and incident.happened_at.date() == day
    assert incident.owners and incident.consumers


def test_later_runs_find_the_same_five(monitor):
    before = monitor.history.incidents()
    for _ in range(2):
        monitor.clock.forward(timedelta(hours=1))  # ty: ignore[unresolved-attribute]
        run(monitor)
    after = monitor.history.incidents()
    assert [(each.id, each.title, each.reopened) for each in after] == [
        (each.id, each.title, each.reopened) for each in before
    ]
    kinds = {event.kind for each in after for event in monitor.history.incident_events(each.id)}
    assert EventKind.RECOVERED not in kinds
