"""The learned part of a run: what it measured is held against the past, and told.

Pure, but for one thing: what was told of the same numbers before is not worked out again.
"""

from __future__ import annotations

from hashlib import blake2b

import numpy as np

from checks.detect import Trails
from checks.facts import Facts
from checks.learned import judging, schema, told
from checks.learned.before import Before
from checks.learned.grids import Watched
from checks.learned.labels import moves_bands
from checks.learned.past import bucketed, observed
from checks.learned.spending import spending
from checks.records import Dataset, Learned, Result

#: by dataset and grain, what its newest numbers were (a digest) and what was told of them. Most runs bring nothing new:
#: a day is complete once a day, and a run may come every quarter of an hour
_told: dict[tuple[str, str], tuple[bytes, list[Result]]] = {}
#: what was followed of them, for runs that bring a few new numbers
_trails = Trails()


def learn(dataset: Dataset, facts: Facts, before: Before) -> tuple[tuple[Result, ...], Learned]:
    """The results of the learned checks of a run, and what is to be remembered beside them."""
    detection = dataset.detection
    grids = [grid for grid in (bucketed(dataset, facts, before), observed(dataset, facts, before)) if grid is not None]
    results, bands, alerts = [], [], []
    for grid, allowed in zip(grids, spending(grids, detection.alerts_per_90_days), strict=True):
        key, numbers = (dataset.name, grid.grain.value), _digest(grid, allowed, dataset, before)
        known = _told.get(key)
        is_told = known is not None and known[0] == numbers and _is_remembered(grid, before)
        if known is not None and is_told and not before.undone:  # until it is remembered that their alerts are back
            results += known[1]
            continue
        scored = _trails.scorer(key, _since(grid, before))
        judged = judging.judged(grid, allowed, detection.holidays, before.labels, scored)
        said = told.results(judged, before.labels)
        results += said
        bands.append(judging.to_keep(judged, before.judged))
        alerts += judging.alerts(judged, dataset.name, before, facts.at)
        _told[key] = numbers, said
    columns = schema.result(facts.measured.columns, before.schemas, before.labels, facts.at)
    results += [columns] if columns else []
    return tuple(results), Learned(tuple(one for one in bands if one is not None), tuple(alerts))


def _since(grid: Watched, before: Before) -> int:
    """The first bucket that has to be judged: the first that was read, and all where labels may withdraw alerts or
    those that were undone may bring some back."""
    moved = [label.first for label in before.labels if moves_bands(label)]
    if before.undone or any(alert.bucket >= first for alert in before.alerts for first in moved):
        return 0
    return int(np.argmax(grid.judge)) if grid.judge.any() else len(grid.buckets) - 1


def _digest(grid: Watched, allowed: np.ndarray, dataset: Dataset, before: Before) -> bytes:
    """All that verdicts depend on, in a few bytes."""
    about = grid.metrics, grid.buckets[0], grid.buckets[-1], dataset.detection, tuple(before.labels)
    digest = blake2b(repr(about).encode(), digest_size=16)
    earlier = (grid.earlier.values, grid.earlier.rows) if grid.earlier else ()
    for numbers in (grid.values, grid.rows, grid.ends, allowed, *earlier):
        digest.update(numbers.tobytes())
    return digest.digest()


def _is_remembered(grid: Watched, before: Before) -> bool:
    """Whether the run that told it was remembered too: the bands of the newest bucket are those of these values."""
    newest = grid.buckets[-1]
    judged = [before.judged.get(metric, {}).get(newest) for metric in grid.metrics]
    kept = [pair for pair in zip(judged, grid.values[:, -1], strict=True) if pair[0] is not None]
    return bool(kept) and all(then == now for then, now in kept)
