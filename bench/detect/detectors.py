"""What is compared, behind one face: cases in, scores of their judged buckets out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from bench.detect import rules

Array = np.ndarray
Kind = Literal["count", "rate", "value"]


@dataclass(frozen=True)
class Case:
    """Values up to and including the last judged bucket, judged from position `first` on, each by what was before it.
    `index` may go on after them. `rows`: how many rows stand behind each value of a rate."""

    values: Array
    index: pd.DatetimeIndex
    first: int
    kind: Kind = "count"
    country: str | None = None
    rows: Array | None = None

    @property
    def hourly(self) -> bool:
        return len(self.index) > 1 and self.index[1] - self.index[0] < pd.Timedelta(days=1)


@dataclass(frozen=True)
class Detector:
    """`score` gives one array per case, from `first` on. At its own default, a detector alarms at 1 and more."""

    name: str
    score: Callable[[Sequence[Case]], list[Array]]


def judged_days(case: Case) -> Iterator[tuple[int, int, int]]:
    """(start of the day, first and end of its judged buckets) for every day with judged buckets."""
    dates = case.index[: len(case.values)].normalize()
    for date in dates[case.first :].unique():
        start, end = dates.searchsorted(date), dates.searchsorted(date, side="right")
        yield int(start), max(int(start), case.first), int(end)


def _each(rule: Callable[[Array, Case], float], window: int) -> Callable[[Sequence[Case]], list[Array]]:
    """Applies a rule of one value to every judged bucket; `window` values are all it looks at."""

    def score(cases: Sequence[Case]) -> list[Array]:
        return [
            np.array(
                [
                    rule(case.values[max(0, at + 1 - window) : at + 1], case)
                    for at in range(case.first, len(case.values))
                ]
            )
            for case in cases
        ]

    return score


def _buckets(case: Case, days: int) -> int:
    return days * 24 if case.hourly else days


RULES = (
    Detector("Elementary", _each(lambda v, c: rules.elementary(v, _buckets(c, 14), 168 if c.hourly else 7), 14 * 24)),
    Detector(
        "plain 14-day z", _each(lambda v, c: rules.plain_z(v, _buckets(c, 14), 168 if c.hourly else 7), 14 * 24 + 1)
    ),
    Detector("same-weekday z", _each(lambda v, c: rules.same_weekday_z(v, 168 if c.hourly else 7), 8 * 168 + 1)),
    Detector("rolling MAD", _each(lambda v, c: rules.rolling_mad(v, _buckets(c, 28)), 28 * 24 + 1)),
    Detector("DQOps", _each(lambda v, c: rules.dqops_percent(v) if c.kind == "rate" else rules.dqops_count(v), 91)),
)


def named(name: str) -> Detector:
    """Models, the study's rule and Vitals are imported only when asked for: they need more than numpy and pandas."""
    for detector in RULES:
        if detector.name == name:
            return detector
    if name.startswith("Vitals"):
        from bench.detect.vitals import VITALS

        return next(detector for detector in VITALS if detector.name == name)
    if name.startswith("study"):
        from bench.detect.study import STUDY

        return next(detector for detector in STUDY if detector.name == name)
    from bench.detect.models import MODELS

    return MODELS[name]


NAMES = (
    "Vitals",
    "Vitals without a calendar",
    "study's rule",
    "study's rule without holidays",
    "AutoETS",
    "MSTL",
    "TestGen",
    *(detector.name for detector in RULES),
)
