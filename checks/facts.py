"""What a run knows about a dataset when it judges: what it measured itself, and what was measured before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property

from checks.eventtime import bucket_of, wall_clock
from checks.records import EventTime, Grain, Measured, Metric, Problem
from connectors import Column

ROWS = Metric("row_count")
#: numbers that are about the moment of measuring: an old one says nothing about now
_OF_THE_MOMENT = ("freshness", "future_rows")
#: runs begin some seconds or minutes after their slots: so many times an age counts as the same age
_ROOM = 1.02


@dataclass(frozen=True, slots=True)
class Level:
    """A whole-table number and when it was measured; NaN where it was asked for and there is none (the minimum of a
    column that holds only NULLs)."""

    value: float
    measured_at: datetime


#: the past that service levels are about
WINDOW = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Past:
    """What the runs of the last 30 days before this one have left. `asked` of them asked the warehouse, and it answered
    `reached`. Of those, `failing` found a rule broken: by column, None for any. `rows` are the rows of each bucket, and
    `buckets` the values of other metrics, before those that this run has read. `settled` is the learned age from which
    a bucket is complete, None where its end is all that is known."""

    asked: int = 0
    reached: int = 0
    failing: Mapping[str | None, int] = field(default_factory=dict)
    rows: Mapping[datetime, float] = field(default_factory=dict)
    buckets: Mapping[Metric, Mapping[datetime, float]] = field(default_factory=dict)
    settled: timedelta | None = None


@dataclass(frozen=True)
class Facts:
    """`known` holds earlier whole-table values with their moments, `past` what the last runs have found where a check
    asks for it; `at` is the moment of this run."""

    measured: Measured
    known: Mapping[Metric, tuple[datetime, float]]
    at: datetime
    past: Past = field(default_factory=Past)

    @cached_property
    def columns(self) -> dict[str, Column]:
        """The observed columns by name."""
        return {column.name: column for column in self.measured.columns}

    @cached_property
    def _levels(self) -> dict[Metric, float]:
        return {
            metric: float(line[0])
            for grid in self.measured.grids
            if grid.buckets == (None,)
            for metric, line in zip(grid.metrics, grid.values, strict=True)
        }

    @cached_property
    def _lines(self) -> dict[Metric, dict[datetime, float]]:
        return {
            metric: {
                bucket: float(value) for bucket, value in zip(grid.buckets, line, strict=True) if bucket is not None
            }
            for grid in self.measured.grids
            if grid.buckets != (None,)
            for metric, line in zip(grid.metrics, grid.values, strict=True)
        }

    @cached_property
    def _problems(self) -> dict[Metric, Problem]:
        return {metric: problem for problem in self.measured.problems for metric in problem.metrics}

    def level(self, metric: Metric) -> Level | None:
        """The newest whole-table value: this run's, else the one that was measured last."""
        if metric in self._levels:
            return Level(self._levels[metric], self.at)
        if metric in self.known and metric.name not in _OF_THE_MOMENT:
            moment, value = self.known[metric]
            return Level(value, moment)
        return None

    @property
    def is_empty(self) -> bool:
        """Whether the table is known to have no rows."""
        rows = self.level(ROWS)
        return rows is not None and rows.value == 0

    def whole(self, metric: Metric) -> float | None:
        """What a count is a part of: the present values for invalid ones, else the rows; None where that is unknown."""
        return self._part_of(metric, lambda other: level.value if (level := self.level(other)) else None, ROWS)

    def whole_of_bucket(self, metric: Metric, bucket: datetime) -> float | None:
        """The same for one bucket."""
        return self._part_of(metric, lambda other: self.buckets(other).get(bucket), Metric("bucket_rows"))

    def problem(self, metric: Metric) -> Problem | None:
        """Why the metric could not be measured, if it was tried."""
        measured_as = {"null_rate": "null_count", "bucket_rows": "row_count"}.get(metric.name, metric.name)
        return self._problems.get(replace(metric, name=measured_as, grain=Grain.TABLE))

    def buckets(self, metric: Metric) -> dict[datetime, float]:
        """The values of a metric in all buckets that this run read."""
        event_time = self.measured.event_time
        return {} if event_time is None else self._lines.get(replace(metric, grain=event_time.grain), {})

    def series(self, metric: Metric) -> dict[datetime, float]:
        """The values of a metric in all buckets that are known: those that this run read, and earlier ones."""
        event_time = self.measured.event_time
        if event_time is None:
            return {}
        return {**self.past.buckets.get(replace(metric, grain=event_time.grain), {}), **self.buckets(metric)}

    def closed_buckets(self, metric: Metric) -> dict[datetime, float]:
        """The same without the buckets that are still filling."""
        event_time = self.measured.event_time
        if event_time is None:
            return {}
        filling = self.filling_from(event_time)
        return {bucket: value for bucket, value in self.buckets(metric).items() if bucket < filling}

    def filling_from(self, event_time: EventTime) -> datetime:
        """The first bucket that may not be complete yet: by its end, or by the age at which buckets usually are."""
        later = max((self.past.settled or event_time.grain.length) - event_time.grain.length, timedelta(0))
        return bucket_of(wall_clock(self.measured.source_now - later, event_time), event_time.grain)

    @property
    def ages(self) -> tuple[timedelta, timedelta] | None:
        """The age from which on a bucket is complete, and that of the newest complete one, with a little room for
        earlier runs that began sooner or later in their day; both from the start of the bucket by its own clock to a
        moment of UTC. None where there is no event time."""
        event_time = self.measured.event_time
        if event_time is None:
            return None
        length, now = event_time.grain.length, wall_clock(self.at, event_time)
        ahead = now - self.at.astimezone(UTC).replace(tzinfo=None)
        age = now - (self.filling_from(event_time) - length)
        return max(self.past.settled or length, length) / _ROOM - ahead, age * _ROOM - ahead

    @staticmethod
    def _part_of(metric: Metric, find: Callable[[Metric], float | None], rows: Metric) -> float | None:
        all_rows = find(rows)
        if all_rows is None or metric.name != "invalid_count":
            return all_rows
        nulls = find(Metric("null_count", metric.column))
        return None if nulls is None else all_rows - nulls
