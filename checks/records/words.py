"""The closed vocabularies: what can be said of a check, a run, a dataset (DESIGN 3)."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum


class Status(StrEnum):
    """The outcome of one check in one run (DESIGN 3)."""

    PASS = "pass"  # noqa: S105 the word of the vocabulary, no password
    WARN = "warn"
    FAIL = "fail"
    NO_DATA = "no_data"
    ERROR = "error"
    UNREACHABLE = "unreachable"
    LEARNING = "learning"
    SKIPPED = "skipped"

    @property
    def evaluated(self) -> bool:
        """Whether the check said something about the data."""
        return self in (Status.PASS, Status.WARN, Status.FAIL, Status.NO_DATA)


class Health(StrEnum):
    """The status of a dataset, folded from its latest results."""

    HEALTHY = "healthy"
    WARNING = "warning"
    FAILING = "failing"
    UNKNOWN = "unknown"


class Certainty(StrEnum):
    """Whether every required check has an evaluated result that is young enough."""

    CERTAIN = "certain"
    STALE = "stale"  # evaluated once, but too long ago, or the newest attempt could not evaluate
    NEVER = "never"  # nothing evaluated yet


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Dimension(StrEnum):
    TIMELINESS = "timeliness"
    COVERAGE = "coverage"
    COMPLETENESS = "completeness"
    UNIQUENESS = "uniqueness"
    CONFORMITY = "conformity"
    CONSISTENCY = "consistency"
    ACCURACY = "accuracy"


class Grain(StrEnum):
    """The size of a bucket; TABLE is a value for the whole table at the moment of observation."""

    TABLE = "table"
    DAY = "day"
    HOUR = "hour"

    @property
    def length(self) -> timedelta:
        return {Grain.DAY: timedelta(days=1), Grain.HOUR: timedelta(hours=1)}[self]


class Outcome(StrEnum):
    """How a run ended."""

    STARTED = "started"
    FINISHED = "finished"
    UNREACHABLE = "unreachable"  # the warehouse did not answer, after all attempts
    ERROR = "error"  # it answered, but the dataset could not be measured
    CANCELLED = "cancelled"  # the app was asked to stop
    INTERRUPTED = "interrupted"  # found started and never finished when the history was opened
