"""The cadence of a feed: working hours, days off and holidays inferred from when something new came."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.detect.business import LEAST_DAYS, Cadence, learn_cadence, sentence
from tests.examples import examples

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONDAY = datetime.fromisoformat("2026-03-02")


def runs(days: int = 84, start: datetime = MONDAY, every: timedelta = HOUR) -> np.ndarray:
    return np.arange(np.datetime64(start), np.datetime64(start + days * DAY), np.timedelta64(every))


def of(comes: Callable[[datetime], bool], looks: np.ndarray, at: datetime | None = None) -> Cadence:
    found = learn_cadence(_arrivals(comes, looks), looks, at or looks[-1].item() + HOUR)
    assert found is not None
    return found


def _arrivals(comes: Callable[[datetime], bool], looks: np.ndarray) -> np.ndarray:
    return np.array([look for look in looks if comes(look.item())], dtype="M8[us]")


def office(moment: datetime) -> bool:
    return moment.weekday() < 5 and 8 <= moment.hour <= 17


def test_office_hours_are_found_and_nights_and_weekends_do_not_count():
    cadence = of(office, runs())
    assert cadence.hours == ((8, 18),) * 5 + ((0, 0),) * 2
    assert (cadence.usual, cadence.limit) == (HOUR, timedelta(hours=1.25))
    friday, monday = MONDAY + 4 * DAY, MONDAY + 7 * DAY
    assert cadence.elapsed(friday + 17 * HOUR, monday + 8 * HOUR) == HOUR
    assert cadence.late_from(friday + 17 * HOUR) == monday + 8.25 * HOUR
    assert cadence.late_from(monday + 9 * HOUR) == monday + 10.25 * HOUR
    assert sentence(cadence) == "new rows about every 1 h, Monday to Friday from 08:00 to 18:00"


def test_a_feed_that_never_sleeps_has_no_working_hours():
    cadence = of(lambda _: True, runs())
    assert cadence.hours == ((0, 24),) * 7
    assert cadence.late_from(MONDAY) == MONDAY + 1.25 * HOUR
    assert sentence(cadence) == "new rows about every 1 h"


def test_a_load_a_day_is_late_by_the_length_of_a_day_not_by_the_hour():
    cadence = of(lambda moment: moment.hour == 6 and moment.weekday() < 5, runs())
    assert cadence.hours == ((0, 24),) * 5 + ((0, 0),) * 2
    assert cadence.usual == DAY
    friday = MONDAY + 4 * DAY + 6 * HOUR
    assert cadence.late_from(friday) == friday + 3 * DAY + 6 * HOUR
    assert sentence(cadence) == "new rows about every 1 d, Monday to Friday"


def test_a_calendar_is_inferred_from_days_on_which_nothing_came():
    start = datetime.fromisoformat("2025-11-03")
    from checks.deadlines import days_off

    def german(moment: datetime) -> bool:
        return office(moment) and moment.date() not in days_off("DE", moment.year)

    cadence = of(german, runs(240, start))
    assert cadence.holidays == "DE"
    thursday = datetime.fromisoformat("2026-12-24T17:00")
    assert cadence.late_from(thursday) == datetime.fromisoformat("2026-12-28T08:15")
    assert sentence(cadence).endswith("not on holidays (DE)")


def test_an_outage_is_no_calendar():
    out = {(MONDAY + days * DAY).date() for days in (22, 23, 51)}
    assert of(lambda moment: office(moment) and moment.date() not in out, runs()).holidays is None


def test_one_outage_does_not_make_the_limit_longer():
    quiet = MONDAY + 30 * DAY
    cadence = of(lambda moment: not quiet <= moment < quiet + 20 * HOUR, runs())
    assert cadence.limit == timedelta(hours=1.25)


def test_a_weekend_on_which_nobody_looked_is_no_gap_and_no_day_off():
    looks = runs()
    days = looks.astype("M8[D]")
    seen = looks[~np.isin(days, days[:: 24 * 7][3:9] + np.timedelta64(5, "D"))]
    cadence = of(lambda _: True, seen)
    assert cadence.hours == ((0, 24),) * 7
    assert cadence.limit == timedelta(hours=1.25)


@pytest.mark.parametrize(
    ("days", "every"), [(LEAST_DAYS - 1, HOUR), (60, 7 * DAY)], ids=["too short", "too few moments"]
)
def test_it_learns_until_it_has_seen_enough(days: int, every: timedelta):
    looks = runs(days, every=every)
    assert learn_cadence(looks, looks, looks[-1].item()) is None


def test_nothing_teaches_nothing():
    nothing = np.array([], dtype="M8[us]")
    assert learn_cadence(nothing, nothing, MONDAY) is None
    assert learn_cadence(nothing, runs(), MONDAY + 90 * DAY) is None


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=examples(20), deadline=None)
def test_business_time_never_runs_backwards_and_what_comes_later_changes_nothing(seed: int):
    random = np.random.default_rng(seed)
    looks = runs(100)
    arrivals = looks[random.random(len(looks)) < random.uniform(0.05, 0.9)]
    at = MONDAY + 70 * DAY + 5 * HOUR
    now = np.datetime64(at)
    cadence = learn_cadence(arrivals, looks, at)
    later = looks[(looks > now) & (random.random(len(looks)) < 0.1)]
    assert cadence is not None
    assert learn_cadence(np.concatenate([arrivals[arrivals <= now], later]), looks[looks <= now], at) == cadence
    moments = [at + timedelta(hours=float(hours)) for hours in np.sort(random.uniform(0, 500, 20))]
    elapsed = [cadence.elapsed(at, moment) for moment in moments]
    assert elapsed == sorted(elapsed)
    assert all(one <= moment - at + timedelta(seconds=1) for one, moment in zip(elapsed, moments, strict=True))
    late = cadence.late_from(at)
    assert late is not None
    assert cadence.elapsed(at, late) / cadence.limit == pytest.approx(1)
