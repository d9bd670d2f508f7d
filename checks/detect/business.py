"""The cadence of a feed in its own business time: when new rows usually come, and when it is late without them.

Working hours, days off and holidays are inferred from the moments at which something new came. Pure; moments are naive,
by the clocks of the dataset's own day, and a cadence of the moment `at` depends on nothing that came later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from checks.deadlines import WEEKDAYS, days_off

#: what a cadence is learned from: at least so many moments and days, at most the newest days
LEAST, LEAST_DAYS, MOST_DAYS = 15, 14, 400
#: calendars that days without business are compared with
CALENDARS = ("US", "GB", "DE", "FR", "IT", "ES", "NL", "CH", "AT", "PL", "SE", "CA", "AU", "IN", "JP", "BR", "XNYS")
_RECENT = np.timedelta64(84, "D")  # that working hours are read from: they change with the times
_WORKING = 0.5  # of the weeks have something new on a working day
_OFTEN = 4  # moments a day from which on hours of the day are a habit
_SLACK = 1.25  # the limit above the longest usual gap
_HOLIDAYS = 0.7  # of a calendar's holidays are days off, where the feed keeps that calendar
_LEAST_HOLIDAYS = 2
_HOUR = np.timedelta64(1, "h")
_DAYS_AHEAD = 60


@dataclass(frozen=True)
class Cadence:
    """`hours` holds for each weekday (Monday is 0) the first hour in which something comes and the hour after the last
    one, (0, 0) for a day off; `holidays` is the calendar that the feed keeps, if any. `usual` and `limit` are business
    time: the middle gap between two arrivals, and the gap beyond which the feed is late. `last` is the newest arrival.
    """

    hours: tuple[tuple[int, int], ...]
    holidays: str | None
    usual: timedelta
    limit: timedelta
    last: datetime

    def is_working(self, day: date) -> bool:
        """Whether something comes on that day."""
        first, end = self.hours[day.weekday()]
        return first < end and not (self.holidays and day in days_off(self.holidays, day.year))

    def elapsed(self, since: datetime, until: datetime) -> timedelta:
        """Business time between two moments."""
        if until <= since:
            return timedelta(0)
        moments = np.array([since, until], dtype="M8[us]")
        first, last = _business_hours(self, moments)
        return timedelta(hours=float(last - first))

    def late_from(self, since: datetime) -> datetime | None:
        """The moment from which the feed is late if nothing comes after `since`; None where nothing is due within two
        months."""
        left = self.limit
        for ahead in range(_DAYS_AHEAD):
            midnight = datetime.combine((since + timedelta(days=ahead)).date(), datetime.min.time())
            if self.is_working(midnight.date()):
                first, end = self.hours[midnight.weekday()]
                start, stop = max(since, midnight + timedelta(hours=first)), midnight + timedelta(hours=end)
                if stop - start >= left:
                    return start + left
                left -= max(stop - start, timedelta(0))
        return None


def learn_cadence(
    arrivals: np.ndarray, runs: np.ndarray, at: datetime, calendars: Sequence[str] = CALENDARS
) -> Cadence | None:
    """The cadence as it can be known at `at`, from the moments (datetime64) of the runs that looked and those of them
    that found something new. None while there are too few. What happened while nobody looked is not known: such days
    are no days off, and such gaps no gaps."""
    now = np.datetime64(at)
    runs, moments = (_of_the_past(each, now) for each in (runs, arrivals))
    if len(moments) < LEAST or now - moments[0] < np.timedelta64(LEAST_DAYS, "D"):
        return None
    today = now.astype("M8[D]")
    watched = np.unique(runs.astype("M8[D]"))
    watched = watched[(watched >= moments[0].astype("M8[D]")) & (watched < today)]
    hours = _working_hours(moments, watched[watched > today - _RECENT])
    holidays = _kept_calendar(moments, hours, watched, calendars)
    unlimited = Cadence(hours, holidays, timedelta(0), timedelta(0), moments[-1].item())
    gaps = np.sort(_gaps(unlimited, moments, runs))
    if not len(gaps):
        return None
    usual, longest = float(np.median(gaps)), float(gaps[max(len(gaps) - 2, 0)])
    limit = timedelta(hours=_SLACK * longest)
    return Cadence(hours, holidays, timedelta(hours=usual), limit, unlimited.last)


def sentence(cadence: Cadence) -> str:
    """What is believed, in words: 'new rows every 1 h, Monday to Friday from 08:00 to 18:00, not on holidays (DE)'."""
    told = [f"new rows about every {_length(cadence.usual)}"]
    windows: dict[tuple[int, int], list[int]] = {}
    for day, window in enumerate(cadence.hours):
        if window[0] < window[1]:
            windows.setdefault(window, []).append(day)
    for (first, end), days in windows.items():
        clock = "" if (first, end) == (0, 24) else f" from {first:02}:00 to {end:02}:00"
        if len(days) < len(WEEKDAYS) or clock:
            told.append(_weekdays(days) + clock)
    if cadence.holidays:
        told.append(f"not on holidays ({cadence.holidays})")
    return ", ".join(told)


# -- inferred ----------------------------------------------------------------------------------------------------------


def _of_the_past(moments: np.ndarray, now: np.datetime64) -> np.ndarray:
    moments = np.unique(moments.astype("M8[us]"))
    return moments[(moments <= now) & (moments > now - np.timedelta64(MOST_DAYS, "D"))]


def _gaps(cadence: Cadence, moments: np.ndarray, runs: np.ndarray) -> np.ndarray:
    """Business hours between arrivals, where runs looked in between or at their usual distance."""
    between = np.diff(runs) / _HOUR
    if not len(between):
        return between
    place = np.searchsorted(runs, moments[1:])
    looked = between[np.clip(place - 1, 0, len(between) - 1)] <= 4 * np.median(between)
    gaps = np.diff(_business_hours(cadence, moments))[looked]
    return gaps[gaps > 0]


def _working_hours(moments: np.ndarray, watched: np.ndarray) -> tuple[tuple[int, int], ...]:
    days = moments.astype("M8[D]")
    hour = ((moments - days) / _HOUR).astype(int)
    of_week, with_some = _weekday(watched), np.isin(watched, days)
    found = []
    for weekday in range(len(WEEKDAYS)):
        theirs = of_week == weekday
        working = theirs.any() and with_some[theirs].mean() >= _WORKING
        found.append(_window(days, hour, watched[theirs]) if working else (0, 0))
    return tuple(found) if any(first < end for first, end in found) else ((0, 24),) * len(WEEKDAYS)


def _window(days: np.ndarray, hour: np.ndarray, theirs: np.ndarray) -> tuple[int, int]:
    """From the hour in which the first of the day usually comes to that of the last, where many come in a day; nearly
    all of the firsts and lasts are within."""
    counts = [hour[days == day] for day in theirs]
    counts = [each for each in counts if len(each)]
    if np.median([len(each) for each in counts]) < _OFTEN:
        return 0, 24
    first = np.quantile([each.min() for each in counts], 0.1, method="lower")
    last = np.quantile([each.max() for each in counts], 0.9, method="higher")
    return int(first), int(last) + 1


def _kept_calendar(
    moments: np.ndarray, hours: Sequence[tuple[int, int]], watched: np.ndarray, calendars: Sequence[str]
) -> str | None:
    """The calendar whose holidays are the days on which nothing came although the weekday is a working one."""
    span = watched[np.array([first < end for first, end in hours])[_weekday(watched)]]
    empty = set(span[~np.isin(span, moments.astype("M8[D]"))].tolist())
    if len(empty) < _LEAST_HOLIDAYS:
        return None
    expected = set(span.tolist())
    years = range(span[0].item().year, span[-1].item().year + 1)
    best, most = None, 0
    for name in calendars:
        holidays = expected & {day for year in years for day in days_off(name, year)}
        kept = len(holidays & empty)
        explains = 2 * kept - len(holidays)
        if kept >= max(_LEAST_HOLIDAYS, _HOLIDAYS * len(holidays)) and explains > most:
            best, most = name, explains
    return best


def _business_hours(cadence: Cadence, moments: np.ndarray) -> np.ndarray:
    """Business hours since some moment, at each moment."""
    days = np.arange(moments[0].astype("M8[D]"), moments[-1].astype("M8[D]") + 2)
    starts, ends = np.array(cadence.hours, dtype=float)[_weekday(days)].T
    if cadence.holidays:
        years = {day.year for day in days.tolist()}
        off = {day for year in years for day in days_off(cadence.holidays, year)}
        ends = np.where(np.isin(days, np.array(sorted(off), dtype="M8[D]")), starts, ends)
    before = np.concatenate([[0.0], np.cumsum(ends - starts)])
    day = ((moments.astype("M8[D]") - days[0]) / np.timedelta64(1, "D")).astype(int)
    hour = (moments - moments.astype("M8[D]")) / _HOUR
    return before[day] + np.clip(hour - starts[day], 0.0, ends[day] - starts[day])


def _weekday(days: np.ndarray) -> np.ndarray:
    """Monday is 0; the first day of 1970 was a Thursday."""
    return (days.astype("M8[D]").astype(int) + 3) % 7


# -- words -------------------------------------------------------------------------------------------------------------


def _weekdays(days: Sequence[int]) -> str:
    names = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    if list(days) == list(range(days[0], days[-1] + 1)) and len(days) > 2:
        return f"{names[days[0]]} to {names[days[-1]]}"
    return ", ".join(names[day] for day in days)


def _length(length: timedelta) -> str:
    minutes = round(length / timedelta(minutes=1))
    if minutes < 90 and minutes != 60:
        return f"{max(minutes, 1)} min"
    hours = length / timedelta(hours=1)
    return f"{hours:.3g} h" if hours < 24 else f"{hours / 24:.2g} d"
