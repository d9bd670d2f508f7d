"""The rule that a first study recommended after measuring it on series of its own; the goals were set beside it.

A series is weekly medians around a slow base, a level of the last week, and a spread of the rule's own past errors.
Where the study does not say how, the plainest reading is taken, and said here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import holidays
import numpy as np
import pandas as pd

from bench.detect.detectors import Array, Case, Detector, judged_days

#: days of history that a fit sees; days in it that a season needs, and an alarm
DAILY_WINDOW, HOURLY_WINDOW = 84, 56
SEASON_DAYS, LEAST_DAYS = 21, 10
#: the least spread of logarithms; the second largest past error is at most so many spreads
LEAST_SPREAD, WIDEST_ERROR = 0.03, 4
#: how much wider the band is on a holiday and on the days beside it
HOLIDAY_WIDTH = 4
DAILY_LIMIT, HOURLY_LIMIT = 5.0, 6.5
#: the same for rates: 0.2 percentage points
RATE_WINDOW, LEAST_RATE_SPREAD, WIDEST_RATE_ERROR, RATE_LIMIT = 28, 0.002, 3, 3.6
#: a median absolute deviation of normal errors as their standard deviation
MAD = 1.4826


@dataclass(frozen=True)
class Fit:
    """What the buckets of a day are judged by, as logarithms: `season` by weekday or hour of the week (168), `spread`
    by hour of the day (a single one for days)."""

    level: float
    season: Array
    spread: Array


def fit(history: pd.Series) -> Fit:
    """Of logarithms by day or hour up to the day before; what is not to be learned from is NaN.

    The study gives base, level and least history in days; by the hour the same spans of time are taken. Its errors are
    those of the season fitted now, against the level of the week before each day, from the second week on."""
    day = 24 if history.index[1] - history.index[0] < pd.Timedelta(days=1) else 1
    week = 7 * day
    season = np.zeros(week)
    if history.count() >= SEASON_DAYS * day:
        season = _season(history - history.rolling(week, center=True, min_periods=1).median(), day)
    rest = history - season[_slots(history.index, day)]
    level = rest.rolling(week, min_periods=1).median()
    before = level.shift(1).where(history.index.hour == 0).ffill()  # a fit is made once a day
    before.iloc[:week] = np.nan
    return Fit(float(level.iloc[-1]), season, _spread((rest - before).abs(), day))


def rate(values: Array) -> float:
    """Score of the last rate, in either direction: the study advises upwards only, but measured both. It names no
    errors for the widening: those of the same 28 days around their median are taken."""
    before = values[:-1][~np.isnan(values[:-1])][-RATE_WINDOW:]
    if len(before) < LEAST_DAYS or np.isnan(values[-1]):
        return np.nan
    middle = np.median(before)
    errors = np.sort(np.abs(before - middle))
    spread = max(LEAST_RATE_SPREAD, MAD * np.median(errors), errors[-2] / WIDEST_RATE_ERROR)
    return float(abs(values[-1] - middle) / spread / RATE_LIMIT)


def _season(around_base: pd.Series, day: int) -> Array:
    """Medians by weekday; by the hour half of the hour of the week, half of the hour on weekdays or at weekends."""
    index = around_base.index
    slots = np.arange(7 * day)
    season = around_base.groupby(_slots(index, day)).median().reindex(slots).to_numpy()
    if day == 1:
        return season
    kinds = _kinds(index.day_of_week, index.hour)
    by_kind = around_base.groupby(kinds).median()
    return (season + by_kind.reindex(_kinds(slots // 24, slots % 24)).to_numpy()) / 2


def _slots(index: pd.DatetimeIndex, day: int) -> Array:
    return np.asarray(index.day_of_week * day + (index.hour if day > 1 else 0))


def _kinds(weekday: Array, hour: Array) -> Array:
    return np.asarray((weekday >= 5) * 24 + hour)


def _spread(errors: pd.Series, day: int) -> Array:
    """By hour of the day, at least half of what all hours have together. Widening the spread until the second largest
    error is four of it is the larger of the two; by the hour that is each hour's own, as the spread is."""
    floor = max(LEAST_SPREAD, MAD * errors.median() / 2)
    found = []
    for hour in range(day):
        own = errors[errors.index.hour == hour].dropna().sort_values().to_numpy()
        second = own[-2] if len(own) > 1 else np.nan
        found.append(np.nanmax([floor, MAD * np.median(own) if len(own) else np.nan, second / WIDEST_ERROR]))
    return np.array(found)


def _score(use_holidays: bool) -> Callable[[Sequence[Case]], list[Array]]:
    def score(cases: Sequence[Case]) -> list[Array]:
        return [score_one(case) for case in cases]

    def score_one(case: Case) -> Array:
        if case.kind == "rate":
            return np.array([rate(case.values[: at + 1]) for at in range(case.first, len(case.values))])
        return _counts(case, _free_days(case) if use_holidays else np.zeros(len(case.index), dtype=bool))

    return score


def _counts(case: Case, free: Array) -> Array:
    """Of hours, the median of the last three counts, or a single one at twice the limit."""
    if not case.hourly:
        return np.abs(_distances(case, free)) / DAILY_LIMIT
    earlier = max(0, case.first - 2)
    distances = pd.Series(_distances(replace(case, first=earlier), free))
    scores = np.fmax(distances.rolling(3).median().abs(), distances.abs() / 2)
    return scores.to_numpy()[case.first - earlier :] / HOURLY_LIMIT


def _distances(case: Case, free: Array) -> Array:
    """How many spreads each judged bucket is from what was expected. Incidents and muted days would stay out of the
    history too, but there are none here: what was flagged is learned from."""
    day, window = (24, HOURLY_WINDOW * 24) if case.hourly else (1, DAILY_WINDOW)
    # the study has no rule for other values: they are taken as counts, those below 0 mirrored
    logs = np.sign(case.values) * np.log1p(np.abs(case.values))
    values = pd.Series(logs, index=case.index[: len(case.values)])
    learned = values.mask(free[: len(values)])
    found = np.full(len(values), np.nan)
    for start, first, end in judged_days(case):
        history = learned.iloc[max(0, start - window) : start]
        if history.count() < LEAST_DAYS * day:
            continue
        fitted, judged = fit(history), values.index[first:end]
        expected = fitted.level + fitted.season[_slots(judged, day)]
        spread = fitted.spread[judged.hour % day] * np.where(free[first:end], HOLIDAY_WIDTH, 1)
        found[first:end] = (values.iloc[first:end] - expected) / spread
    return found[case.first :]


def _free_days(case: Case) -> Array:
    """Public holidays of the country, and the days before and after them."""
    if case.country is None:
        return np.zeros(len(case.index), dtype=bool)
    years = range(case.index[0].year - 1, case.index[-1].year + 2)
    dates = pd.DatetimeIndex(list(holidays.country_holidays(case.country, years=years)))
    beside = [dates + pd.Timedelta(days=days) for days in (-1, 0, 1)]
    return np.asarray(case.index.normalize().isin(np.concatenate(beside)))


STUDY = (Detector("study's rule", _score(True)), Detector("study's rule without holidays", _score(False)))
