"""How much measuring costs beyond the raw scan: all metrics of a wide table through Vitals, beside the same aggregates
in hand-written SQL, sides in turn, in one process (a warm worker). Prints processor time, which neighbours on the
machine disturb less than the clock, medians of the ratios of each round, and peak memory.

    python -m bench.measure [--rows 6000000] [--rounds 5]
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from checks.history import Known
from checks.measure import measure
from checks.plan import make_plan
from checks.records import Dataset, Reading
from connectors import TableName, open_source

AT = datetime(2026, 4, 1, 0, 0, tzinfo=UTC)
DAYS = 90
COLUMNS = """
    range AS event_id, (range * 7919) % 100000 AS customer, (range % 777)::INT AS product, (range % 7)::INT AS store,
    to_timestamp(epoch(TIMESTAMP '2026-01-01') + range * {seconds} // {rows})::TIMESTAMP AS event_time,
    random() AS price, random() * 1000 AS amount, random() AS score, (range % 100)::DECIMAL(10, 2) AS tax,
    CASE WHEN range % 50 = 0 THEN NULL ELSE random() END AS weight, range % 2 = 0 AS paid,
    'u' || (range % 5000) AS visitor, 'name ' || (range % 100) AS channel,
    DATE '2026-01-01' + (range % 300)::INT AS due,
    CASE WHEN range % 20 = 0 THEN '' ELSE 'c' || (range % 300) END AS city,
    ['new', 'open', 'done'][1 + (range % 3)::INT] AS state
"""


def main() -> None:
    arguments = _arguments()
    if arguments.memory:
        _print_memory(arguments.memory, arguments.rows)
        return
    with tempfile.TemporaryDirectory() as folder:
        file, parquet = _build(Path(folder), arguments.rows)
        print(f"{arguments.rows:,} rows, 16 columns, {DAYS} days; medians of {arguments.rounds} rounds, sides in turn")
        for name, url in (("duckdb", str(file)), ("parquet", str(parquet.parent))):
            _compare(name, url, f"read_parquet('{parquet}')" if name == "parquet" else "events", file, arguments.rounds)
            command = [sys.executable, "-m", "bench.measure", "--memory", url, "--rows", str(arguments.rows)]
            print(f"  {name}: {subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()}")


def _compare(name: str, url: str, relation: str, file: Path, rounds: int) -> None:
    source = open_source("bench", url)
    table = next(table for table in source.tables() if table.name == "events")
    flat = list(source.columns(table))
    # the same file under another name: one process opens a database with one configuration only
    raw = duckdb.connect(shutil.copy(file, file.with_name("raw.duckdb"))) if name == "duckdb" else duckdb.connect()
    raw.execute("SET preserve_insertion_order = false")
    every = ", ".join(aggregates(flat))
    sides = {
        "raw, one row": lambda: raw.execute(f"SELECT {every} FROM {relation}").fetchall(),
        "raw, exact key": lambda: raw.execute(f"SELECT {every}, count(DISTINCT event_id) FROM {relation}").fetchall(),
        "vitals, 90 days": lambda: _vitals(source, table, _nothing(), key=False),
        "vitals, 90 days and exact key": lambda: _vitals(source, table, _nothing(), key=True),
        "vitals, newest days": lambda: _vitals(source, table, _yesterday(), key=False),
    }
    seconds: dict[str, list[float]] = {side: [] for side in sides}
    for round_ in range(rounds + 1):
        for side, call in sides.items():
            started = time.process_time()
            call()
            if round_:  # the first round warms up
                seconds[side].append(time.process_time() - started)
    print(f"{name}:")
    for side, values in seconds.items():
        print(f"  {side:32} {statistics.median(values):7.3f} s of processor time")

    def ratio(side: str, other: str) -> float:
        return statistics.median(one / two for one, two in zip(seconds[side], seconds[other], strict=True))

    baseline = ratio("vitals, 90 days", "raw, one row")
    print(f"  90 days of baseline / raw single scan        {baseline:.2f}  (goal 1.3)")
    both = ratio("vitals, 90 days and exact key", "raw, exact key")
    print(f"  all metrics and exact key / the same raw     {both:.2f}  (goal 1.3)")
    steady = ratio("vitals, newest days", "vitals, 90 days and exact key")
    print(f"  steady state / full run                      {steady:.3f} (goal 0.05)")
    source.close()


def _vitals(source, table: TableName, known: Known, *, key: bool):
    columns = source.columns(table)
    dataset = Dataset("bench", table, event_time="event_time", key=("event_id",) if key else ())
    plan = make_plan(dataset, columns, (), known, Reading(DAYS, timedelta(days=1), timedelta(days=1)), AT)
    if not key:
        plan = _without_keys(plan)
    return measure(source, plan, AT, lambda _: source)


def _without_keys(plan):
    from dataclasses import replace

    return replace(plan, keys=())


def _nothing() -> Known:
    return Known(None, None, {})


def _yesterday() -> Known:
    return Known(AT - timedelta(hours=1), datetime.fromisoformat("2026-03-31"), {})


def aggregates(columns) -> list[str]:
    """What somebody would write by hand for the same metrics."""
    parts = ["count(*)"]
    for column in columns:
        name, kind = f'"{column.name}"', column.type
        parts += [f"count({name})", f"approx_count_distinct({name})"]
        if kind.startswith("float"):
            finite = f"CASE WHEN isfinite({name}) THEN {name} END"
            parts += [
                f"count({finite})",
                f"min({finite})",
                f"max({finite})",
                f"avg({finite})",
                f"stddev_samp({finite})",
            ]
        elif kind.startswith(("int", "decimal")):
            parts += [f"min({name})", f"max({name})", f"avg({name})", f"stddev_samp({name})"]
        elif kind == "string":
            parts += [f"min(length({name}))", f"max(length({name}))", f"count(*) FILTER (WHERE {name} = '')"]
        elif kind == "boolean":
            parts += [f"avg({name}::INT)"]
        else:
            parts += [f"min({name})", f"max({name})"]
    return parts


def _build(folder: Path, rows: int) -> tuple[Path, Path]:
    file, parquet = folder / "events.duckdb", folder / "files" / "events.parquet"
    parquet.parent.mkdir()
    with duckdb.connect(str(file)) as connection:
        select = COLUMNS.format(seconds=DAYS * 86400, rows=rows)
        connection.execute(f"CREATE TABLE events AS SELECT {select} FROM range({rows})")
        connection.execute(f"COPY events TO '{parquet}' (FORMAT parquet)")
    return file, parquet


def _print_memory(url: str, rows: int) -> None:
    """Run in a process of its own: the peak memory of a worker that measures the table whole."""
    source = open_source("bench", url)
    table = next(table for table in source.tables() if table.name == "events")
    _vitals(source, table, _nothing(), key=True)
    # not getrusage: its maximum survives exec, and is that of the parent
    peak = int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text()).group(1)) / 1024
    print(f"peak memory of a worker over {rows:,} rows: {peak:.0f} MB (goal 600)")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=6_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--memory", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
