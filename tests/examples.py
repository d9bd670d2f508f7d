"""How many examples a property is tried with."""

from __future__ import annotations

from hypothesis import settings


def examples(whole: int) -> int:
    """As many in the whole suite, a seventh of them in the fast tests: whoever asks for few has dear ones."""
    return min(whole, max(2, whole * settings().max_examples // 100))
