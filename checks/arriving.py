"""The learned results of a run about what is still on its way: the buckets that are filling, and how long nothing new
has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from checks.arrivals import Arrivals, lately, news, once
from checks.eventtime import wall_clock
from checks.loadtime import LOADED
from checks.records import Dataset, EventTime, Metric, Result

if TYPE_CHECKING:
    from checks.detect import Fit
    from checks.detect.business import Cadence
    from checks.facts import Facts
    from checks.history import History
    from checks.history.watched import Watched
    from checks.judge_arrival import Filling
    from checks.learned.before import Before

#: what came before the moments at which it is learned anew is in the cadence already; late rows come for days
_RECENT = timedelta(days=4)
#: a second look is at least this part of a bucket after the first
_A_WHILE = 1 / 25


def arriving(
    dataset: Dataset, facts: Facts, history: History, before: Before, *, replay: bool = False
) -> tuple[Result, ...]:
    """The learned results about the buckets that are still filling and about how long nothing new has come. None for a
    dataset without an event time, and of a replayed moment only what load times tell of it."""
    event_time = facts.measured.event_time
    if event_time is None:
        return ()
    from checks import judge_arrival

    known = lately(history, dataset.name, event_time, facts.at, facts.measured)
    if replay and not known.loaded:
        return ()
    now = wall_clock(facts.measured.source_now, event_time)
    buckets, last = [], None
    if known.curve.is_learned or known.cadence is not None:
        seen = history.watched(dataset.name, event_time.grain, event_time.zone, _RECENT, facts.at)
        if known.curve.is_learned:
            look = _Look(event_time, now, known, seen, replay)
            buckets = _filling(dataset, facts, history, before, look)
        last = _last_coming(known, seen, facts, event_time, now)
    filling = judge_arrival.filling(known.curve, buckets, now, event_time, known.doubt or _not_asked(facts))
    return (filling,) if replay else (filling, judge_arrival.silence(known.cadence, last, now, event_time))


def _not_asked(facts: Facts) -> str | None:
    """Why this run could not ask when rows were loaded, None where it could or had not to."""
    messages = (each.message for each in facts.measured.problems for metric in each.metrics if metric.name == LOADED)
    return next((f"load times are not used: {message}" for message in messages), None)


@dataclass(frozen=True)
class _Look:
    """What a bucket holds and held before, as runs have seen it or as its load times tell."""

    event_time: EventTime
    now: datetime
    known: Arrivals
    seen: Watched
    replay: bool

    def rows(self, bucket: datetime, counted: float) -> float:
        """The rows of a bucket. At a replayed moment those were not there that were loaded later."""
        loaded = self._rows_by(bucket, self.now) if self.replay else None
        return counted if loaded is None else loaded

    def earlier(self, bucket: datetime, until: datetime) -> tuple[datetime, float] | None:
        """The same a while ago, with the moment: a moment, or the newest run up to it that looked at the bucket."""
        loaded = self._rows_by(bucket, until)
        if loaded is not None:
            return until, loaded
        looks = self.seen.runs[(self.seen.runs >= np.datetime64(bucket)) & (self.seen.runs <= np.datetime64(until))]
        observed = self.seen.observed
        own = observed[(observed["bucket"] == bucket) & (observed["observed_at"] <= until)]
        if not len(looks) or not len(own):
            return None
        return looks[-1].astype("M8[us]").item(), float(own["value"].iloc[-1])

    def _rows_by(self, bucket: datetime, moment: datetime) -> float | None:
        """The rows that had been loaded, where load times are believed and were read since."""
        from checks.detect.loaded import rows_by

        last = self.known.loads.seen.get(bucket) if self.known.loads and self.known.loaded else None
        if last is None or not bucket <= moment <= last.moment:
            return None
        return rows_by(last.loaded, moment, self.event_time.grain.length)


def _filling(dataset: Dataset, facts: Facts, history: History, before: Before, look: _Look) -> list[Filling]:
    """The buckets from the first that is not complete on, but for those of which people said what they are."""
    from checks.detect.arrival import Band
    from checks.judge_arrival import Filling
    from checks.learned.labels import quieting

    event_time = look.event_time
    rows, first = Metric("bucket_rows", grain=event_time.grain), facts.filling_from(event_time)
    while_ago = wall_clock(facts.at, event_time) - event_time.grain.length * _A_WHILE
    fit = once(
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
            found.append(Filling(bucket, look.rows(bucket, count), whole, look.earlier(bucket, while_ago)))
    return found


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


def _last_coming(known: Arrivals, seen: Watched, facts: Facts, event_time: EventTime, now: datetime) -> datetime | None:
    """The moment at which something new came last. Load times that are believed say it where this run has read them;
    those that an earlier one has read say that it was not before."""
    from checks.detect.loaded import last_coming

    length, loaded = event_time.grain.length, None
    if known.loads and known.loads.seen:
        looked = max(view.moment for view in known.loads.seen.values())
        loaded = last_coming(known.loads, length, now if facts.measured.loads else min(now, looked))
    if loaded and facts.measured.loads:
        return loaded
    moments = (loaded, _newest(known.cadence, seen, facts, event_time))
    return max((moment for moment in moments if moment is not None), default=None)


def _newest(cadence: Cadence | None, seen: Watched, facts: Facts, event_time: EventTime) -> datetime | None:
    """The moment at which something new was last seen: by this run, or by an earlier one."""
    known = seen.observed.groupby("bucket")["value"].last().to_dict()
    rows = facts.buckets(Metric("bucket_rows", grain=event_time.grain))
    since = facts.at.astimezone(UTC).replace(tzinfo=None) - _RECENT  # older buckets are read again, and are no news
    if any(bucket >= since and count > known.get(bucket, 0.0) for bucket, count in rows.items()):
        return wall_clock(facts.at, event_time)
    found = news(seen)
    moments = [cadence.last if cadence else None, found.max().astype("M8[us]").item() if len(found) else None]
    return max((moment for moment in moments if moment is not None), default=None)
