"""What is remembered of runs, and what can be asked of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from checks.history import History
from checks.records import Choice, EventTime, Outcome, QueryRecord, Status
from tests.reports import DAY, FLOW, HOUR, MONDAY, NINE, ROWS, SUNDAY, grid, newest, report, result


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    with History.open(tmp_path / "history.duckdb", NINE) as opened:
        yield opened


# -- a run and what belongs to it --------------------------------------------------------------------------------------


def test_a_run_comes_back_as_it_was_remembered(history):
    queries = (QueryRecord("fused", "SELECT 1", 0.25, 4, 1000), QueryRecord("schema", "SELECT 2", 0.125, 1))
    failing = result("k", Status.FAIL, column="city", observed="5 %", expected="0 %", value=5.0, measured_at=NINE)
    history.remember(report(results=(failing,), queries=queries, attempts=2, trigger="schedule"))

    row = history.latest_runs()["s.flights"]
    assert (row.slot, row.outcome, row.attempts, row.trigger) == (NINE, Outcome.FINISHED, 2, "schedule")
    assert (row.started_at, row.finished_at, row.seconds) == (NINE, NINE + timedelta(seconds=2), 2.0)
    assert (row.measurements, row.queries, row.whole_table, row.read_from) == (1, 2, True, SUNDAY)
    assert row.event_time == EventTime("at", "contract", "Europe/Berlin", is_date=True)
    assert row.key == Choice(("id",), "catalogue")
    assert history.results() == {"s.flights": (failing,)}
    assert history.run_queries("s.flights", NINE) == list(queries)


def test_a_run_that_could_not_measure_keeps_its_error_and_no_measurements(history):
    lost = report(measured=None, outcome=Outcome.UNREACHABLE, error_kind="unreachable", error="no answer")
    assert history.remember(lost) == 0
    row = history.latest_runs()["s.flights"]
    assert (row.outcome, row.error_kind, row.error, row.event_time) == (
        Outcome.UNREACHABLE,
        "unreachable",
        "no answer",
        None,
    )
    assert history.latest_evaluated() == {}
    assert history.datasets() == ["s.flights"]


def test_a_repeated_slot_leaves_one_run_one_set_of_results_and_no_doubled_measurement(history):
    once = report(results=(result("a", Status.FAIL), result("b", Status.PASS)), queries=(QueryRecord("q", "x", 1, 1),))
    history.remember(once)
    history.remember(replace(once, results=(result("a", Status.PASS),), attempts=2))

    assert history.results()["s.flights"] == (result("a", Status.PASS),)
    assert history.latest_runs()["s.flights"].attempts == 2
    counted = history.statistics()
    assert (counted["runs"], counted["results"], counted["run_queries"], counted["measurements"]) == (1, 1, 1, 1)


def test_a_run_that_fails_to_be_written_leaves_nothing_and_the_next_one_is_written(history):
    broken = report(results=(replace(result("a", Status.PASS), value="no number"),))
    with pytest.raises(duckdb.Error):
        history.remember(broken)
    assert history.statistics()["measurements"] == history.statistics()["runs"] == history.statistics()["series"] == 0
    assert history.remember(report()) == 1
    assert history.series("s.flights") == [ROWS]


def test_a_run_under_way_is_shown_as_started_until_it_is_remembered(history):
    history.begin("s.flights", NINE, NINE, "page")
    assert list(history.runs()["outcome"]) == ["started"]
    assert history.latest_runs() == {}
    history.remember(report())
    assert list(history.runs()["outcome"]) == ["finished"]


def test_runs_are_newest_first_limited_and_since_a_moment(history):
    for hour in range(4):
        history.remember(report(NINE + hour * HOUR))
    assert list(history.runs(limit=2)["slot"]) == [NINE + 3 * HOUR, NINE + 2 * HOUR]
    assert len(history.runs("s.flights", since=NINE + HOUR)) == 3
    assert history.runs("s.other").empty


def test_an_older_slot_caught_up_later_does_not_become_the_newest(history):
    history.remember(report(NINE, results=(result("a", Status.PASS),)))
    history.remember(report(NINE - HOUR, started_at=NINE + HOUR, results=(result("a", Status.FAIL),)))
    assert history.latest_runs()["s.flights"].slot == NINE
    assert history.results()["s.flights"][0].status is Status.PASS
    assert history.latest_runs(at=NINE - HOUR)["s.flights"].slot == NINE - HOUR


def test_naive_moments_are_refused(history):
    with pytest.raises(ValueError, match="time zone"):
        history.begin("s.flights", MONDAY, NINE, "page")


# -- results -----------------------------------------------------------------------------------------------------------


def test_of_a_check_per_bucket_the_newest_bucket_speaks(history):
    both = (result("a", Status.PASS, SUNDAY), result("a", Status.WARN, MONDAY), result("b", Status.PASS))
    history.remember(report(results=both))
    assert history.results("s.flights") == {"s.flights": both[1:]}


def test_results_are_those_of_the_newest_finished_run(history):
    history.remember(report(results=(result("a", Status.FAIL),)))
    unreachable = (result("a", Status.UNREACHABLE),)
    history.remember(report(NINE + HOUR, outcome=Outcome.UNREACHABLE, measured=None, results=unreachable))
    assert history.results()["s.flights"][0].status is Status.FAIL
    assert history.results("s.other") == {}


def test_each_bucket_has_its_newest_judgement(history):
    history.remember(report(results=(result("a", Status.PASS, SUNDAY), result("a", Status.PASS, MONDAY))))
    history.remember(report(NINE + HOUR, results=(result("a", Status.FAIL, MONDAY),)))
    judged = history.bucket_results("s.flights", "a", SUNDAY)
    assert [(each.bucket, each.status) for each in judged] == [(SUNDAY, Status.PASS), (MONDAY, Status.FAIL)]


def test_since_is_the_slot_at_which_the_present_status_began(history):
    for hour, status in enumerate([Status.FAIL, Status.PASS, Status.FAIL, Status.FAIL]):
        history.remember(report(NINE + hour * HOUR, results=(result("a", status), result("b", Status.PASS))))
    assert history.since("s.flights") == {"a": NINE + 2 * HOUR, "b": NINE}


def test_since_is_not_interrupted_by_a_run_that_could_not_evaluate(history):
    history.remember(report(results=(result("a", Status.FAIL),)))
    history.remember(report(NINE + HOUR, outcome=Outcome.ERROR, measured=None, results=(result("a", Status.ERROR),)))
    history.remember(report(NINE + 2 * HOUR, results=(result("a", Status.FAIL),)))
    assert history.since("s.flights") == {"a": NINE}


# -- days --------------------------------------------------------------------------------------------------------------


def words(history: History) -> dict[str, str]:
    days = history.days(NINE - 30 * DAY)
    return {f"{day:%a}": status for day, status in zip(days["day"], days["status"], strict=True)}


@pytest.mark.parametrize(
    ("statuses", "word"),
    [
        ((Status.PASS,), "healthy"),
        ((Status.PASS, Status.WARN), "warning"),
        ((Status.WARN, Status.FAIL, Status.ERROR), "failing"),
        ((Status.NO_DATA,), "failing"),
        ((Status.ERROR,), "unknown"),
        ((Status.UNREACHABLE, Status.PASS), "healthy"),
        ((Status.LEARNING, Status.SKIPPED), None),
    ],
)
def test_the_word_of_a_day_is_the_worst_that_was_evaluated(history, statuses, word):
    history.remember(report(results=tuple(result(f"c{n}", status) for n, status in enumerate(statuses))))
    assert words(history).get("Mon") == word


def test_a_bucket_belongs_to_its_own_day_and_its_newest_judgement_counts(history):
    history.remember(report(results=(result("a", Status.FAIL, SUNDAY), result("b", Status.PASS, SUNDAY))))
    assert words(history) == {"Sun": "failing"}
    assert history.days(SUNDAY, ["s.other"]).empty
    assert len(history.days(SUNDAY, ["s.flights"])) == 1
    history.remember(report(NINE + HOUR, results=(result("a", Status.PASS, SUNDAY), result("c", Status.PASS))))
    assert words(history) == {"Sun": "healthy", "Mon": "healthy"}


def test_of_several_runs_of_a_day_the_worst_counts_and_unknown_only_without_another(history):
    history.remember(report(outcome=Outcome.UNREACHABLE, measured=None))
    assert words(history) == {"Mon": "unknown"}
    history.remember(report(NINE + HOUR, results=(result("a", Status.FAIL),)))
    history.remember(report(NINE + 2 * HOUR, results=(result("a", Status.PASS),)))
    assert words(history) == {"Mon": "failing"}


def test_a_repeated_slot_takes_back_what_it_said_about_its_days(history):
    history.remember(report(NINE - HOUR, results=(result("a", Status.WARN),)))
    history.remember(report(results=(result("a", Status.FAIL), result("b", Status.FAIL, SUNDAY))))
    history.remember(report(results=(result("a", Status.PASS),)))
    assert words(history) == {"Mon": "warning"}


# -- care --------------------------------------------------------------------------------------------------------------


def test_tidying_changes_no_answer(history):
    for hour in range(3):
        results = (result("a", Status.FAIL, definition="5ab1"), result("b", Status.PASS, SUNDAY))
        history.remember(report(NINE + hour * HOUR, grid(FLOW, {SUNDAY: 5, MONDAY: hour}), results=results))
    before = answers(history)
    history.tidy(NINE + DAY, 90 * DAY)
    assert answers(history) == before
    assert history.known("s.flights").checks == {"a": "5ab1", "b": None}
    assert history.remember(report(NINE + 3 * HOUR, grid(FLOW, {SUNDAY: 5, MONDAY: 2}))) == 0


def answers(history: History) -> list:
    frames = [history.runs(), history.days(NINE - DAY), history.sparklines("row_count", SUNDAY)]
    facts = [history.results(), history.since("s.flights"), history.schemas("s.flights"), history.known("s.flights")]
    known = [newest(history, FLOW, known_at=NINE + hour * HOUR) for hour in range(3)]
    return [frame.to_dict("records") for frame in frames] + facts + known


def test_what_is_older_than_the_retention_goes_and_the_newest_run_stays(history):
    history.remember(report(NINE - 50 * DAY, grid(FLOW, {SUNDAY - 50 * DAY: 1}), results=(result("a", Status.PASS),)))
    history.remember(report(NINE, grid(FLOW, {SUNDAY - 50 * DAY: 1, SUNDAY: 5}), results=(result("a", Status.PASS),)))
    history.tidy(NINE, 30 * DAY)
    assert newest(history, FLOW) == {SUNDAY: 5}
    assert list(history.runs()["slot"]) == [NINE]
    history.tidy(NINE + 60 * DAY, 30 * DAY)
    assert (history.statistics()["measurements"], list(history.results())) == (0, ["s.flights"])
    assert len(history.schemas("s.flights")) == 1


# -- readers beside the writer -----------------------------------------------------------------------------------------


def test_many_threads_may_read_while_runs_are_written(history):
    seen: list[int] = []

    def read() -> None:
        while len(history.runs()) < 20:
            seen.append(len(history.points("s.flights", "row_count")))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for hour in range(20):
        history.remember(report(NINE + hour * HOUR))
    for reader in readers:
        reader.join(timeout=30)
    assert not any(reader.is_alive() for reader in readers)
    assert seen == [] or max(seen) <= 20
