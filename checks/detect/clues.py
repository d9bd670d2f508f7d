"""What the last errors say of the next one: a small regression per series, learned as it goes and held towards nothing.

After a busy day some series are busy again, others make up for it. The clues are the last errors beside the level, that
of a cycle ago, the mean of the last ones, and how far the slow level is from the level."""

from __future__ import annotations

from functools import cache

import numpy as np

from checks.detect.calendars import Calendar
from checks.detect.memory import CLUES, LEVELS, Memory
from checks.detect.scales import between

Array = np.ndarray

#: how many usual errors of nothing hold the weight of each clue near 0
DOUBT = 5.0
#: how fast lessons fade, per day and per hour
FADING_DAILY, FADING_HOURLY = 1 / 100, 1 / 1500
#: no clue is larger than this many usual errors
MOST = 6.0
_EACH_ALONE = np.eye(CLUES)


def clues_of(memory: Memory, calendar: Calendar, t: int, shares: Array, level: Array) -> Array:
    """The clues for bucket t: clues x S. `shares` is the part that each season has in the forecast, seasons x S."""
    full = memory.filled >= calendar.cycle
    if t < calendar.cycle or not full.any():
        return np.zeros((CLUES, len(level)))

    width = _width(calendar)
    back = t - _back(width, 3 if calendar.daily else min(calendar.per_day, calendar.cycle), calendar.cycle)
    season = sum(share * memory.season[j][calendar.cells[j][back]] for j, share in enumerate(shares))
    off = memory.recent[back % calendar.cycle] - season - level
    found = np.empty((CLUES, len(level)))
    found[:4] = off[[0, 1, -2, -1]]
    found[4] = off[:width].mean(axis=0)
    found[5] = (shares * memory.level[::LEVELS]).sum(axis=0) - level
    limit = MOST * memory.spread
    return np.where(full, between(found, -limit, limit), 0.0)


def _width(calendar: Calendar) -> int:
    """How many of the last errors the mean is made of."""
    return calendar.cycle if calendar.daily else 6


@cache
def _back(width: int, day: int, cycle: int) -> Array:
    """How far back the errors lie that are looked at: at once, since one by one they take thrice as long."""
    return np.array([*range(1, width + 1), day, cycle])


def correction(memory: Memory, clues: Array, least: Array) -> Array:
    """What the clues add to the forecast, of S series. `least`: errors smaller than that are as good as none, so that
    one odd day of a series that hardly moves is no lesson about the days after it."""
    if not clues.any():
        return np.zeros(clues.shape[1])
    doubt = DOUBT * np.maximum(memory.spread, least) ** 2 + 1e-12
    squares = memory.clue_squares.transpose(2, 0, 1) + doubt[:, None, None] * _EACH_ALONE
    weights = np.linalg.solve(squares, memory.clue_products.T[:, :, None])[:, :, 0]
    return (weights * clues.T).sum(axis=1)


def learn(memory: Memory, calendar: Calendar, clues: Array, error: Array, trust: Array) -> None:
    """Takes in how far the value was from the forecast without clues. `trust`: how much each series' lesson weighs."""
    fading = FADING_DAILY if calendar.daily else FADING_HOURLY
    keep = np.where(trust > 0, 1 - fading, 1.0)
    memory.clue_squares *= keep
    memory.clue_squares += trust * clues[:, None] * clues[None]
    memory.clue_products *= keep
    memory.clue_products += trust * clues * error
