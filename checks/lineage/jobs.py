"""What events tell of jobs: edges between datasets with the jobs that make them, owners, and which job writes what.
Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from checks.lineage.assemble import Part
from checks.lineage.graph import ColumnPair, Edge, Kind, Node, Origin
from checks.lineage.naming import Naming
from checks.lineage.told import ColumnTold, Told
from checks.records import ConsumerKind, JobRun, Named, ToldTogether

#: a run that tells of more pairs than these, and not which of them belong together, says nothing
_MOST_PAIRS = 10_000
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class JobsTold:
    """`writers` are the jobs that write a dataset, by its name, and each job by its own, which may be that of a
    consumer: a job that reads and writes nothing is one. `shown` are the names of jobs, which tell them apart."""

    part: Part = field(default_factory=Part)
    writers: Mapping[str, tuple[Named, ...]] = field(default_factory=dict)
    shown: Mapping[Named, str] = field(default_factory=dict)


def jobs_told(told: Sequence[ToldTogether], naming: Naming, defined: Collection[str] = ()) -> JobsTold:
    """What was told, the oldest first; of owners the newest counts. Into the views in `defined`, whose definitions were
    read, no edge is made: what they read is known better."""
    parts = [(each.job, _joined(Told.of(text) for text in each.told)) for each in told]
    names = _Names(naming, [one for _, one in parts])
    shown = _shown({job for job, _ in parts if job})
    found = _Found(names, shown)
    for job, one in parts:
        found.take(job, one)
    consumers = found.readers.keys() - found.writing
    edges = [
        Edge(up, down, Origin.EVENT, tuple(sorted(found.columns[up, down], key=_by_name)), tuple(sorted(jobs)))
        for (up, down), jobs in found.jobs.items()
        if down not in defined
    ]
    edges += [Edge(name, shown[job], Origin.EVENT) for job in consumers for name in found.readers[job]]
    writers = {name: tuple(sorted(jobs)) for name, jobs in found.writers.items()}
    nodes = [Node(name, Kind.OUTSIDE, owner) for name, owner in found.owners.items()]
    nodes += [Node(shown[job], Kind.CONSUMER, found.job_owners.get(job), ConsumerKind.JOB) for job in sorted(consumers)]
    for job, name in shown.items():
        writers.setdefault(name, (job,))  # a consumer may be declared by the name of a job that writes something too
    return JobsTold(Part(tuple(edges), tuple(nodes), tuple(found.notes)), writers, shown)


def written_by(run: JobRun, naming: Naming) -> set[str]:
    """The names of the datasets that the events of a run say it writes."""
    told = _joined(Told.of(text) for text in run.told)
    names = _Names(naming, [told])
    return {names[each] for each in (*told.outputs, *(into for _, into in told.pairs))}


class _Names:
    """The name of a dataset here, with the symlinks that any event told of."""

    def __init__(self, naming: Naming, told: Iterable[Told]) -> None:
        self._naming = naming
        self._found: dict[Named, str] = {}
        self._aliases: dict[Named, set[Named]] = defaultdict(set)
        for dataset, other in (pair for one in told for pair in one.aliases):
            self._aliases[dataset].add(other)

    def __getitem__(self, named: Named) -> str:
        if named not in self._found:
            self._found[named] = self._naming.dataset(named, sorted(self._aliases.get(named, ())))
        return self._found[named]


class _Found:
    """Collects, told by told."""

    def __init__(self, names: _Names, shown: Mapping[Named, str]) -> None:
        self.names, self.shown = names, shown
        self.jobs: dict[Pair, set[str]] = defaultdict(set)
        self.columns: dict[Pair, set[ColumnPair]] = defaultdict(set)
        self.owners: dict[str, str] = {}
        self.job_owners: dict[Named, str] = {}
        self.writers: dict[str, set[Named]] = defaultdict(set)
        self.readers: dict[Named, set[str]] = {}
        self.writing: set[Named] = set()
        self.notes: list[str] = []

    def take(self, job: Named | None, told: Told) -> None:
        targets = {*told.outputs, *(into for _, into in told.pairs)}
        for source, into in self._pairs(job, told):
            self.jobs[self.names[source], self.names[into]] |= {self.shown[job]} if job else set()
        for column in told.columns:
            ends = self.names[column.source], self.names[column.into]
            self.columns[ends].add(ColumnPair(column.source_column, column.column))
        self.owners |= {self.names[dataset]: owner for dataset, owner in told.owners}
        if job is None:
            return
        if told.job_owner:
            self.job_owners[job] = told.job_owner
        for each in targets:
            self.writers[self.names[each]].add(job)
        if targets:
            self.writing.add(job)
        elif told.inputs:
            self.readers.setdefault(job, set()).update(self.names[each] for each in told.inputs)

    def _pairs(self, job: Named | None, told: Told) -> Iterator[tuple[Named, Named]]:
        yield from told.pairs
        yield from ((column.source, column.into) for column in told.columns)
        explained = {into for _, into in told.pairs}
        outputs = [each for each in told.outputs if each not in explained]
        if len(told.inputs) * len(outputs) > _MOST_PAIRS:
            many = f"{len(told.inputs):,} datasets and writes {len(outputs):,}"
            self.notes.append(
                f"job {self.shown[job] if job else ''} reads {many}; which is made from which can not be told apart"
            )
            return
        yield from ((source, into) for source in told.inputs for into in outputs)


def _joined(told: Iterable[Told]) -> Told:
    """What several events of one run tell together."""
    all_ = list(told)
    columns: set[ColumnTold] = {each for one in all_ for each in one.columns}
    return Told(
        tuple(sorted({each for one in all_ for each in one.inputs})),
        tuple(sorted({each for one in all_ for each in one.outputs})),
        tuple(sorted({each for one in all_ for each in one.pairs})),
        tuple(sorted(columns)),
        tuple(dict.fromkeys(each for one in all_ for each in one.owners)),
        tuple(sorted({each for one in all_ for each in one.aliases})),
        next((one.job_owner for one in all_ if one.job_owner), None),
    )


def _shown(jobs: Collection[Named]) -> dict[Named, str]:
    """The name alone where no other namespace has a job of that name."""
    spaces: dict[str, set[str]] = defaultdict(set)
    for job in jobs:
        spaces[job.name].add(job.namespace)
    return {job: job.name if len(spaces[job.name]) == 1 else f"{job.name} ({job.namespace})" for job in jobs}


def _by_name(pair: ColumnPair) -> tuple[str, str]:
    return pair.upstream or "", pair.downstream
