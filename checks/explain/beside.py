"""Which other series of a dataset left their usual range in the same bucket. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from datetime import datetime

from checks.explain.record import Beside
from checks.explain.reference import past_of
from checks.metrics import CATALOGUE
from checks.records import Grain, Metric

_SHOWN = 6
_NEARLY_ALL = 0.3
_LEAST = 5.0
_LEFT_OUT = ("min", "max", "stddev")  # single rows decide them
#: what tells the same once more
_TWICE = {"null_count": "null_rate", "row_count": "bucket_rows"}
#: spread that a series is taken to have at least: on the logarithm of counts, on the arcsine of rates, and as a part of
#: the usual value else. Distinct counts of many values are approximate
_FLOOR = {"rows": 0.03, "values": 0.01, "share": 0.01}
_FLOOR_OF_VALUES, _APPROXIMATE, _FLOOR_OF_MANY = 0.01, 256, 0.05


def beside(
    series: Mapping[Metric, Mapping[datetime, float]], asked: tuple[str, str | None], bucket: datetime, grain: Grain
) -> tuple[Beside, ...]:
    """The series that are furthest from their past in the bucket, one for each column. `series` are the values of all
    bucketed series; `asked` is the metric and column that is explained already."""
    names = {(metric.name, metric.column) for metric in series}
    asked = (_TWICE.get(asked[0], asked[0]), asked[1])
    rows = statistics.median(past_of(bucket, grain, series.get(Metric("bucket_rows", grain=grain), {})) or [math.inf])
    found: dict[str | None, Beside] = {}
    for metric, values in series.items():
        again = (_TWICE.get(metric.name, ""), metric.column) in names
        if (
            again
            or metric.name in _LEFT_OUT
            or metric.check is not None
            or (metric.name, metric.column) == asked
            or bucket not in values
        ):
            continue
        past = past_of(bucket, grain, values)
        if metric.name == "distinct_count" and past and statistics.median(past) > _NEARLY_ALL * rows:
            continue  # of nearly unique values there are fewer where there are fewer rows
        one = _compared(metric, values[bucket], past)
        if one and (metric.column not in found or abs(found[metric.column].surprise) < abs(one.surprise)):
            found[metric.column] = one
    return tuple(sorted(found.values(), key=lambda one: -abs(one.surprise))[:_SHOWN])


def _compared(metric: Metric, now: float, past: list[float]) -> Beside | None:
    """How far a value is from its past; None where that is not far, or nothing can be said."""
    if not past or not math.isfinite(now):
        return None
    unit = CATALOGUE[metric.name].unit if metric.name in CATALOGUE else "value"
    usual = statistics.median(past)
    scaled = [_scaled(value, unit) for value in past]
    middle = statistics.median(scaled)
    spread = 1.4826 * statistics.median(abs(value - middle) for value in scaled)
    surprise = (_scaled(now, unit) - middle) / max(spread, _floor(unit, usual))
    return Beside(metric.name, metric.column, usual, now, surprise) if abs(surprise) >= _LEAST else None


def _scaled(value: float, unit: str) -> float:
    if unit in ("rows", "values"):
        return math.log1p(max(value, 0))
    return math.asin(math.sqrt(min(max(value, 0), 1))) if unit == "share" else value


def _floor(unit: str, usual: float) -> float:
    if unit == "values" and usual > _APPROXIMATE:
        return _FLOOR_OF_MANY
    return _FLOOR.get(unit, max(abs(usual) * _FLOOR_OF_VALUES, 1e-9))
