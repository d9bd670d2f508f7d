"""How many examples a property is tried with."""

from __future__ import annotations

from hypothesis import settings


def examples(whole: int) -> int:
    """As many in the whole suite, a quarter of them in the fast tests."""
    return min(whole, max(5, whole * settings().max_examples // 100))
