"""Bands, alerts and durations in the history: only added, the newest counts."""

from __future__ import annotations

import json
import math
from datetime import timedelta

import numpy as np
import pytest

from checks.explain import Explanation, Segment, to_document
from checks.explain.kept import reasons
from checks.history import History
from checks.learned.before import DURATION, QUICK
from checks.records import Alert, Bands, Dataset, Drift, Finding, Grain, Label, LabelKind, Learned, Metric, RunReport
from connectors import TableName
from tests.reports import DAY, HOUR, MONDAY, NINE, SUNDAY, grid, report

ROWS = Metric("bucket_rows", grain=Grain.DAY)
FLIGHTS = "s.flights"


@pytest.fixture
def history(tmp_path):
    with History.open(tmp_path / "history.duckdb", NINE) as opened:
        yield opened


def bands(metric: Metric, *values: float, upper: float = 9.0) -> Bands:
    """Bands over the days from Sunday on; NaN where nothing is kept."""
    line = np.array([values])
    edge = np.where(np.isnan(line), np.nan, upper)
    buckets = tuple(SUNDAY + n * DAY for n in range(len(values)))
    return Bands(metric.grain, (metric,), buckets, line, edge - 1, edge - 2, edge, line * 0)


def remembered(history: History, *learned: Bands, slot=NINE, alerts: tuple[Alert, ...] = (), replay=False) -> RunReport:
    told = report(slot, grid(ROWS, {SUNDAY: 7.0, MONDAY: 8.0}), learned=Learned(learned, alerts), replay=replay)
    history.remember(told)
    return told


def alert(at=NINE, *findings: Finding) -> Alert:
    return Alert(FLIGHTS, SUNDAY, Grain.DAY, at, findings)


FOUND = Finding(ROWS, 7.0, 9.0, 8.0, 10.0, -2.0)


def test_of_a_bucket_that_was_judged_twice_the_newest_band_counts(history):
    remembered(history, bands(ROWS, 7.0, 8.0))
    remembered(history, bands(ROWS, np.nan, 8.5, upper=12.0), slot=NINE + HOUR)
    found = history.bands(FLIGHTS, ROWS)
    assert found["bucket"].tolist() == [SUNDAY, MONDAY]
    assert found["value"].tolist() == [7.0, 8.5]
    assert found["upper"].tolist() == [9.0, 12.0]
    assert history.before(FLIGHTS, NINE + DAY, None).judged == {ROWS: {SUNDAY: 7.0, MONDAY: 8.5}}
    assert len(history.bands(FLIGHTS, ROWS, since=MONDAY)) == 1
    assert len(history.bands("s.other", ROWS)) == 0


def test_an_alert_stands_until_it_is_withdrawn_and_keeps_its_first_moment(history):
    remembered(history, alerts=(alert(NINE, FOUND),))
    worse = Finding(ROWS, 6.0, 9.0, 8.0, 10.0, -3.0)
    remembered(history, slot=NINE + HOUR, alerts=(alert(NINE + HOUR, worse),))
    assert history.alerts(FLIGHTS) == [alert(NINE, worse)]
    assert history.alerts() == history.alerts(FLIGHTS)
    assert history.alerts(FLIGHTS, since=MONDAY) == history.alerts("s.other") == []
    remembered(history, slot=NINE + 2 * HOUR, alerts=(alert(NINE + 2 * HOUR),))
    assert history.alerts() == []


def test_a_label_that_was_undone_is_told_to_the_next_run_only_with_all_that_its_days_once_told(history):
    nulls = Finding(Metric("null_rate", "tail", Grain.DAY), 0.3, 0.1, 0.0, 0.2, 2.0)
    said = Label(0, FLIGHTS, LabelKind.NEW_REGIME, SUNDAY, SUNDAY, "ada", NINE)
    number = history.add_label(said).id
    remembered(history, alerts=(alert(NINE, FOUND, nulls),))
    remembered(history, slot=NINE + HOUR, alerts=(alert(NINE + HOUR, FOUND),))
    remembered(history, slot=NINE + 2 * HOUR, alerts=(alert(NINE + 2 * HOUR),))
    assert history.before(FLIGHTS, NINE + 3 * HOUR, None).undone == []
    history.undo_label(number, "ada", NINE + 3 * HOUR)
    before = history.before(FLIGHTS, NINE + 4 * HOUR, MONDAY)
    assert ([label.id for label in before.undone], before.labels, before.alerts) == ([number], [], [])
    assert before.ever_told == [alert(NINE, FOUND, nulls)]
    remembered(history, slot=NINE + 3.5 * HOUR, replay=True)
    replayed = history.before(FLIGHTS, NINE + 4 * HOUR, MONDAY)
    assert [label.id for label in replayed.undone] == [number], "a replay does not judge by labels"
    remembered(history, slot=NINE + 4 * HOUR)
    after = history.before(FLIGHTS, NINE + 5 * HOUR, None)
    assert (after.undone, after.ever_told) == ([], ())


def test_how_far_a_level_drifted_is_remembered_and_of_older_drifts_nobody_knows(history):
    drifted = Finding(ROWS, 8.5, 9.0, 8.0, 10.0, -1.2, Drift(93.0, 56.0))
    remembered(history, alerts=(alert(NINE, drifted),))
    assert history.alerts() == [alert(NINE, drifted)]
    with history._store.transaction() as cursor:
        cursor.execute(
            "UPDATE alerts SET findings = [struct_update(findings[1], before := NULL::DOUBLE, now := NULL::DOUBLE)]"
        )
    [older] = history.alerts()
    assert older.findings[0].drift is not None
    assert math.isnan(older.findings[0].drift.now)


def test_the_newest_explanation_of_an_alert_counts(history):
    for text in ('{"sentence": "first"}', '{"sentence": "second"}'):
        history.keep_explanation(alert(), text, NINE + len(text) * HOUR)
    assert history.explanations(FLIGHTS) == {(FLIGHTS, SUNDAY, Grain.DAY): '{"sentence": "second"}'}
    assert history.explanations(since=MONDAY) == {}


@pytest.mark.parametrize(
    ("classified", "said"),
    [
        ({}, "all of it is city = Rome"),
        ({"city": "public"}, "all of it is city = Rome"),
        ({"shop": "restricted"}, "all of it is city = Rome"),
        ({"City": "restricted"}, "Not shown: it tells values of city, which is classified by now."),
    ],
)
def test_a_kept_explanation_tells_no_value_of_a_column_that_was_classified_since(history, classified, said):
    segment = Segment((("city", "Rome"),), 1.0, 9.0, 0.0, 9, 0, -9.0)
    found = Explanation(FLIGHTS, "bucket_rows", None, SUNDAY, 9.0, 7.0, "all of it is city = Rome", (segment,))
    history.keep_explanation(alert(), json.dumps(to_document(found)), NINE)
    dataset = Dataset("s", TableName(None, "flights"), classified=classified)
    assert reasons(history, {FLIGHTS: dataset}) == {(FLIGHTS, SUNDAY, Grain.DAY): said}


def test_a_kept_explanation_tells_no_mean_of_a_column_that_is_hidden_elsewhere(history):
    """A table without a contract hides what is hidden anywhere in its source; one that is gone does, too."""
    found = Explanation(FLIGHTS, "mean", "pay", SUNDAY, 9.0, 7.0, "the mean of pay is 7, usually 9")
    history.keep_explanation(alert(), json.dumps(to_document(found)), NINE)
    people = Dataset("s", TableName(None, "people"), classified={"pay": "restricted"}, contract="people")
    said = "Not shown: it tells values of pay, which is classified by now."
    for datasets in ([Dataset("s", TableName(None, "flights")), people], [people]):
        assert list(reasons(history, {each.name: each for each in datasets}).values()) == [said]


def test_durations_are_those_of_the_slowest_run_of_a_day_and_their_bands_find_their_series(history):
    slow = report(NINE, seconds=95.0)
    for told in (slow, report(NINE + HOUR, seconds=2.0), report(NINE + DAY, seconds=0.1)):
        history.remember(told)
    today = NINE.replace(hour=0, tzinfo=None)
    before = history.before(FLIGHTS, NINE + DAY + HOUR, None)
    assert before.days[DURATION] == {today: 95.0, today + timedelta(days=1): QUICK}
    remembered(history, bands(DURATION, 95.0, upper=200.0), slot=NINE + DAY + HOUR)
    assert history.bands(FLIGHTS, DURATION)["upper"].tolist() == [200.0]
    assert DURATION in history.series(FLIGHTS)


def test_a_repeated_slot_replaces_the_run_and_its_bands_count_once(history):
    for _ in range(2):
        remembered(history, bands(ROWS, 7.0), alerts=(alert(NINE, FOUND),))
    assert len(history.bands(FLIGHTS, ROWS)) == 1
    assert len(history.alerts(FLIGHTS)) == 1
