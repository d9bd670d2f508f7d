"""What is learned of when a dataset's rows arrive: from the history, for runs and pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from checks.eventtime import wall_clock
from checks.records import ChangeExpected, Check, EventTime

if TYPE_CHECKING:
    from checks.detect.arrival import Curve
    from checks.detect.business import Cadence
    from checks.history import History
    from checks.history.watched import Watched

#: how far back buckets are looked at, and at most how many of them
_BACK, _MOST = timedelta(days=100), 400
#: a bucket is judged so long after its end at the latest, however slowly it fills
LONGEST_WAIT = timedelta(days=1)
_LEARNED_EVERY = timedelta(hours=6)

_Settled = tuple[EventTime | None, datetime | None, timedelta | None]
_UNKNOWN: _Settled = (None, None, None)
_settled: WeakKeyDictionary[History, dict[str, _Settled]] = WeakKeyDictionary()


@dataclass(frozen=True)
class Arrivals:
    """The curve along which a bucket fills, and the cadence in which something new comes, where that is known."""

    curve: Curve
    cadence: Cadence | None


def learned_arrivals(history: History, dataset: str, event_time: EventTime, at: datetime) -> Arrivals:
    """What can be known of a dataset's arrivals at the moment `at`; moments in it are by the event time's own clock."""
    from checks.detect.arrival import learn  # here and not above: runs without such checks start without pandas
    from checks.detect.business import learn_cadence

    length = event_time.grain.length
    seen = history.watched(dataset, event_time.grain, event_time.zone, min(_BACK, _MOST * length), at)
    now = wall_clock(at, event_time)
    return Arrivals(learn(seen.observed, seen.runs, length, now), learn_cadence(_news(seen), seen.runs, now))


def settled(history: History, dataset: str, event_time: EventTime, at: datetime) -> timedelta | None:
    """The age from which a bucket is complete, None while that is not learned. Learned anew every six hours, as of the
    last of these moments, so that it does not matter which runs ask."""
    as_of = at - timedelta(seconds=at.timestamp() % _LEARNED_EVERY.total_seconds())
    kept = _settled.setdefault(history, {})
    if kept.get(dataset, _UNKNOWN)[:2] != (event_time, as_of):
        curve = learned_arrivals(history, dataset, event_time, as_of).curve
        age = min(curve.settled, curve.length + LONGEST_WAIT) if curve.is_learned else None
        kept[dataset] = (event_time, as_of, age)
    return kept[dataset][2]


def judges_buckets(checks: Sequence[Check]) -> bool:
    """Whether a check judges whole buckets, so that it matters when they are complete."""
    return any(
        getattr(check.expects, "per_bucket", False) or isinstance(check.expects, ChangeExpected) for check in checks
    )


def _news(seen: Watched) -> np.ndarray:
    """The runs that found rows which the run before had not seen. The first one found all that there was."""
    observed = seen.observed
    before = observed.groupby("bucket")["value"].shift(fill_value=0.0)
    news = np.unique(observed["observed_at"][observed["value"] > before].to_numpy())
    return news[news > seen.runs[0]] if len(seen.runs) else news
