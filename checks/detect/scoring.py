"""Judging every bucket of many series by what was known before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from checks.detect import drift, never_empty
from checks.detect.bands import POINT_SHARE, UPPER_SHARE, edges_of
from checks.detect.days import Days
from checks.detect.following import YOUNG
from checks.detect.scales import from_scale
from checks.detect.settings import Kind, Settings, settings_of
from checks.detect.threshold import chance_per_bucket
from checks.detect.walk import Beside, Followed, by_kind, by_kind_floors, follow, needed, row_of

Array = np.ndarray

LEARNING, NORMAL, ANOMALY, DRIFT, UNMEASURED = STATES = ("learning", "normal", "anomaly", "drift", "unmeasured")
#: drift keeps a part of its budget: most series shall stay at one alarm, and the point test spends what it has
DRIFT_PRUDENCE = 0.6
JUST_OUTSIDE = 1.0 + 1e-9
#: a score is never beyond this: a band without width would make it infinite
FURTHEST = 1000.0


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

    def of(self, rows: Array) -> Scores:
        """The scores of some of the series."""
        return Scores(**{name: array[rows] for name, array in vars(self).items()})


@dataclass(frozen=True)
class ByDay:
    """Hourly series followed by the day; `ends` are the numbers of the last hours of the days (`Days.ends`)."""

    followed: Followed
    ends: Array


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
    excused: Array | None = None,
    allowed: Array | None = None,
    denominators: Array | None = None,
    regimes: Sequence[Sequence[pd.Timestamp]] | None = None,
    days: Days | None = None,
) -> Scores:
    """`score` for many series at once: `grid`, `excluded` and `denominators` are series x buckets, `kinds` and
    `regimes` have one entry per series. `excused` marks values that were needless alarms: like excluded ones, but their
    errors count where the budget sets the limit of their side. `allowed` is how many alerts in 90 days each series may
    raise at each bucket, where that is not the same for all. `days` are those of hourly series, up to
    the last whole one: with them drift is told by days, which may go further back than the hours; without them by what
    the hours leave without their season."""
    settings = settings or Settings()
    beside = Beside(excluded, excused, allowed, denominators, regimes)
    by_day = followed_by_day(
        days, buckets, regimes, lambda own, known, _: follow(own.values, own.index, kinds, settings, known)
    )
    return scores_of(follow(grid, buckets, kinds, settings, beside), kinds, settings, by_day=by_day)


def followed_by_day(
    days: Days | None,
    buckets: pd.DatetimeIndex,
    regimes: Sequence[Sequence[pd.Timestamp]] | None,
    followed: Callable[[Days, Beside, Array], Followed],
) -> ByDay | None:
    """The days of hourly series as `followed` follows them, by what is known beside them and where they end; None where
    they are too few to tell drift."""
    if days is None or len(days.days) < drift.NEEDED:
        return None
    ends = days.ends(buckets)
    return ByDay(followed(days, Beside(denominators=days.rows, regimes=regimes), ends), ends)


def scores_of(
    followed: Followed, kinds: Sequence[Kind], settings: Settings, since: int = 0, by_day: ByDay | None = None
) -> Scores:
    """The verdicts on followed series, from the bucket `since` on; what was before is not judged."""
    followed = replace(followed, since=since)
    drifts = _drift_by_day(followed, by_day, kinds, settings) if by_day else _drift(followed, kinds, settings)
    found = _scores(followed, kinds, settings, edges_of(followed, kinds), drifts)
    for name, array in vars(found).items():
        array[:, :since] = {"state": UNMEASURED, "is_anomaly": False}.get(name, np.nan)
    return found


def _drift(followed: Followed, kinds: Sequence[Kind], settings: Settings) -> tuple[Array, Array]:
    """Where drift is told, and the statistic over its limit, S x T: at the last bucket of a day."""
    per_day = followed.calendar.per_day
    known = np.where(followed.judged & (followed.taught >= YOUNG), followed.level, np.nan)
    least = np.maximum(*by_kind_floors(followed.centre, kinds, settings))
    ends = slice(per_day - 1, None, per_day)
    fresh = -(-followed.fresh[:, ends].astype(int) // per_day)
    statistics = drift.statistic(drift.by_day(known, per_day), least[:, ends], fresh)
    share = np.array([1 - POINT_SHARE[kind] for kind in kinds])[:, None]
    chance = chance_per_bucket(followed.allowed[:, ends], 90) * share * DRIFT_PRUDENCE
    up = np.array([UPPER_SHARE[kind] for kind in kinds])[:, None]
    at_ends = drift.alarms(statistics, chance * (1 - up), chance * up)
    told, ratio = (np.zeros(followed.values.shape, dtype=part.dtype) for part in at_ends)
    told[:, ends], ratio[:, ends] = at_ends
    return told, ratio


def _drift_by_day(hours: Followed, by_day: ByDay, kinds: Sequence[Kind], settings: Settings) -> tuple[Array, Array]:
    """`_drift` of days, told at the first measured hour from the last one of the day on: S x hours."""
    ends, per_day = by_day.ends, hours.calendar.per_day
    allowed = hours.allowed[:, np.maximum(ends, 0)]
    of_days = _drift(replace(by_day.followed, allowed=allowed), kinds, settings)
    told, ratio = (np.zeros(hours.values.shape, dtype=part.dtype) for part in of_days)
    for row, day in np.argwhere(of_days[0] & (ends >= 0)):
        measured = np.isfinite(hours.values[row, ends[day] : ends[day] + per_day])
        if measured.any():
            at = ends[day] + measured.argmax()
            told[row, at], ratio[row, at] = True, of_days[1][row, day]
    return told, ratio


def _empty_unlikely(followed: Followed) -> Array:
    """Where the budget allows for no bucket that chance alone leaves without rows: S x T."""
    always, calendar = followed.always_filled, followed.calendar
    chance = chance_per_bucket(followed.allowed, calendar.per_90_days)
    arrivals = never_empty.arrivals(followed.centre, followed.spread, always)
    seldom = never_empty.seldom(always, followed.judged & (followed.values <= 0), followed.fresh, chance, calendar)
    return seldom | (np.exp(-arrivals) < chance)


def _scores(
    followed: Followed,
    kinds: Sequence[Kind],
    settings: Settings,
    edges: tuple[Array, Array, Array],
    drifts: tuple[Array, Array],
) -> Scores:
    down, up, furthest = edges
    told, ratio = drifts
    centre, spread = followed.centre, followed.spread
    room_down, room_up = by_kind_floors(centre, kinds, settings, followed.behind)
    low, high = centre - np.maximum(down * spread, room_down), centre + np.maximum(up * spread, room_up)
    edge = never_empty.edge(low, centre, followed.always_filled, _empty_unlikely(followed))
    nothing = (edge > low) & (followed.values == 0)
    low = edge
    exact = followed.always_none | followed.always_all
    centre = np.where(followed.always_none, 0.0, np.where(followed.always_all, np.pi / 2, centre))
    low, high = np.where(exact, centre, low), np.where(exact, centre, high)
    values = followed.values
    measured = np.isfinite(values)
    learning = (followed.taught < needed(followed.calendar)) | followed.resting | ~np.isfinite(centre)
    with np.errstate(invalid="ignore", divide="ignore"):
        point = np.where(values >= centre, (values - centre) / (high - centre), (values - centre) / (centre - low))
    point = np.where(values == centre, 0.0, point)
    outside = measured & ~learning & (np.abs(point) > 1)
    # after odd hours the band is narrow: the score is measured by all of them together, not by what is left of the band
    furthest = np.where(nothing, np.inf, furthest)
    point = np.where(outside, np.copysign(np.maximum(np.minimum(np.abs(point), furthest), JUST_OUTSIDE), point), point)
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
