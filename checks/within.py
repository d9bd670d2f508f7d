"""What is inside of a column: the properties of objects, the items of lists, the keys and values of maps, by their path
from the column. `lines[].amount` is the path (ITEMS, 'amount') in the column `lines`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from checks import json_values
from checks.paths import Part, Path, in_words
from checks.phrases import listed
from checks.predicates import Typed
from checks.records import Check, ColumnExpected, Operator, Threshold, ValuesExpected
from connectors import Column

#: from a value to whether it is wrong
Wrong = Callable[[Any], Any]


class NotThere(Exception):
    """The column's type has no such place, and says why in a clause for people."""


# -- by types ----------------------------------------------------------------------------------------------------------


def inner(column: Column, path: Path) -> Column:
    """The place as if it were a column: its path, its ibis type, its native type (empty where it has no word of its
    own). What is below JSON is JSON. Raises NotThere."""
    for step in path:
        column = _inner(column, step)
    return column


def _inner(column: Column, step: str | Part) -> Column:
    name = in_words(column.name, (step,))
    kind, members = _members(column.type)
    match kind, step:
        case (("json" | "jsonb" | "unknown"), _):
            return Column(name, "json", "JSON")
        case "array", Part.ITEMS:
            return Column(name, members[0], re.sub(r"\[\d*\]$", "", column.native))
        case "map", Part.KEYS:
            return Column(name, members[0], "")
        case "map", Part.VALUES | str():
            return Column(name, members[1], "")
        case "struct", str():
            types = dict(member.split(": ", 1) for member in members)
            if step in types:
                return Column(name, types[step], _natives(column.native).get(step, ""))
            near = difflib.get_close_matches(step, types, 3, 0.5) or list(types)
            raise NotThere(f"{column.name} has no property '{step}', but {listed(near)}")
    holds = {Part.ITEMS: "items", Part.KEYS: "keys", Part.VALUES: "values"}
    what = holds[step] if isinstance(step, Part) else "properties"
    raise NotThere(f"{column.name} is {column.native or column.type}, which has no {what}")


def _members(type_text: str) -> tuple[str, list[str]]:
    """The word of an ibis type, and what it is made of: struct<city: string, zip: int32>."""
    made = re.fullmatch(r"(array|map|struct)<(.*)>", type_text)
    return (made[1], _split(made[2])) if made else (type_text, [])


def _natives(native: str) -> dict[str, str]:
    """The native types of a struct's properties: STRUCT(city VARCHAR, "no." DECIMAL(5,2)[])."""
    opened = re.fullmatch(r"STRUCT\((.*)\)", native, re.DOTALL)
    found = {}
    for part in _split(opened[1]) if opened else ():
        named = re.fullmatch(r'(?:"((?:[^"]|"")*)"|(\S+))\s+(.*)', part, re.DOTALL)
        if named:
            found[named[2] or named[1].replace('""', '"')] = named[3]
    return found


def _split(text: str) -> list[str]:
    """At commas that are neither in brackets nor in quotes."""
    parts, depth, quoted = [""], 0, False
    for sign in text:
        quoted ^= sign == '"'
        depth += 0 if quoted else (sign in "(<") - (sign in ")>")
        if sign == "," and not depth and not quoted:
            parts.append("")
        else:
            parts[-1] += sign
    return [part.strip() for part in parts]


def last_of(columns: Sequence[Column], column: str, path: Path) -> Column:
    """The place at the end of a path from one of the columns. Raises NotThere."""
    return inner(next(each for each in columns if each.name == column), path)


def typed_in_json(checks: Sequence[Check], columns: Sequence[Column]) -> Iterator[Check]:
    """The expected types that only values can tell, since the place is in JSON: as checks of values, with their ids."""
    for check in checks:
        expects = check.expects
        if isinstance(expects, ColumnExpected) and expects.path and expects.logical_type:
            try:
                found = last_of(columns, expects.column, expects.path)
            except NotThere:
                continue  # the judge tells
            if found.type == "json":
                meets, none = (Typed(expects.logical_type),), Threshold(Operator.BE, (0.0,))
                values = ValuesExpected(expects.column, "invalid", none, meets=meets, path=expects.path)
                yield replace(check, expects=values)


# -- by values ---------------------------------------------------------------------------------------------------------


def any_wrong(value: Any, path: Path, dialect: str, wrong: Wrong) -> Any:
    """Whether something at the path is wrong, by a predicate that is never NULL. Where there is nothing on the way (a
    NULL, an empty list), nothing is wrong."""
    kind = value.type()
    if json_values.is_seen_as_json(kind):
        return _any_in_json(json_values.as_json(value, dialect), path, dialect, wrong)
    if not path:
        return wrong(value)
    step, rest = path[0], path[1:]
    if isinstance(step, Part):
        return _any_of(_listed(value, step), lambda item: any_wrong(item, rest, dialect, wrong))
    member = value.get(step) if kind.is_map() else value[step]
    return value.notnull() & any_wrong(member, rest, dialect, wrong)


def _listed(value: Any, part: Part) -> Any:
    match part:
        case Part.ITEMS:
            return value
        case Part.KEYS:
            return value.keys()
        case Part.VALUES:
            return value.values()


def _any_in_json(value: Any, path: Path, dialect: str, wrong: Wrong) -> Any:
    if not path:
        return wrong(value)
    step, rest = path[0], path[1:]
    if isinstance(step, Part):
        listed = _listed_in_json(value, step, dialect)
        return _any_of(listed, lambda item: _any_in_json(item, rest, dialect, wrong))
    found = _any_in_json(json_values.member(value, step, dialect), rest, dialect, wrong)
    return json_values.is_of(value, "object", dialect).fill_null(False) & found


def _listed_in_json(value: Any, part: Part, dialect: str) -> Any:
    match part:
        case Part.ITEMS:
            return json_values.items(value)
        case Part.KEYS:
            return json_values.keys(value, dialect)
        case Part.VALUES:
            return json_values.values(value, dialect)


def _any_of(values: Any, wrong: Wrong) -> Any:
    return (values.filter(wrong).length() > 0).fill_null(False)
