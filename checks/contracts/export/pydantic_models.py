"""A contract as Python source: a Pydantic (v2) model for each table, nested ones before those that use them.

A property whose name is no Python name, or one that a model already has, goes by an alias. A constraint that Pydantic
can not hold is told in a comment.
"""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Annotated

from pydantic import BaseModel, PydanticUserError, TypeAdapter
from pydantic import Field as Constraint
from pydantic_core import SchemaError

from checks.contracts.dialects import dialect_of
from checks.contracts.document import Document, Node
from checks.contracts.export.fields import Field, distinct_names, fields
from checks.contracts.native_types import decimal_size

#: the words of annotations that must be imported first
_IMPORTS = {
    "dt.": "import datetime as dt",
    "Decimal": "from decimal import Decimal",
    "Any": "from typing import Any",
    "Literal": "from typing import Literal",
    "UUID": "from uuid import UUID",
}
#: what annotations use, so that no property or model may be called like it
_RESERVED = {
    "dt", "Decimal", "Any", "Literal", "UUID", "BaseModel", "ConfigDict", "Field", "str", "int", "float", "bool",
    "list", "dict", "None", "True", "False", *dir(BaseModel),
}  # fmt: skip
_TYPES = {
    "string": "str", "date": "dt.date", "timestamp": "dt.datetime", "time": "dt.time", "number": "float",
    "integer": "int", "boolean": "bool", "object": "dict[str, Any]", "array": "list[Any]", "map": "dict[str, Any]",
    "vector": "list[float]",
}  # fmt: skip
_BOUNDS = {"minimum": "ge", "maximum": "le", "exclusiveMinimum": "gt", "exclusiveMaximum": "lt"}
_MOMENTS = {"date": (date, "dt.date"), "timestamp": (datetime, "dt.datetime"), "time": (time, "dt.time")}


def pydantic_models(document: Document, tables: Sequence[Node]) -> str:
    """The source of the module."""
    dialect = dialect_of(document)
    maker = _Maker()
    for table in tables:
        name = table.value["name"]
        maker.model(name, fields(table, dialect), table.text("description"), name)
    title = " ".join((document.root.text("name") or document.id or "A contract").split())
    version = document.root.text("version") or ""
    source = "\n\n".join(maker.models)
    standard = [line for word, line in _IMPORTS.items() if word in source]
    own = (
        "from pydantic import BaseModel, ConfigDict, Field"
        if "Field(" in source
        else "from pydantic import BaseModel, ConfigDict"
    )
    head = [_string(f"{title} {version}".strip()), "\n".join(standard), own]
    return "\n\n".join(part for part in head if part) + "\n\n\n" + source


@dataclass
class _Maker:
    """Writes models and remembers their names."""

    models: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=lambda: sorted(_RESERVED))

    def model(self, wanted: str, members: Sequence[Field], doc: str | None = None, title: str | None = None) -> str:
        """The name of a new model, after writing it and those nested in it. `title` is the name of a table."""
        (name,) = distinct_names([wanted], _class_name, self.taken)
        self.taken.append(name)
        kinds = [self.type(each, f"{wanted} {each.name}") for each in members]
        # class names come last: nested models have theirs by now
        names = distinct_names([each.name for each in members], _identifier, self.taken)
        lines = [f"class {name}(BaseModel):"]
        if doc:
            lines += [f"    {_string(doc)}", ""]
        title = f"title={title!r}, " if title not in (None, name) else ""
        lines.append(f"    model_config = ConfigDict({title}populate_by_name=True)")
        for each, spelled, kind in zip(members, names, kinds, strict=True):
            lines += _lines(each, spelled, kind)
        self.models.append("\n".join(lines) + "\n")
        return name

    def type(self, one: Field, name: str) -> str:
        """The annotation of a value that is not None."""
        if _literals(one):
            return f"Literal[{', '.join(map(repr, one.allowed))}]"
        if one.logical == "object" and one.fields:
            return self.model(name, one.fields)
        if one.logical == "array" and one.items:
            return f"list[{self._inner(one.items, f'{name} item')}]"
        side = one.map_side("value") if one.logical == "map" else None
        if side:
            return f"dict[str, {self._inner(side, f'{name} value')}]"
        if one.logical == "string" and one.format == "uuid":
            return "UUID"
        return "Decimal" if _is_decimal(one) else _TYPES.get(one.logical or "", "Any")

    def _inner(self, one: Field, name: str) -> str:
        kind = self.type(one, name)
        return kind if one.required or kind == "Any" else f"{kind} | None"


# -- a field -----------------------------------------------------------------------------------------------------------


def _lines(one: Field, name: str, kind: str) -> list[str]:
    constraints, left = _constraints(one, kind)
    words = ([] if one.required else ["default=None"]) + ([f"alias={one.name!r}"] if name != one.name else [])
    words += constraints
    if one.node.text("businessName"):
        words.append(f"title={one.node.text('businessName')!r}")
    if one.description:
        words.append(f"description={one.description!r}")
    annotation = kind if one.required or kind == "Any" else f"{kind} | None"
    simple = " = None" if words == ["default=None"] else ""
    value = f" = Field({', '.join(words)})" if words and not simple else simple
    return [*(f"    # not held here: {each}" for each in left), f"    {name}: {annotation}{value}"]


def _constraints(one: Field, kind: str) -> tuple[list[str], list[str]]:
    """The arguments of Field, and what it has no argument for."""
    if kind.startswith("Literal") or kind == "UUID":
        return [], []
    maker = _CONSTRAINTS.get(one.logical or "")
    made, left = maker(one) if maker else ([], [])
    if one.allowed:
        left.append("the list of allowed values")
    return made, left


def _of_text(one: Field) -> tuple[list[str], list[str]]:
    made = _sizes(one, min_length="minLength", max_length="maxLength")
    pattern = one.option("pattern")
    left = []
    if isinstance(pattern, str):
        fits = _is_pattern(pattern)
        made += [f"pattern={pattern!r}"] if fits else []
        left += [] if fits else [f"the pattern {pattern!r}"]
    if one.format:
        made.append(f"json_schema_extra={{'format': {one.format!r}}}")
    return made, left


def _of_number(one: Field) -> tuple[list[str], list[str]]:
    made = [f"{word}={bound!r}" for key, word in _BOUNDS.items() if (bound := one.number(key)) is not None]
    step = one.number("multipleOf")
    made += [f"multiple_of={step!r}"] if step is not None and step > 0 else []
    sizes = decimal_size(one.native) if _is_decimal(one) else None
    made += [f"max_digits={sizes[0]}", f"decimal_places={sizes[1]}"] if sizes else []
    return made, []


def _of_moment(one: Field) -> tuple[list[str], list[str]]:
    made, left = [], []
    kind, written = _MOMENTS[one.logical or ""]
    for key, word in _BOUNDS.items():
        bound = one.option(key)
        if isinstance(bound, str):
            try:
                parsed = kind.fromisoformat(bound)
            except ValueError:
                left.append(f"{key} {bound!r}")
                continue
            made.append(f"{word}={written}.fromisoformat({parsed.isoformat()!r})")
    return made, left


def _of_array(one: Field) -> tuple[list[str], list[str]]:
    left = ["that items are unique"] if one.option("uniqueItems") is True else []
    return _sizes(one, min_length="minItems", max_length="maxItems"), left


def _of_vector(one: Field) -> tuple[list[str], list[str]]:
    return _sizes(one, min_length="dimensions", max_length="dimensions"), []


_CONSTRAINTS: dict[str, Callable[[Field], tuple[list[str], list[str]]]] = {
    "string": _of_text, "number": _of_number, "integer": _of_number, "date": _of_moment, "timestamp": _of_moment,
    "time": _of_moment, "array": _of_array, "vector": _of_vector,
}  # fmt: skip


def _sizes(one: Field, **keys: str) -> list[str]:
    return [f"{word}={size}" for word, key in keys.items() if (size := one.size(key)) is not None]


def _literals(one: Field) -> bool:
    """Whether the allowed values can be a Literal, which takes no fractions and no moments."""
    fitting = {"string": str, "integer": int, "boolean": bool}.get(one.logical or "")
    return bool(fitting and one.allowed) and all(type(value) is fitting for value in one.allowed)


def _is_decimal(one: Field) -> bool:
    return one.logical == "number" and decimal_size(one.native) is not None


def _is_pattern(pattern: str) -> bool:
    """Whether Pydantic's engine of regular expressions, which looks neither ahead nor behind, takes it."""
    try:
        TypeAdapter(Annotated[str, Constraint(pattern=pattern)])
    except (SchemaError, PydanticUserError):
        return False
    return True


# -- names -------------------------------------------------------------------------------------------------------------


def _identifier(name: str) -> str:
    """A Python name: letters, digits and underscores, not at the front, as Python itself normalises it."""
    plain = re.sub(r"\W", "_", unicodedata.normalize("NFKC", name)).lstrip("_")
    if not plain or not plain.isidentifier() or keyword.iskeyword(plain):
        plain = f"field_{plain}"
    plain = plain if plain.isidentifier() else "field"
    return f"{plain}_field" if plain in _RESERVED else plain


def _class_name(name: str) -> str:
    words = re.findall(r"\w+", unicodedata.normalize("NFKC", name).replace("_", " "))
    joined = "".join(word[:1].upper() + word[1:] for word in words)
    return (
        joined
        if joined.isidentifier() and not keyword.iskeyword(joined)
        else f"Model{re.sub(r'[^A-Za-z0-9]', '', joined)}"
    )


def _string(text: str) -> str:
    """A docstring: in triple quotes where that is the text as it stands."""
    tidy = text.isprintable() and "\\" not in text and '"' not in text
    return f'"""{text}"""' if tidy else repr(text)
