"""A contract as dbt's `schema.yml`: models with their columns and tests; a source where there is a freshness to hold,
because dbt measures freshness of sources only."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from checks.contracts.dialects import dialect_of
from checks.contracts.document import Document, Node, Notes
from checks.contracts.export.fields import Field, fields, key_fields, table_name, unique_together
from checks.contracts.levels import agreements, column_for
from checks.contracts.writing import yaml_text
from checks.records import FreshnessExpected

_PERIODS = (("day", 86_400), ("hour", 3_600), ("minute", 60))
_JINJA = re.compile(r"\{(?=[{%#])")


def dbt(document: Document, tables: Sequence[Node]) -> str:
    """The file as YAML text."""
    dialect = dialect_of(document)
    made: dict[str, Any] = {"version": 2, "models": [_model(document, table, dialect) for table in tables]}
    fresh = [table for table in (_source_table(document, table) for table in tables) if table]
    if fresh:
        made["sources"] = [{"name": _source_name(document), "tables": fresh}]
    return yaml_text(made)


def _model(document: Document, table: Node, dialect: str) -> dict[str, Any]:
    keys = key_fields(table, dialect)
    model: dict[str, Any] = {"name": table_name(table)}
    if table.text("description"):
        model["description"] = _inert(table.text("description"))
    meta = {"owner": document.owner, "contract": document.id, "contract_version": document.root.text("version")}
    model["config"] = {"meta": {key: _inert(value) for key, value in meta.items() if value}}
    if keys:
        model["constraints"] = [{"type": "primary_key", "columns": [key.column for key in keys]}]
    together = unique_together(table, dialect)
    if together:
        model["data_tests"] = [
            {"dbt_utils.unique_combination_of_columns": {"combination_of_columns": names}} for names in together
        ]
    alone = keys[0].column if len(keys) == 1 else None
    model["columns"] = [_column(each, alone=each.column == alone) for each in fields(table, dialect)]
    return model


def _column(one: Field, *, alone: bool) -> dict[str, Any]:
    column: dict[str, Any] = {"name": one.column}
    if one.description:
        column["description"] = _inert(one.description)
    if one.node.text("physicalType"):
        column["data_type"] = one.node.text("physicalType")
    tests = _tests(one, alone=alone)
    return {**column, "data_tests": tests} if tests else column


def _tests(one: Field, *, alone: bool) -> list[Any]:
    tests: list[Any] = ["not_null"] if one.required else []
    if one.node.flag("unique") or alone:
        tests.append("unique")
    if one.allowed:
        unquoted = {} if all(isinstance(value, str) for value in one.allowed) else {"quote": False}
        tests.append({"accepted_values": {"values": [_inert(value) for value in one.allowed], **unquoted}})
    for relationship in one.node.items("relationships"):
        table, _, column = (relationship.text("to") or "").rpartition(".")
        if table and "/" not in table and column:
            tests.append({"relationships": {"to": f"ref({json.dumps(table)})", "field": column}})
    return tests


def _source_name(document: Document) -> str:
    schemas = [server.text("schema") for server in document.root.items("servers")]
    return next((schema for schema in schemas if schema), None) or document.id or "source"


def _source_table(document: Document, table: Node) -> dict[str, Any] | None:
    agreed = agreements(document, Notes.on(document))
    limits = [
        each.expects
        for each in agreed
        if each.table.place == table.place and isinstance(each.expects, FreshnessExpected)
    ]
    if not limits:
        return None
    made: dict[str, Any] = {"name": table_name(table)}
    column = limits[0].column or column_for(table, agreed)
    if column:
        made["loaded_at_field"] = column
    return {**made, "freshness": {"error_after": _period(limits[0].limit.total_seconds())}}


def _period(seconds: float) -> dict[str, Any]:
    """dbt counts whole minutes, hours or days; a part of one is rounded up."""
    for period, length in _PERIODS:
        if seconds >= length and seconds % length == 0:
            return {"count": int(seconds // length), "period": period}
    return {"count": max(1, -int(-seconds // 60)), "period": "minute"}


def _inert(value: Any) -> Any:
    """Text that dbt's template language leaves as it is."""
    return _JINJA.sub("{{ '{' }}", value) if isinstance(value, str) else value
