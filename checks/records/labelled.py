"""What people say of what was found: labels."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from checks.records.measured import Metric


class LabelKind(StrEnum):
    """What a label says of the buckets that it is about.

    expected        it was meant to be so: no alarm, and not to be learned from
    new_regime      from there on things are different: what was before is forgotten
    known_error     the data are wrong, and somebody knows: it stays an alarm, and is not to be learned from
    false_alarm     nothing is wrong and nothing special: no alarm, and later values may be as far off
    missed_alarm    the data were wrong and nothing was said: not to be learned from
    """

    EXPECTED = "expected"
    NEW_REGIME = "new_regime"
    KNOWN_ERROR = "known_error"
    FALSE_ALARM = "false_alarm"
    MISSED_ALARM = "missed_alarm"


class Repeats(StrEnum):
    """How often what is expected comes again."""

    ONCE = "once"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    YEARLY = "yearly"


@dataclass(frozen=True, slots=True)
class Label:
    """A label on the buckets `first` to `last`, both inclusive, of one series, or of all series of the dataset where
    `metric` is None. One that repeats comes again each week, month or year, and ends with the bucket `until`. A new
    regime begins at `first` and has no end. Labels are never changed: they are undone."""

    id: int
    dataset: str
    kind: LabelKind
    first: datetime
    last: datetime
    author: str
    at: datetime
    metric: str | None = None
    column: str | None = None
    repeats: Repeats = Repeats.ONCE
    until: datetime | None = None
    note: str | None = None
    undone_at: datetime | None = None
    undone_by: str | None = None

    def speaks_of(self, metric: Metric) -> bool:
        """Whether the series is one that the label is about."""
        return self.metric is None or (self.metric, self.column) == (metric.name, metric.column)

    def covers(self, bucket: datetime) -> bool:
        """Whether the label is about this bucket."""
        if self.kind is LabelKind.NEW_REGIME:
            return bucket >= self.first
        if self.until is not None and bucket > self.until:
            return False
        return any(start <= bucket <= start + (self.last - self.first) for start in self._starts(bucket))

    def _starts(self, bucket: datetime) -> list[datetime]:
        """Where the label begins, the last times before the bucket; an event is shorter than what lies between two."""
        if bucket < self.first or self.repeats is Repeats.ONCE:
            return [self.first]
        if self.repeats is Repeats.WEEKLY:
            return [self.first + timedelta(weeks=(bucket - self.first) // timedelta(weeks=1))]
        step = 1 if self.repeats is Repeats.MONTHLY else 12
        months = (bucket.year - self.first.year) * 12 + bucket.month - self.first.month
        return [_months_after(self.first, n) for n in range(months // step * step, -1, -step)[:2]]


def _months_after(moment: datetime, months: int) -> datetime:
    """The same day in a later month, its last one where the month is shorter."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, calendar.monthrange(year, month + 1)[1]))
