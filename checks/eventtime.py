"""Event time: which column it is, which bucket a moment falls into, how old the newest row is. All pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from checks.records import EventTime, Grain

if TYPE_CHECKING:
    from connectors import Column

#: clocks of two machines differ by so much, and rows come while a run begins: what is later than the moment of a run by
#: no more than this is not from the future
LEEWAY = timedelta(minutes=5)
#: moments before this year are typing errors
FIRST_YEAR = 1970
_LAST_YEAR = 9999  # in which the next bucket may be beyond Python's calendar
# The earlier in the list, the likelier that the column says when a row happened.
_LIKELY = (
    "event_time", "event_ts", "event_timestamp", "event_at", "event_date", "occurred_at", "happened_at", "time_hour",
    "timestamp", "ts", "created_at", "created", "created_on", "createdat", "creation_date", "order_date", "ordered_at",
    "date", "day", "datetime", "time",
)  # fmt: skip
# What says when a row was loaded, the likeliest first: beside a moment at which it happened, that is its load time.
_LOADED = ("inserted_at", "loaded_at", "ingested_at")
# A column with one of these words says something else about the row: a plan, a limit, a property.
_UNLIKELY = (
    "birth", "dob", "expir", "valid", "until", "end", "due", "deadline", "schedul", "deleted", "hire", "start",
    "planned", "expected", "estimated", "promised", "effective", "matur", "renew", "release", "launch",
)  # fmt: skip
# ... and one with these when it was written, which is the work of whoever loads or rebuilds the table.
_WRITTEN = re.compile(
    "updat|modifi|changed|built|refresh|processed|computed|calculated|sync|exported|extracted|imported|ingest|insert"
    "|(?<!up)(?<!down)load"
)
_MOMENT = re.compile(r"(^|_)(at|on|ts|time|timestamp|datetime|date|day|dt)$|[a-z](At|On|Time|Timestamp|Date)$")
_DAYS_OF_REPORTS = {"report", "business", "snapshot", "activity", "metric", "trade", "calendar"}
_SAME = 4  # letters that two words of one stem share: shipments, shipped_at


def infer_event_time(columns: Sequence[Column], table: str = "") -> Column | None:
    """The column that most likely says when a row happened, None when no date or timestamp looks like it.

    Known names win over others, what happened over what says when it was written, timestamps over dates. An unknown
    name is taken when it is the only candidate, or the only one that is called like the `table`.
    """
    candidates = [c for c in columns if c.type.startswith(("timestamp", "date")) and not _says_something_else(c.name)]
    known = [c for c in candidates if c.name.lower() in _LIKELY]
    if known:
        return min(known, key=lambda c: (_LIKELY.index(c.name.lower()), c.type == "date"))
    written = [c for c in candidates if _WRITTEN.search(c.name.lower())]
    happened = _alone([c for c in candidates if c not in written], table, is_sure=not written)
    loaded = [c for c in written if c.name.lower() in _LOADED]
    if happened or not loaded:
        return happened or _only(candidates)
    return min(loaded, key=lambda c: _LOADED.index(c.name.lower()))


def _alone(columns: Sequence[Column], table: str, *, is_sure: bool) -> Column | None:
    """The one that says when a row happened. Beside columns that say when it was written (not `is_sure`) its name has
    to say that it is a moment, and of a date that it is one of the table's own: else it is a property of the row."""
    named = [c for c in columns if is_sure or _MOMENT.search(c.name)]
    own = [c for c in named if _is_called_like(c.name, table)]
    if not is_sure:
        named = [c for c in named if c.type != "date" or c in own or _DAYS_OF_REPORTS & set(_words(c.name))]
    return _only(named) or _only(own)


def _only(columns: Sequence[Column]) -> Column | None:
    """The single timestamp, or the single date where there is no timestamp."""
    timestamps = [c for c in columns if c.type != "date"] or columns
    return timestamps[0] if len(timestamps) == 1 else None


def _is_called_like(column: str, table: str) -> bool:
    words = {word[:_SAME] for word in _words(table) if len(word) >= _SAME}
    return any(word[:_SAME] in words for word in _words(column))


def _words(name: str) -> list[str]:
    return re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower())


def wall_clock(at: datetime, event_time: EventTime) -> datetime:
    """The moment as the column's own clock shows it: naive, in the column's zone."""
    return at.astimezone(ZoneInfo(event_time.zone)).replace(tzinfo=None)


def utc_of(moment: datetime, event_time: EventTime) -> datetime:
    """The moment (naive, by the column's own clock) in UTC: when a bucket begins."""
    return moment.replace(tzinfo=ZoneInfo(event_time.zone)).astimezone(UTC)


def bucket_of(moment: datetime, grain: Grain) -> datetime:
    """The start of the bucket that a naive moment falls into."""
    whole_hour = moment.replace(minute=0, second=0, microsecond=0)
    return whole_hour.replace(hour=0) if grain is Grain.DAY else whole_hour


def parsed_bucket(text: str) -> datetime:
    """A bucket as somebody writes it, or any moment within it, on the clock of the event time. Raises ValueError with a
    sentence for people."""
    try:
        bucket = datetime.fromisoformat(text.strip())
        if not FIRST_YEAR <= bucket.year < _LAST_YEAR:
            raise ValueError("no such year")
    except ValueError:
        example = "write for example 2026-03-14 or 2026-03-14T06:00"
        raise ValueError(f"'{text[:60]}' is no day or hour; {example}") from None
    if bucket.tzinfo is not None:
        raise ValueError("a bucket has no time zone: it is a day or hour on the clock of the event time; leave it out")
    return bucket


def bucket_after(at: datetime, event_time: EventTime) -> datetime:
    """The start of the bucket after the one that the moment `at` (aware) falls into."""
    return bucket_of(wall_clock(at, event_time), event_time.grain) + event_time.grain.length


def buckets_between(first: datetime, last: datetime, grain: Grain) -> list[datetime]:
    """All buckets from first to last, both included."""
    steps = (last - first) // grain.length
    return [first + step * grain.length for step in range(steps + 1)]


def age(newest: datetime, event_time: EventTime, at: datetime) -> timedelta:
    """`at` minus the newest event time (naive, as the column has it). A DATE counts from the end of its day, so today's
    date has a negative age."""
    moment = newest + timedelta(days=1) if event_time.is_date else newest
    # not by astimezone, which leaves Python's calendar where -infinity came as its first moment
    offset = moment.replace(tzinfo=ZoneInfo(event_time.zone)).utcoffset() or timedelta()
    return at - moment.replace(tzinfo=UTC) + offset


def _says_something_else(name: str) -> bool:
    words = name.lower()
    return any(word in words for word in _UNLIKELY)
