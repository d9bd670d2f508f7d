"""Deviations that DuckDB is not asked for: they follow from sums of squares where those have digits enough."""

from __future__ import annotations

import math
import statistics
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from checks import fused
from checks.records import Measured
from tests.measuring import found, measured, total
from tests.warehouses import Warehouse

AT = datetime(2026, 3, 15, 12, tzinfo=UTC)
FUSED = "fused"
AGAIN = "deviations that sums of squares do not tell"
pytestmark = pytest.mark.parametrize("warehouse", ["duckdb", "parquet"], indirect=True)


@pytest.fixture(autouse=True)
def nothing_remembered():
    fused._exact.clear()


def asked(run: Measured) -> list[str]:
    return [query.purpose for query in run.queries]


def whole(warehouse: Warehouse, *values: float | None) -> Measured:
    """A run over one column of doubles."""
    warehouse.load("t", pa.table({"x": pa.array(values, pa.float64())}))
    return again(warehouse)


def again(warehouse: Warehouse) -> Measured:
    with warehouse.open() as source:
        [table] = source.tables()
        return measured(source, table, AT)


@pytest.mark.parametrize(
    ("values", "deviation"),
    [
        ((1.0, 2.0, 4.0, None, math.nan, math.inf), statistics.stdev([1, 2, 4])),
        ((-3e100, 5e100), statistics.stdev([-3e100, 5e100])),
        ((0.1,) * 7, 0),
        ((1e200, 1e200), 0),
        ((5.0, None), None),
        ((None, math.nan), None),
    ],
)
def test_follow_from_one_query(warehouse: Warehouse, values: tuple[float | None, ...], deviation: float | None):
    run = whole(warehouse, *values)
    assert not run.problems
    measured_as = total(run, "stddev", "x")
    assert measured_as == (None if deviation is None else pytest.approx(deviation, rel=1e-12))
    if 1e200 not in values:  # the squares of which no double holds
        assert asked(run) == [FUSED]


def test_of_values_that_differ_little_are_asked_for_once_more_and_then_at_once(warehouse: Warehouse):
    values = [1e9 + 0.25 * i for i in range(8)]
    first = whole(warehouse, *values)
    second = again(warehouse)
    assert asked(first) == [FUSED, AGAIN]
    assert asked(second) == [FUSED]
    for run in (first, second):
        assert not run.problems
        assert total(run, "stddev", "x") == pytest.approx(statistics.stdev(values), rel=1e-9)


def test_are_those_of_each_day_and_of_the_whole_table(warehouse: Warehouse):
    moments = [datetime(2026, 3, 1 + i % 10, i % 24) for i in range(300)]  # noqa: DTZ001 as tables have them
    columns = {
        "at": pa.array(moments, pa.timestamp("us")),
        "id": pa.array([10**6 + 40 * i for i in range(300)], pa.int64()),
        "year": pa.array([2025 + i % 10 // 5 for i in range(300)], pa.int32()),
    }
    warehouse.load("t", pa.table(columns))
    run = again(warehouse)
    assert AGAIN not in asked(run)  # each day has one year only, which deviates by nothing
    for name in ("id", "year"):
        values = columns[name].to_pylist()
        by_day = {
            day: statistics.stdev(value for value, moment in zip(values, moments, strict=True) if moment.date() == day)
            for day in {moment.date() for moment in moments}
        }
        series = found(run)["stddev", name]
        assert {bucket.date(): series[bucket] for bucket in series if bucket} == pytest.approx(by_day, rel=1e-9)
        assert total(run, "stddev", name) == pytest.approx(statistics.stdev(values), rel=1e-9)
