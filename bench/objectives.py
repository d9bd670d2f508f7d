"""How long the objectives of many datasets take to read: 90 days of runs every 15 minutes.

    python -m bench.objectives [datasets] [minutes between runs]

Prints the size of the history, the seconds of the first view (everything is read once), of the next one, and what a run
costs that is followed.
"""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

import duckdb

from checks.history import History
from checks.objectives.budget import budget, burns
from checks.objectives.ledger import REACH, Kept, Ledger
from checks.records import (
    Check,
    Dataset,
    Dimension,
    FreshnessExpected,
    NumberExpected,
    Operator,
    Outcome,
    Result,
    RunReport,
    Status,
    Threshold,
)
from checks.service_levels import FrequencyExpected
from connectors import TableName

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
RULES = 6


def datasets(number: int) -> list[Dataset]:
    """Tables with two service levels and six rules each."""
    rule = NumberExpected("row_count", Threshold(Operator.GREATER, (0,)))
    found = []
    for place in range(number):
        name = f"s.t{place}"
        level = {"contract": "c", "is_service_level": True}
        checks = [
            Check("fresh", name, Dimension.TIMELINESS, FreshnessExpected(timedelta(hours=2)), **level),
            Check("often", name, Dimension.TIMELINESS, FrequencyExpected(timedelta(hours=2)), **level),
            *(Check(f"rule{n}", name, Dimension.COVERAGE, rule, contract="c") for n in range(RULES)),
        ]
        found.append(Dataset("s", TableName(None, f"t{place}"), contract="c", checks=tuple(checks)))
    return found


def fill(file: Path, number: int, minutes: int) -> None:
    """Every dataset is late for two hours each tenth day, one in twenty breaks a rule for good, and one run in a
    thousand does not reach the warehouse."""
    start, runs = (NOW - REACH).replace(tzinfo=None), int(REACH / timedelta(minutes=minutes))
    with duckdb.connect(str(file)) as db:
        db.execute(
            """CREATE TEMP TABLE slots AS
               SELECT 's.t' || d AS dataset, $1 + to_minutes((n * $2)::INTEGER) AS slot, d, n
               FROM range($3) AS a(d), range($4) AS b(n)""",
            [start, minutes, number, runs],
        )
        db.execute(
            """INSERT INTO runs BY NAME
               SELECT dataset, slot, if(hash(d, n) % 1000 = 0, 'unreachable', 'finished') AS outcome, 1 AS attempts,
                   slot AS started_at, 'schedule' AS "trigger", 0 AS measurements, 1 AS queries,
                   false AS whole_table FROM slots ORDER BY slot, dataset"""
        )
        db.execute(
            """INSERT INTO results BY NAME
               SELECT dataset, slot, k AS position, ['fresh', 'often'][k + 1] AS "check", 'timeliness' AS dimension,
                   CASE WHEN hash(d, n) % 1000 = 0 THEN 'unreachable'
                        WHEN k = 0 AND (n * $1 + d * 97) % 14400 < 120 THEN 'fail' ELSE 'pass' END AS status,
                   'error' AS severity, false AS learned FROM slots, range(2) AS x(k)
               UNION ALL BY NAME
               SELECT dataset, slot, k + 2 AS position, 'rule' || k AS "check", 'coverage' AS dimension,
                   CASE WHEN hash(d, n) % 1000 = 0 THEN 'unreachable'
                        WHEN k = 0 AND d % 20 = 0 THEN 'fail' ELSE 'pass' END AS status,
                   'error' AS severity, false AS learned FROM slots, range($2) AS x(k)
               ORDER BY slot, dataset, position""",
            [minutes, RULES],
        )


def told(kept: list[Kept], at: datetime) -> int:
    """What a view asks of all of them. Returns how many budgets are spent."""
    spent = 0
    for each in kept:
        for days in (7, 30, 90):
            each.line.over(at - timedelta(days=days), at)
        burns(each.line, each.objective.target, each.pace.interval, at)
        spent += budget(each.line, each.objective.target, at).is_spent
    return spent


def main(number: int = 200, minutes: int = 15) -> None:
    many = datasets(number)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "history.duckdb"
        History.open(file, NOW).close()
        fill(file, number, minutes)
        with History.open(file, NOW) as history:
            sizes = history.statistics()
            print(f"{sizes['runs']:,} runs, {sizes['results']:,} results, {sizes['bytes'] / 1e6:,.0f} MB")
            ledger = Ledger(history, lambda _: f"*/{minutes} * * * *")
            for name in ("first view", "next view"):
                began = perf_counter()
                kept = ledger.kept(many, NOW)
                read = perf_counter()
                spent = told(kept, NOW)
                ended = perf_counter()
                print(
                    f"{name}: {read - began:.2f} s to read, {ended - read:.2f} s to tell {len(kept):,} objectives "
                    f"({spent:,} are spent)"
                )
            one = many[1]
            results = tuple(Result(check.id, check.dimension, Status.PASS, check.severity) for check in one.checks)
            began = perf_counter()
            for step in range(1, 101):
                at = NOW + timedelta(minutes=step)
                ledger.observe(RunReport(one.name, at, Outcome.FINISHED, 1, at, 1.0, results=results))
            print(f"a run that is followed: {(perf_counter() - began) * 10:.2f} ms")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
