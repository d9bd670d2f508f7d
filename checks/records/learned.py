"""What was learned: bands, and alerts where a value left its band."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from checks.records.measured import Metric
from checks.records.words import Grain

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Bands:
    """What was expected of many series over the same buckets, made before the values were known. `grain` is that of the
    buckets; TABLE for values of the whole table, whose bucket is the day (UTC) on which they were observed.

    The arrays are series x buckets, NaN where nothing is kept. A metric that counts a part of the rows is judged as a
    share of them: `values` and the band are what was judged. `score` is the distance from `expected` as a part of the
    way to the edge of the band: beyond 1 it is outside.
    """

    grain: Grain
    metrics: tuple[Metric, ...]
    buckets: tuple[datetime, ...]
    values: np.ndarray
    expected: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    score: np.ndarray


@dataclass(frozen=True, slots=True)
class Drift:
    """A level that has moved slowly within `WEEKS`: what it was `before` and what it is `now`, of rows by the day. NaN
    where they are not known."""

    #: from the middle of the weeks before to the middle of the last two, as `detect.drift` compares them
    WEEKS: ClassVar[int] = 4

    before: float
    now: float


@dataclass(frozen=True, slots=True)
class Finding:
    """A value outside its band; with `drift`, one inside whose level has moved slowly."""

    metric: Metric
    value: float
    expected: float
    lower: float
    upper: float
    score: float
    drift: Drift | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """All that left its band in one bucket of a dataset, the leading finding first. Without findings the alert is
    withdrawn: the bucket was restated, and nothing is wrong with it any more."""

    dataset: str
    bucket: datetime
    grain: Grain
    noticed_at: datetime
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Learned:
    """What a run adds: bands of the buckets that it judged for the first time or anew, and alerts that are new or have
    changed."""

    bands: tuple[Bands, ...] = ()
    alerts: tuple[Alert, ...] = ()
