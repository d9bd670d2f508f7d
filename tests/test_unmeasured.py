"""A dataset whose every run measures nothing although its source answers opens an incident: it is unknown for ever."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from checks.records import Dataset, Family, Incident, IncidentSeverity, Key, Measured
from checks.run import Slot
from connectors import QueryFailed, QueryTimedOut, SourceError, Unreachable
from tests.monitors import CannedMonitor, Clock, canned, seven_rows, utc

NOON = utc(2026, 3, 15, 12)
SLOW, DOWN = QueryTimedOut("s", "no answer within 300 s"), Unreachable("s", "no route to the host")


@pytest.fixture
def monitor(tmp_path) -> Iterator[CannedMonitor]:
    opened = canned(tmp_path, Clock(NOON), "orders", "users", config="[schedule]\nattempts = 1\n")
    yield opened
    opened.close()


def ran(
    monitor: CannedMonitor, *errors: SourceError | None, table: str = "s.orders", replay: bool = False
) -> list[Incident]:
    """The open incidents after runs of a table that failed so, an hour apart; None is one that went well. A replay is
    of the moment that it is made at."""
    for error in errors:

        def answer(dataset: Dataset, slot: Slot, error: SourceError | None = error) -> Measured:
            if error is not None:
                raise error
            return seven_rows(dataset, slot)

        monitor.answer = answer
        monitor.clock.forward(timedelta(hours=1))
        for future in monitor.start([table], at=monitor.clock() if replay else None):
            future.result()
    return monitor.desk.open_incidents(monitor.clock())


def test_the_third_run_in_a_row_that_times_out_opens_an_incident_and_one_that_measures_ends_it(monitor):
    assert ran(monitor, None, SLOW, SLOW) == []
    [opened] = ran(monitor, SLOW)
    assert opened.lead.key == Key("s.orders", None, Family.RUNS)
    assert opened.title == "orders can not be measured since 15 Mar 13:00 UTC"
    assert opened.lead.sentence == f"its runs measure nothing: {SLOW.sentence}"
    assert opened.severity is IncidentSeverity.LOW, "no contract asks anything of it"
    assert [each.id for each in ran(monitor, SLOW)] == [opened.id]
    assert ran(monitor, None) == []
    closed = monitor.history.incident(opened.id)
    assert closed is not None
    assert closed.resolved_at == monitor.clock()
    assert ran(monitor, SLOW, SLOW) == [], "it takes three again"


def test_a_replay_is_no_run_in_the_row_and_ends_none(monitor):
    assert ran(monitor, None, SLOW) == []
    assert ran(monitor, SLOW, SLOW, replay=True) == []
    assert ran(monitor, SLOW) == [], "the second"
    assert ran(monitor, None, replay=True) == []
    [opened] = ran(monitor, SLOW)
    assert opened.happened_at == NOON + timedelta(hours=1), "the last run that measured it, whatever was replayed"


def test_a_query_that_fails_counts_too_and_what_the_source_has_failed_does_not(monitor):
    [outage] = ran(monitor, SLOW, SLOW, DOWN, DOWN)
    assert outage.lead.key.family is Family.SOURCE
    [found] = ran(monitor, QueryFailed("s", "division by zero"))
    assert (found.id, found.lead.key.family) == (outage.id + 1, Family.RUNS)
    assert found.happened_at is None, "nobody ever saw it measured"
    assert {each.id: each.lead.key.family for each in ran(monitor, DOWN)} == {
        outage.id: Family.SOURCE,
        found.id: Family.RUNS,
    }


def test_tables_of_one_source_that_time_out_are_one_incident_and_recover_one_by_one(monitor):
    [first] = ran(monitor, SLOW, SLOW, SLOW)
    [both] = ran(monitor, SLOW, SLOW, SLOW, table="s.users")
    assert both.id == first.id
    assert [each.key.subject for each in both.broken] == ["s.orders", "s.users"]
    [left] = ran(monitor, None)
    assert [each.key.subject for each in left.broken] == ["s.users"]
    assert ran(monitor, None, table="s.users") == []
