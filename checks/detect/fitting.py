"""What is known after all the history: enough to judge what comes next by a subtraction and a division."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from checks.detect import clues, specials
from checks.detect.bands import edges_after
from checks.detect.beliefs import Beliefs, beliefs_of
from checks.detect.calendars import KINDS_OF_DAYS, KINDS_OF_HOURS, slots_of, special_day
from checks.detect.following import SPREAD, with_chance
from checks.detect.scales import chance, floors, from_scale, to_scale
from checks.detect.scoring import ANOMALY, FURTHEST, LEARNING, NORMAL, UNMEASURED
from checks.detect.settings import Kind, Settings, kind_of
from checks.detect.walk import Beside, Followed, follow, needed, row_of

Array = np.ndarray

#: how much of the last errors' correction is left a bucket later
FADING = 0.8


@dataclass(frozen=True)
class Verdict:
    """One value against its band; the fields mean what the columns of `score` mean."""

    expected: float
    lower: float
    upper: float
    score: float
    is_anomaly: bool
    state: str


@dataclass(frozen=True)
class Visible:
    """The smallest change down and up that would be reported on an ordinary bucket: in percent of the expected value,
    or in percentage points for a rate. None where no change on that side would be."""

    down: float | None
    up: float | None
    unit: str


@dataclass(frozen=True)
class Fit:
    """What a series does, on the scale of its kind. `season`, `spread` and `chance` have a cell per weekday or hour of
    the week."""

    kind: Kind
    settings: Settings
    grain_hours: float
    learned: int
    needed: int
    level: float
    season: tuple[float, ...]
    spread: tuple[float, ...]
    #: the usual variance by pure chance, per cell
    chance: tuple[float, ...]
    #: what the last errors add to the bucket after the last one; it fades from there
    correction: float
    #: the last bucket learned from, ISO 8601, or None
    last: str | None
    #: how many standard deviations the band reaches down and up
    down: float
    up: float
    #: name -> (what the day adds, its own standard deviation); "" and a kind stand for days not seen yet
    special: Mapping[str, tuple[float, float]]
    exact: float | None
    beliefs: Beliefs

    @property
    def progress(self) -> tuple[int, int]:
        """Measured buckets learned from, of those needed before values are judged."""
        return min(self.learned, self.needed), self.needed

    def judge(self, bucket: datetime, value: float | None, denominator: float | None = None) -> Verdict:
        """Judges the value of a bucket; None or NaN is 'not measured'."""
        centre, low, high = self._band(bucket, denominator)
        outward = [float(from_scale(np.array(each), self.kind)) for each in (centre, low, high)]
        if value is None or value != value:
            return Verdict(*outward, float("nan"), False, UNMEASURED)
        scaled = float(to_scale(np.array(float(value)), self.kind))
        off = scaled - centre
        room = high - centre if off > 0 else centre - low
        score = (
            0.0 if off == 0 else float(np.clip(off / room if room else np.copysign(np.inf, off), -FURTHEST, FURTHEST))
        )
        if self.learned < self.needed:
            return Verdict(*outward, score, False, LEARNING)
        anomaly = bool(abs(score) > 1)
        return Verdict(*outward, score, anomaly, ANOMALY if anomaly else NORMAL)

    @property
    def smallest_visible(self) -> Visible:
        """What this monitor can see at all, on a usual bucket."""
        cells = [self._edges(self.level + season, cell, None, (0.0, 0.0)) for cell, season in enumerate(self.season)]
        centre, low, high = (from_scale(np.array(part), self.kind) for part in zip(*cells, strict=True))
        if self.kind == "rate":
            down, up = np.median(centre - low) * 100, np.median(high - centre) * 100
            return Visible(float(down) if np.median(low) > 0 else None, float(up), "points")
        size = np.maximum(np.abs(centre), 1e-12)
        down, up = np.median((centre - low) / size) * 100, np.median((high - centre) / size) * 100
        never = self.kind in ("count", "gap") and np.median(low) <= 0
        return Visible(None if never else float(down), float(up), "percent")

    def to_dict(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return asdict(self) | {"special": {name: list(pair) for name, pair in self.special.items()}}

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> Fit:
        """The way back. Raises ValueError where a field is missing."""
        missing = [field.name for field in fields(cls) if field.name not in found]
        if missing:
            raise ValueError(f"This is no fit of a series: {', '.join(missing)} is missing")
        plain: dict[str, Any] = dict(found)
        plain["kind"] = kind_of(found["kind"])
        plain["settings"] = Settings(**found["settings"])
        for name in ("season", "spread", "chance"):
            plain[name] = tuple(found[name])
        plain["special"] = {name: (effect, extra) for name, (effect, extra) in found["special"].items()}
        plain["beliefs"] = Beliefs.from_dict(found["beliefs"])
        return cls(**plain)

    def _band(self, bucket: datetime, denominator: float | None) -> tuple[float, float, float]:
        if self.exact is not None:
            return self.exact, self.exact, self.exact
        cell = bucket.weekday() if len(self.season) == 7 else bucket.weekday() * 24 + bucket.hour
        added = (0.0, 0.0)
        found = special_day(bucket.date(), self.settings.holidays, daily=len(self.season) == 7)
        if found is not None:
            name, sort = found
            added = self.special.get(name) or self.special.get(f"kind {sort}", added)
        base = self.level + self.season[cell]
        return self._edges(base, cell, denominator, (added[0] + self._fading(bucket), added[1]))

    def _fading(self, bucket: datetime) -> float:
        """What is left of the correction by this bucket."""
        if self.last is None or not self.correction:
            return 0.0
        hours = (_naive(bucket) - _naive(datetime.fromisoformat(self.last))).total_seconds() / 3600
        return self.correction * FADING ** max(0.0, hours / self.grain_hours - 1.0)

    def _edges(
        self, base: float, cell: int, denominator: float | None, added: tuple[float, float]
    ) -> tuple[float, float, float]:
        """The centre and the edges of the band. `added`: what the bucket's own day adds, and its standard deviation."""
        variance = self.spread[cell] ** 2
        if self.kind == "count" or denominator:
            rows = None if denominator is None else np.array(denominator)
            now = chance(np.array(base), self.kind, rows)
            variance = float(with_chance(np.array(variance), now, np.array(self.chance[cell])))
        spread = float(np.sqrt(variance + added[1] ** 2))
        centre = base + added[0]
        room_down, room_up = floors(np.array(centre), self.kind, self.settings)
        low, high = centre - max(self.down * spread, float(room_down)), centre + max(self.up * spread, float(room_up))
        return centre, low, high


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)


def fit(
    values: pd.Series,
    kind: Kind,
    settings: Settings | None = None,
    *,
    excluded: pd.Series | None = None,
    denominators: pd.Series | None = None,
    regimes: Sequence[pd.Timestamp] = (),
) -> Fit:
    """What `score` would know after the last bucket; the arguments mean the same."""
    return fit_many(
        values.to_numpy(dtype=float, na_value=np.nan)[None, :],
        pd.DatetimeIndex(values.index),
        [kind],
        settings,
        excluded=row_of(excluded, values.index, False),
        denominators=row_of(denominators, values.index, np.nan),
        regimes=[regimes],
    )[0]


def fit_many(  # noqa: PLR0913 - the parts of one question; callers name them
    grid: Array,
    buckets: pd.DatetimeIndex,
    kinds: Sequence[Kind],
    settings: Settings | None = None,
    *,
    excluded: Array | None = None,
    denominators: Array | None = None,
    regimes: Sequence[Sequence[pd.Timestamp]] | None = None,
) -> list[Fit]:
    """`fit` for many series at once, the arguments as in `score_many`."""
    settings = settings or Settings()
    followed = follow(grid, buckets, kinds, settings, Beside(excluded, denominators, regimes))
    return fits_of(followed, kinds, settings)


def fits_of(followed: Followed, kinds: Sequence[Kind], settings: Settings) -> list[Fit]:
    """One fit per followed series."""
    memory, calendar = followed.memory, followed.calendar
    weights = followed.follower.weights()
    level = (weights * memory.level).sum(axis=0)
    season = _season_table(followed, weights)
    spread, chances = _spread_table(followed, level, season), _chance_table(followed)
    correction = _correction(followed, weights, level)
    down, up = edges_after(followed, kinds, settings)
    specials = _specials(followed)
    known = beliefs_of(followed, kinds, weights, season)
    exact = np.where(memory.highest == 0, 0.0, np.where(memory.lowest == np.pi / 2, np.pi / 2, np.nan))
    return [
        Fit(
            kind=kind,
            settings=settings,
            grain_hours=calendar.grain_hours,
            learned=int(memory.taught[row]),
            needed=needed(calendar),
            level=float(level[row]),
            season=tuple(season[row].tolist()),
            spread=tuple(spread[row].tolist()),
            chance=tuple(chances[row].tolist()),
            correction=float(correction[row]),
            last=followed.last,
            down=float(down[row]),
            up=float(up[row]),
            special=specials[row],
            exact=_exact(kind, float(exact[row])),
            beliefs=known[row],
        )
        for row, kind in enumerate(kinds)
    ]


def _correction(followed: Followed, weights: Array, level: Array) -> Array:
    """What the last errors add to the bucket after the last."""
    memory, calendar = followed.memory, followed.calendar
    shares = followed.follower.shares(weights)
    found = clues.clues_of(memory, calendar, followed.values.shape[1], shares, level)
    return clues.correction(memory, found, followed.follower.floor(level, followed.least) / SPREAD)


def _exact(kind: Kind, edge: float) -> float | None:
    if np.isnan(edge) or kind in ("value", "gap") or (kind == "count" and edge > 0):
        return None
    return edge


def _season_table(followed: Followed, weights: Array) -> Array:
    """S x 7 or S x 168: the seasons of all models together."""
    follower, calendar, memory = followed.follower, followed.calendar, followed.memory
    cells = np.arange(7 if calendar.daily else 168)
    found = np.zeros((len(cells), weights.shape[1]))
    for j in range(1, len(calendar.seasons)):
        share = weights[follower.owner == j].sum(axis=0)
        found += (
            share * memory.season[j][cell_numbers(calendar.seasons[j].cells, cells, slots_of(calendar.grain_hours))]
        )
    return found.T


def _spread_table(followed: Followed, level: Array, season: Array) -> Array:
    """S x 7 or S x 168: one standard deviation of an ordinary bucket."""
    calendar, follower = followed.calendar, followed.follower
    cells = np.arange(season.shape[1])
    numbers = cell_numbers(calendar.noise_cell_count, cells, slots_of(calendar.grain_hours))
    usual = follower.usual_error(numbers)
    return np.stack(
        [follower.steady(usual[cell], level + season[:, cell], followed.least) for cell in cells], axis=1
    ).reshape(season.shape)


def _chance_table(followed: Followed) -> Array:
    calendar = followed.calendar
    cells = np.arange(7 if calendar.daily else 168)
    return followed.memory.chance[cell_numbers(calendar.noise_cell_count, cells, slots_of(calendar.grain_hours))].T


def cell_numbers(count: int, cells: Array, slots: int) -> Array:
    """Which of the `count` cells of a season each weekday, or each hour of the week, belongs to."""
    if len(cells) == 7:
        return cells
    slot = cells % 24 * slots // 24
    if count == slots:
        return slot
    return (cells >= 120) * slots + slot if count == 2 * slots else cells // 24 * slots + slot


def _specials(followed: Followed) -> list[dict[str, tuple[float, float]]]:
    """Per series, what each special day adds, with its own standard deviation."""
    calendar, memory = followed.calendar, followed.memory
    kinds = KINDS_OF_DAYS if calendar.daily else KINDS_OF_HOURS
    found = [(name, specials.effect(memory, calendar, number)) for number, name in enumerate(calendar.names)]
    found += [(f"kind {sort}", specials.effect(memory, calendar, None, sort)) for sort in kinds]
    rows = range(followed.values.shape[0])
    return [{name: (float(added[row]), SPREAD * float(error[row])) for name, (added, error) in found} for row in rows]
