"""Incidents, symptoms and events as tests of incidents need them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from checks.incidents.coding import key_json, symptom_json
from checks.records import (
    VITALS,
    Dimension,
    EventKind,
    Family,
    Incident,
    IncidentEvent,
    IncidentSeverity,
    IncidentState,
    Key,
    Severity,
    Signal,
    Span,
    Symptom,
    Verdict,
)

NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def key(subject: str = "lake.orders", dimension: Dimension | None = Dimension.COVERAGE, **more: Any) -> Key:
    return Key(subject, dimension, **more)


def source_key(name: str = "lake") -> Key:
    return Key(name, None, Family.SOURCE)


def broken(about: Key | None = None, at: datetime = NINE, *, since: datetime | None = None, **more: Any) -> Signal:
    """A run has found the key broken; without `since` nobody knows when it began."""
    given: dict[str, Any] = {"sentence": "12 rows, expected at least 100", "checks": ("enough",)} | more
    return Signal(about or key(), Verdict.BROKEN, at, **({"began": Span(since, at), "happened_at": since} | given))


def well(about: Key | None = None, at: datetime = NINE) -> Signal:
    return Signal(about or key(), Verdict.WELL, at)


def unknown(about: Key | None = None, at: datetime = NINE) -> Signal:
    return Signal(about or key(), Verdict.UNKNOWN, at)


def symptom(about: Key | None = None, at: datetime = NINE, **more: Any) -> Symptom:
    given: dict[str, Any] = {"sentence": "12 rows, expected at least 100", "severity": Severity.ERROR}
    given |= {"checks": ("enough",), "columns": (), "began": Span(None, at), "noticed_at": at, "seen_at": at}
    return Symptom(about or key(), **(given | more))


def incident(state: IncidentState = IncidentState.OPEN, **more: Any) -> Incident:
    given: dict[str, Any] = {"symptoms": (symptom(),), "title": "orders lost rows", "noticed_at": NINE}
    given |= {"monitoring_since": NINE} if state is IncidentState.MONITORING else {}
    given |= {"resolved_at": NINE} if state is IncidentState.RESOLVED else {}
    return Incident(7, state=state, **({"severity": IncidentSeverity.MEDIUM} | given | more))


_ABOUT: Mapping[EventKind, dict[str, Any]] = {
    EventKind.OPENED: {"symptoms": [symptom_json(symptom())], "title": "orders lost rows", "severity": "medium"},
    EventKind.MERGED: {"into": 3},
    EventKind.RESOLVED: {"resolution": "mended"},
    EventKind.ASSIGNED: {"assignee": "noor"},
    EventKind.MUTED: {"until": (NINE + DAY).isoformat()},
    EventKind.LINKED: {"url": "https://example.org/17"},
}
_OF_A_SYMPTOM = (EventKind.ATTACHED, EventKind.WORSENED, EventKind.OBSERVED, EventKind.REOPENED)


def event(kind: EventKind, number: int = 2, at: datetime = NINE + HOUR, **about: Any) -> IncidentEvent:
    """An event of the kind, with what it needs."""
    usual = {"symptom": symptom_json(symptom(at=at))} if kind in _OF_A_SYMPTOM else _ABOUT.get(kind, {})
    if kind in (EventKind.RECOVERED, EventKind.LEFT, EventKind.REALERTED):
        usual = {"key": key_json(key())}
    return IncidentEvent(7, number, at, kind, VITALS, usual | about)
