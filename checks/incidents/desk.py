"""Where incidents are kept up: runs and people come here, one after another, and each leaves one commit.

Everything that is decided is decided by pure functions (`signals`, `grouping`, `reacting`, `transitions`); the desk
knows what stands, asks them, and writes down what they say together with what is to be told.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from checks.config import IncidentsConfig
from checks.history import History
from checks.incidents import signals
from checks.incidents.actions import Action, ActionKind, read
from checks.incidents.beginnings import Beginnings
from checks.incidents.draft import Draft, standing
from checks.incidents.evidence import Asking, Investigator
from checks.incidents.grouping import Numbers, is_gone
from checks.incidents.headlines import with_rows
from checks.incidents.labelling import label
from checks.incidents.reacting import Surroundings, react
from checks.incidents.taken_out import leave
from checks.incidents.transitions import tells_another_fault
from checks.learned.families import VOLUME, family_of
from checks.lineage.graph import Graph
from checks.records import (
    Change,
    Dataset,
    EventKind,
    Family,
    Finding,
    Incident,
    Key,
    Message,
    RunReport,
    Signal,
    Symptom,
)
from checks.refusal import Refused
from connectors import SourceError

#: a check that is measured once a month tells for so long what was broken before somebody resolved it
_REMEMBERED = timedelta(days=35)

#: what a run means beyond its results (a budget that burns), given the symptoms that stand; asked after every run
Source = Callable[[RunReport, Mapping[Key, Symptom]], Sequence[Signal]]
Tell = Callable[[Sequence[Change], datetime], Sequence[Message]]


class UnknownIncident(Refused):
    """There is no incident of that number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"there is no incident {number}; `python -m checks incidents` lists those there are")


@dataclass(frozen=True, slots=True)
class Around:
    """What the desk asks for when something is broken: the datasets by name, the graph as far as it is known, and the
    names of datasets that their sources list no more and that nothing else asks for."""

    datasets: Callable[[], Mapping[str, Dataset]]
    graph: Callable[[], Graph]
    vanished: Callable[[], Collection[str]] = frozenset


def nobody(changes: Sequence[Change], at: datetime) -> Sequence[Message]:
    """Tells nobody anything."""
    return ()


def nothing(subjects: Collection[str], at: datetime) -> None:
    """Lets nothing go."""


@dataclass
class _Standing:
    """What the desk remembers of the file: incidents that are open or were resolved lately, and how many events each
    has."""

    incidents: dict[int, Incident] = field(default_factory=dict)
    counts: dict[int, int] = field(default_factory=dict)

    @property
    def next_id(self) -> int:
        return max(self.counts, default=0) + 1

    def broken(self, subjects: Sequence[str]) -> dict[Key, Symptom]:
        """The symptoms about these datasets or sources that have not recovered, of open incidents."""
        return {
            symptom.key: symptom
            for incident in standing(self.incidents.values())
            for symptom in incident.broken
            if symptom.key.subject in subjects
        }


class Desk:
    """Everything here may be called from several threads; `sources`, `tell` and `let_go` are set before the first run.
    `let_go` is told of which tables and sources a person said that they may be gone."""

    def __init__(self, history: History, config: IncidentsConfig, around: Around, asking: Asking) -> None:
        self.sources: list[Source] = []
        self.tell: Tell = nobody
        self.let_go: Callable[[Collection[str], datetime], None] = nothing
        self._history = history
        self._config = config
        self._around = around
        self._investigator = Investigator(history, asking, around.datasets)
        self._lock = threading.Lock()
        self._known: _Standing | None = None

    def observe(self, report: RunReport) -> tuple[Change, ...]:
        """What a run that was remembered means for incidents; most mean nothing. Raises HistoryError, and then nothing
        has changed."""
        source = report.dataset.partition(".")[0]
        with self._lock:
            known = self._standing(report.started_at)
            broken = known.broken((report.dataset, source))
            others = [signal for each in self.sources for signal in each(report, broken)]
            if not (broken or others or signals.has_news(report)):
                return ()
            dataset = self._around.datasets().get(report.dataset)
            if dataset is None:
                return ()  # it was taken out of the configuration while it ran
            past = Beginnings(self._history, dataset, report)
            found = [*signals.of_run(report, past, broken), *others]
            draft = self._draft(known)
            rows = {each.key: finding for each in found if (finding := _rows(past, each))}
            react(draft, found, self._surroundings(rows))
            return self._commit(known, draft, report.started_at)

    def listed(self, source: str, at: datetime, error: SourceError | None) -> tuple[Change, ...]:
        """What it means that a source of which no dataset is known was listed, or could not be. Raises HistoryError,
        and then nothing has changed."""
        with self._lock:
            known = self._standing(at)
            signal = signals.of_listing(source, at, error, known.broken((source,)))
            if signal is None:
                return ()
            draft = self._draft(known)
            react(draft, [signal], self._surroundings({}))
            return self._commit(known, draft, at)

    def take_out(self, reasons: Mapping[str, str], at: datetime) -> tuple[Change, ...]:
        """What it means that these datasets and sources were taken out of the configuration. Raises HistoryError, and
        then nothing has changed."""
        with self._lock:
            known = self._standing(at)
            draft = self._draft(known)
            leave(draft, reasons, at)
            return self._commit(known, draft, at)

    def investigate(self, changes: Sequence[Change], at: datetime) -> None:
        """Looks for what speaks for the cause of the incidents that have just opened (again), or in which another check
        has broken, and puts it into their stories. Asks warehouses, so no run and nobody else waits for it here. Raises
        HistoryError."""
        for change in changes:
            opened = change.before is None or not change.before.is_open
            if change.incident.is_open and (opened or any(map(tells_another_fault, change.events))):
                now = {each.id: each for each in self.open_incidents(at)}  # other runs may have found more meanwhile
                self._investigate(now.get(change.incident.id, change.incident), at)

    def open_incidents(self, at: datetime) -> list[Incident]:
        """The incidents that are open, oldest first. Raises HistoryError."""
        with self._lock:
            return sorted(standing(self._standing(at).incidents.values()), key=lambda each: each.id)

    def act(self, number: int, action: Action, at: datetime) -> Incident:
        """What somebody does with an incident. Raises UnknownIncident, WrongAction, NotPossible, HistoryError."""
        with self._lock:
            known = self._standing(at)
            incident = known.incidents.get(number) or self._history.incident(number)
            if incident is None:
                raise UnknownIncident(number)
            said = read(action, incident, at)
            draft = self._draft(known, incident)
            if action.kind is ActionKind.LABEL:
                label(draft, incident, said, self._history, at, self._around.vanished())
            else:
                draft.add(incident, at, said.kind, said.about, said.author)
            self._commit(known, draft, at)
            still = {each.key for each in draft[number].broken}
            lost = (each for each in incident.broken if is_gone(each) or each.key.family is Family.SOURCE)
            self.let_go({each.key.subject for each in lost if each.key not in still}, at)
            return draft[number]

    def add(self, number: int, kind: EventKind, about: Mapping, at: datetime) -> Incident:
        """A line in the story that no run and no person has said: evidence, or that somebody was told. Raises
        UnknownIncident, HistoryError."""
        with self._lock:
            known = self._standing(at)
            incident = known.incidents.get(number) or self._history.incident(number)
            if incident is None:
                raise UnknownIncident(number)
            draft = self._draft(known, incident)
            draft.add(incident, at, kind, about)
            self._commit(known, draft, at)
            return draft[number]

    # -- inside --------------------------------------------------------------------------------------------------------

    def _investigate(self, incident: Incident, at: datetime) -> None:
        dataset = self._around.datasets().get(incident.lead.key.subject)
        others = [each for each in self.open_incidents(at) if each.id != incident.id]
        found = self._investigator.gather(incident, dataset, self._around.graph(), others, at)
        if not found:
            return
        told = [{"kind": one.kind, "sentence": one.sentence, "where": one.where} for one in found]
        about: dict[str, Any] = {"evidence": told}
        if found[0].is_cause:
            about["cause"] = found[0].sentence
        if found[0].where:
            about["title"] = with_rows(incident.title, found[0].where)
        self.add(incident.id, EventKind.EVIDENCE, about, at)

    def _standing(self, at: datetime) -> _Standing:
        oldest = at - max(self._config.reopen_within, _REMEMBERED)
        if self._known is None:
            incidents = {each.id: each for each in self._history.incidents(since=oldest)}
            self._known = _Standing(incidents, self._history.event_counts())
        return self._known

    def _draft(self, known: _Standing, incident: Incident | None = None) -> Draft:
        incidents = known.incidents | ({incident.id: incident} if incident else {})
        return Draft(incidents, known.counts, known.next_id)

    def _surroundings(self, rows: Mapping[Key, Finding]) -> Surroundings:
        numbers = Numbers(self._config.spread, self._config.reopen_within)
        around = self._around
        return Surroundings(cache(around.graph), around.datasets(), numbers, self._config.healthy_runs, rows)

    def _commit(self, known: _Standing, draft: Draft, at: datetime) -> tuple[Change, ...]:
        changes = draft.changes()
        if not changes:
            return ()
        self._history.commit(changes, self.tell(changes, at))
        for change in changes:
            known.incidents[change.incident.id] = change.incident
            known.counts[change.incident.id] = change.events[-1].number
        oldest = at - max(self._config.reopen_within, _REMEMBERED)
        for number, incident in list(known.incidents.items()):
            if incident.resolved_at is not None and incident.resolved_at < oldest:
                del known.incidents[number]
        return changes


def _rows(past: Beginnings, signal: Signal) -> Finding | None:
    """The finding about how many rows there are that a signal comes from."""
    if VOLUME.check not in signal.checks or signal.key.family is not Family.DATA:
        return None
    alert = next((alert for alert in past.alerts if alert.bucket == signal.bucket), None)
    return next((one for one in alert.findings if family_of(one.metric) is VOLUME), None) if alert else None
