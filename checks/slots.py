"""Slots: the moments that a cron line names, and which of them are due. All in UTC, so no clock change can skip or
double one; all computed from the line and a moment, so a suspended process or a clock set back needs no case of
its own.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zlib import crc32

from apscheduler.triggers.cron import CronTrigger

from checks.values import cron

_WINDOWS = (timedelta(hours=1), timedelta(days=1), timedelta(days=8), timedelta(days=32), timedelta(days=370))


def next_slot(line: str, at: datetime) -> datetime | None:
    """The first slot later than `at`; None where the line names no moment any more."""
    return _following(line, at.replace(second=0, microsecond=0))


def previous_slot(line: str, at: datetime) -> datetime | None:
    """The newest slot that is not later than `at`; None where there was none within a year."""
    return _previous(line, at.replace(second=0, microsecond=0))


def jitter_of(name: str, most: timedelta) -> timedelta:
    """A delay of less than `most` that is always the same for a dataset, so that they do not all start at once."""
    return most * (crc32(name.encode()) % 1000) / 1000


def due_slot(name: str, line: str, newest: datetime | None, at: datetime, jitter: timedelta) -> datetime | None:
    """The slot that the dataset has to be run for at the moment `at`, if any. However many slots were missed, only the
    newest is due; a dataset that was never run is due at once."""
    slot = previous_slot(line, at - jitter_of(name, jitter))
    if newest is None:
        return slot or at.replace(microsecond=0)
    return slot if slot is not None and slot > newest else None


def missed(line: str, newest: datetime, due: datetime, most: int = 1000) -> int:
    """How many slots lie between the newest that was served and the one that is due; counted up to `most`."""
    count, slot = 0, next_slot(line, newest)
    while slot is not None and slot < due and count < most:
        count, slot = count + 1, next_slot(line, slot)
    return count


@lru_cache(maxsize=1024)
def _trigger(line: str) -> CronTrigger:
    return CronTrigger.from_crontab(cron(line), timezone="UTC")


# A thousand datasets ask every few seconds, nearly all about the same line and minute. Lines name whole minutes: the
# seconds of a moment change nothing.


@lru_cache(maxsize=4096)
def _following(line: str, minute: datetime) -> datetime | None:
    return _next(_trigger(line), minute + timedelta(microseconds=1))


@lru_cache(maxsize=4096)
def _previous(line: str, at: datetime) -> datetime | None:
    trigger = _trigger(line)
    for window in _WINDOWS:
        slot = _next(trigger, at - window)
        if slot is not None and slot <= at:
            return _last_up_to(trigger, slot, at)
    return None


def _next(trigger: CronTrigger, at: datetime) -> datetime | None:
    found = trigger.get_next_fire_time(None, at)
    return None if found is None else found.astimezone(UTC)


def _last_up_to(trigger: CronTrigger, slot: datetime, at: datetime) -> datetime:
    while True:
        following = _next(trigger, slot + timedelta(microseconds=1))
        if following is None or following > at:
            return slot
        slot = following
