"""How far off is too far: a limit per series and side, from the series' own past one-step errors.

The limit is the error that is passed with the chance that the budget allows. That is rarer than what the past has shown
often enough to count, so the tail is drawn on from the largest of the errors with the slope that they have, both held
towards what series usually do while there are few of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

Array = np.ndarray


@dataclass(frozen=True)
class Tail:
    """Where the limit of S series is drawn on from: the largest `part` of the errors on a side, at most `most` of them.
    What series usually do is the error `start` that this part of them passes, and the `slope`: how much further errors
    reach when they get rarer by a factor of e. That is worth `trust_start` errors, and `trust_slope` errors of the
    tail."""

    part: float
    most: int
    start: float
    slope: Array | float
    trust_start: float
    trust_slope: Array | float


#: of the errors of single buckets, and of the largest error of each day of hours
OF_BUCKETS = Tail(part=0.05, most=20, start=1.65, slope=0.7, trust_start=40.0, trust_slope=4.0)
OF_DAYS_OF_HOURS = Tail(part=0.05, most=20, start=3.2, slope=0.5, trust_start=40.0, trust_slope=16.0)
#: the days of a rate or share that breaks now and then are a long tail: believed little, or they would hide the next
SLOPE_OF_RATES, TRUST_SLOPE_OF_RATES = 0.55, 30.0
#: what the index of a tail is made from, what it usually is, and how many errors of the tail that is worth
PART_OF_INDEX, USUAL_INDEX, TRUST_INDEX = 0.15, 0.25, 5.0
#: errors that are none, such as those of hours that never have rows
LEAST_TOLD = 1e-9
#: the tail never starts nearer than this
LEAST_START = 0.5
#: no single error reaches further beyond the start of the tail than this many times it
MOST = 3.0


def of_days(parts: Array) -> Tail:
    """The tail of S series of days. `parts` marks rates and shares."""
    slope = np.where(parts, SLOPE_OF_RATES, OF_BUCKETS.slope)
    return replace(OF_BUCKETS, slope=slope, trust_slope=np.where(parts, TRUST_SLOPE_OF_RATES, OF_BUCKETS.trust_slope))


def chance_per_bucket(allowed: Array | float, per_90_days: float) -> Array:
    """The chance of a needless alert that one bucket of a series may have that may raise so many in 90 days."""
    return np.minimum(0.2, np.asarray(allowed) / per_90_days)


def limits(errors: Array, chance: Array, tail: Tail = OF_BUCKETS) -> Array:
    """The limit for one side, of S series. `errors` is S x N on that side, in standard deviations, positive towards the
    side; NaN where there is none. `chance` is that of one error on this side, of S series."""
    known = np.isfinite(errors)
    count = known.sum(axis=1)
    top = np.full((len(errors), tail.most + 1), -np.inf)
    width = min(tail.most + 1, errors.shape[1])
    if width:
        filled = np.where(known, -errors, np.inf)
        top[:, :width] = -np.sort(np.partition(filled, width - 1, axis=1)[:, :width], axis=1)
    size = np.clip(np.ceil(count * tail.part), 1, tail.most).astype(int)
    part = np.clip(size / np.maximum(count, 1), chance, tail.part)
    usual = tail.start + tail.slope * np.log(tail.part / part)
    start = np.maximum(np.take_along_axis(top, size[:, None], axis=1)[:, 0], 0.0)
    start = np.maximum((count * start + tail.trust_start * usual) / (count + tail.trust_start), LEAST_START)
    used = np.minimum(size, count)
    beyond = np.clip(top[:, : tail.most] - start[:, None], 0.0, MOST * start[:, None])
    beyond = np.where(np.arange(tail.most) < used[:, None], beyond, 0.0)
    slope = (beyond.sum(axis=1) + tail.trust_slope * tail.slope) / (used + tail.trust_slope)
    return start + slope * np.log(part / chance)


def tail_index(largest: Array) -> Array:
    """How long the tails of S series are, from the largest error of each day (S x N, NaN where there is none): how far
    the logarithms of the largest `PART_OF_INDEX` of them lie beyond where these begin, on average (Hill). Of 70 days it
    is 0.16 where errors are normal and 0.26 where they have the tails of Student's t of four degrees; few errors are
    held towards the usual."""
    ordered = np.log(-np.sort(-np.where(largest > LEAST_TOLD, largest, LEAST_TOLD), axis=1))
    count = np.ceil((largest > LEAST_TOLD).sum(axis=1) * PART_OF_INDEX).astype(int)
    start = np.take_along_axis(ordered, np.minimum(count, largest.shape[1] - 1)[:, None], axis=1)
    beyond = np.where(np.arange(largest.shape[1]) < count[:, None], ordered - start, 0.0).sum(axis=1)
    return (beyond + TRUST_INDEX * USUAL_INDEX) / (count + TRUST_INDEX)


def limit_of_chance(chance: Array) -> Array:
    """The error, in standard deviations, that pure chance passes so often on one side: a quantile of the normal
    distribution, to three digits (Abramowitz and Stegun 26.2.23)."""
    t = np.sqrt(-2.0 * np.log(chance))
    over, under = 2.515517 + t * (0.802853 + t * 0.010328), 1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308))
    return t - over / under
