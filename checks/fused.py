"""The fused query: every aggregate of a dataset in one scan, grouped by bucket where there is an event time.

Compiling 200 columns costs more than measuring a small table, so the aggregate part is compiled once per schema and
kept; only the small inner part, which says which rows and which bucket, is made anew for every run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from checks.eventtime import wall_clock
from checks.metrics import Aggregation, kind_of, rows_where
from checks.moments import as_moment
from checks.present import with_now
from checks.queries import QueryLog, may_be_one_expression, writing
from checks.records import Metric, Plan
from checks.rows import names_beside
from checks.scalars import NotANumber, numbers, parsed_moment
from checks.squares import SQUARES, cheapened, with_deviations
from connectors import Answer, SourceError, TableName

if TYPE_CHECKING:
    import ibis.expr.types as ir

#: PostgreSQL allows 1,664 output columns, SQLite 2,000; DuckDB any number
MOST_AGGREGATES = 1600
_MOST_OF_DUCKDB = 4000
#: numbers in one answer (buckets times aggregates), which become Python objects of some 50 bytes each
MOST_NUMBERS = 1_200_000
#: what DuckDB holds in memory for an approximate distinct count: 4 KB for each bucket and thread, never spilled
_WEIGHT_OF_DISTINCT = 50
#: approximate distinct counts of one grouped statement of DuckDB 2.0: above 1 MB for a group, which is 255 of them, its
#: process ends in a division by zero. The rest is left to the other aggregates
MOST_DISTINCT_OF_DUCKDB = 220
#: a fused query that fails is halved into at most so many more; what is not measured by then becomes one problem
MOST_HALVES = 300
NEWEST = Metric("newest")  # newest event time that is not in the future; the freshness is made of it
OLDEST = Metric("oldest")  # earliest event time, where the rows before the first bucket were read
_OF_TIME = (NEWEST, OLDEST, Metric("future_rows"), Metric("ahead_rows"))
_compiled: dict[tuple[Any, ...], str] = {}
_MOST_COMPILED = 2000
_suspects: dict[tuple[str, TableName], set[Metric]] = {}  # what failed in this process, by source and table
_exact: dict[tuple[str, TableName], set[Metric]] = {}  # deviations that squares did not tell in this process


@dataclass(frozen=True, slots=True)
class Asked:
    """The fused answer: values of each metric over the groups. The group None holds the rows that belong to no bucket:
    those before the first one, those of buckets to come and those without an event time. Without an event time it is
    the only group."""

    buckets: tuple[datetime | None, ...]
    values: dict[Metric, np.ndarray]


def ask(log: QueryLog, inner: str, aggregations: Sequence[Aggregation], plan: Plan, now: datetime) -> Asked:
    """Sends the fused query over the inner rows. When it fails the plan is halved until the expressions that can not be
    computed stand alone; they become problems and the others are measured. Those that failed last time are asked apart
    at once."""
    fused = _Fused(log, inner, plan, now)
    exact = _exact.setdefault((log.source.name, log.table), set())
    trusted = [aggregation for aggregation in aggregations if aggregation.metric not in fused.suspects]
    doubtful = [aggregation for aggregation in aggregations if aggregation.metric in fused.suspects]
    for part in in_parts(list(cheapened(trusted, exact)), _groups(plan, now), log.source.dialect):
        fused.ask(part)
    if doubtful:
        fused.ask(doubtful, "fused, what failed before")
    asked = fused.merged()
    untold = [one for one in trusted if one.squares and one.metric not in exact and one.metric not in asked.values]
    if untold:
        exact.update(one.metric for one in untold)
        fused.ask(untold, "deviations that sums of squares do not tell")
    return fused.merged() if untold else asked


def in_parts(aggregations: Sequence[Aggregation], groups: int, dialect: str) -> Iterator[list[Aggregation]]:
    """The aggregations in as few parts as a query can answer: nearly always one. Columns stay together, so that parts
    of a columnar table read different columns."""
    most = _MOST_OF_DUCKDB if dialect == "duckdb" else MOST_AGGREGATES
    part: list[Aggregation] = []
    weight = distinct = 0
    for aggregation in aggregations:
        heavy = aggregation.metric.name == "distinct_count" and dialect == "duckdb" and groups > 1
        own = _WEIGHT_OF_DISTINCT if heavy else 1
        too_many = heavy and distinct >= MOST_DISTINCT_OF_DUCKDB
        if part and (too_many or len(part) >= most or (weight + own) * groups > MOST_NUMBERS):
            yield part
            part, weight, distinct = [], 0, 0
        part.append(aggregation)
        weight += own
        distinct += heavy
    yield part


def _groups(plan: Plan, now: datetime) -> int:
    """How many buckets there may be, and one for the rows without."""
    if plan.event_time is None or plan.buckets_from is None:
        return 1
    return max(0, (wall_clock(now, plan.event_time) - plan.buckets_from) // plan.event_time.grain.length) + 2


def merge(answers: Sequence[Asked]) -> Asked:
    """Answers over possibly different groups as one, NaN where a part did not see a group."""
    if len(answers) == 1:
        return answers[0]
    buckets = tuple(
        sorted({bucket for asked in answers for bucket in asked.buckets}, key=lambda b: (b is not None, b or 0))
    )
    place = {bucket: i for i, bucket in enumerate(buckets)}
    values = {}
    for asked in answers:
        where = [place[bucket] for bucket in asked.buckets]
        for metric, per_group in asked.values.items():
            values[metric] = np.full(len(buckets), np.nan)
            values[metric][where] = per_group
    return Asked(buckets, values)


def written(log: QueryLog, inner: str, plan: Plan, key: tuple[Any, ...], build: Callable[[ir.Table], ir.Table]) -> str:
    """The statement that `build` makes over the inner rows. Compiled once for each `key`, which has to tell statements
    over the same columns apart."""
    key = (log.source.dialect, plan.columns, plan.event_time, *key)
    if key not in _compiled:
        if len(_compiled) >= _MOST_COMPILED:
            _compiled.clear()
        with writing(log.source.name, log.table):
            expression = build(_shape(plan))
        _compiled[key] = log.source.compile(expression)
    return _nested(_compiled[key], inner, plan)


def by_bucket(table: Any, plan: Plan, aggregates: dict[str, Any]) -> ir.Table:
    """The aggregates, one row per bucket where the rows have one."""
    if plan.event_time is None:
        return table.aggregate(**aggregates)
    return table.group_by(bucket=table[names_beside(plan.columns).bucket]).aggregate(**aggregates)


def read(log: QueryLog, answer: Answer, plan: Plan, metrics: Sequence[Metric]) -> Asked:
    """An answer by bucket as numbers, column by column; one that holds none costs its metric."""
    grouped = plan.event_time is not None
    buckets = tuple(_bucket(row[0]) for row in answer.rows) if grouped else (None,)
    values = {}
    for place, metric in enumerate(metrics, start=int(grouped)):
        try:
            values[metric] = numbers([row[place] for row in answer.rows])
        except NotANumber as error:
            if metric.name == SQUARES:
                continue  # too large for a double, which the deviation may not be: it is asked for
            log.not_numbers(metric, f"{metric.name} of column '{metric.column}': {error}")
    return Asked(buckets, values)


class _Fused:
    """The aggregates of one run, asked in as few queries as the warehouse can answer."""

    def __init__(self, log: QueryLog, inner: str, plan: Plan, now: datetime) -> None:
        self._log = log
        self._inner = inner
        self._plan = plan
        self._now = now
        self._halves = 0
        self.suspects = frozenset(_suspects.pop((log.source.name, log.table), ()))
        self.answers: list[Asked] = []

    def merged(self) -> Asked:
        """All answers so far, with the deviations that they tell."""
        asked = merge(self.answers)
        return Asked(asked.buckets, with_deviations(asked.values))

    def ask(self, aggregations: Sequence[Aggregation], purpose: str = "fused") -> None:
        try:
            sql, metrics = self._write(aggregations)
            answer = self._log.fetch(purpose, sql)
        except SourceError as error:
            if not may_be_one_expression(error) or _counts_rows_alone(aggregations):
                raise  # not even the rows can be counted: it is the dataset, not an expression
            self._ask_halves(aggregations, error)
            return
        self.answers.append(read(self._log, answer, self._plan, metrics))

    def _ask_halves(self, aggregations: Sequence[Aggregation], error: SourceError) -> None:
        if len(aggregations) == 1 or self._halves >= MOST_HALVES:
            metrics = [one.metric for one in aggregations if one.metric.name != SQUARES]
            if metrics:
                self._log.failed(metrics, error)
                _suspects.setdefault((self._log.source.name, self._log.table), set()).update(metrics)
            return
        middle = len(aggregations) // 2
        for half in (aggregations[:middle], aggregations[middle:]):
            self._halves += 1
            self.ask(half, "fused, in part")

    def _write(self, aggregations: Sequence[Aggregation]) -> tuple[str, list[Metric]]:
        plan = self._plan
        metrics = [aggregation.metric for aggregation in aggregations]
        extra = [*_OF_TIME] if plan.event_time is not None and metrics[0].name == "row_count" else []
        values = tuple((check.id, repr(check.expects)) for check in (*plan.values, *plan.rules))

        def build(table: ir.Table) -> ir.Table:
            aggregates = {f"m{i}": aggregation.build(table) for i, aggregation in enumerate(aggregations)}
            return by_bucket(table, plan, aggregates | (self._of_time(table) if extra else {}))

        sql = written(self._log, self._inner, plan, (tuple(metrics), values), build)
        return with_now(sql, self._log.source, plan.values, self._now), metrics + extra

    def _of_time(self, table: ir.Table) -> dict[str, Any]:
        if self._plan.event_time is None:
            return {}
        import ibis

        names = names_beside(self._plan.columns)
        future: Any = table[names.future]
        moment = as_moment(table, self._plan.event_time, self._log.source.dialect)
        by_now: Any = ibis.ifelse(future, ibis.null(moment.type()), moment)  # not FILTER: see rows_where
        counts = {"future": rows_where(future), "ahead": rows_where(table[names.ahead])}
        return {"newest": by_now.max(), "oldest": moment.min(), **counts}


def _counts_rows_alone(aggregations: Sequence[Aggregation]) -> bool:
    return len(aggregations) == 1 and aggregations[0].metric.name == "row_count"


def _shape(plan: Plan) -> ir.Table:
    """The inner rows as a table that aggregate expressions are written against."""
    import ibis

    names = names_beside(plan.columns)
    schema: dict[str, Any] = {column.name: kind_of(column) for column in plan.columns}
    if plan.event_time is not None:
        schema |= {names.bucket: "date" if plan.event_time.is_date else "timestamp"}
        schema |= {names.future: "boolean", names.ahead: "boolean"}
    return ibis.table(schema, name=names.rows)


def _nested(sql: str, inner: str, plan: Plan) -> str:
    """The aggregate statement with the inner rows in the place of the name that stands for them."""
    name = names_beside(plan.columns).rows
    quoted = next(q for q in (f'"{name}"', f"`{name}`", f"[{name}]", name) if q in sql)
    return sql.replace(quoted, f"(\n{inner}\n)")


def _bucket(value: Any) -> datetime | None:
    return None if value is None else parsed_moment(value)
