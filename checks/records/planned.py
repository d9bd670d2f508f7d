"""What one run is to measure, and how much of the table it reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from checks.records.declared import Check, Dataset
from checks.records.measured import Choice, EventTime, LoadTime
from connectors import Column


@dataclass(frozen=True, slots=True)
class Reading:
    """How much of the past is read: `history_days` of buckets in a whole-table run, `look_back` behind the newest known
    bucket in the others; whole-table work is due again `full_every` after it was last done. With `profiles`, columns
    and keys are measured whether or not a check asks for it: what is charted, and learned from."""

    history_days: int = 90
    look_back: timedelta = timedelta(days=3)
    full_every: timedelta = timedelta(days=1)
    profiles: bool = True


@dataclass(frozen=True, slots=True)
class Last:
    """What the newest run that measured the dataset went by: its event time, and the checks that it judged, id to
    definition."""

    event_time: EventTime | None
    checks: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class FewValues:
    """A column whose values may be named, and those that were counted before; none where it never was."""

    column: Column
    known: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Text:
    """A column of texts and the forms that its values usually have, None where those are not known."""

    column: Column
    forms: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What one run asks. `buckets_from` is the first bucket that is told apart; without `whole_table` nothing before it
    is read. `up_to` leaves later rows out (a replayed moment). `keys` are counted exactly, each in a query of its own;
    of the columns in `distinct` a check wants the different values of the whole table. All statistics of the columns in
    `profiled` are measured, of the others the NULLs alone. `sql` are the rules that bring a query of their own; they
    are asked in every run. `rules` measure something for themselves (`rule_metrics`). The values of columns
    in `few_values` may be counted one by one, and of those in `texts` the forms. `load_time` tells when rows came."""

    dataset: Dataset
    columns: tuple[Column, ...]
    event_time: EventTime | None
    key: Choice | None
    whole_table: bool
    buckets_from: datetime | None
    up_to: datetime | None
    values: tuple[Check, ...] = ()
    keys: tuple[tuple[str, ...], ...] = ()
    references: tuple[Check, ...] = ()
    reconciliations: tuple[Check, ...] = ()
    profiled: frozenset[str] = frozenset()
    distinct: tuple[str, ...] = ()
    sql: tuple[Check, ...] = ()
    rules: tuple[Check, ...] = ()
    few_values: tuple[FewValues, ...] = ()
    texts: tuple[Text, ...] = ()
    load_time: LoadTime | None = None
