"""What one channel does at a moment: which of its due messages are sent, joined, held or dropped, and why. Pure.

In this order:

1. What is not worth telling any more is dropped: alerts of muted incidents; alerts and their recovery where the
   incident was over within the hold; reminders and escalations once somebody has it; recoveries of which no alert went
   here. Several alerts of one incident are one. What may have arrived already is never dropped or joined: it is tried
   to the end under its own key, so that a receiver can tell a duplicate, and a recovery waits for it.
2. In quiet hours only critical incidents pass (and tests and the digest, whose times people chose); the rest waits.
3. After a failed attempt the channel rests until that attempt's next one, then tries a single message.
4. Otherwise all go, but not more than `at_most` in ten minutes: the worst first, and all the rest joined in one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from checks.notify.channels import Channel
from checks.notify.telling import following
from checks.records import (
    Delivery,
    Fate,
    Incident,
    IncidentSeverity,
    IncidentState,
    Message,
    MessageKind,
    Posted,
)

#: the time in which a channel sends at most `at_most` messages
WINDOW = timedelta(minutes=10)
_IN_DOUBT = 3
_FREE = (MessageKind.DIGEST, MessageKind.TEST)
_ASKING = (MessageKind.REMINDER, MessageKind.ESCALATION)
_ENDS = (MessageKind.RECOVERED, MessageKind.MERGED)


@dataclass(frozen=True, slots=True)
class Situation:
    """What a channel knows: its due messages that are not done with, all other messages to it about the same incidents,
    the incidents, when it last sent something, the newest attempt of all, and by identity the messages in which any of
    these were joined."""

    due: Sequence[Posted]
    others: Sequence[Posted] = ()
    incidents: Mapping[int, Incident] = field(default_factory=dict)
    sent: Sequence[datetime] = ()
    newest: Delivery | None = None
    summaries: Mapping[str, Posted] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is decided: what becomes of messages without an attempt, new messages (those that join others, and reminders
    to come), and what to send."""

    settled: tuple[Delivery, ...] = ()
    new: tuple[Message, ...] = ()
    send: tuple[Posted, ...] = ()


def plan(channel: Channel, situation: Situation, at: datetime) -> Plan:
    """What the channel does at this moment; see the module."""
    situation = _without_early_ends(situation)
    settled = _settled(channel, situation, at)
    done = {each.message for each in settled}
    rest = [each for each in situation.due if each.message.id not in done]
    if channel.quiet_until(at) is not None:
        rest = [each for each in rest if _passes_quiet(each, situation)]
    rest.sort(key=lambda each: _urgency(each, situation))
    newest = situation.newest
    if newest is not None and newest.fate in (Fate.FAILED, Fate.DEAD):
        rests = newest.next_at is not None and at < newest.next_at and _is_past(newest.at, at)
        return Plan(tuple(settled), _chained(channel, situation, settled, at), () if rests else tuple(_probe(rest)))
    send, summaries, joined = _limited(channel, rest, situation, at)
    settled += joined
    return Plan(tuple(settled), (*summaries, *_chained(channel, situation, settled, at)), send)


def _chained(channel: Channel, situation: Situation, settled: Sequence[Delivery], at: datetime) -> tuple[Message, ...]:
    """The reminders after those that another message tells."""
    told = {each.message for each in settled if each.fate is Fate.SUPERSEDED}
    nexts = (following(each.message, channel, at) for each in situation.due if each.message.id in told)
    return tuple(each for each in nexts if each is not None)


# -- 1. what is still worth telling ------------------------------------------------------------------------------------


def _without_early_ends(situation: Situation) -> Situation:
    """Without the ends of incidents of which an alert is in doubt: they wait for it."""
    every = (*situation.due, *situation.others)
    in_doubt = {each.message.incident for each in every if _is_doubtful_alert(each, situation.summaries)}
    due = [each for each in situation.due if each.message.kind not in _ENDS or each.message.incident not in in_doubt]
    return replace(situation, due=due)


def _settled(channel: Channel, situation: Situation, at: datetime) -> list[Delivery]:
    by_incident: dict[int, list[Posted]] = {}
    for each in situation.due:
        number = each.message.incident
        if number is not None and (not each.may_have_arrived or number not in situation.incidents):
            by_incident.setdefault(number, []).append(each)
    decided = []
    for number, fresh in by_incident.items():
        incident = situation.incidents.get(number)
        about = [each for each in (*situation.due, *situation.others) if each.message.incident == number]
        for posted, (fate, reason) in _worth(channel, incident, fresh, about, situation, at):
            decided.append(Delivery(posted.message.id, at, 0, fate, reason))
    return decided


_Verdict = tuple[Fate, str]


def _worth(
    channel: Channel,
    incident: Incident | None,
    fresh: Sequence[Posted],
    about: Sequence[Posted],
    situation: Situation,
    at: datetime,
) -> Iterable[tuple[Posted, _Verdict]]:
    """Those of the fresh messages of one incident that are not sent, each with what becomes of it."""
    if incident is None:
        return [(each, (Fate.CANCELLED, "the incident is forgotten")) for each in fresh]
    if incident.is_muted(at):
        return [(each, (Fate.CANCELLED, "the incident is muted")) for each in fresh]
    alerts = [each for each in fresh if each.message.kind.alerts]
    ends = [each for each in fresh if each.message.kind in _ENDS]
    if incident.is_open:
        over = [(each, (Fate.CANCELLED, "it is broken again")) for each in ends]
        return [*over, *_one_alert(incident, alerts, about)]
    return _of_what_is_over(channel, incident, alerts, ends, was_told(about, situation.summaries))


def _one_alert(
    incident: Incident, alerts: Sequence[Posted], about: Sequence[Posted]
) -> Iterable[tuple[Posted, _Verdict]]:
    asking = [each for each in alerts if each.message.kind in _ASKING]
    open_still = incident.state is IncidentState.OPEN
    late = [each for each in asking if not open_still or _has_successor(each, about)]
    reason = "a later one takes its place" if open_still else f"the incident is {incident.state}"
    yield from ((each, (Fate.CANCELLED, reason)) for each in late)
    alerts = [each for each in alerts if each not in late]
    if len(alerts) > 1:
        kept = min(alerts, key=lambda each: (_ALERT_ORDER[each.message.kind], each.message.created_at))
        yield from ((each, (Fate.SUPERSEDED, kept.message.id)) for each in alerts if each is not kept)


def _has_successor(posted: Posted, about: Sequence[Posted]) -> bool:
    """Whether the incident broke again, or its mute ended, since: that began to count anew."""
    mine = posted.message
    return any(each.message.kind is mine.kind and each.message.created_at > mine.created_at for each in about)


def _of_what_is_over(
    channel: Channel, incident: Incident, alerts: Sequence[Posted], ends: Sequence[Posted], told: bool
) -> Iterable[tuple[Posted, _Verdict]]:
    """A recovery tells that there was something to recover from where no alert went, because of quiet hours or of a
    channel that was down; but not of what was over within the hold."""
    began = min((each.message.created_at for each in alerts), default=None)
    lasted = incident.resolved_at - began if began is not None and incident.resolved_at is not None else timedelta(0)
    worth_it = told or (lasted > channel.hold and incident.merged_into is None)
    for each in alerts:
        fate = Fate.SUPERSEDED if worth_it and ends else Fate.CANCELLED
        yield each, (fate, ends[-1].message.id if fate is Fate.SUPERSEDED else f"the incident is {incident.state}")
    for each in ends[:-1] if worth_it else ends:
        yield each, (Fate.CANCELLED, "no alert of it went here" if not worth_it else "it is told already")


_ALERT_ORDER = {
    kind: place
    for place, kind in enumerate(
        (
            MessageKind.ESCALATION,
            MessageKind.OPENED,
            MessageKind.REOPENED,
            MessageKind.WORSENED,
            MessageKind.REMINDER,
        )
    )
}


def was_told(about: Sequence[Posted], summaries: Mapping[str, Posted]) -> bool:
    """Whether people of the channel know of an incident as broken: an alert of it was sent, by itself or joined with
    others, and no recovery since."""
    went = [each for each in about if _teller(each, summaries).fate is Fate.SENT]
    since = max((each.message.created_at for each in went if each.message.kind in _ENDS), default=None)
    alerts = (each for each in went if each.message.kind.alerts)
    return any(since is None or each.message.created_at > since for each in alerts)


def _teller(posted: Posted, summaries: Mapping[str, Posted]) -> Posted:
    """The message that tells it: itself, or the one in which it was joined with others."""
    joined_in = summaries.get(posted.last.error or "") if posted.fate is Fate.SUPERSEDED and posted.last else None
    return _teller(joined_in, summaries) if joined_in else posted


def _is_doubtful_alert(posted: Posted, summaries: Mapping[str, Posted]) -> bool:
    teller = _teller(posted, summaries)
    waits = teller is not posted and teller.fate is None
    return posted.message.kind.alerts and (waits or teller.fate in (Fate.BEGUN, Fate.FAILED, Fate.QUEUED))


# -- 2. to 4. what goes now --------------------------------------------------------------------------------------------


def _passes_quiet(posted: Posted, situation: Situation) -> bool:
    return posted.message.kind in _FREE or _severity(posted, situation) is IncidentSeverity.CRITICAL


def _probe(rest: Sequence[Posted]) -> list[Posted]:
    """One message to see whether the channel works again. Others than those that failed get their turn, so that one
    that is refused for what it says does not stand in the way of all; but few, so that few are in doubt."""
    tried = sorted((each for each in rest if each.attempts), key=lambda each: each.due_at)
    fresh = [each for each in rest if not each.attempts]
    return (fresh or tried)[:1] if len(tried) < _IN_DOUBT else tried[:1]


def _limited(
    channel: Channel, rest: Sequence[Posted], situation: Situation, at: datetime
) -> tuple[tuple[Posted, ...], tuple[Message, ...], list[Delivery]]:
    """What is sent, the message that joins others, and that these are joined."""
    free = [each for each in rest if each.message.kind in _FREE]
    tried = [each for each in rest if each.may_have_arrived and each not in free]
    fresh = [each for each in rest if each not in free and each not in tried]
    room = channel.at_most - sum(moment > at - WINDOW and _is_past(moment, at) for moment in situation.sent)
    tried = tried[: max(0, room)]
    room -= len(tried)
    if len(fresh) <= room:
        return (*free, *tried, *fresh), (), []
    if room <= 0:
        return (*free, *tried), (), []
    single, many = fresh[: room - 1], fresh[room - 1 :]
    summary = summary_of(channel, many, at)
    joined = [Delivery(each.message.id, at, 0, Fate.SUPERSEDED, summary.id) for each in many]
    return (*free, *tried, *single, Posted(summary)), (summary,), joined


def summary_of(channel: Channel, many: Sequence[Posted], at: datetime) -> Message:
    """One message in the place of many, in their order."""
    told = [one for each in many for one in _told(each.message)]
    identity = f"{at:%Y%m%dT%H%M%S}-{many[0].message.id}{_SUMMARY}{channel.name}"
    return Message(identity, channel.name, MessageKind.SUMMARY, None, at, at, {"told": told})


def incidents_told(message: Message) -> list[int]:
    """The numbers of the incidents that a message tells of."""
    return [each["incident"] for each in _told(message) if each["incident"] is not None]


def _told(message: Message) -> Sequence[Mapping[str, Any]]:
    """What a message adds to one that joins it with others; one that joins others itself hands on all of them."""
    if message.kind is MessageKind.SUMMARY:
        return message.about["told"]
    return [{"kind": message.kind.value, "incident": message.incident}]


_SUMMARY = "-summary-"


def is_summary(message: str) -> bool:
    """Whether this is the identity of a message that joins others."""
    return _SUMMARY in message


def _is_past(moment: datetime, at: datetime) -> bool:
    """False for what a clock has written that was wrong and was set back since: it holds nothing up."""
    return moment <= at + WINDOW


def _urgency(posted: Posted, situation: Situation) -> tuple[bool, int, datetime]:
    """What may have arrived goes first, then the worst, then the oldest."""
    return not posted.may_have_arrived, -_severity(posted, situation).rank, posted.message.created_at


def _severity(posted: Posted, situation: Situation) -> IncidentSeverity:
    """Of the worst incident that it tells of."""
    numbers = incidents_told(posted.message)
    found = [situation.incidents[number].severity for number in numbers if number in situation.incidents]
    return max(found, key=lambda each: each.rank, default=IncidentSeverity.LOW)
