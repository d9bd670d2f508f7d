"""What is inside of columns: structs, lists, maps and JSON of DuckDB, arrays, composite types and JSON of PostgreSQL.

Each contract is read, measured in the one fused query, and judged as a run does it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from checks.config import load
from checks.contracts import declared, load_folder
from checks.contracts.document import Finding
from checks.drill import FailingRows
from checks.facts import Facts
from checks.judge import judge
from checks.paths import Part, in_words
from checks.records import Dataset, Result, Status
from checks.within import NotThere, inner
from connectors import Column
from tests.measuring import measured
from tests.nasty import AT
from tests.warehouses import Warehouse

on = pytest.mark.parametrize
both = pytest.mark.parametrize("warehouse", ["duckdb", "postgres"], indirect=True)
in_duckdb = pytest.mark.parametrize("warehouse", ["duckdb"], indirect=True)
in_postgres = pytest.mark.parametrize("warehouse", ["postgres"], indirect=True)

CITY = {"name": "city", "logicalType": "string", "required": True, "enum": [{"value": "Oslo"}, {"value": "Rome"}]}
ZIP = {"name": "zip", "logicalType": "integer", "logicalTypeOptions": {"minimum": 100}}
PLACE = {"name": "place", "logicalType": "object", "properties": [CITY, ZIP]}
AMOUNT = {"name": "amount", "logicalType": "number", "required": True, "logicalTypeOptions": {"minimum": 0}}
CODES = {
    "name": "codes", "logicalType": "array", "logicalTypeOptions": {"minItems": 1},
    "items": {"logicalType": "string", "required": True, "logicalTypeOptions": {"pattern": "^[a-z]$"}},
}  # fmt: skip
LINES = {
    "name": "lines", "logicalType": "array", "logicalTypeOptions": {"maxItems": 2},
    "items": {"logicalType": "object", "properties": [AMOUNT, CODES]},
}  # fmt: skip


def contracted(folder: Path, *properties: dict[str, Any], **more: Any) -> tuple[Dataset, tuple[Finding, ...]]:
    """The dataset `t` with a contract of these properties, and what was found wrong with that."""
    head = {"apiVersion": "v3.2.0", "kind": "DataContract", "id": "c", "version": "1.0.0", "status": "active"}
    (folder / "contracts").mkdir(exist_ok=True)
    whole = head | {"schema": [{"name": "t", "properties": list(properties)}], **more}
    (folder / "contracts" / "c.yaml").write_text(yaml.safe_dump(whole, sort_keys=False))
    (folder / "config.toml").write_text('[sources.shop]\nurl = "duckdb://shop.duckdb"\n')
    contracts = load_folder(folder / "contracts")
    [dataset, *_] = declared(contracts, load(folder / "config.toml", {}), {})
    return dataset, contracts.findings


def found(warehouse: Warehouse, folder: Path, *properties: dict[str, Any]) -> dict[str, Result]:
    """What the contract finds in the only table of the warehouse, by check; one query asks it all."""
    dataset, findings = contracted(folder, *properties)
    assert not [str(finding) for finding in findings if finding.level != "info"]
    with warehouse.open() as source:
        run = measured(source, source.tables()[0], AT, dataset.checks)
    assert [query.purpose for query in run.queries if "distinct" not in query.purpose] == ["fused"]
    results = [result for check in dataset.checks for result in judge(check, Facts(run, {}, AT))]
    return {result.check: result for result in results}


def statuses(results: dict[str, Result]) -> dict[str, str]:
    return {check: str(result.status) for check, result in results.items()}


def values(results: dict[str, Result]) -> dict[str, float | None]:
    return {check: result.value for check, result in results.items() if result.value}


# -- objects and lists, in every form that a warehouse has for them ----------------------------------------------------

GOOD = """{"place": {"city": "Oslo", "zip": 150},
  "lines": [{"amount": 1.5, "codes": ["a", "b"]}, {"amount": 0, "codes": ["c"]}]}"""
SPARSE = """{"place": {"city": "Rome"}, "lines": []}"""
BAD = """{"place": {"city": "Bonn", "zip": 1}, "lines": [{"amount": -1, "codes": []}, {"codes": ["a", "XY"]},
  {"amount": 2, "codes": [null]}]}"""
STRUCTS = "STRUCT(place STRUCT(city VARCHAR, zip INTEGER), lines STRUCT(amount DOUBLE, codes VARCHAR[])[])"
BROKEN = {
    "place.city.enum": 1,
    "place.zip.minimum": 1,
    "lines.maxItems": 1,
    "lines[].amount.required": 1,
    "lines[].amount.minimum": 1,
    "lines[].codes.minItems": 1,
    "lines[].codes[].required": 1,
    "lines[].codes[].pattern": 1,
}
EVERY_CHECK = {*BROKEN, "place.column", "place.city.column", "place.city.required", "place.zip.column", "lines.column"}
EVERY_CHECK |= {f"lines[]{place}.column" for place in ("", ".amount", ".codes", ".codes[]")}


def filled(warehouse: Warehouse, form: str, *documents: str) -> None:
    """The table, a row for each document and one of NULLs."""
    rows = ", ".join(f"('{document}')" for document in documents)
    source = f"(VALUES {rows}) AS rows(doc)"
    match form:
        case "structs":
            cast = f"json_transform(doc, '{STRUCT_OF}')"
            warehouse.run(f"CREATE TABLE t AS SELECT {cast}.place AS place, {cast}.lines AS lines FROM {source}")
        case "composite types":
            warehouse.run("CREATE TYPE place AS (city text, zip integer)")
            warehouse.run("CREATE TYPE order_line AS (amount numeric, codes text[])")
            place, lines = (
                "jsonb_populate_record(NULL::place, doc->'place')",
                "jsonb_populate_recordset(NULL::order_line, doc->'lines')",
            )
            rows = f"(SELECT doc::jsonb FROM {source}) AS rows(doc)"
            warehouse.run(f"CREATE TABLE t AS SELECT {place} AS place, ARRAY(SELECT {lines}) AS lines FROM {rows}")
        case kind:
            rows = f"(SELECT CAST(doc AS {kind}) FROM {source}) AS rows(doc)"
            warehouse.run(f"CREATE TABLE t AS SELECT doc->'place' AS place, doc->'lines' AS lines FROM {rows}")
    warehouse.run("INSERT INTO t VALUES (NULL, NULL)")


STRUCT_OF = '{"place": {"city": "VARCHAR", "zip": "INTEGER"}, "lines": [{"amount": "DOUBLE", "codes": ["VARCHAR"]}]}'
FORMS = [
    ("duckdb", "structs"),
    ("duckdb", "json"),
    ("postgres", "composite types"),
    ("postgres", "jsonb"),
    ("postgres", "json"),
]
each_form = pytest.mark.parametrize(("warehouse", "form"), FORMS, indirect=["warehouse"])


@each_form
def test_what_is_promised_of_objects_and_lists_is_kept(warehouse: Warehouse, tmp_path: Path, form: str):
    filled(warehouse, form, GOOD, SPARSE)
    results = found(warehouse, tmp_path, PLACE, LINES)
    assert results.keys() == EVERY_CHECK
    assert set(statuses(results).values()) == {"pass"}, results


@each_form
def test_what_is_promised_of_objects_and_lists_is_broken(warehouse: Warehouse, tmp_path: Path, form: str):
    filled(warehouse, form, GOOD, SPARSE, BAD)
    results = found(warehouse, tmp_path, PLACE, LINES)
    assert values(results) == BROKEN
    assert {check for check, status in statuses(results).items() if status == "fail"} == BROKEN.keys()


@each_form
def test_nothing_in_a_table_without_rows(warehouse: Warehouse, tmp_path: Path, form: str):
    filled(warehouse, form, GOOD)
    warehouse.run("DELETE FROM t")
    told = statuses(found(warehouse, tmp_path, PLACE, LINES))
    assert {told[check] for check in BROKEN} == {"no_data"}


# -- existence and types -----------------------------------------------------------------------------------------------

OTHER = [
    {"name": "place", "logicalType": "object", "properties": [{"name": "town", "logicalType": "string"}]},
    {"name": "lines", "logicalType": "array", "items": {"logicalType": "integer"}},
]


@in_duckdb
def test_a_type_knows_its_properties_without_a_row(warehouse: Warehouse, tmp_path: Path):
    filled(warehouse, "structs", GOOD)
    warehouse.run("DELETE FROM t")
    results = found(warehouse, tmp_path, *OTHER)
    assert {check: result.reason for check, result in results.items() if result.status is Status.FAIL} == {
        "place.town.column": "place has no property 'town', but city, zip",
        "lines[].column": "column 'lines[]' is STRUCT(amount DOUBLE, codes VARCHAR[]), expected integer",
    }


@in_duckdb
def test_native_types_of_what_is_inside(warehouse: Warehouse, tmp_path: Path):
    warehouse.run("""CREATE TABLE t (p STRUCT("select" DECIMAL(5, 2), c VARCHAR[]), l SMALLINT[])""")
    inside = [{"name": "select", "physicalType": "decimal(5,2)"}, {"name": "c", "physicalType": "int[]"}]
    properties = [
        {"name": "p", "logicalType": "object", "properties": inside},
        {"name": "l", "logicalType": "array", "items": {"physicalType": "smallint"}},
    ]
    told = statuses(found(warehouse, tmp_path, *properties))
    assert told == {
        "p.column": "pass",
        "p.select.column": "pass",
        "p.c.column": "fail",
        "l.column": "pass",
        "l[].column": "pass",
    }


@in_postgres
def test_arrays_of_postgresql_have_types(warehouse: Warehouse, tmp_path: Path):
    warehouse.run("CREATE TYPE mood AS ENUM ('good', 'bad')")
    warehouse.run("CREATE TABLE t (words varchar(3)[], moods mood[], days date[])")
    warehouse.run("INSERT INTO t VALUES ('{a,NULL}', '{good,bad}', '{2026-03-01,2026-03-03}')")
    early = {"logicalType": "date", "logicalTypeOptions": {"maximum": "2026-03-02"}}
    properties = [
        {"name": "words", "logicalType": "array", "items": {"physicalType": "varchar(3)", "required": True}},
        {"name": "moods", "logicalType": "array", "items": {"enum": [{"value": "good"}]}},
        {"name": "days", "logicalType": "array", "items": early},
    ]
    assert statuses(found(warehouse, tmp_path, *properties)) == {
        "words.column": "pass",
        "words[].column": "pass",
        "words[].required": "fail",
        "moods.column": "pass",
        "moods[].column": "skipped",  # PostgreSQL's driver has no type for them: they are seen as JSON
        "moods[].enum": "fail",
        "days.column": "pass",
        "days[].column": "pass",
        "days[].maximum": "fail",
    }


JSON_TYPES = [
    ("string", '"x"', "1"),
    ("number", "1.5", '"1.5"'),
    ("integer", "2", "2.5"),
    ("integer", "2.0", "true"),
    ("boolean", "true", "0"),
    ("object", "{}", "[]"),
    ("array", "[]", "{}"),
    ("map", "{}", '"x"'),
    ("date", '"2026-03-01"', '"soon"'),
    ("timestamp", '"2026-03-01T08:00:00Z"', '"2026-03-01"'),
    ("time", '"08:00"', "8"),
]


@both
def test_types_in_json_are_those_of_its_values(warehouse: Warehouse, tmp_path: Path):
    """Each value in a document of its own; a property that is not there, or null, has no wrong type."""
    rows = [(i, value) for i, (_, good, bad) in enumerate(JSON_TYPES) for value in (good, bad)]
    documents = ", ".join(f"('{{\"p{i}\": {value}}}')" for i, value in [*rows, (0, "null")])
    warehouse.run(f"CREATE TABLE t (doc json); INSERT INTO t VALUES {documents}, ('[1]'), (NULL)")
    more = {"map": {"map": {"key": {"logicalType": "string"}, "value": {}}}}
    inside = [
        {"name": f"p{i}", "logicalType": logical, **more.get(logical, {})} for i, (logical, *_) in enumerate(JSON_TYPES)
    ]
    results = found(warehouse, tmp_path, {"name": "doc", "logicalType": "object", "properties": inside})
    assert {check: result.value for check, result in results.items() if re.fullmatch(r"doc\.p\d+\.column", check)} == {
        f"doc.p{i}.column": 1 for i in range(len(JSON_TYPES))
    }
    rows = len(documents.split("), (")) + 1
    assert results["doc.p3.column"].reason == f"doc.p3: 1 of {rows} rows with values that are no integer, expected none"


@both
def test_json_without_a_logical_type_has_nothing_to_compare(warehouse: Warehouse, tmp_path: Path):
    warehouse.run("CREATE TABLE t (doc json)")
    result = found(warehouse, tmp_path, {"name": "doc", "logicalType": "object", "properties": [{"name": "a"}]})[
        "doc.a.column"
    ]
    assert (result.status, "give it a logicalType" in (result.reason or "")) == (Status.SKIPPED, True)


# -- values in JSON ----------------------------------------------------------------------------------------------------

IN_JSON = [
    ({"enum": [{"value": 1}, {"value": 2.5}]}, "enum", ["1", "2.5"], ["3", '"1"']),
    ({"enum": [{"value": True}]}, "enum", ["true"], ["false"]),
    ({"enum": [{"value": "1"}]}, "enum", ['"1"', "1"], ["2"]),
    ({"logicalTypeOptions": {"exclusiveMaximum": 3}, "logicalType": "number"}, "exclusiveMaximum", ["2"], ["3", '"x"']),
    ({"logicalTypeOptions": {"multipleOf": 0.5}, "logicalType": "number"}, "multipleOf", ["1.5"], ["1.4"]),
    ({"logicalTypeOptions": {"maxLength": 2}, "logicalType": "string"}, "maxLength", ['"né"'], ['"née"']),
    ({"logicalTypeOptions": {"format": "email"}, "logicalType": "string"}, "format", ['"a@b.org"'], ['"a"']),
    ({"logicalTypeOptions": {"format": "i8"}, "logicalType": "integer"}, "format", ["127"], ["128"]),
    ({"logicalTypeOptions": {"required": ["a"]}, "logicalType": "object"}, "requiredProperties", ['{"a": 1}'], ["{}"]),
    (
        {"logicalTypeOptions": {"maxProperties": 1}, "logicalType": "object"},
        "maxProperties",
        ['{"a": 1}'],
        ['{"a": 1, "b": 2}'],
    ),
    ({"logicalTypeOptions": {"minItems": 1}, "logicalType": "array"}, "minItems", ["[0]"], ["[]"]),
    ({"required": True}, "required", ["0", '""', "false"], ["null"]),
]


@both
def test_options_of_what_is_in_json(warehouse: Warehouse, tmp_path: Path):
    rows = [(i, value) for i, (_, _, good, bad) in enumerate(IN_JSON) for value in (*good, *bad)]
    documents = ", ".join(f'(\'{{"p{i}": {{"x": {value}}}}}\')' for i, value in rows)
    warehouse.run(f"CREATE TABLE t (doc json); INSERT INTO t VALUES {documents}")
    outer = [
        {"name": f"p{i}", "logicalType": "object", "properties": [{"name": "x", **says}]}
        for i, (says, *_) in enumerate(IN_JSON)
    ]
    results = found(warehouse, tmp_path, {"name": "doc", "logicalType": "object", "properties": outer})
    assert {check: result.value for check, result in results.items() if not check.endswith(".column")} == {
        f"doc.p{i}.x.{word}": len(bad) for i, (_, word, _, bad) in enumerate(IN_JSON)
    }


@both
def test_moments_in_json_have_no_limits(warehouse: Warehouse, tmp_path: Path):
    warehouse.run('CREATE TABLE t (doc json); INSERT INTO t VALUES (\'{"on": "2026-01-01"}\')')
    day = {"name": "on", "logicalType": "date", "logicalTypeOptions": {"minimum": "2026-01-01"}}
    result = found(warehouse, tmp_path, {"name": "doc", "logicalType": "object", "properties": [day]})["doc.on.minimum"]
    assert (result.status, "does not fit column 'doc.on', which is JSON" in (result.reason or "")) == (
        Status.ERROR,
        True,
    )


@in_postgres
@on("native", ["json", "jsonb"])
def test_json_is_compared_as_a_whole_too(warehouse: Warehouse, tmp_path: Path, native: str):
    warehouse.run(f"CREATE TABLE t (doc {native}); INSERT INTO t VALUES ('[1]'), ('[1]'), ('{{}}')")
    dataset, _ = contracted(tmp_path, {"name": "doc", "unique": True, "enum": [{"value": "[1]"}]})
    with warehouse.open() as source:
        run = measured(source, source.tables()[0], AT, dataset.checks)
    assert not run.problems
    results = {check.id: judge(check, Facts(run, {}, AT))[0].value for check in dataset.checks}
    assert results == {"doc.column": None, "doc.unique": 1, "doc.enum": 1}


# -- maps --------------------------------------------------------------------------------------------------------------

PRICES = {
    "name": "prices", "logicalType": "map",
    "map": {
        "key": {"logicalType": "string", "logicalTypeOptions": {"maxLength": 3}},
        "value": {"logicalType": "integer", "logicalTypeOptions": {"minimum": 0}, "required": True},
    },
}  # fmt: skip


@on(
    ("warehouse", "native", "rows"),
    [
        (
            "duckdb", "MAP(VARCHAR, INTEGER)",
            ["MAP {'EUR': 1}", "MAP {}", "MAP {'euros': -1}", "MAP {'NOK': NULL}", "NULL"],
        ),
        ("duckdb", "JSON", ["""'{"EUR": 1}'""", "'{}'", """'{"euros": -1}'""", """'{"NOK": null}'""", "NULL"]),
        ("postgres", "jsonb", ["""'{"EUR": 1}'""", "'{}'", """'{"euros": -1}'""", """'{"NOK": null}'""", "NULL"]),
    ],
    indirect=["warehouse"],
)  # fmt: skip
def test_keys_and_values_of_maps(warehouse: Warehouse, tmp_path: Path, native: str, rows: list[str]):
    warehouse.run(f"CREATE TABLE t (prices {native}); INSERT INTO t VALUES {', '.join(f'({row})' for row in rows)}")
    results = found(warehouse, tmp_path, PRICES)
    assert statuses(results) == {
        "prices.column": "pass",
        "prices{key}.column": "pass",
        "prices{key}.maxLength": "fail",
        "prices{value}.column": "pass",
        "prices{value}.required": "fail",
        "prices{value}.minimum": "fail",
    }
    assert set(values(results).values()) == {1}


# -- what can not be done ----------------------------------------------------------------------------------------------


def test_a_column_of_text_holds_nothing(warehouse: Warehouse, tmp_path: Path):
    import pyarrow as pa

    warehouse.load("t", pa.table({"place": ["Oslo"]}))
    results = found(warehouse, tmp_path, PLACE)
    assert results["place.city.column"].status is Status.FAIL
    for check in ("place.city.required", "place.city.enum", "place.zip.minimum"):
        assert results[check].status is Status.ERROR
        assert "has no properties" in (results[check].reason or "") or warehouse.kind == "sqlite"


@on("warehouse", ["sqlite"], indirect=True)
def test_sqlite_says_that_it_can_not(warehouse: Warehouse, tmp_path: Path):
    warehouse.run("CREATE TABLE t (place JSON); INSERT INTO t VALUES ('{\"city\": 1}')")
    results = found(warehouse, tmp_path, PLACE)
    del results["place.column"]
    assert {result.status for result in results.values()} == {Status.ERROR}
    assert all("SQLite can not be asked inside of a column" in (result.reason or "") for result in results.values())


def test_what_is_said_inside_and_not_executed_is_told(tmp_path: Path):
    inside = {
        "name": "b", "unique": True, "primaryKey": True, "partitioned": True, "physicalType": "int",
        "encryptedName": "c",
        "relationships": [{"to": "other.id"}], "quality": [{"metric": "nullValues", "mustBe": 0}],
    }  # fmt: skip
    dataset, findings = contracted(tmp_path, {"name": "a", "logicalType": "object", "properties": [inside]})
    told = {finding.path.rpartition(".")[2]: (str(finding.level), finding.message) for finding in findings}
    for key in ("unique", "primaryKey", "partitioned", "relationships", "encryptedName", "quality"):
        assert told[key][0] == "warning"
        assert told[key][1].startswith("not executed: a.b is inside of a column, and ")
    assert told["physicalType"][0] == "info"
    assert [check.id for check in dataset.checks] == ["a.column", "a.b.column"]


def test_where_time_zones_are_not_compared_is_told(tmp_path: Path):
    zone = {"logicalTypeOptions": {"timezone": True}}
    inside = {"name": "b", "logicalType": "timestamp"} | zone
    outside = {"name": "a", "logicalType": "object", "properties": [inside]}
    dataset, findings = contracted(tmp_path, outside, {"name": "t", "logicalType": "time"} | zone)
    told = [finding.message for finding in findings if finding.path.endswith("timezone")]
    assert [message[:40] for message in told] == [
        "not executed: a.b is inside of a column,", "not executed: t is a time of day, and ti",
    ]  # fmt: skip
    assert "timezone" not in {check.id.rpartition(".")[2] for check in dataset.checks}


@on(
    ("server", "told"),
    [
        ({"type": "snowflake", "account": "a", "database": "d", "schema": "s"}, "lake (snowflake)"),
        ({"type": "local", "path": ".", "format": "csv"}, "lake (csv)"),
        ({"type": "local", "path": ".", "format": "parquet"}, None),
        ({"type": "postgres", "host": "h", "port": 1, "database": "d", "schema": "s"}, None),
    ],
)
def test_servers_that_are_not_asked_inside_of_columns_are_told(
    tmp_path: Path, server: dict[str, Any], told: str | None
):
    _, findings = contracted(tmp_path, PLACE, servers=[{"server": "lake", **server}])
    said = [finding.message for finding in findings if finding.path.endswith("properties[0].properties")]
    only = "only DuckDB, Parquet and PostgreSQL are asked inside of columns"
    assert said == ([f"not executed on the server {told}: {only}"] if told else [])


# -- the rows and the path ---------------------------------------------------------------------------------------------


@both
def test_the_rows_that_break_it_are_found(warehouse: Warehouse, tmp_path: Path):
    form = "structs" if warehouse.kind == "duckdb" else "composite types"
    filled(warehouse, form, GOOD, BAD)
    dataset, _ = contracted(tmp_path, PLACE, LINES)
    with warehouse.open() as source:
        dataset = Dataset("shop", source.tables()[0], checks=dataset.checks)
        for check in dataset.checks:
            if check.id in BROKEN:
                assert len(source.fetch(FailingRows(dataset, check, None)(source)).rows) == 1, check.id


def test_a_restricted_property_hides_its_column(tmp_path: Path):
    secret = {"name": "ssn", "classification": "restricted"}
    dataset, _ = contracted(
        tmp_path,
        {"name": "who", "logicalType": "object", "classification": "public", "properties": [secret]},
        {"name": "where", "logicalType": "object", "properties": [{"name": "city", "classification": "public"}]},
    )
    assert dataset.classified == {"who": "restricted", "where": "public"}


ODD = Column(
    "c",
    "struct<a: array<int32>, b: map<string, struct<d: date>>>",
    "STRUCT(a INTEGER[], b MAP(VARCHAR, STRUCT(d DATE)))",
)


@on(
    ("path", "type_", "native"),
    [
        (("a", Part.ITEMS), "int32", "INTEGER"),
        (("b", Part.KEYS), "string", ""),
        (("b", Part.VALUES, "d"), "date", ""),
        (("b", "some key", "d"), "date", ""),
    ],
)
def test_a_path_ends_at_a_type(path, type_: str, native: str):
    assert inner(ODD, path) == Column(in_words("c", path), type_, native)


@on(
    ("path", "says"),
    [
        (("x",), "c has no property 'x', but a, b"),
        ((Part.ITEMS,), "c is STRUCT(a INTEGER[], b MAP(VARCHAR, STRUCT(d DATE))), which has no items"),
        (("a", "x"), "c.a is INTEGER[], which has no properties"),
        (("a", Part.ITEMS, Part.VALUES), "c.a[] is INTEGER, which has no values"),
    ],
)
def test_a_path_that_leads_nowhere_says_where(path, says: str):
    with pytest.raises(NotThere) as error:
        inner(ODD, path)
    assert str(error.value) == says
