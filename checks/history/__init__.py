"""What was measured and judged, remembered: one DuckDB file with one owner.

`History` has its parts over one `Store` (the open file): `RunReader`, `PointReader`, `PastReader`, `SeenReader` and
`LearnedReader` read, `ListingKeeper` remembers the sources, `LabelKeeper` what people said, `LineageKeeper` what other
systems told of their jobs, `IncidentKeeper` what people work on, `OutboxKeeper` what they are told, `Keeper` looks
after the file, and the methods here write. Writing takes one run at a time and writes it whole or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Self

from checks.history.bands import LearnedReader
from checks.history.batch import SERIES_OF_A_DATASET
from checks.history.bulk import execute
from checks.history.care import Keeper
from checks.history.errors import HistoryBusy, HistoryError, HistoryFailed, HistoryTooNew, HistoryUnusable
from checks.history.incidents import IncidentKeeper
from checks.history.labels import LabelKeeper
from checks.history.lineage import LineageKeeper
from checks.history.listings import Listing, ListingKeeper
from checks.history.memory import Known, Memory, load
from checks.history.migrations import MIGRATIONS, Migration
from checks.history.moments import DISTANT_PAST, lenient, naive
from checks.history.outbox import OutboxKeeper
from checks.history.past import PastReader
from checks.history.points import by_metric
from checks.history.registry import ContractVersion, RegistryKeeper, Schema, SchemaVersion
from checks.history.runs import RunRow
from checks.history.seen import Seen, SeenReader
from checks.history.store import Store
from checks.history.write import RunWriter
from checks.records import Metric, RunReport

__all__ = [
    "ContractVersion",
    "History",
    "HistoryBusy",
    "HistoryError",
    "HistoryFailed",
    "HistoryTooNew",
    "HistoryUnusable",
    "Known",
    "Listing",
    "RunRow",
    "Schema",
    "SchemaVersion",
    "Seen",
]


class History(
    LearnedReader,
    PastReader,
    SeenReader,
    ListingKeeper,
    RegistryKeeper,
    LabelKeeper,
    LineageKeeper,
    IncidentKeeper,
    OutboxKeeper,
    Keeper,
):
    """The history of all datasets. Safe to use from many threads; one process at a time (HistoryBusy)."""

    def __init__(self, store: Store, notices: tuple[str, ...] = ()) -> None:
        self._store = store
        self.notices = notices
        self._memories = {}
        self._under_way = {}
        self._next_number = self._rows(f"SELECT coalesce(max(series_id) // {SERIES_OF_A_DATASET}, 0) + 1 FROM series")[
            0
        ][0]

    @classmethod
    def open(cls, path: Path, at: datetime, *, migrations: Sequence[Migration] = MIGRATIONS) -> Self:
        """Opens the file, creating it and its folder if needed, brings its shape forward (after a backup beside it),
        and marks runs that never ended as interrupted. `notices` tells what had to be set aside, now or earlier.

        Raises HistoryBusy, HistoryTooNew and HistoryUnusable; damage is not an error but a notice.
        """
        return cls(*Store.open(path, at, migrations))

    @property
    def path(self) -> Path:
        """The file."""
        return self._store.path

    def begin(self, dataset: str, slot: datetime, at: datetime, trigger: str) -> None:
        """Notes that a run has started, so that its loss is seen if the process dies. An earlier run of the slot stays
        until `remember` replaces it."""
        with self._store.writing:
            with self._store.reading() as cursor:  # one statement is a transaction of its own, and a third cheaper
                execute(cursor, "INSERT INTO started VALUES (?, ?, ?, ?)", [dataset, naive(slot), naive(at), trigger])
            self._under_way[dataset, slot] = at, trigger

    def remember(self, report: RunReport) -> int:
        """Writes a run in one transaction, in place of any earlier one of the same slot. Returns the number of
        measurements appended: whole-table values always, a bucket's value when it is new or changed."""
        with self._store.writing:
            memory = self._recall(report.dataset)
            del self._memories[report.dataset]
            with self._store.transaction() as cursor:
                writer = RunWriter(cursor, memory, report)
                in_order = writer.in_order
                appended = writer.write()
            if in_order:  # else, and after an error, the file is asked again
                self._memories[report.dataset] = memory
            self._under_way.pop((report.dataset, report.slot), None)
            return appended

    def known(self, dataset: str) -> Known:
        """What earlier runs of the dataset have left for the next one."""
        with self._store.writing:
            return self._recall(dataset).known()

    def buckets(self, dataset: str, since: datetime) -> dict[Metric, dict[datetime, float]]:
        """The newest value per bucket of every bucketed series, for buckets from `since` on; from memory where a run
        has just left them there, else from the file."""
        limit = lenient(since, DISTANT_PAST)
        with self._store.writing:
            memory = self._recall(dataset)
            recent, first = memory.recent, memory.ids[0]
            metrics = {number - first: metric for metric, number in memory.series.items()}
        if recent is None or recent.since > limit:
            return super().buckets(dataset, limit)
        return by_metric(metrics, *recent.rows(limit))

    def close(self) -> None:
        """Checkpoints and gives the file free; safe to repeat."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _recall(self, dataset: str) -> Memory:
        if dataset not in self._memories:
            with self._store.reading() as cursor:
                memory = load(cursor, dataset, self._next_number)
            self._next_number = max(self._next_number, memory.number + 1)
            self._memories[dataset] = memory
        return self._memories[dataset]
