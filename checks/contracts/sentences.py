"""What the standard's JSON Schema refuses, in people's words: which field of what, what was meant, what to write."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from checks.contracts.document import shown
from checks.contracts.read import Place
from checks.records import Operator

if TYPE_CHECKING:
    from jsonschema import ValidationError

#: ends the sentence of a field that the standard does not have at that place
NOT_A_FIELD = "is not a field of"
_NO_OPERATOR = "has no operator"
_VAGUE = "is none of the things that the standard allows here"

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
_NAMES = {
    "schema": "a schema object (table)",
    "properties": "a property",
    "items": "the items of an array",
    "key": "the key of a map",
    "value": "the value of a map",
    "quality": "a quality rule",
    "relationships": "a relationship",
    "slaProperties": "a service level",
    "servers": "a server",
    "team": "a team",
    "members": "a team member",
    "roles": "a role",
    "support": "a support channel",
    "enum": "an enum value",
    "synonyms": "a synonym",
    "customProperties": "a custom property",
    "authoritativeDefinitions": "an authoritative definition",
    "logicalTypeOptions": "the logicalTypeOptions of this logicalType",
}
_ID_PATTERN = "^[A-Za-z0-9_-]+$"
_OLD_VERSIONS = "v2."

Problem = tuple[Place, str]


def problems_of(error: ValidationError) -> Iterator[Problem]:
    """The places that an error is about, and what to tell there."""
    error = _deepest(error)
    place = tuple(error.absolute_path)
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
        for extra in error.instance.keys() - known.keys():
            yield (*place, extra), unknown_field(extra, known, place)
    elif error.validator == "unevaluatedProperties":  # ours, which says what is known instead
        yield place, unknown_field(str(place[-1]), error.validator_value, place[:-1])
    elif error.validator == "required":
        missing = (key for key in error.validator_value if key not in error.instance)
        yield from ((place, f'has no "{key}", which the standard requires of {thing(place)}') for key in missing)
    else:
        yield (*place, *_operator_at(error)), _sentence(error, place)


def without_echoes(problems: Iterable[Problem]) -> list[Problem]:
    """Leaves out what only follows from another mistake: the fields of a rule or server whose type is wrong or missing,
    and what a rule lacks because it is mistyped."""
    told = list(dict.fromkeys(problems))
    untyped = {place[:-1] for place, _ in told if place[-1:] == ("type",)}
    untyped |= {place for place, said in told if said.startswith('has no "type"')}
    told = [(place, said) for place, said in told if place[:-1] not in untyped or NOT_A_FIELD not in said]
    mistyped: set[Place] = {(*place[:-1], _meant_field(said)) for place, said in told if NOT_A_FIELD in said}
    told = [(place, said) for place, said in told if not _is_mistyped(place, said, mistyped)]
    clear = {place for place, said in told if _VAGUE not in said}
    return [(place, said) for place, said in told if place not in clear or _VAGUE not in said]


def _meant_field(said: str) -> str:
    """The field that a sentence offers instead of an unknown one; all operators count as one."""
    field = said.rpartition('did you mean "')[2].removesuffix('"?')
    return _NO_OPERATOR if field in _OPERATORS else f'has no "{field}"'


def _is_mistyped(place: Place, said: str, mistyped: set[Place]) -> bool:
    return any((*place, told) in mistyped for told in (_NO_OPERATOR, said.partition(",")[0]) if said.startswith(told))


def thing(place: Place) -> str:
    """What stands at a place: 'a quality rule', 'a property'."""
    words = [step for step in place if isinstance(step, str)]
    if not words:
        return "a contract"
    if words == ["team"] and len(place) > 1:
        return _NAMES["members"]
    return _NAMES.get(words[-1], words[-1])


def unknown_field(key: str, known: Iterable[str], place: Place) -> str:
    """The sentence about a field that what is at `place` does not have."""
    return f'"{key}" {NOT_A_FIELD} {thing(place)}{meant(key, known)}'


def meant(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """'; did you mean "…"?', or nothing where no known word is near: 1 is the same word, in any letter case."""
    by_folded = {each.lower(): each for each in known}
    near = difflib.get_close_matches(word.lower(), list(by_folded), n=1, cutoff=cutoff)
    return f'; did you mean "{by_folded[near[0]]}"?' if near else ""


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
        allowed = [str(each) for each in (asked if error.validator == "enum" else [asked])]
        return _choice(written, value, allowed, place)
    if error.validator in ("oneOf", "anyOf"):
        return _operator_sentence(value) if _about_operators(error) else f"{written} {_VAGUE}"
    if error.validator == "not":
        return f"must not have {' and '.join(asked.get('required', ['this']))} here"
    return _of_one_value(error, written, place)


def _of_one_value(error: ValidationError, written: str, place: Place) -> str:
    asked = error.validator_value
    sentences = {
        "pattern": f"{written} {_pattern_hint(asked, place)}",
        "uniqueItems": f"{written} lists something twice; keep each once",
        "minItems": f"{written} must list {asked} or more",
        "maxItems": f"{written} must list {asked} at most",
        "minimum": f"{written} must be {asked} or more",
        "exclusiveMinimum": f"{written} must be more than {asked}",
    }
    return sentences.get(str(error.validator), f"{written} is not what the standard asks ({error.validator})")


def _choice(written: str, value: Any, allowed: list[str], place: Place) -> str:
    if place == ("apiVersion",) and isinstance(value, str) and value.startswith(_OLD_VERSIONS):
        return f"{written} is a version of the standard that Vitals does not read; move the contract to {allowed[0]}"
    near = meant(value, allowed, 0.7) if isinstance(value, str) and place != ("apiVersion",) else ""
    return f"{written} is not one of {', '.join(allowed)}{near}"


def _pattern_hint(pattern: object, place: Place) -> str:
    if pattern == _ID_PATTERN:
        return "is no id; it may have letters, digits, _ and - only"
    if "relationships" in place:
        return "is no reference; write table.column, or schema/TABLE_ID/properties/PROPERTY_ID"
    return f"does not fit the pattern {pattern}"


def _quoting_hint(value: object, kinds: list[str]) -> str:
    is_plain = isinstance(value, int | float) and not isinstance(value, bool)
    return "; put it in quotes" if "string" in kinds and is_plain else ""


def _operators(value: Any) -> list[str]:
    return [key for key in value if key in _OPERATORS] if isinstance(value, dict) else []


def _operator_at(error: ValidationError) -> tuple[str, ...]:
    """The operator that is wrong in a rule, or is one too many."""
    is_choice = error.validator in ("oneOf", "anyOf") and _about_operators(error)
    return tuple(_operators(error.instance)[:2][-1:]) if is_choice else ()


def _operator_sentence(value: Any) -> str:
    given = _operators(value)
    if not given:
        return f"{_NO_OPERATOR}, so there is nothing to check; add one of {', '.join(Operator)}"
    if len(given) > 1:
        return f"has {len(given)} operators ({', '.join(given)}); keep one, or write several rules"
    asked = "two numbers, the smaller one first" if "Between" in given[0] else "a number"
    return f"{given[0]}: {shown(value[given[0]])} does not fit this operator, which takes {asked}"
