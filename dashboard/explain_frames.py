"""Explanations in, tables and numbers for the page out. Pure."""

from __future__ import annotations

import pandas as pd

from checks.explain import Beside, Explanation
from checks.explain.record import Upstream
from dashboard import words

_SHARES = ("null_rate", "true_rate")
#: counts of bad values are explained as rates
_EXPLAINED_AS_RATES = (
    "null_count",
    "empty_count",
    "missing_count",
    "invalid_count",
    "violation_count",
    "category_count",
    "odd_form_count",
)


def segments(found: Explanation) -> pd.DataFrame:
    """The segments behind a change: which rows, their share in per cent, and their number as usual and now."""
    return pd.DataFrame(
        {
            "Segment": [one.where for one in found.segments],
            "Share": [100 * one.share for one in found.segments],
            "Usually": [_explained(found.metric, one.before) for one in found.segments],
            "Now": [_explained(found.metric, one.after) for one in found.segments],
        }
    )


def whole(found: Explanation) -> str:
    """'780 rows, usually 938 rows': the number that is explained."""
    return f"{_explained(found.metric, found.after)}, usually {_explained(found.metric, found.before)}"


def beside(one: Beside) -> str:
    """'40 %, usually 0.3 %': another series that has changed."""
    return f"{_number(one.metric, one.after)}, usually {_number(one.metric, one.before)}"


def steps(one: Upstream) -> str:
    """' (2 steps upstream)'; of the dataset itself ' (itself)'."""
    return f" ({words.count(one.steps, 'step')} upstream)" if one.steps else " (itself)"


def _explained(metric: str, value: float | None) -> str:
    return _number("null_rate" if metric in _EXPLAINED_AS_RATES else metric, value)


def _number(metric: str, value: float | None) -> str:
    if value is None:
        return words.NOTHING
    if metric in ("bucket_rows", "row_count"):
        return words.count(round(value), "row")
    return words.percent(value) if metric in _SHARES else words.number(value)
