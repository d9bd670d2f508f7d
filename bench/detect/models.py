"""Rivals that fit a model once a day to what was before it: statsforecast's AutoETS and MSTL, TestGen's SARIMAX."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence

import holidays
import numpy as np
import pandas as pd
from statsforecast.models import MSTL, AutoETS
from statsmodels.tsa.statespace.sarimax import SARIMAX

from bench.detect.detectors import Array, Case, Detector

#: days of history that a fit sees
WINDOW = {"day": 182, "hour": 56}
#: the 99 % interval that statsforecast's own anomaly detection takes, as standard deviations
INTERVAL = 2.5758
#: TestGen's limit at medium sensitivity, its least history
TESTGEN_LIMIT, TESTGEN_LEAST = 2.5, 30

Forecast = Callable[[Array, Case, int, int], tuple[Array, Array]]


def _days(case: Case) -> Iterator[tuple[int, int, int]]:
    """(start of the day, first and end of its judged buckets) for every day with judged buckets."""
    dates = case.index[: len(case.values)].normalize()
    for date in dates[case.first :].unique():
        start, end = dates.searchsorted(date), dates.searchsorted(date, side="right")
        yield int(start), max(int(start), case.first), int(end)


def _daily_refit(forecast: Forecast, limit: float, logarithm: bool) -> Callable[[Sequence[Case]], list[Array]]:
    """Scores by a forecast made at the start of each day. Equal histories are fitted once."""
    fits: dict[tuple, tuple[Array, Array]] = {}

    def score(cases: Sequence[Case]) -> list[Array]:
        return [score_one(case) for case in cases]

    def score_one(case: Case) -> Array:
        values = np.log1p(case.values) if logarithm and case.kind == "count" else case.values
        scores = np.full(len(values), np.nan)
        for start, first, end in _days(case):
            history = values[
                max(0, start - WINDOW["hour" if case.hourly else "day"] * (24 if case.hourly else 1)) : start
            ]
            key = (history.tobytes(), case.index[start])
            if key not in fits:
                fits[key] = forecast(history, case, start, 24 if case.hourly else 1)
            mean, spread = (part[first - start : end - start] for part in fits[key])
            with np.errstate(divide="ignore", invalid="ignore"):
                scores[first:end] = np.abs(values[first:end] - mean) / np.maximum(spread, 1e-9) / limit
        return scores[case.first :]

    return score


def _statsforecast(model: Callable[[list[int]], AutoETS | MSTL]) -> Forecast:
    def forecast(history: Array, case: Case, start: int, steps: int) -> tuple[Array, Array]:
        filled = pd.Series(history).ffill().bfill().to_numpy()
        found = model([24, 168] if case.hourly else [7]).forecast(filled, h=steps, level=[95])
        return found["mean"], (found["hi-95"] - found["lo-95"]) / 2 / 1.959964

    return forecast


def _testgen(history: Array, case: Case, start: int, steps: int) -> tuple[Array, Array]:
    """SARIMAX(1,1,1) without season, weekends and holidays as one flag; the error is the largest of the model's own,
    the residuals' and the first differences'."""
    dates = case.index[start - len(history) : start].append(
        pd.date_range(case.index[start], periods=steps, freq=case.index[1] - case.index[0])
    )
    years = range(dates[0].year, dates[-1].year + 1)
    free = set(holidays.country_holidays(case.country, years=years)) if case.country else set()
    flags = np.array([float(date.dayofweek >= 5 or date.date() in free) for date in dates])[:, None]
    history = pd.Series(history).interpolate().bfill().to_numpy()
    if len(history) < TESTGEN_LEAST:
        return np.full(steps, np.nan), np.full(steps, np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = SARIMAX(
            history,
            exog=flags[: len(history)],
            order=(1, 1, 1),
            enforce_stationarity=False,
            enforce_invertibility=False,
        ).fit(disp=False, maxiter=50)
        found = fitted.get_forecast(steps, exog=flags[len(history) :])
    least = max(float(np.std(fitted.resid[1:], ddof=1)), float(np.std(np.diff(history), ddof=1)))
    return np.asarray(found.predicted_mean), np.maximum(np.sqrt(np.asarray(found.var_pred_mean)), least)


MODELS = {
    "AutoETS": Detector(
        "AutoETS",
        _daily_refit(_statsforecast(lambda seasons: AutoETS(season_length=seasons[0])), INTERVAL, logarithm=True),
    ),
    "MSTL": Detector(
        "MSTL", _daily_refit(_statsforecast(lambda seasons: MSTL(season_length=seasons)), INTERVAL, logarithm=True)
    ),
    "TestGen": Detector("TestGen", _daily_refit(_testgen, TESTGEN_LIMIT, logarithm=False)),
}
