"""Everything that one owning process needs, wired together: configuration, history, catalogue, workers, runs.

Commands and the app both work through a Monitor, so that they give the same answers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from checks import cadence, demo, drill, health, run, slots
from checks.catalogue import Catalogue, Given, SourceState, UnknownDataset
from checks.config import Config
from checks.contracts import Level
from checks.explain import Explanation, Words
from checks.history import History, Known
from checks.incidents import Around, Asking, Desk, work_on, work_on_listing
from checks.incidents.taken_out import taken_out
from checks.lineage import Lineage, LineageKnown
from checks.lineage.record import ViewsRead
from checks.notify.wiring import wired
from checks.objectives.ledger import Ledger
from checks.objectives.signals import BurnWatch
from checks.plan import statements
from checks.records import Dataset, DatasetHealth, Measured, Reading, ReconcileExpected, RunReport
from checks.refusal import Refused
from checks.registry import Registry
from checks.run import Slot
from checks.run_queue import Order, RunQueue
from checks.worker import Job, SourceSpec, columns_job, list_job, measure_job
from checks.workers import Workers
from connectors import Column, DatasetMissing, SourceError, TableName

if TYPE_CHECKING:
    from checks.guard import Veil

_SECONDS_PER_VIEW = 0.5  # many times what it takes to look one up and to parse it


class Monitor:
    """Owns the history while it lives. Everything here may be called from several threads."""

    def __init__(
        self,
        config: Config,
        history: History,
        clock: Callable[[], datetime],
        contracts: Given = (),
        *,
        profiles: bool = True,
    ) -> None:
        """`contracts` are read in the place of the configured folder, or were read already. Without `profiles` runs
        measure what the checks ask for and no more."""
        self.config = config
        self.history = history
        self.clock = clock
        self.catalogue = Catalogue(config, history, contracts)
        self.registry = Registry(history, clock)
        self.ledger = Ledger(history, self.schedule_of)
        self._profiles = profiles
        self.lineage_known = LineageKnown(config, self.catalogue, history)
        sizes = {name: source.concurrency for name, source in config.sources.items()}
        self.workers = Workers(sizes)
        self.ticked_at: datetime | None = None  # when a scheduler last looked for due slots
        self.troubles: dict[str, str] = {}  # what a background job could not do, by job, until it works again
        self.around = Around(self.datasets, lambda: self.lineage_known.graph(clock()), self.catalogue.vanished)
        asking = Asking(self.explain, self.sample, self.lineage_known.failed_runs, self.columns)
        self.desk = Desk(history, config.incidents, self.around, asking)
        self.desk.let_go = self.catalogue.let_go
        self.desk.tell, self.sender = wired(config, history, self.around, clock, self.troubles)
        self.desk.sources.append(BurnWatch(self.ledger, self.datasets))
        self._runs = RunQueue(sizes, self._run, clock, self.troubles)

    @classmethod
    def open(cls, config: Config, at: datetime, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Monitor:
        """Opens the history (raises HistoryBusy and its kin) and reads the contracts; asks no source yet."""
        return cls(config, History.open(config.history_path, at), clock)

    def close(self) -> None:
        """Ends what runs (recorded as cancelled) and gives the history free."""
        self.sender.stop()
        self._runs.cancel()
        self.workers.close()
        self._runs.join()
        self.history.close()

    # -- what there is ---------------------------------------------------------------------------------------------

    def datasets(self) -> dict[str, Dataset]:
        """All datasets, declared and discovered, by name."""
        return self.catalogue.datasets()

    def sources(self) -> list[SourceState]:
        """All sources as they were last seen."""
        return self.catalogue.sources()

    def named(self, names: Sequence[str]) -> list[Dataset]:
        """The datasets with these names; none given means all. A name may leave out source or schema as long as one
        dataset fits. Raises UnknownDataset."""
        return (
            [self.catalogue.named(name) for name in dict.fromkeys(names)] if names else list(self.datasets().values())
        )

    def refresh(self, at: datetime, names: Iterable[str] | None = None) -> list[SourceState]:
        """Reads the contracts again and lists the sources; returns when the slowest has answered or timed out."""
        return list(self.refreshing(at, names))

    def refreshing(self, at: datetime, names: Iterable[str] | None = None) -> Iterator[SourceState]:
        """The same, with each source as soon as it has answered."""
        self.catalogue.read_contracts()
        wanted = list(self.config.sources if names is None else names)
        with ThreadPoolExecutor(max(1, len(wanted))) as pool:
            for listed in as_completed([pool.submit(self._refresh_one, name, at) for name in wanted]):
                yield listed.result()

    def close_taken_out(self, states: Iterable[SourceState], confirmed: Collection[str], at: datetime) -> set[str]:
        """Closes incidents about what was taken out of the configuration, by the states in which a refresh has just
        found the sources, as far as it was `confirmed`: found so by the refresh before. Returns all that was found so
        now."""
        listed = {state.name: state for state in states}
        all_read = not any(finding.level is Level.ERROR for finding in self.catalogue.contracts.findings)
        reasons = taken_out(self.desk.open_incidents(at), self.datasets().keys(), listed, all_read=all_read)
        sure = {subject: reason for subject, reason in reasons.items() if subject in confirmed}
        if sure:
            self.desk.take_out(sure, at)
        return set(reasons)

    def list_unlisted(self, at: datetime) -> None:
        """Lists the sources of which nothing is known yet."""
        unlisted = [state.name for state in self.sources() if state.answered_at is None]
        if unlisted:
            self.refresh(at, unlisted)

    def spec(self, name: str) -> SourceSpec:
        """How to open a source in a worker."""
        source = self.config.sources[name]
        return SourceSpec(name, demo.address(source.url.reveal()), source.timeout.total_seconds(), self.config.base)

    def schedule_of(self, dataset: Dataset) -> str:
        """The cron line that the dataset runs on: its contract's, its source's, or the default."""
        source = self.config.sources.get(dataset.source)
        return dataset.schedule or (source.schedule if source else None) or self.config.schedule.default

    # -- health ----------------------------------------------------------------------------------------------------

    def status(self, names: Sequence[str] | None, at: datetime) -> list[DatasetHealth]:
        """The health of the datasets (all when None) at the moment `at`, sorted by name."""
        wanted = self.named(names or ())
        newest, evaluated = self.history.latest_runs(at=at), self.history.latest_evaluated(at=at)
        results = self.history.results(at=at)
        found = []
        for dataset in sorted(wanted, key=lambda dataset: dataset.name):
            name = dataset.name
            until = self._young_until(dataset, evaluated[name].slot) if name in evaluated else None
            evidence = health.Evidence(newest.get(name), evaluated.get(name), results.get(name, ()), until)
            found.append(health.fold(name, evidence, at, dataset.owner))
        return found

    @property
    def backup_path(self) -> Path:
        """Where the nightly copy of the history goes."""
        return self.config.history_path.with_suffix(".backup.duckdb")

    # -- runs ------------------------------------------------------------------------------------------------------

    def start(
        self, names: Sequence[str], *, at: datetime | None = None, slot: datetime | None = None, trigger: str = "page"
    ) -> list[Future[RunReport]]:
        """Puts runs into the queues of their sources and returns at once. A dataset that is under way is not started
        again: its future is returned. With `at` the moment is replayed."""
        return [self._runs.put(Order(dataset, at, slot, trigger)) for dataset in self.named(names)]

    def list_and_start(
        self, names: Sequence[str], *, at: datetime | None = None, trigger: str = "page"
    ) -> tuple[list[Future[RunReport]], list[str]]:
        """Lists the sources of the datasets (all when none is named), and starts what each has as soon as it has
        answered, so that a slow one holds no other up. Returns the runs, and what sources had to say instead."""
        try:
            sources = {dataset.source for dataset in self.named(names)} if names else None
        except UnknownDataset:
            sources = None  # perhaps a new table
        futures, errors = [], []
        for state in self.refreshing(self.clock(), sources):
            errors += [state.error] if state.error else []
            if sources is not None or not names:
                its = [dataset.name for dataset in self.named(names) if dataset.source == state.name]
                futures += self.start(its, at=at, trigger=trigger) if its else []
        return futures or (self.start(names, at=at, trigger=trigger) if names else []), errors

    def running(self) -> dict[str, datetime]:
        """The datasets under way or queued, with the moment at which they were asked for."""
        return self._runs.running()

    def next_runs(self) -> dict[str, datetime]:
        """The next slot of every dataset."""
        now = self.clock()
        datasets = self.datasets().items()
        found = {name: cadence.next_of(dataset, self.schedule_of(dataset), now) for name, dataset in datasets}
        return {name: slot for name, slot in found.items() if slot is not None}

    # -- drill-down ------------------------------------------------------------------------------------------------

    def sample(self, dataset: str, check: str, limit: int = 100) -> drill.Sample:
        """Rows that a check objects to. Raises SourceError, Refused, UnknownDataset."""
        [found] = self.named([dataset])
        latest = self.history.latest_evaluated([found.name]).get(found.name)
        return drill.failing_rows(self.workers, self.spec(found.source), found, check, limit, latest)

    def query(self, source: str, sql: str, limit: int = 500) -> drill.Sample:
        """One SELECT of a person, on a read-only session. Raises SourceError, Refused."""
        if source not in self.config.sources:
            raise Refused(f"there is no source '{source}'; there are {', '.join(sorted(self.config.sources))}")
        datasets = [dataset for dataset in self.datasets().values() if dataset.source == source]
        return drill.ad_hoc(self.workers, self.spec(source), sql, limit, datasets)

    def breakdown(self, dataset: str, column: str, bucket: datetime, before: datetime) -> drill.Sample:
        """Rows per value of a column in two buckets. Raises SourceError, Refused, UnknownDataset."""
        [found] = self.named([dataset])
        latest = self.history.latest_evaluated([found.name]).get(found.name)
        return drill.breakdown(self.workers, self.spec(found.source), found, column, (bucket, before), latest)

    def explain(self, dataset: str, words: Words) -> Explanation:
        """The segments behind a change. Raises SourceError, Refused, UnknownDataset."""
        from checks.explain.known import Place, explained  # here and not above: most commands need no numpy, no sqlglot
        from checks.explain.upstream import Above

        [found] = self.named([dataset])
        at = self.clock()
        above = Above(self.lineage_known.graph(at).upstream(found.name), self.lineage_known.failed_runs)
        place = Place(found, self.spec(found.source), self._veil(found.source), above)
        return explained(self.history, self.workers, place, words, at)

    def columns(self, source: str, tables: Sequence[TableName]) -> dict[TableName, tuple[Column, ...]]:
        """The columns of those of the tables that are there. Raises SourceError."""
        spec = self.spec(source)
        return self.workers.call(spec, spec.timeout + 10, columns_job, spec, tuple(tables))

    def lineage(self) -> Lineage:
        """Which dataset is made from which, and who reads it. Asks sources with views, unless they were asked since
        they were last listed."""
        return self.lineage_known.lineage(self._read_views, self.clock())

    # -- inside ----------------------------------------------------------------------------------------------------

    def _read_views(self, name: str) -> ViewsRead:
        from checks.lineage.reading import views_job

        spec = self.spec(name)
        tables = tuple(dataset.table for dataset in self.datasets().values() if dataset.source == name)
        deadline = spec.timeout + 10 + sum(table.is_view for table in tables) * _SECONDS_PER_VIEW
        return self.workers.call(spec, deadline, views_job, spec, tables)

    def _refresh_one(self, name: str, at: datetime) -> SourceState:
        spec = self.spec(name)
        runs_tell = any(dataset.source == name for dataset in self.datasets().values())

        def tables() -> tuple[TableName, ...]:
            try:
                found = self.workers.call(spec, spec.timeout + 10, list_job, spec)
            except SourceError as error:
                if not runs_tell:
                    work_on_listing(self.desk, name, at, error, self.troubles)
                raise
            if not runs_tell:
                work_on_listing(self.desk, name, at, None, self.troubles)
            return found

        return self.catalogue.refresh(name, tables, at)

    def _young_until(self, dataset: Dataset, slot: datetime) -> datetime | None:
        line = self.schedule_of(dataset)
        following = slots.next_slot(line, slot)
        return health.young_until(following, slots.next_slot(line, following) if following else None)

    def _run(self, order: Order) -> RunReport:
        dataset, moment = order.dataset, order.at or self.clock()
        slot = order.slot or moment.replace(microsecond=0)
        served = Slot(slot, moment, order.trigger, replay=order.at is not None)
        rest = {} if served.replay else cadence.resting(dataset, self.history.results, served.at)
        measured = cadence.to_measure(dataset, rest)
        attempts = self.config.schedule.attempts
        report = run.run(
            dataset, served, self.history, lambda known: self._measured(measured, served, known), attempts, rest
        )
        self.ledger.observe(report)
        if report.learned.alerts and not served.replay:
            from checks.learned.reasons import explain_newest  # here and not above: most runs find nothing

            explain_newest(report, self.history, self.explain, self.clock())
        if not served.replay:
            learn = partial(self.lineage_known.learn, dataset.source, self._read_views)
            work_on(self.desk, report, self.troubles, self.clock, learn)
        return report

    def _veil(self, source: str) -> Veil:
        return drill.veil_over([each for each in self.datasets().values() if each.source == source])

    def _hides(self, source: str) -> bool:
        return any(each.classified and each.source == source for each in self.datasets().values())

    def _measured(self, dataset: Dataset, served: Slot, known: Known) -> Measured:
        """What `_measure` has found. Where a table is missed that the source has listed, the source is listed again: it
        may have lost them all at once, which says nothing of any of them."""
        try:
            return self._measure(dataset, served, known)
        except DatasetMissing:
            if self.catalogue.lists(dataset):
                self._refresh_one(dataset.source, self.clock())
            emptied = self.catalogue.emptied(dataset.source)
            if emptied is None:
                raise
        raise emptied

    def _measure(self, dataset: Dataset, served: Slot, known: Known) -> Measured:
        spec = self.spec(dataset.source)
        checks = [check.expects for check in dataset.checks]
        others = {e.theirs.source for e in checks if isinstance(e, ReconcileExpected)} - {dataset.source}
        schedule = self.config.schedule
        reading = Reading(schedule.history_days, schedule.look_back, schedule.full_every, self._profiles)
        specs = tuple(self.spec(name) for name in sorted(others))
        veil = self._veil(dataset.source) if self._hides(dataset.source) else None  # it costs the import of sqlglot
        job = Job(spec, specs, self.lineage_known.dated(dataset), known, reading, veil, served.at, served.replay)
        # every statement has its own time limit; the worker gets the sum of what it may send, and is killed after that
        return self.workers.call(spec, spec.timeout * statements(dataset) + 10, measure_job, job)
