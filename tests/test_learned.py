"""Learned checks: what a dataset did before judges what it does now."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from checks.facts import Facts
from checks.learned import judging
from checks.learned.before import DURATION, QUICK, Before
from checks.learned.families import FILLING_SHARE, READINGS, budget
from checks.learned.labels import heard
from checks.learned.learning import learn
from checks.learned.past import grid
from checks.learned.spending import spending
from checks.measure import table_grid
from checks.records import Dataset, Grain, Label, LabelKind, Metric, Repeats, Result, Severity, Status, category_count
from connectors import TableName
from tests.learning import MEAN, NULLS, ROWS, TODAY, by_day, calm, learned, measured, noise, usual, with_last
from tests.monitors import utc

NOON = utc(2026, 3, 15, 12)
YESTERDAY = TODAY - timedelta(days=1)


def label(kind: LabelKind, first: datetime, last: datetime | None = None, **more) -> Label:
    return Label(1, "s.orders", kind, first, last or first, "ada", NOON, **more)


def labelled(*labels: Label) -> Before:
    return Before(labels=labels)


# -- what a run says ---------------------------------------------------------------------------------------------------


def test_a_usual_day_passes_with_its_band_in_words():
    results, found = learned(usual())
    assert {check: result.status for check, result in results.items()} == {
        "learned.volume": Status.PASS, "learned.missing": Status.PASS, "learned.values": Status.PASS,
    }  # fmt: skip
    volume = results["learned.volume"]
    assert volume.learned
    assert volume.severity is Severity.WARNING
    assert volume.bucket == YESTERDAY
    assert volume.expected is not None
    assert volume.expected.startswith("between ")
    assert volume.expected.endswith(" rows")
    assert found.alerts == ()


@pytest.mark.parametrize("days", [1, 4, 5, 9, 14])
def test_an_outage_is_told_on_each_of_its_days_with_a_band_that_makes_sense(days):
    """Also when the level has moved over to it."""
    nulls = np.append(noise(3, 90 - days, 0.005, 0.1), np.full(days, 0.1))
    results, found = learned({ROWS: noise(4, 90, 1000, 0.02), NULLS: nulls})
    missing = results["learned.missing"]
    assert (missing.status, missing.observed) == (Status.WARN, "10 % of the rows")
    [finding] = max(found.alerts, key=lambda alert: alert.bucket).findings
    assert finding.expected < finding.upper < finding.value
    assert finding.score > 1


def test_a_day_with_half_the_rows_warns_and_says_what_was_expected():
    results, found = learned(with_last(usual(), rows=500))
    volume = results["learned.volume"]
    assert (volume.status, volume.value, volume.observed) == (Status.WARN, 500.0, "500 rows")
    assert volume.reason == f"500 rows on 2026-03-14, expected {volume.expected}"
    [alert] = found.alerts
    [finding] = alert.findings
    assert (alert.bucket, finding.metric, finding.value) == (YESTERDAY, ROWS, 500.0)
    assert finding.score < -1
    assert finding.lower > 500


def test_one_event_over_several_series_is_one_alert_told_once():
    results, found = learned(with_last(usual(), rows=300, nulls=0.6, mean=500))
    [alert] = found.alerts
    assert alert.findings[0].metric == ROWS
    assert {one.metric for one in alert.findings} == {ROWS, NULLS, MEAN}
    assert {check: result.status for check, result in results.items()} == {
        "learned.volume": Status.WARN, "learned.missing": Status.SKIPPED, "learned.values": Status.SKIPPED,
    }  # fmt: skip
    assert "; with it mean of amount, null_rate of email" in (results["learned.volume"].reason or "")
    assert (results["learned.missing"].reason or "").endswith("part of what learned.volume says")


def test_more_nulls_alarm_and_fewer_do_not():
    more, _ = learned(with_last(usual(), nulls=0.3))
    assert more["learned.missing"].status is Status.WARN
    assert (more["learned.missing"].reason or "").startswith(
        "30 % of the rows without email on 2026-03-14, expected at"
    )
    fewer, found = learned(with_last(usual(), nulls=0.0))
    assert (fewer["learned.missing"].status, found.alerts) == (Status.PASS, ())


def test_a_share_far_above_all_that_was_ever_seen_alarms_although_odd_days_have_made_the_band_wide():
    nulls = np.random.default_rng(3).binomial(900, 0.002, 80) / 900
    nulls[10:13] = [0.05, 0.02, 0.03]
    assert learned({ROWS: usual()[ROWS], NULLS: np.append(nulls[:-1], 0.4)})[0]["learned.missing"].status is Status.WARN
    assert (
        learned({ROWS: usual()[ROWS], NULLS: np.append(nulls[:-1], 0.01)})[0]["learned.missing"].status is Status.PASS
    )


@pytest.mark.parametrize(("days", "said"), [(1, "learning: 1 of 14 days"), (9, "learning: 9 of 14 days")])
def test_too_little_history_is_learning_with_progress_and_never_green(days: int, said: str):
    results, found = learned(with_last(usual(days), rows=3))
    assert {(result.status, result.reason) for result in results.values()} == {(Status.LEARNING, said)}
    assert found.alerts == ()


def test_a_day_on_which_nothing_could_be_measured_is_skipped():
    days = with_last(usual(), rows=0, nulls=np.nan, mean=np.nan)
    results, _ = learned(days)
    assert results["learned.volume"].status is Status.WARN
    assert results["learned.missing"].status is Status.SKIPPED
    assert results["learned.missing"].reason == "nothing was measured on 2026-03-14"


def test_a_perfectly_constant_series_does_not_alarm_at_a_hair():
    days = {ROWS: np.full(80, 1000.0)}
    assert learned(with_last(days, rows=1010))[0]["learned.volume"].status is Status.PASS
    assert learned(with_last(days, rows=800))[0]["learned.volume"].status is Status.WARN


def test_columns_that_repeat_the_calendar_are_not_watched():
    buckets = [TODAY - timedelta(days=n) for n in range(80, 0, -1)]
    clock = {Metric("mean", "month", Grain.DAY): [float(bucket.month) for bucket in buckets]}
    results, _ = learned({ROWS: usual()[ROWS], **clock})
    assert set(results) == {"learned.volume"}


@pytest.mark.slow
def test_a_table_of_200_quiet_columns_alarms_no_oftener_than_the_budget():
    """A year of pure noise: 1 alert in 90 days is to be expected, and twice that is allowed to chance."""
    days = {ROWS: noise(5, 365, 1000)}
    for column in range(200):
        days[Metric("null_rate", f"c{column}", Grain.DAY)] = noise(column + 10, 365, 0.05, 0.1)
    assert len(learned(days)[1].alerts) <= 2 * 365 / 90


def test_values_that_are_seldom_there_spend_nothing_of_the_budget():
    buckets = tuple(TODAY - timedelta(days=number) for number in range(60, 0, -1))
    kinds = {replace(category_count("kind", name), grain=Grain.DAY): 1.0 for name in "abc"}
    seldom = {replace(category_count("kind", f"z{n}"), grain=Grain.DAY): 0.0 for n in range(30)}

    def allowed(shares: dict[Metric, float]) -> float:
        lines = {metric: np.where(np.arange(60) % 20 == 3, 2.0, 100.0 * often) for metric, often in shares.items()}
        lines |= {ROWS: np.full(60, 500.0)}
        series = {metric: dict(zip(buckets, line.tolist(), strict=True)) for metric, line in lines.items()}
        own = grid(Grain.DAY, series, buckets)
        return spending([own], 1.0)[0][own.metrics.index(next(iter(kinds))), -1]

    assert allowed(kinds | seldom) == allowed(kinds)


def test_many_quiet_columns_do_not_make_it_blind_for_missing_rows():
    days = usual() | {Metric("null_rate", f"c{n}", Grain.DAY): noise(n + 10, 80, 0.05, 0.1) for n in range(200)}
    assert learned(with_last(days, rows=600))[0]["learned.volume"].status is Status.WARN


# -- what is remembered ------------------------------------------------------------------------------------------------


def test_the_first_run_brings_the_bands_of_all_the_days_that_it_has_read():
    _, found = learned(usual())
    [bands] = found.bands
    assert set(bands.metrics) == {ROWS, NULLS, MEAN}
    assert bands.buckets[-1] == YESTERDAY
    assert len(bands.buckets) > 60
    assert np.isfinite(bands.upper[:, -60:]).all()


def test_what_was_judged_already_is_not_kept_again_unless_it_was_restated():
    days = usual()
    dates = [TODAY - timedelta(days=n) for n in range(80, 0, -1)]
    series = {metric: dict(zip(dates, values.tolist(), strict=True)) for metric, values in days.items()}
    before = Before(buckets=series, judged=series)
    assert learned(days, before, read=3)[1].bands == ()
    restated = days | {ROWS: np.append(days[ROWS][:-2], [1001.0, days[ROWS][-1]])}
    [bands] = learned(restated, before, read=3)[1].bands
    assert (bands.buckets, bands.metrics[int(np.flatnonzero(np.isfinite(bands.values[:, 0]))[0])]) == (
        (YESTERDAY - timedelta(days=1),),
        ROWS,
    )


def test_an_alert_is_kept_once_and_withdrawn_when_its_day_is_restated():
    days = with_last(usual(), rows=500)
    [alert] = learned(days)[1].alerts
    again = learned(days, Before(alerts=[alert]))[1]
    assert again.alerts == ()
    [withdrawn] = learned(usual(), Before(alerts=[alert]))[1].alerts
    assert (withdrawn.bucket, withdrawn.findings) == (YESTERDAY, ())


def test_an_alert_that_is_labelled_keeps_standing_and_one_that_was_foretold_never_opens():
    days, sale = with_last(usual(), rows=500), label(LabelKind.EXPECTED, YESTERDAY)
    [alert] = learned(days)[1].alerts
    assert learned(days, Before(alerts=[alert], labels=[sale]))[1].alerts == ()
    assert learned(days, Before(labels=[sale]))[1].alerts == ()


def test_what_was_told_of_the_same_numbers_is_not_worked_out_again(monkeypatch):
    asked = []
    whole = judging.judged
    monkeypatch.setattr(judging, "judged", lambda *given: asked.append(1) or whole(*given))
    days = with_last(usual(), rows=499)
    first, found = learned(days)
    values = {metric: {YESTERDAY: float(series[-1])} for metric, series in days.items()}
    remembered = Before(judged=values, alerts=found.alerts)
    again, nothing = learned(days, remembered)
    assert (again, nothing.bands, nothing.alerts, len(asked)) == (first, (), (), 1)
    learned(days)  # the run that told it was not remembered
    assert len(asked) == 2
    learned(with_last(days, rows=498), remembered)
    learned(days, replace(remembered, labels=[label(LabelKind.EXPECTED, YESTERDAY)]))
    learned(days, remembered, alerts_per_90_days=2.0)
    assert len(asked) == 5


# -- labels ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (LabelKind.EXPECTED, Status.SKIPPED),
        (LabelKind.FALSE_ALARM, Status.PASS),
        (LabelKind.KNOWN_ERROR, Status.WARN),
        (LabelKind.MISSED_ALARM, Status.WARN),
    ],
)
def test_what_a_label_makes_of_its_day(kind: LabelKind, status: Status):
    results, _ = learned(with_last(usual(), rows=500), labelled(label(kind, YESTERDAY, note="the sale")))
    assert results["learned.volume"].status is status
    told = kind not in (LabelKind.MISSED_ALARM,)
    assert (f"{kind.value.replace('_', ' ')}, says ada: the sale" in (results["learned.volume"].reason or "")) is told


@pytest.mark.parametrize("length", [1, 3, 6])
@pytest.mark.parametrize("kind", [LabelKind.EXPECTED, LabelKind.KNOWN_ERROR, LabelKind.FALSE_ALARM])
def test_a_labelled_incident_does_not_hide_the_next_one(kind: LabelKind, length: int):
    days = usual()
    rows = days[ROWS].copy()
    rows[-8 : length - 8] = 450  # an incident, and some quiet days
    rows[-1] = 450  # the next one
    incident = label(kind, TODAY - timedelta(days=8), TODAY - timedelta(days=9 - length))
    results, found = learned(days | {ROWS: rows}, labelled(incident))
    assert results["learned.volume"].status is Status.WARN
    assert YESTERDAY in [alert.bucket for alert in found.alerts]


def test_a_labelled_incident_is_not_learned_from():
    days = usual()
    rows = days[ROWS].copy()
    rows[-8:-1] = 450
    known = label(LabelKind.KNOWN_ERROR, TODAY - timedelta(days=8), TODAY - timedelta(days=2))
    expected = [
        learned(given, labels)[1].bands[0].expected[0, -1]
        for given, labels in ((days, Before()), (days | {ROWS: rows}, labelled(known)), (days | {ROWS: rows}, Before()))
    ]
    assert expected[1] == pytest.approx(expected[0], rel=0.02)
    assert expected[2] < 0.9 * expected[0]  # without the label the level has begun to follow


def test_a_new_regime_stops_alarming_and_is_learned_anew():
    days = usual(110)
    rows = days[ROWS].copy()
    rows[-3:] = noise(9, 3, 400)
    assert learned(days | {ROWS: rows})[0]["learned.volume"].status is Status.WARN
    begun = label(LabelKind.NEW_REGIME, TODAY - timedelta(days=3))
    results, found = learned(days | {ROWS: rows}, labelled(begun))
    assert (results["learned.volume"].status, results["learned.volume"].reason) == (
        Status.LEARNING,
        "learning: 3 of 14 days",
    )
    assert [alert for alert in found.alerts if alert.bucket >= begun.first] == []
    rows[-30:] = noise(9, 30, 400)
    begun = label(LabelKind.NEW_REGIME, TODAY - timedelta(days=30))
    assert learned(days | {ROWS: rows}, labelled(begun))[0]["learned.volume"].status is Status.PASS
    rows[-1] = 1000  # what was usual before is an alarm now
    assert learned(days | {ROWS: rows}, labelled(begun))[0]["learned.volume"].status is Status.WARN


def test_the_alerts_of_a_new_regime_are_withdrawn_although_their_days_are_not_read_again():
    days = usual(110)
    rows = days[ROWS].copy()
    rows[-6:] = calm(9, 6, 400)
    standing = [alert for alert in learned(days | {ROWS: rows})[1].alerts if alert.bucket >= TODAY - timedelta(days=6)]
    assert len(standing) >= 3
    before = Before(buckets=by_day(days | {ROWS: rows}), alerts=standing)
    assert learned(days | {ROWS: rows}, before, read=1)[1].alerts == ()
    begun = label(LabelKind.NEW_REGIME, TODAY - timedelta(days=6))
    found = learned(days | {ROWS: rows}, replace(before, labels=[begun]), read=1)[1].alerts
    assert {alert.bucket for alert in found} == {alert.bucket for alert in standing}
    assert all(alert.findings == () for alert in found)


def test_an_undone_label_gives_back_the_alerts_that_it_withdrew_although_their_days_are_not_read_again():
    days = usual(110)
    low = days | {ROWS: np.append(days[ROWS][:-6], calm(9, 6, 400))}
    began = TODAY - timedelta(days=6)
    told = [alert for alert in learned(low)[1].alerts if alert.bucket >= began]
    undone = replace(label(LabelKind.NEW_REGIME, began), undone_at=NOON, undone_by="ada")
    before = Before(buckets=by_day(low), undone=[undone], ever_told=told)
    # what is labelled otherwise, of another series or never told stays as it is
    expected = label(LabelKind.EXPECTED, told[0].bucket)
    of_nulls = replace(undone, metric="null_rate", column="email")
    back = {
        name: {alert.bucket: {one.metric for one in alert.findings} for alert in learned(low, given, read=1)[1].alerts}
        for name, given in {
            "all": before,
            "but one": replace(before, labels=[expected]),
            "no other series": replace(before, undone=[of_nulls]),
            "nothing undone": replace(before, undone=[]),
        }.items()
    }
    all_of_it = {alert.bucket: {ROWS} for alert in told}
    read_anew = learned(low, labelled(expected))[1].alerts
    assert len(all_of_it) >= 3
    assert back == {
        "all": all_of_it,
        "but one": {alert.bucket: {ROWS} for alert in read_anew if alert.bucket > told[0].bucket},
        "no other series": {},
        "nothing undone": {},
    }
    assert learned(days, replace(before, buckets=by_day(days)), read=1)[1].alerts == ()  # restated meanwhile


def test_an_undone_regime_gives_back_the_days_after_it_too_which_were_never_told():
    days = usual(110)
    low = days | {ROWS: np.append(days[ROWS][:-12], calm(9, 12, 400))}
    began = TODAY - timedelta(days=12)
    every = {alert.bucket for alert in learned(low)[1].alerts if alert.bucket >= began}
    assert len(every) >= 3
    undone = replace(label(LabelKind.NEW_REGIME, began), undone_at=NOON, undone_by="ada")
    before = Before(buckets=by_day(low), undone=[undone])
    assert {alert.bucket for alert in learned(low, before, read=1)[1].alerts} == every
    of_nulls = replace(undone, metric="null_rate", column="email")
    assert learned(low, replace(before, undone=[of_nulls]), read=1)[1].alerts == ()


def test_what_a_label_kept_quiet_comes_back_although_the_run_that_gave_it_back_was_not_remembered():
    days = usual(110)
    low = days | {ROWS: np.append(days[ROWS][:-6], [500.0, *days[ROWS][-5:]])}
    undone = replace(label(LabelKind.EXPECTED, TODAY - timedelta(days=6)), undone_at=NOON, undone_by="ada")
    judged = {metric: {YESTERDAY: float(values[-1])} for metric, values in low.items()}
    before = Before(buckets=by_day(low), undone=[undone], judged=judged)
    assert [len(learned(low, before, read=1)[1].alerts) for _ in range(2)] == [1, 1]


def test_what_was_foretold_is_told_once_its_label_is_undone():
    days = usual(110)
    low = days | {ROWS: np.append(days[ROWS][:-6], [500.0, *days[ROWS][-5:]])}
    sale_day = TODAY - timedelta(days=6)
    undone = replace(label(LabelKind.EXPECTED, sale_day), undone_at=NOON, undone_by="ada")
    before = Before(buckets=by_day(low), undone=[undone])
    [alert] = learned(low, before, read=1)[1].alerts
    assert (alert.bucket, [one.metric for one in alert.findings]) == (sale_day, [ROWS])
    assert learned(low, replace(before, alerts=[alert]), read=1)[1].alerts == ()


def test_a_new_share_of_nulls_is_usual_as_soon_as_its_regime_is_learned():
    days = usual(110)
    nulls = days[NULLS].copy()
    nulls[-15:] = calm(9, 15, 0.3)
    begun = label(LabelKind.NEW_REGIME, TODAY - timedelta(days=15))
    assert learned(days | {NULLS: nulls}, labelled(begun))[0]["learned.missing"].status is Status.PASS


def test_two_days_of_hours_are_too_few_to_say_what_was_never_seen():
    hours = tuple(TODAY + timedelta(hours=n) for n in range(40 * 24))
    metric = Metric("null_rate", "email", Grain.HOUR)
    shares = calm(4, len(hours), 0.02)
    shares[50] = shares[-1] = 0.075  # after two days, and after 40: more than three times what was seen, and two points
    watched = grid(Grain.HOUR, {metric: dict(zip(hours, shares.tolist(), strict=True))}, hours)
    never = judging.never_seen(watched, heard(watched, []))
    assert np.isinf(never[0, 50])
    assert never[0, -1] == pytest.approx(0.225)  # the one of the second day was seen
    assert np.isinf(never[0, : 28 * 24]).all()


def test_the_bucket_that_is_filling_spends_out_of_the_budget_of_its_dataset():
    spent = budget([ROWS, NULLS, MEAN], 1.0)
    assert sum(alerts for alerts, _ in spent.values()) + FILLING_SHARE == pytest.approx(1.0)
    whole = budget([Metric("row_count"), Metric("freshness")], 1.0)  # nothing is filling here
    assert sum(alerts for alerts, _ in whole.values()) == pytest.approx(1.0)


def test_what_is_expected_ends():
    days = with_last(usual(), rows=500)
    weekly = label(LabelKind.EXPECTED, YESTERDAY - timedelta(days=28), repeats=Repeats.WEEKLY, until=YESTERDAY)
    assert learned(days, labelled(weekly))[0]["learned.volume"].status is Status.SKIPPED
    ended = replace(weekly, until=YESTERDAY - timedelta(days=1))
    assert learned(days, labelled(ended))[0]["learned.volume"].status is Status.WARN


def test_a_label_of_one_series_does_not_quiet_another():
    days = with_last(usual(), rows=500, nulls=0.5)
    about_nulls = label(LabelKind.EXPECTED, YESTERDAY, metric="null_rate", column="email")
    results, found = learned(days, labelled(about_nulls))
    assert results["learned.volume"].status is Status.WARN
    assert "with it" not in (results["learned.volume"].reason or "")
    assert [one.metric for one in found.alerts[-1].findings] == [ROWS]


# -- tables without days -----------------------------------------------------------------------------------------------


def test_a_table_without_an_event_time_is_judged_by_what_it_was_on_earlier_days():
    dataset = Dataset("s", TableName(None, "airlines"))
    rows = Metric("row_count")
    days = {rows: {TODAY - timedelta(days=n): 16.0 for n in range(1, 20)}}
    now = replace(measured({ROWS: [1.0]}, event_time=False), grids=(table_grid({rows: 12.0}),))
    results, found = learn(dataset, Facts(now, {}, NOON), Before(days=days))
    [volume] = results
    assert (volume.check, volume.status, volume.bucket) == ("learned.volume", Status.WARN, None)
    assert volume.reason == "12 rows, expected exactly 16 rows"
    [alert] = found.alerts
    assert (alert.bucket, alert.grain) == (TODAY, Grain.TABLE)


def growing(yesterday: float, today: float) -> Result:
    """The result on the volume of a table of a million rows that grows by about 1,000 a day, yesterday and today by
    these."""
    rows = Metric("row_count")
    days = {TODAY - timedelta(days=n): 1e6 - 1000.0 * n + 20 * (n % 3) for n in range(2, 40)}
    days[YESTERDAY] = days[YESTERDAY - timedelta(days=1)] + yesterday
    dataset = Dataset("s", TableName(None, "events"))
    now = replace(measured({ROWS: [1.0]}, event_time=False), grids=(table_grid({rows: days[YESTERDAY] + today}),))
    [result] = learn(dataset, Facts(now, {}, NOON), Before(days={rows: days}))[0]
    return result


def test_a_growing_table_that_stood_still_for_a_day_warns_although_its_rows_are_as_many_as_ever():
    assert growing(1000, 500).status is Status.PASS
    still = growing(0, 500)
    assert (still.status, still.value) == (Status.WARN, 0.0)
    assert (still.reason or "").startswith("in a day the table grew by 0 rows, expected between 9")


def test_a_day_that_is_not_over_is_not_held_against_whole_ones():
    assert growing(1000, 0).status is Status.PASS


def test_a_run_that_takes_much_longer_than_ever_warns_and_seconds_more_or_less_do_not():
    durations = dict.fromkeys((TODAY - timedelta(days=n) for n in range(1, 30)), QUICK)
    dataset = Dataset("s", TableName(None, "airlines"))
    for seconds, status in ((0.1, Status.PASS), (31.0, Status.PASS), (900.0, Status.WARN)):
        now = replace(measured({ROWS: [1.0]}, event_time=False), grids=(), seconds=seconds)
        [result], _ = learn(dataset, Facts(now, {}, NOON), Before(days={DURATION: durations}))
        assert (result.check, result.status) == ("learned.duration", status)
    assert result.reason == "measuring took 15 min, expected at most " + str(result.expected).removeprefix("at most ")


def test_all_that_is_measured_in_rates_counts_and_places_is_watched():
    assert {"bucket_rows", "row_count", "freshness", "null_rate", "invalid_count", "distinct_count", "mean", "quantile",
            "category_count", "true_rate"} <= set(READINGS)  # fmt: skip
