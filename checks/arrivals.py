"""What is learned of when a dataset's rows arrive: from the history, for runs and pages.

What was learned is kept for a while, so that a run pays for what is new only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

import numpy as np

from checks.eventtime import wall_clock
from checks.records import ChangeExpected, Check, Dataset, EventTime, Metric, Result

if TYPE_CHECKING:
    from checks.detect import Fit
    from checks.detect.arrival import Curve
    from checks.detect.business import Cadence
    from checks.facts import Facts
    from checks.history import History
    from checks.history.watched import Watched
    from checks.judge_arrival import Filling
    from checks.learned.before import Before

#: how far back buckets are looked at, and at most how many of them
_BACK, _MOST = timedelta(days=100), 400
#: a bucket is judged so long after its end at the latest, however slowly it fills
LONGEST_WAIT = timedelta(days=1)
_LEARNED_EVERY = timedelta(hours=6)
#: what came before the moments at which it is learned anew is in the cadence already; late rows come for days
_RECENT = timedelta(days=4)
#: a second look is at least this part of a bucket after the first
_A_WHILE = 1 / 25

_T = TypeVar("_T")
_kept: WeakKeyDictionary[History, dict[tuple[str, str], tuple[Any, Any]]] = WeakKeyDictionary()


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


def lately(history: History, dataset: str, event_time: EventTime, at: datetime) -> Arrivals:
    """The same, learned anew every six hours: as of the last of these moments, so that it does not matter who asks."""
    as_of = at - timedelta(seconds=at.timestamp() % _LEARNED_EVERY.total_seconds())
    return _once(
        history,
        (dataset, "arrivals"),
        (event_time, as_of),
        lambda: learned_arrivals(history, dataset, event_time, as_of),
    )


def settled(history: History, dataset: str, event_time: EventTime, at: datetime) -> timedelta | None:
    """The age from which a bucket is complete, None while that is not learned."""
    curve = lately(history, dataset, event_time, at).curve
    return min(curve.settled, curve.length + LONGEST_WAIT) if curve.is_learned else None


def judges_buckets(checks: Sequence[Check]) -> bool:
    """Whether a check judges whole buckets, so that it matters when they are complete."""
    return any(
        getattr(check.expects, "per_bucket", False) or isinstance(check.expects, ChangeExpected) for check in checks
    )


# -- what is on its way ------------------------------------------------------------------------------------------------


def arriving(dataset: Dataset, facts: Facts, history: History, before: Before) -> tuple[Result, ...]:
    """The learned results about the buckets that are still filling and about how long nothing new has come. None for a
    dataset without an event time."""
    event_time = facts.measured.event_time
    if event_time is None:
        return ()
    from checks import judge_arrival

    known = lately(history, dataset.name, event_time, facts.at)
    now = wall_clock(facts.measured.source_now, event_time)
    buckets, last = [], None
    if known.curve.is_learned or known.cadence is not None:
        seen = history.watched(dataset.name, event_time.grain, event_time.zone, _RECENT, facts.at)
        buckets = _filling(dataset, facts, history, before, seen) if known.curve.is_learned else []
        last = _newest(known.cadence, seen, facts, event_time)
    return (
        judge_arrival.filling(known.curve, buckets, now, event_time),
        judge_arrival.silence(known.cadence, last, now, event_time),
    )


def _filling(dataset: Dataset, facts: Facts, history: History, before: Before, seen: Watched) -> list[Filling]:
    """The buckets from the first that is not complete on, but for those of which people said what they are."""
    from checks.detect.arrival import Band
    from checks.judge_arrival import Filling
    from checks.learned.labels import quieting

    event_time = facts.measured.event_time
    if event_time is None:
        return []
    rows, first = Metric("bucket_rows", grain=event_time.grain), facts.filling_from(event_time)
    while_ago = wall_clock(facts.at, event_time) - event_time.grain.length * _A_WHILE
    fit = _once(
        history,
        (dataset.name, "fit"),
        (event_time, first, dataset.detection, tuple(before.labels)),
        lambda: _fit(dataset, facts, before, event_time),
    )
    found = []
    for bucket, count in sorted(facts.buckets(rows).items()):
        if bucket >= first and quieting(before.labels, rows, bucket) is None:
            band = fit.judge(bucket, None) if fit and fit.learned >= fit.needed else None
            whole = Band(band.expected, band.lower, band.upper) if band else None
            found.append(Filling(bucket, count, whole, _look(seen, bucket, while_ago)))
    return found


def _look(seen: Watched, bucket: datetime, until: datetime) -> tuple[datetime, float] | None:
    """The newest run up to a moment that looked at a bucket, and what it saw there."""
    looks = seen.runs[(seen.runs >= np.datetime64(bucket)) & (seen.runs <= np.datetime64(until))]
    own = seen.observed[(seen.observed["bucket"] == bucket) & (seen.observed["observed_at"] <= until)]
    if not len(looks) or not len(own):
        return None
    return looks[-1].astype("M8[us]").item(), float(own["value"].iloc[-1])


def _fit(dataset: Dataset, facts: Facts, before: Before, event_time: EventTime) -> Fit | None:
    """What the rows of complete buckets do."""
    import pandas as pd

    from checks.detect import Settings, fit_many
    from checks.learned import labels as said
    from checks.learned.before import REACH
    from checks.learned.families import FILLING_SHARE
    from checks.learned.past import by_bucket

    grain = event_time.grain
    rows = Metric("bucket_rows", grain=grain)
    series = {rows: {**before.buckets.get(rows, {}), **facts.buckets(rows)}}
    watched = by_bucket(series, grain, facts.filling_from(event_time) - grain.length, REACH[grain])
    if watched is None:
        return None
    detection, heard = dataset.detection, said.heard(watched, before.labels)
    settings = Settings(alerts_per_90_days=FILLING_SHARE * detection.alerts_per_90_days, holidays=detection.holidays)
    return fit_many(
        watched.values,
        pd.DatetimeIndex(watched.buckets),
        ["count"],
        settings,
        excluded=heard.void,
        excused=heard.excused,
        regimes=[list(pd.DatetimeIndex(moments)) for moments in heard.begins],
    )[0]


def _newest(cadence: Cadence | None, seen: Watched, facts: Facts, event_time: EventTime) -> datetime | None:
    """The moment at which something new was last seen: by this run, or by an earlier one."""
    known = seen.observed.groupby("bucket")["value"].last().to_dict()
    rows = facts.buckets(Metric("bucket_rows", grain=event_time.grain))
    since = facts.at.astimezone(UTC).replace(tzinfo=None) - _RECENT  # older buckets are read again, and are no news
    if any(bucket >= since and count > known.get(bucket, 0.0) for bucket, count in rows.items()):
        return wall_clock(facts.at, event_time)
    news = _news(seen)
    moments = [cadence.last if cadence else None, news.max().astype("M8[us]").item() if len(news) else None]
    return max((moment for moment in moments if moment is not None), default=None)


def _news(seen: Watched) -> np.ndarray:
    """The runs that found rows which the run before had not seen. The first one found all that there was."""
    observed = seen.observed
    before = observed.groupby("bucket")["value"].shift(fill_value=0.0)
    news = np.unique(observed["observed_at"][observed["value"] > before].to_numpy())
    return news[news > seen.runs[0]] if len(seen.runs) else news


def _once(history: History, what: tuple[str, str], key: Any, make: Callable[[], _T]) -> _T:
    """What was made for this key the last time, or made now. Threads that ask at once may each make it; each gets what
    belongs to its own key."""
    kept = _kept.setdefault(history, {})
    found = kept.get(what)
    if found is None or found[0] != key:
        found = kept[what] = (key, make())
    return found[1]
