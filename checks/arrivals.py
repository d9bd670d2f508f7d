"""What is learned of when a dataset's rows arrive: from the history and from load times, for runs and pages.

What was learned is kept for a while, so that a run pays for what is new only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

import numpy as np

from checks.eventtime import wall_clock
from checks.records import ChangeExpected, Check, EventTime, LoadTime, Measured

if TYPE_CHECKING:
    from checks.detect.arrival import Curve
    from checks.detect.business import Cadence
    from checks.detect.loaded import Seen, Told
    from checks.history import History
    from checks.history.watched import Watched

#: how far back buckets are looked at, and at most how many of them
_BACK, _MOST = timedelta(days=100), 400
#: a bucket is judged so long after its end at the latest, however slowly it fills
LONGEST_WAIT = timedelta(days=1)
_LEARNED_EVERY = timedelta(hours=6)

_T = TypeVar("_T")
_kept: WeakKeyDictionary[History, dict[tuple[str, str], tuple[Any, Any]]] = WeakKeyDictionary()


@dataclass(frozen=True)
class Arrivals:
    """The curve along which a bucket fills, and the cadence in which something new comes, where that is known. `loads`
    is what the load times of `load_time` tell, where the table has such a column."""

    curve: Curve
    cadence: Cadence | None
    load_time: LoadTime | None = None
    loads: Told | None = None

    @property
    def loaded(self) -> int:
        """How many buckets of the curve are known from load times."""
        return min(len(self.loads.lines), self.curve.buckets) if self.loads else 0

    @property
    def doubt(self) -> str | None:
        """Why load times are not used, in words; None where they are, and where there are none."""
        if self.load_time is None or self.loads is None or self.loads.doubt is None:
            return None
        return f"load time {self.load_time.column} is not used: {self.loads.doubt}"


def sentence(known: Arrivals) -> str:
    """When a bucket is complete and how that is known: 'a day is complete by 23:40 (from load time loaded_at,
    84 days)'."""
    from checks.detect import arrival

    said = arrival.sentence(known.curve)
    if known.doubt:
        return f"{said}; {known.doubt}"
    if not known.curve.is_learned or known.load_time is None or not known.loaded:
        return said
    name = "day" if known.curve.length >= timedelta(days=1) else "hour"
    watched = known.curve.buckets - known.loaded
    others = f" and {watched} that runs saw filling" if watched else ""
    return f"{said} (from load time {known.load_time.column}, {known.loaded} {name}s{others})"


def learned_arrivals(
    history: History, dataset: str, event_time: EventTime, at: datetime, measured: Measured | None = None
) -> Arrivals:
    """What can be known of a dataset's arrivals at the moment `at`; moments in it are by the event time's own clock.
    `measured` is what a run has read and not remembered yet."""
    load_time = measured.load_time if measured else _load_time(history, dataset)
    return _learned(history, dataset, event_time, at, _loads(history, dataset, event_time, load_time, at, measured))


def lately(
    history: History, dataset: str, event_time: EventTime, at: datetime, measured: Measured | None = None
) -> Arrivals:
    """The same, learned anew every six hours: as of the last of these moments, so that it does not matter who asks.
    Load times tell of the past whenever they are read, so those that have been read since are heard too."""
    as_of = at - timedelta(seconds=at.timestamp() % _LEARNED_EVERY.total_seconds())
    load_time = measured.load_time if measured else _load_time(history, dataset)
    return once(
        history,
        (dataset, "arrivals"),
        (event_time, as_of, load_time, measured.loads if measured else ()),
        lambda: _learned(
            history, dataset, event_time, as_of, _loads(history, dataset, event_time, load_time, at, measured)
        ),
    )


def _learned(history: History, dataset: str, event_time: EventTime, at: datetime, loads: _Loads | None) -> Arrivals:
    from checks.detect import arrival, loaded  # here and not above: runs without such checks start without pandas
    from checks.detect.business import learn_cadence

    length = event_time.grain.length
    watched = history.watched(dataset, event_time.grain, event_time.zone, _back(length), at)
    now = wall_clock(at, event_time)
    lines = arrival.watched(watched.observed, watched.runs, length, now)
    glimpses = arrival.glimpsed(watched.observed, watched.runs, length, now) if loads else {}
    told = loaded.told(loads.seen, lines, length, now, glimpses) if loads else None
    curve = arrival.curve_of({**lines, **told.lines} if told else lines, length)
    cadence = learn_cadence(*loaded.comings(told, length, now), now) if told else None
    cadence = cadence or learn_cadence(news(watched), watched.runs, now)
    return Arrivals(curve, cadence, loads.load_time if loads else None, told)


@dataclass(frozen=True, slots=True)
class _Loads:
    load_time: LoadTime
    seen: list[Seen]


def _loads(
    history: History,
    dataset: str,
    event_time: EventTime,
    load_time: LoadTime | None,
    at: datetime,
    measured: Measured | None,
) -> _Loads | None:
    """The loads of the newest buckets as they were seen up to the moment `at`, by this run and by those before."""
    from checks.detect.loaded import Seen

    if load_time is None:
        return None
    fresh = [Seen(wall_clock(measured.source_now, event_time), loaded) for loaded in measured.loads] if measured else []
    since = wall_clock(at, event_time) - _back(event_time.grain.length)
    stored = history.loads(dataset, load_time.column, event_time.grain, since, at)
    known = [Seen(wall_clock(observed, event_time), loaded) for observed, loaded in stored]
    return _Loads(load_time, fresh + known)


def _load_time(history: History, dataset: str) -> LoadTime | None:
    run = history.latest_evaluated([dataset]).get(dataset)
    return run.load_time if run else None


def _back(length: timedelta) -> timedelta:
    return min(_BACK, _MOST * length)


def settled(
    history: History, dataset: str, event_time: EventTime, at: datetime, measured: Measured | None = None
) -> timedelta | None:
    """The age from which a bucket is complete, None while that is not learned."""
    curve = lately(history, dataset, event_time, at, measured).curve
    return min(curve.settled, curve.length + LONGEST_WAIT) if curve.is_learned else None


def judges_buckets(checks: Sequence[Check]) -> bool:
    """Whether a check judges whole buckets, so that it matters when they are complete."""
    return any(
        getattr(check.expects, "per_bucket", False) or isinstance(check.expects, ChangeExpected) for check in checks
    )


def news(seen: Watched) -> np.ndarray:
    """The runs that found rows which the run before had not seen. The first one found all that there was."""
    observed = seen.observed
    before = observed.groupby("bucket")["value"].shift(fill_value=0.0)
    news = np.unique(observed["observed_at"][observed["value"] > before].to_numpy())
    return news[news > seen.runs[0]] if len(seen.runs) else news


def once(history: History, what: tuple[str, str], key: Any, make: Callable[[], _T]) -> _T:
    """What was made for this key the last time, or made now. Threads that ask at once may each make it; each gets what
    belongs to its own key."""
    kept = _kept.setdefault(history, {})
    found = kept.get(what)
    if found is None or found[0] != key:
        found = kept[what] = (key, make())
    return found[1]
