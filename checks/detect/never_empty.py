"""Days that never were without rows: where a count had rows on the last visits of a weekday, none at all is an anomaly,
however wide the band is. A day on which the series may rest, or whose rows chance alone could keep away, is not one of
them. Special days are judged by their own past."""

from __future__ import annotations

import numpy as np

from checks.detect.calendars import Calendar
from checks.detect.memory import Memory
from checks.detect.scales import from_scale, to_scale
from checks.detect.settings import Settings
from checks.detect.threshold import chance_per_bucket

Array = np.ndarray

#: so many visits of a weekday in a row had rows
VISITS = 8
#: on the scale of counts
ONE_ROW = float(to_scale(np.array(1.0), "count"))


def learn(memory: Memory, calendar: Calendar, t: int, there: Array, values: Array) -> None:
    """Counts the visits of the weekday in a row that had rows."""
    if calendar.daily and calendar.special[t] < 0:
        row = memory.filled_visits[calendar.noise_cells[t]]
        row[:] = np.where(there, np.where(values > 0, row + 1, 0.0), row)


def always_filled(memory: Memory, cell: int | Array) -> Array:
    """Where the last visits of a weekday all had rows."""
    return memory.filled_visits[cell] >= VISITS


def edge(low: Array, always: Array, centre: Array, settings: Settings, per_90_days: float) -> Array:
    """The lower edge of the band, on the scale: one row at least, where there were `always` rows and the budget allows
    for no day that chance leaves without any (as many rows as in `centre` are expected)."""
    by_chance = np.exp(-from_scale(centre, "count"))
    return np.where(always & (by_chance < chance_per_bucket(settings, per_90_days)), np.maximum(low, ONE_ROW), low)
