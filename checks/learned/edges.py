"""What values can not go beyond, by what was seen: bands do not reach there. Pure, and strictly by what was before each
bucket.

a hard edge   on most days the smallest (largest) row of a column was the same, and none ever was beyond it: a mean
              lies between such edges
the sign      no row of a column was ever negative (positive), so neither is its mean or sum; of what has no rows
              behind it, such as lengths and answers of SQL rules, no value was
at the edge   a mean that often was at an edge itself (no fog, all at the largest visibility) may be there on any day
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from checks.detect import Scores
from checks.detect.walk import LEARN_DAILY, LEARN_HOURLY
from checks.learned.exact import FAR
from checks.learned.families import ends_of
from checks.learned.grids import Watched
from checks.learned.labels import Heard

#: days after which an edge of values without rows is believed (that of rows as soon as values are judged), and the part
#: of the days on which a hard one must have been reached
_ENOUGH, _MOST = 28, 0.5
#: the part of the days on which a mean must have been at an edge to be often there
_OFTEN = 0.1
#: parts of an edge by which a mean at it may differ
_HAIR = 1e-9


def within(part: Watched, scores: Scores, heard: Heard) -> Scores:
    """The scores of values, with bands that end where these can not go."""
    taught = np.where(heard.untaught, np.nan, part.values)
    least, most = np.where(heard.untaught, np.nan, part.ends)
    rowless = np.array([not ends_of(metric) for metric in part.metrics], dtype=bool)
    hard = np.array([metric.name in ("mean", "quantile") for metric in part.metrics], dtype=bool)
    young = LEARN_DAILY if part.per_day == 1 else LEARN_HOURLY
    enough = np.where(rowless, _ENOUGH * part.per_day, young)
    low, at_low = _edge(np.where(rowless[:, None], taught, least), taught, heard.fresh, hard, enough)
    high, at_high = _edge(-np.where(rowless[:, None], taught, most), -taught, heard.fresh, hard, enough)
    high = -high
    lower = np.where(at_low, np.minimum(scores.lower, low), scores.lower)
    upper = np.where(at_high, np.maximum(scores.upper, high), scores.upper)
    return _bounded(part.values, scores, low, high, (lower, upper))


def _edge(
    least: np.ndarray, values: np.ndarray, fresh: np.ndarray, hard: np.ndarray, enough: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Below what no value can be at each bucket (minus infinity where nothing is known), and where values often are at
    that edge: series x buckets. `least` are the smallest rows of the buckets, `fresh` marks the buckets with which a
    new regime begins, `hard` the series that may have other edges than 0, and `enough` is how many buckets tell of
    an edge."""
    edge, often = _known_edge(least, values, hard, enough)
    for at in np.flatnonzero(fresh.any(axis=0)):
        rows = np.flatnonzero(fresh[:, at])
        edge[rows, at:], often[rows, at:] = _known_edge(least[rows, at:], values[rows, at:], hard[rows], enough[rows])
    return edge, often


def _known_edge(
    least: np.ndarray, values: np.ndarray, hard: np.ndarray, enough: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The same of one regime."""
    known = np.isfinite(least)
    lowest = np.minimum.accumulate(np.where(known, least, np.inf), axis=1)
    further = known & (least < _before(lowest, np.inf))
    begins = np.maximum.accumulate(np.where(further, np.arange(least.shape[1]), 0), axis=1)
    reached = _since(least == lowest, begins)
    with np.errstate(invalid="ignore"):
        there = _since(np.abs(values - lowest) <= _HAIR * np.abs(lowest), begins)
    told, reached, there = (_before(part, 0) for part in (np.cumsum(known, axis=1), reached, there))
    lowest, enough_told = _before(lowest, np.inf), told >= enough[:, None]
    is_hard = enough_told & hard[:, None] & (reached >= _MOST * told)
    edge = np.where(is_hard, lowest, np.where(enough_told & (lowest >= 0), 0.0, -np.inf))
    return edge, enough_told & (lowest == edge) & (there >= _OFTEN * told)


def _since(which: np.ndarray, begins: np.ndarray) -> np.ndarray:
    """How many there are from the bucket with which the present edge began up to each."""
    total = np.cumsum(which, axis=1)
    return total - np.take_along_axis(total - which, begins, axis=1)


def _before(totals: np.ndarray, first: float) -> np.ndarray:
    """What was known before each bucket."""
    return np.hstack([np.full((len(totals), 1), first), totals[:, :-1]])


def _bounded(
    values: np.ndarray, scores: Scores, low: np.ndarray, high: np.ndarray, reach: tuple[np.ndarray, np.ndarray]
) -> Scores:
    """The scores with bands that `reach` so far, and not beyond the edges."""
    judged = np.isin(scores.state, ("normal", "anomaly", "drift")) & np.isfinite(scores.expected)
    expected, lower, upper = (
        np.where(judged, np.clip(new, low, high), old)
        for new, old in zip((scores.expected, *reach), (scores.expected, scores.lower, scores.upper), strict=True)
    )
    changed = judged & ((lower != scores.lower) | (upper != scores.upper)) & (scores.state != "drift")
    room = np.where(values >= expected, upper - expected, expected - lower)
    with np.errstate(invalid="ignore", divide="ignore"):
        point = np.where(values == expected, 0.0, np.clip((values - expected) / room, -FAR, FAR))
    state = np.where(changed, np.where(np.abs(point) > 1, "anomaly", "normal"), scores.state)
    return replace(
        scores,
        expected=expected,
        lower=lower,
        upper=upper,
        score=np.where(changed, point, scores.score),
        state=state,
        is_anomaly=np.isin(state, ("anomaly", "drift")),
    )
