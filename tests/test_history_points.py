"""What is remembered of measurements: every value that was ever known, and when it became known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checks.history import History
from checks.records import Grain
from tests.examples import examples
from tests.reports import COLUMNS, DAY, FLOW, HOUR, MONDAY, NINE, NULLS, ROWS, SUNDAY, grid, measured, newest, report


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    with History.open(tmp_path / "history.duckdb", NINE) as opened:
        yield opened


def test_whole_table_values_are_kept_at_every_run(history):
    for hour in range(3):
        history.remember(report(NINE + hour * HOUR))
    points = history.points("s.flights", "row_count")
    assert list(points["observed_at"]) == [NINE, NINE + HOUR, NINE + 2 * HOUR]
    assert points["bucket"].isna().all()
    assert history.known("s.flights").values == {ROWS: (NINE + 2 * HOUR, 7.0)}


def test_a_bucket_is_appended_only_when_it_is_new_or_restated(history):
    assert history.remember(report(NINE, grid(FLOW, {SUNDAY: 5, MONDAY: 1}))) == 2
    assert history.remember(report(NINE + HOUR, grid(FLOW, {SUNDAY: 5, MONDAY: 3}))) == 1
    assert history.remember(report(NINE + 2 * HOUR, grid(FLOW, {SUNDAY: 5, MONDAY: 3}))) == 0
    assert newest(history, FLOW) == {SUNDAY: 5, MONDAY: 3}
    assert newest(history, FLOW, known_at=NINE) == {SUNDAY: 5, MONDAY: 1}
    assert newest(history, FLOW, since=MONDAY) == {MONDAY: 3}


def test_what_was_not_measured_is_not_stored_and_does_not_hide_what_was(history):
    history.remember(report(NINE, grid(FLOW, {SUNDAY: 5, MONDAY: 1})))
    assert history.remember(report(NINE + HOUR, grid(FLOW, {SUNDAY: np.nan, MONDAY: np.inf}))) == 1
    assert newest(history, FLOW) == {SUNDAY: 5, MONDAY: np.inf}


def test_what_is_known_survives_closing_the_file(tmp_path):
    path = tmp_path / "history.duckdb"
    with History.open(path, NINE) as history:
        history.remember(report(NINE, grid(FLOW, {SUNDAY: 5}), grid(ROWS, {None: 9})))
    with History.open(path, NINE) as history:
        known = history.known("s.flights")
        assert (known.last_whole_table, known.newest_bucket, known.values) == (NINE, SUNDAY, {ROWS: (NINE, 9)})
        assert history.remember(report(NINE + HOUR, grid(FLOW, {SUNDAY: 5, MONDAY: 2}))) == 1
        assert history.schemas("s.flights") == [(NINE, COLUMNS)]


def test_buckets_gives_every_bucketed_series_with_its_newest_values(history):
    history.remember(
        report(NINE, grid(FLOW, {SUNDAY: 5, MONDAY: 1}), grid(NULLS, {MONDAY: 0.5}), grid(ROWS, {None: 9}))
    )
    history.remember(report(NINE + HOUR, grid(FLOW, {MONDAY: 2})))
    assert history.buckets("s.flights", SUNDAY) == {FLOW: {SUNDAY: 5, MONDAY: 2}, NULLS: {MONDAY: 0.5}}
    assert history.buckets("s.flights", MONDAY)[FLOW] == {MONDAY: 2}
    assert history.buckets("s.other", SUNDAY) == {}


def test_without_a_grain_the_bucketed_series_is_meant_and_an_unknown_series_is_empty(history):
    history.remember(report(NINE, grid(FLOW, {SUNDAY: 5}), grid(ROWS, {None: 9})))
    assert list(history.points("s.flights", "row_count")["value"]) == [5]
    assert list(history.points("s.flights", "row_count", grain=Grain.TABLE)["value"]) == [9]
    assert history.points("s.flights", "no_such").empty


def test_buckets_before_1970_and_datasets_of_similar_names_are_kept_apart(history):
    old = datetime.fromisoformat("1815-06-18")
    history.remember(report(NINE, grid(FLOW, {old: 5, MONDAY: 1})))
    history.remember(replace(report(NINE, grid(FLOW, {old: 7})), dataset="s.flights2"))
    assert history.remember(report(NINE + HOUR, grid(FLOW, {old: 5, MONDAY: 1}))) == 0
    assert newest(history, FLOW) == {old: 5, MONDAY: 1}


def test_sparklines_take_buckets_or_else_the_last_value_of_each_day(history):
    history.remember(report(NINE, grid(FLOW, {SUNDAY: 5, MONDAY: 1}), grid(ROWS, {None: 9})))
    for hour in range(2):
        history.remember(replace(report(NINE + hour * HOUR, grid(ROWS, {None: hour})), dataset="s.planes"))
    found = history.sparklines("row_count", SUNDAY)
    expected = [("s.flights", SUNDAY, 5.0), ("s.flights", MONDAY, 1.0), ("s.planes", MONDAY, 1.0)]
    assert list(found.itertuples(index=False, name=None)) == [(n, pd.Timestamp(b), v) for n, b, v in expected]
    assert set(history.sparklines("row_count", SUNDAY, ["s.planes", "s.gone"])["dataset"]) == {"s.planes"}


def test_a_schema_is_kept_when_it_changes(history):
    history.remember(report(NINE))
    history.remember(report(NINE + HOUR))
    history.remember(report(NINE + 2 * HOUR, measured=measured(columns=COLUMNS[:1])))
    assert history.schemas("s.flights") == [(NINE, COLUMNS), (NINE + 2 * HOUR, COLUMNS[:1])]


observations = st.lists(
    st.tuples(st.integers(0, 2), st.dictionaries(st.integers(0, 3), st.sampled_from([0.0, 1.0, np.nan]), min_size=1)),
    min_size=1,
    max_size=6,
)


@given(observations)
@settings(max_examples=examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_was_known_at_any_moment_is_what_a_plain_model_says(history, sequence):
    """Observations in order of time, some of them at the same moment."""
    dataset = f"s.model_{len(history.datasets())}"
    model, at, moments = {}, NINE, {}
    for hours, values in sequence:
        at += hours * HOUR
        buckets = {SUNDAY + day * DAY: value for day, value in values.items()}
        history.remember(replace(report(at, grid(FLOW, buckets)), dataset=dataset))
        model = model | {bucket: value for bucket, value in buckets.items() if not np.isnan(value)}
        moments |= {at: model, at + HOUR / 2: model}
    assert {moment: newest(history, FLOW, dataset, known_at=moment) for moment in moments} == moments


def test_buckets_are_the_same_from_memory_and_from_the_file(tmp_path):
    path = tmp_path / "history.duckdb"
    with History.open(path, NINE) as history:
        history.remember(report(NINE, grid(NULLS, {SUNDAY: 0.5, MONDAY: 0.25}), grid(FLOW, {MONDAY: 3.0})))
        history.remember(report(NINE + HOUR, grid(NULLS, {MONDAY: 0.75})))
        remembered = history.buckets("s.flights", SUNDAY), history.buckets("s.flights", MONDAY)
        assert history.buckets("s.flights", MONDAY.replace(tzinfo=UTC)) == remembered[1]
    with History.open(path, NINE) as history:
        assert (history.buckets("s.flights", SUNDAY), history.buckets("s.flights", MONDAY)) == remembered
    assert remembered[0] == {NULLS: {SUNDAY: 0.5, MONDAY: 0.75}, FLOW: {MONDAY: 3.0}}
    assert remembered[1] == {NULLS: {MONDAY: 0.75}, FLOW: {MONDAY: 3.0}}


def test_a_dataset_of_whole_table_numbers_has_no_buckets(tmp_path):
    path = tmp_path / "history.duckdb"
    with History.open(path, NINE) as history:
        history.remember(report(NINE))
    with History.open(path, NINE) as history:
        assert history.buckets("s.flights", SUNDAY) == {}


def test_a_series_that_is_restated_in_three_days_is_told_as_it_was_at_an_age(history):
    days = [SUNDAY + number * DAY for number in range(-3, 1)]
    for number, day in enumerate(days):  # each morning the day before is 1, and all earlier ones have become 5
        at = NINE + (number - 3) * DAY
        values = {**dict.fromkeys(days[:number], 5), day: 1}
        history.remember(report(at, grid(NULLS, values), grid(FLOW, dict.fromkeys(values, 100))))
    known = history.at_age("s.flights", days[0], (DAY, DAY + 9 * HOUR))
    assert {metric: dict(values) for metric, values in known.items()} == {NULLS: dict.fromkeys(days, 1)}
    assert history.at_age("s.flights", days[1], (DAY, DAY + 9 * HOUR)) == {}  # two of them are not yet a habit
    assert history.at_age("s.flights", days[0], (timedelta(0), 20 * HOUR)) == {}  # nobody looked so early


def test_what_a_day_had_while_it_filled_is_not_what_was_known_of_it_when_it_was_complete(history):
    days = [SUNDAY + number * DAY for number in range(-5, 2)]
    for number, day in enumerate(days):  # at about nine; a day has 50 by then, 90 a day later and 100 after two
        at = NINE + (number - 6) * DAY + (2 * HOUR if number == 3 else timedelta(0))
        values = {**dict.fromkeys(days[:number], 100), **dict.fromkeys(days[number - 1 : number], 90), day: 50}
        history.remember(report(at, grid(NULLS, values)))
    known = history.at_age("s.flights", days[0], (DAY, DAY + 9 * HOUR))
    seen = [day for number, day in enumerate(days[:-1]) if number != 2]  # of that one a run came only later
    assert known == {NULLS: dict.fromkeys(seen, 90)}
