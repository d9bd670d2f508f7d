"""Right numbers: every metric on every backend, compared with plain Python on the same nasty table."""

from __future__ import annotations

import math
import re
from typing import Any

import pyarrow as pa
import pytest

from checks.metrics import CATALOGUE, OF_SOME_TEXTS, OF_THE_PAST
from checks.records import (
    Aggregate,
    AggregateExpected,
    DistributionExpected,
    Grain,
    NumberExpected,
    Reading,
    ReconcileExpected,
    ReferenceExpected,
    RowsExpected,
    SequenceExpected,
    SequenceKind,
    SqlExpected,
    UniqueExpected,
    ValuesExpected,
)
from tests.measuring import NONE, check, found, measured
from tests.nasty import AT, Expected, Oracle, kinds, nasty_table
from tests.warehouses import Warehouse

APPROXIMATE = ("duckdb", "parquet", "csv")  # their distinct counts are estimates; PostgreSQL and SQLite count exactly


def as_kept(warehouse: Warehouse, table: pa.Table) -> tuple[dict[str, list[Any]], dict[str, str]]:
    """The values and kinds of the columns as this kind of warehouse keeps them; the reasons are in its `lacks`."""
    values = {name: table[name].to_pylist() for name in table.column_names}
    kept = {name: kind for name, kind in kinds().items() if name in values}
    if "empty_strings" in warehouse.lacks:
        values = {name: [None if value == "" else value for value in column] for name, column in values.items()}
    if "types" in warehouse.lacks:
        kept["gone"] = "text"
        kept["price.net"] = "float"
        kept |= {"said": "moment"} if "said" in kept else {}
    if "nan" in warehouse.lacks:
        values = {name: [None if _is_nan(value) else value for value in column] for name, column in values.items()}
    if warehouse.kind == "postgres":
        kept["price.net"] = "float"  # its numeric knows NaN
    if warehouse.kind == "sqlite":  # a column of numbers may hold anything
        kept = {name: "float" if kind == "number" else kind for name, kind in kept.items()}
    return values, kept


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def assert_same(warehouse: Warehouse, numbers: Expected, expected: Expected) -> None:
    """The same series, over the same buckets, with the same values."""
    assert numbers.keys() == expected.keys()
    for (metric, column), series in expected.items():
        got = numbers[metric, column]
        assert got.keys() == series.keys(), (metric, column)
        tolerance = 0.1 if metric == "distinct_count" and warehouse.kind in APPROXIMATE else 1e-9
        for bucket, value in series.items():
            assert math.isclose(got[bucket], value, rel_tol=tolerance, abs_tol=1e-6), (metric, column, bucket)


EVENT_TIMES = {
    "inferred, naive": ("created_at", {}),
    "hourly": ("created_at", {"grain": Grain.HOUR}),
    "naive in New York": ("created_at", {"event_time": "created_at", "zone": "America/New_York"}),
    "aware": ("seen", {"event_time": "seen", "zone": "America/New_York"}),
    "aware, hourly": ("seen", {"event_time": "seen", "grain": Grain.HOUR}),
    "date": ("on", {"event_time": "on"}),
    "text": ("said", {"event_time": "said"}),
    "none": (None, {}),
}


CHECKS = (
    check("missing", ValuesExpected("ünïcödé", "missing", NONE, missing=("", "NULL"))),
    check("missing number", ValuesExpected("id", "missing", NONE, missing=(10, 11))),
    check("invalid", ValuesExpected("part", "invalid", NONE, valid=("p0", "p1"))),
    check("pattern", ValuesExpected("ünïcödé", "invalid", NONE, missing=("NULL",), pattern="^[a-z]*$")),
    check("row", RowsExpected("part = 'p0' or id >= 20", (("part", "part"), ("id", "id")), NONE)),
    check("key", UniqueExpected(("id", "part"), NONE)),
    check("distinct", NumberExpected("distinct_count", NONE, "id")),
    check("sum", AggregateExpected("sum", "id", NONE)),
    check("count", AggregateExpected("count", "id", NONE)),
    check("ten", DistributionExpected("id", ((10, 1.0),), 0)),
    check("gaps", SequenceExpected("id", SequenceKind.GAP_FREE, NONE)),
    check("sql", SqlExpected("SELECT count(id) FROM {object}", NONE)),
)


def sums_of(oracle: Oracle, column: str) -> dict[Any, float]:
    """The sum per bucket; there is none of nothing."""
    numbers = {bucket: [oracle.values[column][row] for row in rows] for bucket, rows in oracle.groups.items()}
    return {bucket: sum(values) for bucket, values in numbers.items() if values}


def gaps_of(numbers: list[int]) -> int:
    return len(set(range(min(numbers), max(numbers) + 1)) - set(numbers))


def expected_of_checks(oracle: Oracle) -> Expected:
    parts = oracle.counted(lambda part: part is not None and part != "p0", "part")
    return {
        ("missing_count", "ünïcödé"): oracle.counted(lambda text: text in (None, "", "NULL"), "ünïcödé"),
        ("missing_count", "id"): oracle.counted(lambda number: number in (10, 11), "id"),
        ("invalid_count", "part"): oracle.counted(lambda part: part == "p2", "part"),
        ("invalid_count", "ünïcödé"): oracle.counted(
            lambda text: text not in (None, "NULL") and re.search("^[a-z]*$", text) is None, "ünïcödé"
        ),
        ("violation_count", "part, id"): oracle.counted(
            lambda part, number: number < 20 and part not in ("p0", None), "part", "id"
        ),
        ("duplicate_count", "id"): oracle.duplicates("id"),  # a key by its name
        ("duplicate_count", "id, part"): oracle.duplicates("id", "part"),
        ("orphan_count", "part"): parts,
        ("own_aggregate", None): {None: sum(oracle.values["id"])},
        ("other_aggregate", None): {None: 2},
        ("sum", "id"): sums_of(oracle, "id"),
        ("value_count", "id"): oracle.counted(lambda number: number is not None, "id"),
        ("category_count", "id"): oracle.counted(lambda number: number == 10, "id"),
        ("sequence_breaks", "id"): {None: gaps_of(oracle.values["id"])},
        ("sql_value", None): {None: len([number for number in oracle.values["id"] if number is not None])},
    }


@pytest.mark.parametrize("case", EVENT_TIMES)
def test_every_number_is_right(warehouse: Warehouse, case: str):
    event_time, declared = EVENT_TIMES[case]
    hours, days = (1, 9) if "hourly" in case else (24, 90)
    table = nasty_table([event_time] if event_time else [], nested="nested" not in warehouse.lacks)
    name = warehouse.load('the "nasty" table. of ünï', table)
    other = warehouse.load("select", pa.table({"order by": ["p0", None, "p9"]}))
    ours, theirs = Aggregate("t", "shop", name, "sum", "id"), Aggregate("o", "shop", other, "count", "order by")
    checks = (
        *CHECKS,
        check("reference", ReferenceExpected(("part",), "shop.select", other, ("order by",), NONE)),
        check("reconcile", ReconcileExpected(ours, theirs)),
    )
    with warehouse.open() as source:
        run = measured(source, name, AT, checks, reading=Reading(history_days=days), **declared)
    values, kept = as_kept(warehouse, table)
    zone = "UTC" if event_time == "seen" else declared.get("zone", "UTC")
    oracle = Oracle(values, AT, event_time, zone=zone, hours=hours, days=days)
    expected = oracle.expected(kept) | expected_of_checks(oracle)
    expected["distinct_count", "id"][None] = len(set(values["id"]))
    assert not run.problems
    assert_same(warehouse, found(run), expected)
    of_time = set() if event_time else {"bucket_rows", "freshness", "future_rows", "ahead_rows"}
    assert {metric for metric, _ in expected} == CATALOGUE.keys() - OF_THE_PAST - OF_SOME_TEXTS - of_time - {
        "quantile"
    }  # which not all of them have
