"""How long the Overview takes in a real Chromium with 1,000 datasets and 10 million measurements: from opening the
address to the sentence, the table and the heat map. Prints the first visit and the median of the following ones.

    python -m bench.overview [--datasets 1000] [--visits 7]
"""

from __future__ import annotations

import argparse
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import httpx
import numpy as np
from playwright.sync_api import Page, sync_playwright

from checks.history import History
from checks.records import (
    Dimension,
    EventTime,
    Grain,
    Grid,
    Measured,
    Metric,
    Outcome,
    Result,
    RunReport,
    Severity,
    Status,
)
from connectors import Column

ROOT = Path(__file__).parent.parent
DAYS, COLUMNS = 90, 16
PER_COLUMN = ("null_count", "null_rate", "distinct_count", "min", "max", "mean", "stddev")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", type=int, default=1000)
    parser.add_argument("--visits", type=int, default=7)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        config, port = _prepare(Path(folder), arguments.datasets)
        app = subprocess.Popen(
            [sys.executable, "-m", "dashboard", "--config", str(config)], cwd=ROOT, stderr=subprocess.DEVNULL
        )
        try:
            _wait_until_listed(port, arguments.datasets)
            _visit(f"http://127.0.0.1:{port}/", arguments.datasets, arguments.visits)
        finally:
            app.terminate()
            app.wait(20)


def _visit(url: str, datasets: int, visits: int) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS.split())
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        seconds = [_seconds_to_render(context.new_page(), url, datasets) for _ in range(visits + 1)]
        browser.close()
    print(f"first visit, empty browser cache: {seconds[0]:.2f} s")
    median, worst = statistics.median(seconds[1:]), max(seconds[1:])
    print(f"following {visits} visits: median {median:.2f} s, worst {worst:.2f} s (goal 2)")


def _seconds_to_render(page: Page, url: str, datasets: int) -> float:
    started = time.perf_counter()
    page.goto(url, wait_until="commit")
    page.get_by_text(f"{datasets:,} datasets").first.wait_for()
    page.locator(".vitals-table td").first.wait_for()
    page.locator(".vitals-heat i").first.wait_for()
    seconds = time.perf_counter() - started
    page.close()
    return seconds


def _prepare(folder: Path, datasets: int) -> tuple[Path, int]:
    """A source of many small tables, and a history in which each was measured for 90 days."""
    at = datetime.now(UTC).replace(microsecond=0)
    with duckdb.connect(str(folder / "big.duckdb")) as source:
        for i in range(datasets):
            source.execute(f"CREATE TABLE t{i:04} (id BIGINT)")
    started, count = time.perf_counter(), 0
    with History.open(folder / "history.duckdb", at) as history:
        for i in range(datasets):
            count += history.remember(_report(f"big.main.t{i:04}", at - timedelta(minutes=5), i))
        history.tidy(at, timedelta(days=400))
    print(f"{datasets:,} datasets, {count:,} measurements, written in {time.perf_counter() - started:.0f} s")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config = folder / "config.toml"
    config.write_text(
        f'[app]\nhistory = "history.duckdb"\nport = {port}\n[schedule]\ndefault = "0 0 1 1 *"\n'
        '[sources.big]\nurl = "big.duckdb"\n'
    )
    return config, port


def _report(dataset: str, at: datetime, number: int) -> RunReport:
    random = np.random.default_rng(number)
    columns = tuple(Column(f"column_{i}", "int64", "BIGINT") for i in range(COLUMNS))
    metrics = [Metric(name, column.name, Grain.DAY) for column in columns for name in PER_COLUMN]
    metrics.append(Metric("bucket_rows", grain=Grain.DAY))
    today = datetime(at.year, at.month, at.day)  # noqa: DTZ001 buckets are naive
    buckets = tuple(today - timedelta(days=DAYS - 1 - i) for i in range(DAYS))
    per_day = Grid(tuple(metrics), buckets, random.random((len(metrics), DAYS)) * 1000)
    whole = Grid((Metric("row_count"), Metric("freshness")), (None,), np.array([[1000.0 * DAYS], [3600.0]]))
    event_time = EventTime("column_0", "inferred")
    measured = Measured(columns, event_time, None, (per_day, whole), (), (), None, True, 0.1, at)
    results = tuple(_results(number, buckets))
    return RunReport(dataset, at, Outcome.FINISHED, 1, at, 0.1, "schedule", (), results, measured)


def _results(number: int, buckets: tuple[datetime, ...]) -> list[Result]:
    broken = Status.FAIL if number % 50 == 0 else Status.WARN if number % 25 == 0 else Status.PASS
    results = [
        Result(f"c{i}", dimension, Status.PASS, Severity.ERROR, f"column_{i}", "0 rows", "exactly 0 rows")
        for i, dimension in enumerate(Dimension)
    ]
    results += [Result("rows", Dimension.COVERAGE, Status.PASS, Severity.ERROR, bucket=bucket) for bucket in buckets]
    results.append(Result("last", Dimension.CONFORMITY, broken, Severity.ERROR, "column_3", "7", "5"))
    return results


def _wait_until_listed(port: int, datasets: int) -> None:
    for _ in range(120):
        try:
            found = httpx.get(f"http://127.0.0.1:{port}/api/datasets", timeout=30).json()["datasets"]
        except httpx.HTTPError:
            found = []
        if len(found) == datasets:
            return
        time.sleep(0.5)
    raise SystemExit("the app did not list its datasets within a minute")


if __name__ == "__main__":
    main()
