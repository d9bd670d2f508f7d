"""What Vitals itself costs per small table, in processor time beyond the queries: planning, compiling, judging and
remembering (goal 12 ms), and what learning from the past adds. 500 tables of 16 columns in one DuckDB file, with a
contract's worth of checks on each, in a warm worker.

    python -m bench.small_tables [--tables 500]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from checks import run
from checks.history import History
from checks.measure import measure
from checks.plan import make_plan
from checks.records import Check, Dataset, Detection, Dimension, NumberExpected, Operator, Reading, Threshold
from checks.run import Slot
from connectors import open_source

AT = datetime(2026, 4, 1, 12, 0, tzinfo=UTC)
COLUMNS = (
    ", ".join(f"range * {i} AS n{i}" for i in range(8))
    + ", "
    + ", ".join(f"'v' || (range % {i + 2}) AS s{i}" for i in range(7))
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=500)
    tables = parser.parse_args().tables
    for learned in (False, True):
        print("with learned checks" if learned else "declared checks alone")
        _compare(tables, Detection(on=learned))


def _compare(tables: int, detection: Detection) -> None:
    with tempfile.TemporaryDirectory() as folder, History.open(Path(folder) / "history.duckdb", AT) as history:
        file = Path(folder) / "many.duckdb"
        _build(file, tables)
        source = open_source("many", str(file))
        for round_ in range(3):
            at = AT + timedelta(hours=round_)
            figures = [_one(source, table, history, at, detection) for table in source.tables()]
            own = [1000 * (whole - queries) for whole, queries in figures]
            asked = [1000 * queries for _, queries in figures]
            what = "steady state" if round_ else "first, 90 days"
            mean, median, queries = statistics.mean(own), statistics.median(own), statistics.mean(asked)
            print(f"  {what}: {mean:.1f} ms of our own per table (median {median:.1f}), {queries:.1f} of queries")


def _one(source, table, history: History, at: datetime, detection: Detection) -> tuple[float, float]:
    """Processor seconds of a whole run in this process, and of its queries."""
    dataset = Dataset("many", table, event_time="at", checks=tuple(_checks(f"many.{table}")), detection=detection)
    started, asking = time.process_time(), 0.0
    fetch = source.fetch

    def timed(*arguments, **more):
        nonlocal asking
        before = time.process_time()
        try:
            return fetch(*arguments, **more)
        finally:
            asking += time.process_time() - before

    source.fetch = timed
    report = run.run(dataset, Slot(at, at), history, lambda known: _measure(source, table, dataset, known, at))
    source.fetch = fetch
    assert report.outcome == "finished", report.error
    return time.process_time() - started, asking


def _measure(source, table, dataset: Dataset, known, at: datetime):
    plan = make_plan(dataset, source.columns(table), source.primary_key(table), known, Reading(), at)
    return measure(source, plan, at, lambda _: source)


def _checks(name: str):
    for i in range(7):
        expects = NumberExpected("null_count", Threshold(Operator.BE, (0.0,)), f"s{i}")
        yield Check(f"s{i}.required", name, Dimension.COMPLETENESS, expects)
    yield Check(
        "rows",
        name,
        Dimension.COVERAGE,
        NumberExpected("row_count", Threshold(Operator.GREATER, (0.0,)), per_bucket=True),
    )


def _build(file: Path, tables: int) -> None:
    with duckdb.connect(str(file)) as connection:
        for i in range(tables):
            at = "TIMESTAMP '2026-01-02' + to_hours(range * 2)"
            connection.execute(f"CREATE TABLE t{i:03} AS SELECT {COLUMNS}, {at} AS at FROM range(1080)")


if __name__ == "__main__":
    main()
