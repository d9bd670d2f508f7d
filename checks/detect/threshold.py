"""How far off is too far: a limit per series and side, from the series' own past one-step errors.

The limit is the error that is passed with the chance that the budget allows. That is rarer than what the past has shown
often enough to count, so the tail is drawn on from the largest twentieth of the errors with the slope that they have,
both held towards what series usually do while there are few of them.
"""

from __future__ import annotations

import numpy as np

from checks.detect.settings import Settings

Array = np.ndarray

#: the part of the errors that the tail is drawn from, and how many errors it has at most
TAIL, MOST_TAIL = 0.05, 20
#: the tail never starts nearer than this
LEAST_START = 0.5
#: what series usually do: the error that one in twenty passes on a side, and how much further errors reach when
#: they get rarer by a factor of e
USUAL_START, USUAL_SLOPE = 1.65, 0.5
#: how many errors, and how many in the tail, that knowledge is worth
TRUST_START, TRUST_SLOPE = 40.0, 8.0
#: no single error reaches further beyond the start of the tail than this many times it
MOST = 3.0


def chance_per_bucket(settings: Settings, per_90_days: float) -> float:
    """The chance of a needless alert that one bucket of one series may have."""
    return min(0.2, settings.alerts_per_90_days / settings.series_count / per_90_days)


def limits(errors: Array, chance: float) -> Array:
    """The limit for one side, of S series. `errors` is S x N on that side, in standard deviations, positive towards the
    side; NaN where there is none. `chance` is that of this side."""
    known = np.isfinite(errors)
    count = known.sum(axis=1)
    top = np.full((len(errors), MOST_TAIL + 1), -np.inf)
    width = min(MOST_TAIL + 1, errors.shape[1])
    if width:
        filled = np.where(known, -errors, np.inf)
        top[:, :width] = -np.sort(np.partition(filled, width - 1, axis=1)[:, :width], axis=1)
    tail = np.clip(np.ceil(count * TAIL), 1, MOST_TAIL).astype(int)
    part = np.clip(tail / np.maximum(count, 1), chance, TAIL)
    usual = USUAL_START + USUAL_SLOPE * np.log(TAIL / part)
    start = np.maximum(np.take_along_axis(top, tail[:, None], axis=1)[:, 0], 0.0)
    start = np.maximum((count * start + TRUST_START * usual) / (count + TRUST_START), LEAST_START)
    used = np.minimum(tail, count)
    beyond = np.clip(top[:, :MOST_TAIL] - start[:, None], 0.0, MOST * start[:, None])
    beyond = np.where(np.arange(MOST_TAIL) < used[:, None], beyond, 0.0)
    slope = (beyond.sum(axis=1) + TRUST_SLOPE * USUAL_SLOPE) / (used + TRUST_SLOPE)
    return start + slope * np.log(part / chance)
