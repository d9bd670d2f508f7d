"""The scale on which a kind of series is steady: where a change of the same meaning has the same size at every level.

Counts and gaps are multiplied by their causes, so they are read as logarithms; counts of few rows wobble by chance with
the square root of their level, so they go over into roots; so do rates and shares, read as arcsine of the root; values
stay.
"""

from __future__ import annotations

import numpy as np

from checks.detect.settings import PARTS, Kind, Settings

Array = np.ndarray

#: counts above 1 / BEND**2 are read as logarithms, those below as roots: there, chance moves them more than causes do
BEND = 0.15
#: a rate may always move by so many of its rows
FEW_ROWS = 2.5


def between(values: Array, low: Array | float, high: Array | float) -> Array:
    """`np.clip`, which takes thrice as long for the few numbers of one bucket."""
    return np.minimum(np.maximum(values, low), high)


def to_scale(values: Array, kind: Kind) -> Array:
    """Values as measured -> values on the scale. What can not be (a count below 0, a rate outside 0..1) is held at the
    edge: other checks speak of it."""
    if kind == "count":
        return 2.0 * np.arcsinh(BEND * np.sqrt(np.maximum(values, 0.0)))
    if kind == "gap":
        return np.log1p(np.maximum(values, 0.0))
    if kind in PARTS:
        return np.arcsin(np.sqrt(between(values, 0.0, 1.0)))
    return np.array(values, dtype=float)


def from_scale(scaled: Array, kind: Kind) -> Array:
    """The way back."""
    if kind == "count":
        return (np.sinh(between(scaled, 0.0, 300.0) / 2.0) / BEND) ** 2
    if kind == "gap":
        return np.expm1(between(scaled, 0.0, 300.0))
    if kind in PARTS:
        return np.sin(between(scaled, 0.0, np.pi / 2)) ** 2
    return np.array(scaled, dtype=float)


def chance(expected: Array, kind: Kind, denominators: Array | None) -> Array:
    """The variance on the scale that pure chance gives: of a Poisson count, of a rate of so many rows. 0 where
    unknown."""
    if kind == "count":
        return BEND**2 / (1.0 + BEND**2 * from_scale(expected, kind))
    if kind in PARTS and denominators is not None:
        rows = np.where(denominators > 0, denominators, np.nan)
        return np.nan_to_num(0.25 / rows)
    return np.zeros_like(expected)


def floors(expected: Array, kind: Kind, settings: Settings, rows: Array | None = None) -> tuple[Array, Array]:
    """How far down and up (on the scale, both positive) a value may go from the expected one and be nothing to
    report: never by what a few of the `rows` behind a rate make of it."""
    least = settings.smallest(kind)
    if kind in PARTS and rows is not None:
        least = np.fmax(least, np.where(rows > 0, FEW_ROWS / np.where(rows > 0, rows, np.nan), np.nan))
    value = from_scale(expected, kind)
    if kind in PARTS:
        down, up = value - least, value + least
    else:
        room = least * np.abs(value)
        down, up = value - room, value + room
    return np.maximum(expected - to_scale(down, kind), 0.0), np.maximum(to_scale(up, kind) - expected, 0.0)
