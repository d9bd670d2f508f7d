"""Faults in the rows of single days: what a run would have said of each, had it happened.

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

#: faults of each kind in a table
MANY = 12
#: rows of a day below which nothing is put in, and rows that a fault touches at least
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
    """What was said of one fault: nothing, or findings, the leading one first."""

    fault: str
    target: Target
    day: datetime
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
    fault: Fault
    target: Target
    day: datetime
    rows: pd.DataFrame


def told(own: Replayed, folder: Path) -> list[Told]:
    """What would have been said of the faults of a table; the same ones each time."""
    places = sorted(_places(own), key=lambda place: place.day)
    if not places:
        return []
    instead = _measured(own, [place.rows for place in places], folder)
    trails = Trails()
    return [
        Told(place.fault.name, place.target, place.day, _judged(own, place.day, values, trails))
        for place, values in zip(places, instead, strict=True)
    ]


def _places(own: Replayed) -> Iterator[_Place]:
    """Days of the window on which nothing was said, each with a fault in its rows."""
    judged, since = own.replay.judged[0], own.replay.since[0]
    quiet = ~np.isin(judged.state, ("anomaly", "drift")).any(axis=0)
    days = [bucket for bucket, fine in zip(judged.watched.buckets[since:], quiet[since:], strict=True) if fine]
    by_day = dict(iter(own.rows.groupby(own.rows[own.dataset.event_time].dt.floor("D"))))
    days = [day for day in days if len(by_day.get(pd.Timestamp(day), ())) >= LEAST_ROWS]
    for number, fault in enumerate(FAULTS):
        targets, random = fault.targets(own), np.random.default_rng([1, number])
        for day in random.permutation(np.array(days, dtype=object))[:MANY] if targets else ():
            target, rows = targets[random.integers(len(targets))], by_day[pd.Timestamp(day)]
            if target.rows_of(rows).sum() >= LEAST_TOUCHED:
                yield _Place(fault, target, day, fault.broken(rows, target, random))


def _measured(own: Replayed, broken: Sequence[pd.DataFrame], folder: Path) -> list[dict[Metric, float]]:
    """What a run measures of each of the broken days."""
    column = str(own.dataset.event_time)
    moved = [
        rows.assign(**{column: rows[column] + ((_APART + number * _DAY) - rows[column].iloc[0].floor("D"))})
        for number, rows in enumerate(broken)
    ]
    file = write(own.rows, folder / "broken.duckdb", moved)
    known = replace(own.known, last_whole_table=None, newest_bucket=None)
    found = measured(own.dataset, file, known, (_APART + len(moved) * _DAY).replace(tzinfo=UTC) - _SECOND)
    values: list[dict[Metric, float]] = [{} for _ in moved]
    for grid in found.grids:
        for at, bucket in enumerate(grid.buckets):
            if bucket is not None:
                line = zip(grid.metrics, grid.values[:, at].tolist(), strict=True)
                values[(bucket - _APART) // _DAY] |= {metric: value for metric, value in line if np.isfinite(value)}
    return values


def _judged(own: Replayed, day: datetime, instead: Mapping[Metric, float], trails: Trails) -> tuple[Finding, ...]:
    """What leaves its band on a day of which this was measured."""
    series = {metric: {at: value for at, value in values.items() if at < day} for metric, values in own.past.items()}
    for metric, value in instead.items():
        series.setdefault(metric, {})[day] = value
    grid = by_bucket(series, Grain.DAY, day, own.window + REACH[Grain.DAY])
    if grid is None:
        return ()
    detection, at = own.dataset.detection, len(grid.buckets) - 1
    [allowed] = spending([grid], detection.alerts_per_90_days)
    found = judged(grid, allowed, detection.holidays, (), trails.scorer("events", at))
    return tuple(found.outside(at))
