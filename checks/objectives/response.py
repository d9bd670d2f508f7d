"""How soon people respond to incidents: one incident against its contract, and the means of many. Pure.

    detect        from when it happened to when a run noticed it         timeToDetect
    acknowledge   from then on, until somebody had it                     timeToNotify
    repair        from then on, until it was resolved                     timeToRepair

An incident that became a part of another one is that one's, and counts in no mean.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median

from checks.learned.families import READINGS
from checks.records import Dataset, Family, Incident, Label, LabelKind, Symptom
from checks.service_levels import ResponseTimes

#: days that means are told of
DAYS = 90
_WEEK = timedelta(weeks=1)
#: checks that are told as the noisiest
_MOST = 10
NOBODY = "nobody named"


@dataclass(frozen=True, slots=True)
class Took:
    """How long one step took, or has taken so far. `length` is None where that is not known, or the step was never
    taken."""

    length: timedelta | None
    is_over: bool
    limit: timedelta | None

    @property
    def kept(self) -> bool | None:
        """Whether it was soon enough; None where nothing was promised, or it can not be told yet."""
        if self.limit is None or self.length is None:
            return None
        if self.length > self.limit:
            return False
        return True if self.is_over else None


@dataclass(frozen=True, slots=True)
class Response:
    """The three steps of one incident."""

    detect: Took
    acknowledge: Took
    repair: Took


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean and the median of `count` steps that are over, and how many of all that were promised are `kept` or
    were `missed`."""

    mean: timedelta | None
    median: timedelta | None
    count: int
    kept: int
    missed: int


@dataclass(frozen=True, slots=True)
class Record:
    """The incidents of a team, a contract, or of all. `per_week` is None where less than a week is known."""

    incidents: int
    still_open: int
    per_week: float | None
    detect: Mean
    acknowledge: Mean
    repair: Mean


@dataclass(frozen=True, slots=True)
class Noise:
    """A check with the incidents that it was a part of, and how many of them were labelled as false alarms."""

    dataset: str
    check: str
    incidents: int
    false_alarms: int


@dataclass(frozen=True, slots=True)
class Window:
    """The time that is looked at: 90 days, but not before the `first_run`."""

    first_run: datetime
    at: datetime

    @classmethod
    def of(cls, first_run: datetime | None, at: datetime) -> Window:
        return cls(first_run or at, at)

    @property
    def since(self) -> datetime:
        return max(self.first_run, self.at - timedelta(days=DAYS))

    @property
    def weeks(self) -> float:
        return (self.at - self.since) / _WEEK


def response(incident: Incident, asked: ResponseTimes, at: datetime) -> Response:
    """How soon people responded to an incident by the moment `at`, beside what the contract asks for."""
    noticed, over = incident.noticed_at, not incident.is_open
    happened, acknowledged = incident.happened_at, incident.acknowledged_at
    detect = max(noticed - happened, timedelta(0)) if happened else None
    if acknowledged is not None:
        taken = Took(acknowledged - noticed, True, asked.notify)
    else:
        taken = Took(None if over else at - noticed, over, asked.notify)
    repair = Took((incident.resolved_at or at) - noticed, over, asked.repair)
    return Response(Took(detect, True, asked.detect), taken, repair)


def asked_of(incident: Incident, datasets: Mapping[str, Dataset]) -> ResponseTimes:
    """What the contract of the leading dataset asks for."""
    dataset = datasets.get(incident.lead.key.subject)
    return dataset.response_times if dataset else ResponseTimes()


def counted(incidents: Iterable[Incident], window: Window) -> list[Incident]:
    """The incidents that were noticed in the window, and are no part of another one."""
    return [each for each in incidents if each.merged_into is None and window.since <= each.noticed_at <= window.at]


def record(incidents: Sequence[Incident], datasets: Mapping[str, Dataset], window: Window) -> Record:
    """What came of the incidents of a window. How soon was noticed what began before anything was measured says nothing
    of detecting, and is left out."""
    responses = [response(each, asked_of(each, datasets), window.at) for each in incidents]
    watched = [each.happened_at is not None and each.happened_at >= window.first_run for each in incidents]
    return Record(
        len(incidents),
        sum(each.is_open for each in incidents),
        len(incidents) / window.weeks if window.weeks >= 1 else None,
        _mean([each.detect for each, was_watched in zip(responses, watched, strict=True) if was_watched]),
        _mean([each.acknowledge for each in responses]),
        _mean([each.repair for each in responses]),
    )


def by_team(incidents: Iterable[Incident]) -> dict[str, list[Incident]]:
    """The incidents of each owner; one with several owners is each one's."""
    found: dict[str, list[Incident]] = {}
    for incident in incidents:
        for owner in incident.owners or (NOBODY,):
            found.setdefault(owner, []).append(incident)
    return dict(sorted(found.items()))


def promises(datasets: Iterable[Dataset]) -> dict[str, ResponseTimes]:
    """What each contract asks for that asks for something; of several tables the first that does."""
    found: dict[str, ResponseTimes] = {}
    for dataset in datasets:
        if dataset.contract and dataset.response_times != ResponseTimes():
            found.setdefault(dataset.contract, dataset.response_times)
    return found


def by_contract(incidents: Iterable[Incident], datasets: Mapping[str, Dataset]) -> dict[str, list[Incident]]:
    """The incidents of each contract whose datasets they show in; a contract that asks for something is there with
    none, too."""
    found: dict[str, list[Incident]] = {contract: [] for contract in promises(datasets.values())}
    for incident in incidents:
        contracts = {datasets[name].contract for name in incident.datasets if name in datasets}
        for contract in contracts - {None}:
            found.setdefault(str(contract), []).append(incident)
    return dict(sorted(found.items()))


def noisiest(incidents: Iterable[Incident], labels: Sequence[Label]) -> list[Noise]:
    """The checks with the most incidents, then the most false alarms."""
    alarms: Counter[tuple[str, str]] = Counter()
    false: Counter[tuple[str, str]] = Counter()
    wrong = [label for label in labels if label.kind is LabelKind.FALSE_ALARM]
    for incident in incidents:
        for symptom in incident.symptoms:
            its = {(symptom.key.subject, check) for check in symptom.checks if symptom.key.family is Family.DATA}
            alarms.update(its)
            said = [label for label in wrong if _speaks_of(label, symptom)]
            false.update(one for one in its if any(_is_about(label, one[1]) for label in said))
    found = [Noise(*check, count, false[check]) for check, count in alarms.items()]
    return sorted(found, key=lambda each: (-each.incidents, -each.false_alarms, each.dataset, each.check))[:_MOST]


def _speaks_of(label: Label, symptom: Symptom) -> bool:
    day = symptom.noticed_at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    return label.dataset == symptom.key.subject and label.covers(symptom.bucket or day)


def _is_about(label: Label, check: str) -> bool:
    """A label on one series is about the learned check that watches it, and not about the others of that day."""
    if label.metric is None:
        return True
    reading = READINGS.get(label.metric)
    return reading is not None and reading.family.check == check


def _mean(steps: Sequence[Took]) -> Mean:
    lengths = [step.length for step in steps if step.is_over and step.length is not None]
    kept = [step.kept for step in steps]
    mean = sum(lengths, timedelta(0)) / len(lengths) if lengths else None
    middle = timedelta(seconds=median(length.total_seconds() for length in lengths)) if lengths else None
    return Mean(mean, middle, len(lengths), kept.count(True), kept.count(False))
