"""Objectives as tables for pages. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from checks import phrases
from checks.objectives import words as said
from checks.objectives.document import objective_document
from checks.objectives.status import DAYS, Standing, Told
from dashboard import words

#: worst first
ORDER = (Standing.SPENT, Standing.BURNING, Standing.MISSED, Standing.UNKNOWN, Standing.EARLY, Standing.KEPT)
ICON = {
    Standing.SPENT: "✕",
    Standing.BURNING: "▲",
    Standing.MISSED: "▲",
    Standing.UNKNOWN: "?",
    Standing.EARLY: "?",
    Standing.KEPT: "✓",
}
_NOW = {True: "✓ met", False: "✕ missed", None: "? not known"}


def chosen(all_told: Sequence[Told], contract: str | None, owner: str | None) -> list[Told]:
    """Those of a contract and a team, worst first."""
    fitting = [
        one for one in all_told if contract in (None, one.objective.contract) and owner in (None, one.objective.owner)
    ]
    return sorted(fitting, key=lambda one: (ORDER.index(one.standing), one.budget.left_share, *name_of(one)))


def name_of(one: Told) -> tuple[str, str]:
    """Dataset and level."""
    return one.objective.dataset, one.objective.level


def standing(one: Told) -> str:
    """'✕ spent': sign and word."""
    return f"{ICON[one.standing]} {one.standing.value}"


def table(all_told: Sequence[Told]) -> pd.DataFrame:
    """One row for each objective, in the order given."""
    return pd.DataFrame([_row(one) for one in all_told])


def burn_table(one: Told) -> pd.DataFrame:
    """How fast the budget goes over each window."""
    return pd.DataFrame(
        {
            "Over": words.duration(burn.alert.window.total_seconds()),
            "Missed": words.duration(burn.missed.total_seconds()),
            "Burn rate": _times(burn.rate),
            "Just now": f"{_times(burn.recent_rate)} over {words.duration(burn.alert.recent.total_seconds())}",
            "Alert": f"{'fast' if burn.alert.fast else 'slow'}, from {burn.alert.rate:g}",
            "State": "▲ burns" if burn.burns else "✓ does not burn" if burn.rate is not None else "? not known",
        }
        for burn in one.burns
    )


def now(one: Told) -> str:
    """Whether the level is met at this moment."""
    return _NOW[one.met]


def _row(one: Told) -> dict[str, object]:
    document = objective_document(one)
    known = one.standing not in (Standing.UNKNOWN, Standing.EARLY)
    row: dict[str, object] = {
        "Budget": standing(one),
        "Dataset": one.objective.dataset,
        "Service level": one.objective.level,
        "Now": now(one),
        "Left": max(0.0, 100 * one.budget.left_share) if known else None,
        "Of the budget": said.standing(document) or said.left(document),
        "Aim": phrases.percent(one.objective.target),
    }
    row |= {f"{days} d": said.attained(document, days) for days in DAYS}
    return row | {"Burn": said.burning(document) or "", "Owner": one.objective.owner or ""}


def _times(rate: float | None) -> str:
    return words.NOTHING if rate is None else f"{rate:,.1f} ×"
