"""What came of it: the results, the run, and the health of the dataset after it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from checks.records.learned import Learned
from checks.records.measured import Measured, QueryRecord
from checks.records.words import Certainty, Dimension, Health, Outcome, Severity, Status


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one check in one run, with the evidence. `observed` and `expected` are words for people;
    `value` the number behind `observed`; `measured_at` when it was measured, which is before the run where the check
    has a slower cadence. `bucket` is set where one bucket was judged. `definition` is what the check asked then, where
    it comes from a contract (`Check.definition`)."""

    check: str
    dimension: Dimension
    status: Status
    severity: Severity
    column: str | None = None
    observed: str | None = None
    expected: str | None = None
    reason: str | None = None
    value: float | None = None
    bucket: datetime | None = None
    measured_at: datetime | None = None
    learned: bool = False
    definition: str | None = None


@dataclass(frozen=True, slots=True)
class RunReport:
    """One run, whole: what is remembered and what `run` answers."""

    dataset: str
    slot: datetime
    outcome: Outcome
    attempts: int
    started_at: datetime
    seconds: float
    trigger: str = "command"  # 'command', 'schedule', 'page' or 'api'
    queries: tuple[QueryRecord, ...] = ()
    results: tuple[Result, ...] = ()
    measured: Measured | None = None
    error_kind: str | None = None
    error: str | None = None
    measurements: int = 0
    learned: Learned = field(default_factory=Learned)
    replay: bool = False  # of a past moment


@dataclass(frozen=True, slots=True)
class DatasetHealth:
    """What a page, `status` and the API say of one dataset at one moment."""

    name: str
    health: Health
    quality: Health
    certainty: Certainty
    reasons: tuple[str, ...]
    measured_at: datetime | None
    owner: str | None
    results: tuple[Result, ...]
