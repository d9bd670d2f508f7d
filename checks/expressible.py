"""Which predicates a backend or a column's type can not express.

That is found before anything is sent: a fused query that fails is halved many times over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, time
from typing import TYPE_CHECKING, Any

from checks import nested, regex
from checks.formats import library
from checks.json_values import is_seen_as_json
from checks.metrics import kind_of
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
    UniqueItems,
)
from checks.queries import QueryLog, writing
from checks.records import Check, Metric, Plan, RowsExpected, ValuesExpected
from checks.within import NotThere, last_of
from connectors import Column, QueryFailed, TableName

if TYPE_CHECKING:
    import ibis.expr.datatypes as dt

_NAMES = {"duckdb": "DuckDB", "postgres": "PostgreSQL", "sqlite": "SQLite"}
_REMEDY = "write the rule so that this column and this warehouse can express it, or remove it"


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a predicate is judged: the column, or the place inside of one (`is_inside`), and the dialect of its
    warehouse."""

    column: Column
    dialect: str
    is_inside: bool = False

    @property
    def kind(self) -> dt.DataType:
        return kind_of(self.column)

    @property
    def is_number(self) -> bool:
        return self.kind.is_numeric() and not self.kind.is_boolean()

    @property
    def has_moments(self) -> bool:
        return self.kind.is_date() or self.kind.is_timestamp()

    @property
    def is_json(self) -> bool:
        """Whether values are taken out of JSON before they are judged."""
        return self.is_inside and is_seen_as_json(self.kind)

    def for_predicate(self, predicate: Predicate) -> Ground:
        """What a predicate is judged on: of JSON the number or text in it, for those that ask for such."""
        held = {"number": "float64", "text": "string"}.get(held_as(predicate) or "") if self.is_json else None
        return replace(self, column=replace(self.column, type=held)) if held else self

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
            log.failed([metric_of(check)], error)
    return tuple(found)


def refusal(expects: Any, columns: Sequence[Column], dialect: str) -> str | None:
    """Why the expectation can not be expressed, None where nothing speaks against it."""
    if isinstance(expects, RowsExpected):
        return _refused_rows(expects, columns, dialect)
    if expects.path and dialect not in ("duckdb", "postgres"):
        return f"{_NAMES.get(dialect, dialect)} can not be asked inside of a column: it has no lists and no objects"
    try:
        ground = ground_of(expects, columns, dialect)
    except NotThere as error:
        return str(error)
    reasons = (_refusal(predicate, ground.for_predicate(predicate)) for predicate in expects.predicates)
    return next((reason for reason in reasons if reason), None)


def metric_of(check: Check) -> Metric:
    """The metric that the check's rows are counted as."""
    name = f"{check.expects.kind}_count" if isinstance(check.expects, ValuesExpected) else "violation_count"
    return Metric(name, check.column, check=check.id)


def ground_of(expects: ValuesExpected, columns: Sequence[Column], dialect: str) -> Ground:
    """The column of the expectation, or the place inside of it, in its warehouse. Raises NotThere."""
    return Ground(last_of(columns, expects.column, expects.path), dialect, bool(expects.path))


def held_as(predicate: Predicate) -> str | None:
    """What a predicate asks of a value that is JSON: 'number', 'text', or None for the JSON itself."""
    match predicate:
        case Limit() | MultipleOf():
            return "number"
        case OneOf(values=values):
            return "text" if any(isinstance(value, str | bool) for value in values) else "number"
        case Formatted(name=name):
            return held_as(library()[name].predicates[0])
        case Matches() | Length() | Checksum():
            return "text"
        case _:
            return None


def _refused_rows(expects: RowsExpected, columns: Sequence[Column], dialect: str) -> str | None:
    """A condition is written for a try: its types may not go together."""
    import ibis

    from checks.expressions import condition, lacking

    said = f"the condition {expects.expression} can not be expressed"
    why = lacking(expects, dialect)
    if why:
        return f"{said} on {_NAMES.get(dialect, dialect)}: {why}"
    table = ibis.table({column.name: kind_of(column) for column in columns}, name="rows")
    try:
        with writing("", TableName(None, "")):
            found = condition(table, expects, columns, dialect)
    except QueryFailed as error:
        return f"{said}: {error.cause}"
    return None if found.type().is_boolean() else f"{said}: it is neither true nor false, but {found.type()}"


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
        case NotInFuture():
            return None if ground.has_moments else f"only moments can be in the future, unlike {ground.words}"
        case Formatted(name=name) if ground.kind.is_inet():
            return f"the format {name} is one of texts, unlike {ground.words}"
        case Formatted(name=name):
            reasons = (_refusal(each, ground) for each in library()[name].predicates)
            return next((reason for reason in reasons if reason), None)
        case Items() | UniqueItems() | Properties() | Keys():
            why = nested.lacking(predicate, ground.kind, ground.dialect)
            return f"{ground.words}, can not be asked for this on {_named(ground)}: {why}" if why else None
        case _:
            return None


def _can_compare(value: object, ground: Ground) -> bool:
    if isinstance(value, time):
        return ground.kind.is_time()
    return ground.has_moments if isinstance(value, date) else ground.is_number


def _named(ground: Ground) -> str:
    return _NAMES.get(ground.dialect, ground.dialect)
