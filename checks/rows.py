"""The rows that a run reads: the inner part of all its statements, with the bucket of each row.

Compiled once per table with stand-ins for the moments of a run, which are put in as text: a compilation costs more than
measuring a small table does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields, replace
from datetime import UTC, datetime
from functools import lru_cache
from itertools import count
from typing import TYPE_CHECKING, Any

from checks.eventtime import LEEWAY, bucket_after
from checks.moments import as_moment, bucket_at, literal_at, literal_naive
from checks.queries import writing
from checks.records import EventTime, Plan
from connectors import Column, Source

if TYPE_CHECKING:
    import ibis.expr.types as ir

_MOST_KEPT = 2000
_counts: dict[tuple[Any, ...], str] = {}
_templates: dict[tuple[Any, ...], _Template] = {}
_written: dict[tuple[Any, ...], str] = {}
# stand for the moments of a run while its rows are compiled; nothing else in the statement looks like them
_STAND_IN_FIRST = datetime(2001, 2, 3)  # noqa: DTZ001 a bucket, and those are naive
_STAND_IN_NOW = datetime(2002, 3, 4, 5, 6, 7, 891000, tzinfo=UTC)
_STAND_IN_UNTIL = datetime(2003, 4, 5, 6, 7, 8, 912000, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Names:
    """What our own parts of a statement are called; none of them is a column of the table, in any letter case."""

    rows: str
    bucket: str
    future: str
    ahead: str


@lru_cache(maxsize=256)
def names_beside(columns: tuple[Column, ...]) -> Names:
    """Names that are not even a part of a column's name."""
    taken = "\n".join(column.name.casefold() for column in columns)
    candidates = (Names(*(f"vitals_{part.name}_{number}" for part in fields(Names))) for number in count())
    return next(names for names in candidates if not any(name in taken for name in astuple(names)))


def rows_sql(source: Source, plan: Plan, now: datetime) -> str:
    """The rows that this run reads, as a query; with an event time also their bucket, whether they are from the future,
    and whether they belong to no bucket yet: those from the future, and those of the leeway that are later than the
    present bucket. Raises QueryFailed where the event time can not be read as one.
    """
    moments = (plan.buckets_from is not None, plan.up_to is not None)
    key = (
        source.dialect,
        source.qualified(plan.dataset.table),
        plan.columns,
        plan.event_time,
        plan.whole_table,
        moments,
    )
    if key not in _templates:
        if len(_templates) >= _MOST_KEPT:
            _templates.clear()
        _templates[key] = _template(source, plan)
    return _templates[key].filled(source, plan, now)


@dataclass(frozen=True, slots=True)
class _Template:
    """The inner rows of one table; `moment` is its event time, and `stand_ins` are the literals to be replaced."""

    sql: str
    moment: Any
    stand_ins: tuple[str, ...]

    def filled(self, source: Source, plan: Plan, now: datetime) -> str:
        sql = self.sql
        for stand_in, literal in zip(self.stand_ins, _literals(source, plan, now, self.moment), strict=True):
            sql = sql.replace(stand_in, literal)
        return sql


def _template(source: Source, plan: Plan) -> _Template:
    with writing(source.name, plan.dataset.table):
        if plan.event_time is None:
            return _Template(source.compile(_rows(source, plan, _STAND_IN_NOW)), None, ())
        first, until = plan.buckets_from and _STAND_IN_FIRST, plan.up_to and _STAND_IN_UNTIL
        stand_in = replace(plan, buckets_from=first, up_to=until)
        expression = _rows(source, stand_in, _STAND_IN_NOW)
        table = source.relation(plan.dataset.table, plan.columns)
        moment = as_moment(table, plan.event_time, source.dialect)
        return _Template(source.compile(expression), moment, tuple(_literals(source, stand_in, _STAND_IN_NOW, moment)))


def _literals(source: Source, plan: Plan, now: datetime, moment: Any) -> Iterator[str]:
    """The moments of a run as the dialect writes them, in an order of their own."""
    event_time = plan.event_time
    if event_time is None:
        return
    aware = (at for at in (now + LEEWAY, plan.up_to) if at is not None)
    naive = (at for at in (bucket_after(now, event_time), plan.buckets_from) if at is not None)
    for at in (*aware, *naive):
        yield _literal(source, event_time, moment, at)


def _literal(source: Source, event_time: EventTime, moment: Any, at: datetime) -> str:
    """An aware moment, or a naive one on the column's own clock, as text; kept, for all statements of a run have it."""
    key = (source.dialect, str(moment.type()), event_time, at)
    if key not in _written:
        if len(_written) >= _MOST_KEPT:
            _written.clear()
        literal = (
            literal_at(at, event_time, moment, source.dialect)
            if at.tzinfo
            else literal_naive(at, moment, source.dialect)
        )
        select = source.compile(literal.name("x"))
        _written[key] = re.sub(r"^SELECT\s+|\s+AS\s+\S+$", "", select.strip())
    return _written[key]


def _rows(source: Source, plan: Plan, now: datetime) -> Any:
    table = source.relation(plan.dataset.table, _as_they_are(plan.columns))
    if plan.event_time is None:
        return table
    import ibis

    names, event_time = names_beside(plan.columns), plan.event_time
    table = _read_part(table, plan, event_time, source.dialect)
    moment = as_moment(table, event_time, source.dialect)
    bucket = bucket_at(moment, event_time.grain, source.dialect)
    future = moment > literal_at(now + LEEWAY, event_time, moment, source.dialect)
    ahead = future | (moment >= literal_naive(bucket_after(now, event_time), moment, source.dialect))
    told_apart = ~ahead
    if plan.whole_table and plan.buckets_from is not None:
        told_apart = told_apart & (moment >= literal_naive(plan.buckets_from, moment, source.dialect))
    bucket = ibis.ifelse(told_apart, bucket, ibis.null(bucket.type()))
    flags = {names.future: future.fill_null(False), names.ahead: ahead.fill_null(False)}
    return table.mutate(**{names.bucket: bucket, **flags})


def _as_they_are(columns: tuple[Column, ...]) -> list[Column]:
    """With PostgreSQL's jsonb as it is: ibis would select it as text, which each look into it would parse again."""
    return [replace(column, type="unknown") if column.type == "jsonb" else column for column in columns]


def _read_part(table: ir.Table, plan: Plan, event_time: EventTime, dialect: str) -> Any:
    """The newest buckets, or the whole table; of a replayed moment only what had happened by then."""
    moment = as_moment(table, event_time, dialect)
    if plan.up_to is not None:
        until = literal_at(plan.up_to, event_time, moment, dialect)
        table = table.filter((moment <= until) | moment.isnull())
    if not plan.whole_table and plan.buckets_from is not None:
        moment = as_moment(table, event_time, dialect)
        table = table.filter(moment >= literal_naive(plan.buckets_from, moment, dialect))
    return table


def count_sql(source: Source, plan: Plan) -> str:
    """count(*) of the table and nothing else, which many warehouses answer from statistics."""
    key = (source.dialect, source.qualified(plan.dataset.table), "count")
    if key not in _counts:
        table = source.relation(plan.dataset.table, plan.columns)
        _counts[key] = source.compile(table.aggregate(n=table.count()))
    return _counts[key]
