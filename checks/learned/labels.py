"""What people said of the past, as detection takes it: what is not learned from, what only widens a band, and where a
new time begins."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from checks.learned.grids import Watched
from checks.records import Label, LabelKind, Metric

_VOID = (LabelKind.EXPECTED, LabelKind.KNOWN_ERROR, LabelKind.MISSED_ALARM)
_QUIET = (LabelKind.EXPECTED, LabelKind.FALSE_ALARM)


@dataclass(frozen=True, slots=True)
class Heard:
    """What was said of the values of some series, series x buckets. `void` values are judged, and nothing is learned
    from them. `excused` ones were a false alarm: all that is learned from them is how far off a value may be. `begins`
    are the moments, by series, before which its past is void, and `fresh` marks the first bucket after each."""

    void: np.ndarray
    excused: np.ndarray
    fresh: np.ndarray
    begins: Sequence[Sequence[datetime]]

    @property
    def untaught(self) -> np.ndarray:
        """The values that say nothing of what is usual."""
        return self.void | self.excused

    def of(self, rows: Sequence[int] | np.ndarray, until: int | None = None) -> Heard:
        """The same of some of the series, in this order, up to a bucket."""
        grids = (each[rows, :until] for each in (self.void, self.excused, self.fresh))
        return Heard(*grids, [self.begins[row] for row in rows])


def heard(watched: Watched, labels: Sequence[Label]) -> Heard:
    """What the labels of its dataset say of these series."""
    regimes = [label for label in labels if label.kind is LabelKind.NEW_REGIME]
    begins = [sorted(label.first for label in regimes if label.speaks_of(metric)) for metric in watched.metrics]
    void = _covered(watched, [label for label in labels if label.kind in _VOID])
    excused = _covered(watched, [label for label in labels if label.kind is LabelKind.FALSE_ALARM]) & ~void
    return Heard(void, excused, _fresh(watched, begins), begins)


def _fresh(watched: Watched, begins: Sequence[Sequence[datetime]]) -> np.ndarray:
    found = np.zeros(watched.values.shape, dtype=bool)
    for row, moments in enumerate(begins):
        for moment in moments:
            at = bisect_left(watched.buckets, moment)
            if at < len(watched.buckets):
                found[row, at] = True
    return found


def _covered(watched: Watched, labels: Sequence[Label]) -> np.ndarray:
    found = np.zeros(watched.values.shape, dtype=bool)
    for label in labels:
        covered = np.array([label.covers(bucket) for bucket in watched.buckets])
        about = np.array([label.speaks_of(metric) for metric in watched.metrics])
        found |= about[:, None] & covered[None, :]
    return found


def moves_bands(label: Label) -> bool:
    """Whether the buckets after it are judged by another past because of this label."""
    return label.kind in (*_VOID, LabelKind.FALSE_ALARM, LabelKind.NEW_REGIME)


def quieting(labels: Sequence[Label], metric: Metric, bucket: datetime) -> Label | None:
    """The label because of which a value outside its band is no alarm; None where it is one."""
    return next((label for label in _on(labels, metric, bucket) if label.kind in _QUIET), None)


def known_error(labels: Sequence[Label], metric: Metric, bucket: datetime) -> Label | None:
    """The label that says of an alarm that it is right and in work."""
    return next((label for label in _on(labels, metric, bucket) if label.kind is LabelKind.KNOWN_ERROR), None)


def _on(labels: Sequence[Label], metric: Metric, bucket: datetime) -> Iterator[Label]:
    return (label for label in labels if label.speaks_of(metric) and label.covers(bucket))
