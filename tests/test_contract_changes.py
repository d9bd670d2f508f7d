"""Comparing two versions of a contract: who is broken by what, as a table, and what holds for any two contracts."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.contracts.changes import Change, Mode, Step, Verdict, allowed, diff, forbidden, version_step, worst
from checks.contracts.document import Document
from checks.contracts.load import load_folder
from checks.contracts.read import parse
from tests.examples import examples

BREAKING, COMPATIBLE, NOTED = Verdict.BREAKING, Verdict.COMPATIBLE, Verdict.INFORMATIONAL
TIGHTENED = (COMPATIBLE, BREAKING)
LOOSENED = (BREAKING, COMPATIBLE)
CHANGED = (BREAKING, BREAKING)
HARMLESS = (COMPATIBLE, COMPATIBLE)
INFORMATIONAL = (NOTED, NOTED)

BASE = """
apiVersion: v3.1.0
kind: DataContract
id: shop-orders
version: 1.2.0
status: active
"""


def document(text: str) -> Document:
    parsed = parse(text.encode())
    return Document(Path("orders.yaml"), "orders.yaml", parsed.data, parsed.lines)


def of_data(data: dict[str, Any]) -> Document:
    return Document(Path("orders.yaml"), "orders.yaml", data, {})


def changes(old: str, new: str) -> tuple[Change, ...]:
    return diff(document(BASE + old), document(BASE + new))


def columns(*lines: str) -> str:
    return "schema: [{name: orders, properties: [" + ", ".join(f"{{{line}}}" for line in lines) + "]}]"


def amount(more: str) -> str:
    return columns(f"name: amount, {more}")


def options(more: str, logical: str = "number") -> str:
    return amount(f"logicalType: {logical}, logicalTypeOptions: {{{more}}}")


def rule(more: str) -> str:
    return amount(f"quality: [{{id: r, type: library, {more}}}]")


def sql(more: str) -> str:
    return amount(f"quality: [{{id: r, type: sql, query: SELECT 1, {more}}}]")


def level(more: str) -> str:
    return f"slaProperties: [{{{more}}}]"


def extra(name: str, value: str) -> str:
    return f"schema: [{{name: orders, customProperties: [{{property: {name}, value: {value}}}]}}]"


def aimed_at(percent: str) -> str:
    return level(
        f"property: freshness, value: 1, unit: d, customProperties: [{{property: vitals.objective, value: {percent}}}]"
    )


NULLS = "metric: nullValues, "
INVALID = "metric: invalidValues, mustBe: 0, arguments: "

# (old, new, (consumer, producer), kind): the one change that is found, or the worst of several of one kind
CASES: list[tuple[str, str, tuple[Verdict, Verdict], str]] = [
    # the contract itself
    ("name: a", "name: b", INFORMATIONAL, "field.changed"),
    ("", "domain: sales", INFORMATIONAL, "field.added"),
    ("tags: [a, b]", "tags: [b]", INFORMATIONAL, "field.removed"),
    ("description: {purpose: a}", "description: {purpose: b}", INFORMATIONAL, "field.changed"),
    ("team: {name: Shop}", "team: {name: Billing}", INFORMATIONAL, "owner.changed"),
    ("team: [{username: a}]", "team: {members: [{username: b}]}", INFORMATIONAL, "owner.changed"),
    ("support: [{channel: '#a', url: 'https://a'}]", "", INFORMATIONAL, "support.changed"),
    ("price: {priceAmount: 1}", "price: {priceAmount: 2}", INFORMATIONAL, "price.changed"),
    ("servers: [{server: a, type: local, path: x}]", "", LOOSENED, "server.removed"),
    ("", "servers: [{server: a, type: local, path: x}]", HARMLESS, "server.added"),
    ("servers: [{server: a, path: x}]", "servers: [{server: a, path: y}]", CHANGED, "server.changed"),
    ("servers: [{server: a}]", "servers: [{server: a, description: y}]", INFORMATIONAL, "field.added"),
    # tables
    ("schema: [{name: a}]", "schema: [{name: a}, {name: b}]", HARMLESS, "table.added"),
    ("schema: [{name: a}, {name: b}]", "schema: [{name: a}]", LOOSENED, "table.removed"),
    ("schema: [{name: a}]", "schema: [{name: a, physicalName: a_v2}]", CHANGED, "table.renamed"),
    ("schema: [{name: a}]", "schema: [{name: a, physicalName: a}]", INFORMATIONAL, "field.added"),
    ("schema: [{id: x, name: a}]", "schema: [{id: x, name: b}]", CHANGED, "table.renamed"),
    ("schema: [{name: a, physicalName: t}]", "schema: [{name: b, physicalName: t}]", HARMLESS, "table.relabelled"),
    ("schema: [{name: a, physicalType: table}]", "schema: [{name: a, physicalType: view}]", HARMLESS, "table.kind"),
    ("schema: [{name: a}]", "schema: [{name: a, description: x}]", INFORMATIONAL, "field.added"),
    # columns
    (columns("name: a"), columns("name: a", "name: b"), HARMLESS, "column.added"),
    (columns("name: a"), columns("name: a", "name: b, required: true"), TIGHTENED, "column.added"),
    (columns("name: a", "name: b"), columns("name: a"), LOOSENED, "column.removed"),
    (columns("id: x, name: a"), columns("id: x, name: b"), CHANGED, "column.renamed"),
    (columns("name: a"), columns("name: a, physicalName: b"), CHANGED, "column.renamed"),
    (columns("name: a, physicalName: c"), columns("name: b, physicalName: c"), HARMLESS, "column.relabelled"),
    (columns("name: a, deprecated: false"), columns("name: a, deprecated: true"), INFORMATIONAL, "field.changed"),
    (amount("businessName: Total"), amount("businessName: Sum"), INFORMATIONAL, "field.changed"),
    # types
    (amount("logicalType: integer"), amount("logicalType: number"), LOOSENED, "type.widened"),
    (amount("logicalType: number"), amount("logicalType: integer"), TIGHTENED, "type.narrowed"),
    (amount("logicalType: number"), amount("logicalType: string"), CHANGED, "type.changed"),
    (amount("unique: false"), amount("logicalType: string"), TIGHTENED, "type.added"),
    (amount("logicalType: string"), amount("description: x"), LOOSENED, "type.removed"),
    (amount("physicalType: INTEGER"), amount("physicalType: BIGINT"), LOOSENED, "type.widened"),
    (amount("physicalType: BIGINT"), amount("physicalType: SMALLINT"), TIGHTENED, "type.narrowed"),
    (amount("physicalType: varchar(10)"), amount("physicalType: varchar(20)"), LOOSENED, "type.widened"),
    (amount("physicalType: text"), amount("physicalType: varchar(20)"), TIGHTENED, "type.narrowed"),
    (amount('physicalType: "decimal(10,2)"'), amount('physicalType: "decimal(12,2)"'), LOOSENED, "type.widened"),
    (amount('physicalType: "decimal(10,2)"'), amount('physicalType: "decimal(10,4)"'), CHANGED, "type.changed"),
    (amount("physicalType: integer"), amount("physicalType: double"), LOOSENED, "type.widened"),
    (amount('physicalType: "decimal(9,2)[]"'), amount('physicalType: "decimal(9,3)[]"'), CHANGED, "type.changed"),
    (amount('physicalType: "integer[]"'), amount('physicalType: "bigint[]"'), CHANGED, "type.changed"),
    (amount("physicalType: date"), amount("physicalType: timestamp"), CHANGED, "type.changed"),
    (amount("physicalType: timestamp"), amount("physicalType: timestamptz"), CHANGED, "type.changed"),
    (amount("physicalType: int8"), amount("physicalType: bigint"), INFORMATIONAL, "type.respelled"),
    (amount("physicalType: ubigint"), amount("physicalType: bigint"), CHANGED, "type.changed"),
    # required, unique, keys
    (amount("required: false"), amount("required: true"), TIGHTENED, "required.added"),
    (amount("required: true"), amount("required: false"), LOOSENED, "required.removed"),
    (amount("primaryKey: true"), amount("primaryKey: true, required: true"), HARMLESS, "required.added"),
    (amount("unique: true"), amount("unique: false"), LOOSENED, "unique.removed"),
    (amount("description: x"), amount("description: x, unique: true"), TIGHTENED, "unique.added"),
    (columns("name: a"), columns("name: a, primaryKey: true"), TIGHTENED, "key.added"),
    (columns("name: a, primaryKey: true"), columns("name: a"), LOOSENED, "key.removed"),
    (
        columns("name: a, primaryKey: true", "name: b, required: true"),
        columns("name: a, primaryKey: true", "name: b, required: true, primaryKey: true"),
        LOOSENED,
        "key.added",
    ),
    (
        columns("name: a, primaryKey: true", "name: b"),
        columns("name: a, primaryKey: true", "name: b, primaryKey: true"),
        CHANGED,
        "key.added",
    ),
    (
        columns("name: a, primaryKey: true", "name: b, required: true, primaryKey: true"),
        columns("name: a, primaryKey: true", "name: b, required: true"),
        TIGHTENED,
        "key.removed",
    ),
    (
        columns("name: a, primaryKey: true"),
        columns("name: a, primaryKey: true", "name: b, primaryKey: true"),
        CHANGED,
        "column.added",
    ),
    (
        amount("primaryKey: true, primaryKeyPosition: 1"),
        amount("primaryKey: true, primaryKeyPosition: 2"),
        INFORMATIONAL,
        "key.reordered",
    ),
    (
        columns("name: a, required: true, unique: true"),
        columns("name: a, required: true, unique: true, primaryKey: true"),
        HARMLESS,
        "key.added",
    ),
    (columns("name: a, unique: true"), columns("name: a, unique: true, primaryKey: true"), TIGHTENED, "key.added"),
    # enum
    (amount("enum: [{value: A}]"), amount("enum: [{value: A}, {value: B}]"), LOOSENED, "enum.value_added"),
    (amount("enum: [{value: A}, {value: B}]"), amount("enum: [{value: A}]"), TIGHTENED, "enum.value_removed"),
    (amount("enum: [{id: a, value: A}]"), amount("enum: [{id: a, value: B}]"), CHANGED, "enum.value_changed"),
    (amount("description: x"), amount("description: x, enum: [{value: A}]"), TIGHTENED, "enum.added"),
    (amount("description: x, enum: [{value: A}]"), amount("description: x"), LOOSENED, "enum.removed"),
    (amount("enum: [{value: A}]"), amount("enum: [{value: A, label: x}]"), INFORMATIONAL, "field.added"),
    # options
    (options("minimum: 0"), options("minimum: 1"), TIGHTENED, "range.tightened"),
    (options("minimum: 0"), options("minimum: -1"), LOOSENED, "range.loosened"),
    (options("minimum: 0"), options("exclusiveMinimum: 0"), TIGHTENED, "range.tightened"),
    (options("minimum: 1", "integer"), options("exclusiveMinimum: 0", "integer"), INFORMATIONAL, "range.respelled"),
    (options("maximum: 5"), options("maximum: 4"), TIGHTENED, "range.tightened"),
    (options("maximum: 5"), options("maximum: 5.5"), LOOSENED, "range.loosened"),
    (options("exclusiveMaximum: 5"), options("maximum: 5"), LOOSENED, "range.loosened"),
    (options("minimum: 0"), options("maximum: 9, minimum: 0"), TIGHTENED, "range.tightened"),
    (options("minimum: 0, maximum: 9"), options("minimum: 0"), LOOSENED, "range.loosened"),
    (
        options("minimum: '2020-01-01'", "date"),
        options("minimum: '2021-01-01'", "date"),
        TIGHTENED,
        "range.tightened",
    ),
    (options("minimum: 'long ago'", "date"), options("minimum: '2021-01-01'", "date"), CHANGED, "range.changed"),
    (options("multipleOf: 2"), options("multipleOf: 4"), TIGHTENED, "multipleOf.tightened"),
    (options("multipleOf: 1"), options("multipleOf: 0.5"), LOOSENED, "multipleOf.loosened"),
    (options("multipleOf: 2"), options("multipleOf: 3"), CHANGED, "multipleOf.changed"),
    (options("maxLength: 5", "string"), options("maxLength: 9", "string"), LOOSENED, "range.loosened"),
    (options("minLength: 1", "string"), options("minLength: 2", "string"), TIGHTENED, "range.tightened"),
    (options("pattern: a", "string"), options("pattern: b", "string"), CHANGED, "pattern.changed"),
    (amount("logicalType: string"), options("pattern: b", "string"), TIGHTENED, "pattern.added"),
    (options("pattern: b", "string"), amount("logicalType: string"), LOOSENED, "pattern.removed"),
    (options("format: email", "string"), options("format: uuid", "string"), CHANGED, "format.changed"),
    (options("format: i32", "integer"), options("format: i64", "integer"), LOOSENED, "format.loosened"),
    (options("format: i32", "integer"), options("format: u32", "integer"), CHANGED, "format.changed"),
    (options("format: f64"), options("format: f32"), TIGHTENED, "format.tightened"),
    (options("uniqueItems: false", "array"), options("uniqueItems: true", "array"), TIGHTENED, "option.tightened"),
    (options("maxItems: 3", "array"), options("maxItems: 4", "array"), LOOSENED, "range.loosened"),
    (
        options("defaultTimezone: UTC", "timestamp"),
        options("defaultTimezone: Europe/Rome", "timestamp"),
        CHANGED,
        "meaning.changed",
    ),
    (options("required: [a]", "object"), options("required: [a, b]", "object"), TIGHTENED, "option.tightened"),
    # nested
    (amount("properties: [{name: x}]"), amount("properties: [{name: x, required: true}]"), TIGHTENED, "required.added"),
    (amount("properties: [{name: x}, {name: y}]"), amount("properties: [{name: x}]"), LOOSENED, "column.removed"),
    (amount("items: {logicalType: integer}"), amount("items: {logicalType: number}"), LOOSENED, "type.widened"),
    (amount("logicalType: array"), amount("logicalType: array, items: {unique: true}"), TIGHTENED, "items.tightened"),
    (
        amount("map: {key: {logicalType: string}, value: {logicalType: number}}"),
        amount("map: {key: {logicalType: string}, value: {logicalType: integer}}"),
        TIGHTENED,
        "type.narrowed",
    ),
    # relationships, partitions, protection
    (amount("relationships: []"), amount("relationships: [{to: a.id}]"), TIGHTENED, "relationship.added"),
    (amount("relationships: [{to: a.id}]"), amount("description: x"), LOOSENED, "relationship.removed"),
    (
        amount("relationships: [{id: r, to: a.id}]"),
        amount("relationships: [{id: r, to: b.id}]"),
        CHANGED,
        "relationship.changed",
    ),
    (
        amount("relationships: [{to: a.id}]"),
        amount("relationships: [{to: schema/a/properties/id}]"),
        INFORMATIONAL,
        "relationship.respelled",
    ),
    (
        amount("relationships: [{id: r, to: x.yaml#a.id}]"),
        amount("relationships: [{id: r, to: x.yaml#/schema/b/properties/id}]"),
        CHANGED,
        "relationship.changed",
    ),
    (amount("partitioned: false"), amount("partitioned: true"), TIGHTENED, "partition.added"),
    (amount("partitioned: true"), amount("partitioned: false"), LOOSENED, "partition.removed"),
    (amount("partitionKeyPosition: 1"), amount("partitionKeyPosition: 2"), CHANGED, "partition.reordered"),
    (amount("classification: public"), amount("classification: restricted"), LOOSENED, "classification.raised"),
    (amount("classification: restricted"), amount("classification: internal"), HARMLESS, "classification.lowered"),
    (amount("classification: a"), amount("classification: b"), INFORMATIONAL, "classification.changed"),
    # rules
    (amount("quality: []"), rule(NULLS + "mustBe: 0"), TIGHTENED, "rule.added"),
    (rule(NULLS + "mustBe: 0"), amount("quality: []"), LOOSENED, "rule.removed"),
    (amount("quality: []"), rule(NULLS + "mustBe: 0, severity: warning"), HARMLESS, "rule.added"),
    (amount("quality: []"), amount("quality: [{type: text, description: x}]"), INFORMATIONAL, "rule.added"),
    (rule(NULLS + "mustBeLessThan: 5"), rule(NULLS + "mustBeLessThan: 3"), TIGHTENED, "rule.tightened"),
    (rule(NULLS + "mustBeLessThan: 5"), rule(NULLS + "mustBeLessThan: 9"), LOOSENED, "rule.loosened"),
    (rule(NULLS + "mustBeLessThan: 1"), rule(NULLS + "mustBe: 0"), INFORMATIONAL, "rule.respelled"),
    (sql("mustBeLessThan: 1"), sql("mustBe: 0"), TIGHTENED, "rule.tightened"),
    (sql("mustBeGreaterThan: 1"), sql("mustBeGreaterOrEqualTo: 1"), LOOSENED, "rule.loosened"),
    (sql("mustBeBetween: [1, 5]"), sql("mustBeBetween: [2, 4]"), TIGHTENED, "rule.tightened"),
    (sql("mustBeBetween: [1, 5]"), sql("mustBeBetween: [2, 6]"), CHANGED, "rule.changed"),
    (sql("mustNotBeBetween: [1, 5]"), sql("mustNotBeBetween: [2, 4]"), LOOSENED, "rule.loosened"),
    (sql("mustNotBe: 3"), sql("mustBeGreaterThan: 3"), TIGHTENED, "rule.tightened"),
    (sql("mustBeLessOrEqualTo: 3"), sql("mustBeLessThan: 3"), TIGHTENED, "rule.tightened"),
    (sql("mustBe: [1]"), sql("mustBe: 1"), CHANGED, "rule.changed"),
    (
        rule(NULLS + "mustBeLessThan: 5, unit: rows"),
        rule(NULLS + "mustBeLessThan: 5, unit: percent"),
        CHANGED,
        "rule.changed",
    ),
    (rule(NULLS + "mustBe: 0, unit: rows"), rule(NULLS + "mustBe: 0, unit: '%'"), INFORMATIONAL, "rule.respelled"),
    (
        rule(NULLS + "mustBeLessThan: 5, severity: warning"),
        rule(NULLS + "mustBeLessThan: 3, severity: warning"),
        HARMLESS,
        "rule.tightened",
    ),
    (
        rule(NULLS + "mustBe: 0, severity: warning"),
        rule(NULLS + "mustBe: 0, severity: error"),
        TIGHTENED,
        "severity.raised",
    ),
    (rule(NULLS + "mustBe: 0"), rule(NULLS + "mustBe: 0, severity: info"), LOOSENED, "severity.lowered"),
    (
        rule(NULLS + "mustBe: 0, severity: critical"),
        rule(NULLS + "mustBe: 0, severity: error"),
        INFORMATIONAL,
        "severity.respelled",
    ),
    (rule(INVALID + "{validValues: [a]}"), rule(INVALID + "{validValues: [a, b]}"), LOOSENED, "rule.loosened"),
    (rule(INVALID + "{validValues: [a, b]}"), rule(INVALID + "{validValues: [a]}"), TIGHTENED, "rule.tightened"),
    (rule(INVALID + "{pattern: a}"), rule(INVALID + "{pattern: b}"), CHANGED, "rule.changed"),
    (rule(NULLS + "mustBe: 0"), rule("metric: duplicateValues, mustBe: 0"), CHANGED, "rule.changed"),
    (sql("mustBe: 0"), sql("mustBe: 0").replace("SELECT 1", "SELECT 2"), CHANGED, "rule.changed"),
    (rule(NULLS + "mustBe: 0, dimension: accuracy"), rule(NULLS + "mustBe: 0"), INFORMATIONAL, "field.removed"),
    (
        amount("quality: [{type: custom, engine: vitals, implementation: {metric: mean, mustBeLessThan: 5}}]"),
        amount("quality: [{type: custom, engine: vitals, implementation: {metric: mean, mustBeLessThan: 4}}]"),
        TIGHTENED,
        "rule.tightened",
    ),
    # service levels
    (level("property: freshness, value: 12, unit: h"), "", LOOSENED, "level.removed"),
    ("", level("property: freshness, value: 12, unit: h"), TIGHTENED, "level.added"),
    (
        level("property: freshness, value: 12, unit: h"),
        level("property: fr, value: PT6H"),
        TIGHTENED,
        "level.tightened",
    ),
    (
        level("property: Freshness, value: 1, unit: d"),
        level("property: freshness, value: 25, unit: h"),
        LOOSENED,
        "level.loosened",
    ),
    (
        level("property: availability, value: 99.9, unit: percent"),
        level("property: availability, value: 99%"),
        LOOSENED,
        "level.loosened",
    ),
    (
        level("property: retention, value: 1, unit: y"),
        level("property: re, value: 2, unit: y"),
        TIGHTENED,
        "level.tightened",
    ),
    (
        level("property: endOfSupport, value: '2030-01-01'"),
        level("property: endOfSupport, value: '2029-01-01'"),
        LOOSENED,
        "level.loosened",
    ),
    (
        level("property: timeOfAvailability, value: '09:00-08:00'"),
        level("property: timeOfAvailability, value: '08:00-08:00'"),
        TIGHTENED,
        "level.tightened",
    ),
    (level("property: mood, value: good"), level("property: mood, value: bad"), CHANGED, "level.changed"),
    (
        level("id: f, property: freshness, value: 1, unit: d, element: a.b"),
        level("id: f, property: freshness, value: 1, unit: d, element: a.c"),
        CHANGED,
        "level.element",
    ),
    (
        level("property: freshness, value: 1, unit: d"),
        level("property: freshness, value: 1, unit: d, driver: analytics"),
        INFORMATIONAL,
        "field.added",
    ),
    ("slaDefaultElement: a.b", "slaDefaultElement: a.c", CHANGED, "level.element"),
    # vitals.*
    (extra("vitals.eventTime", "a"), extra("vitals.eventTime", "b"), CHANGED, "declaration.changed"),
    (extra("vitals.key", "[a]"), "schema: [{name: orders}]", HARMLESS, "declaration.removed"),
    (extra("vitals.emptyIsFine", "false"), extra("vitals.emptyIsFine", "true"), LOOSENED, "empty.loosened"),
    (extra("vitals.emptyIsFine", "true"), extra("vitals.emptyIsFine", "false"), TIGHTENED, "empty.tightened"),
    (extra("vitals.grain", "day"), extra("vitals.grain", "hour"), INFORMATIONAL, "field.changed"),
    (extra("vitals.objective", "99"), extra("vitals.objective", "99.5"), TIGHTENED, "objective.tightened"),
    (extra("vitals.objective", "99"), extra("vitals.objective", "95 %"), LOOSENED, "objective.loosened"),
    (extra("vitals.objective", "99"), extra("vitals.objective", "99.0 %"), INFORMATIONAL, "objective.respelled"),
    (extra("vitals.objective", "99"), extra("vitals.objective", "often"), CHANGED, "objective.changed"),
    (aimed_at("99"), aimed_at("99.9"), TIGHTENED, "objective.tightened"),
    (aimed_at("99"), level("property: freshness, value: 1, unit: d"), HARMLESS, "declaration.removed"),
    (
        "customProperties: [{property: vitals.objective, value: 99}]",
        "customProperties: [{property: vitals.objective, value: 90}]",
        LOOSENED,
        "objective.loosened",
    ),
]


@pytest.mark.parametrize(("old", "new", "verdicts", "kind"), CASES, ids=[f"{n}-{c[3]}" for n, c in enumerate(CASES)])
def test_what_a_change_does_to_consumers_and_producers(old, new, verdicts, kind):
    found = changes(old, new)
    assert {change.kind for change in found} - {"field.added", "field.removed"} <= {kind} or len(found) == 1
    assert kind in {change.kind for change in found}
    told = {(change.consumer, change.producer) for change in found if change.kind == kind}
    assert told == {verdicts}
    assert all(change.reason and change.path for change in found)


@pytest.mark.parametrize(
    ("old", "new", "verdicts", "kind"),
    [
        ("active", "deprecated", HARMLESS, "status.deprecated"),
        ("active", "retired", LOOSENED, "status.retired"),
        ("deprecated", "draft", LOOSENED, "status.withdrawn"),
        ("draft", "active", HARMLESS, "status.activated"),
        ("proposed", "draft", INFORMATIONAL, "field.changed"),
    ],
)
def test_what_a_step_of_the_lifecycle_does(old, new, verdicts, kind):
    [change] = diff(document(f"status: {old}"), document(f"status: {new}"))
    assert (change.path, change.kind, (change.consumer, change.producer)) == ("status", kind, verdicts)


def test_another_id_or_version_is_told():
    assert [(each.kind, each.worst) for each in diff(document("id: a"), document("id: b"))] == [
        ("contract.renamed", BREAKING)
    ]
    assert [each.kind for each in diff(document("version: 1.0.0"), document("version: 1.0.1"))] == ["version.changed"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("team: [{username: a}]", "team: {members: [{username: a}]}"),
        (level("property: freshness, value: 72, unit: h"), level("property: FR, value: 3, unit: d")),
        (level("property: freshness, value: 72, unit: h"), level("property: Freshness, value: P3D")),
        (level("property: latency, value: 90, unit: min"), level("property: ly, value: 1h30m")),
        (level("property: availability, value: 99.9, unit: '%'"), level("property: av, value: 99.9%")),
        (amount("physicalType: VARCHAR(10)"), amount("physicalType: varchar( 10 )")),
        (amount("logicalType: String"), amount("logicalType: string")),
        (amount("classification: PII"), amount("classification: pii")),
        (amount("required: false"), amount("unique: false")),
        (columns("name: a", "name: b"), columns("name: b", "name: a")),
        ("tags: [a, b]", "tags: [b, a]"),
        ("tags: []", "description: {}"),
        (amount("primaryKeyPosition: -1"), amount("partitionKeyPosition: -1")),
        (options("minimum: 1"), options("minimum: 1.0")),
        (
            amount("quality: [{metric: nullValues, rule: nullValues, mustBe: 0}]"),
            amount("quality: [{metric: nullValues, mustBe: 0}]"),
        ),
        (
            amount("quality: [{name: a, type: text}, {name: b, type: text}]"),
            amount("quality: [{name: b, type: text}, {name: a, type: text}]"),
        ),
        (extra("vitals.key", "[a, b]"), extra("vitals.key", "[b, a]")),
    ],
)
def test_other_spellings_and_another_order_are_no_change(old, new):
    assert changes(old, new) == ()


def test_nothing_in_a_list_is_nothing():
    data = {"schema": [None, {"name": "t", "properties": [None, {}, {"name": "a"}], "quality": [None], "tags": [None]}]}
    bare = {"schema": [{"name": "t", "properties": [{"name": "a"}]}]}
    assert diff(of_data(data), of_data(bare)) == diff(of_data(bare), of_data(data)) == ()
    assert [each.kind for each in diff(of_data(data), of_data({"schema": [{"name": "t"}]}))] == ["column.removed"]


def test_paths_address_elements_by_name_and_places_by_position_in_the_new_document():
    [change] = changes(columns("name: a", "name: amount, required: true"), columns("name: amount", "name: a"))
    assert change.path == "schema[orders].properties[amount].required"
    assert change.place == ("schema", 0, "properties", 0, "required")
    assert (change.old, change.new) == (True, None)


def test_a_column_that_was_probably_renamed_is_removed_and_added_with_a_hint():
    found = changes(columns("name: amount, logicalType: number"), columns("name: amounts, logicalType: number"))
    assert {each.kind for each in found} == {"column.added", "column.removed"}
    assert {each.reason.split(". ", 1)[1].split(";")[0] for each in found if each.kind == "column.removed"} == {
        "Probably renamed to amounts"
    }
    assert any("Probably renamed from amount;" in each.reason for each in found)


def test_secrets_are_not_told():
    custom = "customProperties: [{property: password, value: p1}]"
    old = f"servers: [{{server: a, host: 'postgres://me:hunter2@db/x', {custom}}}]"
    new = old.replace("@db", "@other").replace("p1", "p2")
    found = changes(old, new)
    assert [each.path for each in found] == ["servers[a].host", "servers[a].customProperties[password].value"]
    assert not any(secret in repr(found) for secret in ("hunter2", "p1", "p2"))
    assert "hunter2" not in repr(changes(old, "")) and "p1" not in repr(changes(old, ""))
    assert "properties[token]" in changes(columns("name: token"), columns("name: token, required: true"))[0].path
    assert changes(columns("name: token"), columns("name: token, required: true"))[0].new is True


# -- modes and versions ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "modes"),
    [
        (columns("name: a"), columns("name: a", "name: b"), "NONE BACKWARD FORWARD FULL"),
        (columns("name: a"), columns("name: a", "name: b, required: true"), "NONE FORWARD"),
        (columns("name: a", "name: b"), columns("name: a"), "NONE BACKWARD"),
        (amount("logicalType: integer"), amount("logicalType: string"), "NONE"),
        ("", "name: x", "NONE BACKWARD FORWARD FULL"),
    ],
)
def test_which_compatibility_modes_allow_a_change(old, new, modes):
    found = changes(old, new)
    assert {str(mode) for mode in Mode if allowed(found, mode)} == set(modes.split())
    assert all(bool(forbidden(found, mode)) != allowed(found, mode) for mode in Mode)


@pytest.mark.parametrize(
    ("before", "after", "new", "demanded", "fits", "sentence"),
    [
        ("1.2.0", "2.0.0", columns("name: b"), Step.MAJOR, True, "takes a major one (from 1.2.0 to 2.0.0)"),
        ("1.2.0", "1.3.0", columns("name: b"), Step.MAJOR, False, "only takes a minor one"),
        ("1.2.0", "1.2.0", columns("name: b"), Step.MAJOR, False, "still 1.2.0"),
        ("1.2.0", "1.1.9", columns("name: b"), Step.MAJOR, False, "goes back"),
        ("0.2.0", "0.3.0", columns("name: b"), Step.MINOR, True, "minor"),
        ("1.2.0", "1.3.0", columns("name: a", "name: b"), Step.MINOR, True, "minor"),
        ("1.2.0", "1.2.1", columns("name: a", "name: b"), Step.MINOR, False, "only takes a patch one"),
        ("1.2.0", "v2.0", columns("name: a", "name: b"), Step.MINOR, True, "major"),
        ("1.2.0", "1.2.1", columns("name: a, description: x"), Step.PATCH, True, "patch"),
        ("1.2.0", "1.2.0", columns("name: a"), Step.NONE, True, "Nothing changed."),
        ("1.2.0", "1.2.1", columns("name: a"), Step.NONE, True, "Nothing changed that demands"),
        ("1.2.0", "soon", columns("name: b"), Step.MAJOR, False, "'soon' is no semantic version"),
    ],
)
def test_which_version_step_is_demanded_and_taken(before, after, new, demanded, fits, sentence):
    old_document = document(f"version: {before!r}\n" + columns("name: a"))
    step = version_step(diff(old_document, document(f"version: {after!r}\n" + new)), before, after)
    assert (step.demanded, step.fits) == (demanded, fits)
    assert sentence in step.sentence


# -- any two contracts -------------------------------------------------------------------------------------------------

ROOT = Path(__file__).parent.parent
REAL = [each.data for folder in ("contracts", "tests/contracts") for each in load_folder(ROOT / folder).documents]
#: everything that a contract can say, in one
FULL = yaml.safe_load("""
id: a
version: 1.2.0
status: active
name: n
team: {name: Shop, members: [{username: x, role: owner}]}
servers: [{server: s, type: local, path: p, environment: prod, customProperties: [{property: zone, value: q}]}]
support: [{channel: c, url: u}]
price: {priceAmount: 3, priceCurrency: EUR}
roles: [{role: r, access: read}]
schema:
  - id: t
    name: orders
    physicalName: orders_v1
    physicalType: table
    tags: [x, y]
    customProperties: [{property: vitals.key, value: [id]}, {property: vitals.emptyIsFine, value: true}]
    relationships: [{id: r, from: [id, day], to: [other.id, other.day], type: foreignKey}]
    quality:
      - {id: q, type: library, metric: rowCount, mustBeBetween: [10, 20], unit: rows, severity: warning, schedule: x}
      - {name: words, type: text, description: be good}
      - {type: sql, query: SELECT 1, mustBe: 0, customProperties: [{property: vitals.scope, value: bucket}]}
      - {type: custom, engine: vitals, implementation: {reconcile: {with: a.b, tolerance: 3}}}
    properties:
      - {name: id, logicalType: integer, physicalType: BIGINT, primaryKey: true, primaryKeyPosition: 1, required: true,
         logicalTypeOptions: {minimum: 3, exclusiveMaximum: 90, multipleOf: 3, format: i64}}
      - {name: kind, logicalType: string, enum: [{value: A, label: l}, {value: B}], classification: public,
         logicalTypeOptions: {minLength: 3, maxLength: 8, pattern: x, format: email}, unique: true,
         quality: [{metric: invalidValues, arguments: {validValues: [a, b]}, mustBe: 0},
                   {metric: missingValues, arguments: {missingValues: [a, b], properties: [z]}, mustBeLessThan: 3}]}
      - {name: day, logicalType: date, partitioned: true, partitionKeyPosition: 1, examples: [x, 3],
         logicalTypeOptions: {minimum: '2020-01-01', format: yyyy}}
      - {name: nest, logicalType: object, logicalTypeOptions: {required: [x], minProperties: 3},
         properties: [{name: x, logicalType: array, logicalTypeOptions: {minItems: 3, uniqueItems: true},
                       items: {logicalType: map, map: {key: {logicalType: string}, value: {logicalType: number}}}}]}
      - {name: at, logicalType: timestamp, logicalTypeOptions: {defaultTimezone: UTC, timezone: true}}
      - {name: v, logicalType: vector, logicalTypeOptions: {dimensions: 3, elementType: float32, normalized: true}}
slaDefaultElement: orders.at
slaProperties:
  - {property: freshness, value: 12, unit: h, element: orders.at, driver: d}
  - {id: up, property: availability, value: 99.9, unit: percent, valueExt: 99.5}
  - {property: timeOfAvailability, value: '09:00-08:00', schedule: x, scheduler: cron}
customProperties: [{property: vitals.x, value: [q, {deep: [3]}]}]
""")


def leaves(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not isinstance(value, dict | list):
        yield place
    for key, member in members:
        yield from leaves(member, (*place, key))


def with_leaf(data: dict[str, Any], place: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(data)
    parent: Any = changed
    for step in place[:-1]:
        parent = parent[step]
    parent[place[-1]] = value
    return changed


def at(data: Any, place: tuple[str | int, ...]) -> Any:
    for step in place:
        data = data[step]
    return data


def shuffled(value: Any, random: Any) -> Any:
    """The same contract with keys and elements in another order; lists of lists and plain values keep theirs."""
    if isinstance(value, dict):
        keys = list(value)
        random.shuffle(keys)
        return {key: shuffled(value[key], random) for key in keys}
    if isinstance(value, list) and all(isinstance(member, dict) for member in value):
        mixed = [shuffled(member, random) for member in value]
        random.shuffle(mixed)
        return mixed
    return value


CONTRACTS = st.sampled_from([FULL, *REAL])
OTHER_VALUES = st.one_of(
    st.text(max_size=12),
    st.integers(),
    st.booleans(),
    st.floats(allow_nan=False),
    st.sampled_from(["1e5", "<b>", "P1D"]),
)


@settings(max_examples=examples(50), deadline=None)
@given(CONTRACTS, st.randoms(use_true_random=False))
def test_a_contract_and_itself_in_another_order_have_no_differences(data, random):
    assert diff(of_data(data), of_data(copy.deepcopy(data))) == ()
    mixed = shuffled(data, random)
    assert diff(of_data(data), of_data(mixed)) == ()
    assert diff(of_data(mixed), of_data(data)) == ()


@pytest.mark.parametrize("place", list(leaves(FULL)), ids=lambda place: ".".join(map(str, place)))
def test_every_single_value_that_changes_is_seen_both_ways(place):
    for value in ("something else", False, {"odd": 1}):
        changed = with_leaf(FULL, place, value)
        assert diff(of_data(FULL), of_data(changed)), value
        assert diff(of_data(changed), of_data(FULL)), value


@settings(max_examples=examples(300), deadline=None)
@given(CONTRACTS, st.data(), OTHER_VALUES)
def test_any_leaf_of_any_contract_that_changes_is_seen_and_never_invisible_the_other_way(data, draw, value):
    place = draw.draw(st.sampled_from(list(leaves(data))))
    if json.dumps(value) == json.dumps(at(data, place)):
        return
    changed = with_leaf(data, place, value)
    forth, back = diff(of_data(data), of_data(changed)), diff(of_data(changed), of_data(data))
    assert forth
    assert back
    for one, other in ((forth, back), (back, forth)):
        if worst(change.worst for change in one) is BREAKING:
            assert worst(change.worst for change in other) is not NOTED
        if (
            worst(change.producer for change in one) is BREAKING
        ):  # what is asked for now would be given up on the way back
            assert worst(change.consumer for change in other) is BREAKING


def parts(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The places of all values, mappings and lists."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        yield (*place, key)
        yield from parts(member, (*place, key))


@settings(max_examples=examples(200), deadline=None)
@given(CONTRACTS, st.data())
def test_what_is_given_up_when_a_part_goes_is_asked_for_when_it_comes(data, draw):
    place = draw.draw(st.sampled_from(list(parts(data))))
    without = copy.deepcopy(data)
    del at(without, place[:-1])[place[-1]]
    gone, come = diff(of_data(data), of_data(without)), diff(of_data(without), of_data(data))
    assert bool(gone) == bool(come)
    assert gone or at(data, place) in (None, False, -1, "library", [], {})
    for one, other in ((gone, come), (come, gone)):
        if worst(change.producer for change in one) is BREAKING:
            assert worst(change.consumer for change in other) is BREAKING


@settings(max_examples=examples(100), deadline=None)
@given(CONTRACTS, st.data())
def test_any_leaf_that_goes_or_comes_is_seen_unless_it_says_what_holds_anyway(data, draw):
    place = draw.draw(st.sampled_from([each for each in leaves(data) if isinstance(each[-1], str)]))
    changed = with_leaf(data, place, None)
    assert at(data, place) in (None, False, -1, "library") or diff(of_data(data), of_data(changed))


@settings(max_examples=examples(150), deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "schema",
                        "properties",
                        "name",
                        "id",
                        "quality",
                        "metric",
                        "mustBe",
                        "servers",
                        "slaProperties",
                        "value",
                        "property",
                        "enum",
                        "items",
                        "map",
                        "key",
                        "logicalTypeOptions",
                        "minimum",
                        "severity",
                        "team",
                        "arguments",
                        "required",
                        "primaryKey",
                        "unit",
                        "element",
                        "type",
                        "implementation",
                        "relationships",
                        "customProperties",
                    ]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=20,
    ),
    st.data(),
)
def test_no_nonsense_stops_the_comparison(value, draw):
    olds = {"schema": value, "slaProperties": value, "servers": value, "team": value}
    place = draw.draw(st.sampled_from(list(leaves(olds))) if list(leaves(olds)) else st.just(()))
    news = with_leaf(olds, place, "another") if place else {}
    for old, new in ((olds, news), (news, olds), ({}, olds), (FULL, {"schema": [value], "slaProperties": [value]})):
        diff(of_data(old), of_data(new))
    assert diff(of_data(olds), of_data(copy.deepcopy(olds))) == ()
