"""What pages read of incidents; cached and bounded like the rest (`load`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from checks import incident_answers
from checks.incidents.timeline import Line
from checks.records import Incident
from dashboard import load, process


@load.shared
def incidents(back: int) -> Sequence[Incident]:
    """The open ones, and those that were resolved in the last `back` days; newest first."""
    monitor = process.current()
    return tuple(incident_answers.shown(monitor, monitor.history.incidents(since=load.now() - timedelta(days=back))))


@load.shared
def open_ones() -> Sequence[Incident]:
    """The open ones, the worst first."""
    monitor = process.current()
    found = incident_answers.shown(monitor, monitor.history.incidents(open_only=True))
    return tuple(sorted(found, key=lambda one: (-one.severity.rank, -one.id)))


@load.shared
def by_subject() -> Mapping[str, Sequence[Incident]]:
    """The open ones by the datasets and sources that are broken in them, the worst first."""
    found: dict[str, list[Incident]] = {}
    for incident in open_ones():
        for name in dict.fromkeys(symptom.key.subject for symptom in incident.broken):
            found.setdefault(name, []).append(incident)
    return found


def about(dataset: str) -> Sequence[Incident]:
    """The open ones in which a dataset is broken, or its source, the worst first."""
    return about_each([dataset])[dataset]


def about_each(datasets: Iterable[str]) -> Mapping[str, Sequence[Incident]]:
    """The same for many, by name; empty where there is none."""
    found = by_subject()
    return {name: (*found.get(name.partition(".")[0], ()), *found.get(name, ())) for name in datasets}


@load.shared
def of(dataset: str, back: int) -> Sequence[Incident]:
    """The incidents of the last `back` days, open or not, that a dataset or its source was part of."""
    names = {dataset, dataset.partition(".")[0]}
    return tuple(one for one in incidents(back) if not names.isdisjoint(one.datasets))


@load.shared
def incident(number: int) -> Incident | None:
    """One incident, None where there is none of that number."""
    monitor = process.current()
    found = monitor.history.incident(number)
    return None if found is None else incident_answers.shown(monitor, [found])[0]


@load.shared
def evidence(number: int) -> Sequence[str]:
    """What speaks for its cause, in the order in which it was found."""
    return tuple(incident_answers.evidence(process.current(), number))


@load.shared
def timeline(number: int) -> Sequence[Line]:
    """Its story in lines, oldest first: events, messages, and what changed in its datasets meanwhile."""
    return tuple(incident_answers.one(process.current(), number)[1])


def report(number: int) -> str:
    """A draft of its post-mortem as Markdown, as of now."""
    return incident_answers.report_document(process.current(), number)["markdown"]
