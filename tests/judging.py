"""Facts and checks in a few words, for the tests of judging."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from checks.facts import Facts
from checks.judge import judge
from checks.records import (
    Check,
    Dimension,
    EventTime,
    Grain,
    Grid,
    Measured,
    Metric,
    NumberExpected,
    Operator,
    Result,
    Severity,
    Threshold,
)
from connectors import Column

AT = datetime(2026, 3, 15, 12, tzinfo=UTC)
YESTERDAY = AT - timedelta(days=1)
FRIDAY, SATURDAY, SUNDAY = (datetime(2026, 3, day) for day in (13, 14, 15))  # noqa: DTZ001 buckets are naive
NAN = float("nan")
ROWS, FRESHNESS = Metric("row_count"), Metric("freshness")
COLUMNS = (
    Column("carrier", "string", "VARCHAR"),
    Column("seats", "int64", "BIGINT"),
    Column("price", "float64", "DOUBLE"),
    Column("active", "boolean", "BOOLEAN"),
    Column("ordered_on", "date", "DATE"),
    Column("ordered_at", "timestamp('UTC', 6)", "TIMESTAMP WITH TIME ZONE"),
)
NONE = Threshold(Operator.BE, (0.0,))


def facts(
    levels: Mapping[Metric, float] | None = None,
    days: Mapping[Metric, list[float]] | None = None,
    known: Mapping[Metric, tuple[datetime, float]] | None = None,
    grain: Grain = Grain.DAY,
    **more: Any,
) -> Facts:
    """Levels of this run, values of Friday, Saturday and Sunday (which is still filling), and what was known before."""
    table = Grid(tuple(levels or {}), (None,), np.array([[value] for value in (levels or {}).values()]).reshape(-1, 1))
    metrics = tuple(replace(metric, grain=grain) for metric in days or {})
    daily = Grid(metrics, (FRIDAY, SATURDAY, SUNDAY), np.array(list((days or {}).values())))
    grids = (table, daily) if days else (table,)
    event_time = EventTime("ordered_at", "contract", grain=grain)
    whole = Measured(COLUMNS, event_time, None, grids, (), (), None, True, 0.1, AT)
    return Facts(replace(whole, **more), known or {}, AT)


def check(expects: Any, severity: Severity = Severity.ERROR, *, empty_is_fine: bool = False) -> Check:
    return Check("c", "s.t", Dimension.ACCURACY, expects, severity, empty_is_fine=empty_is_fine)


def number(metric: str, operator: Operator, *values: float, **more: Any) -> Check:
    return check(NumberExpected(metric, Threshold(operator, values), **more))


def one(made: Check, known: Facts) -> Result:
    [result] = judge(made, known)
    return result


def said(result: Result) -> tuple[str, str | None, str | None, str | None]:
    return str(result.status), result.observed, result.expected, result.reason
