"""Times of day in a zone: when hours are quiet, and when the daily digest is due. Pure."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from checks.config_notify import QuietHours

#: how late a digest is still made, where nothing was running when it was due
_LATE = timedelta(hours=6)


def quiet_until(hours: QuietHours | None, zone: ZoneInfo, at: datetime) -> datetime | None:
    """When the quiet hours end that `at` lies in (aware, UTC); None where it lies in none. The end is not quiet."""
    if hours is None:
        return None
    begin, end = hours
    local = at.astimezone(zone)
    now = local.time()
    quiet = begin <= now < end if begin < end else now >= begin or now < end
    if not quiet:
        return None
    today = local.date()
    return _after(today if now < end else today + timedelta(days=1), end, zone, at)


def digest_due(moment: time | None, zone: ZoneInfo, at: datetime) -> datetime | None:
    """The newest moment at which a digest was due, if that is not long past (aware, UTC)."""
    if moment is None:
        return None
    today = at.astimezone(zone).date()
    days = (today, today - timedelta(days=1))
    due = next(found for day in days if (found := _at(day, moment, zone)) <= at)
    return due if at - due <= _LATE else None


def _after(day: date, moment: time, zone: ZoneInfo, at: datetime) -> datetime:
    """The moment on this day; the second one, in the night in which it comes twice, where the first is over."""
    first = _at(day, moment, zone)
    return first if first > at else _at(day, moment.replace(fold=1), zone)


def _at(day: date, moment: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, moment, zone).astimezone(ZoneInfo("UTC"))
