"""The arrival curve, learned from buckets that were watched while they filled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.detect.arrival import LEAST, Band, Curve, filling, forecast, learn, sentence
from tests.examples import examples

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
START = datetime.fromisoformat("2026-03-02")
WHOLE = Band(1000.0, 850.0, 1170.0)


def evenly(age: float) -> float:
    """Rows come evenly over the day, each as it happens."""
    return age / 24


def by_night(age: float) -> float:
    """All rows come at once, three hours after the end of the day."""
    return 1.0 if age >= 27 else 0.0


def watched(  # a warehouse in a few words: what runs every `every` saw of `days` days
    arrives: Callable[[float], float],
    days: int = 30,
    every: timedelta = HOUR,
    rows: float = 1000,
    seed: int = 1,
    late: dict[int, float] | None = None,
) -> tuple[pd.DataFrame, np.ndarray]:
    """`late` shifts the arrival of a day by hours."""
    random = np.random.default_rng(seed)
    runs = np.arange(np.datetime64(START), np.datetime64(START + (days + 4) * DAY), np.timedelta64(every))
    seen = []
    for day in range(days):
        bucket, total = START + day * DAY, random.poisson(rows)
        before = -1
        for run in runs[(runs >= np.datetime64(bucket)) & (runs <= np.datetime64(bucket + 4 * DAY))]:
            age = (run - np.datetime64(bucket)) / np.timedelta64(1, "h") - (late or {}).get(day, 0.0)
            count = int(total * min(max(arrives(age), 0.0), 1.0))
            if count != before:
                seen.append((bucket, run, count))
            before = count
    return pd.DataFrame(seen, columns=["bucket", "observed_at", "value"]), runs


def curve_of(arrives: Callable[[float], float], **more: object) -> Curve:
    observed, runs = watched(arrives, **more)  # ty: ignore[invalid-argument-type]
    return learn(observed, runs, DAY, START + 40 * DAY)


def test_rows_that_come_evenly_make_a_straight_line():
    curve = curve_of(evenly)
    for hours in (3, 6, 12, 18):
        share = curve.share(hours * HOUR)
        assert share is not None
        assert share.usual == pytest.approx(hours / 24, abs=0.01)
        assert share.low <= share.usual <= share.high
    assert curve.complete == DAY
    assert curve.settled == DAY
    assert sentence(curve) == "a day is complete at its end"


def test_a_day_that_is_loaded_in_the_night_after_is_complete_then():
    curve = curve_of(by_night)
    assert curve.complete == 27 * HOUR
    assert curve.settled == 27 * HOUR
    assert sentence(curve) == "a day is complete by 03:00 of the next day"
    assert filling(curve, 10 * HOUR, WHOLE) is None, "nothing has usually come by then, so nothing is said"
    waiting = filling(curve, 26.5 * HOUR, WHOLE)
    assert waiting is not None
    assert waiting.lower == 0
    band = filling(curve, 28 * HOUR, WHOLE)
    assert band is not None
    assert band.expected == pytest.approx(1000)
    assert band.lower == pytest.approx(850, rel=0.01)


def test_a_shop_that_closes_before_midnight_is_complete_before_the_day_is_over():
    curve = curve_of(lambda age: (age - 8) / 12, every=10 * MINUTE)
    assert sentence(curve) == "a day is complete by 20:00"
    assert curve.settled == DAY, "the day as a whole is judged when it is over"


def test_it_is_learning_until_enough_days_were_watched():
    observed, runs = watched(evenly, days=LEAST)
    curve = learn(observed, runs, DAY, START + (LEAST + 2) * DAY)
    assert (curve.is_learned, curve.complete, curve.buckets) == (False, None, LEAST - 1)
    assert curve.share(6 * HOUR) is None
    assert filling(curve, 6 * HOUR, WHOLE) is None
    assert forecast(curve, START, START + HOUR, 0, WHOLE) is None
    assert sentence(curve) == "learning when a day is complete: 9 of 10 days were watched while they filled"
    assert learn(observed, runs, DAY, START + (LEAST + 3) * DAY).is_learned


def test_days_that_were_first_seen_when_they_were_over_teach_nothing():
    """The first run reads months of days at once: how they filled is not known."""
    observed, runs = watched(evenly, days=30)
    first = START + 25 * DAY
    seen_late = observed.groupby("bucket", as_index=False).last().assign(observed_at=first)
    since = observed[observed["observed_at"] > first]
    curve = learn(pd.concat([seen_late, since]), runs[runs >= np.datetime64(first)], DAY, START + 40 * DAY)
    assert curve.buckets == 5


def test_a_night_without_runs_is_not_taken_for_a_night_without_rows():
    observed, runs = watched(evenly)
    hour = pd.DatetimeIndex(runs).hour
    awake = runs[(hour < 6) | (hour > 18)]
    curve = learn(observed[np.isin(observed["observed_at"], awake)], awake, DAY, START + 40 * DAY)
    share = curve.share(12 * HOUR)
    assert share is None or share.low <= 0.5 <= share.high


def test_one_late_day_does_not_widen_the_band():
    usual, with_late = curve_of(evenly), curve_of(evenly, late={12: 9.0})
    assert with_late.complete == usual.complete
    for hours in (6, 12, 20):
        one, other = usual.share(hours * HOUR), with_late.share(hours * HOUR)
        assert one is not None
        assert other is not None
        assert other.low == pytest.approx(one.low, abs=0.05)


def test_a_backfill_long_after_is_no_part_of_the_arrival():
    observed, runs = watched(evenly)
    bulk = observed.groupby("bucket", as_index=False).last().assign(observed_at=START + 39 * DAY, value=5000)
    again = learn(pd.concat([observed, bulk]), runs, DAY, START + 40 * DAY)
    before = learn(observed, runs, DAY, START + 40 * DAY)
    assert np.array_equal(again.usual, before.usual, equal_nan=True)


class TestTheFillingBucket:
    def test_what_is_usual_for_its_age_is_within_the_band(self):
        curve = curve_of(evenly)
        band = filling(curve, 12 * HOUR, WHOLE)
        assert band is not None
        assert band.lower < 500 < band.upper
        assert band.lower == pytest.approx(425, rel=0.05)

    def test_what_is_half_of_that_is_not(self):
        band = filling(curve_of(evenly), 12 * HOUR, WHOLE)
        assert band is not None
        assert band.lower > 250
        assert band.upper < 1000

    def test_nothing_is_said_in_the_first_hour(self):
        assert filling(curve_of(evenly), HOUR, WHOLE) is None

    def test_nothing_is_unusual_where_nothing_at_all_may_come(self):
        band = filling(curve_of(evenly), 12 * HOUR, Band(1000.0, 0.0, 2000.0))
        assert band is not None
        assert band.lower == 0

    def test_it_will_be_complete_at_the_usual_time_or_as_much_later_as_it_is_behind(self):
        curve, noon = curve_of(evenly), START + 12 * HOUR
        on_time = forecast(curve, START, noon, 500, WHOLE)
        assert on_time is not None
        assert (on_time.complete_at, on_time.behind) == (START + DAY, timedelta(0))
        late = forecast(curve, START, noon, 250, WHOLE)
        assert late is not None
        assert late.behind / HOUR == pytest.approx(6, abs=0.5)
        assert late.complete_at == START + DAY + late.behind


def test_false_alarms_are_rare_and_stalled_feeds_are_found_by_noon():
    """40 days that nobody has seen before, against a curve and a band of the days before."""
    observed, runs = watched(evenly, days=30, rows=1000)
    curve = learn(observed, runs, DAY, START + 40 * DAY)
    whole = Band(1000.0, 1000 * np.exp(-0.13), 1000 * np.exp(0.13))
    random = np.random.default_rng(7)
    wrong = missed = 0
    for _ in range(40):
        for hours in (6, 9, 12, 15, 18, 21):
            band = filling(curve, hours * HOUR, whole)
            assert band is not None
            wrong += not band.lower <= random.poisson(1000 * hours / 24) <= band.upper
        band = filling(curve, 12 * HOUR, whole)
        assert band is not None
        missed += random.poisson(1000 * 7 / 24) >= band.lower  # nothing came since seven
    assert wrong <= 2
    assert missed == 0


def test_hours_are_buckets_too():
    every = timedelta(minutes=5)
    runs = np.arange(np.datetime64(START), np.datetime64(START + 6 * DAY), np.timedelta64(every))
    seen = []
    for hour in range(40):
        bucket = np.datetime64(START + hour * HOUR)
        for minutes, count in ((5, 10), (30, 60), (60, 110), (70, 120)):
            seen.append((bucket, bucket + np.timedelta64(minutes, "m"), count))
    curve = learn(pd.DataFrame(seen, columns=["bucket", "observed_at", "value"]), runs, HOUR, START + 6 * DAY)
    assert sentence(curve) == "an hour is complete 10 min after its end"
    share = curve.share(30 * MINUTE)
    assert share is not None
    assert share.usual == pytest.approx(0.5)


@given(st.integers(0, 2**32 - 1), st.integers(12, 30), st.sampled_from([15 * MINUTE, HOUR, 6 * HOUR]))
@settings(max_examples=examples(15), deadline=None)
def test_a_curve_never_falls_and_its_band_holds_it(seed: int, days: int, every: timedelta):
    random = np.random.default_rng(seed)
    power, lag = random.uniform(0.3, 3), random.uniform(0, 20)
    observed, runs = watched(lambda age: max(0, (age - lag) / 24) ** power, days, every, rows=300, seed=seed)
    curve = learn(observed, runs, DAY, START + 60 * DAY)
    for line in (curve.usual, curve.low, curve.high):
        known = line[np.isfinite(line)]
        assert (np.diff(known) >= 0).all()
        assert ((known >= 0) & (known <= 1)).all()
    known = np.isfinite(curve.usual) & np.isfinite(curve.low) & np.isfinite(curve.high)
    assert (curve.low[known] <= curve.usual[known]).all()
    assert (curve.usual[known] <= curve.high[known]).all()


@given(st.integers(0, 2**32 - 1), st.integers(14, 26))
@settings(max_examples=examples(10), deadline=None)
def test_what_is_observed_later_changes_nothing(seed: int, day: int):
    observed, runs = watched(evenly, days=30, every=3 * HOUR, seed=seed)
    at = START + day * DAY + 7 * HOUR
    now = learn(observed[observed["observed_at"] <= at], runs[runs <= np.datetime64(at)], DAY, at)
    random = np.random.default_rng(seed)
    later = observed["observed_at"] > at
    changed = observed.assign(value=observed["value"].where(~later, random.integers(0, 5000, len(observed))))
    then = learn(changed, runs, DAY, at)
    assert (now.buckets, now.complete) == (then.buckets, then.complete)
    for name in ("usual", "low", "high"):
        assert np.array_equal(getattr(now, name), getattr(then, name), equal_nan=True)
