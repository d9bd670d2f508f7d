"""How often a dataset is measured by its schedule, and how long a result counts by it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise

from checks.health import LEAST_GRACE
from checks.slots import next_slot

_AHEAD = timedelta(days=8)  # a week, and the first slot after it
_MOST = 1000  # a line with more slots than these repeats itself soon
_RARELY = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Pace:
    """`interval` is the usual time between two runs; a result counts for `hold`: over the longest wait of a week, and
    as long after it as the next run may take (as in `checks.health`)."""

    interval: timedelta
    hold: timedelta


def pace(line: str, at: datetime) -> Pace:
    """The pace of a cron line around the moment `at`."""
    return _pace(line, at.replace(hour=0, minute=0, second=0, microsecond=0))


@lru_cache(maxsize=1024)
def _pace(line: str, at: datetime) -> Pace:
    slots = [slot for slot in [next_slot(line, at)] if slot]
    while slots and len(slots) < _MOST and (len(slots) < 2 or slots[-1] - at < _AHEAD):
        following = next_slot(line, slots[-1])
        if following is None:
            break
        slots.append(following)
    waits = sorted(after - before for before, after in pairwise(slots)) or [_RARELY]
    return Pace(waits[len(waits) // 2], waits[-1] + max(waits[-1] / 2, LEAST_GRACE))
