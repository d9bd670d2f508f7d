"""The nouns, frozen. Everything that travels between the modules of `checks`, to the history and to the pages is here.

A *metric* is something that can be measured; a *measurement* one value of it; a *check* an expectation; a *result* the
outcome of one check in one run. All moments are aware datetimes in UTC, except buckets, which are naive and in the
dataset's own day (see `EventTime.zone`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from checks.predicates import Matches, OneOf, Predicate
from checks.service_levels import ResponseTimes, ServiceLevel
from connectors import Column, TableName

if TYPE_CHECKING:
    import numpy as np


class Status(StrEnum):
    """The outcome of one check in one run (DESIGN 3)."""

    PASS = "pass"  # noqa: S105 the word of the vocabulary, no password
    WARN = "warn"
    FAIL = "fail"
    NO_DATA = "no_data"
    ERROR = "error"
    UNREACHABLE = "unreachable"
    LEARNING = "learning"
    SKIPPED = "skipped"

    @property
    def evaluated(self) -> bool:
        """Whether the check said something about the data."""
        return self in (Status.PASS, Status.WARN, Status.FAIL, Status.NO_DATA)


class Health(StrEnum):
    """The status of a dataset, folded from its latest results."""

    HEALTHY = "healthy"
    WARNING = "warning"
    FAILING = "failing"
    UNKNOWN = "unknown"


class Certainty(StrEnum):
    """Whether every required check has an evaluated result that is young enough."""

    CERTAIN = "certain"
    STALE = "stale"  # evaluated once, but too long ago, or the newest attempt could not evaluate
    NEVER = "never"  # nothing evaluated yet


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Dimension(StrEnum):
    TIMELINESS = "timeliness"
    COVERAGE = "coverage"
    COMPLETENESS = "completeness"
    UNIQUENESS = "uniqueness"
    CONFORMITY = "conformity"
    CONSISTENCY = "consistency"
    ACCURACY = "accuracy"


class Grain(StrEnum):
    """The size of a bucket; TABLE is a value for the whole table at the moment of observation."""

    TABLE = "table"
    DAY = "day"
    HOUR = "hour"

    @property
    def length(self) -> timedelta:
        return {Grain.DAY: timedelta(days=1), Grain.HOUR: timedelta(hours=1)}[self]


class Outcome(StrEnum):
    """How a run ended."""

    STARTED = "started"
    FINISHED = "finished"
    UNREACHABLE = "unreachable"  # the warehouse did not answer, after all attempts
    ERROR = "error"  # it answered, but the dataset could not be measured
    CANCELLED = "cancelled"  # the app was asked to stop
    INTERRUPTED = "interrupted"  # found started and never finished when the history was opened


# -- measuring ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, order=True)
class Metric:
    """Something that can be measured. `column` is one column, or several joined by ', ' for keys; `check` is the id of
    the check that the metric belongs to, where the number depends on the check's own arguments."""

    name: str
    column: str | None = None
    grain: Grain = Grain.TABLE
    check: str | None = None


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
class Measured:
    """What one attempt brought back. `grids` hold the measurements; `read_from` is the first bucket that was read
    afresh (None: the whole table was)."""

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


# -- expecting ---------------------------------------------------------------------------------------------------------


class Operator(StrEnum):
    """The eight operators of ODCS, named as there."""

    BE = "mustBe"
    NOT_BE = "mustNotBe"
    GREATER = "mustBeGreaterThan"
    GREATER_OR_EQUAL = "mustBeGreaterOrEqualTo"
    LESS = "mustBeLessThan"
    LESS_OR_EQUAL = "mustBeLessOrEqualTo"
    BETWEEN = "mustBeBetween"
    NOT_BETWEEN = "mustNotBeBetween"


@dataclass(frozen=True, slots=True)
class Threshold:
    """What a number must be. `values` has two members (both inclusive) for the two between-operators, else one."""

    operator: Operator
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ColumnExpected:
    """The column exists, with a compatible type (logical type in ODCS words, physical type in the warehouse's)."""

    column: str
    logical_type: str | None = None
    physical_type: str | None = None


@dataclass(frozen=True, slots=True)
class NumberExpected:
    """A metric of the catalogue (`metrics.py`) meets a threshold. With `percent`, the metric is a count and judged as
    100 * count / rows. `per_bucket` judges every closed bucket by itself, else the whole table is meant."""

    metric: str
    threshold: Threshold
    column: str | None = None
    percent: bool = False
    per_bucket: bool = False


@dataclass(frozen=True, slots=True)
class ValuesExpected:
    """The number of missing or invalid values of a column. Missing is NULL or one of `missing`; invalid is present and
    not in `valid`, not matching `pattern`, or not meeting one of `meets`."""

    column: str
    kind: str  # 'missing' or 'invalid'
    threshold: Threshold
    missing: tuple[Any, ...] = ()
    valid: tuple[Any, ...] | None = None
    pattern: str | None = None
    percent: bool = False
    per_bucket: bool = False
    meets: tuple[Predicate, ...] = ()

    @property
    def predicates(self) -> tuple[Predicate, ...]:
        """All that a valid value meets."""
        one_of = () if self.valid is None else (OneOf(self.valid),)
        matches = () if self.pattern is None else (Matches(self.pattern),)
        return (*one_of, *matches, *self.meets)


@dataclass(frozen=True, slots=True)
class RowsExpected:
    """The number of rows for which a condition between columns is false; where it is NULL it is not counted. `names`
    pairs each name in the expression with its column."""

    expression: str
    names: tuple[tuple[str, str], ...]
    threshold: Threshold
    percent: bool = False
    per_bucket: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(column for _, column in self.names))


@dataclass(frozen=True, slots=True)
class UniqueExpected:
    """The number of rows beyond the first of each key. Rows with a NULL in the key do not count."""

    columns: tuple[str, ...]
    threshold: Threshold
    percent: bool = False


@dataclass(frozen=True, slots=True)
class ReferenceExpected:
    """Every key of this dataset (rows with a NULL in it aside) exists in the other one. `to_dataset` is a dataset name
    of the same source; the measured number is rows without a partner."""

    columns: tuple[str, ...]
    to_dataset: str
    to_table: TableName
    to_columns: tuple[str, ...]
    threshold: Threshold


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One number of one dataset: `function` is count, sum, min, max, mean or distinct."""

    dataset: str
    source: str
    table: TableName
    function: str
    column: str | None = None


@dataclass(frozen=True, slots=True)
class ReconcileExpected:
    """Two aggregates, of two datasets and perhaps two sources, differ by at most the tolerance. `percent` reads the
    tolerance as a share of the second one."""

    ours: Aggregate
    theirs: Aggregate
    tolerance: float = 0.0
    percent: bool = False


@dataclass(frozen=True, slots=True)
class FreshnessExpected:
    """The newest row is not older than `limit`. `column` names the event time, where the contract says which."""

    limit: timedelta
    column: str | None = None


@dataclass(frozen=True, slots=True)
class SqlExpected:
    """The answer of a query, which is one number or one boolean, meets a threshold. `query` names the table and
    `column` by placeholders (`sql_rules`). With `truth` the answer must be a boolean, and 1 stands for true; `unit` is
    the contract's word for what a number counts."""

    query: str
    threshold: Threshold
    column: str | None = None
    truth: bool = False
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class AggregateExpected:
    """A number of a column that is measured for this check alone: `function` is sum, count (of present values) or
    quantile, with its `share` from 0 to 1 (the median is 0.5)."""

    function: str
    column: str
    threshold: Threshold
    share: float | None = None
    per_bucket: bool = False


@dataclass(frozen=True, slots=True)
class DistributionExpected:
    """Each of `shares` (value, share from 0 to 1) is the value's share of the present values, give or take `tolerance`;
    so is the rest's."""

    column: str
    shares: tuple[tuple[Any, float], ...]
    tolerance: float
    per_bucket: bool = False


class SequenceKind(StrEnum):
    INCREASING = "increasing"  # no value is below that of the row before
    STRICT = "strictly increasing"  # every value is above that of the row before
    GAP_FREE = "gap-free"  # no whole number is missing between the smallest and the largest


@dataclass(frozen=True, slots=True)
class SequenceExpected:
    """The number of breaks in a sequence, in each group of rows with the same values of `within`. Rows are ordered by
    `order_by`, else by the event time; a gap-free sequence needs no order."""

    column: str
    kind: SequenceKind
    threshold: Threshold
    order_by: str | None = None
    within: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that the rule reads."""
        return tuple(dict.fromkeys(name for name in (self.column, self.order_by, *self.within) if name))


@dataclass(frozen=True, slots=True)
class ChangeExpected:
    """By how many per cent a metric of the newest closed bucket differs from that of the bucket before it."""

    metric: str
    threshold: Threshold
    column: str | None = None


@dataclass(frozen=True, slots=True)
class ArrivalExpected:
    """By the time of day `by` (in the IANA zone `zone`) the bucket of the day before has at least `share` (0 to 1) of
    the average of the `buckets` days before it."""

    share: float
    buckets: int
    by: time
    zone: str = "UTC"


Expectation = (
    ColumnExpected
    | NumberExpected
    | ValuesExpected
    | RowsExpected
    | UniqueExpected
    | ReferenceExpected
    | ReconcileExpected
    | FreshnessExpected
    | SqlExpected
    | AggregateExpected
    | DistributionExpected
    | SequenceExpected
    | ChangeExpected
    | ArrivalExpected
    | ServiceLevel
)


@dataclass(frozen=True, slots=True)
class Check:
    """An expectation on a dataset. `id` is stable over reformatting of the contract and unique in the dataset."""

    id: str
    dataset: str
    dimension: Dimension
    expects: Expectation
    severity: Severity = Severity.ERROR
    description: str | None = None
    business_impact: str | None = None
    contract: str | None = None
    empty_is_fine: bool = False
    schedule: str | None = None  # a cron line of the rule's own (`cadence`)

    @property
    def column(self) -> str | None:
        """The column that the check is about, several joined by ', ', None for the dataset as a whole."""
        columns = getattr(self.expects, "columns", None)
        return ", ".join(columns) if columns else getattr(self.expects, "column", None)


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one check in one run, with the evidence. `observed` and `expected` are words for people;
    `value` the number behind `observed`; `measured_at` when it was measured, which is before the run where the check
    has a slower cadence. `bucket` is set where one bucket was judged."""

    check: str
    dimension: Dimension
    status: Status
    severity: Severity
    column: str | None = None
    observed: str | None = None
    expected: str | None = None
    reason: str | None = None
    value: float | None = None
    bucket: datetime | None = None
    measured_at: datetime | None = None
    learned: bool = False


# -- datasets ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Dataset:
    """A table or view of a source with all that is declared about it: by the contract first, by config.toml else.

    `event_time`, `key`, `zone`, `grain` and `schedule` are None where nothing is declared. `classified` maps a column
    to its ODCS classification; such columns are masked in samples.
    """

    source: str
    table: TableName
    contract: str | None = None
    contract_file: str | None = None
    owner: str | None = None
    description: str | None = None
    consumers: tuple[str, ...] = ()
    event_time: str | None = None
    key: tuple[str, ...] = ()
    declared_in: str = "config"  # where event_time and key come from: 'contract' or 'config'
    zone: str | None = None
    grain: Grain | None = None
    schedule: str | None = None
    checks: tuple[Check, ...] = ()
    classified: Mapping[str, str] = field(default_factory=dict)
    response_times: ResponseTimes = field(default_factory=ResponseTimes)

    @property
    def name(self) -> str:
        return f"{self.source}.{self.table}"


# -- what happened -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RunReport:
    """One run, whole: what is remembered and what `run` answers."""

    dataset: str
    slot: datetime
    outcome: Outcome
    attempts: int
    started_at: datetime
    seconds: float
    trigger: str = "command"  # 'command', 'schedule', 'page' or 'api'
    queries: tuple[QueryRecord, ...] = ()
    results: tuple[Result, ...] = ()
    measured: Measured | None = None
    error_kind: str | None = None
    error: str | None = None
    measurements: int = 0


@dataclass(frozen=True, slots=True)
class DatasetHealth:
    """What a page, `status` and the API say of one dataset at one moment."""

    name: str
    health: Health
    quality: Health
    certainty: Certainty
    reasons: tuple[str, ...]
    measured_at: datetime | None
    owner: str | None
    results: tuple[Result, ...]
