"""Standard faults, put into real series one at a time: which of them would have been found. Pure, and seeded.

Each fault is put into a copy of its series at buckets of the window where nothing was found, and the copy is judged as
the series itself was. It is found when the series is outside its band in a bucket that the fault touches.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np

from checks.backtest.replay import Replay
from checks.learned import labels as said
from checks.learned.families import MISSING, VOLUME, family_of
from checks.learned.grids import of_rows
from checks.learned.judging import Judged, verdicts
from checks.records import Detection, Grain, Label, Metric

#: faults of one kind that are put into one dataset, and into one series
MOST, MOST_A_SERIES = 120, 40
_DRIFT_DAYS, _DRIFT = 28, 0.4
_HOURS = 6
_FEW_VALUES = 50
_OUTSIDE = ("anomaly", "drift")

#: the values of the buckets that a fault touches, a random number from 0 to 1; what they become
Change = Callable[[np.ndarray, float], np.ndarray]


@dataclass(frozen=True, slots=True)
class Fault:
    """`name` is what it does, `suits` the series that can have it (with their usual value), `days` how long it lasts: a
    day (six hours of an hourly series) or more. `change` says what becomes of the touched values."""

    name: str
    suits: Callable[[Metric, float], bool]
    change: Change
    days: int = 1
    lacking: str = "there are no rows per bucket"


def _rows(metric: Metric, usual: float) -> bool:
    return family_of(metric) is VOLUME and usual >= 1


def _null_rate(metric: Metric, usual: float) -> bool:
    return family_of(metric) is MISSING and usual <= 1 - _JUMP


def _categories(metric: Metric, usual: float) -> bool:
    if metric.name == "category_count":
        return 0 < usual < 1
    return metric.name == "distinct_count" and 2 <= usual <= _FEW_VALUES


_JUMP = 0.05


def _drop(share: float) -> Change:
    return lambda values, _: np.round(values * (1 - share))


def _late(values: np.ndarray, chance: float) -> np.ndarray:
    """Up to 60 % of the rows are there when the bucket is judged, the rest comes after."""
    return np.round(values * 0.6 * chance)


def _drift(values: np.ndarray, _: float) -> np.ndarray:
    return np.round(values * np.linspace(1, 1 - _DRIFT, len(values) + 1)[1:])


def _vanished(values: np.ndarray, _: float) -> np.ndarray:
    """A share that becomes nothing; of several values one that is not there any more."""
    return np.where(values < 1, 0.0, values - 1)


FAULTS = (
    Fault("drop by 30 %", _rows, _drop(0.3)),
    Fault("drop by 50 %", _rows, _drop(0.5)),
    Fault("drop by 80 %", _rows, _drop(0.8)),
    Fault("missing bucket", _rows, _drop(1.0)),
    Fault("doubled bucket", _rows, lambda values, _: values * 2),
    Fault("late bucket", _rows, _late),
    Fault("slow drift to -40 % in 28 days", _rows, _drift, _DRIFT_DAYS),
    Fault("null rate up by 5 points", _null_rate, lambda values, _: values + _JUMP, 1, "no column has a null rate"),
    Fault("vanished category", _categories, _vanished, 1, "no column of few different values is measured"),
)


@dataclass(frozen=True, slots=True)
class Recall:
    """How many of the faults of one kind were found; `why_none` where there was nothing to put them into."""

    fault: str
    series: int
    injected: int
    found: int
    why_none: str | None = None


@dataclass(frozen=True, slots=True)
class _Place:
    """One fault at one place: the buckets `first` to `last` (excluded) of series `row`."""

    fault: Fault
    row: int
    first: int
    last: int
    chance: float


def injected(replayed: Replay, labels: Sequence[Label], seed: int) -> list[Recall]:
    """The recall of every standard fault. The same seed chooses the same places."""
    series, tried, hits = ({fault.name: 0 for fault in FAULTS} for _ in range(3))
    for judged, since, allowed in zip(replayed.judged, replayed.since, replayed.allowed, strict=True):
        places = []
        for number, fault in enumerate(FAULTS):
            rows = _suitable(fault, judged)
            own = _places(fault, judged, rows, since, np.random.default_rng([seed, number]))
            series[fault.name] += len(rows)
            tried[fault.name] += len(own)
            places += own
        for place, found in zip(places, _found(judged, places, allowed, replayed.detection, labels), strict=True):
            hits[place.fault.name] += found
    return [
        Recall(fault.name, count, tried[fault.name], hits[fault.name], _why_none(fault, count, tried[fault.name]))
        for fault, count in zip(FAULTS, series.values(), strict=True)
    ]


def _why_none(fault: Fault, series: int, tried: int) -> str | None:
    if tried:
        return None
    return "no stretch of the window was judged for long enough" if series else fault.lacking


def _suitable(fault: Fault, judged: Judged) -> list[int]:
    watched = judged.watched
    return [row for row, metric in enumerate(watched.metrics) if fault.suits(metric, _usual(watched.values[row]))]


def _places(fault: Fault, judged: Judged, rows: Sequence[int], since: int, random: np.random.Generator) -> list[_Place]:
    places = [place for row in rows for place in _places_of(fault, judged, row, since, random)]
    if len(places) <= MOST:
        return places
    return [places[at] for at in sorted(random.choice(len(places), MOST, replace=False))]


def _places_of(fault: Fault, judged: Judged, row: int, since: int, random: np.random.Generator) -> list[_Place]:
    """Buckets of the window from which on nothing was found for as long as the fault lasts."""
    long = _lasts(fault, judged.watched.grain)
    fine = judged.state[row] == "normal"
    if family_of(judged.watched.metrics[row]) is VOLUME:
        fine &= judged.watched.values[row] > 0
    windows = np.lib.stride_tricks.sliding_window_view(fine, min(long, len(fine)))
    starts = np.flatnonzero(windows.all(axis=1)) if len(fine) >= long else np.array([], dtype=int)
    starts = starts[starts >= since]
    chosen = random.choice(starts, min(MOST_A_SERIES, len(starts)), replace=False) if len(starts) else []
    return [_Place(fault, row, int(at), int(at) + long, float(random.random())) for at in sorted(chosen)]


def _found(
    judged: Judged, places: Sequence[_Place], allowed: np.ndarray, detection: Detection, labels: Sequence[Label]
) -> list[bool]:
    """For each place whether its fault was found: its bucket is outside the band of a copy with the fault."""
    if not places:
        return []
    watched = judged.watched
    rows = np.array([place.row for place in places])
    until = max(place.last for place in places)
    copies = of_rows(watched, rows)
    values = copies.values[:, :until].copy()
    for line, place in zip(values, places, strict=True):
        touched = slice(place.first, place.last)
        line[touched] = place.fault.change(line[touched], place.chance)
    copies = replace(copies, buckets=copies.buckets[:until], values=values, rows=copies.rows[:, :until])
    heard = said.heard(watched, labels).of(rows, until)
    outside = np.isin(verdicts(copies, allowed[rows, :until], detection.holidays, heard).state, _OUTSIDE)
    return [bool(line[place.first : place.last].any()) for line, place in zip(outside, places, strict=True)]


def _usual(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else 0.0


def _lasts(fault: Fault, grain: Grain) -> int:
    if grain is not Grain.HOUR:
        return fault.days
    return _HOURS if fault.days == 1 else fault.days * (timedelta(days=1) // timedelta(hours=1))
