"""Following many series at once, bucket by bucket: what is expected next, how far off values usually are, and what the
series does by weekday and hour. Each step first says what it expects and only then learns, so nothing looks ahead.

Several simple models run side by side: without season and with each season the calendar knows, each with a slow, a
middle and a fast level. Every model is weighed by its own past one-step errors, so a series gets the season and the
speed that predict it best.

Values far off are not learned from, unless they come in a row: then the level moves over, and what was before is left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from checks.detect.calendars import HOLIDAY, Calendar
from checks.detect.scales import chance

Array = np.ndarray

#: how much of an error the slow, middle and fast level take over, for daily and for hourly buckets
SPEEDS_DAILY = (0.08, 0.25, 0.6)
SPEEDS_HOURLY = (0.02, 0.12, 0.5)
#: a model's weight falls with this power of its usual error
PREFERENCE = 8.0
#: an error this many times the usual one is an outlier: one alone teaches nothing
OUTLIER = 4.0
#: so many outliers in a row on the same side are a lasting change, for daily and for hourly buckets
SHIFT_DAILY, SHIFT_HOURLY = 4, 24
#: mean absolute error -> standard deviation, for a normal distribution
SPREAD = 1.2533


@dataclass
class Memory:
    """What is known of S series. Models are the pairs (season, speed), season by season. All on the scale."""

    level: Array  # models x S
    error: Array  # models x S, usual absolute error
    tried: Array  # models x S, buckets that `error` comes from
    taught: Array  # S, buckets learned from
    season: list[Array]  # per season: cells x S
    visits: list[Array]  # per season: cells x S
    recent: Array  # cycle x S, the last cycle, outliers replaced by what was expected
    filled: Array  # S, how many of `recent` are there
    spread: Array  # S, usual absolute error of the whole, per unit of `noise`
    noise: Array  # noise cells x S, how noisy a cell is beside the others
    noise_visits: Array
    chance: Array  # S, usual variance that pure chance gives
    run: Array  # S, outliers in a row, negative below
    off: Array  # S, mean error in the run
    lowest: Array  # S, of all that taught
    highest: Array
    special: Array  # special days x S, what a special day adds
    special_visits: Array
    special_class: Array  # classes x S, what a special day of its kind adds
    special_class_visits: Array
    special_spread: Array  # classes x S, usual absolute error of special days of its kind

    @classmethod
    def empty(cls, series: int, calendar: Calendar) -> Memory:
        models = len(calendar.seasons) * 3
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
            recent=zeros(calendar.cycle),
            filled=zeros(),
            spread=zeros(),
            noise=zeros(calendar.noise_cell_count) + 1.0,
            noise_visits=zeros(calendar.noise_cell_count),
            chance=zeros(),
            run=zeros(),
            off=zeros(),
            lowest=zeros() + np.inf,
            highest=zeros() - np.inf,
            special=zeros(specials),
            special_visits=zeros(specials),
            special_class=zeros(3),
            special_class_visits=zeros(3),
            special_spread=zeros(3),
        )

    def forget(self, which: Array) -> None:
        """A new regime: nothing before counts, for the series in this mask."""
        starts = {"noise": 1.0, "lowest": np.inf, "highest": -np.inf}
        for name, value in vars(self).items():
            for array in value if isinstance(value, list) else [value]:
                array[..., which] = starts.get(name, 0.0)


@dataclass
class Expected:
    """What is expected of one bucket, on the scale: `centre` and `spread` (one standard deviation), both of S
    series."""

    models: Array
    centre: Array
    spread: Array
    noise: Array


class Follower:
    """Follows the series through the buckets of a calendar. `counts` marks the series that are counts; `least` gives
    the smallest standard deviation worth telling apart, on the scale."""

    def __init__(self, memory: Memory, calendar: Calendar, counts: Array) -> None:
        self.memory, self.calendar, self.counts = memory, calendar, counts
        speeds = SPEEDS_DAILY if calendar.daily else SPEEDS_HOURLY
        self.speeds = np.tile(speeds, len(calendar.seasons))[:, None]
        self.shift = SHIFT_DAILY if calendar.daily else SHIFT_HOURLY
        self.forgetting = 1 / 40 if calendar.daily else 1 / 400
        self.season_forgetting = 1 / 9
        self.owner = np.repeat(np.arange(len(calendar.seasons)), 3)

    def weights(self) -> Array:
        """How much each model counts: models x S. A season counts only once each of its cells was seen twice."""
        memory = self.memory
        ready = memory.tried > 0
        ready[: len(SPEEDS_DAILY)] = True
        best = np.where(ready, memory.error, np.inf).min(axis=0)
        safe = np.maximum(memory.error, 1e-12)
        found = np.where(ready, (np.maximum(best, 1e-12) / safe) ** PREFERENCE, 0.0)
        return found / found.sum(axis=0)

    def weighted_level(self) -> Array:
        """The level without season, of S series."""
        return (self.weights() * self.memory.level).sum(axis=0)

    def expect(self, t: int, rows_chance: Array, least: Array) -> Expected:
        """What bucket t should bring. `rows_chance`: variance from the rows behind a rate."""
        memory, calendar = self.memory, self.calendar
        seasonal = np.stack([memory.season[j][calendar.cells[j][t]] for j in range(len(calendar.seasons))])
        models = memory.level + seasonal[self.owner]
        centre = (self.weights() * models).sum(axis=0)
        noise = memory.noise[calendar.noise_cells[t]]
        spread = np.maximum(SPREAD * memory.spread * noise, least)
        variance = spread**2
        now = np.where(self.counts, chance(centre, "count", None), rows_chance)
        usual = memory.chance
        share = np.minimum(1.0, variance / np.maximum(usual, 1e-12))
        variance = np.where(usual > 0, np.maximum(variance + (now - usual) * share, variance * 0.25), variance)
        special = calendar.special[t]
        if special >= 0:
            effect, extra = self.special_effect(special)
            centre = centre + effect
            models = models + effect
            variance = variance + extra**2
        return Expected(models, centre, np.sqrt(variance), noise)

    def special_effect(self, special: int | None, sort: int = HOLIDAY) -> tuple[Array, Array]:
        """What a special day adds and its own standard deviation, of S series; of any day of a kind without a
        number."""
        memory = self.memory
        if special is None:
            visits, mean = np.zeros_like(memory.taught), np.zeros_like(memory.taught)
        else:
            sort = int(self.calendar.classes[special])
            visits, mean = memory.special_visits[special], memory.special[special]
        class_visits = memory.special_class_visits[sort]
        general = memory.special_class[sort] * class_visits / (class_visits + 2.0)
        effect = (visits * mean + 0.5 * general) / (visits + 0.5)
        prior = {HOLIDAY: 2.0}.get(sort, 0.5) * memory.spread
        extra = (prior * 2.0 + memory.special_spread[sort] * class_visits) / (2.0 + class_visits)
        return effect, extra * SPREAD / np.sqrt(1.0 + visits)

    def learn(self, t: int, values: Array, expected: Expected, rows_chance: Array) -> None:
        """Takes bucket t in. NaN values teach nothing, and stand in the last cycle as what was expected."""
        memory = self.memory
        there = np.isfinite(values)
        first = there & (memory.taught == 0)
        centre = np.where(first, values, expected.centre)
        error = np.where(there & ~first, values - centre, 0.0)
        young = memory.taught < 8
        room = np.where(young, np.inf, OUTLIER * expected.spread)
        outlier = np.abs(error) > room
        special = self.calendar.special[t]
        if special >= 0:
            self._learn_special(special, there & ~first, values, expected)
            outlier = np.zeros_like(outlier)
            error = np.zeros_like(error)
        moved = self._runs(there, outlier, error)
        taken = np.where(outlier & (np.abs(memory.run) < 2), 0.0, np.clip(error, -room, room))
        clean = np.where(there | (memory.taught > 0), centre + taken, np.nan)
        teaches = there & ((special < 0) | first)
        memory.taught = memory.taught + there
        memory.lowest = np.where(there, np.minimum(memory.lowest, values), memory.lowest)
        memory.highest = np.where(there, np.maximum(memory.highest, values), memory.highest)
        self._learn_levels(t, teaches, first, clean, expected)
        self._learn_noise(t, teaches & ~first, error, outlier, expected, rows_chance)
        self._learn_season(t, teaches, clean)
        self._push(t, clean, moved)

    def _runs(self, there: Array, outlier: Array, error: Array) -> Array:
        memory = self.memory
        sign = np.sign(error)
        same = outlier & (np.sign(memory.run) == sign)
        ends = there & ~outlier
        memory.off = np.where(same, memory.off + (error - memory.off) / (np.abs(memory.run) + 1), memory.off)
        memory.off = np.where(outlier & ~same, error, memory.off)
        memory.run = np.where(same, memory.run + sign, np.where(outlier, sign, np.where(ends, 0.0, memory.run)))
        moved = np.where(outlier & (np.abs(memory.run) >= self.shift), memory.off, 0.0)
        if moved.any():
            memory.level += moved
            memory.recent += moved
            memory.run = np.where(moved != 0, 0.0, memory.run)
        return moved

    def _learn_levels(self, t: int, teaches: Array, first: Array, clean: Array, expected: Expected) -> None:
        memory = self.memory
        count = np.maximum(memory.taught, 1.0)
        off = np.where(teaches, clean - expected.models, 0.0)
        limit = np.where(first, 0.0, np.where(memory.taught < 8, np.inf, OUTLIER * expected.spread))
        ready = np.stack([visits.min(axis=0) >= 2 for visits in memory.visits])[self.owner]
        ready[: len(SPEEDS_DAILY)] = True
        # a season that is ready starts with the error of the same speed without season, as if tried a few times
        starts = ready & (memory.tried == 0)
        memory.tried = np.where(starts, 3.0, memory.tried)
        memory.error = np.where(starts, np.tile(memory.error[:3], (len(self.calendar.seasons), 1)), memory.error)
        size = np.minimum(np.abs(off), limit)
        trying = ready & teaches & ~first
        memory.tried += trying
        pace = np.maximum(self.forgetting, 1.0 / np.maximum(memory.tried, 1.0))
        memory.error += np.where(trying, pace * (size - memory.error), 0.0)
        memory.level += np.maximum(self.speeds, 1.0 / count) * off

    def _learn_noise(
        self, t: int, teaches: Array, error: Array, outlier: Array, expected: Expected, rows_chance: Array
    ) -> None:
        memory, cell = self.memory, self.calendar.noise_cells[t]
        pace = np.maximum(self.forgetting, 1.0 / np.maximum(memory.taught - 1.0, 1.0))
        size = np.minimum(np.abs(error), np.where(memory.taught < 8, np.inf, OUTLIER * expected.spread))
        teaches = teaches & ~outlier
        memory.spread += np.where(teaches, pace * (size / expected.noise - memory.spread), 0.0)
        now = np.where(self.counts, chance(expected.centre, "count", None), rows_chance)
        memory.chance += np.where(teaches, pace * (now - memory.chance), 0.0)
        steady = teaches & (memory.taught > self.calendar.noise_cell_count)
        visits = memory.noise_visits[cell] = memory.noise_visits[cell] + steady
        relative = np.minimum(size / np.maximum(memory.spread, 1e-12), 4.0)
        step = np.maximum(1 / 20, 1.0 / (visits + 8.0))
        memory.noise[cell] += np.where(steady, step * (relative - memory.noise[cell]), 0.0)

    def _learn_season(self, t: int, teaches: Array, clean: Array) -> None:
        memory, calendar = self.memory, self.calendar
        base = memory.recent.sum(axis=0) / np.maximum(memory.filled, 1.0)
        full = teaches & (memory.filled >= calendar.cycle)
        if not full.any():
            return
        for j in range(1, len(calendar.seasons)):
            cell = calendar.cells[j][t]
            visits = memory.visits[j][cell] = memory.visits[j][cell] + full
            step = np.maximum(self.season_forgetting, 1.0 / np.maximum(visits, 1.0))
            memory.season[j][cell] += np.where(full, step * (clean - base - memory.season[j][cell]), 0.0)

    def _learn_special(self, special: int, there: Array, values: Array, expected: Expected) -> None:
        memory, sort = self.memory, int(self.calendar.classes[special])
        effect, _ = self.special_effect(special)
        bare = values - (expected.centre - effect)
        for means, visits, row in (
            (memory.special, memory.special_visits, special),
            (memory.special_class, memory.special_class_visits, sort),
        ):
            visits[row] += there
            means[row] += np.where(there, (bare - means[row]) / np.maximum(visits[row], 1.0), 0.0)
        size = np.abs(values - expected.centre)
        pace = 1.0 / (memory.special_class_visits[sort] + 2.0)
        memory.special_spread[sort] += np.where(there, pace * (size - memory.special_spread[sort]), 0.0)

    def _push(self, t: int, clean: Array, moved: Array) -> None:
        memory, place = self.memory, t % self.calendar.cycle
        known = np.isfinite(clean)
        memory.recent[place] = np.where(known, clean, 0.0)
        memory.filled = np.where(known, np.minimum(memory.filled + 1, self.calendar.cycle), 0.0)
        full = known & (memory.filled == self.calendar.cycle)
        fresh = full & (memory.visits[1].sum(axis=0) == 0) if len(self.calendar.seasons) > 1 else full & False
        if fresh.any():
            self._first_cycle(t, fresh)

    def _first_cycle(self, t: int, fresh: Array) -> None:
        memory, calendar = self.memory, self.calendar
        base = memory.recent.mean(axis=0)
        for back in range(calendar.cycle):
            for j in range(1, len(calendar.seasons)):
                cell = calendar.cells[j][t - back]
                visits = memory.visits[j][cell] = memory.visits[j][cell] + fresh
                off = memory.recent[(t - back) % calendar.cycle] - base - memory.season[j][cell]
                memory.season[j][cell] += np.where(fresh, off / np.maximum(visits, 1.0), 0.0)
