"""A contract as an Avro schema: a record for each table, a list of records for several.

Avro's names are narrower than a contract's. A name that is spelled anew keeps the contract's own in `originalName`, and
an enum whose values are no Avro names stays a string.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from checks.contracts.dialects import dialect_of
from checks.contracts.document import Document, Node
from checks.contracts.export.fields import Field, distinct_names, fields
from checks.contracts.native_types import INTEGER_FORMATS, decimal_size

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
#: words that can not name a record or an enum
_WORDS = (
    "null", "boolean", "int", "long", "float", "double", "bytes", "string", "record", "enum", "array", "map", "fixed",
    "union", "error",
)  # fmt: skip
_SMALL = {"i8", "i16", "i32", "u8", "u16"}
_DIGITS = {"u64": 20, "i128": 39, "u128": 39}  # more than a long holds


def avro(document: Document, tables: Sequence[Node]) -> str:
    """The schema as indented JSON."""
    maker = _Maker()
    dialect = dialect_of(document)
    namespace = ".".join(_spelled(part) for part in (document.id or "").split(".") if part)
    made = []
    for table in tables:
        name = table.value["name"]
        record = maker.record(name, name, fields(table, dialect), table.text("description"))
        made.append({**record, "namespace": namespace} if namespace else record)
    return json.dumps(made[0] if len(made) == 1 else made, indent=2, ensure_ascii=False)


@dataclass
class _Maker:
    """Makes types, and remembers which names of records and enums are taken: all share one space."""

    taken: list[str] = field(default_factory=lambda: list(_WORDS))

    def record(self, original: str, wanted: str, members: Sequence[Field], doc: str | None) -> dict[str, Any]:
        name = self._new_name(wanted)
        made: dict[str, Any] = {"type": "record", "name": name}
        if original != name:
            made["originalName"] = original
        if doc:
            made["doc"] = doc
        names = distinct_names([each.name for each in members], _spelled)
        made["fields"] = [self._field(each, spelled, name) for each, spelled in zip(members, names, strict=True)]
        return made

    def _field(self, one: Field, name: str, record: str) -> dict[str, Any]:
        made: dict[str, Any] = {"name": name}
        if one.name != name:
            made["originalName"] = one.name
        if one.description:
            made["doc"] = one.description
        kind = self.type(one, f"{record}_{name}")
        if one.required:
            return {**made, "type": kind}
        return {**made, "type": ["null", kind], "default": None}

    def type(self, one: Field, name: str) -> Any:
        """The Avro type of the values that are not NULL. `name` is for a record or enum, should it be one."""
        maker = _PLAIN.get(one.logical or "")
        if maker:
            return maker(one)
        if one.logical == "object" and one.fields:
            return self.record(one.name, name, one.fields, None)
        if one.logical == "array":
            return {"type": "array", "items": self._inner(one.items, f"{name}_item")}
        if one.logical == "map":
            return {"type": "map", "values": self._inner(one.map_side("value"), f"{name}_value")}
        if one.logical == "vector":
            return {"type": "array", "items": "float"}
        return self._text(one, name)

    def _inner(self, one: Field | None, name: str) -> Any:
        if one is None:
            return "string"
        kind = self.type(one, name)
        return kind if one.required else ["null", kind]

    def _text(self, one: Field, name: str) -> Any:
        if one.logical == "string" and one.allowed and all(_is_symbol(value) for value in one.allowed):
            return {"type": "enum", "name": self._new_name(name), "symbols": one.allowed}
        if one.format == "uuid":
            return {"type": "string", "logicalType": "uuid"}
        if one.logical is None and one.native is not None and one.native.is_type("binary", "varbinary"):
            return "bytes"
        return "string"

    def _new_name(self, wanted: str) -> str:
        (name,) = distinct_names([wanted], _spelled, self.taken)
        self.taken.append(name)
        return name


def _number(one: Field) -> Any:
    sizes = decimal_size(one.native)
    if sizes:
        return {"type": "bytes", "logicalType": "decimal", "precision": sizes[0], "scale": sizes[1]}
    small = one.format == "f32" or (one.native is not None and one.native.is_type("float"))
    return "float" if small else "double"


def _integer(one: Field) -> Any:
    size = one.format or (INTEGER_FORMATS.get(one.native.this) if one.native else None)
    if size in _DIGITS:
        return {"type": "bytes", "logicalType": "decimal", "precision": _DIGITS[size], "scale": 0}
    return "int" if size in _SMALL else "long"


def _timestamp(one: Field) -> Any:
    local = one.option("timezone") is False
    return {"type": "long", "logicalType": "local-timestamp-micros" if local else "timestamp-micros"}


_PLAIN: dict[str, Callable[[Field], Any]] = {
    "number": _number,
    "integer": _integer,
    "timestamp": _timestamp,
    "date": lambda one: {"type": "int", "logicalType": "date"},
    "time": lambda one: {"type": "long", "logicalType": "time-micros"},
    "boolean": lambda one: "boolean",
}


def _is_symbol(value: object) -> bool:
    return isinstance(value, str) and bool(_NAME.fullmatch(value))


def _spelled(name: str) -> str:
    """The name with only the letters that Avro allows."""
    plain = re.sub(r"[^A-Za-z0-9_]", "_", name) or "_"
    return f"_{plain}" if plain[0].isdigit() else plain
