"""Service levels: the slaProperties of a contract. `agreements` reads them; the other modules know one thing each."""

from checks.contracts.levels.agreements import Agreement, agreements, column_for, is_timed, response_times
from checks.contracts.levels.calendars import ON_LEVELS

__all__ = ["ON_LEVELS", "Agreement", "agreements", "column_for", "is_timed", "response_times"]
