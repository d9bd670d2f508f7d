"""Reading what ran and what it found. Facts as they were written; what they mean is decided by `judge`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from checks.history.memory import columns_of, event_time_of
from checks.history.moments import DISTANT_FUTURE, DISTANT_PAST, aware, lenient, naive
from checks.history.store import Store
from checks.records import (
    Choice,
    Dimension,
    EventTime,
    LoadTime,
    Outcome,
    QueryRecord,
    Result,
    Severity,
    Status,
)
from connectors import Column

if TYPE_CHECKING:
    import pandas as pd

_RUN_PLAIN = (
    'dataset, slot, outcome, attempts, started_at, finished_at, seconds, "trigger", error_kind, error, '
    "measurements, queries, whole_table, read_from"
)
_RESULT = (
    '"check", dimension, status, severity, "column", observed, expected, reason, value, bucket, measured_at, learned, '
    "definition"
)
#: what was replayed later says nothing of what was known at that moment
NO_REPLAY = "replay IS NOT TRUE"
# of a check that judges each bucket, the newest bucket speaks
NEWEST_BUCKET = 'row_number() OVER (PARTITION BY dataset, slot, "check" ORDER BY bucket DESC NULLS LAST) = 1'


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run as the history has it. `finished_at` and `seconds` are None for a run that was interrupted: nobody knows.
    `queries` and `measurements` are counts."""

    dataset: str
    slot: datetime
    outcome: Outcome
    attempts: int
    started_at: datetime
    finished_at: datetime | None
    seconds: float | None
    trigger: str
    error_kind: str | None
    error: str | None
    measurements: int
    queries: int
    whole_table: bool
    read_from: datetime | None
    event_time: EventTime | None
    key: Choice | None
    load_time: LoadTime | None = None


class RunReader:
    """The part of the history that reads runs, results, schemas and days."""

    _store: Store
    _under_way: dict[tuple[str, datetime], tuple[datetime, str]]  # (dataset, slot) to (begun at, trigger)

    def datasets(self) -> list[str]:
        """All datasets that have ever been run, sorted."""
        return [name for (name,) in self._rows("SELECT DISTINCT dataset FROM runs ORDER BY dataset")]

    def lasting(self, datasets: Sequence[str], least: int, since: timedelta) -> set[str]:
        """Those of the datasets that at least so many runs have measured, the last of them so long after the first."""
        rows = self._rows(
            f"""SELECT dataset FROM runs WHERE list_contains($1, dataset) AND measurements > 0 AND {NO_REPLAY}
                GROUP BY dataset HAVING count(*) >= $2 AND max(started_at) - min(started_at) >= $3""",
            [list(datasets), least, since],
        )
        return {name for (name,) in rows}

    def first_runs(self, source: str) -> dict[str, datetime]:
        """When the first run began that is known of each dataset of a source."""
        rows = self._rows(
            f"""SELECT dataset, min(started_at) FROM runs WHERE starts_with(dataset, $1) AND {NO_REPLAY}
                GROUP BY dataset""",
            [f"{source}."],
        )
        return {name: aware(began) for name, began in rows}

    def latest_runs(self, datasets: Sequence[str] | None = None, *, at: datetime | None = None) -> dict[str, RunRow]:
        """The newest run of each dataset (of those given), however it ended; only slots up to `at`."""
        return self._latest("true", datasets, at)

    def latest_evaluated(
        self, datasets: Sequence[str] | None = None, *, at: datetime | None = None
    ) -> dict[str, RunRow]:
        """The newest finished run of each dataset (of those given); only slots up to `at`."""
        return self._latest("outcome = 'finished'", datasets, at)

    def results(self, dataset: str | None = None, *, at: datetime | None = None) -> dict[str, tuple[Result, ...]]:
        """The results of the newest finished run per dataset, one per check, in the order of judging. A finished run
        without results gives an empty tuple."""
        latest = _newest("outcome = 'finished' AND ($1 IS NULL OR dataset = $1) AND slot <= $2")
        rows = self._rows(
            f"""WITH newest AS ({latest}), told AS (
                    SELECT * FROM results JOIN newest USING (dataset, slot) QUALIFY {NEWEST_BUCKET})
                SELECT dataset, position, {_RESULT} FROM newest LEFT JOIN told USING (dataset, slot)
                ORDER BY dataset, position""",
            [dataset, lenient(at, DISTANT_FUTURE)],
        )
        found: dict[str, list[Result]] = {}
        for name, position, *rest in rows:
            found.setdefault(name, []).extend([_result(rest)] if position is not None else [])
        return {name: tuple(results) for name, results in found.items()}

    def bucket_results(self, dataset: str, check: str, since: datetime | None = None) -> list[Result]:
        """The newest judgement of each bucket of one check, oldest bucket first."""
        rows = self._rows(
            f"""SELECT {_RESULT} FROM results WHERE dataset = ? AND "check" = ? AND bucket >= ?
                QUALIFY row_number() OVER (PARTITION BY bucket ORDER BY slot DESC) = 1 ORDER BY bucket""",
            [dataset, check, lenient(since, DISTANT_PAST)],
        )
        return [_result(row) for row in rows]

    def failed_checks(
        self, datasets: Sequence[str], bucket: datetime, seen: tuple[datetime, datetime], length: timedelta
    ) -> list[tuple[str, str]]:
        """(dataset, check) of the rules that failed: in buckets within the one that begins at `bucket`, by their newest
        judgement, or about the whole table in runs between the two moments `seen`."""
        return self._rows(
            """WITH told AS (
                   SELECT dataset, "check", status FROM results
                   WHERE list_contains($1, dataset) AND NOT learned
                       AND ((bucket >= $2 AND bucket < $3) OR (bucket IS NULL AND slot >= $4 AND slot < $5))
                   QUALIFY row_number() OVER (PARTITION BY dataset, "check", coalesce(bucket, slot)
                                              ORDER BY slot DESC) = 1)
               SELECT DISTINCT dataset, "check" FROM told WHERE status IN ('fail', 'no_data') ORDER BY ALL""",
            [list(datasets), bucket, bucket + length, *map(naive, seen)],
        )

    def since(self, dataset: str) -> dict[str, datetime]:
        """The slot since which each check of the newest finished run has had its present status, finished run after
        finished run."""
        rows = self._rows(
            f"""WITH finished AS (SELECT slot FROM runs WHERE dataset = $1 AND outcome = 'finished'),
                told AS (SELECT "check", slot, status FROM results SEMI JOIN finished USING (slot)
                         WHERE dataset = $1 QUALIFY {NEWEST_BUCKET}),
                turns AS (SELECT *, status IS DISTINCT FROM
                          lag(status) OVER (PARTITION BY "check" ORDER BY slot) AS turned FROM told)
                SELECT "check", max(slot) FILTER (turned) FROM turns GROUP BY "check"
                HAVING max(slot) = (SELECT max(slot) FROM finished)""",
            [dataset],
        )
        return {check: aware(slot) for check, slot in rows}

    def runs(self, dataset: str | None = None, limit: int = 200, since: datetime | None = None) -> pd.DataFrame:
        """The newest runs first, with the fields of RunRow but its three structs; those under way have the outcome
        'started' and nothing behind it."""
        ended = self._frame(
            f"""SELECT {_RUN_PLAIN} FROM runs WHERE ($1 IS NULL OR dataset = $1) AND slot >= $2
                ORDER BY slot DESC, dataset LIMIT $3""",
            [dataset, lenient(since, DISTANT_PAST), limit],
        )
        return _with_under_way(
            moments_of(ended, "slot", "started_at", "finished_at"), self._running(dataset, since), limit
        )

    def run_queries(self, dataset: str, slot: datetime) -> list[QueryRecord]:
        """The queries of one run, in the order in which they were sent."""
        rows = self._rows(
            """SELECT purpose, "sql", seconds, "rows", touched FROM run_queries
               WHERE dataset = ? AND slot = ? ORDER BY position""",
            [dataset, naive(slot)],
        )
        return [QueryRecord(*row) for row in rows]

    def schemas(self, dataset: str) -> list[tuple[datetime, tuple[Column, ...]]]:
        """Every observed schema that differs from the one before, oldest first."""
        rows = self._rows(
            'SELECT observed_at, "columns" FROM schemas WHERE dataset = ? ORDER BY observed_at, rowid', [dataset]
        )
        return [(aware(observed), columns_of(stored)) for observed, stored in rows]

    def days(self, since: datetime, datasets: Sequence[str] | None = None) -> pd.DataFrame:
        """[dataset, day, status]: one word of health per dataset (all when None) and day (see `days`), for days from
        `since` on."""
        return self._frame(
            """WITH said AS (
                   SELECT dataset, date_trunc('day', moment) AS day,
                          CASE scope WHEN 'run' THEN max(status) ELSE arg_max(status, slot) END AS status
                   FROM days WHERE moment >= date_trunc('day', $1::TIMESTAMP)
                       AND ($2 IS NULL OR list_contains($2, dataset)) GROUP BY dataset, scope, moment)
               SELECT dataset, day::TIMESTAMP AS day, max(status)::VARCHAR AS status
               FROM said GROUP BY dataset, day ORDER BY dataset, day""",
            [lenient(since, DISTANT_PAST), None if datasets is None else list(datasets)],
        )

    def _running(self, dataset: str | None, since: datetime | None) -> list[dict[str, Any]]:
        """The runs under way, as rows."""
        return [
            {"dataset": name, "slot": slot, "outcome": Outcome.STARTED.value, "started_at": at, "trigger": trigger}
            for (name, slot), (at, trigger) in list(self._under_way.items())
            if dataset in (None, name) and naive(slot) >= lenient(since, DISTANT_PAST)
        ]

    # -- how they are read -----------------------------------------------------------------------------------------

    def _latest(self, condition: str, datasets: Sequence[str] | None, at: datetime | None) -> dict[str, RunRow]:
        wanted = "($1 IS NULL OR list_contains($1, dataset)) AND slot <= $2"
        rows = self._rows(
            f"""SELECT {_RUN_PLAIN}, event_time, "key", load_time
                FROM runs JOIN ({_newest(f"{condition} AND {wanted}")}) USING (dataset, slot) ORDER BY dataset""",
            [None if datasets is None else list(datasets), lenient(at, DISTANT_FUTURE)],
        )
        return {row[0]: _run_row(row) for row in rows}

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple]:
        with self._store.reading() as cursor:
            return cursor.execute(sql, list(values)).fetchall()

    def _frame(self, sql: str, values: Sequence[Any] = ()) -> pd.DataFrame:
        with self._store.reading() as cursor:
            return cursor.execute(sql, list(values)).df()


def _newest(condition: str) -> str:
    return f"SELECT dataset, max(slot) AS slot FROM runs WHERE {condition} GROUP BY dataset"


def _result(row: Sequence[Any]) -> Result:
    check, dimension, status, severity, *evidence, measured_at, learned, definition = row
    kinds = Dimension(dimension), Status(status), Severity(severity)
    return Result(check, *kinds, *evidence, aware(measured_at), learned, definition)


def _run_row(row: Sequence[Any]) -> RunRow:
    dataset, slot, outcome, attempts, started, finished, *plain, event_time, key, load_time = row
    return RunRow(
        dataset,
        aware(slot),
        Outcome(outcome),
        attempts,
        aware(started),
        aware(finished),
        *plain,
        event_time_of(event_time),
        Choice(tuple(key["columns"]), key["origin"]) if key else None,
        LoadTime(**load_time) if load_time else None,
    )


def moments_of(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """The frame with these columns as aware UTC moments."""
    return frame.assign(**{name: frame[name].dt.tz_localize("UTC") for name in columns})


def _with_under_way(ended: pd.DataFrame, running: list[dict[str, Any]], limit: int) -> pd.DataFrame:
    """Ended runs and runs under way, newest first; a slot that is served again is under way."""
    if not running:
        return ended
    import pandas as pd  # here and not above: half a second that a command without frames does not want to pay

    begun = pd.DataFrame(running).reindex(columns=ended.columns)
    both = pd.concat([begun.astype({"slot": ended["slot"].dtype, "started_at": ended["slot"].dtype}), ended])
    both = both.drop_duplicates(["dataset", "slot"]).sort_values(["slot", "dataset"], ascending=[False, True])
    return both.head(limit).reset_index(drop=True)
