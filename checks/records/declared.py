"""What is declared: checks, and the dataset that they are about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b

from checks.records.expected import Expectation
from checks.records.words import Dimension, Grain, Severity
from checks.service_levels import ResponseTimes
from connectors import TableName


@dataclass(frozen=True, slots=True)
class Check:
    """An expectation on a dataset. `id` is stable over reformatting of the contract and unique in the dataset. Of a
    service level, `objective` is the percentage of the time in which it is to be met, where the contract says."""

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
    is_service_level: bool = False
    objective: float | None = None

    @property
    def column(self) -> str | None:
        """The column that the check is about, several joined by ', ', None for the dataset as a whole."""
        columns = getattr(self.expects, "columns", None)
        return ", ".join(columns) if columns else getattr(self.expects, "column", None)

    @property
    def definition(self) -> str:
        """A fingerprint of all that a verdict depends on: results of two checks with the same one can stand for each
        other. Other words and another schedule leave it as it is."""
        parts = repr((self.expects, self.dimension, self.severity, self.empty_is_fine))
        return blake2b(parts.encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class Detection:
    """How a dataset is judged by its own past. `on` switches learned checks. At most `alerts_per_90_days` of them are
    to be expected of the dataset as a whole while nothing is wrong. `holidays` is the country (US, DE) whose
    holidays are not like other days."""

    on: bool = True
    alerts_per_90_days: float = 1.0
    holidays: str | None = None


class ConsumerKind(StrEnum):
    """What reads data and is no dataset."""

    DASHBOARD = "dashboard"
    MODEL = "model"
    JOB = "job"


@dataclass(frozen=True, slots=True)
class Consumer:
    """Who reads a dataset: a dashboard, a model, a job; the name tells it from all others. `url` leads to it."""

    name: str
    kind: ConsumerKind | None = None
    owner: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class MadeFrom:
    """That a column is made from another dataset, which may be one that nobody watches."""

    column: str
    dataset: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """A table or view of a source with all that is declared about it: by the contract first, by config.toml else.

    `event_time`, `load_time`, `key`, `zone`, `grain` and `schedule` are None where nothing is declared; `load_zone` is
    the zone of load times, where it is another than `zone`. `dbt_load_time` is what a manifest of dbt says of an
    undeclared one: the field by which it tells how fresh a source is. `classified` maps a column
    to its ODCS classification; such columns are masked in samples. `channels` are the names of [notify.NAME] that the
    contract wants to be told through. `objective` is the percentage of the time in which its service levels are to be
    met and its data right, where the contract says so of all of them.
    """

    source: str
    table: TableName
    contract: str | None = None
    contract_file: str | None = None
    owner: str | None = None
    description: str | None = None
    consumers: tuple[Consumer, ...] = ()
    channels: tuple[str, ...] = ()
    made_from: tuple[MadeFrom, ...] = ()
    event_time: str | None = None
    load_time: str | None = None
    dbt_load_time: str | None = None
    key: tuple[str, ...] = ()
    declared_in: str = "config"  # where event_time and key come from: 'contract' or 'config'
    zone: str | None = None
    load_zone: str | None = None
    grain: Grain | None = None
    schedule: str | None = None
    checks: tuple[Check, ...] = ()
    classified: Mapping[str, str] = field(default_factory=dict)
    response_times: ResponseTimes = field(default_factory=ResponseTimes)
    detection: Detection = field(default_factory=Detection)
    objective: float | None = None

    @property
    def name(self) -> str:
        return f"{self.source}.{self.table}"


def is_public(classification: str) -> bool:
    """Whether values of this classification may be shown."""
    return classification.lower() in ("public", "internal", "none", "open", "unclassified")
