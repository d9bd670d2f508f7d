"""What people work on together: signals of runs, the incidents that they make, and the events that tell the story."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from checks.records.words import Dimension, Grain, Severity

#: the author of what no person did
VITALS = "Vitals"


class IncidentState(StrEnum):
    """Where the work on an incident is. Muted is no state: it is `muted_until`, beside each of them."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"  # somebody has it
    MONITORING = "monitoring"  # claimed mended: resolves itself when healthy, opens again when not
    RESOLVED = "resolved"


class IncidentSeverity(StrEnum):
    """How bad it is; by the severity of the checks and by what the trouble reaches (`checks.incidents.severity`)."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for the mildest."""
        return _SEVERITIES[self]


_SEVERITIES = {severity: place for place, severity in enumerate(IncidentSeverity)}


class Verdict(StrEnum):
    """What one run says of a key."""

    BROKEN = "broken"
    WELL = "well"
    UNKNOWN = "unknown"  # nothing was evaluated: neither opens nor resolves anything


class Family(StrEnum):
    """What kind of trouble a key is about: the data of a dataset, a source that does not answer, an error budget, or
    runs of a dataset that measure nothing although its source answers."""

    DATA = "data"
    SOURCE = "source"
    BUDGET = "budget"
    RUNS = "runs"


@dataclass(frozen=True, slots=True)
class Span:
    """When something began: not before `earliest`, where that is known, and not after `latest`. By event time where
    there is one, else by the moments at which was measured. What began together overlaps."""

    earliest: datetime | None
    latest: datetime


@dataclass(frozen=True, slots=True)
class Key:
    """What at most one open incident is about: a dimension of a dataset, or a source (which has no dimension)."""

    subject: str
    dimension: Dimension | None
    family: Family = Family.DATA


@dataclass(frozen=True, slots=True)
class Signal:
    """What one run says of one key, at the moment `at`. `sentence`, `checks`, `columns` and `began` are those of what
    is broken; `bucket` and `grain` the newest bucket that is, where buckets were judged, and `first_bucket` the first
    of the unbroken row that ends with it. `happened_at` is when it truly began as far as that can be told: the start of
    the first broken bucket, the moment at which data became late, the last time that all was well; None where it was
    never seen to be well. `measured_at` is when what is broken was measured, before `at` where not every run measures
    it."""

    key: Key
    verdict: Verdict
    at: datetime
    severity: Severity = Severity.ERROR
    sentence: str = ""
    checks: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    began: Span | None = None  # None unless broken
    happened_at: datetime | None = None
    bucket: datetime | None = None
    grain: Grain | None = None
    first_bucket: datetime | None = None
    measured_at: datetime | None = None

    @property
    def evidence_at(self) -> datetime:
        """The moment of which it tells."""
        return self.measured_at or self.at


@dataclass(frozen=True, slots=True)
class Symptom:
    """One key of an incident as it was last seen broken. `well_runs` counts healthy runs in a row since then;
    `recovered_at` is set when there were enough of them. `shown` are all checks that it has shown in since it broke."""

    key: Key
    sentence: str
    severity: Severity
    checks: tuple[str, ...]
    columns: tuple[str, ...]
    began: Span
    noticed_at: datetime
    seen_at: datetime
    happened_at: datetime | None = None
    well_runs: int = 0
    recovered_at: datetime | None = None
    bucket: datetime | None = None
    grain: Grain | None = None
    first_bucket: datetime | None = None
    shown: tuple[str, ...] = ()

    @property
    def is_broken(self) -> bool:
        """Whether it has not recovered yet."""
        return self.recovered_at is None


@dataclass(frozen=True, slots=True)
class Incident:
    """One cause that people work on together. The first of its symptoms leads: it is the most upstream one, and the
    title speaks of it. `happened_at` is when it truly began (see Signal), `noticed_at` when a run first said so."""

    id: int
    symptoms: tuple[Symptom, ...]
    state: IncidentState
    severity: IncidentSeverity
    title: str
    noticed_at: datetime
    cause: str | None = None
    happened_at: datetime | None = None
    acknowledged_at: datetime | None = None
    monitoring_since: datetime | None = None
    resolved_at: datetime | None = None
    resolution: str | None = None
    reopened: int = 0
    assignee: str | None = None
    muted_until: datetime | None = None
    owners: tuple[str, ...] = ()  # of the datasets that are broken: the producers
    consumers: tuple[str, ...] = ()  # who is reached by it
    merged_into: int | None = None
    links: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether it is still to be worked on."""
        return self.state is not IncidentState.RESOLVED

    @property
    def lead(self) -> Symptom:
        """The symptom that the incident is named for."""
        return self.symptoms[0]

    @property
    def broken(self) -> tuple[Symptom, ...]:
        """The symptoms that have not recovered."""
        return tuple(symptom for symptom in self.symptoms if symptom.is_broken)

    @property
    def datasets(self) -> tuple[str, ...]:
        """The names of all datasets (or of the source) that it shows in, sorted."""
        return tuple(sorted({symptom.key.subject for symptom in self.symptoms}))

    def checks_of(self, subject: str) -> frozenset[str]:
        """The checks of one dataset that it still shows in."""
        return frozenset(check for one in self.broken if one.key.subject == subject for check in one.checks)

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        """The dimensions that it shows in, sorted."""
        return tuple(sorted({one.key.dimension for one in self.symptoms if one.key.dimension is not None}))

    def is_muted(self, at: datetime) -> bool:
        """Whether nobody is to be told at this moment."""
        return self.muted_until is not None and at < self.muted_until


class EventKind(StrEnum):
    """What can happen to an incident; `checks.incidents.transitions` says what each does."""

    OPENED = "opened"
    ATTACHED = "attached"  # another key turned out to be part of it
    WORSENED = "worsened"  # more checks of a key, or a worse severity
    OBSERVED = "observed"  # a run said something of one of its keys that changes no more than counts
    RECOVERED = "recovered"  # one symptom was well long enough
    LEFT = "left"  # one symptom turned out to be no part of it, or moved to another incident
    RESOLVED = "resolved"
    REOPENED = "reopened"
    MERGED = "merged"  # all of it moved into another incident
    ACKNOWLEDGED = "acknowledged"
    ASSIGNED = "assigned"
    MUTED = "muted"
    UNMUTED = "unmuted"
    MONITORED = "monitored"
    REALERTED = "realerted"  # claimed mended, and broken again
    NOTED = "noted"
    LINKED = "linked"
    LABELLED = "labelled"
    EVIDENCE = "evidence"
    NOTIFIED = "notified"


@dataclass(frozen=True, slots=True)
class IncidentEvent:
    """One line of the story. `number` counts from 1 in each incident; `about` has what the kind needs, as JSON."""

    incident: int
    number: int
    at: datetime
    kind: EventKind
    author: str
    about: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One incident's part of a commit: what happened, and what it was before (None: it is new) and is after it."""

    incident: Incident
    before: Incident | None
    events: tuple[IncidentEvent, ...]
