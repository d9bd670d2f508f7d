"""SQL of people: exactly one statement that only reads, and classified values hidden wherever a query could carry them.

The walls are the read-only role and session. This is the lint before them, and the veil over classified columns: each
table that has some is replaced by a subquery in which their values are masked. An alias, a function, a whole row turned
into JSON or a union then only ever carries masks. What could reach a table without naming it (functions that run SQL or
read files, tables that are not watched, views without a contract of their own) is refused where anything is classified.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError

from checks.refusal import MASK, Refused
from connectors import Column, Source, TableName

_LONGEST = 100_000
_WRITING = (
    exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Into, exp.Create, exp.Drop, exp.Alter, exp.TruncateTable,
    exp.Copy, exp.Command, exp.Set, exp.Pragma, exp.Attach, exp.Detach, exp.Lock,
)  # fmt: skip
#: what does more than compute from rows: changes something, reads files or settings, runs SQL that is in a text
_BEYOND_ROWS = re.compile(
    r"pg_(?!typeof$|size_pretty$|column_size$|relation_size$|table_size$|total_relation_size$|get_).*|lo_.*|dblink.*"
    r"|set_config|setval|nextval|.*_to_xml.*|ts_stat|ts_rewrite|txid_.*|inet_.*_(addr|port)"
    r"|read_.*|readcsv|readparquet|parquet_.*|sniff_csv|glob|query|query_table|json_(de)?serialize_sql"
    r"|json_execute_serialized_sql|getenv|getvariable|duckdb_.*|pragma_.*|load_extension|readfile|writefile|edit|load_file"
)
#: functions that sqlglot has no class for, and that compute from what they are given
_HARMLESS = frozenset(
    """age alias array_length bit_length cardinality date_diff datediff histogram iif isfinite isinf isodow json_agg
    json_array_length json_build_object json_each json_extract_string json_typeof jsonb_agg jsonb_array_length
    jsonb_build_object jsonb_each jsonb_typeof julianday list_distinct list_sort list_value make_date make_timestamp
    map_keys num_nonnulls num_nulls octet_length percentile_cont printf quote_ident quote_literal regexp_full_match
    regexp_matches row row_to_json strptime struct_extract struct_pack to_json total typeof unixepoch unnest
    width_bucket generate_series range""".split()  # noqa: SIM905 a list of names reads better without quotes
)


@dataclass(frozen=True, slots=True)
class Veil:
    """What is hidden in a source: for each watched table the columns (lower case) whose values nobody is shown.
    `governed` are the tables whose own contract says so; of the others all columns are hidden that are called like one
    that is hidden somewhere. Empty where nothing is classified."""

    tables: Mapping[TableName, frozenset[str]]
    governed: frozenset[TableName]

    def __bool__(self) -> bool:
        return any(self.tables.values())


def verified(sql: str, dialect: str) -> exp.Query:
    """The statement, if it parses as exactly one query that only reads. Raises Refused."""
    if len(sql) > _LONGEST:
        raise Refused(f"the query is too long: {len(sql):,} characters, at most {_LONGEST:,} are read")
    try:
        statements = [statement for statement in sqlglot.parse(sql, dialect=dialect) if statement is not None]
        if len(statements) != 1:
            raise Refused(f"write one SELECT; these are {len(statements)} statements")
        return _only_reading(statements[0])
    except SqlglotError as error:
        raise Refused(f"this is not SQL that {dialect} understands: {_detail(error)}") from None
    except RecursionError:
        raise Refused("the query is nested too deeply to be read") from None


def veiled(statement: exp.Query, source: Source, veil: Veil) -> str:
    """The statement in the source's SQL with all classified values masked. Raises Refused for what can not be shown
    without them, or not be told apart from it."""
    for call in statement.find_all(exp.Func):
        _refuse_unknown(call)
    tables = [(node, _watched(node, veil, source.dialect)) for node in base_tables(statement, source.dialect)]
    hidden = {name for _, table in tables for name in veil.tables[table]}
    _refuse_uses(statement, hidden)
    for node, table in tables:
        refuse_view_on_hidden(table, source, veil)
        if veil.tables[table]:
            node.replace(_masked_table(node, table, veil.tables[table], source.columns(table)))
    return statement.sql(dialect=source.dialect, comments=False)


# -- reading only ------------------------------------------------------------------------------------------------------


def _only_reading(statement: exp.Expr) -> exp.Query:
    if not isinstance(statement, exp.Query):
        word = statement.name if isinstance(statement, exp.Command) else statement.key
        raise Refused(f"only SELECT is allowed here, not {word.upper()}")
    for kind in _WRITING:
        if statement.find(kind):
            raise Refused(f"only reading is allowed here, not {kind.__name__.upper()}")
    for name in calls_beyond_rows(statement):
        raise Refused(f"{name}() does more than compute from rows, so it is not allowed here")
    return statement


def calls_beyond_rows(statement: exp.Expr) -> list[str]:
    """The functions in a statement that do more than compute from rows: read files, run SQL that is in a text, ..."""
    names = (_function_name(call) for call in statement.find_all(exp.Func))
    return [name for name in names if _BEYOND_ROWS.fullmatch(name)]


def _function_name(call: exp.Func) -> str:
    return (call.name if isinstance(call, exp.Anonymous) else call.key).lower()


def _detail(error: SqlglotError) -> str:
    errors = getattr(error, "errors", None)
    if not errors:
        return str(error).splitlines()[0][:200]
    return f"{errors[0]['description']} (line {errors[0]['line']}, column {errors[0]['col']})"


# -- hiding ------------------------------------------------------------------------------------------------------------


def _refuse_unknown(call: exp.Func) -> None:
    name = _function_name(call)
    if isinstance(call, exp.Anonymous) and name not in _HARMLESS:
        raise Refused(
            f"{name}() is not known here, so it can not be told whether it shows classified values; leave it out"
        )


def _refuse_uses(statement: exp.Query, hidden: set[str]) -> None:
    for column in statement.find_all(exp.Column):
        if column.name.lower() in hidden and not _is_harmless(column):
            _refuse_use(column.name)
    for join in statement.find_all(exp.Join):
        for using in join.args.get("using") or ():
            if using.name.lower() in hidden:
                _refuse_use(using.name)


def _refuse_use(column: str) -> None:
    raise Refused(f"column '{column}' is classified: it can be selected, counted and tested for NULL, and nothing else")


def _is_harmless(column: exp.Column) -> bool:
    """Selected as it is, counted, tested for NULL, or left out of a star."""
    parent = column.parent
    if isinstance(parent, exp.Distinct):
        parent = parent.parent
    if isinstance(parent, exp.Alias):
        return isinstance(parent.parent, exp.Select) and parent.arg_key == "expressions"
    if isinstance(parent, exp.Is):
        return isinstance(parent.expression, exp.Null)
    if isinstance(parent, exp.Select):
        return column.arg_key == "expressions"
    return isinstance(parent, exp.Count | exp.Star)


def base_tables(statement: exp.Expr, dialect: str) -> list[exp.Table]:
    """The tables and views that a statement names: no parts of its WITH, no functions."""
    return [
        node
        for node in statement.find_all(exp.Table)
        if not isinstance(node.this, exp.Func) and not _is_of_with(node, dialect)
    ]


def _is_of_with(node: exp.Table, dialect: str) -> bool:
    """Whether the name means a part of a WITH that is in scope, and no table."""
    if node.args.get("db"):
        return False
    wanted, child = _normal(node.this, dialect), node
    for parent in _ancestors(node):
        inside = parent if isinstance(parent, exp.With) else None
        beside = None if inside else parent.args.get("with_")
        names = _names_before(inside, child, dialect) if inside else _names(beside, dialect) if beside else ()
        if beside is not child and wanted in names:
            return True
        child = parent
    return False


def _ancestors(node: exp.Expr) -> Iterator[exp.Expr]:
    while node.parent is not None:
        node = node.parent
        yield node


def _names(with_: exp.With, dialect: str) -> list[str]:
    return [_normal(cte.args["alias"].this, dialect) for cte in with_.expressions]


def _names_before(with_: exp.With, cte: exp.Expr, dialect: str) -> list[str]:
    """The parts that one of them may refer to: those before it, and itself where that is recursion."""
    place = next(index for index, each in enumerate(with_.expressions) if each is cte)
    return _names(with_, dialect)[: place + bool(with_.args.get("recursive"))]


def _normal(name: exp.Expr, dialect: str) -> str:
    """An identifier as the warehouse compares it: "People" and people are two names in PostgreSQL and one in DuckDB."""
    return Dialect.get_or_raise(dialect).normalize_identifier(name.copy()).name


def _watched(node: exp.Table, veil: Veil, dialect: str) -> TableName:
    schema = node.args.get("db")
    found = [
        table
        for table in veil.tables
        if table.name.lower() == node.name.lower()
        and (not schema or (table.schema or "").lower() == schema.name.lower())
    ]
    if len(found) > 1:
        raise Refused(f"there is more than one table '{node.name}'; write {' or '.join(map(str, sorted(found)))}")
    if not found:
        watched = ", ".join(map(str, sorted(veil.tables)[:8]))
        raise Refused(
            f"'{node.sql(dialect=dialect)}' is no table that is watched here, and where columns are classified only "
            f"those can be asked: {watched}"
        )
    return found[0]


def refuse_view_on_hidden(
    view: TableName, source: Source, veil: Veil, seen: frozenset[TableName] = frozenset()
) -> None:
    """A view can give a column any name. Where it reads a table with classified columns, only its own contract says
    what is to be hidden."""
    definition = None if view in veil.governed or view in seen else source.view_definition(view)
    for other in veil.tables if definition else ():
        if other == view or not re.search(rf"(?<!\w){re.escape(other.name)}(?!\w)", definition or "", re.IGNORECASE):
            continue
        if other in veil.governed and veil.tables[other]:
            raise Refused(
                f"the view {view} reads {other}, which has classified columns; classify the view's own columns in a "
                f"contract, or ask {other}"
            )
        refuse_view_on_hidden(other, source, veil, seen | {view})


def _masked_table(node: exp.Table, table: TableName, hidden: frozenset[str], columns: Sequence[Column]) -> exp.Subquery:
    extras = [key for key in ("sample", "only", "when", "version", "changes", "rows_from") if node.args.get(key)]
    if extras:
        raise Refused(f"{extras[0].upper()} does not go together with the classified columns of {table}; leave it out")
    bare = exp.Table(this=_quoted(table.name), db=_quoted(table.schema) if table.schema else None)
    if node.args.get("catalog"):
        bare.set("catalog", node.args["catalog"].copy())
    shown = [_masked(column) if column.name.lower() in hidden else _column(column) for column in columns]
    inner = exp.Subquery(this=exp.Select(expressions=shown).from_(bare))
    inner.set("alias", node.args.get("alias") or exp.TableAlias(this=node.this.copy()))
    for key in ("joins", "pivots", "laterals"):
        if node.args.get(key):
            inner.set(key, node.args[key])
    return inner


def _masked(column: Column) -> exp.Alias:
    """NULL stays NULL, for that is what many checks are about."""
    is_null = exp.Is(this=_column(column), expression=exp.Null())
    hidden = exp.Case(ifs=[exp.If(this=is_null, true=exp.Null())], default=exp.Literal.string(MASK))
    return exp.Alias(this=hidden, alias=_quoted(column.name))


def _column(column: Column) -> exp.Column:
    return exp.Column(this=_quoted(column.name))


def _quoted(name: str) -> exp.Identifier:
    return exp.Identifier(this=name, quoted=True)
