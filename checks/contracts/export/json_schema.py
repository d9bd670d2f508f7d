"""A contract as JSON Schema (draft 2020-12): rows as JSON objects. One table is the schema itself, several are `$defs`.

A property that is not required may be absent or null.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from checks.contracts.dialects import dialect_of
from checks.contracts.document import Document, Node
from checks.contracts.export.fields import Field, distinct_names, fields
from checks.contracts.native_types import INTEGER_FORMATS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TYPES = {
    "string": "string", "date": "string", "timestamp": "string", "time": "string", "number": "number",
    "integer": "integer", "boolean": "boolean", "object": "object", "map": "object", "array": "array",
    "vector": "array",
}  # fmt: skip
_FORMATS = {"date": "date", "timestamp": "date-time", "time": "time"}
#: what ajv calls the limits of dates; other validators pass over them
_MOMENTS = {"minimum": "formatMinimum", "maximum": "formatMaximum"} | {
    "exclusiveMinimum": "formatExclusiveMinimum",
    "exclusiveMaximum": "formatExclusiveMaximum",
}
_NUMBER_FORMATS = {"f32": "float", "f64": "double"} | {
    short: short.replace("i", "int").replace("u", "uint") for short in INTEGER_FORMATS.values()
}


def json_schema(document: Document, tables: Sequence[Node]) -> str:
    """The schema as indented text."""
    dialect = dialect_of(document)
    made = [_table(table, dialect) for table in tables]
    if len(made) == 1:
        schema = {"$schema": DIALECT, **made[0]}
    else:
        names = distinct_names([table.value["name"] for table in tables], str)
        defs = dict(zip(names, made, strict=True))
        refs = [{"$ref": f"#/$defs/{_pointer(name)}"} for name in names]
        schema = {"$schema": DIALECT, "title": document.root.text("name") or document.id, "anyOf": refs, "$defs": defs}
    return json.dumps({key: value for key, value in schema.items() if value is not None}, indent=2, ensure_ascii=False)


def _table(table: Node, dialect: str) -> dict[str, Any]:
    described = {"title": table.value["name"], "description": table.text("description")}
    return _without_none({**described, **_object(fields(table, dialect))})


def _object(members: Sequence[Field]) -> dict[str, Any]:
    required = [each.name for each in members if each.required]
    properties = {each.name: _property(each) for each in members}
    made: dict[str, Any] = {"type": "object", "properties": properties}
    return {**made, "required": list(dict.fromkeys(required))} if required else made


def _property(field: Field) -> dict[str, Any]:
    kind = _TYPES.get(field.logical or "")
    said = {"title": field.node.text("businessName"), "description": field.description}
    made = _without_none({**said, "type": kind, **_inside(field), **_limits(field), **_enum(field)})
    if field.node.flag("deprecated"):
        made["deprecated"] = True
    if kind and not field.required:
        made["type"] = [kind, "null"]
    return made


def _inside(field: Field) -> dict[str, Any]:
    maker = _INSIDE.get(field.logical or "")
    return maker(field) if maker else {}


def _of_object(field: Field) -> dict[str, Any]:
    made = _object(field.fields) if field.fields else {}
    made.pop("type", None)
    needed = field.option("required")
    if isinstance(needed, list):
        made["required"] = list(dict.fromkeys([*made.get("required", []), *map(str, needed)]))
    return made | _sizes(field, "minProperties", "maxProperties")


def _of_array(field: Field) -> dict[str, Any]:
    items = {"items": _property(field.items)} if field.items else {}
    unique = {"uniqueItems": True} if field.option("uniqueItems") is True else {}
    return items | _sizes(field, "minItems", "maxItems") | unique


def _of_map(field: Field) -> dict[str, Any]:
    value = field.map_side("value")
    return {"additionalProperties": _property(value) if value else True}


def _of_vector(field: Field) -> dict[str, Any]:
    length = field.size("dimensions")
    return {"items": {"type": "number"}, "minItems": length, "maxItems": length}


_INSIDE: dict[str, Callable[[Field], dict[str, Any]]] = {
    "object": _of_object,
    "array": _of_array,
    "map": _of_map,
    "vector": _of_vector,
}


def _limits(field: Field) -> dict[str, Any]:
    if field.logical == "string":
        pattern = field.option("pattern")
        said = {"format": field.format, "pattern": pattern if isinstance(pattern, str) else None}
        return said | _sizes(field, "minLength", "maxLength")
    if field.logical in ("number", "integer"):
        keys = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
        return {"format": _NUMBER_FORMATS.get(field.format or "")} | {key: field.number(key) for key in keys}
    said = {word: field.option(key) for key, word in _MOMENTS.items() if isinstance(field.option(key), str)}
    return {"format": _FORMATS.get(field.logical or ""), **(said if field.logical in _FORMATS else {})}


def _sizes(field: Field, *keys: str) -> dict[str, Any]:
    return {key: field.size(key) for key in keys}


def _enum(field: Field) -> dict[str, Any]:
    if not field.allowed:
        return {}
    return {"enum": field.allowed if field.required else [*field.allowed, None]}


def _pointer(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1").replace("%", "%25")


def _without_none(mapping: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if value is not None}
