"""The grouped queries: rows of the judged bucket and of some earlier ones, summed up by the values of columns.

ibis writes the rows, which is where warehouses differ; what stands around them is plain SQL.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np

from checks.explain.search import Cells
from checks.explain.subject import Subject, parts
from checks.explain.sums import Kind
from checks.grouped import grouped, quoted
from checks.guard import verified
from checks.metrics import kind_of, text_of
from checks.moments import as_moment, literal_naive
from checks.present import with_now
from checks.queries import QueryLog, writing
from checks.records import EventTime
from checks.refusal import Refused
from checks.scalars import NotANumber, numbers
from connectors import Column

if TYPE_CHECKING:
    import ibis.expr.types as ir

#: rows of an answer; a column that has suddenly so many values is no segment of anything
_MOST_ROWS = 60_000
Excluded = Sequence[tuple[tuple[str, Any], ...]]


@dataclass(frozen=True, slots=True)
class Ground:
    """What all statements of one explanation have in common: the buckets (the judged one first) and how much of each
    is compared, the subject, and the columns of the table."""

    log: QueryLog
    columns: tuple[Column, ...]
    event_time: EventTime
    subject: Subject
    buckets: tuple[datetime, ...]
    length: timedelta
    now: datetime


def distinct_counts(ground: Ground, columns: Sequence[Column]) -> dict[str, float]:
    """How many values each column has in these buckets, approximately; for a table that was never measured."""

    def build(rows: ir.Table) -> ir.Table:
        return rows.aggregate([rows[each.name].approx_nunique().name(f"d{i}") for i, each in enumerate(columns)])

    answer = _fetch(ground, "different values of each column", _written(ground, build, ()))
    return dict(zip((column.name for column in columns), numbers(answer[0]).tolist(), strict=True))


def in_total(ground: Ground) -> np.ndarray:
    """The sums of all rows, for a table without a column to tell them apart."""
    sql = _written(ground, lambda rows: _rows(ground, rows, {}), ())
    answer = _fetch(ground, "rows of each bucket", _grouped(ground, sql, [[]]))
    return _sums(ground, answer, np.zeros(len(answer), dtype=int), 1)


def by_value(ground: Ground, columns: Sequence[Column], excluded: Excluded) -> dict[str, tuple[list[Any], np.ndarray]]:
    """For each column its values, and the sums of each value."""
    keys = {f"v{i}": _key_of(column, ground.log.source.dialect) for i, column in enumerate(columns)}
    sql = _written(ground, lambda rows: _rows(ground, rows, keys), excluded)
    answer = _fetch(ground, "rows by value of each column", _grouped(ground, sql, [[name] for name in keys]))
    return {column.name: _of_column(ground, answer, i, columns) for i, column in enumerate(columns)}


def by_chosen_values(ground: Ground, chosen: Mapping[str, Sequence[Any]], excluded: Excluded) -> Cells:
    """The sums of all combinations of the chosen values, any other value counting as one."""
    by_name = {column.name: column for column in ground.columns}
    keys = {f"v{i}": _code_of(by_name[name], values, ground) for i, (name, values) in enumerate(chosen.items())}
    sql = _written(ground, lambda rows: _rows(ground, rows, keys), excluded)
    answer = _fetch(ground, "rows by combination of values", _grouped(ground, sql, [list(keys)]))
    codes, place = np.unique(
        np.array([row[1 : 1 + len(keys)] for row in answer], dtype=int), axis=0, return_inverse=True
    )
    sums = _sums(ground, answer, place.reshape(-1), len(codes))
    return Cells(tuple(chosen), tuple(tuple(values) for values in chosen.values()), codes, sums)


def fits(column: Column, value: Any) -> bool:
    """Whether a value can be compared with the column: SQLite keeps any text in a column of numbers."""
    kind = kind_of(column)
    if value is None:
        return True
    if kind.is_boolean():
        return value in (0, 1)
    return isinstance(value, str) if kind.is_string() else isinstance(value, int)


# -- the rows ----------------------------------------------------------------------------------------------------------


def _written(ground: Ground, build: Callable[[ir.Table], ir.Table], excluded: Excluded) -> str:
    source, subject = ground.log.source, ground.subject
    with writing(source.name, ground.log.table):
        table = source.relation(ground.log.table, ground.columns)
        rows = table.filter(_in_buckets(ground, table))
        for segment in excluded:
            rows = rows.filter(~_is_in(rows, segment, ground))
        expression = build(rows)
    return with_now(source.compile(expression), source, [subject.check] if subject.check else (), ground.now)


def _rows(ground: Ground, rows: ir.Table, keys: Mapping[str, Callable[[ir.Table], Any]]) -> ir.Table:
    import ibis

    amount, base = parts(rows, ground.subject, ground.columns, ground.log.source.dialect)
    places = [(_in_bucket(ground, rows, start), place) for place, start in enumerate(ground.buckets[1:], start=1)]
    place = ibis.cases(*places, else_=0) if places else ibis.literal(0)
    own = {} if amount is None else {"x": amount, "w": base}
    return rows.select(place=place, **{name: key(rows) for name, key in keys.items()}, **own)


def _in_buckets(ground: Ground, table: ir.Table) -> Any:
    """The rows of the buckets. The span as a whole is named too: that is what a warehouse skips files and blocks by."""
    dialect = ground.log.source.dialect
    moment = as_moment(table, ground.event_time, dialect)
    first, last = min(ground.buckets), max(ground.buckets) + ground.length
    span = (moment >= literal_naive(first, moment, dialect)) & (moment < literal_naive(last, moment, dialect))
    return span & reduce(operator.or_, (_in_bucket(ground, table, start) for start in ground.buckets))


def _in_bucket(ground: Ground, rows: ir.Table, start: datetime) -> Any:
    dialect = ground.log.source.dialect
    moment = as_moment(rows, ground.event_time, dialect)
    end = literal_naive(start + ground.length, moment, dialect)
    return (moment >= literal_naive(start, moment, dialect)) & (moment < end)


def _key_of(column: Column, dialect: str) -> Callable[[ir.Table], Any]:
    as_text = text_of(column, dialect)
    return lambda rows: as_text(rows[column.name]) if as_text else rows[column.name]


def _code_of(column: Column, values: Sequence[Any], ground: Ground) -> Callable[[ir.Table], Any]:
    def code(rows: ir.Table) -> Any:
        import ibis

        cases = [(_equals(rows, column, value, ground), number) for number, value in enumerate(values, start=1)]
        return ibis.cases(*cases, else_=0)

    return code


def _equals(rows: ir.Table, column: Column, value: Any, ground: Ground) -> Any:
    key = _key_of(column, ground.log.source.dialect)(rows)
    if value is None:
        return key.isnull()
    return key == (bool(value) if kind_of(column).is_boolean() else value)


def _is_in(rows: ir.Table, segment: Sequence[tuple[str, Any]], ground: Ground) -> Any:
    by_name = {column.name: column for column in ground.columns}
    equal = [_equals(rows, by_name[name], value, ground).fill_null(False) for name, value in segment]
    return reduce(operator.and_, equal)


# -- around the rows ---------------------------------------------------------------------------------------------------


def _grouped(ground: Ground, rows: str, sets: Sequence[Sequence[str]]) -> str:
    """The sums of each of the sets of keys."""
    return grouped(ground.log.source.dialect, rows, "place", sets, _totals(ground))


def _totals(ground: Ground) -> str:
    x, w = (quoted(name, ground.log.source.dialect) for name in ("x", "w"))
    match ground.subject.kind:
        case Kind.COUNT:
            return "COUNT(*)"
        case Kind.RATE:
            return f"COUNT(*), COUNT({w}), SUM({x})"
        case Kind.MEAN:
            return f"COUNT(*), COUNT({w}), SUM({x}), SUM({x} * {x})"


# -- the answers -------------------------------------------------------------------------------------------------------


def _fetch(ground: Ground, purpose: str, sql: str) -> list[tuple[Any, ...]]:
    """The rows of an answer. The statement is verified as those of people are: nothing but a SELECT is ever sent."""
    verified(sql, ground.log.source.dialect)
    answer = ground.log.fetch(purpose, sql, limit=_MOST_ROWS)
    if answer.truncated:
        raise Refused(
            f"the columns of {ground.log.table} have more values in this bucket than can be searched "
            f"({_MOST_ROWS:,} sums); measure the dataset again, so that such columns are left out"
        )
    return answer.rows


def _of_column(
    ground: Ground, answer: Sequence[tuple[Any, ...]], place: int, columns: Sequence[Column]
) -> tuple[list[Any], np.ndarray]:
    """One column's part of an answer about several; alone it has no marks."""
    alone = len(columns) == 1
    rows = [row for row in answer if alone or row[1 + len(columns) + place] == 0]
    values = list(dict.fromkeys(row[1 + place] for row in rows))
    index = {value: i for i, value in enumerate(values)}
    sums = _sums(ground, rows, np.array([index[row[1 + place]] for row in rows], dtype=int), len(values))
    if kind_of(columns[place]).is_boolean():  # SQLite has numbers in their place
        values = [value if value is None else bool(value) for value in values]
    return values, sums


def _sums(ground: Ground, rows: Sequence[tuple[Any, ...]], segment: np.ndarray, segments: int) -> np.ndarray:
    """The sums of the answer's last columns, put in the place of their segment and bucket."""
    sums = np.zeros((4, segments, len(ground.buckets)))
    width = {Kind.COUNT: 1, Kind.RATE: 3, Kind.MEAN: 4}[ground.subject.kind]
    buckets = np.array([row[0] for row in rows], dtype=int)
    for kind in range(width):
        try:
            told = np.nan_to_num(numbers([row[kind - width] for row in rows]))
        except NotANumber:
            column = ground.subject.column
            raise Refused(
                f"the values of column '{column}' are too large to be summed up, so their mean has no segments"
            ) from None
        np.add.at(sums[kind], (segment, buckets), told)
    return sums
