"""Events of lineage in the history: added once, folded when they are read, forgotten in time."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest

from checks.history import History
from checks.records import JobRun, LineageEvent, Named, RunState
from tests.reports import DAY, HOUR, NINE

JOB = Named("airflow", "etl.daily")
START, COMPLETE, FAIL = RunState.START, RunState.COMPLETE, RunState.FAIL
NEXT_YEAR = NINE + 300 * DAY


@pytest.fixture
def history(tmp_path):
    with History.open(tmp_path / "history.duckdb", NINE) as opened:
        yield opened


def event(state: RunState, after: timedelta = timedelta(), told: str = "{}", run: str = "r", **more) -> LineageEvent:
    return LineageEvent(NINE + after, told, JOB, run, state, **more)


def test_a_run_is_the_same_in_whatever_order_and_however_often_its_events_come(history):
    events = [
        event(START, told="reads"),
        event(RunState.RUNNING, HOUR / 2, told="reads"),
        event(FAIL, HOUR, told="writes", error="no room"),
    ]
    for number, order in enumerate(permutations(events)):
        for each in (*order, order[0]):
            mine = LineageEvent(each.happened_at, each.told, each.job, str(number), each.state, each.error)
            history.add_lineage_event(mine, NINE + HOUR)
    runs = history.job_runs(NINE + DAY)
    assert [run.run_id for run in runs] == list("012345")
    assert {(run.state, run.started_at, run.seconds, run.error) for run in runs} == {(FAIL, NINE, 3600.0, "no room")}
    assert {run.told for run in runs} == {tuple(sorted(runs[0].told))}
    assert sorted(runs[0].told) == ["reads", "writes"]


def test_an_event_that_is_sent_again_is_no_new_row(history):
    assert history.add_lineage_event(event(START), NINE)
    assert not history.add_lineage_event(event(START), NINE + HOUR)
    assert history.add_lineage_event(event(START, HOUR), NINE)
    counted = history.statistics()
    assert (counted["lineage_events"], counted["lineage_told"]) == (2, 1)


def test_a_run_without_an_end_is_running_and_of_two_ends_the_later_counts(history):
    history.add_lineage_event(event(START), NINE)
    assert history.job_runs(NINE + DAY) == [JobRun(JOB, "r", RunState.RUNNING, NINE, told=("{}",))]
    history.add_lineage_event(event(FAIL, HOUR, error="first try"), NINE)
    history.add_lineage_event(event(COMPLETE, 2 * HOUR), NINE)
    [run] = history.job_runs(NINE + DAY)
    assert (run.state, run.seconds, run.failed) == (COMPLETE, 7200.0, False)
    history.add_lineage_event(event(FAIL, 2 * HOUR), NINE)
    assert history.job_runs(NINE + DAY)[0].failed


def test_runs_are_those_of_a_time_and_the_newest_of_each_job(history):
    for day in range(3):
        history.add_lineage_event(event(START, day * DAY, run=str(day)), NINE)
    assert [run.run_id for run in history.job_runs(NINE + DAY)] == ["0", "1"]
    assert [run.run_id for run in history.job_runs(NINE + 5 * DAY, NINE + DAY)] == ["1", "2"]
    assert [run.run_id for run in history.job_runs(NINE + 5 * DAY, newest=True)] == ["2"]


def test_runs_that_tell_the_same_are_told_once_with_the_moment_of_the_last(history):
    for day in range(3):
        history.add_lineage_event(event(START, day * DAY, "reads", str(day)), NINE)
        history.add_lineage_event(event(COMPLETE, day * DAY + HOUR, "writes", str(day)), NINE)
    [told] = history.told_of_lineage(NINE, NINE + 5 * DAY)
    assert (told.job, sorted(told.told), told.seen_at) == (JOB, ["reads", "writes"], NINE + 2 * DAY + HOUR)
    assert history.told_of_lineage(NINE + 3 * DAY, NINE + 5 * DAY) == []


def test_of_what_a_job_says_of_itself_the_newest_counts_however_old(history):
    for day, told in enumerate(("first", "second")):
        history.add_lineage_event(LineageEvent(NINE + day * DAY, told, JOB), NINE)
    history.add_lineage_event(LineageEvent(NINE, "of a dataset"), NINE)
    told = history.told_of_lineage(NEXT_YEAR, NEXT_YEAR)
    assert [(each.job, each.told) for each in told] == [(None, ("of a dataset",)), (JOB, ("second",))]


def test_what_a_dataset_or_a_job_tells_every_day_is_kept_once(history):
    days = 5
    for at in (NINE + day * DAY for day in range(days)):
        for told, job in (("of a job, first", JOB), ("of a dataset", None), ("of another", None)):
            history.add_lineage_event(LineageEvent(at, told, job), at)
    history.add_lineage_event(LineageEvent(NINE + days * DAY, "of a job", JOB), NINE)
    before = history.told_of_lineage(NINE, NEXT_YEAR)
    history.tidy(NINE + 200 * DAY, timedelta(days=400))
    assert history.statistics()["lineage_events"] == 3
    assert history.told_of_lineage(NINE, NEXT_YEAR) == before
    assert sorted(each.told for each in before) == [("of a dataset",), ("of a job",), ("of another",)]


def test_tidying_forgets_old_runs_first_and_what_nobody_tells_any_more(history):
    history.add_lineage_event(event(START, told="of a run"), NINE)
    history.add_lineage_event(LineageEvent(NINE, "of a job", JOB), NINE)
    history.tidy(NINE + 91 * DAY, timedelta(days=400))
    assert history.job_runs(NEXT_YEAR) == []
    [told] = history.told_of_lineage(NINE, NEXT_YEAR)
    assert told.told == ("of a job",)
    assert history.statistics()["lineage_told"] == 1
    history.tidy(NINE + 401 * DAY, timedelta(days=400))
    assert history.told_of_lineage(NINE, NEXT_YEAR) == []
