"""From many series followed to the end of their history to a fit of each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from checks.detect import clues, never_empty, specials
from checks.detect.bands import edges_after
from checks.detect.beliefs import beliefs_of
from checks.detect.calendars import KINDS_OF_DAYS, KINDS_OF_HOURS, slots_of
from checks.detect.fits import Fit
from checks.detect.following import SPREAD
from checks.detect.settings import Kind, Settings
from checks.detect.threshold import chance_per_bucket
from checks.detect.walk import Beside, Followed, follow, is_resting, needed, row_of

Array = np.ndarray


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
    excused: Array | None = None,
    denominators: Array | None = None,
    regimes: Sequence[Sequence[pd.Timestamp]] | None = None,
) -> list[Fit]:
    """`fit` for many series at once, the arguments as in `score_many`."""
    settings = settings or Settings()
    followed = follow(grid, buckets, kinds, settings, Beside(excluded, excused, None, denominators, regimes))
    return fits_of(followed, kinds, settings)


def fits_of(followed: Followed, kinds: Sequence[Kind], settings: Settings) -> list[Fit]:
    """One fit per followed series."""
    memory, calendar = followed.memory, followed.calendar
    weights = followed.follower.weights()
    level = (weights * memory.level).sum(axis=0)
    season = _season_table(followed, weights)
    spread, chances = _spread_table(followed, level, season), _chance_table(followed)
    correction = _correction(followed, weights, level)
    (down, up), (down_special, up_special) = edges_after(followed, kinds, settings)
    specials = _specials(followed)
    known = beliefs_of(followed, kinds, weights, season)
    values = np.array([kind == "value" for kind in kinds], dtype=bool)
    unsure = values & is_resting(memory, calendar)
    learned = np.where(unsure, np.minimum(memory.taught, needed(calendar) - 1), memory.taught)
    exact = np.where(memory.highest == 0, 0.0, np.where(memory.lowest == np.pi / 2, np.pi / 2, np.nan))
    filled, seldom_empty = _always_filled(followed, kinds), _seldom_empty(followed, settings)
    return [
        Fit(
            kind=kind,
            settings=settings,
            grain_hours=calendar.grain_hours,
            learned=int(learned[row]),
            needed=needed(calendar),
            level=float(level[row]),
            season=tuple(season[row].tolist()),
            spread=tuple(spread[row].tolist()),
            chance=tuple(chances[row].tolist()),
            correction=float(correction[row]),
            last=followed.last,
            down=float(down[row]),
            up=float(up[row]),
            down_special=float(down_special[row]),
            up_special=float(up_special[row]),
            special=specials[row],
            exact=_exact(kind, float(exact[row])),
            always_filled=filled[row],
            seldom_empty=bool(seldom_empty[row]),
            beliefs=known[row],
        )
        for row, kind in enumerate(kinds)
    ]


def _always_filled(followed: Followed, kinds: Sequence[Kind]) -> list[tuple[bool, ...]]:
    """The weekdays on which each count never was without rows; none for other kinds, and by the hour: there
    the hours before count too."""
    if not followed.calendar.daily:
        return [()] * len(kinds)
    filled = never_empty.always_filled(followed.memory, followed.calendar, np.arange(7)).T > 0
    return [tuple(row.tolist()) if kind == "count" else () for row, kind in zip(filled, kinds, strict=True)]


def _seldom_empty(followed: Followed, settings: Settings) -> Array:
    """Which series will have hardly ever been without rows where they always had some, by the bucket after the last."""
    empty = followed.judged & (followed.values <= 0)
    always, empty, fresh = (_one_more(part) for part in (followed.always_filled, empty, followed.fresh))
    chance = chance_per_bucket(settings.of_one_series, followed.calendar.per_90_days)
    chances = np.broadcast_to(chance, empty.shape)
    return never_empty.seldom(always, empty, fresh, chances, followed.calendar)[:, -1]


def _one_more(part: Array) -> Array:
    """With room for the bucket after the last, as the last one is."""
    return np.concatenate([part, part[:, -1:] if part.shape[1] else np.zeros((len(part), 1), part.dtype)], axis=1)


def _correction(followed: Followed, weights: Array, level: Array) -> Array:
    """What the last errors add to the bucket after the last."""
    memory, calendar = followed.memory, followed.calendar
    shares = followed.follower.shares(weights)
    found = clues.clues_of(memory, calendar, followed.values.shape[1], shares, level)
    return clues.correction(memory, found, _floor(followed, level) / SPREAD)


def _floor(followed: Followed, base: Array) -> Array:
    return followed.follower.floor(followed.follower.variance_by_chance(base, 0.0), followed.least)


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
    usual, by_chance = follower.usual_error(numbers), follower.by_chance()
    found = [follower.steady(usual[cell], _floor(followed, level + season[:, cell]), by_chance) for cell in cells]
    return np.stack(found, axis=1).reshape(season.shape)


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
