"""Deadlines by the clocks of a time zone: on which days something is due, when, and which day's data that is. All pure.

By the deadline of a business day, the data of the business day before must be there. Where the clocks are set forward
and a time of day does not occur, the moment after the gap is meant; where they are set back and it occurs twice, the
later one: nobody is called late because of a change of clocks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from checks.values import zone as checked_zone

EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})?")
_LONGEST_HOLIDAY = 60  # days in a row without business; more is no calendar


@dataclass(frozen=True, slots=True)
class Deadline:
    """Every business day at `time` by the clocks of `zone`: an IANA name, or a fixed offset such as -08:00. Business
    days are those `weekdays` (Monday is 0) that are a holiday in none of the calendars `holidays` (DE, DE-BE, XNYS)."""

    time: time
    zone: str = "UTC"
    weekdays: tuple[int, ...] = EVERY_DAY
    holidays: tuple[str, ...] = ()

    def is_business_day(self, day: date) -> bool:
        """Whether something is due on that day."""
        return day.weekday() in self.weekdays and not any(day in days_off(name, day.year) for name in self.holidays)

    def due(self, day: date) -> datetime:
        """The moment (UTC) of the deadline on a day, whether or not it is a business day."""
        local = datetime.combine(day, self.time, clock(self.zone))
        return max(local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))

    def before(self, day: date) -> date:
        """The business day before a day. Raises ValueError where the calendar has none."""
        return self._first(day - timedelta(days=ahead) for ahead in range(1, _LONGEST_HOLIDAY))

    def after(self, day: date) -> date:
        """The business day after a day. Raises ValueError where the calendar has none."""
        return self._first(day + timedelta(days=ahead) for ahead in range(1, _LONGEST_HOLIDAY))

    def latest(self, at: datetime) -> date:
        """The newest business day whose deadline is not later than `at` (aware)."""
        day = self.local(at).date() + timedelta(days=1)
        while self.due(day := self.before(day)) > at:
            pass
        return day

    def local(self, at: datetime) -> datetime:
        """The moment as the clocks of the deadline's zone show it."""
        return at.astimezone(clock(self.zone))

    def _first(self, days: Iterable[date]) -> date:
        found = next((day for day in days if self.is_business_day(day)), None)
        if found is None:
            raise ValueError(f"there is no business day within {_LONGEST_HOLIDAY} days")
        return found


def clock(zone: str) -> tzinfo:
    """The time zone behind a name or an offset such as +02:00. Raises ValueError, the half of a sentence."""
    offset = _OFFSET.fullmatch(zone)
    if offset is None:
        return UTC if zone == "Z" else ZoneInfo(checked_zone(zone))
    sign, hours, minutes = offset.groups()
    length = timedelta(hours=int(hours), minutes=int(minutes or 0))
    if length >= timedelta(days=1):
        raise ValueError("is not an offset from UTC; write for example -08:00")
    return timezone(-length if sign == "-" else length)


def calendar(name: str) -> str:
    """The name of a holiday calendar, in capitals. Raises ValueError, the half of a sentence."""
    code = name.strip().upper()
    try:
        days_off(code, 2024)
    except NotImplementedError as error:
        wrong = "is not a holiday calendar; write a country (DE), a part of one (DE-BE) or an exchange (XNYS)"
        raise ValueError(wrong) from error
    return code


def country(name: str) -> str:
    """The code of a country with a holiday calendar, in capitals. Raises ValueError, the half of a sentence."""
    import holidays

    code = name.strip().upper()
    if code not in holidays.list_supported_countries(include_aliases=True):
        raise ValueError("is not a country whose holidays are known; write an ISO code such as US or DE")
    return code


@lru_cache(maxsize=1024)
def days_off(name: str, year: int) -> frozenset[date]:
    """The holidays of a calendar in a year. Raises NotImplementedError for a calendar that nobody knows."""
    import holidays  # here and not above: a sixth of a second that only deadlines with holidays want to pay

    country, _, part = name.partition("-")
    if not part and country in holidays.list_supported_financial():
        return frozenset(holidays.financial_holidays(country, years=year))
    return frozenset(holidays.country_holidays(country, subdiv=part or None, years=year))
