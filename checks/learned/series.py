"""One series by itself: what is believed of it, and the smallest change that would be seen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pandas as pd

from checks.detect import Fit, Settings, fit_many
from checks.history import History
from checks.learned import labels as said
from checks.learned.families import READINGS, family_of
from checks.learned.grids import Watched, only
from checks.learned.remembered import remembered
from checks.learned.spending import spending
from checks.records import Dataset, Label, Metric


def fit_of(history: History, dataset: Dataset, metric: Metric, at: datetime) -> Fit | None:
    """What detection knows of a series after all its complete buckets; None where it was never judged."""
    return fitted(history, dataset, metric, at) if len(history.bands(dataset.name, metric)) else None


def fitted(history: History, dataset: Dataset, metric: Metric, at: datetime) -> Fit | None:
    """The same of a series that need not have been judged yet; None where it is not watched. Series, past and budget
    are those of a run."""
    if metric.name not in READINGS or family_of(metric).exact:
        return None
    latest = history.latest_evaluated([dataset.name]).get(dataset.name)
    before = history.before(dataset.name, at, at)
    event_time = latest.event_time if latest else None
    grids = remembered(before, history, dataset, event_time, at, timedelta(0))
    own = next((each for each in grids if metric in each.metrics), None)
    if own is None:
        return None
    place = grids.index(own)
    allowed = spending(grids, dataset.detection.alerts_per_90_days)[place][own.metrics.index(metric), -1]
    settings = Settings(alerts_per_90_days=min(float(allowed), 90.0), holidays=dataset.detection.holidays)
    return _fit(only(own, metric), settings, before.labels)


def _fit(own: Watched, settings: Settings, labels: Sequence[Label]) -> Fit:
    heard = said.heard(own, labels)
    [found] = fit_many(
        own.values,
        pd.DatetimeIndex(own.buckets),
        [READINGS[own.metrics[0].name].kind],
        settings,
        excluded=heard.void,
        excused=heard.excused,
        denominators=own.rows,
        regimes=[list(pd.DatetimeIndex(begins)) for begins in heard.begins],
    )
    return found
