"""Judging every bucket of many series by what was known before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from checks.detect import drift
from checks.detect.calendars import Calendar, calendar_of
from checks.detect.following import Follower, Memory
from checks.detect.scales import floors, from_scale, to_scale
from checks.detect.settings import KINDS, Kind, Settings, kind_of, settings_of
from checks.detect.threshold import chance_per_bucket, limits

Array = np.ndarray

LEARNING, NORMAL, ANOMALY, DRIFT, UNMEASURED = STATES = ("learning", "normal", "anomaly", "drift", "unmeasured")
#: buckets that must have taught before a series is judged, daily and hourly
LEARN_DAILY, LEARN_HOURLY = 14, 72
#: the part of the budget that the point test has; the cumulative test has the rest
POINT_SHARE = 0.75
#: errors further back than this many days do not set the limit
MEMORY_DAYS = 400
#: a score is never beyond this: a band without width would make it infinite
FURTHEST = 1000.0
#: buckets that are judged together, daily and hourly
SPANS_DAILY, SPANS_HOURLY = (1,), (1, 3, 6)


@dataclass(frozen=True)
class Scores:
    """Arrays of series x buckets. `score` is how far the value lies from the expected one as a part of the way to the
    edge of the band, negative below: beyond -1 and 1 it is outside. `state` is one of STATES."""

    expected: Array
    lower: Array
    upper: Array
    score: Array
    is_anomaly: Array
    state: Array


@dataclass(frozen=True)
class Beside:
    """What is known beside the values: grids of series x buckets, and moments per series."""

    excluded: Array | None = None
    denominators: Array | None = None
    regimes: Sequence[Sequence[pd.Timestamp]] | None = None


@dataclass(frozen=True)
class Followed:
    """What following left, all S x T and on the scale, and the memory after the last bucket."""

    values: Array
    centre: Array
    spread: Array
    level: Array
    taught: Array
    judged: Array
    calendar: Calendar
    memory: Memory
    follower: Follower
    #: the smallest standard deviation told apart, of S series
    least: Array
    #: the first bucket of the regime that each bucket belongs to
    fresh: Array
    #: True where all that was measured before is 0, and where it is 100 %
    always_none: Array
    always_all: Array


def score(
    values: pd.Series,
    kind: Kind,
    *,
    excluded: pd.Series | None = None,
    denominators: pd.Series | None = None,
    regimes: Sequence[pd.Timestamp] = (),
    **settings: Any,
) -> pd.DataFrame:
    """Judges every bucket of a series by a band made from the buckets before it.

    `values` has a DatetimeIndex in ascending order; NaN is 'not measured'. `excluded` marks values that are judged but
    never learned from; `denominators` are the rows behind a rate; `regimes` are moments at which the past before was
    declared void. `settings` are the fields of `Settings`. The answer has a row per bucket: `expected`, `lower`,
    `upper`, `score`, `is_anomaly`, `state`. Raises ValueError for what makes no sense.
    """
    if not isinstance(values.index, pd.DatetimeIndex):
        raise ValueError("The values need a DatetimeIndex: one row per bucket")
    scores = score_many(
        values.to_numpy(dtype=float, na_value=np.nan)[None, :],
        values.index,
        [kind],
        settings_of(settings),
        excluded=row_of(excluded, values.index, False),
        denominators=row_of(denominators, values.index, np.nan),
        regimes=[regimes],
    )
    return pd.DataFrame({name: array[0] for name, array in vars(scores).items()}, index=values.index)


def score_many(  # noqa: PLR0913 - the parts of one question; callers name them
    grid: Array,
    buckets: pd.DatetimeIndex,
    kinds: Sequence[Kind],
    settings: Settings | None = None,
    *,
    excluded: Array | None = None,
    denominators: Array | None = None,
    regimes: Sequence[Sequence[pd.Timestamp]] | None = None,
) -> Scores:
    """`score` for many series at once: `grid`, `excluded` and `denominators` are series x buckets, `kinds` and
    `regimes` have one entry per series."""
    settings = settings or Settings()
    followed = follow(grid, buckets, kinds, settings, Beside(excluded, denominators, regimes))
    down, up = _edges(followed, settings)
    drifts, ratio = _drift(followed, kinds, settings)
    return _scores(followed, kinds, settings, (down, up), (drifts, ratio))


def follow(
    grid: Array, buckets: pd.DatetimeIndex, kinds: Sequence[Kind], settings: Settings, beside: Beside
) -> Followed:
    """Takes all series through all buckets."""
    grid = np.asarray(grid, dtype=float)
    _check(grid, buckets, kinds)
    calendar = calendar_of(buckets, settings.holidays)
    values = by_kind(to_scale, grid, kinds)
    values[~np.isfinite(grid)] = np.nan
    lessons = values if beside.excluded is None else np.where(beside.excluded, np.nan, values)
    is_kind = {kind: np.array([each == kind for each in kinds], dtype=bool) for kind in KINDS}
    memory = Memory.empty(len(grid), calendar)
    follower = Follower(memory, calendar, is_kind["count"])
    by_rows = _rows_chance(beside.denominators, is_kind["rate"], grid.shape)
    starts = _starts(buckets, beside.regimes, len(grid))
    trace = {name: np.full(values.shape[::-1], np.nan) for name in ("centre", "spread", "level", "taught", "fresh")}
    none, all_ = (np.zeros(values.shape[::-1], dtype=bool) for _ in range(2))
    begun, least = np.zeros(len(grid)), np.full(len(grid), 1e-9)
    for t, (value, lesson, rows) in enumerate(zip(values.T, np.ascontiguousarray(lessons.T), by_rows, strict=True)):
        if t in starts:
            memory.forget(starts[t])
            begun[starts[t]] = t
        expected = follower.expect(t, rows, least)
        if t % calendar.cycle == 0 or t < 8:
            least = _least(expected.centre, kinds, settings)
        started = memory.taught > 0
        trace["centre"][t] = np.where(started, expected.centre, np.nan)
        trace["spread"][t] = np.where(started, expected.spread, np.nan)
        trace["level"][t] = value - (expected.centre - follower.weighted_level())
        trace["taught"][t], trace["fresh"][t] = memory.taught, begun
        none[t] = (is_kind["count"] | is_kind["rate"]) & (memory.highest == 0)
        all_[t] = is_kind["rate"] & (memory.lowest == np.pi / 2)
        follower.learn(t, lesson, expected, rows)
    return Followed(
        values=values,
        judged=np.isfinite(lessons),
        calendar=calendar,
        memory=memory,
        follower=follower,
        least=least,
        always_none=none.T,
        always_all=all_.T,
        **{name: array.T for name, array in trace.items()},
    )


def _edges(followed: Followed, settings: Settings) -> tuple[Array, Array]:
    """How many standard deviations down and up (both positive) the band reaches, S x T."""
    calendar = followed.calendar
    errors = (followed.values - followed.centre) / followed.spread
    lessons = np.where(followed.judged & (followed.taught >= 8), errors, np.nan)
    spans = SPANS_DAILY if calendar.daily else SPANS_HOURLY
    chance = chance_per_bucket(settings, calendar.per_90_days) * POINT_SHARE / len(spans) / 2
    down, up = (np.full(errors.shape, np.inf) for _ in range(2))
    for span in spans:
        sums = _sums(lessons, span)
        before = _sums(np.where(followed.taught >= 8, errors, np.nan), span, ahead=1)
        for side, sign in ((down, -1.0), (up, 1.0)):
            own = _limits_over_time(sign * sums / np.sqrt(span), followed, chance) * np.sqrt(span)
            room = own - (sign * before if span > 1 else 0.0)
            np.minimum(side, np.where(np.isfinite(room), np.maximum(room, 1.0), np.inf), out=side)
    return down, up


def _limits_over_time(errors: Array, followed: Followed, chance: float) -> Array:
    """The limits, made anew each day from the errors before."""
    calendar = followed.calendar
    step = max(1, round(24 / calendar.grain_hours))
    reach = round(MEMORY_DAYS * 24 / calendar.grain_hours)
    found = np.empty(errors.shape)
    columns = np.arange(errors.shape[1])
    for at in range(0, errors.shape[1], step):
        past = errors[:, max(0, at - reach) : at]
        starts = followed.fresh[:, at : at + step]
        old = columns[None, max(0, at - reach) : at] < starts[:, :1]
        found[:, at : at + step] = limits(np.where(old, np.nan, past), chance)[:, None]
    return found


def _sums(errors: Array, span: int, ahead: int = 0) -> Array:
    """Sums of the last `span` errors; with `ahead`, of the `span - ahead` before the current one. NaN counts as 0
    there, and makes the whole NaN otherwise."""
    if span == 1 and not ahead:
        return errors
    total = np.zeros_like(errors)
    for back in range(ahead, span):
        moved = np.full_like(errors, np.nan)
        moved[:, back:] = errors[:, : errors.shape[1] - back] if back else errors
        total += np.nan_to_num(moved) if ahead else moved
    return total


def edges_after(followed: Followed, settings: Settings) -> tuple[Array, Array]:
    """How many standard deviations down and up the band of the bucket after the last reaches, of S series."""
    calendar = followed.calendar
    errors = (followed.values - followed.centre) / followed.spread
    begun = np.arange(errors.shape[1])[None, :] >= followed.fresh[:, -1:]
    lessons = np.where(followed.judged & (followed.taught >= 8) & begun, errors, np.nan)
    lessons = lessons[:, -round(MEMORY_DAYS * 24 / calendar.grain_hours) :]
    spans = SPANS_DAILY if calendar.daily else SPANS_HOURLY
    chance = chance_per_bucket(settings, calendar.per_90_days) * POINT_SHARE / len(spans) / 2
    return limits(-lessons, chance), limits(lessons, chance)


def needed(calendar: Calendar) -> int:
    """How many measured buckets are learned from before values are judged."""
    return LEARN_DAILY if calendar.daily else LEARN_HOURLY


def _drift(followed: Followed, kinds: Sequence[Kind], settings: Settings) -> tuple[Array, Array]:
    calendar = followed.calendar
    per_day = max(1, round(24 / calendar.grain_hours))
    clean = np.clip(
        followed.level,
        followed.level - followed.values + followed.centre - 3 * followed.spread,
        followed.level - followed.values + followed.centre + 3 * followed.spread,
    )
    clean = np.where(followed.judged & (followed.taught >= 8), clean, np.nan)
    least = np.maximum(*by_kind_floors(followed.centre, kinds, settings))
    statistics = drift.statistic(clean, per_day, least)
    chance = chance_per_bucket(settings, 90) * (1 - POINT_SHARE)
    return drift.alarms(statistics, per_day, chance)


def _scores(
    followed: Followed,
    kinds: Sequence[Kind],
    settings: Settings,
    edges: tuple[Array, Array],
    drifts: tuple[Array, Array],
) -> Scores:
    down, up = edges
    told, ratio = drifts
    centre, spread = followed.centre, followed.spread
    room_down, room_up = by_kind_floors(centre, kinds, settings)
    low, high = centre - np.maximum(down * spread, room_down), centre + np.maximum(up * spread, room_up)
    exact = followed.always_none | followed.always_all
    centre = np.where(followed.always_none, 0.0, np.where(followed.always_all, np.pi / 2, centre))
    low, high = np.where(exact, centre, low), np.where(exact, centre, high)
    values = followed.values
    measured = np.isfinite(values)
    learning = (followed.taught < needed(followed.calendar)) | ~np.isfinite(centre)
    with np.errstate(invalid="ignore", divide="ignore"):
        point = np.where(values >= centre, (values - centre) / (high - centre), (values - centre) / (centre - low))
    point = np.where(values == centre, 0.0, point)
    outside = measured & ~learning & (np.abs(point) > 1)
    drifting = measured & ~learning & told & ~outside
    state = np.full(values.shape, NORMAL, dtype=object)
    state[outside], state[drifting], state[learning], state[~measured] = ANOMALY, DRIFT, LEARNING, UNMEASURED
    return Scores(
        expected=by_kind(from_scale, centre, kinds),
        lower=by_kind(from_scale, low, kinds),
        upper=by_kind(from_scale, high, kinds),
        score=np.clip(np.where(drifting, ratio, point), -FURTHEST, FURTHEST),
        is_anomaly=outside | drifting,
        state=state,
    )


def by_kind(change: Any, values: Array, kinds: Sequence[Kind]) -> Array:
    """Applies a change of scale to the rows of each kind."""
    found = np.empty_like(values, dtype=float)
    for kind in set(kinds):
        rows = np.array([each == kind for each in kinds])
        found[rows] = change(values[rows], kind)
    return found


def by_kind_floors(centre: Array, kinds: Sequence[Kind], settings: Settings) -> tuple[Array, Array]:
    down, up = np.empty_like(centre), np.empty_like(centre)
    for kind in set(kinds):
        rows = np.array([each == kind for each in kinds])
        down[rows], up[rows] = floors(centre[rows], kind, settings)
    return down, up


def _least(centre: Array, kinds: Sequence[Kind], settings: Settings) -> Array:
    """The smallest standard deviation that is told apart: a fifth of the smallest change worth a report."""
    down, up = by_kind_floors(np.nan_to_num(centre), kinds, settings)
    return np.maximum(np.maximum(down, up) / 5, 1e-9)


def _rows_chance(denominators: Array | None, rates: Array, shape: tuple[int, ...]) -> Array:
    """The variance that the rows behind a rate give by pure chance, buckets x S; 0 where it is not known."""
    if denominators is None:
        return np.zeros(shape[::-1])
    rows = np.asarray(denominators, dtype=float)
    return np.where(rates[:, None] & (rows > 0), 0.25 / np.where(rows > 0, rows, np.nan), 0.0).T


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
