"""Keeping the file in shape: sorted, not older than wanted, copied, counted."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from checks.history.errors import HistoryError, HistoryFailed
from checks.history.lineage import forget_events
from checks.history.memory import Memory
from checks.history.moments import naive
from checks.history.opening import copy_file
from checks.history.store import Store

# the text of queries is long and of interest for as long as somebody may ask why a run was slow
_QUERIES_KEPT = timedelta(days=30)
# a scheduler may tell of thousands of runs a day; what jobs and datasets say of themselves is little
_JOB_RUNS_KEPT = timedelta(days=90)
_COUNTED = (
    "measurements",
    "series",
    "runs",
    "results",
    "run_queries",
    "schemas",
    "days",
    "labels",
    "bands",
    "alerts",
    "explanations",
    "loads",
    "lineage_events",
    "lineage_told",
    "incidents",
    "incident_events",
    "outbox",
    "deliveries",
)
_NEWEST_FINISHED = (
    "(dataset, slot) IN (SELECT (dataset, max(slot)) FROM runs WHERE outcome = 'finished' GROUP BY dataset)"
)
# what is kept and how it lies: readers ask for one series or one dataset, and neighbours are read together
_SORTED = {
    "measurements": ("coalesce(bucket, observed_at) >= ?", "series_id, bucket NULLS FIRST, observed_at"),
    "results": (f"slot >= ? OR {_NEWEST_FINISHED}", "dataset, slot, position"),
    "days": ("moment >= ?", "dataset, moment, slot"),
    "bands": ("bucket >= ?", "series_id, bucket, judged_at"),
}
_KEPT = {
    "alerts": "bucket >= ?",
    "explanations": "bucket >= ?",
    "loads": "bucket >= ?",
    "lineage_events": "happened_at >= ?",
    # an open incident is kept with its whole story, however old, and the newest one so that no number comes again
    "incidents": "is_open OR resolved_at >= ? OR incident_id = (SELECT max(incident_id) FROM incidents)",
    "incident_events": '"at" >= ? OR incident_id IN (SELECT incident_id FROM incidents)',
    "outbox": "created_at >= ?",
    "deliveries": '"at" >= ? OR message_id IN (SELECT message_id FROM outbox)',
    "runs": f"slot >= ? OR {_NEWEST_FINISHED} OR (dataset, slot) IN "
    "(SELECT (dataset, max(slot)) FROM runs GROUP BY dataset)",
    "schemas": "observed_at >= ? OR (dataset, observed_at) IN "
    "(SELECT (dataset, max(observed_at)) FROM schemas GROUP BY dataset)",
}


class Keeper:
    """The part of the history that looks after the file."""

    _store: Store
    _memories: dict[str, Memory]

    def tidy(self, at: datetime, retention: timedelta) -> None:
        """Forgets what is older than the retention (text of queries: 30 days, runs of jobs: 90), keeps the newest
        schema and the newest run of every dataset, sorts measurements by (series, bucket) and results by dataset, and
        checkpoints."""
        oldest, now = naive(at - retention), naive(at)
        with self._store.writing:
            with self._store.transaction() as cursor:
                for table, (kept, order) in _SORTED.items():
                    _rewrite(cursor, table, f"SELECT * FROM {table} WHERE {kept} ORDER BY {order}", oldest)
                for table, kept in _KEPT.items():
                    cursor.execute(f"DELETE FROM {table} WHERE NOT ({kept})", [oldest])
                cursor.execute(
                    "DELETE FROM started USING runs WHERE started.dataset = runs.dataset AND started.slot = runs.slot"
                )
                cursor.execute("DELETE FROM run_queries WHERE slot < ?", [max(oldest, now - _QUERIES_KEPT)])
                forget_events(cursor, max(oldest, now - _JOB_RUNS_KEPT))
            self._memories.clear()
            self._store.checkpoint()

    def backup(self, to: Path) -> Path:
        """A consistent copy of the file at `to`, whole or not at all; writers wait, readers do not."""
        to = to.expanduser().absolute()
        to.parent.mkdir(parents=True, exist_ok=True)
        with self._store.writing:
            self._store.checkpoint()
            log = Path(f"{self._store.path}.wal")
            if log.exists() and log.stat().st_size:
                raise HistoryError(
                    f"history {self._store.path}: its log did not empty, a copy would lack "
                    "the newest runs. To do: try again"
                )
            return copy_file(self._store.path, to)

    def damage(self) -> tuple[str, ...]:
        """Reads everything, and says of each table that can not be read what is wrong. Seconds on a large file."""
        return tuple(problem for table in _COUNTED if (problem := self._unreadable(table)))

    def _unreadable(self, table: str) -> str | None:
        try:
            with self._store.reading() as cursor:
                # not max() or count(), which DuckDB answers from statistics without reading
                cursor.execute(f"SELECT bit_xor(hash(whole)) FROM {table} AS whole").fetchall()
        except HistoryFailed as error:
            return f"table '{table}': {error}"
        return None

    def statistics(self) -> dict[str, int]:
        """Rows per table, datasets, and the size of the file and its log in bytes."""
        counts = ", ".join(f"(SELECT count(*) FROM {table}) AS {table}" for table in _COUNTED)
        with self._store.reading() as cursor:
            row = cursor.execute(f"SELECT {counts}, (SELECT max(version) FROM migrations)").fetchall()[0]
        log = Path(f"{self._store.path}.wal")
        sizes = {"bytes": self._store.path.stat().st_size, "log_bytes": log.stat().st_size if log.exists() else 0}
        return dict(zip((*_COUNTED, "version"), row, strict=True)) | sizes


def _rewrite(cursor: duckdb.DuckDBPyConnection, table: str, rows: str, oldest: datetime) -> None:
    """Puts the rows into a new table of the same shape that takes the old one's place."""
    ddl = cursor.execute("SELECT sql FROM duckdb_tables() WHERE table_name = ?", [table]).fetchall()[0][0]
    cursor.execute(re.sub(r"^CREATE TABLE [^(]+", "CREATE TABLE rewritten", ddl))
    cursor.execute(f"INSERT INTO rewritten {rows}", [oldest])
    cursor.execute(f"DROP TABLE {table}")
    cursor.execute(f"ALTER TABLE rewritten RENAME TO {table}")
