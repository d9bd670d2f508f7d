"""Values as names of series, for readers of today: those of a column that was classified since are not told. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from checks.records import Alert, Dataset, Finding, Metric
from checks.refusal import MASK
from checks.sensitive import hidden_of


def named(series: Iterable[Metric], dataset: Dataset | None) -> list[Metric]:
    """The series of a dataset without those that name a value of a column that is hidden now; of one that is there no
    more without all that name a value."""
    return [one for one in series if one.category is None or (dataset is not None and not _is_hidden(one, dataset))]


def masked(alerts: Sequence[Alert], datasets: Mapping[str, Dataset]) -> list[Alert]:
    """The alerts with such values masked."""
    return [
        replace(alert, findings=tuple(_masked(one, datasets.get(alert.dataset)) for one in alert.findings))
        for alert in alerts
    ]


def _masked(finding: Finding, dataset: Dataset | None) -> Finding:
    if finding.metric.category is None or (dataset is not None and not _is_hidden(finding.metric, dataset)):
        return finding
    return replace(finding, metric=replace(finding.metric, check=f"={MASK}"))


def _is_hidden(metric: Metric, dataset: Dataset) -> bool:
    return (metric.column or "").lower() in hidden_of(dataset.classified)
