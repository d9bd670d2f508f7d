"""How an objective went: day by day, and what was left of its budget at each moment. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from checks.objectives.budget import WINDOW, budget
from checks.objectives.timeline import Attained, Timeline

_DAY = timedelta(days=1)
_STEP = timedelta(hours=3)


def daily(line: Timeline, days: int, at: datetime) -> list[Attained]:
    """Each of the last days (UTC), oldest first; the present one up to the moment `at`."""
    today = at.replace(hour=0, minute=0, second=0, microsecond=0)
    starts = [today - ago * _DAY for ago in range(days - 1, -1, -1)]
    return [line.over(start, min(start + _DAY, at)) for start in starts if start < at]


def left_over_time(line: Timeline, target: float, at: datetime) -> list[tuple[datetime, float]]:
    """The share of the budget that was left at moments of the last 30 days, each over the 30 days before it; from the
    moment on at which something was known."""
    since = line.over(at - WINDOW, at).since
    if since is None:
        return []
    moments = [at - step * _STEP for step in range(int(WINDOW / _STEP), -1, -1)]
    return [(moment, budget(line, target, moment).left_share) for moment in moments if moment >= since]
