"""What other systems told of lineage. Events are only added; runs and edges are folded from them when they are read, so
that order does not matter and an event that comes twice is one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from hashlib import blake2b

import duckdb

from checks.history.moments import DISTANT_PAST, aware, lenient, naive
from checks.history.store import Store
from checks.records import JobRun, LineageEvent, Named, RunState, ToldTogether

_ENDS = "state IN ('COMPLETE', 'FAIL', 'ABORT')"
# of two ends told of one moment the failure counts: FAIL is the last of the words
_RUNS = f"""
    SELECT job_namespace, job, run_id, coalesce(min(happened_at) FILTER (state = 'START'), min(happened_at)) AS started,
           max(happened_at) FILTER ({_ENDS}) AS ended, arg_max(state, (happened_at, state)) FILTER ({_ENDS}) AS state,
           arg_max(error, happened_at) AS error, list_sort(list(DISTINCT told_id)) AS told,
           max(happened_at) AS seen
    FROM lineage_events WHERE run_id IS NOT NULL AND happened_at >= $since AND happened_at <= $until
    GROUP BY job_namespace, job, run_id"""
_TOGETHER = f"""
    SELECT job_namespace, job, told, max(seen) FROM ({_RUNS}) GROUP BY job_namespace, job, told
    UNION ALL
    SELECT job_namespace, job, [arg_max(told_id, (happened_at, event_id))], max(happened_at) FROM lineage_events
    WHERE run_id IS NULL AND job IS NOT NULL AND happened_at <= $until GROUP BY job_namespace, job
    UNION ALL
    SELECT NULL, NULL, [told_id], max(happened_at) FROM lineage_events
    WHERE job IS NULL AND happened_at <= $until GROUP BY told_id"""

_FORGET_REPEATED = """
    DELETE FROM lineage_events WHERE run_id IS NULL AND happened_at < ? AND rowid NOT IN (
        SELECT arg_max(rowid, (happened_at, event_id)) FROM lineage_events WHERE run_id IS NULL
        GROUP BY job_namespace, job, CASE WHEN job IS NULL THEN told_id END)"""


class LineageKeeper:
    """The part of the history that remembers events of lineage."""

    _store: Store

    def add_lineage_event(self, event: LineageEvent, at: datetime) -> bool:
        """Remembers an event that came at the moment `at`; False for one that is known."""
        told = blake2b(event.told.encode(), digest_size=16).hexdigest()
        job = (event.job.namespace, event.job.name) if event.job else (None, None)
        row = [event.id, naive(event.happened_at), naive(at), *job, event.run_id, event.state, event.error, told]
        with self._store.transaction() as cursor:
            known = "SELECT 1 FROM lineage_events WHERE happened_at = ? AND event_id = ?"
            if cursor.execute(known, [row[1], event.id]).fetchall():
                return False
            cursor.execute(f"INSERT INTO lineage_events VALUES ({', '.join('?' * len(row))})", row)
            if not cursor.execute("SELECT 1 FROM lineage_told WHERE told_id = ?", [told]).fetchall():
                cursor.execute("INSERT INTO lineage_told VALUES (?, ?)", [told, event.told])
        return True

    def told_of_lineage(self, since: datetime, until: datetime) -> list[ToldTogether]:
        """What was told, the oldest first: by runs with an event between the two moments, and by the newest event of
        each job and dataset itself up to `until`, however old."""
        limits = {"since": naive(since), "until": naive(until)}
        with self._store.reading() as cursor:
            rows = cursor.execute(f"{_TOGETHER} ORDER BY 4, 1, 2, 3", limits).fetchall()
            documents = _documents(cursor, {each for row in rows for each in row[2]})
        return [
            ToldTogether(
                None if job is None else Named(namespace, job),
                tuple(sorted(documents[each] for each in told)),
                aware(seen),
            )
            for namespace, job, told, seen in rows
        ]

    def job_runs(self, until: datetime, since: datetime | None = None, *, newest: bool = False) -> list[JobRun]:
        """The runs that began or were last heard of between the two moments, the oldest first; of each job the newest
        alone where that is asked for."""
        limits = {"since": lenient(since, DISTANT_PAST), "until": naive(until)}
        wanted = "QUALIFY row_number() OVER (PARTITION BY job_namespace, job ORDER BY started DESC, run_id) = 1"
        with self._store.reading() as cursor:
            rows = cursor.execute(
                f"SELECT * EXCLUDE (seen) FROM ({_RUNS}) {wanted if newest else ''} ORDER BY started, run_id", limits
            ).fetchall()
            documents = _documents(cursor, {each for row in rows for each in row[-1]})
        return [_run(row, documents) for row in rows]


def forget_events(cursor: duckdb.DuckDBPyConnection, oldest: datetime) -> None:
    """Forgets runs of jobs that are older, what jobs and datasets themselves told before they told something newer, and
    what no event tells any more."""
    cursor.execute("DELETE FROM lineage_events WHERE run_id IS NOT NULL AND happened_at < ?", [oldest])
    cursor.execute(_FORGET_REPEATED, [oldest])
    cursor.execute("DELETE FROM lineage_told WHERE told_id NOT IN (SELECT told_id FROM lineage_events)")


def _documents(cursor: duckdb.DuckDBPyConnection, wanted: Collection[str]) -> Mapping[str, str]:
    query = "SELECT told_id, document FROM lineage_told WHERE list_contains(?, told_id)"
    return dict(cursor.execute(query, [sorted(wanted)]).fetchall()) if wanted else {}


def _run(row: tuple, documents: Mapping[str, str]) -> JobRun:
    namespace, job, run_id, started, ended, state, error, told = row
    found = RunState(state) if state else RunState.RUNNING
    texts = tuple(sorted(documents[each] for each in told))
    return JobRun(Named(namespace, job), run_id, found, aware(started), aware(ended), error, texts)
