"""The story of an incident in lines that people read: its events, and what changed in its datasets meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from checks import phrases
from checks.history import History
from checks.incidents.coding import key_of, symptom_of
from checks.incidents.evidence import CHANGES, NEAR, contract_changes, schema_changes
from checks.incidents.masked import Hidden, masked_evidence, masked_sentence
from checks.incidents.told import told
from checks.records import VITALS, Dataset, EventKind, Family, Incident, IncidentEvent, Key, Symptom

_DATASETS = 20


@dataclass(frozen=True, slots=True)
class Line:
    """One line: when, who, what kind (that of an event, 'schema' or 'contract'), and what happened, as a sentence."""

    at: datetime
    kind: str
    author: str
    sentence: str


def timeline(history: History, incident: Incident, datasets: Mapping[str, Dataset], until: datetime) -> list[Line]:
    """All lines, oldest first: of the incident up to now, and of its datasets from a day before it began until it was
    resolved, and of the messages about it."""
    hidden = Hidden.of(datasets)
    events = [masked_evidence(event, incident, hidden) for event in history.incident_events(incident.id)]
    lines = [_masked(line, incident, hidden) for event in events for line in lines_of(event)]
    since = min(incident.happened_at or incident.noticed_at, incident.noticed_at) - NEAR
    lines += _changes(history, incident.datasets[:_DATASETS], datasets, (since, incident.resolved_at or until))
    said = [told(posted) for posted in history.messages(incident.id)]
    lines += [Line(one[0], EventKind.NOTIFIED, VITALS, one[1]) for one in said if one is not None]
    return sorted(lines, key=lambda line: line.at)


def lines_of(event: IncidentEvent) -> list[Line]:
    """An event as a line; evidence as one for each thing that was found, but for changes, which have lines of their
    own."""
    if event.kind is not EventKind.EVIDENCE:
        return [Line(event.at, event.kind, event.author, _WORDS[event.kind](event.about))]
    found = [each["sentence"] for each in event.about["evidence"] if each["kind"] not in CHANGES]
    return [Line(event.at, event.kind, event.author, sentence) for sentence in found]


def _masked(line: Line, incident: Incident, hidden: Hidden) -> Line:
    """What a person has written stays as it is."""
    if line.author != VITALS:
        return line
    return replace(line, sentence=masked_sentence(line.sentence, incident, hidden))


def what(key: Key) -> str:
    """What a key is about: 'coverage of demo.flights', 'source lake'."""
    if key.family is Family.SOURCE:
        return f"source {key.subject}"
    if key.family is Family.RUNS:
        return f"runs of {key.subject}"
    budget = "the error budget for " if key.family is Family.BUDGET else ""
    return f"{budget}{key.dimension} of {key.subject}"


def _changes(
    history: History, names: Sequence[str], datasets: Mapping[str, Dataset], span: tuple[datetime, datetime]
) -> Iterator[Line]:
    for name in names:
        for at, said in schema_changes(history, name, *span):
            yield Line(at, "schema", VITALS, f"the columns of {name} changed: {said}")
        if dataset := datasets.get(name):
            for at, version in contract_changes(history, dataset, *span):
                yield Line(at, "contract", VITALS, f"version {version} of contract {dataset.contract} was registered")


# -- events in words ---------------------------------------------------------------------------------------------------

About = Mapping[str, Any]


def _opened(about: About) -> str:
    [*symptoms] = map(symptom_of, about["symptoms"])
    return f"opened: {'; '.join(_found(each) for each in symptoms)}"


def _attached(about: About) -> str:
    why = "it is made from {of}, which broke before" if about.get("of") else about.get("why")
    reason = f" ({why.format(of=about.get('of'))})" if why else ""
    return f"also {_found(symptom_of(about['symptom']))}{reason}"


def _observed(about: About) -> str:
    if "symptom" in about:
        return f"still {_found(symptom_of(about['symptom']))}"
    if about.get("why"):
        return f"{what(key_of(about['key']))}: {about['why']}"
    runs = about["well_runs"]
    return f"{what(key_of(about['key']))}: {runs} healthy run{'' if runs == 1 else 's'} in a row"


def _recovered(about: About) -> str:
    whose = what(key_of(about["key"]))
    return f"{whose} counts no more: {about['why']}" if about.get("why") else f"{whose} is well again"


def _resolved(about: About) -> str:
    return f"resolved: {about.get('resolution') or 'all of it is well again'}"


def _merged(about: About) -> str:
    return f"became a part of incident {about['into']}: {about['of']} is upstream and was broken first"


def _muted(about: About) -> str:
    return f"muted until {phrases.moment(datetime.fromisoformat(about['until']))}"


def _labelled(about: About) -> str:
    note = f": {about['note']}" if about.get("note") else ""
    return f"labelled as {about['label'].replace('_', ' ')}{note}"


def _found(symptom: Symptom) -> str:
    return f"{what(symptom.key)}: {symptom.sentence}" if symptom.key.family is not Family.SOURCE else symptom.sentence


_WORDS: Mapping[EventKind, Callable[[About], str]] = {
    EventKind.OPENED: _opened,
    EventKind.ATTACHED: _attached,
    EventKind.WORSENED: lambda about: f"worse: {_found(symptom_of(about['symptom']))}",
    EventKind.OBSERVED: _observed,
    EventKind.RECOVERED: _recovered,
    EventKind.LEFT: lambda about: f"{what(key_of(about['key']))} is no trouble",
    EventKind.RESOLVED: _resolved,
    EventKind.REOPENED: lambda about: f"broken again: {_found(symptom_of(about['symptom']))}",
    EventKind.MERGED: _merged,
    EventKind.ACKNOWLEDGED: lambda about: "acknowledged",
    EventKind.ASSIGNED: lambda about: f"assigned to {about['assignee'] or 'nobody'}",
    EventKind.MUTED: _muted,
    EventKind.UNMUTED: lambda about: "no longer muted",
    EventKind.MONITORED: lambda about: "said to be mended; the next runs tell",
    EventKind.REALERTED: lambda about: f"not mended: {what(key_of(about['key']))} is broken",
    EventKind.NOTED: lambda about: about["text"],
    EventKind.LINKED: lambda about: about["url"],
    EventKind.LABELLED: _labelled,
    EventKind.NOTIFIED: lambda about: about.get("sentence", "told"),
}
