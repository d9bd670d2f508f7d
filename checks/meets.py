"""The predicates of values as ibis expressions, once `expressible.py` has let them through."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import reduce
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from checks import json_values, nested, regex, within
from checks.checkdigits import has_right_digits
from checks.expressible import Ground, ground_of, held_as, metric_of
from checks.formats import library
from checks.metrics import Aggregation, finite_values, rows_where, text_of
from checks.moments import literal_naive
from checks.predicates import (
    Checksum,
    Formatted,
    Items,
    Keys,
    Length,
    Limit,
    Matches,
    MultipleOf,
    NotInFuture,
    OneOf,
    Predicate,
    Properties,
    Relation,
    Typed,
    UniqueItems,
)
from checks.present import STAND_IN
from checks.records import Check, RowsExpected, ValuesExpected
from connectors import Column

if TYPE_CHECKING:
    import ibis.expr.datatypes as dt
    import ibis.expr.types as ir

#: floating-point numbers from here on are all whole, and tell nothing about multiples
_ALL_WHOLE = 2.0**52


def values_aggregation(check: Check, columns: Sequence[Column], dialect: str) -> Aggregation:
    """The missing or invalid values of one check, with the check's own predicates."""
    expects: Any = check.expects
    return Aggregation(metric_of(check), lambda table: rows_where(offending(table, expects, columns, dialect)))


def offending(
    table: ir.Table, expects: ValuesExpected | RowsExpected, columns: Sequence[Column], dialect: str
) -> ir.BooleanValue:
    """The predicate that holds for the rows that a check of values or rows objects to; never NULL."""
    if isinstance(expects, RowsExpected):
        from checks.expressions import condition  # sqlglot takes a third of a second to import

        return (~condition(table, expects, columns, dialect)).fill_null(False)
    ground = ground_of(expects, columns, dialect)
    if expects.kind != "missing" and not expects.predicates:
        raise ValueError(f"check on column '{expects.column}' says neither which values are valid nor a pattern")
    if expects.path:
        value = table[expects.column]
        return within.any_wrong(value, expects.path, dialect, lambda inner: _wrong(inner, expects, ground))
    as_text = text_of(ground.column, dialect)
    return _wrong(table[expects.column] if as_text is None else as_text(table[expects.column]), expects, ground)


def _wrong(value: Any, expects: ValuesExpected, ground: Ground) -> ir.BooleanValue:
    missing = json_values.is_null(value, ground.dialect) if ground.is_json else value.isnull()
    if expects.missing:
        missing = missing | _among(value, expects.missing)
    if expects.kind == "missing":
        return missing.fill_null(False)
    return ~missing & reduce(operator.or_, [_fails(predicate, value, ground) for predicate in expects.predicates])


def equals(column: Any, value: object) -> Any:
    """`column = value`, compared as text where the value is text and the column is not."""
    return _among(column, (value,))


def _fails(predicate: Predicate, column: Any, ground: Ground) -> ir.BooleanValue:
    """A present value of which a predicate can not tell anything does not meet it: text in a number column of SQLite, a
    date that is none."""
    if ground.is_json:
        return ~_meets_in_json(predicate, column, ground).fill_null(False)
    return ~_meets(predicate, column, ground).fill_null(False)


def _meets_in_json(predicate: Predicate, value: Any, ground: Ground) -> Any:
    """The same of a value in JSON, for which the number or the text in it is taken."""
    match predicate, held_as(predicate):
        case Typed(logical_type=logical), _:
            fits = json_values.is_of(value, logical, ground.dialect)
            written = Formatted(_WRITTEN[logical], "") if logical in _WRITTEN else None
            return fits & _meets_in_json(written, value, ground) if written else fits
        case OneOf(values=values), "text":
            held = json_values.text(value, ground.dialect)
            return held.isin([str(each).lower() if isinstance(each, bool) else str(each) for each in values])
        case _, "text":
            return _meets(predicate, json_values.text(value, ground.dialect), ground.for_predicate(predicate))
        case _, "number":
            return _meets(predicate, json_values.number(value, ground.dialect), ground.for_predicate(predicate))
        case _:
            return _meets(predicate, value, ground)


#: how moments are written in JSON, by the formats of the library
_WRITTEN = {"date": "date", "timestamp": "date-time", "time": "time"}


def _meets(predicate: Predicate, column: Any, ground: Ground) -> Any:
    match predicate:
        case OneOf(values=values):
            return _among(column, values)
        case Matches(pattern=pattern):
            return column.cast("string").re_search(regex.in_words_of(ground.dialect, pattern))
        case Limit():
            return _RELATIONS[predicate.relation](*_compared(predicate, column, ground))
        case MultipleOf(number=number):
            return _is_multiple(number, column, ground)
        case Length(relation=relation, characters=characters):
            return _RELATIONS[relation](column.cast("string").length(), characters)
        case NotInFuture(zone=zone):
            moment = _moment_column(column, ground)
            now = literal_naive(_on_its_clock(STAND_IN, ground.kind, zone), moment, ground.dialect)
            return moment <= now
        case Items() | UniqueItems() | Properties() | Keys():
            return _holds_others(predicate, column, ground.dialect)
        case Checksum(pattern=pattern):
            return has_right_digits(column.cast("string"), _meets(Matches(pattern), column, ground), ground.dialect)
        case Formatted(name=name):
            met = [_meets(each, column, ground) for each in library()[name].predicates]
            return reduce(operator.and_, met)


def _holds_others(predicate: nested.Nested, column: Any, dialect: str) -> Any:
    match predicate:
        case UniqueItems():
            return nested.has_unique_items(column)
        case Keys():
            return nested.has_keys(predicate, column, dialect)
        case _:
            return _RELATIONS[predicate.relation](nested.measured(predicate, column, dialect), predicate.number)


_RELATIONS: dict[Relation, Callable[[Any, Any], Any]] = {
    Relation.AT_LEAST: lambda value, limit: value >= limit,
    Relation.ABOVE: lambda value, limit: value > limit,
    Relation.AT_MOST: lambda value, limit: value <= limit,
    Relation.BELOW: lambda value, limit: value < limit,
}


def _among(column: Any, values: Sequence[object]) -> Any:
    """`column IN values`, compared as text where the values are text and the column is not."""
    if any(isinstance(value, str) for value in values) and not column.type().is_string():
        return column.cast("string").isin([str(value) for value in values])
    if column.type().is_string():
        return column.isin([str(value) for value in values])
    return column.isin(list(values))


def _compared(limit: Limit, column: Any, ground: Ground) -> tuple[Any, Any]:
    """The column and the limit in terms that compare."""
    import ibis

    match limit.value:
        case datetime() as moment:
            column = _moment_column(column, ground)
            return column, literal_naive(_on_its_clock(moment, ground.kind, limit.zone), column, ground.dialect)
        case date() as day:
            column = _moment_column(column, ground)
            midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 a wall clock
            return column, literal_naive(_on_its_clock(midnight, ground.kind, limit.zone), column, ground.dialect)
        case time() as of_day:
            return column, ibis.literal(of_day)
        case number:
            return finite_values(ground.column, ground.kind, ground.dialect)(column), _number(number, ground.kind)


def _moment_column(column: Any, ground: Ground) -> Any:
    """SQLite's moments are text in any form of ISO 8601, which compare only after they are made alike."""
    if ground.dialect != "sqlite":
        return column
    return column.cast("string").cast("date" if ground.kind.is_date() else "timestamp")


def _on_its_clock(moment: datetime, kind: dt.DataType, zone: str) -> datetime:
    """The limit as the column's own clock shows it, which is UTC where values carry a zone."""
    is_aware = getattr(kind, "timezone", None) is not None
    if is_aware and moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(zone))
    if moment.tzinfo is None:
        return moment
    return moment.astimezone(UTC if is_aware else ZoneInfo(zone)).replace(tzinfo=None)


def _number(value: float, kind: dt.DataType) -> Any:
    """A literal that compares with the column: 0.1 as the column's own 4 bytes where it has these, and whole numbers
    beyond 64 bits as decimals."""
    import ibis

    if isinstance(value, int) and abs(value) >= 2**63:
        return (
            ibis.literal(Decimal(value), type="decimal(38, 0)") if abs(value) < 10**38 else ibis.literal(float(value))
        )
    single = isinstance(value, float) and kind.is_float32()
    return ibis.literal(value).cast("float32") if single else ibis.literal(value)


def _is_multiple(number: float, column: Any, ground: Ground) -> Any:
    import ibis

    column = finite_values(ground.column, ground.kind, ground.dialect)(column)
    exact = Decimal(str(number))
    if ground.kind.is_integer() and exact == int(exact) and abs(exact) < 2**63 and ground.dialect != "sqlite":
        return column % int(exact) == 0
    if column.type().is_decimal() and ground.dialect != "sqlite":
        return column % _decimal(exact) == 0
    quotient = column.cast("float64") / ibis.literal(float(number))
    small: Any = ibis.ifelse(quotient.abs() < _ALL_WHOLE, quotient, 0.0)
    whole = small.round(0)
    distance = (quotient - whole).abs()
    absolute, relative = (1e-6, 1e-7) if ground.kind.is_float32() else (1e-9, 1e-15)
    return (quotient.abs() >= _ALL_WHOLE) | (distance <= absolute) | (distance <= quotient.abs() * relative)


def _decimal(number: Decimal) -> Any:
    """A literal no wider than it has to be: together with the column's own digits it must stay below 39."""
    import ibis

    scale = max(0, -int(number.as_tuple().exponent))
    digits = max(len(str(int(number))) + scale, 1)
    return ibis.literal(number, type=f"decimal({digits}, {scale})")
