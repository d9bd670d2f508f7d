"""Load time: which column says when a row came into the table, and how finely its age is told. All pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from checks.records import EventTime, LoadTime

if TYPE_CHECKING:
    from connectors import Column

#: so long after its end a bucket has settled: what comes later is no part of its arrival
SETTLING = timedelta(days=3)
#: what a problem with load times costs: no metric that is kept, but what arrivals are learned from
LOADED = "loaded_rows"
_MINUTE = timedelta(minutes=1)
# Without underscores, in any letter case. The earlier in the list, the likelier: what tools that load write, then what
# people call it. Nothing of the kind of updated_at: it says when a row was changed, not when it came.
_LOADED = (
    "fivetransynced", "airbyteextractedat", "airbyteemittedat", "sdcextractedat", "sdcreceivedat", "sdcbatchedat",
    "dltloadedat", "etlloadedat", "dwhloadedat", "dwloadedat", "loadedat", "loadtime", "loadts", "loadtimestamp",
    "loaddatetime", "loaddts", "loadedts", "loadedtime", "loadedon", "ingestedat", "ingestiontime",
    "ingestiontimestamp", "ingestionts", "ingesttime", "ingesttimestamp", "ingestts", "insertedat", "inserttime",
    "inserttimestamp", "insertts", "dwinsertedat", "dwhinsertedat", "syncedat", "extractedat", "partitiontime",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ages:
    """The steps in which ages are told apart, in minutes: `fine` ones up to `turn`, `coarse` ones up to `horizon`, and
    one for all that came later. What came before the bucket began is in the first."""

    fine: int
    turn: int
    coarse: int
    horizon: int

    @property
    def steps(self) -> int:
        """How many there are up to the horizon: the number of the last one."""
        return self.turn // self.fine + (self.horizon - self.turn) // self.coarse

    def end_of(self, step: int) -> int:
        """The age at which a step ends."""
        fine = self.turn // self.fine
        return (step + 1) * self.fine if step < fine else self.turn + (step + 1 - fine) * self.coarse

    def start(self, end: int) -> int:
        """The age at which the step begins that ends at this age."""
        return end - (self.fine if end <= self.turn else self.coarse)


def ages_of(length: timedelta) -> Ages:
    """The steps for buckets of a length: a day is told to ten minutes and an hour to one, as long as it may usually
    take, and more roughly what comes later."""
    fine, coarse = max(length // 144, _MINUTE), max(length // 24, 30 * _MINUTE)
    return Ages(*(each // _MINUTE for each in (fine, 2 * length, coarse, length + SETTLING)))


def infer_load_time(columns: Sequence[Column]) -> Column | None:
    """The timestamp with the likeliest name, None where no name says it."""
    named = [(_LOADED.index(name), column) for column in columns if (name := _plain(column.name)) in _LOADED]
    timestamps = [(place, column) for place, column in named if column.type.startswith("timestamp")]
    return min(timestamps, key=lambda each: each[0])[1] if timestamps else None


def field_of_dbt(field: str | None, columns: Sequence[Column]) -> Column | None:
    """The timestamp that `loaded_at_field` of dbt names, perhaps quoted or in other letters; None for an expression."""
    named = [column for column in _called(field or "", columns) if column.type.startswith("timestamp")]
    return named[0] if len(named) == 1 else None


def why_not(field: str, columns: Sequence[Column], event_time: str) -> str:
    """Why `loaded_at_field` of dbt names no load time among the columns of a table with that event time."""
    named = _called(field, columns)
    if not named:
        is_name = re.fullmatch(r"[\w$]+", _bare(field)) is not None
        return "there is no such column" if is_name else "it is an expression, and only a column can be read"
    if len(named) > 1:
        return "several columns are called so"
    if named[0].name == event_time:
        return "it is the event time itself"
    return f"it is of type {named[0].native}, and only a timestamp says when"


def _called(field: str, columns: Sequence[Column]) -> list[Column]:
    """The columns that a field means, which may be quoted or in other letters."""
    return [column for column in columns if column.name.lower() == _bare(field)]


def _bare(field: str) -> str:
    return field.strip().strip('"`[]').lower()


def is_moment(column: Column) -> bool:
    """Whether the values of a column can be read as moments. A date is none: it does not say when in the day."""
    return column.type.startswith(("timestamp", "string", "int", "uint"))


def ahead(event_time: EventTime, load_time: LoadTime, first: datetime, last: datetime) -> list[tuple[datetime, int]]:
    """By how many seconds the clock of the event time is ahead of that of the load time, each from a bucket on: clocks
    are changed at most a few times a year."""
    found: list[tuple[datetime, int]] = []
    day = first
    while day <= last:
        there = day.replace(tzinfo=ZoneInfo(event_time.zone)).astimezone(ZoneInfo(load_time.zone)).replace(tzinfo=None)
        seconds = round((day - there).total_seconds())
        if not found or found[-1][1] != seconds:
            found.append((day, seconds))
        day += timedelta(days=1)
    return found


def _plain(name: str) -> str:
    return name.lower().replace("_", "")
