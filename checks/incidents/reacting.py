"""From signals to events: what a run's signals do to the incidents that stand. Pure, on a draft.

broken, in an open incident       observed where something moved, worsened where it is worse, attached where it had
                                  recovered; realerted where it was claimed to be mended
broken, resolved a while ago      reopened
broken, nowhere                   attached to another's incident or opened (`grouping`); takes over what is below
well, in an open incident         observed until there were enough healthy runs, then recovered; the incident
                                  resolves when nothing in it is broken any more
unknown                           nothing
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from checks.incidents import severity
from checks.incidents.coding import key_json, symptom_json
from checks.incidents.draft import Draft, standing
from checks.incidents.grouping import Numbers, Place, Why, below, is_gone, place
from checks.incidents.headlines import headline
from checks.lineage.graph import Graph
from checks.records import (
    Dataset,
    EventKind,
    Family,
    Finding,
    Incident,
    IncidentState,
    Key,
    Severity,
    Signal,
    Span,
    Symptom,
    Verdict,
)

#: how long what stays broken may go on without a line in the story
_QUIET = timedelta(days=1)
#: how long the title speaks of what has recovered, while the rest of the incident usually follows
_OVER = timedelta(days=2)
_RANKS = (Severity.INFO, Severity.WARNING, Severity.ERROR)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known beside the signals: the graph (asked for when something new is broken), the datasets by name, how
    many healthy runs it takes to recover, and the finding that says how many rows a table has, by key, where one is
    unusual."""

    graph: Callable[[], Graph]
    datasets: Mapping[str, Dataset]
    numbers: Numbers
    healthy_runs: int
    rows: Mapping[Key, Finding]


def react(draft: Draft, signals: Iterable[Signal], around: Surroundings) -> None:
    """Writes into the draft what the signals mean."""
    for signal in signals:
        if signal.verdict is Verdict.BROKEN:
            _broken(draft, signal, around)
        elif signal.verdict is Verdict.WELL:
            _well(draft, signal, around)


# -- broken ------------------------------------------------------------------------------------------------------------


def _broken(draft: Draft, signal: Signal, around: Surroundings) -> None:
    found = place(signal, draft, around.graph, around.numbers)
    incident = found.incident
    if found.why is not Why.SAME_KEY and _is_old_news(draft, signal):
        return
    if incident is None:
        symptom = _symptom(signal)
        title = _headline(symptom, around)
        facts = _facts((symptom,), around)
        opened = {"symptoms": [symptom_json(symptom)], "title": title, "why": found.why, **facts}
        _take_over(draft, draft.open(signal.at, opened), signal, around)
    elif found.why is Why.SAME_KEY:
        _seen(draft, incident, signal, around)
    else:
        kind = EventKind.REOPENED if found.why is Why.AGAIN else EventKind.ATTACHED
        _join(draft, incident, signal, kind, found, around)


def _headline(symptom: Symptom, around: Surroundings, others: int = 0) -> str:
    return headline(symptom, around.rows.get(symptom.key), around.datasets.get(symptom.key.subject), others)


def _is_old_news(draft: Draft, signal: Signal) -> bool:
    """Whether it was measured before an incident with its key was resolved: by a run that began earlier, or because not
    every run measures it."""
    return any(
        each.resolved_at is not None and each.merged_into is None and signal.evidence_at <= each.resolved_at
        for each in draft
        if any(symptom.key == signal.key for symptom in each.symptoms)
    )


def _join(
    draft: Draft, incident: Incident, signal: Signal, kind: EventKind, found: Place, around: Surroundings
) -> None:
    symptom = _symptom(signal)
    rest = [each for each in incident.symptoms if each.key != signal.key]
    about = {"symptom": symptom_json(symptom), "why": found.why, "of": found.of}
    if kind is EventKind.REOPENED:
        about["title"] = _headline(symptom, around)
    elif found.why is Why.GONE and is_gone(incident.lead):
        others = sum(is_gone(each) for each in incident.broken[1:])
        about["title"] = _headline(incident.lead, around, others + 1)
    _take_over(
        draft,
        _realerted(
            draft, draft.add(incident, signal.at, kind, about | _news(incident, (*rest, symptom), around)), signal
        ),
        signal,
        around,
    )


def _take_over(draft: Draft, into: Incident, signal: Signal, around: Surroundings) -> None:
    """Incidents that were found first only because their datasets were measured first become a part of this one."""
    for other in list(below(signal, into, standing(draft), around.graph(), around.numbers.spread)):
        draft.add(other, signal.at, EventKind.MERGED, {"into": into.id, "of": signal.key.subject})
        for symptom in other.broken:
            rest = (*into.symptoms, symptom)
            about = {"symptom": symptom_json(symptom), "why": Why.UPSTREAM, "of": signal.key.subject, "from": other.id}
            into = draft.add(into, signal.at, EventKind.ATTACHED, about | _news(into, rest, around))


def _seen(draft: Draft, incident: Incident, signal: Signal, around: Surroundings) -> None:
    known = _of_key(incident, signal.key)
    if signal.at < known.seen_at:
        return  # it was overtaken by a later run
    now = _symptom(signal, known if known.is_broken else None)
    kind = _what_moved(known, now)
    if kind is not None:
        rest = [now if each.key == now.key else each for each in incident.symptoms]
        about = {"symptom": symptom_json(now)} | _news(incident, rest, around)
        if now.key.family is Family.SOURCE and incident.lead.key == now.key:
            about |= {"title": _headline(now, around), "cause": now.sentence}  # it is about other tables than before
        elif known.is_broken and incident.lead.key == now.key:
            about |= _retold(known, now, around)
        elif _outlives(now, incident):
            about |= {"title": _headline(now, around), "cause": None}
        incident = draft.add(incident, signal.at, kind, about)
    _realerted(draft, incident, signal, known)


def _retold(known: Symptom, now: Symptom, around: Surroundings) -> dict[str, Any]:
    """The title of an incident in which another check is broken than it speaks of: a new one, or one that is left of
    several. Its cause is not that of the other. What is learned comes and goes by the day, and is told once."""
    if not now.checks or not known.checks or now.key.family is not Family.DATA:
        return {}
    if now.checks[0] not in _shown(known):
        return {"title": _headline(replace(now, happened_at=None, first_bucket=now.bucket), around), "cause": None}
    if known.checks[0] not in now.checks and not known.checks[0].startswith("learned."):
        return {"title": _headline(now, around), "cause": None}
    return {}


def _outlives(now: Symptom, incident: Incident) -> bool:
    """Whether what the title speaks of has been well for a while, and this is the first of what is left."""
    over = incident.lead.recovered_at
    left = incident.broken[:1]
    return over is not None and now.seen_at - over >= _OVER and bool(left) and left[0].key == now.key


def _shown(symptom: Symptom) -> tuple[str, ...]:
    """All checks that it has shown in; events of older versions tell the last ones."""
    return symptom.shown or symptom.checks


def _what_moved(known: Symptom, now: Symptom) -> EventKind | None:
    """The event that a symptom is worth which is broken again or still; None where nothing has moved."""
    if not known.is_broken:
        return EventKind.ATTACHED
    if _RANKS.index(now.severity) > _RANKS.index(known.severity) or set(now.checks) - set(_shown(known)):
        return EventKind.WORSENED
    if now.key.family is Family.SOURCE and now.checks != known.checks:
        return EventKind.OBSERVED
    moved = known.well_runs or now.bucket != known.bucket or now.severity is not known.severity
    moved = moved or now.checks[:1] != known.checks[:1]
    return EventKind.OBSERVED if moved or now.seen_at - known.seen_at >= _QUIET else None


def _realerted(draft: Draft, incident: Incident, signal: Signal, known: Symptom | None = None) -> Incident:
    """Opens again what somebody claims to have mended. What was measured before says nothing about the mending, nor
    does a bucket that was broken then and still is."""
    claimed = incident.monitoring_since
    if incident.state is not IncidentState.MONITORING or claimed is None or signal.evidence_at <= claimed:
        return incident
    if known is not None and signal.bucket is not None and signal.bucket == known.bucket:
        return incident
    return draft.add(incident, signal.at, EventKind.REALERTED, {"key": key_json(signal.key)})


# -- well --------------------------------------------------------------------------------------------------------------


def _well(draft: Draft, signal: Signal, around: Surroundings) -> None:
    for incident in list(standing(draft)):
        known = next((each for each in incident.broken if each.key == signal.key), None)
        if known is not None and signal.at > known.seen_at:
            _recovering(draft, incident, known, signal, around.healthy_runs)


def _recovering(draft: Draft, incident: Incident, known: Symptom, signal: Signal, healthy_runs: int) -> None:
    runs = known.well_runs + 1
    about = {"key": key_json(signal.key), "well_runs": runs} | ({"why": signal.sentence} if signal.sentence else {})
    if runs < (1 if signal.key.family in (Family.SOURCE, Family.RUNS) else healthy_runs):
        draft.add(incident, signal.at, EventKind.OBSERVED, about)
    elif not draft.add(incident, signal.at, EventKind.RECOVERED, about).broken:
        draft.add(incident, signal.at, EventKind.RESOLVED, {"resolution": signal.sentence or None})


# -- small parts -------------------------------------------------------------------------------------------------------


def _symptom(signal: Signal, known: Symptom | None = None) -> Symptom:
    """The symptom that a signal shows, which began when it was known to."""
    began = known.began if known else signal.began or Span(None, signal.at)
    return Symptom(
        signal.key,
        signal.sentence,
        signal.severity,
        signal.checks,
        signal.columns,
        began,
        known.noticed_at if known else signal.at,
        signal.at,
        known.happened_at if known else signal.happened_at,
        bucket=signal.bucket,
        grain=signal.grain,
        first_bucket=known.first_bucket if known else signal.first_bucket,
        shown=tuple(dict.fromkeys((*(_shown(known) if known else ()), *signal.checks))),
    )


def _of_key(incident: Incident, key: Key) -> Symptom:
    return next(symptom for symptom in incident.symptoms if symptom.key == key)


def _news(incident: Incident, symptoms: Iterable[Symptom], around: Surroundings) -> dict[str, Any]:
    """The facts about an incident with these symptoms that are other than now. Open ones never get milder."""
    facts = _facts(tuple(symptoms), around, least=incident)
    known = {"severity": incident.severity, "owners": list(incident.owners), "consumers": list(incident.consumers)}
    return {name: fact for name, fact in facts.items() if fact != known[name]}


def _facts(symptoms: tuple[Symptom, ...], around: Surroundings, least: Incident | None = None) -> dict[str, Any]:
    broken = tuple(each for each in symptoms if each.is_broken)
    reach = severity.reach_of(symptoms, around.graph(), around.datasets)
    found = severity.severity_of(broken, reach)
    if least and least.is_open and least.severity.rank > found.rank:
        found = least.severity
    owners = severity.owners_of(symptoms, around.datasets)
    return {"severity": found, "owners": list(owners), "consumers": list(reach.consumers)}
