"""Service levels, judged: kept, broken, and not to be told. The moment is Sunday 2026-03-15 12:00 UTC."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pyarrow as pa
import pytest

from checks.deadlines import Deadline
from checks.facts import Facts
from checks.records import EventTime, Grain, Metric, Problem, Result, Severity
from checks.service_levels import (
    DeadlineExpected,
    FrequencyExpected,
    LifecycleExpected,
    RetentionExpected,
    ServiceLevel,
)
from tests.judging import AT, FRESHNESS, NAN, ROWS, YESTERDAY, check, facts, one, said
from tests.measuring import measured
from tests.monitors import utc
from tests.warehouses import Warehouse

HOUR, DAY = 3600.0, 86_400.0
OLDEST = Metric("min", "ordered_at")
NO_EVENT_TIME = "the dataset has no event time to tell its age by; declare vitals.eventTime or the element of the level"


def aged(seconds: float, at: datetime = AT, **event_time: Any) -> Facts:
    """A table whose newest row is so old at that moment."""
    found = facts({ROWS: 9.0, FRESHNESS: seconds})
    dated = EventTime("ordered_at", "contract", **event_time)
    return replace(found, measured=replace(found.measured, event_time=dated, source_now=at), at=at)


def newest(moment: datetime, at: datetime = AT, **event_time: Any) -> Facts:
    """A table whose newest row is of that moment."""
    return aged((at - moment).total_seconds(), at, **event_time)


# -- frequency ---------------------------------------------------------------------------------------------------------

DAILY = FrequencyExpected(timedelta(days=1))


@pytest.mark.parametrize(
    ("cadence", "age", "grain", "status"),
    [
        (timedelta(days=1), 47 * HOUR, Grain.DAY, "pass"),  # the day that began 47 hours ago came when it was over
        (timedelta(days=1), 48 * HOUR, Grain.DAY, "pass"),
        (timedelta(days=1), 48 * HOUR + 1, Grain.DAY, "fail"),
        (timedelta(days=1), 25 * HOUR + 1, Grain.HOUR, "fail"),
        (timedelta(hours=1), 2 * HOUR, Grain.DAY, "pass"),  # never more than twice the cadence
        (timedelta(hours=1), 2 * HOUR + 1, Grain.DAY, "fail"),
        (timedelta(weeks=1), 8 * DAY, Grain.DAY, "pass"),
    ],
)
def test_something_new_comes_within_the_cadence_and_a_bucket(cadence, age: float, grain: Grain, status: str):
    assert one(check(FrequencyExpected(cadence)), aged(age, grain=grain)).status == status


def test_a_cadence_in_words():
    result = one(check(DAILY), aged(50 * HOUR))
    reason = "nothing new for 2 d 2 h, expected something new every 1 d (late after 2 d)"
    assert said(result) == ("fail", "2 d 2 h old", "something new every 1 d", reason)


# -- deadlines ---------------------------------------------------------------------------------------------------------

SIX_IN_BERLIN = Deadline(time(6), "Europe/Berlin")
BY_SIX = check(DeadlineExpected(SIX_IN_BERLIN))
WORKDAYS = check(DeadlineExpected(replace(SIX_IN_BERLIN, weekdays=(0, 1, 2, 3, 4), holidays=("DE-BE",))))


def test_data_of_the_day_before_that_are_there():
    result = one(BY_SIX, newest(utc(2026, 3, 14, 23, 10)))
    expected = "the data of 2026-03-14 by 06:00 (Europe/Berlin)"
    assert said(result) == ("pass", "the newest row is of 2026-03-14", expected, None)


def test_data_that_are_late_say_since_when():
    at = utc(2026, 3, 15, 7, 10)
    result = one(BY_SIX, newest(utc(2026, 3, 13, 23, 10), at))
    reason = "data of 2026-03-14 was due 06:00 (Europe/Berlin), is 2 h 10 min late: the newest row is of 2026-03-13"
    assert said(result)[0::3] == ("fail", reason)
    assert result.value == 2 * HOUR + 600


def test_data_that_are_late_for_days_count_from_the_first_missing_one():
    result = one(BY_SIX, newest(utc(2026, 3, 11, 12)))
    assert result.reason == (
        "data of 2026-03-12 was due 2026-03-13 06:00 (Europe/Berlin), is 2 d 7 h late: the newest row is of 2026-03-11"
    )


@pytest.mark.parametrize(
    ("at", "row", "status"),
    [
        (utc(2026, 3, 15, 4, 59), utc(2026, 3, 13, 23), "pass"),  # not six yet in Berlin
        (utc(2026, 3, 15, 5), utc(2026, 3, 13, 23), "fail"),
        (utc(2026, 3, 29, 3, 59), utc(2026, 3, 27, 23), "pass"),  # the clocks went forward: six is an hour earlier
        (utc(2026, 3, 29, 4), utc(2026, 3, 27, 23), "fail"),
        (utc(2026, 10, 25, 4, 59), utc(2026, 10, 23, 23), "pass"),  # and back
        (utc(2026, 10, 25, 5), utc(2026, 10, 23, 23), "fail"),
    ],
)
def test_the_deadline_follows_the_clocks(at: datetime, row: datetime, status: str):
    assert one(BY_SIX, newest(row, at)).status == status


@pytest.mark.parametrize(
    ("at", "row", "status"),
    [
        (utc(2026, 3, 15, 12), utc(2026, 3, 12, 12), "pass"),  # Sunday: Thursday's data were due on Friday
        (utc(2026, 3, 16, 4, 59), utc(2026, 3, 12, 12), "pass"),
        (utc(2026, 3, 16, 5), utc(2026, 3, 12, 12), "fail"),  # on Monday Friday's are
        (utc(2026, 3, 16, 5), utc(2026, 3, 13, 12), "pass"),
        (utc(2026, 4, 6, 12), utc(2026, 4, 1, 12), "pass"),  # Easter Monday, and Friday was a holiday too
        (utc(2026, 4, 7, 12), utc(2026, 4, 1, 12), "fail"),
        (utc(2026, 4, 7, 12), utc(2026, 4, 2, 12), "pass"),
    ],
)
def test_nothing_is_due_on_weekends_and_holidays(at: datetime, row: datetime, status: str):
    assert one(WORKDAYS, newest(row, at)).status == status


def test_the_day_of_a_row_is_by_the_clocks_of_its_own_zone():
    half_past_midnight = utc(2026, 3, 14, 4, 30)  # in New York; the 13th has data, the 14th has begun
    assert one(BY_SIX, newest(half_past_midnight, zone="America/New_York")).status == "pass"
    assert one(BY_SIX, newest(half_past_midnight - timedelta(hours=1), zone="America/New_York")).status == "fail"


def test_a_row_of_midnight_belongs_to_the_day_that_begins():
    assert one(BY_SIX, newest(utc(2026, 3, 14))).status == "pass"


@pytest.mark.parametrize(("day", "status"), [(14, "pass"), (13, "fail")])
def test_a_date_counts_from_the_end_of_its_day_and_is_of_its_day(day: int, status: str):
    end_of_day = utc(2026, 3, day) + timedelta(days=1)
    assert one(BY_SIX, newest(end_of_day, is_date=True)).status == status
    in_tokyo = end_of_day - timedelta(hours=9)
    assert one(BY_SIX, newest(in_tokyo, is_date=True, zone="Asia/Tokyo")).status == status


def test_a_row_from_before_the_calendar_is_merely_very_late():
    assert one(BY_SIX, aged(2020 * 366 * DAY, zone="America/New_York")).status == "fail"


# -- retention ---------------------------------------------------------------------------------------------------------

A_YEAR = check(RetentionExpected(timedelta(days=365)))


def kept_since(oldest: datetime, **more: Any) -> Facts:
    return facts({ROWS: 9.0, OLDEST: oldest.timestamp()}, **more)


def test_rows_younger_than_the_retention():
    result = one(A_YEAR, kept_since(AT - timedelta(days=365)))
    assert said(result) == ("pass", "the oldest row is 365 d old (of 2025-03-15)", "at most 365 d", None)


def test_rows_that_should_have_been_deleted():
    result = one(A_YEAR, kept_since(AT - timedelta(days=377)))
    reason = "kept 12 d too long: the oldest row is 377 d old (of 2025-03-03), expected at most 365 d"
    assert said(result)[0::3] == ("fail", reason)


def test_the_oldest_row_is_as_old_as_when_it_was_looked_for():
    """It may have been deleted since; the whole table is read once a day."""
    oldest = (YESTERDAY - timedelta(days=365)).timestamp()
    result = one(A_YEAR, facts({ROWS: 9.0}, known={OLDEST: (YESTERDAY, oldest)}))
    assert (result.status, result.measured_at) == ("pass", YESTERDAY)


def test_an_event_time_whose_oldest_is_not_measured_is_an_error():
    assert said(one(A_YEAR, facts({ROWS: 9.0})))[0::3] == (
        "error",
        "the oldest row can not be found: 'ordered_at' is timestamp('UTC', 6)",
    )


@pytest.mark.parametrize("oldest", [NAN, None])
def test_no_row_is_no_retention_to_judge(oldest: float | None):
    known = facts({ROWS: 0.0} | ({OLDEST: oldest} if oldest else {}))
    assert said(one(A_YEAR, known))[0::3] == ("no_data", "there is no row to tell the age of")
    assert one(replace(A_YEAR, empty_is_fine=True), known).status == "pass"


# -- what needs an event time ------------------------------------------------------------------------------------------

TIMED: list[ServiceLevel] = [DAILY, DeadlineExpected(SIX_IN_BERLIN), RetentionExpected(timedelta(days=365))]


@pytest.mark.parametrize("expects", TIMED, ids=lambda expects: type(expects).__name__)
class TestNotEvaluated:
    def test_without_an_event_time(self, expects: ServiceLevel):
        result = one(check(expects), facts({ROWS: 9.0}, event_time=None))
        assert (result.status, result.reason) == ("error", NO_EVENT_TIME)
        assert result.expected

    def test_with_another_event_time(self, expects: Any):
        result = one(check(replace(expects, column="ordered_on")), facts({ROWS: 9.0, FRESHNESS: 1.0}))
        reason = "the service level is about 'ordered_on', but the event time is 'ordered_at'"
        assert (result.status, result.reason) == ("error", reason)

    def test_with_a_column_that_is_not_there(self, expects: Any):
        result = one(check(replace(expects, column="gone")), facts({ROWS: 9.0, FRESHNESS: 1.0}))
        assert (result.status, "column 'gone' is not in the table" in (result.reason or "")) == ("error", True)

    def test_in_an_empty_table(self, expects: ServiceLevel):
        assert one(check(expects), facts({ROWS: 0.0})).status == "no_data"

    def test_after_a_query_that_failed(self, expects: ServiceLevel):
        problem = Problem((FRESHNESS, OLDEST), "query_failed", "no such function")
        result = one(check(expects), facts({ROWS: 9.0}, problems=(problem,)))
        assert (result.status, result.reason) == ("error", "no such function")


# -- dates -------------------------------------------------------------------------------------------------------------


def stage(name: str, moment: datetime, severity: Severity = Severity.WARNING) -> Result:
    return one(check(LifecycleExpected(name, moment), severity), facts({ROWS: 9.0}, event_time=None))


@pytest.mark.parametrize(
    ("name", "moment", "status", "observed", "reason"),
    [
        ("generalAvailability", utc(2026, 3, 1), "pass", "available since 2026-03-01 00:00 UTC", None),
        (
            "generalAvailability", utc(2026, 4, 1), "warn", "available in 16 d 12 h",
            "not generally available before 2026-04-01 00:00 UTC, in 16 d 12 h",
        ),
        ("endOfSupport", utc(2026, 4, 1), "pass", "the end of its support is in 16 d 12 h", None),
        (
            "endOfSupport", utc(2026, 3, 14), "warn", "the end of its support was 1 d 12 h ago",
            "the end of its support was 1 d 12 h ago (2026-03-14 00:00 UTC)",
        ),
        (
            "endOfLife", AT, "warn", "the end of its life was 0 s ago",
            "the end of its life was 0 s ago (2026-03-15 12:00 UTC)",
        ),
    ],
)  # fmt: skip
def test_a_stage_goes_by_the_clock(name: str, moment: datetime, status: str, observed: str, reason: str | None):
    result = stage(name, moment)
    assert (str(result.status), result.observed, result.reason) == (status, observed, reason)


# -- in real warehouses ------------------------------------------------------------------------------------------------

KEPT_AND_BROKEN: list[tuple[Any, Any]] = [
    (DAILY, FrequencyExpected(timedelta(hours=1))),
    (DeadlineExpected(Deadline(time(6), weekdays=(0,))), DeadlineExpected(SIX_IN_BERLIN)),
    (RetentionExpected(timedelta(days=400)), RetentionExpected(timedelta(days=200))),
]
FRIDAY_EVENING = datetime(2026, 3, 13, 20)  # noqa: DTZ001 naive, as the column is


@pytest.mark.parametrize("kind", [pa.timestamp("us"), pa.date32()], ids=str)
def test_levels_in_a_warehouse(warehouse: Warehouse, kind: pa.DataType):
    """The newest row is of Friday, the oldest 300 days older; on Sunday each level is kept once and broken once."""
    moments = [FRIDAY_EVENING - timedelta(days=days) for days in (300, 1, 0)]
    if pa.types.is_date(kind):
        moments = [moment.date() for moment in moments]
    table = warehouse.load("orders", pa.table({"at": pa.array(moments, kind), "n": [1, 2, 3]}))
    with warehouse.open() as source:
        known = Facts(measured(source, table, AT, event_time="at"), {}, AT)
    for kept, broken in KEPT_AND_BROKEN:
        results = [one(check(replace(level, column="at")), known) for level in (kept, broken)]
        assert [str(result.status) for result in results] == ["pass", "fail"], results


def test_a_replay_judges_by_the_rows_of_its_moment(warehouse: Warehouse):
    moments = [FRIDAY_EVENING, FRIDAY_EVENING + timedelta(days=1)]
    table = warehouse.load("orders", pa.table({"at": pa.array(moments, pa.timestamp("us"))}))
    statuses = {}
    for at in (utc(2026, 3, 14, 18), utc(2026, 3, 15, 18), utc(2026, 3, 16, 18)):
        with warehouse.open() as source:
            run = measured(source, table, at, event_time="at", replay=True)
        statuses[at.day] = str(one(BY_SIX, Facts(run, {}, at)).status)
    assert statuses == {14: "pass", 15: "pass", 16: "fail"}
