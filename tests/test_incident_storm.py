"""A storm: one broken table with 300 below it and 1,000 failing checks is one incident, and a handful of messages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from checks.config import IncidentsConfig
from checks.history import History
from checks.incidents import Around, Asking, Desk
from checks.incidents.transitions import folded
from checks.lineage import Edge, Graph, Node, Origin
from checks.notify.channels import Audience
from checks.notify.planning import Situation, plan
from checks.notify.telling import Teller
from checks.records import (
    Change,
    Dataset,
    Dimension,
    Message,
    Outcome,
    Posted,
    Result,
    RunReport,
    Severity,
    Status,
)
from checks.refusal import Refused
from connectors import TableName
from tests.incidents import HOUR, NINE
from tests.notifying import channel

ROOT = "lake.orders"
BELOW = [f"lake.t{number:03}" for number in range(300)]
#: three layers of a hundred, each table made from one above it
EDGES = [Edge(ROOT if n < 100 else BELOW[n - 100], name, Origin.VIEW) for n, name in enumerate(BELOW)]
GRAPH = Graph.of(map(Node, (ROOT, *BELOW)), EDGES)
DATASETS = {name: Dataset("lake", TableName(None, name[5:]), owner="Orders") for name in (ROOT, *BELOW)}
OPS = channel()


def report(dataset: str, at: datetime, status: Status = Status.FAIL, checks: int = 3) -> RunReport:
    dimensions = list(Dimension)
    results = tuple(
        Result(f"check-{n}", dimensions[n % 7], status, Severity.ERROR, reason=f"{n + 1} rows are wrong, expected none")
        for n in range(checks)
    )
    return RunReport(dataset, at, Outcome.FINISHED, 1, at, 1.0, results=results)


def nobody_answers(*_: object):
    raise Refused("there is no warehouse here")


@pytest.fixture
def history(tmp_path) -> Iterator[History]:
    with History.open(tmp_path / "history.duckdb", NINE) as opened:
        yield opened


class Room:
    """A desk, with all that it tells."""

    def __init__(self, history: History) -> None:
        asking = Asking(nobody_answers, nobody_answers, lambda names, since, until: {})
        self.history, self.messages = history, list[Message]()
        self.desk = Desk(history, IncidentsConfig(), Around(lambda: DATASETS, lambda: GRAPH), asking)
        teller = Teller({"ops": OPS}, ("ops",), lambda _: Audience((), ()), self._told)
        self.desk.tell = lambda changes, at: self._keep(teller(changes, at))

    def runs(self, names: list[str], at: datetime, status: Status = Status.FAIL) -> list[Change]:
        changes = []
        for name in names:
            found = report(name, at, status, 100 if name == ROOT else 3)
            changes += self.desk.observe(found)
        return changes

    def sent(self, at: datetime) -> int:
        """How many messages leave for the channel, of those that are due."""
        due = [Posted(each) for each in self.messages if each.due_at <= at]
        incidents = {each.id: each for each in self.history.incidents()}
        return len(plan(OPS, Situation(due, incidents=incidents), at).send)

    def _keep(self, messages: list[Message]) -> list[Message]:
        self.messages += messages
        return messages

    def _told(self, number: int) -> set[str]:
        return {each.channel for each in self.messages if each.incident == number}


@pytest.mark.slow
def test_one_broken_upstream_is_one_incident_that_names_it(history):
    """Half of what is below is measured before the cause, and half after it."""
    room, place = Room(history), len(BELOW) // 2
    names = [*BELOW[:place], ROOT, *BELOW[place:]]
    room.runs(names, NINE, Status.PASS)
    assert history.incidents() == []
    room.runs(names, NINE + HOUR)
    [found] = history.incidents(open_only=True)
    assert (found.lead.key.subject, len(found.datasets)) == (ROOT, 301)
    assert found.title.startswith("orders: 1 rows are wrong")
    assert sum(len(symptom.checks) for symptom in found.broken) >= 900
    assert 1 <= room.sent(NINE + HOUR + OPS.hold) <= 5
    room.runs(names, NINE + 2 * HOUR, Status.PASS)
    room.runs(names, NINE + 3 * HOUR, Status.PASS)
    assert history.incidents(open_only=True) == []
    for each in history.incidents():
        assert folded(history.incident_events(each.id)) == each
