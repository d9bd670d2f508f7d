"""A quick answer to whether a value meets a part of the standard's JSON Schema.

jsonschema explains well and takes its time: a quarter of a second for a contract of 200 columns, nearly all of it to
find nothing wrong. Here every part of the schema is made into a function once. Where the answer is yes, nobody asks
jsonschema; where it is no, jsonschema says why. A keyword that is not known here is always a no.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any

Schema = dict[str, Any]
Test = Callable[[Any], bool]
Keys = Callable[[Any], frozenset[str]]

_IGNORED = {"format", "deprecated", "then", "$schema", "title", "description", "$defs"}


class Quick:
    """The tests of one JSON Schema, made as they are needed. `root` must not be changed afterwards."""

    def __init__(self, root: Schema) -> None:
        self._root = root
        self._tests: dict[int, Test] = {}
        self._keys: dict[int, Keys] = {}

    def target(self, ref: str) -> Schema:
        """What a reference within the schema points to."""
        return reduce(lambda part, step: part[step], ref.removeprefix("#/").split("/"), self._root)

    def test(self, schema: Schema) -> Test:
        """Whether a value meets this part of the schema."""
        made = self._tests.get(id(schema))
        if made is None:
            parts = [_KEYWORDS.get(word, _unknown)(self, asked, schema) for word, asked in schema.items()]
            made = self._tests[id(schema)] = _all([part for part in parts if part is not None])
        return made

    def keys(self, schema: Schema) -> Keys:
        """The keys of a mapping that this part of the schema looks at. Of a choice those count that are met, or all
        where none is: that is another mistake than a key which nobody knows."""
        made = self._keys.get(id(schema))
        if made is None:
            made = self._keys[id(schema)] = self._keys_of(schema)
        return made

    def _keys_of(self, schema: Schema) -> Keys:
        named = frozenset(schema.get("properties", ()))
        parts = [*schema.get("allOf", ()), *([self.target(schema["$ref"])] if "$ref" in schema else [])]
        always = [self.keys(part) for part in parts]
        always += [self._keys_of_choice(schema[word]) for word in ("oneOf", "anyOf") if word in schema]
        if "then" in schema:
            condition, then = self.test(schema["if"]), self.keys(schema["then"])
            always.append(lambda value: then(value) if condition(value) else frozenset())
        return lambda value: named.union(*(part(value) for part in always)) if always else named

    def _keys_of_choice(self, choices: list[Schema]) -> Keys:
        made = [(self.test(choice), self.keys(choice)) for choice in choices]
        everything = [keys for _, keys in made]

        def _keys(value: Any) -> frozenset[str]:
            met = [keys for test, keys in made if test(value)]
            return frozenset().union(*(keys(value) for keys in met or everything))

        return _keys


def _all(tests: list[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]

    return lambda value: all(test(value) for test in tests)


# -- keywords: what is asked, and the schema around it, to a test ------------------------------------------------------


def _unknown(_quick: Quick, _asked: Any, _schema: Schema) -> Test:
    return lambda _: False


def _ignored(_quick: Quick, _asked: Any, _schema: Schema) -> None:
    return None


def _ref(quick: Quick, asked: str, _schema: Schema) -> Test:
    target = quick.target(asked)

    def _test(value: Any) -> bool:
        return quick.test(target)(value)  # made when first needed: schemas refer to themselves

    return _test


def _type(_quick: Quick, asked: str | list[str], _schema: Schema) -> Test:
    tests = [_TYPES[name] for name in ([asked] if isinstance(asked, str) else asked)]
    return tests[0] if len(tests) == 1 else lambda value: any(test(value) for test in tests)


def _properties(quick: Quick, asked: dict[str, Schema], _schema: Schema) -> Test:
    tests = {key: quick.test(part) for key, part in asked.items()}

    def _test(value: Any) -> bool:
        if isinstance(value, dict):
            for key, inner in value.items():
                if key in tests and not tests[key](inner):
                    return False
        return True

    return _test


def _required(_quick: Quick, asked: list[str], _schema: Schema) -> Test:
    return lambda value: not isinstance(value, dict) or all(key in value for key in asked)


def _additional(_quick: Quick, asked: Any, schema: Schema) -> Test:
    if asked is not False:
        return lambda value: not isinstance(value, dict)
    known = frozenset(schema.get("properties", ()))
    return lambda value: not isinstance(value, dict) or value.keys() <= known


def _unevaluated(quick: Quick, asked: Any, schema: Schema) -> Test:
    if asked is not False:
        return lambda value: not isinstance(value, dict)
    known = quick.keys(schema)
    return lambda value: not isinstance(value, dict) or value.keys() <= known(value)


def _items(quick: Quick, asked: Schema, _schema: Schema) -> Test:
    test = quick.test(asked)
    return lambda value: not isinstance(value, list) or all(map(test, value))


def _const(_quick: Quick, asked: Any, _schema: Schema) -> Test:
    return lambda value: type(value) is type(asked) and value == asked


def _enum(_quick: Quick, asked: list[Any], _schema: Schema) -> Test:
    return lambda value: any(type(value) is type(each) and value == each for each in asked)


def _all_of(quick: Quick, asked: list[Schema], _schema: Schema) -> Test:
    return _all([quick.test(part) for part in asked])


def _any_of(quick: Quick, asked: list[Schema], _schema: Schema) -> Test:
    tests = [quick.test(part) for part in asked]
    return lambda value: any(test(value) for test in tests)


def _one_of(quick: Quick, asked: list[Schema], _schema: Schema) -> Test:
    tests = [quick.test(part) for part in asked]
    return lambda value: sum(test(value) for test in tests) == 1


def _not(quick: Quick, asked: Schema, _schema: Schema) -> Test:
    test = quick.test(asked)
    return lambda value: not test(value)


def _if(quick: Quick, asked: Schema, schema: Schema) -> Test:
    condition, then = quick.test(asked), quick.test(schema.get("then", {}))
    return lambda value: not condition(value) or then(value)


def _pattern(_quick: Quick, asked: str, _schema: Schema) -> Test:
    search = re.compile(asked).search
    return lambda value: not isinstance(value, str) or search(value) is not None


def _unique(_quick: Quick, asked: bool, _schema: Schema) -> Test:
    return lambda value: not asked or not isinstance(value, list) or not _has_repeats(value)


def _has_repeats(values: Iterable[Any]) -> bool:
    seen: list[Any] = []
    for value in values:
        if value in seen:
            return True
        seen.append(value)
    return False


def _length(holds: Callable[[int, int], bool]) -> Callable[[Quick, int, Schema], Test]:
    return lambda _quick, asked, _schema: lambda value: not isinstance(value, list) or holds(len(value), asked)


def _bound(holds: Callable[[float, float], bool]) -> Callable[[Quick, float, Schema], Test]:
    return lambda _quick, asked, _schema: lambda value: not _is_number(value) or holds(value, asked)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return _is_number(value) and (isinstance(value, int) or value.is_integer())


_TYPES: dict[str, Test] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": _is_number,
    "integer": _is_whole,
}
_KEYWORDS: dict[str, Callable[[Quick, Any, Schema], Test | None]] = {
    **dict.fromkeys(_IGNORED, _ignored),
    "$ref": _ref,
    "type": _type,
    "properties": _properties,
    "required": _required,
    "additionalProperties": _additional,
    "unevaluatedProperties": _unevaluated,
    "items": _items,
    "const": _const,
    "enum": _enum,
    "allOf": _all_of,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "not": _not,
    "if": _if,
    "pattern": _pattern,
    "uniqueItems": _unique,
    "minItems": _length(lambda length, asked: length >= asked),
    "maxItems": _length(lambda length, asked: length <= asked),
    "minimum": _bound(lambda value, asked: value >= asked),
    "exclusiveMinimum": _bound(lambda value, asked: value > asked),
}
