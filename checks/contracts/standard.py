"""The standard's own rules: its JSON Schema, then its pydantic model, told in sentences for people.

The schema is used as published, with two repairs where it contradicts the standard's text, which comes first: its
conditions on `logicalType` also hold where there is none (they lack `required`), so that a property without a logical
type would have to have a `map`; and it forgets references by name into another file (`shop.yaml#customers.id`).
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator
from functools import cache, reduce
from importlib.resources import files
from typing import Any

from jsonschema import Draft201909Validator, ValidationError
from jsonschema.validators import extend

from checks.contracts.document import shown
from checks.contracts.read import Place
from checks.records import Operator

_OPERATORS = {str(operator) for operator in Operator}
_TYPES = {
    "string": "text",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "number": "a number",
    "integer": "a whole number",
    "null": "nothing",
}

_NOT_A_KEY = "is not a key of the standard here"

Problem = tuple[Place, str]


def problems(data: dict[str, Any]) -> list[Problem]:
    """What the standard refuses in a document, each with its place."""
    found = dict.fromkeys(_problem(error) for error in _validator().iter_errors(data))
    wrong_types = {place[:-1] for place, _ in found if place[-1:] == ("type",)}  # of a server or rule: its keys follow
    told = [(place, said) for place, said in found if place[:-1] not in wrong_types or _NOT_A_KEY not in said]
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
    """jsonschema's validator with three keywords of ours. Its own `unevaluatedProperties` validates everything again to
    learn what was looked at, which costs more than the rest together, and then reports the same mistake twice."""
    keywords = {"$ref": _follow, "if": _if, "unevaluatedProperties": _unevaluated}
    base = extend(Draft201909Validator, keywords)
    return base(_schema())


@cache
def _schema() -> dict[str, Any]:
    schema = json.loads(files("open_data_contract_standard").joinpath("schema.json").read_text(encoding="utf-8"))
    schema = _without_prose(schema)
    for condition in schema["$defs"]["SchemaBaseProperty"]["allOf"]:
        if "if" in condition:
            condition["if"] = {"required": ["logicalType"], **condition["if"]}
    by_name = schema["$defs"]["ShorthandReference"]
    by_name["pattern"] = by_name["pattern"].replace("^", r"^(?:(?:https?:\/\/)?[A-Za-z0-9._\-\/]+\.ya?ml#)?", 1)
    return schema


def _without_prose(part: Any) -> Any:
    if isinstance(part, dict):
        return {key: _without_prose(value) for key, value in part.items() if not _is_prose(key, value)}
    return [_without_prose(value) for value in part] if isinstance(part, list) else part


def _is_prose(key: str, value: Any) -> bool:
    return key in ("description", "examples", "default", "title") and not isinstance(value, dict)


@cache
def _target(ref: str) -> dict[str, Any]:
    return reduce(lambda part, step: part[step], ref.removeprefix("#/").split("/"), _schema())


def _follow(validator: Any, ref: str, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    yield from validator.descend(instance, _target(ref))


def _if(validator: Any, condition: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if "then" in schema and _holds(validator, condition, instance):
        yield from validator.descend(instance, schema["then"], schema_path="then")


def _holds(validator: Any, condition: dict[str, Any], instance: Any) -> bool:
    """Whether a condition is met. Nearly all ask for a key with a certain value, which needs no validator."""
    simple = isinstance(instance, dict) and condition.keys() <= {"required", "properties", "anyOf"}
    if not simple:
        return validator.evolve(schema=condition).is_valid(instance)
    if any(key not in instance for key in condition.get("required", ())):
        return False
    for key, asked in condition.get("properties", {}).items():
        if key in instance and not _fits(validator, asked, instance[key]):
            return False
    choices = condition.get("anyOf", ())
    return not choices or any(_holds(validator, choice, instance) for choice in choices)


def _fits(validator: Any, asked: dict[str, Any], value: Any) -> bool:
    return value == asked["const"] if list(asked) == ["const"] else validator.evolve(schema=asked).is_valid(value)


def _unevaluated(validator: Any, _allowed: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, dict):
        known = _keys(validator, instance, schema)
        for key in instance.keys() - known:
            yield ValidationError(_unknown(key, known), path=(key,))


def _keys(validator: Any, instance: Any, schema: dict[str, Any]) -> set[str]:
    """The keys that some part of the schema looks at. Parts that fail count too: their failure is reported already."""
    keys = set(schema.get("properties", ()))
    if "$ref" in schema:
        keys |= _keys(validator, instance, _target(schema["$ref"]))
    for keyword in ("allOf", "oneOf", "anyOf"):
        for part in schema.get(keyword, ()):
            keys |= _keys(validator, instance, part)
    if "then" in schema and _holds(validator, schema["if"], instance):
        keys |= _keys(validator, instance, schema["then"])
    return keys


# -- sentences ---------------------------------------------------------------------------------------------------------


def _unknown(key: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(key, list(known), n=1, cutoff=0.6)
    hint = f'; did you mean "{near[0]}"?' if near else ""
    return f'"{key}" {_NOT_A_KEY}{hint}'


def _problem(error: ValidationError) -> Problem:
    error = _deepest(error)
    place = tuple(error.absolute_path)
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
        extra = next(key for key in error.instance if key not in known)
        return (*place, extra), _unknown(extra, known)
    return place, _sentence(error, place)


def _deepest(error: ValidationError) -> ValidationError:
    """For a choice of schemas, the complaint of the one that fits best: not one about the type of the whole."""
    while error.validator in ("oneOf", "anyOf") and error.context and not _about_operators(error):
        inner = [each for each in error.context if each.validator != "type" or each.path]
        if not inner:
            return error
        error = max(inner, key=lambda each: (len(each.absolute_path), each.validator != "pattern"))
    return error


def _about_operators(error: ValidationError) -> bool:
    return any("mustBe" in part.get("required", ()) for part in error.validator_value)


def _sentence(error: ValidationError, place: Place) -> str:
    value, asked = error.instance, error.validator_value
    written = "the value" if place[:1] == ("servers",) else shown(value)  # servers may hold passwords
    if error.validator == "type":
        kinds = [asked] if isinstance(asked, str) else asked
        return f"{written} must be {' or '.join(_TYPES[kind] for kind in kinds)}{_quoting_hint(value, kinds)}"
    if error.validator in ("enum", "const"):
        allowed = asked if error.validator == "enum" else [asked]
        return f"{written} is not one of {', '.join(map(str, allowed))}"
    if error.validator == "required":
        missing = next(key for key in asked if key not in value)
        return f'has no "{missing}", which the standard requires here'
    if error.validator in ("oneOf", "anyOf") and _about_operators(error):
        return _operator_sentence(value)
    if error.validator == "pattern":
        return f"{written} {_pattern_hint(asked)}"
    if error.validator == "not":
        return f"must not have {' and '.join(asked.get('required', ['this']))} here"
    if error.validator in ("oneOf", "anyOf"):
        return f"{written} is none of the things that the standard allows here"
    return error.message if len(error.message) < 200 else f"{written} is not what the standard asks ({error.validator})"


def _pattern_hint(pattern: str) -> str:
    if pattern == _schema()["$defs"]["StableId"]["pattern"]:
        return "is no id; it may have letters, digits, _ and - only"
    return "is no reference; write table.column, or schema/TABLE_ID/properties/PROPERTY_ID"


def _quoting_hint(value: object, kinds: list[str]) -> str:
    is_plain = isinstance(value, int | float) and not isinstance(value, bool)
    return "; put it in quotes" if "string" in kinds and is_plain else ""


def _operator_sentence(value: Any) -> str:
    given = sorted(_OPERATORS & set(value)) if isinstance(value, dict) else []
    if not given:
        return f"has no operator, so there is nothing to check; add one of {', '.join(Operator)}"
    if len(given) > 1:
        return f"has {len(given)} operators ({', '.join(given)}); keep one, or write several rules"
    return f"{given[0]}: {shown(value[given[0]])} does not fit this operator"
