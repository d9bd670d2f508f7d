"""Words about a backtest."""

from __future__ import annotations

import pytest

from checks import show_backtest
from dashboard import dataset_detection


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (None, "parts", "-"),
        (0.0, "parts", "any"),
        (0.0, "points", "any"),
        (0.131, "parts", "13.1 %"),
        (0.02, "points", "2 points"),
    ],
)
def test_the_smallest_change_that_is_seen(value, unit, said):
    assert show_backtest._seen({"sees_in": unit, "sees_fall": value}, "sees_fall") == said
    assert dataset_detection._seen(value, unit) == said.replace("-", "–")
