"""A table with everything that goes wrong in real ones, and its numbers computed in plain Python.

Nothing here knows ibis, SQL or the modules that measure: the expected numbers come from lists of values.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

AT = datetime(2026, 3, 15, 12, tzinfo=UTC)
Series = dict[datetime | None, float]  # by bucket; None is the whole table
Expected = dict[tuple[str, str | None], Series]

#: moments of the rows, days before AT; the days 3, 4, 5 have none, day 6 has a single one
_AGO = (0.0, 0.01, 0.1, 0.3, 0.5, 0.9, 1.0, 1.2, 1.5, 1.51, 1.52, 2.0, 2.2, 2.4, 6.3, 8.1, 8.2, 8.3, 30.0, 30.1, 89.0)
_MIDNIGHT = datetime(2026, 3, 14)  # noqa: DTZ001 naive, as the column
MOMENTS: list[datetime | None] = [
    *(AT.replace(tzinfo=None) - timedelta(days=days) for days in _AGO),
    _MIDNIGHT,
    _MIDNIGHT - timedelta(microseconds=1),
    datetime(2026, 3, 8, 2, 30),  # noqa: DTZ001 this hour does not exist in New York
    datetime(2026, 3, 15, 9),  # noqa: DTZ001 past in UTC, future in New York, where it is eight
    *(
        AT.replace(tzinfo=None) + timedelta(hours=hours) for hours in (0.05, 2, 72, 73)
    ),  # a clock that is fast, and later
    *(datetime(2025, 9, day, 10) for day in (1, 2, 2)),  # noqa: DTZ001 before the window
    datetime(1965, 5, 5, 5, 5, 5),  # noqa: DTZ001
    None,
    None,
    None,
]
_FLOATS = (1.5, None, math.nan, -2.25, math.inf, 1e100, 3.0, -math.inf, 0.0, 7.125, -1e-100, 42.0)
_TEXTS = ("", "naïve", None, "日本語", "a", "a'b\"c", "  ", "x" * 300, "", "🙂", "NULL", "a")
_BIGS = (2**62, -(2**62), None, 9_007_199_254_740_993, 0, -1)
_DATES = (date(1969, 12, 31), None, date(1900, 1, 1), date(2026, 3, 15), date(1970, 1, 1))
_TIMES = (time(0, 0), time(23, 59, 59, 999999), None, time(12, 30))

#: columns that are no event time: name -> (Arrow type, kind, value of row i)
COLUMNS: dict[str, tuple[pa.DataType, str, Callable[[int], Any]]] = {
    "id": (pa.int64(), "number", lambda i: i // 2 if i < 10 else i),
    "part": (pa.string(), "text", lambda i: None if i % 5 == 0 else f"p{i % 3}"),
    'reading "raw"': (pa.float64(), "float", lambda i: _FLOATS[i % len(_FLOATS)]),
    "small": (pa.float32(), "float", lambda i: None if i % 4 == 3 else i / 8),
    "gone": (pa.float64(), "float", lambda i: None),
    "gone text": (pa.string(), "text", lambda i: None),
    "ünïcödé": (pa.string(), "text", lambda i: _TEXTS[i % len(_TEXTS)]),
    "price.net": (pa.decimal128(18, 4), "number", lambda i: None if i % 6 == 1 else Decimal(i * i - 300) / 16),
    "select": (pa.int64(), "number", lambda i: _BIGS[i % len(_BIGS)]),
    "is paid": (pa.bool_(), "boolean", lambda i: None if i % 7 == 2 else i % 3 == 0),
    "birthday": (pa.date32(), "moment", lambda i: _DATES[i % len(_DATES)]),
    "due_at": (pa.timestamp("us"), "moment", lambda i: datetime(1950, 1, 1) + timedelta(days=1000.5 * i)),  # noqa: DTZ001
    "valid_until": (
        pa.timestamp("us", "UTC"),
        "moment",
        lambda i: None if i % 9 == 0 else datetime(1960, 7, 1, 12, tzinfo=UTC) + timedelta(hours=7777 * i),
    ),
    "opens": (pa.time64("us"), "time", lambda i: _TIMES[i % len(_TIMES)]),
    # called like the parts of our own statements, in several letter cases
    "m0": (pa.int64(), "number", lambda i: 7),
    "bucket": (pa.string(), "text", lambda i: "b"),
    "vitals_rows_0": (pa.int64(), "number", lambda i: i % 4),
    "VITALS_BUCKET_1": (pa.int64(), "number", lambda i: -i),
    "x_vitals_future_2_x": (pa.string(), "text", lambda i: "future"),
}
NESTED: dict[str, tuple[pa.DataType, str, Callable[[int], Any]]] = {
    "blob": (pa.binary(), "other", lambda i: None if i % 8 == 0 else bytes([i % 5, 0, 255])),
    "tags": (pa.list_(pa.int64()), "other", lambda i: None if i % 10 == 0 else [i % 3, 1]),
    "where": (
        pa.struct([("lat", pa.float64()), ("city", pa.string())]),
        "other",
        lambda i: {"lat": i % 4, "city": "c"},
    ),
}
EVENT_TIMES: dict[str, tuple[pa.DataType, str, Callable[[datetime], Any]]] = {
    "created_at": (pa.timestamp("us"), "moment", lambda moment: moment),
    "seen": (pa.timestamp("us", "UTC"), "moment", lambda moment: moment.replace(tzinfo=UTC)),
    "on": (pa.date32(), "moment", lambda moment: moment.date()),
    "said": (pa.string(), "text", lambda moment: moment.isoformat(sep="T")),
}


def nasty_table(event_times: Iterable[str], *, nested: bool, rows: Sequence[datetime | None] = MOMENTS) -> pa.Table:
    """The table, with these event-time columns (keys of EVENT_TIMES)."""
    chosen = COLUMNS | (NESTED if nested else {})
    arrays = {name: pa.array([value(i) for i in range(len(rows))], type_) for name, (type_, _, value) in chosen.items()}
    for name in event_times:
        type_, _, value = EVENT_TIMES[name]
        arrays[name] = pa.array([None if moment is None else value(moment) for moment in rows], type_)
    return pa.table(arrays)


def kinds() -> dict[str, str]:
    """What each column is measured as: number, float, text, boolean, moment, time or other."""
    everything: dict[str, Any] = COLUMNS | NESTED | EVENT_TIMES
    return {name: kind for name, (_, kind, _) in everything.items()}


# -- the numbers, in plain Python --------------------------------------------------------------------------------------


class Oracle:
    """The numbers of a table at the moment `now`: of the whole table and, with an event time, of the buckets (`hours`
    long) of so many days before."""

    def __init__(
        self,
        values: dict[str, list[Any]],
        now: datetime,
        event_time: str | None = None,
        *,
        zone: str = "UTC",
        hours: int = 24,
        days: int = 90,
    ) -> None:
        self.values = values
        self.now = now.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        self.event_time = event_time
        self.groups: dict[datetime | None, list[int]] = {None: list(range(len(next(iter(values.values())))))}
        if event_time is not None:
            moments = values[event_time]
            self.is_date = any(isinstance(value, date) and not isinstance(value, datetime) for value in moments)
            self.moments = [None if value is None else as_naive(value) for value in moments]
            self.groups |= self._buckets(hours, days)

    def expected(self, kinds: dict[str, str]) -> Expected:
        """Every number that a whole-table run has to find without any check."""
        found: Expected = {("row_count", None): {None: len(self.groups[None])}}
        if self.event_time is not None:
            found[("bucket_rows", None)] = {bucket: len(rows) for bucket, rows in self.groups.items() if bucket}
            found |= self._time_numbers()
        for column, kind in kinds.items():
            for bucket, rows in self.groups.items():
                numbers = column_numbers([self.values[column][row] for row in rows], kind)
                if self.event_time is not None and bucket is None:
                    del numbers["distinct_count"]  # can not be put together from buckets
                for metric, value in numbers.items():
                    found.setdefault((metric, column), {})[bucket] = value
        return {key: measured for key, series in found.items() if (measured := _without_nan(series))}

    def counted(self, offends: Callable[..., bool], *columns: str) -> Series:
        """Rows for whose values in these columns something holds."""
        rows = list(zip(*(self.values[column] for column in columns), strict=True))
        return {bucket: sum(offends(*rows[row]) for row in group) for bucket, group in self.groups.items()}

    def duplicates(self, *columns: str) -> Series:
        """Rows beyond the first of each key in the whole table."""
        keys = [key for key in zip(*(self.values[column] for column in columns), strict=True) if None not in key]
        return {None: len(keys) - len(set(keys))}

    def _future(self, moment: datetime) -> bool:
        by_now = self.now + timedelta(minutes=5)
        return moment.date() > by_now.date() if self.is_date else moment > by_now

    def _buckets(self, hours: int, days: int) -> dict[datetime | None, list[int]]:
        begin = _floor(self.now - timedelta(days=days), hours)
        past = [moment for moment in self.moments if moment and not self._future(moment)]
        bucket = begin if min(past) < begin else _floor(min(past), hours)
        groups: dict[datetime | None, list[int]] = {}
        while bucket <= self.now:
            groups[bucket], bucket = [], bucket + timedelta(hours=hours)
        for row, moment in enumerate(self.moments):
            if moment is not None and not self._future(moment) and _floor(moment, hours) in groups:
                groups[_floor(moment, hours)].append(row)
        return groups

    def _time_numbers(self) -> Expected:
        known = [moment for moment in self.moments if moment is not None]
        past = [moment for moment in known if not self._future(moment)]
        newest = max(past) + timedelta(days=1) if self.is_date else min(max(past), self.now)
        return {
            ("future_rows", None): {None: len(known) - len(past)},
            ("ahead_rows", None): {None: len(known) - len(past)},  # noon is in the middle of a day, and begins an hour
            ("freshness", None): {None: (self.now - newest).total_seconds()},
        }


def column_numbers(values: list[Any], kind: str) -> dict[str, float]:
    """All metrics of one column over some rows; NaN where there is nothing to measure."""
    present = [value for value in values if value is not None]
    numbers: dict[str, float] = {
        "null_count": len(values) - len(present),
        "null_rate": (len(values) - len(present)) / len(values) if values else math.nan,
        "distinct_count": len({_comparable(value) for value in present}) if values else math.nan,
    }
    if kind in ("number", "float"):
        finite = [value for value in present if math.isfinite(value)]
        numbers |= {"min": _or_nan(min, finite), "max": _or_nan(max, finite)} | _spread([float(v) for v in finite])
        numbers |= {"non_finite_count": len(present) - len(finite)} if kind == "float" else {}
    elif kind == "text":
        lengths = [len(value) for value in present]
        numbers |= {"min_length": _or_nan(min, lengths), "max_length": _or_nan(max, lengths)}
        numbers["empty_count"] = lengths.count(0)
    elif kind == "boolean":
        numbers["true_rate"] = _or_nan(statistics.fmean, [float(value) for value in present])
    elif kind in ("moment", "time"):
        seconds = [_seconds(value) for value in present]
        numbers |= {"min": _or_nan(min, seconds), "max": _or_nan(max, seconds)}
    return numbers


def as_naive(value: date | datetime | str) -> datetime:
    """A moment on the column's own clock."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001
    return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value


def _spread(values: list[float]) -> dict[str, float]:
    exact = [Decimal(value) for value in values]  # statistics.stdev squares in fractions: no overflow at 1e100
    return {
        "mean": float(sum(exact) / len(exact)) if exact else math.nan,
        "stddev": float(statistics.stdev(exact)) if len(exact) > 1 else math.nan,
    }


def _seconds(value: date | datetime | time) -> float:
    if isinstance(value, time):
        return value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6
    return (as_naive(value) - datetime(1970, 1, 1)).total_seconds()  # noqa: DTZ001


def _floor(moment: datetime, hours: int) -> datetime:
    return moment.replace(hour=moment.hour // hours * hours, minute=0, second=0, microsecond=0)


def _comparable(value: Any) -> Any:
    return "nan" if isinstance(value, float) and math.isnan(value) else repr(value)


def _or_nan(function: Callable[[list[Any]], Any], values: list[Any]) -> float:
    return float(function(values)) if values else math.nan


def _without_nan(series: Series) -> Series:
    return {bucket: value for bucket, value in series.items() if not math.isnan(value)}
