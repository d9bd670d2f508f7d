"""Event time as ibis expressions: the column as a moment, its bucket, and moments to compare it with.

Warehouses differ here more than anywhere else; the differences end in this file.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from checks.eventtime import wall_clock
from checks.records import EventTime, Grain

if TYPE_CHECKING:
    import ibis.expr.types as ir


def as_moment(table: ir.Table, event_time: EventTime, dialect: str = "") -> Any:
    """The event-time column as a date or timestamp. Text that was declared as event time is read as a timestamp, whole
    numbers as seconds since 1970."""
    column = table[event_time.column]
    kind = column.type()
    if dialect == "sqlite" and (kind.is_timestamp() or kind.is_date() or kind.is_string()):
        # its moments are text in any of the forms of ISO 8601, which compare right only after they are made alike
        return column.cast("string").cast("date" if kind.is_date() else "timestamp")
    if kind.is_string():
        # only the aware type reads an offset in the text; it takes moments without one for UTC
        return column.cast("timestamp('UTC')" if event_time.zone == "UTC" else "timestamp")
    return column if kind.is_temporal() else column.cast("timestamp('UTC')")


def bucket_at(moment: Any, grain: Grain, dialect: str) -> Any:
    """The start of the bucket that the moment falls into, on the column's own clock."""
    if moment.type().is_date():
        return moment
    if dialect == "sqlite":  # has no truncation to hours, and its moments are text anyway
        return moment.strftime("%Y-%m-%d 00:00:00" if grain is Grain.DAY else "%Y-%m-%d %H:00:00")
    return moment.truncate("D" if grain is Grain.DAY else "h")


def literal_at(at: datetime, event_time: EventTime, moment: Any, dialect: str = "") -> Any:
    """An aware moment in the terms of the column: aware for aware columns, else naive in the column's zone."""
    return literal_naive(wall_clock(at, event_time), moment, dialect)


def literal_naive(value: datetime, moment: Any, dialect: str = "") -> Any:
    """A naive moment on the column's own clock, as a literal that compares with the column."""
    import ibis

    if moment.type().is_date():
        return ibis.literal(value.date())
    if dialect == "sqlite":  # as text it must have the milliseconds that the column's moments are given above
        return ibis.literal(value.isoformat(sep=" ", timespec="milliseconds")).cast("timestamp")
    if moment.type().timezone is not None:
        return ibis.literal(value.replace(tzinfo=UTC), type="timestamp('UTC')")
    return ibis.literal(value, type="timestamp")
