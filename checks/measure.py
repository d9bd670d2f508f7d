"""Measuring: a plan and a source in, measurements out. Touches neither the history nor any threshold.

One fused aggregate query per dataset, grouped by bucket where there is an event time. What can not be fused is a query
of its own: exact keys, references, reconciliations. A number that could not be had is a Problem, never a zero.
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime

import numpy as np

from checks import eventtime, fused, rows, rule_metrics, separate, sql_rules
from checks.categories import with_categories
from checks.expressible import expressible
from checks.few_values import LEAST_ROWS
from checks.fold import Folded, fold
from checks.forms import with_forms
from checks.loads import loads
from checks.meets import values_aggregation
from checks.metrics import Aggregation, column_aggregations, nulls_aggregation, rows_aggregation
from checks.queries import QueryLog
from checks.records import Grain, Grid, Measured, Metric, Plan, ReconcileExpected, ReferenceExpected
from checks.separate import OtherSource
from connectors import DatasetMissing, Source

FRESHNESS = Metric("freshness")


def measure(source: Source, plan: Plan, at: datetime, other_source: OtherSource) -> Measured:
    """Asks the source all that the plan wants at the moment `at` (aware).

    `other_source` opens a source by name, for reconciliations. Raises SourceError when the dataset as a whole can not
    be measured; what fails alone is in `problems`.
    """
    started = time.perf_counter()
    log = QueryLog(source, plan.dataset.table)
    now = at if plan.up_to else log.source_now(at)
    inner = rows.rows_sql(source, plan, now)
    folded = _by_bucket(log, inner, plan, now)
    totals = folded.totals | _totals(log, inner, plan, other_source) | _freshness(log, plan, folded, now)
    loaded = loads(log, plan, now)
    return Measured(
        columns=plan.columns,
        event_time=plan.event_time,
        key=plan.key,
        grids=(*folded.grids, table_grid(totals)),
        problems=tuple(log.problems),
        queries=tuple(log.records),
        read_from=None if plan.whole_table else plan.buckets_from,
        whole_table=plan.whole_table,
        seconds=time.perf_counter() - started,
        source_now=now,
        load_time=plan.load_time,
        loads=loaded,
    )


def aggregations(plan: Plan, dialect: str) -> list[Aggregation]:
    """Everything that goes into the fused query, count(*) first."""
    found = [rows_aggregation()]
    for column in plan.columns:
        whole = column.name in plan.profiled
        found.extend(column_aggregations(column, dialect) if whole else [nulls_aggregation(column)])
    for check in plan.values:
        found.append(values_aggregation(check, plan.columns, dialect))
    found.extend(rule_metrics.aggregations(plan, dialect))
    return found


def table_grid(totals: dict[Metric, float]) -> Grid:
    """Whole-table numbers as a grid of the single bucket None."""
    values = np.array(list(totals.values()), dtype=float).reshape(len(totals), 1)
    return Grid(tuple(totals), (None,), values)


def _by_bucket(log: QueryLog, inner: str, plan: Plan, now: datetime) -> Folded:
    plan = replace(plan, values=expressible(log, plan))
    folded = fold(fused.ask(log, inner, aggregations(plan, log.source.dialect), plan, now), plan, now)
    for check in plan.references:
        if isinstance(check.expects, ReferenceExpected):
            asked = separate.orphans(log, inner, plan, check, check.expects)
            folded = folded.with_counts(asked, plan) if asked else folded
    if (plan.event_time is not None and not folded.buckets) or (plan.whole_table and folded.rows < LEAST_ROWS):
        return folded
    # of the whole table only the buckets are counted by value: what is older is not read again
    of_buckets = replace(plan, whole_table=plan.event_time is None)
    folded = with_categories(log, rows.rows_sql(log.source, of_buckets, now), plan, folded)
    return with_forms(log, plan, folded, now)


def _totals(log: QueryLog, inner: str, plan: Plan, other_source: OtherSource) -> dict[Metric, float]:
    """Numbers of the whole table that are asked of it as a whole."""
    totals: dict[Metric, float] = {}
    if not plan.whole_table and plan.up_to is None and log.source.counts_from_statistics(plan.dataset.table):
        totals |= separate.statistics(log, plan)  # the newest buckets do not say it, and here it is free
    for columns in plan.keys:
        totals |= separate.duplicates(log, inner, plan, columns)
    if plan.distinct:
        totals |= separate.distinct(log, inner, plan)
    for check in plan.reconciliations:
        if plan.up_to is not None:
            separate.not_replayed(log, check)
        elif isinstance(check.expects, ReconcileExpected):
            totals |= separate.reconcile(log, check, check.expects, other_source)
    for check in plan.rules if plan.whole_table else ():
        totals |= rule_metrics.ask(log, inner, plan, check)
    for check in plan.sql:
        totals |= sql_rules.ask(log, plan, check)
    return totals


def _freshness(log: QueryLog, plan: Plan, folded: Folded, now: datetime) -> dict[Metric, float]:
    """The age in seconds of the newest row that is not from the future: that one must not hide that a table is stale.
    A row of the leeway is as old as one of this moment."""
    if plan.event_time is None:
        _note_missing_event_time(log, plan)
        return {}
    newest = folded.newest
    if newest is None and not plan.whole_table:
        everything = replace(plan, whole_table=True, up_to=now)
        newest = separate.newest_event_time(log, rows.rows_sql(log.source, everything, now), plan)
    if newest is None:
        return {}
    clock = eventtime.wall_clock(now, plan.event_time)
    latest = eventtime.bucket_of(clock, Grain.DAY) if plan.event_time.is_date else clock
    return {FRESHNESS: eventtime.age(min(newest, latest), plan.event_time, now).total_seconds()}


def _note_missing_event_time(log: QueryLog, plan: Plan) -> None:
    declared = plan.dataset.event_time
    if declared is None:
        return
    cause = f"the event time '{declared}' that is declared in the {plan.dataset.declared_in} is no column of the table"
    remedy = "correct the name; until then there are no numbers per day and no freshness"
    log.failed([FRESHNESS], DatasetMissing(log.source.name, cause, dataset=str(log.table), remedy=remedy))
