"""What is known of a table, and how a comment says it: of a survey made just now, and of the history before it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from checks import phrases, suspects
from checks.facts import Facts, Past
from checks.records import EventTime, Metric
from checks.survey import Survey
from connectors import Column

DAY = timedelta(days=1)
#: fewer days say neither how far values go nor in which rhythm rows come
FEWEST_DAYS = 7


@dataclass(frozen=True, slots=True)
class Remembered:
    """What earlier runs have left: the values of every series in each bucket, and how old the newest row was, by the
    moment at which that was observed (seconds, oldest first). Empty where the table was never measured."""

    buckets: Mapping[Metric, Mapping[datetime, float]] = field(default_factory=dict)
    ages: Sequence[tuple[datetime, float]] = ()


class Evidence:
    """Numbers of one table with the words for them. Numbers that could not be had are None."""

    def __init__(self, survey: Survey, remembered: Remembered) -> None:
        self.survey = survey
        self.ages = remembered.ages
        self.facts = Facts(survey.measured, {}, survey.at, Past(buckets=remembered.buckets))
        self.event_time: EventTime | None = survey.measured.event_time

    @property
    def columns(self) -> tuple[Column, ...]:
        return self.survey.measured.columns

    @cached_property
    def rows(self) -> float:
        return suspects.level(self.facts, "row_count") or 0

    @property
    def is_telling(self) -> bool:
        """Whether there are rows enough for limits and lists."""
        return self.rows >= suspects.FEW

    def level(self, name: str, column: str) -> float | None:
        """A number of the whole table."""
        return suspects.level(self.facts, name, column)

    def series(self, name: str, column: str | None = None) -> dict[datetime, float]:
        """A metric in every bucket that is known, those of earlier runs included; buckets without a number left out."""
        known = self.facts.series(Metric(name, column))
        return {bucket: value for bucket, value in sorted(known.items()) if not math.isnan(value)}

    def present(self, column: str) -> float:
        return suspects.present(self.facts, column)

    def duplicates(self, *columns: str) -> float | None:
        return self.survey.duplicates.get(columns)

    # -- words ---------------------------------------------------------------------------------------------------------

    @cached_property
    def over(self) -> str:
        """'in 1,234,567 rows over 365 days': what every number is a part of."""
        days = self.days
        span = f" over {days:,} day{'s' if days > 1 else ''}" if days else ""
        return f"in {counted(self.rows, 'row')}{span}"

    @cached_property
    def days(self) -> int:
        """How many days the rows are from, first and last included."""
        if self.event_time is None:
            return 0
        oldest, newest = (self.level(name, self.event_time.column) for name in ("min", "max"))
        return 0 if oldest is None or newest is None else int((newest - oldest) // DAY.total_seconds()) + 1

    def share(self, part: float) -> str:
        """'8,255 of 336,776 rows, 2.5 %'."""
        return f"{phrases.number(part)} of {counted(self.rows, 'row')}, {phrases.percent(100 * part / self.rows)}"


def counted(amount: float, thing: str) -> str:
    """'1 row', '16 rows'."""
    return f"{phrases.number(amount)} {thing}{'' if amount == 1 else 's'}"
