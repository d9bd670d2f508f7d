"""Messages in words: what broke, since when, how bad, who is affected, the likely cause, and where to look. Pure.

Nothing here is taken from rows: titles, sentences and causes are those of the incident, whose makers mask what is
classified. Whatever comes from a warehouse or a person is text: one line, and escaped in Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from checks import phrases
from checks.incidents.headlines import well_again
from checks.records import Incident, IncidentState, Message, MessageKind

_SUBJECT, _LISTED = 200, 20
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~@:])")


@dataclass(frozen=True, slots=True)
class Words:
    """A message as people read it: the subject, labelled lines (no label: a line of a list), and the link."""

    subject: str
    lines: tuple[tuple[str, str], ...]
    url: str
    key: str

    @property
    def text(self) -> str:
        """Plain text; its last line has the deduplication key."""
        body = (f"{label}: {value}" if label else f"- {value}" for label, value in self.lines)
        return "\n".join((*body, f"Look: {self.url}", f"(message {self.key})"))

    @property
    def markdown(self) -> str:
        """The same as Markdown, with a link."""
        body = (f"**{label}:** {plain(value)}  " if label else f"- {plain(value)}" for label, value in self.lines)
        return "\n".join((f"### {plain(self.subject)}", "", *body, "", f"[Look]({self.url})"))


def plain(text: str) -> str:
    """Text that Markdown shows as it is."""
    return _SPECIAL.sub(r"\\\1", text)


def about_incident(message: Message, incident: Incident, at: datetime, base: str) -> Words:
    """A message about one incident, as it is at the moment `at`."""
    if message.kind is MessageKind.RECOVERED:
        lines = _of_end(incident)
    elif message.kind is MessageKind.MERGED:
        lines = [("What broke", _what(incident)), ("Now", f"it is a part of incident {incident.merged_into}")]
    else:
        lines = _of_trouble(incident, at)
    subject = f"[{_mark(message, incident, at)}] {_line(incident.title)}"
    number = incident.merged_into if message.kind is MessageKind.MERGED else incident.id
    return Words(subject[:_SUBJECT], tuple(lines), f"{base}/incident?id={number}", message.id)


def about_many(message: Message, incidents: Sequence[Incident], at: datetime, base: str) -> Words:
    """One message in the place of many; the incidents in the order of those."""
    kinds = {each.get("incident"): each.get("kind") for each in message.about.get("told", ())}
    over = sum(kinds.get(each.id) in ("recovered", "merged") for each in incidents)
    counted = [f"{len(incidents) - over:,} in trouble"] * (over < len(incidents)) + [f"{over:,} over"] * bool(over)
    subject = f"[{counted_incidents(len(incidents))}] {', '.join(counted)}: too many for a message each"
    return Words(subject, _listed(incidents, at), f"{base}/incidents", message.id)


def digest(
    message: Message, open_ones: Sequence[Incident], resolved: Sequence[Incident], at: datetime, base: str
) -> Words:
    """What is open, and what was resolved since the digest before."""
    if open_ones:
        worst = max(open_ones, key=lambda each: each.severity.rank).severity
        subject = f"[digest] {counted_incidents(len(open_ones))} open, the worst {worst}; {len(resolved):,} resolved"
    else:
        subject = f"[digest] nothing is open; {counted_incidents(len(resolved))} resolved in the last 24 hours"
    ranked = sorted(open_ones, key=lambda each: -each.severity.rank)
    return Words(subject, _listed([*ranked, *resolved], at), f"{base}/incidents", message.id)


def of_test(message: Message, base: str) -> Words:
    """A message that says no more than that messages arrive."""
    lines = (("What", f"this is a test of the channel {message.channel}; nothing is wrong"),)
    return Words(f"[test] Vitals can reach {message.channel}", lines, base, message.id)


def counted_incidents(count: int) -> str:
    """'1 incident', '12 incidents'."""
    return f"{count:,} incident{'' if count == 1 else 's'}"


# -- parts -------------------------------------------------------------------------------------------------------------


def _mark(message: Message, incident: Incident, at: datetime) -> str:
    """What stands in front of the title."""
    kind, severity = message.kind, incident.severity.value
    if kind is MessageKind.RECOVERED:
        return "resolved" if incident.broken or incident.resolution else "recovered"
    if kind is MessageKind.MERGED:
        return f"part of incident {incident.merged_into}"
    if not incident.is_open:  # tried again after it was over
        return f"{severity}, over now"
    age = phrases.duration(at - incident.noticed_at)
    return {
        MessageKind.WORSENED: f"{severity}, broken further" if message.about.get("another") else f"now {severity}",
        MessageKind.REOPENED: f"{severity}, broken again",
        MessageKind.REMINDER: f"{severity}, still open after {age}",
        MessageKind.ESCALATION: f"{severity}, nobody has it after {age}",
    }.get(kind, severity)


def _of_trouble(incident: Incident, at: datetime) -> list[tuple[str, str]]:
    lines = [("What broke", _what(incident)), ("Since", _since(incident, at)), ("How bad", _how_bad(incident))]
    lines.append(("Affected", _affected(incident)))
    lines.append(("Owners", phrases.listed(incident.owners) or "nobody is named"))
    not_known = "not known yet; its page says what was looked at"
    lines.append(("Likely cause", _line(incident.cause).rstrip(".") if incident.cause else not_known))
    return lines


def _of_end(incident: Incident) -> list[tuple[str, str]]:
    began, ended = incident.happened_at or incident.noticed_at, incident.resolved_at
    lines = [("What broke", _what(incident))]
    if ended is not None:
        lasted = phrases.duration(ended - began)
        lines.append(("Broken", f"{lasted}, from {phrases.moment(began)} to {phrases.moment(ended)}"))
    ended_by = _line(incident.resolution) if incident.resolution else well_again(incident.lead.key)
    return [*lines, ("How it ended", ended_by)]


def _what(incident: Incident) -> str:
    """The leading symptom's sentence, and how many more there are."""
    lead, others = incident.lead, len(incident.symptoms) - 1
    more = f" (and {others:,} more symptom{'' if others == 1 else 's'})" if others else ""
    return f"{_line(lead.key.subject)}: {_line(lead.sentence)}{more}" if lead.sentence else _line(incident.title)


def _since(incident: Incident, at: datetime) -> str:
    began, noticed = incident.happened_at, phrases.moment(incident.noticed_at)
    if began is None:
        return f"not known; noticed {phrases.duration(at - incident.noticed_at)} ago, {noticed}"
    told = f"{phrases.duration(at - began)}, {phrases.moment(began)}"
    return told if began == incident.noticed_at else f"{told}; noticed {noticed}"


def _how_bad(incident: Incident) -> str:
    somebody = f", {_line(incident.assignee)} has it" if incident.assignee else ""
    states = {
        IncidentState.OPEN: "open, nobody has acknowledged it",
        IncidentState.ACKNOWLEDGED: f"acknowledged{somebody}",
        IncidentState.MONITORING: "claimed mended, and watched",
        IncidentState.RESOLVED: "over",
    }
    return f"{incident.severity}; {states[incident.state]}"


def _affected(incident: Incident) -> str:
    datasets = phrases.listed([_line(name) for name in incident.datasets])
    if not incident.consumers:
        return f"{datasets}; no consumer is known"
    return f"{datasets}; consumers: {phrases.listed([_line(name) for name in incident.consumers])}"


def _listed(incidents: Sequence[Incident], at: datetime) -> tuple[tuple[str, str], ...]:
    lines = [("", f"{_short(each, at)}") for each in incidents[:_LISTED]]
    rest = len(incidents) - len(lines)
    return (*lines, *([("", f"and {rest:,} more")] if rest else []))


def _short(incident: Incident, at: datetime) -> str:
    began = incident.happened_at or incident.noticed_at
    if incident.is_open:
        state = f"{incident.severity}, since {phrases.duration(at - began)}"
    else:
        state = f"over, was {incident.severity}"
    owners = f" ({phrases.listed(incident.owners, 3)})" if incident.owners else ""
    return f"[{state}] {_line(incident.title)}{owners}"


def _line(text: str) -> str:
    """One line, whatever a name or a sentence has in it."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
