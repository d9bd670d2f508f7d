"""A contract in words and tables of words: what the pages in HTML and Markdown both show. Nothing is escaped here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from checks.contracts.dialects import dialect_of
from checks.contracts.document import Document, Node
from checks.contracts.export.fields import Field, fields, table_name
from checks.records import Operator

_OPERATORS = {
    "mustBe": "is {}", "mustNotBe": "is not {}", "mustBeGreaterThan": "more than {}",
    "mustBeGreaterOrEqualTo": "at least {}", "mustBeLessThan": "less than {}", "mustBeLessOrEqualTo": "at most {}",
    "mustBeBetween": "from {} to {}", "mustNotBeBetween": "not from {} to {}",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Grid:
    """A table for readers. `of_names` are the columns whose words are names from the contract, shown as code."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    of_names: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Chapter:
    """One table of the contract."""

    name: str
    texts: tuple[str, ...]
    grids: tuple[Grid, ...]


@dataclass(frozen=True, slots=True)
class Readable:
    """The whole contract. `facts` are pairs of a word and its value."""

    title: str
    facts: tuple[tuple[str, str], ...]
    chapters: tuple[Chapter, ...]
    services: Grid | None


def readable(document: Document, tables: Sequence[Node]) -> Readable:
    """The contract for readers."""
    chapters = tuple(_chapter(table, dialect_of(document)) for table in tables)
    title = document.root.text("name") or document.id or document.label
    return Readable(title, tuple(_facts(document)), chapters, _services(document))


def _facts(document: Document) -> Iterator[tuple[str, str]]:
    root = document.root
    for label, key in (("Id", "id"), ("Version", "version"), ("Status", "status"), ("Domain", "domain")):
        if root.text(key):
            yield label, str(root.text(key))
    if document.owner:
        yield "Owner", str(document.owner)
    described = root.child("description")
    for label, key in (("Purpose", "purpose"), ("Usage", "usage"), ("Limitations", "limitations")):
        if described and described.text(key):
            yield label, str(described.text(key))
    servers = [", ".join(_texts(server, "server", "type", "environment")) for server in root.items("servers")]
    if servers:  # never the addresses, which may hold passwords
        yield "Servers", "; ".join(servers)


def _chapter(table: Node, dialect: str) -> Chapter:
    texts = _texts(table, "description", "dataGranularityDescription")
    if table_name(table) != table.value["name"]:
        texts.append(f"In the warehouse: {table_name(table)}")
    columns = tuple(row for each in fields(table, dialect) for row in _column(each, ""))
    grids = [Grid("Columns", ("Column", "Type", "Must be", "Description"), columns, frozenset({0}))] if columns else []
    rules = tuple(_rules(table, dialect))
    if rules:
        grids.append(Grid("Quality", ("On", "Rule", "Expected", "Severity"), rules, frozenset({0})))
    return Chapter(table.value["name"], tuple(texts), tuple(grids))


def _texts(node: Node, *keys: str) -> list[str]:
    return [text for key in keys if (text := node.text(key))]


# -- columns -----------------------------------------------------------------------------------------------------------


def _column(one: Field, above: str) -> Iterator[tuple[str, ...]]:
    name = above + one.name
    types = list(dict.fromkeys(_texts(one.node, "logicalType", "physicalType")))
    said = [text for text in (one.node.text("businessName"), one.description) if text]
    if one.node.text("classification"):
        said.append(f"Classified {one.node.text('classification')}.")
    yield name, ", ".join(types), "; ".join(_promises(one)), " — ".join(said)
    for inner in one.fields:
        yield from _column(inner, f"{name}.")
    if one.items:
        yield from _column(one.items, f"{name}[].") if one.items.node.text("name") else _items(one.items, f"{name}[]")


def _items(one: Field, name: str) -> Iterator[tuple[str, ...]]:
    yield name, one.logical or "", "; ".join(_promises(one)), one.description or ""
    for inner in one.fields:
        yield from _column(inner, f"{name}.")


def _promises(one: Field) -> Iterator[str]:
    if one.node.flag("primaryKey"):
        yield "primary key"
    elif one.required:
        yield "present"
    if one.node.flag("unique"):
        yield "unique"
    if one.allowed:
        yield f"one of {_shown(one.allowed)}"
    options = one.node.child("logicalTypeOptions")
    for key, value in (options.value if options else {}).items():
        yield f"{key} {_shown(value)}"
    for each in one.node.items("relationships"):
        yield f"a key of {_shown(each.value.get('to'))}"


# -- rules and service levels ------------------------------------------------------------------------------------------


def _rules(table: Node, dialect: str) -> Iterator[tuple[str, ...]]:
    for rule in table.items("quality"):
        yield "the table", *_rule(rule)
    for each in fields(table, dialect):
        for rule in each.node.items("quality"):
            yield each.name, *_rule(rule)


def _rule(rule: Node) -> tuple[str, str, str]:
    inner = rule.child("implementation")
    named = rule.text("name") or rule.text("description") or rule.text("metric") or rule.text("id")
    named = named or (inner.text("metric") if inner else None) or rule.text("type") or "rule"
    return named, _expected(rule) or (_expected(inner) if inner else ""), rule.text("severity") or ""


def _expected(rule: Node) -> str:
    for operator in Operator:
        value = rule.value.get(str(operator))
        if value is not None:
            ends = value if isinstance(value, list) and len(value) == 2 else [value, ""]
            metric = rule.text("metric")
            words = _OPERATORS[str(operator)].format(*map(_shown, ends))
            return " ".join(part for part in (metric, words, rule.text("unit")) if part)
    return ""


def _services(document: Document) -> Grid | None:
    rows = []
    for each in document.root.items("slaProperties"):
        ends = [_shown(each.value[key]) for key in ("value", "valueExt") if each.value.get(key) is not None]
        amount = " ".join(part for part in (" to ".join(ends), each.text("unit")) if part)
        rows.append((each.text("property") or "", amount, each.text("element") or "", each.text("description") or ""))
    return (
        Grid("Service levels", ("Promise", "Value", "Of", "Description"), tuple(rows), frozenset({2})) if rows else None
    )


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_shown, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
