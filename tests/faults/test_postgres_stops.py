"""PostgreSQL goes away in the middle of a run, and comes back."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from checks.records import Certainty, Health, Outcome, Status
from checks.schedule import Scheduler
from tests.faults.faulty import FaultyServer, watching

SLOW = "CREATE VIEW slow AS SELECT 1 AS id, now() - interval '1 minute' AS created_at FROM (SELECT pg_sleep(1.5)) AS s"


@pytest.fixture
def server():
    started = FaultyServer()
    with psycopg.connect(started.url, autocommit=True) as connection:
        connection.execute(SLOW)
    yield started
    started.remove()


@pytest.mark.slow
def test_a_server_that_stops_in_mid_run_is_unreachable_and_recovers_by_itself(tmp_path, server):
    with watching(tmp_path, server.url) as (monitor, clock):
        scheduler = Scheduler(monitor)

        def tick() -> dict[str, str]:
            started = scheduler.tick()
            for future in monitor.start(started):  # those under way
                future.result(90)
            clock.forward(timedelta(hours=1))
            return {name: str(run.outcome) for name, run in monitor.history.latest_runs().items()}

        assert tick() == {"db.public.slow": "finished", "files.users": "finished"}
        [before] = monitor.status(["slow"], clock() - timedelta(minutes=59))
        assert before.health is Health.HEALTHY

        scheduler.tick()
        server.wait_for_sleep()
        server.stop()
        [run] = [future.result(90) for future in monitor.start(["slow"])]
        assert (run.outcome, run.error_kind, run.attempts) == (Outcome.UNREACHABLE, "unreachable", 2)
        assert {result.status for result in run.results} <= {Status.UNREACHABLE}
        [down] = monitor.status(["slow"], clock())
        assert (down.health, down.quality, down.certainty) == (Health.UNKNOWN, Health.HEALTHY, Certainty.STALE)
        assert "did not answer" in down.reasons[0] and "last measured" in down.reasons[0]
        [other] = monitor.status(["users"], clock())
        assert other.health is Health.HEALTHY

        clock.forward(timedelta(hours=1))
        assert tick() == {"db.public.slow": "unreachable", "files.users": "finished"}

        server.start_again()
        assert tick() == {"db.public.slow": "finished", "files.users": "finished"}
        [after] = monitor.status(["slow"], clock() - timedelta(minutes=59))
        assert (after.health, after.certainty) == (Health.HEALTHY, Certainty.CERTAIN)
