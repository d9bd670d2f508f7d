"""SQL DDL to a draft: CREATE TABLE with its constraints, and the ALTER TABLE, COMMENT ON, CREATE UNIQUE INDEX and
CREATE TYPE that belong to it. Nothing is run."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError

from checks.contracts import native_types
from checks.contracts.importing.conditions import apply_condition
from checks.contracts.importing.draft import Column, Draft, NotImportable, Table

DEFAULT_DIALECT = "postgres"
_T = exp.DataType.Type


def read_sql(text: str, draft: Draft, dialect: str | None) -> None:
    """Fills the draft. Raises NotImportable for text that is no SQL of the dialect."""
    reader = _Reader(draft, dialect or DEFAULT_DIALECT)
    for statement in _statements(text, draft.label, reader.dialect):
        reader.statement(statement)
    reader.finish()


def _statements(text: str, label: str, dialect: str) -> list[exp.Expr]:
    logger = logging.getLogger(
        "sqlglot"
    )  # it logs the text of statements that it does not know; we tell them ourselves
    was, logger.disabled = logger.disabled, True
    try:
        return [each for each in sqlglot.parse(text, read=dialect) if each is not None]
    except ParseError as error:
        first = error.errors[0] if error.errors else {}
        what = str(first.get("description") or "it can not be parsed").rstrip(".")
        raise NotImportable(
            label, f"is not SQL as {dialect} has it: {what}; another dialect? --dialect", first.get("line")
        ) from None
    except (SqlglotError, RecursionError) as error:
        raise NotImportable(
            label, f"is not SQL as {dialect} has it ({type(error).__name__}); another dialect? --dialect"
        ) from None
    finally:
        logger.disabled = was


class _Reader:
    """Goes through the statements in their order."""

    def __init__(self, draft: Draft, dialect: str) -> None:
        self.draft = draft
        self.dialect = dialect
        self.enums: dict[str, list[str]] = {}
        self.others: Counter[str] = Counter()
        self.untyped: list[tuple[str, Column, int | None]] = []

    def statement(self, statement: exp.Expr) -> None:
        kind = str(statement.args.get("kind") or "").upper()
        if isinstance(statement, exp.Create) and kind == "TABLE":
            self._table(statement)
        elif isinstance(statement, exp.Create) and kind == "INDEX":
            self._index(statement)
        elif isinstance(statement, exp.Create) and kind == "TYPE" and isinstance(statement.expression, exp.DataType):
            self.enums[statement.this.name.lower()] = [each.name for each in statement.expression.expressions]
        elif isinstance(statement, exp.Comment):
            self._comment(statement)
        elif isinstance(statement, exp.Alter):
            self._alter(statement)
        elif not isinstance(statement, exp.Semicolon):
            self._other(statement, kind)

    def finish(self) -> None:
        for words, times in self.others.items():
            self.draft.leave("", f"{times} x {words}")
        for where, column, line in self.untyped:  # types may be created after the tables that use them
            column.allowed = self.enums.get((column.physical or "").strip('"').lower(), [])
            if column.allowed:
                column.logical = "string"
            elif column.physical:
                self.draft.leave(
                    where, f"what the type {column.physical} means; the contract has it as physicalType only", line
                )
            else:
                self.draft.leave(where, "has no type", line)

    def _other(self, statement: exp.Expr, kind: str) -> None:
        if isinstance(statement, exp.Create) and kind in ("VIEW", "MATERIALIZED VIEW"):
            self.draft.leave(statement.find(exp.Table).name, "a view does not say its types", _line(statement))  # ty: ignore
            return
        word = str(statement.this).upper() if isinstance(statement, exp.Command) else type(statement).__name__.upper()
        self.others[f"{word} {kind}".strip()] += 1

    # -- tables --------------------------------------------------------------------------------------------------------

    def _table(self, create: exp.Create) -> None:
        target = create.find(exp.Table)
        if target is None:
            return
        if not isinstance(create.this, exp.Schema):
            self.draft.leave(target.name, "has no list of columns (it is made from a query)", _line(target))
            return
        schema = target.db
        name = target.name if self.draft.table(target.name) is None else f"{schema}_{target.name}"
        table = Table(name, physical=f"{schema}.{target.name}" if schema else target.name)
        self.draft.tables.append(table)
        rest = [self._column(table, each) for each in create.this.expressions if isinstance(each, exp.ColumnDef)]
        for column, constraints in rest:
            for each in constraints:
                self._on_column(table, column, each)
        for each in create.this.expressions:
            if not isinstance(each, exp.ColumnDef):
                self._on_table(table, each)
        self._properties(table, create)

    def _properties(self, table: Table, create: exp.Create) -> None:
        properties = create.args.get("properties")
        for each in properties.expressions if properties else ():
            if isinstance(each, exp.SchemaCommentProperty):
                table.description = each.name
            else:
                self.draft.leave(table.name, f"{_words(each, self.dialect)}", _line(each))

    def _column(self, table: Table, definition: exp.ColumnDef) -> tuple[Column, list[exp.Expr]]:
        column = _typed(definition.name, definition.args.get("kind"), self.dialect)
        table.columns.append(column)
        if column.logical is None:
            self.untyped.append((f"{table.name}.{column.name}", column, _line(definition)))
        return column, [each.args["kind"] for each in definition.args.get("constraints") or () if "kind" in each.args]

    def _on_column(self, table: Table, column: Column, constraint: exp.Expr) -> None:
        if isinstance(constraint, exp.NotNullColumnConstraint):
            column.required = not constraint.args.get("allow_null")
        elif isinstance(constraint, exp.PrimaryKeyColumnConstraint):
            column.key, column.required = 1, True
        elif isinstance(constraint, exp.UniqueColumnConstraint):
            column.unique = True
        elif isinstance(constraint, exp.CommentColumnConstraint):
            column.description = constraint.name
        elif isinstance(constraint, exp.Reference):
            self._key(table, [column.name], constraint)
        elif isinstance(constraint, exp.CheckColumnConstraint):
            self._check(table, constraint)
        else:
            self.draft.leave(f"{table.name}.{column.name}", _words(constraint, self.dialect), _line(constraint))

    def _on_table(self, table: Table, constraint: exp.Expr) -> None:
        if isinstance(constraint, exp.Constraint | exp.AddConstraint):
            for each in constraint.expressions:
                self._on_table(table, each)
        elif isinstance(constraint, exp.PrimaryKey):
            self._primary_key(table, constraint)
        elif isinstance(constraint, exp.UniqueColumnConstraint):
            self._unique(table, _names(constraint.this.expressions) if constraint.this else [])
        elif isinstance(constraint, exp.ForeignKey):
            self._key(table, _names(constraint.expressions), constraint.args.get("reference"))
        elif isinstance(constraint, exp.CheckColumnConstraint):
            self._check(table, constraint)
        else:
            self.draft.leave(table.name, _words(constraint, self.dialect), _line(constraint))

    def _primary_key(self, table: Table, constraint: exp.PrimaryKey) -> None:
        for position, name in enumerate(_names(constraint.expressions), 1):
            column = table.column(name)
            if column:
                column.key, column.required = position, True
            else:
                self.draft.leave(table.name, f"the primary key has {name}, which is no column", _line(constraint))

    def _unique(self, table: Table, names: list[str]) -> None:
        column = table.column(names[0]) if len(names) == 1 else None
        if column:
            column.unique = True
        else:
            table.together.append(names)

    def _key(self, table: Table, ours: list[str], reference: exp.Expr | None) -> None:
        target = reference.find(exp.Table) if reference else None
        if target is None or reference is None:
            return
        theirs = _names(reference.this.expressions) if isinstance(reference.this, exp.Schema) else []
        if not theirs:  # the key of the other table
            other = self.draft.table(target.name)
            keys = sorted(
                (each for each in (other.columns if other else ()) if each.key), key=lambda each: each.key or 0
            )
            theirs = [each.name for each in keys]
        own = table.column(ours[0]) if len(ours) == 1 else None
        if not theirs:
            said = f"a key of {target.name}, which does not say of which column"
            self.draft.leave(f"{table.name}.{', '.join(ours)}", said, _line(target))
        elif own and len(theirs) == 1:
            own.references.append(f"{target.name}.{theirs[0]}")
        else:
            table.references.append((ours, [f"{target.name}.{name}" for name in theirs]))

    def _check(self, table: Table, constraint: exp.Expr) -> None:
        for condition in (
            constraint.this.unnest().flatten() if isinstance(constraint.this.unnest(), exp.And) else [constraint.this]
        ):
            if not apply_condition(condition, table):
                self.draft.leave(table.name, f"CHECK ({_words(condition, self.dialect)})", _line(condition))

    # -- what comes after ----------------------------------------------------------------------------------------------

    def _alter(self, alter: exp.Alter) -> None:
        table = self.draft.table(alter.this.name)
        for action in alter.args.get("actions") or ():
            if table is not None and isinstance(action, exp.AddConstraint):
                self._on_table(table, action)
            else:
                self.draft.leave(alter.this.name, f"ALTER TABLE: {_words(action, self.dialect)}", _line(alter))

    def _index(self, create: exp.Create) -> None:
        params = create.this.args.get("params") if create.args.get("unique") else None
        target = create.find(exp.Table)
        table = self.draft.table(target.name) if target and params else None
        if table is None or params is None:
            self.others["CREATE INDEX"] += 1
            return
        columns = [each.this if isinstance(each, exp.Ordered) else each for each in params.args.get("columns") or ()]
        if params.args.get("where") or not all(isinstance(each, exp.Column) for each in columns):
            self.draft.leave(table.name, "a unique index on some rows or on an expression", _line(create))
        else:
            self._unique(table, [each.name for each in columns])

    def _comment(self, comment: exp.Comment) -> None:
        said, of = comment.expression, comment.this
        text = said.name if isinstance(said, exp.Literal) else None
        if isinstance(of, exp.Column):
            table = self.draft.table(of.table)
            column = table.column(of.name) if table else None
            if column and text:
                column.description = text
                return
        table = self.draft.table(of.name)
        if isinstance(of, exp.Table) and table and text:
            table.description = text
        else:
            self.others["COMMENT ON"] += 1


def _typed(name: str, kind: exp.DataType | None, dialect: str) -> Column:
    """A column of that type, and what is nested in the type."""
    if not isinstance(kind, exp.DataType):
        return Column(name)
    column = Column(name, native_types.logical(kind), kind.sql(dialect))
    inner = [each for each in kind.expressions if isinstance(each, exp.DataType | exp.ColumnDef)]
    if column.logical == "object":
        column.columns = [
            _typed(each.name, each.args.get("kind"), dialect) for each in inner if isinstance(each, exp.ColumnDef)
        ]
    if column.logical == "array" and inner:
        column.items = _typed("", inner[0], dialect)
    if column.logical == "map":
        column.values = _typed("", inner[-1], dialect) if inner else None
    if column.logical == "string":
        sizes = [each.name for each in kind.expressions if isinstance(each, exp.DataTypeParam)]
        column.options = {"maxLength": int(sizes[0])} if sizes and sizes[0].isdigit() else {}
    if kind.this is _T.ENUM:
        column.allowed = [each.name for each in kind.expressions]
    return column


def _names(parts: Iterable[exp.Expr]) -> list[str]:
    return [each.this.name if isinstance(each, exp.Ordered) else each.name for each in parts]


def _words(part: exp.Expr, dialect: str) -> str:
    text = " ".join(part.sql(dialect).split())
    return text if len(text) <= 200 else text[:197] + "..."


def _line(part: exp.Expr) -> int | None:
    lines = [each.meta.get("line") for each in part.find_all(exp.Identifier)]
    return next((line for line in lines if line), None)
