"""What is to be told to people, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class MessageKind(StrEnum):
    """Why a message is written."""

    OPENED = "opened"
    WORSENED = "worsened"
    REOPENED = "reopened"  # resolved, or claimed mended, and broken again
    REMINDER = "reminder"  # open, and nobody has acknowledged it
    ESCALATION = "escalation"  # the same after a longer time, to somebody else
    MERGED = "merged"  # it was told, and turned out to be part of another incident
    RECOVERED = "recovered"
    SUMMARY = "summary"  # several messages in one, where there would have been too many
    DIGEST = "digest"  # once a day
    TEST = "test"

    @property
    def alerts(self) -> bool:
        """Whether it says that something is wrong: a recovery is told only after one of these."""
        return self in _ALERTS


_ALERTS = frozenset(
    {
        MessageKind.OPENED,
        MessageKind.WORSENED,
        MessageKind.REOPENED,
        MessageKind.REMINDER,
        MessageKind.ESCALATION,
    }
)


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to tell through one channel. `id` is the deduplication key: the same on every attempt to deliver it.
    It is put into words when it is sent, from the incident as it is then. `about` has what the kind needs, as JSON."""

    id: str
    channel: str
    kind: MessageKind
    incident: int | None
    created_at: datetime
    due_at: datetime
    about: Mapping[str, Any] = field(default_factory=dict)


class Fate(StrEnum):
    """What became of an attempt, or of the message as a whole."""

    BEGUN = "begun"  # on its way; if it stays so, the process died and nobody knows whether it arrived
    SENT = "sent"
    FAILED = "failed"  # to be tried again at `next_at`
    DEAD = "dead"  # given up, until a person sends it again
    SUPERSEDED = "superseded"  # another message tells it too
    CANCELLED = "cancelled"  # there is nothing to tell any more
    QUEUED = "queued"  # a person sends again what was given up

    @property
    def is_final(self) -> bool:
        """Whether nothing more is done by itself."""
        return self in (Fate.SENT, Fate.DEAD, Fate.SUPERSEDED, Fate.CANCELLED)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing that happened to a message. `attempt` counts from 1, and is 0 for what was decided without one. `error`
    is a sentence; of a superseded message it names the one that tells it."""

    message: str
    at: datetime
    attempt: int
    fate: Fate
    error: str | None = None
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Posted:
    """A message and all that happened to it, oldest first."""

    message: Message
    deliveries: tuple[Delivery, ...] = ()

    @property
    def last(self) -> Delivery | None:
        """What happened to it last."""
        return self.deliveries[-1] if self.deliveries else None

    @property
    def fate(self) -> Fate | None:
        """What became of it so far; None while it waits."""
        return self.last.fate if self.last else None

    @property
    def attempts(self) -> int:
        """How often it was tried."""
        return max((each.attempt for each in self.deliveries), default=0)

    @property
    def may_have_arrived(self) -> bool:
        """Whether it was sent, or tried with nobody knowing for sure that it was not: it is told, if at all, under its
        own key."""
        return any(each.fate in (Fate.BEGUN, Fate.SENT, Fate.FAILED) for each in self.deliveries)

    @property
    def due_at(self) -> datetime:
        """When it is to be tried (next)."""
        return self.last.next_at if self.last and self.last.next_at else self.message.due_at
