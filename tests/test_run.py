"""One run: attempts, outcomes, slots, cancelling; and the worker processes under it."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import CancelledError
from dataclasses import replace
from datetime import timedelta

import pytest
import stamina

from checks.builtin import GONE_REMEDY
from checks.catalogue import UnknownDataset
from checks.history import History, Known
from checks.records import (
    Check,
    Dataset,
    Detection,
    Dimension,
    Measured,
    NumberExpected,
    Operator,
    Outcome,
    RunReport,
    Status,
    Threshold,
)
from checks.run import Slot, run
from checks.worker import JobFailed
from connectors import AccessDenied, DatasetMissing, QueryFailed, QueryTimedOut, TableName, Unreachable, ViewUnreadable
from tests.monitors import Clock, canned, seven_rows, utc

NOON = utc(2026, 3, 15, 12)
SOME_ROWS = NumberExpected("row_count", Threshold(Operator.GREATER, (5.0,)))
DATASET = Dataset(
    "s",
    TableName(None, "t"),
    contract="t",
    checks=(Check("enough", "s.t", Dimension.COVERAGE, SOME_ROWS),),
    detection=Detection(on=False),
)
SLOT = Slot(NOON, NOON, "schedule")
DOWN = Unreachable("s", "connection refused")


@pytest.fixture
def history(tmp_path):
    with History.open(tmp_path / "history.duckdb", NOON) as opened:
        yield opened


@pytest.fixture(autouse=True)
def no_waiting_between_attempts():
    with stamina.set_testing(True, attempts=10, cap=True):
        yield


class Warehouse:
    """Answers with what it was given, in turn; the last answer for good."""

    def __init__(self, *answers: Measured | Exception) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, _: Known) -> Measured:
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


GOOD = seven_rows(DATASET, SLOT)


def ran(history: History, *answers: Measured | Exception, slot: Slot = SLOT, attempts: int = 3) -> RunReport:
    return run(DATASET, slot, history, Warehouse(*answers), attempts)


def statuses(report: RunReport) -> dict[str, Status]:
    return {result.check: result.status for result in report.results}


# -- attempts ----------------------------------------------------------------------------------------------------------


def test_a_run_measures_judges_and_remembers(history):
    report = ran(history, GOOD)
    assert (report.outcome, report.attempts, report.measurements) == (Outcome.FINISHED, 1, 1)
    assert statuses(report) == {"enough": Status.PASS}
    assert {result.check for result in history.results("s.t")["s.t"]} == {"enough"}


def test_a_warehouse_that_does_not_answer_is_asked_again(history):
    report = ran(history, DOWN, DOWN, GOOD)
    assert (report.outcome, report.attempts) == (Outcome.FINISHED, 3)
    assert history.latest_runs()["s.t"].attempts == 3


def test_after_all_attempts_the_checks_are_unreachable_and_none_fails(history):
    report = ran(history, DOWN)
    assert (report.outcome, report.attempts, report.error_kind) == (Outcome.UNREACHABLE, 3, "unreachable")
    assert statuses(report) == {"enough": Status.UNREACHABLE}
    assert report.error == DOWN.sentence
    assert history.latest_evaluated() == {}


@pytest.mark.parametrize(
    ("error", "outcome", "status"),
    [
        (AccessDenied("s", "password"), Outcome.ERROR, Status.ERROR),
        (QueryFailed("s", "division by zero"), Outcome.ERROR, Status.ERROR),
        (QueryTimedOut("s", "no answer within 60 s"), Outcome.UNREACHABLE, Status.UNREACHABLE),
    ],
)
def test_what_another_attempt_would_not_mend_is_tried_once(history, error, outcome, status):
    report = ran(history, error, GOOD)
    assert (report.outcome, report.attempts, statuses(report)) == (outcome, 1, {"enough": status})


def test_between_attempts_there_is_a_growing_and_uneven_wait(history):
    waits: list[float] = []
    hook = stamina.instrumentation.RetryHookFactory(lambda: lambda details: waits.append(details.wait_for))
    before = stamina.instrumentation.get_on_retry_hooks()
    stamina.instrumentation.set_on_retry_hooks([hook])
    try:
        with stamina.set_testing(False), pytest.MonkeyPatch.context() as patch:
            patch.setattr("tenacity.nap.time.sleep", lambda _: None)
            ran(history, DOWN, attempts=8)
    finally:
        stamina.instrumentation.set_on_retry_hooks(before)
    lowest = [0.5, 1, 2, 4, 5, 5, 5]
    assert all(low - 0.01 <= wait <= min(low + 1, 5) + 0.01 for low, wait in zip(lowest, waits, strict=True))
    assert len(set(waits)) > 3


# -- outcomes ----------------------------------------------------------------------------------------------------------


def test_a_table_that_is_gone_is_a_finding_about_the_data(history):
    gone = DatasetMissing("s", "there is no such table", dataset="t")
    report = ran(history, gone)
    assert (report.outcome, report.attempts) == (Outcome.FINISHED, 1)
    assert statuses(report) == {"dataset.exists": Status.FAIL, "enough": Status.NO_DATA}
    assert report.results[0].reason == gone.sentence
    unpromised = run(replace(DATASET, contract=None), SLOT, history, Warehouse(gone))
    assert (unpromised.error or "").endswith(f"there is no such table. To do: {GONE_REMEDY}")


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        ("table t does not exist", "source 's', dataset 't': is not there: table t does not exist. To do: check the"),
        ('table "S"."T" does not exist', "source 's', dataset 't': is not there: table"),
        ('no "base". Did you mean "t"?', 'the view can not be read, for what it reads is not there: no "base". Did'),
        ("no t_raw", "the view can not be read, for what it reads is not there: no t_raw. To do"),
    ],
)
def test_a_view_is_there_although_what_it_reads_is_not(history, cause, reason):
    view = replace(DATASET, table=TableName(None, "t", is_view=True))
    report = run(view, SLOT, history, Warehouse(DatasetMissing("s", cause, dataset="t")), attempts=3)
    assert statuses(report) == {"dataset.exists": Status.FAIL, "enough": Status.NO_DATA}
    assert (report.results[0].reason or "").startswith(reason)
    assert report.error == report.results[0].reason


def test_a_view_that_the_warehouse_calls_broken_is_there_although_nobody_says_that_it_is_a_view(history):
    report = ran(history, ViewUnreadable("s", "View 's.t' references invalid table(s)", dataset="t"))
    assert statuses(report) == {"dataset.exists": Status.FAIL, "enough": Status.NO_DATA}
    assert report.error == (
        "the view can not be read: View 's.t' references invalid table(s). To do: mend the view, or exclude it in "
        "config.toml"
    )


@pytest.mark.parametrize("error", [KeyError("4111 1111 1111 1111"), JobFailed("KeyError", "File measure.py, line 7")])
def test_a_fault_of_ours_is_recorded_without_the_values_in_its_text(history, caplog, error):
    with caplog.at_level(logging.ERROR):
        report = ran(history, error)
    assert (report.outcome, report.error_kind) == (Outcome.ERROR, "internal")
    assert report.error == "Vitals itself failed (KeyError); see the log"
    assert statuses(report) == {"enough": Status.ERROR}
    assert "run of s.t failed: KeyError, raised at" in caplog.text
    assert "4111" not in caplog.text + str(report)


def test_a_run_that_is_stopped_is_recorded_as_cancelled(history):
    report = ran(history, CancelledError())
    assert (report.outcome, report.results) == (Outcome.CANCELLED, ())
    assert history.latest_runs()["s.t"].outcome is Outcome.CANCELLED


# -- slots and replays -------------------------------------------------------------------------------------------------


def test_a_slot_that_is_run_again_leaves_one_run_and_one_set_of_results(history):
    ran(history, DOWN)
    ran(history, GOOD)
    ran(history, GOOD)
    assert list(history.runs("s.t")["outcome"]) == [Outcome.FINISHED]
    assert len(history.results("s.t")["s.t"]) == 1
    assert len(history.points("s.t", "row_count")) == 1


def test_a_replay_does_not_lean_on_what_was_measured_since(history):
    ran(history, GOOD)
    leant_on = []

    def measure(known: Known) -> Measured:
        leant_on.append(known)
        return GOOD

    past = NOON - timedelta(days=7)
    report = run(DATASET, Slot(past, past, replay=True), history, measure)
    assert leant_on == [Known(None, None, {})]
    assert (report.slot, report.started_at) == (past, past)
    assert list(history.runs("s.t")["slot"]) == [NOON, past]
    assert history.latest_runs()["s.t"].slot == NOON


# -- several at a time -------------------------------------------------------------------------------------------------


def test_a_dataset_under_way_answers_with_the_run_that_is_under_way(tmp_path):
    monitor, go = canned(tmp_path, Clock(NOON), "a"), threading.Event()

    def slow(dataset, slot):
        go.wait(10)
        return seven_rows(dataset, slot)

    monitor.answer = slow
    [first], [second] = monitor.start(["s.a"]), monitor.start(["a"])
    assert first is second
    assert list(monitor.running()) == ["s.a"]
    go.set()
    assert first.result().outcome is Outcome.FINISHED
    assert monitor.running() == {}
    monitor.close()


def test_a_source_that_hangs_delays_no_other_and_not_more_than_its_limit_run_at_once(tmp_path):
    config = 'concurrency = 2\n[sources.other]\nurl = "files://other"\n'
    monitor = canned(tmp_path, Clock(NOON), "a", "b", "c", "d", config=config)
    go, entered, at_once, most = threading.Event(), threading.Semaphore(0), [], []
    monitor.catalogue.refresh("other", lambda: (TableName(None, "x"),), NOON)

    def hangs(dataset, slot):
        if dataset.source == "s":
            at_once.append(dataset.name)
            most.append(len(at_once))
            entered.release()
            go.wait(10)
            at_once.remove(dataset.name)
        return seven_rows(dataset, slot)

    monitor.answer = hangs
    futures = dict(zip(["s.a", "s.b", "s.c", "s.d", "other.x"], monitor.start(["a", "b", "c", "d", "x"]), strict=True))
    assert futures["other.x"].result(10).outcome is Outcome.FINISHED
    assert entered.acquire(timeout=10) and entered.acquire(timeout=10)
    assert not futures["s.a"].done()
    go.set()
    monitor.wait()
    assert max(most) == 2
    monitor.close()


def test_a_source_that_is_slow_to_list_holds_no_other_up(tmp_path):
    monitor = canned(tmp_path, Clock(NOON), "a", config='[sources.slow]\nurl = "files://slow"\n')
    ran, asked = threading.Event(), []

    def list_tables(spec, *_):
        asked.append(spec.name)
        if spec.name == "slow":
            assert ran.wait(10), "the other source was held up"
            raise DOWN
        return (TableName(None, "a"), TableName(None, "new"))

    def answer(dataset, slot):
        ran.set()
        return seven_rows(dataset, slot)

    monitor.workers.call, monitor.answer = list_tables, answer
    futures, errors = monitor.list_and_start([])
    assert sorted(future.result(10).dataset for future in futures) == ["s.a", "s.new"]
    assert errors == [DOWN.sentence]
    asked.clear()
    [one], _ = monitor.list_and_start(["a"])
    assert (one.result(10).dataset, asked) == ("s.a", ["s"])
    with pytest.raises(UnknownDataset, match="there is no dataset 'nope'"):
        monitor.list_and_start(["nope"])
    monitor.close()


def test_closing_does_not_start_what_is_queued(tmp_path):
    monitor = canned(tmp_path, Clock(NOON), "a", "b", "c", config="concurrency = 1\n")
    asked, go = threading.Event(), threading.Event()

    def slow(dataset, slot):
        asked.set()
        go.wait(10)
        raise CancelledError

    monitor.answer = slow
    futures = monitor.start(["a", "b", "c"])
    asked.wait(10)
    go.set()
    monitor.close()
    assert [future.cancelled() for future in futures] == [False, True, True]
    with History.open(tmp_path / "data" / "history.duckdb", NOON) as history:
        assert list(history.runs()["outcome"]) == [Outcome.CANCELLED]
