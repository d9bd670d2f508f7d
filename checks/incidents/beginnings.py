"""When trouble truly began: told by event time where there is one, else by the runs before.

a bucket is broken        the first of the unbroken row of broken buckets that ends with it
the data are late         the moment at which they became late; the newest row came before that
the table as a whole      after the last run that found it well
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from checks.builtin import EXISTS
from checks.history import History
from checks.learned.families import family_of
from checks.records import Alert, Dataset, FreshnessExpected, Grain, Result, RunReport, Span, Status
from checks.service_levels import DeadlineExpected

#: a row of broken buckets that is longer is told as if it had begun there
_LONGEST = timedelta(days=100)


@dataclass(frozen=True, slots=True)
class Beginning:
    """When trouble began: between which moments, the one that people call its beginning, and the bucket (on the
    dataset's own clock) where it is one."""

    span: Span
    happened_at: datetime | None
    first_bucket: datetime | None = None


@dataclass(frozen=True)
class Beginnings:
    """Tells of the broken results of one run, which the history knows already, when they began."""

    history: History
    dataset: Dataset
    report: RunReport

    def of(self, result: Result) -> Beginning:
        """When the trouble of a result began."""
        if result.bucket is not None:
            return self._of_bucket(result, result.bucket)
        expects = next((check.expects for check in self.dataset.checks if check.id == result.check), None)
        measured_at = result.measured_at or self.report.started_at
        if isinstance(expects, FreshnessExpected) and result.value is not None:
            newest = measured_at - timedelta(seconds=result.value)
            return Beginning(Span(newest, newest + expects.limit), newest + expects.limit)
        if isinstance(expects, DeadlineExpected) and result.value is not None:
            due = measured_at - timedelta(seconds=result.value)
            return Beginning(Span(due - timedelta(days=1), due), due)
        at, name = self.report.started_at, self.dataset.name
        gone = result.check == EXISTS  # which nobody asks while the table is there
        well = self.history.last_measured(name, at) if gone else self.history.last_passed(name, result.check, at)
        return Beginning(Span(well, self.report.started_at), well)

    def of_source(self) -> Beginning:
        """Since when the source has not answered."""
        reached = self.history.last_reached(self.dataset.source, self.report.started_at)
        return Beginning(Span(reached, self.report.started_at), reached)

    def of_runs(self, of_source: Sequence[str], least: int) -> Beginning | None:
        """Since when the runs of the dataset have measured nothing, where so many in a row have not. Those that failed
        in one of the ways `of_source` do not count."""
        name, at = self.dataset.name, self.report.started_at
        failed = self.history.unmeasured(name, at, of_source)
        if len(failed) < least:
            return None
        measured = self.history.last_measured(name, failed[0])
        return Beginning(Span(measured, failed[0]), measured)

    @property
    def grain(self) -> Grain | None:
        """That of the buckets of the run."""
        event_time = self.report.measured.event_time if self.report.measured else None
        return event_time.grain if event_time else None

    def _of_bucket(self, result: Result, newest: datetime) -> Beginning:
        length = (self.grain or Grain.DAY).length
        first = _first_of_row(self._broken_buckets(result, newest), newest, length)
        start = self._moment(first)
        return Beginning(Span(start, start + length), start, first)

    def _broken_buckets(self, result: Result, newest: datetime) -> set[datetime]:
        if result.learned:
            return {
                alert.bucket
                for alert in self.alerts
                if any(family_of(finding.metric).check == result.check for finding in alert.findings)
            }
        told = self.history.bucket_results(self.dataset.name, result.check, newest - _LONGEST)
        return {
            each.bucket for each in told if each.bucket and each.status in (Status.FAIL, Status.WARN, Status.NO_DATA)
        }

    @cached_property
    def alerts(self) -> Sequence[Alert]:
        """The learned alerts of the dataset that stand, newest first."""
        since = self.report.started_at - _LONGEST
        return [alert for alert in self.history.alerts(self.dataset.name, since) if alert.grain is not Grain.TABLE]

    def _moment(self, bucket: datetime) -> datetime:
        event_time = self.report.measured.event_time if self.report.measured else None
        zone = ZoneInfo(event_time.zone) if event_time else UTC
        return bucket.replace(tzinfo=zone).astimezone(UTC)


def _first_of_row(broken: set[datetime], newest: datetime, length: timedelta) -> datetime:
    first = newest
    while first - length in broken:
        first -= length
    return first
