"""What an explanation costs beside one full scan of the two days that it is about: missing segments, missing values, a
changed mean, in a table of six million rows of four equal weekdays. The scan is the aggregates of all columns of both
days in hand-written SQL (as in bench/measure.py). Sides in turn, in one process; ratios of medians.

Where two days are a small part of the table, their scan takes a few hundredths of a second, and writing the statements
of an explanation more than that: the last line says how long it takes with the same rows in 90 days.

    python -m bench.explain [--rows 6000000] [--rounds 5]
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from bench.measure import aggregates
from checks.explain import Explanation
from checks.explain.ask import MOST_QUERIES, Question, explain
from checks.explain.reference import comparable
from checks.explain.subject import subject_of
from checks.records import Dataset, EventTime, Grain
from connectors import Source, TableName, open_source

AT = datetime(2026, 4, 1, tzinfo=UTC)
DAY, WEEK_AGO = datetime(2026, 3, 29), datetime(2026, 3, 22)  # noqa: DTZ001 buckets are naive
WEEKS = 4
GOAL = 1.5
COLUMNS = """
    range AS event_id,
    TIMESTAMP '2026-03-29' - to_days({step} * (range % {days})::INT) + to_seconds((range * 7919) % 86400) AS event_time,
    'c' || hash(range) % 40 AS country, 'ch' || hash(range + 1) % 8 AS channel, hash(range + 2) % 25 AS version,
    's' || hash(range + 3) % 12 AS store, hash(range + 4) % 3 = 0 AS paid, hash(range + 5) % 24 AS slot,
    ['new', 'open', 'done'][1 + (hash(range + 6) % 3)::INT] AS state, 'p' || hash(range + 7) % 120 AS product,
    hash(range + 8) % 100000 AS customer, 'u' || hash(range + 9) % 50000 AS visitor, random() AS price,
    random() * 1000 AS amount, (range % 100)::DECIMAL(10, 2) AS tax, random() AS score
"""
#: what goes wrong on the judged day, and how it is asked
FAULTS = {
    "one segment is missing": ("bucket_rows", None, "DELETE FROM {t} WHERE {day} AND country = 'c7' AND score < 0.9"),
    "a pair is missing": ("bucket_rows", None, "DELETE FROM {t} WHERE {day} AND channel = 'ch2' AND paid"),
    "two segments are missing": ("bucket_rows", None, "DELETE FROM {t} WHERE {day} AND (store = 's3' OR slot = 9)"),
    "all rows are fewer alike": ("bucket_rows", None, "DELETE FROM {t} WHERE {day} AND score < 0.3"),
    "values are missing": ("null_rate", "visitor", "UPDATE {t} SET visitor = NULL WHERE {day} AND store = 's3'"),
    "a mean has changed": ("mean", "amount", "UPDATE {t} SET amount = amount * 3 WHERE {day} AND version = 4"),
}


def main() -> None:
    arguments = _arguments()
    print(f"{arguments.rows:,} rows of {WEEKS} days, 16 columns; medians of {arguments.rounds} rounds, sides in turn")
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        table = _build(Path(folder), arguments.rows)
        for fault, (metric, column, statement) in FAULTS.items():
            file = _broken(table, statement)
            worst = max(worst, _compare(fault, file, (metric, column), arguments.rounds))
            file.unlink()
    print(f"worst ratio {worst:.2f}  (goal {GOAL})")
    with tempfile.TemporaryDirectory() as folder:
        table = _build(Path(folder), arguments.rows, days=90)
        _compare(
            "in 90 days", _broken(table, FAULTS["one segment is missing"][2]), ("bucket_rows", None), arguments.rounds
        )


def _compare(fault: str, file: Path, asked: tuple[str, str | None], rounds: int) -> float:
    """The ratio of an explanation to the scan of both days."""
    source = open_source("bench", str(file))
    table = next(iter(source.tables()))
    question = _question(source, table, *asked)
    # the same file under another name: one process opens a database with one configuration only
    copy = file.with_name("raw.duckdb")
    raw = duckdb.connect(shutil.copy(file, copy))
    scan = (
        f"SELECT {', '.join(aggregates(source.columns(table)))} FROM events WHERE {_is_on(DAY)} OR {_is_on(WEEK_AGO)}"
    )
    seconds: dict[str, list[float]] = {"scan": [], "explain": [], "in the warehouse": []}
    found = explain(source, question, AT)  # warms up, as the scan's first round does
    raw.execute(scan).fetchall()
    for _ in range(rounds):
        started = time.perf_counter()
        raw.execute(scan).fetchall()
        middle = time.perf_counter()
        found = explain(source, question, AT)
        seconds["scan"].append(middle - started)
        seconds["explain"].append(time.perf_counter() - middle)
        seconds["in the warehouse"].append(sum(query.seconds for query in found.queries))
    source.close()
    raw.close()
    copy.unlink()
    median = {side: statistics.median(values) for side, values in seconds.items()}
    return _told(fault, found, median)


def _is_on(day: datetime) -> str:
    return f"event_time >= TIMESTAMP '{day}' AND event_time < TIMESTAMP '{day + timedelta(days=1)}'"


def _told(fault: str, found: Explanation, median: dict[str, float]) -> float:
    assert len(found.queries) <= MOST_QUERIES
    ratio = median["explain"] / median["scan"]
    took, asked, scan = (f"{median[side]:.3f} s" for side in ("explain", "in the warehouse", "scan"))
    print(f"  {fault:26} {ratio:5.2f} times the scan: {took}, in {len(found.queries)} queries {asked}; scan {scan}")
    print(f"    {found.sentence}")
    return ratio


def _question(source: Source, table: TableName, metric: str, column: str | None) -> Question:
    """The question as a run's history would ask it: the numbers of values are known."""
    dataset = Dataset("bench", table, event_time="event_time", key=("event_id",))
    rows = dict(source.fetch("SELECT event_time::DATE::TIMESTAMP, count(*) FROM events GROUP BY 1").rows)
    names = [each.name for each in source.columns(table)]
    counts = ", ".join(f"approx_count_distinct({name})" for name in names)
    distinct = dict(zip(names, source.fetch(f"SELECT {counts} FROM events").rows[0], strict=True))
    references = comparable(DAY, Grain.DAY, rows)
    subject = subject_of(dataset, metric, column, None, frozenset())
    return Question(dataset, subject, DAY, EventTime("event_time", "config"), references, distinct)


def _build(folder: Path, rows: int, days: int = WEEKS) -> Path:
    file = folder / "events.duckdb"
    columns = COLUMNS.format(days=days, step=7 if days == WEEKS else 1)
    with duckdb.connect(str(file)) as connection:
        connection.execute(f"CREATE TABLE events AS SELECT {columns} FROM range({rows}) ORDER BY event_time")
    return file


def _broken(table: Path, statement: str) -> Path:
    """A copy of the table with a fault in it."""
    file = Path(shutil.copy(table, table.with_name("broken.duckdb")))
    with duckdb.connect(str(file)) as connection:
        connection.execute(statement.format(t="events", day=f"event_time >= TIMESTAMP '{DAY:%Y-%m-%d}'"))
    return file


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=6_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


if __name__ == "__main__":
    main()
