"""What people said of the past, as detection takes it: what is not learned from, and where a new time begins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import numpy as np

from checks.learned.past import Watched
from checks.records import Label, LabelKind, Metric

_NOT_LEARNED = (LabelKind.EXPECTED, LabelKind.KNOWN_ERROR, LabelKind.MISSED_ALARM)
_QUIET = (LabelKind.EXPECTED, LabelKind.FALSE_ALARM)


def excluded(watched: Watched, labels: Sequence[Label]) -> np.ndarray:
    """The values that are judged and never learned from, series x buckets."""
    found = np.zeros(watched.values.shape, dtype=bool)
    for label in labels:
        if label.kind in _NOT_LEARNED:
            covered = np.array([label.covers(bucket) for bucket in watched.buckets])
            about = np.array([label.speaks_of(metric) for metric in watched.metrics])
            found |= about[:, None] & covered[None, :]
    return found


def regimes(watched: Watched, labels: Sequence[Label]) -> list[list[datetime]]:
    """For each series the moments before which its past is void."""
    begins = [label for label in labels if label.kind is LabelKind.NEW_REGIME]
    return [sorted(label.first for label in begins if label.speaks_of(metric)) for metric in watched.metrics]


def moves_bands(label: Label) -> bool:
    """Whether the buckets after it are judged by another past because of this label."""
    return label.kind is LabelKind.NEW_REGIME or label.kind in _NOT_LEARNED


def quieting(labels: Sequence[Label], metric: Metric, bucket: datetime) -> Label | None:
    """The label because of which a value outside its band is no alarm; None where it is one."""
    return next((label for label in _on(labels, metric, bucket) if label.kind in _QUIET), None)


def known_error(labels: Sequence[Label], metric: Metric, bucket: datetime) -> Label | None:
    """The label that says of an alarm that it is right and in work."""
    return next((label for label in _on(labels, metric, bucket) if label.kind is LabelKind.KNOWN_ERROR), None)


def _on(labels: Sequence[Label], metric: Metric, bucket: datetime) -> Iterator[Label]:
    return (label for label in labels if label.speaks_of(metric) and label.covers(bucket))
