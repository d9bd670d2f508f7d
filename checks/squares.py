"""Standard deviations out of sums of squares.

DuckDB's own deviation costs four times as much as a sum, a third of a whole fused query. The sum of squares beside the
mean tells the same, except of values that differ little beside their distance from zero: there nearly all digits are
lost in the difference, and the warehouse is asked for the deviation itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from checks.metrics import Aggregation
from checks.records import Metric

SQUARES = "squares"
#: the least share of the squares that the deviation has to be: 1e-6 is a deviation of 0.1 % of the values, and a sum of
#: millions of doubles is exact to some 1e-13 of it
_LEAST_SHARE = 1e-6


def cheapened(aggregations: Iterable[Aggregation], kept: Collection[Metric]) -> Iterator[Aggregation]:
    """With the sum of squares in the place of each deviation that has one, but for those `kept` as they are."""
    for one in aggregations:
        if one.squares is None or one.metric in kept:
            yield one
        else:
            yield Aggregation(replace(one.metric, name=SQUARES), one.squares)


def with_deviations(values: Mapping[Metric, np.ndarray]) -> dict[Metric, np.ndarray]:
    """The values with deviations in the place of sums of squares; without those that squares do not tell."""
    found: dict[Metric, np.ndarray] = {}
    for metric, line in values.items():
        if metric.name != SQUARES:
            found[metric] = line
        elif (deviation := _deviation(metric, line, values)) is not None:
            found[replace(metric, name="stddev")] = deviation
    return found


def _deviation(squares: Metric, line: np.ndarray, values: Mapping[Metric, np.ndarray]) -> np.ndarray | None:
    """That of a sample in each group, NaN where it has less than two values; None where a group has too few digits."""

    def beside(name: str) -> np.ndarray | None:
        return values.get(replace(squares, name=name))

    rows, nulls, mean = values.get(Metric("row_count")), beside("null_count"), beside("mean")
    least, most, broken = beside("min"), beside("max"), beside("non_finite_count")
    if rows is None or nulls is None or mean is None or least is None or most is None:
        return None
    count = rows - nulls - (0.0 if broken is None else broken)
    some, equal = count >= 2, least == most
    with np.errstate(invalid="ignore", over="ignore"):
        spread = np.where(equal, 0.0, line - count * mean**2)
        told = equal | (spread > _LEAST_SHARE * line)
    if not told[some].all():
        return None
    return np.sqrt(np.divide(spread, count - 1, out=np.full(line.shape, np.nan), where=some))
