"""Which charts show an incident, and where it stands in them: symptoms and series in, spans out. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from checks.learned.families import READINGS
from checks.records import Check, Dataset, Family, Grain, Incident, Metric, Symptom
from dashboard import incident_sentences, panels
from dashboard.charts_spans import Kind, Span

#: series of one symptom that are drawn: more say the same again
MOST = 2
Clock = Callable[[datetime], datetime]


def shows(symptom: Symptom, metric: Metric, checks: Iterable[Check]) -> bool:
    """Whether the trouble is seen in a series of its dataset; `checks` are those on the series."""
    if symptom.key.family is Family.SOURCE or any(check.id in symptom.checks for check in checks):
        return True
    learned = metric.name in READINGS and READINGS[metric.name].family.check in symptom.checks
    return learned and metric.column in (None, *symptom.columns)


def series_of(symptom: Symptom, dataset: Dataset, series: Sequence[Metric]) -> list[Metric]:
    """The series that show a symptom best, few of them: what its contract names, then what is learned; buckets, where
    buckets are broken."""
    if symptom.key.family is Family.SOURCE:
        return []
    found = [one for one in series if shows(symptom, one, panels.checks_on(one, dataset))]
    fitting = [one for one in found if (one.grain is Grain.TABLE) == (symptom.bucket is None)] or found
    named = {panels.series_of(check) for check in dataset.checks if check.id in symptom.checks}
    fitting.sort(key=lambda one: ((one.name, one.column) not in named, one.name != "bucket_rows", one.column or ""))
    return fitting[:MOST]


@dataclass(frozen=True, slots=True)
class Where:
    """The chart of a series. `checks` are those on it; `clock` puts moments on its axis."""

    dataset: Dataset
    metric: Metric
    checks: Sequence[Check]
    clock: Clock


def spans(incidents: Iterable[Incident], where: Where, at: datetime) -> Iterator[Span]:
    """A strip for each incident that shows in a series, from its beginning until it was resolved, or until now. Bars
    stand around the start of their bucket. What became a part of another incident is in the strip of that one."""
    dataset, metric, clock = where.dataset, where.metric, where.clock
    half = timedelta(0) if metric.grain is Grain.TABLE else metric.grain.length / 2
    for incident in (one for one in incidents if one.merged_into is None):
        for symptom in incident.symptoms:
            here = symptom.key.subject in (dataset.name, dataset.source)
            if here and shows(symptom, metric, where.checks):
                first = clock(symptom.happened_at or symptom.noticed_at) - half
                end = clock(symptom.recovered_at or incident.resolved_at or at)
                kind = Kind.OPEN if incident.is_open else Kind.OVER
                yield Span(first, max(end, first + half), f"incident {incident.id}", kind, incident.title)
                break


def back_to(incident: Incident, at: datetime) -> int:
    """How many days of the past its charts show: four weeks before it began, and not more than a quarter in all. Rows
    with a time in the future may have begun it there."""
    age = at - incident_sentences.began(incident)
    return min(90, 28 + max(0, age.days))
