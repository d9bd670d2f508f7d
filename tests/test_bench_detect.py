"""The pieces of the detection benchmark, against numbers worked out by hand. The series and the models need the bench's
own environment (bench/detect/requirements*.txt) and are not touched here."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from bench.detect import __main__ as bench
from bench.detect import detectors, faults, measure, results, rules, study, table, tasks
from bench.detect.sources import Series, Source, cut, per_bucket


def series(values: list[float], *, first: int, grain: str = "day", name: str = "shop") -> Series:
    index = pd.date_range("2026-01-05", periods=len(values), freq="D" if grain == "day" else "h")
    return Series(name, "all", "tuning", grain, None, pd.Series(values, index=index, dtype=float), first)


class TestRules:
    def test_elementary_counts_the_judged_value_in_so_ten_points_can_never_alarm(self):
        # n - 1 equal values and one far off: z = (n - 1) / sqrt(n), whatever the distance
        for n in (7, 10, 14):
            values = np.array([100.0] * (n - 1) + [0.0])
            assert rules.elementary(values) == pytest.approx((n - 1) / math.sqrt(n) / 3)
        assert rules.elementary(np.array([100.0] * 9 + [1e9])) < 1
        assert math.isnan(rules.elementary(np.array([100.0] * 5 + [0.0])))
        assert rules.elementary(np.array([100.0] * 14)) == 0

    def test_plain_z_leaves_the_judged_value_out(self):
        before = [98.0, 102.0] * 7  # mean 100, sd of the sample sqrt(14 * 4 / 13)
        sd = math.sqrt(14 * 4 / 13)
        assert rules.plain_z(np.array([*before, 90.0])) == pytest.approx(10 / sd / 3)
        assert rules.plain_z(np.array([7.0] * 14 + [0.0])) == 0
        assert math.isnan(rules.plain_z(np.array([98.0] * 6 + [90.0])))

    def test_same_weekday_z_looks_at_that_weekday_only(self):
        weeks = np.tile([10.0, 20, 30, 40, 50, 60, 70], 5)
        weeks[[6, 13, 20, 27]] = [69, 71, 69, 71]
        weeks[34] = 60
        assert rules.same_weekday_z(weeks) == pytest.approx(10 / math.sqrt(4 / 3) / 3)
        assert math.isnan(rules.same_weekday_z(weeks[:21]))

    def test_rolling_mad_is_the_distance_in_scaled_deviations(self):
        values = np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 18])  # median 6, deviations 5..0..5: median 3
        assert rules.rolling_mad(values) == pytest.approx(12 / (3 * 1.4826 * 3))
        assert rules.rolling_mad(np.array([5.0] * 11 + [0.0])) == 0

    def test_students_t_of_five_degrees(self):
        assert rules.t_quantile(0.975) == pytest.approx(2.5706, abs=1e-4)  # from the tables
        assert rules.t_quantile(0.999) == pytest.approx(5.8934, abs=1e-4)
        assert rules.t_quantile(1 - 0.00025) == pytest.approx(7.98, abs=0.02)

    def test_dqops_rows_are_judged_by_their_half_of_the_ratios(self):
        before = np.array([80.0, 100, 125] * 10)  # ratios -0.25, 0, 0.25: both halves are 0 and 0.25, ten times each
        sd = math.sqrt(20 * 0.125**2 / 19)
        for value in (200.0, 50.0):  # ratio 1 and -1
            found = rules.dqops_count(np.array([*before, value]))
            assert found == pytest.approx((1 - 0.125) / (sd * rules.t_quantile(1 - 0.00025)))
        assert rules.dqops_count(np.array([*before, 100.0])) == 0
        assert math.isnan(rules.dqops_count(np.array([*before[:29], 50.0])))
        assert rules.dqops_count(np.array([*before, 0.0])) == math.inf
        assert math.isnan(rules.dqops_count(np.array([0.0, *before, 0.0])))

    def test_dqops_percent_has_an_upper_half_of_its_own_shape(self):
        before = np.array([0.1, 0.2, 0.25] * 10)  # median 0.2; upper half 1 / (1 - x): 1.25 and 1.3333, ten times each
        upper = np.array([1.25] * 10 + [4 / 3] * 10)
        room = np.std(upper, ddof=1) * rules.t_quantile(1 - 0.0005)
        assert rules.dqops_percent(np.array([*before, 0.5])) == pytest.approx((2 - np.median(upper)) / room)
        assert rules.dqops_percent(np.array([*before, 0.0])) == math.inf

    def test_a_rule_scores_every_judged_bucket_with_what_was_before_it(self):
        values = np.array([98.0, 102.0] * 10)
        case = detectors.Case(values, pd.date_range("2026-01-05", periods=20, freq="D"), first=16)
        (scores,) = detectors.named("plain 14-day z").score([case])
        assert scores == pytest.approx([rules.plain_z(values[: at + 1]) for at in range(16, 20)])


class TestStudysRule:
    """Weeks of one shape, so that what is expected is known: 0.03 is the least spread of logarithms."""

    WEEK = (7.0, 7.1, 7.2, 7.1, 7.0, 6.0, 5.0)

    def logs(self, days: int = 99) -> np.ndarray:
        return np.array([self.WEEK[day % 7] for day in range(days)])

    def score(self, logs: np.ndarray, *, name: str = "study's rule", **more) -> float:
        """Of the last of these logarithms by day, from Monday, 6 April 2026 on."""
        index = pd.date_range("2026-04-06", periods=len(logs), freq="D")
        case = detectors.Case(np.expm1(logs), index, first=len(logs) - 1, **more)
        (scores,) = detectors.named(name).score([case])
        return float(scores[-1])

    def test_a_day_is_judged_by_its_weekday_around_the_level_of_the_last_week(self):
        logs = self.logs()
        assert self.score(logs) == pytest.approx(0, abs=1e-9)
        logs[-1] -= 0.3
        assert self.score(logs) == pytest.approx(0.3 / 0.03 / 5)
        logs[-8:-1] += 0.3  # the whole week before was higher, which is level and not season
        assert self.score(logs) == pytest.approx(0.6 / (0.3 / 4) / 5)  # and its days were errors of the rule

    def test_the_spread_is_the_usual_error_widened_by_the_second_largest_one(self):
        logs = self.logs()
        logs[-30] += 2
        logs[-1] -= 0.3
        assert self.score(logs) == pytest.approx(0.3 / 0.03 / 5)
        logs[-44] -= 0.8
        assert self.score(logs) == pytest.approx(0.3 / (0.8 / 4) / 5)
        noisy = self.logs() + np.resize([0.1, -0.1], 99) * (np.arange(99) < 98)
        errors = study.fit(pd.Series(noisy[:-1], index=pd.date_range("2026-04-06", periods=98, freq="D"))).spread
        assert errors[0] > 0.03

    def test_weekdays_take_three_weeks_and_an_alarm_ten_days(self):
        flat = np.full(11, 5.0)
        flat[-1] = 4.7
        assert self.score(flat) == pytest.approx(0.3 / 0.03 / 5)
        assert math.isnan(self.score(flat[1:]))
        for days, knows in ((20, False), (21, True)):
            history = pd.Series(self.logs(days), index=pd.date_range("2026-04-06", periods=days, freq="D"))
            assert study.fit(history).season.any() == knows

    def test_holidays_and_the_days_beside_them_are_not_learned_from_and_judged_by_a_wider_band(self):
        logs = self.logs(90)  # the last is the fourth of July
        logs[-1] -= 0.3
        assert self.score(logs, country="US") == pytest.approx(0.3 / (4 * 0.03) / 5)
        assert self.score(logs[:-1] - 0.3 * (np.arange(89) == 88), country="US") == pytest.approx(0.3 / 0.12 / 5)
        assert self.score(logs) == pytest.approx(0.3 / 0.03 / 5)
        without = self.score(logs, country="US", name="study's rule without holidays")
        assert without == pytest.approx(0.3 / 0.03 / 5)
        later = self.logs(95)
        later[[88, 89, 90]] -= 1
        later[-1] -= 0.3
        assert self.score(later, country="US") == pytest.approx(0.3 / 0.03 / 5)
        assert self.score(later) == pytest.approx(0.3 / 0.25 / 5)

    def test_hours_are_judged_three_at_a_time_or_one_at_twice_the_limit(self):
        hours = np.resize(np.concatenate([np.full(16, 6.0), np.full(8, 4.0)]), 24 * 60)
        index = pd.date_range("2026-04-06", periods=len(hours), freq="h")
        rule = detectors.named("study's rule")
        for low, expected in ((1, 0.3 / 0.03 / 2 / 6.5), (2, 0.3 / 0.03 / 6.5), (3, 0.3 / 0.03 / 6.5)):
            broken = hours[: 24 * 58 + low].copy()
            broken[-low:] -= 0.3  # from midnight on: the hours before belong to the fit of the day before
            (scores,) = rule.score([detectors.Case(np.expm1(broken), index, first=len(broken) - low)])
            assert len(scores) == low
            assert scores[-1] == pytest.approx(expected)

    def test_the_season_of_hours_is_half_of_the_hour_of_the_week_and_half_of_all_weekdays(self):
        index = pd.date_range("2026-04-06", periods=168 * 8, freq="h")
        hours = pd.Series(5.0, index=index)
        hours[(index.day_of_week == 0) & (index.hour == 9)] = 6.0
        season = study.fit(hours).season
        assert season[9] == pytest.approx(0.5)
        assert season[[8, 24 + 9, 5 * 24 + 9]] == pytest.approx(0)

    def test_each_hour_has_its_own_spread_but_at_least_half_of_what_all_have(self):
        index = pd.date_range("2026-04-06", periods=168 * 8, freq="h")
        wild = np.resize([0.4, -0.4], len(index) // 24).repeat(24) * (index.hour != 3)
        spread = study.fit(pd.Series(5.0 + wild, index=index)).spread
        assert spread[12] > 1.4826 * 0.4
        assert spread[3] == pytest.approx(spread[12] / 2)

    def test_rates_are_judged_by_the_median_of_four_weeks(self):
        before = np.resize([0.010, 0.012, 0.014], 28)
        spread = 1.4826 * 0.002
        assert study.rate(np.array([*before, 0.022])) == pytest.approx(0.010 / spread / 3.6)
        assert study.rate(np.array([*before, 0.002])) == pytest.approx(0.010 / spread / 3.6)
        steady = np.full(28, 0.01)
        assert study.rate(np.array([*steady, 0.02])) == pytest.approx(0.01 / 0.002 / 3.6)
        steady[[3, 9]] = 0.025, 0.040  # the second largest error widens the spread to a third of it
        assert study.rate(np.array([*steady, 0.02])) == pytest.approx(0.01 / 0.005 / 3.6)
        assert math.isnan(study.rate(np.full(10, 0.01)))
        assert math.isnan(study.rate(np.array([*steady, math.nan])))

    @pytest.mark.parametrize("freq", ["D", "h"])
    def test_what_comes_later_never_changes_a_score(self, freq: str):
        draw = np.random.default_rng(5)
        count = 200 if freq == "D" else 24 * 40
        values, index = draw.poisson(300, count).astype(float), pd.date_range("2026-01-05", periods=count, freq=freq)
        changed = values.copy()
        changed[-20:] = 0
        first = count - 60
        rule = detectors.named("study's rule")
        one, other = rule.score([detectors.Case(each, index, first, country="US") for each in (values, changed)])
        assert one[:40] == pytest.approx(other[:40])
        assert not np.allclose(one[40:], other[40:])


class TestFaults:
    def test_each_fault_leaves_what_a_broken_pipeline_would(self):
        values = np.array([100.0] * 40)
        after = {fault.name: faults.inject(values, 10, fault) for fault in faults.DAILY}
        ends = {name: broken[10:].tolist() for name, broken in after.items() if len(broken) == 11}
        assert ends == {"-30 %": [70], "-50 %": [50], "-80 %": [20], "missing": [0], "doubled": [200]}
        drift = after["drift to -40 %"][10:]
        assert len(drift) == 28
        assert (drift[0], drift[13], drift[-1]) == (99, 80, 60)
        assert (values == 100).all()

    def test_places_are_seeded_spread_and_where_there_is_something_to_lose(self):
        weekdays = series([0.0 if day % 7 >= 5 else 50.0 for day in range(400)], first=100)
        drop, drift = faults.DAILY[0], faults.DAILY[-1]
        places = faults.places(weekdays, drop)
        assert places == faults.places(weekdays, faults.DAILY[2])
        assert len(places) == faults.INJECTIONS["day"]
        assert all(at >= 100 and at % 7 < 5 for at in places)
        assert max(np.diff(places)) < 2 * 300 / faults.INJECTIONS["day"]
        assert places != faults.places(replace(weekdays, source="another"), drop)
        assert all(at + 28 <= 400 for at in faults.places(weekdays, drift))
        assert faults.places(series([0.0] * 400, first=100), drop) == []

    def test_an_hourly_fault_stays_within_one_day(self):
        hours = series([5.0] * 24 * 90, first=24 * 30, grain="hour")
        places = faults.places(hours, faults.HOURLY[0])
        assert len(places) == faults.INJECTIONS["hour"]
        assert all(at % 24 + 6 <= 24 for at in places)

    def test_null_rates_have_the_mean_and_spread_that_they_are_given(self):
        rows = np.array([1e6] * 4000 + [0.0])
        rates = faults.null_rates(rows, 0.01, 0.57, np.random.default_rng(1))
        assert math.isnan(rates[-1])
        assert np.nanmean(rates) == pytest.approx(0.01, rel=0.03)
        assert np.nanstd(rates) / np.nanmean(rates) == pytest.approx(0.57, rel=0.05)


class TestMeasure:
    def scored(self, clean: list[float], days: list[int], name: str = "a") -> measure.Scored:
        return measure.Scored(name, name, np.array(days), np.array(clean))

    def test_a_false_alarm_is_a_day_with_at_least_one_flag(self):
        scored = self.scored([0.5, 1.0, 2.0, math.nan, 0.9, 3.0], [1, 1, 1, 2, 2, 3])
        assert measure.alarm_days(scored.clean, scored.days, 1.0) == 2
        assert measure.false_alarms(scored, 1.0) == pytest.approx(2 / 3 * 90)

    def test_the_calibrated_limit_is_the_lowest_within_the_budget(self):
        rng = np.random.default_rng(7)
        all_scored = [self.scored(list(rng.normal(size=90)), list(range(90)), str(n)) for n in range(20)]
        limit = measure.calibrated(all_scored, budget=2.0)
        mean = np.mean([measure.false_alarms(each, limit) for each in all_scored])
        assert mean == pytest.approx(2.0)
        lower = np.mean([measure.false_alarms(each, limit - 0.02) for each in all_scored])
        assert lower > 2.0

    def test_a_limit_is_found_where_scores_are_missing_or_few(self):
        assert measure.calibrated([self.scored([math.nan, 1.0, 0.2], [1, 2, 3])], budget=90) == pytest.approx(0.2)
        assert measure.calibrated([self.scored([math.nan] * 3, [1, 2, 3])], budget=1) == 0.0

    def test_a_lasting_fault_is_found_only_by_a_flag_that_was_not_there_without_it(self):
        broken, untouched = np.array([1.5, 0.2, 0.3]), np.array([1.2, 0.1, 0.1])
        assert measure.hit(broken, untouched, 1.0, net=False)
        assert not measure.hit(broken, untouched, 1.0, net=True)
        assert measure.hit(np.array([1.5, 1.1, 0.3]), untouched, 1.0, net=True)

    def test_recall_and_the_share_of_quiet_series(self):
        loud, quiet = self.scored([2.0] * 90, list(range(90))), self.scored([0.0] * 90, list(range(90)))
        loud.found["drop"] = [(np.array([1.0]), np.array([0.0])), (np.array([0.9]), np.array([0.0]))]
        quiet.found["drop"] = [(np.array([math.nan]), np.array([0.0]))]
        assert measure.recall([loud, quiet], "drop", 1.0, net=False) == pytest.approx(1 / 3)
        assert math.isnan(measure.recall([quiet], "drift", 1.0, net=False))
        assert measure.quiet_share([loud, quiet], 1.0) == 0.5


class TestSeries:
    def test_rows_are_counted_per_bucket_without_the_two_that_may_be_part(self):
        times = pd.Series(
            pd.to_datetime(["2026-01-01 23:00", "2026-01-02 01:00", "2026-01-02 02:00", "2026-01-05 01:00"])
        )
        days = per_bucket(times, "day")
        assert days.to_dict() == {
            pd.Timestamp("2026-01-02"): 2,
            pd.Timestamp("2026-01-03"): 0,
            pd.Timestamp("2026-01-04"): 0,
        }
        assert per_bucket(times, "day", pd.Series([1, 5, 7, 1])).iloc[0] == 12

    def test_a_series_is_cut_to_its_last_year_and_the_year_before(self):
        counts = pd.Series(50.0, index=pd.date_range("2020-01-01", periods=1000, freq="D"))
        found = cut("shop", "all", Source("tuning"), "day", counts)
        assert (len(found.values), found.first, found.sparse) == (730, 365, False)
        short = cut("shop", "all", Source("tuning"), "day", counts.iloc[:460] * 0.2)
        assert (len(short.values), short.first, short.sparse) == (460, 95, True)

    def test_few_rows_are_few_in_what_a_fault_takes(self):
        hours = pd.Series([0.0] * 12 + [6.0] * 12, index=pd.date_range("2020-01-01", periods=24, freq="h"))
        hours = pd.concat([hours.set_axis(hours.index + pd.Timedelta(days=day)) for day in range(500)])
        found = cut("shop", "all", Source("tuning"), "hour", hours)
        assert (len(found.values), found.first, found.sparse) == (435 * 24, 70 * 24, False)
        assert cut("shop", "all", Source("tuning"), "hour", hours * 0.9).sparse

    def test_too_short_or_unmeasured_series_are_refused(self):
        counts = pd.Series(50.0, index=pd.date_range("2020-01-01", periods=140, freq="D"))
        with pytest.raises(ValueError, match=r"shop/all: 140 buckets are too few"):
            cut("shop", "all", Source("tuning"), "day", counts)


def test_a_whole_run_over_a_series_with_a_weekly_shape():
    week = [100.0, 104, 98, 102, 97, 40, 30]
    draw = np.random.default_rng(3)
    shop = series([draw.normal(week[day % 7], 2) for day in range(500)], first=135)
    trial = tasks.trial_of(shop, faults.DAILY, "count")
    (scored,) = tasks.run(detectors.named("same-weekday z"), [trial])
    task = tasks.TASKS["daily"]
    found = results.figures(task, [scored], measure.calibrated([scored]))
    assert found["false_alarms"] <= 1
    assert found["recall"]["-50 %"] == found["recall"]["missing"] == 1
    assert found["injections"]["-30 %"] == 8
    assert set(found["sources"]) == {"shop"}
    text = table.markdown({"tuning": {"daily": {"Vitals": {"own": found, "same": found}}}})
    assert "### Rows per day, tuning half" in text
    assert "| shop | 1 |" in text
    assert "| *goal* |  | 1.00 | 85 % | 60 % | 80 % | 95 % | 100 % | 85 % | 70 % |" in text
    assert "| 100 % |" in text


def test_a_quick_look_never_writes_over_the_kept_figures(tmp_path, monkeypatch):
    draw = np.random.default_rng(3)
    shop = series([draw.normal(100, 5) for _ in range(500)], first=135)
    task = replace(tasks.TASKS["daily"], trials=lambda half: iter([tasks.trial_of(shop, faults.DAILY, "count")]))
    monkeypatch.setitem(tasks.TASKS, "daily", task)
    kept, elsewhere = tmp_path / "kept.json", tmp_path / "elsewhere.json"
    monkeypatch.setattr(results, "FILE", kept)
    look = ["run", "--task", "daily", "--detector", "rolling MAD"]
    bench.main([*look, "--quick"])
    assert not kept.exists()
    bench.main([*look, "--quick", "--results", str(elsewhere)])
    assert elsewhere.exists() and not kept.exists()
    bench.main(look)
    assert set(results.read(kept)["tuning"]) == {"daily"}
