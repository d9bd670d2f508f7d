"""Following many series at once, bucket by bucket: what is expected next, how far off values usually are, and what the
series does by weekday and hour. Each step first says what it expects and only then learns, so nothing looks ahead.

Several simple models run side by side: without season and with each season the calendar knows, each with a slow, a
middle and a fast level and the median of the last days. Every model is weighed by its own past one-step errors, so a
series gets the season and the speed that predict it best. `clues` adds what the last errors say of the next.

Values far off are not learned from, unless they come in a row: then the level moves over, and what was before is left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from checks.detect import clues, never_empty, seasons, specials
from checks.detect.calendars import Calendar
from checks.detect.memory import LEVELS, Memory
from checks.detect.scales import BEND, between, chance, to_scale

Array = np.ndarray

#: how much of an error the slow, middle and fast level take over, for daily and for hourly buckets
SPEEDS_DAILY = (0.04, 0.15, 0.5)
SPEEDS_HOURLY = (0.02, 0.12, 0.5)
#: how fast usual errors are forgotten
FORGETTING_DAILY, FORGETTING_HOURLY = 1 / 40, 1 / 400
#: how many visits the usual error of all is worth beside that of a cell, and how many visits a cell remembers
CELL_TRUST, CELL_MEMORY = 6.0, 20.0
#: the same for daily rates: their rows tell most of how far they move, what else a weekday seems to do is mostly chance
CELL_TRUST_RATE, CELL_MEMORY_RATE = 40.0, 60.0
#: the least standard deviation of a count, beside that of pure chance
CHANCE_FLOOR = 0.5
#: the variance by chance of a count that chance leaves at 0 on one day in 400: 6 rows
VARIANCE_OF_FEW = float(chance(to_scale(np.array(6.0), "count"), "count", None))
#: even counts of few rows are odd more often than chance makes them: so far its limit is believed
TRUST_CHANCE = 0.5
#: how far the limit of a share is believed to be that of chance, where its errors are: most of the way, rows come by
#: themselves; not while so few rows have the value, or have not, that the errors lean to one side
TRUST_CHANCE_OF_SHARES, FEW_OF_A_VALUE = 0.75, 6.0
#: how far unrest may narrow and widen the band
RESTLESS = (0.7, 3.0)
#: a daily rate is as restless as this by chance, when its days are independent of each other: only more widens its band
RESTLESS_BY_CHANCE = 1.25
#: a model's weight falls with this power of its usual error
PREFERENCE = 16.0
#: how many days the memory of rests and moves is long
REST_DAYS = 60
#: an error this many standard deviations off is an outlier: one alone teaches nothing
OUTLIER = 4.0
#: so many outliers in a row on the same side are a lasting change, for daily and for hourly buckets
SHIFT_DAILY, SHIFT_HOURLY = 4, 24
#: buckets before outliers are told apart
YOUNG = 8
#: mean absolute error -> standard deviation, for a normal distribution
SPREAD = 1.2533


@dataclass
class Expected:
    """What is expected of one bucket, of S series on the scale: the `centre`, made of the `base` that the models give
    (`level` and season), the correction that the `clues` add and the `effect` of a special day; and the `spread`, one
    standard deviation. `chance`: the variance that pure chance gives; `by_chance` as of `Follower.by_chance`."""

    models: Array
    level: Array
    base: Array
    clues: Array
    effect: Array
    centre: Array
    closed: Array
    usual_error: Array
    spread: Array
    chance: Array
    by_chance: Array


class Follower:
    """Follows the series through the buckets of a calendar. `counts`, `rates` and `shares` mark the series that are
    such."""

    def __init__(self, memory: Memory, calendar: Calendar, counts: Array, rates: Array, shares: Array) -> None:
        self.memory, self.calendar, self.counts, self.of_values = memory, calendar, counts, shares
        self.daily_rates = rates & calendar.daily
        self.cell_trust = np.where(self.daily_rates, CELL_TRUST_RATE, CELL_TRUST)
        self.cell_memory = np.where(self.daily_rates, CELL_MEMORY_RATE, CELL_MEMORY)
        speeds = SPEEDS_DAILY if calendar.daily else SPEEDS_HOURLY
        self.speeds = np.tile([*speeds, 0.0], len(calendar.seasons))[:, None]
        self.shift = SHIFT_DAILY if calendar.daily else SHIFT_HOURLY
        self.forgetting = FORGETTING_DAILY if calendar.daily else FORGETTING_HOURLY
        self.owner = np.repeat(np.arange(len(calendar.seasons)), LEVELS)

    def weights(self) -> Array:
        """How much each model counts: models x S. A season counts only once each of its cells was seen twice."""
        memory = self.memory
        ready = memory.tried > 0
        ready[:LEVELS] = True
        best = np.where(ready, memory.error, np.inf).min(axis=0)
        ratio = np.maximum(best, 1e-12) / np.maximum(memory.error, 1e-12)
        found = np.where(ready, np.minimum(ratio, 1.0) ** PREFERENCE, 0.0)
        return found / found.sum(axis=0)

    def shares(self, weights: Array) -> Array:
        """How much each season counts: seasons x S."""
        return weights.reshape(len(self.calendar.seasons), LEVELS, -1).sum(axis=1)

    def usual_error(self, cell: int | Array) -> Array:
        """The usual absolute error in a cell, held towards that of all cells while it has been seen little."""
        memory = self.memory
        visits = memory.noise_visits[cell]
        return (visits * memory.noise[cell] + self.cell_trust * memory.spread) / (visits + self.cell_trust)

    def steady(self, usual_error: Array, floor: Array, by_chance: Array) -> Array:
        """The standard deviation of an ordinary bucket: never below the `floor`."""
        return np.maximum(SPREAD * usual_error * self.unrest(by_chance), floor)

    def unrest(self, by_chance: Array) -> Array:
        """How far errors are from what is usual in their cells just now. The unrest of a count that moves by chance is
        chance as well, and says nothing of the next bucket."""
        restless = self.memory.restless
        restless = np.where(self.daily_rates, np.maximum(restless / RESTLESS_BY_CHANCE, 1.0), restless)
        return between(restless, *RESTLESS) ** (1.0 - by_chance)

    def by_chance(self) -> Array:
        """How far the errors of a count or share are those of pure chance, 0 to 1, of S series: the part of their
        variance that chance gives, and of a count the less the more rows there are. 0 for other kinds, for what moves
        by less than half of what chance would do, and where there are so few rows that chance often leaves none."""
        usual = self.memory.usual_chance
        part = usual / np.maximum(SPREAD * self.memory.spread, 1e-12) ** 2
        many = self.of_values & ~self._have_few() if self.of_values.any() else self.of_values
        told = np.where(self.counts, usual < VARIANCE_OF_FEW, many)
        trust = np.where(self.counts, TRUST_CHANCE * usual / BEND**2, TRUST_CHANCE_OF_SHARES)
        return np.where(told, between(np.minimum(part, 2.0 - part), 0.0, 1.0) * trust, 0.0)

    def _have_few(self) -> Array:
        """Which shares are those of few rows, or of all but few."""
        share = np.sin(between(self.memory.level[1], 0.0, np.pi / 2)) ** 2
        rows = 0.25 / np.maximum(self.memory.usual_chance, 1e-12)
        return np.minimum(share, 1.0 - share) * rows < FEW_OF_A_VALUE

    def variance_by_chance(self, base: Array, rows_chance: Array | float) -> Array:
        """The variance that pure chance gives where `base` is expected; `rows_chance`: by the rows behind a rate."""
        return np.where(self.counts, chance(base, "count", None), rows_chance)

    def floor(self, by_chance: Array, least: Array) -> Array:
        """The smallest standard deviation: `least`, and of a count one not far below the variance `by_chance`. Chance
        has no part in a count that has never moved."""
        moves = self.memory.highest > self.memory.lowest
        return np.maximum(least, CHANCE_FLOOR * np.sqrt(np.where(self.counts & moves, by_chance, 0.0)))

    def expect(self, t: int, rows_chance: Array, least: Array) -> Expected:
        """What bucket t should bring. `rows_chance`: variance from the rows behind a rate; `least`: the smallest
        standard deviation worth telling apart."""
        memory, calendar = self.memory, self.calendar
        if self.of_values.any():
            # a timetable moves shares less than chance would, until it is another one
            moves = self.of_values & (memory.highest > memory.lowest)
            least = np.maximum(least, CHANCE_FLOOR * np.sqrt(np.where(moves, rows_chance, 0.0)))
        seasonal = np.array([season[cells[t]] for season, cells in zip(memory.season, calendar.cells, strict=True)])
        models = memory.level + seasonal[self.owner]
        weights = self.weights()
        base, level = (weights * models).sum(axis=0), (weights * memory.level).sum(axis=0)
        found = clues.clues_of(memory, calendar, t, self.shares(weights), level)
        cell = calendar.noise_cells[t]
        usual_error = self.usual_error(cell)
        now, by_chance = self.variance_by_chance(base, rows_chance), self.by_chance()
        floor = self.floor(now, least)
        variance = with_chance(self.steady(usual_error, floor, by_chance) ** 2, now, memory.chance[cell])
        effect, special = np.zeros(len(base)), calendar.special[t]
        if special >= 0:
            effect, error = specials.effect(memory, calendar, special)
            variance = variance + (SPREAD * error) ** 2
        centre = base + clues.correction(memory, found, floor / SPREAD) + effect
        closed = self.counts & never_empty.closed(memory, calendar, t)
        centre = np.where(closed, 0.0, centre)
        spread = np.sqrt(variance)
        return Expected(models, level, base, found, effect, centre, closed, usual_error, spread, now, by_chance)

    def learn(self, t: int, values: Array, expected: Expected) -> None:
        """Takes bucket t in. NaN values teach nothing, and stand in the last cycle as what was expected."""
        memory, special = self.memory, self.calendar.special[t]
        there = np.isfinite(values)
        young = memory.taught < YOUNG
        first = there & (memory.taught == 0)
        memory.taught = memory.taught + there
        self._rests(there, values)
        memory.lowest = np.where(there, np.minimum(memory.lowest, values), memory.lowest)
        memory.highest = np.where(there, np.maximum(memory.highest, values), memory.highest)
        never_empty.learn(memory, self.calendar, t, there, values)
        there = there & ~(expected.closed & (values <= 0))
        ordinary = np.where(first, values, np.where(expected.closed, expected.base, expected.centre - expected.effect))
        error = np.where(there & ~first, values - expected.centre, 0.0)
        room = np.where(young, np.inf, OUTLIER * expected.spread)
        teaches = there & ~first
        if special >= 0:
            specials.learn(memory, self.calendar, special, teaches, values - ordinary, values - expected.centre)
            error, teaches = np.zeros_like(error), np.zeros_like(teaches)
        outlier = np.abs(error) > room
        self._runs(there, outlier, error)
        taken = np.where(outlier & (np.abs(memory.run) < 2), 0.0, between(error, -room, room))
        clean = np.where(memory.taught > 0, ordinary + taken, np.nan)
        self._learn_clues(teaches & (memory.taught > self.calendar.cycle * 2), values, error, expected)
        self._learn_levels(teaches, teaches | first, clean, expected)
        self._learn_noise(t, teaches, error, expected)
        seasons.learn(memory, self.calendar, t, teaches | first, clean)
        seasons.remember(memory, self.calendar, t, clean)

    def _rests(self, there: Array, values: Array) -> None:
        """Counts the buckets at the lowest value, and the others; a new lowest value begins anew."""
        memory = self.memory
        lower, lowest = there & (values < memory.lowest), there & (values <= memory.lowest)
        keep = np.where(there, 1.0 - 1.0 / (REST_DAYS * self.calendar.per_day), 1.0)
        moved = np.where(lower, memory.at_rest + memory.moved, memory.moved)
        memory.at_rest = np.where(lower, 0.0, memory.at_rest) * keep + lowest
        memory.moved = moved * keep + (there & ~lowest)

    def _runs(self, there: Array, outlier: Array, error: Array) -> None:
        """Counts outliers in a row, and moves the level over when they last."""
        memory = self.memory
        if not outlier.any() and not memory.run.any():
            return
        sign = np.sign(error)
        same = outlier & (np.sign(memory.run) == sign)
        memory.off = np.where(same, memory.off + (error - memory.off) / (np.abs(memory.run) + 1), memory.off)
        memory.off = np.where(outlier & ~same, error, memory.off)
        over = there & ~outlier
        memory.run = np.where(same, memory.run + sign, np.where(outlier, sign, np.where(over, 0.0, memory.run)))
        lasting = outlier & (np.abs(memory.run) >= self.shift)
        if lasting.any():
            moved = np.where(lasting, memory.off, 0.0)
            memory.level += moved
            memory.recent += moved
            memory.run = np.where(lasting, 0.0, memory.run)

    def _learn_clues(self, teaches: Array, values: Array, error: Array, expected: Expected) -> None:
        if not expected.clues.any():
            return
        size = np.maximum(np.abs(error), 1e-12)
        near = teaches & (size < 1.5 * OUTLIER * expected.spread)
        # a value far off, and one of a noisy cell, says little
        trust = np.where(near, np.minimum(1.0, 2 * expected.spread / size), 0.0)
        trust *= between(self.memory.spread / np.maximum(expected.usual_error, 1e-12), 0.2, 3.0) ** 2
        beside = np.where(near, values - expected.base, 0.0)
        clues.learn(self.memory, self.calendar, expected.clues, beside, trust)

    def _learn_levels(self, judged: Array, teaches: Array, clean: Array, expected: Expected) -> None:
        memory = self.memory
        off = np.where(teaches, clean - expected.models, 0.0)
        ready = np.array([visits.min(axis=0) >= 2 for visits in memory.visits])[self.owner]
        ready[:LEVELS] = True
        # a season that is ready starts with the error of the same level without season, as if tried a few times
        starts = ready & (memory.tried == 0)
        if starts.any():
            memory.tried = np.where(starts, 3.0, memory.tried)
            without_season = np.tile(memory.error[:LEVELS], (len(self.calendar.seasons), 1))
            memory.error = np.where(starts, without_season, memory.error)
        size = np.minimum(np.abs(off), OUTLIER * expected.spread) / np.maximum(expected.usual_error, 1e-9)
        trying = ready & judged & (memory.taught > YOUNG)
        memory.tried += trying
        pace = np.maximum(self.forgetting, 1.0 / np.maximum(memory.tried, 1.0))
        memory.error += np.where(trying, pace * (size - memory.error), 0.0)
        memory.level += np.maximum(self.speeds, 1.0 / np.maximum(memory.taught, 1.0)) * off

    def _learn_noise(self, t: int, teaches: Array, error: Array, expected: Expected) -> None:
        memory, cell = self.memory, self.calendar.noise_cells[t]
        size = np.minimum(np.abs(error), np.where(memory.taught < YOUNG, np.inf, OUTLIER * expected.spread))
        pace = np.maximum(self.forgetting, 1.0 / np.maximum(memory.taught - 1.0, 1.0))
        memory.spread += np.where(teaches, pace * (size - memory.spread), 0.0)
        usual = np.maximum(expected.usual_error, 1e-12)
        relative = np.where(memory.taught > YOUNG, np.minimum(size / usual, OUTLIER), 1.0)
        memory.restless += np.where(teaches, self.forgetting * (relative - memory.restless), 0.0)
        memory.usual_chance += np.where(teaches, pace * (expected.chance - memory.usual_chance), 0.0)
        memory.noise_visits[cell] += teaches
        step = np.maximum(1 / self.cell_memory, 1.0 / np.maximum(memory.noise_visits[cell], 1.0))
        memory.noise[cell] += np.where(teaches, step * (size - memory.noise[cell]), 0.0)
        memory.chance[cell] += np.where(teaches, step * (expected.chance - memory.chance[cell]), 0.0)


def with_chance(variance: Array, now: Array, usual: Array) -> Array:
    """The variance where pure chance gives more or less than usual: fewer rows behind a rate than on other days."""
    share = np.minimum(1.0, variance / np.maximum(usual, 1e-12))
    return np.where(usual > 0, np.maximum(variance + (now - usual) * share, variance * 0.25), variance)
