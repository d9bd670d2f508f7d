"""Which slot is due: cron lines, missed slots, clocks that jump, daylight saving."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from checks import slots
from checks.slots import due_slot, jitter_of, missed, next_slot, previous_slot
from tests.monitors import utc

HOURLY, DAILY = "0 * * * *", "30 2 * * *"
NO_JITTER = timedelta(0)


@pytest.mark.parametrize(
    ("line", "at", "before", "after"),
    [
        (HOURLY, utc(2026, 3, 15, 12, 0), utc(2026, 3, 15, 12), utc(2026, 3, 15, 13)),
        (HOURLY, utc(2026, 3, 15, 12, 59, 59), utc(2026, 3, 15, 12), utc(2026, 3, 15, 13)),
        ("*/15 * * * *", utc(2026, 3, 15, 12, 44), utc(2026, 3, 15, 12, 30), utc(2026, 3, 15, 12, 45)),
        ("* * * * *", utc(2026, 3, 15, 12, 44, 30), utc(2026, 3, 15, 12, 44), utc(2026, 3, 15, 12, 45)),
        (DAILY, utc(2026, 3, 15, 2, 29), utc(2026, 3, 14, 2, 30), utc(2026, 3, 15, 2, 30)),
        ("0 6 * * 1-5", utc(2026, 3, 15, 12), utc(2026, 3, 13, 6), utc(2026, 3, 16, 6)),  # a Sunday
        ("0 0 1 * *", utc(2026, 3, 15), utc(2026, 3, 1), utc(2026, 4, 1)),
        ("0 0 1 1 *", utc(2026, 3, 15), utc(2026, 1, 1), utc(2027, 1, 1)),
    ],
)
def test_a_cron_line_names_the_slots_around_a_moment(line, at, before, after):
    assert (previous_slot(line, at), next_slot(line, at)) == (before, after)


def test_a_thousand_datasets_on_one_line_cost_one_look_at_the_calendar():
    """The Overview asks for the next run of every dataset, and how long what was measured is young."""
    moments = [utc(2031, 3, 15, 12, 0) + timedelta(milliseconds=7 * number) for number in range(1000)]
    before = slots._following.cache_info().misses
    assert {next_slot(HOURLY, moment) for moment in moments} == {utc(2031, 3, 15, 13)}
    assert slots._following.cache_info().misses == before + 1


def test_a_dataset_that_was_never_run_is_due_at_once():
    assert due_slot("s.t", HOURLY, None, utc(2026, 3, 15, 12, 20), NO_JITTER) == utc(2026, 3, 15, 12)


def test_a_rare_line_without_a_slot_in_the_past_year_is_served_once_now():
    now = utc(2026, 3, 15, 12, 20, 7)
    assert due_slot("s.t", "0 0 29 2 *", None, now, NO_JITTER) == now
    assert due_slot("s.t", "0 0 29 2 *", now, now + timedelta(days=1), NO_JITTER) is None


def test_a_slot_is_due_once():
    nine = utc(2026, 3, 15, 9)
    assert due_slot("s.t", HOURLY, utc(2026, 3, 15, 8), nine, NO_JITTER) == nine
    assert due_slot("s.t", HOURLY, nine, nine + timedelta(minutes=59), NO_JITTER) is None


def test_of_many_missed_slots_only_the_newest_is_due():
    """The process was suspended, or off, for two days."""
    friday, sunday = utc(2026, 3, 13, 9), utc(2026, 3, 15, 9, 5)
    assert due_slot("s.t", HOURLY, friday, sunday, NO_JITTER) == utc(2026, 3, 15, 9)
    assert missed(HOURLY, friday, utc(2026, 3, 15, 9)) == 47
    assert missed(HOURLY, friday, utc(2026, 3, 13, 10)) == 0


def test_a_clock_that_was_set_forward_makes_one_slot_due_and_going_back_none_again():
    nine, tomorrow = utc(2026, 3, 15, 9), utc(2026, 3, 16, 9, 1)
    assert due_slot("s.t", HOURLY, nine, tomorrow, NO_JITTER) == utc(2026, 3, 16, 9)
    assert due_slot("s.t", HOURLY, nine, nine - timedelta(hours=3), NO_JITTER) is None


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"])
@pytest.mark.parametrize("start", [utc(2026, 3, 28), utc(2026, 10, 24), utc(2026, 3, 7), utc(2026, 10, 31)])
@pytest.mark.parametrize(("line", "slots"), [(HOURLY, 72), (DAILY, 3), ("*/30 1-3 * * *", 18)])
def test_no_clock_change_skips_or_doubles_a_slot(monkeypatch, zone, start, line, slots):
    """Three days around a change of the machine's zone, looked at every quarter of an hour."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    newest, served = start - timedelta(seconds=1), []
    for step in range(3 * 24 * 4):
        due = due_slot("s.t", line, newest, start + step * timedelta(minutes=15), NO_JITTER)
        if due is not None:
            newest = due
            served.append(due)
    assert len(served) == len(set(served)) == slots


@pytest.fixture(autouse=True)
def zone_of_the_machine():
    yield
    time.tzset()


def test_jitter_is_steady_spread_and_less_than_its_limit():
    delays = [jitter_of(f"s.t{n}", timedelta(seconds=30)) for n in range(200)]
    assert delays[0] == jitter_of("s.t0", timedelta(seconds=30))
    assert all(timedelta(0) <= delay < timedelta(seconds=30) for delay in delays)
    assert len(set(delays)) > 100


def test_a_slot_is_not_due_before_its_jitter_is_over():
    name, most = "s.t5", timedelta(minutes=10)
    slot, delay = utc(2026, 3, 15, 9), jitter_of("s.t5", timedelta(minutes=10))
    early, late = slot + delay - timedelta(minutes=1), slot + delay + timedelta(minutes=1)
    assert delay > timedelta(minutes=1)
    assert due_slot(name, HOURLY, utc(2026, 3, 15, 8), early, most) is None
    assert due_slot(name, HOURLY, utc(2026, 3, 15, 8), late, most) == slot


def test_a_thousand_datasets_are_looked_at_in_a_moment():
    now, newest = utc(2026, 3, 15, 9, 5), utc(2026, 3, 15, 9)
    started = time.perf_counter()
    for n in range(1000):
        due_slot(f"s.t{n}", "* * * * *", newest, now, timedelta(seconds=30))
    assert time.perf_counter() - started < 0.5


def test_slots_are_aware_and_in_utc():
    assert (next_slot(HOURLY, datetime(2026, 3, 15, 12, tzinfo=UTC)) or utc(1970, 1, 1)).tzinfo is UTC
