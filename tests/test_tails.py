"""How long the tail of a series' errors is, and what it does to the limit of hours."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from checks.detect.threshold import USUAL_INDEX, tail_index

DAYS = 70


def largest_of_days(draw: Callable[[tuple[int, ...]], np.ndarray], days: int = DAYS) -> np.ndarray:
    return np.abs(draw((100, days, 24))).max(axis=2)


def test_the_index_grows_with_the_tail():
    random = np.random.default_rng(1)
    normal = tail_index(largest_of_days(lambda shape: random.normal(size=shape)))
    long, longer = (
        tail_index(largest_of_days(lambda shape, degrees=degrees: random.standard_t(degrees, size=shape)))
        for degrees in (4, 3)
    )
    assert normal.mean() == pytest.approx(0.16, abs=0.02)
    assert long.mean() == pytest.approx(0.26, abs=0.02)
    assert longer.mean() > 1.15 * long.mean()


def test_few_errors_are_held_towards_the_usual():
    random = np.random.default_rng(2)
    few = tail_index(largest_of_days(lambda shape: random.normal(size=shape), days=4))
    assert np.abs(few - USUAL_INDEX).max() < 0.12
    assert tail_index(np.full((1, DAYS), np.nan)) == pytest.approx(USUAL_INDEX)


def test_it_says_nothing_of_the_size_of_errors():
    largest = largest_of_days(np.random.default_rng(3).standard_normal)
    assert tail_index(7 * largest) == pytest.approx(tail_index(largest))
