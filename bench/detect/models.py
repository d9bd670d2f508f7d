"""Rivals that fit a model to what was before a day: statsforecast's AutoETS and MSTL, TestGen's SARIMAX.

All forecast anew every day from all that was before it. Form and parameters are chosen every four weeks (TestGen:
every week) and kept in between, as choosing them every day would take hours and change little.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import holidays
import numpy as np
import pandas as pd
from statsforecast.models import ARIMA, MSTL, AutoETS

from bench.detect.detectors import Array, Case, Detector, judged_days

#: days of history that a fit sees
WINDOW = {"day": 182, "hour": 56}
#: the 99 % interval that statsforecast's own anomaly detection takes, as standard deviations
INTERVAL = 2.5758
NORMAL_95 = 1.959964
#: TestGen's limit at medium sensitivity, its least history
TESTGEN_LIMIT, TESTGEN_LEAST = 2.5, 30

Forecast = Callable[[Array, Case, int, int], tuple[Array, Array]]


def _daily_forecast(forecast: Forecast, limit: float, logarithm: bool) -> Callable[[Sequence[Case]], list[Array]]:
    """Scores by a forecast made at the start of each day. Equal histories are fitted once."""
    fits: dict[tuple, tuple[Array, Array]] = {}

    def score(cases: Sequence[Case]) -> list[Array]:
        return [score_one(case) for case in cases]

    def score_one(case: Case) -> Array:
        values = np.log1p(case.values) if logarithm and case.kind == "count" else case.values
        scores = np.full(len(values), np.nan)
        for start, first, end in judged_days(case):
            window = WINDOW["hour"] * 24 if case.hourly else WINDOW["day"]
            history = values[max(0, start - window) : start]
            key = (history.tobytes(), case.index[start])
            if key not in fits:
                fits[key] = forecast(history, case, start, 24 if case.hourly else 1)
            mean, spread = (part[first - start : end - start] for part in fits[key])
            with np.errstate(divide="ignore", invalid="ignore"):
                scores[first:end] = np.abs(values[first:end] - mean) / np.maximum(spread, 1e-9) / limit
        return scores[case.first :]

    return score


class _Kept:
    """A model that is fitted anew after so many days and only takes in what came in between."""

    def __init__(self, fit: Callable[..., Any], days: int) -> None:
        self.fit, self.days = fit, days
        self.fits: dict[bytes, Any] = {}

    def __call__(self, history: Array, case: Case, start: int) -> tuple[Any, int]:
        """The model as it was fitted last before `start`, and where in the history its season began."""
        step = self.days * 24 if case.hourly else self.days
        since = start % step
        # a full window moves on day by day: its first part is dropped so that all days until the next fit see the same
        first = step - since if len(history) < start else 0
        before = _whole(history[first : len(history) - since])
        key = before.tobytes()
        if key not in self.fits:
            self.fits[key] = self.fit(before, case, start - since)
        return self.fits[key], first


def _seasonal(kept: _Kept) -> Forecast:
    def forecast(history: Array, case: Case, start: int, steps: int) -> tuple[Array, Array]:
        model, first = kept(history, case, start)
        return _interval(model.forward(_whole(history)[first:], h=steps, level=[95]))

    return forecast


def _fit_autoets(before: Array, case: Case, _: int) -> AutoETS:
    return AutoETS(season_length=24 if case.hourly else 7).fit(before)


def _fit_mstl(before: Array, case: Case, _: int) -> MSTL:
    return MSTL(season_length=[24, 168] if case.hourly else [7]).fit(before)


def _fit_arima(before: Array, case: Case, end: int) -> ARIMA:
    return ARIMA(order=(1, 1, 1)).fit(before, _free_days(case, end - len(before), end, 0))


_ARIMA = _Kept(_fit_arima, days=7)


def _testgen(history: Array, case: Case, start: int, steps: int) -> tuple[Array, Array]:
    """ARIMA(1,1,1) without season, weekends and holidays as one flag; the error is the largest of the model's own, the
    residuals' and the first differences'."""
    if len(history) < TESTGEN_LEAST + 7:
        return np.full(steps, np.nan), np.full(steps, np.nan)
    values, flags = _whole(history), _free_days(case, start - len(history), start, steps)
    model, _ = _ARIMA(history, case, start)
    found = model.forward(values, steps, flags[: len(values)], flags[len(values) :], level=[95], fitted=True)
    mean, spread = _interval(found)
    residuals = values[1:] - found["fitted"][1:]
    return mean, np.maximum(spread, max(np.std(residuals, ddof=1), np.std(np.diff(values), ddof=1)))


def _free_days(case: Case, start: int, end: int, steps: int) -> Array:
    step = case.index[1] - case.index[0]
    dates = pd.date_range(case.index[start], periods=end - start + steps, freq=step)
    years = range(dates[0].year, dates[-1].year + 1)
    free = set(holidays.country_holidays(case.country, years=years)) if case.country else set()
    return np.array([float(date.dayofweek >= 5 or date.date() in free) for date in dates])[:, None]


def _interval(found: dict[str, Any]) -> tuple[Array, Array]:
    low, high = np.asarray(found["lo-95"], dtype=float).ravel(), np.asarray(found["hi-95"], dtype=float).ravel()
    return np.asarray(found["mean"], dtype=float), (high - low) / 2 / NORMAL_95


def _whole(history: Array) -> Array:
    """The models can not skip days that were not measured: they see the value before."""
    return pd.Series(history).ffill().bfill().to_numpy()


MODELS = {
    "AutoETS": Detector("AutoETS", _daily_forecast(_seasonal(_Kept(_fit_autoets, days=28)), INTERVAL, logarithm=True)),
    "MSTL": Detector("MSTL", _daily_forecast(_seasonal(_Kept(_fit_mstl, days=28)), INTERVAL, logarithm=True)),
    "TestGen": Detector("TestGen", _daily_forecast(_testgen, TESTGEN_LIMIT, logarithm=False)),
}
