"""Service levels about more than one run: rhythm, throughput, availability, error rate. Sunday 2026-03-15 12:00 UTC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from checks.facts import Facts, Past
from checks.history import History
from checks.records import (
    Check,
    Dataset,
    Dimension,
    EventTime,
    FreshnessExpected,
    Grain,
    Grid,
    Measured,
    Metric,
    Outcome,
    Problem,
    Result,
    RunReport,
    Severity,
    Status,
)
from checks.run import Slot, run
from checks.service_levels import AvailabilityExpected, ErrorRateExpected, FrequencyExpected, ThroughputExpected
from connectors import TableName, Unreachable
from tests.judging import FRESHNESS, ROWS, SUNDAY, check, facts, one, said
from tests.monitors import seven_rows, utc

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DAILY = check(FrequencyExpected(DAY))


def counted(rows: Sequence[float], *, age: timedelta = HOUR, earlier: Sequence[float] = (), grain: Grain = Grain.DAY):
    """Rows of the newest buckets, the last of which is still filling, and of those before as the history has them."""
    filling = SUNDAY if grain is Grain.DAY else SUNDAY + 12 * HOUR
    first = filling - (len(rows) - 1) * grain.length
    read = Grid((Metric("bucket_rows", grain=grain),), buckets(first, len(rows), grain), np.array([rows], dtype=float))
    table = Grid((ROWS, FRESHNESS), (None,), np.array([[9.0], [age.total_seconds()]]))
    known = dict(zip(buckets(first - len(earlier) * grain.length, len(earlier), grain), earlier, strict=True))
    made = facts(event_time=EventTime("ordered_at", "contract", grain=grain), grids=(table, read))
    return replace(made, past=Past(rows=known))


def buckets(first: datetime, count: int, grain: Grain) -> tuple[datetime, ...]:
    return tuple(first + step * grain.length for step in range(count))


def runs(asked: int, reached: int, **failing: int) -> Facts:
    by_column = {column: count for column, count in failing.items() if column != "any"}
    past = Past(asked, reached, by_column | ({None: failing["any"]} if "any" in failing else {}))
    return replace(facts({ROWS: 9.0}, event_time=None), past=past)


# -- rhythm ------------------------------------------------------------------------------------------------------------


def test_a_bucket_every_day_keeps_the_rhythm():
    assert said(one(DAILY, counted([3, 4, 5, 1])))[:2] == ("pass", "1 h old")


def test_a_day_without_rows_is_a_break():
    result = one(DAILY, counted([3, 0, 5, 1]))
    reason = "nothing came between 2026-03-13 00:00 and 2026-03-14 00:00, expected something new every 1 d"
    assert said(result) == ("fail", "1 h old, after 1 break", "something new every 1 d", reason)


def test_a_break_is_remembered_from_earlier_runs_for_seven_cadences():
    assert one(DAILY, counted([5, 5, 1], earlier=[5, 5, 0, 0, 5, 5])).status is Status.FAIL
    assert one(DAILY, counted([5, 5, 1], earlier=[5, 0, 5, 5, 5, 5])).status is Status.PASS


def test_a_break_that_was_filled_in_since_is_none():
    known = counted([3, 4, 5, 1])
    before = dict.fromkeys(buckets(SUNDAY - 2 * DAY, 1, Grain.DAY), 0.0)
    assert one(DAILY, replace(known, past=Past(rows=before))).status is Status.PASS


def test_buckets_that_nobody_measured_are_no_break():
    known = counted([5, 1])
    long_ago = dict.fromkeys(buckets(SUNDAY - 5 * DAY, 1, Grain.DAY), 5.0)
    assert one(DAILY, replace(known, past=Past(rows=long_ago))).status is Status.PASS


def test_what_is_still_to_come_is_no_break():
    assert one(DAILY, counted([5, 5, 0, 0], age=36 * HOUR)).status is Status.PASS


def test_days_do_not_tell_hours_apart():
    hourly = check(FrequencyExpected(HOUR))
    assert one(hourly, counted([5, 5, 1])).status is Status.PASS
    assert one(hourly, counted([5, 0, 5, 1], age=HOUR / 2, grain=Grain.HOUR)).status is Status.FAIL


# -- throughput --------------------------------------------------------------------------------------------------------


def throughput(rows: float, per: timedelta) -> Check:
    return check(ThroughputExpected(rows, per))


@pytest.mark.parametrize(
    ("rows", "per", "days", "earlier", "told"),
    [
        (500, DAY, [400, 600, 20], [], ("pass", "600 rows per day")),  # Saturday; Sunday may still grow
        (601, DAY, [700, 600, 20], [], ("fail", "600 rows per day")),
        (25, HOUR, [400, 600, 20], [], ("pass", "25 rows per hour")),
        (1000, timedelta(weeks=1), [100, 100, 1], [100, 100, 100, 100, 500], ("pass", "1,100 rows per week")),
        (1200, timedelta(weeks=1), [100, 100, 1], [100, 100, 100, 100, 500], ("fail", "1,100 rows per week")),
        (500, DAY, [600, 40, 0], [], ("pass", "600 rows per day")),  # Saturday's are still coming
        (500, DAY, [600, 0, 0, 0, 0], [], ("fail", "0 rows per day")),  # nothing has come for long
    ],
)
def test_rows_of_the_newest_full_stretch(rows, per: timedelta, days, earlier, told: tuple[str, str]):
    result = one(throughput(rows, per), counted(days, earlier=earlier))
    assert said(result)[:2] == told


def test_a_throughput_in_words():
    result = one(throughput(700, DAY), counted([700, 600, 20]))
    reason = "600 rows per day from 2026-03-14 00:00 to 2026-03-15 00:00, expected at least 700 rows per day"
    assert said(result)[2:] == ("at least 700 rows per day", reason)


def test_hours_are_added_up_to_days():
    assert one(throughput(24, DAY), counted([1] * 26, grain=Grain.HOUR)).observed == "24 rows per day"


def test_a_stretch_that_is_not_known_whole_is_skipped():
    result = one(throughput(7, timedelta(weeks=1)), counted([100, 100, 1]))
    assert said(result)[0::3] == ("skipped", "the rows of the 7 d before 2026-03-15 00:00 are not known")


# -- runs --------------------------------------------------------------------------------------------------------------

AVAILABLE = check(AvailabilityExpected(99.9), Severity.WARNING)
ERRORS = check(ErrorRateExpected(1.0), Severity.WARNING)


def test_the_share_of_runs_that_reached_the_warehouse():
    assert said(one(AVAILABLE, runs(719, 719))) == ("pass", "100 % of 720 runs", "at least 99.9 %", None)
    result = one(AVAILABLE, runs(719, 713))
    reason = (
        "6 of the 720 runs of the last 30 days did not reach the warehouse: 99.2 % available, expected at least 99.9 %"
    )
    assert said(result) == ("warn", "99.2 % of 720 runs", "at least 99.9 %", reason)


def test_the_share_of_runs_that_found_a_rule_broken():
    assert said(one(ERRORS, runs(200, 200, any=2)))[:2] == ("pass", "1 % of 200 runs")
    reason = "3 of the 200 runs of the last 30 days found a rule broken: 1.5 %, expected at most 1 %"
    assert said(one(ERRORS, runs(200, 200, any=3)))[0::3] == ("warn", reason)


def test_the_rules_on_one_column():
    on_seats = check(ErrorRateExpected(1.0, "seats"), Severity.WARNING)
    assert one(on_seats, runs(200, 200, any=9, carrier=9)).status is Status.PASS
    reason = "9 of the 200 runs of the last 30 days found a rule on seats broken: 4.5 %, expected at most 1 %"
    assert one(on_seats, runs(200, 200, any=9, seats=9)).reason == reason


@pytest.mark.parametrize(("made", "known", "count"), [(AVAILABLE, runs(8, 2), 9), (ERRORS, runs(9, 9, any=9), 9)])
def test_a_few_runs_say_nothing(made: Check, known: Facts, count: int):
    reason = f"{count} runs in the last 30 days: a share is taken from 10 on"
    assert said(one(made, known))[0::3] == ("learning", reason)


@pytest.mark.parametrize("expects", [FrequencyExpected(DAY), ThroughputExpected(1, DAY)])
def test_what_can_not_be_told_never_fails(expects: Any):
    undated = one(check(expects), facts({ROWS: 9.0}, event_time=None))
    broken = one(check(expects), facts({ROWS: 9.0}, problems=(Problem((FRESHNESS,), "query_failed", "no"),)))
    empty = one(check(expects), facts({ROWS: 0.0}))
    assert [undated.status, broken.status, empty.status] == [Status.ERROR, Status.ERROR, Status.NO_DATA]


# -- what the history says ---------------------------------------------------------------------------------------------

NOON = utc(2026, 3, 15, 12)


@pytest.fixture
def history(tmp_path):
    with History.open(tmp_path / "history.duckdb", NOON) as opened:
        yield opened


def remember(history: History, hours: float, outcome: Outcome = Outcome.FINISHED, *results: Result) -> None:
    slot = NOON - timedelta(hours=hours)
    history.begin("s.t", slot, slot, "schedule")
    history.remember(RunReport("s.t", slot, outcome, 1, slot, 1.0, results=results))


def result(name: str, status: Status, column: str | None = None, **more: Any) -> Result:
    return Result(name, Dimension.ACCURACY, status, Severity.ERROR, column, **more)


def test_runs_of_thirty_days_that_asked_the_warehouse(history):
    for hours, outcome in [
        (31 * 24, Outcome.UNREACHABLE),  # too long ago
        (30 * 24, Outcome.FINISHED),
        (5, Outcome.UNREACHABLE),
        (4, Outcome.ERROR),  # a password, or a fault of ours: says nothing of the warehouse
        (3, Outcome.CANCELLED),
        (2, Outcome.FINISHED),
        (0, Outcome.UNREACHABLE),  # the slot that is being judged, as it was served before
        (-1, Outcome.UNREACHABLE),  # after the moment that is replayed
    ]:
        remember(history, hours, outcome)
    past = history.past("s.t", NOON, Grain.DAY)
    assert (past.asked, past.reached) == (3, 2)


def test_runs_that_found_a_rule_broken(history):
    fail, no_data, passed = Status.FAIL, Status.NO_DATA, Status.PASS
    remember(history, 6, Outcome.FINISHED, result("a", fail, "x"), result("b", fail, "x"), result("c", fail))
    remember(history, 5, Outcome.FINISHED, result("a", passed, "x"), result("b", no_data, "y"))
    remember(history, 4, Outcome.FINISHED, result("fresh", fail))  # a service level, judged by itself
    remember(history, 3, Outcome.FINISHED, replace(result("a", fail, "x"), severity=Severity.WARNING))
    remember(history, 2, Outcome.UNREACHABLE, result("a", Status.UNREACHABLE, "x"))
    friday, saturday = SUNDAY - 2 * DAY, SUNDAY - DAY
    by_day = result("d", fail, "x", bucket=friday), result("d", passed, "x", bucket=saturday)
    remember(history, 1, Outcome.FINISHED, *by_day)  # the newest bucket speaks
    assert history.past("s.t", NOON, None, ["fresh"]).failing == {None: 2, "x": 1, "y": 1}


def test_nothing_is_known_of_a_dataset_that_never_ran(history):
    assert history.past("s.t", NOON, Grain.DAY) == Past()


# -- the journey -------------------------------------------------------------------------------------------------------


def dataset(*levels: Any) -> Dataset:
    checks = [
        Check(type(level).__name__, "s.t", Dimension.TIMELINESS, level, Severity.WARNING, contract="c")
        for level in levels
    ]
    return Dataset("s", TableName(None, "t"), checks=tuple(checks))


def daily(at: datetime, rows: Sequence[float]) -> Measured:
    """A run that read so many of the newest days."""
    known = counted(rows)
    return replace(known.measured, source_now=at)


def test_a_run_is_judged_with_what_the_runs_before_it_have_left(history):
    levels = dataset(
        FreshnessExpected(DAY), AvailabilityExpected(90.0), ThroughputExpected(2000, timedelta(weeks=1)),
        ErrorRateExpected(1.0),
    )  # fmt: skip
    whole_table = daily(NOON, [300] * 10 + [20])
    slots = [NOON - timedelta(hours=hours) for hours in range(12, 0, -1)]
    for number, slot in enumerate(slots):
        answer = Unreachable("s", "connection refused") if number in (3, 4) else whole_table
        served(levels, slot, history, answer)
    report = served(levels, NOON, history, replace(daily(NOON, [300, 20]), whole_table=False))
    told = {each.check: (str(each.status), each.observed) for each in report.results if each.check.endswith("Expected")}
    assert told == {
        "FreshnessExpected": ("pass", "1 h old"),
        "AvailabilityExpected": ("warn", "84.6 % of 13 runs"),
        "ThroughputExpected": ("pass", "2,100 rows per week"),
        "ErrorRateExpected": ("pass", "0 % of 10 runs"),
    }


def test_a_run_that_reaches_nothing_says_nothing_of_availability(history):
    report = served(dataset(AvailabilityExpected(99.0)), NOON, history, Unreachable("s", "connection refused"))
    assert [str(each.status) for each in report.results] == ["unreachable"]


def test_a_replay_does_not_lean_on_what_was_measured_since(history):
    levels = dataset(ThroughputExpected(1, timedelta(weeks=1)))
    served(levels, NOON, history, daily(NOON, [300] * 10 + [20]))
    earlier = NOON - HOUR
    report = served(levels, earlier, history, daily(earlier, [300, 20]), replay=True)
    assert [str(each.status) for each in report.results if each.check == "ThroughputExpected"] == ["skipped"]


def test_without_such_a_level_the_history_is_not_asked(history, monkeypatch):
    monkeypatch.setattr(History, "past", lambda *_: pytest.fail("asked"))
    report = served(dataset(FreshnessExpected(DAY)), NOON, history, seven_rows(dataset(), Slot(NOON, NOON)))
    assert report.outcome is Outcome.FINISHED


def served(what: Dataset, slot: datetime, history: History, answer: Any, *, replay: bool = False) -> RunReport:
    def measure(_: Any) -> Measured:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return run(what, Slot(slot, slot, replay=replay), history, measure, attempts=1)
