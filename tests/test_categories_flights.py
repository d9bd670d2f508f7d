"""Real flights: a carrier or an airport that vanishes is named on any day, and none is named without cause."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from checks.learned.before import Before
from checks.learned.categories import newcomers, vanished
from checks.learned.grids import Watched
from checks.learned.past import by_bucket
from checks.learned.turns import pace_of
from checks.records import Grain, Metric, Status, category_count
from connectors.demo import cycle
from tests.learning import ROWS, TODAY, learned

DAILY = pace_of(Grain.DAY)
#: of the 16 carriers those with at least some flights on every day
LARGE = ("UA", "B6", "EV", "DL", "AA", "MQ", "US", "9E", "WN")


@cache
def flights() -> dict[Metric, np.ndarray]:
    """The flights of each day of 2013, in all and by carrier and origin."""
    year = pd.read_csv(cycle.package_file("flights.csv.zip"), usecols=["year", "month", "day", "carrier", "origin"])
    day = pd.to_datetime(year[["year", "month", "day"]])
    found = {ROWS: year.groupby(day).size().to_numpy(dtype=float)}
    for column in ("carrier", "origin"):
        counts = year.groupby([day, year[column]]).size().unstack(fill_value=0)
        for value in counts:
            found[replace(category_count(column, str(value)), grain=Grain.DAY)] = counts[value].to_numpy(dtype=float)
    return found


def up_to(day: int) -> dict[Metric, np.ndarray]:
    return {metric: line[:day].copy() for metric, line in flights().items()}


def of(column: str, value: str) -> Metric:
    return replace(category_count(column, value), grain=Grain.DAY)


@pytest.mark.slow
def test_a_carrier_that_vanishes_for_a_day_is_found_on_any_day_after_the_first_weeks():
    """Each of the large ones, on each day by itself."""
    rows = flights()[ROWS]
    planted = [(carrier, day) for carrier in LARGE for day in range(DAILY.always, len(rows))]
    counts = np.array([flights()[of("carrier", carrier)] for carrier, _ in planted])
    whole = np.broadcast_to(rows, counts.shape).copy()
    places = np.arange(len(planted)), np.array([day for _, day in planted])
    whole[places] -= counts[places]
    counts[places] = 0
    none = np.zeros(counts.shape, dtype=bool)
    found = np.isfinite(vanished(counts / whole, whole, none, none, DAILY))
    assert found[places].mean() >= 0.98
    found[places] = False
    assert found.sum() == 0


@pytest.mark.slow
def test_it_is_named_in_the_result_and_in_the_alert():
    days = up_to(150)
    gone = of("carrier", "UA")
    days[ROWS][-1] -= days[gone][-1]
    days[gone][-1] = 0
    results, remembered = learned(days, Before())
    reason = results["learned.shares"].reason or ""
    assert reason.startswith("carrier = UA vanished on 2026-03-14: no rows, usually 1")
    assert results["learned.volume"].status is Status.WARN  # a day without every sixth flight, which leads
    newest = max(remembered.alerts, key=lambda one: one.bucket)
    assert gone in [one.metric for one in newest.findings]


@pytest.mark.slow
def test_an_airport_that_is_called_otherwise_from_one_day_on_is_two_findings():
    days = up_to(200)
    days[of("origin", "NYC")] = np.zeros(200)
    days[of("origin", "NYC")][-1], days[of("origin", "LGA")][-1] = days[of("origin", "LGA")][-1], 0
    _, remembered = learned(days, Before())
    [alert] = [one for one in remembered.alerts if one.bucket == max(each.bucket for each in remembered.alerts)]
    found = {one.metric.category: one for one in alert.findings}
    assert (found["LGA"].value, found["NYC"].expected) == (0, 0)
    assert found["NYC"].value > 0.25


def test_nothing_vanished_in_the_real_year_but_carriers_that_hardly_fly():
    watched = grid()
    none = np.zeros(watched.values.shape, dtype=bool)
    own = [row for row, metric in enumerate(watched.metrics) if metric.category is not None]
    gone = vanished(watched.values[own], watched.rows[own], none[own], none[own], DAILY)
    new = newcomers(watched.values[own], watched.rows[own], none[own], none[own], DAILY)
    assert {watched.metrics[own[row]].category for row in np.flatnonzero(np.isfinite(gone).any(axis=1))} <= {"OO", "HA"}
    assert not new.any()


def grid() -> Watched:
    buckets = pd.date_range(TODAY - pd.Timedelta(days=365), periods=365).to_pydatetime()
    series = {metric: dict(zip(buckets, line.tolist(), strict=True)) for metric, line in flights().items()}
    found = by_bucket(series, Grain.DAY, buckets[-1], pd.Timedelta(days=400).to_pytimedelta())
    assert found is not None
    return found
