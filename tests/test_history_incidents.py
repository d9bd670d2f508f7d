"""Incidents in the history: written whole or not at all, read back as they were, forgotten in time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from checks.history import History, HistoryFailed
from checks.records import (
    VITALS,
    Change,
    Dimension,
    EventKind,
    Grain,
    Incident,
    IncidentEvent,
    IncidentSeverity,
    IncidentState,
    Key,
    Message,
    MessageKind,
    Severity,
    Span,
    Symptom,
)
from tests.reports import DAY, HOUR, NINE, SUNDAY

SYMPTOM = Symptom(
    Key("s.flights", Dimension.COVERAGE),
    "821 rows, expected at least 900",
    Severity.ERROR,
    ("enough-rows",),
    (),
    Span(NINE - DAY, NINE),
    NINE,
    NINE,
    happened_at=NINE - DAY,
    bucket=SUNDAY,
    grain=Grain.DAY,
)
SOURCE = replace(SYMPTOM, key=Key("s", None), bucket=None, grain=None, began=Span(None, NINE), happened_at=None)
INCIDENT = Incident(
    1,
    (SYMPTOM, SOURCE),
    IncidentState.OPEN,
    IncidentSeverity.HIGH,
    "flights lost rows",
    NINE,
    cause="carrier = UA",
    happened_at=NINE - DAY,
    owners=("Flight operations",),
    consumers=("delays model",),
)


@pytest.fixture
def history(tmp_path):
    with History.open(tmp_path / "history.duckdb", NINE) as opened:
        yield opened


def opened(number: int = 1, at=NINE) -> Change:
    event = IncidentEvent(number, 1, at, EventKind.OPENED, VITALS, {"title": "flights löst rows", "n": [1, None]})
    return Change(replace(INCIDENT, id=number), None, (event,))


def resolved(change: Change, at) -> Change:
    after = replace(change.incident, state=IncidentState.RESOLVED, resolved_at=at)
    return Change(after, change.incident, (IncidentEvent(after.id, 2, at, EventKind.RESOLVED, "noor", {}),))


def message(number: int = 1) -> Message:
    return Message(f"m{number}", "mail", MessageKind.OPENED, number, NINE, NINE + timedelta(minutes=1), {"title": "x"})


def outbox(history: History) -> list[str]:
    with history._store.reading() as cursor:
        return [row[0] for row in cursor.execute("SELECT message_id FROM outbox ORDER BY 1").fetchall()]


def test_an_incident_comes_back_as_it_was_with_its_story(history):
    history.commit([opened()], [message()])
    assert history.incident(1) == INCIDENT
    assert history.incident_events(1) == list(opened().events)
    assert outbox(history) == ["m1"]
    assert history.incident(2) is None and history.incident_events(2) == []


def test_the_state_after_the_newest_event_takes_the_place_of_the_one_before(history):
    history.commit([opened()])
    history.commit([resolved(opened(), NINE + HOUR)])
    assert [each.state for each in history.incidents()] == [IncidentState.RESOLVED]
    assert [event.kind for event in history.incident_events(1)] == [EventKind.OPENED, EventKind.RESOLVED]
    assert history.event_counts() == {1: 2}


def test_open_ones_alone_or_with_those_resolved_lately(history):
    history.commit([opened(number) for number in (1, 2, 3)])
    history.commit([resolved(opened(1), NINE + HOUR), resolved(opened(2), NINE + DAY)])
    assert [each.id for each in history.incidents()] == [3, 2, 1]
    assert [each.id for each in history.incidents(open_only=True)] == [3]
    assert [each.id for each in history.incidents(since=NINE + DAY)] == [3, 2]


def test_nothing_is_written_where_a_part_can_not_be(history):
    broken = replace(message(2), channel=None)  # ty: ignore[invalid-argument-type]
    with pytest.raises(HistoryFailed):
        history.commit([opened()], [message(), broken])
    assert history.incidents() == [] and history.incident_events(1) == [] and outbox(history) == []


def test_a_resolved_incident_is_forgotten_in_time_and_an_open_one_never(history):
    history.commit([opened(number) for number in (1, 2, 3)], [message(1)])
    history.commit([resolved(opened(2), NINE + HOUR), resolved(opened(3), NINE + HOUR)])
    history.tidy(NINE + 100 * DAY, retention=30 * DAY)
    kept = [each.id for each in history.incidents()]
    assert kept == [3, 1], "the open one, and the newest so that its number is not given again"
    assert [len(history.incident_events(number)) for number in (1, 2, 3)] == [1, 0, 2]
    assert outbox(history) == []
