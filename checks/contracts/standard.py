"""The standard's own rules: its JSON Schema, then its pydantic model.

The schema is used as published, with repairs where it contradicts the standard's text, which comes first: its
conditions on `logicalType` also hold where there is none (they lack `required`), so that a property without a logical
type would have to have a `map`; it forgets references by name into another file (`shop.yaml#customers.id`); and a rule
without a type, which is one of the library, may lack its metric. Version 2 of the standard, which it lists and does not
describe, is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from checks.contracts.quick import Quick
from checks.contracts.read import Place
from checks.contracts.sentences import Problem, problems_of, without_echoes

if TYPE_CHECKING:
    from jsonschema import ValidationError


def problems(data: dict[str, Any]) -> list[Problem]:
    """What the standard refuses in a document, each with its place."""
    if _quick().test(_schema())(data):
        return _model_problems(data)
    told = without_echoes(each for error in _validator().iter_errors(data) for each in problems_of(error))
    return told or _model_problems(data)


def _model_problems(data: dict[str, Any]) -> list[Problem]:
    from open_data_contract_standard.model import OpenDataContractStandard
    from pydantic import ValidationError as ModelError

    try:
        OpenDataContractStandard.model_validate(data)
    except ModelError as error:
        return [
            (_within(data, detail["loc"]), f"is refused by the standard's model: {detail['msg']}")
            for detail in error.errors()
        ]
    return []


def _within(data: Any, loc: Iterable[str | int]) -> Place:
    """The part of pydantic's location that is a place in the document (it also names the members of unions)."""
    place: list[str | int] = []
    for step in loc:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            continue
        place.append(step)
    return tuple(place)


# -- the validator -----------------------------------------------------------------------------------------------------


@cache
def _validator() -> Any:
    """jsonschema's validator with three keywords of ours, which pass over what is fine as it is. Its own
    `unevaluatedProperties` validates everything again to learn what was looked at, and reports a mistake twice."""
    # here and not above: a twentieth of what a command costs before it begins, and contracts are nearly always fine
    from jsonschema import Draft201909Validator
    from jsonschema.validators import extend

    keywords = {"$ref": _follow, "if": _if, "unevaluatedProperties": _unevaluated}
    base = extend(Draft201909Validator, keywords)
    return base(_schema())


@cache
def _quick() -> Quick:
    return Quick(_schema())


@cache
def _schema() -> dict[str, Any]:
    schema = json.loads(files("open_data_contract_standard").joinpath("schema.json").read_text(encoding="utf-8"))
    schema = _without_prose(schema)
    for condition in schema["$defs"]["SchemaBaseProperty"]["allOf"]:
        if "if" in condition:
            condition["if"] = {"required": ["logicalType"], **condition["if"]}
    schema["$defs"]["DataQuality"]["allOf"][0]["if"]["anyOf"].append({"not": {"required": ["type"]}})
    versions = schema["properties"]["apiVersion"]
    versions["enum"] = [version for version in versions["enum"] if not version.startswith("v2.")]
    by_name = schema["$defs"]["ShorthandReference"]
    by_name["pattern"] = by_name["pattern"].replace("^", r"^(?:(?:https?:\/\/)?[A-Za-z0-9._\-\/]+\.ya?ml#)?", 1)
    return schema


def _without_prose(part: Any) -> Any:
    if isinstance(part, dict):
        return {key: _without_prose(value) for key, value in part.items() if not _is_prose(key, value)}
    return [_without_prose(value) for value in part] if isinstance(part, list) else part


def _is_prose(key: str, value: Any) -> bool:
    return key in ("description", "examples", "default", "title") and not isinstance(value, dict)


def _follow(validator: Any, ref: str, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    target = _quick().target(ref)
    if not _quick().test(target)(instance):
        yield from validator.descend(instance, target)


def _if(validator: Any, condition: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if "then" in schema and _quick().test(condition)(instance):
        yield from validator.descend(instance, schema["then"], schema_path="then")


def _unevaluated(_validator: Any, _allowed: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    from jsonschema import ValidationError

    if isinstance(instance, dict):
        known = _quick().keys(schema)(instance)
        for key in instance.keys() - known:
            yield ValidationError("unknown field", path=(key,), validator_value=known)
