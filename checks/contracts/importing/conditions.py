"""CHECK conditions of SQL that a contract can say about one column: lists, ranges, lengths and presence."""

from __future__ import annotations

from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from checks.contracts.importing.draft import Column, Table

_COMPARISONS: dict[type[exp.Expr], str] = {
    exp.GTE: "minimum",
    exp.LTE: "maximum",
    exp.GT: "exclusiveMinimum",
    exp.LT: "exclusiveMaximum",
}
_TURNED = {"minimum": "maximum", "maximum": "minimum", "exclusiveMinimum": "exclusiveMaximum"} | {
    "exclusiveMaximum": "exclusiveMinimum"
}
_LENGTHS = {"minimum": ("minLength", 0), "maximum": ("maxLength", 0)} | {
    "exclusiveMinimum": ("minLength", 1),
    "exclusiveMaximum": ("maxLength", -1),
}


def condition_of(text: str, table: Table, dialect: str | None) -> bool:
    """The same for a condition that is written as text."""
    if not text or len(text) > 10_000:
        return False
    try:
        return apply_condition(sqlglot.parse_one(text, read=dialect), table)
    except (SqlglotError, RecursionError):
        return False


def apply_condition(condition: exp.Expr, table: Table) -> bool:
    """Writes what the condition says into its column. False where a contract can not say it."""
    condition = _bare(condition)
    if isinstance(condition, exp.Not) and _is_null(condition.this):
        return _present(condition, table)
    if isinstance(condition, exp.In) and not condition.args.get("query"):
        return _listed(condition.this, condition.expressions, table)
    if isinstance(condition, exp.EQ) and isinstance(_bare(condition.expression), exp.Any):
        array = condition.expression.find(exp.Array)
        return array is not None and _listed(condition.this, array.expressions, table)
    if isinstance(condition, exp.Between):
        low, high = condition.args["low"], condition.args["high"]
        return _both(condition.this, low, high, table)
    key = _COMPARISONS.get(type(condition))
    if key is None:
        return False
    if _value(condition.this) is not None:
        return _bound(condition.expression, _TURNED[key], _value(condition.this), table)
    return _bound(condition.this, key, _value(condition.expression), table)


def _both(of: exp.Expr, low: exp.Expr, high: exp.Expr, table: Table) -> bool:
    ends = _value(low), _value(high)
    if None in ends:
        return False
    return _bound(of, "minimum", ends[0], table) and _bound(of, "maximum", ends[1], table)


def _bound(of: exp.Expr, key: str, value: Any, table: Table) -> bool:
    of = _bare(of)
    if isinstance(of, exp.Length):
        return _length(of, key, value, table)
    column = _column(of, table)
    fits = column and _is_bound(column, value)
    if not column or not fits or key in column.options:
        return False
    column.options[key] = value
    return True


def _length(of: exp.Length, key: str, value: Any, table: Table) -> bool:
    column = _column(_bare(of.this), table)
    key, more = _LENGTHS[key]
    if column is None or not isinstance(value, int) or value + more < 0:
        return False
    column.options[key] = value + more
    return True


def _is_bound(column: Column, value: Any) -> bool:
    if column.logical in ("integer", "number"):
        return isinstance(value, int | float)
    return column.logical in ("date", "timestamp", "time") and isinstance(value, str)


def _listed(of: exp.Expr, parts: list[exp.Expr], table: Table) -> bool:
    column = _column(_bare(of), table)
    values = [_value(part) for part in parts]
    if column is None or not values or None in values or column.allowed not in ([], values):
        return False
    column.allowed = values
    return True


def _present(condition: exp.Expr, table: Table) -> bool:
    column = _column(_bare(condition.this.unnest().this), table)
    if column is not None:
        column.required = True
    return column is not None


def _is_null(part: exp.Expr) -> bool:
    part = part.unnest()
    return isinstance(part, exp.Is) and isinstance(part.expression, exp.Null)


def _column(part: exp.Expr, table: Table) -> Column | None:
    return table.column(part.name) if isinstance(part, exp.Column) else None


def _value(part: exp.Expr) -> str | int | float | None:
    """A literal's value; dates as text. None where it is something else."""
    part = _bare(part)
    if isinstance(part, exp.Neg):
        value = _value(part.this)
        return -value if isinstance(value, int | float) else None
    if not isinstance(part, exp.Literal):
        return None
    if part.is_string:
        return part.name
    return int(part.name) if part.is_int else float(part.name)


def _bare(part: exp.Expr) -> exp.Expr:
    """Without parentheses and casts, which dumps put around everything."""
    while isinstance(part, exp.Paren | exp.Cast):
        part = part.this
    return part
