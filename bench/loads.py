"""What it costs to ask when rows were loaded: a first run of a wide table with and without a load time, sides in turn,
in one process, by processor time; and what learning from it and remembering it cost.

    python -m bench.loads [--rows 6000000] [--rounds 5]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from bench.measure import COLUMNS, DAYS
from checks.arrivals import learned_arrivals, sentence
from checks.history import History, Known
from checks.measure import measure
from checks.plan import make_plan
from checks.records import Dataset, Measured, Outcome, Plan, Reading, RunReport
from connectors import open_source

AT = datetime(2026, 4, 1, tzinfo=UTC)
#: rows come within two hours, most sooner
CAME = "event_time + to_seconds((7200 * random() ** 2)::BIGINT) AS came"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=6_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    print(f"{arguments.rows:,} rows, 17 columns, {DAYS} days; medians of {arguments.rounds} rounds, processor time")
    with tempfile.TemporaryDirectory() as folder:
        for name, url in _built(Path(folder), arguments.rows).items():
            measured = _compare(name, url, arguments.rounds)
        _learn(Path(folder), measured)


def _built(folder: Path, rows: int) -> dict[str, str]:
    file, parquet = folder / "events.duckdb", folder / "files" / "events.parquet"
    parquet.parent.mkdir()
    with duckdb.connect(str(file)) as connection:
        select = COLUMNS.format(seconds=DAYS * 86400, rows=rows)
        connection.execute(f"CREATE TABLE events AS SELECT *, {CAME} FROM (SELECT {select} FROM range({rows}))")
        connection.execute(f"COPY events TO '{parquet}' (FORMAT parquet)")
    return {"duckdb": str(file), "parquet": str(parquet.parent)}


def _compare(name: str, url: str, rounds: int) -> Measured:
    source = open_source("bench", url)
    table = next(table for table in source.tables() if table.name == "events")
    with_it = _plan(Dataset("bench", table, event_time="event_time", load_time="came"), source.columns(table))
    without = replace(with_it, load_time=None, dataset=replace(with_it.dataset, load_time=None))
    sides: dict[str, Callable[[], Measured]] = {
        "without": lambda: measure(source, without, AT, lambda _: source),
        "with": lambda: measure(source, with_it, AT, lambda _: source),
    }
    seconds: dict[str, list[float]] = {side: [] for side in sides}
    measured = sides["with"]()  # warms up
    for _ in range(rounds):
        for side, call in sides.items():
            started = time.process_time()
            measured = call()
            seconds[side].append(time.process_time() - started)
    median = {side: statistics.median(values) for side, values in seconds.items()}
    print(f"{name}: without {median['without']:.2f} s, with {median['with']:.2f} s: ", end="")
    print(f"{median['with'] / median['without'] - 1:.1%} more; rows in the answer: {measured.queries[-1].rows:,}")
    source.close()
    return measured


def _plan(dataset: Dataset, columns) -> Plan:
    reading = Reading(DAYS, timedelta(days=1), timedelta(days=1))
    return make_plan(dataset, columns, (), Known(None, None, {}), reading, AT)


def _learn(folder: Path, measured: Measured) -> None:
    dataset, event_time = "bench.events", measured.event_time
    assert event_time is not None
    with History.open(folder / "history.duckdb", AT) as history:
        learned_arrivals(history, dataset, event_time, AT, measured)  # warms up
        started = time.process_time()
        known = learned_arrivals(history, dataset, event_time, AT, measured)
        print(f"learning: {1000 * (time.process_time() - started):.0f} ms; {sentence(known)}")
        for words, loads in (("without", ()), ("with", measured.loads)):
            at = AT + timedelta(hours=len(loads))
            report = RunReport(
                dataset, at, Outcome.FINISHED, 1, at, 0.1, "bench", measured=replace(measured, loads=loads)
            )
            started = time.process_time()
            history.remember(report)
            print(f"remembering {words} loads: {1000 * (time.process_time() - started):.0f} ms")


if __name__ == "__main__":
    main()
