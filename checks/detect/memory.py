"""What is known of many series while they are followed: arrays with one column per series, on the scale."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass

import numpy as np

from checks.detect.calendars import KINDS_OF_DAYS, Calendar

Array = np.ndarray

#: levels per season: a slow, a middle and a fast one, and the median of the last week of days or day of hours
LEVELS = 4
#: visits of a cell that its season is the median of, by season
VISITS = {"none": 1, "weekday": 8, "hour": 20, "weekend hour": 12, "week hour": 8}
#: what the next error is read from: the last errors, that of a cycle ago, their mean, and the slow level
CLUES = 6
#: how many buckets in a row are watched for whether they ever were without rows, daily and hourly
WATCHED_DAILY, WATCHED_HOURLY = (1,), (1, 6)


@dataclass
class Memory:
    """What is known of S series. Models are the pairs (season, speed), season by season. All on the scale."""

    level: Array  # models x S
    error: Array  # models x S, usual absolute error beside what is usual in the cell
    tried: Array  # models x S, buckets that `error` comes from
    taught: Array  # S, buckets learned from
    season: list[Array]  # per season: cells x S
    visits: list[Array]  # per season: cells x S
    past: list[Array]  # per season: cells x visits x S, what the last visits brought beside the level
    clue_squares: Array  # clues x clues x S
    clue_products: Array  # clues x S
    recent: Array  # cycle x S, the last cycle, outliers replaced by what was expected
    filled: Array  # S, how many of `recent` are there
    spread: Array  # S, usual absolute error
    noise: Array  # noise cells x S, usual absolute error in a cell
    noise_visits: Array
    restless: Array  # S, how large the errors are now beside what is usual in their cells
    chance: Array  # noise cells x S, usual variance that pure chance gives
    usual_chance: Array  # S, the same of all cells
    run: Array  # S, outliers in a row, negative below
    off: Array  # S, mean error in the run
    lowest: Array  # S, of all that taught
    highest: Array
    at_rest: Array  # S, how many that taught were the lowest, and how many were not; both fade
    moved: Array
    without_rows: Array  # S, buckets in a row without rows, of those that taught
    all_without_rows: Array  # the same, of all that were measured
    filled_visits: Array  # buckets watched together x noise cells x S, visits in a row that had rows
    empty_visits: Array  # noise cells x S, visits in a row that had no rows
    special: Array  # special days x S, what a special day adds
    special_visits: Array
    special_class: Array  # classes x S, what a special day of its kind adds
    special_class_visits: Array
    special_spread: Array  # classes x S, usual absolute error of special days of its kind

    @classmethod
    def empty(cls, series: int, calendar: Calendar) -> Memory:
        models = len(calendar.seasons) * LEVELS
        specials = len(calendar.names)

        def zeros(*shape: int) -> Array:
            return np.zeros((*shape, series))

        return cls(
            level=zeros(models),
            error=zeros(models),
            tried=zeros(models),
            taught=zeros(),
            season=[zeros(season.cells) for season in calendar.seasons],
            visits=[zeros(season.cells) for season in calendar.seasons],
            past=[zeros(season.cells, VISITS[season.name]) + np.nan for season in calendar.seasons],
            clue_squares=zeros(CLUES, CLUES),
            clue_products=zeros(CLUES),
            recent=zeros(calendar.cycle),
            filled=zeros(),
            spread=zeros(),
            noise=zeros(calendar.noise_cell_count),
            restless=zeros() + 1.0,
            noise_visits=zeros(calendar.noise_cell_count),
            chance=zeros(calendar.noise_cell_count),
            usual_chance=zeros(),
            run=zeros(),
            off=zeros(),
            lowest=zeros() + np.inf,
            highest=zeros() - np.inf,
            at_rest=zeros(),
            moved=zeros(),
            without_rows=zeros(),
            all_without_rows=zeros(),
            filled_visits=zeros(len(watched_together(calendar)), calendar.noise_cell_count),
            empty_visits=zeros(calendar.noise_cell_count),
            special=zeros(specials),
            special_visits=zeros(specials),
            special_class=zeros(len(KINDS_OF_DAYS)),
            special_class_visits=zeros(len(KINDS_OF_DAYS)),
            special_spread=zeros(len(KINDS_OF_DAYS)),
        )

    def further(self, calendar: Calendar) -> Memory:
        """A copy to go on with, with room for the special days that a longer calendar names."""
        found = deepcopy(self)
        room = ((0, len(calendar.names) - len(self.special)), (0, 0))
        found.special, found.special_visits = np.pad(self.special, room), np.pad(self.special_visits, room)
        return found

    @property
    def size(self) -> int:
        """How many bytes it takes."""
        return sum(array.nbytes for value in vars(self).values() for array in _arrays(value))

    def forget(self, which: Array) -> None:
        """A new regime: nothing before counts, for the series in this mask."""
        starts = {"restless": 1.0, "past": np.nan, "lowest": np.inf, "highest": -np.inf}
        for name, value in vars(self).items():
            for array in _arrays(value):
                array[..., which] = starts.get(name, 0.0)


def _arrays(value: Array | list[Array]) -> list[Array]:
    return value if isinstance(value, list) else [value]


def watched_together(calendar: Calendar) -> tuple[int, ...]:
    """How many buckets in a row are watched for rows."""
    return WATCHED_DAILY if calendar.daily else WATCHED_HOURLY
