"""Questions that do not fit into the fused scan: each is a query of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from checks import fused, metrics, rows
from checks.moments import as_moment
from checks.queries import QueryLog, writing
from checks.records import Aggregate, Check, Metric, Plan, ReconcileExpected, ReferenceExpected
from checks.scalars import NotANumber, numbers, parsed_moment
from connectors import Answer, QueryFailed, Source

if TYPE_CHECKING:
    import ibis.expr.types as ir

OtherSource = Callable[[str], Source]


def orphans(log: QueryLog, inner: str, plan: Plan, check: Check, expects: ReferenceExpected) -> fused.Asked | None:
    """Rows whose key has no partner in the other table, by bucket; keys with a NULL in them do not count.

    None, and a problem on the account, when it could not be asked.
    """
    metric = Metric("orphan_count", check.column, check=check.id)
    with log.costing([metric]):
        columns = log.source.columns(expects.to_table)

        def build(table: Any) -> ir.Table:
            other = log.source.relation(expects.to_table, columns)
            keyed = table.drop_null(list(expects.columns))
            pairs = zip(expects.columns, expects.to_columns, strict=True)
            lonely = keyed.anti_join(other, [keyed[ours] == other[theirs] for ours, theirs in pairs])
            return fused.by_bucket(lonely, plan, {"m0": lonely.count()})

        sql = fused.written(log, inner, plan, (repr(expects), columns), build)
        answer = log.fetch(f"keys without partner in {expects.to_dataset}", sql)
        return fused.read(log, answer, plan, [metric])
    return None


def duplicates(log: QueryLog, inner: str, plan: Plan, columns: Sequence[str]) -> dict[Metric, float]:
    """Rows beyond the first of each key, exactly."""
    metric = Metric("duplicate_count", ", ".join(columns))
    with log.costing([metric]):
        sql = fused.written(
            log, inner, plan, ("duplicates", *columns), lambda table: metrics.duplicates(table, columns)
        )
        return {metric: _only(log, log.fetch("exact duplicates of the key", sql))}
    return {}


def distinct(log: QueryLog, inner: str, plan: Plan) -> dict[Metric, float]:
    """Different values in the whole table, of the columns of which a check wants to know."""
    columns = [column for column in plan.columns if column.name in plan.distinct]
    everything = [a for column in columns for a in metrics.column_aggregations(column, log.source.dialect)]
    wanted = [aggregation for aggregation in everything if aggregation.metric.name == "distinct_count"]

    def build(table: ir.Table) -> ir.Table:
        return table.aggregate(**{f"m{i}": aggregation.build(table) for i, aggregation in enumerate(wanted)})

    with log.costing([aggregation.metric for aggregation in wanted]):
        sql = fused.written(log, inner, plan, ("distinct", *plan.distinct), build)
        found = numbers(log.fetch("different values in the whole table", sql).rows[0])
        return {aggregation.metric: float(value) for aggregation, value in zip(wanted, found, strict=True)}
    return {}


def statistics(log: QueryLog, plan: Plan) -> dict[Metric, float]:
    """Rows of the whole table, where the warehouse answers that without reading it."""
    metric = Metric("row_count")
    with log.costing([metric]):
        answer = log.fetch("rows in the table, from statistics", rows.count_sql(log.source, plan))
        return {metric: _only(log, answer)}
    return {}


def newest_event_time(log: QueryLog, inner: str, plan: Plan) -> datetime | None:
    """The newest moment among the rows (naive), for a run that found its window empty."""
    event_time = plan.event_time
    if event_time is None:
        return None

    def build(table: ir.Table) -> ir.Table:
        return table.aggregate(newest=as_moment(table, event_time, log.source.dialect).max())

    sql = fused.written(log, inner, plan, ("newest",), build)
    newest = log.fetch("newest event time", sql).rows[0][0]
    return None if newest is None else parsed_moment(newest)


def reconcile(
    log: QueryLog, check: Check, expects: ReconcileExpected, other_source: OtherSource
) -> dict[Metric, float]:
    """Both sides of a reconciliation, each asked of its own source."""
    ours, theirs = Metric("own_aggregate", check=check.id), Metric("other_aggregate", check=check.id)
    with log.costing([ours, theirs]):
        return {
            ours: _aggregate(log, expects.ours, other_source),
            theirs: _aggregate(log, expects.theirs, other_source),
        }
    return {}


def not_replayed(log: QueryLog, check: Check) -> None:
    """Notes that a moment in the past can not be reconciled: nothing tells which rows the other side had then."""
    cause = "a reconciliation compares both tables as they are now, and can not be replayed"
    error = QueryFailed(log.source.name, cause, dataset=str(log.table), remedy="run it as of now")
    log.failed([Metric("own_aggregate", check=check.id), Metric("other_aggregate", check=check.id)], error)


def _aggregate(log: QueryLog, side: Aggregate, other_source: OtherSource) -> float:
    source = log.source if side.source == log.source.name else other_source(side.source)
    table = source.relation(side.table, source.columns(side.table))
    with writing(log.source.name, log.table):
        expression = table.aggregate(n=_function(table, side))
    answer = log.fetch_from(source, f"{side.function} of {side.dataset}, to reconcile", source.compile(expression))
    return _only(log, answer)


def _only(log: QueryLog, answer: Answer) -> float:
    """The only number of an answer, NaN for NULL. Raises QueryFailed where it is none."""
    try:
        return float(numbers(answer.rows[0])[0])
    except NotANumber as error:
        remedy = "compare numbers or moments"
        raise QueryFailed(log.source.name, str(error), dataset=str(log.table), remedy=remedy) from error


def _function(table: ir.Table, side: Aggregate) -> Any:
    if side.column is None:
        return table.count()
    column = table[side.column]
    name = {"distinct": "nunique"}.get(side.function, side.function)
    return getattr(column, name)()
