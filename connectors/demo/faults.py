"""What is wrong with the demo warehouse, on purpose, and where Vitals must say so.

Every fault counts from the moment of the build (`demo.json` keeps it), not from now: the feed goes on for days and the
faults stay where they are, as a real one does until somebody mends it. A fresh build moves them to its own moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

STOPPED_CARRIER = "UA"  # 15.6 to 19.2 % of the flights of any day
CARRIER_STOPS_BEFORE = timedelta(days=1)  # counted in whole days: the newest complete day lacks the carrier entirely
NULLS_START_BEFORE = timedelta(days=2)
NULLED_NUMBERS = (1, 3)  # of every five flights of a day: 40 %, above the 27.6 % of the worst storm of the real year
WEATHER_ENDS_BEFORE = timedelta(hours=30)
REMOVED_AIRLINE = "VX"  # Virgin America, about 14 flights a day, on every day
TEXT_COLUMN = "seats"


@dataclass(frozen=True, slots=True)
class Fault:
    """One injected fault. `dataset` is where it is seen, `day` the first day of it relative to the day of the build
    (None: it has always been so), `found_by` the id of the one rule, service level or relationship in the dataset's
    contract that finds it (for a changed type: `schema.COLUMN`)."""

    id: str
    dataset: str
    title: str
    see: str
    dimension: str
    day: int | None
    found_by: str


FAULTS: tuple[Fault, ...] = (
    Fault(
        id="carrier-stopped",
        dataset="demo.flights",
        title="A carrier stopped sending",
        see="United (UA), every sixth flight, is missing since the day before the build: 11 carriers a day instead of "
        "12, and about 17 % fewer flights, which alone would pass for a quiet day.",
        dimension="coverage",
        day=-1,
        found_by="carriers-every-day",
    ),
    Fault(
        id="tail-numbers-null",
        dataset="demo.flights",
        title="Tail numbers became NULL",
        see="Since two days before the build about 40 % of the flights have no tail number; usually it is below 1 %.",
        dimension="completeness",
        day=-2,
        found_by="tail-numbers-known",
    ),
    Fault(
        id="weather-stale",
        dataset="demo.weather",
        title="The weather feed is stale",
        see="The newest observation is 30 hours older than the build, and no new one comes.",
        dimension="timeliness",
        day=-1,
        found_by="weather-fresh",
    ),
    Fault(
        id="airline-removed",
        dataset="demo.flights",
        title="Flights of an airline that does not exist",
        see="Virgin America (VX) is gone from airlines; its flights, about 5,000, have no partner there.",
        dimension="consistency",
        day=None,
        found_by="carrier-is-an-airline",
    ),
    Fault(
        id="seats-as-text",
        dataset="demo.planes",
        title="A column changed its type",
        see="planes.seats is delivered as text; the contract says integer.",
        dimension="conformity",
        day=None,
        found_by="seats.column",
    ),
)


def flights_as_sent(built_at: datetime) -> str:
    """The SELECT of what arrives of the table `flights` of `cycle`."""
    carrier_stops, nulls_start = _day(built_at - CARRIER_STOPS_BEFORE), _day(built_at - NULLS_START_BEFORE)
    return f"""
        SELECT * REPLACE (CASE WHEN date >= DATE '{nulls_start}' AND flight_id % 5 IN {NULLED_NUMBERS}
                               THEN NULL ELSE tailnum END AS tailnum)
        FROM flights WHERE NOT (carrier = '{STOPPED_CARRIER}' AND date >= DATE '{carrier_stops}')"""


def weather_ends(built_at: datetime) -> datetime:
    """The moment of the last observation that can have arrived."""
    return built_at - WEATHER_ENDS_BEFORE


def airlines_as_sent(table: str) -> str:
    """The SELECT of what arrives of the airlines in `table`."""
    return f"SELECT * FROM {table} WHERE carrier <> '{REMOVED_AIRLINE}'"


def planes_as_sent(table: str) -> str:
    """The SELECT of what arrives of the planes in `table`."""
    return f"SELECT * REPLACE ({TEXT_COLUMN}::VARCHAR AS {TEXT_COLUMN}) FROM {table}"


def _day(moment: datetime) -> date:
    return moment.date()
