"""One bad expression costs one number; a table that can not be read at all is an error."""

from __future__ import annotations

import math

import pyarrow as pa
import pytest

from checks import fused
from checks.records import Measured, ValuesExpected
from connectors import DatasetMissing, QueryFailed, Source, TableName
from tests.measuring import NONE, check, found, measured, total
from tests.nasty import AT
from tests.warehouses import Warehouse, quoted

COLUMNS = 30
on = pytest.mark.parametrize


@pytest.fixture(autouse=True)
def nothing_suspected():
    """What failed in one test is not held against the tables of the next."""
    fused._suspects.clear()
    fused._exact.clear()


def lost(run: Measured) -> set[tuple[str, str | None]]:
    return {(metric.name, metric.column) for problem in run.problems for metric in problem.metrics}


def view_with_a_broken_column(warehouse: Warehouse) -> TableName:
    """Of 30 columns, the value of one can not be computed."""
    broken = {
        "duckdb": "CAST('x' || i AS INT)",
        "postgres": "1 / (i - i)",
    }
    columns = [f"i + {number} AS {quoted(f'c {number}')}" for number in range(COLUMNS)]
    columns[21] = f'{broken[warehouse.kind]} AS "c 21"'
    warehouse.load("rows", pa.table({"i": pa.array(range(5), pa.int64())}))
    warehouse.run(f"CREATE VIEW broken AS SELECT {', '.join(columns)} FROM rows")
    schema = {"duckdb": "main", "postgres": "public"}[warehouse.kind]
    return TableName(schema, "broken", is_view=True)


@on("warehouse", ["duckdb", "postgres"], indirect=True)
def test_a_column_that_can_not_be_computed_costs_its_own_numbers(warehouse: Warehouse):
    view = view_with_a_broken_column(warehouse)
    with warehouse.open() as source:
        run = measured(source, view, AT)
    assert {column for _, column in lost(run)} == {"c 21"}
    numbers = found(run)
    assert numbers["row_count", None] == {None: 5}
    assert all(numbers["mean", f"c {i}"] == {None: i + 2} for i in range(COLUMNS) if i != 21)


def test_the_bad_expression_is_found_by_halving(warehouse: Warehouse):
    name = warehouse.load("t", pa.table({f"c{number}": pa.array([0, 1, 2]) for number in range(COLUMNS)}))
    unreadable = ValuesExpected("c17", "invalid", NONE, pattern="(")  # no pattern, which shows when the query runs
    with warehouse.open() as source:
        run = measured(source, name, AT, [check("pattern", unreadable)])
    assert lost(run) == {("invalid_count", "c17")}
    assert total(run, "mean", "c17") == 1
    expressions = 1 + 7 * COLUMNS + 1
    assert len(run.queries) <= 2 * math.ceil(math.log2(expressions)) + 1


@on("warehouse", ["duckdb"], indirect=True)
def test_what_failed_is_asked_apart_in_the_next_run_until_it_works_again(warehouse: Warehouse):
    view = view_with_a_broken_column(warehouse)
    with warehouse.open() as source:
        first, second = measured(source, view, AT), measured(source, view, AT)
    assert lost(second) == lost(first)
    assert found(second) == found(first)
    assert second.queries[0].purpose == "fused"
    assert second.queries[1].purpose == "fused, what failed before"
    assert len(second.queries) < len(first.queries)
    warehouse.run(
        'CREATE OR REPLACE VIEW broken AS SELECT * REPLACE (21 AS "c 21") FROM broken_before'.replace(
            "broken_before", "(SELECT " + ", ".join(f'i + {n} AS "c {n}"' for n in range(COLUMNS)) + " FROM rows)"
        )
    )
    with warehouse.open() as source:
        mended, after = measured(source, view, AT), measured(source, view, AT)
    assert not mended.problems
    assert [query.purpose for query in mended.queries] == ["fused", "fused, what failed before"]
    assert [query.purpose for query in after.queries] == ["fused"]


@on("warehouse", ["duckdb"], indirect=True)
def test_a_deviation_that_no_double_holds_costs_one_number(warehouse: Warehouse):
    warehouse.run("CREATE TABLE t AS SELECT x FROM (VALUES (1e200), (-1e200), (0)) v(x)")
    with warehouse.open() as source:
        run = measured(source, TableName("main", "t"), AT)
    assert lost(run) == {("stddev", "x")}
    assert "larger than a double can hold" in run.problems[0].message
    assert total(run, "max", "x") == 1e200


@on("warehouse", ["duckdb"], indirect=True)
def test_a_check_that_can_not_be_written_costs_itself(warehouse: Warehouse):
    warehouse.run("CREATE TABLE t AS SELECT [1] AS list, 1 AS x")
    nonsense = ValuesExpected("x", "invalid", NONE, valid=(object(),))
    with warehouse.open() as source:
        run = measured(source, TableName("main", "t"), AT, [check("nonsense", nonsense)])
    assert lost(run) == {("invalid_count", "x")}
    assert "can not be written as a query" in run.problems[0].message


@pytest.mark.slow
@on("warehouse", ["duckdb"], indirect=True)
def test_a_view_without_a_sound_column_ends_after_a_bounded_number_of_queries(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(fused, "MOST_HALVES", 50)
    columns = ", ".join(f"CAST('x' || i AS INT) AS c{number}" for number in range(40))
    warehouse.run(f"CREATE VIEW t AS SELECT {columns} FROM range(3) r(i)")
    with warehouse.open() as source:
        run = measured(source, TableName("main", "t", is_view=True), AT)
    assert len(run.queries) <= 50 + 20
    assert total(run, "row_count") == 3
    assert {column for _, column in lost(run)} == {f"c{number}" for number in range(40)}


@on("warehouse", ["duckdb", "postgres"], indirect=True)
def test_a_table_that_can_not_be_read_at_all_is_an_error(warehouse: Warehouse):
    condition = {"duckdb": "CAST('x' || i AS INT) > 0", "postgres": "1 / (i - i) > 0"}[warehouse.kind]
    warehouse.load("rows", pa.table({"i": pa.array([1, 2], pa.int64())}))
    warehouse.run(f"CREATE VIEW broken AS SELECT i, i AS j FROM rows WHERE {condition}")
    with warehouse.open() as source:
        [view] = [table for table in source.tables() if table.is_view]
        with pytest.raises(QueryFailed, match=f"dataset '{view}': could not execute a query"):
            measured(source, view, AT)


@on("warehouse", ["duckdb"], indirect=True)
def test_a_table_dropped_between_two_questions_is_missing(warehouse: Warehouse):
    warehouse.run("CREATE TABLE t AS SELECT 1 AS x; CREATE TABLE u AS SELECT 1 AS x")
    with warehouse.open() as source:
        columns = source.columns(TableName("main", "u"))
        source.columns = lambda table: columns  # the schema was read before the table went
        with pytest.raises(DatasetMissing):
            measured(source, TableName("main", "gone"), AT)


@on("warehouse", ["duckdb"], indirect=True)
def test_a_run_that_is_stopped_asks_no_further(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch):
    """A cancelled query is no broken expression: halving it would go on with what somebody stopped."""
    warehouse.run("CREATE TABLE t AS SELECT 1 AS x, 2 AS y")
    asked = []

    def cancelled(self: Source, sql: str, **_: object) -> None:
        asked.append(sql)
        raise QueryFailed(self.name, "cancelled")

    with warehouse.open() as source:
        monkeypatch.setattr(Source, "fetch", cancelled)
        with pytest.raises(QueryFailed, match="cancelled"):
            measured(source, TableName("main", "t"), AT)
    assert len(asked) == 1
