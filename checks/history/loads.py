"""When the rows of each bucket were loaded: appended as it was seen, where it differs from what was seen last, and once
more when the bucket has settled: what was seen before says nothing of what came until then."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime

import duckdb

from checks.eventtime import wall_clock
from checks.history.bulk import execute
from checks.history.moments import aware, naive
from checks.history.runs import RunReader
from checks.loadtime import SETTLING
from checks.records import EventTime, Grain, Loaded, Measured

_NAMES = tuple(field.name for field in fields(Loaded))
_FIELDS = ", ".join(f'"{name}"' for name in _NAMES)
_STRUCT = (
    'STRUCT(bucket TIMESTAMP, ages INTEGER[], "rows" BIGINT[], late BIGINT, latest BIGINT, undated BIGINT, '
    "preceding BIGINT)"
)
_NEWEST = f"""
    SELECT observed_at, {_FIELDS} FROM loads WHERE dataset = ? AND "column" = ? AND grain = ? AND observed_at < ?
    QUALIFY row_number() OVER (PARTITION BY bucket ORDER BY observed_at DESC) = 1"""
_APPEND = f"""
    INSERT INTO loads (dataset, "column", grain, observed_at, {_FIELDS})
    SELECT ?, ?, ?, ?, unnest(?::{_STRUCT}[], max_depth := 2)"""


class LoadReader(RunReader):
    """The part of the history that reads when rows were loaded."""

    def loads(
        self, dataset: str, column: str, grain: Grain, since: datetime, at: datetime
    ) -> list[tuple[datetime, Loaded]]:
        """How the buckets from `since` (naive) on were loaded, each time that it was seen up to the moment `at` and
        was not as before: with the moment of the seeing, the newest first."""
        rows = self._rows(
            f"""SELECT observed_at, {_FIELDS} FROM loads
                WHERE dataset = ? AND "column" = ? AND grain = ? AND bucket >= ? AND observed_at <= ?
                ORDER BY observed_at DESC, bucket""",
            [dataset, column, grain, since, naive(at)],
        )
        return [(aware(observed), _loaded(row)) for observed, *row in rows]


def write_loads(cursor: duckdb.DuckDBPyConnection, dataset: str, observed: datetime, measured: Measured) -> None:
    """Appends what is new in the loads of a run; a repetition of the same moment replaces them."""
    if measured.load_time is None or measured.event_time is None or not measured.loads:
        return
    event_time = measured.event_time
    whose = [dataset, measured.load_time.column, event_time.grain]
    cursor.execute("DELETE FROM loads WHERE dataset = ? AND observed_at = ?", [dataset, observed])
    newest = ((moment, _loaded(row)) for moment, *row in cursor.execute(_NEWEST, [*whose, observed]).fetchall())
    known = {loaded.bucket: (loaded, _settled(loaded, moment, event_time)) for moment, loaded in newest}
    news = [
        {name: getattr(loaded, name) for name in _NAMES}  # `asdict` would copy each number of each bucket
        for loaded in measured.loads
        if known.get(loaded.bucket) != (loaded, _settled(loaded, observed, event_time))
    ]
    if news:
        execute(cursor, _APPEND, [*whose, observed, news])


def _settled(loaded: Loaded, observed: datetime, event_time: EventTime) -> bool:
    """Whether the bucket had settled when it was seen."""
    return loaded.bucket + event_time.grain.length + SETTLING <= wall_clock(aware(observed), event_time)


def _loaded(row: tuple | list) -> Loaded:
    bucket, ages, rows, *counts = row
    return Loaded(bucket, tuple(ages), tuple(rows), *counts)
