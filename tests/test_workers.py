"""The processes that measure: killable, replaced, and never in the way of stopping."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import CancelledError
from pathlib import Path

import duckdb
import pytest

from checks import worker
from checks.worker import JobFailed, SourceSpec, list_job
from checks.workers import Workers
from connectors import QueryFailed, QueryTimedOut, Unreachable

pytestmark = pytest.mark.slow  # real processes


def sleeps(seconds: float) -> str:
    time.sleep(seconds)
    return "awake"


def dies() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def crashes() -> None:
    os.kill(os.getpid(), signal.SIGFPE)


def own_pid() -> int:
    return os.getpid()


def freezes() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    time.sleep(600)


class Awkward(Exception):
    def __init__(self, *, needed: str) -> None:
        super().__init__(f"the value is {needed}")


def fails_awkwardly() -> None:
    raise Awkward(needed=str(4111 * 1111))


@pytest.fixture(scope="module")
def workers():
    pools = Workers({"s": 1})
    yield pools
    pools.close()


@pytest.fixture
def spec(tmp_path):
    return SourceSpec("s", "files://nowhere", 5.0, tmp_path)


@pytest.mark.slow
def test_a_job_that_hangs_is_ended_at_its_deadline_even_when_it_ignores_signals(workers, spec):
    with pytest.raises(QueryTimedOut, match=r"nothing came back within 0.5 s"):
        workers.call(spec, 0.5, freezes)
    assert workers.call(spec, 30, sleeps, 0) == "awake"


def test_a_worker_that_dies_is_unreachable_and_replaced(workers, spec):
    with pytest.raises(Unreachable, match="the worker process ended"):
        workers.call(spec, 30, dies)
    assert workers.call(spec, 30, sleeps, 0) == "awake"


def test_a_crash_is_told_of_its_job_and_not_of_the_warehouse(workers, spec):
    with pytest.raises(QueryFailed, match=r"the worker process crashed \(SIGFPE\)"):
        workers.call(spec, 30, crashes)
    assert workers.call(spec, 30, sleeps, 0) == "awake"


def test_a_worker_that_is_killed_while_idle_costs_one_attempt(workers, spec):
    os.kill(workers.call(spec, 30, own_pid), signal.SIGKILL)
    time.sleep(0.5)  # the pool looks after its workers ten times a second
    with pytest.raises(Unreachable):
        workers.call(spec, 30, sleeps, 0)
    assert workers.call(spec, 30, sleeps, 0) == "awake"


def test_an_error_that_can_not_travel_becomes_one_that_can_without_its_text(workers, spec):
    with pytest.raises(JobFailed) as caught:
        workers.call(spec, 30, fails_awkwardly)
    assert (caught.value.kind, str(4111 * 1111) in str(caught.value)) == ("Awkward", False)
    assert "in fails_awkwardly" in str(caught.value)
    assert workers.call(spec, 30, sleeps, 0) == "awake"


def test_closing_ends_hanging_jobs_within_a_moment(spec):
    pools, told = Workers({"s": 2}), []

    def wait() -> None:
        try:
            pools.call(spec, 600, freezes)
        except CancelledError:
            told.append("cancelled")

    pools.call(spec, 30, sleeps, 0)
    waiting = [threading.Thread(target=wait) for _ in range(3)]
    for thread in waiting:
        thread.start()
    time.sleep(0.5)  # so that two are at work
    started = time.perf_counter()
    pools.close()
    for thread in waiting:
        thread.join(10)
    assert told == ["cancelled"] * 3
    assert time.perf_counter() - started < 5
    with pytest.raises(CancelledError):
        pools.call(spec, 1, sleeps, 0)


def test_a_file_that_nobody_else_can_write_to_meanwhile_is_given_free_after_the_last_job(tmp_path: Path):
    file = tmp_path / "shop.duckdb"
    with duckdb.connect(str(file)) as db:
        db.execute("CREATE TABLE orders AS SELECT 1 AS id")
    spec = SourceSpec("shop", str(file), 10.0, tmp_path)
    assert [table.name for table in list_job(spec)] == ["orders"]
    list_job(spec)  # comes in time: the file stays open for it
    worker._closing["shop"].join()
    with duckdb.connect(str(file)) as db:  # would be refused while the source is open
        db.execute("INSERT INTO orders VALUES (2)")
