"""What can be asked of values that hold others: how many items or properties, whether items repeat, which properties.

DuckDB and files have lists, structs, maps and JSON; PostgreSQL has arrays, composite types and JSON; SQLite has text.
"""

from __future__ import annotations

import operator
from functools import reduce
from typing import TYPE_CHECKING, Any

from checks import json_values
from checks.json_values import is_seen_as_json
from checks.predicates import Items, Keys, Properties, UniqueItems

if TYPE_CHECKING:
    import ibis.expr.datatypes as dt

Nested = Items | UniqueItems | Properties | Keys


def lacking(predicate: Nested, kind: dt.DataType, dialect: str) -> str | None:
    """Why a backend can not tell it of a column of this type, None where it can."""
    if dialect not in ("duckdb", "postgres"):
        return "it has no lists and no objects"
    as_json = is_seen_as_json(kind)
    if isinstance(predicate, Items):
        return None if kind.is_array() or as_json else "the column holds no lists"
    if isinstance(predicate, UniqueItems):
        return None if kind.is_array() else "only items of a list can be compared, not those of other types"
    if isinstance(predicate, Keys) and kind.is_struct():
        missing = [name for name in predicate.names if name not in getattr(kind, "names", ())]
        return f"the column's type has no {missing[0]}" if missing else None
    return None if kind.is_struct() or kind.is_map() or as_json else "the column holds no objects"


def measured(predicate: Items | Properties, column: Any, dialect: str) -> Any:
    """How many items or properties a value has; NULL where it is no list or object. A property that is NULL is none."""
    kind = column.type()
    if is_seen_as_json(kind):
        found = json_values.as_json(column, dialect)
        return (json_values.items(found) if isinstance(predicate, Items) else json_values.keys(found, dialect)).length()
    if kind.is_struct():
        return reduce(operator.add, [column[name].notnull().cast("int64") for name in kind.names])
    return column.length()


def has_keys(predicate: Keys, column: Any, dialect: str) -> Any:
    """Whether a value has all the properties."""
    kind = column.type()
    if is_seen_as_json(kind):
        found = json_values.as_json(column, dialect)
        present = [json_values.has_member(found, name, dialect) for name in predicate.names]
    elif kind.is_struct():
        present = [column[name].notnull() for name in predicate.names]
    else:
        present = [column.keys().contains(name) for name in predicate.names]
    return reduce(operator.and_, present)


def has_unique_items(column: Any) -> Any:
    """Whether no item of a list is there twice; of several NULLs one is enough."""
    return column.unique().length() == column.length()
