"""What an objective allows, what of it is spent, and how fast it goes. Pure.

The budget of an objective of 99 % over 30 days is 1 % of 30 days: 7 h 12 min in which the level may be missed. A burn
rate of 1 spends it in exactly 30 days. Alerts are those of the Google SRE workbook: a long window says that it matters,
a short one that it still goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from checks.objectives.timeline import Attained, Timeline

#: the window of every objective
WINDOW = timedelta(days=30)
#: a burn window holds at least so many runs, else one late run would be an alert
LEAST_RUNS = 3


@dataclass(frozen=True, slots=True)
class Burning:
    """An alert: over `window`, and over `recent` at its end, the budget goes at least `rate` times as fast as it may.
    `fast` ones spend a part of it that wants people at once."""

    window: timedelta
    recent: timedelta
    rate: float
    fast: bool


_BURNING = (
    Burning(timedelta(hours=1), timedelta(minutes=5), 14.4, fast=True),
    Burning(timedelta(hours=6), timedelta(minutes=30), 6.0, fast=True),
    Burning(timedelta(days=1), timedelta(hours=2), 3.0, fast=False),
    Burning(timedelta(days=3), timedelta(hours=6), 1.0, fast=False),
)


@dataclass(frozen=True, slots=True)
class Budget:
    """The error budget of an objective over the 30 days before a moment."""

    allowed: timedelta
    attained: Attained

    @property
    def used(self) -> timedelta:
        """The time in which the level was missed."""
        return self.attained.missed

    @property
    def left(self) -> timedelta:
        """What may still be missed; negative where more was missed than is allowed."""
        return self.allowed - self.used

    @property
    def left_share(self) -> float:
        """What is left as a part of what is allowed: 1 for all of it, below 0 where it is overspent."""
        return self.left / self.allowed

    @property
    def is_spent(self) -> bool:
        return self.left <= timedelta(0)


@dataclass(frozen=True, slots=True)
class Burn:
    """How fast the budget goes over one window, and the alert that it makes, if any. `rate` is None where nothing was
    measured in the window."""

    alert: Burning
    rate: float | None
    recent_rate: float | None
    missed: timedelta

    @property
    def burns(self) -> bool:
        """Whether the alert holds."""
        rates = (self.rate, self.recent_rate)
        return all(rate is not None and rate >= self.alert.rate for rate in rates)


def budget(line: Timeline, target: float, at: datetime) -> Budget:
    """The budget of a level with a target (percent of the time, below 100) at the moment `at`."""
    return Budget(WINDOW * (1 - target / 100), line.over(at - WINDOW, at))


def rate(line: Timeline, target: float, start: datetime, end: datetime) -> float | None:
    """The part of the budget that goes in the window, beside the part that the window is of 30 days."""
    attained = line.over(start, end)
    if not attained.measured:
        return None
    return (attained.missed / (end - start)) / (1 - target / 100)


def windows(interval: timedelta) -> Iterator[Burning]:
    """The alerts that a dataset with so much time between two runs can have: one that is measured once a day has no
    burn of an hour. No short window is shorter than the time from one run to the next."""
    for alert in _BURNING:
        if alert.window >= LEAST_RUNS * interval:
            yield Burning(alert.window, max(alert.recent, interval), alert.rate, alert.fast)


def burns(line: Timeline, target: float, interval: timedelta, at: datetime) -> tuple[Burn, ...]:
    """How fast the budget goes, the shortest window first."""
    return tuple(
        Burn(
            alert,
            rate(line, target, at - alert.window, at),
            rate(line, target, at - alert.recent, at),
            line.over(at - alert.window, at).missed,
        )
        for alert in windows(interval)
    )
