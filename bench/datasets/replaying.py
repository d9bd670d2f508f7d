"""A table taken as a user's: measured by a first run, and its last year judged as a backtest does."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pandas as pd

from bench.datasets.tables import HISTORY, JUDGED, LEAST_HISTORY, Table
from checks import run
from checks.backtest.replay import Replay, replay
from checks.history import History, Known
from checks.learned.before import Series
from checks.learned.remembered import remembered
from checks.measure import measure
from checks.plan import make_plan
from checks.records import Dataset, Detection, Grain, Measured, Reading
from connectors import TableName, open_source

EVENTS = TableName("main", "events")
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Replayed:
    """A table after its first run. `known` is what a next run would go by, `past` the buckets that were measured,
    `window` the stretch that is judged, up to `at`."""

    dataset: Dataset
    rows: pd.DataFrame
    at: datetime
    window: timedelta
    known: Known
    past: Series
    replay: Replay

    @property
    def grain(self) -> Grain:
        """How long its buckets are."""
        return self.replay.judged[0].watched.grain


@contextmanager
def replayed(name: str, table: Table, rows: pd.DataFrame, folder: Path) -> Generator[Replayed]:
    """The table after its first run, while its files are there."""
    at = (rows[table.event_time].max().floor("D") + _DAY).to_pydatetime().replace(tzinfo=UTC)
    days = (at.replace(tzinfo=None) - rows[table.event_time].min().floor("D")) // _DAY
    window = timedelta(days=min(JUDGED, days - LEAST_HISTORY))
    file = write(rows, folder / "first.duckdb")
    detection = Detection(holidays=table.country)
    dataset = Dataset("bench", EVENTS, event_time=table.event_time, grain=table.grain, detection=detection)
    with History.open(folder / "history.duckdb", at) as history:
        report = run.run(
            replace(dataset, detection=Detection(on=False)),
            run.Slot(at, at),
            history,
            lambda known: measured(dataset, file, known, at),
        )
        if report.measured is None:
            raise RuntimeError(f"{name}: {report.error}")
        before = history.before(dataset.name, at - window, at)
        grids = remembered(before, history, dataset, report.measured.event_time, at, window)
        yield Replayed(
            dataset,
            rows,
            at,
            window,
            history.known(dataset.name),
            before.buckets,
            replay(grids, dataset.detection, (), window),
        )


def measured(dataset: Dataset, file: Path, known: Known, at: datetime) -> Measured:
    """All that a run measures of the table in this file."""
    source = open_source("bench", str(file))
    try:
        reading = Reading(history_days=JUDGED + HISTORY + 1)
        plan = make_plan(dataset, source.columns(dataset.table), (), known, reading, at, replay=True)
        return measure(source, plan, at, lambda _: source)
    finally:
        source.close()


def write(rows: pd.DataFrame, file: Path, instead: Sequence[pd.DataFrame] | None = None) -> Path:
    """The rows as the table `events` of a DuckDB file; or, with the types that they have, others in their stead."""
    with duckdb.connect(str(file)) as connection:
        connection.register("given", rows)
        connection.execute(f"CREATE TABLE events AS SELECT * FROM given LIMIT {len(rows) if instead is None else 0}")
        for number, part in enumerate(instead or ()):
            connection.register(f"part{number}", part)
            connection.execute(f"INSERT INTO events SELECT * FROM part{number}")
    return file
