"""A JSON Schema to a draft: each object schema that describes rows is a table.

`$ref` is followed inside the file only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from checks.contracts.importing.draft import Column, Draft, NotImportable, Table

_SILENT = {
    "$schema", "$id", "$anchor", "$comment", "$defs", "definitions", "$ref", "title", "description", "type", "enum",
    "const", "examples", "deprecated", "anyOf", "oneOf", "allOf", "required", "properties", "items", "nullable",
}  # fmt: skip
_LIMITS = {
    "minLength", "maxLength", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
    "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties",
}  # fmt: skip
#: what ajv calls the limits of dates
_MOMENTS = {"formatMinimum": "minimum", "formatMaximum": "maximum"} | {
    "formatExclusiveMinimum": "exclusiveMinimum",
    "formatExclusiveMaximum": "exclusiveMaximum",
}
_TYPES = {"string", "number", "integer", "boolean", "object", "array"}
_TEXTS = {"date": "date", "date-time": "timestamp", "time": "time"}
_NUMBERS = {"float": "f32", "double": "f64"} | {
    word: word.replace("uint", "u").replace("int", "i")
    for word in ("int8", "int16", "int32", "int64", "int128", "uint8", "uint16", "uint32", "uint64", "uint128")
}
_MAX_DEPTH = 30
_MAX_STEPS = 100_000


def read_json_schema(schema: Any, draft: Draft, name: str) -> None:
    """Fills the draft. `name` is for a table that has no title. Raises NotImportable."""
    if not isinstance(schema, dict):
        raise NotImportable(draft.label, "is no JSON Schema: it must be an object")
    reader = _Reader(schema, draft)
    for title, ref, each in reader.tables(name):
        called = _text(each.get("title")) or title
        table = Table(called, reader.members(each, called, (ref,)), description=_text(each.get("description")))
        draft.tables.append(table)
        reader.leftovers(each, called, {"additionalProperties"})
        chooses = ref != "#" and "$ref" not in schema  # its title is then not that of a table
        draft.title = _text(schema.get("title")) if chooses else None
    if not draft.tables:
        raise NotImportable(draft.label, "has no object with properties, so there is no table in it")


class _Reader:
    """One file: `root` is what references point into."""

    def __init__(self, root: dict[str, Any], draft: Draft) -> None:
        self.root = root
        self.draft = draft
        self.steps = 0

    def tables(self, name: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """The schemas of rows, each after its name and the reference to it: the root, what a list holds, or the
        definitions that the root chooses from (all, where it does not choose)."""
        here, root = str(self.root.get("$ref", "#")), self.schema(self.root, name)
        if root.get("type") == "array" and isinstance(root.get("items"), dict):
            root = self.schema(root["items"], name)
        if isinstance(root.get("properties"), dict):
            yield name, here, root
            return
        choices = [each for key in ("anyOf", "oneOf") for each in _list(root.get(key)) if isinstance(each, dict)]
        chosen = [str(each["$ref"]) for each in choices if "$ref" in each]
        for key in ("$defs", "definitions"):
            for title, each in _mapping(self.root.get(key)).items():
                ref = f"#/{key}/{_pointer(title)}"
                wanted = (not chosen or ref in chosen) and isinstance(each, dict)
                found = self.schema(each, title) if wanted else {}
                if isinstance(found.get("properties"), dict):
                    yield title, ref, found

    def members(self, schema: dict[str, Any], where: str, seen: tuple[str, ...]) -> list[Column]:
        """The columns of an object."""
        needed = set(map(str, _list(schema.get("required"))))
        made = []
        for name, each in _mapping(schema.get("properties")).items():
            if not isinstance(each, dict):
                self.draft.leave(f"{where}.{name}", "is no schema (true and false say nothing about the type)")
                made.append(Column(name, required=name in needed))
                continue
            column, nullable = self.column(each, name, f"{where}.{name}", seen)
            column.required = name in needed and not nullable
            if name in needed and nullable:
                self.draft.leave(f"{where}.{name}", "must be there but may be null: a contract calls that not required")
            made.append(column)
        for name in sorted(needed - set(_mapping(schema.get("properties")))):
            self.draft.leave(f"{where}.{name}", "is required and not described")
        return made

    def column(self, schema: dict[str, Any], name: str, where: str, seen: tuple[str, ...]) -> tuple[Column, bool]:
        """A column, and whether it may be null."""
        refs = _refs(schema)
        if len(seen) > _MAX_DEPTH or not refs.isdisjoint(seen):
            self.draft.leave(where, "contains itself; a contract has no such types, so that it ends here")
            return Column(name, "object"), False
        self.draft.count()
        inside = (*seen, *refs) if refs else (*seen, "")
        found, nullable = self._without_null(self.schema(schema, where), where)
        column = Column(name, title=_text(found.get("title")), description=_text(found.get("description")))
        column.deprecated = found.get("deprecated") is True
        column.examples = [each for each in _list(found.get("examples")) if each is not None]
        nullable = self._type(found, column, where) or nullable
        nullable = self._values(found, column) or nullable
        self._limits(found, column)
        known = self._inside(found, column, where, inside)
        self.leftovers(found, where, known)
        return column, nullable

    # -- what a schema says --------------------------------------------------------------------------------------------

    def schema(self, schema: dict[str, Any], where: str) -> dict[str, Any]:
        """With references followed and `allOf` brought together."""
        self.steps += 1
        if self.steps > _MAX_STEPS:
            raise NotImportable(self.draft.label, f"{where}: its references lead in circles")
        merged = dict(schema)
        for _ in range(_MAX_DEPTH):
            if "$ref" not in merged:
                break
            merged = self._followed(str(merged.pop("$ref")), where) | merged
        else:
            raise NotImportable(self.draft.label, f"{where}: $ref leads in a circle")
        parts: dict[str, Any] = {}
        for part in _list(merged.pop("allOf", None)):
            parts = _together(parts, self.schema(part, where) if isinstance(part, dict) else {})
        return _together(parts, merged)

    def _followed(self, ref: str, where: str) -> dict[str, Any]:
        if not ref.startswith("#"):
            said = f"{where}: $ref {ref[:100]} leads out of the file; bring it in under $defs"
            raise NotImportable(self.draft.label, said)
        part: Any = self.root
        for step in ref.removeprefix("#").strip("/").split("/") if ref not in ("#", "#/") else ():
            part = _mapping(part).get(step.replace("%25", "%").replace("~1", "/").replace("~0", "~"))
        if not isinstance(part, dict):
            raise NotImportable(self.draft.label, f"{where}: there is no {ref[:100]}")
        return part

    def _without_null(self, schema: dict[str, Any], where: str) -> tuple[dict[str, Any], bool]:
        """A choice between null and one other schema is that schema."""
        for key in ("anyOf", "oneOf"):
            choices = [self.schema(each, where) for each in _list(schema.get(key)) if isinstance(each, dict)]
            others = [each for each in choices if each.get("type") != "null"]
            if len(others) == 1:
                rest = {name: value for name, value in schema.items() if name != key}
                found, nullable = self._without_null(_together(others[0], rest), where)
                return found, nullable or len(others) < len(choices)
            if choices:
                self.draft.leave(where, f"is a choice ({key}) of {len(others)} schemas; a contract has one type")
                return schema, len(others) < len(choices)
        return schema, False

    def _type(self, schema: dict[str, Any], column: Column, where: str) -> bool:
        given = schema.get("type")
        types = [given] if isinstance(given, str) else [str(each) for each in _list(given)]
        known = [each for each in types if each in _TYPES]
        if set(known) == {"integer", "number"}:
            known = ["number"]
        if len(known) == 1:
            column.logical = known[0]
        elif known:
            self.draft.leave(where, f"may be {' or '.join(known)}; a contract has one type")
        elif "properties" in schema:
            column.logical = "object"
        column.physical = _text(schema.get("x-physicalType"))
        return "null" in types or schema.get("nullable") is True

    def _values(self, schema: dict[str, Any], column: Column) -> bool:
        listed = [schema["const"]] if "const" in schema else _list(schema.get("enum"))
        column.allowed = [each for each in listed if each is not None]
        if column.logical is None and column.allowed:
            kinds = {type(each) for each in column.allowed}
            words = {str: "string", bool: "boolean", int: "integer", float: "number"}
            column.logical = words.get(kinds.pop()) if len(kinds) == 1 else None
        return None in listed

    def _limits(self, schema: dict[str, Any], column: Column) -> None:
        word = schema.get("format")
        if isinstance(word, str) and column.logical == "string" and word in _TEXTS:
            column.logical = _TEXTS[word]
        elif isinstance(word, str):
            column.options["format"] = _NUMBERS.get(word, word) if column.logical != "string" else word
        column.options |= {key: schema[key] for key in schema if key in _LIMITS}
        column.options |= {_MOMENTS[key]: schema[key] for key in schema if key in _MOMENTS}

    def _inside(self, schema: dict[str, Any], column: Column, where: str, seen: tuple[str, ...]) -> set[str]:
        """What is nested in it. The answer are keywords that are dealt with."""
        items, more = schema.get("items"), schema.get("additionalProperties")
        if column.logical == "array" and isinstance(items, dict):
            column.items, nullable = self.column(items, "", f"{where}[]", seen)
            column.items.required = not nullable
        if column.logical == "object":
            column.columns = self.members(schema, where, seen)
            if not column.columns and isinstance(more, dict):
                column.logical = "map"
                column.values, nullable = self.column(more, "", f"{where}{{}}", seen)
                column.values.required = not nullable
            return set() if column.columns and isinstance(more, dict) else {"additionalProperties"}
        return set()

    def leftovers(self, schema: dict[str, Any], where: str, known: set[str]) -> None:
        """Notes the keywords that nothing was made of."""
        dealt = _SILENT | _LIMITS | set(_MOMENTS) | known | {"format", "x-physicalType"}
        dealt |= {"default"} if schema.get("default") is None else set()
        for key in schema:
            if key not in dealt:
                self.draft.leave(where, f"the keyword {key}")


def _refs(schema: dict[str, Any]) -> set[str]:
    """What the schema refers to itself, or through a choice or `allOf`."""
    parts = [schema, *(each for key in ("anyOf", "oneOf", "allOf") for each in _list(schema.get(key)))]
    return {str(part["$ref"]) for part in parts if isinstance(part, dict) and "$ref" in part}


def _together(base: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Both schemas; of what both say, properties and required add up, else the second counts."""
    merged = base | more
    if isinstance(base.get("properties"), dict) and isinstance(more.get("properties"), dict):
        merged["properties"] = base["properties"] | more["properties"]
    if _list(base.get("required")) and _list(more.get("required")):
        merged["required"] = [*_list(base["required"]), *_list(more["required"])]
    return merged


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _pointer(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1").replace("%", "%25")
