"""Holidays, the days beside them, and the edges of months: what such a day adds, learned per name and per kind, and how
far off it usually is even so. They teach the level and the week nothing."""

from __future__ import annotations

import numpy as np

from checks.detect.calendars import BESIDE, BESIDE_GREAT, GREAT, HOLIDAY, MONTH_EDGE, TURN_OF_YEAR, Calendar
from checks.detect.memory import Memory

Array = np.ndarray

#: the error that is expected of a special day not seen yet, in usual errors, by kind
UNSEEN = {HOLIDAY: 3.0, BESIDE: 1.0, MONTH_EDGE: 0.3, GREAT: 6.0, BESIDE_GREAT: 3.0, TURN_OF_YEAR: 1.5}
#: how many visits the knowledge that the day is like any other is worth. A holiday is special the first time it is
#: seen; the last day of a month is not until several were.
ORDINARY = {HOLIDAY: 0.5, BESIDE: 0.5, MONTH_EDGE: 3.0, GREAT: 0.5, BESIDE_GREAT: 0.5, TURN_OF_YEAR: 1.0}


def effect(memory: Memory, calendar: Calendar, special: int | None, sort: int = HOLIDAY) -> tuple[Array, Array]:
    """What a special day adds and its own usual error, of S series; of any day of a kind without a number."""
    visits = mean = np.zeros_like(memory.taught)
    if special is not None:
        sort = int(calendar.classes[special])
        visits, mean = memory.special_visits[special], memory.special[special]
    of_kind = memory.special_class_visits[sort]
    doubt = ORDINARY[sort]
    general = memory.special_class[sort] * of_kind / (of_kind + 4 * doubt)
    added = (visits * mean + doubt * general) / (visits + doubt)
    unseen = UNSEEN[sort] * memory.spread
    error = (unseen * 2.0 + memory.special_spread[sort] * of_kind) / (2.0 + of_kind)
    return added, error / np.sqrt(1.0 + visits)


def learn(memory: Memory, calendar: Calendar, special: int, there: Array, bare: Array, off: Array) -> None:
    """Takes a bucket of a special day in. `bare`: the value beside an ordinary day's; `off`: beside what was
    expected."""
    sort = int(calendar.classes[special])
    part = 1.0 if calendar.daily else 1.0 / calendar.per_day
    lesson = np.where(there, part, 0.0)
    for means, visits, row in (
        (memory.special, memory.special_visits, special),
        (memory.special_class, memory.special_class_visits, sort),
    ):
        visits[row] += lesson
        means[row] += np.where(there, part * (bare - means[row]) / np.maximum(visits[row], part), 0.0)
    pace = part / (memory.special_class_visits[sort] + 2.0)
    memory.special_spread[sort] += np.where(there, pace * (np.abs(off) - memory.special_spread[sort]), 0.0)
