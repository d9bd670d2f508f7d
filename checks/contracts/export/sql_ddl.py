"""A contract as SQL: CREATE TABLE with keys, checks and comments, in the dialect of a warehouse.

The type of a column is its physicalType, translated, else what its logicalType is in SQL. Comments are statements where
the dialect has them, and lines for people where it has not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time

from sqlglot import exp

from checks.contracts import native_types
from checks.contracts.dialects import dialect_of
from checks.contracts.document import Document, Node
from checks.contracts.export.fields import Field, fields, key_fields, table_name

_T = exp.DataType.Type
_COMMENT_STATEMENTS = {"duckdb", "postgres", "redshift", "oracle", "snowflake", "trino", "athena", "materialize"}
_HAVE_STRUCTS = {"duckdb", "bigquery", "spark", "spark2", "databricks", "hive", "trino", "presto", "athena"}
_HAVE_ARRAYS = _HAVE_STRUCTS | {"postgres", "clickhouse", "snowflake"}
_MOMENTS = {"date": date.fromisoformat, "timestamp": datetime.fromisoformat, "time": time.fromisoformat}
_WITHOUT_LENGTHS = {"duckdb", "sqlite"}  # VARCHAR(5) holds any text there
_PLAIN = {
    "string": _T.TEXT, "date": _T.DATE, "timestamp": _T.TIMESTAMPTZ, "time": _T.TIME, "number": _T.DOUBLE,
    "integer": _T.BIGINT, "boolean": _T.BOOLEAN,
}  # fmt: skip
_SIZES = {text: kind for kind, text in native_types.INTEGER_FORMATS.items() if text in ("i8", "i16", "i32", "i64")}
_NESTED = (_T.STRUCT, _T.OBJECT, _T.MAP, _T.ARRAY, _T.LIST, _T.NESTED)
_BOUNDS = {"minimum": exp.GTE, "maximum": exp.LTE, "exclusiveMinimum": exp.GT, "exclusiveMaximum": exp.LT}


def sql_ddl(document: Document, tables: Sequence[Node], dialect: str | None) -> str:
    """The statements as text. `dialect` is one of sqlglot's, None that of the contract's own server."""
    written = dialect_of(document)
    wanted = dialect or written
    statements = [statement for table in tables for statement in _statements(table, written, wanted)]
    return "\n\n".join(statements) + "\n"


def _statements(table: Node, written: str, wanted: str) -> Iterator[str]:
    columns = fields(table, written)
    target = _table(table)
    lines: list[exp.Expr] = [_column(each, wanted) for each in columns]
    keys = key_fields(table, written)
    if keys:
        lines.append(exp.PrimaryKey(expressions=[exp.to_identifier(key.column, quoted=True) for key in keys]))
    create = exp.Create(this=exp.Schema(this=target, expressions=lines), kind="TABLE")
    comments = [(None, table.text("description")), *((each.column, each.description) for each in columns)]
    told = [(column, text) for column, text in comments if text]
    body = create.sql(wanted, pretty=True) + ";"
    if wanted in _COMMENT_STATEMENTS:
        yield body
        yield from (_comment(target, column, text).sql(wanted) + ";" for column, text in told)
    else:
        named = [f"-- {column or table_name(table)}: {text}" for column, text in told]
        yield "\n".join([*(" ".join(line.split()) for line in named), body])


def _table(table: Node) -> exp.Table:
    """A name with a dot carries its schema, as when contracts are matched with tables."""
    schema, _, name = table_name(table).rpartition(".")
    parts = {"this": exp.to_identifier(name, quoted=True)}
    if schema:
        parts["db"] = exp.to_identifier(schema.rpartition(".")[2], quoted=True)
    return exp.Table(**parts)


def _comment(table: exp.Table, column: str | None, text: str) -> exp.Comment:
    said = exp.Literal.string(text.replace("\0", ""))
    if column is None:
        return exp.Comment(this=table.copy(), kind="TABLE", expression=said)
    of = exp.Column(this=exp.to_identifier(column, quoted=True), table=table.this.copy(), db=table.args.get("db"))
    return exp.Comment(this=of, kind="COLUMN", expression=said)


# -- a column ----------------------------------------------------------------------------------------------------------


def _column(one: Field, dialect: str) -> exp.ColumnDef:
    name = exp.to_identifier(one.column, quoted=True)
    constraints: list[exp.Expr] = []
    if one.required:
        constraints.append(exp.NotNullColumnConstraint())
    if one.node.flag("unique"):
        constraints.append(exp.UniqueColumnConstraint())
    conditions = [*_conditions(one, exp.column(name.copy())), *_lengths(one, exp.column(name.copy()), dialect)]
    constraints += [exp.CheckColumnConstraint(this=condition) for condition in conditions]
    wrapped = [exp.ColumnConstraint(kind=each) for each in constraints]
    return exp.ColumnDef(this=name, kind=_type(one, dialect), constraints=wrapped)


def _conditions(one: Field, column: exp.Column) -> Iterator[exp.Expr]:
    if one.logical in ("number", "integer"):
        for key, comparison in _BOUNDS.items():
            bound = one.number(key)
            if bound is not None:
                yield comparison(this=column.copy(), expression=_literal(bound))
    yield from _moments(one, column)
    fitting = {"string": str, "number": (int, float), "integer": int}.get(one.logical or "")
    values = one.allowed if one.native is None or _is_plain(one.native) else []
    if fitting and values and all(isinstance(value, fitting) and not isinstance(value, bool) for value in values):
        yield exp.In(this=column.copy(), expressions=[_literal(value) for value in values])


def _moments(one: Field, column: exp.Column) -> Iterator[exp.Expr]:
    """Limits of dates and times, where the column is of such a type."""
    reader = _MOMENTS.get(one.logical or "")
    if reader is None or (one.native is not None and native_types.logical(one.native) != one.logical):
        return
    for key, comparison in _BOUNDS.items():
        bound = one.option(key)
        if isinstance(bound, str) and _can(reader, bound):
            literal = exp.cast(exp.Literal.string(bound), one.native or exp.DataType(this=_PLAIN[one.logical or ""]))
            yield comparison(this=column.copy(), expression=literal)


def _can(reader: Callable[[str], object], text: str) -> bool:
    try:
        reader(text)
    except ValueError:
        return False
    return True


def _lengths(one: Field, column: exp.Column, dialect: str) -> Iterator[exp.Expr]:
    """What the type itself does not hold."""
    if one.logical != "string" or not (one.native is None or one.native.is_type(*exp.DataType.TEXT_TYPES)):
        return
    shortest, longest = one.size("minLength"), one.size("maxLength")
    if shortest:
        yield exp.GTE(this=exp.Length(this=column.copy()), expression=exp.convert(shortest))
    sized = dialect not in _WITHOUT_LENGTHS and (one.native is None or one.native.find(exp.DataTypeParam) is not None)
    if longest is not None and not (sized and longest):
        yield exp.LTE(this=exp.Length(this=column.copy()), expression=exp.convert(longest))


def _is_plain(kind: exp.DataType | None) -> bool:
    """Whether text and numbers can be compared with it: no enum, uuid, JSON or list."""
    return kind is not None and kind.is_type(*exp.DataType.TEXT_TYPES, *exp.DataType.NUMERIC_TYPES)


def _literal(value: str | float) -> exp.Expr:
    return exp.Literal.string(value) if isinstance(value, str) else exp.convert(value)


def _type(one: Field, dialect: str) -> exp.DataType:
    native = one.native
    if native is not None and not (native.this in _NESTED and one.dialect != dialect):
        return native.copy()
    return _of_logical(one, dialect)


def _of_logical(one: Field, dialect: str) -> exp.DataType:
    logical = one.logical
    if logical == "object" and one.fields and dialect in _HAVE_STRUCTS:
        members = [
            exp.ColumnDef(this=exp.to_identifier(each.column, quoted=True), kind=_type(each, dialect))
            for each in one.fields
        ]
        return exp.DataType(this=_T.STRUCT, expressions=members, nested=True)
    if logical in ("array", "vector") and dialect in _HAVE_ARRAYS:
        inner = _type(one.items, dialect) if one.items else exp.DataType(this=_T.TEXT)
        inner = exp.DataType(this=_T.DOUBLE) if logical == "vector" else inner
        return exp.DataType(this=_T.ARRAY, expressions=[inner], nested=True)
    if logical in ("object", "array", "map", "vector"):
        return exp.DataType(this=_T.JSONB if dialect == "postgres" else _T.JSON)
    return _of_plain(one, dialect)


def _of_plain(one: Field, dialect: str) -> exp.DataType:
    if one.logical == "string" and one.size("maxLength") and dialect not in _WITHOUT_LENGTHS:
        size = exp.DataTypeParam(this=exp.Literal.number(str(one.size("maxLength"))))
        return exp.DataType(this=_T.VARCHAR, expressions=[size])
    if one.logical == "integer" and one.format in _SIZES:
        return exp.DataType(this=_SIZES[one.format])
    if one.logical == "timestamp" and one.option("timezone") is False:
        return exp.DataType(this=_T.TIMESTAMP)
    return exp.DataType(this=_PLAIN.get(one.logical or "", _T.TEXT))
