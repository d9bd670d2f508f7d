"""Who was told of an incident, in lines of its timeline: from the outbox, one line for each message. Pure."""

from __future__ import annotations

from datetime import datetime

from checks import phrases
from checks.records import Delivery, Fate, MessageKind, Posted

_WHAT = {
    MessageKind.OPENED: "that it is open",
    MessageKind.WORSENED: "that it is worse",
    MessageKind.REOPENED: "that it is broken again",
    MessageKind.REMINDER: "again, because nobody had acknowledged it",
    MessageKind.ESCALATION: "because nobody had acknowledged it for long",
    MessageKind.MERGED: "that it is a part of another incident",
    MessageKind.RECOVERED: "that it is over",
}


def told(posted: Posted) -> tuple[datetime, str] | None:
    """When and what became of a message; None for what waits, or had nothing to tell any more."""
    last = posted.last
    if last is None or last.fate not in (Fate.SENT, Fate.FAILED, Fate.DEAD, Fate.SUPERSEDED):
        return None
    channel, what = posted.message.channel, _WHAT.get(posted.message.kind, "of it")
    return last.at, _WORDS[last.fate](channel, what, last)


def _sent(channel: str, what: str, last: Delivery) -> str:
    return f"{channel} was told {what}"


def _failed(channel: str, what: str, last: Delivery) -> str:
    again = f"; tried again {phrases.moment(last.next_at)}" if last.next_at else ""
    return f"{channel} could not be told {what}: {_end(last)}{again}"


def _dead(channel: str, what: str, last: Delivery) -> str:
    return f"{channel} could not be told {what}, and was given up: {_end(last)}"


def _superseded(channel: str, what: str, last: Delivery) -> str:
    return f"{channel} was told {what} in a message that tells more at once"


def _end(last: Delivery) -> str:
    return (last.error or "nobody knows why").strip().rstrip(".")


_WORDS = {Fate.SENT: _sent, Fate.FAILED: _failed, Fate.DEAD: _dead, Fate.SUPERSEDED: _superseded}
