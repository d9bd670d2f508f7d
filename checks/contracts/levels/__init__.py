"""Service levels: the slaProperties of a contract. `agreements` reads them; the other modules know one thing each."""

from checks.contracts.levels.agreements import Agreement, agreements, column_for, is_timed, response_times
from checks.contracts.levels.calendars import ON_DEADLINES
from checks.contracts.levels.objectives import OBJECTIVE, note_unused, objective, objective_of

#: what Vitals reads on service levels, and on a contract for all of them
ON_LEVELS = (*ON_DEADLINES, OBJECTIVE)

__all__ = [
    "ON_LEVELS",
    "Agreement",
    "agreements",
    "column_for",
    "is_timed",
    "note_unused",
    "objective",
    "objective_of",
    "response_times",
]
