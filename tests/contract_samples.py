"""Contracts for the tests of export and import: one with everything, and random small ones."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from checks.contracts import Document, read_file

NASTY = ['sel"ect', "it's", "two words", "größe", "日本", "class", "</script><script>alert(1)</script>", "a|b`c*",
         "{{ env_var('X') }}", "1st", "$ref", "model_config", "date", "dt", "NO", "12:30", "-",
         "%s", "a\\b", "x.y"]  # fmt: skip

RICH = """
apiVersion: v3.2.0
kind: DataContract
id: shop.orders
name: Orders
version: 1.2.0
status: active
description: {purpose: What was sold.}
team: {name: Checkout, members: [{username: ada, role: Owner}]}
servers: [{server: shop, type: postgres, host: db.example.org, port: 5432, database: shop, schema: sales}]
schema:
- name: customers
  properties:
  - {name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1}
- name: orders
  description: One row per order.
  quality:
  - {metric: duplicateValues, arguments: {properties: [country, ordered_at]}, mustBe: 0}
  properties:
  - {name: order_id, logicalType: integer, physicalType: bigint, primaryKey: true, primaryKeyPosition: 1,
     description: The number.}
  - {name: line, logicalType: integer, logicalTypeOptions: {format: i16, minimum: 1}, primaryKey: true,
     primaryKeyPosition: 2}
  - {name: customer, logicalType: integer, required: true, relationships: [{to: customers.id}]}
  - {name: state, logicalType: string, required: true, enum: [{value: new}, {value: paid}]}
  - {name: country, logicalType: string, enum: [{value: DE}, {value: 'N O'}]}
  - {name: code, logicalType: string, unique: true, logicalTypeOptions: {minLength: 2, maxLength: 5,
     pattern: '^[A-Z]+$'}}
  - {name: amount, logicalType: number, physicalType: 'numeric(10,2)',
     logicalTypeOptions: {minimum: 0, exclusiveMaximum: 1000}}
  - {name: ratio, logicalType: number}
  - {name: paid, logicalType: boolean}
  - {name: day, logicalType: date, logicalTypeOptions: {minimum: '2020-01-01'}}
  - {name: ordered_at, logicalType: timestamp, required: true}
  - {name: at, logicalType: time}
  - {name: ref, logicalType: string, physicalType: uuid, logicalTypeOptions: {format: uuid}}
  - name: address
    logicalType: object
    properties:
    - {name: city, logicalType: string, required: true}
    - {name: geo, logicalType: object, properties: [{name: lat, logicalType: number}]}
  - {name: tags, logicalType: array, logicalTypeOptions: {maxItems: 3}, items: {logicalType: string, required: true}}
slaProperties:
- {property: freshness, value: 2, unit: d, element: orders.ordered_at}
"""


def document(data: dict[str, Any] | str) -> Document:
    """The contract with these values, read as any file is."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "contract.yaml"
        path.write_text(data if isinstance(data, str) else json.dumps(data, ensure_ascii=False), encoding="utf-8")
        return read_file(path, "contract.yaml")


def contract(tables: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """The values of a contract with these tables."""
    head = {"apiVersion": "v3.2.0", "kind": "DataContract", "id": "sample", "version": "1.0.0", "status": "draft"}
    return {**head, **more, "schema": tables}


# -- random ones -------------------------------------------------------------------------------------------------------

TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
NAMES = (
    st.sampled_from(NASTY) | st.from_regex(r"[a-z][a-z_0-9]{0,8}", fullmatch=True) | TEXTS.map(str.strip).filter(bool)
)
_SIMPLE = ["string", "integer", "number", "boolean", "date", "timestamp", "time"]


@st.composite
def _property(draw: st.DrawFn, depth: int) -> dict[str, Any]:
    made: dict[str, Any] = {}
    logical = draw(st.sampled_from([*_SIMPLE, *(["object", "array", "map"] if depth else [])]))
    made["logicalType"] = logical
    options: dict[str, Any] = {}
    if logical == "string":
        options = draw(
            st.fixed_dictionaries({}, optional={"minLength": st.integers(0, 3), "maxLength": st.integers(4, 9)})
        )
        if draw(st.booleans()):
            made["enum"] = [{"value": value} for value in draw(st.lists(TEXTS, min_size=1, max_size=3, unique=True))]
    if logical in ("integer", "number"):
        numbers = st.integers(-50, 50)
        options = draw(
            st.fixed_dictionaries({}, optional={"minimum": numbers, "exclusiveMaximum": st.integers(60, 99)})
        )
    if options:
        made["logicalTypeOptions"] = options
    if logical == "object":
        made["properties"] = draw(properties(depth - 1))
    if logical == "array":
        made["items"] = draw(_property(depth - 1))
    if logical == "map":
        made["map"] = {"key": {"logicalType": "string"}, "value": draw(_property(depth - 1))}
    if draw(st.booleans()):
        made["required"] = True
    if draw(st.booleans()):
        made["description"] = draw(st.sampled_from(NASTY) | TEXTS)
    return made


@st.composite
def properties(draw: st.DrawFn, depth: int = 2) -> list[dict[str, Any]]:
    """A few properties, nested `depth` deep at most."""
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique_by=str.casefold))
    return [{"name": name, **draw(_property(depth))} for name in names]


@st.composite
def contracts(draw: st.DrawFn) -> dict[str, Any]:
    """A contract of one or two tables, with a primary key in some."""
    names = draw(st.lists(NAMES, min_size=1, max_size=2, unique_by=str.casefold))
    tables = []
    for name in names:
        table: dict[str, Any] = {"name": name, "properties": draw(properties())}
        first = table["properties"][0]
        if first["logicalType"] in ("integer", "string") and draw(st.booleans()):
            first |= {"primaryKey": True, "primaryKeyPosition": 1}
        tables.append(table)
    return contract(tables)
