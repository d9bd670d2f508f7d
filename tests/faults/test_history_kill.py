"""The history under real violence: kill -9 between any two instructions, and a disk without room."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pytest

from checks.history import History
from checks.records import Outcome
from tests.reports import HOUR, NINE

ROUNDS = 50
RESULTS, VALUES = 5, 30

# remembers run after run and says so after each
WRITER = """
import resource, signal, sys
from pathlib import Path
import numpy as np
from checks.history import History, HistoryFailed
from checks.records import Grain, Grid, Metric, Status
from tests.reports import *

FLOW = tuple(Metric("row_count", f"c{n}", Grain.HOUR) for n in range(10))

def write(number):
    slot = NINE + number * HOUR
    buckets = tuple(slot.replace(tzinfo=None) - hour * HOUR for hour in range(3))
    whole = Grid(FLOW, buckets, number + np.random.rand(10, 3))
    results = tuple(result(f"check {n}", Status.PASS) for n in range(5))
    history.begin("s.flights", slot, slot, "schedule")
    history.remember(report(slot, whole, results=results))
    print(slot.isoformat(), flush=True)

history = History.open(Path(sys.argv[1]), NINE)
"""

# until it is killed
ENDLESS = """
for number in range(int(sys.argv[2]), 100_000):
    write(number)
    if number % 7 == 0:
        history.tidy(NINE, 9999 * DAY)
"""

# until the disk is full, and once more when there is room again
UNTIL_FULL = """
def limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
limit(Path(sys.argv[1]).stat().st_size + 3_000_000)
number = int(sys.argv[2])
try:
    while number < 100_000:
        write(number)
        number += 1
except HistoryFailed as error:
    print(error, file=sys.stderr)
    assert len(history.runs(limit=100_000)) >= number
limit(resource.RLIM_INFINITY)
write(number + 1)
"""


def writer(path: Path, first: int, how: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER + how, str(path), str(first)]
    root = Path(__file__).parents[2]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=root)


def slots_in(said: str) -> list[datetime]:
    return [datetime.fromisoformat(line) for line in said.split()]


def killed_at_random(path: Path, first: int, chance: random.Random) -> list[datetime]:
    """The slots that a writer said it had committed before it was killed."""
    with writer(path, first, ENDLESS) as process:
        assert process.stdout is not None
        said = "".join(process.stdout.readline() for _ in range(chance.randint(0, 8)))
        with suppress(subprocess.TimeoutExpired):  # so that the kill comes at any instruction of the next run
            process.wait(chance.uniform(0, 0.03))
        process.send_signal(signal.SIGKILL)
        return slots_in(said + process.stdout.read())


def check_whole(history: History) -> set[datetime]:
    """That every run is there once and whole or marked as interrupted. Returns the finished slots."""
    runs = history.runs(limit=100_000)
    assert not [slot for slot, count in Counter(runs["slot"]).items() if count > 1]
    assert set(runs["outcome"]) <= {Outcome.FINISHED, Outcome.INTERRUPTED}
    finished = runs[runs["outcome"] == Outcome.FINISHED]
    with history._store.reading() as cursor:
        written = cursor.execute("SELECT slot, count(*) FROM results GROUP BY slot").fetchall()
        values = cursor.execute("SELECT observed_at, count(*) FROM measurements GROUP BY observed_at").fetchall()
    slots = {slot.tz_localize(None).to_pydatetime() for slot in finished["slot"]}
    assert dict(written) == dict.fromkeys(slots, RESULTS)
    assert dict(values) == dict.fromkeys(slots, VALUES)
    return {slot.to_pydatetime() for slot in finished["slot"]}


@pytest.mark.slow
def test_fifty_kills_lose_no_committed_run_and_double_none(tmp_path):
    path, chance, committed, first = tmp_path / "history.duckdb", random.Random(23), set(), 0
    for _ in range(ROUNDS):
        committed |= set(killed_at_random(path, first, chance))
        with History.open(path, NINE) as history:
            finished = check_whole(history)
            newest = history.runs(limit=1)["slot"]
            assert history.notices == ()
        assert committed <= finished
        first = 1 + (int((newest[0] - NINE) / HOUR) if len(newest) else -1)
    assert len(committed) > ROUNDS


@pytest.mark.slow
def test_a_full_disk_costs_the_run_that_it_hits_and_none_before_or_after(tmp_path):
    path = tmp_path / "history.duckdb"
    with writer(path, 0, UNTIL_FULL) as process:
        said, complained = process.communicate(timeout=300)
    committed = set(slots_in(said))
    assert (process.returncode, "could not be read or written" in complained) == (0, True), complained
    assert len(committed) > 5
    with History.open(path, NINE) as history:
        assert committed <= check_whole(history)
        assert history.notices == ()
