"""Deadlines: which day is due when, by the clocks of a zone. Calendar logic alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.deadlines import Deadline, calendar, clock, days_off
from tests.monitors import utc

SIX, WORKDAYS = time(6), (0, 1, 2, 3, 4)
ZONES = (
    "UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kolkata",
    "Pacific/Apia", "Africa/Casablanca", "-08:00", "+05:30",
)  # fmt: skip
MOMENTS = st.datetimes(datetime(2015, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 the limits are naive
DEADLINES = st.builds(
    Deadline,
    st.times(),
    st.sampled_from(ZONES),
    st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))),
    st.sets(st.sampled_from(("DE", "DE-BE", "US", "XNYS"))).map(lambda names: tuple(sorted(names))),
)


@pytest.mark.parametrize(
    ("day", "at", "due"),
    [
        (date(2026, 3, 28), "06:00", utc(2026, 3, 28, 5)),  # winter
        (date(2026, 3, 29), "06:00", utc(2026, 3, 29, 4)),  # the day of the change, after it
        (date(2026, 3, 29), "01:30", utc(2026, 3, 29, 0, 30)),  # before it
        (date(2026, 3, 29), "02:30", utc(2026, 3, 29, 1, 30)),  # the clocks skip it: 03:30 is meant
        (date(2026, 10, 25), "02:30", utc(2026, 10, 25, 1, 30)),  # it occurs twice: the second is meant
        (date(2026, 10, 25), "06:00", utc(2026, 10, 25, 5)),
    ],
)
def test_a_deadline_goes_by_the_clocks_of_its_zone(day: date, at: str, due: datetime):
    assert Deadline(time.fromisoformat(at), "Europe/Berlin").due(day) == due


def test_an_offset_knows_no_summer():
    assert {Deadline(SIX, "-08:00").due(date(2026, month, 1)).hour for month in (1, 7)} == {14}


@pytest.mark.parametrize(
    ("at", "latest"),
    [
        (utc(2026, 3, 16, 4, 59), date(2026, 3, 13)),  # Monday, a minute before six in Berlin: Friday's was the last
        (utc(2026, 3, 16, 5), date(2026, 3, 16)),
        (utc(2026, 3, 15, 12), date(2026, 3, 13)),  # Sunday
        (utc(2026, 4, 7, 3, 59), date(2026, 4, 2)),  # after Good Friday and Easter Monday
        (utc(2026, 4, 7, 4), date(2026, 4, 7)),
    ],
)
def test_the_newest_deadline_that_has_passed(at: datetime, latest: date):
    assert Deadline(SIX, "Europe/Berlin", WORKDAYS, ("DE-BE",)).latest(at) == latest


def test_holidays_are_of_a_country_a_part_of_it_or_an_exchange():
    womens_day = date(2027, 3, 8)  # a Monday, and a holiday in Berlin
    by_calendar = {name: Deadline(SIX, "UTC", holidays=(name,)).is_business_day(womens_day) for name in ("DE", "DE-BE")}
    assert by_calendar == {"DE": True, "DE-BE": False}
    assert date(2026, 4, 3) in days_off("XNYS", 2026)  # the exchange is closed on Good Friday, the country is not
    assert date(2026, 4, 3) not in days_off("US", 2026)


@pytest.mark.parametrize("name", ["XX", "DE-XX", "", "Germany!"])
def test_a_calendar_that_nobody_knows_is_refused(name: str):
    with pytest.raises(ValueError, match="is not a holiday calendar; write a country"):
        calendar(name)


@pytest.mark.parametrize("name", ["Berlin", "+25:00", "CEST", "08:00"])
def test_a_zone_that_nobody_knows_is_refused(name: str):
    with pytest.raises(ValueError, match="is not"):
        clock(name)


def test_a_calendar_without_business_days_is_no_endless_search():
    with pytest.raises(ValueError, match="no business day"):
        Deadline(SIX, weekdays=()).latest(utc(2026, 3, 16))


# -- for every zone, calendar and moment -------------------------------------------------------------------------------


@given(DEADLINES, MOMENTS)
def test_the_newest_deadline_has_passed_and_the_one_after_it_has_not(deadline: Deadline, at: datetime):
    latest = deadline.latest(at)
    assert deadline.is_business_day(latest)
    assert deadline.due(latest) <= at < deadline.due(deadline.after(latest))


@given(DEADLINES, st.dates(date(2015, 1, 1), date(2035, 1, 1)))
def test_business_days_follow_each_other_without_a_gap(deadline: Deadline, day: date):
    before, after = deadline.before(day), deadline.after(day)
    assert before < day < after
    between = [before + timedelta(days=days) for days in range(1, (after - before).days)]
    assert [each for each in between if deadline.is_business_day(each)] == [day] * deadline.is_business_day(day)


@given(DEADLINES, st.dates(date(2015, 1, 1), date(2035, 1, 1)))
def test_a_deadline_shows_its_time_or_that_after_a_gap(deadline: Deadline, day: date):
    local = deadline.local(deadline.due(day))
    wanted = datetime.combine(day, deadline.time)
    shown = local.replace(tzinfo=None)
    assert shown == wanted or timedelta(0) < shown - wanted <= timedelta(hours=1)
    assert deadline.due(day) < deadline.due(day + timedelta(days=1))
