"""What earlier runs have left for the learned checks of the next one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from checks.records import Alert, Grain, Label, Metric
from connectors import Column

Series = Mapping[Metric, Mapping[datetime, float]]
#: how far back is learned from, by the grain of the buckets; TABLE for whole-table values by day
REACH = {Grain.DAY: timedelta(days=400), Grain.HOUR: timedelta(days=60), Grain.TABLE: timedelta(days=400)}
#: how much further back than its hours the days of an hourly series go: slow drifts take months to be told
LONGER = timedelta(days=140)

#: how long runs were measuring: known of earlier runs, and of no table
DURATION = Metric("run_seconds")
#: how many rows a table without an event time has more than the day before: worked out from its row count
CHANGE = Metric("row_change")
#: seconds up to which nobody minds how long it took: shorter ones count as this
QUICK = 30.0


@dataclass(frozen=True, slots=True)
class Before:
    """`buckets` are the values of bucketed series, `young` those of them that are restated, as they were known when
    each bucket was as old as the newest complete one is now; `days` those of whole-table series: by day (UTC) the
    last one, for freshness and durations the largest. `judged` are the values that have a band already, by grain of
    their series; `alerts` those that stand; `labels` those that were not undone; `schemas` the observed columns,
    oldest first, one for each change. `undone` are labels that were taken back since the last run, and `ever_told`
    all that was once told of the buckets that these may have kept quiet."""

    buckets: Series = field(default_factory=dict)
    young: Series = field(default_factory=dict)
    days: Series = field(default_factory=dict)
    judged: Series = field(default_factory=dict)
    alerts: Sequence[Alert] = ()
    labels: Sequence[Label] = ()
    undone: Sequence[Label] = ()
    ever_told: Sequence[Alert] = ()
    schemas: Sequence[tuple[datetime, tuple[Column, ...]]] = ()
