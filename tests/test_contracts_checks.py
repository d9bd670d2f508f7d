"""What contracts become: datasets with their checks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from checks.config import Config, load
from checks.contracts import declared, load_folder
from checks.records import (
    Check,
    ColumnExpected,
    Dataset,
    Dimension,
    FreshnessExpected,
    NumberExpected,
    Operator,
    ReconcileExpected,
    ReferenceExpected,
    Severity,
    Threshold,
    UniqueExpected,
    ValuesExpected,
)
from connectors import TableName

NONE = Threshold(Operator.BE, (0.0,))
T = TableName("main", "t")

Declare = Callable[..., dict[str, Dataset]]


@pytest.fixture
def configured(tmp_path: Path) -> Callable[[str], Config]:
    def _config(text: str = '[sources.lake]\nurl = "duckdb://lake.duckdb"\n') -> Config:
        (tmp_path / "config.toml").write_text(text, encoding="utf-8")
        return load(tmp_path / "config.toml", {})

    return _config


@pytest.fixture
def contract(tmp_path: Path) -> Callable[..., None]:
    """Writes a contract with the given parts beside what the standard requires."""

    def _write(file: str = "c.yaml", **parts: Any) -> None:
        (tmp_path / "contracts").mkdir(exist_ok=True)
        whole = {"apiVersion": "v3.1.0", "kind": "DataContract", "id": file[:-5], "version": "1.0.0"} | parts
        (tmp_path / "contracts" / file).write_text(yaml.safe_dump(whole, sort_keys=False), encoding="utf-8")

    return _write


@pytest.fixture
def checks_of(contract, configured) -> Callable[..., dict[str, Check]]:
    """The checks, by id, of a table `t` with the given properties and other parts."""

    def _checks(properties: Sequence[dict[str, Any]] = (), sla: Sequence[dict[str, Any]] = (), **table: Any):
        whole: dict[str, Any] = {"name": "t", **table}
        contract(schema=[whole | ({"properties": list(properties)} if properties else {})], slaProperties=list(sla))
        config = configured()
        (dataset,) = declared(load_folder(config.contracts_path), config, {"lake": [T]})
        assert len({check.id for check in dataset.checks}) == len(dataset.checks)
        return {check.id: check for check in dataset.checks}

    return _checks


def custom(**implementation: Any) -> dict[str, Any]:
    return {"type": "custom", "engine": "vitals", "implementation": implementation}


# -- properties --------------------------------------------------------------------------------------------------------


def test_every_property_is_a_column_of_a_type(checks_of):
    checks = checks_of([{"name": "a", "physicalName": "A_1", "logicalType": "string", "physicalType": "VARCHAR"}])
    assert checks["a.column"].expects == ColumnExpected("A_1", "string", "VARCHAR")
    assert checks["a.column"].dimension is Dimension.CONFORMITY


def test_required_and_unique(checks_of):
    checks = checks_of([{"name": "a", "required": True, "unique": True}])
    assert checks["a.required"].expects == NumberExpected("null_count", NONE, "a")
    assert checks["a.unique"].expects == UniqueExpected(("a",), NONE)


def test_a_primary_key_is_unique_in_its_order_and_never_null(checks_of):
    checks = checks_of(
        [
            {"name": "b", "primaryKey": True, "primaryKeyPosition": 2},
            {"name": "a", "primaryKey": True, "primaryKeyPosition": 1},
        ]
    )
    assert checks["primaryKey"].expects == UniqueExpected(("a", "b"), NONE)
    assert {"a.required", "b.required"} <= checks.keys()


@pytest.mark.parametrize("operator", list(Operator))
def test_all_operators(checks_of, operator: Operator):
    value = [1, 2.5] if "Between" in operator else 3
    checks = checks_of(quality=[{"metric": "rowCount", str(operator): value}])
    numbers = (1.0, 2.5) if "Between" in operator else (3.0,)
    assert checks["rowCount"].expects == NumberExpected("row_count", Threshold(operator, numbers))


def test_library_metrics_of_a_property(checks_of):
    low = {"mustBeLessThan": 5, "unit": "percent"}
    limit = Threshold(Operator.LESS, (5.0,))
    quality = [
        {"metric": "nullValues", **low},
        {"metric": "missingValues", "arguments": {"missingValues": [None, "", "N/A", ""]}, **low},
        {"metric": "invalidValues", "arguments": {"validValues": [1, True, "1"], "pattern": "^1"}, "mustBe": 0},
        {"metric": "duplicateValues", **low},
    ]
    checks = checks_of([{"name": "a", "quality": quality}])
    assert [checks[f"a.{rule['metric']}"].expects for rule in quality] == [
        NumberExpected("null_count", limit, "a", percent=True),
        ValuesExpected("a", "missing", limit, missing=("", "N/A"), percent=True),
        ValuesExpected("a", "invalid", NONE, valid=(1, True, "1"), pattern="^1"),
        UniqueExpected(("a",), limit, percent=True),
    ]


def test_duplicates_of_several_columns_go_by_property_names(checks_of):
    rule = {"metric": "duplicateValues", "mustBe": 0, "arguments": {"properties": ["a", "b"]}}
    checks = checks_of([{"name": "a", "physicalName": "A"}, {"name": "b"}], quality=[rule])
    assert checks["duplicateValues"].expects == UniqueExpected(("A", "b"), NONE)


def test_a_scope_of_buckets(checks_of):
    scope = {"customProperties": [{"property": "vitals.scope", "value": "bucket"}]}
    nulls = {"metric": "nullValues", "mustBe": 0, **scope}
    checks = checks_of([{"name": "a", "quality": [nulls]}], quality=[{"metric": "rowCount", "mustNotBe": 0, **scope}])
    assert checks["a.nullValues"].expects == NumberExpected("null_count", NONE, "a", per_bucket=True)
    assert checks["rowCount"].expects.metric == "bucket_rows"
    assert checks["rowCount"].expects.per_bucket


def test_what_a_rule_says_about_itself(checks_of):
    rule = {"metric": "rowCount", "mustBe": 0, "severity": "Minor", "dimension": "accuracy"}
    rule |= {"id": "few-rows", "description": "Few", "businessImpact": "lost sales"}
    check = checks_of(quality=[rule])["few-rows"]
    assert (check.severity, check.dimension) == (Severity.WARNING, Dimension.ACCURACY)
    assert (check.description, check.business_impact, check.contract) == ("Few", "lost sales", "c")


@pytest.mark.parametrize(
    ("word", "severity"),
    [("critical", Severity.ERROR), ("blocker", Severity.ERROR), ("warn", Severity.WARNING), ("low", Severity.INFO)],
)
def test_severities_have_synonyms(checks_of, word: str, severity: Severity):
    assert checks_of(quality=[{"metric": "rowCount", "mustBe": 0, "severity": word}])["rowCount"].severity is severity


def test_an_unknown_severity_counts_as_error(checks_of):
    checks = checks_of(quality=[{"metric": "rowCount", "mustBe": 0, "severity": "loud"}])
    assert checks["rowCount"].severity is Severity.ERROR


def test_repeated_rules_are_numbered(checks_of):
    rule = {"metric": "rowCount", "mustNotBe": 0}
    assert list(checks_of(quality=[rule, rule, rule])) == ["rowCount", "rowCount#2", "rowCount#3"]


def test_a_broken_rule_costs_only_itself(checks_of):
    good, broken = {"metric": "rowCount", "mustNotBe": 0}, {"metric": "rowCount", "mustBeGreaterThan": "many"}
    assert list(checks_of(quality=[broken, good])) == ["rowCount"]


def test_empty_is_fine_holds_for_every_check(checks_of):
    said = [{"property": "vitals.emptyIsFine", "value": True}]
    checks = checks_of([{"name": "a", "required": True}], customProperties=said)
    assert all(check.empty_is_fine for check in checks.values())


# -- custom rules ------------------------------------------------------------------------------------------------------


def test_a_threshold_on_any_metric(checks_of):
    checks = checks_of([{"name": "a", "quality": [custom(metric="distinct_count", mustBeGreaterThan=3)]}])
    expected = NumberExpected("distinct_count", Threshold(Operator.GREATER, (3.0,)), "a")
    assert checks["a.distinct_count"].expects == expected


def test_an_implementation_may_be_yaml_text(checks_of):
    rule = {"type": "custom", "engine": "Vitals", "implementation": "metric: future_rows\nmustBe: 0\n"}
    assert checks_of(quality=[rule])["future_rows"].expects == NumberExpected("future_rows", NONE)


def test_a_null_rate_in_percent_is_the_count_as_a_share(checks_of):
    rule = custom(metric="null_rate", mustBe=0) | {"unit": "percent"}
    assert checks_of([{"name": "a", "quality": [rule]}])["a.null_rate"].expects == NumberExpected(
        "null_count", NONE, "a", True
    )


def test_reconciliation_with_another_source(contract, configured):
    rule = custom(
        reconcile={"function": "sum", "column": "a", "with": "shop.sales.orders", "withColumn": "b", "tolerance": 2}
    )
    contract(schema=[{"name": "t", "properties": [{"name": "a"}], "quality": [rule]}], servers=[local("lake")])
    config = configured('[sources.lake]\nurl = "a.duckdb"\n[sources.shop]\nurl = "postgres://db/shop"\n')
    orders = TableName("sales", "orders", is_view=True)
    found = declared(load_folder(config.contracts_path), config, {"lake": [T], "shop": [orders]})
    expects = found[0].checks[-1].expects
    assert isinstance(expects, ReconcileExpected)
    assert (expects.ours.dataset, expects.ours.function, expects.ours.column) == ("lake.main.t", "sum", "a")
    assert (expects.theirs.dataset, expects.theirs.table, expects.theirs.column) == ("shop.sales.orders", orders, "b")
    assert (expects.tolerance, expects.percent) == (2.0, False)


def local(name: str) -> dict[str, Any]:
    return {"server": name, "type": "local", "path": ".", "format": "parquet"}


# -- relationships -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "to", ["other.id", "OTHER.id", "schema/other_tbl/properties/id_pk", "/schema/other/properties/id"]
)
def test_a_relationship_to_a_table_of_the_same_contract(contract, configured, to: str):
    other: dict[str, Any] = {"name": "other", "id": "other_tbl", "physicalName": "OTHER"}
    other["properties"] = [{"name": "id", "id": "id_pk", "physicalName": "ID"}]
    contract(schema=[{"name": "t", "properties": [{"name": "o", "relationships": [{"to": to}]}]}, other])
    config = configured()
    found = declared(load_folder(config.contracts_path), config, {"lake": [T, TableName("main", "OTHER")]})
    table = TableName("main", "OTHER")
    expected = ReferenceExpected(("o",), "lake.main.OTHER", table, ("ID",), NONE)
    assert [each.expects for each in found[1].checks if each.id == "o.relationship"] == [expected]


@pytest.mark.parametrize("to", ["customers.id", "shop.yaml#/schema/customers/properties/id", "shop.yaml#customers.id"])
def test_a_relationship_to_another_contract(contract, configured, to: str):
    contract("shop.yaml", schema=[{"name": "customers", "physicalName": "crm.people", "properties": [{"name": "id"}]}])
    contract(schema=[{"name": "t", "properties": [{"name": "c", "relationships": [{"to": to}]}]}])
    config = configured()
    people = TableName("crm", "people")
    found = declared(load_folder(config.contracts_path), config, {"lake": [T, people]})
    expected = ReferenceExpected(("c",), "lake.crm.people", people, ("id",), NONE)
    assert [each.expects for each in found[1].checks if each.id == "c.relationship"] == [expected]


def test_a_relationship_of_several_columns(checks_of):
    relation = {"from": ["t.a", "t.b"], "to": ["lists.x", "lists.y"]}
    checks = checks_of([{"name": "a"}, {"name": "b"}], relationships=[relation])
    table = TableName("main", "lists")
    assert checks["relationship"].expects == ReferenceExpected(("a", "b"), "lake.main.lists", table, ("x", "y"), NONE)


# -- service levels ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("level", "limit"),
    [
        ({"property": "freshness", "value": 26, "unit": "h"}, timedelta(hours=26)),
        ({"property": "Freshness", "value": "2", "unit": "days"}, timedelta(days=2)),
        ({"property": "LATENCY", "value": 1.5, "unit": "d"}, timedelta(hours=36)),
        ({"property": "ly", "value": 90, "unit": "m"}, timedelta(minutes=90)),
        ({"property": "latency", "value": 30, "unit": "s"}, timedelta(seconds=30)),
        ({"property": "latency", "value": 1, "unit": "y"}, timedelta(days=365)),
        ({"property": "freshness", "value": "PT2H30M"}, timedelta(hours=2, minutes=30)),
        ({"property": "freshness", "value": "P1DT12H"}, timedelta(hours=36)),
        ({"property": "freshness", "value": "90m"}, timedelta(minutes=90)),
        ({"property": "freshness", "value": 4, "valueExt": 6, "unit": "h"}, timedelta(hours=6)),
    ],
)
def test_how_old_the_newest_row_may_be(checks_of, level: dict[str, Any], limit: timedelta):
    (check,) = checks_of(sla=[level]).values()
    assert check.expects == FreshnessExpected(limit)
    assert check.dimension is Dimension.TIMELINESS


@pytest.mark.parametrize("element", ["t.at", "at", "t.AT"])
def test_the_element_of_a_service_level_is_the_event_time(contract, configured, element: str):
    options = {"defaultTimezone": "Europe/Oslo"}
    properties = [{"name": "at", "physicalName": "AT", "logicalType": "timestamp", "logicalTypeOptions": options}]
    level = {"property": "freshness", "value": 1, "unit": "h", "element": element}
    contract(schema=[{"name": "t", "properties": properties}], slaProperties=[level])
    config = configured()
    (dataset,) = declared(load_folder(config.contracts_path), config, {"lake": [T]})
    assert (dataset.event_time, dataset.zone, dataset.declared_in) == ("AT", "Europe/Oslo", "contract")
    assert dataset.checks[-1].expects == FreshnessExpected(timedelta(hours=1), "AT")
