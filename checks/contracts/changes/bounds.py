"""Intervals of numbers: what one operator, or a lower and an upper bound, allow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from checks.contracts.changes.change import Effect, effect_of
from checks.records import Operator

#: A place on the number line: a number, and -1, 0 or 1 for just below, at and just above it: every interval is closed.
Edge = tuple[Fraction | float, int]
Intervals = list[tuple[Edge, Edge]]

_LOWEST: Edge = (-math.inf, 0)
_HIGHEST: Edge = (math.inf, 0)


def number(value: Any) -> Fraction | None:
    """The exact number that is written, None where it is none."""
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or (isinstance(value, float) and not _finite(value))
    ):
        return None
    return Fraction(str(value))


def _finite(value: float) -> bool:
    return math.isfinite(value)


def allowed_by(operator: str, value: Any) -> Intervals | None:
    """The numbers that an operator allows; None where its value can not be used."""
    given = value if operator in (Operator.BETWEEN, Operator.NOT_BETWEEN) and isinstance(value, list) else [value]
    numbers = [each for each in map(number, given) if each is not None]
    if len(numbers) != len(given) or len(given) != (2 if isinstance(value, list) else 1) or numbers != sorted(numbers):
        return None
    first, last = numbers[0], numbers[-1]
    at_first: Edge = (first, 0)
    at_last: Edge = (last, 0)
    below: tuple[Edge, Edge] = (_LOWEST, (first, -1))
    above: tuple[Edge, Edge] = ((last, 1), _HIGHEST)
    table: dict[Operator, Intervals] = {
        Operator.BE: [(at_first, at_last)],
        Operator.NOT_BE: [below, above],
        Operator.GREATER: [above],
        Operator.GREATER_OR_EQUAL: [(at_first, _HIGHEST)],
        Operator.LESS: [below],
        Operator.LESS_OR_EQUAL: [(_LOWEST, at_last)],
        Operator.BETWEEN: [(at_first, at_last)],
        Operator.NOT_BETWEEN: [below, above],
    }
    return table[Operator(operator)]


def within(allowed: Intervals, lowest: float, highest: float, *, whole: bool) -> Intervals:
    """What is left of the intervals between two ends; with `whole`, of whole numbers: less than 1 is at most 0."""
    cut = [(max(low, (lowest, 0)), min(high, (highest, 0))) for low, high in allowed]
    if whole:
        cut = [(_up(low), _down(high)) for low, high in cut]
    return [(low, high) for low, high in cut if low <= high]


def _up(edge: Edge) -> Edge:
    value, side = edge
    if isinstance(value, float):
        return edge
    return (Fraction(math.floor(value) + 1), 0) if side > 0 else (Fraction(math.ceil(value)), 0)


def _down(edge: Edge) -> Edge:
    value, side = edge
    if isinstance(value, float):
        return edge
    return (Fraction(math.ceil(value) - 1), 0) if side < 0 else (Fraction(math.floor(value)), 0)


def compared(old: Intervals, new: Intervals) -> Effect:
    """The effect of allowing other numbers; HARMLESS where they are the same ones."""
    return effect_of(tightened=not _inside(old, new), loosened=not _inside(new, old))


def _inside(inner: Sequence[tuple[Edge, Edge]], outer: Sequence[tuple[Edge, Edge]]) -> bool:
    return all(any(low <= start and end <= high for low, high in outer) for start, end in inner)
