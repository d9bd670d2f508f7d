"""The outbox: messages that were recorded with what they tell, and what became of each.

A message is done with when its newest delivery says so; nothing is ever changed, only added. Reading is by channel,
because each channel has one worker.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime

import duckdb

from checks.history.moments import aware, naive
from checks.history.store import Store
from checks.records import Delivery, Fate, Message, MessageKind, Posted

_MESSAGE = "message_id, created_at, due_at, channel, kind, incident_id, document"
_DONE = tuple(fate.value for fate in Fate if fate.is_final)
# the newest delivery of each message; rows lie in the order in which they were written
_NEWEST = "(SELECT message_id, arg_max((outcome, next_at), rowid) AS newest FROM deliveries GROUP BY message_id)"


class OutboxKeeper:
    """The part of the history that remembers what is to be told, and what was."""

    _store: Store

    def due_messages(self, at: datetime) -> dict[str, list[Posted]]:
        """What is not done with and due at this moment, by channel, oldest first."""
        found: dict[str, list[Posted]] = {}
        for each in self._posted(
            f"""LEFT JOIN {_NEWEST} USING (message_id)
                WHERE (newest IS NULL OR newest[1] NOT IN {_DONE}) AND coalesce(newest[2], due_at) <= ?""",
            [naive(at)],
        ):
            found.setdefault(each.message.channel, []).append(each)
        return found

    def messages_waiting(self, at: datetime) -> dict[str, int]:
        """How many messages of each channel were due by this moment and are not done with, those that failed and are
        to be tried again among them."""
        with self._store.reading() as cursor:
            rows = cursor.execute(
                f"""SELECT channel, count(*) FROM outbox LEFT JOIN {_NEWEST} USING (message_id)
                    WHERE (newest IS NULL OR newest[1] NOT IN {_DONE}) AND due_at <= ? GROUP BY channel""",
                [naive(at)],
            ).fetchall()
        return dict(rows)

    def messages(self, incident: int) -> list[Posted]:
        """All messages about an incident with what became of them, oldest first."""
        return self._posted("WHERE incident_id = ?", [incident])

    def messages_about(self, channel: str, incidents: Collection[int]) -> list[Posted]:
        """All messages to a channel about any of the incidents, done with or not."""
        return self._posted("WHERE channel = ? AND incident_id IN (SELECT unnest(?))", [channel, list(incidents)])

    def message(self, identity: str) -> Posted | None:
        """One message, None where there is none of this identity."""
        return next(iter(self._posted("WHERE message_id = ?", [identity])), None)

    def messages_named(self, identities: Collection[str]) -> list[Posted]:
        """The messages of these identities that there are, oldest first."""
        return self._posted("WHERE message_id IN (SELECT unnest(?))", [list(identities)]) if identities else []

    def dead_messages(self) -> list[Posted]:
        """What was given up and nobody has sent again, newest first."""
        return self._posted(f"JOIN {_NEWEST} USING (message_id) WHERE newest[1] = 'dead'", [])[::-1]

    def channels_told(self, incident: int) -> set[str]:
        """The channels to which anything about the incident was addressed."""
        with self._store.reading() as cursor:
            rows = cursor.execute("SELECT DISTINCT channel FROM outbox WHERE incident_id = ?", [incident]).fetchall()
        return {channel for (channel,) in rows}

    def sent_since(self, channel: str, since: datetime) -> list[datetime]:
        """The moments after `since` at which the channel has sent a message."""
        with self._store.reading() as cursor:
            rows = cursor.execute(
                """SELECT "at" FROM deliveries JOIN outbox USING (message_id)
                   WHERE channel = ? AND outcome = 'sent' AND "at" > ? ORDER BY 1""",
                [channel, naive(since)],
            ).fetchall()
        return [aware(at) for (at,) in rows]

    def newest_attempts(self) -> dict[str, Delivery]:
        """What came of the newest attempt of each channel."""
        return self._newest("attempt > 0 AND outcome <> 'begun'")

    def newest_sent(self) -> dict[str, Delivery]:
        """When each channel has last delivered a message."""
        return self._newest("outcome = 'sent'")

    def post(self, messages: Sequence[Message] = (), deliveries: Sequence[Delivery] = ()) -> None:
        """Adds messages that are not there yet, and what became of others; all or nothing."""
        with self._store.transaction() as cursor:
            for message in messages:
                if not cursor.execute("SELECT 1 FROM outbox WHERE message_id = ?", [message.id]).fetchall():
                    write_message(cursor, message)
            for each in deliveries:
                next_at = naive(each.next_at) if each.next_at else None
                row = [each.message, naive(each.at), each.attempt, each.fate, each.error, next_at]
                cursor.execute("INSERT INTO deliveries VALUES (?, ?, ?, ?, ?, ?)", row)

    def _newest(self, which: str) -> dict[str, Delivery]:
        with self._store.reading() as cursor:
            rows = cursor.execute(
                f"""SELECT channel, message_id, "at", attempt, outcome, error, next_at
                    FROM deliveries JOIN outbox USING (message_id) WHERE {which}
                    QUALIFY row_number() OVER (PARTITION BY channel ORDER BY deliveries.rowid DESC) = 1"""
            ).fetchall()
        return {channel: _delivery(row) for channel, *row in rows}

    def _posted(self, which: str, values: Sequence[object]) -> list[Posted]:
        with self._store.reading() as cursor:
            rows = cursor.execute(
                f"SELECT {_MESSAGE} FROM outbox {which} ORDER BY created_at, outbox.rowid", list(values)
            ).fetchall()
            if not rows:  # as nearly always, when the sender looks
                return []
            happened = cursor.execute(
                """SELECT message_id, "at", attempt, outcome, error, next_at FROM deliveries
                   WHERE message_id IN (SELECT unnest(?)) ORDER BY rowid""",
                [[row[0] for row in rows]],
            ).fetchall()
        deliveries: dict[str, list[Delivery]] = {}
        for row in happened:
            deliveries.setdefault(row[0], []).append(_delivery(row))
        return [Posted(_message(row), tuple(deliveries.get(row[0], ()))) for row in rows]


def write_message(cursor: duckdb.DuckDBPyConnection, message: Message) -> None:
    """Adds a message to the outbox, in the transaction of what it tells."""
    about = json.dumps(dict(message.about), ensure_ascii=False)
    moments = naive(message.created_at), naive(message.due_at)
    row = [message.id, *moments, message.channel, message.kind, message.incident, about]
    cursor.execute("INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?, ?)", row)


def _message(row: Sequence) -> Message:
    identity, created, due, channel, kind, incident, about = row
    return Message(identity, channel, MessageKind(kind), incident, aware(created), aware(due), json.loads(about))


def _delivery(row: Sequence) -> Delivery:
    identity, at, attempt, fate, error, next_at = row
    return Delivery(identity, aware(at), attempt, Fate(fate), error, aware(next_at))
