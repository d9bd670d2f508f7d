"""All that is known of lineage, from where it is told: views, contracts, config.toml, dbt, events of OpenLineage."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any

from checks.catalogue import Catalogue
from checks.config import Config
from checks.history import History
from checks.lineage.assemble import Part, assembled
from checks.lineage.consumers import consumers_part
from checks.lineage.dbt import Manifest, ManifestsKnown
from checks.lineage.graph import Graph
from checks.lineage.jobs import JobsTold, jobs_told, written_by
from checks.lineage.known import Job, Lineage, ViewsKnown
from checks.lineage.naming import Naming
from checks.lineage.openlineage import AHEAD, read_event
from checks.lineage.record import ViewsRead
from checks.records import Dataset, JobRun, Named

#: what the runs of a job told is believed for this long; a monthly job may be late once
BELIEVED = timedelta(days=45)
#: seconds after which what is believed is looked over again
_FRESH = 600


@dataclass(frozen=True, slots=True)
class _Beside:
    """What is told beside contracts and views, and what it was made of."""

    state: tuple[int, int, int, frozenset[str]]
    manifests: tuple[Manifest | str, ...]
    parts: tuple[Part, ...]
    troubles: tuple[str, ...]
    told: JobsTold

    def is_of(self, manifests: Sequence[Manifest | str]) -> bool:
        """Whether these manifests are the same."""
        return _same(self.manifests, manifests)


def _same(known: Sequence[Manifest | str], manifests: Sequence[Manifest | str]) -> bool:
    """One that is read again is another object."""
    pairs = zip_longest(known, manifests)
    return all(one is other or (isinstance(one, str) and one == other) for one, other in pairs)


class LineageKnown:
    """Lineage as it is known at a moment; may be asked from several threads."""

    def __init__(self, config: Config, catalogue: Catalogue, history: History) -> None:
        self._config = config
        self._catalogue = catalogue
        self._history = history
        self._views = ViewsKnown()
        self._manifests = ManifestsKnown()
        self._heard = 0  # new events so far
        self._counting = threading.Lock()
        self._known: _Beside | None = None
        self._last_runs: tuple[tuple[int, int] | None, Mapping[Named, JobRun]] = (None, {})
        self._last_naming: tuple[int, Naming | None] = (0, None)
        self._dated: tuple[int, tuple[Manifest | str, ...], Mapping[str, str]] = (0, (), {})

    def lineage(self, read: Callable[[str], ViewsRead], at: datetime) -> Lineage:
        """The whole at the moment `at`. `read` asks a source for its views; see `ViewsKnown`."""
        datasets = self._catalogue.datasets()
        views = self._views.views(datasets, self._catalogue.sources(), read, at)
        beside = self._beside(at, views.read)
        told = beside.told
        last = self._newest_runs(at) if told.writers else {}
        jobs = {
            name: tuple(Job(told.shown[job], job.namespace, last.get(job)) for job in writers)
            for name, writers in told.writers.items()
        }
        notes = (*views.notes, *beside.troubles, *(note for part in beside.parts for note in part.notes))
        graph = assembled(datasets, views.read, beside.parts)
        return Lineage(graph, notes, views.complete and not beside.troubles, jobs)

    def learn(self, source: str, read: Callable[[str], ViewsRead], at: datetime) -> None:
        """Has the views of one source read, unless it has none or they were read since it was last listed."""
        states = [state for state in self._catalogue.sources() if state.name == source]
        self._views.views(self._catalogue.datasets(), states, read, at)

    def graph(self, at: datetime) -> Graph:
        """The graph as far as it is known at the moment `at` without asking any source."""
        views = self._views.so_far()
        return assembled(self._catalogue.datasets(), views, self._beside(at, views).parts)

    def troubles(self) -> tuple[str, ...]:
        """What is wrong with what config.toml names: consumers of datasets that are not there, and manifests that can
        not be read."""
        return (*self._declared().notes, *self._models(self._read_manifests())[1])

    def dated(self, dataset: Dataset) -> Dataset:
        """The dataset with what the manifests of dbt say of when its rows were loaded, the first that does."""
        manifests, matched = self._read_manifests(), self._catalogue.matched
        if not manifests or dataset.load_time:
            return dataset
        known = self._dated
        if known[0] != matched or not _same(known[1], manifests):
            naming, found = self._naming(), {}
            for manifest in manifests:
                found = (manifest.load_times(naming) if isinstance(manifest, Manifest) else {}) | found
            known = self._dated = matched, manifests, found
        return replace(dataset, dbt_load_time=known[2].get(dataset.name))

    def hear(self, document: Mapping[str, Any], at: datetime) -> dict[str, Any]:
        """Remembers an event of OpenLineage, and says how it was understood: {"new", "datasets": [{"namespace", "name",
        "dataset", "watched"}], "left_out"}. Raises NotAnEvent."""
        read = read_event(document, at)
        new = self._history.add_lineage_event(read.event, at)
        if new:
            with self._counting:
                self._heard += 1
        naming = self._naming()
        aliases: dict[Named, list[Named]] = {}
        for dataset, other in read.told.aliases:
            aliases.setdefault(dataset, []).append(other)
        named = {each: naming.dataset(each, aliases.get(each, ())) for each in read.datasets}
        datasets = [
            asdict(each) | {"dataset": name, "watched": name in naming.datasets} for each, name in named.items()
        ]
        return {"new": new, "datasets": datasets, "left_out": list(read.left_out)}

    def failed_runs(self, datasets: Collection[str], since: datetime, until: datetime) -> dict[str, list[JobRun]]:
        """By dataset (named in full) the runs of jobs that write it which failed or were aborted between the two
        moments, the oldest first; datasets without any are left out. Events of failed runs often do not say what would
        have been written; then the job counts that has written it before."""
        naming = self._naming()
        failed = [
            run
            for run in self._history.job_runs(until, since - AHEAD)  # of most, their beginning too
            if run.failed and run.ended_at is not None and run.ended_at >= since
        ]
        writers = self._beside(until, self._views.so_far()).told.writers if failed else {}
        found: dict[str, list[JobRun]] = {}
        for run in failed:
            own = written_by(run, naming)
            for name in datasets:
                if name in own or (not own and run.job in writers.get(name, ())):
                    found.setdefault(name, []).append(run)
        return found

    # -- inside --------------------------------------------------------------------------------------------------------

    def _beside(self, at: datetime, views: Mapping[str, ViewsRead]) -> _Beside:
        """What is told beside contracts and views. It is put together again when something of it is new, and every few
        minutes, because what was told is not believed for ever: a storm of alerts asks for it again and again."""
        manifests = self._read_manifests()
        defined = frozenset(
            f"{name}.{view.view}" for name, read in views.items() for view in read.views if view.is_known
        )
        state = self._catalogue.matched, self._heard, int(at.timestamp() // _FRESH), defined
        known = self._known
        if known is None or known.state != state or not known.is_of(manifests):
            models, troubles = self._models(manifests)
            told = self._told(at, defined)
            known = _Beside(state, manifests, (self._declared(), models, told.part), tuple(troubles), told)
            self._known = known
        return known

    def _declared(self) -> Part:
        return consumers_part(self._config.consumers, self._catalogue.named)

    def _read_manifests(self) -> tuple[Manifest | str, ...]:
        return tuple(self._manifests.manifests(self._config.base, self._config.lineage.dbt))

    def _models(self, manifests: Iterable[Manifest | str]) -> tuple[Part, list[str]]:
        """What the manifests of dbt say, and what is wrong with them."""
        naming = self._naming()
        parts, troubles = [], []
        for found in manifests:
            if isinstance(found, str):
                troubles.append(f"dbt manifest {found}")
            else:
                parts.append(found.part(naming))
        edges, nodes = (tuple(each for part in parts for each in getattr(part, key)) for key in ("edges", "nodes"))
        return Part(edges, nodes), troubles

    def _told(self, at: datetime, defined: Collection[str]) -> JobsTold:
        told = self._history.told_of_lineage(at - BELIEVED, at + AHEAD)
        return jobs_told(told, self._naming(), defined) if told else JobsTold()

    def _newest_runs(self, at: datetime) -> Mapping[Named, JobRun]:
        """Of each job; read again when there are new events, and every few minutes."""
        state = self._heard, int(at.timestamp() // _FRESH)
        known, runs = self._last_runs
        if known != state:
            found = self._history.job_runs(at + AHEAD, at - BELIEVED, newest=True)
            runs = {run.job: run for run in found}
            self._last_runs = state, runs
        return runs

    def _naming(self) -> Naming:
        """Made anew when the datasets were."""
        matched, naming = self._last_naming
        if naming is None or matched != self._catalogue.matched:
            matched = self._catalogue.matched
            naming = self._new_naming()
            self._last_naming = matched, naming
        return naming

    def _new_naming(self) -> Naming:
        sources = self._config.sources.items()
        urls = {name: source.url.reveal() for name, source in sources}
        return Naming(self._catalogue.datasets(), urls, self._config.lineage.namespaces, self._config.base)
