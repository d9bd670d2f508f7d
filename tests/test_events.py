"""What people see of alerts: events with their labels, sentences about them, and what is believed of a series."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from checks.detect import fit
from checks.learned.events import events
from checks.learned.words import band, sentence
from checks.records import Alert, Dimension, Drift, Finding, Grain, Label, LabelKind, Metric, category_count
from dashboard import anomalies, beliefs, dataset_alerts, sentences

AT = datetime(2026, 3, 15, 12, tzinfo=UTC)
MONDAY = datetime.fromisoformat("2026-03-09")
ROWS, NULLS = Metric("bucket_rows", grain=Grain.DAY), Metric("null_rate", "email", Grain.DAY)


def alert(
    day: int, *metrics: Metric, score: float = -2.0, dataset: str = "s.orders", grain: Grain = Grain.DAY
) -> Alert:
    findings = tuple(Finding(metric, 500.0, 1000.0, 900.0, 1100.0, score) for metric in metrics or (ROWS,))
    return Alert(dataset, MONDAY + day * grain.length, grain, AT + timedelta(days=day), findings)


def label(kind: LabelKind, day: int = 0, **more) -> Label:
    bucket = MONDAY + timedelta(days=day)
    return Label(1, "s.orders", kind, bucket, bucket, "ada", AT, **more)


def test_days_that_follow_one_another_with_a_series_in_common_are_one_event():
    [event] = events([alert(2, NULLS, score=5), alert(1, NULLS, ROWS), alert(0)], [])
    assert (event.first, event.last, event.buckets) == (MONDAY, MONDAY + timedelta(days=2), 3)
    assert event.leading.metric == NULLS
    assert {one.metric: one.score for one in event.findings} == {NULLS: 5, ROWS: -2}
    assert event.noticed_at == AT
    assert event.dimension is Dimension.COMPLETENESS


def test_the_list_of_all_alerts_says_what_when_and_why_and_leads_to_the_alerts_of_its_dataset():
    [event] = events([alert(0, ROWS, NULLS), alert(1)], [label(LabelKind.KNOWN_ERROR)])
    told = anomalies.entry(anomalies.Told(event, "all are *FR*", None), AT + timedelta(days=3))
    assert (told.page, told.params) == ("dataset", {"name": "s.orders", "tab": "Alerts"})
    assert told.label == ":gray[–] &nbsp; **500 rows on 2026\\-03\\-10, expected between 900 and 1,100 rows**"
    assert told.facts["when"] == "Mon 09 to Tue 10 Mar 2026 \\(2 days\\)"
    assert (told.facts["noticed"], told.facts["with it"]) == ("3 d ago", "1 more series")
    assert told.lines == [r":gray[why] all are \*FR\*"]
    [event] = events([alert(0)], [])
    told = anomalies.entry(anomalies.Told(event, None, None), AT)
    assert (told.label[:9], told.facts["with it"], told.facts["label"], told.lines) == (":orange[▲", "", "", ())


def test_missing_rows_tell_an_event_whose_newest_day_shows_only_what_follows_from_them():
    mean = Metric("mean", "hour", Grain.DAY)
    [event] = events([alert(0, ROWS, mean), alert(1, mean, score=-9)], [])
    assert (event.leading.metric, event.led, event.last) == (ROWS, MONDAY, MONDAY + timedelta(days=1))
    assert event.dimension is Dimension.COVERAGE
    [event] = events([alert(0, ROWS, mean), alert(1, NULLS, mean)], [])
    assert (event.leading.metric, event.led) == (NULLS, event.last)  # nulls are trouble of their own


def test_fewer_rows_are_told_with_what_may_follow_from_them_although_they_are_no_alert():
    mean = Metric("mean", "hour", Grain.DAY)
    [event] = events([alert(0, mean)], [])
    band = pd.DataFrame({"value": [57.0], "expected": [69.2], "score": [-0.85]})
    said = dataset_alerts.rows_of(event, band)
    assert said == "57 rows, usually about 69 rows, which is still inside the band"
    assert dataset_alerts.rows_of(event, band.assign(score=-0.2)) is None
    assert dataset_alerts.rows_of(event, band.iloc[:0]) is None
    [nulls], [rows] = events([alert(0, NULLS)], []), events([alert(0, mean, ROWS)], [])
    assert (dataset_alerts.rows_of(nulls, band), dataset_alerts.rows_of(rows, band)) == (None, None)


@pytest.mark.parametrize(
    "others",
    [[alert(0), alert(2)], [alert(0), alert(1, NULLS)], [alert(0), alert(1, dataset="s.users")]],
    ids=["a gap", "other series", "another dataset"],
)
def test_what_does_not_belong_together_stays_apart(others: list[Alert]):
    assert len(events(others, [])) == 2


def test_hours_follow_one_another_too_and_the_newest_event_comes_first():
    hours = [alert(hour, Metric("bucket_rows", grain=Grain.HOUR), grain=Grain.HOUR) for hour in (1, 2)]
    newest, event = events([*hours, alert(3)], [])
    assert (newest.last, event.buckets) == (MONDAY + timedelta(days=3), 2)
    assert sentences.lasted(event) == "09 Mar 2026 01:00 to 09 Mar 2026 02:00 (2 hours)"


def test_values_that_break_a_rule_are_told_by_the_rule():
    metric = Metric("invalid_count", "items", Grain.DAY, "items.maximum")
    told = sentence(Finding(metric, 0.075, 0.0, 0.0, 0.0, 9.0), datetime.fromisoformat("2026-03-14"), Grain.DAY)
    assert told == "7.5 % of the rows break items.maximum on 2026-03-14, expected at most 0 % of the rows"


def test_keys_without_a_partner_are_told_in_words():
    finding = Finding(Metric("orphan_count", "carrier", check="known"), 0.02, 0.01, 0.0, 0.018, 5.0)
    said = "2 % of the rows have a carrier that has no partner on 2026-03-09, expected at most 1.8 % of the rows"
    assert sentence(finding, MONDAY, Grain.DAY) == said


@pytest.mark.parametrize(
    ("metric", "before", "now", "said"),
    [
        (ROWS, 931.7, 559.6, "the number of rows has fallen from about 930 to about 560 a day"),
        (NULLS, 0.0198, 0.0313, "the share of rows without email has risen from about 2 % to about 3.1 %"),
        (Metric("mean", "pay", Grain.DAY), 1021.0, 983.0, "the mean of pay has fallen from about 1,020 to about 983"),
        (
            Metric("distinct_count", "shop", Grain.HOUR), 16.2, 12.4,
            "the number of different values of shop has fallen from about 16 to about 12 an hour",
        ),
        (
            replace(category_count("shop", "Rome"), grain=Grain.DAY), 0.2, 0.1,
            "the share of rows with shop = Rome has fallen from about 20 % to about 10 %",
        ),
        (Metric("freshness"), 7200.0, 10800.0, "the age of the newest row has risen from about 2 h to about 3 h"),
    ],
)  # fmt: skip
def test_a_drift_says_from_what_to_what_and_over_how_long(metric, before, now, said):
    finding = Finding(metric, 500.0, 1000.0, 900.0, 1100.0, -1.2, Drift(before, now))
    until = "" if metric.grain is Grain.TABLE else " up to 2026-03-09"
    assert sentence(finding, MONDAY, metric.grain) == f"{said} in 4 weeks{until}"


def test_a_drift_of_which_nobody_knows_how_far_it_went_says_from_where():
    finding = Finding(ROWS, 500.0, 1000.0, 900.0, 1100.0, -1.2, Drift(math.nan, math.nan))
    away = "the number of rows has moved slowly away from between 900 and 1,100 rows up to 2026-03-09"
    assert sentence(finding, MONDAY, Grain.DAY) == away


def test_days_of_one_month_name_it_once():
    [event] = events([alert(0), alert(1)], [])
    assert sentences.lasted(event) == "Mon 09 to Tue 10 Mar 2026 (2 days)"
    [event] = events([alert(22), alert(23)], [])
    assert sentences.lasted(event) == "Tue 31 Mar 2026 to Wed 01 Apr 2026 (2 days)"


def test_an_event_is_open_until_a_label_speaks_of_it():
    alerts = [alert(0), alert(1)]
    assert events(alerts, [])[0].is_open
    assert not events(alerts, [label(LabelKind.KNOWN_ERROR, 1)])[0].is_open
    assert events(alerts, [label(LabelKind.KNOWN_ERROR, 2)])[0].is_open
    assert events(alerts, [label(LabelKind.EXPECTED, metric="null_rate", column="email")])[0].is_open
    assert events(alerts, [replace(label(LabelKind.EXPECTED), dataset="s.users")])[0].is_open


def test_a_new_regime_is_said_of_the_event_that_it_began_with_and_of_no_later_one():
    begun = label(LabelKind.NEW_REGIME)
    later, first = events([alert(0), alert(5)], [begun])
    assert (first.labels, later.labels) == ((begun,), ())


def test_the_newest_explanation_of_an_event_is_its_why():
    [event] = events([alert(0), alert(1)], [])
    assert event.why({}) is None
    kept = {("s.orders", MONDAY, Grain.DAY): "one shop", ("s.orders", MONDAY + timedelta(days=2), Grain.DAY): "later"}
    assert event.why(kept) == "one shop"
    assert event.why({("s.users", MONDAY, Grain.DAY): "others"}) is None


def test_the_headline_counts_alerts_datasets_and_what_nobody_has_labelled():
    assert sentences.alerts_headline([], 30) == "No learned alert in the last 30 days"
    found = events([alert(0), alert(5), alert(0, dataset="s.users")], [label(LabelKind.FALSE_ALARM)])
    assert sentences.alerts_headline(found, 7) == "3 alerts in 2 datasets in the last 7 days, 2 of them not labelled"
    assert sentences.alerts_headline(found[2:], 7) == "1 alert in 1 dataset in the last 7 days, all labelled"
    assert sentences.lasted(found[0]) == "Sat 14 Mar 2026"


@pytest.mark.parametrize(
    ("metric", "edges", "said"),
    [
        (ROWS, (880.2, 980.9), "between 881 and 980 rows"),
        (ROWS, (15.5, 16.5), "exactly 16 rows"),
        (NULLS, (0.0, 0.0123), "at most 1.2 % of the rows"),
        (Metric("mean", "amount", Grain.DAY), (1.5, 2.25), "between 1.5 and 2.25"),
        (Metric("freshness"), (0.0, 7200.0), "at most 2 h"),
        (Metric("distinct_count", "carrier", Grain.DAY), (11.4, 12.6), "exactly 12 different values"),
        (ROWS, (float("nan"), 1.0), "not known"),
    ],
)  # fmt: skip
def test_a_band_in_words(metric: Metric, edges: tuple[float, float], said: str):
    assert band(metric, *edges) == said


def believed(metric: Metric, values: np.ndarray, kind: str, upper: float = 0.05) -> str:
    days = pd.date_range("2025-09-01", periods=len(values))  # a Monday
    bands = pd.DataFrame({"upper": [upper], "expected": [0.02]})
    return beliefs.believed(metric, fit(pd.Series(values, days), kind), bands)  # ty: ignore[invalid-argument-type]


def test_what_is_believed_of_a_weekly_series():
    week = np.array([930, 930, 930, 930, 930, 720, 800])
    noise = np.clip(np.random.default_rng(1).standard_normal(140), -2, 2) * 8
    said = believed(ROWS, np.tile(week, 20) + noise, "count")
    assert said.startswith("Weekdays about 9")
    assert ", Saturdays about 7" in said
    assert ", Sundays about " in said
    assert "; no trend; usually within " in said
    assert " % below or " in said
    assert said.endswith(" % above would be seen.")


def test_what_is_believed_of_a_rate_a_constant_and_a_young_series():
    rate = believed(NULLS, np.full(60, 0.02) + np.tile([0.001, -0.001], 30), "rate")
    assert rate.startswith("About 2 % of the rows, on any day alike; no trend; usually within 0.")
    assert rate.endswith("A day 3.0 points above would be seen.")
    assert believed(Metric("distinct_count", "carrier", Grain.DAY), np.full(60, 12.0), "count").startswith(
        "Always 12 different values. A day "
    )
    assert believed(ROWS, np.full(5, 12.0), "count") == "Still learning: 5 of 14 days."


def test_what_can_be_seen_agrees_with_the_band_that_is_drawn():
    days = pd.date_range("2025-09-01", periods=60)
    constant = fit(pd.Series([12.0] * 30 + [11.0] + [12.0] * 29, days), "count")
    carriers, drawn = (
        Metric("distinct_count", "carrier", Grain.DAY),
        pd.DataFrame({"lower": [11.4], "expected": [12.0], "upper": [12.6]}),
    )
    assert beliefs.visible(carriers, constant, drawn) == "A day 5.0 % below or 5.0 % above would be seen."


def test_a_fall_to_nothing_that_would_not_be_seen_is_not_promised():
    mean, drawn = (
        fit(pd.Series([10.0, 4.0] * 30, pd.date_range("2025-09-01", periods=60)), "value"),
        pd.DataFrame({"lower": [0.0], "expected": [8.0], "upper": [10.0]}),
    )
    visib = Metric("mean", "visib", Grain.DAY)
    assert beliefs.visible(visib, mean, drawn) == "A day 25 % above would be seen."


def test_a_share_that_may_be_anything_is_said_to_be_unseen():
    said = believed(NULLS, np.tile([0.0, 0.6, 0.1], 20), "rate", upper=1.0)
    assert said.endswith(" No day would be seen, whatever its share: it varies too much.")


def test_a_trend_is_said_with_its_direction():
    assert "; rising by " in believed(ROWS, 1000 * 1.01 ** np.arange(140), "count")
