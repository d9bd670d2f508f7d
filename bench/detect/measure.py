"""From scores to figures: days with a false alarm, the limit that gives a wanted number of them, recall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

Array = np.ndarray

#: the budget that limits are calibrated to: false alarms per series per 90 days, on average
BUDGET = 1.0


@dataclass
class Scored:
    """One series under one detector: `clean` holds the scores of its judged buckets, `days` the day each belongs to.
    `found[fault]` holds one pair per injection: the scores of the broken buckets, and of the same buckets untouched."""

    name: str
    source: str
    days: Array
    clean: Array
    found: dict[str, list[tuple[Array, Array]]] = field(default_factory=dict)


def alarm_days(scores: Array, days: Array, limit: float) -> int:
    """Days with at least one bucket at or over the limit. A score that is not there (NaN) raises nothing."""
    return len(np.unique(days[scores >= limit]))


def false_alarms(scored: Scored, limit: float) -> float:
    """False alarms per 90 days: whatever an untouched series raises is false."""
    return alarm_days(scored.clean, scored.days, limit) / len(np.unique(scored.days)) * 90


def calibrated(all_scored: Sequence[Scored], budget: float = BUDGET) -> float:
    """The lowest limit at which the series raise at most `budget` false alarms per 90 days on average."""
    weights, peaks = [], []
    for scored in all_scored:
        days, place = np.unique(scored.days, return_inverse=True)
        highest = np.full(len(days), -np.inf)
        np.maximum.at(highest, place, np.where(np.isnan(scored.clean), -np.inf, scored.clean))
        peaks.append(highest)
        weights.append(np.full(len(days), 90 / len(days) / len(all_scored)))
    peak, weight = np.concatenate(peaks), np.concatenate(weights)
    peak, weight = peak[peak > -np.inf], weight[peak > -np.inf]
    order = np.argsort(-peak, kind="stable")
    peak, spent = peak[order], np.cumsum(weight[order])
    over = np.flatnonzero(spent > budget + 1e-9)
    if not len(over):
        return float(peak[-1]) if len(peak) else 0.0
    return float(np.nextafter(peak[over[0]], np.inf))


def recall(all_scored: Sequence[Scored], fault: str, limit: float, net: bool) -> float:
    """The share of injections found. `net`: a bucket that is flagged without the fault too does not count as found."""
    hits = [
        hit(broken, untouched, limit, net) for scored in all_scored for broken, untouched in scored.found.get(fault, [])
    ]
    return float(np.mean(hits)) if hits else float("nan")


def hit(broken: Array, untouched: Array, limit: float, net: bool) -> bool:
    flags = broken >= limit
    return bool((flags & ~(untouched >= limit)).any() if net else flags.any())


def quiet_share(all_scored: Sequence[Scored], limit: float) -> float:
    """The share of series with at most one false alarm per 90 days."""
    return float(np.mean([false_alarms(scored, limit) <= 1 for scored in all_scored]))
