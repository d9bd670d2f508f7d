"""A query that never ends, and a server that is frozen: ended at their time, while other sources go on."""

from __future__ import annotations

import time

import psycopg
import pytest

from checks.records import Health, Outcome
from tests.faults.faulty import FaultyServer, watching

FOREVER = "CREATE VIEW forever AS SELECT 1 AS id FROM (SELECT pg_sleep(600)) AS s"


@pytest.fixture
def server():
    started = FaultyServer()
    with psycopg.connect(started.url, autocommit=True) as connection:
        connection.execute(FOREVER)
        connection.execute("CREATE TABLE orders (id int)")
    yield started
    started.thaw()
    started.remove()


@pytest.mark.slow
def test_a_query_that_hangs_is_ended_at_its_timeout_while_other_sources_go_on(tmp_path, server):
    with watching(tmp_path, server.url, timeout="2s") as (monitor, clock):
        [hung] = monitor.start(["forever"])
        server.wait_for_sleep()
        started = time.monotonic()
        [other, same] = monitor.start(["users", "orders"])
        assert other.result(30).outcome is Outcome.FINISHED
        assert same.result(30).outcome is Outcome.FINISHED
        report = hung.result(30)
        assert time.monotonic() - started < 15
        assert (report.outcome, report.error_kind, report.attempts) == (Outcome.UNREACHABLE, "timed_out", 1)
        assert "no answer within 2 s" in (report.error or "") or "statement timeout" in (report.error or "")
        [found] = monitor.status(["forever"], clock())
        assert found.health is Health.UNKNOWN
        assert not asking(server)


@pytest.mark.slow
def test_a_frozen_server_costs_its_own_workers_until_they_are_killed_and_nobody_else(tmp_path, server):
    with watching(tmp_path, server.url, timeout="1s") as (monitor, _):
        assert monitor.start(["orders"])[0].result(30).outcome is Outcome.FINISHED
        server.freeze()
        [hung] = monitor.start(["orders"])
        [other] = monitor.start(["users"])
        assert other.result(30).outcome is Outcome.FINISHED
        assert not hung.done()
        report = hung.result(60)
        # a worker that has to connect anew may give that up just before it is killed
        assert report.outcome is Outcome.UNREACHABLE
        if report.error_kind != "unreachable":
            assert report.error_kind == "timed_out"
            assert "so its worker was ended" in (report.error or "") or "no answer within" in (report.error or "")
        server.thaw()
        assert monitor.start(["orders"])[0].result(60).outcome is Outcome.FINISHED


def asking(server: FaultyServer) -> list[str]:
    """What our sessions are still asking."""
    with psycopg.connect(server.url) as connection:
        active = "SELECT query FROM pg_stat_activity WHERE application_name = 'vitals' AND state = 'active'"
        return [query for (query,) in connection.execute(active).fetchall()]
