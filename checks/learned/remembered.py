"""The watched series of a dataset out of the history: the grids that its next run would judge, without that run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from checks.arrivals import settled
from checks.eventtime import bucket_of, wall_clock
from checks.history import History
from checks.learned.before import DURATION, REACH, Before, Series
from checks.learned.codes import declared
from checks.learned.events import length_of
from checks.learned.grids import Watched, still_watched
from checks.learned.past import by_bucket, whole_table
from checks.records import Dataset, EventTime, Grain


def remembered(
    before: Before, history: History, dataset: Dataset, event_time: EventTime | None, at: datetime, window: timedelta
) -> list[Watched]:
    """The series with buckets up to the newest that is complete at `at`, and those of the whole table by day; each as
    far back as the window and what is learned from before it reach. Empty where nothing was measured."""
    grids, wanted = [], declared(dataset.checks)
    if event_time is not None:
        grain = event_time.grain
        wait = (settled(history, dataset.name, event_time, at) or grain.length) - grain.length
        last = bucket_of(wall_clock(at - max(wait, timedelta(0)), event_time), grain) - grain.length
        own = {metric: values for metric, values in before.buckets.items() if metric.grain is grain}
        grids.append(by_bucket(own, grain, last, window + REACH[grain], before.labels, wanted=wanted))
    today = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    grain = event_time.grain if event_time else None
    days = _still_measured(before.days)
    grids.append(whole_table(days, grain, today, window + REACH[Grain.TABLE], before.labels, wanted=wanted))
    grids = [still_watched(each, max(1, round(window / length_of(each.grain)))) for each in grids if each is not None]
    return [each for each in grids if each is not None]


def _still_measured(days: Series) -> Series:
    """The series that the newest day has: what is not measured any more has no next value."""
    newest = {metric: max(values) for metric, values in days.items() if values and metric.grain is Grain.TABLE}
    last = max((day for metric, day in newest.items() if metric != DURATION), default=None)
    return {metric: days[metric] for metric, day in newest.items() if metric == DURATION or day == last}
