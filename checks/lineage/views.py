"""A view's definition, read: which tables its rows come from, and which of their columns get into which of its own.

Nothing of a definition's text leaves this module: it may hold values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import sqlglot
from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError
from sqlglot.lineage import Node, lineage
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import build_scope
from sqlglot.schema import MappingSchema

from checks.guard import base_tables, calls_beyond_rows
from checks.lineage.record import Flow, ViewRead
from connectors import TableName

#: the schema that a name without one means where the view's own has no such table, by dialect
_DEFAULT_SCHEMAS = {"duckdb": "main", "postgres": "public"}


def tables_of(view: TableName, definition: str, dialect: str, tables: Sequence[TableName]) -> ViewRead:
    """What the view reads, of the `tables` of its source, without columns."""
    try:
        statement = _parsed(definition, dialect)
    except _NotReadError as error:
        return ViewRead(view, problem=str(error))
    found: dict[TableName, None] = {}
    missing: dict[str, None] = {}
    for node in base_tables(statement, dialect):
        table = _table(node, view, dialect, tables)
        if table is None:
            missing[".".join(part.name for part in node.parts)] = None
        elif table != view:
            found[table] = None
    beyond = sorted(set(calls_beyond_rows(statement)))
    problem = f"what it reads by {', '.join(beyond)} is not followed" if beyond else None
    return ViewRead(view, tuple(sorted(found)), tuple(missing), problem=problem)


def flows_of(
    view: TableName, definition: str, dialect: str, columns: Mapping[TableName, Sequence[str]]
) -> tuple[tuple[Flow, ...], str | None]:
    """The columns that get into the view's columns, and what could not be followed. `columns` are those of the view
    and of all that it reads, in their order; what is filtered or joined by gets into no column."""
    try:
        return _followed(_parsed(definition, dialect), view, dialect, columns)
    except (_NotReadError, SqlglotError, RecursionError) as error:
        return (), f"its columns could not be followed ({type(error).__name__.strip('_')})"
    except (ValueError, KeyError, IndexError, AttributeError, TypeError) as error:
        # the library meets SQL of all kinds; that it stumbles over one view is told, and costs no other view
        return (), f"its columns could not be followed ({type(error).__name__})"


class _NotReadError(Exception):
    """The definition could not be read; the sentence says why."""


def _parsed(definition: str, dialect: str) -> exp.Expr:
    try:
        statement = sqlglot.parse_one(definition, dialect=dialect)
    except SqlglotError as error:
        errors = getattr(error, "errors", None)
        where = f" (line {errors[0]['line']}, column {errors[0]['col']})" if errors else ""
        raise _NotReadError(f"its definition could not be parsed{where}") from None
    except RecursionError:
        raise _NotReadError("its definition is nested too deeply to be read") from None
    if isinstance(statement, exp.Command):
        raise _NotReadError("its definition could not be parsed")
    return statement


def _table(node: exp.Table, view: TableName, dialect: str, tables: Sequence[TableName]) -> TableName | None:
    """The table that a definition means: of the schema that it names; else of the view's, else of the default one."""
    here = [table for table in tables if _same(table.name, node.name, dialect)]
    if node.args.get("db"):
        return next((table for table in here if _same(table.schema or "", node.db, dialect)), None)
    for schema in (view.schema, _DEFAULT_SCHEMAS.get(dialect)):
        for table in here:
            if table.schema == schema:
                return table
    return here[0] if len(here) == 1 else None


def _same(name: str, other: str, dialect: str) -> bool:
    return name == other or _normal(name, dialect) == _normal(other, dialect)


def _normal(name: str, dialect: str) -> str:
    """A name as the warehouse compares it, which for some is without regard to case even in quotes."""
    return Dialect.get_or_raise(dialect).normalize_identifier(exp.to_identifier(name, quoted=True)).name


def _followed(
    statement: exp.Expr, view: TableName, dialect: str, columns: Mapping[TableName, Sequence[str]]
) -> tuple[tuple[Flow, ...], str | None]:
    stand_ins = _with_stand_ins(statement, view, dialect, [table for table in columns if table != view])
    known: dict[str, object] = {
        name: {_normal(each, dialect): "unknown" for each in columns[table]} for name, table in stand_ins.items()
    }
    schema = MappingSchema(known, dialect=dialect, normalize=False)
    qualified = qualify(statement, dialect=dialect, schema=schema, validate_qualify_columns=False, identify=False)
    scope = build_scope(qualified)
    found = lineage(None, qualified, schema, dialect=dialect, scope=scope, trim_selects=False, copy=False)
    own = columns.get(view, ())
    if not isinstance(found, dict) or len(found) != len(own):
        return (), "its columns could not be followed: they are not those that its definition names"
    flows, lost = [], False
    for into, root in zip(own, found.values(), strict=True):
        sources = {_column(leaf, stand_ins, columns, dialect) for leaf in root.walk() if _is_leaf(leaf)}
        lost = lost or None in sources
        flows += [Flow(*source, into) for source in sorted(each for each in sources if each)]
    return tuple(flows), "some of its columns could not be followed" if lost else None


def _is_leaf(node: Node) -> bool:
    """Where values come from that are not computed: a column of a table, or what could not be found."""
    return not node.downstream and isinstance(node.expression, exp.Table | exp.Placeholder)


def _column(
    leaf: Node, stand_ins: Mapping[str, TableName], columns: Mapping[TableName, Sequence[str]], dialect: str
) -> tuple[TableName, str] | None:
    """The table and column that a leaf (`alias.column`) means, as the warehouse spells it; None where it means none."""
    table = stand_ins.get(leaf.expression.name)
    if table is None:
        return None
    name = exp.to_column(leaf.name).name
    return next(((table, column) for column in columns[table] if _same(column, name, dialect)), None)


def _with_stand_ins(
    statement: exp.Expr, view: TableName, dialect: str, tables: Sequence[TableName]
) -> dict[str, TableName]:
    """Gives every table in the statement a plain name of its own, so that neither schema nor case nor quotes matter
    any more; returns which table each stands for."""
    stand_ins = {}
    nodes = base_tables(statement, dialect)
    names = Counter(node.alias_or_name for node in nodes)
    for place, node in enumerate(nodes):
        table = _table(node, view, dialect, tables)
        if table is None:
            continue
        name, schema, stand_in = node.name, node.db, f"vitals_{place}"
        if not node.alias:  # s.t and r.t in one query are told apart by more than t
            alias = node.this.copy() if names[name] == 1 else exp.to_identifier(stand_in)
            node.set("alias", exp.TableAlias(this=alias))
            _point(statement, (schema, name), alias)
        node.set("this", exp.to_identifier(stand_in))
        node.set("db", None)
        node.set("catalog", None)
        stand_ins[stand_in] = table
    return stand_ins


def _point(statement: exp.Expr, table: tuple[str, str], alias: exp.Expr) -> None:
    """Lets the columns that name a table with its schema name it by its alias."""
    for column in statement.find_all(exp.Column) if table[0] else ():
        if (column.text("db"), column.table) == table:
            column.set("table", alias.copy())
            column.set("db", None)
            column.set("catalog", None)
