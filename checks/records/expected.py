"""What is expected of the data: a record for each kind of rule. Service levels are in `checks.service_levels`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta
from enum import StrEnum
from typing import Any

from checks.paths import Path
from checks.predicates import Matches, OneOf, Predicate
from checks.service_levels import ServiceLevel
from connectors import TableName


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
    """The column exists, with a compatible type (logical type in ODCS words, physical type in the warehouse's). With a
    `path`, it is the place inside of the column that does. `has_zone`: whether its moments carry a time zone."""

    column: str
    logical_type: str | None = None
    physical_type: str | None = None
    path: Path = ()
    has_zone: bool | None = None


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
    not in `valid`, not matching `pattern`, or not meeting one of `meets`. With a `path`, the values at that place in
    the column are meant, and the number is that of the rows in which one of them is missing or invalid."""

    column: str
    kind: str  # 'missing' or 'invalid'
    threshold: Threshold
    missing: tuple[Any, ...] = ()
    valid: tuple[Any, ...] | None = None
    pattern: str | None = None
    percent: bool = False
    per_bucket: bool = False
    meets: tuple[Predicate, ...] = ()
    path: Path = ()

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
