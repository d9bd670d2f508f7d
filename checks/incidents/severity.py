"""How bad an incident is, and whom it concerns: from the severity of the checks and from what it reaches. Pure.

broken                    reaches nobody   a dataset or consumer   3 consumers, or 10 datasets and consumers
what only warns           low              medium                  high
what must hold            medium           high                    critical
a source                  high             high                    critical
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from checks.lineage.graph import Graph
from checks.records import Dataset, Family, IncidentSeverity, Severity, Symptom

_MANY_CONSUMERS, _MANY = 3, 10
_LOW, _MEDIUM, _HIGH, _CRITICAL = IncidentSeverity
_WORDS = {
    Severity.ERROR: (_MEDIUM, _HIGH, _CRITICAL),
    Severity.WARNING: (_LOW, _MEDIUM, _HIGH),
    Severity.INFO: (_LOW, _LOW, _LOW),
}
_OF_SOURCE = (_HIGH, _HIGH, _CRITICAL)


@dataclass(frozen=True, slots=True)
class Reach:
    """What trouble reaches beside where it is: datasets made from there, and consumers."""

    datasets: tuple[str, ...] = ()
    consumers: tuple[str, ...] = ()


def reach_of(symptoms: Iterable[Symptom], graph: Graph, datasets: Mapping[str, Dataset]) -> Reach:
    """What the symptoms reach together. Below what was walked already nothing new is found, so the first one, which
    leads, usually speaks for all."""
    reached: set[str] = set()
    consumers: set[str] = set()
    subjects = dict.fromkeys(name for one in symptoms for name in subjects_of(one, datasets))
    for name in subjects:
        if name not in reached and name in graph.nodes:
            radius = graph.blast_radius(name)
            reached |= set(radius.datasets)
            consumers |= set(radius.consumers)
    return Reach(tuple(sorted(reached - subjects.keys())), tuple(sorted(consumers)))


def subjects_of(symptom: Symptom, datasets: Mapping[str, Dataset]) -> tuple[str, ...]:
    """The datasets that a symptom is about: one, or all of a source."""
    if symptom.key.family is not Family.SOURCE:
        return (symptom.key.subject,)
    return tuple(name for name, dataset in datasets.items() if dataset.source == symptom.key.subject)


def owners_of(symptoms: Iterable[Symptom], datasets: Mapping[str, Dataset]) -> tuple[str, ...]:
    """Who owns what is broken, sorted."""
    names = {name for one in symptoms for name in subjects_of(one, datasets) if name in datasets}
    return tuple(sorted({owner for name in names if (owner := datasets[name].owner)}))


def severity_of(symptoms: Iterable[Symptom], reach: Reach) -> IncidentSeverity:
    """See the table; of several symptoms the worst counts."""
    many = len(reach.consumers) >= _MANY_CONSUMERS or len(reach.datasets) + len(reach.consumers) >= _MANY
    column = 2 if many else 1 if reach.datasets or reach.consumers else 0
    kinds = {(one.key.family is Family.SOURCE, one.severity) for one in symptoms}
    found = ((_OF_SOURCE if of_source else _WORDS[severity])[column] for of_source, severity in kinds)
    return max(found, key=lambda one: one.rank, default=_LOW)
