"""Rows of each value of the columns that have few: one grouped query after the fused scan, which says which they are.

Not a part of the fused scan: nobody knows the values before the first run, a new one has to show by itself, and
counting them there costs as much (docs/metrics.md has figures). The query reads those columns alone.
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
#: combinations of values in a bucket that are counted together, and rows that each of them has to stand for at least:
#: grouping by columns together costs the warehouse less than by each, and more rows of an answer cost us more
_MOST_COMBINATIONS, _LEAST_ROWS_OF_EACH = 256, 200
Counts = dict[str, dict[datetime | None, int]]  # rows by value and bucket


def with_categories(log: QueryLog, inner: str, plan: Plan, folded: Folded) -> Folded:
    """With the rows of each value, by bucket where there are buckets: 0 for a known value that was not found."""
    distinct = folded.largest("distinct_count")
    columns = list(chosen(plan.few_values, distinct, len(folded.buckets), whole_table=plan.whole_table))
    if not columns:
        return folded
    lines: dict[Metric, np.ndarray] = {}
    with log.costing([Metric("category_count", one.column.name) for one in columns]):
        most = [max(int(distinct.get(one.column.name, 0)), len(one.known), 1) for one in columns]
        packed = packs(most, folded.rows / max(len(folded.buckets), 1))
        for one, counts in zip(columns, _asked(log, inner, plan, columns, packed), strict=True):
            if can_be_named(counts, one.known):
                lines |= _lines(one, counts, folded.buckets or (None,))
    if not lines:
        return folded
    if plan.event_time is None:
        return replace(folded, totals=folded.totals | {metric: float(line[0]) for metric, line in lines.items()})
    grain = plan.event_time.grain
    metrics = tuple(replace(metric, grain=grain) for metric in lines)
    return replace(folded, grids=(*folded.grids, Grid(metrics, folded.buckets, np.array(list(lines.values())))))


def packs(values: Sequence[int], rows: float) -> list[list[int]]:
    """Columns, by place, that are counted together, given how many values each has and the rows of a bucket."""
    made: list[list[int]] = []
    combinations, most = 0, min(_MOST_COMBINATIONS, rows / _LEAST_ROWS_OF_EACH)
    for place in sorted(range(len(values)), key=values.__getitem__):
        combinations *= values[place] + 1  # and NULL
        if made and combinations <= most:
            made[-1].append(place)
        else:
            made.append([place])
            combinations = values[place] + 1
    return made


def _asked(
    log: QueryLog, inner: str, plan: Plan, columns: Sequence[FewValues], packed: Sequence[Sequence[int]]
) -> list[Counts]:
    """The rows of each value of each column; nothing where the answer is too long."""
    dialect = log.source.dialect
    names = [quoted(one.column.name, dialect) for one in columns]
    sets = [[f"v{number}" for number in pack] for pack in packed]
    selected = ", ".join(f"{name} AS {quoted(f'v{number}', dialect)}" for number, name in enumerate(names))
    bucket = quoted(names_beside(plan.columns).bucket, dialect) if plan.event_time else "0"
    only = f" WHERE {bucket} IS NOT NULL" if plan.event_time else ""
    inside = f"SELECT {bucket} AS {quoted('place', dialect)}, {selected} FROM (\n{inner}\n) AS {quoted('i', dialect)}"
    sql = grouped(dialect, inside + only, "place", sets, "COUNT(*)")
    answer = log.fetch("rows by value of columns with few", sql, limit=_MOST_ROWS)
    if answer.truncated or not answer.rows:
        return [{} for _ in columns]
    in_places, *others, in_rows = zip(*answer.rows, strict=True)
    moments = {text: parsed_moment(text) if plan.event_time else None for text in set(in_places)}
    places = [moments[text] for text in in_places]
    of_keys = dict(zip((number for pack in packed for number in pack), range(len(columns)), strict=True))
    marks = others[len(columns) :] or [[0] * len(places)] * len(columns)
    return [_counts(places, others[of_keys[number]], marks[of_keys[number]], in_rows) for number in range(len(columns))]


def _counts(
    places: Sequence[datetime | None], values: Sequence[Any], elsewhere: Sequence[int], rows: Sequence[int]
) -> Counts:
    """The rows of each value of one column, out of the rows of an answer that are not about others."""
    found: Counts = {}
    for place, value, other, count in zip(places, values, elsewhere, rows, strict=True):
        if value is not None and not other:
            in_places = found.setdefault(str(value), {})
            in_places[place] = in_places.get(place, 0) + int(count)
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
