"""Faults in the rows of single days, or of six hours: what runs would have said of each, had it happened.

The rows of a chosen day are taken out of the table and broken. All such days are measured together, each as a day of
its own, and what is measured of one stands in the place of what was really there. So a fault moves every series that
it moves in a user's table: the rows, the shares of all values, means, NULLs, lengths.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from bench.datasets.replaying import Replayed, measured, write
from checks.detect import Trails
from checks.learned.before import REACH
from checks.learned.families import VOLUME, family_of
from checks.learned.judging import judged
from checks.learned.past import by_bucket
from checks.learned.spending import spending
from checks.records import Finding, Grain, Metric

#: faults of each kind in a table, and how many buckets they last
MANY, LENGTH = {Grain.DAY: 12, Grain.HOUR: 6}, {Grain.DAY: 1, Grain.HOUR: 6}
#: rows of a fault's buckets below which nothing is put in, and rows that a fault touches at least
LEAST_ROWS, LEAST_TOUCHED = 20, 5
#: the usual share of a value that is broken
SHARES = 0.03, 0.6
NULLS, SHIFT = 0.3, 1.2
_DAY, _SECOND = timedelta(days=1), timedelta(seconds=1)
#: where the broken days are put: long before all tables
_APART = datetime(1970, 1, 1)  # noqa: DTZ001 buckets are naive


@dataclass(frozen=True)
class Target:
    """A column, and the value of it whose rows are broken; None where all of its rows may be."""

    column: str
    value: str | None = None

    def rows_of(self, rows: pd.DataFrame) -> pd.Series:
        """Which of the rows may be broken."""
        own = rows[self.column]
        return own.notna() if self.value is None else own.astype(str) == self.value

    def is_named(self, metric: Metric) -> bool:
        """Whether a series is about it."""
        return metric.column == self.column and metric.category == self.value


@dataclass(frozen=True)
class Fault:
    """`targets` are those that a table has, with the metric that shows each, and `broken` makes the rows of a day
    wrong."""

    name: str
    targets: Callable[[Replayed], list[Target]]
    broken: Callable[[pd.DataFrame, Target, np.random.Generator], pd.DataFrame]


@dataclass(frozen=True)
class Told:
    """What was said of one fault, in its first bucket of which something was: nothing, or findings, the leading one
    first."""

    fault: str
    target: Target
    first: datetime
    findings: tuple[Finding, ...]

    @property
    def is_found(self) -> bool:
        return bool(self.findings)

    @property
    def is_led(self) -> bool:
        """Whether the leading finding is about the broken values."""
        return self.is_found and self.target.is_named(self.findings[0].metric)

    @property
    def is_named(self) -> bool:
        """Whether any finding is, or the rows lead, of which a run asks the warehouse which are missing."""
        return any(self.target.is_named(one.metric) or family_of(one.metric) is VOLUME for one in self.findings)


def _segments(own: Replayed) -> list[Target]:
    """Values of columns with few that have a part of the rows, neither a small one nor most."""
    return [
        Target(metric.column, metric.category)
        for metric, share in _usual(own).items()
        if metric.column and metric.name == "category_count" and SHARES[0] <= share <= SHARES[1]
    ]


def _filled(own: Replayed) -> list[Target]:
    """Columns that usually have a value in most rows."""
    return [
        Target(metric.column)
        for metric, share in _usual(own).items()
        if metric.column not in (None, own.dataset.event_time) and metric.name == "null_rate" and share <= NULLS
    ]


def _numbers(own: Replayed) -> list[Target]:
    """Columns of amounts: numbers that are no codes."""
    usual = _usual(own)
    codes = {metric.column for metric in usual if metric.category is not None}
    return [
        Target(metric.column)
        for metric, mean in usual.items()
        if metric.column and metric.name == "mean" and mean and metric.column not in codes
        if not metric.column.lower().endswith(("id", "number", "flight", "year", "month", "day", "hour", "minute"))
    ]


def _usual(own: Replayed) -> dict[Metric, float]:
    """The middling value of each series that is watched in the window."""
    [grid], [since] = own.replay.judged[:1], own.replay.since[:1]
    values = grid.watched.values[:, since:]
    with np.errstate(all="ignore"):
        return {
            m: float(np.nanmedian(v)) for m, v in zip(grid.watched.metrics, values, strict=True) if np.isfinite(v).any()
        }


def _fewer(part: float) -> Callable[[pd.DataFrame, Target, np.random.Generator], pd.DataFrame]:
    def broken(rows: pd.DataFrame, target: Target, random: np.random.Generator) -> pd.DataFrame:
        own = np.flatnonzero(target.rows_of(rows))
        gone = random.choice(own, round(part * len(own)), replace=False)
        return rows.drop(index=rows.index[gone])

    return broken


def _nulls(rows: pd.DataFrame, target: Target, random: np.random.Generator) -> pd.DataFrame:
    rows = rows.astype({target.column: object})
    rows.loc[random.random(len(rows)) < NULLS, target.column] = None
    return rows


def _shifted(rows: pd.DataFrame, target: Target, _: np.random.Generator) -> pd.DataFrame:
    return rows.assign(**{target.column: rows[target.column] * SHIFT})


FAULTS = (
    Fault("half of a value's rows", _segments, _fewer(0.5)),
    Fault("80 % of a value's rows", _segments, _fewer(0.8)),
    Fault("all rows of a value", _segments, _fewer(1.0)),
    Fault("30 % of a column NULL", _filled, _nulls),
    Fault("a column 20 % larger", _numbers, _shifted),
)


@dataclass(frozen=True)
class _Place:
    """A fault in `buckets`, and the rows of their day with it."""

    fault: Fault
    target: Target
    buckets: Sequence[datetime]
    rows: pd.DataFrame

    @property
    def day(self) -> datetime:
        return self.buckets[0].replace(hour=0)


def told(own: Replayed, folder: Path) -> list[Told]:
    """What would have been said of the faults of a table; the same ones each time."""
    places = sorted(_places(own), key=lambda place: place.buckets[0])
    if not places:
        return []
    instead = _measured(own, places, folder)
    trails = Trails()
    return [
        Told(place.fault.name, place.target, place.buckets[0], _judged(own, place, values, trails))
        for place, values in zip(places, instead, strict=True)
    ]


def _places(own: Replayed) -> Iterator[_Place]:
    """Days of the window on which nothing was said, each with a fault in its rows."""
    judged, since = own.replay.judged[0], own.replay.since[0]
    grain, buckets = own.grain, judged.watched.buckets[since:]
    said = np.isin(judged.state[:, since:], ("anomaly", "drift")).any(axis=0)
    loud = {bucket.replace(hour=0) for bucket, odd in zip(buckets, said, strict=True) if odd}
    by_day = dict(iter(own.rows.groupby(own.rows[own.dataset.event_time].dt.floor("D"))))
    days = [day for day in dict.fromkeys(bucket.replace(hour=0) for bucket in buckets) if day not in loud]
    days = [day for day in days if len(by_day.get(pd.Timestamp(day), ())) >= LEAST_ROWS]
    for number, fault in enumerate(FAULTS):
        targets, random = fault.targets(own), np.random.default_rng([1, number])
        for day in random.permutation(np.array(days, dtype=object))[: MANY[grain]] if targets else ():
            target = targets[random.integers(len(targets))]
            hour = int(random.integers(24 - LENGTH[grain])) if grain is Grain.HOUR else 0
            buckets = [day + (hour + at) * grain.length for at in range(LENGTH[grain])]
            place = _place(own, by_day[pd.Timestamp(day)], fault, target, buckets, random)
            if place is not None:
                yield place


def _place(
    own: Replayed,
    day: pd.DataFrame,
    fault: Fault,
    target: Target,
    buckets: Sequence[datetime],
    random: np.random.Generator,
) -> _Place | None:
    """The fault in these buckets of a day; None where too few rows could be wrong."""
    times = day[own.dataset.event_time]
    within = (times >= buckets[0]) & (times < buckets[-1] + own.grain.length)
    if target.rows_of(day[within]).sum() < LEAST_TOUCHED:
        return None
    rows = pd.concat([fault.broken(day[within], target, random), day[~within]])
    return _Place(fault, target, buckets, rows)


def _measured(own: Replayed, places: Sequence[_Place], folder: Path) -> list[dict[datetime, dict[Metric, float]]]:
    """What runs measure of each of the broken days, by bucket."""
    column = str(own.dataset.event_time)
    days = [_APART + number * _DAY for number in range(len(places))]
    moved = [
        place.rows.assign(**{column: place.rows[column] + (day - place.day)})
        for day, place in zip(days, places, strict=True)
    ]
    file = write(own.rows, folder / "broken.duckdb", moved)
    known = replace(own.known, last_whole_table=None, newest_bucket=None)
    found = measured(own.dataset, file, known, (_APART + len(moved) * _DAY).replace(tzinfo=UTC) - _SECOND)
    values: list[dict[datetime, dict[Metric, float]]] = [{} for _ in places]
    for grid in found.grids:
        for at, bucket in enumerate(grid.buckets):
            if bucket is not None:
                number = (bucket - _APART) // _DAY
                line = zip(grid.metrics, grid.values[:, at].tolist(), strict=True)
                there = places[number].day + (bucket - days[number])
                values[number].setdefault(there, {}).update({m: value for m, value in line if np.isfinite(value)})
    return values


def _judged(
    own: Replayed, place: _Place, instead: Mapping[datetime, Mapping[Metric, float]], trails: Trails
) -> tuple[Finding, ...]:
    """What leaves its band in the first bucket of the fault in which anything does."""
    first, last = place.buckets[0], place.buckets[-1]
    series = {metric: {at: value for at, value in values.items() if at < first} for metric, values in own.past.items()}
    for bucket in place.buckets:
        for metric, value in instead.get(bucket, {}).items():
            series.setdefault(metric, {})[bucket] = value
    # hours are followed anew for each fault: from where a run would begin, or it would take too long
    reach = REACH[own.grain] + (own.window if own.grain is Grain.DAY else _DAY)
    grid = by_bucket(series, own.grain, last, reach)
    if grid is None:
        return ()
    detection, at = own.dataset.detection, len(grid.buckets) - len(place.buckets)
    [allowed] = spending([grid], detection.alerts_per_90_days)
    found = judged(grid, allowed, detection.holidays, (), trails.scorer("events", at))
    return next((tuple(each) for number in range(at, len(grid.buckets)) if (each := found.outside(number))), ())
