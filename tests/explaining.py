"""Planted causes: real flights and generated orders of five equal weekdays, with a fault of known cause in the last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from checks.explain.ask import Question
from checks.explain.record import Explanation
from checks.explain.subject import Subject, subject_of
from checks.records import Dataset, EventTime
from connectors import TableName
from connectors.demo import cycle

WEEKS = 5
Where = dict[str, Any]
METRICS = ("bucket_rows", "null_rate", "mean")
#: changes that are worth a question, in parts of the usual count or mean, and in parts of the rows
_ANOMALOUS = {"bucket_rows": 0.05, "null_rate": 0.02, "mean": 0.08}


@dataclass(frozen=True, slots=True)
class Case:
    """A table with a fault: what changed (`metric` of `column`), where it was planted (nowhere: everywhere alike), and
    the buckets, the judged one first."""

    name: str
    frame: pd.DataFrame
    event_time: str
    metric: str
    column: str | None
    planted: tuple[Where, ...]
    buckets: tuple[datetime, ...]

    def question(self, table: TableName, **more: Any) -> Question:
        dataset = Dataset("shop", table, event_time=self.event_time)
        subject: Subject = subject_of(dataset, self.metric, self.column, None, frozenset())
        return Question(
            dataset, subject, self.buckets[0], EventTime(self.event_time, "config"), self.buckets[1:], **more
        )

    def is_named_by(self, found: Explanation) -> bool:
        """Whether the segments are the planted ones: each covers the rows of one, and nothing else is named."""
        if not self.planted:
            return not found.segments and found.sentence.startswith("No segment explains it")
        named = [self._rows(dict(segment.values)) for segment in found.segments]
        planted = [self._rows(where) for where in self.planted]
        if len(named) != len(planted):
            return False
        return all(any((mine & theirs).sum() >= 0.9 * (mine | theirs).sum() for theirs in named) for mine in planted)

    def _rows(self, where: Where) -> pd.Series:
        before = self.frame[self.frame[self.event_time].dt.normalize() != self.buckets[0]]
        mask = pd.Series(data=True, index=before.index)
        for column, value in where.items():
            mask &= before[column].map(lambda cell: str(cell).lower() if isinstance(cell, bool) else str(cell)) == str(
                value
            )
        return mask


def cases(seeds: Sequence[int]) -> list[Case]:
    """One case for each seed: all combinations of table, metric and kind of cause in turn."""
    return [_case(seed) for seed in seeds]


def _case(seed: int) -> Case:
    rng = np.random.default_rng(seed)
    kind = ("one", "pair", "two", "none")[seed % 4]
    metric = METRICS[seed // 4 % 3]
    frame, buckets, event_time, column = (_flights if seed // 12 % 2 else _orders)(rng, metric)
    judged = frame[event_time].dt.normalize() == buckets[0]
    planted = _planted(rng, frame[~judged], kind, [event_time, column or ""])
    masks = [np.logical_and.reduce([frame[c] == v for c, v in where.items()]) & judged for where in planted] or [judged]
    broken = _broken(rng, frame, masks, metric, column)
    if _change(broken, buckets, event_time, metric, column) < _ANOMALOUS[metric]:  # nobody would ask why: another one
        return _case(seed + 12_000)
    name = f"{seed} {kind} {'flights' if seed // 12 % 2 else 'orders'} {metric}"
    texts = tuple(
        {c: str(v).lower() if isinstance(v, bool | np.bool_) else str(v) for c, v in w.items()} for w in planted
    )
    return Case(name, broken, event_time, metric, column, texts, buckets)


# -- tables ------------------------------------------------------------------------------------------------------------


@cache
def _year() -> pd.DataFrame:
    columns = ["carrier", "origin", "dest", "hour", "month", "day", "dep_delay", "distance", "tailnum", "time_hour"]
    flights = pd.read_csv(cycle.package_file("flights.csv.zip"), usecols=columns)
    flights["time_hour"] = pd.to_datetime(flights["time_hour"], utc=True).dt.tz_localize(None)
    flights["long_haul"] = flights["distance"] > 1500
    return flights.assign(date=flights["time_hour"].dt.normalize())


def _flights(rng: np.random.Generator, metric: str) -> tuple[pd.DataFrame, tuple[datetime, ...], str, str | None]:
    day = datetime(2013, 3, 1) + timedelta(days=int(rng.integers(0, 300)))  # noqa: DTZ001 buckets are naive
    buckets = tuple(day - timedelta(days=7 * week) for week in range(WEEKS))
    year = _year()
    frame = year[year["date"].isin(buckets)].drop(columns="date").reset_index(drop=True)
    column = {"bucket_rows": None, "null_rate": "tailnum", "mean": "distance"}[metric]
    return frame.drop(columns="long_haul") if column == "distance" else frame, buckets, "time_hour", column


def _orders(rng: np.random.Generator, metric: str) -> tuple[pd.DataFrame, tuple[datetime, ...], str, str | None]:
    day = datetime(2026, 3, 15)  # noqa: DTZ001 buckets are naive
    buckets = tuple(day - timedelta(days=7 * week) for week in range(WEEKS))
    shapes = {
        name: int(rng.integers(low, high))
        for name, low, high in (("country", 8, 40), ("channel", 3, 8), ("product", 10, 60), ("version", 2, 12))
    }
    weights = {name: rng.dirichlet(np.full(size, 1.5)) for name, size in shapes.items()}
    usual, days = int(rng.integers(3_000, 20_000)), []
    for start in buckets:
        rows = int(usual * rng.normal(1, 0.04))
        # each value has a popularity of its own that strays from day to day
        of_day = {name: w * rng.lognormal(0, 0.04, len(w)) for name, w in weights.items()}
        days.append(
            pd.DataFrame(
                {name: rng.choice(len(w), rows, p=w / w.sum()) for name, w in of_day.items()}
                | {"placed_at": start + pd.to_timedelta(rng.uniform(0, 86_399, rows), unit="s")}
            )
        )
    frame = pd.concat(days, ignore_index=True)
    frame["region"] = (frame["country"] % 4).map(lambda i: f"region-{i}")  # implied by the country
    frame["express"] = rng.random(len(frame)) < 0.3
    amount = rng.lognormal(3 + 0.2 * (frame["product"] % 5), 0.6)
    frame["amount"] = amount
    frame["email"] = np.where(rng.random(len(frame)) < 0.01, None, "known")
    for name in ("country", "channel", "product"):
        frame[name] = frame[name].map(lambda i, name=name: f"{name[:2].upper()}{i}")
    return frame, buckets, "placed_at", {"bucket_rows": None, "null_rate": "email", "mean": "amount"}[metric]


# -- faults ------------------------------------------------------------------------------------------------------------


def _planted(rng: np.random.Generator, frame: pd.DataFrame, kind: str, own: Sequence[str]) -> list[Where]:
    """Segments that are large enough to be missed (5 to 40 % of the rows), of columns that are no measure or moment."""
    columns = [
        name
        for name in frame.columns
        if name not in (*own, "month", "day", "distance", "dep_delay", "tailnum", "amount", "email")
    ]
    singles = [({c: v}, n) for c in columns for v, n in frame[c].value_counts(normalize=True).items()]
    singles = [where for where, part in singles if 0.05 <= part <= 0.4]
    if kind == "one":
        return [singles[rng.integers(len(singles))]]
    if kind == "pair":
        return [_pair(rng, frame, columns)]
    if kind == "two":
        while True:
            first, second = (singles[i] for i in rng.choice(len(singles), 2, replace=False))
            both = [np.logical_and.reduce([frame[c] == v for c, v in where.items()]) for where in (first, second)]
            if (both[0] & both[1]).sum() < 0.3 * min(both[0].sum(), both[1].sum()):
                return [first, second]
    return []


def _pair(rng: np.random.Generator, frame: pd.DataFrame, columns: Sequence[str]) -> Where:
    """Two values of which neither has most of the other's rows."""
    while True:
        one, other = map(str, rng.choice(columns, 2, replace=False))
        sizes = frame.groupby([one, other], observed=True).size() / len(frame)
        first, second = frame[one].value_counts(normalize=True), frame[other].value_counts(normalize=True)
        fit = [
            (a, b)
            for (a, b), part in sizes.items()
            if 0.04 <= part <= 0.4 and part < 0.6 * first[a] and part < 0.6 * second[b]
        ]
        if fit:
            a, b = fit[rng.integers(len(fit))]
            return {one: a, other: b}


def _change(
    frame: pd.DataFrame, buckets: Sequence[datetime], event_time: str, metric: str, column: str | None
) -> float:
    """By which part a count or mean has changed, or by how much a rate."""
    days = frame.groupby(frame[event_time].dt.normalize())
    numbers = {
        "bucket_rows": days.size,
        "null_rate": lambda: days[column].apply(lambda values: values.isna().mean()),
        "mean": lambda: days[column].mean(),  # noqa: PLW0108 the column may be None
    }[metric]()
    before, now = numbers.drop(buckets[0], errors="ignore").median(), numbers.get(buckets[0], 0.0)
    return abs(now - before) / (1 if metric == "null_rate" else before)


def _broken(
    rng: np.random.Generator, frame: pd.DataFrame, masks: Sequence[Any], metric: str, column: str | None
) -> pd.DataFrame:
    frame = frame.copy()
    everywhere = len(masks) == 1 and masks[0].mean() > 0.15  # a whole bucket of five
    for mask in masks:
        strength = rng.uniform(0.3, 0.6) if everywhere else rng.uniform(0.6, 1.0)
        hit = mask & (rng.random(len(frame)) < strength)
        if metric == "bucket_rows":
            frame.loc[hit, "gone"] = True
        elif metric == "null_rate":
            frame.loc[hit, column] = None
        else:
            frame[column] = frame[column].astype(float)
            frame.loc[mask, column] *= rng.uniform(2, 4)
    if "gone" in frame.columns:
        frame = frame[frame["gone"].isna()].drop(columns="gone")
    return frame.reset_index(drop=True)
