"""What each event does to an incident. Pure: the state of an incident is the fold of its events by `step`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from checks.incidents.coding import key_of, symptom_of
from checks.records import EventKind, Incident, IncidentEvent, IncidentSeverity, IncidentState, Symptom
from checks.refusal import Refused

_OPEN, _ACKNOWLEDGED, _MONITORING, _RESOLVED = IncidentState


class NotPossible(Refused):
    """An event that an incident in this state can not have; the sentence says what can be done instead."""

    def __init__(self, incident: Incident | None, kind: EventKind) -> None:
        self.incident, self.kind = incident, kind
        if incident is None:
            super().__init__(f"there is no incident that could be {kind}")
        else:
            super().__init__(f"incident {incident.id} can not be {kind}: it is {_instead(incident)}")


def step(incident: Incident | None, event: IncidentEvent) -> Incident:
    """The incident after the event. Raises NotPossible where the table has a dot.

    event         none  open          acknowledged  monitoring    resolved   what else changes
    opened        open  .             .             .             .          all of it: symptoms, title, severity
    attached      .     open          acknowledged  monitoring    .          a symptom joins, or takes its old place
    worsened      .     open          acknowledged  monitoring    .          a symptom, as it is now
    observed      .     open          acknowledged  monitoring    .          a symptom as it is now, or its healthy runs
    recovered     .     open          acknowledged  monitoring    .          a symptom has been well long enough
    left          .     open          acknowledged  monitoring    .          a symptom is said to be no trouble
    resolved      .     resolved      resolved      resolved      .          when, and why
    merged        .     resolved      resolved      resolved      .          into which incident
    reopened      .     .             .             .             open       a symptom is broken again, and leads
    acknowledged  .     acknowledged  .             acknowledged  .          when, the first time
    monitored     .     monitoring    monitoring    .             .          since when
    realerted     .     .             .             open          .          it is not mended
    assigned      .     open          acknowledged  monitoring    .          to whom
    muted         .     open          acknowledged  monitoring    .          until when
    unmuted       .     open          acknowledged  monitoring    .          no more
    linked        .     open          acknowledged  monitoring    resolved   a link more
    evidence      .     open          acknowledged  monitoring    resolved   cause and title, where it has them
    noted         .     open          acknowledged  monitoring    resolved   nothing
    labelled      .     open          acknowledged  monitoring    resolved   nothing
    notified      .     open          acknowledged  monitoring    resolved   nothing

    Every event may bring title, severity, cause, owners and consumers as they are with it.
    """
    if incident is None:
        if event.kind is not EventKind.OPENED:
            raise NotPossible(None, event.kind)
        return _opened(event)
    if incident.state not in _POSSIBLE.get(event.kind, ()):
        raise NotPossible(incident, event.kind)
    effect = _EFFECTS.get(event.kind)
    changed = effect(incident, event) if effect else incident
    return _with_facts(changed, event.about)


def tells_another_fault(event: IncidentEvent) -> bool:
    """Whether another check of the data has broken, so that the incident is to be told anew."""
    return event.kind is EventKind.WORSENED and event.about.get("cause", "") is None


def folded(events: Iterable[IncidentEvent]) -> Incident:
    """The incident that a story, oldest event first, ends with. Raises ValueError for a story without events."""
    incident = None
    for event in events:
        incident = step(incident, event)
    if incident is None:
        raise ValueError("a story begins with the event that opens the incident")
    return incident


def _opened(event: IncidentEvent) -> Incident:
    symptoms = tuple(symptom_of(each) for each in event.about["symptoms"])
    severity = IncidentSeverity(event.about["severity"])
    incident = Incident(event.incident, symptoms, _OPEN, severity, event.about["title"], event.at)
    return _with_facts(replace(incident, happened_at=incident.lead.happened_at), event.about)


def _with_facts(incident: Incident, about: Mapping[str, Any]) -> Incident:
    facts: dict[str, Any] = {name: about[name] for name in ("title", "cause") if name in about}
    facts |= {name: tuple(about[name]) for name in ("owners", "consumers") if name in about}
    if "severity" in about:
        facts["severity"] = IncidentSeverity(about["severity"])
    return replace(incident, **facts) if facts else incident


# -- symptoms ----------------------------------------------------------------------------------------------------------


def _with(incident: Incident, symptom: Symptom) -> Incident:
    """With the symptom in the place of the one with its key, else behind all."""
    known = incident.symptoms
    place = next((n for n, each in enumerate(known) if each.key == symptom.key), len(known))
    return replace(incident, symptoms=(*known[:place], symptom, *known[place + 1 :]))


def _seen(incident: Incident, event: IncidentEvent) -> Incident:
    if "symptom" in event.about:
        return _with(incident, symptom_of(event.about["symptom"]))
    return _with(incident, replace(_meant(incident, event), well_runs=event.about["well_runs"]))


def _recovered(incident: Incident, event: IncidentEvent) -> Incident:
    symptom = _meant(incident, event)
    runs = event.about.get("well_runs", symptom.well_runs)
    return _with(incident, replace(symptom, recovered_at=event.at, well_runs=runs))


def _meant(incident: Incident, event: IncidentEvent) -> Symptom:
    key = key_of(event.about["key"])
    return next(each for each in incident.symptoms if each.key == key)


# -- states ------------------------------------------------------------------------------------------------------------


def _resolved(incident: Incident, event: IncidentEvent) -> Incident:
    """Nothing of it counts as broken any more, whoever said so: what is seen broken again comes again."""
    symptoms = tuple(replace(one, recovered_at=one.recovered_at or event.at) for one in incident.symptoms)
    told = {"resolution": event.about.get("resolution"), "merged_into": event.about.get("into")}
    return replace(incident, symptoms=symptoms, state=_RESOLVED, resolved_at=event.at, monitoring_since=None, **told)


def _reopened(incident: Incident, event: IncidentEvent) -> Incident:
    again = replace(incident, state=_OPEN, resolved_at=None, resolution=None, reopened=incident.reopened + 1)
    symptom = symptom_of(event.about["symptom"])
    rest = (each for each in again.symptoms if each.key != symptom.key)
    return replace(again, symptoms=(symptom, *rest))


def _acknowledged(incident: Incident, event: IncidentEvent) -> Incident:
    first = incident.acknowledged_at or event.at
    return replace(incident, state=_ACKNOWLEDGED, acknowledged_at=first, monitoring_since=None)


def _monitored(incident: Incident, event: IncidentEvent) -> Incident:
    return replace(incident, state=_MONITORING, monitoring_since=event.at)


def _realerted(incident: Incident, event: IncidentEvent) -> Incident:
    return replace(incident, state=_OPEN, monitoring_since=None)


def _assigned(incident: Incident, event: IncidentEvent) -> Incident:
    return replace(incident, assignee=event.about["assignee"])


def _muted(incident: Incident, event: IncidentEvent) -> Incident:
    return replace(incident, muted_until=datetime.fromisoformat(event.about["until"]))


def _unmuted(incident: Incident, event: IncidentEvent) -> Incident:
    return replace(incident, muted_until=None)


def _linked(incident: Incident, event: IncidentEvent) -> Incident:
    return replace(incident, links=tuple(dict.fromkeys((*incident.links, event.about["url"]))))


_EFFECTS: Mapping[EventKind, Callable[[Incident, IncidentEvent], Incident]] = {
    EventKind.ATTACHED: _seen,
    EventKind.WORSENED: _seen,
    EventKind.OBSERVED: _seen,
    EventKind.RECOVERED: _recovered,
    EventKind.LEFT: _recovered,
    EventKind.RESOLVED: _resolved,
    EventKind.MERGED: _resolved,
    EventKind.REOPENED: _reopened,
    EventKind.ACKNOWLEDGED: _acknowledged,
    EventKind.MONITORED: _monitored,
    EventKind.REALERTED: _realerted,
    EventKind.ASSIGNED: _assigned,
    EventKind.MUTED: _muted,
    EventKind.UNMUTED: _unmuted,
    EventKind.LINKED: _linked,
}
_WHILE_OPEN = (_OPEN, _ACKNOWLEDGED, _MONITORING)
_POSSIBLE: Mapping[EventKind, tuple[IncidentState, ...]] = {
    **dict.fromkeys(
        (
            EventKind.ATTACHED,
            EventKind.WORSENED,
            EventKind.OBSERVED,
            EventKind.RECOVERED,
            EventKind.LEFT,
            EventKind.RESOLVED,
            EventKind.MERGED,
            EventKind.ASSIGNED,
            EventKind.MUTED,
            EventKind.UNMUTED,
        ),
        _WHILE_OPEN,
    ),
    **dict.fromkeys(
        (EventKind.LINKED, EventKind.EVIDENCE, EventKind.NOTED, EventKind.LABELLED, EventKind.NOTIFIED),
        tuple(IncidentState),
    ),
    EventKind.REOPENED: (_RESOLVED,),
    EventKind.ACKNOWLEDGED: (_OPEN, _MONITORING),
    EventKind.MONITORED: (_OPEN, _ACKNOWLEDGED),
    EventKind.REALERTED: (_MONITORING,),
}


def _instead(incident: Incident) -> str:
    match incident.state:
        case IncidentState.RESOLVED if incident.merged_into is not None:
            return f"part of incident {incident.merged_into}; do it there"
        case IncidentState.RESOLVED:
            return "resolved, and opens again when a run finds it broken"
        case IncidentState.MONITORING:
            return "monitored already, resolves when healthy and opens again when not"
        case state:
            return f"{state} already" if state is _ACKNOWLEDGED else state
