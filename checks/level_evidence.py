"""What service levels are judged by: the evidence, or why there is none. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from checks import phrases
from checks.facts import Facts, Level
from checks.records import EventTime, Metric, Status

FRESHNESS = Metric("freshness")
_NO_EVENT_TIME = (
    "the dataset has no event time to tell its age by; declare vitals.eventTime or the element of the level"
)


@dataclass(frozen=True, slots=True)
class Found:
    """What a level came to: whether it is kept, in words, and why not."""

    ok: bool
    observed: str
    expected: str
    reason: str
    value: float | None = None
    measured_at: datetime | None = None


class NotEvaluated(Exception):
    """Nothing can be said; the status and the reason tell why."""

    def __init__(self, status: Status, reason: str) -> None:
        self.status = status
        super().__init__(reason)


def newest(column: str | None, facts: Facts) -> tuple[EventTime, Level]:
    """The event time that a level is about, and the age of the newest row. Raises NotEvaluated."""
    event_time = event_time_of(column, facts)
    problem, level = facts.problem(FRESHNESS), facts.level(FRESHNESS)
    if problem is not None:
        raise NotEvaluated(Status.ERROR, problem.message)
    if level is None or math.isnan(level.value) or facts.is_empty:
        raise NotEvaluated(Status.NO_DATA, "there is no row to tell the age of")
    return event_time, level


def event_time_of(column: str | None, facts: Facts) -> EventTime:
    """The event time that a level is about. Raises NotEvaluated."""
    event_time = facts.measured.event_time
    if event_time is None:
        raise NotEvaluated(Status.ERROR, _NO_EVENT_TIME)
    if column not in (None, event_time.column):
        reason = f"the service level is about '{column}', but the event time is '{event_time.column}'"
        raise NotEvaluated(Status.ERROR, reason)
    return event_time


def age_of(level: Level) -> str:
    """How old the newest row is; a date counts from the end of its day, which may be still to come."""
    age = timedelta(seconds=level.value)
    return f"{phrases.duration(age)} old" if age >= timedelta(0) else "of a day that is not over yet"
