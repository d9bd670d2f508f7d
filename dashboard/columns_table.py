"""The latest numbers of every column as a table, and the difference of two schemas in words. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from checks.learned.codes import sort_of
from checks.records import Metric, Result
from connectors import Column
from dashboard import words

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Values:
    """What is known of a dataset: the values of bucketed metrics by bucket, and the newest of whole-table metrics with
    the moment they were observed."""

    buckets: Mapping[Metric, Mapping[datetime, float]]
    table: Mapping[Metric, tuple[datetime, float]]

    def history(self, name: str, column: str | None) -> list[float]:
        """The values by bucket, oldest first; empty for a whole-table metric."""
        for metric, found in self.buckets.items():
            if (metric.name, metric.column, metric.check) == (name, column, None):
                return [found[bucket] for bucket in sorted(found)]
        return []

    def latest(self, name: str, column: str | None) -> float | None:
        """The value of the newest bucket that has one, else the newest of the whole table."""
        by_bucket = [value for value in self.history(name, column) if value == value]
        if by_bucket:
            return by_bucket[-1]
        return next(
            (
                value
                for one, (_, value) in self.table.items()
                if (one.name, one.column, one.check) == (name, column, None)
            ),
            None,
        )

    def categories(self, column: str) -> list[tuple[str, float]]:
        """The values of a column with few and their shares of all that were counted, the largest first; in the newest
        bucket, or in the whole table."""
        newest = max((max(found) for one, found in self.buckets.items() if _is_value_of(column, one)), default=None)
        counts = {one.category: found.get(newest) for one, found in self.buckets.items() if _is_value_of(column, one)}
        counts = counts or {one.category: count for one, (_, count) in self.table.items() if _is_value_of(column, one)}
        found = {value: count for value, count in counts.items() if value is not None and count}
        whole = sum(found.values())
        return sorted(((value, count / whole) for value, count in found.items()), key=lambda one: -one[1])

    def newest_bucket(self) -> datetime | None:
        return max((bucket for found in self.buckets.values() for bucket in found), default=None)

    def ends(self, column: str) -> tuple[list[float], list[float]]:
        """The smallest and the largest values, by bucket, else those of the whole table."""
        least, most = self.history("min", column), self.history("max", column)
        if least and len(least) == len(most):
            return least, most
        low, high = self.latest("min", column), self.latest("max", column)
        return ([], []) if low is None or high is None else ([low], [high])


def _is_value_of(column: str, metric: Metric) -> bool:
    return metric.column == column and metric.check == f"={metric.category}"


def about(values: Values) -> str:
    """What the numbers are of, as Markdown."""
    newest = values.newest_bucket()
    return (
        f"Numbers of the newest bucket, {words.bucket(newest)}."
        if newest
        else "Numbers of the whole table, as last measured."
    )


def not_watched(columns: Sequence[Column], values: Values, wanted: Collection[str]) -> str:
    """Why the means of some columns are not watched: 'Means that say nothing of their own are not watched: hour (hours
    of the day)'; empty where all are. `wanted` are the columns that a contract has a rule about."""
    found = {column.name: meaning(column.name, values) for column in columns if column.name not in wanted}
    told = [f"{name} ({about})" for name, about in found.items() if about]
    return f"Means that say nothing of their own are not watched: {', '.join(told)}." if told else ""


def meaning(column: str, values: Values) -> str | None:
    """What a column holds whose mean says nothing: 'hours of the day'."""
    if values.latest("mean", column) is None:
        return None
    least, most = values.ends(column)
    sort = sort_of(column, np.array(least), np.array(most))
    return sort.about if sort else None


def table(columns: Sequence[Column], values: Values, results: Sequence[Result]) -> pd.DataFrame:
    """One row for each column, in the order of the table."""
    return pd.DataFrame([_row(column, values, results) for column in columns])


def _row(column: Column, values: Values, results: Sequence[Result]) -> dict[str, object]:
    worst = words.worst([result for result in results if column.name in (result.column or "").split(", ")])
    temporal = column.type.startswith(("date", "time"))
    return {
        "Column": column.name,
        "Type": column.native,
        "Checks": "" if worst is None else words.status(worst),
        "Nulls": words.percent(values.latest("null_rate", column.name)),
        "Null rate by bucket": values.history("null_rate", column.name),
        "Distinct": words.number(values.latest("distinct_count", column.name)),
        "Range": _range(column, values, temporal),
        "Values": _categories(values.categories(column.name)),
        "Mean": "" if temporal else _number(values.latest("mean", column.name)),
        "Std. dev.": "" if temporal else _number(values.latest("stddev", column.name)),
    }


def _number(value: float | None) -> str:
    return "" if value is None else words.number(value)


def _range(column: Column, values: Values, temporal: bool) -> str:
    low, high = values.latest("min", column.name), values.latest("max", column.name)
    if low is not None and high is not None:
        named = (_moment(low, column.type), _moment(high, column.type)) if temporal else (_number(low), _number(high))
        return _between(*named)
    short, long = values.latest("min_length", column.name), values.latest("max_length", column.name)
    if short is not None and long is not None:
        return _between(words.number(short), words.number(long)) + (" character" if long == 1 else " characters")
    true = values.latest("true_rate", column.name)
    return "" if true is None else f"{words.percent(true)} true"


def _categories(found: Sequence[tuple[str, float]]) -> str:
    """'EV 19 %, B6 16 %, DL 15 % and 8 more'."""
    told = ", ".join(f"{value} {words.percent(share)}" for value, share in found[:_SHOWN])
    return f"{told} and {len(found) - _SHOWN} more" if len(found) > _SHOWN else told


def _between(low: str, high: str) -> str:
    return low if low == high else f"{low} to {high}"


def _moment(seconds: float, kind: str) -> str:
    if not -6e10 < seconds < 2e11:  # beyond the years that Python knows, and NaN
        return words.NOTHING
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return f"{moment:%Y-%m-%d}" if kind.startswith("date") else f"{moment:%Y-%m-%d %H:%M}"


def schema(columns: Sequence[Column], classified: Mapping[str, str]) -> pd.DataFrame:
    """The columns as the catalogue has them."""
    return pd.DataFrame(
        {
            "Column": [column.name for column in columns],
            "Type": [column.native for column in columns],
            "Nullable": ["yes" if column.nullable else "no" for column in columns],
            "Classified": [classified.get(column.name, "") for column in columns],
        }
    )


def changes(old: Sequence[Column], new: Sequence[Column]) -> list[str]:
    """What changed from one schema to the next, in words."""
    before, after = {one.name: one for one in old}, {one.name: one for one in new}
    said = [f"{name} was added, {after[name].native}" for name in after if name not in before]
    said += [f"{name} was removed, it was {before[name].native}" for name in before if name not in after]
    for name in [name for name in after if name in before]:
        was, now = before[name], after[name]
        if was.type != now.type or was.native != now.native:
            said.append(f"{name} changed its type from {was.native} to {now.native}")
        if was.nullable != now.nullable:
            said.append(f"{name} {'may now be empty' if now.nullable else 'may not be empty any more'}")
    return said or ["the columns are in another order"]
