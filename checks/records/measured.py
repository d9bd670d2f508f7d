"""What is measured and what one attempt brought back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from checks.records.words import Grain
from connectors import Column

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Metric:
    """Something that can be measured. `column` is one column, or several joined by ', ' for keys; `check` is the id of
    the check that the metric belongs to, where the number depends on the check's own arguments."""

    name: str
    column: str | None = None
    grain: Grain = Grain.TABLE
    check: str | None = None

    def __lt__(self, other: Metric) -> bool:
        """By name, then by column: a metric of no column or no check comes before those that have one."""
        return self._place < other._place

    @property
    def category(self) -> str | None:
        """The value whose rows are counted; None for other metrics."""
        return (self.check or "").partition("=")[2] if self.name == "category_count" else None

    @property
    def _place(self) -> tuple[str, str, Grain, str]:
        return self.name, self.column or "", self.grain, self.check or ""


def category_count(column: str, value: str, rule: str = "") -> Metric:
    """The rows that hold one value of a column; `rule` is the check that names it, none where it was found."""
    return Metric("category_count", column, check=f"{rule}={value}")


def odd_form_count(column: str, forms: str) -> Metric:
    """The rows whose text has none of the usual forms."""
    return Metric("odd_form_count", column, check=forms)


@dataclass(frozen=True, slots=True)
class Grid:
    """Measurements of many metrics over the same buckets: `values[i, j]` is metric i in bucket j, NaN where nothing was
    measured. A whole-table grid has the single bucket None."""

    metrics: tuple[Metric, ...]
    buckets: tuple[datetime | None, ...]
    values: np.ndarray


@dataclass(frozen=True, slots=True)
class Problem:
    """What could not be measured: the metrics it cost, the error's kind (connectors.errors) and its sentence."""

    metrics: tuple[Metric, ...]
    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class QueryRecord:
    """One query that was sent: what for, its text, its seconds, the rows it returned and those it touched (where the
    backend tells)."""

    purpose: str
    sql: str
    seconds: float
    rows: int
    touched: int | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """Columns chosen for a part (event time or key), and where the choice comes from: 'contract', 'config',
    'catalogue' or 'inferred'."""

    columns: tuple[str, ...]
    origin: str


@dataclass(frozen=True, slots=True)
class EventTime:
    """The column that says when a row happened. `zone` is the IANA zone in which naive values are read and days begin
    (aware values are converted to UTC days); `is_date` means values without a time of day."""

    column: str
    origin: str
    zone: str = "UTC"
    is_date: bool = False
    grain: Grain = Grain.DAY


@dataclass(frozen=True, slots=True)
class LoadTime:
    """The column that says when a row was loaded into the table. `zone` as of an event time."""

    column: str
    origin: str
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Loaded:
    """When the rows of one bucket were loaded, as they are now: `rows[i]` of them between the ages `ages[i - 1]` and
    `ages[i]` (minutes since the bucket began, by the clock of the event time), and `late` after all ages that are told
    apart, the last of them at the age `latest`. `undated` have no load time; that of `preceding` is before their event
    time.
    """

    bucket: datetime
    ages: tuple[int, ...]
    rows: tuple[int, ...]
    late: int = 0
    latest: int = 0
    undated: int = 0
    preceding: int = 0


@dataclass(frozen=True, slots=True)
class Measured:
    """What one attempt brought back. `grids` hold the measurements; `read_from` is the first bucket that was read
    afresh (None: the whole table was). `loads` is when rows were loaded, where that was asked."""

    columns: tuple[Column, ...]
    event_time: EventTime | None
    key: Choice | None
    grids: tuple[Grid, ...]
    problems: tuple[Problem, ...]
    queries: tuple[QueryRecord, ...]
    read_from: datetime | None
    whole_table: bool
    seconds: float
    source_now: datetime
    load_time: LoadTime | None = None
    loads: tuple[Loaded, ...] = ()
