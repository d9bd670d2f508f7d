"""What is known of every objective, kept in memory and brought forward by each run.

The history is read once, for all datasets or for one; after that a run that comes in order costs nothing to follow. One
that does not (a moment that is replayed, a slot that is served again) has its dataset read afresh.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from checks.objectives.pace import Pace, pace
from checks.objectives.spells import Spell, State, followed, reach_of, spells_of, state_of, timeline
from checks.objectives.targets import Kind, Objective, objectives_of
from checks.objectives.timeline import Stretch, Timeline, together
from checks.records import Dataset, EventTime, Outcome, Result, RunReport, Status

if TYPE_CHECKING:
    import numpy as np

    from checks.history import History, Seen

#: how far back is read: the longest window that is told
REACH = timedelta(days=90)
#: where more datasets than these have to be read, all are read at once
_FEW = 20
_SAID = (Outcome.FINISHED, Outcome.UNREACHABLE, Outcome.ERROR)
_ABSENT = -1
_NOTHING, _A_DAY = timedelta(0), timedelta(days=1)

Buckets = dict[str, dict[datetime, Status]]


@dataclass(frozen=True, slots=True)
class Kept:
    """One objective with what is known of it, and the pace of its dataset."""

    objective: Objective
    line: Timeline
    pace: Pace


@dataclass
class _Book:
    """What is known of one dataset: up to the moment `last` of its newest run."""

    objectives: tuple[Objective, ...]
    pace: Pace
    last: datetime | None
    event_time: EventTime | None
    spells: dict[str, tuple[Spell, ...]]
    buckets: Buckets
    kept: dict[str, Kept] = field(default_factory=dict)

    def lines(self) -> tuple[Kept, ...]:
        for objective in self.objectives:
            if objective.level not in self.kept:
                self.kept[objective.level] = Kept(objective, self._line(objective), self.pace)
        return tuple(self.kept[objective.level] for objective in self.objectives)

    def follow(self, report: RunReport) -> None:
        """One more run, later than all before."""
        for objective in self.objectives:
            state = state_said(objective, report.results)
            if state is not None:
                spell = Spell(report.started_at, report.started_at, state)
                before = self.spells.get(objective.level, ())
                self.spells[objective.level] = followed(before, spell, self.pace.hold)
            self._judge_buckets(result for result in report.results if result.check in objective.checks)
        if report.measured:
            self.event_time = report.measured.event_time
        if self.last is None or self.last.date() != report.started_at.date():
            self._forget(report.started_at - REACH - self.pace.hold)
        self.last = report.started_at
        self.kept.clear()

    def _forget(self, oldest: datetime) -> None:
        """What no window reaches any more, once a day: an app may run for years."""
        first = oldest.replace(tzinfo=None) - _A_DAY  # buckets are in the days of the dataset
        for level, spells in self.spells.items():
            self.spells[level] = tuple(spell for spell in spells if spell.last >= oldest)
        for check, judged in self.buckets.items():
            self.buckets[check] = {bucket: status for bucket, status in judged.items() if bucket >= first}

    def _judge_buckets(self, results: Iterable[Result]) -> None:
        for result in results:
            if result.bucket is not None and result.status.evaluated:
                self.buckets.setdefault(result.check, {})[result.bucket] = result.status

    def _line(self, objective: Objective) -> Timeline:
        line = timeline(self.spells.get(objective.level, ()), self.pace.hold)
        if objective.kind is not Kind.QUALITY or self.event_time is None:
            return line
        by_bucket = _of_buckets([self.buckets.get(check, {}) for check in objective.checks], self.event_time)
        return together([line, by_bucket]) if by_bucket.stretches else line


class Ledger:
    """The timelines of all objectives. Safe to use from several threads."""

    def __init__(self, history: History, schedule_of: Callable[[Dataset], str]) -> None:
        self._history = history
        self._schedule_of = schedule_of
        self._books: dict[str, _Book] = {}
        self._lock = threading.RLock()

    def kept(self, datasets: Iterable[Dataset], at: datetime) -> list[Kept]:
        """What is known of the objectives of these datasets, in their order. What came after the moment `at` is in the
        timelines too: ask them for windows that end there."""
        wanted = {each.name: (objectives_of(each), pace(self._schedule_of(each), at)) for each in datasets}
        wanted = {name: (objectives, own) for name, (objectives, own) in wanted.items() if objectives}
        with self._lock:
            self._read({name: own for name, own in wanted.items() if not self._knows(name, *own)}, at)
            return [kept for name in wanted for kept in self._books[name].lines()]

    def observe(self, report: RunReport) -> None:
        """Follows a run that has just been remembered."""
        with self._lock:
            book = self._books.get(report.dataset)
            if book is None or report.outcome not in _SAID:
                return
            if book.last is None or report.started_at > book.last:
                book.follow(report)
            else:
                del self._books[report.dataset]

    def _knows(self, name: str, objectives: tuple[Objective, ...], own: Pace) -> bool:
        book = self._books.get(name)
        return book is not None and (book.objectives, book.pace) == (objectives, own)

    def _read(self, wanted: Mapping[str, tuple[tuple[Objective, ...], Pace]], at: datetime) -> None:
        if not wanted:
            return
        since = at - REACH - max((own.hold for _, own in wanted.values()), default=_NOTHING)
        all_at_once = len(wanted) > _FEW
        seen: dict[str, Seen] = {}
        for name in [None] if all_at_once else wanted:
            seen |= self._history.seen(since, name)
        for name, (objectives, own) in wanted.items():
            event_time = seen[name].event_time if name in seen else None
            spells = {each.level: self._spells(each, seen[name], own, since) for each in objectives if name in seen}
            last = seen[name].moments.max().astype("M8[us]").item().replace(tzinfo=UTC) if name in seen else None
            buckets = {check: dict(judged) for check, judged in seen[name].buckets.items()} if name in seen else {}
            self._books[name] = _Book(objectives, own, last, event_time, spells, buckets)

    def _spells(self, objective: Objective, seen: Seen, own: Pace, since: datetime) -> tuple[Spell, ...]:
        import numpy as np

        states = np.full(len(seen.slots), _ABSENT)
        for check in objective.checks:
            if check in seen.checks:
                self._say(states, objective, check, seen, since)
        told = states != _ABSENT
        in_time = np.argsort(seen.moments[told], kind="stable")
        return spells_of(seen.moments[told][in_time], states[told][in_time], own.hold)

    def _say(self, states: np.ndarray, objective: Objective, check: str, seen: Seen, since: datetime) -> None:
        """What one check said, into the states of the runs: the worst counts."""
        import numpy as np

        verdicts = seen.checks[check]
        said = seen.slots >= verdicts.first
        if verdicts.count < said.sum():
            said = np.isin(seen.slots, self._history.slots_of(objective.dataset, check, since))
        places = np.searchsorted(seen.slots, verdicts.slots)
        there = places < len(seen.slots)
        there[there] = seen.slots[places[there]] == verdicts.slots[there]
        known = {status: said_by(objective, Status(status)) for status in set(verdicts.statuses)}
        numbers = {status: _ABSENT if state is None else state for status, state in known.items()}
        others = np.array([numbers[status] for status in verdicts.statuses[there]], dtype=states.dtype)
        said[places[there]] = False
        states[said] = np.maximum(states[said], State.MET)
        np.maximum.at(states, places[there], others)


def state_said(objective: Objective, results: Iterable[Result]) -> State | None:
    """What the results of one run say of an objective, as far as they are about the whole table; None for nothing."""
    own = (result.status for result in results if result.check in objective.checks and result.bucket is None)
    return max((state for status in own if (state := said_by(objective, status)) is not None), default=None)


def said_by(objective: Objective, status: Status) -> State | None:
    """What a result says of the objective; a rule that is muted or learns says nothing of the quality of all."""
    if objective.kind is Kind.REACH:
        return reach_of(status)
    if objective.kind is Kind.QUALITY and status in (Status.SKIPPED, Status.LEARNING):
        return None
    return state_of(status)


def _of_buckets(judged: Iterable[Mapping[datetime, Status]], event_time: EventTime) -> Timeline:
    """The worst that rules say of each bucket, at the time of the bucket itself."""
    from checks.eventtime import utc_of

    worst: dict[datetime, State] = {}
    for statuses in judged:
        for bucket, status in statuses.items():
            worst[bucket] = max(worst.get(bucket, State.MET), state_of(status))
    length = event_time.grain.length
    return Timeline.of(
        Stretch(utc_of(bucket, event_time), utc_of(bucket + length, event_time), state is State.MET)
        for bucket, state in sorted(worst.items())
    )
