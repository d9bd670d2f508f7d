"""Rules without statistics, for series that always were of one kind. They spend nothing of the budget. Pure.

fixed length      a column whose values all had the same length has others
constant          a column that always had several values has one
one more          one odd row makes a value more: nothing is said of that, nor of a level that moved by so little; of a
                  number that moves by itself neither is one value beyond the band
at rest           a column that has one value (or none) on most days, as rain has, says nothing when it has more
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from checks.detect import Scores
from checks.detect.drift import BEFORE, NOW, PAUSE
from checks.learned.grids import Watched
from checks.learned.labels import Heard

#: days that must have been alike, and those after which what is new is usual
ALWAYS, LASTING = 28, 14
#: different values that are nothing to report when they are more than usual
ONE_MORE = 1.5
#: the days over which rests and moves are remembered
_REST_DAYS = 60
#: the part of the buckets in which a number that moves by itself is another one than before
_OFTEN = 0.1
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
    """Scores of numbers of different values: one more than expected is inside, of a number that moves by itself one
    beyond the band too, and a drift by less than two is none."""
    taught = np.where(void, np.nan, values)
    drifts = scores.state == "drift"
    small = drifts & ~_moved(taught, drifts, per_day)
    one = _moves(taught) * 1.0
    known = np.isfinite(scores.upper)
    lower = np.where(known, scores.lower - np.minimum(one, np.maximum(scores.lower - 1.0, 0.0)), scores.lower)
    upper = np.where(known, np.fmax(scores.upper + one, scores.expected + ONE_MORE), scores.upper)
    inside = small | ((scores.state == "anomaly") & (values >= lower) & (values <= upper))
    edge = np.where(values > scores.expected, upper - scores.expected, scores.expected - lower)
    with np.errstate(invalid="ignore", divide="ignore"):
        score = np.where(inside, np.clip((values - scores.expected) / edge, -1, 1), scores.score)
    state = np.where(inside, "normal", scores.state)
    return replace(scores, lower=lower, upper=upper, score=score, state=state, is_anomaly=scores.is_anomaly & ~inside)


def at_rest(values: np.ndarray, scores: Scores, heard: Heard, per_day: int) -> Scores:
    """Scores of numbers of different values that mostly are at most one: nobody can say how far they go when they move.
    Of one that has not moved the first move is told."""
    taught = np.where(heard.untaught, np.nan, values)
    rows = np.flatnonzero((taught <= 1).any(axis=1) & (taught > 1).any(axis=1))
    rests = np.zeros(values.shape, dtype=bool)
    rests[rows] = _rests(taught[rows], heard.fresh[rows], 1.0 - 1.0 / (_REST_DAYS * per_day))
    quiet = rests & np.isin(scores.state, ("normal", "anomaly", "drift"))
    return replace(scores, state=np.where(quiet, "learning", scores.state), is_anomaly=scores.is_anomaly & ~quiet)


def _rests(taught: np.ndarray, fresh: np.ndarray, keep: float) -> np.ndarray:
    """Where most values before were at most one, and some were not; both fade by `keep` a bucket."""
    found = np.zeros(taught.shape, dtype=bool)
    resting, moved = np.zeros((2, len(taught)))
    for at, now in enumerate(taught.T):
        begun, known = fresh[:, at], np.isfinite(now)
        resting, moved = np.where(begun, 0.0, resting), np.where(begun, 0.0, moved)
        found[:, at] = (resting > moved) & (moved >= 0.5)
        resting, moved = (
            np.where(known, each * keep + own, each) for each, own in ((resting, now <= 1), (moved, now > 1))
        )
    return found


def _moves(taught: np.ndarray) -> np.ndarray:
    """Where on a tenth of the buckets before a number was another one than in the bucket before that."""
    known = np.isfinite(taught)
    differs = np.zeros(taught.shape, dtype=bool)
    differs[:, 1:] = known[:, 1:] & known[:, :-1] & (taught[:, 1:] != taught[:, :-1])
    before, count = np.cumsum(differs, axis=1) - differs, np.cumsum(known, axis=1) - known
    return before >= _OFTEN * np.maximum(count, 1)


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
