"""Going on from what was followed the last time: the verdicts of following all anew, for the price of what is new."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from checks.detect import KINDS, PARTS, Settings, Trails, score_many, trails
from checks.detect.following import Follower
from checks.learned import judging, learning
from checks.learned.before import Before
from checks.records import Label, LabelKind
from tests.examples import examples
from tests.learning import MEAN, NULLS, ROWS, TODAY, by_day, learned, usual, with_last
from tests.monitors import utc

DAYS = pd.date_range("2026-09-01", periods=130, freq="D")  # Thanksgiving and Christmas come towards the end
HOURS = pd.date_range("2026-11-01", periods=24 * 14, freq="h")


def values_of(buckets: pd.DatetimeIndex, seed: int) -> np.ndarray:
    chance = np.random.default_rng(seed)
    size = len(buckets)
    return np.stack([
        chance.poisson(1000, size).astype(float), chance.binomial(500, 0.03, size) / 500,
        chance.binomial(500, 0.3, size) / 500,
        40 + chance.normal(size=size), 3600 * np.exp(0.1 * chance.normal(size=size)),
    ])  # fmt: skip


def question(buckets: pd.DatetimeIndex, seed: int) -> dict:
    chance = np.random.default_rng(seed)
    values = values_of(buckets, seed)
    values[chance.random(values.shape) < 0.02] = np.nan
    return {
        "grid": values,
        "buckets": buckets,
        "kinds": KINDS,
        "settings": Settings(holidays="US"),
        "excluded": chance.random(values.shape) < 0.03,
        "excused": chance.random(values.shape) < 0.03,
        "allowed": np.where(np.arange(len(buckets)) < 60, 0.5, 0.2) * np.ones(values.shape),
        "denominators": np.where([[kind in PARTS] for kind in KINDS], 500.0, np.nan) * np.ones(values.shape),
        "regimes": [[], [], [buckets[len(buckets) // 2]], [], []],
    }


def until(asked: dict, end: int) -> dict:
    cut = {name: asked[name][:, :end] for name in ("grid", "excluded", "excused", "allowed", "denominators")}
    return asked | cut | {"buckets": asked["buckets"][:end]}


def assert_same(kept: Trails, asked: dict, since: int) -> None:
    one, other = kept.scorer("grid", since)(**asked), score_many(**asked)
    for name, array in vars(other).items():
        np.testing.assert_array_equal(getattr(one, name)[:, since:], array[:, since:], name)
    assert (one.state[:, :since] == "unmeasured").all()


@settings(max_examples=examples(8), deadline=None)
@given(
    seed=some.integers(0, 1000),
    steps=some.lists(
        some.tuples(some.integers(0, 9), some.integers(1, 5), some.sampled_from(["", "late", "old"])),
        min_size=2,
        max_size=6,
    ),
)
def test_the_verdicts_are_those_of_following_all_anew(seed: int, steps: list[tuple[int, int, str]]):
    """Runs bring some buckets more, values of the last ones change, and now and then one of long ago."""
    kept, whole, end = Trails(), question(DAYS, seed), 80
    for more, back, change in steps:
        end += more
        if change:
            whole["grid"][:, end - back if change == "late" else 30] *= 1.5
        assert_same(kept, until(whole, end), end - back)


@pytest.mark.slow
def test_hours_are_judged_the_same_too():
    kept, whole = Trails(), question(HOURS, 1)
    for end in (300, 301, 302, 320, 336):
        assert_same(kept, until(whole, end), end - 5)


@pytest.fixture
def cost(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """How many buckets are followed to answer a question."""
    steps: list[int] = []
    learn = Follower.learn
    monkeypatch.setattr(Follower, "learn", lambda *given: steps.append(1) or learn(*given))

    def of(kept: Trails, name: str, asked: dict, since: int) -> int:
        steps.clear()
        kept.scorer(name, since)(**asked)
        return len(steps)

    return of


def test_only_what_is_new_is_followed(cost):
    kept, whole = Trails(), question(DAYS, 2)
    runs = ((100, 97), (100, 97), (101, 98), (101, 100), (101, 50), (101, 100))
    assert [cost(kept, "a", until(whole, end), since) for end, since in runs] == [100, 3, 4, 3, 101, 51]
    whole["grid"][:, 10] += 1
    assert cost(kept, "a", until(whole, 101), 100) == 101


def test_trails_of_the_grids_that_were_judged_last_are_kept_and_wide_ones_never(cost, monkeypatch):
    monkeypatch.setattr(trails, "MOST", 75_000)
    kept, asked = Trails(), until(question(DAYS, 3), 101)
    assert [cost(kept, name, asked, 100) for name in "abaca"] == [101, 101, 1, 101, 1]
    assert cost(kept, "b", asked, 100) == 101
    monkeypatch.setattr(trails, "MOST_OF_ONE", 499)
    assert [cost(kept, "d", asked, 100) for _ in range(2)] == [101, 101]


def test_what_is_remembered_of_young_hours_counts_as_what_it_takes(cost, monkeypatch):
    """They have few values, and take as much as those of weeks: a thousand new tables must not fill a machine."""
    monkeypatch.setattr(trails, "MOST", 375_000)
    kept, asked = Trails(), until(question(HOURS, 3), 24)
    assert [cost(kept, name, asked, 23) for name in "abcda"] == [24, 24, 24, 24, 24]
    assert cost(kept, "d", asked, 23) == 1


BAND = ("values", "expected", "lower", "upper", "score")


def test_runs_say_the_same_as_if_all_was_judged_anew(monkeypatch: pytest.MonkeyPatch):
    """The next day, with a day restated, with labels on days read and not read, and with an alert to withdraw."""
    days = usual(100)
    low = with_last(days, rows=500, nulls=0.3)
    longer = {metric: np.append(line, line[-1]) for metric, line in low.items()}
    restated = days | {MEAN: days[MEAN] * np.where(np.arange(100) == 40, 2, 1)}
    sale_day, regime = TODAY - timedelta(days=30), TODAY - timedelta(days=20)
    sale = Label(1, "s.orders", LabelKind.EXPECTED, sale_day, sale_day, "ada", utc(2026, 3, 15))
    begun = replace(sale, kind=LabelKind.NEW_REGIME, first=regime)
    known = Before(labels=[begun], alerts=learned(low)[1].alerts)
    runs = [
        (days, Before(), TODAY), (low, Before(), TODAY), (low, Before(labels=[sale]), TODAY),
        (longer, Before(), TODAY + timedelta(days=1)), (restated, Before(), TODAY), (low, known, TODAY),
        ({ROWS: days[ROWS], NULLS: days[NULLS]}, Before(), TODAY),
    ]  # fmt: skip

    def said() -> list[str]:
        found = []
        for lines, before, today in runs:
            monkeypatch.setattr(learning, "_told", {})
            results, kept = learned(lines, replace(before, buckets=by_day(lines, today)), today=today, read=3)
            bands = [getattr(each, name).tolist() for each in kept.bands for name in BAND]
            found.append(repr((results, kept.alerts, bands)))
        return found

    going_on, whole = said(), judging.judged
    monkeypatch.setattr(judging, "judged", lambda *given: whole(*given[:4]))
    assert said() == going_on
