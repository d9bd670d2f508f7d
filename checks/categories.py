"""Rows of each value of the columns that have few: one grouped query after the fused scan, which says which they are.

Not a part of the fused scan: an aggregate for each value costs several times as much as grouping by the column, nobody
knows the values before the first run, and a new one has to show by itself. The query reads those columns alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from checks.few_values import MOST_CELLS, can_be_named, chosen
from checks.fold import Folded
from checks.grouped import grouped, quoted
from checks.queries import QueryLog
from checks.records import FewValues, Grid, Metric, category_count
from checks.rows import names_beside
from checks.scalars import parsed_moment

if TYPE_CHECKING:
    from checks.records import Plan

#: rows of the answer; counts of different values are approximate, so there may be some more than was reckoned with
_MOST_ROWS = 2 * MOST_CELLS
Counts = dict[str, dict[datetime | None, int]]  # rows by value and bucket


def with_categories(log: QueryLog, inner: str, plan: Plan, folded: Folded) -> Folded:
    """With the rows of each value, by bucket where there are buckets: 0 for a known value that was not found."""
    distinct = folded.largest("distinct_count")
    columns = list(chosen(plan.few_values, distinct, len(folded.buckets), whole_table=plan.whole_table))
    if not columns:
        return folded
    lines: dict[Metric, np.ndarray] = {}
    with log.costing([Metric("category_count", one.column.name) for one in columns]):
        for one, counts in zip(columns, _asked(log, inner, plan, columns), strict=True):
            if can_be_named(counts, one.known):
                lines |= _lines(one, counts, folded.buckets or (None,))
    if not lines:
        return folded
    if plan.event_time is None:
        return replace(folded, totals=folded.totals | {metric: float(line[0]) for metric, line in lines.items()})
    grain = plan.event_time.grain
    metrics = tuple(replace(metric, grain=grain) for metric in lines)
    return replace(folded, grids=(*folded.grids, Grid(metrics, folded.buckets, np.array(list(lines.values())))))


def _asked(log: QueryLog, inner: str, plan: Plan, columns: Sequence[FewValues]) -> list[Counts]:
    """The rows of each value of each column; nothing where the answer is too long."""
    dialect = log.source.dialect
    names = [quoted(one.column.name, dialect) for one in columns]
    keys = [f"v{number}" for number in range(len(columns))]
    selected = ", ".join(f"{name} AS {quoted(key, dialect)}" for name, key in zip(names, keys, strict=True))
    bucket = quoted(names_beside(plan.columns).bucket, dialect) if plan.event_time else "0"
    only = f" WHERE {bucket} IS NOT NULL" if plan.event_time else ""
    inside = f"SELECT {bucket} AS {quoted('place', dialect)}, {selected} FROM (\n{inner}\n) AS {quoted('i', dialect)}"
    sql = grouped(dialect, inside + only, "place", [[key] for key in keys], "COUNT(*)")
    answer = log.fetch("rows by value of columns with few", sql, limit=_MOST_ROWS)
    found: list[Counts] = [{} for _ in columns]
    rows = () if answer.truncated else answer.rows
    places = {text: parsed_moment(text) if plan.event_time else None for text in {row[0] for row in rows}}
    for row in rows:
        number = 0 if len(columns) == 1 else row.index(0, 1 + len(columns)) - 1 - len(columns)
        value = row[1 + number]
        if value is not None:
            place = places[row[0]]
            counts = found[number].setdefault(str(value), {})
            counts[place] = counts.get(place, 0) + int(row[-1])
    return found


def _lines(
    one: FewValues, counts: Mapping[str, Mapping[datetime | None, int]], buckets: Sequence[Any]
) -> dict[Metric, np.ndarray]:
    """Nothing where nothing was found: a column of NULLs has no shares."""
    values = dict.fromkeys((*one.known, *sorted(counts))) if counts else {}
    return {
        category_count(one.column.name, value): np.array(
            [counts.get(value, {}).get(bucket, 0) for bucket in buckets], dtype=float
        )
        for value in values
    }
