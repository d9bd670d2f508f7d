"""Rules without statistics, for series that always were of one kind. They spend nothing of the budget. Pure.

fixed length      a column whose values all had the same length has others
constant          a column that always had several values has one
one more          one odd row makes a value more: nothing is said of that, nor of a level that moved by so little
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from checks.detect import Scores
from checks.detect.drift import BEFORE, NOW, PAUSE
from checks.learned.grids import Watched

#: days that must have been alike, and those after which what is new is usual
ALWAYS, LASTING = 28, 14
#: different values that are nothing to report when they are more than usual
ONE_MORE = 1.5
FAR = 1000.0
UNWATCHED = "unwatched"


def fixed_length(watched: Watched, void: np.ndarray, begins: np.ndarray) -> Scores:
    """Verdicts on the shortest and longest values, series x buckets. A column is watched after its values have had one
    length for ALWAYS days, and a new length is told for LASTING days. `begins` is True where a regime begins."""
    metrics, values, per_day = watched.metrics, watched.values, watched.per_day
    place = {(metric.name, metric.column): row for row, metric in enumerate(metrics)}
    known = np.full(values.shape, np.nan)
    for column in dict.fromkeys(metric.column for metric in metrics):
        rows = [place.get((name, column)) for name in ("min_length", "max_length")]
        both = [row for row in rows if row is not None]
        if len(both) == 2:
            known[both] = _lengths(values[both], void[both[0]] | void[both[1]], begins[both[0]], per_day)
    measured, is_watched = np.isfinite(values), np.isfinite(known)
    state = np.where(values == known, "normal", "anomaly").astype(object)
    state[~measured], state[~is_watched] = "unmeasured", UNWATCHED
    score = np.where(measured & is_watched & (values != known), np.copysign(FAR, values - known), 0.0)
    return Scores(known, known, known, score, state == "anomaly", state)


def _lengths(pair: np.ndarray, void: np.ndarray, fresh: np.ndarray, per_day: int) -> np.ndarray:
    """The one length that was known before each bucket, NaN where there was none. A column that went back to its length
    has others now and then: it is watched again after it had the one for twice as long as before."""
    known = np.full(pair.shape[1], np.nan)
    length, alike, other, enough = np.nan, 0, 0, ALWAYS * per_day
    for at, (shortest, longest) in enumerate(pair.T):
        if fresh[at]:
            length, alike, other, enough = np.nan, 0, 0, ALWAYS * per_day
        if alike >= enough:
            known[at] = length
        if void[at] or np.isnan(shortest) or np.isnan(longest):
            continue
        if shortest == longest == length:
            alike, enough = (1, 2 * enough) if other else (alike + 1, enough)
            other = 0
        elif alike >= enough and other < LASTING * per_day:
            other += 1
        else:
            length, alike, other = (shortest, 1, 0) if shortest == longest else (np.nan, 0, 0)
    return known


def constant(values: np.ndarray, scores: Scores, void: np.ndarray, per_day: int) -> Scores:
    """Scores of numbers of different values: one value where there always were three or more is outside, however wide
    the band is."""
    least = np.where(np.isfinite(values) & ~void, values, np.inf)
    before = np.concatenate([np.full((len(values), 1), np.inf), least[:, :-1]], axis=1)
    seen = np.cumsum(np.isfinite(before), axis=1) >= ALWAYS * per_day
    several = seen & (np.minimum.accumulate(before, axis=1) >= 3)
    turned = several & (values <= 1) & (scores.state == "normal")
    lower = np.where(turned, 2.0, scores.lower)
    with np.errstate(invalid="ignore", divide="ignore"):
        score = np.where(turned, (values - scores.expected) / (scores.expected - lower), scores.score)
    state = np.where(turned, "anomaly", scores.state)
    return replace(scores, lower=lower, score=score, state=state, is_anomaly=scores.is_anomaly | turned)


def one_more(values: np.ndarray, scores: Scores, void: np.ndarray, per_day: int) -> Scores:
    """Scores of numbers of different values: one more than expected is inside, and a drift by less than two is none."""
    drifts = scores.state == "drift"
    small = drifts & ~_moved(np.where(void, np.nan, values), drifts, per_day)
    room = scores.expected + ONE_MORE
    more = (scores.state == "anomaly") & (values > scores.expected) & (values <= room)
    inside = small | more
    upper = np.where(np.isfinite(scores.upper), np.fmax(scores.upper, room), scores.upper)
    with np.errstate(invalid="ignore", divide="ignore"):
        score = np.where(inside, np.clip((values - scores.expected) / (upper - scores.expected), -1, 1), scores.score)
    state = np.where(inside, "normal", scores.state)
    return replace(scores, upper=upper, score=score, state=state, is_anomaly=scores.is_anomaly & ~inside)


def _moved(values: np.ndarray, drifts: np.ndarray, per_day: int) -> np.ndarray:
    """Where the two levels that a drift is told by are two values or more from each other."""
    found = np.zeros(values.shape, dtype=bool)
    now_days, old, oldest = NOW * per_day, (NOW + PAUSE) * per_day, (NOW + PAUSE + BEFORE) * per_day
    for row, at in np.argwhere(drifts):
        known = values[row, : at + 1]
        now, before = known[-now_days:], known[-oldest:-old]
        if np.isfinite(now).any() and np.isfinite(before).any():
            found[row, at] = abs(np.nanmean(now) - np.nanmean(before)) > ONE_MORE
    return found
