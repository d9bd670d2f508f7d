"""Columns whose values take turns (months, versions): nothing of them should always be there, and they are not watched.
Pure, and strictly by what was known at each bucket."""

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


@dataclass(frozen=True, slots=True)
class _Moves:
    """Of the values of a column (values x buckets): when each came and was last there, in buckets that were measured,
    its share of the rows until then, and whether it `came` and `went` for good, as far as is known at each bucket."""

    first: np.ndarray
    last: np.ndarray
    share: np.ndarray
    came: np.ndarray
    went: np.ndarray


def moving(metrics: Sequence[Metric], values: np.ndarray, rows: np.ndarray, grain: Grain) -> np.ndarray:
    """At which buckets it is known of a series that the values of its column take turns: most rows moved on to other
    values TURNS times, or some did so twice as often. `values` are shares and `rows` what they are of, all are
    series x buckets."""
    columns: dict[str | None, list[int]] = {}
    for row, metric in enumerate(metrics):
        if metric.category is not None:
            columns.setdefault(metric.column, []).append(row)
    found, pace = np.zeros(values.shape, dtype=bool), pace_of(grain)
    for own in columns.values():
        moves = _moves(values[own], rows[own], pace)
        for at in np.flatnonzero((moves.came | moves.went).any(axis=0)):
            found[own, at] = _is_habit(_turns(moves, at), pace)
    return found


def _is_habit(turns: Sequence[tuple[int, float]], pace: Pace) -> bool:
    most = [moment for moment, share in turns if share > _MOST]
    return _occasions(most, pace) >= TURNS or _occasions([moment for moment, _ in turns], pace) >= 2 * TURNS


def _occasions(moments: Sequence[int], pace: Pace) -> int:
    """How many there are if those of a few days are one."""
    return sum(after - before > 3 * pace.day for before, after in pairwise(sorted(moments))) + bool(moments)


def _turns(moves: _Moves, at: int) -> list[tuple[int, float]]:
    """When values came or went for good, with their shares while they were there."""
    came, went = (np.flatnonzero(each[:, at]) for each in (moves.came, moves.went))
    return [
        (int(moment[row, at]), float(moves.share[row, at]))
        for rows, moment in ((came, moves.first), (went, moves.last))
        for row in rows
    ]


def _moves(shares: np.ndarray, rows: np.ndarray, pace: Pace) -> _Moves:
    known = np.isfinite(shares) & (rows > 0)
    there = known & (np.nan_to_num(shares) > 0)
    behind = np.cumsum(np.where(known, np.nan_to_num(rows), 0.0), axis=1)
    own = np.cumsum(np.where(known, np.nan_to_num(shares) * np.nan_to_num(rows), 0.0), axis=1)
    number = np.cumsum(known, axis=1) - 1
    ever = np.logical_or.accumulate(there, axis=1)
    begin = np.argmax(there, axis=1)[:, None]
    first = np.take_along_axis(number, begin, axis=1) + np.zeros_like(number)
    earlier = np.take_along_axis(behind, begin, axis=1) - np.take_along_axis(np.where(known, rows, 0.0), begin, axis=1)
    newest = np.maximum.accumulate(np.where(there, np.arange(shares.shape[1]), 0), axis=1)
    until, last = np.take_along_axis(behind, newest, axis=1), np.take_along_axis(number, newest, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(ever, own / (until - earlier), 0.0)
    old = number + 1 - pace.lasting
    return _Moves(
        first=first,
        last=last,
        share=share,
        came=ever & (first < old) & (share * earlier >= FEW_ROWS),
        went=ever & (last < old) & (share * (behind - until) >= FEW_ROWS),
    )
