"""Backtests: what would have alerted, strictly by what was known before, against budget, labels and injected faults."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from checks.backtest.faults import FAULTS, injected
from checks.backtest.replay import Event, Replay, replay
from checks.backtest.settings import WrongSetting, changed
from checks.learned.events import events
from checks.learned.grids import Watched
from checks.records import Alert, Detection, Label, LabelKind, Metric
from tests.backtests import DAYS, NULLS, ROWS, day, hours, shop

USUAL = Detection()
WINDOW = timedelta(days=60)
LOST = 130  # the day on which two thirds of the rows are lost
SOMEBODY = datetime(2026, 7, 1, tzinfo=UTC)


def replayed(grid: Watched, *labels: Label, detection: Detection = USUAL, window: timedelta = WINDOW) -> Replay:
    return replay([grid], detection, labels, window)


def near(found: Replay, number: int = LOST) -> list[Event]:
    """The alerts of that day and the next; others may come by chance, as often as the budget allows."""
    return [event for event in found.events if event.first <= day(number + 1) and event.last >= day(number)]


def label(kind: LabelKind, number: int, metric: Metric | None = None) -> Label:
    name, column = (metric.name, metric.column) if metric else (None, None)
    return Label(1, "s.shop", kind, day(number), day(number), "ada", SOMEBODY, name, column)


# -- what would have alerted -------------------------------------------------------------------------------------------


def test_a_day_of_lost_rows_would_have_alerted():
    found = replayed(shop({LOST: 0.3}))
    [event] = near(found)
    assert (event.first, event.last, event.label) == (day(LOST), day(LOST), None)
    leading = event.findings[0]
    assert leading.metric == ROWS
    assert leading.value < leading.lower < leading.expected < leading.upper
    assert found.per_90_days == pytest.approx(1.5 * len(found.events))


def test_neighbouring_days_are_one_alert():
    found = replayed(shop({LOST: 0.3, LOST + 1: 0.3, LOST + 20: 0.3}))
    assert [(event.first, event.last) for event in near(found)] == [(day(LOST), day(LOST + 1))]
    assert [(event.first, event.last) for event in near(found, LOST + 20)] == [(day(LOST + 20), day(LOST + 20))]
    assert sum(each.events for each in found.series) >= len(found.events) >= 2


def test_an_event_of_several_days_is_told_as_on_the_pages():
    """By the newest day that says more than what follows from missing rows, however far out the others were."""
    found = replayed(shop({LOST: 0.1, LOST + 1: 0.3}))
    [event] = near(found)
    alerts = [Alert("s.shop", bucket, event.grain, SOMEBODY, each) for bucket, each in event.outside.items()]
    [shown] = events(alerts, [])
    assert (event.findings[0], shown.led) == (shown.leading, day(LOST + 1))


def test_what_was_before_the_window_is_learned_from_and_not_told():
    found = replayed(shop({70: 0.3}))
    assert all(event.first >= day(DAYS - 60) for event in found.events)
    assert found.days == 60
    assert {each.judged for each in found.series} == {60}


def test_a_young_series_is_learning_and_its_rate_is_not_known():
    found = replayed(shop(days=10))
    assert (found.days, found.per_90_days, found.events) == (0, None, ())
    assert {(each.judged, each.learning, each.per_90_days) for each in found.series} == {(0, 10, None)}


def test_the_smallest_change_that_a_band_shows_is_told():
    rows = {each.metric: each for each in replayed(shop()).series}[ROWS]
    assert rows.sees_fall is not None
    assert rows.sees_rise is not None
    assert 0.05 < rows.sees_fall < 0.4
    assert 0.05 < rows.sees_rise < 0.5


def test_a_larger_budget_never_alerts_less():
    strict, loose = (
        replayed(shop({LOST: 0.8}, seed=3), detection=Detection(alerts_per_90_days=budget)) for budget in (0.1, 20.0)
    )
    assert sum(each.events for each in strict.series) <= sum(each.events for each in loose.series)
    rows = [{each.metric: each for each in found.series}[ROWS].sees_fall or 1.0 for found in (strict, loose)]
    assert rows[1] < rows[0]


@pytest.mark.parametrize("seed", range(2))
def test_the_future_changes_nothing_of_the_past(seed: int):
    random = np.random.default_rng(seed)
    grid = shop({60: 0.3}, days=120, seed=seed)
    until = 90
    values = grid.values.copy()
    values[:, until:] *= random.uniform(0, 5, values[:, until:].shape)
    one, other = replayed(grid), replayed(replace(grid, values=values))
    for name in ("expected", "lower", "upper", "score"):
        before, after = (getattr(found.judged[0].bands, name)[:, :until] for found in (one, other))
        assert np.array_equal(before, after, equal_nan=True), name
    assert np.array_equal(one.judged[0].state[:, :until], other.judged[0].state[:, :until])


# -- labels ------------------------------------------------------------------------------------------------------------


def test_an_error_that_is_labelled_is_found_and_one_that_nothing_told_is_missed():
    """Nor is one on another series found by this one, and one from before the window is not counted."""
    known, missed = label(LabelKind.KNOWN_ERROR, LOST, ROWS), label(LabelKind.MISSED_ALARM, LOST - 25)
    other, before = label(LabelKind.KNOWN_ERROR, LOST, NULLS), label(LabelKind.KNOWN_ERROR, 70)
    found = replayed(shop({LOST: 0.3}), known, missed, other, before)
    assert (found.labels.wrong, found.labels.found, found.labels.missed) == (3, 1, 2)
    assert [event.label for event in near(found)] == [known]


def test_an_error_of_one_day_is_found_in_an_event_that_was_worst_on_another():
    about_nulls = label(LabelKind.KNOWN_ERROR, LOST, NULLS)
    shop_of_two = shop({LOST: 0.5, LOST + 1: 0.02})
    row = shop_of_two.metrics.index(NULLS)
    shop_of_two.values[row, LOST] = 0.4
    found = replayed(shop_of_two, about_nulls)
    [event] = near(found)
    assert NULLS not in [one.metric for one in event.findings]
    assert (found.labels.wrong, found.labels.found) == (1, 1)


def test_hours_are_one_event_as_they_are_on_the_pages():
    """Alerts of one day that are hours apart are two, and so are neighbours that share no series."""
    grid = hours(days=30)
    places = [24 * 25 + hour for hour in (9, 10, 14)]
    grid.values[0, places] = 0.0
    found = replayed(grid)
    judged, since = found.judged[0], found.since[0]
    noticed = datetime(2026, 7, 1, tzinfo=UTC)
    shown = events(
        [
            Alert("s.shop", judged.watched.buckets[at], judged.watched.grain, noticed, tuple(judged.outside(at)))
            for at in range(since, len(judged.watched.buckets))
            if judged.outside(at)
        ],
        [],
    )
    assert [(each.first, each.last) for each in found.events] == sorted((each.first, each.last) for each in shown)
    assert len(found.events) >= 2
    assert found.series[0].events == len(found.events)


def test_what_is_expected_does_not_alert_and_is_counted():
    found = replayed(shop({LOST: 0.3}), label(LabelKind.EXPECTED, LOST, ROWS))
    assert (near(found), found.labels.expected) == ([], 1)
    rows = {each.metric: each for each in found.series}[ROWS]
    assert rows.events == sum(finding.metric == ROWS for event in found.events for finding in event.findings)


def test_a_false_alarm_is_still_an_alert_of_detection_and_counted_as_false():
    found = replayed(shop({LOST: 0.3}), label(LabelKind.FALSE_ALARM, LOST))
    assert (len(near(found)), found.labels.false) == (1, 1)


# -- faults ------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_standard_faults_are_found_in_a_quiet_series_and_the_seed_chooses_where():
    found = replayed(shop(days=200), window=timedelta(days=120))
    assert injected(found, (), 1) == injected(found, (), 1)
    recall = {each.fault: each for each in injected(found, (), 1)}
    assert list(recall) == [fault.name for fault in FAULTS]
    assert all(each.injected == 40 for each in recall.values())
    for name in (
        "drop by 50 %",
        "drop by 80 %",
        "missing bucket",
        "late bucket",
        "slow drift to -40 % in 28 days",
        "vanished category",
    ):
        assert recall[name].found / recall[name].injected >= 0.9, name


def test_where_nothing_changes_nothing_is_found(monkeypatch: pytest.MonkeyPatch):
    """A fault that leaves the values as they are must not be found: only the fault is counted."""
    harmless = replace(FAULTS[0], change=lambda values, _: values)
    monkeypatch.setattr("checks.backtest.faults.FAULTS", (harmless,))
    [recall] = injected(replayed(shop({LOST: 0.3})), (), 1)
    assert (recall.injected, recall.found) == (40, 0)


@pytest.mark.slow
def test_faults_of_hours_last_six_of_them():
    recall = {each.fault: each for each in injected(replayed(hours(days=50), window=timedelta(days=20)), (), 1)}
    assert recall["missing bucket"].injected == 40
    assert recall["missing bucket"].found >= 20
    assert recall["vanished category"].injected == 0
    assert recall["vanished category"].why_none == "no column of few different values is measured"


def test_a_young_series_takes_no_fault_and_says_why():
    recall = injected(replayed(shop(days=10)), (), 1)
    assert {each.why_none for each in recall} == {"no stretch of the window was judged for long enough"}


# -- settings ----------------------------------------------------------------------------------------------------------


def test_a_setting_is_changed_as_in_the_configuration():
    assert changed(USUAL, ["detection.alerts_per_90_days=0.5", "detection.holidays = us"]) == Detection(True, 0.5, "US")
    assert changed(Detection(holidays="DE"), ["detection.holidays=none"]) == USUAL
    assert changed(USUAL, ['detection.holidays="DE"']).holidays == "DE"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["alerts"], "'alerts' is not a setting; write for example detection.alerts_per_90_days=0.5"),
        (["alerts_per_90_days=1"], "'alerts_per_90_days=1' is not a setting; write for example"),
        (["detection.on=false"], "detection.on is not a setting that can be compared; there are detection.alerts_per"),
        (["detection.alerts_per_90_days=0"], "detection.alerts_per_90_days: 0: input should be greater than 0"),
        (["detection.alerts_per_90_days=many"], "detection.alerts_per_90_days: 'many': input should be a valid number"),
        (["detection.alerts_per_90_days="], "detection.alerts_per_90_days: '': input should be a valid number"),
        (["detection.alerts_per_90_days=nan"], "detection.alerts_per_90_days: nan: input should be"),
        (["detection.holidays=Mars"], "detection.holidays: 'Mars': is not a country whose holidays are known"),
        (["detection.holidays=none"] * 2, "detection.holidays is set twice"),
        (["detection.holidays=none"] * 21, "there are 21 settings; 20 at most"),
    ],
)
def test_nonsense_is_told(words: list[str], sentence: str):
    with pytest.raises(WrongSetting) as error:
        changed(USUAL, words)
    assert str(error.value).startswith(sentence)
