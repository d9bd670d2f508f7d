"""The quick answer about the standard's JSON Schema is the one that jsonschema gives."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft201909Validator

from checks.contracts import standard
from checks.contracts.quick import Quick
from checks.contracts.read import parse
from tests.examples import examples

CORPUS = sorted((Path(__file__).parent / "odcs").glob("*.yaml"))
#: what is put in somewhere: wrong types, and words that mean something elsewhere in the schema
VALUES = (
    None, True, 0, 1, -3, 2.0, 2.5, "", "x", "library", "sql", "map", "string", "postgres", "a.b", [], [1, 1], [1, 2],
    {}, {"name": "n"}, {"mustBe": 1}, [{"value": 1}, {"value": 1}],
)  # fmt: skip
KEYS = (
    "name",
    "id",
    "type",
    "metric",
    "mustBe",
    "mustBeBetween",
    "logicalType",
    "map",
    "items",
    "from",
    "to",
    "nonsense",
)


@cache
def stock() -> Draft201909Validator:
    return Draft201909Validator(standard._schema())


def quickly(data: Any) -> bool:
    return Quick(standard._schema()).test(standard._schema())(data)


@cache
def documents() -> list[Any]:
    return [parse(path.read_bytes()).data for path in CORPUS]


def places(data: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    members = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [place, *(each for step, inner in members for each in places(inner, (*place, step)))]


@pytest.mark.slow
@settings(max_examples=examples(150), deadline=None)
@given(st.data())
def test_a_changed_contract_is_judged_as_jsonschema_does(data: st.DataObject):
    changed = copy.deepcopy(data.draw(st.sampled_from(documents())))
    for _ in range(data.draw(st.integers(0, 3))):
        *way, last = data.draw(st.sampled_from([place for place in places(changed) if place]))
        owner = changed
        for step in way:
            owner = owner[step]
        kind = data.draw(st.sampled_from(["put", "add", "remove"]))
        if kind == "put":
            owner[last] = copy.deepcopy(data.draw(st.sampled_from(VALUES)))
        elif kind == "add" and isinstance(owner, dict):
            owner[data.draw(st.sampled_from(KEYS))] = copy.deepcopy(data.draw(st.sampled_from(VALUES)))
        else:
            owner.pop(last)
    assert quickly(changed) == stock().is_valid(changed)


@pytest.mark.parametrize(
    ("schema", "value", "holds"),
    [
        ({"type": "integer"}, 2.0, True),
        ({"type": "integer"}, True, False),
        ({"type": ["null", "number"]}, None, True),
        ({"enum": [1]}, True, False),
        ({"const": "a"}, "b", False),
        ({"minItems": 1}, [], False),
        ({"maxItems": 1}, [1, 2], False),
        ({"uniqueItems": True}, [[1], [1]], False),
        ({"minimum": 1}, 0, False),
        ({"exclusiveMinimum": 0}, 0, False),
        ({"minimum": 1}, "text", True),
        ({"pattern": "^a"}, "ba", False),
        ({"not": {"required": ["a"]}}, {"a": 1}, False),
        ({"oneOf": [{"type": "string"}, {"minimum": 1}]}, "x", False),
        ({"if": {"required": ["a"]}, "then": {"required": ["b"]}}, {"a": 1}, False),
        ({"additionalProperties": False, "properties": {"a": {}}}, {"b": 1}, False),
        ({"items": {"type": "string"}}, ["a", 1], False),
        ({"dependentRequired": {"a": ["b"]}}, {}, False),
        ({}, 1, True),
    ],
)
def test_each_keyword(schema: dict[str, Any], value: Any, *, holds: bool):
    assert Quick(schema).test(schema)(value) is holds


def test_a_schema_may_refer_to_itself():
    schema = {"$defs": {"tree": {"properties": {"of": {"$ref": "#/$defs/tree"}}, "required": ["name"]}}}
    test = Quick(schema).test({"$ref": "#/$defs/tree"})
    assert (test({"name": 1, "of": {"name": 2}}), test({"name": 1, "of": {}})) == (True, False)


def test_of_a_choice_only_what_is_met_has_its_keys_looked_at():
    choice = {
        "oneOf": [
            {"required": ["a"], "properties": {"a": {}}},
            {"required": ["b"], "properties": {"b": {"type": "null"}}},
        ]
    }
    test = Quick(choice).test({**choice, "unevaluatedProperties": False})
    assert [test({"a": 1}), test({"b": None}), test({"a": 1, "b": 1})] == [True, True, False]
