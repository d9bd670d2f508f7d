"""No look-ahead: what comes later changes no verdict of before, through all that a run and a backtest ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from checks.backtest.replay import replay
from checks.learned.before import REACH, Before
from checks.learned.judging import Judged
from checks.learned.past import by_bucket, whole_table
from checks.learned.turns import moving
from checks.records import Detection, Grain, Label, LabelKind, Metric, category_count
from tests.examples import examples
from tests.learning import TODAY, calm, learned
from tests.monitors import utc

DAYS, DAY = 110, timedelta(days=1)
BUCKETS = tuple(TODAY - timedelta(days=number) for number in range(DAYS, 0, -1))
ROWS = Metric("bucket_rows", grain=Grain.DAY)
MONTH, MONTHS_NULLS = Metric("mean", "month", Grain.DAY), Metric("null_rate", "month", Grain.DAY)
AGE, SECONDS = Metric("freshness"), Metric("run_seconds")
BAND = ("expected", "lower", "upper", "score")
Lines = dict[Metric, np.ndarray]
LABELS = (
    Label(1, "s.orders", LabelKind.EXPECTED, BUCKETS[40], BUCKETS[42], "ada", utc(2026, 3, 15)),
    Label(2, "s.orders", LabelKind.FALSE_ALARM, BUCKETS[50], BUCKETS[50], "ada", utc(2026, 3, 15)),
    Label(3, "s.orders", LabelKind.NEW_REGIME, BUCKETS[60], BUCKETS[60], "ada", utc(2026, 3, 15), "mean", "amount"),
)


def of_day(value: str, column: str) -> Metric:
    return replace(category_count(column, value), grain=Grain.DAY)


def a_dataset(seed: int) -> Lines:
    """Every family, with a column that says which month it is, one of hours, one with an edge and one whose values are
    versions."""
    rows = calm(seed, DAYS, 1000).round()
    web = (rows * 0.6).round()
    day = np.arange(DAYS)
    lines = {
        ROWS: rows,
        Metric("null_rate", "email", Grain.DAY): calm(seed + 1, DAYS, 0.02),
        Metric("mean", "amount", Grain.DAY): calm(seed + 2, DAYS, 50),
        Metric("distinct_count", "kind", Grain.DAY): np.full(DAYS, 3.0),
        Metric("min_length", "code", Grain.DAY): np.full(DAYS, 8.0),
        Metric("max_length", "code", Grain.DAY): np.full(DAYS, 8.0),
        of_day("web", "kind"): web,
        of_day("shop", "kind"): rows - web,
        **_ends("visib", np.minimum(10.0, calm(seed + 6, DAYS, 10.0)), 0.0, 10.0),
        **_ends("hour", calm(seed + 7, DAYS, 12.0), 0.0, 23.0),
        Metric("distinct_count", "rain", Grain.DAY): np.where(day % 4 == 0, 9.0, 1.0),
        MONTH: np.array([float(bucket.month) for bucket in BUCKETS]),
        MONTHS_NULLS: calm(seed + 3, DAYS, 0.01),
        AGE: calm(seed + 4, DAYS, 3600.0),
        SECONDS: np.where(day < 50, np.nan, calm(seed + 5, DAYS, 60.0)),
    }
    return lines | {of_day(f"v{n}", "version"): np.where(day // 30 == n, rows, 0.0) for n in range(4)}


def _ends(column: str, mean: np.ndarray, least: float, most: float) -> Lines:
    lines = {"mean": mean, "min": np.full(DAYS, least), "max": np.full(DAYS, most)}
    return {Metric(name, column, Grain.DAY): line for name, line in lines.items()}


def another_future(lines: Lines, at: int, seed: int) -> Lines:
    """The same up to the day `at`; then all is different, other values are there, and other columns take turns."""
    chance = np.random.default_rng(seed)
    changed = {metric: line.copy() for metric, line in lines.items()}
    for line in changed.values():
        line[at:] = chance.choice([0.0, 1.0, 7.0, 500.0, np.nan], DAYS - at) * chance.random(DAYS - at)
    later = np.arange(DAYS) >= at
    half = (DAYS - at) // 2
    changed[of_day("fax", "kind")] = np.where(later, 400.0, 0.0)
    changed[of_day("web", "kind")][at : at + half] = 0.0
    changed[of_day("shop", "kind")][at + half :] = 0.0
    changed[Metric("invalid_count", "email", Grain.DAY)] = np.where(later, 3.0, np.nan)
    changed[Metric("mean", "amount", Grain.DAY)][at:] = [bucket.day for bucket in BUCKETS[at:]]
    return changed


def verdicts(lines: Lines, until: int) -> list[Judged]:
    """Of a backtest when so many days are complete. What is known of the whole table is observed on the day after."""
    series = {
        metric: {
            bucket + (metric.grain is Grain.TABLE) * DAY: float(value)
            for bucket, value in zip(BUCKETS[:until], line, strict=False)
            if value == value
        }
        for metric, line in lines.items()
    }
    last = BUCKETS[until - 1]
    by_days = {metric: values for metric, values in series.items() if metric.grain is Grain.DAY and values}
    whole = {metric: values for metric, values in series.items() if metric.grain is Grain.TABLE and values}
    grids = [
        by_bucket(by_days, Grain.DAY, last, REACH[Grain.DAY], LABELS),
        whole_table(whole, Grain.DAY, last + DAY, REACH[Grain.TABLE], LABELS),
    ]
    found = replay([grid for grid in grids if grid], Detection(), LABELS, timedelta(days=until))
    return list(found.judged)


def said(found: list[Judged]) -> Mapping[tuple[Metric, datetime], tuple]:
    """What is said of each value that is watched."""
    return {
        (metric, bucket - (metric.grain is Grain.TABLE) * DAY): (
            judged.state[row, at],
            *(getattr(judged.bands, name)[row, at] for name in BAND),
        )
        for judged in found
        for row, metric in enumerate(judged.watched.metrics)
        for at, bucket in enumerate(judged.watched.buckets)
        if judged.state[row, at] not in ("unwatched", "unmeasured")
    }


@settings(max_examples=examples(10), deadline=None)
@given(seed=some.integers(0, 1000), at=some.integers(20, DAYS - 1))
def test_another_future_changes_no_verdict_of_the_past(seed: int, at: int):
    lines = a_dataset(seed)
    one, other, alone = (
        {key: each for key, each in said(found).items() if key[1] < BUCKETS[at]}
        for found in (verdicts(lines, DAYS), verdicts(another_future(lines, at, seed), DAYS), verdicts(lines, at))
    )
    assert one.keys() == other.keys() == alone.keys()
    for key, verdict in one.items():
        assert verdict[0] == other[key][0] == alone[key][0], key
        # how many series are reckoned together may change the last bit of a sum
        np.testing.assert_allclose(verdict[1:], other[key][1:], rtol=1e-9, atol=1e-9, err_msg=str(key))
        np.testing.assert_allclose(verdict[1:], alone[key][1:], rtol=1e-9, atol=1e-9, err_msg=str(key))


@pytest.mark.parametrize("until", [35, 64, 92, DAYS])
def test_a_run_says_of_its_newest_day_what_a_backtest_says_of_that_day_later(until: int):
    lines = {metric: line for metric, line in a_dataset(3).items() if metric.grain is Grain.DAY}
    later = said(verdicts(lines, DAYS))
    today = BUCKETS[until - 1] + DAY
    shown = {metric: line[:until] for metric, line in lines.items()}
    [bands] = learned(shown, Before(labels=LABELS), today=today)[1].bands
    newest = {metric: tuple(getattr(bands, name)[row, -1] for name in BAND) for row, metric in enumerate(bands.metrics)}
    told = {metric: each for (metric, bucket), each in later.items() if bucket == BUCKETS[until - 1]}
    judged = {metric: each for metric, each in told.items() if each[0] in ("normal", "anomaly", "drift")}
    assert newest.keys() >= judged.keys() > {ROWS}
    for metric, each in judged.items():
        np.testing.assert_allclose(newest[metric], each[1:], rtol=1e-9, atol=1e-9, err_msg=str(metric))


def test_the_calendar_and_versions_are_not_watched_from_the_day_on_which_that_is_known():
    known = said(verdicts(a_dataset(1), DAYS))
    watched = {metric: [bucket for one, bucket in known if one == metric] for metric, _ in known}
    assert max(watched[MONTH]) == max(watched[MONTHS_NULLS]) == BUCKETS[8]  # ten days are a clock
    versions = [at for at, bucket in enumerate(BUCKETS) if bucket in watched[of_day("v0", "version")]]
    assert 60 < max(versions) < 80  # the second time that most rows have moved on for good
    assert max(watched[ROWS]) == BUCKETS[-1]


def test_what_takes_turns_is_known_by_what_was_seen_until_then():
    metrics, day = [of_day(f"v{n}", "version") for n in range(3)], np.arange(90)
    shares = np.array([np.where(day // 30 == n, 1.0, 0.0) for n in range(3)])
    rows = np.full(shares.shape, 100.0)
    whole = moving(metrics, shares, rows, Grain.DAY)
    assert not whole[:, :60].any()
    assert whole[:, 80:].all()
    for at in range(1, 90):
        np.testing.assert_array_equal(moving(metrics, shares[:, :at], rows[:, :at], Grain.DAY), whole[:, :at])
