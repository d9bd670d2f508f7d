"""Conditions between the columns of a row, as contracts write them: `ends_at >= starts_at or cancelled`.

A small part of SQL that every warehouse has, read here and written as an ibis expression, so that nothing of the text
reaches a warehouse. It has columns, values, comparisons and a few functions that compute from a single row; there are
no subqueries, aggregates, or functions that look anywhere else.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache, reduce
from typing import TYPE_CHECKING, Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from checks import regex
from checks.metrics import finite_values, kind_of, text_of
from checks.moments import literal_naive
from checks.records import RowsExpected
from connectors import Column

if TYPE_CHECKING:
    import ibis.expr.types as ir

_LONGEST = 4_000
_COMPARISONS: dict[type, Callable[[Any, Any], Any]] = {
    exp.EQ: operator.eq, exp.NEQ: operator.ne, exp.GT: operator.gt, exp.GTE: operator.ge, exp.LT: operator.lt,
    exp.LTE: operator.le,
}  # fmt: skip
_CONNECTED: dict[type, Callable[[Any, Any], Any]] = {exp.And: operator.and_, exp.Or: operator.or_}
_ARITHMETIC: dict[type, Callable[[Any, Any], Any]] = {
    exp.Add: operator.add, exp.Sub: operator.sub, exp.Mul: operator.mul,
}  # fmt: skip
_DIVIDED: dict[type, Callable[[Any, Any], Any]] = {exp.Div: operator.truediv, exp.Mod: operator.mod}
_OF_ONE: dict[type, Callable[[Any], Any]] = {
    exp.Not: lambda value: ~value, exp.Neg: lambda value: -value, exp.Paren: lambda value: value,
    exp.Abs: lambda value: value.abs(), exp.Lower: lambda value: value.lower(), exp.Upper: lambda value: value.upper(),
    exp.Length: lambda value: value.length(), exp.Trim: lambda value: value.strip(),
    exp.Year: lambda value: value.year(), exp.Month: lambda value: value.month(), exp.Day: lambda value: value.day(),
}  # fmt: skip
_CASTS = {
    exp.DType.INT: "int64", exp.DType.BIGINT: "int64", exp.DType.DOUBLE: "float64", exp.DType.FLOAT: "float64",
    exp.DType.TEXT: "string", exp.DType.VARCHAR: "string", exp.DType.DATE: "date", exp.DType.TIMESTAMP: "timestamp",
}  # fmt: skip
_UNITS = {"WEEK": "W", "DAY": "D", "HOUR": "h", "MINUTE": "m", "SECOND": "s"}
_OTHERS = (
    exp.Column, exp.Identifier, exp.Literal, exp.Boolean, exp.Null, exp.Is, exp.In, exp.Between, exp.Like, exp.Case,
    exp.If, exp.Coalesce, exp.Nullif, exp.Round, exp.Cast, exp.DataType, exp.Interval, exp.Var, exp.DPipe,
    exp.RegexpLike, exp.StartsWith, exp.NullSafeEQ, exp.NullSafeNEQ,
)  # fmt: skip
_KNOWN = (*_COMPARISONS, *_CONNECTED, *_ARITHMETIC, *_DIVIDED, *_OF_ONE, *_OTHERS)
#: what can not be true or false as a whole
_NO_CONDITIONS = (*_ARITHMETIC, *_DIVIDED, exp.Literal, exp.Neg, exp.Abs, exp.Lower, exp.Upper, exp.Length, exp.Trim)
_HELP = (
    "known are comparisons, and, or, not, in, between, like, is null, case, + - * / % ||, abs, round, length, lower, "
    "upper, trim, coalesce, nullif, cast, year, month, day, starts_with, regexp_like and interval '1' day"
)


@lru_cache(maxsize=1024)
def parsed(text: str) -> exp.Expr:
    """The condition, if it has nothing but what is known here. Raises ValueError with the half of a sentence that
    follows it."""
    if len(text) > _LONGEST:
        raise ValueError(f"is longer than {_LONGEST:,} characters")
    try:
        found = sqlglot.parse_one(text)
    except (SqlglotError, RecursionError) as error:
        raise ValueError(f"is no condition that can be read; {_HELP}") from error
    for node in found.walk():
        wrong = _complaint(node)
        if wrong:
            raise ValueError(f"{wrong}; {_HELP}")
    if not list(found.find_all(exp.Column)):
        raise ValueError("names no column")
    if isinstance(found.unnest(), _NO_CONDITIONS):
        raise ValueError("is nothing that is true or false; write a comparison")
    return found


def _complaint(node: exp.Expr) -> str | None:
    """What of a node is not known here: the node, a part of it that would be left out, or a part of the wrong kind."""
    kind, word = type(node), (node.name if isinstance(node, exp.Anonymous) else node.key).upper()
    if kind not in _KNOWN:
        return f"uses {word}, which is not known here"
    known = {"this", "_type"} if kind in _OF_ONE or kind is exp.Column else _PARTS
    more = next((part for part, value in node.args.items() if value and part not in known), None)
    if more:
        return f"uses {word} with {more}, which is not known here"
    fits = _FITS.get(kind)
    return None if fits is None or fits(node) else f"uses {word} with something else than what is known here"


def _is_text(node: Any) -> bool:
    return isinstance(node, exp.Literal) and node.is_string


def _is_whole(node: Any) -> bool:
    return isinstance(node, exp.Literal) and node.name.isdecimal()


_PARTS = {
    "this", "expression", "expressions", "low", "high", "ifs", "true", "false", "default", "decimals", "to", "unit",
    "is_string", "quoted", "negate", "safe", "_type",
}  # fmt: skip
_FITS: dict[type, Callable[[Any], bool]] = {
    exp.Like: lambda node: _is_text(node.expression),
    exp.StartsWith: lambda node: _is_text(node.expression),
    exp.RegexpLike: lambda node: _is_text(node.expression) and regex.is_pattern(node.expression.name),
    exp.Round: lambda node: node.args.get("decimals") is None or _is_whole(node.args["decimals"]),
    exp.Is: lambda node: isinstance(node.expression, exp.Null | exp.Boolean),
    exp.Cast: lambda node: node.to.this in _CASTS,
    exp.Interval: lambda node: _is_whole(node.this) and _unit(node) in _UNITS,
}


def _unit(node: exp.Interval) -> str:
    return str(node.args.get("unit")).upper().removesuffix("S")


def names_in(text: str) -> tuple[str, ...]:
    """The names of columns in a condition, in the order in which they come."""
    return tuple(dict.fromkeys(column.name for column in parsed(text).find_all(exp.Column)))


def lacking(expects: RowsExpected, dialect: str) -> str | None:
    """What of the condition a backend does not have, None where nothing is known."""
    if dialect == "sqlite" and parsed(expects.expression).find(exp.Interval):
        return "it can not add intervals to moments"
    patterns = [node.expression.name for node in parsed(expects.expression).find_all(exp.RegexpLike)]
    return next((why for pattern in patterns if (why := regex.lacking(pattern, dialect))), None)


def condition(table: ir.Table, expects: RowsExpected, columns: Sequence[Column], dialect: str) -> Any:
    """The condition over a table of rows: NULL where it is neither true nor false."""
    by_name = {column.name: column for column in columns}
    values = {name: _value(table, by_name[column], dialect) for name, column in expects.names}
    return _Writer(values, dialect).write(parsed(expects.expression))


def _value(table: ir.Table, column: Column, dialect: str) -> Any:
    """A column in a form that compares: numbers that are finite, moments of SQLite that are written alike."""
    kind, value = kind_of(column), table[column.name]
    if kind.is_numeric() and not kind.is_boolean():
        return finite_values(column, kind, dialect)(value)
    if dialect == "sqlite" and (kind.is_date() or kind.is_timestamp()):
        return value.cast("string").cast("date" if kind.is_date() else "timestamp")
    as_text = text_of(column, dialect)
    return as_text(value) if as_text else value


class _Writer:
    """Writes a parsed condition; `values` are the columns by the names that the condition has for them."""

    def __init__(self, values: Mapping[str, Any], dialect: str) -> None:
        self._values = values
        self._dialect = dialect

    def write(self, node: Any) -> Any:
        kind = type(node)
        if kind in _OF_ONE:
            return _OF_ONE[kind](self.write(node.this))
        if kind in _COMPARISONS:
            return _COMPARISONS[kind](*self._alike(node.this, node.expression))
        if kind in _CONNECTED or kind in _ARITHMETIC:
            return (_CONNECTED | _ARITHMETIC)[kind](self.write(node.this), self.write(node.expression))
        if kind in _DIVIDED:  # by 0 is NULL everywhere
            return _DIVIDED[kind](self.write(node.this), _expression(self.write(node.expression)).nullif(0))
        return _WRITERS[kind](self, node)

    def column(self, node: exp.Column) -> Any:
        return self._values[node.name]

    def literal(self, node: exp.Literal) -> Any:
        return _literal(node.name if node.is_string else float(node.name) if not node.is_int else int(node.name))

    def is_(self, node: exp.Is) -> Any:
        value, other = _expression(self.write(node.this)), node.expression
        return value.isnull() if isinstance(other, exp.Null) else value.fill_null(not other.this) == other.this

    def in_(self, node: exp.In) -> Any:
        pairs = (self._alike(node.this, each) for each in node.expressions)
        return reduce(operator.or_, [value == other for value, other in pairs])

    def between(self, node: exp.Between) -> Any:
        low, high = self._alike(node.this, node.args["low"]), self._alike(node.this, node.args["high"])
        return (low[0] >= low[1]) & (high[0] <= high[1])

    def like(self, node: exp.Like) -> Any:
        found = self.write(node.this).like(node.expression.name)
        return ~found if node.args.get("negate") else found

    def case(self, node: exp.Case) -> Any:
        import ibis

        whole = node.this
        branches = [
            (
                self.write(exp.EQ(this=whole.copy(), expression=each.this.copy()) if whole else each.this),
                each.args["true"],
            )
            for each in node.args["ifs"]
        ]
        default = node.args.get("default")
        return ibis.cases(
            *((test, self.write(value)) for test, value in branches), else_=self.write(default) if default else None
        )

    def if_(self, node: exp.If) -> Any:
        return self.case(exp.Case(ifs=[node.copy()], default=node.args.get("false")))

    def coalesce(self, node: exp.Coalesce) -> Any:
        import ibis

        return ibis.coalesce(*(self.write(each) for each in (node.this, *node.expressions)))

    def nullif(self, node: exp.Nullif) -> Any:
        return self.write(node.this).nullif(self.write(node.expression))

    def round_(self, node: exp.Round) -> Any:
        decimals = node.args.get("decimals")
        return self.write(node.this).round(int(decimals.name) if decimals else 0)

    def cast(self, node: exp.Cast) -> Any:
        return self.write(node.this).cast(_CASTS[node.to.this])

    def interval(self, node: exp.Interval) -> Any:
        import ibis

        return ibis.interval(int(node.this.name), unit=_UNITS[_unit(node)])

    def joined(self, node: exp.DPipe) -> Any:
        return self.write(node.this).concat(self.write(node.expression))

    def matches(self, node: exp.RegexpLike) -> Any:
        return self.write(node.this).cast("string").re_search(regex.in_words_of(self._dialect, node.expression.name))

    def starts(self, node: exp.StartsWith) -> Any:
        return self.write(node.this).startswith(node.expression.name)

    def identical(self, node: exp.NullSafeEQ) -> Any:
        left, right = self._alike(node.this, node.expression)
        return left.identical_to(right)

    def _alike(self, left: exp.Expr, right: exp.Expr) -> tuple[Any, Any]:
        """Two sides in terms that compare: text beside a moment is one, and a date beside a moment its midnight."""
        one, other = self.write(left), self.write(right)
        return self._beside(one, other, left), self._beside(other, one, right)

    def _beside(self, value: Any, other: Any, node: exp.Expr) -> Any:
        if not (other.type().is_timestamp() or other.type().is_date()):
            return value
        if isinstance(node, exp.Literal) and node.is_string:
            return literal_naive(_moment(node.name), other, self._dialect)
        return value.cast("timestamp") if value.type().is_date() and other.type().is_timestamp() else value


_WRITERS: dict[type, Callable[[_Writer, Any], Any]] = {
    exp.Column: _Writer.column, exp.Literal: _Writer.literal, exp.Is: _Writer.is_, exp.In: _Writer.in_,
    exp.Between: _Writer.between, exp.Like: _Writer.like, exp.Case: _Writer.case, exp.If: _Writer.if_,
    exp.Coalesce: _Writer.coalesce, exp.Nullif: _Writer.nullif, exp.Round: _Writer.round_, exp.Cast: _Writer.cast,
    exp.Interval: _Writer.interval, exp.DPipe: _Writer.joined, exp.RegexpLike: _Writer.matches,
    exp.StartsWith: _Writer.starts, exp.NullSafeEQ: _Writer.identical,
    exp.NullSafeNEQ: lambda writer, node: ~writer.identical(node),
    exp.Boolean: lambda _, node: _literal(node.this), exp.Null: lambda *_: _literal(None),
}  # fmt: skip


def _literal(value: Any) -> Any:
    import ibis

    return ibis.literal(value)


def _expression(value: Any) -> Any:
    return value if hasattr(value, "type") else _literal(value)


def _moment(text: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text), datetime.min.time())
    except ValueError:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
