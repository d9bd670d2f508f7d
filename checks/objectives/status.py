"""How an objective stands, in one word: what pages, commands and exit codes go by. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from checks.objectives.budget import Budget, Burn, budget, burns
from checks.objectives.ledger import Kept
from checks.objectives.targets import Objective
from checks.objectives.timeline import Attained

#: days of the windows that attainment is told of
DAYS = (7, 30, 90)
#: a level of which less was measured in 30 days is not told as kept
ENOUGH = timedelta(days=1)


class Standing(StrEnum):
    """The first that holds, from the top."""

    SPENT = "spent"  # the budget of 30 days is used up
    UNKNOWN = "unknown"  # nothing was measured in 30 days
    BURNING = "burning"  # at this pace it will be
    MISSED = "missed"  # the level is missed now, and some of the budget is left
    EARLY = "early"  # less than a day of 30 was measured: too early to say
    KEPT = "kept"


@dataclass(frozen=True)
class Told:
    """One objective at one moment. `met` says whether the level is met now, None where that is not known."""

    objective: Objective
    met: bool | None
    attained: tuple[Attained, ...]
    budget: Budget
    burns: tuple[Burn, ...]

    @property
    def standing(self) -> Standing:
        if self.budget.is_spent:
            return Standing.SPENT
        if self.budget.attained.percent is None:
            return Standing.UNKNOWN
        if self.worst_burn:
            return Standing.BURNING
        if self.met is False:
            return Standing.MISSED
        return Standing.EARLY if self.budget.attained.measured < ENOUGH else Standing.KEPT

    @property
    def worst_burn(self) -> Burn | None:
        """The alert that holds, the fastest of several."""
        return next((burn for burn in self.burns if burn.burns), None)


def told(kept: Kept, at: datetime) -> Told:
    """How an objective stands at the moment `at`."""
    objective, line = kept.objective, kept.line
    return Told(
        objective,
        line.at(at),
        tuple(line.over(at - timedelta(days=days), at) for days in DAYS),
        budget(line, objective.target, at),
        burns(line, objective.target, kept.pace.interval, at),
    )
