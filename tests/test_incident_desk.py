"""The desk: one commit for each run and action, from a file that outlives it, and no trouble of a run's."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import pytest

from checks.config import IncidentsConfig
from checks.history import History, HistoryFailed
from checks.incidents import Action, ActionKind, Around, Asking, Desk
from checks.incidents.transitions import folded
from checks.lineage import Graph, Node
from checks.records import Change, Dataset, Dimension, IncidentState, Outcome, Result, RunReport, Severity, Status
from checks.refusal import Refused
from connectors import AccessDenied, TableName, Unreachable
from tests.incidents import HOUR, NINE
from tests.monitors import CannedMonitor, Clock, canned

VALUE = "grace@example.org"
NAMES = [f"lake.t{number}" for number in range(6)]
DATASETS = {name: Dataset("lake", TableName(None, name[5:])) for name in NAMES}


def desk_on(history: History) -> Desk:
    def nobody(*_: object):
        raise Refused("there is no warehouse here")

    around = Around(lambda: DATASETS, lambda: Graph.of(map(Node, NAMES), ()))
    return Desk(history, IncidentsConfig(), around, Asking(nobody, nobody, lambda names, since, until: {}))


def run(status: Status, at: datetime = NINE, name: str = "lake.t0") -> RunReport:
    result = Result("enough", Dimension.COVERAGE, status, Severity.ERROR, reason="7 rows, expected 100")
    return RunReport(name, at, Outcome.FINISHED, 1, at, 1.0, results=(result,))


@pytest.fixture
def history(tmp_path) -> Iterator[History]:
    with History.open(tmp_path / "history.duckdb", NINE) as opened:
        yield opened


def test_an_app_that_starts_again_goes_on_where_it_was(history):
    desk_on(history).observe(run(Status.FAIL))
    desk_on(history).act(1, Action(ActionKind.ACKNOWLEDGE, "noor"), NINE + HOUR)
    desk_on(history).observe(run(Status.PASS, NINE + HOUR))
    desk_on(history).observe(run(Status.PASS, NINE + 2 * HOUR))
    [found] = history.incidents()
    assert (found.state, found.acknowledged_at) == (IncidentState.RESOLVED, NINE + HOUR)
    desk_on(history).observe(run(Status.FAIL, NINE + 3 * HOUR))
    [found] = history.incidents()
    assert (found.is_open, found.reopened) == (True, 1)
    events = history.incident_events(1)
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    assert folded(events) == found


def test_what_can_not_be_written_has_not_happened(history, monkeypatch):
    desk = desk_on(history)

    def full(changes: Sequence[Change], messages: Sequence[object] = ()) -> None:
        raise HistoryFailed(history.path, "no room")

    with monkeypatch.context() as patched, pytest.raises(HistoryFailed):
        patched.setattr(history, "commit", full)
        desk.observe(run(Status.FAIL))
    assert desk.open_incidents(NINE) == history.incidents() == []
    desk.observe(run(Status.FAIL, NINE + HOUR))
    assert [each.id for each in desk.open_incidents(NINE)] == [1]


def test_runs_that_end_at_the_same_time_each_have_their_incident(history):
    desk = desk_on(history)
    ends = [threading.Thread(target=desk.observe, args=(run(Status.FAIL, name=name),)) for name in NAMES]
    for each in ends:
        each.start()
    for each in ends:
        each.join()
    found = history.incidents()
    assert sorted(each.datasets[0] for each in found) == NAMES
    assert sorted(each.id for each in found) == list(range(1, len(NAMES) + 1))


# -- after runs of a real Monitor --------------------------------------------------------------------------------------

ENOUGH = """
apiVersion: v3.1.0
kind: DataContract
id: shop
version: 1.0.0
status: active
servers: [{server: s, type: local, path: tables, format: parquet}]
schema: [{name: orders, quality: [{id: enough, type: library, metric: rowCount, mustBeGreaterThan: 100}]}]
"""


@pytest.fixture
def monitor(tmp_path) -> Iterator[CannedMonitor]:
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "shop.yaml").write_text(ENOUGH)
    found = canned(tmp_path, Clock(NINE), "orders")
    yield found
    found.close()


def test_a_replay_of_the_past_opens_nothing(monitor):
    [future] = monitor.start([], at=NINE - timedelta(days=1))
    assert future.result().results[0].status is Status.FAIL
    assert monitor.history.incidents() == []
    [future] = monitor.start([])
    future.result()
    assert len(monitor.history.incidents()) == 1


def test_a_source_that_never_answered_has_an_incident_until_it_is_listed(tmp_path, monkeypatch):
    monitor = canned(tmp_path, Clock(NINE))
    table, answers = TableName(None, "orders"), [Unreachable("s", "nobody there")] * 3

    def listing(*_: object) -> tuple[TableName, ...]:
        if answers:
            raise answers.pop()
        return (table,)

    monkeypatch.setattr(monitor.workers, "call", listing)
    monitor.refresh(NINE)
    monitor.refresh(NINE + HOUR)
    [found] = monitor.history.incidents()
    assert (found.title, found.is_open, found.noticed_at) == ("source s does not answer", True, NINE)
    assert found.cause is not None and "nobody there" in found.cause
    answers.clear()
    monitor.refresh(NINE + 2 * HOUR)
    [found] = monitor.history.incidents()
    assert found.resolved_at == NINE + 2 * HOUR
    answers.append(Unreachable("s", "nobody there"))
    monitor.refresh(NINE + 3 * HOUR)  # it has datasets now, whose runs tell
    assert monitor.history.incidents() == [found]
    monitor.close()


def test_a_source_that_refuses_to_be_listed_is_no_silent_one(history):
    desk = desk_on(history)
    assert desk.listed("lake", NINE, AccessDenied("lake", "wrong password")) == ()
    assert desk.listed("lake", NINE, None) == ()


def test_a_desk_that_fails_is_a_trouble_of_ours_until_it_works_again_and_none_of_the_run(monitor, monkeypatch, caplog):
    def broken(report: RunReport) -> tuple[Change, ...]:
        raise ValueError(VALUE)

    with monkeypatch.context() as patched:
        patched.setattr(monitor.desk, "observe", broken)
        [future] = monitor.start([])
        assert future.result().outcome is Outcome.FINISHED
    assert monitor.troubles == {
        "incidents": "incidents could not be brought up to date after a run: ValueError; see the log"
    }
    assert VALUE not in caplog.text
    monitor.clock.forward(HOUR)
    [future] = monitor.start([])
    future.result()
    assert monitor.troubles == {}
