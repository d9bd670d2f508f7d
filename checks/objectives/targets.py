"""What a dataset's contract sets as objectives: its service levels, and the quality of its data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from checks.records import Check, Dataset, Dimension, Severity
from checks.service_levels import AvailabilityExpected, ErrorRateExpected, LifecycleExpected

#: percent of the time, where the contract does not say
DEFAULT_TARGET = 99.0
QUALITY = "quality"


class Kind(StrEnum):
    """What a level is met by."""

    LEVEL = "level"  # its own result
    REACH = "reach"  # that the warehouse answers
    QUALITY = "quality"  # that no rule of severity error is broken


@dataclass(frozen=True, slots=True)
class Objective:
    """That a level of a dataset is met for `target` percent of the time. `level` is its name in the dataset, `checks`
    are the ids of the checks that tell whether it is met."""

    dataset: str
    level: str
    kind: Kind
    target: float
    dimension: Dimension
    checks: tuple[str, ...]
    contract: str | None = None
    owner: str | None = None
    description: str | None = None


def objectives_of(dataset: Dataset) -> tuple[Objective, ...]:
    """The objectives of a dataset, its service levels first. An error rate and a date are none: the one is what the
    quality is aimed at, the other is kept or is not."""
    levels = [_of_level(dataset, check) for check in dataset.checks if _is_met_over_time(check)]
    rules = tuple(check.id for check in dataset.checks if _is_rule(check))
    return (*levels, *([_quality(dataset, rules)] if rules else []))


def _is_met_over_time(check: Check) -> bool:
    return check.is_service_level and not isinstance(check.expects, LifecycleExpected | ErrorRateExpected)


def _is_rule(check: Check) -> bool:
    return check.contract is not None and not check.is_service_level and check.severity is Severity.ERROR


def _of_level(dataset: Dataset, check: Check) -> Objective:
    kind, own = Kind.LEVEL, None
    if isinstance(check.expects, AvailabilityExpected):
        kind, own = Kind.REACH, check.expects.least  # 99.9 % of the runs is 99.9 % of the time
    target = check.objective or _possible(own) or dataset.objective or DEFAULT_TARGET
    about = (check.contract, dataset.owner, check.description)
    return Objective(dataset.name, check.id, kind, target, check.dimension, (check.id,), *about)


def _quality(dataset: Dataset, rules: tuple[str, ...]) -> Objective:
    rates = (check.expects for check in dataset.checks if isinstance(check.expects, ErrorRateExpected))
    strictest = min((rate.most for rate in rates if rate.column is None), default=None)
    own = None if strictest is None else _possible(100 - strictest)
    target = dataset.objective or own or DEFAULT_TARGET
    said = "Met while no rule of severity error is broken."
    about = (dataset.contract, dataset.owner, said)
    return Objective(dataset.name, QUALITY, Kind.QUALITY, target, Dimension.ACCURACY, rules, *about)


def _possible(percent: float | None) -> float | None:
    """A promise of 0 or of 100 % leaves everything or nothing to spend, and is no aim."""
    return percent if percent is not None and 0 < percent < 100 else None
