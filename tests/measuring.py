"""Helpers to measure a table of a test warehouse, and to read what came back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np

from checks.history import Known
from checks.levels import with_levels
from checks.measure import measure
from checks.plan import make_plan
from checks.records import Check, Dataset, Dimension, Expectation, Measured, Metric, Operator, Plan, Reading, Threshold
from connectors import Source, TableName
from tests.nasty import Expected

NOTHING_KNOWN = Known(None, None, {})
READING = Reading(history_days=90)
NONE = Threshold(Operator.BE, (0.0,))


def check(id_: str, expects: Expectation) -> Check:
    return Check(id_, "shop.t", Dimension.CONFORMITY, expects)


def planned(
    source: Source,
    table: TableName,
    at: datetime,
    checks: Sequence[Check] = (),
    *,
    known: Known = NOTHING_KNOWN,
    **more: Any,
) -> Plan:
    """The plan for a table; `more` is what is declared of the dataset, `replay` and `reading`."""
    replay, reading = more.pop("replay", False), more.pop("reading", READING)
    dataset = Dataset("shop", table, checks=tuple(checks), **more)
    columns, key = source.columns(table), source.primary_key(table)
    return make_plan(dataset, columns, key, known, reading, at, replay=replay)


def measured(source: Source, table: TableName, at: datetime, checks: Sequence[Check] = (), **more: Any) -> Measured:
    """A run's measurements. The test's moment counts for a server too: its own clock is not ours to set."""
    source.has_clock = False
    return measure(source, planned(source, table, at, checks, **more), at, no_other_source)


def no_other_source(name: str) -> Source:
    raise AssertionError(f"nobody was to open source '{name}'")


def found(of: Measured) -> Expected:
    """All numbers by metric and column, each by bucket; what was not measured is not there."""
    numbers: Expected = {}
    for grid in of.grids:
        for metric, line in zip(grid.metrics, grid.values, strict=True):
            series = {
                bucket: float(value) for bucket, value in zip(grid.buckets, line, strict=True) if not np.isnan(value)
            }
            if series:
                numbers.setdefault((metric.name, metric.column), {}).update(series)
    return numbers


def total(of: Measured, metric: str, column: str | None = None) -> float | None:
    """One whole-table number, None where it was not measured."""
    return found(of).get((metric, column), {}).get(None)


class Memory:
    """What a history would know of one dataset: a plain-Python stand-in that keeps the newest value of everything."""

    def __init__(self) -> None:
        self.values: dict[Metric, tuple[datetime, float]] = {}
        self.buckets: dict[Metric, dict[datetime, float]] = {}
        self.whole_table: datetime | None = None
        self.newest: datetime | None = None

    @property
    def known(self) -> Known:
        return Known(self.whole_table, self.newest, self.values)

    def run(
        self, source: Source, table: TableName, at: datetime, checks: Sequence[Check] = (), **more: Any
    ) -> Measured:
        """Measures as a run does, and remembers."""
        run = measured(source, table, at, checks, known=self.known, **more)
        if run.read_from is not None:
            run = with_levels(run, self.values, self.buckets)
        self.remember(run, at)
        return run

    def remember(self, run: Measured, at: datetime) -> None:
        self.whole_table = at if run.whole_table else self.whole_table
        for grid in run.grids:
            for metric, line in zip(grid.metrics, grid.values, strict=True):
                for bucket, value in zip(grid.buckets, line, strict=True):
                    if bucket is None and not np.isnan(value):
                        self.values[metric] = at, float(value)
                    elif bucket is not None and not np.isnan(value):
                        self.buckets.setdefault(metric, {})[bucket] = float(value)
                        self.newest = max(self.newest or bucket, bucket)
