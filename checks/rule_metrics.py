"""What the rules of a contract measure for themselves: which metrics, and how they are written.

Aggregates and shares of categories join the fused scan. Sequences, and quantiles of a whole table that is read by
bucket (they do not add up), are queries of their own in the runs that read the whole table.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from checks import fused
from checks.meets import equals
from checks.metrics import Aggregation, finite_values, kind_of, rows_where
from checks.moments import as_moment
from checks.queries import QueryLog
from checks.records import (
    AggregateExpected,
    Check,
    DistributionExpected,
    EventTime,
    Metric,
    Plan,
    SequenceExpected,
    SequenceKind,
    category_count,
)
from checks.scalars import numbers
from connectors import Column, QueryFailed

if TYPE_CHECKING:
    import ibis.expr.types as ir

_NAMES = {"sum": "sum", "count": "value_count", "quantile": "quantile"}


def aggregate_metric(check: Check, expects: AggregateExpected) -> Metric:
    """The number of an aggregate rule."""
    return Metric(_NAMES[expects.function], expects.column, check=check.id)


def category_metrics(check: Check, expects: DistributionExpected) -> tuple[Metric, ...]:
    """The counts of the named values, in their order."""
    return tuple(category_count(expects.column, str(value), check.id) for value, _ in expects.shares)


def sequence_metric(check: Check, expects: SequenceExpected) -> Metric:
    """The breaks of a sequence."""
    return Metric("sequence_breaks", ", ".join(expects.columns), check=check.id)


def metrics_of(check: Check) -> tuple[Metric, ...]:
    """All that the check's own numbers are called; none for kinds of checks that are not here."""
    match check.expects:
        case AggregateExpected():
            return (aggregate_metric(check, check.expects),)
        case DistributionExpected():
            return category_metrics(check, check.expects)
        case SequenceExpected():
            return (sequence_metric(check, check.expects),)
        case _:
            return ()


# -- in the fused scan -------------------------------------------------------------------------------------------------


def aggregations(plan: Plan, dialect: str) -> Iterator[Aggregation]:
    """What the rules add to the fused query."""
    columns = {column.name: column for column in plan.columns}
    for check in plan.rules:
        match check.expects:
            case AggregateExpected() if not _is_apart(check.expects, plan):
                build = _aggregate(check.expects, columns[check.expects.column], dialect)
                yield Aggregation(aggregate_metric(check, check.expects), build)
            case DistributionExpected():
                pairs = zip(category_metrics(check, check.expects), check.expects.shares, strict=True)
                for metric, (value, _) in pairs:
                    yield Aggregation(metric, _counting(check.expects.column, value))


def _is_apart(expects: AggregateExpected, plan: Plan) -> bool:
    return expects.function == "quantile" and plan.event_time is not None and not expects.per_bucket


def _aggregate(expects: AggregateExpected, column: Column, dialect: str) -> Any:
    def build(table: ir.Table) -> Any:
        values: Any = table[column.name]
        if expects.function == "count":
            return values.count()
        values = finite_values(column, kind_of(column), dialect)(values)
        return values.sum() if expects.function == "sum" else values.cast("float64").quantile(expects.share)

    return build


def _counting(column: str, value: object) -> Any:
    return lambda table: rows_where(equals(table[column], value))


# -- in queries of their own -------------------------------------------------------------------------------------------


def ask(log: QueryLog, inner: str, plan: Plan, check: Check) -> dict[Metric, float]:
    """The number of a rule that is asked apart; nothing for the others, and where it could not be asked."""
    match check.expects:
        case SequenceExpected():
            metric, purpose = sequence_metric(check, check.expects), f"breaks in the sequence of {check.expects.column}"
        case AggregateExpected() if _is_apart(check.expects, plan):
            metric, purpose = aggregate_metric(check, check.expects), f"quantile of {check.expects.column}"
        case _:
            return {}
    with log.costing([metric]):
        sql = fused.written(log, inner, plan, (repr(check.expects),), _query(log, plan, check.expects))
        return {metric: float(numbers([log.fetch(purpose, sql).rows[0][0]])[0])}
    return {}


def _query(log: QueryLog, plan: Plan, expects: SequenceExpected | AggregateExpected) -> Any:
    dialect = log.source.dialect
    column = next(column for column in plan.columns if column.name == expects.column)
    if isinstance(expects, AggregateExpected):
        return lambda table: table.aggregate(n=_aggregate(expects, column, dialect)(table))
    if expects.kind is SequenceKind.GAP_FREE:
        if not kind_of(column).is_integer() and not column.type.endswith(", 0)"):
            cause = f"'{column.name}' is {column.native}, and only whole numbers can be free of gaps"
            raise QueryFailed(log.source.name, cause, dataset=str(log.table), remedy="name a column of whole numbers")
        return lambda table: _gaps(table, expects)
    if expects.order_by is None and plan.event_time is None:
        cause = "the dataset has no event time to order the rows by"
        remedy = "name a column in orderBy, or declare vitals.eventTime in the contract"
        raise QueryFailed(log.source.name, cause, dataset=str(log.table), remedy=remedy)
    return lambda table: _falls(table, expects, plan.event_time, dialect)


def _gaps(table: Any, expects: SequenceExpected) -> ir.Table:
    """Numbers that are missing between the smallest and the largest of each group; repeated ones are no gap."""
    present = table.filter(table[expects.column].notnull())
    value = present[expects.column]
    per_group = {"missing": value.max() - value.min() + 1 - value.nunique()}
    if not expects.within:
        return present.aggregate(n=per_group["missing"])
    groups = present.group_by([present[name].name(f"g{i}") for i, name in enumerate(expects.within)])
    return groups.aggregate(**per_group).aggregate(n=lambda of: of.missing.sum())


def _falls(table: Any, expects: SequenceExpected, event_time: EventTime | None, dialect: str) -> ir.Table:
    """Rows whose value does not follow on that of the row before. Rows of the same order are taken in the order of
    their values, for nothing says which came first; rows without value or order are left out."""
    import ibis

    by_time = event_time is not None and expects.order_by in (None, event_time.column)
    order = as_moment(table, event_time, dialect) if by_time and event_time else table[expects.order_by]
    rows = {"value": table[expects.column], "place": order}
    kept = table.select(**rows, **{f"g{i}": table[name] for i, name in enumerate(expects.within)})
    kept = kept.filter(kept.value.notnull() & kept.place.notnull())
    window = ibis.window(
        group_by=[kept[f"g{i}"] for i in range(len(expects.within))], order_by=[kept.place, kept.value]
    )
    pairs = kept.select(value=kept.value, before=kept.value.lag().over(window))
    wrong = pairs.value <= pairs.before if expects.kind is SequenceKind.STRICT else pairs.value < pairs.before
    return pairs.aggregate(n=pairs.count(where=wrong.fill_null(False)))
