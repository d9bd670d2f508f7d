"""Arrivals in the run: how buckets filled, as the history has seen it, and days judged when they are complete."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from checks.arrivals import learned_arrivals
from checks.detect.arrival import sentence
from checks.history import History
from checks.records import EventTime, Grain, RunReport, Status
from tests.feeds import BEGUN, DAY, HOUR, by_night, every, runs, watch
from tests.monitors import utc

START = utc(2026, 3, 2)
EVENT_TIME = EventTime("at", "contract")


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    with History.open(tmp_path / "history.duckdb", START) as opened:
        yield opened


def judged(report: RunReport) -> dict[datetime, Status]:
    return {result.bucket: result.status for result in report.results if result.bucket and result.check == "enough"}


def test_a_day_that_is_loaded_in_the_night_after_is_not_judged_before(history: History):
    """Until that is learned, the rule fails each night before the load has come; then never again."""
    newly = runs(history, by_night, every(6 * HOUR, START, 4))
    assert judged(newly)[BEGUN + 2 * DAY] is Status.PASS
    midnight = runs(history, by_night, [START + 4 * DAY])
    assert judged(midnight)[BEGUN + 3 * DAY] is Status.FAIL, "complete by the calendar, but not yet loaded"
    watch(history, by_night, every(6 * HOUR, START + 4.25 * DAY, 11.75))
    later = judged(runs(history, by_night, [START + 16 * DAY]))
    assert (max(later), set(later.values())) == (BEGUN + 14 * DAY, {Status.PASS})


def test_a_load_that_does_not_come_fails_from_its_usual_hour_on(history: History):
    watch(history, by_night, every(6 * HOUR, START, 16))
    last = BEGUN + 15 * DAY

    def failing(bucket: datetime, age: timedelta) -> float:
        return 0.0 if bucket == last else by_night(bucket, age)

    assert last not in judged(runs(history, failing, [START + 16 * DAY]))
    assert judged(runs(history, failing, [START + 16.25 * DAY]))[last] is Status.FAIL


def test_a_feed_that_trickles_for_days_is_judged_a_day_after_its_end(history: History):
    def trickles(_: datetime, age: timedelta) -> float:
        return min(1000.0, 1000 * age / (3 * DAY))

    watch(history, trickles, every(6 * HOUR, START, 16))
    assert max(judged(runs(history, trickles, [START + 16 * DAY]))) == BEGUN + 14 * DAY


def test_what_the_history_saw_is_a_curve_and_a_cadence(history: History):
    watch(history, by_night, every(3 * HOUR, START, 20))
    found = learned_arrivals(history, "s.feed", EVENT_TIME, START + 20 * DAY)
    assert sentence(found.curve) == "a day is complete by 06:00 of the next day"
    assert found.cadence is not None
    assert found.cadence.usual == DAY
    early = learned_arrivals(history, "s.feed", EVENT_TIME, START + 8 * DAY)
    assert (early.curve.is_learned, early.cadence) == (False, None)


def test_the_clocks_are_those_of_the_dataset(history: History):
    watch(history, by_night, every(3 * HOUR, START, 18), zone="Asia/Tokyo")
    tokyo = EventTime("at", "contract", "Asia/Tokyo")
    found = learned_arrivals(history, "s.feed", tokyo, START + 18 * DAY)
    assert sentence(found.curve) == "a day is complete by 06:00 of the next day"


def test_hours_are_watched_too(history: History):
    def late(_, age: timedelta) -> float:
        return 100.0 if age >= 1.5 * HOUR else 60.0

    moments = every(timedelta(minutes=30), START, 1) + every(6 * HOUR, START + DAY, 3)
    watch(history, late, moments, grain=Grain.HOUR)
    hourly = EventTime("at", "contract", grain=Grain.HOUR)
    found = learned_arrivals(history, "s.feed", hourly, START + 4 * DAY)
    assert sentence(found.curve) == "an hour is complete 30 min after its end"


def test_a_dataset_that_was_never_measured_has_nothing_learned(history: History):
    found = learned_arrivals(history, "s.feed", EVENT_TIME, START)
    assert (found.curve.buckets, found.curve.is_learned, found.cadence) == (0, False, None)


def test_what_was_observed_later_is_not_known_yet(history: History):
    watch(history, by_night, every(6 * HOUR, START, 16))
    before = learned_arrivals(history, "s.feed", EVENT_TIME, START + 15 * DAY)
    watch(history, lambda _, age: 7.0, every(6 * HOUR, START + 16 * DAY, 6))
    after = learned_arrivals(history, "s.feed", EVENT_TIME, START + 15 * DAY)
    assert (before.curve.buckets, before.curve.complete) == (after.curve.buckets, after.curve.complete)
    assert before.cadence == after.cadence
