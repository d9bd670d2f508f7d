"""The tasks: which series, which faults, which detectors take part; and running one of them."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from bench.detect import catalogue, faults, made_up, operational
from bench.detect.detectors import Array, Case, Detector
from bench.detect.faults import Fault
from bench.detect.measure import Scored
from bench.detect.sources import Grain, Half, Series


@dataclass(frozen=True)
class Trial:
    """An untouched series, and the same with one fault at a time: (fault, its first bucket, the case)."""

    name: str
    source: str
    clean: Case
    broken: tuple[tuple[str, int, Case], ...]


@dataclass(frozen=True)
class Task:
    title: str
    faults: tuple[str, ...]
    lasting: frozenset[str]
    trials: Callable[[Half], Iterator[Trial]]


def run(detector: Detector, trials: list[Trial]) -> list[Scored]:
    """Scores everything in one go, so that a detector may work on many series at once."""
    cases = [case for trial in trials for case in (trial.clean, *(broken for _, _, broken in trial.broken))]
    scores = iter(detector.score(cases))
    found = []
    for trial in trials:
        clean = next(scores)
        days = trial.clean.index[trial.clean.first :].normalize().asi8
        scored = Scored(trial.name, trial.source, days, clean)
        for fault, at, case in trial.broken:
            start = at - trial.clean.first
            pair = (next(scores), clean[start : start + len(case.values) - at])
            scored.found.setdefault(fault, []).append(pair)
        found.append(scored)
    return found


def _days(half: Half, sparse: bool) -> Iterator[Trial]:
    for series in catalogue.load(half, "day"):
        if series.sparse == sparse:
            yield trial_of(series, faults.DAILY, "count")


def _hours(half: Half, sparse: bool) -> Iterator[Trial]:
    for series in catalogue.load(half, "hour"):
        if series.sparse == sparse:
            yield trial_of(series, faults.HOURLY, "count")


def trial_of(series: Series, kinds: tuple[Fault, ...], kind: str) -> Trial:
    """A series with each fault at each of its places."""
    values = series.values.to_numpy()
    clean = Case(values, series.values.index, series.first, kind, series.country)
    broken = [
        (fault.name, at, replace(clean, values=faults.inject(values, at, fault), first=at))
        for fault in kinds
        for at in faults.places(series, fault)
    ]
    return Trial(series.name, series.source, clean, tuple(broken))


def _rates(half: Half) -> Iterator[Trial]:
    for series in catalogue.load(half, "day"):
        rows = series.values.to_numpy()
        if np.median(rows) < faults.NULL_ROWS:
            continue
        late = replace(series, first=max(series.first, len(rows) - faults.NULL_DAYS))
        for spread in faults.NULL_SPREADS:
            yield _rate_trial(late, rows, spread)


def _rate_trial(series: Series, rows: Array, spread: float) -> Trial:
    name = f"{series.name}, spread {spread:.0%}"
    seed = np.random.default_rng(zlib.crc32(name.encode()))
    rates = faults.null_rates(rows, faults.BASE_RATE, spread, seed)
    clean = Case(rates, series.values.index, series.first, "rate", series.country, rows)
    broken = []
    for jump in faults.NULL_JUMPS:
        for at in faults.places(series, faults.DAILY[0]):
            values = rates[: at + 1].copy()
            values[at] = faults.null_rates(rows[at : at + 1], jump, spread, seed)[0]
            broken.append((f"to {jump:.0%}", at, replace(clean, values=values, first=at, rows=rows[: at + 1])))
    return Trial(name, series.source, clean, tuple(broken))


def _operational(half: Half) -> Iterator[Trial]:
    for series in operational.load(half):
        yield trial_of(series, operational.FAULTS, "value")


def _made_up(half: Half, grain: Grain) -> Iterator[Trial]:
    for series in made_up.load(half, grain):
        yield trial_of(series, (), "count")


def _task(title: str, kinds: tuple[Fault, ...], trials: Callable[[Half], Iterator[Trial]]) -> Task:
    return Task(
        title, tuple(fault.name for fault in kinds), frozenset(fault.name for fault in kinds if fault.lasts), trials
    )


TASKS = {
    "daily": _task("Rows per day", faults.DAILY, lambda half: _days(half, sparse=False)),
    "sparse": _task("Few rows per day", faults.DAILY, lambda half: _days(half, sparse=True)),
    "hourly": _task("Rows per hour", faults.HOURLY, lambda half: _hours(half, sparse=False)),
    "sparse hours": _task("Few rows per hour", faults.HOURLY, lambda half: _hours(half, sparse=True)),
    "rates": Task(
        "Null rate per day, 1 % usual", tuple(f"to {jump:.0%}" for jump in faults.NULL_JUMPS), frozenset(), _rates
    ),
    "made-up days": _task("Made-up rows per day, nothing wrong", (), lambda half: _made_up(half, "day")),
    "made-up hours": _task("Made-up rows per hour, nothing wrong", (), lambda half: _made_up(half, "hour")),
    "operational": _task("Short hourly series without season", operational.FAULTS, _operational),
}
