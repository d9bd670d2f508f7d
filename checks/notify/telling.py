"""What is to be told of changes of incidents: messages for the outbox, written with the change in one commit. Pure.

    event                   message                     to                                          due
    opened                  opened                      all whom it concerns                        after the hold
    attached, worsened      opened                      whom it concerns now and did not before     after the hold
    worsened (severity)     worsened                    all others whom it concerns                 after the hold
    reopened, realerted     reopened                    all whom it concerns                        after the hold
    resolved                recovered                   all to whom anything of it was addressed    after the hold
    merged                  merged                      all to whom anything of it was addressed    after the hold
    muted                   reminder                    all whom it concerns                        when the mute ends
    unmuted                 reminder                    all whom it concerns                        after the hold
    attached, worsened      reminder                    whom it concerns now and did not before     when the mute ends
      while muted

With every 'opened' and 'reopened' come the first reminder and the escalation, due later. Whether anything of this is
still worth telling is decided when it is due (`planning`): an incident that is over within the hold is not told at all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from checks.incidents.transitions import tells_another_fault
from checks.notify.channels import Audience, Channel, routed
from checks.records import Change, EventKind, Incident, IncidentEvent, Message, MessageKind

#: reminders are at most this far apart
_LONGEST = timedelta(days=1)
_ALERT_OF = {
    EventKind.OPENED: MessageKind.OPENED,
    EventKind.REOPENED: MessageKind.REOPENED,
    EventKind.REALERTED: MessageKind.REOPENED,
}
_ENDS = (EventKind.RESOLVED, EventKind.MERGED)
_SPREADING = (EventKind.ATTACHED, EventKind.WORSENED)


@dataclass(frozen=True, slots=True)
class Teller:
    """Makes the messages of changes. `told` are the channels to which anything of an incident was addressed before."""

    channels: Mapping[str, Channel]
    default: Collection[str]
    audience: Callable[[Incident], Audience]
    told: Callable[[int], Collection[str]]

    def __call__(self, changes: Sequence[Change], at: datetime) -> list[Message]:
        """The messages of one commit, each for one channel."""
        if not self.channels:
            return []
        found = {each.id: each for change in changes for each in self._of(change, at)}
        return list(found.values())

    def _of(self, change: Change, at: datetime) -> Iterator[Message]:
        incident, addressed = change.incident, set[str]()
        for event in change.events:
            if event.kind in _ENDS:
                yield from self._ended(incident, event, at)
            elif event.kind in (EventKind.MUTED, EventKind.UNMUTED):
                yield from self._unmuted(incident, event, self._routed(incident), at)
            elif incident.is_muted(at) and event.kind in _SPREADING:
                known = addressed | set(self.told(incident.id))
                new = [channel for channel in self._routed(incident) if channel.name not in known]
                addressed |= {channel.name for channel in new}
                yield from self._unmuted(incident, event, new, at)
            elif incident.is_open and not incident.is_muted(at):
                alerts = list(self._alerts(change, event, addressed, at))
                addressed |= {each.channel for each in alerts if each.kind is not MessageKind.ESCALATION}
                yield from alerts

    def _alerts(self, change: Change, event: IncidentEvent, addressed: set[str], at: datetime) -> Iterator[Message]:
        """The alerts of one event, to whom no other event of the same commit is an alert already."""
        kind = _ALERT_OF.get(event.kind)
        if kind is None and event.kind not in _SPREADING:
            return
        known = frozenset() if kind is not None else frozenset(self.told(change.incident.id))
        for channel in self._routed(change.incident):
            if channel.name in addressed:
                continue
            if kind is not None or channel.name not in known:
                yield from _alert(kind or MessageKind.OPENED, channel, event, at)
            elif _is_worse(change):
                yield _message(MessageKind.WORSENED, channel.name, event, at, at + channel.hold)
            elif tells_another_fault(event):
                about = {"another": True}
                yield _message(MessageKind.WORSENED, channel.name, event, at, at + channel.hold, about)

    def _ended(self, incident: Incident, event: IncidentEvent, at: datetime) -> Iterator[Message]:
        if incident.is_open:
            return
        kind = MessageKind.RECOVERED if incident.merged_into is None else MessageKind.MERGED
        for name in sorted(self.channels.keys() & set(self.told(incident.id))):
            yield _message(kind, name, event, at, at + self.channels[name].hold)

    def _unmuted(
        self, incident: Incident, event: IncidentEvent, channels: Sequence[Channel], at: datetime
    ) -> Iterator[Message]:
        for channel in channels if incident.is_open else ():
            due = at + channel.hold if event.kind is EventKind.UNMUTED else incident.muted_until
            if due is not None:
                yield _message(MessageKind.REMINDER, channel.name, event, at, due, {"turn": 1})

    def _routed(self, incident: Incident) -> list[Channel]:
        return routed(self.audience(incident), incident.severity, self.channels.values(), self.default)


def following(message: Message, channel: Channel, at: datetime) -> Message | None:
    """The reminder after one that was sent at `at`: after twice the time, at most a day; None where there is none."""
    if message.kind is not MessageKind.REMINDER or not channel.remind:
        return None
    turn = int(message.about.get("turn", 1)) + 1
    origin = str(message.about.get("origin", message.id))
    wait = min(channel.remind * 2 ** min(turn - 1, 20), _LONGEST)
    about = {**message.about, "turn": turn, "origin": origin}
    return Message(
        f"{origin}-{turn}",
        message.channel,
        MessageKind.REMINDER,
        message.incident,
        at,
        at + max(wait, channel.remind),
        about,
    )


def _alert(kind: MessageKind, channel: Channel, event: IncidentEvent, at: datetime) -> Iterator[Message]:
    yield _message(kind, channel.name, event, at, at + channel.hold)
    if channel.remind:
        yield _message(MessageKind.REMINDER, channel.name, event, at, at + channel.remind, {"turn": 1})
    if channel.escalate_after is not None:
        for name in channel.escalate_to:
            yield _message(MessageKind.ESCALATION, name, event, at, at + channel.escalate_after)


def _message(
    kind: MessageKind,
    channel: str,
    event: IncidentEvent,
    at: datetime,
    due: datetime,
    about: Mapping[str, Any] | None = None,
) -> Message:
    """The identity has the moment in it, so that it is another one after a history was begun anew."""
    identity = f"{at:%Y%m%dT%H%M%S}-{event.incident}.{event.number}-{kind}-{channel}"
    return Message(identity, channel, kind, event.incident, at, due, about or {})


def _is_worse(change: Change) -> bool:
    return change.before is not None and change.incident.severity.rank > change.before.severity.rank
