"""What the service levels of a contract ask for, one record for each kind; freshness is in `records`. All frozen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from checks.deadlines import Deadline


@dataclass(frozen=True, slots=True)
class FrequencyExpected:
    """Something new comes at least every `cadence`. `column` names the event time, where the contract says which."""

    cadence: timedelta
    column: str | None = None


@dataclass(frozen=True, slots=True)
class DeadlineExpected:
    """By the deadline of each business day there are rows of the business day before, or newer ones."""

    deadline: Deadline
    column: str | None = None


@dataclass(frozen=True, slots=True)
class RetentionExpected:
    """No row is older than `limit`: what is older was to be deleted."""

    limit: timedelta
    column: str | None = None


@dataclass(frozen=True, slots=True)
class LifecycleExpected:
    """The dataset is in service: not before `moment` for generalAvailability, only before it for the other stages."""

    stage: str  # 'generalAvailability', 'endOfSupport' or 'endOfLife'
    moment: datetime


@dataclass(frozen=True, slots=True)
class AvailabilityExpected:
    """At least so many percent of the runs of the last 30 days reached the warehouse."""

    least: float


@dataclass(frozen=True, slots=True)
class ErrorRateExpected:
    """At most so many percent of the runs of the last 30 days found a rule broken: any, or one on `column`."""

    most: float
    column: str | None = None


@dataclass(frozen=True, slots=True)
class ThroughputExpected:
    """At least `rows` come in every `per` of event time, which `column` names where the contract says which."""

    rows: float
    per: timedelta
    column: str | None = None


#: what can only be told with what earlier runs found
OfThePast = FrequencyExpected | AvailabilityExpected | ErrorRateExpected | ThroughputExpected
ServiceLevel = DeadlineExpected | RetentionExpected | LifecycleExpected | OfThePast


@dataclass(frozen=True, slots=True)
class ResponseTimes:
    """How soon trouble is to be detected, told to the consumers and mended; None where the contract does not say."""

    detect: timedelta | None = None
    notify: timedelta | None = None
    repair: timedelta | None = None
