"""Values of columns with few: one that always was there and has no rows, one that was never there and has some. Pure.

vanished   it was in each of the last ALWAYS buckets, and now chance would have given it FEW_ROWS rows; told while the
           gap is young
new        it was in none of ALWAYS buckets or more, and has come to FEW_NEW rows within a week; told for a day

Each is told by rules that leave nothing to chance, so they spend nothing of the budget. The shares of values that are
there mostly are judged by their bands too.

True and false are the values of a boolean column, of which the share of true is measured: one of them vanishes where
the share comes to an end of its range. That one is new is seen by its band, which is exact where the share never left
its end.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from checks.detect import Scores
from checks.learned.exact import FAR, UNWATCHED
from checks.learned.grids import Watched
from checks.learned.labels import Heard
from checks.learned.turns import FEW_ROWS, Pace, pace_of

#: rows of a value that was never seen, below which it is a slip
FEW_NEW = 5


def judged(part: Watched, scores: Scores, heard: Heard) -> Scores:
    """The scores of shares, with the values that vanished or are new; the other series stay as they are."""
    return _with_truths(part, _with_categories(part, scores, heard), heard)


def _with_truths(part: Watched, scores: Scores, heard: Heard) -> Scores:
    rows = np.flatnonzero([metric.name == "true_rate" for metric in part.metrics])
    if not len(rows):
        return scores
    own, pace = heard.of(rows), pace_of(part.grain)
    true, false = (np.full(part.values.shape, np.nan) for _ in range(2))
    for usual, shares in ((true, part.values), (false, 1 - part.values)):
        usual[rows] = vanished(shares[rows], part.rows[rows], own.untaught, own.fresh, pace)
    no_true, no_false = np.isfinite(true), np.isfinite(false)
    return replace(
        scores,
        expected=np.where(no_true, true, np.where(no_false, 1 - false, scores.expected)),
        lower=np.where(no_true, np.fmax(scores.lower, true / 2), np.where(no_false, 1 - false, scores.lower)),
        upper=np.where(no_true, true, np.where(no_false, np.fmin(scores.upper, 1 - false / 2), scores.upper)),
        score=np.where(no_true, -FAR, np.where(no_false, FAR, scores.score)),
        state=np.where(no_true | no_false, "anomaly", scores.state),
    )


def _with_categories(part: Watched, scores: Scores, heard: Heard) -> Scores:
    own = np.array([metric.category is not None for metric in part.metrics])
    if not own.any():
        return scores
    pace = pace_of(part.grain)
    usual = np.full(part.values.shape, np.nan)
    usual[own] = vanished(part.values[own], part.rows[own], heard.untaught[own], heard.fresh[own], pace)
    new = np.zeros(part.values.shape, dtype=bool)
    new[own] = newcomers(part.values[own], part.rows[own], heard.void[own], heard.fresh[own], pace)
    regular = ~own[:, None] | mostly_there(part.values, heard.untaught, pace)
    gone = np.isfinite(usual)
    state = np.where(regular | (scores.state == "unmeasured"), scores.state, UNWATCHED)
    return replace(
        scores,
        expected=np.where(gone, usual, np.where(new, 0.0, scores.expected)),
        lower=np.where(gone, np.fmax(scores.lower, usual / 2), np.where(new, 0.0, scores.lower)),
        upper=np.where(gone, np.fmax(scores.upper, usual), np.where(new, 0.0, scores.upper)),
        score=np.where(gone, -FAR, np.where(new, FAR, scores.score)),
        state=np.where(gone | new, "anomaly", state),
    )


def vanished(values: np.ndarray, rows: np.ndarray, void: np.ndarray, fresh: np.ndarray, pace: Pace) -> np.ndarray:
    """The usual share of values that should be there and are not, NaN elsewhere. All are series x buckets; nothing is
    learned from what is `void`, and `fresh` marks the buckets with which a new regime begins. A value that comes back
    may go again: that is told after it was there for twice as long as before."""
    series, told = len(values), np.full(values.shape, np.nan)
    alike, steady, lasts, lessons = (np.zeros(series, dtype=int) for _ in range(4))
    usual, unrest, lost, enough = np.zeros(series), np.zeros(series), np.zeros(series), np.full(series, pace.always)
    for at in range(values.shape[1]):
        alike[fresh[:, at]], steady[fresh[:, at]], enough[fresh[:, at]] = 0, 0, pace.always
        share, behind, taught = np.nan_to_num(values[:, at]), np.nan_to_num(rows[:, at]), ~void[:, at]
        known = np.isfinite(values[:, at]) & (behind > 0)
        gone = known & (share == 0) & (alike > 0)
        by_now = np.where(gone, lost + _unlikely(usual * behind, unrest), lost)
        lost = np.where(taught, by_now, lost)
        beyond = gone & (by_now >= FEW_ROWS)
        tell = beyond & (steady >= enough)
        told[tell, at] = usual[tell]
        lasts += tell & taught
        alike[(beyond & ~tell & taught) | (lasts >= pace.lasting)] = 0
        steady[alike == 0] = 0
        there = known & (share > 0) & taught
        again = there & (lasts > 0)
        steady, enough = np.where(again, 0, steady) + there, np.where(again, 2 * enough, enough)
        learns = known & taught & ~tell & (there | (alike > 0))
        lessons = np.where(alike == 0, 0, lessons) + learns
        pace_of_lesson = 1 / np.clip(lessons, 1, pace.always)
        off = _unrest(share * behind, usual * behind) - unrest
        unrest = np.where(learns, np.where(alike == 0, 0.0, unrest + off * pace_of_lesson), unrest)
        step = (share - usual) * pace_of_lesson
        usual, alike = np.where(learns, np.where(alike == 0, share, usual + step), usual), alike + there
        lost, lasts = np.where(there | (alike == 0), 0.0, lost), np.where(there | (alike == 0), 0, lasts)
    return told


def _unrest(count: np.ndarray, usual: np.ndarray) -> np.ndarray:
    """How far a number of rows is off, squared and beside what is usual, without what chance makes of single rows."""
    there = np.where(usual > 0, usual, 1.0)
    return np.where(usual > 0, ((count - usual) ** 2 - usual) / there**2, 0.0)


def _unlikely(usual: np.ndarray, unrest: np.ndarray) -> np.ndarray:
    """How unlikely no rows at all are where so many are usual, as the number of rows that chance leaves out as seldom
    if each comes by itself. Rows that come and go together, as the hours of a rainy day do, are left out oftener: by
    the negative binomial distribution with that unrest."""
    together = np.maximum(unrest, 1e-9)
    return np.log1p(together * usual) / together


def newcomers(values: np.ndarray, rows: np.ndarray, void: np.ndarray, fresh: np.ndarray, pace: Pace) -> np.ndarray:
    """The buckets in which a value that was never there is told to be new; the arguments as in `vanished`."""
    series, found = len(values), np.zeros(values.shape, dtype=bool)
    known = np.isfinite(values) & (rows > 0)
    counts = np.where(known, np.nan_to_num(values) * np.nan_to_num(rows), 0.0)
    absent, never = np.zeros(series, dtype=int), values.shape[1]
    came, enough, so_far = np.full(series, never), np.full(series, never), np.zeros(series)
    for at, count in enumerate(counts.T):
        begun = fresh[:, at]
        absent[begun], came[begun], enough[begun], so_far[begun] = 0, never, never, 0.0
        with_it = so_far + count
        since = np.where((came == never) & (count > 0), at, came)
        from_now = np.where((enough == never) & (with_it >= FEW_NEW - 1e-6), at, enough)
        young = (absent >= pace.always) & (from_now - since < 7 * pace.day)
        found[:, at] = young & (count > 0) & (from_now <= at) & (at < from_now + pace.day)
        taught = known[:, at] & ~void[:, at]
        absent += taught & (since == never)
        came, enough = np.where(taught, since, came), np.where(taught, from_now, enough)
        so_far = np.where(taught, with_it, so_far)
    return found


def mostly_there(values: np.ndarray, void: np.ndarray, pace: Pace) -> np.ndarray:
    """Whether a value was in at least half of the buckets since it came, and in LASTING of them: of others nobody can
    say which share is usual."""
    known = np.isfinite(values) & ~void
    there = known & (np.nan_to_num(values) > 0)
    present = np.cumsum(there, axis=1) - there
    since = np.cumsum(known & (np.cumsum(there, axis=1) > 0), axis=1)
    return (present >= np.minimum(pace.lasting, 14)) & (2 * present >= since - 1)
