"""What is still on its way, judged: the bucket that is filling, and how long nothing new has come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from checks.detect.arrival import Band, Curve, learn
from checks.detect.business import learn_cadence
from checks.history import History
from checks.judge_arrival import FILLING, SILENCE, Filling, filling, silence
from checks.records import EventTime, Result, RunReport, Status
from tests.feeds import BEGUN, DAY, HOUR, every, runs, watch
from tests.monitors import utc
from tests.test_arrival import evenly, watched

START = utc(2026, 3, 2)
TODAY = BEGUN + 40 * DAY
NOON = TODAY + 12 * HOUR
WHOLE = Band(1000.0, 850.0, 1170.0)
UTC_DAYS = EventTime("at", "contract")


@pytest.fixture(scope="module")
def curve() -> Curve:
    observed, looks = watched(evenly)
    return learn(observed, looks, DAY, TODAY)


def seen(rows: float, bucket: datetime = TODAY, whole: Band | None = WHOLE, now: datetime = NOON) -> Filling:
    """A bucket that held as much for its age an hour ago."""
    before = now - HOUR
    return Filling(bucket, rows, whole, (before, rows * min((before - bucket) / (now - bucket), 1.0)))


def told(curve: Curve, rows: float, now: datetime = NOON, whole: Band | None = WHOLE) -> Result:
    return filling(curve, [seen(rows, whole=whole, now=now)], now, UTC_DAYS)


class TestTheFillingBucket:
    def test_what_is_usual_at_noon_passes(self, curve):
        result = told(curve, 512)
        assert (result.status, result.observed, result.bucket) == (Status.PASS, "512 rows by 12:00", TODAY)
        assert (result.expected or "").startswith("between 4")

    def test_half_of_that_warns_and_says_when_it_will_be_complete(self, curve):
        result = told(curve, 250)
        assert (result.status, result.learned, result.value) == (Status.WARN, True, 250)
        assert (result.reason or "").startswith("250 rows of 2026-04-11 by 12:00, expected between 4")
        assert "it is about 6 h behind, which makes it complete by 2026-04-12 06:00" in (result.reason or "")

    def test_more_than_a_whole_day_at_noon_warns_too(self, curve):
        result = told(curve, 1200)
        assert (result.status, "behind" in (result.reason or "")) == (Status.WARN, False)

    def test_one_look_alone_does_not_warn(self, curve):
        for earlier in (None, (NOON - HOUR, 470.0), (NOON - HOUR, 900.0)):
            result = filling(curve, [Filling(TODAY, 250, WHOLE, earlier)], NOON, UTC_DAYS)
            assert (result.status, result.reason) == (
                Status.SKIPPED,
                "unusual for the first time: the next look tells whether it stays so",
            )

    def test_in_the_first_hour_nothing_is_said(self, curve):
        result = told(curve, 0, TODAY + HOUR / 2)
        assert (result.status, result.reason) == (
            Status.SKIPPED,
            "at 00:30 nothing can be told of a day yet: hardly anything has usually come by then",
        )

    def test_a_day_before_that_stands_still_is_not_hidden_by_the_new_one(self, curve):
        late, new = seen(100, TODAY - DAY), seen(512)
        result = filling(curve, [late, new], NOON, UTC_DAYS)
        assert (result.status, result.bucket) == (Status.WARN, TODAY - DAY)
        assert "100 rows of 2026-04-10 by 2026-04-11 12:00" in (result.reason or "")

    def test_it_learns_how_much_a_day_has_and_when_it_comes(self, curve):
        assert told(curve, 9, whole=None).reason == "learning how many rows a day has"
        assert filling(curve, [], NOON, UTC_DAYS).status is Status.SKIPPED
        observed, looks = watched(evenly, days=5)
        young = told(learn(observed, looks, DAY, TODAY), 9)
        assert (young.status, young.reason) == (
            Status.LEARNING,
            "learning when a day is complete: 5 of 10 days were watched while they filled",
        )


class TestSilence:
    looks = np.arange(np.datetime64(BEGUN), np.datetime64(TODAY), np.timedelta64(HOUR))

    @property
    def cadence(self):
        moments = [look for look in self.looks if look.item().weekday() < 5 and 8 <= look.item().hour <= 17]
        return learn_cadence(np.array(moments), self.looks, TODAY)

    def test_a_weekend_is_no_silence(self):
        friday = BEGUN + 39 * DAY + 17 * HOUR
        result = silence(self.cadence, friday, friday + 2.5 * DAY, UTC_DAYS)
        assert result.status is Status.PASS
        assert result.observed == "nothing new for 1 h of its working time"
        assert result.expected == "something within 1 h 15 min"

    def test_a_morning_is(self):
        monday = BEGUN + 35 * DAY
        result = silence(self.cadence, monday + 9 * HOUR, monday + 14 * HOUR, UTC_DAYS)
        assert result.status is Status.WARN
        assert result.reason == (
            "nothing new since 2026-04-06 09:00 (UTC), late since 2026-04-06 10:15; usually new rows about every 1 h, "
            "Monday to Friday from 08:00 to 18:00"
        )

    def test_it_learns_first(self):
        result = silence(None, None, NOON, UTC_DAYS)
        assert (result.status, result.reason) == (
            Status.LEARNING,
            "learning when new rows come: 15 arrivals in at least 14 days are needed",
        )


# -- in the run --------------------------------------------------------------------------------------------------------


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    with History.open(tmp_path / "history.duckdb", START) as opened:
        yield opened


def of(report: RunReport, check: str) -> Result:
    [found] = [result for result in report.results if result.check == check]
    return found


def comes(bucket: datetime, age: timedelta) -> float:
    """About 1000 rows over the day."""
    return round((980 + bucket.day % 5 * 10) * min(age / DAY, 1.0))


def stalls(since: datetime):
    """The same, until nothing comes any more."""

    def rows(bucket: datetime, age: timedelta) -> float:
        return comes(bucket, min(age, max(since - bucket, timedelta(0))))

    return rows


def test_a_feed_that_stalls_in_the_morning_is_found_before_the_day_is_over(history: History):
    watch(history, comes, every(3 * HOUR, START, 24))
    last = START + 24 * DAY
    fine = runs(history, comes, [last + 12 * HOUR])
    assert (of(fine, FILLING).status, of(fine, SILENCE).status) == (Status.PASS, Status.PASS)
    stalled = stalls((last + 12 * HOUR).replace(tzinfo=None))
    evening = runs(history, stalled, [last + 18 * HOUR, last + 21 * HOUR])
    late = of(evening, FILLING)
    assert (late.status, late.bucket) == (Status.WARN, (last).replace(tzinfo=None))
    assert "behind, which makes it complete by 2026-03-27 0" in (late.reason or "")
    assert of(evening, SILENCE).status is Status.WARN
    assert "nothing new since 2026-03-26 12:00 (UTC)" in (of(evening, SILENCE).reason or "")
    for days in (2, 4, 6):  # and stays so, although buckets of before are read again
        assert of(runs(history, stalled, [last + days * DAY], reach=20 * DAY), SILENCE).status is Status.WARN


def test_the_first_run_of_a_dataset_learns(history: History):
    report = runs(history, comes, [START + 12 * HOUR])
    assert {of(report, check).status for check in (FILLING, SILENCE)} == {Status.LEARNING}
