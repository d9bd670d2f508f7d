"""Learned detection: bands made from the past alone, verdicts that come rarely and rightly."""

from __future__ import annotations

from datetime import date
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from checks.detect import KINDS, Settings, drift, fit, fit_many, score, score_many
from checks.detect.calendars import special_day
from checks.detect.drift import levels
from checks.detect.threshold import limit_of_chance
from checks.records import Drift
from tests.examples import examples

DAYS = pd.date_range("2025-01-06", periods=180, freq="D")


def of_kind(kind: str, seed: int = 1, buckets: pd.DatetimeIndex = DAYS) -> pd.Series:
    """A plain series of a kind, with a weekday season where it counts something."""
    chance = np.random.default_rng(seed)
    noise = chance.normal(0, 1, len(buckets))
    weekend = np.where(buckets.day_of_week >= 5, 0.6, 1.0)
    made = {
        "count": np.round(1000 * weekend * np.exp(0.05 * noise)),
        "rate": chance.binomial(1000, 0.02, len(buckets)) / 1000,
        "share": chance.binomial(1000, 0.3, len(buckets)) / 1000,
        "value": 40 + 2 * noise,
        "gap": 3600 * np.exp(0.1 * noise),
    }
    return pd.Series(made[kind], buckets)


@settings(max_examples=examples(12), deadline=None)
@given(
    kind=some.sampled_from(KINDS),
    seed=some.integers(0, 10_000),
    at=some.integers(1, 119),
    future=some.lists(some.one_of(some.none(), some.floats(0, 1e6)), min_size=1, max_size=60),
)
def test_changing_the_future_never_changes_the_verdicts_of_the_past(kind, seed, at, future) -> None:
    values = of_kind(kind, seed)[:120]
    changed = values.copy()
    new = pd.Series(future[: len(values) - at], dtype=float).to_numpy()
    changed.iloc[at : at + len(new)] = new
    excluded = pd.Series(np.random.default_rng(seed).random(120) < 0.05, values.index)
    before = score(values, kind, holidays="US", excluded=excluded, regimes=[values.index[40]])
    after = score(changed, kind, holidays="US", excluded=excluded, regimes=[values.index[40]])
    alone = score(values[:at], kind, holidays="US", excluded=excluded[:at], regimes=[values.index[40]])
    pd.testing.assert_frame_equal(before[:at], after[:at])
    pd.testing.assert_frame_equal(before[:at], alone, check_freq=False)
    band = ["expected", "lower", "upper"]
    pd.testing.assert_frame_equal(before[band][: at + 1], after[band][: at + 1])


@pytest.mark.parametrize("kind", KINDS)
def test_a_fall_to_nothing_or_a_jump_is_an_anomaly_of_every_kind(kind) -> None:
    values = of_kind(kind)
    values.iloc[150] = {"count": 0, "rate": 0.2, "share": 0.0, "value": 80, "gap": 36000}[kind]
    assert score(values, kind)["state"].iloc[150] == "anomaly"


@pytest.mark.parametrize("kind", KINDS)
def test_a_constant_series_is_silent_and_a_hair_is_nothing(kind) -> None:
    values = pd.Series(0.5 if kind == "rate" else 1000.0, DAYS)
    values.iloc[100] *= 1.001
    assert not score(values, kind)["is_anomaly"].any()


def test_the_band_of_a_count_is_nearer_below_than_above() -> None:
    counts = np.array([of_kind("count", seed) for seed in range(30)])
    scores = score_many(counts, DAYS, ["count"] * len(counts))
    down = np.log(scores.expected / scores.lower)[:, -30:].mean()
    up = np.log(scores.upper / scores.expected)[:, -30:].mean()
    assert down < up


def test_odd_special_days_of_a_count_leave_the_band_of_ordinary_days_alone_and_have_more_room_themselves() -> None:
    plain = of_kind("count")
    odd = plain.where(DAYS.day != 1, np.round(plain * 0.7))
    band = score_many(np.stack([plain, odd]), DAYS, ["count"] * 2)
    np.testing.assert_allclose(*band.lower[:, DAYS.day == 15])
    first, before = DAYS.get_loc("2025-07-01"), DAYS.get_loc("2025-06-24")
    room = np.log(band.expected / band.lower)[0]
    assert room[first] > 1.2 * room[before]
    known = fit(plain[:first], "count").judge(DAYS[first], None)
    assert known.lower == pytest.approx(band.lower[0, first], rel=1e-6)


def test_the_hours_of_a_holiday_have_more_room_by_the_hour_too() -> None:
    hours = pd.date_range("2026-06-08", periods=24 * 26, freq="h")
    rows = pd.Series(np.random.default_rng(3).poisson(400, len(hours)).astype(float), hours)
    with_room, plain = score(rows, "count", holidays="US"), score(rows, "count")
    independence, usual = pd.Timestamp("2026-07-03 12:00"), pd.Timestamp("2026-06-30 12:00")
    width = np.log(with_room["expected"] / with_room["lower"]) / np.log(plain["expected"] / plain["lower"])
    assert width[independence] > 1.3 * width[usual]
    known = fit(rows[:independence].iloc[:-1], "count", Settings(holidays="US"))
    assert known.down_special == pytest.approx(1.3 * known.down)


def test_one_less_of_a_small_count_that_never_moved_is_an_anomaly() -> None:
    values = pd.Series(4.0, DAYS)
    values.iloc[150] = 3
    assert score(values, "count")["state"].iloc[150] == "anomaly"


def test_what_chance_does_to_a_count_of_few_rows_hides_no_fall_to_a_fifth() -> None:
    counts = np.random.default_rng(7).poisson(15, (40, len(DAYS))).astype(float)
    found = score_many(counts, DAYS, ["count"] * len(counts))
    judged = slice(60, None)
    assert (found.state[:, judged] == "anomaly").mean() * 90 < 0.5
    assert (np.round(counts / 5) < found.lower)[:, judged].mean() > 0.72
    known = fit(pd.Series(counts[0, :-1], DAYS[:-1]), "count").judge(DAYS[-1], counts[0, -1])
    assert (known.lower, known.upper) == pytest.approx((found.lower[0, -1], found.upper[0, -1]))


@pytest.mark.parametrize("chance", [0.05, 0.002, 1e-5])
def test_the_limit_of_chance_is_passed_so_often(chance) -> None:
    assert limit_of_chance(np.array(chance)) == pytest.approx(NormalDist().inv_cdf(1 - chance), abs=1e-3)


def test_a_value_that_is_0_on_most_days_is_not_judged_and_one_that_never_moved_may_not_move() -> None:
    rain = np.zeros(180)
    rain[20::9] = 3.0
    still, once, growing = np.zeros(180), np.zeros(180), np.full(180, 7.0)
    still[150] = once[[20, 150]] = 9.0
    growing[60:] = 9 + np.random.default_rng(1).normal(0, 0.1, 120)
    growing[150] = 12.0
    states = score_many(np.stack([rain, still, once, growing]), DAYS, ["value"] * 4).state
    assert set(states[0, 20:]) == {"learning"}
    assert set(states[1, 28:150]) == {"normal"}
    assert list(states[:, 150]) == ["learning", "anomaly", "anomaly", "anomaly"]
    assert states[2, 40] == "learning"
    known = fit(pd.Series(rain, DAYS), "value")
    assert known.judge(DAYS[-1] + pd.Timedelta(days=1), 60.0).state == "learning"
    assert known.progress == (13, 14)


@pytest.mark.parametrize(("rows", "told"), [(72, False), (7200, True)])
def test_two_rows_more_or_less_are_no_change_of_a_share(rows, told) -> None:
    shares, behind = pd.Series(1 / 3, DAYS[:60]), pd.Series(float(rows), DAYS[:60])
    shares.iloc[-1] = (rows / 3 - 2 * rows / 72) / rows
    found = score(shares, "rate", denominators=behind)
    assert (found["state"].iloc[-1] == "anomaly") == told
    assert fit(shares[:-1], "rate", denominators=behind).judge(DAYS[59], shares.iloc[-1], rows).is_anomaly == told


def test_a_slow_drift_is_told_once_while_it_lasts() -> None:
    values = of_kind("count", 3)
    steady = score(values, "count")
    values.iloc[120:148] *= 1 - 0.4 * np.arange(1, 29) / 28
    values.iloc[148:] *= 0.6
    found = score(values, "count")
    assert not (steady["state"] == "drift").any()
    assert (found["state"].iloc[120:148] == "drift").sum() == 1
    assert found["is_anomaly"][found["state"] == "drift"].all()


def test_the_levels_of_a_drift_leave_special_days_out_unless_that_leaves_too_little() -> None:
    days = np.concatenate([np.full(28, 900.0), np.full(7, 700.0), np.full(14, 500.0)])
    odd = np.zeros(49, dtype=bool)
    odd[-6:] = True
    assert levels(np.where(odd, 10.0, days), odd, falls=True) == (900.0, 500.0)
    odd[-10:] = True  # four days are no level
    assert levels(np.where(odd, 400.0, days), odd, falls=True) == (900.0, pytest.approx(412.5))
    assert np.isnan(levels(days, odd, falls=False)).all()  # not what was found
    assert np.isnan(levels(days[1:], odd[1:], falls=True)).all()


def test_odd_days_now_and_then_do_not_hide_a_drift() -> None:
    """A page that goes viral every week or so."""
    chance = np.random.default_rng(2)
    values = pd.Series(np.round(1000 * np.exp(chance.normal(0, 0.1, 180))), DAYS)
    odd = chance.random(180) < 0.12
    values[odd] *= chance.uniform(2, 4, odd.sum())
    drifting = values.copy()
    drifting.iloc[120:] *= 1 - 0.4 * np.minimum(np.arange(1, 61) / 28, 1)
    assert not (score(values, "count")["state"] == "drift").any()
    assert (score(drifting, "count")["state"].iloc[120:148] == "drift").any()


@pytest.mark.parametrize(("kind", "sooner"), [("count", True), ("value", False)])
def test_a_count_that_falls_slowly_is_told_sooner_than_one_that_rises(kind, sooner) -> None:
    moves = 0.05 * np.random.default_rng(3).normal(0, 1, 180)
    moves[120:] += 0.5 * np.minimum(np.arange(1, 61) / 28, 1)
    up, down = (1e6 * (np.exp(sign * moves) if kind == "count" else 1 + sign * moves) for sign in (1, -1))
    told = [int(np.argmax(score(pd.Series(each, DAYS), kind)["state"] == "drift")) for each in (down, up)]
    assert 120 < told[0] < 148
    assert (told[0] < told[1]) == sooner


@pytest.mark.slow
def test_a_drift_by_the_hour_is_told_once_at_the_end_of_a_day() -> None:
    hours = pd.date_range("2026-01-05", periods=24 * 110, freq="h")
    values = pd.Series(np.round(2000 * np.exp(np.random.default_rng(5).normal(0, 0.1, len(hours)))), hours)
    values.iloc[24 * 82 :] *= 1 - 0.4 * np.arange(1, 24 * 28 + 1) / (24 * 28)
    found = score(values, "count")
    told = found.index[found["state"] == "drift"]
    assert len(told) == 1
    assert told[0].hour == 23


@pytest.mark.slow
def test_hours_that_are_each_a_little_low_are_an_anomaly_together() -> None:
    hours = pd.date_range("2026-01-05", periods=24 * 42, freq="h")
    chance = np.random.default_rng(5)
    values = pd.Series(np.round(2000 * np.exp(chance.normal(0, 0.1, len(hours)))), hours)
    low = values.copy()
    low.iloc[900:906] *= 0.65
    found = score(low, "count")["state"]
    assert "anomaly" in set(found.iloc[900:906])
    assert not (score(values, "count")["state"] == "anomaly").any()


def hours_of(days: int, noise: float = 0.25, start: str = "2026-01-05", seed: int = 3) -> pd.Series:
    """About 400 rows an hour, busy by day."""
    hours = pd.date_range(start, periods=24 * days, freq="h")
    chance = np.random.default_rng(seed).normal(0, noise, len(hours))
    return pd.Series(np.round(400 * (1 + 0.5 * np.sin(hours.hour / 24 * 2 * np.pi)) * np.exp(chance)), hours)


@pytest.mark.slow
def test_six_hours_at_a_half_are_found_in_hours_that_move_by_a_sixth_themselves() -> None:
    values = hours_of(64, noise=0.16).to_numpy()
    grid = np.tile(values, (5, 1))
    places = [24 * day + 9 for day in (57, 59, 61, 63)]
    for row, at in enumerate(places):
        grid[row, at : at + 6] *= 0.5
    found = score_many(grid, hours_of(64).index, ["count"] * len(grid)).state == "anomaly"
    assert [found[row, at : at + 6].any() for row, at in enumerate(places)] == [True] * 4
    assert not found[-1].any()


@pytest.mark.slow
def test_most_falls_by_a_half_for_six_hours_are_found_where_single_hours_move_by_a_fifth() -> None:
    values = hours_of(64, noise=0.2)
    places = [24 * day + 8 for day in range(57, 64)]
    grid = np.tile(values.to_numpy(), (len(places), 1))
    for row, at in enumerate(places):
        grid[row, at : at + 6] *= 0.5
    found = score_many(grid, values.index, ["count"] * len(grid)).state == "anomaly"
    assert sum(found[row, at : at + 6].any() for row, at in enumerate(places)) >= 6
    assert not found[0, : places[0]].any()


@pytest.mark.slow
def test_evenings_of_weekends_that_move_as_a_whole_hide_nothing_on_weekdays() -> None:
    values = hours_of(64, noise=0.2)
    evening = (values.index.day_of_week >= 5) & (values.index.hour >= 16)
    busy = np.exp(np.repeat(np.random.default_rng(8).normal(0, 0.4, 64), 24) * evening)
    places = [24 * day + 8 for day in range(57, 62)]
    grid = np.tile(np.round(values.to_numpy() * busy), (len(places) + 1, 1))
    for row, at in enumerate(places):
        grid[row, at : at + 6] *= 0.5
    found = score_many(grid, values.index, ["count"] * len(grid)).state == "anomaly"
    assert [found[row, at : at + 6].any() for row, at in enumerate(places)] == [True] * 5
    assert not found[-1].any()


@pytest.mark.slow
@settings(max_examples=examples(4), deadline=None)
@given(at=some.integers(10 * 24, 29 * 24), value=some.sampled_from([0.0, 5.0, 1e6, float("nan")]))
def test_the_next_hours_never_change_the_verdicts_of_those_before(at, value) -> None:
    values = hours_of(30)
    grid = np.tile(values.to_numpy(), (2, 1))
    grid[1, at : at + 5] = value
    found = score_many(grid, values.index, ["count"] * 2, Settings(holidays="US"))
    for name, both in vars(found).items():
        np.testing.assert_array_equal(both[0, :at], both[1, :at], err_msg=name)
    for both in (found.expected, found.lower, found.upper):
        assert both[0, at] == both[1, at]


@pytest.mark.slow
def test_hours_of_a_great_holiday_and_of_its_weekend_may_be_other_than_usual() -> None:
    values = hours_of(83, noise=0.1, start="2026-09-07")
    thanksgiving, saturday, wednesday = "2026-11-26", "2026-11-28", "2026-11-18"
    grid = pd.DataFrame(dict.fromkeys((thanksgiving, saturday, wednesday), values))
    for day in grid:
        grid.loc[day, day] *= 0.6
    told = {
        country: (
            score_many(grid.to_numpy().T, grid.index, ["count"] * 3, Settings(holidays=country)).state == "anomaly"
        )
        for country in ("US", None)
    }
    on = [grid.index.normalize() == day for day in grid]
    assert [bool(told["US"][row, which].any()) for row, which in enumerate(on)] == [False, False, True]
    assert [bool(told[None][row, which].any()) for row, which in enumerate(on)] == [True, True, True]


@pytest.mark.parametrize(
    ("day", "country", "by_day", "by_hour"),
    [
        ("2026-11-26", "US", "Thanksgiving Day", "Thanksgiving Day"),
        ("2026-11-28", "US", None, "weekend after Thanksgiving Day"),
        ("2026-09-05", "US", None, "weekend before Labor Day"),
        ("2026-12-22", "US", "days before Christmas", "days before Christmas"),
        ("2026-12-24", "US", "day before Christmas Day", "day before Christmas Day"),
        ("2027-01-03", "GB", "days after New Year", "weekend after New Year's Day"),
        ("2026-12-22", "JP", None, None),  # an ordinary day
        ("2026-12-22", None, None, None),
        ("2026-09-01", None, "first of the month", None),
    ],
)
def test_days_that_the_calendar_makes_special(day, country, by_day, by_hour) -> None:
    named = {daily: special_day(date.fromisoformat(day), country, daily) for daily in (True, False)}
    assert {daily: found and found[0] for daily, found in named.items()} == {True: by_day, False: by_hour}


@pytest.mark.parametrize(("always", "then"), [(0.0, 0.001), (1.0, 0.999)])
def test_a_rate_that_never_left_its_end_may_not_leave_it(always, then) -> None:
    values = pd.Series(always, DAYS)
    values.iloc[100] = then
    found = score(values, "rate")
    assert found["is_anomaly"].to_numpy().nonzero()[0].tolist() == [100]
    assert found["lower"].iloc[100] == found["upper"].iloc[100] == always


def test_twice_the_usual_rate_is_mostly_seen_where_days_differ_by_chance_alone() -> None:
    """A fifth from day to day: with weekdays and restless weeks seen that are not there, every second was missed."""
    chance = np.random.default_rng(3)
    days = pd.date_range("2025-01-06", periods=400, freq="D")
    rates = chance.binomial(5000, chance.gamma(20, 0.01 / 20, (40, 400))) / 5000
    found = score_many(rates, days, ["rate"] * 40, denominators=np.full(rates.shape, 5000.0))
    judged = slice(220, None)
    assert (found.upper[:, judged] < 0.02).mean() > 0.7
    assert found.is_anomaly[:, judged].sum() / 40 / 2 < 0.7


def test_days_of_nulls_now_and_then_do_not_hide_the_next_one() -> None:
    chance = np.random.default_rng(3)
    days = pd.date_range("2025-01-06", periods=400, freq="D")
    mean = 0.01 * np.where(chance.random((40, 400)) < 1 / 60, 4.0, 1.0)
    rates = chance.binomial(5000, chance.gamma(20, mean / 20)) / 5000
    found = score_many(rates, days, ["rate"] * 40, denominators=np.full(rates.shape, 5000.0))
    assert (found.upper[:, 220:] < 0.03).mean() > 0.8


def test_the_band_of_a_rate_is_wider_while_it_is_restless() -> None:
    chance = np.random.default_rng(3)
    days = pd.date_range("2025-01-06", periods=400, freq="D")
    rates = chance.binomial(5000, chance.gamma(25, 0.01 / 25, (20, 400))) / 5000
    rates[:, 370:] = chance.binomial(5000, chance.gamma(3, 0.01 / 3, (20, 30))) / 5000
    width = np.median(score_many(rates, days, ["rate"] * 20).upper, axis=0) - 0.01
    assert width[399] > 1.5 * width[369]


def test_a_day_without_rows_where_there_always_were_some_is_an_anomaly_however_wide_the_band() -> None:
    chance = np.random.default_rng(4)
    wild = np.ceil(40 * np.exp(chance.normal(0, 1.6, len(DAYS))))
    closed, few = wild.copy(), chance.poisson(4, len(DAYS))
    closed[DAYS.day_of_week == 6] = 0
    at, sunday = 163, 167
    gone = np.stack([wild, closed, few, wild])
    gone[:3, at] = gone[:3, sunday] = 0
    gone[3, at] = 1
    found = score_many(gone, DAYS, ["count"] * 4)
    assert list(found.state[:, at]) == ["anomaly", "anomaly", "normal", "normal"]
    assert list(found.state[:, sunday]) == ["anomaly", "normal", "normal", "normal"]
    known = fit(pd.Series(wild[:at], DAYS[:at]), "count")
    assert [known.judge(DAYS[at], rows).state for rows in (0, 1)] == ["anomaly", "normal"]
    assert known.judge(DAYS[at], 0).score == pytest.approx(found.score[0, at])
    assert known.smallest_visible.down == pytest.approx(97, abs=3)


def test_hours_after_closing_time_expect_no_rows_however_busy_the_day_was() -> None:
    hours, chance = pd.date_range("2025-01-06", periods=24 * 26, freq="h"), np.random.default_rng(3)
    weather = np.zeros(len(hours))
    for at in range(1, len(hours)):
        weather[at] = 0.9 * weather[at - 1] + chance.normal(0, 0.13)
    weather[-24:] = 1.0
    rows = chance.poisson(300 * np.exp(weather) * ((hours.hour >= 7) & (hours.hour < 21)))
    found = score(pd.Series(rows.astype(float), hours), "count").iloc[-24:]
    assert found["expected"].iloc[21:].tolist() == [0, 0, 0]
    assert not found["is_anomaly"].iloc[21:].any()
    assert found["expected"].iloc[20] > 450


def test_six_hours_without_rows_are_an_anomaly_where_so_many_in_a_row_never_were() -> None:
    hours = pd.date_range("2026-01-05", periods=24 * 42, freq="h")
    is_open, chance = (hours.hour >= 9) & (hours.hour < 21), np.random.default_rng(6)
    open_ = chance.poisson(3.5 * np.exp(chance.normal(0, 0.5, len(hours)))) * is_open
    shut = open_ * (hours.day_of_week < 5)
    gone = np.stack([open_, open_, shut, open_])
    weekday, sunday = 24 * 37 + 10, 24 * 41 + 10
    gone[0, weekday : weekday + 6] = gone[1, weekday : weekday + 4] = gone[2, sunday : sunday + 6] = 0
    found = score_many(gone.astype(float), hours, ["count"] * 4).is_anomaly
    assert (found[0] & ~found[3]).nonzero()[0].tolist() == [weekday + 5]
    assert not (found[1] & ~found[3]).any()
    assert not found[2, sunday:].any()


@pytest.mark.slow
def test_hours_whose_rows_come_in_bunches_may_be_without_any_and_six_of_them_may_not() -> None:
    hours, chance = pd.date_range("2025-01-06", periods=24 * 60, freq="h"), np.random.default_rng(5)
    invoices = chance.poisson(5, len(hours))
    lines = np.array([np.ceil(chance.lognormal(2.5, 1.0, number)).sum() for number in invoices])
    none = (lines == 0) & (np.arange(len(hours)) >= 24 * 14)
    found = score_many(np.stack([lines, chance.poisson(100, len(hours)) * (lines > 0)]), hours, ["count"] * 2)
    assert none.sum() >= 5
    assert not found.is_anomaly[0, none].any()
    assert found.is_anomaly[1, none].mean() > 0.5, "most of the same hours where rows come one by one"
    lines[-6:] = 0
    assert score_many(lines[None], hours, ["count"]).is_anomaly[0, -1]


def test_a_count_that_chance_may_empty_was_watched_long_enough_or_is_empty_now_and_then() -> None:
    days, chance = pd.date_range("2024-01-01", periods=400, freq="D"), np.random.default_rng(2)
    rows = np.ceil(40 * np.exp(chance.normal(0, 1.6, len(days))))
    often, once = rows.copy(), rows.copy()
    often[40::40] = once[200] = 0
    young, old, grown = 120, 150, 360
    for at in (young, old, grown):
        gone = np.stack([rows, once, often])[:, : at + 1]
        gone[:, at] = 0
        told = score_many(gone, days[: at + 1], ["count"] * 3).is_anomaly[:, at].tolist()
        assert told == {young: [False] * 3, old: [True, True, False], grown: [True, True, False]}[at]
    known = fit_many(np.stack([rows, often])[:, :grown], days[:grown], ["count"] * 2)
    assert [each.judge(days[grown], 0).is_anomaly for each in known] == [True, False]


def test_six_hours_without_rows_are_an_anomaly_after_they_were_labelled_too_and_leave_no_trace() -> None:
    hours = pd.date_range("2025-01-06", periods=24 * 40, freq="h")
    rows = np.random.default_rng(3).poisson(3, len(hours)).astype(float)
    rows[800:816] = 0
    excluded = np.zeros((3, len(hours)), dtype=bool)
    excluded[1:, 800:811] = True
    plain, labelled, gap = 0, 1, 2
    values = np.where(excluded & [[False], [False], [True]], np.nan, rows)
    found = score_many(values, hours, ["count"] * 3, excluded=excluded)
    assert found.state[plain, 804] == found.state[labelled, 804] == "anomaly"
    for name, each in vars(found).items():
        np.testing.assert_array_equal(each[labelled, ~excluded[gap]], each[gap, ~excluded[gap]], err_msg=name)


@pytest.mark.slow
def test_six_hours_without_rows_are_an_anomaly_in_a_long_weekend_too() -> None:
    hours = pd.date_range("2026-01-05", periods=24 * 42, freq="h")
    is_open, chance = (hours.hour >= 9) & (hours.hour < 21), np.random.default_rng(6)
    gone = np.tile((chance.poisson(3.5, len(hours)) * is_open).astype(float), (2, 1))
    before_washingtons_birthday = 24 * 40 + 10
    gone[0, before_washingtons_birthday : before_washingtons_birthday + 6] = 0
    found = score_many(gone, hours, ["count"] * 2, Settings(holidays="US")).is_anomaly
    assert (found[0] & ~found[1]).nonzero()[0].tolist() == [before_washingtons_birthday + 5]


@pytest.mark.slow
def test_six_hours_without_rows_are_an_anomaly_where_the_last_of_them_has_less_than_one_row() -> None:
    hours, chance = pd.date_range("2025-01-06", periods=24 * 60, freq="h"), np.random.default_rng(1)
    usual = np.select([(hours.hour >= 1) & (hours.hour < 6), hours.hour == 6], [2.5, 0.7], 8.0)
    rows = pd.Series(chance.poisson(usual).astype(float), hours)
    rows["2025-03-06 01:00":"2025-03-06 06:00"] = 0
    found = score(rows, "count")
    last = found.loc["2025-03-06 06:00"]
    assert (last["state"], last["expected"] < 1) == ("anomaly", True)
    assert last["score"] < -1
    judged = found[found["state"] != "learning"]
    assert (judged["lower"] <= judged["expected"]).all()


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_not_measured_is_unmeasured_and_teaches_nothing(kind) -> None:
    values = of_kind(kind)
    values.iloc[60:70] = np.nan
    found = score(values, kind)
    assert (found["state"].iloc[60:70] == "unmeasured").all()
    assert found["expected"].notna().iloc[1:].all()


def test_excluded_values_are_judged_and_never_move_the_band() -> None:
    values = of_kind("count")
    excluded = pd.Series(False, DAYS)
    excluded.iloc[100:110] = True
    odd = values.copy()
    odd.iloc[100:110] = 5
    band = ["expected", "lower", "upper"]
    pd.testing.assert_frame_equal(
        score(values, "count", excluded=excluded)[band], score(odd, "count", excluded=excluded)[band]
    )
    assert (score(odd, "count", excluded=excluded)["state"].iloc[100:110] == "anomaly").all()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_excluded_hours_are_judged_together_and_leave_what_hours_that_were_not_measured_leave(seed) -> None:
    values = hours_of(40, noise=0.16, seed=seed)
    excluded = pd.Series(np.random.default_rng(seed).random(len(values)) < 0.02, values.index)
    excluded.iloc[801:807] = True
    odd = values.where(~excluded, 0.5 * values)
    one, other = score(odd, "count", excluded=excluded), score(odd.where(~excluded), "count")
    assert "anomaly" in set(one["state"].iloc[801:807])
    pd.testing.assert_frame_equal(one[~excluded], other[~excluded])


def test_a_declared_regime_forgets_the_past_and_stops_the_alarms() -> None:
    values = of_kind("count")
    values.iloc[100:] *= 4
    found = score(values, "count", regimes=[DAYS[100]])
    assert found["state"].iloc[100] == "learning"
    assert not found["is_anomaly"].iloc[100:140].any()


def test_the_band_follows_a_lasting_change_within_days() -> None:
    values = of_kind("count")
    values.iloc[100:] *= 3
    found = score(values, "count")
    assert found["is_anomaly"].iloc[100]
    assert not found["is_anomaly"].iloc[108:].any()


@pytest.mark.parametrize("kind", ["count", "value", "gap"])
def test_twice_the_numbers_give_twice_the_band(kind) -> None:
    values = of_kind(kind) + 1e6
    once, twice = score(values, kind), score(values * 2, kind)
    np.testing.assert_allclose(twice["upper"], once["upper"] * 2, rtol=1e-4)
    assert (once["state"] == twice["state"]).all()


def test_many_series_at_once_are_judged_as_each_alone() -> None:
    grid = np.stack([of_kind(kind, 7).to_numpy() for kind in KINDS])
    many = score_many(grid, DAYS, KINDS)
    for row, kind in enumerate(KINDS):
        alone = score(of_kind(kind, 7), kind)
        np.testing.assert_allclose(many.upper[row], alone["upper"])
        assert (many.state[row] == alone["state"].to_numpy()).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_fit_judges_the_next_bucket_as_the_score_does(kind) -> None:
    values = of_kind(kind)
    rows = pd.Series(1000.0, DAYS) if kind == "rate" else None
    known = fit(values[:-1], kind, Settings(holidays="US"), denominators=rows)
    verdict = known.judge(DAYS[-1], values.iloc[-1], 1000 if kind == "rate" else None)
    expected = score(values, kind, holidays="US", denominators=rows).iloc[-1]
    assert verdict.expected == pytest.approx(expected["expected"], rel=1e-6)
    assert verdict.upper == pytest.approx(expected["upper"], rel=1e-6)
    assert verdict.state == expected["state"]


def test_a_fit_says_how_far_it_has_learned() -> None:
    known = fit(of_kind("count")[:9], "count")
    assert known.progress == (9, 14)
    assert known.judge(DAYS[9], 1.0).state == "learning"
    assert known.judge(DAYS[9], None).state == "unmeasured"


def test_a_fit_says_what_it_believes_and_what_it_can_see() -> None:
    known = fit(of_kind("count"), "count")
    assert known.beliefs.season == "weekday"
    assert known.beliefs.weekdays[0] == pytest.approx(1000, rel=0.1)
    assert known.beliefs.weekdays[6] == pytest.approx(600, rel=0.1)
    assert 5 <= known.smallest_visible.down <= 30


def test_needless_alarms_of_a_series_leave_the_fit_of_one_that_has_just_begun_alone() -> None:
    counts = np.stack([of_kind("count"), of_kind("count")])
    counts[1, :-4] = np.nan
    needless = np.zeros(counts.shape, dtype=bool)
    needless[0, [100, 120]] = True
    counts[needless] *= 3
    young = fit_many(counts, DAYS, ["count"] * 2, excused=needless)[1]
    alone = fit_many(counts[1:], DAYS, ["count"])[0]
    assert (young.down, young.up) == pytest.approx((alone.down, alone.up))


def test_fits_of_no_series_and_of_no_buckets() -> None:
    assert fit_many(np.empty((0, 10)), DAYS[:10], []) == []
    assert fit(pd.Series([], DAYS[:0], dtype=float), "count").progress == (0, 14)
    assert len(score(pd.Series([], DAYS[:0], dtype=float), "count")) == 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"alerts_per_90_days": 0}, "more than 0"),
        ({"alerts_per_90_days": True}, "must be a number"),
        ({"series_count": 0}, "at least 1"),
        ({"holidays": "Atlantis"}, "ISO code"),
        ({"smallest_count_change": -1}, "at least 0"),
        ({"nonsense": 1}, "not a setting"),
    ],
)
def test_senseless_settings_are_refused_with_a_sentence(given, said) -> None:
    with pytest.raises(ValueError, match=said):
        score(of_kind("count"), "count", **given)


def test_senseless_series_are_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match="not a kind"):
        score(of_kind("count"), "speed")  # ty: ignore[invalid-argument-type]
    with pytest.raises(ValueError, match="DatetimeIndex"):
        score(pd.Series([1.0, 2.0]), "count")
    with pytest.raises(ValueError, match="ascending"):
        score(of_kind("count")[::-1], "count")
    with pytest.raises(ValueError, match="series x 180"):
        score_many(np.zeros((2, 5)), DAYS, ["count", "count"])


def test_a_share_of_many_rows_falls_out_of_its_band_before_it_is_halved():
    """Its rows come by themselves, so it is known how far chance moves it: a few odd days of others say little."""
    falls = []
    for seed in range(8):
        values = of_kind("share", seed)
        values.iloc[-1] *= 0.65
        rows = pd.Series(1000.0, values.index)
        falls.append(score(values, "share", denominators=rows, alerts_per_90_days=0.01)["is_anomaly"].iloc[-1])
    assert all(falls)


def test_a_share_that_hardly_moves_is_not_told_from_one_that_chance_moves_a_little():
    """Flights of a carrier go by a schedule: three of sixty that are missing are nothing."""
    values = pd.Series(np.resize([0.062, 0.063], len(DAYS)), DAYS)
    rows = pd.Series(950.0, DAYS)
    for last, is_told in ((0.058, False), (0.03, True)):
        values.iloc[-1] = last
        assert score(values, "share", denominators=rows)["is_anomaly"].iloc[-1] == is_told


def test_a_drift_is_said_to_have_taken_the_weeks_between_the_levels_that_are_held_against_each_other() -> None:
    assert (drift.NOW + drift.BEFORE) // 2 + drift.PAUSE == 7 * Drift.WEEKS
