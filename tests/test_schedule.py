"""The scheduler, tick by tick, with a clock that goes where it is put."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime, timedelta

import pytest

from checks.history import HistoryFailed
from checks.records import Outcome, RunReport
from checks.schedule import REFRESH, Scheduler
from tests.monitors import CannedMonitor, Clock, canned, utc

NOON = utc(2026, 3, 15, 12)
NO_JITTER = '[schedule]\ndefault = "0 * * * *"\njitter = "0s"\n'
HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> Clock:
    return Clock(NOON)


@pytest.fixture
def monitor(tmp_path, clock):
    opened = canned(tmp_path, clock, "orders", "users", config=NO_JITTER)
    yield opened
    opened.close()


def ticked(scheduler: Scheduler, monitor: CannedMonitor) -> list[str]:
    started = scheduler.tick()
    monitor.wait()
    return started


def slots(monitor: CannedMonitor, dataset: str = "s.orders") -> list[str]:
    return [f"{slot:%H:%M}" for slot in monitor.history.runs(dataset)["slot"]]


# -- what is due -------------------------------------------------------------------------------------------------------


def test_what_was_never_run_is_run_at_once_and_then_once_per_slot(monitor, clock):
    scheduler = Scheduler(monitor)
    assert ticked(scheduler, monitor) == ["s.orders", "s.users"]
    assert ticked(scheduler, monitor) == []
    clock.forward(HOUR)
    assert ticked(scheduler, monitor) == ["s.orders", "s.users"]
    assert slots(monitor) == ["13:00", "12:00"]


def test_a_run_of_the_schedule_serves_its_slot_and_says_so(monitor, clock):
    clock.forward(timedelta(minutes=7))
    ticked(Scheduler(monitor), monitor)
    [run] = monitor.history.runs("s.orders").to_dict("records")
    assert (run["slot"], run["started_at"], run["trigger"]) == (NOON, NOON + timedelta(minutes=7), "schedule")


def test_missed_slots_are_caught_up_by_one_run_and_told(monitor, clock, caplog):
    scheduler = Scheduler(monitor)
    ticked(scheduler, monitor)
    clock.forward(timedelta(hours=5, minutes=20))
    with caplog.at_level(logging.WARNING):
        assert ticked(scheduler, monitor) == ["s.orders", "s.users"]
    assert slots(monitor) == ["17:00", "12:00"]
    assert "s.orders: 4 slots before 2026-03-15 17:00:00+00:00 were missed" in caplog.text


def test_a_restarted_app_does_not_run_a_slot_again(monitor):
    ticked(Scheduler(monitor), monitor)
    assert ticked(Scheduler(monitor), monitor) == []


@pytest.mark.parametrize("outcome", [Outcome.CANCELLED, Outcome.INTERRUPTED])
def test_a_restarted_app_runs_again_what_the_stop_had_cut_off(monitor, clock, outcome):
    ticked(Scheduler(monitor), monitor)
    clock.forward(HOUR)
    monitor.history.remember(RunReport("s.orders", clock(), outcome, 1, clock(), 1.0))
    assert "s.orders" in ticked(Scheduler(monitor), monitor)
    assert slots(monitor) == ["13:00", "12:00"]


def test_a_run_by_hand_serves_the_slot_before_it(monitor, clock):
    clock.forward(timedelta(minutes=30))
    for future in monitor.start(["s.orders"]):
        future.result()
    assert ticked(Scheduler(monitor), monitor) == ["s.users"]


def test_a_clock_set_back_runs_what_is_due_on_it_once(monitor, clock):
    scheduler = Scheduler(monitor)
    ticked(scheduler, monitor)
    clock.now = NOON - 26 * HOUR
    assert ticked(scheduler, monitor) == ["s.orders", "s.users"]
    assert ticked(scheduler, monitor) == []
    clock.forward(HOUR)
    assert ticked(scheduler, monitor) == ["s.orders", "s.users"]


def test_a_run_in_the_future_of_the_clock_does_not_make_every_tick_due(monitor, clock):
    later = NOON + 1000 * HOUR
    monitor.history.remember(RunReport("s.orders", later, Outcome.FINISHED, 1, later, 1.0))
    scheduler = Scheduler(monitor)
    assert ticked(scheduler, monitor) == ["s.orders", "s.users"]
    assert ticked(scheduler, monitor) == []


@pytest.mark.parametrize(
    ("config", "minute", "started"),
    [
        ('[schedule]\njitter = 0\ndefault = "0 * * * *"\n', 20, []),
        ('schedule = "*/20 * * * *"\n[schedule]\njitter = 0\ndefault = "0 * * * *"\n', 20, ["s.orders", "s.users"]),
        (
            'schedule = "0 * * * *"\n[schedule]\njitter = 0\n[datasets."s.users"]\nschedule = "*/20 * * * *"\n',
            20,
            ["s.users"],
        ),
    ],
    ids=["default", "source", "dataset"],
)
def test_the_nearest_schedule_counts(tmp_path, clock, config, minute, started):
    monitor = canned(tmp_path, clock, "orders", "users", config=config)
    ticked(Scheduler(monitor), monitor)
    clock.forward(timedelta(minutes=minute))
    assert ticked(Scheduler(monitor), monitor) == started
    monitor.close()


def test_a_contract_sets_the_schedule(tmp_path, clock):
    contracts = tmp_path / "contracts"
    contracts.mkdir()
    (contracts / "orders.yaml").write_text(CONTRACT)
    monitor = canned(tmp_path, clock, "orders", "users", config=NO_JITTER)
    ticked(Scheduler(monitor), monitor)
    clock.forward(timedelta(minutes=20))
    assert ticked(Scheduler(monitor), monitor) == ["s.orders"]
    monitor.close()


CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: orders
version: 1.0.0
status: active
servers: [{server: s, type: local, path: tables, format: parquet}]
schema:
  - name: orders
    properties: [{name: id, logicalType: integer}]
    customProperties: [{property: vitals.schedule, value: "*/20 * * * *"}]
"""


def test_a_dataset_under_way_is_not_started_again(monitor, clock):
    go, asked = threading.Event(), []

    def slow(dataset, slot):
        asked.append(dataset.name)
        go.wait(10)
        raise ValueError("whatever")

    monitor.answer = slow
    scheduler = Scheduler(monitor)
    scheduler.tick()
    clock.forward(HOUR)
    scheduler.tick()
    assert sorted(monitor.running()) == ["s.orders", "s.users"]
    go.set()
    monitor.wait()
    assert sorted(asked) == ["s.orders", "s.users"]


# -- nothing ends it ---------------------------------------------------------------------------------------------------


def test_a_tick_that_fails_is_told_until_one_works_again(monitor, clock):
    scheduler, datasets = Scheduler(monitor), monitor.datasets

    def broken():
        raise RuntimeError("with a value of somebody's row")

    monitor.datasets = broken
    scheduler.tick_safely()
    assert monitor.troubles == {"tick": "tick: Vitals itself failed (RuntimeError); see the log"}
    assert monitor.ticked_at is None
    monitor.datasets = datasets
    scheduler.tick_safely()
    assert (monitor.troubles, monitor.ticked_at) == ({}, clock())
    monitor.wait()


def test_one_wrong_cron_line_costs_one_dataset(monitor):
    schedule_of = monitor.schedule_of
    monitor.schedule_of = lambda dataset: "every day" if dataset.name == "s.orders" else schedule_of(dataset)
    assert ticked(Scheduler(monitor), monitor) == ["s.users"]
    assert list(monitor.troubles) == ["schedule of s.orders"]


def test_a_run_that_can_not_be_remembered_is_a_trouble_and_the_next_one_is_tried(monitor, clock):
    remember, scheduler = monitor.history.remember, Scheduler(monitor)

    def full(_):
        raise HistoryFailed(monitor.history.path, "No space left on device")

    monitor.history.remember = full
    ticked(scheduler, monitor)
    assert "No space left on device" in monitor.troubles["run of s.orders"]
    monitor.history.remember = remember
    clock.forward(HOUR)
    ticked(scheduler, monitor)
    assert monitor.troubles == {}


def test_a_job_that_fails_stands_in_the_troubles_and_the_scheduler_goes_on(tmp_path):
    monitor, told = canned(tmp_path, Clock(datetime.now(UTC))), threading.Event()

    class Told(dict):
        def __setitem__(self, job, sentence):
            super().__setitem__(job, sentence)
            told.set()

    def refresh(*_):
        raise OSError("contracts: permission denied")

    monitor.refresh, monitor.troubles = refresh, Told()
    scheduler = Scheduler(monitor)
    scheduler.start()
    assert told.wait(10)
    assert monitor.troubles == {"prepare": "prepare: contracts: permission denied"}
    assert scheduler._jobs.running
    scheduler.stop()
    monitor.close()


def test_nothing_is_measured_before_the_demo_is_built(monitor):
    scheduler, ticked_at = Scheduler(monitor), []

    class Steps:
        """Stands for the wait between two ticks: the demo is built in the second one, the app stops in the fourth."""

        def wait(self, _: float) -> bool:
            ticked_at.append(monitor.ticked_at)
            if len(ticked_at) == 2:
                scheduler.prepare()
            return len(ticked_at) == 4

    scheduler._stopping = Steps()
    scheduler._tick_on()
    assert ticked_at == [None, None, NOON, NOON]
    monitor.wait()


def test_the_jobs_beside_are_planned_anew_when_the_clock_was_set_back(monitor, clock):
    scheduler = Scheduler(monitor)
    scheduler._plan_jobs(clock())
    scheduler._jobs.start(paused=True)
    scheduler.tick_safely()
    clock.now = NOON - 100 * HOUR
    scheduler.tick_safely()
    assert scheduler._jobs.get_job("refresh").next_run_time == clock() + REFRESH
    scheduler._jobs.shutdown()
    monitor.wait()


def test_the_night_tidies_the_history_and_leaves_a_backup(monitor):
    scheduler = Scheduler(monitor)
    ticked(scheduler, monitor)
    assert scheduler._tidy_is_late(monitor.clock())
    scheduler.tidy()
    assert monitor.backup_path.exists()
    assert not scheduler._tidy_is_late(monitor.clock())


def test_after_the_monitor_was_closed_nothing_starts(monitor):
    scheduler = Scheduler(monitor)
    scheduler.stop()
    monitor.close()
    scheduler.tick_safely()
    assert list(monitor.troubles) == ["tick"]
