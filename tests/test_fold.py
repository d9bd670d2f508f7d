"""From groups of rows to buckets and totals, with plain numbers."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from statistics import fmean, stdev

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.fold import fold, table_totals
from checks.fused import NEWEST, OLDEST, Asked, in_parts, merge
from checks.metrics import column_aggregations, rows_aggregation
from checks.records import Dataset, EventTime, Metric, Plan
from checks.rows import names_beside
from checks.scalars import NotANumber, moment_of, number, numbers
from connectors import Column, TableName
from tests.nasty import AT

NAN = float("nan")
ROWS, NULLS, NON_FINITE = Metric("row_count"), Metric("null_count", "x"), Metric("non_finite_count", "x")
MEAN, STDDEV, DISTINCT = Metric("mean", "x"), Metric("stddev", "x"), Metric("distinct_count", "x")
DAYS = [datetime(2026, 3, day) for day in (12, 13, 14, 15)]  # noqa: DTZ001 buckets


def plan(*, whole_table: bool = True) -> Plan:
    dataset = Dataset("shop", TableName(None, "t"))
    return Plan(dataset, (), EventTime("at", "inferred"), None, whole_table, DAYS[0], None)


def seconds(moment: datetime | None) -> float:
    return NAN if moment is None else number(moment)


def asked(groups: dict[datetime | None, float], oldest: datetime | None = None, **lines: list[float]) -> Asked:
    values = {ROWS: np.array(list(groups.values()), dtype=float)}
    values |= {Metric(name, "x"): np.array(line, dtype=float) for name, line in lines.items()}
    values[OLDEST] = np.array([seconds(oldest)] * len(groups))
    values[NEWEST] = np.array([seconds(max((group for group in groups if group), default=None))] * len(groups))
    return Asked(tuple(groups), values)


def rows_per_bucket(groups: dict[datetime | None, float], **more) -> dict[datetime, float]:
    folded = fold(asked(groups, **more), plan(), AT)
    return {b: v for grid in folded.grids for b, v in zip(grid.buckets, grid.values[0], strict=True) if b}


class TestBuckets:
    def test_between_the_first_and_now_are_empty_where_there_is_no_row(self):
        assert rows_per_bucket({DAYS[1]: 5, DAYS[3]: 2}, oldest=DAYS[1]) == {DAYS[1]: 5, DAYS[2]: 0, DAYS[3]: 2}

    def test_begin_with_the_window_where_there_are_older_rows(self):
        older = DAYS[0] - timedelta(days=100)
        assert rows_per_bucket({None: 7, DAYS[3]: 2}, oldest=older) == dict(zip(DAYS, [0, 0, 0, 2], strict=True))

    def test_do_not_begin_earlier_for_rows_without_a_time_or_from_the_future(self):
        assert rows_per_bucket({None: 7, DAYS[2]: 2}, oldest=DAYS[2]) == {DAYS[2]: 2, DAYS[3]: 0}

    def test_are_none_where_no_row_has_a_time(self):
        assert rows_per_bucket({None: 7}) == {}

    def test_that_are_empty_have_counts_of_0_and_no_statistics(self):
        folded = fold(asked({DAYS[0]: 2, DAYS[3]: 2}, null_count=[1, 0], mean=[5, 6]), plan(), AT)
        [grid] = folded.grids
        lines = {metric.name: line.tolist() for metric, line in zip(grid.metrics, grid.values, strict=True)}
        assert lines["null_count"] == [1, 0, 0, 0]
        assert lines["mean"] == pytest.approx([5, NAN, NAN, 6], nan_ok=True)
        assert lines["null_rate"] == pytest.approx([0.5, NAN, NAN, 0], nan_ok=True)

    def test_of_a_run_of_the_newest_ones_are_all_that_were_read(self):
        folded = fold(asked({DAYS[2]: 1}), plan(whole_table=False), AT)
        assert folded.buckets == tuple(DAYS)
        assert folded.totals == {}


class TestTotals:
    def test_of_an_empty_answer_are_zero_or_nothing(self):
        empty = {metric: np.array([]) for metric in (ROWS, NULLS, MEAN, STDDEV, Metric("min", "x"), DISTINCT)}
        totals = table_totals(empty, by_bucket=True)
        assert {metric.name for metric, value in totals.items() if value == 0} == {"row_count", "null_count"}
        assert all(np.isnan(value) for metric, value in totals.items() if metric not in (ROWS, NULLS))

    @given(st.lists(st.lists(st.floats(-1e6, 1e6), max_size=5), min_size=1, max_size=6))
    def test_are_the_mean_and_deviation_of_all_values(self, groups: list[list[float]]):
        everything = [value for group in groups for value in group]
        values = {
            ROWS: np.array([len(group) + 2.0 for group in groups]),  # in each group one NULL and one NaN
            NULLS: np.ones(len(groups)),
            NON_FINITE: np.ones(len(groups)),
            MEAN: np.array([fmean(group) if group else NAN for group in groups]),
            STDDEV: np.array([stdev(group) if len(group) > 1 else NAN for group in groups]),
        }
        totals = table_totals(values, by_bucket=True)
        mean = fmean(everything) if everything else NAN
        deviation = stdev(everything) if len(everything) > 1 else NAN
        assert totals[MEAN] == pytest.approx(mean, nan_ok=True, abs=1e-6)
        assert totals[STDDEV] == pytest.approx(deviation, nan_ok=True, rel=1e-6, abs=1e-6)

    def test_are_not_guessed_where_the_weights_are_unknown(self):
        totals = table_totals({ROWS: np.array([2.0, 3.0]), MEAN: np.array([1.0, 9.0])}, by_bucket=True)
        assert np.isnan(totals[MEAN])

    def test_are_not_guessed_where_a_group_of_several_has_no_deviation(self):
        two = np.array([2.0, 2.0])
        values = {ROWS: two, NULLS: two * 0, MEAN: two, STDDEV: np.array([NAN, 1.0])}
        assert np.isnan(table_totals(values, by_bucket=True)[STDDEV])

    def test_hold_different_values_only_without_buckets(self):
        values = {ROWS: np.array([3.0]), DISTINCT: np.array([2.0])}
        assert table_totals(values, by_bucket=False)[DISTINCT] == 2
        assert DISTINCT not in table_totals(values, by_bucket=True)


def test_answers_over_different_groups_are_merged():
    first = Asked((None, DAYS[1]), {ROWS: np.array([1.0, 2.0])})
    second = Asked((DAYS[0], DAYS[1]), {NULLS: np.array([3.0, 4.0])})
    merged = merge([first, second])
    assert merged.buckets == (None, DAYS[0], DAYS[1])
    assert merged.values[ROWS] == pytest.approx([1, NAN, 2], nan_ok=True)
    assert merged.values[NULLS] == pytest.approx([NAN, 3, 4], nan_ok=True)


@pytest.mark.parametrize(
    ("columns", "groups", "dialect", "parts"),
    [
        (200, 92, "duckdb", 1),  # three months of days
        (200, 92, "postgres", 1),
        (20, 2162, "duckdb", 3),  # of hours: an estimate of different values takes memory for every one of them
        (20, 2162, "postgres", 1),
        (200, 1, "duckdb", 1),
        (300, 1, "postgres", 2),  # more than an answer may have columns
        (300, 1, "duckdb", 1),
        (700, 1, "duckdb", 2),
        (500, 5, "duckdb", 3),  # of a few days: DuckDB ends its process above 254 estimates in one statement
        (500, 1, "duckdb", 1),
    ],
)
def test_expressions_are_asked_together_as_far_as_memory_goes(columns: int, groups: int, dialect: str, parts: int):
    of_columns = [a for i in range(columns) for a in column_aggregations(Column(f"c{i}", "float64", "DOUBLE"), dialect)]
    everything = [rows_aggregation(), *of_columns]
    made = list(in_parts(everything, groups, dialect))
    assert len(made) == parts
    assert [aggregation for part in made for aggregation in part] == everything


def test_our_names_are_no_part_of_a_column():
    taken = ("VITALS_ROWS_0", 'x"vitals_bucket_1"', "vitals_future_2", "vitals_rows_33")
    assert names_beside(tuple(Column(name, "int64", "") for name in taken)).rows == "vitals_rows_4"


class TestNumbers:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (True, 1),
            (Decimal("1.5"), 1.5),
            (2**62, float(2**62)),
            (datetime(1969, 12, 31), -86_400),  # noqa: DTZ001
            (datetime(1969, 12, 31).date(), -86_400),  # noqa: DTZ001
            (timedelta(minutes=1), 60),
            ("2026-03-15T12:00:00+02:00", number(datetime(2026, 3, 15, 10))),  # noqa: DTZ001
            ("10:30", 37_800),
            ("24:00:00", 86_400),
            ("10:30:00.5+02", 37_800.5),
            ("0044-03-15 (BC) 10:00:00", number(datetime.min)),  # noqa: DTZ901
            ("12000-01-01 00:00:00+00", number(datetime.max)),  # noqa: DTZ901
        ],
    )
    def test_are_made_of_what_drivers_give(self, value: object, expected: float):
        assert numbers([None, value]) == pytest.approx([NAN, expected], nan_ok=True)

    @pytest.mark.parametrize(
        "value", ["someday", "2026-13-45", 10**400, -(10**400), Decimal("1e400"), float("inf"), b"x", []]
    )
    def test_are_not_made_of_anything_else(self, value: object):
        with pytest.raises(NotANumber) as raised:
            numbers([1.0, value])
        assert str(value) not in str(raised.value)

    @pytest.mark.parametrize("moment", [datetime.min, datetime.max, datetime(1965, 5, 5, 5, 5, 5, 123456)])  # noqa: DTZ001, DTZ901
    def test_of_moments_lead_back_to_them(self, moment: datetime):
        assert abs(moment_of(number(moment)) - moment) < timedelta(milliseconds=1)
