"""Columns whose values take turns (months, versions): nothing of them should always be there, and they are not watched.
Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from checks.records import Grain, Metric

#: rows that chance would have given: with so many, none at all is no chance (e ** -16 is one in nine million)
FEW_ROWS = 16.0
#: occasions on which most rows have moved on to other values for good, from which on that is the column's habit
TURNS, _MOST = 2, 0.5


@dataclass(frozen=True, slots=True)
class Pace:
    """In buckets: how long a value must have been there `always`, for how long a change is `lasting` news, and a
    `day`."""

    always: int
    lasting: int
    day: int


_PACE = {Grain.HOUR: Pace(168, 72, 24)}
_DAILY = Pace(28, 14, 1)


def pace_of(grain: Grain) -> Pace:
    """How fast news get old, by the size of buckets."""
    return _PACE.get(grain, _DAILY)


def moving(metrics: Sequence[Metric], values: np.ndarray, rows: np.ndarray, grain: Grain) -> set[str | None]:
    """The columns whose values take turns: most rows moved on to other values TURNS times, or some did so twice as
    often. `values` are shares and `rows` what they are of, series x buckets."""
    turns: dict[str | None, list[tuple[int, float]]] = {}
    for metric, shares, whole in zip(metrics, values, rows, strict=True):
        if metric.category is not None:
            known = np.isfinite(shares) & (whole > 0)
            turns.setdefault(metric.column, []).extend(_turns(shares[known], whole[known], pace_of(grain)))
    return {column for column, own in turns.items() if _is_habit(own, pace_of(grain))}


def _is_habit(turns: Sequence[tuple[int, float]], pace: Pace) -> bool:
    most = [moment for moment, share in turns if share > _MOST]
    return _occasions(most, pace) >= TURNS or _occasions([moment for moment, _ in turns], pace) >= 2 * TURNS


def _occasions(moments: Sequence[int], pace: Pace) -> int:
    """How many there are if those of a few days are one."""
    return sum(after - before > 3 * pace.day for before, after in pairwise(sorted(moments))) + bool(moments)


def _turns(shares: np.ndarray, rows: np.ndarray, pace: Pace) -> list[tuple[int, float]]:
    """When a value came or went for good, if that was no chance, with its share while it was there."""
    there = np.flatnonzero(shares > 0)
    if not len(there):
        return []
    first, last = int(there[0]), int(there[-1])
    share = float(np.average(shares[first : last + 1], weights=rows[first : last + 1]))
    old = len(shares) - pace.lasting
    came = first < old and share * rows[:first].sum() >= FEW_ROWS
    went = last < old and share * rows[last + 1 :].sum() >= FEW_ROWS
    return [(first, share)] * bool(came) + [(last, share)] * bool(went)
