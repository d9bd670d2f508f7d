"""Slow drifts of hourly series: told by their days, which go further back than their hours, by all who judge them."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache

import numpy as np
import pandas as pd
import pytest

from checks.backtest.document import Wanted, backtest_document
from checks.backtest.replay import Replay, replay
from checks.detect import Days, Settings, Trails, by_day, score_many
from checks.detect.drift import NEEDED
from checks.learned.grids import Watched
from checks.learned.past import by_bucket
from checks.records import Dataset, Detection, EventTime, Grain, Grid, Label, LabelKind, Measured, Metric, Status
from checks.run import Slot
from connectors import Column
from tests.monitors import Clock, canned, utc

ROWS, MEAN = Metric("bucket_rows", grain=Grain.HOUR), Metric("mean", "amount", Grain.HOUR)
FIRST = datetime.fromisoformat("2025-06-02")  # a Monday
DAYS, BEGINS, HOUR, DAY = 220, 195, timedelta(hours=1), timedelta(days=1)
WEEK = np.array([1.0, 1.02, 1.0, 1.0, 1.05, 0.7, 0.65])
COLUMNS = (Column("at", "timestamp", "TIMESTAMP"), Column("amount", "float64", "DOUBLE"))


def shop(*, drifts: bool) -> dict[Metric, np.ndarray]:
    """About 200 rows an hour by day and 40 by night, with a quiet weekend; with a drift 40 % fewer in 28 days."""
    random, hour = np.random.default_rng(1), np.arange(24 * DAYS)
    usual = np.where((hour % 24 >= 7) & (hour % 24 < 21), 200, 40) * WEEK[hour // 24 % 7]
    left = 1 - 0.4 * np.clip((hour / 24 - BEGINS) / 28, 0, 1) if drifts else 1.0
    day = np.exp(0.05 * np.repeat(random.standard_normal(DAYS), 24))
    return {ROWS: random.poisson(usual * day * left).astype(float), MEAN: 50 + random.standard_normal(len(hour))}


def hours(begin: int, end: int) -> tuple[datetime, ...]:
    return tuple(FIRST + HOUR * number for number in range(begin, end))


@pytest.fixture(params=[14, pytest.param(60, marks=pytest.mark.slow)])
def reach(request: pytest.FixtureRequest) -> timedelta:
    """How far back hours are followed: the days before them tell the drift, however few they are."""
    return timedelta(days=request.param)


def watched(lines: dict[Metric, np.ndarray], until: int, reach: timedelta, labels: tuple[Label, ...] = ()) -> Watched:
    """What is judged when so many hours are complete."""
    known = {metric: dict(zip(hours(0, until), line.tolist(), strict=False)) for metric, line in lines.items()}
    grid = by_bucket(known, Grain.HOUR, hours(0, until)[-1], reach, labels)
    assert grid is not None
    return grid


def replayed(lines: dict[Metric, np.ndarray], until: int, reach: timedelta) -> Replay:
    """A backtest when so many hours are complete."""
    return replay([watched(lines, until, reach)], Detection(), (), DAY)


@cache
def drifting(reach: timedelta) -> Replay:
    """A backtest of the shop that drifts, when the drift was told."""
    return replayed(shop(drifts=True), 24 * (BEGINS + 12), reach)


def told(found: Replay) -> list[tuple[Metric, datetime]]:
    [judged] = found.judged
    places = np.argwhere(judged.state == "drift")
    return [(judged.watched.metrics[row], judged.watched.buckets[at]) for row, at in places]


@pytest.mark.slow
@pytest.mark.parametrize("drifts", [True, False])
def test_runs_and_pages_and_backtests_tell_the_same_drift_and_none_of_a_steady_table(tmp_path, drifts: bool):
    lines, first_run, last_run = shop(drifts=drifts), BEGINS + 9, BEGINS + 11

    def answer(_: Dataset, slot: Slot) -> Measured:
        end = (slot.at.replace(tzinfo=None) - FIRST) // HOUR
        is_first = end < 24 * (first_run + 1)
        begin = 0 if is_first else end - 72
        grid = Grid(tuple(lines), hours(begin, end), np.array([line[begin:end] for line in lines.values()]))
        event_time = EventTime("at", "inferred", grain=Grain.HOUR)
        return Measured(COLUMNS, event_time, None, (grid,), (), (), grid.buckets[0], is_first, 0.1, slot.at)

    monitor = canned(tmp_path, Clock(utc(2025, 6, 2)), "orders", config="[detection]")
    monitor.answer = answer
    said = {}
    for day in range(first_run, last_run + 1):
        monitor.clock.now = utc(2025, 6, 2, 0, 30) + day * DAY
        [run] = monitor.start(["s.orders"])
        said[day] = next(result for result in run.result().results if result.check == "learned.volume")
    alerts = monitor.history.alerts("s.orders")
    by_runs = [(one.metric, alert.bucket) for alert in alerts for one in alert.findings if one.drift]
    document = backtest_document(monitor, "s.orders", Wanted(days=30, points=True))
    monitor.close()
    [points] = [each for each in document["settings"][0]["points"] if each["metric"] == "bucket_rows"]
    on_the_page = [at for at, state in zip(points["bucket"], points["state"], strict=True) if state == "drift"]
    in_events = [event for event in document["settings"][0]["alerts"] if any(one["drift"] for one in event["series"])]
    if not drifts:
        assert not by_runs
        assert not on_the_page
        assert not in_events
        assert {result.status for result in said.values()} == {Status.PASS}
        return
    [(metric, bucket)] = by_runs
    day = (bucket - FIRST).days
    assert metric == ROWS
    assert bucket.hour == 23
    assert first_run <= day < last_run
    warned = said[day + 1]
    assert warned.status is Status.WARN, "the first run in which that day is complete"
    # some 3,100 on a usual day, and 12 % fewer on the last
    fallen = "the number of rows has fallen from about 3,100 to about 2,900 a day in 4 weeks"
    assert warned.reason == f"{fallen} up to {bucket:%Y-%m-%d}"
    assert (warned.observed, warned.expected) == ("about 2,900 rows a day", "about 3,100 rows a day, as 4 weeks before")
    assert [datetime.fromisoformat(at).replace(tzinfo=None) for at in on_the_page] == [bucket]
    assert [event["sentence"] for event in in_events] == [fallen]


def test_drift_is_told_without_looking_ahead(reach: timedelta):
    lines, end = shop(drifts=True), 24 * (BEGINS + 12)
    [(metric, bucket), *_] = told(drifting(reach))
    at = round((bucket - FIRST) / HOUR) + 1
    begin = FIRST + end * HOUR - HOUR - reach
    alone = replayed(lines, at, bucket - begin)
    assert told(alone) == [(metric, bucket)]
    assert told(replayed(lines, at - 1, bucket - HOUR - begin)) == []
    later = {metric: np.where(np.arange(24 * DAYS) < at, line, 7.0) for metric, line in lines.items()}
    assert told(replayed(later, end, reach))[0] == (metric, bucket)


def test_a_drift_is_told_at_the_next_hour_that_was_measured(reach: timedelta):
    lines, end = shop(drifts=True), 24 * (BEGINS + 12)
    [(_, bucket), *_] = told(drifting(reach))
    at = round((bucket - FIRST) / HOUR)
    lines[ROWS][at : at + 2] = np.nan
    assert told(replayed(lines, end, reach))[0] == (ROWS, bucket + 2 * HOUR)


def test_days_before_the_hours_leave_out_what_labels_say_teaches_nothing():
    label = Label(1, "s.orders", LabelKind.EXPECTED, FIRST + 90 * DAY, FIRST + 91 * DAY - HOUR, "ada", utc(2026, 1, 1))
    earlier = watched(shop(drifts=False), 24 * DAYS - 5, timedelta(days=60), (label,)).earlier
    assert earlier is not None
    begin, end = FIRST + (DAYS - 1 - 200) * DAY, FIRST + (DAYS - 60) * DAY
    assert earlier.days == tuple(begin + DAY * number for number in range((end - begin).days))
    unknown = [day for day, known in zip(earlier.days, np.isfinite(earlier.values[0]), strict=True) if not known]
    assert unknown == [FIRST + 90 * DAY]


def test_what_a_day_of_hours_is():
    values = np.tile(np.arange(24.0), (3, 3))
    rows = np.full(values.shape, np.nan)
    rows[1] = 10.0
    rows[1, 24:36], values[1, 24:36] = 0.0, np.nan
    values[0, 40:53] = np.nan
    days = by_day(hours(-5, 67), values, ["count", "rate", "value"], rows)
    assert days.days == (FIRST, FIRST + DAY)
    own = np.arange(5, 53)
    np.testing.assert_allclose(days.values[0], [np.nansum(values[0, own[:24]]), np.nan])
    np.testing.assert_allclose(days.values[1], [np.nanmean(values[1, own[:24]]), np.nanmean(values[1, own[24:]])])
    np.testing.assert_allclose(days.values[2], [11.5, 11.5])
    np.testing.assert_allclose(days.rows[1], [190.0, 170.0])
    assert np.isnan(days.rows[[0, 2]]).all()


def test_half_a_day_counts_as_if_the_rest_were_like_it():
    values = np.where(np.arange(24) % 2, 100.0, np.nan)[None, :]
    days = by_day(hours(0, 24), values, ["count"], np.full(values.shape, np.nan))
    assert days.values.tolist() == [[2400.0]]


def test_too_few_days_tell_no_drift():
    lines = shop(drifts=True)
    buckets = pd.DatetimeIndex(hours(0, 24 * DAYS))[-24 * 30 :]
    whole = by_day(hours(0, 24 * DAYS), lines[ROWS][None, :], ["count"], np.full((1, 24 * DAYS), np.nan))
    for count, finds in ((NEEDED - 1, False), (DAYS, True)):
        days = Days(whole.days[-count:], whole.values[:, -count:], whole.rows[:, -count:])
        scores = score_many(lines[ROWS][None, -24 * 30 :], buckets, ["count"], days=days)
        assert ("drift" in scores.state) == finds


def test_runs_that_go_on_from_the_last_tell_what_following_anew_tells():
    rows = shop(drifts=True)[ROWS][None, :]
    whole, trails, found = by_day(hours(0, 24 * DAYS), rows, ["count"], np.full(rows.shape, np.nan)), Trails(), 0
    begin = 24 * (BEGINS - 2)
    for day in range(BEGINS + 8, BEGINS + 11):
        index = pd.DatetimeIndex(hours(begin, 24 * day))
        days = Days(whole.days[:day], whole.values[:, :day], whole.rows[:, :day])
        asked = {"grid": rows[:, begin : 24 * day], "buckets": index, "kinds": ["count"], "settings": Settings()}
        since = len(index) - 72
        going_on = trails.scorer("orders", since)(**asked, days=days).state[:, since:]
        np.testing.assert_array_equal(going_on, score_many(**asked, days=days).state[:, since:])
        found += "drift" in going_on
    assert found > 0
