"""Which series are watched, how each is read, and how they share the budget of alerts.

Series that say the same kind of thing are a family, and a family is one learned check. The budget of a dataset is split
over its families by weight, and within one over its series: a table of 200 columns alarms no oftener than one of 5, and
its 200 columns do not make it blind for missing rows.

Smallest and largest values are not watched: one odd row makes them, and most columns have an odd row every few weeks.
The lengths of texts are, where all values of a column have always had the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checks.records import Dimension, Grain, Metric

if TYPE_CHECKING:
    from checks.detect import Kind


@dataclass(frozen=True, slots=True)
class Family:
    """`name` makes the id of its check. `weight` is its part of the budget, beside the other families of the dataset,
    and n series of it share that as if they were n ** `apart`: those of a table move together.
    With `only_up` nothing is said of values below their band: no table suffers from too few nulls. An `exact` family is
    judged by rules without statistics, and has no part of the budget."""

    name: str
    dimension: Dimension
    about: str
    weight: float = 1.0
    apart: float = 0.6
    only_up: bool = False
    exact: bool = False

    @property
    def check(self) -> str:
        """The id of the learned check."""
        return f"learned.{self.name}"


VOLUME = Family("volume", Dimension.COVERAGE, "how many rows come", weight=4)
FRESHNESS = Family("freshness", Dimension.TIMELINESS, "how old the newest row gets", weight=2, only_up=True)
DURATION = Family("duration", Dimension.TIMELINESS, "how long measuring takes", only_up=True)
MISSING = Family("missing", Dimension.COMPLETENESS, "how much is missing", weight=2, only_up=True)
VALIDITY = Family("validity", Dimension.CONFORMITY, "how much is not valid", weight=2, only_up=True)
DISTINCT = Family("distinct", Dimension.UNIQUENESS, "how many values are different")
#: the shares of many values move each by itself, by the chance of small counts
SHARES = Family("shares", Dimension.ACCURACY, "how values share the rows", apart=1.0)
VALUES = Family("values", Dimension.ACCURACY, "where the values lie")
RULES = Family("rules", Dimension.ACCURACY, "what the queries of rules answer")
FORMAT = Family("format", Dimension.CONFORMITY, "the length of values that all have the same", exact=True)
#: what moves by itself where rows are missing that are unlike the others, such as some hours of a day
FOLLOWING = (DISTINCT, SHARES, VALUES)
FAMILIES = (VOLUME, FRESHNESS, DURATION, MISSING, VALIDITY, DISTINCT, SHARES, VALUES, RULES, FORMAT)


@dataclass(frozen=True, slots=True)
class Reading:
    """How a metric is watched. A `part` is a count of rows that is judged as a share of all rows."""

    family: Family
    kind: Kind
    part: bool = False

    @property
    def is_share(self) -> bool:
        """Whether what is judged is a part of all rows."""
        return self.kind in ("rate", "share")


READINGS: Mapping[str, Reading] = {
    "bucket_rows": Reading(VOLUME, "count"),
    "row_count": Reading(VOLUME, "count"),
    "row_change": Reading(VOLUME, "value"),
    "freshness": Reading(FRESHNESS, "gap"),
    "run_seconds": Reading(DURATION, "gap"),
    "null_rate": Reading(MISSING, "rate"),
    "missing_count": Reading(MISSING, "rate", part=True),
    "empty_count": Reading(MISSING, "rate", part=True),
    "invalid_count": Reading(VALIDITY, "rate", part=True),
    "violation_count": Reading(VALIDITY, "rate", part=True),
    "orphan_count": Reading(VALIDITY, "rate", part=True),
    "non_finite_count": Reading(VALIDITY, "rate", part=True),
    "odd_form_count": Reading(VALIDITY, "rate", part=True),
    "distinct_count": Reading(DISTINCT, "count"),
    "true_rate": Reading(SHARES, "share"),
    "category_count": Reading(SHARES, "share", part=True),
    "mean": Reading(VALUES, "value"),
    "mean_length": Reading(VALUES, "value"),
    "quantile": Reading(VALUES, "value"),
    "sum": Reading(VALUES, "value"),
    "sql_value": Reading(RULES, "value"),
    "min_length": Reading(FORMAT, "count"),
    "max_length": Reading(FORMAT, "count"),
}
#: of a table with buckets, what is still watched as a whole: the rest is seen in its buckets
_WHOLE_BESIDE_BUCKETS = ("freshness", "run_seconds", "sql_value")


def watched(metrics: Iterable[Metric], grain: Grain | None) -> list[Metric]:
    """The series to watch of those that are measured. `grain` is that of the dataset's buckets, None where it has
    none."""
    return [
        metric
        for metric in metrics
        if metric.name in READINGS
        and (metric.grain is grain if metric.grain is not Grain.TABLE else _as_a_whole(metric, grain))
    ]


def _as_a_whole(metric: Metric, grain: Grain | None) -> bool:
    return grain is None or metric.name in _WHOLE_BESIDE_BUCKETS


def ends_of(metric: Metric) -> tuple[Metric, ...]:
    """The smallest and the largest value of the column whose values the metric sums up; empty for other metrics."""
    if metric.name not in ("mean", "quantile", "sum"):
        return ()
    return Metric("min", metric.column, metric.grain), Metric("max", metric.column, metric.grain)


def family_of(metric: Metric) -> Family:
    """The family that a watched metric belongs to."""
    return READINGS[metric.name].family


#: what the bucket that is still filling may spend of the budget of a dataset that has buckets
FILLING_SHARE = 0.25


def budget(metrics: Iterable[Metric], alerts: float) -> dict[Family, tuple[float, int]]:
    """The budget of each family that has a series (alerts per 90 days), and into how many parts its series split it.
    `alerts` is that of the dataset.

    The series of a table move together, and the tails that detection draws on are wide: n parts for n series would
    leave 25 columns blind. Simulated with 8 to 200 independent series of binomial, overdispersed and heavy-tailed
    noise, n ** 0.6 parts keep the budget, but for the heaviest tails. With the shares of some 30 values in 4 columns
    they spend 1.6 to 2.8 times the budget, and n parts 0.3 to 1.6 times.
    """
    counts: dict[Family, int] = {}
    left = alerts
    for metric in metrics:
        if metric.name == "bucket_rows":
            left = alerts * (1 - FILLING_SHARE)
        family = family_of(metric)
        if family.exact:
            continue
        counts[family] = counts.get(family, 0) + 1
    whole = sum(family.weight for family in counts)
    return {family: (left * family.weight / whole, round(count**family.apart)) for family, count in counts.items()}
