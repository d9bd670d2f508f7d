"""The predicates of values as ibis expressions, and which of them a backend or a column's type can not express.

What can not be expressed is found before anything is sent: a fused query that fails is halved many times over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from checks import regex
from checks.metrics import Aggregation, finite_values, kind_of, text_of
from checks.moments import literal_naive
from checks.predicates import Length, Limit, Matches, MultipleOf, OneOf, Predicate, Relation
from checks.queries import QueryLog
from checks.records import Check, Metric, ValuesExpected
from connectors import Column, QueryFailed

if TYPE_CHECKING:
    import ibis.expr.datatypes as dt
    import ibis.expr.types as ir

    from checks.plan import Plan

#: floating-point numbers from here on are all whole, and tell nothing about multiples
_ALL_WHOLE = 2.0**52
_NAMES = {"duckdb": "DuckDB", "postgres": "PostgreSQL", "sqlite": "SQLite"}
_REMEDY = "write the rule so that this column and this warehouse can express it, or remove it"


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a predicate is judged: the column and the dialect of its warehouse."""

    column: Column
    dialect: str

    @property
    def kind(self) -> dt.DataType:
        return kind_of(self.column)

    @property
    def is_number(self) -> bool:
        return self.kind.is_numeric() and not self.kind.is_boolean()

    @property
    def words(self) -> str:
        return f"column '{self.column.name}', which is {self.column.native or self.column.type}"


def expressible(log: QueryLog, plan: Plan) -> tuple[Check, ...]:
    """The checks of values that can be asked of this table; each of the others becomes a problem of its own."""
    found = []
    for check in plan.values:
        why = refusal(check.expects, plan.columns, log.source.dialect)
        if why is None:
            found.append(check)
        else:
            error = QueryFailed(log.source.name, why, dataset=str(log.table), remedy=_REMEDY)
            log.failed([_metric(check)], error)
    return tuple(found)


def refusal(expects: Any, columns: Sequence[Column], dialect: str) -> str | None:
    """Why the expectation can not be expressed, None where nothing speaks against it."""
    ground = _ground(expects, columns, dialect)
    reasons = (_refusal(predicate, ground) for predicate in expects.predicates)
    return next((reason for reason in reasons if reason), None)


def values_aggregation(check: Check, columns: Sequence[Column], dialect: str) -> Aggregation:
    """The missing or invalid values of one check, with the check's own predicates."""
    expects: Any = check.expects
    return Aggregation(_metric(check), lambda table: table.count(where=offending(table, expects, columns, dialect)))


def offending(table: ir.Table, expects: ValuesExpected, columns: Sequence[Column], dialect: str) -> ir.BooleanValue:
    """The predicate that holds for the rows a missing/invalid check objects to; never NULL."""
    ground = _ground(expects, columns, dialect)
    as_text = text_of(ground.column, dialect)
    column: Any = table[expects.column] if as_text is None else as_text(table[expects.column])
    missing = column.isnull()
    if expects.missing:
        missing = missing | _among(column, expects.missing)
    if expects.kind == "missing":
        return missing.fill_null(False)
    if not expects.predicates:
        raise ValueError(f"check on column '{expects.column}' says neither which values are valid nor a pattern")
    wrong = _fails(expects.predicates[0], column, ground)
    for predicate in expects.predicates[1:]:
        wrong = wrong | _fails(predicate, column, ground)
    return (~missing & wrong).fill_null(False)


def _metric(check: Check) -> Metric:
    return Metric(f"{getattr(check.expects, 'kind')}_count", check.column, check=check.id)  # noqa: B009


def _ground(expects: ValuesExpected, columns: Sequence[Column], dialect: str) -> Ground:
    return Ground(next(column for column in columns if column.name == expects.column), dialect)


# -- what can not be expressed -----------------------------------------------------------------------------------------


def _refusal(predicate: Predicate, ground: Ground) -> str | None:
    match predicate:
        case Matches(pattern=pattern):
            lacking = regex.lacking(pattern, ground.dialect)
            return f"the pattern {pattern} can not be expressed on {_named(ground)}: {lacking}" if lacking else None
        case Limit(value=value):
            return None if _can_compare(value, ground) else f"a limit of {value} does not fit {ground.words}"
        case MultipleOf(number=number):
            return None if ground.is_number else f"multiples of {number} are numbers, unlike {ground.words}"
        case Length():
            has_text = not (ground.kind.is_nested() or ground.kind.is_binary())
            return None if has_text else f"a number of characters does not fit {ground.words}"
        case _:
            return None


def _can_compare(value: object, ground: Ground) -> bool:
    if isinstance(value, time):
        return ground.kind.is_time()
    return ground.kind.is_date() or ground.kind.is_timestamp() if isinstance(value, date) else ground.is_number


def _named(ground: Ground) -> str:
    return _NAMES.get(ground.dialect, ground.dialect)


# -- how the others are written ----------------------------------------------------------------------------------------


def _fails(predicate: Predicate, column: Any, ground: Ground) -> ir.BooleanValue:
    """A present value of which a predicate can not tell anything does not meet it: text in a number column of SQLite, a
    date that is none."""
    return ~_meets(predicate, column, ground).fill_null(False)


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


_RELATIONS: dict[Relation, Callable[[Any, Any], Any]] = {
    Relation.AT_LEAST: lambda value, limit: value >= limit,
    Relation.ABOVE: lambda value, limit: value > limit,
    Relation.AT_MOST: lambda value, limit: value <= limit,
    Relation.BELOW: lambda value, limit: value < limit,
}


def _among(column: Any, values: Sequence[object]) -> ir.BooleanValue:
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
