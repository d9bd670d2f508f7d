"""What a contract of 200 columns and 400 rules costs on a table of 6 million rows.

Linting, in this process: the first time, when the contract has changed, and when it has not (the goal is half a
second). Running, in this process (a warm worker), beside the same 400 predicates hand-written in one SQL statement, in
the form that DuckDB is fastest at; sides in turn, in pairs (the goal is 1.5). `contract test` measures what the rules
ask for; a scheduled run measures all statistics of every column as well, and stands beside hand-written SQL that does.

    python -m bench.contract [--columns 200] [--rows 6000000] [--pairs 5]
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from checks import run
from checks.config import load
from checks.contracts import Level, declared, lint, load_folder
from checks.history import History, Known
from checks.measure import measure
from checks.plan import make_plan
from checks.records import Dataset, Outcome, Reading, RunReport
from checks.run import Slot
from connectors import Source, TableName, open_source

GOAL = 0.5  # seconds of linting
RATIO = 1.5  # of a run to hand-written SQL
AT = datetime(2026, 4, 1, 12, tzinfo=UTC)
TABLE = TableName("main", "wide")
_HEAD = "apiVersion: v3.1.0\nkind: DataContract\nid: wide\nname: Wide\nstatus: active\nschema:\n  - name: wide\n"
_NULLS = "          - {metric: nullValues, mustBeLessThan: 5, unit: percent}\n"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of column: its types, what it holds (of `range` and the column's number `n`), the second rule on it beside
    the share of NULLs, and what a present value is that breaks the rule."""

    logical: str
    physical: str
    values: str
    rule: str
    broken: str
    statistics: str


_NUMBERS = "approx_count_distinct({c}), min({c}), max({c}), avg({c}), stddev_samp({c})"
_FINITE = "CASE WHEN isfinite({c}) THEN {c} END"
_OF_TEXT = "approx_count_distinct({c}), min(length({c})), max(length({c})), count(CASE WHEN {c} = '' THEN 1 END)"
KINDS = (
    Kind(
        "integer",
        "bigint",
        "((range * (7919 + {n})) % 8)::BIGINT",
        "        quality:\n" + _NULLS + "          - metric: invalidValues\n"
        "            arguments: {validValues: [0, 1, 2, 3, 4, 5, 6]}\n            mustBeLessThan: 20\n"
        "            unit: percent\n            severity: warning\n            dimension: conformity\n",
        "{c} NOT IN (0, 1, 2, 3, 4, 5, 6)",
        _NUMBERS,
    ),
    Kind(
        "number",
        "double",
        "((range * (7919 + {n})) % 1000003) / 1000.0",
        "        logicalTypeOptions: {maximum: 900}\n        quality:\n" + _NULLS,
        "NOT coalesce({f} <= 900, false)",
        "count({f}), " + _NUMBERS.replace("({c})", "({f})").replace("distinct({f})", "distinct({c})"),
    ),
    Kind(
        "string",
        "varchar",
        "'c' || ((range * (7919 + {n})) % 500)",
        "        logicalTypeOptions: {maxLength: 3}\n        quality:\n" + _NULLS,
        "NOT length({c}) <= 3",
        _OF_TEXT,
    ),
    Kind(
        "date",
        "date",
        "DATE '2024-01-01' + ((range * (7919 + {n})) % 700)::INT",
        "        logicalTypeOptions: {minimum: '2024-02-01'}\n        quality:\n" + _NULLS,
        "NOT {c} >= DATE '2024-02-01'",
        "approx_count_distinct({c}), min({c}), max({c})",
    ),
    Kind(
        "number",
        "'decimal(10, 2)'",
        "(((range * (7919 + {n})) % 100000) / 100)::DECIMAL(10, 2)",
        "        logicalTypeOptions: {exclusiveMaximum: 990}\n        quality:\n" + _NULLS,
        "NOT {c} < 990",
        _NUMBERS,
    ),
)


def contract_text(columns: int, version: str = "1.0.0") -> str:
    """A contract for a table `wide` of that many columns c0, c1..., with two rules on each."""
    properties = []
    for number in range(columns):
        kind = KINDS[number % len(KINDS)]
        types = f"        logicalType: {kind.logical}\n        physicalType: {kind.physical}\n"
        properties.append(f"      - name: c{number}\n{types}        description: Number {number}.\n{kind.rule}")
    return f"{_HEAD}    properties:\n{''.join(properties)}version: {version}\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--columns", type=int, default=200)
    parser.add_argument("--rows", type=int, default=6_000_000)
    parser.add_argument("--pairs", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        _lint(Path(folder), arguments.columns)
        _run(Path(folder), arguments)


# -- linting -----------------------------------------------------------------------------------------------------------


def _lint(folder: Path, columns: int) -> None:
    file = folder / "wide.yaml"
    file.write_text(contract_text(columns), encoding="utf-8")
    print(f"{columns} columns, {2 * columns} rules, {file.stat().st_size / 1000:,.0f} kB")
    print(f"lint, first, with the JSON Schema read: {_seconds(file):.3f} s")
    changed = [_changed(file, columns, patch) for patch in range(7)]
    spread = f"{min(changed):.3f}..{max(changed):.3f}"
    print(f"lint, changed: median {statistics.median(changed):.3f} s (goal {GOAL}; {spread})")
    print(f"lint, unchanged: median {statistics.median(_seconds(file) for _ in range(7)) * 1000:.1f} ms")


def _changed(file: Path, columns: int, patch: int) -> float:
    file.write_text(contract_text(columns, f"1.1.{patch}"), encoding="utf-8")
    return _seconds(file)


def _seconds(file: Path) -> float:
    started = time.perf_counter()
    (linted,) = lint([file])
    seconds = time.perf_counter() - started
    assert linted.worst is not Level.ERROR, linted.findings
    return seconds


# -- running -----------------------------------------------------------------------------------------------------------


def _run(folder: Path, arguments: argparse.Namespace) -> None:
    columns, rows = arguments.columns, arguments.rows
    file = folder / "wide.duckdb"
    build(file, columns, rows)
    dataset = dataset_of(folder, columns)
    print(f"{rows:,} rows, {file.stat().st_size / 1e6:,.0f} MB; medians of {arguments.pairs} pairs, sides in turn")
    source = open_source("shop", str(file), timeout=600)
    copy = shutil.copy(file, folder / "raw.duckdb")  # one process opens a file with one configuration only
    with History.open(folder / "history.duckdb", AT) as history, duckdb.connect(str(copy), read_only=True) as raw:
        raw.execute("SET preserve_insertion_order = false")
        rules, whole = by_hand(columns), by_hand(columns, profiles=True)
        for name, sql, profiles in (("contract test", rules, False), ("scheduled run", whole, True)):
            sides = {
                "by hand": lambda sql=sql: raw.execute(sql).fetchall(),
                name: lambda profiles=profiles: run_once(source, dataset, history, profiles=profiles),
            }
            _compare(name, sides, arguments.pairs)
    source.close()


def _compare(name: str, sides: dict[str, Callable[[], object]], pairs: int) -> None:
    """Prints seconds on the clock and of the processor, all threads, and the median of the pairs' ratios."""
    for call in sides.values():
        print(f"  {next(n for n, c in sides.items() if c is call):14} first time {_timed(call)[0]:7.2f} s")
    figures = [[_timed(call) for call in sides.values()] for _ in range(pairs)]
    for place, side in enumerate(sides):
        clock, processor = (statistics.median(pair[place][i] for pair in figures) for i in (0, 1))
        print(f"  {side:14} {clock:7.2f} s, {processor:7.2f} s of the processor")
    for i, what in enumerate(("on the clock", "of the processor")):
        ratios = [ours[i] / by_hand[i] for by_hand, ours in figures]
        spread = f"{min(ratios):.2f}..{max(ratios):.2f}"
        print(f"  {name} / by hand, {what}: {statistics.median(ratios):.2f} (goal {RATIO}; {spread})")


def _timed(call: Callable[[], object]) -> tuple[float, float]:
    clock, processor = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - clock, time.process_time() - processor


#: asked beside the one scan by runs that are not of a contract alone
LEARNED_FROM = ("rows by value of columns with few", "forms of some texts", "forms and lengths of texts")


def run_once(source: Source, dataset: Dataset, history: History, *, profiles: bool) -> RunReport:
    """A whole run, from planning to remembering; asserts that all rules are asked in one scan and were evaluated. What
    is only learned from, values and forms of texts, is asked beside it."""
    reading = Reading(profiles=profiles)

    def ask(known: Known):
        plan = make_plan(dataset, source.columns(TABLE), source.primary_key(TABLE), known, reading, AT)
        return measure(source, plan, AT, lambda _: source)

    report = run.run(dataset, Slot(AT, AT), history, ask)
    assert report.outcome is Outcome.FINISHED, report.error
    beside = LEARNED_FROM if profiles else ()
    assert [query.purpose for query in report.queries if query.purpose not in beside] == ["fused"], report.queries
    promised = [result for result in report.results if not result.learned]
    unclear = [result for result in promised if not result.status.evaluated]
    assert len(promised) >= len(dataset.checks) and not unclear, unclear
    return report


def dataset_of(folder: Path, columns: int) -> Dataset:
    """The dataset with the contract's checks, as the catalogue makes it."""
    (folder / "contracts").mkdir()
    (folder / "contracts" / "wide.yaml").write_text(contract_text(columns), encoding="utf-8")
    (folder / "config.toml").write_text('[sources.shop]\nurl = "duckdb://wide.duckdb"\n', encoding="utf-8")
    config = load(folder / "config.toml", {})
    (dataset,) = declared(load_folder(config.contracts_path), config, {"shop": [TABLE]})
    return dataset


def build(file: Path, columns: int, rows: int) -> None:
    """The table `wide`; some three per cent of each column's values are NULL."""
    values = [
        f"CASE WHEN range % {30 + n} <> 0 THEN {KINDS[n % len(KINDS)].values.format(n=n)} END AS c{n}"
        for n in range(columns)
    ]
    with duckdb.connect(str(file)) as connection:
        connection.execute(f"CREATE TABLE wide AS SELECT {', '.join(values)} FROM range({rows})")


def by_hand(columns: int, *, profiles: bool = False) -> str:
    """One statement for the predicates of the contract, and with `profiles` for all statistics of the columns."""
    parts = ["count(*)"]
    for n in range(columns):
        kind, names = KINDS[n % len(KINDS)], {"c": f"c{n}", "f": _FINITE.format(c=f"c{n}")}
        broken = kind.broken.format(**names)
        parts += [f"count(*) - count(c{n})", f"count(CASE WHEN c{n} IS NOT NULL AND {broken} THEN 1 END)"]
        parts += [kind.statistics.format(**names)] if profiles else []
    return f"SELECT {', '.join(parts)} FROM wide"


if __name__ == "__main__":
    main()
