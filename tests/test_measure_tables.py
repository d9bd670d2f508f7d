"""Keys, references and reconciliations: numbers between rows, between tables and between sources."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from checks.measure import measure
from checks.records import (
    Aggregate,
    Check,
    NumberExpected,
    ReconcileExpected,
    ReferenceExpected,
    UniqueExpected,
)
from connectors import QueryTimedOut, Source, TableName, Unreachable
from tests.conftest import FOLDERS
from tests.measuring import NONE, check, found, measured, planned, total
from tests.nasty import AT
from tests.warehouses import DuckDBFile, PostgresDatabase, Warehouse

on = pytest.mark.parametrize
NOON = AT.replace(tzinfo=None)
MISSING = TableName(None, "nowhere")


def reference(columns: tuple[str, ...], to: TableName, to_columns: tuple[str, ...]) -> Check:
    return check("ref", ReferenceExpected(columns, f"shop.{to}", to, to_columns, NONE))


# -- keys --------------------------------------------------------------------------------------------------------------


@on(
    ("columns", "duplicates"),
    [(("a",), 3), (("a", "b"), 1), (("n",), 0), (("vitals_rows_0", "count"), 4), (("a", "n"), 0)],
)
def test_duplicates_are_the_rows_beyond_the_first_of_each_key(warehouse: Warehouse, columns: tuple, duplicates: int):
    """Keys with a NULL in them do not count."""
    table = pa.table(
        {
            "a": [1, 1, 1, 2, 2, None],
            "b": ["x", "x", None, "y", "z", "y"],
            "n": pa.array([None] * 6, pa.int64()),
            "vitals_rows_0": [1, 1, 1, 1, 1, None],
            "count": [7] * 6,
        }
    )
    name = warehouse.load("t", table)
    with warehouse.open() as source:
        run = measured(source, name, AT, [check("key", UniqueExpected(columns, NONE))])
    assert not run.problems
    assert total(run, "duplicate_count", ", ".join(columns)) == duplicates


@on("warehouse", ["postgres"], indirect=True)
def test_a_key_that_has_no_equality_costs_its_own_number(warehouse: Warehouse):
    warehouse.run("CREATE TABLE t (spot point); INSERT INTO t VALUES ('(1,2)')")
    with warehouse.open() as source:
        run = measured(source, TableName("public", "t"), AT, [check("key", UniqueExpected(("spot",), NONE))])
    assert [problem.metrics[0].name for problem in run.problems] == ["duplicate_count"]
    assert total(run, "row_count") == 1


# -- references --------------------------------------------------------------------------------------------------------


def test_orphans_are_rows_whose_key_the_other_table_does_not_have(warehouse: Warehouse):
    days = [NOON - timedelta(days=days) for days in (0, 1, 1, 2, 400)]
    ours = warehouse.load(
        "ours", pa.table({"created_at": days, "k": [1, 2, None, 9, 9], "part": ["a", "a", "b", "a", "a"]})
    )
    other = warehouse.load("the other", pa.table({"k": [1, None, 2, 2], "vitals_bucket_0": ["a", "b", "b", None]}))
    single = reference(("k",), other, ("k",))
    both = check("both", ReferenceExpected(("k", "part"), "o", other, ("k", "vitals_bucket_0"), NONE))
    with warehouse.open() as source:
        of_key = measured(source, ours, AT, [single])
        of_both = measured(source, ours, AT, [both])
    assert not (*of_key.problems, *of_both.problems)
    per_day = found(of_key)["orphan_count", "k"]
    assert (per_day[None], [count for bucket, count in per_day.items() if bucket][-3:]) == (2, [1, 0, 0])
    assert len(per_day) == len(found(of_key)["bucket_rows", None]) + 1  # a day without orphans has 0 of them
    assert total(of_both, "orphan_count", "k, part") == 3


def test_a_table_may_refer_to_itself(warehouse: Warehouse):
    name = warehouse.load("staff", pa.table({"number": [1, 2, 3, 4], "manager": [None, 1, 1, 7]}))
    with warehouse.open() as source:
        run = measured(source, name, AT, [reference(("manager",), name, ("number",))])
    assert not run.problems
    assert total(run, "orphan_count", "manager") == 1


def test_a_missing_partner_costs_the_check_and_not_the_run(warehouse: Warehouse):
    name = warehouse.load("t", pa.table({"k": [1], "other": [1]}))
    checks = [
        reference(("k",), MISSING, ("k",)),
        check("column", ReferenceExpected(("other",), "t", name, ("no such column",), NONE)),
    ]
    with warehouse.open() as source:
        run = measured(source, name, AT, checks)
    kinds = {problem.metrics[0].column: problem.kind for problem in run.problems}
    assert kinds == {"k": "dataset_missing", "other": "query_failed"}
    assert total(run, "row_count") == 1


def test_keys_of_different_types_are_an_answer_or_a_problem_but_no_crash(warehouse: Warehouse):
    ours = warehouse.load("ours", pa.table({"k": ["1", "2"]}))
    other = warehouse.load("other", pa.table({"k": [1]}))
    with warehouse.open() as source:
        run = measured(source, ours, AT, [reference(("k",), other, ("k",))])
    assert (total(run, "orphan_count", "k") is None) == bool(run.problems)
    assert total(run, "row_count") == 2


# -- reconciliation ----------------------------------------------------------------------------------------------------


def reconciled(function: str, name: TableName, column: str | None, other: Aggregate | None = None) -> Check:
    ours = Aggregate(f"shop.{name}", "shop", name, function, column)
    return check(function, ReconcileExpected(ours, other or ours))


@on(
    ("function", "column", "value"),
    [
        ("count", None, 4),
        ("count", "x", 3),
        ("sum", "x", 7.5),
        ("min", "x", 1),
        ("max", "x", 4),
        ("mean", "x", 2.5),
        ("distinct", "x", 3),
        ("max", "at_moment", AT.timestamp()),
    ],
)
def test_both_sides_are_aggregated(warehouse: Warehouse, function: str, column: str | None, value: float):
    table = pa.table({"x": [1.0, 2.5, 4.0, None], "at_moment": [NOON] * 4})
    name = warehouse.load('two "tables"', table)
    with warehouse.open() as source:
        run = measured(source, name, AT, [reconciled(function, name, column)])
    assert not run.problems
    assert (total(run, "own_aggregate"), total(run, "other_aggregate")) == (value, value)


def test_the_sum_of_nothing_is_not_zero(warehouse: Warehouse):
    name = warehouse.load("t", pa.schema([("x", pa.float64())]).empty_table())
    with warehouse.open() as source:
        run = measured(source, name, AT, [reconciled("sum", name, "x")])
    assert total(run, "own_aggregate") is None


@pytest.fixture
def elsewhere(postgres_database: str) -> Warehouse:
    warehouse = PostgresDatabase(postgres_database)
    warehouse.load("copies", pd.DataFrame({"x": [1.0, 2.5, 3.9]}))
    return warehouse


def across(tmp_path: Path, function: str = "sum", column: str = "x") -> tuple[DuckDBFile, TableName, Check]:
    warehouse = DuckDBFile(tmp_path)
    name = warehouse.load("t", pd.DataFrame({"x": [1.0, 2.5, 4.0], "word": ["a", "b", "c"]}))
    other = Aggregate("crm.public.copies", "crm", TableName("public", "copies"), "sum", "x")
    return warehouse, name, reconciled(function, name, column, other)


def test_two_sources_are_asked_each_in_its_own_dialect(tmp_path: Path, elsewhere: Warehouse):
    warehouse, name, sums = across(tmp_path)
    with warehouse.open() as source, elsewhere.open() as crm:
        run = measure(source, planned(source, name, AT, [sums]), AT, {"crm": crm}.__getitem__)
    assert (total(run, "own_aggregate"), total(run, "other_aggregate")) == (7.5, pytest.approx(7.4))
    assert [query.purpose for query in run.queries][-2:] == [
        "sum of shop.main.t, to reconcile",
        "sum of crm.public.copies, to reconcile",
    ]


def test_another_warehouse_that_is_down_costs_the_reconciliation_alone(tmp_path: Path):
    warehouse, name, sums = across(tmp_path)

    def down(source: str) -> Source:
        raise Unreachable(source, "connection refused")

    with warehouse.open() as source:
        run = measure(source, planned(source, name, AT, [sums]), AT, down)
    assert [problem.kind for problem in run.problems] == ["unreachable"]
    assert total(run, "row_count") == 3


@on(("function", "column"), [("sum", "word"), ("max", "word"), ("sum", "no such column")])
def test_an_aggregate_without_sense_is_a_problem_in_words(tmp_path: Path, function: str, column: str):
    warehouse, name, _ = across(tmp_path)
    with warehouse.open() as source:
        run = measured(source, name, AT, [reconciled(function, name, column)])
    [problem] = run.problems
    assert {metric.name for metric in problem.metrics} == {"own_aggregate", "other_aggregate"}
    assert "To do: co" in problem.message


# -- replay ------------------------------------------------------------------------------------------------------------


def test_a_replay_leaves_out_everything_later(warehouse: Warehouse):
    """Rows, buckets, totals, duplicates and orphans are those of the moment; rows without event time always count."""
    moments = [
        NOON - timedelta(days=5),
        NOON - timedelta(days=2),
        NOON - timedelta(days=2),
        NOON - timedelta(hours=1),
        None,
    ]
    name = warehouse.load("t", pa.table({"created_at": moments, "id": [1, 1, 2, 2, 3], "x": [1.0, 2.0, 3.0, 4.0, 5.0]}))
    other = warehouse.load("other", pa.table({"id": [1]}))
    checks = [reference(("id",), other, ("id",)), check("distinct", NumberExpected("distinct_count", NONE, "id"))]
    then = AT - timedelta(days=2)
    with warehouse.open() as source:
        run = measured(source, name, then, checks, replay=True)
    assert not run.problems
    assert [total(run, metric) for metric in ("row_count", "future_rows", "freshness")] == [4, 0, 0]
    assert [total(run, "max", "x"), total(run, "duplicate_count", "id")] == [5, 1]
    assert [total(run, "orphan_count", "id"), total(run, "distinct_count", "id")] == [2, 3]
    assert list(found(run)["bucket_rows", None].items())[-1] == (datetime(2026, 3, 13), 2)  # noqa: DTZ001 a bucket


def test_a_replay_does_not_pretend_to_reconcile(tmp_path: Path):
    warehouse = FOLDERS["duckdb"](tmp_path)
    name = warehouse.load("t", pa.table({"created_at": [NOON], "x": [1.0]}))
    with warehouse.open() as source:
        run = measured(source, name, AT, [reconciled("sum", name, "x")], replay=True)
    assert "can not be replayed" in run.problems[0].message
    assert total(run, "own_aggregate") is None


def test_a_time_out_of_the_exact_key_costs_the_key_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The whole-table query may take too long where the fused one does not."""
    warehouse = FOLDERS["duckdb"](tmp_path)
    name = warehouse.load("t", pa.table({"id": [1]}))
    fetch = Source.fetch

    def slow(self: Source, sql: str, **more: Any):
        if "DISTINCT" in sql.replace("APPROX_COUNT_DISTINCT", ""):
            raise QueryTimedOut(self.name, "no answer within 1 s")
        return fetch(self, sql, **more)

    monkeypatch.setattr(Source, "fetch", slow)
    with warehouse.open() as source:
        run = measured(source, name, AT)
    assert [problem.kind for problem in run.problems] == ["timed_out"]
    assert total(run, "row_count") == 1
