"""What a fit believes about its series, as facts that can be put into words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from checks.detect.scales import from_scale
from checks.detect.settings import PARTS, Kind

if TYPE_CHECKING:
    from checks.detect.walk import Followed

Array = np.ndarray

#: days of the two halves that a trend is read from
HALF = 14


@dataclass(frozen=True)
class Beliefs:
    """All values in the units of the series. `season` is the name of the season that predicts best: none, weekday,
    hour, weekend hour or week hour. `weekdays` are seven usual values from Monday on, `hours` twenty-four; empty where
    the season does not tell them apart. `trend_per_week` is a change in percent of the level (points for a rate), 0.0
    where it is not told from noise. `holidays` has the change in percent that a named day brings. `noise` is the usual
    error in percent of the level, points for a rate."""

    level: float
    season: str
    weekdays: tuple[float, ...]
    hours: tuple[float, ...]
    trend_per_week: float
    holidays: Mapping[str, float]
    noise: float
    always: float | None


def beliefs_of(followed: Followed, kinds: Sequence[Kind], weights: Array, season: Array) -> list[Beliefs]:
    """The beliefs of each series. `season` is S x 7 or S x 168, on the scale."""
    follower, calendar, memory = followed.follower, followed.calendar, followed.memory
    shares = np.stack([weights[follower.owner == j].sum(axis=0) for j in range(len(calendar.seasons))])
    chosen = shares.argmax(axis=0)
    level = (weights * memory.level).sum(axis=0)
    trend = _trend(followed)
    seen = [number for number in range(len(calendar.names)) if memory.special_visits[number].any()]
    return [
        _belief(
            followed, row, kind, float(level[row]), season[row], calendar.seasons[chosen[row]].name, trend[row], seen
        )
        for row, kind in enumerate(kinds)
    ]


def _belief(  # noqa: PLR0913 - one row of all that was worked out for many
    followed: Followed, row: int, kind: Kind, level: float, season: Array, name: str, trend: float, seen: list[int]
) -> Beliefs:
    memory, calendar = followed.memory, followed.calendar
    spread = float(memory.spread[row])
    effects = {
        calendar.names[number]: _change(level, float(memory.special[number, row]), kind)
        for number in seen
        if memory.special_visits[number, row] > 0
    }
    always = None
    if memory.taught[row] > 0 and memory.lowest[row] == memory.highest[row]:
        always = float(from_scale(memory.lowest[row], kind))
    return Beliefs(
        level=float(from_scale(np.array(level), kind)),
        season=name,
        weekdays=_cells(level, season, kind, "weekday") if name in ("weekday", "weekend hour", "week hour") else (),
        hours=_cells(level, season, kind, "hour") if "hour" in name else (),
        trend_per_week=_change(level, float(trend), kind),
        holidays=effects,
        noise=_change(level, spread, kind),
        always=always,
    )


def _cells(level: float, season: Array, kind: Kind, of: str) -> tuple[float, ...]:
    table = season if len(season) == 7 else season.reshape(7, 24).mean(axis=1 if of == "weekday" else 0)
    return tuple(from_scale(level + table, kind).tolist())


def _change(level: float, by: float, kind: Kind) -> float:
    """A step on the scale as a change in percent of the level, or in percentage points for a rate."""
    before, after = (float(from_scale(np.array(each), kind)) for each in (level, level + by))
    if kind in PARTS:
        return (after - before) * 100
    return (after - before) / abs(before) * 100 if before else 0.0


def _trend(followed: Followed) -> Array:
    """The change per week on the scale, over the last four weeks, 0 where the weeks differ more among themselves."""
    per_day = followed.calendar.per_day
    levels = np.where(followed.judged, followed.level, np.nan)[:, -2 * HALF * per_day :]
    series, buckets = levels.shape
    if buckets < 2 * HALF * per_day:
        return np.zeros(series)
    weeks = levels.reshape(series, 4, -1)
    known = np.isfinite(weeks)
    means = np.where(known, weeks, 0.0).sum(axis=2) / np.maximum(known.sum(axis=2), 1)
    slope = means @ np.array([-0.3, -0.1, 0.1, 0.3])
    around = means - means.mean(axis=1, keepdims=True) - slope[:, None] * np.array([-1.5, -0.5, 0.5, 1.5])
    error = np.sqrt((around**2).sum(axis=1) / 2 / 5)
    told = ((known.sum(axis=2) > 0).sum(axis=1) == 4) & (np.abs(slope) > 3 * error)
    return np.where(told, slope, 0.0)
