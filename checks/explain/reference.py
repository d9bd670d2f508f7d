"""Which earlier buckets an anomalous one is compared with. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from datetime import datetime, timedelta

from checks.records import Grain

#: buckets that 'usual' is made of: enough to know how far a segment strays by itself, few enough to be read again
MOST, FEWEST = 5, 2
#: rows that may be read of earlier buckets before their number is cut to FEWEST
_ROWS = 1_500_000
_STEPS = {
    Grain.DAY: (timedelta(days=7), timedelta(days=1)),
    Grain.HOUR: (timedelta(days=7), timedelta(days=1), timedelta(hours=1)),
}
_BACK = 8
#: a bucket whose rows are further from the usual number than this factor is no example of what is usual
_ODD = 2.0


def comparable(bucket: datetime, grain: Grain, rows: Mapping[datetime, float]) -> tuple[datetime, ...]:
    """The earlier buckets to compare with, newest first: the same hour and weekday of the weeks before where there are
    enough, else the same hour of the days before, else simply those before. `rows` is the row count of each known
    bucket; empty and odd ones are left out. No bucket at all where nothing is known."""
    best: tuple[datetime, ...] = ()
    for step in _STEPS[grain]:
        found = _usual({each: rows[each] for back in range(1, _BACK + 1) if rows.get(each := bucket - back * step)})
        if len(found) > max(FEWEST, len(best)):
            return found[: _affordable(found, rows)]
        best = max(best, found, key=len)
    return best[: _affordable(best, rows)]


def past_of(bucket: datetime, grain: Grain, values: Mapping[datetime, float]) -> list[float]:
    """The values of a series in up to eight buckets like this one, newest first: of the weeks before where there are
    at least four, else of the buckets right before."""
    for step in (_STEPS[grain][0], _STEPS[grain][-1]):
        buckets = [bucket - back * step for back in range(1, _BACK + 1)]
        found = [values[each] for each in buckets if values.get(each) == values.get(each, 0.0) and each in values]
        if len(found) >= 4:
            return found
    return []


def _usual(rows: Mapping[datetime, float]) -> tuple[datetime, ...]:
    if not rows:
        return ()
    middle = statistics.median(rows.values())
    return tuple(sorted((b for b, n in rows.items() if middle / _ODD <= n <= middle * _ODD), reverse=True))


def _affordable(buckets: tuple[datetime, ...], rows: Mapping[datetime, float]) -> int:
    if not buckets:
        return 0
    usual = statistics.median(rows[each] for each in buckets)
    return int(min(MOST, max(FEWEST, _ROWS // max(usual, 1))))
