"""What is known of objectives, read from a real history and brought forward by runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.history import History
from checks.objectives.budget import budget
from checks.objectives.ledger import Ledger
from checks.objectives.targets import QUALITY, objectives_of
from checks.objectives.timeline import Stretch, Timeline
from checks.records import (
    Check,
    Dataset,
    Dimension,
    EventTime,
    FreshnessExpected,
    NumberExpected,
    Operator,
    Outcome,
    Result,
    RunReport,
    Severity,
    Status,
    Threshold,
)
from checks.service_levels import AvailabilityExpected
from connectors import TableName
from tests.monitors import utc
from tests.reports import measured

NOW = utc(2026, 11, 23, 12)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
QUARTER = 15 * MINUTE
RULE = NumberExpected("row_count", Threshold(Operator.GREATER, (0,)))
BERLIN = EventTime("at", "contract", "Europe/Berlin")


def dataset(name: str = "orders", **more) -> Dataset:
    """A table with freshness, availability and two rules, one of which only warns."""
    full = f"s.{name}"
    level = {"contract": "c", "is_service_level": True}
    checks = (
        Check("fresh", full, Dimension.TIMELINESS, FreshnessExpected(HOUR), **level),
        Check("reached", full, Dimension.TIMELINESS, AvailabilityExpected(99.5), Severity.WARNING, **level),
        Check("rows", full, Dimension.COVERAGE, RULE, contract="c"),
        Check("nulls", full, Dimension.COMPLETENESS, RULE, contract="c"),
        Check("odd", full, Dimension.ACCURACY, RULE, Severity.WARNING, contract="c"),
    )
    return Dataset("s", TableName(None, name), contract="c", checks=checks, **more)


ORDERS = dataset()


def run(slot: datetime, of: Dataset = ORDERS, outcome: Outcome = Outcome.FINISHED, **statuses: Status) -> RunReport:
    """A run in which all passes but what is told; a warehouse that does not answer says so of every check."""
    usual = Status.UNREACHABLE if outcome is Outcome.UNREACHABLE else Status.PASS
    results = tuple(
        Result(check.id, check.dimension, statuses.get(check.id, usual), check.severity) for check in of.checks
    )
    return RunReport(of.name, slot, outcome, 1, slot, 1.0, results=results)


def slots(start: datetime, end: datetime, every: timedelta = QUARTER) -> Iterable[datetime]:
    while start < end:
        yield start
        start += every


class Book:
    """A history and two ledgers: one that follows every run, one that reads afresh."""

    def __init__(self, history: History, line: str = "*/15 * * * *") -> None:
        self.history = history
        self.line = line
        self.following = self.fresh()

    def fresh(self) -> Ledger:
        return Ledger(self.history, lambda _: self.line)

    def write(self, *reports: RunReport) -> None:
        for report in reports:
            self.history.remember(report)
            self.following.observe(report)

    def lines(self, at: datetime = NOW, of: Dataset = ORDERS) -> dict[str, Timeline]:
        """By level; the two ledgers agree."""
        known = [{each.objective.level: each.line for each in ledger.kept([of], at)} for ledger in self.ledgers]
        assert known[0] == known[1]
        return known[0]

    @property
    def ledgers(self) -> tuple[Ledger, Ledger]:
        return self.following, self.fresh()


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with History.open(tmp_path / "history.duckdb", NOW) as history:
        yield Book(history)


def test_a_contract_sets_an_objective_for_each_level_and_for_its_rules():
    found = {each.level: (each.target, each.checks) for each in objectives_of(ORDERS)}
    assert found == {"fresh": (99.0, ("fresh",)), "reached": (99.5, ("reached",)), QUALITY: (99.0, ("rows", "nulls"))}
    assert objectives_of(replace(ORDERS, checks=ORDERS.checks[4:])) == ()


def test_late_for_three_hours_on_one_day_of_thirty_is_three_of_seven_hours_and_twelve_minutes(book):
    late, book.line = NOW - 2 * DAY, "0 * * * *"
    for slot in slots(NOW - 3 * DAY, NOW, HOUR):
        book.write(run(slot, fresh=Status.FAIL if late <= slot < late + 3 * HOUR else Status.PASS))
    found = budget(book.lines()["fresh"], 99, NOW)
    assert (found.used, found.allowed) == (3 * HOUR, timedelta(hours=7.2))
    assert found.attained.since == NOW - 3 * DAY  # not thirty days, which nobody has seen
    assert found.attained.unmeasured == 27 * DAY


def test_an_app_that_runs_for_long_keeps_what_windows_reach_and_no_more(book):
    book.line = "0 12 * * *"
    book.following.kept([ORDERS], NOW - 300 * DAY)
    for ago in range(300, -1, -1):
        at = NOW - ago * DAY
        status = Status.FAIL if ago % 2 else Status.PASS
        report = run(at, fresh=status)
        day = (at - DAY).replace(hour=0, tzinfo=None)
        rule = replace(report.results[2], status=status, bucket=day)
        book.following.observe(replace(report, results=(*report.results, rule), measured=measured()))
    lines = {each.objective.level: each.line for each in book.following.kept([ORDERS], NOW)}
    for line in (lines["fresh"], lines[QUALITY]):
        assert 44 * DAY < line.over(NOW - 90 * DAY, NOW).missed < 46 * DAY
        assert line.over(NOW - 300 * DAY, NOW - 95 * DAY).missed == timedelta(0)
        assert len(line.stretches) < 100


def test_a_warehouse_that_does_not_answer_is_missed_by_availability_and_by_nothing_else(book):
    book.write(run(NOW - HOUR), run(NOW - 45 * MINUTE, outcome=Outcome.UNREACHABLE), run(NOW - 30 * MINUTE))
    lines = book.lines()
    assert lines["reached"].over(NOW - HOUR, NOW - 30 * MINUTE).missed == QUARTER
    for level in ("fresh", QUALITY):
        found = lines[level].over(NOW - HOUR, NOW - 30 * MINUTE)
        assert (found.met, found.missed, found.unmeasured) == (QUARTER, timedelta(0), QUARTER)


def test_quality_is_missed_while_any_rule_of_severity_error_is_broken(book):
    book.write(
        run(NOW - HOUR, rows=Status.FAIL, nulls=Status.ERROR),
        run(NOW - 45 * MINUTE, nulls=Status.ERROR),  # it might have failed
        run(NOW - 30 * MINUTE, nulls=Status.SKIPPED, odd=Status.WARN),
    )
    assert book.lines()[QUALITY].within(NOW - HOUR, NOW - QUARTER).stretches == (
        Stretch(NOW - HOUR, NOW - 45 * MINUTE, False),
        Stretch(NOW - 30 * MINUTE, NOW - QUARTER, True),
    )


def test_a_run_that_was_stopped_changes_nothing(book):
    stopped = RunReport("s.orders", NOW - QUARTER, Outcome.CANCELLED, 1, NOW - QUARTER, 1.0)
    book.write(run(NOW - 30 * MINUTE), stopped)
    assert book.lines()["fresh"].stretches == (Stretch(NOW - 30 * MINUTE, NOW - 7.5 * MINUTE, True),)


def test_a_level_that_the_contract_did_without_for_a_while_was_not_met_then(book):
    without = replace(ORDERS, checks=ORDERS.checks[1:])
    book.write(run(NOW - 3 * HOUR))
    book.write(*(run(slot, without) for slot in slots(NOW - 165 * MINUTE, NOW - HOUR)))
    book.write(run(NOW - HOUR, fresh=Status.FAIL))
    found = book.lines()["fresh"].over(NOW - 3 * HOUR, NOW)
    assert (found.met, found.missed) == (22.5 * MINUTE, 22.5 * MINUTE)


def test_what_is_judged_by_bucket_counts_at_the_time_of_the_bucket_and_is_known_from_the_first_run(book):
    days = [datetime.fromisoformat(f"2026-11-{day}") for day in (19, 20, 21, 22)]  # naive, as buckets are

    def report(slot: datetime, bad: int) -> RunReport:
        judged = [
            Result(
                "rows", Dimension.COVERAGE, Status.FAIL if day.day == bad else Status.PASS, Severity.ERROR, bucket=day
            )
            for day in days
        ]
        whole = replace(measured(), event_time=BERLIN)
        usual = [each for each in run(slot).results if each.check != "rows"]
        return replace(run(slot), results=(*usual, *judged), measured=whole)

    book.write(report(NOW - HOUR, bad=20))
    line = book.lines()[QUALITY]
    night = utc(2026, 11, 18, 23)  # midnight in Berlin
    assert line.stretches[:3] == (
        Stretch(night, night + DAY, True),
        Stretch(night + DAY, night + 2 * DAY, False),
        Stretch(night + 2 * DAY, night + 4 * DAY, True),
    )
    assert line.over(NOW - 30 * DAY, NOW).since == night
    book.write(run(NOW - 45 * MINUTE))  # says nothing of buckets, nor of the event time
    assert book.lines()[QUALITY].over(night, night + 4 * DAY).missed == DAY
    book.write(report(NOW - 30 * MINUTE, bad=99))  # late rows came: the day is right now
    assert book.lines()[QUALITY].over(night, night + 4 * DAY).missed == timedelta(0)


def test_a_moment_that_is_replayed_and_a_slot_that_is_served_again_are_read_afresh(book):
    book.write(run(NOW - HOUR), run(NOW - 30 * MINUTE))
    assert book.lines()["fresh"].over(NOW - HOUR, NOW).missed == timedelta(0)
    book.write(run(NOW - 45 * MINUTE, fresh=Status.FAIL))
    assert book.lines()["fresh"].over(NOW - HOUR, NOW).missed == QUARTER
    book.write(run(NOW - 45 * MINUTE))
    assert book.lines()["fresh"].over(NOW - HOUR, NOW).missed == timedelta(0)


def test_a_run_that_comes_late_says_nothing_of_the_time_before_it(book):
    book.write(run(NOW - HOUR), replace(run(NOW - 30 * MINUTE, fresh=Status.FAIL), started_at=NOW - QUARTER))
    assert book.lines()["fresh"].within(NOW - HOUR, NOW).stretches == (
        Stretch(NOW - HOUR, NOW - 37.5 * MINUTE, True),
        Stretch(NOW - QUARTER, NOW, False),
    )


def test_many_datasets_are_read_at_once_and_say_the_same_as_one_by_one(book):
    many = [dataset(f"t{number}") for number in range(30)]
    for number, each in enumerate(many):
        book.write(
            run(NOW - HOUR, each), run(NOW - 45 * MINUTE, each, fresh=Status.FAIL if number % 2 else Status.PASS)
        )
    at_once = {each.objective: each.line for each in book.fresh().kept(many, NOW)}
    one_by_one = {each.objective: each.line for one in many for each in book.fresh().kept([one], NOW)}
    assert at_once == one_by_one
    assert len(at_once) == 90


def test_a_changed_contract_is_read_afresh(book):
    book.write(run(NOW - HOUR, odd=Status.WARN))
    assert QUALITY in book.lines()
    stricter = replace(ORDERS, checks=(*ORDERS.checks[:4], replace(ORDERS.checks[4], severity=Severity.ERROR)))
    assert book.lines(of=stricter)[QUALITY].over(NOW - HOUR, NOW).missed == 22.5 * MINUTE


says = st.sampled_from([Status.PASS, Status.FAIL, Status.ERROR, Status.UNREACHABLE, Status.SKIPPED])
ends = st.sampled_from([Outcome.FINISHED, Outcome.FINISHED, Outcome.UNREACHABLE, Outcome.ERROR, Outcome.CANCELLED])


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    with History.open(tmp_path_factory.mktemp("shared") / "history.duckdb", NOW) as history:
        yield history


names = count()


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), ends, says, says), max_size=8))
def test_following_runs_and_reading_them_say_the_same(shared, runs):
    book, of = Book(shared), dataset(f"t{next(names)}")
    book.lines(of=of)
    for step, outcome, fresh, rows in runs:
        report = run(NOW - DAY + step * QUARTER, of, outcome, fresh=fresh, rows=rows)
        book.write(replace(report, results=()) if outcome is Outcome.CANCELLED else report)
    book.lines(of=of)
