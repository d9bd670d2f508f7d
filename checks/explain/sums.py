"""Sums per segment and bucket, and the three kinds of numbers that are made of them. Pure arrays.

An array of sums has the shape [4, segments, buckets]: rows, base (the rows that a rate or mean is about), amount and
squares of it; the judged bucket stands first, the earlier ones after it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

ROWS, BASE, AMOUNT, SQUARES = range(4)
_TINY = 1e-9
#: what an expected number of rows is at least, so that a segment that never was is no infinite surprise
_LEAST = 0.5
#: a factor above which the rates of all segments are not taken to have changed by the same one
_LARGEST_FACTOR = 4.0
#: earlier buckets that the strays of all segments count for, beside those of the segment itself
_SHARED = 4


class Kind(StrEnum):
    """COUNT is a number of rows; RATE is amount / base with an amount that counts rows; MEAN is amount / base."""

    COUNT = "count"
    RATE = "rate"
    MEAN = "mean"


@dataclass(frozen=True, slots=True)
class Scan:
    """How each segment compares with all other rows, arrays over segments. `effect` is what it adds to the change of
    the amount and `others` what the rest adds; `gain` is the evidence that it changed otherwise than the rest did (log
    likelihood ratio over the noise of segments in the past); `sign` whether it went up or down beside the rest;
    `weight` its usual part of the whole, `surprise` its distance from its own past in standard deviations."""

    gain: np.ndarray
    sign: np.ndarray
    effect: np.ndarray
    others: np.ndarray
    weight: np.ndarray
    surprise: np.ndarray


def number(kind: Kind, sums: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The number of each segment as usual and in the judged bucket; NaN where it has no rows."""
    if kind is Kind.COUNT:
        return usual(sums[ROWS]), sums[ROWS, :, 0]
    past = sums[:, :, 1:].sum(axis=2)
    with np.errstate(invalid="ignore", divide="ignore"):
        return past[AMOUNT] / past[BASE], sums[AMOUNT, :, 0] / sums[BASE, :, 0]


def usual(rows: np.ndarray) -> np.ndarray:
    """The usual number of rows: the median of the earlier buckets where they are three or more."""
    past = rows[:, 1:]
    return np.median(past, axis=1) if past.shape[1] > 2 else past.mean(axis=1)


def scan(kind: Kind, segments: np.ndarray, total: np.ndarray) -> Scan:
    """Compares each segment with the rest of `total` (one segment: everything)."""
    rest = np.maximum(total - segments, 0) if kind is not Kind.MEAN else total - segments
    noise, of_all = _noise(kind, segments, total)
    compare = {Kind.COUNT: _scan_count, Kind.RATE: _scan_rate, Kind.MEAN: _scan_mean}[kind]
    found = compare(segments, rest, noise * (1 + 1 / max(1, segments.shape[2] - 1)))
    return replace(found, gain=found.gain / of_all)


def strays(kind: Kind, total: np.ndarray) -> float:
    """How far the number as a whole is from usual, in standard deviations of what it did before (0 where too little is
    known)."""
    if total.shape[2] < 3:
        return 0.0
    before, after = number(kind, total)
    past = total[ROWS, 0, 1:] if kind is Kind.COUNT else total[AMOUNT, 0, 1:] / np.maximum(total[BASE, 0, 1:], 1)
    return float(abs(after[0] - before[0]) / max(past.std(ddof=1), abs(before[0]) * 0.01, _TINY))


# -- comparing a segment with the rest ---------------------------------------------------------------------------------


def _scan_count(segments: np.ndarray, rest: np.ndarray, noise: np.ndarray) -> Scan:
    seen, expected = segments[ROWS, :, 0], np.maximum(usual(segments[ROWS]), _LEAST)
    other, of_other = rest[ROWS, :, 0], np.maximum(usual(rest[ROWS]), _LEAST)
    factor = (seen + other) / (expected + of_other)
    gain = _entropy(seen, factor * expected) + _entropy(other, factor * of_other)
    effect = seen - usual(segments[ROWS])
    return Scan(
        gain,
        np.sign(seen * of_other - other * expected),
        effect,
        other - usual(rest[ROWS]),
        expected / (expected + of_other),
        effect / np.sqrt(noise * expected),
    )


def _scan_rate(segments: np.ndarray, rest: np.ndarray, noise: np.ndarray) -> Scan:
    """Beside two ways in which all rows may have changed alike: each rate by the same factor, or the same part of the
    remaining rows turned. Only what neither of them would do speaks for the segment."""
    rows, seen, expected = segments[BASE, :, 0], segments[AMOUNT, :, 0], _expected_hits(segments, segments + rest)
    of_other, other, of_others = rest[BASE, :, 0], rest[AMOUNT, :, 0], _expected_hits(rest, segments + rest)
    hits = np.maximum(expected + of_others, _TINY)
    factor = (seen + other) / hits
    turned = np.clip((seen + other - hits) / np.maximum(rows + of_other - hits, _TINY), 0, 1)
    by_factor = _binomial(seen, rows, factor * expected) + _binomial(other, of_other, factor * of_others)
    alike = expected + (rows - expected) * turned
    by_turning = _binomial(seen, rows, alike) + _binomial(other, of_other, of_others + (of_other - of_others) * turned)
    # from next to nothing any rate can be reached by a factor that is large enough, so that says nothing
    turns, scales = factor > 1, factor <= _LARGEST_FACTOR
    gain = np.where(turns & scales, np.minimum(by_factor, by_turning), np.where(turns, by_turning, by_factor))
    model = np.where(turns & ~(scales & (by_factor < by_turning)), alike, factor * expected)
    effect = seen - expected
    spread = np.sqrt(noise * np.maximum(expected * (1 - expected / np.maximum(rows, 1)), _LEAST))
    return Scan(
        gain, np.sign(seen - model), effect, other - of_others, rows / np.maximum(rows + of_other, 1),
        effect / spread,
    )  # fmt: skip


def _scan_mean(segments: np.ndarray, rest: np.ndarray, noise: np.ndarray) -> Scan:
    """Beside two ways in which all rows may have changed alike: by the same amount, or by the same factor."""
    variance = _variance((segments + rest)[:, :, 1:].sum(axis=2))
    mean, shift, error, rows = _shift(segments, variance)
    of_other, shift_of_other, error_of_other, other_rows = _shift(rest, variance)
    by_amount = (shift - shift_of_other) ** 2 / (error + error_of_other)
    own, of_rest = shift / _far_from_0(mean), shift_of_other / _far_from_0(of_other)
    relative, factor = own - of_rest, np.maximum(1, 1 + of_rest)  # what is multiplied varies as much more
    spread = factor**2 * (error / _far_from_0(mean) ** 2 + error_of_other / _far_from_0(of_other) ** 2)
    clear = (mean**2 > 9 * error) & (of_other**2 > 9 * error_of_other) & (mean * of_other > 0)
    by_factor = np.where(clear, relative**2 / spread, np.inf)
    effect = rows * shift
    return Scan(
        np.minimum(by_amount, by_factor) / 2,
        np.sign(shift - shift_of_other),
        effect,
        other_rows * shift_of_other,
        rows / np.maximum(rows + other_rows, 1),
        shift / np.sqrt(noise * error),
    )


def _expected_hits(segments: np.ndarray, total: np.ndarray) -> np.ndarray:
    """What the rate of the past would give for the rows of today; a segment with a short past leans on the rate of
    everything, by one row."""
    past, whole = segments[:, :, 1:].sum(axis=2), total[:, :, 1:].sum(axis=2)
    overall = (whole[AMOUNT] + _LEAST) / (whole[BASE] + 1)
    return segments[BASE, :, 0] * (past[AMOUNT] + overall) / (past[BASE] + 1)


def _variance(past: np.ndarray) -> np.ndarray:
    """The variance of single rows; of all rows and not of a segment's own, for one whose rows are all alike would be
    the most surprising of all however small its part of a change is."""
    mean = past[AMOUNT] / np.maximum(past[BASE], 1)
    return np.maximum(past[SQUARES] / np.maximum(past[BASE], 1) - mean**2, (1e-6 * mean) ** 2 + _TINY)


def _shift(segments: np.ndarray, variance: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The usual mean, how far the judged bucket is from it, the square of that distance's standard error, and the rows;
    no shift, and an endless error, where there are too few rows on one side."""
    past, now = segments[:, :, 1:].sum(axis=2), segments[:, :, 0]
    enough = (past[BASE] >= 2) & (now[BASE] >= 1)
    mean = past[AMOUNT] / np.maximum(past[BASE], 1)
    error = np.where(enough, variance / np.maximum(now[BASE], 1), np.inf)
    return mean, np.where(enough, now[AMOUNT] / np.maximum(now[BASE], 1) - mean, 0.0), error, now[BASE]


# -- the noise of a segment's own past ---------------------------------------------------------------------------------


def _noise(kind: Kind, segments: np.ndarray, total: np.ndarray) -> tuple[np.ndarray, float]:
    """How much more each segment strays from the whole than chance alone would make it, and how much segments do in
    general, both at least 1: each earlier bucket against the others. Few buckets say little about one segment, so it
    leans on what all of them do."""
    buckets = segments.shape[2] - 1
    if buckets < 2:
        return np.full(segments.shape[1], 2.0), 2.0
    squared = np.mean([_stray(kind, segments, total, place) for place in range(1, buckets + 1)], axis=0)
    # the mean of a few squares has its middle below 1
    everywhere = max(1.0, float(np.median(squared)) / (1 - 2 / (3 * buckets)))
    return np.maximum(1.0, (buckets * squared + _SHARED * everywhere) / (buckets + _SHARED)), everywhere


def _stray(kind: Kind, segments: np.ndarray, total: np.ndarray, place: int) -> np.ndarray:
    """The squared distance of one earlier bucket from what the others let expect, chance being 1."""
    one, whole = segments[:, :, place], total[:, :, place]
    past, past_whole = segments[:, :, 1:].sum(axis=2) - one, total[:, :, 1:].sum(axis=2) - whole
    if kind is Kind.COUNT:
        part = past[ROWS] / np.maximum(past_whole[ROWS], 1)
        expected = part * whole[ROWS]
        chance = expected * (1 - part) * (1 + whole[ROWS] / np.maximum(past_whole[ROWS], 1))
        return (one[ROWS] - expected) ** 2 / np.maximum(chance, _LEAST)
    level, at_one = past_whole[AMOUNT] / np.maximum(past_whole[BASE], 1), whole[AMOUNT] / np.maximum(whole[BASE], 1)
    own = past[AMOUNT] / np.maximum(past[BASE], 1)
    enlarged = 1 + one[BASE] / np.maximum(past[BASE], 1)
    if kind is Kind.RATE:
        expected = one[BASE] * np.clip(own * np.clip(at_one / np.maximum(level, _TINY), 0.2, 5), 0, 1)
        chance = expected * (1 - expected / np.maximum(one[BASE], 1)) * enlarged
        return (one[AMOUNT] - expected) ** 2 / np.maximum(chance, _LEAST)
    moved = one[AMOUNT] - one[BASE] * (own + at_one - level)
    return moved**2 / np.maximum(one[BASE] * _variance(past_whole) * enlarged, _TINY)


def _entropy(seen: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """seen * log(seen / expected), 0 where nothing was seen."""
    return seen * np.log(np.maximum(seen, _TINY) / np.maximum(expected, _TINY))


def _binomial(seen: np.ndarray, rows: np.ndarray, expected: np.ndarray) -> np.ndarray:
    bounded = np.clip(expected, _TINY, np.maximum(rows - _TINY, _TINY))
    return _entropy(seen, bounded) + _entropy(rows - seen, rows - bounded)


def _far_from_0(value: np.ndarray) -> np.ndarray:
    return np.where(np.abs(value) > _TINY, value, _TINY)
