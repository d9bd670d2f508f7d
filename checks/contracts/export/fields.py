"""A property of a contract as the other formats need it: what it holds, what it may be, and how it is called."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlglot import exp

from checks.contracts import native_types
from checks.contracts.document import Node
from checks.contracts.subject import column_of


@dataclass(frozen=True)
class Field:
    """One property, or the items of an array. `dialect` is the one that its physicalType is written in."""

    node: Node
    dialect: str

    @property
    def name(self) -> str:
        return self.node.text("name") or "item"

    @property
    def column(self) -> str:
        """The name in the warehouse."""
        return column_of(self.node)

    @cached_property
    def native(self) -> exp.DataType | None:
        """The physicalType, where it is one that can be read."""
        return native_types.parsed(self.node.text("physicalType"), self.dialect)

    @cached_property
    def logical(self) -> str | None:
        """The logicalType, else what the physicalType means."""
        return self.node.text("logicalType") or native_types.logical(self.native)

    @property
    def description(self) -> str | None:
        return self.node.text("description")

    @property
    def required(self) -> bool:
        """No NULL: said so, or part of the primary key."""
        return self.node.flag("required") or self.node.flag("primaryKey")

    @property
    def format(self) -> str | None:
        options = self.node.child("logicalTypeOptions")
        return options.text("format") if options else None

    def option(self, key: str) -> Any:
        """A value of logicalTypeOptions, None where there is none."""
        options = self.node.child("logicalTypeOptions")
        return options.value.get(key) if options else None

    def number(self, key: str) -> int | float | None:
        """A bound that is a finite number."""
        value = self.option(key)
        plain = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        return value if plain else None

    def size(self, key: str) -> int | None:
        """A length or count."""
        value = self.option(key)
        return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None

    @cached_property
    def allowed(self) -> list[Any]:
        """The only values it may have besides NULL: `enum`, else a rule that allows no value outside a list.
        Empty where all are allowed."""
        listed = [each.value.get("value") for each in self.node.items("enum")]
        for rule in self.node.items("quality"):
            if not listed and rule.text("metric") == "invalidValues" and rule.value.get("mustBe") == 0:
                arguments = rule.child("arguments")
                valid = arguments.value.get("validValues") if arguments else None
                listed = valid if isinstance(valid, list) else []
        plain = [value for value in listed if isinstance(value, str | int | float | bool) and _is_finite(value)]
        distinct = list({(type(value), value): value for value in plain}.values())
        return distinct if len(plain) == len([value for value in listed if value is not None]) else []

    @property
    def fields(self) -> list[Field]:
        """The properties of an object."""
        return fields(self.node, self.dialect)

    @property
    def items(self) -> Field | None:
        """What an array holds."""
        child = self.node.child("items")
        return Field(child, self.dialect) if child else None

    def map_side(self, side: str) -> Field | None:
        """The `key` or the `value` of a map."""
        both = self.node.child("map")
        child = both.child(side) if both else None
        return Field(child, self.dialect) if child else None


def fields(owner: Node, dialect: str) -> list[Field]:
    """The properties of a table or an object that have a name."""
    return [Field(node, dialect) for node in owner.items("properties") if node.text("name")]


def table_name(table: Node) -> str:
    """The name of the table in the warehouse."""
    return table.text("physicalName") or table.value["name"]


def key_fields(table: Node, dialect: str) -> list[Field]:
    """The primary key in the order of primaryKeyPosition."""
    keys = [each for each in fields(table, dialect) if each.node.flag("primaryKey")]
    return sorted(keys, key=_key_position)


def unique_together(table: Node, dialect: str) -> list[list[str]]:
    """The lists of columns without duplicates that rules ask for, by their names in the warehouse."""
    columns = {each.name: each.column for each in fields(table, dialect)}
    found = []
    for rule in table.items("quality"):
        arguments = rule.child("arguments")
        names = arguments.value.get("properties") if arguments else None
        if rule.text("metric") == "duplicateValues" and rule.value.get("mustBe") == 0 and isinstance(names, list):
            found.append([columns.get(str(name), str(name)) for name in names])
    return found


def distinct_names(
    names: Sequence[str], make: Callable[[str], str], taken: Iterator[str] | Sequence[str] = ()
) -> list[str]:
    """A name in the other format for each name, in order: `make` spells it, and a number tells those apart that would
    be the same or are taken."""
    used = set(taken)
    found = []
    for name in names:
        spelled = wanted = make(name)
        number = 2
        while spelled in used:
            spelled, number = f"{wanted}_{number}", number + 1
        used.add(spelled)
        found.append(spelled)
    return found


def _key_position(field: Field) -> int:
    position = field.node.value.get("primaryKeyPosition")
    return position if isinstance(position, int) and position > 0 else 1_000_000


def _is_finite(value: object) -> bool:
    return not isinstance(value, float) or math.isfinite(value)
