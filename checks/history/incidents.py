"""Incidents, their stories, and what is to be told of them: written together, in one transaction.

An incident is the fold of its events (`checks.incidents.transitions`); the state after the newest one lies beside them,
so that nobody has to fold to read.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

import duckdb

from checks.history.moments import DISTANT_PAST, aware, lenient, naive
from checks.history.outbox import write_message
from checks.history.runs import NO_REPLAY
from checks.history.store import Store
from checks.records import Change, EventKind, Incident, IncidentEvent, Message

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_EVENTS = 'incident_id, number, "at", kind, author, about'


class IncidentKeeper:
    """The part of the history that remembers incidents."""

    _store: Store

    def commit(self, changes: Sequence[Change], messages: Sequence[Message] = ()) -> None:
        """Writes what has happened to incidents, their state after it, and what is to be told: all or nothing."""
        with self._store.transaction() as cursor:
            for change in changes:
                _write_change(cursor, change)
            for message in messages:
                write_message(cursor, message)

    def incidents(self, *, open_only: bool = False, since: datetime | None = None) -> list[Incident]:
        """The incidents, newest first: all, the open ones, or the open ones and those resolved at `since` or later."""
        with self._store.reading() as cursor:
            rows = cursor.execute(
                """SELECT document FROM incidents WHERE is_open OR (NOT $1 AND resolved_at >= $2)
                   ORDER BY incident_id DESC""",
                [open_only, lenient(since, DISTANT_PAST)],
            ).fetchall()
        return [_documents().validate_json(document) for (document,) in rows]

    def incidents_of(self, numbers: Collection[int]) -> dict[int, Incident]:
        """The incidents of these numbers that there are, in the order of the numbers."""
        with self._store.reading() as cursor:
            rows = cursor.execute(
                "SELECT incident_id, document FROM incidents WHERE incident_id IN (SELECT unnest(?))", [list(numbers)]
            ).fetchall()
        documents = dict(rows)
        return {each: _documents().validate_json(documents[each]) for each in numbers if each in documents}

    def incident(self, number: int) -> Incident | None:
        """One incident, None where there is none of that number."""
        with self._store.reading() as cursor:
            rows = cursor.execute("SELECT document FROM incidents WHERE incident_id = ?", [number]).fetchall()
        return _documents().validate_json(rows[0][0]) if rows else None

    def incident_events(self, number: int) -> list[IncidentEvent]:
        """The story of one incident, oldest event first."""
        with self._store.reading() as cursor:
            rows = cursor.execute(
                f"SELECT {_EVENTS} FROM incident_events WHERE incident_id = ? ORDER BY number", [number]
            ).fetchall()
        return [_event(row) for row in rows]

    def stories(self, since: datetime, until: datetime) -> list[list[IncidentEvent]]:
        """What had happened by the moment `until` to each incident that was noticed from `since` on, oldest first."""
        with self._store.reading() as cursor:
            rows = cursor.execute(
                f"""SELECT {_EVENTS} FROM incident_events
                    WHERE "at" <= $2 AND incident_id IN (SELECT incident_id FROM incidents WHERE noticed_at >= $1)
                    ORDER BY incident_id, number""",
                [naive(since), naive(until)],
            ).fetchall()
        return [[_event(row) for row in story] for _, story in groupby(rows, key=itemgetter(0))]

    def event_counts(self) -> dict[int, int]:
        """How many events each incident has; the largest key is the newest incident."""
        with self._store.reading() as cursor:
            return dict(cursor.execute("SELECT incident_id, number FROM incidents ORDER BY ALL").fetchall())

    def last_passed(self, dataset: str, check: str, before: datetime) -> datetime | None:
        """When the newest run that passed a check of the whole table began, of those before a moment."""
        return self._newest_run(
            """JOIN results USING (dataset, slot)
               WHERE dataset = $1 AND "check" = $2 AND status = 'pass' AND bucket IS NULL AND started_at < $3""",
            [dataset, check, naive(before)],
        )

    def last_measured(self, dataset: str, before: datetime) -> datetime | None:
        """When the newest run that measured something of a dataset began, of those before a moment."""
        return self._newest_run("WHERE dataset = $1 AND measurements > 0 AND started_at < $2", [dataset, naive(before)])

    def unmeasured(self, dataset: str, until: datetime, leaving_out: Sequence[str]) -> list[datetime]:
        """When the runs of a dataset began that have failed since the last one that came to its end, up to a moment,
        oldest first; without those with an error of these kinds."""
        with self._store.reading() as cursor:
            rows = cursor.execute(
                f"""SELECT started_at FROM runs WHERE dataset = $1 AND started_at <= $2 AND {NO_REPLAY}
                   AND outcome IN ('unreachable', 'error')
                   AND NOT list_contains($3::VARCHAR[], coalesce(error_kind, ''))
                   AND started_at > coalesce((SELECT max(started_at) FROM runs
                       WHERE dataset = $1 AND started_at <= $2 AND outcome = 'finished' AND {NO_REPLAY}), '-infinity')
                   ORDER BY started_at""",
                [dataset, naive(until), list(leaving_out)],
            ).fetchall()
        return [aware(at) for (at,) in rows]

    def last_reached(self, source: str, before: datetime) -> datetime | None:
        """When the newest run that reached a source began, of those before a moment."""
        return self._newest_run(
            "WHERE starts_with(dataset, $1) AND outcome IN ('finished', 'error') AND started_at < $2",
            [f"{source}.", naive(before)],
        )

    def _newest_run(self, condition: str, values: list) -> datetime | None:
        with self._store.reading() as cursor:
            [(found,)] = cursor.execute(
                f"SELECT max(started_at) FROM runs {condition} AND {NO_REPLAY}", values
            ).fetchall()
        return aware(found)


def _event(row: tuple) -> IncidentEvent:
    incident, place, at, kind, author, about = row
    return IncidentEvent(incident, place, aware(at), EventKind(kind), author, json.loads(about))


def _write_change(cursor: duckdb.DuckDBPyConnection, change: Change) -> None:
    for event in change.events:
        about = json.dumps(dict(event.about), ensure_ascii=False)
        row = [event.incident, event.number, naive(event.at), event.kind, event.author, about]
        cursor.execute("INSERT INTO incident_events VALUES (?, ?, ?, ?, ?, ?)", row)
    incident = change.incident
    cursor.execute("DELETE FROM incidents WHERE incident_id = ?", [incident.id])
    resolved = naive(incident.resolved_at) if incident.resolved_at else None
    document = _documents().dump_json(incident).decode()
    row = [incident.id, change.events[-1].number, incident.is_open, naive(incident.noticed_at), resolved, document]
    cursor.execute("INSERT INTO incidents VALUES (?, ?, ?, ?, ?, ?)", row)


@cache
def _documents() -> TypeAdapter[Incident]:
    from pydantic import TypeAdapter  # here and not above: built when the first incident is read

    return TypeAdapter(Incident)
