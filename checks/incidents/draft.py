"""What one commit will say: incidents as they become while its events are put together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from checks.incidents.transitions import step
from checks.records import VITALS, Change, EventKind, Incident, IncidentEvent


class Draft:
    """Incidents by number, as they were and as they become. Nothing outside sees it before it was committed."""

    def __init__(self, incidents: Mapping[int, Incident], counts: Mapping[int, int], next_id: int) -> None:
        """`counts` says how many events each of the incidents has."""
        self._before = incidents
        self._after: dict[int, Incident] = {}
        self._counts = counts
        self._events: dict[int, list[IncidentEvent]] = {}
        self._next_id = next_id

    def __iter__(self) -> Iterator[Incident]:
        """All incidents, as they are by now."""
        return iter(({**self._before, **self._after}).values())

    def __getitem__(self, number: int) -> Incident:
        return self._after[number] if number in self._after else self._before[number]

    def open(self, at: datetime, about: Mapping[str, Any]) -> Incident:
        """A new incident."""
        number, self._next_id = self._next_id, self._next_id + 1
        return self._add(None, IncidentEvent(number, 1, at, EventKind.OPENED, VITALS, about))

    def add(
        self, incident: Incident, at: datetime, kind: EventKind, about: Mapping[str, Any], author: str = VITALS
    ) -> Incident:
        """One event more, and the incident after it. Raises NotPossible."""
        its = self._events.get(incident.id, ())
        number = self._counts.get(incident.id, 0) + len(its) + 1
        return self._add(self[incident.id], IncidentEvent(incident.id, number, at, kind, author, about))

    def changes(self) -> tuple[Change, ...]:
        """What is to be committed, in the order of the incidents' numbers."""
        return tuple(
            Change(self._after[number], self._before.get(number), tuple(events))
            for number, events in sorted(self._events.items())
        )

    def _add(self, before: Incident | None, event: IncidentEvent) -> Incident:
        after = step(before, event)
        self._after[after.id] = after
        self._events.setdefault(after.id, []).append(event)
        return after


def standing(incidents: Iterable[Incident]) -> Iterator[Incident]:
    """Those that are open."""
    return (each for each in incidents if each.is_open)
