"""dbt to a draft: `schema.yml` files and `manifest.json`, whose models, seeds, snapshots and sources are tables.

A test that holds for some rows only, or only warns, is no promise of the table; it is told and not carried over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from checks.contracts import native_types
from checks.contracts.document import Node
from checks.contracts.importing.conditions import condition_of
from checks.contracts.importing.dbt_manifest import as_schema_file
from checks.contracts.importing.draft import Column, Draft, NotImportable, Table
from checks.contracts.read import Place, YamlError, parse

_TABLES = ("models", "seeds", "snapshots")
_UNITS = {"minute": "min", "hour": "h", "day": "d"}
_CALL = re.compile(
    r"""\s*(?:ref|source)\(\s*(?:.*,\s*)?(['"])((?:\\.|(?!\1).)+)\1\s*(?:,\s*v(?:ersion)?\s*=.*)?\)\s*"""
)
_OURS = "{{ '{' }}"  # what the export writes for a brace that is no template
_ABOUT_MODELS = {"name", "description", "columns", "tests", "data_tests", "constraints", "meta", "config"}
_ABOUT_COLUMNS = {"name", "description", "data_type", "tests", "data_tests", "constraints", "quote", "config"}
_ABOUT_SOURCES = {"name", "description", "columns", "tests", "data_tests", "meta", "config", "schema", "tables"} | {
    "freshness", "loaded_at_field", "identifier", "database",
}  # fmt: skip


def read_dbt(text: str, draft: Draft, dialect: str | None) -> None:
    """Fills the draft. Raises NotImportable."""
    if text.lstrip().startswith("{"):
        data, lines = as_schema_file(_json(text, draft.label), draft), {}
    else:
        try:
            parsed = parse(text.encode())
        except YamlError as error:
            raise NotImportable(draft.label, str(error).replace("contract", "file of dbt"), error.line) from None
        data, lines = parsed.data, parsed.lines
    reader = _Reader(draft, lines, dialect)
    root = Node(data, ())
    for key in _TABLES:
        for each in root.items(key):
            reader.model(each)
    for source in root.items("sources"):
        for each in source.items("tables"):
            reader.source(source, each)
    for key in set(data) - {*_TABLES, "sources", "version"}:
        reader.leave(key, "says nothing about tables that a contract has", (key,))


def _json(text: str, label: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise NotImportable(label, f"is not JSON: {error.msg}", error.lineno) from None
    except ValueError:
        raise NotImportable(label, "is JSON with a number that is too long") from None


class _Reader:
    """Goes through the models. `lines` are those of the file, none for a manifest."""

    def __init__(self, draft: Draft, lines: dict[Place, int], dialect: str | None) -> None:
        self.draft = draft
        self.lines = lines
        self.dialect = dialect

    def leave(self, where: str, what: str, place: Place) -> None:
        while place and place not in self.lines:
            place = place[:-1]
        self.draft.leave(where, what, self.lines.get(place) if place else None)

    # -- tables --------------------------------------------------------------------------------------------------------

    def model(self, node: Node) -> None:
        name = node.text("name")
        if name is None:
            self.leave("", "a model without a name", node.place)
            return
        table = Table(name)
        self.draft.tables.append(table)
        self._fill(table, node, _ABOUT_MODELS)

    def source(self, source: Node, node: Node) -> None:
        """A table of a source: one of its own, or the freshness of a model of that name."""
        name = node.text("name") or ""
        table = self.draft.table(name)
        if table is None:
            actual = node.text("identifier") or name
            schema = source.text("schema")
            table = Table(name, physical=f"{schema}.{actual}" if schema else actual)
            self.draft.tables.append(table)
        elif node.items("columns"):
            self.leave(name, "is a model and a source; the columns of the model are carried over", node.place)
            return
        self._fill(table, node, _ABOUT_SOURCES)
        self._freshness(table, source, node)
        self._meta(source.text("name") or "", source)

    def _fill(self, table: Table, node: Node, known: set[str]) -> None:
        table.description = self._said(table.name, node) or table.description
        for each in node.items("columns"):
            self._column(table, each)
        for test in self._tests(table.name, node):
            self._on_table(table, *test)
        for each in node.items("constraints"):
            self._constraint(table, each, None)
        self._meta(table.name, node)
        self._others(table.name, node, known)
        keys = [each for each in table.columns if each.key]
        if len(keys) == 1:
            keys[0].unique = False  # a primary key is

    def _column(self, table: Table, node: Node) -> None:
        name = node.text("name")
        if name is None:
            self.leave(table.name, "a column without a name", node.place)
            return
        where = f"{table.name}.{name}"
        physical = node.text("data_type")
        column = Column(name, native_types.logical(native_types.parsed(physical, self.dialect)), physical)
        column.description = self._said(where, node)
        table.columns.append(column)
        if physical and column.logical is None:
            self.leave(where, f"what the type {physical} means; the contract has it as physicalType only", node.place)
        for test in self._tests(where, node):
            self._on_column(column, where, *test)
        for each in node.items("constraints"):
            self._constraint(table, each, column)
        self._others(where, node, _ABOUT_COLUMNS)

    def _said(self, where: str, node: Node) -> str | None:
        text = node.text("description")
        plain = text.replace(_OURS, "") if text else ""
        if "{{" in plain or "{%" in plain:
            self.leave(where, "its description is a template of dbt, kept as it stands", node.at("description"))
        return text.replace(_OURS, "{") if text else None

    def _others(self, where: str, node: Node, known: set[str]) -> None:
        for key in node.value:
            if key not in known:
                self.leave(where, key, node.at(key))
        config = node.child("config")
        for key in config.value if config else ():
            if key not in ("meta", "freshness", "loaded_at_field"):
                self.leave(where, f"config.{key}", (*node.place, "config", key))

    def _meta(self, where: str, node: Node) -> None:
        config = node.child("config")
        for meta in (node.child("meta"), config.child("meta") if config else None):
            for key, value in meta.value.items() if meta else ():
                if key == "owner" and isinstance(value, str) and self.draft.owner in (None, _plain(value)):
                    self.draft.owner = _plain(value)
                elif key == "contract" and isinstance(value, str):
                    self.draft.id = self.draft.id or _plain(value)
                elif key != "contract_version":
                    self.leave(where, f"meta.{key}", meta.at(key) if meta else ())

    def _freshness(self, table: Table, source: Node, node: Node) -> None:
        places = [place for each in (node, source) for place in (each, each.child("config")) if place]
        dated = (place.text("loaded_at_field") for place in places)
        table.dated_by = next((each for each in dated if each), None)
        holder = next((place for place in places if "freshness" in place.value), None)
        fresh = holder.child("freshness") if holder else None
        if fresh is None:
            return
        limit = fresh.child("error_after")
        count, unit = (limit.value.get("count"), limit.text("period")) if limit else (None, None)
        if isinstance(count, int) and not isinstance(count, bool) and count > 0 and unit in _UNITS:
            table.max_age = (count, _UNITS[unit])
        for key, value in fresh.value.items():
            if value is not None and (key != "error_after" or table.max_age is None):
                self.leave(table.name, f"freshness.{key}", fresh.at(key))

    # -- tests ---------------------------------------------------------------------------------------------------------

    def _tests(self, where: str, node: Node) -> Iterator[tuple[str, Node]]:
        """Tests that are promises: the name and the arguments of each."""
        for key in ("data_tests", "tests"):
            listed = node.value.get(key)
            for index, each in enumerate(listed if isinstance(listed, list) else ()):
                place = (*node.at(key), index)
                name, given = (each, {}) if isinstance(each, str) else next(iter(_mapping(each).items()), ("", {}))
                arguments = {**_mapping(given), **_mapping(_mapping(given).get("arguments"))}
                why = _no_promise(arguments)
                if why or not name:
                    self.leave(where, f"the test {name or 'without a name'}, {why or 'which can not be read'}", place)
                else:
                    yield name, Node(arguments, place)

    def _on_column(self, column: Column, where: str, name: str, given: Node) -> None:
        maker = _ON_COLUMN.get(name)
        if maker is None or not maker(column, given):
            self.leave(where, f"the test {name}", given.place)

    def _on_table(self, table: Table, name: str, given: Node) -> None:
        names = given.value.get("combination_of_columns")
        if name.endswith("unique_combination_of_columns") and isinstance(names, list) and names:
            table.together.append([str(each) for each in names])
        else:
            self.leave(table.name, f"the test {name}", given.place)

    def _constraint(self, table: Table, node: Node, column: Column | None) -> None:
        """A constraint of a model (no column) or of a column."""
        listed = node.value.get("columns")
        names = [column.name] if column else [str(each) for each in listed] if isinstance(listed, list) else []
        columns = [found for name in names if (found := table.column(name))]
        kind = node.text("type")
        known = len(columns) == len(names)
        if kind == "primary_key" and columns and known:
            for position, each in enumerate(columns, 1):
                each.key, each.required = position, True
        elif kind == "not_null" and columns and known:
            for each in columns:
                each.required = True
        elif kind == "unique" and len(columns) == 1:
            columns[0].unique = True
        elif kind == "unique" and columns and known:
            table.together.append(names)
        elif kind != "check" or not condition_of(node.text("expression") or "", table, self.dialect):
            self.leave(table.name, f"the constraint {kind} of {', '.join(names) or 'the table'}", node.place)


# -- one test ----------------------------------------------------------------------------------------------------------


def _no_promise(given: dict[str, Any]) -> str | None:
    """Why a test does not hold for the whole table; None where it does."""
    config = _mapping(given.get("config"))
    if given.get("where") or config.get("where"):
        return "which holds for some rows only"
    if str(given.get("severity") or config.get("severity") or "error").lower() == "warn":
        return "which only warns"
    return None


def _not_null(column: Column, _given: Node) -> bool:
    column.required = True
    return True


def _unique(column: Column, _given: Node) -> bool:
    column.unique = True
    return True


def _accepted(column: Column, given: Node) -> bool:
    values = given.value.get("values", given.value.get("value_set"))
    if not isinstance(values, list) or not values:
        return False
    column.allowed = [_plain(each) for each in values]
    return True


def _related(column: Column, given: Node) -> bool:
    call, field = _CALL.fullmatch(given.text("to") or ""), given.text("field")
    if not call or not field:
        return False
    table = re.sub(r"\\(.)", r"\1", call[2])
    column.references.append(f"{table}.{field}")
    return True


def _range(column: Column, given: Node) -> bool:
    exclusive = given.value.get("inclusive") is False or given.value.get("strictly") is True
    keys = ("exclusiveMinimum", "exclusiveMaximum") if exclusive else ("minimum", "maximum")
    bounds = dict(zip(keys, (given.value.get("min_value"), given.value.get("max_value")), strict=True))
    plain = {key: value for key, value in bounds.items() if value is not None}
    if not plain or any(isinstance(value, bool) or not isinstance(value, int | float) for value in plain.values()):
        return False
    column.logical = column.logical or "number"
    column.options |= plain
    return True


_ON_COLUMN: dict[str, Callable[[Column, Node], bool]] = {
    "not_null": _not_null,
    "unique": _unique,
    "accepted_values": _accepted,
    "relationships": _related,
    "dbt_utils.accepted_range": _range,
    "dbt_expectations.expect_column_values_to_be_between": _range,
    "dbt_expectations.expect_column_values_to_be_in_set": _accepted,
}


def _plain(value: Any) -> Any:
    return value.replace(_OURS, "{") if isinstance(value, str) else value


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
