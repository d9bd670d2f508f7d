"""Which format is written by which function, and what can not be exported at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum

from checks.contracts.document import Document, Level, Node
from checks.contracts.export.avro import avro
from checks.contracts.export.dbt import dbt
from checks.contracts.export.html_page import html_page
from checks.contracts.export.json_schema import json_schema
from checks.contracts.export.markdown import markdown
from checks.contracts.export.odcs import odcs
from checks.contracts.export.pydantic_models import pydantic_models
from checks.contracts.export.sql_ddl import sql_ddl


class Format(StrEnum):
    """What a contract can be exported to."""

    JSONSCHEMA = "jsonschema"
    AVRO = "avro"
    SQL = "sql"
    DBT = "dbt"
    PYDANTIC = "pydantic"
    HTML = "html"
    MARKDOWN = "markdown"
    ODCS = "odcs"


class NotExportable(Exception):
    """The contract or the wish makes no sense; the sentence says why."""


_WRITERS: dict[Format, Callable[[Document, Sequence[Node]], str]] = {
    Format.JSONSCHEMA: json_schema,
    Format.AVRO: avro,
    Format.DBT: dbt,
    Format.PYDANTIC: pydantic_models,
    Format.HTML: html_page,
    Format.MARKDOWN: markdown,
    Format.ODCS: odcs,
}


def export(document: Document, to: Format, table: str | None = None, dialect: str | None = None) -> str:
    """The contract in another format: all its tables, or the one of that name. `dialect` is sqlglot's, for SQL.
    Raises NotExportable."""
    _refuse_broken(document)
    tables = _chosen(document, table)
    if to is Format.SQL:
        return sql_ddl(document, tables, dialect)
    if dialect:
        raise NotExportable(f"--dialect is for --to sql; {to} has none")
    return _WRITERS[to](document, tables)


def _refuse_broken(document: Document) -> None:
    errors = [str(each) for each in document.findings if each.level is Level.ERROR]
    if errors:
        more = f"\nand {len(errors) - 5} more" if len(errors) > 5 else ""
        raise NotExportable(
            "the contract is not what the standard asks; mend it first:\n" + "\n".join(errors[:5]) + more
        )


def _chosen(document: Document, wanted: str | None) -> list[Node]:
    named = [node for node in document.objects if wanted in (None, node.text("name"), node.text("id"))]
    if not named:
        known = ", ".join(node.value["name"] for node in document.objects) or "none"
        asked = f"no table {wanted}" if wanted else "no tables"
        raise NotExportable(f"{document.label} has {asked} under schema (there: {known})")
    return named
