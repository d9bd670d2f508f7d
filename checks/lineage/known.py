"""What is known now, and what views read, which is asked for when their source was listed anew.

What views read is kept in memory only: a source that does not answer leaves the graph of the last reading, which is
said.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from checks.catalogue import SourceState
from checks.lineage.assemble import notes_of
from checks.lineage.graph import Graph
from checks.lineage.record import ViewsRead
from checks.records import Dataset, JobRun
from connectors import SourceError

#: how long a source that did not answer is not asked again
_PATIENCE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Job:
    """A job of which events told, with its newest run."""

    name: str
    namespace: str
    run: JobRun | None = None


@dataclass(frozen=True, slots=True)
class Lineage:
    """The graph, sentences about what is not in it, and whether all could be read that was to be. `jobs` are those that
    write a dataset, or that a consumer is, by its name."""

    graph: Graph
    notes: tuple[str, ...] = ()
    complete: bool = True
    jobs: Mapping[str, tuple[Job, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Views:
    """What the views of the sources read, as far as it is known, and why it is not."""

    read: Mapping[str, ViewsRead]
    notes: tuple[str, ...] = ()
    complete: bool = True


@dataclass(frozen=True, slots=True)
class _Reading:
    """The last answer of a source, when it had been listed then, and the failure since, if any."""

    views: ViewsRead | None
    listed_at: datetime | None
    failed_at: datetime | None = None
    error: str | None = None


class ViewsKnown:
    """What views read, by source; may be asked from several threads."""

    def __init__(self) -> None:
        self._locks: dict[str, threading.Lock] = {}  # one for each source, so that a slow one holds up no other
        self._readings: dict[str, _Reading] = {}

    def views(
        self,
        datasets: Mapping[str, Dataset],
        sources: Sequence[SourceState],
        read: Callable[[str], ViewsRead],
        at: datetime,
    ) -> Views:
        """What they read at the moment `at`. `read` asks a source for its views and raises SourceError; it is not
        called for sources without any, and for the others at the same time."""
        with_views = {dataset.source for dataset in datasets.values() if dataset.table.is_view}
        asked = [state for state in sources if state.name in with_views]
        with ThreadPoolExecutor(max(1, len(asked))) as pool:
            answers = pool.map(lambda state: self._reading(state, read, at), asked)
            readings = {state.name: reading for state, reading in zip(asked, answers, strict=True)}
        views, notes, complete = {}, [], True
        for state in sources:
            if reading := readings.get(state.name):
                if reading.views is not None:
                    views[state.name] = reading.views
                if reading.error is not None:
                    complete = False
                    left = "is not known" if reading.views is None else "is shown as it was read before"
                    notes.append(f"what the views of source {state.name} read {left}: {reading.error}")
            elif state.answered_at is None:
                complete = False
                notes.append(
                    f"whether source {state.name} has views is not known: {state.error or 'it was not listed'}"
                )
        return Views(views, (*notes, *notes_of(views)), complete)

    def so_far(self) -> dict[str, ViewsRead]:
        """What they read as far as it is known without asking anybody; never waits for who is asking."""
        readings = dict(self._readings)
        return {name: each.views for name, each in readings.items() if each.views is not None}

    def _reading(self, state: SourceState, read: Callable[[str], ViewsRead], at: datetime) -> _Reading:
        # a second who asks waits for the first, and then has the answer
        with self._locks.setdefault(state.name, threading.Lock()):
            last = self._readings.get(state.name) or _Reading(None, None)
            if last.views is not None and last.error is None and last.listed_at == state.answered_at:
                return last
            if last.failed_at is not None and at - last.failed_at < _PATIENCE:
                return last
            try:
                found = _Reading(read(state.name), state.answered_at)
            except SourceError as error:
                found = _Reading(last.views, last.listed_at, at, error.sentence)
            self._readings[state.name] = found
            return found
