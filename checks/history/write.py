"""One run into the file: whole or not at all, and the same however often it is repeated."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import duckdb

from checks.history.bands import write_learned
from checks.history.batch import NOTHING_KNOWN, Batch, Values, flatten
from checks.history.bulk import Insert, execute
from checks.history.days import Cell, facts_of, fold, news
from checks.history.loads import write_loads
from checks.history.memory import Memory, load_recent
from checks.history.moments import aware, naive
from checks.records import Health, Measured, Metric, Outcome, RunReport, Status

_TEXT, _MOMENT = "VARCHAR", "TIMESTAMP"
_MEASUREMENTS = Insert("measurements", ("observed_at",), {"series_id": "BIGINT", "bucket": _MOMENT, "value": "DOUBLE"})
_SERIES = Insert(
    "series", ("dataset",), {"series_id": "BIGINT", "metric": _TEXT, "column": _TEXT, "grain": _TEXT, "check": _TEXT}
)
_RESULTS = Insert(
    "results",
    ("dataset", "slot"),
    {"position": "INTEGER"}
    | dict.fromkeys(("check", "dimension", "status", "severity", "column", "observed", "expected", "reason"), _TEXT)
    | {"value": "DOUBLE", "bucket": _MOMENT, "measured_at": _MOMENT, "learned": "BOOLEAN", "definition": _TEXT},
)
_QUERIES = Insert(
    "run_queries",
    ("dataset", "slot"),
    {"position": "INTEGER", "purpose": _TEXT, "sql": _TEXT, "seconds": "DOUBLE", "rows": "BIGINT", "touched": "BIGINT"},
)
_DAYS = Insert("days", ("dataset",), {"scope": _TEXT, "moment": _MOMENT, "slot": _MOMENT, "status": _TEXT})


@dataclass(frozen=True, slots=True)
class RunWriter:
    """Writes one report with one cursor inside one transaction, and brings the dataset's memory forward.

    After an exception, and after a run out of order, the memory is not to be used any more (see `in_order`).
    """

    cursor: duckdb.DuckDBPyConnection
    memory: Memory
    report: RunReport

    @property
    def slot(self) -> datetime:
        return naive(self.report.slot)

    @property
    def observed(self) -> datetime:
        return naive(self.report.started_at)

    @property
    def in_order(self) -> bool:
        """Whether slot and moment are newer than all before: then nothing of this run can be there already."""
        memory = self.memory
        return (memory.newest_slot is None or self.slot > memory.newest_slot) and (
            memory.newest_observed is None or self.observed > memory.newest_observed
        )

    def write(self) -> int:
        """Everything of the run. Returns the number of measurements appended."""
        touched = [] if self.in_order else self._withdraw()
        appended = self._write_measurements(self.report.measured) if self.report.measured else 0
        if self.report.measured:
            write_loads(self.cursor, self.report.dataset, self.observed, self.report.measured)
        known = len(self.memory.series)
        write_learned(self.cursor, self.memory, self.report)
        self._write_series(list(self.memory.series.items())[known:])  # what is known of runs, and of no measurement
        self._write_run(appended)
        self._write_results()
        self._write_queries()
        if self.in_order:
            self._write_days(news(fold(facts_of(self.report)), self.memory.days))
            self._move_on()
        else:
            self._write_days_again(touched)
        return appended

    # -- measurements ----------------------------------------------------------------------------------------------

    def _write_measurements(self, measured: Measured) -> int:
        known_series = len(self.memory.series)
        batch = flatten(measured.grids, self.memory.id_of)
        self._write_series(list(self.memory.series.items())[known_series:])
        appended = self._write_values(batch, first_time=not known_series)
        if measured.columns and measured.columns != self.memory.columns:
            columns = [asdict(column) for column in measured.columns]
            self.cursor.execute("INSERT INTO schemas VALUES (?, ?, ?)", [self.report.dataset, self.observed, columns])
            self.memory.columns = measured.columns
        return appended

    def _write_series(self, new: list[tuple[Metric, int]]) -> None:
        rows = [(number, metric.name, metric.column, metric.grain, metric.check) for metric, number in new]
        _SERIES.rows(self.cursor, [self.report.dataset], rows)

    def _write_values(self, batch: Batch, *, first_time: bool) -> int:
        """Whole-table values always; a bucket's value when it is new or differs from the newest known."""
        bucketed = batch.bucketed
        buckets, table = batch.where(bucketed), batch.where(~bucketed)
        known = NOTHING_KNOWN
        if len(buckets):
            since = buckets.bucket.min().item()
            known = NOTHING_KNOWN if first_time else self._values_since(since)
            self.memory.keep_recent(known.with_(buckets.keys, buckets.value, since))
        fresh = ~bucketed
        fresh[bucketed] = known.differing(buckets.keys, buckets.value)
        self._append_values(batch.where(fresh))
        self._remember_table(table)
        return int(fresh.sum())

    def _values_since(self, since: datetime) -> Values:
        if not self.in_order:
            return load_recent(self.cursor, self.memory, since, self.observed)
        recent = self.memory.recent
        return recent if recent and recent.since <= since else load_recent(self.cursor, self.memory, since)

    def _append_values(self, batch: Batch) -> None:
        if not self.in_order:  # a repetition of the same moment replaces its values
            import pyarrow as pa  # here and not above: rare, and commands start faster without

            self.cursor.register("repeated", pa.table({"series": batch.series, "at": batch.bucket}))
            self.cursor.execute(
                """DELETE FROM measurements WHERE observed_at = ? AND series_id BETWEEN ? AND ? AND EXISTS (
                       SELECT 1 FROM repeated WHERE repeated.series = series_id
                       AND repeated."at" IS NOT DISTINCT FROM bucket)""",
                [self.observed, *self.memory.ids],
            )
            self.cursor.unregister("repeated")
        _MEASUREMENTS.columns(self.cursor, [self.observed], [batch.series, batch.bucket, batch.value])

    def _remember_table(self, table: Batch) -> None:
        metrics = {number: metric for metric, number in self.memory.series.items()} if len(table) else {}
        observed = aware(self.observed)
        for number, value in zip(table.series.tolist(), table.value.tolist(), strict=True):
            self.memory.values[metrics[number]] = observed, value

    # -- the run and what belongs to it ----------------------------------------------------------------------------

    def _write_run(self, appended: int) -> None:
        report, measured = self.report, self.report.measured
        row: list[Any] = [report.dataset, self.slot, report.outcome, report.attempts, self.observed]
        row += [self.observed + timedelta(seconds=report.seconds), report.seconds, report.trigger]
        row += [report.error_kind, report.error, appended, len(report.queries)]
        row += [measured.whole_table, measured.read_from] if measured else [False, None]
        row += [_newest_bucket(measured), *_parts(measured), report.replay]
        execute(self.cursor, f"INSERT INTO runs VALUES ({', '.join('?' * len(row))})", row)

    def _write_results(self) -> None:
        rows = [
            (
                *(position, result.check, result.dimension, result.status, result.severity),
                *(result.column, result.observed, result.expected, result.reason, result.value, result.bucket),
                *(result.measured_at and naive(result.measured_at), result.learned, result.definition),
            )
            for position, result in enumerate(self.report.results)
        ]
        _RESULTS.rows(self.cursor, [self.report.dataset, self.slot], rows)

    def _write_queries(self) -> None:
        rows = [
            (position, query.purpose, query.sql, query.seconds, query.rows, query.touched)
            for position, query in enumerate(self.report.queries)
        ]
        _QUERIES.rows(self.cursor, [self.report.dataset, self.slot], rows)

    def _write_days(self, cells: dict[Cell, tuple[datetime, Health]]) -> None:
        rows = [(scope, moment, slot, word) for (scope, moment), (slot, word) in cells.items()]
        _DAYS.rows(self.cursor, [self.report.dataset], rows)
        self.memory.days.update(cells)

    # -- runs in and out of order ----------------------------------------------------------------------------------

    def _move_on(self) -> None:
        memory, report = self.memory, self.report
        memory.newest_slot, memory.newest_observed = self.slot, self.observed
        newest = _newest_bucket(report.measured)
        if newest is not None:
            memory.newest_bucket = max(newest, memory.newest_bucket or newest)
        if report.outcome is Outcome.FINISHED and report.measured:
            memory.event_time = report.measured.event_time
            memory.checks = {result.check: result.definition for result in report.results}
            memory.whole_table = self.observed if report.measured.whole_table else memory.whole_table

    def _withdraw(self) -> list[datetime]:
        """Takes back what an earlier run of the same slot said. Returns the first and last moment it spoke about."""
        key = [self.report.dataset, self.slot]
        touched = self.cursor.execute(
            """SELECT min(coalesce(bucket, slot)), max(coalesce(bucket, slot)) FROM results
               WHERE dataset = ? AND slot = ?""",
            key,
        ).fetchall()[0]
        for table in ("runs", "results", "run_queries"):
            self.cursor.execute(f"DELETE FROM {table} WHERE dataset = ? AND slot = ?", key)
        return [moment for moment in touched if moment is not None]

    def _write_days_again(self, touched: list[datetime]) -> None:
        """Folds the days that the old or the new judgements of this slot touch from all results there are."""
        moments = [self.slot, *touched, *(bucket for _, bucket, _ in facts_of(self.report) if bucket is not None)]
        first = min(moments).replace(hour=0, minute=0, second=0, microsecond=0)
        limits = [self.report.dataset, first, max(moments).replace(hour=0, minute=0, second=0, microsecond=0)]
        between = ">= $2 AND {0} < $3::TIMESTAMP + INTERVAL 1 DAY"
        self.cursor.execute(f"DELETE FROM days WHERE dataset = $1 AND moment {between.format('moment')}", limits)
        moment = "coalesce(bucket, slot)"
        rows = self.cursor.execute(
            f"""SELECT slot, bucket, status FROM results WHERE dataset = $1 AND {moment} {between.format(moment)}
                UNION ALL SELECT slot, NULL, 'error' FROM runs
                WHERE dataset = $1 AND outcome <> 'finished' AND slot {between.format("slot")}""",
            limits,
        ).fetchall()
        self._write_days(fold((slot, bucket, Status(status)) for slot, bucket, status in rows))


def _newest_bucket(measured: Measured | None) -> datetime | None:
    grids = measured.grids if measured else ()
    return max((bucket for grid in grids for bucket in grid.buckets if bucket is not None), default=None)


def _parts(measured: Measured | None) -> tuple[dict | None, dict | None, dict | None]:
    if measured is None:
        return None, None, None
    event_time = asdict(measured.event_time) if measured.event_time else None
    key = {"columns": list(measured.key.columns), "origin": measured.key.origin} if measured.key else None
    return event_time, key, asdict(measured.load_time) if measured.load_time else None
