"""The learned part of a run: what it measured is held against the past, and told.

Pure, but for one thing: what was told of the same numbers before is not worked out again.
"""

from __future__ import annotations

from hashlib import blake2b

import numpy as np

from checks.facts import Facts
from checks.learned import judging, schema, told
from checks.learned.before import Before
from checks.learned.grids import Watched
from checks.learned.past import bucketed, observed
from checks.learned.spending import spending
from checks.records import Dataset, Learned, Result

#: by dataset and grain, what its newest numbers were (a digest) and what was told of them. Most runs bring nothing new:
#: a day is complete once a day, and a run may come every quarter of an hour
_told: dict[tuple[str, str], tuple[bytes, list[Result]]] = {}


def learn(dataset: Dataset, facts: Facts, before: Before) -> tuple[tuple[Result, ...], Learned]:
    """The results of the learned checks of a run, and what is to be remembered beside them."""
    detection = dataset.detection
    grids = [grid for grid in (bucketed(facts, before), observed(facts, before)) if grid is not None]
    results, bands, alerts = [], [], []
    for grid, allowed in zip(grids, spending(grids, detection.alerts_per_90_days), strict=True):
        key, numbers = (dataset.name, grid.grain.value), _digest(grid, allowed, dataset, before)
        known = _told.get(key)
        if known is not None and known[0] == numbers and _is_remembered(grid, before):
            results += known[1]
            continue
        judged = judging.judged(grid, allowed, detection.holidays, before.labels)
        said = told.results(judged, before.labels)
        results += said
        bands.append(judging.to_keep(judged, before.judged))
        alerts += judging.alerts(judged, dataset.name, before, facts.at)
        _told[key] = numbers, said
    columns = schema.result(facts.measured.columns, before.schemas, before.labels, facts.at)
    results += [columns] if columns else []
    return tuple(results), Learned(tuple(one for one in bands if one is not None), tuple(alerts))


def _digest(grid: Watched, allowed: np.ndarray, dataset: Dataset, before: Before) -> bytes:
    """All that verdicts depend on, in a few bytes."""
    about = grid.metrics, grid.buckets[0], grid.buckets[-1], dataset.detection, tuple(before.labels)
    digest = blake2b(repr(about).encode(), digest_size=16)
    for numbers in (grid.values, grid.rows, allowed):
        digest.update(numbers.tobytes())
    return digest.digest()


def _is_remembered(grid: Watched, before: Before) -> bool:
    """Whether the run that told it was remembered too: the bands of the newest bucket are those of these values."""
    newest = grid.buckets[-1]
    judged = [before.judged.get(metric, {}).get(newest) for metric in grid.metrics]
    kept = [pair for pair in zip(judged, grid.values[:, -1], strict=True) if pair[0] is not None]
    return bool(kept) and all(then == now for then, now in kept)
