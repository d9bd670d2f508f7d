"""A draft to the values of a contract that the standard accepts, keys in the order people write them.

What the standard can not say is noted on the draft and left out here, so that no reader has to know its rules.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any, TypeVar

from checks.contracts.importing.draft import Column, Draft, Table, columns_below

_REFERENCE = re.compile(r"[A-Za-z_][A-Za-z0-9_\-]*(\.[A-Za-z_][A-Za-z0-9_\-]*)+")
_NUMBER = {"multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "format"}
_MOMENT = {"format", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "timezone"}
_OPTIONS = {
    "string": {"minLength", "maxLength", "pattern", "format"},
    "date": _MOMENT - {"timezone"},
    "timestamp": _MOMENT,
    "time": _MOMENT,
    "integer": _NUMBER,
    "number": _NUMBER,
    "object": {"maxProperties", "minProperties"},
    "array": {"maxItems", "minItems", "uniqueItems"},
}
_COUNTS = {"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"}
_FORMATS = {"integer": {"i8", "i16", "i32", "i64", "i128", "u8", "u16", "u32", "u64", "u128"}, "number": {"f32", "f64"}}

_Named = TypeVar("_Named", Table, Column)


def contract(draft: Draft, stem: str) -> dict[str, Any]:
    """The values. `stem` is the name of the file without its ending, for want of a better id."""
    _tidy(draft)
    new = any(each.allowed or each.logical == "map" for table in draft.tables for each in columns_below(table.columns))
    name = draft.id or re.sub(r"[^A-Za-z0-9_.-]+", "-", stem).strip("-") or "contract"
    data: dict[str, Any] = {
        "apiVersion": "v3.2.0" if new else "v3.1.0",  # lists of values and maps came with 3.2
        "kind": "DataContract",
        "id": name,
        "name": draft.title or name,
        "version": "0.1.0",
        "status": "draft",
        "team": {"name": draft.owner} if draft.owner else None,
        "schema": [_table(draft, table) for table in draft.tables],
        "slaProperties": [_freshness(draft, table) for table in draft.tables if table.max_age],
    }
    return {key: value for key, value in data.items() if value}


def _table(draft: Draft, table: Table) -> dict[str, Any]:
    made = {
        "name": table.name,
        "physicalName": table.physical if table.physical != table.name else None,
        "description": table.description,
        "properties": [_property(draft, each, table.name) for each in table.columns],
        "relationships": list(_relationships(draft, table)),
        "quality": [
            {"metric": "duplicateValues", "arguments": {"properties": names}, "mustBe": 0} for names in table.together
        ],
    }
    return _filled(made)


def _relationships(draft: Draft, table: Table) -> Iterator[dict[str, Any]]:
    for ours, theirs in table.references:
        froms = [f"{table.name}.{name}" for name in ours]
        wrong = next((why for name in (*froms, *theirs) if (why := _why_not(draft, name))), None)
        if wrong or len(ours) != len(theirs):
            draft.leave(
                table.name, f"the key ({', '.join(ours)}) of {', '.join(theirs)}: {wrong or 'not as many columns'}"
            )
        else:
            yield {"from": froms, "to": theirs}


def _freshness(draft: Draft, table: Table) -> dict[str, Any]:
    count, unit = table.max_age or (0, "")
    made = {"property": "freshness", "value": count, "unit": unit}
    dated_by = table.column(table.dated_by) if table.dated_by else None
    if dated_by:
        return {**made, "element": f"{table.name}.{dated_by.name}"}
    if table.dated_by:
        draft.leave(table.name, f"the freshness is dated by {table.dated_by}, which is no column of it")
    return {**made, "element": table.name}


# -- a property --------------------------------------------------------------------------------------------------------


def _property(draft: Draft, one: Column, above: str) -> dict[str, Any]:
    where = f"{above}.{one.name}"
    made = _element(draft, one, where)
    return {"name": one.name, **made}


def _element(draft: Draft, one: Column, where: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        "businessName": one.title,
        "logicalType": one.logical,
        "physicalType": one.physical,
        "primaryKey": one.key is not None,
        "primaryKeyPosition": one.key,
        "required": one.required,
        "unique": one.unique,
        "deprecated": one.deprecated,
        "description": one.description,
        "logicalTypeOptions": _options(draft, one, where),
        "enum": [{"value": value} for value in _values(draft, one, where)],
        "examples": one.examples,
        "relationships": [{"to": to} for to in one.references if _fits(draft, to, where)],
        "properties": [_property(draft, each, where) for each in one.columns],
        "items": _element(draft, one.items, f"{where}[]") if one.items else None,
    }
    if one.logical == "map":
        value = _element(draft, one.values, f"{where}{{}}") if one.values else {"logicalType": "string"}
        made["map"] = {"key": {"logicalType": "string"}, "value": value or {"logicalType": "string"}}
    return _filled(made)


def _options(draft: Draft, one: Column, where: str) -> dict[str, Any]:
    known = _OPTIONS.get(one.logical or "", set())
    kept = {key: value for key, value in one.options.items() if key in known and _is_option(one, key, value)}
    lost = [key for key in one.options if key not in kept]
    if lost:
        draft.leave(where, f"{', '.join(lost)} does not fit the type {one.logical or 'it has (none is known)'}")
    return kept


def _is_option(one: Column, key: str, value: Any) -> bool:
    if key in _COUNTS:
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if key == "pattern":
        return _is_pattern(value)
    if key == "format":
        return isinstance(value, str) and value in _FORMATS.get(one.logical or "", {value})
    if one.logical in _FORMATS:
        plain = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        return plain and (key != "multipleOf" or value > 0)
    return isinstance(value, bool if key in ("timezone", "uniqueItems") else str)


def _is_pattern(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(re.compile(value))
    except (re.error, RecursionError, OverflowError):
        return False


def _values(draft: Draft, one: Column, where: str) -> list[Any]:
    plain = [value for value in one.allowed if isinstance(value, str | int | float) and math.isfinite(_number(value))]
    if len(plain) < len([value for value in one.allowed if value is not None]):
        draft.leave(where, "some of the allowed values are lists, mappings or no numbers, so that none is carried over")
        return []
    return list({(isinstance(value, bool), value): value for value in plain}.values())


def _number(value: str | float) -> float:
    return 0 if isinstance(value, str) else value


def _filled(made: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in made.items() if value not in (None, False, "") and value != [] and value != {}}


# -- what the standard can not say -------------------------------------------------------------------------------------


def _tidy(draft: Draft) -> None:
    draft.tables[:] = _distinct(draft, draft.tables, "")
    for table in draft.tables:
        table.columns[:] = _distinct(draft, table.columns, table.name)
        for each in columns_below(table.columns):
            each.columns[:] = _distinct(draft, each.columns, f"{table.name}.{each.name}")
        table.together[:] = [names for names in table.together if _are_columns(draft, table, names)]


def _distinct(draft: Draft, named: list[_Named], where: str) -> list[_Named]:
    """Those with a name that no earlier one has."""
    kept: dict[str, _Named] = {}
    for each in named:
        if not each.name or each.name in kept:
            why = "there is another of that name, the first is kept" if each.name else "something without a name"
            draft.leave(f"{where}.{each.name}".strip("."), why)
        else:
            kept[each.name] = each
    return list(kept.values())


def _are_columns(draft: Draft, table: Table, names: list[str]) -> bool:
    found = [table.column(name) for name in names]
    if all(found):
        names[:] = [each.name for each in found if each]
        return True
    draft.leave(table.name, f"no duplicates of ({', '.join(names)}): not all of them are columns of it")
    return False


def _fits(draft: Draft, to: str, where: str) -> bool:
    why = _why_not(draft, to)
    if why:
        draft.leave(where, f"is a key of {to}: {why}")
    return why is None


def _why_not(draft: Draft, reference: str) -> str | None:
    """Why a contract can not refer to a property; None where it can."""
    if not _REFERENCE.fullmatch(reference):
        return "the standard has no way to write such a name in a relationship"
    for table in draft.tables:
        if reference.startswith(f"{table.name}.") and table.columns:
            column = reference.removeprefix(f"{table.name}.")
            known = any(each.name == column for each in table.columns)
            return None if known else f"{table.name} has no such column"
    return None
