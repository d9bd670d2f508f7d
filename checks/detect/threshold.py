"""How far off is too far: a limit per series and side, from the series' own past one-step errors.

The limit is the error that is passed with the chance that the budget allows. That is rarer than what the past has shown
often enough to count, so the tail is drawn on from the largest tenth of the errors with the slope that they have, both
held towards what series usually do while there are few of them.
"""

from __future__ import annotations

import numpy as np

from checks.detect.settings import Settings

Array = np.ndarray

#: the part of the errors that the tail is drawn from
TAIL = 0.1
#: what series usually do: the error that one in ten passes on a side, and how fast the tail grows from there
USUAL_START, USUAL_SLOPE = 1.3, 0.30
#: how many errors, and how many in the tail, that knowledge is worth
TRUST_START, TRUST_SLOPE = 20.0, 8.0
#: no single error counts for more than this many times the start of the tail
MOST = 6.0


def chance_per_bucket(settings: Settings, per_90_days: float) -> float:
    """The chance of a needless alert that one bucket of one series may have."""
    return min(0.2, settings.alerts_per_90_days / settings.series_count / per_90_days)


def limits(errors: Array, chance: float) -> Array:
    """The limit for one side, of S series. `errors` is S x N on that side, in standard deviations, positive towards the
    side; NaN where there is none. `chance` is that of this side."""
    known = np.isfinite(errors)
    count = known.sum(axis=1)
    keep = max(4, int(np.ceil(errors.shape[1] * TAIL))) + 1
    filled = np.where(known, errors, -np.inf)
    if filled.shape[1] < keep:
        filled = np.pad(filled, ((0, 0), (0, keep - filled.shape[1])), constant_values=-np.inf)
    top = -np.sort(np.partition(-filled, keep - 1, axis=1)[:, :keep], axis=1)
    tail = np.clip(np.ceil(count * TAIL), 1, keep - 1).astype(int)
    start = np.take_along_axis(top, tail[:, None], axis=1)[:, 0]
    start = np.where(np.isfinite(start), start, 0.0)
    start = np.maximum((count * np.maximum(start, 0.0) + TRUST_START * USUAL_START) / (count + TRUST_START), 0.3)
    ratio = np.log(np.clip(top / start[:, None], 1.0, MOST))
    ratio = np.where(np.arange(keep)[None, :] < np.minimum(tail, count)[:, None], ratio, 0.0)
    slope = (ratio.sum(axis=1) + TRUST_SLOPE * USUAL_SLOPE) / (np.minimum(tail, count) + TRUST_SLOPE)
    return start * np.maximum(TAIL / chance, 1.0) ** slope
