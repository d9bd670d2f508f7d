"""kill -9 while runs are written, fifty times: no committed run is lost, none is there twice, the history always opens.

Most rounds kill a process with a real Monitor, Scheduler and History and a warehouse of a few words, because that
writes hundreds of runs a second; the others kill the whole app.
"""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pandas as pd
import psutil
import psycopg
import pytest

from checks.history import History
from checks.records import Outcome
from tests.apps import ROOT, App, free_port, running_app
from tests.faults.faulty import FaultyServer, wait_until
from tests.monitors import utc

ROUNDS, APP_ROUNDS = 50, 5
TABLES = ("a", "b", "c", "d")
VALUES = 40

# every tick is an hour later, and all datasets are due in it
WRITER = """
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
import numpy as np
from checks.records import Grid, Metric
from checks.schedule import Scheduler
from tests.monitors import Clock, canned, seven_rows

CONFIG = "[schedule]\\njitter = 0\\ndefault = '0 * * * *'\\n"
metrics = tuple(Metric("row_count" if n == 0 else f"m{n}") for n in range(int(sys.argv[3])))

def answer(dataset, slot):
    return replace(seven_rows(dataset, slot), grids=(Grid(metrics, (None,), np.random.rand(len(metrics), 1) + 1),))

clock = Clock(datetime.fromisoformat(sys.argv[2]))
monitor = canned(Path(sys.argv[1]), clock, *sys.argv[4:], config=CONFIG)
monitor.answer = answer
scheduler = Scheduler(monitor)
while True:
    for name in scheduler.tick():
        [future] = monitor.start([name])
        print(name, future.result().slot.isoformat(), flush=True)
    clock.forward(timedelta(hours=1))
"""


def killed_at_random(folder: Path, now: datetime, chance: random.Random) -> set[tuple[str, datetime]]:
    """The runs that the process said were remembered before it was killed."""
    command = [sys.executable, "-c", WRITER, str(folder), now.isoformat(), str(VALUES), *TABLES]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        said = [process.stdout.readline() for _ in range(chance.randint(1, 30))]
        with suppress(subprocess.TimeoutExpired):  # so that the kill comes at any instruction of the next runs
            process.wait(chance.uniform(0, 0.03))
        process.kill()
        said += process.stdout.read().splitlines()
        assert all(said), process.stderr.read()
    words = [line.split() for line in said if len(line.split()) == 2]
    return {(name, datetime.fromisoformat(slot)) for name, slot in words}


def whole_runs(path: Path, at: datetime, values: int | None) -> set[tuple[str, datetime]]:
    """Opens the history and checks that every run is there once, and whole or marked as interrupted."""
    with History.open(path, at) as history:
        assert history.notices == ()
        runs = history.runs(limit=1_000_000)
        assert not [key for key, count in Counter(zip(runs["dataset"], runs["slot"], strict=True)).items() if count > 1]
        assert set(runs["outcome"]) <= {Outcome.FINISHED, Outcome.INTERRUPTED}
        finished = runs[runs["outcome"] == Outcome.FINISHED]
        with history._store.reading() as cursor:
            results = cursor.execute('SELECT dataset, slot, "check", count(*) FROM results GROUP BY ALL').fetchall()
            series = (
                "SELECT dataset, observed_at, count(*) FROM measurements JOIN series USING (series_id) GROUP BY ALL"
            )
            measured = cursor.execute(series).fetchall()
    assert {count for *_, count in results} <= {1}
    keys = {(name, slot.to_pydatetime()) for name, slot in zip(finished["dataset"], finished["slot"], strict=True)}
    assert {(name, slot.replace(tzinfo=UTC)) for name, slot, *_ in results} == keys
    if values is not None:
        assert {count for *_, count in measured} <= {values}
        assert len(measured) == len(keys)
    return keys


@pytest.mark.slow
def test_fifty_kills_lose_no_committed_run_and_double_none(tmp_path):
    path, chance = tmp_path / "data" / "history.duckdb", random.Random(7)
    now, committed = utc(2026, 3, 15, 12), set()
    for _ in range(ROUNDS):
        committed |= killed_at_random(tmp_path, now, chance)
        finished = whole_runs(path, now, VALUES)
        assert committed <= finished
        now = max(slot for _, slot in finished)  # what was cut off is of this slot, or of the next
    assert len(committed) > 5 * ROUNDS


# -- the whole app -----------------------------------------------------------------------------------------------------


def shop(folder: Path, port: int, more: str = "") -> Path:
    (folder / "tables").mkdir()
    for table in TABLES:
        pd.DataFrame({"id": range(20)}).to_parquet(folder / "tables" / f"{table}.parquet")
    config = folder / "config.toml"
    schedule = '[schedule]\ndefault = "* * * * *"\njitter = 0\n'
    config.write_text(f'[app]\nport = {port}\n{schedule}[sources.s]\nurl = "files://tables"\n{more}')
    return config


def runs_until_it_dies(app: App, answered: set[tuple[str, datetime]]) -> None:
    """Asks for run after run, and notes what was answered."""
    with suppress(httpx.HTTPError):
        while True:
            answer = app.ask.post("/api/runs", json={"datasets": []}).json()
            answered |= {(run["dataset"], datetime.fromisoformat(run["slot"])) for run in answer["runs"]}


@pytest.mark.slow
def test_the_killed_app_leaves_a_whole_history_and_no_process_behind(tmp_path):
    port, chance, answered = free_port(), random.Random(11), set()
    config = shop(tmp_path, port)
    for _ in range(APP_ROUNDS):
        with running_app(config, port) as app:
            before = len(answered)
            asking = threading.Thread(target=runs_until_it_dies, args=(app, answered))
            asking.start()
            wait_until(lambda: len(answered) > before, 60)  # noqa: B023 called at once  # the first run of this round
            workers = psutil.Process(app.process.pid).children(recursive=True)
            with suppress(subprocess.TimeoutExpired):
                app.process.wait(chance.uniform(0, 1.0))
            app.kill()
            asking.join(30)
        assert workers
        psutil.wait_procs(workers, timeout=20)
        assert not [each for each in workers if each.is_running()]
        assert answered <= whole_runs(tmp_path / "data" / "history.duckdb", datetime.now(UTC), None)
    assert len(answered) >= APP_ROUNDS * len(TABLES)


@pytest.mark.slow
def test_the_app_that_is_asked_to_stop_does_so_soon_and_records_what_it_cut_off(tmp_path):
    port, server = free_port(), FaultyServer()
    try:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("CREATE VIEW forever AS SELECT 1 AS id FROM (SELECT pg_sleep(600)) AS s")
        config = shop(tmp_path, port, f'[sources.db]\nurl = "{server.url}"\ntimeout = "300s"\n')
        with running_app(config, port) as app:
            server.wait_for_sleep()
            wait_until(lambda: app.ask.get("/api/datasets/s.a").json()["measured_at"], 60)
            seconds = app.stop()
            assert (seconds < 10, app.process.returncode) == (True, 0)
    finally:
        server.remove()
    with History.open(tmp_path / "data" / "history.duckdb", datetime.now(UTC)) as history:
        assert history.latest_runs()["db.public.forever"].outcome is Outcome.CANCELLED
        # the next minute may have begun, and its run been cut off too
        whole = history.runs("s.a").query("outcome == 'finished'")["slot"].max()
        assert whole > pd.Timestamp(datetime.now(UTC) - timedelta(minutes=5))
