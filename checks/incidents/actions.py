"""What people do with an incident: words read and checked, and the event that they become. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from checks.records import EventKind, Incident, LabelKind
from checks.refusal import Refused
from checks.typed import readable

_LONGEST_NAME, _LONGEST_TEXT = 100, 4000
_NOT_IN_URLS = ' <>"'
_LONGEST_MUTE = timedelta(days=366)
_LABELS = (LabelKind.EXPECTED, LabelKind.NEW_REGIME, LabelKind.KNOWN_ERROR, LabelKind.FALSE_ALARM)


class ActionKind(StrEnum):
    """What can be done, in the words of the command."""

    ACKNOWLEDGE = "ack"
    ASSIGN = "assign"
    MUTE = "mute"
    UNMUTE = "unmute"
    MONITOR = "monitor"
    RESOLVE = "resolve"
    NOTE = "note"
    LINK = "link"
    LABEL = "label"


class WrongAction(Refused):
    """An action that makes no sense; the sentence says what does."""


@dataclass(frozen=True, slots=True)
class Action:
    """What somebody wants to do. `text` is what it needs beside: to whom (assign, empty for nobody), until when (mute),
    why (resolve), what (note), the address (link), which label (label). `note` goes with a label."""

    kind: ActionKind
    author: str
    text: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """An action as an event has it."""

    kind: EventKind
    author: str
    about: dict[str, Any]


def read(action: Action, incident: Incident, now: datetime) -> Said:
    """The event that an action becomes. Raises WrongAction, and NotPossible where the incident already is so."""
    author = _name("author", action.author)
    if not author:
        raise WrongAction("author: is empty; say who does this")
    _refuse_what_would_be_lost(action)
    kind, about = _WORDS[action.kind], {}
    match action.kind:
        case ActionKind.ASSIGN:
            about = {"assignee": _name("assign", action.text or "") or None}
        case ActionKind.MUTE:
            about = {"until": _until(action.text, now).isoformat()}
        case ActionKind.UNMUTE if not incident.is_muted(now):
            raise WrongAction(f"incident {incident.id} is not muted")
        case ActionKind.RESOLVE:
            about = {"resolution": _text("reason", action.text)}
        case ActionKind.NOTE:
            about = {"text": _text("note", action.text)}
        case ActionKind.LINK:
            about = {"url": _url(action.text)}
        case ActionKind.LABEL:
            about = {"label": _label(action.text), "note": _optional(action.note)}
    return Said(kind, author, about)


def _refuse_what_would_be_lost(action: Action) -> None:
    """Words that an action does not keep are not dropped without a word."""
    if action.text and action.kind in _WORDLESS:
        raise WrongAction(f"{action.kind}: takes no words; say '{readable(action.text)[:60]}' with note")
    if action.note and action.kind is not ActionKind.LABEL:
        raise WrongAction(f"{action.kind}: takes no note beside it; say it with the action note")


_WORDLESS = (ActionKind.ACKNOWLEDGE, ActionKind.UNMUTE, ActionKind.MONITOR)
_WORDS = {
    ActionKind.ACKNOWLEDGE: EventKind.ACKNOWLEDGED,
    ActionKind.ASSIGN: EventKind.ASSIGNED,
    ActionKind.MUTE: EventKind.MUTED,
    ActionKind.UNMUTE: EventKind.UNMUTED,
    ActionKind.MONITOR: EventKind.MONITORED,
    ActionKind.RESOLVE: EventKind.RESOLVED,
    ActionKind.NOTE: EventKind.NOTED,
    ActionKind.LINK: EventKind.LINKED,
    ActionKind.LABEL: EventKind.LABELLED,
}


def _name(word: str, text: str) -> str:
    name = " ".join(readable(text).split())
    if len(name) > _LONGEST_NAME:
        raise WrongAction(f"{word}: is longer than {_LONGEST_NAME} characters")
    return name


def _text(word: str, text: str | None) -> str:
    found = readable(text or "").strip()
    if not found:
        raise WrongAction(f"{word}: is empty; say it in a sentence, for those who read it later")
    if len(found) > _LONGEST_TEXT:
        raise WrongAction(f"{word}: is longer than {_LONGEST_TEXT:,} characters; link to where there is more")
    return found


def _optional(text: str | None) -> str | None:
    return _text("note", text) if text and text.strip() else None


def _until(text: str | None, now: datetime) -> datetime:
    """A day, which counts to its end, or a moment; UTC where no zone is said."""
    written = (text or "").strip()
    try:
        if len(written) <= len("2026-03-01"):
            until = datetime.combine(date.fromisoformat(written), datetime.min.time(), UTC) + timedelta(days=1)
        else:
            moment = datetime.fromisoformat(written)
            until = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        wrong = "is no day or moment; write for example 2026-03-01, or 2026-03-01T12:00Z"
        raise WrongAction(f"until: '{written[:60]}' {wrong}") from None
    if until <= now:
        raise WrongAction(f"until: {written} is in the past")
    if until - now > _LONGEST_MUTE:
        raise WrongAction(f"until: {written} is more than a year ahead; nobody would remember it")
    return until


def _url(text: str | None) -> str:
    found = (text or "").strip()
    try:
        parts = urlsplit(found)
    except ValueError:
        parts = urlsplit("")
    is_one = all(sign.isprintable() and sign not in _NOT_IN_URLS for sign in found)
    if parts.scheme not in ("http", "https") or not parts.netloc or not is_one or len(found) > _LONGEST_TEXT:
        raise WrongAction(f"link: '{readable(found)[:60]}' is no address; it starts with https:// or http://")
    if "@" in parts.netloc:
        raise WrongAction("link: holds a user or password; leave that out, everybody can read it here")
    return found


def _label(text: str | None) -> LabelKind:
    word = (text or "").strip().replace(" ", "_").replace("-", "_")
    if word not in _LABELS:
        raise WrongAction(f"label: '{word[:60]}' is not one of {', '.join(_LABELS)}")
    return LabelKind(word)
