"""How buckets filled, out of the moments at which their rows were loaded. Pure.

A load time is what the last load of a row has left. Where rows are loaded again (a backfill, a whole table in one go,
the last days every night) it says nothing of when they first came, and must not be taken for it.

All moments are naive, by the clock of the event time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

import numpy as np

from checks.detect.arrival import COMPLETE, Glimpses, Line
from checks.loadtime import Ages, ages_of
from checks.records import Loaded

#: more of the rows than that with an impossible load time, and it is none
_ODD = 0.05
#: buckets that were loaded again within an hour of each other are one reload
_TOGETHER, _AT_ONCE = 3, timedelta(hours=1)
#: so much of its rows apart, a bucket filled otherwise than its load times say
_APART = 0.25
_MINUTE = timedelta(minutes=1)
#: clocks of two machines differ by so much, minutes
_SKEW = 5


class Seen(NamedTuple):
    """The loads of one bucket, as they were seen at a moment."""

    moment: datetime
    loaded: Loaded

    @property
    def age(self) -> float:
        """The age of the bucket at that moment, minutes."""
        return (self.moment - self.loaded.bucket) / _MINUTE

    @property
    def rows(self) -> int:
        """All rows that the bucket had at that moment."""
        return sum(self.loaded.rows) + self.loaded.late + self.loaded.undated


@dataclass(frozen=True)
class Told:
    """What load times tell: how each settled bucket filled, and every bucket as it was seen before it was loaded again.
    Those in `again` were loaded again before they were seen. `doubt` is why load times are not believed, and then there
    are no lines; None also where there are too few to say anything."""

    lines: Mapping[datetime, Line]
    seen: Mapping[datetime, Seen]
    again: frozenset[datetime] = frozenset()
    doubt: str | None = None


def told(
    seen: Sequence[Seen],
    watched: Mapping[datetime, Line],
    length: timedelta,
    at: datetime,
    glimpses: Mapping[datetime, Glimpses] | None = None,
) -> Told:
    """What can be known at the moment `at`, where each bucket was `seen` once or more, some were `watched` by runs
    while they filled, and `glimpses` are what runs saw of those that have not settled."""
    ages = ages_of(length)
    views = {
        bucket: sorted(each, key=lambda view: view.moment, reverse=True)
        for bucket, each in groupby(sorted(seen, key=lambda view: view.loaded.bucket), lambda view: view.loaded.bucket)
    }
    newest = [each[0] for each in views.values()]
    moments = _reloads(newest)
    settled, again, known = [], [], {view.loaded.bucket: view for view in newest}
    for bucket, each in views.items():
        old = [view for view in each if view.age >= ages.horizon and view.rows] if _is_settled(bucket, ages, at) else []
        usable = next((view for view in old if _is_usable(view, moments, ages)), None)
        if usable is not None:
            known[bucket] = usable
            settled.append(usable)
        elif old:
            again.append(bucket)
    until = ages.turn if _are_changed(settled) else ages.horizon
    lines = {view.loaded.bucket: _line(view.loaded, ages, until) for view in settled if view.loaded.ages[0] <= until}
    name = "day" if length >= timedelta(days=1) else "hour"
    doubt = _impossible(newest, ages) or _loaded_again(again, len(lines), moments, name)
    doubt = doubt or _held_before(newest, lines, views, ages, name) or _seen_otherwise(lines, watched, name)
    doubt = doubt or _came_later(known, glimpses or {}, length, name)
    return Told({} if doubt else lines, known, frozenset(again), doubt)


def rows_by(loaded: Loaded, moment: datetime, length: timedelta) -> float:
    """The rows of a bucket that had been loaded at a moment, evenly within a step; those of which that is not known are
    taken to be there."""
    ages, age = ages_of(length), (moment - loaded.bucket) / _MINUTE
    found = float(loaded.undated)
    for end, rows in zip(loaded.ages, loaded.rows, strict=True):
        start = ages.start(end)
        found += rows * min(max((age - start) / (end - start), 0.0), 1.0)
    return found


def comings(found: Told, length: timedelta, at: datetime) -> tuple[np.ndarray, np.ndarray]:
    """The moments at which something came, and those of all looks, up to the moment `at`: as if each bucket had been
    looked at 24 times, and what comes until the next look were seen at once. Nobody looked at those that were loaded
    again."""
    known = sorted(found.seen.keys() - found.again)
    if not found.lines or not known:
        return np.empty(0, "M8[us]"), np.empty(0, "M8[us]")
    step, first = np.timedelta64(length / 24), np.datetime64(known[0], "us")
    looks = np.arange(first, np.datetime64(at, "us") + np.timedelta64(1, "us"), step)
    gone = np.array(sorted(found.again), dtype="M8[us]")
    looks = looks[~np.isin(looks - (looks - first) % np.timedelta64(length), gone)]
    came = np.sort(np.concatenate([_moments(found.seen[bucket].loaded) for bucket in known]))
    place = np.searchsorted(looks, came[came <= np.datetime64(at)], side="right") - 1
    return np.unique(looks[place]), looks


def last_coming(found: Told, length: timedelta, at: datetime) -> datetime | None:
    """The moment up to `at` at which something was loaded last, None where load times tell nothing. A load time that
    has yet to come is a wrong one, and says nothing."""
    ages = ages_of(length)
    ends = [
        view.loaded.bucket + end * _MINUTE
        for view in found.seen.values()
        for end in view.loaded.ages
        if view.loaded.bucket + ages.start(end) * _MINUTE <= at
    ]
    return min(at, max(ends)) if found.lines and ends else None


def _moments(loaded: Loaded) -> np.ndarray:
    return np.datetime64(loaded.bucket, "us") + np.array(loaded.ages, dtype="m8[m]")


def _is_settled(bucket: datetime, ages: Ages, at: datetime) -> bool:
    return bucket + ages.horizon * _MINUTE <= at


def _are_changed(settled: Sequence[Seen]) -> bool:
    """Whether rows are changed, and loaded again then, so often that it takes a bucket for incomplete."""
    late = sum(view.loaded.late for view in settled)
    return late > (1 - COMPLETE) * sum(view.rows for view in settled)


def _line(loaded: Loaded, ages: Ages, until: int) -> Line:
    """The share of the rows that were loaded at the end of each step, of those that came up to an age."""
    ends = np.array([ages.end_of(step) for step in range(ages.steps)])
    counts = np.zeros(len(ends))
    counts[np.searchsorted(ends, loaded.ages)] = loaded.rows
    counts[ends > until] = 0
    return Line(ends / 60, np.cumsum(counts) / counts.sum())


# -- rows that were loaded again ---------------------------------------------------------------------------------------


def _reloads(newest: Sequence[Seen]) -> np.ndarray:
    """The moments at which buckets that had settled got most of their rows, sorted."""
    late = [view.loaded for view in newest if view.loaded.late > sum(view.loaded.rows)]
    return np.sort(np.array([one.bucket + one.latest * _MINUTE for one in late], dtype="M8[us]"))


def _is_usable(view: Seen, reloads: np.ndarray, ages: Ages) -> bool:
    """Whether most rows came in time, and not together with old ones that were loaded again."""
    loaded = view.loaded
    if 2 * sum(loaded.rows) < view.rows:
        return False
    most = int(np.argmax(loaded.rows))
    if 2 * loaded.rows[most] < view.rows:
        return True
    moment = np.datetime64(loaded.bucket + loaded.ages[most] * _MINUTE, "us")
    near = np.timedelta64(_AT_ONCE + ages.coarse * _MINUTE)
    first, last = np.searchsorted(reloads, [moment - near, moment + near])
    return last - first < _TOGETHER


# -- whether load times are believed -----------------------------------------------------------------------------------


def _impossible(newest: Sequence[Seen], ages: Ages) -> str | None:
    """Rows without a load time, with one before they happened, or with one that has yet to come."""
    rows = sum(view.rows for view in newest)
    undated = sum(view.loaded.undated for view in newest)
    preceding = sum(view.loaded.preceding for view in newest)
    filling = [view for view in newest if view.age < ages.horizon]
    ahead = sum(_ahead(view, ages) for view in filling)
    if 2 * undated > rows:
        return f"{_percent(undated, rows)} of the rows have none"
    young = sum(view.loaded.undated for view in filling), sum(view.rows for view in filling)
    if young[0] / max(young[1], 1) - (undated - young[0]) / max(rows - young[1], 1) > _ODD:
        return f"{_percent(*young)} of the newest rows have none yet, so it says something that comes after the load"
    if preceding > _ODD * (rows - undated):
        share = _percent(preceding, rows - undated)
        return f"{share} of the rows have one from before they happened; is it in another time zone?"
    if ahead > _ODD * sum(view.rows for view in filling):
        return f"{ahead:,} rows have one that has yet to come; is it in another time zone?"
    return None


def _ahead(view: Seen, ages: Ages) -> int:
    late = view.loaded.late if view.loaded.latest > view.age else 0
    steps = zip(view.loaded.ages, view.loaded.rows, strict=True)
    return late + sum(rows for end, rows in steps if ages.start(end) > view.age + _SKEW)


def _loaded_again(again: Sequence[datetime], usable: int, moments: np.ndarray, name: str) -> str | None:
    """Where of most buckets it is not known any more when they came. What a single reload has destroyed is no reason to
    doubt what was loaded since."""
    last = _last_reload(moments)
    since = [bucket for bucket in again if last is None or np.datetime64(bucket, "us") >= last]
    if len(since) <= usable and (usable or not again):
        return None
    if last is not None and 2 * np.sum(np.abs(moments - last) <= np.timedelta64(1, "D")) > len(moments):
        return f"all was loaded at one time, on {last.astype('M8[D]')}"
    return f"{len(again)} of {len(again) + usable} {name}s were loaded again long after their end"


def _last_reload(moments: np.ndarray) -> np.datetime64 | None:
    """The last moment at which several old buckets were loaded again, None where there was no such moment."""
    together = moments[_TOGETHER - 1 :] - moments[: len(moments) - _TOGETHER + 1] <= np.timedelta64(_AT_ONCE)
    ends = moments[_TOGETHER - 1 :][together]
    return ends[-1] if len(ends) else None


def _held_before(
    newest: Sequence[Seen],
    lines: Mapping[datetime, Line],
    views: Mapping[datetime, Sequence[Seen]],
    ages: Ages,
    name: str,
) -> str | None:
    """Where the last buckets are loaded again and again, they hold rows at ages at which the older ones, by what the
    last load has left of them, had none."""
    young = [view for view in newest if ages.turn / 2 <= view.age < ages.horizon]
    if not lines or len(young) < 2:
        return None
    whole = float(np.median([views[bucket][0].rows for bucket in lines]))
    usual = np.median([line.shares for line in lines.values()], axis=0)
    ends = next(iter(lines.values())).ages
    # a bucket that has more rows than usual in the end holds nothing early
    more = [min(view.rows / whole, 1.0) - np.interp(view.age / 60, ends, usual) for view in young]
    if np.median(more) <= 2 * _APART:
        return None
    return f"the last {name}s hold rows that, by the load times of earlier ones, come later: they are loaded again"


def _seen_otherwise(lines: Mapping[datetime, Line], watched: Mapping[datetime, Line], name: str) -> str | None:
    """Where runs saw most of the buckets fill otherwise."""
    both = sorted(lines.keys() & watched.keys())
    apart = sum(_apart(lines[bucket], watched[bucket]) > _APART for bucket in both)
    if apart < _TOGETHER or 2 * apart <= len(both):
        return None
    return f"runs saw {apart} of {len(both)} {name}s fill otherwise"


def _held_back(view: Seen, glimpses: Glimpses, length: timedelta) -> bool | None:
    """Whether a bucket had far fewer rows than its load times say at a third of the looks at it while it filled; None
    where that can not be said, as long as it fills or because nobody looked when there was something to see."""
    whole = view.rows
    if view.moment < view.loaded.bucket + length:
        return None
    then = np.array([rows_by(view.loaded, moment.item(), length) for moment in glimpses.moments])
    tells = then > _APART * whole
    if not tells.any():
        return None
    then, rows = then[tells], glimpses.rows[tells]
    fewer = (then - rows > _APART * whole) | (2 * rows < then)
    return bool(fewer.mean() >= 1 / 3)


def _came_later(
    known: Mapping[datetime, Seen], glimpses: Mapping[datetime, Glimpses], length: timedelta, name: str
) -> str | None:
    """Where most of the last buckets got their rows after these had a load time, as where a table is built from another
    each night and carries its load times along."""
    told = [_held_back(known[bucket], each, length) for bucket, each in glimpses.items() if bucket in known]
    compared = [each for each in told if each is not None]
    apart = sum(compared)
    if apart < (1 if name == "day" else _TOGETHER) or 2 * apart <= len(compared):
        return None
    those = f"the last {name}" if len(compared) == 1 else f"{apart} of the last {len(compared)} {name}s"
    return f"in {those} runs saw rows come long after their load times"


def _apart(loaded: Line, watched: Line) -> float:
    """The mean distance of the shares until the bucket was complete by both; later looks find it full in any case."""
    shares = np.interp(watched.ages, loaded.ages, loaded.shares)
    filling = np.minimum(shares, watched.shares) < COMPLETE
    return float(np.mean(np.abs(shares - watched.shares)[filling])) if filling.any() else 0.0


def _percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.0f} %"
