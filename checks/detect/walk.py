"""Taking many series through all their buckets: what was expected of each bucket before its value was seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from checks.detect import never_empty
from checks.detect.calendars import Calendar, calendar_of
from checks.detect.following import Follower
from checks.detect.memory import Memory
from checks.detect.scales import floors, to_scale
from checks.detect.settings import KINDS, PARTS, Kind, Settings, kind_of

Array = np.ndarray

#: buckets that must have taught before a series is judged, daily and hourly
LEARN_DAILY, LEARN_HOURLY = 14, 192
#: a value that did not move in so many days is expected to stay
STILL = 28


@dataclass(frozen=True)
class Beside:
    """What is known beside the values: grids of series x buckets, and moments per series."""

    excluded: Array | None = None
    excused: Array | None = None
    allowed: Array | None = None
    denominators: Array | None = None
    regimes: Sequence[Sequence[pd.Timestamp]] | None = None


@dataclass(frozen=True)
class Trail:
    """How far series were followed, and what that left, T x S: to go on from there."""

    memory: Memory
    begun: Array
    least: Array
    traces: Mapping[str, Array]

    @classmethod
    def start(cls, series: int, calendar: Calendar) -> Trail:
        """Nothing followed yet."""
        numbers = dict.fromkeys(("centre", "spread", "level", "taught", "fresh", "by_chance"), float)
        kinds = {**numbers, "always_none": bool, "always_all": bool, "resting": bool, "always_filled": np.int8}
        traces = {name: np.zeros((0, series), dtype) for name, dtype in kinds.items()}
        return cls(Memory.empty(series, calendar), np.zeros(series), np.full(series, 1e-9), traces)

    @property
    def length(self) -> int:
        """How many buckets were followed."""
        return len(self.traces["centre"])

    @cached_property
    def size(self) -> int:
        """How many bytes it takes: of young series the memory takes most of them, 27 kB for each by the hour."""
        return self.memory.size + sum(part.nbytes for part in self.traces.values())

    def room(self, buckets: int) -> dict[str, Array]:
        """The traces with room for as many buckets in all."""
        more = buckets - self.length
        return {
            name: np.concatenate([part, np.zeros((more, part.shape[1]), part.dtype)])
            for name, part in self.traces.items()
        }


@dataclass(frozen=True)
class Followed:
    """What following left, all S x T and on the scale, and the memory after the last bucket."""

    values: Array
    centre: Array
    spread: Array
    level: Array
    taught: Array
    #: the part of a count's variance that pure chance gives
    by_chance: Array
    #: values that teach, and those that began a needless alarm
    judged: Array
    excused: Array
    calendar: Calendar
    memory: Memory
    follower: Follower
    #: the last bucket, ISO 8601
    last: str | None
    #: how many alerts in 90 days each series may raise
    allowed: Array
    #: the smallest standard deviation told apart, of S series
    least: Array
    #: the first bucket of the regime that each bucket belongs to
    fresh: Array
    #: True where all that was measured before is 0, and where it is 100 %
    always_none: Array
    always_all: Array
    #: of how many buckets up to this one a count always had rows in some, 0 where that can not be said
    always_filled: Array
    #: True where a value mostly rested at 0: it is not judged
    resting: Array
    #: the rows behind rates and shares, where they are known
    behind: Array | None
    trail: Trail
    #: the first bucket to judge
    since: int = 0


def follow(
    grid: Array,
    buckets: pd.DatetimeIndex,
    kinds: Sequence[Kind],
    settings: Settings,
    beside: Beside,
    trail: Trail | None = None,
) -> Followed:
    """Takes all series through all buckets, or on from where a trail of the same series and their first buckets
    ends."""
    grid = np.asarray(grid, dtype=float)
    _check(grid, buckets, kinds)
    calendar = calendar_of(buckets, settings.holidays)
    values = by_kind(to_scale, grid, kinds)
    values[~np.isfinite(grid)] = np.nan
    lessons, excused = _lessons(values, beside)
    is_kind = {kind: np.array([each == kind for each in kinds], dtype=bool) for kind in KINDS}
    parts = np.isin(kinds, PARTS)
    trail = trail or Trail.start(len(grid), calendar)
    memory, begun, least = trail.memory.further(calendar), trail.begun.copy(), trail.least
    follower = Follower(memory, calendar, is_kind["count"], is_kind["rate"], is_kind["share"])
    by_rows = _rows_chance(beside.denominators, parts, grid.shape)
    starts = _starts(buckets, beside.regimes, len(grid))
    trace, by_bucket = trail.room(len(buckets)), np.ascontiguousarray(lessons.T)
    for t in range(trail.length, len(buckets)):
        value, lesson, rows = values[:, t], by_bucket[t], by_rows[t]
        if t in starts:
            memory.forget(starts[t])
            begun[starts[t]] = t
        expected = follower.expect(t, rows, least)
        if t % calendar.cycle == 0 or t < 8:
            least = _least(expected.centre, kinds, settings)
        started = memory.taught > 0
        trace["centre"][t] = np.where(started, expected.centre, np.nan)
        trace["spread"][t] = np.where(started, expected.spread, np.nan)
        trace["level"][t] = value - (expected.centre - expected.level)
        trace["taught"][t], trace["fresh"][t] = memory.taught, begun
        trace["by_chance"][t] = expected.by_chance
        trace["always_none"][t] = (is_kind["count"] | parts) & (memory.highest == 0)
        if never_empty.applies(calendar, t):
            always = never_empty.always_filled(memory, calendar, calendar.noise_cells[t], np.isfinite(lesson))
            trace["always_filled"][t] = is_kind["count"] * always
        if is_kind["value"].any():
            trace["resting"][t] = is_kind["value"] & is_resting(memory, calendar)
        trace["always_all"][t] = parts & (memory.lowest == np.pi / 2)
        never_empty.see(memory, value)
        follower.learn(t, lesson, expected)
    by_series: dict[str, Any] = {name: array.T for name, array in trace.items()}
    return Followed(
        values=values,
        judged=np.isfinite(lessons),
        excused=excused,
        allowed=np.broadcast_to(settings.of_one_series if beside.allowed is None else beside.allowed, values.shape),
        calendar=calendar,
        memory=memory,
        follower=follower,
        least=least,
        last=buckets[-1].isoformat() if len(buckets) else None,
        behind=None if beside.denominators is None else np.asarray(beside.denominators, dtype=float),
        trail=Trail(memory, begun, least, trace),
        **by_series,
    )


def _lessons(values: Array, beside: Beside) -> tuple[Array, Array]:
    """The values that teach, NaN elsewhere, and which of the others were needless alarms: those of neighbouring buckets
    are one, told by the first."""
    none = np.zeros(values.shape, dtype=bool)
    excluded = none if beside.excluded is None else beside.excluded
    excused = none if beside.excused is None else beside.excused & ~excluded & np.isfinite(values)
    again = np.zeros_like(excused)
    again[:, 1:] = excused[:, :-1]
    return np.where(excluded | excused, np.nan, values), excused & ~again


def is_resting(memory: Memory, calendar: Calendar) -> Array:
    """Where a series rests at 0 on most days, as rain does: nobody can say how far it goes when it moves. One that did
    not move at all for weeks may not begin to."""
    still = (memory.taught >= STILL * calendar.per_day) & (memory.moved < 0.5)
    return (memory.lowest == 0) & (memory.at_rest > memory.moved) & ~still


def needed(calendar: Calendar) -> int:
    """How many measured buckets are learned from before values are judged."""
    return LEARN_DAILY if calendar.daily else LEARN_HOURLY


def by_kind(change: Any, values: Array, kinds: Sequence[Kind]) -> Array:
    """Applies a change of scale to the rows of each kind."""
    found = np.empty_like(values, dtype=float)
    for kind in set(kinds):
        rows = np.array([each == kind for each in kinds])
        found[rows] = change(values[rows], kind)
    return found


def by_kind_floors(
    centre: Array, kinds: Sequence[Kind], settings: Settings, behind: Array | None = None
) -> tuple[Array, Array]:
    """`floors` of the rows of each kind; `behind` are the rows behind rates and shares."""
    down, up = np.empty_like(centre), np.empty_like(centre)
    for kind in set(kinds):
        rows = np.array([each == kind for each in kinds])
        down[rows], up[rows] = floors(centre[rows], kind, settings, None if behind is None else behind[rows])
    return down, up


def _least(centre: Array, kinds: Sequence[Kind], settings: Settings) -> Array:
    """The smallest standard deviation that is told apart: a fifth of the smallest change worth a report."""
    down, up = by_kind_floors(np.nan_to_num(centre), kinds, settings)
    return np.maximum(np.maximum(down, up) / 5, 1e-9)


def _rows_chance(denominators: Array | None, parts: Array, shape: tuple[int, ...]) -> Array:
    """The variance that the rows behind a rate give by pure chance, buckets x S; 0 where it is not known."""
    if denominators is None:
        return np.zeros(shape[::-1])
    rows = np.asarray(denominators, dtype=float)
    return np.where(parts[:, None] & (rows > 0), 0.25 / np.where(rows > 0, rows, np.nan), 0.0).T


def _starts(
    buckets: pd.DatetimeIndex, regimes: Sequence[Sequence[pd.Timestamp]] | None, series: int
) -> dict[int, Array]:
    found: dict[int, Array] = {}
    for row, moments in enumerate(regimes or ()):
        for moment in moments:
            at = int(np.count_nonzero(buckets < _like(moment, buckets)))
            if at < len(buckets):
                found.setdefault(at, np.zeros(series, dtype=bool))[row] = True
    return found


def _like(moment: pd.Timestamp, buckets: pd.DatetimeIndex) -> pd.Timestamp:
    """The moment with or without a time zone, as the buckets have it."""
    if buckets.tz is None:
        return moment.tz_convert("UTC").tz_localize(None) if moment.tzinfo else moment
    return moment.tz_convert(buckets.tz) if moment.tzinfo else moment.tz_localize(buckets.tz)


def row_of(given: pd.Series | None, index: pd.Index, missing: Any) -> Array | None:
    """A series beside the values, as a grid of one row."""
    if given is None:
        return None
    return (
        given.reindex(index)
        .astype(object)
        .where(lambda each: each.notna(), missing)
        .to_numpy(dtype=type(missing))[None, :]
    )


def _check(grid: Array, buckets: pd.DatetimeIndex, kinds: Sequence[Kind]) -> None:
    if grid.ndim != 2 or grid.shape[1] != len(buckets):
        raise ValueError(f"The grid has shape {grid.shape}; it must be series x {len(buckets)} buckets")
    if len(kinds) != len(grid):
        raise ValueError(f"There are {len(kinds)} kinds for {len(grid)} series; each series needs one")
    for kind in kinds:
        kind_of(kind)
    if not buckets.is_monotonic_increasing or not buckets.is_unique:
        raise ValueError("The buckets must be in ascending order, each once")
