"""dbt's files made into contracts."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given

from checks.contracts.export import Format as To
from checks.contracts.export import export
from checks.contracts.importing import Format, NotImportable
from tests.contract_samples import RICH, contracts, document
from tests.test_contract_import import FEW, checked, imported, made_from, properties

SCHEMA = """
version: 2
models:
  - name: orders
    description: One row per order.
    config:
      materialized: table
      meta: {owner: Checkout, tier: gold}
    constraints:
      - {type: primary_key, columns: [id]}
      - {type: check, expression: amount >= 0}
      - {type: check, expression: amount > other}
    data_tests:
      - dbt_utils.unique_combination_of_columns: {combination_of_columns: [customer, state]}
      - dbt_utils.equal_rowcount: {compare_model: ref('raw')}
    columns:
      - name: id
        data_type: bigint
        data_tests: [unique, not_null]
      - name: customer
        tests:
          - not_null: {where: state = 'new'}
          - relationships: {to: "ref('customers')", field: id}
          - relationships: {to: "source('raw', 'people')", field: key}
      - name: state
        data_type: text
        description: "{{ doc('state') }}"
        tags: [x]
        data_tests:
          - accepted_values: {arguments: {values: [new, paid]}}
          - unique: {severity: warn}
          - own_test
      - name: amount
        data_type: numeric(10,2)
        data_tests:
          - dbt_utils.accepted_range: {max_value: 1000, inclusive: false}
      - name: place
        data_type: geography2
exposures: []
sources:
  - name: raw
    schema: landing
    freshness: {warn_after: {count: 1, period: hour}, error_after: {count: 12, period: hour}}
    loaded_at_field: loaded
    tables:
      - {name: people, identifier: people_v2, columns: [{name: key}, {name: loaded, data_type: timestamp}]}
      - {name: steady, freshness: null, columns: [{name: a}]}
"""


def test_models_with_their_tests():
    read, _ = imported(Format.DBT, SCHEMA)
    orders = properties(read)
    table = read.data["schema"][0]
    assert table["description"] == "One row per order."
    assert read.data["team"] == {"name": "Checkout"}
    assert orders["id"] == {
        "name": "id", "logicalType": "integer", "physicalType": "bigint", "primaryKey": True, "primaryKeyPosition": 1,
        "required": True,
    }  # fmt: skip
    assert "required" not in orders["customer"]  # its test holds for some rows only
    assert orders["customer"]["relationships"] == [{"to": "customers.id"}, {"to": "people.key"}]
    assert [each["value"] for each in orders["state"]["enum"]] == ["new", "paid"]
    assert "unique" not in orders["state"]
    assert orders["amount"]["logicalTypeOptions"] == {"exclusiveMaximum": 1000, "minimum": 0}
    assert table["quality"][0]["arguments"] == {"properties": ["customer", "state"]}


def test_sources_with_their_freshness():
    read, _ = imported(Format.DBT, SCHEMA)
    people, steady = read.data["schema"][1:]
    assert (people["physicalName"], steady["physicalName"]) == ("landing.people_v2", "landing.steady")
    assert read.data["slaProperties"] == [
        {"property": "freshness", "value": 12, "unit": "h", "element": "people.loaded"}
    ]


def test_what_is_no_promise_is_told_with_its_line():
    _, left = imported(Format.DBT, SCHEMA)
    assert left == [
        "line 22: orders.customer: the test not_null, which holds for some rows only",
        "line 27: orders.state: its description is a template of dbt, kept as it stands",
        "line 31: orders.state: the test unique, which only warns",
        "line 32: orders.state: the test own_test",
        "line 28: orders.state: tags",
        "line 37: orders.place: what the type geography2 means; the contract has it as physicalType only",
        "line 15: orders: the test dbt_utils.equal_rowcount",
        "line 12: orders: the constraint check of the table",
        "line 8: orders: meta.tier",
        "line 7: orders: config.materialized",
        "line 43: people: freshness.warn_after",
        "line 39: exposures: says nothing about tables that a contract has",
    ]


def manifest() -> dict[str, Any]:
    def test(name: str, column: str | None, config: Any = None, **given: Any) -> dict[str, Any]:
        namespace, _, short = name.rpartition(".")
        about = {
            "name": short,
            "namespace": namespace or None,
            "kwargs": {"column_name": column, "model": "x", **given},
        }
        attached = {"attached_node": "model.shop.orders", "column_name": column}
        return {"resource_type": "test", "test_metadata": about, "config": config or {"severity": "ERROR"}, **attached}

    columns = {"id": {"name": "id", "data_type": "bigint"}, "state": {"name": "state", "description": "Where it is."}}
    model = {
        "resource_type": "model",
        "name": "orders",
        "package_name": "shop",
        "columns": columns,
        "meta": {"owner": "me"},
    }
    tests = [
        test("not_null", "id"),
        test("accepted_values", "state", values=["new"]),
        test("relationships", "customer", to="ref('customers')", field="id"),
        test("not_null", "state", {"severity": "warn"}),
        test("dbt_utils.unique_combination_of_columns", None, combination_of_columns=["id", "state"]),
        {"resource_type": "test", "name": "my_query"},
    ]
    fresh = {"error_after": {"count": 2, "period": "day"}, "warn_after": {"count": None, "period": None}}
    source = {
        "resource_type": "source", "name": "raw", "source_name": "land", "schema": "landing", "identifier": "raw",
        "columns": {}, "freshness": {**fresh, "warn_after": None}, "package_name": "shop",
    }  # fmt: skip
    foreign = {"resource_type": "model", "name": "theirs", "package_name": "dbt_utils", "columns": {}}
    return {
        "metadata": {"project_name": "shop"},
        "nodes": {
            "model.shop.orders": model,
            "model.dbt_utils.x": foreign,
            **{f"test.{i}": t for i, t in enumerate(tests)},
        },
        "sources": {"source.shop.raw": source},
    }


def test_a_manifest_puts_tests_back_to_their_columns():
    read, left = imported(Format.DBT, manifest())
    orders = properties(read)
    assert [each["name"] for each in read.data["schema"]] == ["orders", "raw"]
    assert orders["id"]["required"] is True
    assert orders["state"]["enum"] == [{"value": "new"}]
    assert orders["state"]["description"] == "Where it is."
    assert orders["customer"]["relationships"] == [{"to": "customers.id"}]
    assert read.data["schema"][0]["quality"][0]["arguments"] == {"properties": ["id", "state"]}
    assert read.data["slaProperties"][0]["value"] == 2
    assert left == ["my_query: a test that is a query of its own", "orders.state: the test not_null, which only warns"]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("models:\n  - name: a\n bad", r"shop\.dbt:3: is not YAML"),
        ("- a", r"shop\.dbt:1: is no file of dbt"),
        ('{"nodes":', r"shop\.dbt:1: is not JSON"),
        ("{}", "is no manifest of dbt"),
        ("models: 3", "describes no tables"),
        ("models: [{columns: [3, {name: 4}]}]", "describes no tables"),
        ('{"nodes": {"a": 3, "b": {"resource_type": "model", "columns": 7}}}', "describes no tables"),
    ],
)
def test_a_file_that_can_not_be_read(source: str, said: str):
    with pytest.raises(NotImportable, match=said):
        imported(Format.DBT, source)


def without_bookkeeping(text: str) -> Any:
    """Without the version of the contract and the name of the source, for which dbt has no place."""
    made = yaml.safe_load(text)
    for model in made["models"]:
        del model["config"]["meta"]["contract_version"]
    for source in made.get("sources", []):
        del source["name"]
    return made


def test_what_dbt_can_say_survives_it():
    first = export(document(RICH), To.DBT)
    again = export(checked(made_from(Format.DBT, first)), To.DBT)
    assert without_bookkeeping(again) == without_bookkeeping(first)


@FEW
@given(data=contracts())
def test_what_dbt_can_say_survives_it_whatever_the_contract(data: dict[str, Any]):
    first = export(document(data), To.DBT)
    again = export(checked(made_from(Format.DBT, first)), To.DBT)
    assert without_bookkeeping(again) == without_bookkeeping(first)


def test_a_manifest_is_json_with_any_beginning():
    read, _ = imported(Format.DBT, "\n  " + json.dumps(manifest()))
    assert read.data["schema"][0]["name"] == "orders"
