"""Items of lists and properties of objects: where a warehouse has them they are counted, elsewhere that is said."""

from __future__ import annotations

import pyarrow as pa
import pytest

from checks.predicates import Items, Keys, Predicate, Properties, Relation, UniqueItems
from checks.records import Status
from tests.measuring import check, measured
from tests.nasty import AT
from tests.test_values import count, invalid, judged
from tests.warehouses import Warehouse

AT_LEAST, AT_MOST = Relation.AT_LEAST, Relation.AT_MOST
PLACE = pa.struct([("lat", pa.float64()), ("city", pa.string())])
TABLE = pa.table(
    {
        "tags": pa.array([[1, 2, 2], [1], [], None, [None, None]], pa.list_(pa.int64())),
        "place": pa.array(
            [{"lat": 1.0, "city": "Oslo"}, {"lat": None, "city": "Rome"}, None, {"lat": None, "city": None}, None],
            PLACE,
        ),
    }
)
LISTS: list[tuple[Predicate, int]] = [
    (Items(AT_LEAST, 2), 2),
    (Items(AT_MOST, 2), 1),
    (UniqueItems(), 2),
]
OBJECTS: list[tuple[Predicate, int]] = [
    (Properties(AT_LEAST, 1), 1),
    (Properties(AT_MOST, 1), 1),
    (Keys(("lat",)), 2),
    (Keys(("city", "lat")), 2),
]


@pytest.mark.parametrize("warehouse", ["duckdb", "parquet", "postgres"], indirect=True)
def test_items_of_lists_are_counted(warehouse: Warehouse):
    name = warehouse.load("t", TABLE)
    checks = [check(str(n), invalid("tags", predicate)) for n, (predicate, _) in enumerate(LISTS)]
    with warehouse.open() as source:
        run = measured(source, name, AT, checks)
    assert not run.problems
    assert [query.purpose for query in run.queries] == ["fused"]
    assert [count(run, str(n)) for n in range(len(LISTS))] == [broken for _, broken in LISTS]


@pytest.mark.parametrize("warehouse", ["duckdb", "parquet"], indirect=True)
def test_properties_of_objects_are_counted(warehouse: Warehouse):
    name = warehouse.load("t", TABLE)
    checks = [check(str(n), invalid("place", predicate)) for n, (predicate, _) in enumerate(OBJECTS)]
    with warehouse.open() as source:
        run = measured(source, name, AT, checks)
    assert not run.problems
    assert [count(run, str(n)) for n in range(len(OBJECTS))] == [broken for _, broken in OBJECTS]


@pytest.mark.parametrize("warehouse", ["duckdb", "postgres"], indirect=True)
@pytest.mark.parametrize("native", ["json", "jsonb"])
def test_items_of_json_are_counted_and_what_is_no_list_has_none(warehouse: Warehouse, native: str):
    if warehouse.kind == "duckdb" and native == "jsonb":
        pytest.skip("DuckDB has one kind of JSON")
    warehouse.run(f"CREATE TABLE t (doc {native})")
    warehouse.run("""INSERT INTO t VALUES ('[1, 2]'), ('[]'), ('{"a": 1}'), ('3'), (NULL)""")
    expects = [invalid("doc", Items(AT_MOST, 1)), invalid("doc", Items(AT_LEAST, 1))]
    with warehouse.open() as source:
        run = measured(source, source.tables()[0], AT, [check(str(n), each) for n, each in enumerate(expects)])
    assert not [problem.message for problem in run.problems]
    assert [count(run, str(n)) for n in range(2)] == [3, 3]


@pytest.mark.parametrize("warehouse", ["duckdb"], indirect=True)
@pytest.mark.parametrize(
    ("native", "values"),
    [
        ("JSON", """('{"a": 1, "b": 2}'), ('{}'), ('[1]'), (NULL)"""),
        ("MAP(VARCHAR, INT)", "(MAP {'a': 1, 'b': 2}), (MAP {}), (MAP {'b': 1}), (NULL)"),
    ],
)
def test_maps_and_json_have_properties_in_duckdb(warehouse: Warehouse, native: str, values: str):
    warehouse.run(f"CREATE TABLE t (doc {native}); INSERT INTO t VALUES {values}")
    expects = [invalid("doc", Keys(("a",))), invalid("doc", Properties(AT_LEAST, 2))]
    with warehouse.open() as source:
        run = measured(source, source.tables()[0], AT, [check(str(n), each) for n, each in enumerate(expects)])
    assert not [problem.message for problem in run.problems]
    assert [count(run, str(n)) for n in range(2)] == [2, 2]


def test_what_a_warehouse_or_type_does_not_have_is_an_error_with_the_reason(warehouse: Warehouse):
    name = warehouse.load("t", pa.table({"word": ["a", "b"]}))
    expects = [
        invalid("word", each) for each in (Items(AT_LEAST, 1), UniqueItems(), Properties(AT_LEAST, 1), Keys(("a",)))
    ]
    with warehouse.open() as source:
        run = measured(source, name, AT, [check(str(n), each) for n, each in enumerate(expects)])
        words = {"sqlite": "SQLite", "postgres": "PostgreSQL"}.get(source.dialect, "DuckDB")
    for result in judged(run, *expects):
        assert result.status is Status.ERROR
        assert f"can not be asked for this on {words}: " in (result.reason or "")
    assert len(run.queries) == 1


@pytest.mark.parametrize("warehouse", ["duckdb"], indirect=True)
def test_a_struct_without_the_property_can_not_be_asked_for_it(warehouse: Warehouse):
    name = warehouse.load("t", TABLE)
    expects = invalid("place", Keys(("zip",)))
    with warehouse.open() as source:
        [result] = judged(measured(source, name, AT, [check("0", expects)]), expects)
    assert result.status is Status.ERROR
    assert "the column's type has no zip" in (result.reason or "")


def test_the_words_of_lists_and_objects():
    predicates = (
        Items(AT_LEAST, 2),
        Items(AT_MOST, 1),
        Properties(AT_MOST, 3),
        Properties(AT_LEAST, 1),
        Keys(("a", "b")),
    )
    assert [predicate.fault for predicate in predicates] == [
        "with fewer than 2 items",
        "with more than 1 item",
        "with more than 3 properties",
        "with fewer than 1 property",
        "without a or b",
    ]
