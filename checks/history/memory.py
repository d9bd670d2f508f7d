"""What the next run of one dataset needs to know of the runs before, kept so that no run searches millions of rows.

It is a copy of what the file says, loaded when it is first asked for, brought forward by each run that is written in
order, and dropped (to be loaded again) after anything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import duckdb
import numpy as np

from checks.history.batch import SERIES_OF_A_DATASET, Values, keys_of
from checks.history.days import Cell
from checks.history.moments import DISTANT_FUTURE, aware
from checks.records import EventTime, Grain, Health, Metric
from connectors import Column

# a window of look-back has a few hundred values, a first run many thousand: those are not worth their memory
_VALUES_KEPT = 20_000
# days further back are only judged again by a full re-measurement, which may write them twice
_DAYS_KEPT = timedelta(days=10)


@dataclass(frozen=True, slots=True)
class Known:
    """What earlier runs of a dataset have left: when the whole table was last measured, the newest bucket, the newest
    value of every whole-table series with the moment it was observed, and what the newest run that measured went by:
    its event time, and the checks that it judged: id to definition, None where that is not known. `categories` are the
    values of columns with few that were ever counted, by column; `forms` those that texts usually have, as they were
    learned last."""

    last_whole_table: datetime | None
    newest_bucket: datetime | None
    values: Mapping[Metric, tuple[datetime, float]]
    event_time: EventTime | None = None
    checks: Mapping[str, str | None] = field(default_factory=dict)
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    forms: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Memory:
    """The state of one dataset; moments are as in the file (naive UTC), except in `values`, which leave as they are."""

    dataset: str
    number: int
    series: dict[Metric, int] = field(default_factory=dict)
    newest_slot: datetime | None = None
    newest_observed: datetime | None = None
    whole_table: datetime | None = None
    newest_bucket: datetime | None = None
    values: dict[Metric, tuple[datetime, float]] = field(default_factory=dict)
    columns: tuple[Column, ...] | None = None
    days: dict[Cell, tuple[datetime, Health]] = field(default_factory=dict)
    recent: Values | None = None
    event_time: EventTime | None = None
    checks: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def ids(self) -> tuple[int, int]:
        """The first and the last series id that belong to this dataset."""
        first = self.number * SERIES_OF_A_DATASET
        return first, first + SERIES_OF_A_DATASET - 1

    def id_of(self, metric: Metric) -> int:
        """The id of a series, a new one where it is new."""
        if metric not in self.series:
            self.series[metric] = self.ids[0] + len(self.series)
        return self.series[metric]

    def keep_recent(self, values: Values) -> None:
        """Remembers the newest bucket values, unless they are too many."""
        self.recent = values if len(values.keys) <= _VALUES_KEPT else None

    def known(self) -> Known:
        whole_table = aware(self.whole_table)
        values, categories = dict(self.values), self._categories()
        forms = {one.column or "": one.check for one in self.series if one.name == "odd_form_count" and one.check}
        return Known(whole_table, self.newest_bucket, values, self.event_time, self.checks, categories, forms)

    def _categories(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, dict[str, None]] = {}
        for metric in self.series:
            if metric.column and metric.category is not None and metric.check == f"={metric.category}":
                found.setdefault(metric.column, {})[metric.category] = None
        return {column: tuple(values) for column, values in found.items()}


def load(cursor: duckdb.DuckDBPyConnection, dataset: str, next_number: int) -> Memory:
    """The memory of a dataset as the file has it; `next_number` is for a dataset without any series yet."""
    rows = cursor.execute(
        'SELECT series_id, metric, "column", grain, "check" FROM series WHERE dataset = ? ORDER BY series_id', [dataset]
    ).fetchall()
    series = {Metric(name, column, Grain(grain), check): number for number, name, column, grain, check in rows}
    memory = Memory(dataset, rows[0][0] // SERIES_OF_A_DATASET if rows else next_number, series)
    _load_runs(cursor, memory)
    if memory.newest_slot is not None:
        _load_last(cursor, memory)
        _load_values(cursor, memory)
        _load_schema(cursor, memory)
        _load_days(cursor, memory, memory.newest_slot - _DAYS_KEPT)
    return memory


def _load_runs(cursor: duckdb.DuckDBPyConnection, memory: Memory) -> None:
    memory.newest_slot, memory.newest_observed, memory.newest_bucket, memory.whole_table = cursor.execute(
        """SELECT max(slot), max(started_at), max(newest_bucket),
                  max(started_at) FILTER (whole_table AND outcome = 'finished')
           FROM runs WHERE dataset = ?""",
        [memory.dataset],
    ).fetchall()[0]


def _load_last(cursor: duckdb.DuckDBPyConnection, memory: Memory) -> None:
    """What the newest run that measured anything went by."""
    rows = cursor.execute(
        """SELECT event_time, (SELECT list(DISTINCT {id: "check", definition: definition}) FROM results
                               WHERE results.dataset = runs.dataset AND results.slot = runs.slot)
           FROM runs WHERE dataset = ? AND outcome = 'finished' AND measurements > 0 ORDER BY slot DESC LIMIT 1""",
        [memory.dataset],
    ).fetchall()
    if rows:
        memory.event_time = event_time_of(rows[0][0])
        memory.checks = {check["id"]: check["definition"] for check in rows[0][1] or ()}


def event_time_of(stored: dict | None) -> EventTime | None:
    """A stored event time as a record."""
    if not stored:
        return None
    column, origin, zone, is_date, grain = (stored[name] for name in ("column", "origin", "zone", "is_date", "grain"))
    return EventTime(column, origin, zone, is_date, Grain(grain))


def _load_values(cursor: duckdb.DuckDBPyConnection, memory: Memory) -> None:
    metrics = {number: metric for metric, number in memory.series.items()}
    rows = cursor.execute(
        """SELECT series_id, max(observed_at), arg_max(value, observed_at) FROM measurements
           WHERE series_id BETWEEN ? AND ? AND bucket IS NULL GROUP BY series_id""",
        memory.ids,
    ).fetchall()
    memory.values = {metrics[number]: (aware(observed), value) for number, observed, value in rows}


def _load_schema(cursor: duckdb.DuckDBPyConnection, memory: Memory) -> None:
    rows = cursor.execute(
        'SELECT "columns" FROM schemas WHERE dataset = ? ORDER BY observed_at DESC, rowid DESC LIMIT 1',
        [memory.dataset],
    ).fetchall()
    memory.columns = columns_of(rows[0][0]) if rows else None


def _load_days(cursor: duckdb.DuckDBPyConnection, memory: Memory, since: datetime) -> None:
    rows = cursor.execute(
        """SELECT scope, moment, max(slot), CASE scope WHEN 'run' THEN max(status) ELSE arg_max(status, slot) END
           FROM days WHERE dataset = ? AND moment >= ? GROUP BY scope, moment""",
        [memory.dataset, since],
    ).fetchall()
    memory.days = {(scope, moment): (slot, Health(status)) for scope, moment, slot, status in rows}


def columns_of(stored: list[dict]) -> tuple[Column, ...]:
    """A stored schema as records."""
    return tuple(Column(**column) for column in stored)


def load_recent(
    cursor: duckdb.DuckDBPyConnection, memory: Memory, since: datetime, known_at: datetime = DISTANT_FUTURE
) -> Values:
    """The newest values of all buckets from `since` on, as known at a moment."""
    found = cursor.execute(
        """SELECT series_id, bucket, arg_max(value, observed_at) AS value FROM measurements
           WHERE series_id BETWEEN ? AND ? AND bucket >= ? AND observed_at <= ? GROUP BY series_id, bucket""",
        [*memory.ids, since, known_at],
    ).fetchnumpy()
    keys = keys_of(np.asarray(found["series_id"]), np.asarray(found["bucket"]))
    order = np.argsort(keys)
    return Values(keys[order], np.asarray(found["value"])[order], since)
