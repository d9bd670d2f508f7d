"""One series by itself: what is believed of it, and the smallest change that would be seen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pandas as pd

from checks.detect import Fit, Settings, fit_many
from checks.eventtime import buckets_between
from checks.history import History
from checks.learned import labels as said
from checks.learned.families import READINGS, budget, family_of, watched
from checks.learned.past import Watched, grid
from checks.records import Dataset, Grain, Label, Metric


def fit_of(history: History, dataset: Dataset, metric: Metric, at: datetime) -> Fit | None:
    """What detection knows of a series after all its complete buckets; None where it is not watched. The budget is
    split as a run splits it."""
    known = history.series(dataset.name)
    shown = watched(known, next((each.grain for each in known if each.name == "bucket_rows"), None))
    judged = history.bands(dataset.name, metric)
    if metric not in shown or family_of(metric).exact or not len(judged):
        return None
    before = history.before(dataset.name, at, at)
    alerts, count = budget(shown, dataset.detection.alerts_per_90_days)[family_of(metric)]
    settings = Settings(alerts_per_90_days=alerts, series_count=count, holidays=dataset.detection.holidays)
    series = before.days if metric.grain is Grain.TABLE else before.buckets
    rows = Metric("row_count") if metric.grain is Grain.TABLE else Metric("bucket_rows", grain=metric.grain)
    values = series.get(metric, {})
    last = judged["bucket"].max().to_pydatetime()
    first = min((bucket for bucket in values if bucket <= last), default=None)
    if first is None:
        return None
    grain = Grain.DAY if metric.grain is Grain.TABLE else metric.grain
    both = {metric: values, rows: series.get(rows, {})}
    return _fit(grid(metric.grain, both, tuple(buckets_between(first, last, grain))), settings, before.labels)


def _fit(both: Watched, settings: Settings, labels: Sequence[Label]) -> Fit:
    [found] = fit_many(
        both.values[:1],
        pd.DatetimeIndex(both.buckets),
        [READINGS[both.metrics[0].name].kind],
        settings,
        excluded=said.excluded(both, labels)[:1],
        denominators=both.rows[:1],
        regimes=[list(pd.DatetimeIndex(begins)) for begins in said.regimes(both, labels)[:1]],
    )
    return found
