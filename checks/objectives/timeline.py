"""When a level was met and when it was missed, and how much of a window that is. Pure.

Time in which nothing was known is in no stretch: it counts neither as met nor as missed, and is told beside them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import pairwise

_NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `start` up to `end` the level was met, or missed."""

    start: datetime
    end: datetime
    met: bool


@dataclass(frozen=True, slots=True)
class Attained:
    """What came of a level in the window from `start` to `end`. `since` is when something was first known of it in the
    window, None where nothing was."""

    start: datetime
    end: datetime
    met: timedelta
    missed: timedelta
    since: datetime | None

    @property
    def measured(self) -> timedelta:
        """The time of which something is known."""
        return self.met + self.missed

    @property
    def unmeasured(self) -> timedelta:
        """The time of which nothing is known."""
        return self.end - self.start - self.measured

    @property
    def percent(self) -> float | None:
        """The share of the measured time in which the level was met; None where nothing was measured."""
        return 100 * (self.met / self.measured) if self.measured else None


@dataclass(frozen=True)
class Timeline:
    """Stretches in their order; none overlaps another."""

    stretches: tuple[Stretch, ...] = ()

    @classmethod
    def of(cls, stretches: Iterable[Stretch]) -> Timeline:
        """Those that are longer than nothing; neighbours that say the same are one."""
        joined: list[Stretch] = []
        for each in stretches:
            if each.end <= each.start:
                continue
            if joined and joined[-1].end == each.start and joined[-1].met is each.met:
                joined.append(Stretch(joined.pop().start, each.end, each.met))
            else:
                joined.append(each)
        return cls(tuple(joined))

    def over(self, start: datetime, end: datetime) -> Attained:
        """What is known of the window."""
        met_before, missed_before = self._until(start)
        met, missed = self._until(end)
        place = bisect_right(self._ends, start)
        first = max(self.stretches[place].start, start) if place < len(self.stretches) else end
        return Attained(start, end, met - met_before, missed - missed_before, first if first < end else None)

    def at(self, moment: datetime) -> bool | None:
        """Whether the level was met at the moment; None where nothing is known."""
        place = bisect_right(self._starts, moment) - 1
        if place < 0 or self.stretches[place].end <= moment:
            return None
        return self.stretches[place].met

    def within(self, start: datetime, end: datetime) -> Timeline:
        """The part of it that lies in the window."""
        return Timeline.of(Stretch(max(s.start, start), min(s.end, end), s.met) for s in self.stretches)

    @cached_property
    def _starts(self) -> list[datetime]:
        return [stretch.start for stretch in self.stretches]

    @cached_property
    def _ends(self) -> list[datetime]:
        return [stretch.end for stretch in self.stretches]

    @cached_property
    def _sums(self) -> list[tuple[timedelta, timedelta]]:
        """The met and missed time before each stretch, and before the end of all."""
        sums = [(_NOTHING, _NOTHING)]
        for each in self.stretches:
            (met, missed), length = sums[-1], each.end - each.start
            sums.append((met + length, missed) if each.met else (met, missed + length))
        return sums

    def _until(self, moment: datetime) -> tuple[timedelta, timedelta]:
        """The met and the missed time before the moment."""
        place = bisect_right(self._starts, moment) - 1
        if place < 0:
            return _NOTHING, _NOTHING
        (met, missed), stretch = self._sums[place], self.stretches[place]
        length = min(moment, stretch.end) - stretch.start
        return (met + length, missed) if stretch.met else (met, missed + length)


def together(timelines: Sequence[Timeline]) -> Timeline:
    """One timeline that says what several say of the same time: missed where any is missed, met where one is met."""
    moments = sorted({moment for line in timelines for s in line.stretches for moment in (s.start, s.end)})
    stretches = []
    for start, end in pairwise(moments):
        said = [line.at(start) for line in timelines]
        if any(one is not None for one in said):
            stretches.append(Stretch(start, end, False not in said))
    return Timeline.of(stretches)
