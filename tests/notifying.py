"""Incidents, channels and messages as the tests of notifications need them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from checks.notify.channels import Channel
from checks.records import (
    Change,
    Delivery,
    Dimension,
    EventKind,
    Fate,
    Incident,
    IncidentEvent,
    IncidentSeverity,
    IncidentState,
    Key,
    Message,
    MessageKind,
    Posted,
    Severity,
    Span,
    Symptom,
)
from checks.values import Secret

NOON = datetime(2026, 3, 15, 12, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def symptom(
    dataset: str = "demo.flights", dimension: Dimension = Dimension.COVERAGE, sentence: str = "821 rows, not 950"
) -> Symptom:
    began = Span(NOON - 6 * HOUR, NOON - 6 * HOUR)
    return Symptom(Key(dataset, dimension), sentence, Severity.ERROR, ("rows",), (), began, NOON, NOON)


def incident(number: int = 7, **more: Any) -> Incident:
    given: dict[str, Any] = {
        "symptoms": (symptom(),),
        "state": IncidentState.OPEN,
        "severity": IncidentSeverity.HIGH,
        "title": "flights lost 17 % of its rows",
        "noticed_at": NOON,
        "happened_at": NOON - 6 * HOUR,
        "owners": ("Flight operations",),
    }
    return Incident(id=number, **(given | more))


def resolved(at: datetime = NOON, number: int = 7, **more: Any) -> Incident:
    healthy = replace(symptom(), recovered_at=at)
    return incident(number, **({"state": IncidentState.RESOLVED, "resolved_at": at, "symptoms": (healthy,)} | more))


def change(kind: EventKind, after: Incident, before: Incident | None = None, number: int = 1) -> Change:
    return Change(after, before, (IncidentEvent(after.id, number, NOON, kind, "Vitals", {}),))


def channel(name: str = "ops", **more: Any) -> Channel:
    return Channel(name, Secret("json://localhost"), **more)


def message(
    kind: MessageKind = MessageKind.OPENED, at: datetime = NOON, number: int | None = 7, **more: Any
) -> Message:
    given: dict[str, Any] = {"id": f"{at:%Y%m%dT%H%M%S}-{number}-{kind}", "channel": "ops", "due_at": at}
    return Message(kind=kind, incident=number, created_at=at, **(given | more))


def posted(of: Message, *fates: Fate, error: str | None = None) -> Posted:
    """A message that met these fates, a second apart."""
    deliveries = []
    for number, fate in enumerate(fates):
        at = of.due_at + number * SECOND
        attempt = sum(each in (Fate.BEGUN,) for each in fates[: number + 1])
        next_at = at + 30 * SECOND if fate is Fate.FAILED else at if fate is Fate.QUEUED else None
        deliveries.append(Delivery(of.id, at, attempt, fate, error, next_at))
    return Posted(of, tuple(deliveries))


def kinds(messages: Sequence[Message]) -> list[tuple[str, MessageKind]]:
    return [(each.channel, each.kind) for each in messages]
