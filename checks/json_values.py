"""JSON as the warehouses see it: its type, its properties and items, and what it holds as text or number.

DuckDB and PostgreSQL only. PostgreSQL's own composite types, and what ibis has no type for, are looked at as JSON too.
"""

from __future__ import annotations

import inspect
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ibis.expr.datatypes as dt

#: what each logical type of ODCS is in JSON, by the words of both warehouses
_TYPES = {
    "string": ("string", "varchar"),
    "date": ("string", "varchar"),
    "timestamp": ("string", "varchar"),
    "time": ("string", "varchar"),
    "number": ("number", "bigint", "ubigint", "hugeint", "double"),
    "integer": ("number", "bigint", "ubigint", "hugeint", "double"),
    "boolean": ("boolean",),
    "object": ("object",),
    "map": ("object",),
    "array": ("array",),
}
#: 3, 3.0 and 3e2, as numbers without a fraction are written
_WHOLE = r"^-?[0-9]+(\.0+)?([eE]\+?[0-9]+)?$"


def is_seen_as_json(kind: dt.DataType) -> bool:
    """Whether values of this type are looked at as JSON."""
    return kind.is_json() or kind.is_unknown()


def as_json(value: Any, dialect: str) -> Any:
    """A column of any type, or what a list or struct holds, as JSON that the other functions here can read.
    PostgreSQL's json goes by way of text, as which the rows of a run have it already."""
    kind = value.type()
    if not kind.is_json():
        return _functions().to_jsonb(value) if dialect == "postgres" else _functions().to_json(value)
    return value if dialect != "postgres" or kind.binary else value.cast("string").cast("jsonb")


def is_null(value: Any, dialect: str) -> Any:
    """Whether there is nothing, or the null of JSON."""
    return value.isnull() | (_type_of(value, dialect) == "null").fill_null(False)


def is_of(value: Any, logical: str, dialect: str) -> Any:
    """Whether a value has the JSON type that stands for a logical type of ODCS; an integer has no fraction."""
    fits = _type_of(value, dialect).isin(_TYPES[logical])
    if logical != "integer":
        return fits
    return fits & text(value, dialect).re_search(_WHOLE).fill_null(False)


def text(value: Any, dialect: str) -> Any:
    """A scalar as text without quotes; NULL for the null of JSON."""
    functions = _functions()
    if dialect == "postgres":
        return functions.jsonb_text_at(functions.jsonb_array_of(value), "0")
    return functions.json_text_at(value, "$")


def number(value: Any, dialect: str) -> Any:
    """A number as a double; NULL for all that is none."""
    import ibis

    is_number = _type_of(value, dialect).isin(_TYPES["number"])
    held = ibis.ifelse(is_number, text(value, dialect), ibis.null("string"))
    return held.cast("float64") if dialect == "postgres" else held.try_cast("float64")


def member(value: Any, name: str, dialect: str) -> Any:
    """The property of an object; NULL where there is no such property, or no object."""
    return _functions().jsonb_at(value, name) if dialect == "postgres" else value[name]


def has_member(value: Any, name: str, dialect: str) -> Any:
    """Whether an object has a property of this name, of which the value may be the null of JSON."""
    return member(value, name, dialect).notnull()


def items(value: Any) -> Any:
    """The items of a list; NULL where it is no list."""
    return value.array


def keys(value: Any, dialect: str) -> Any:
    """The names of an object's properties, as a list of JSON; NULL where it is no object."""
    functions = _functions()
    if dialect == "postgres":
        return _only_of_objects(value, functions.jsonb_all(value, "$.keyvalue().key", "{}", True).array, dialect)
    return _only_of_objects(value, functions.json_keys(value).map(functions.text_to_json), dialect)


def values(value: Any, dialect: str) -> Any:
    """The values of an object's properties; NULL where it is no object."""
    if dialect == "postgres":
        return _only_of_objects(value, _functions().jsonb_all(value, "$.keyvalue().value", "{}", True).array, dialect)
    return _only_of_objects(value, _functions().json_all(value, "$.*"), dialect)


def _only_of_objects(value: Any, found: Any, dialect: str) -> Any:
    import ibis

    return ibis.ifelse(_type_of(value, dialect) == "object", found, ibis.null(found.type()))


def _type_of(value: Any, dialect: str) -> Any:
    functions = _functions()
    return (functions.jsonb_type(value) if dialect == "postgres" else functions.json_type(value)).lower()


@cache
def _functions() -> SimpleNamespace:
    """Functions of the warehouses that ibis has no word for, or a word that PostgreSQL does not understand."""
    import ibis.expr.datatypes as dt
    from ibis import udf

    binary, plain, words, anything = dt.JSON(binary=True), dt.json, dt.string, dt.unknown
    known = {
        "to_jsonb": ("to_jsonb", (anything,), binary),
        "jsonb_type": ("jsonb_typeof", (binary,), words),
        "jsonb_at": ("jsonb_extract_path", (binary, words), binary),
        "jsonb_array_of": ("jsonb_build_array", (binary,), binary),
        "jsonb_text_at": ("jsonb_extract_path_text", (binary, words), words),
        "jsonb_all": ("jsonb_path_query_array", (binary, words, words, dt.boolean), binary),
        "json_keys": ("json_keys", (plain,), dt.dtype("array<string>")),
        "json_all": ("json_extract", (plain, words), dt.dtype("array<json>")),
        "to_json": ("to_json", (anything,), plain),
        "text_to_json": ("to_json", (words,), plain),
        "json_type": ("json_type", (plain,), words),
        "json_text_at": ("json_extract_string", (plain, words), words),
    }
    made = {}
    for name, (function, arguments, answer) in known.items():
        made[name] = udf.scalar.builtin(name=function, signature=(arguments, answer))(_stub(name, len(arguments)))
    return SimpleNamespace(**made)


def _stub(name: str, arguments: int) -> Any:
    """A function for ibis to take the name and the number of arguments from; it is never called."""
    positions = [inspect.Parameter(f"a{i}", inspect.Parameter.POSITIONAL_OR_KEYWORD) for i in range(arguments)]

    def stub(*_: Any) -> None: ...

    stub.__name__ = name
    setattr(stub, "__signature__", inspect.Signature(positions))  # noqa: B010 a name that functions do not declare
    return stub
