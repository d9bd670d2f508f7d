"""Published rules of other products, and the plain statistics people start with, as formulas over a window of values.

Each scores the last value of a window: 1 and more is an alarm at the rule's own default. NaN: too little to say.
Where a rule divides by a spread of 0, the score is 0, as Elementary has it; DQOps takes every change then.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

Array = np.ndarray


def elementary(values: Array, window: int = 14, least: int = 7, sensitivity: float = 3.0) -> float:
    """Elementary's dbt package: |z| over `anomaly_sensitivity`, mean and sd of a window that includes the judged value.
    A window without spread scores 0."""
    seen = _tail(values, window)
    if len(seen) < least or math.isnan(values[-1]):
        return math.nan
    spread = np.std(seen, ddof=1)
    return abs(values[-1] - seen.mean()) / spread / sensitivity if spread > 0 else 0.0


def plain_z(values: Array, window: int = 14, least: int = 7, sensitivity: float = 3.0) -> float:
    """The same, with the judged value left out."""
    return _z(values[-1], _tail(values[:-1], window), least, sensitivity)


def same_weekday_z(values: Array, period: int = 7, weeks: int = 8, least: int = 4, sensitivity: float = 3.0) -> float:
    """|z| among the same weekdays (or hours of the week) before."""
    before = values[:-1][::-1][period - 1 :: period][:weeks]
    return _z(values[-1], before[~np.isnan(before)], least, sensitivity)


def rolling_mad(values: Array, window: int = 28, least: int = 10, sensitivity: float = 3.0) -> float:
    """Distance from the median in scaled median absolute deviations."""
    before = _tail(values[:-1], window)
    if len(before) < least or math.isnan(values[-1]):
        return math.nan
    middle = np.median(before)
    spread = 1.4826 * float(np.median(np.abs(before - middle)))
    return abs(values[-1] - middle) / spread / sensitivity if spread > 0 else 0.0


def dqops_count(values: Array, window: int = 90, least: int = 30, anomaly_percent: float = 0.05) -> float:
    """DQOps' row count anomaly: ratios to the median (below it, minus the inverse ratio), each half fitted as Student t
    of 5 degrees by its own median and sd, and a tail of half the anomaly percentage on each side.

    It can not divide by 0 rows: such partitions give no readout. Here 0 rows after none is an alarm all the same."""
    seen = _tail(values[:-1], window)
    before, value = seen[seen > 0], float(values[-1])
    if len(before) < least or math.isnan(value) or np.std(before) == 0:
        return math.nan
    if value <= 0:
        return math.inf if len(before) == len(seen) else math.nan
    middle = float(np.median(before))
    return _beyond(_mirrored(value / middle), _mirrored(before / middle), t_quantile(1 - anomaly_percent / 100 / 2))


def dqops_percent(values: Array, window: int = 90, least: int = 30, anomaly_percent: float = 0.05) -> float:
    """DQOps' anomaly of a stationary percentage: rates of 0 and 1 are left out, the upper half is fitted as
    1 / (1 - rate), the lower as minus the inverse ratio to the median, the whole anomaly percentage in each tail."""
    before = _tail(values[:-1], window)
    before = before[(before > 0) & (before < 1)]
    value = float(values[-1])
    if len(before) < least or math.isnan(value) or np.std(before) == 0:
        return math.nan
    middle, quantile = float(np.median(before)), t_quantile(1 - anomaly_percent / 100)
    if value >= middle:
        upper = 1 / (1 - before[before >= middle])
        return _share((1 / (1 - value) if value < 1 else math.inf) - float(np.median(upper)), _sd(upper) * quantile)
    lower = -middle / before[before <= middle]
    return _share(float(np.median(lower)) - (-middle / value if value > 0 else -math.inf), _sd(lower) * quantile)


@lru_cache
def t_quantile(probability: float) -> float:
    """Of Student's t with 5 degrees of freedom, for probabilities over one half."""
    low, high = 0.0, 1e4
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if _t_below(middle) < probability else (low, middle)
    return (low + high) / 2


def _t_below(x: float) -> float:
    angle = math.atan(x / math.sqrt(5))
    tail = math.sin(angle) * (math.cos(angle) + 2 / 3 * math.cos(angle) ** 3)
    return 0.5 + (angle + tail) / math.pi


def _mirrored(ratio: Any) -> Any:
    return np.where(ratio >= 1, ratio - 1, 1 - 1 / ratio)


def _beyond(value: float, ratios: Array, quantile: float) -> float:
    half = ratios[ratios >= 0] if value >= 0 else -ratios[ratios <= 0]
    return _share(abs(value) - float(np.median(half)), _sd(half) * quantile)


def _z(value: float, before: Array, least: int, sensitivity: float) -> float:
    if len(before) < least or math.isnan(value):
        return math.nan
    spread = _sd(before)
    return abs(value - before.mean()) / spread / sensitivity if spread > 0 else 0.0


def _sd(values: Array) -> float:
    return float(np.std(values, ddof=1)) if len(values) > 1 else 0.0


def _share(distance: float, room: float) -> float:
    """How much of the allowed distance is used; without any room, every distance is too far."""
    if distance <= 0:
        return 0.0
    return distance / room if room > 0 else math.inf


def _tail(values: Array, window: int) -> Array:
    seen = values[-window:]
    return seen[~np.isnan(seen)]
