"""What lists say of incidents, and the filters of their list. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from checks import phrases
from checks.learned.events import Event
from checks.learned.families import family_of
from checks.records import Incident, Symptom
from dashboard import incident_sentences, words

_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters of the list; empty means all."""

    states: tuple[str, ...] = ()
    severity: str | None = None
    owner: str | None = None
    dataset: str | None = None
    source: str | None = None

    def fits(self, incident: Incident) -> bool:
        return (
            (not self.states or incident.state.value in self.states)
            and self.severity in (None, incident.severity.value)
            and (self.owner is None or self.owner in incident.owners)
            and (self.dataset is None or self.dataset in incident.datasets)
            and (self.source is None or self.source in sources(incident))
        )


def sources(incident: Incident) -> set[str]:
    """The sources that it shows in."""
    return {name.partition(".")[0] for name in incident.datasets}


def of_event(event: Event, incidents: Iterable[Incident]) -> Incident | None:
    """The incident that a learned alert is part of, the newest of several. Buckets are in the days of the dataset and
    incidents in UTC, so that a day more or less counts as the same time."""
    checks = {family_of(finding.metric).check for finding in event.findings}
    found = [
        incident
        for incident in incidents
        for symptom in incident.symptoms
        if symptom.key.subject == event.dataset and not checks.isdisjoint(symptom.checks) and _meets(symptom, event)
    ]
    return max(found, key=lambda one: one.id, default=None)


def _meets(symptom: Symptom, event: Event) -> bool:
    began = (symptom.happened_at or symptom.noticed_at).replace(tzinfo=None)
    last = symptom.bucket or symptom.seen_at.replace(tzinfo=None)
    return began - _A_DAY <= event.last and event.first <= last + _A_DAY


def in_order(incidents: Sequence[Incident]) -> list[Incident]:
    """The open ones first, the worst and newest of them first; then those that were resolved, the latest first."""
    still = [one for one in incidents if one.is_open]
    done = [(one.resolved_at, one.id, one) for one in incidents if one.resolved_at is not None]
    still.sort(key=lambda one: (-one.severity.rank, -one.id))
    return [*still, *(one for _, _, one in sorted(done, key=lambda each: each[:2], reverse=True))]


def facts(incident: Incident, at: datetime) -> dict[str, str]:
    """What the list says of an incident beside its title and severity; empty is what there is not."""
    return {
        "state": incident_sentences.state(incident, at),
        "in": phrases.listed(incident.datasets, 3),
        "began": words.ago(incident.happened_at, at) if incident.happened_at else "not known",
        "noticed": words.ago(incident.noticed_at, at),
        "lasted": _lasted(incident, at),
        "owners": phrases.listed(incident.owners, 3),
        "affects": phrases.listed(incident.consumers, 3),
        "assigned to": incident.assignee or "",
        "number": str(incident.id),
    }


def _lasted(incident: Incident, at: datetime) -> str:
    told = incident_sentences.lasted(incident, at)
    return told if incident.happened_at else f"at least {told}"


def symptom_facts(symptom: Symptom, at: datetime) -> dict[str, str]:
    """What the page of an incident says of one place in which it shows, beside what is wrong there."""
    return {
        "in": symptom.key.subject,
        "about": incident_sentences.about(symptom),
        "began": words.utc(symptom.happened_at) if symptom.happened_at else "not known",
        "last seen": words.ago(symptom.seen_at, at),
        "checks": phrases.listed(symptom.checks, 4),
    }
