"""Vitals itself, with the budget that everyone gets: one learned alert per 90 days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from bench.detect.detectors import Array, Case, Detector
from checks import detect

#: cases scored together
BATCH = 64


def _score(use_holidays: bool) -> Callable[[Sequence[Case]], list[Array]]:
    def score(cases: Sequence[Case]) -> list[Array]:
        together: dict[tuple, list[int]] = defaultdict(list)
        for number, case in enumerate(cases):
            country = case.country if use_holidays else None
            together[(case.index[0], case.index[-1], len(case.index), case.kind, country, case.rows is None)].append(
                number
            )
        found: list[Array] = [np.empty(0)] * len(cases)
        for (*_, country, _rows), numbers in together.items():
            for start in range(0, len(numbers), BATCH):
                batch = numbers[start : start + BATCH]
                scored = _score_together([cases[number] for number in batch], detect.Settings(holidays=country))
                for number, scores in zip(batch, scored, strict=True):
                    found[number] = scores
        return found

    return score


def _score_together(cases: Sequence[Case], settings: detect.Settings) -> list[Array]:
    """Cases of one index as one grid; what comes after a case's last bucket is not measured."""
    index = cases[0].index
    grid, rows = np.full((len(cases), len(index)), np.nan), np.full((len(cases), len(index)), np.nan)
    for line, case in enumerate(cases):
        grid[line, : len(case.values)] = case.values
        if case.rows is not None:
            rows[line, : len(case.rows)] = case.rows
    denominators = None if cases[0].rows is None else rows
    scores = detect.score_many(grid, index, [case.kind for case in cases], settings, denominators=denominators)
    shares = np.abs(scores.score)
    shares = np.where(scores.is_anomaly, np.maximum(shares, 1.0), np.minimum(shares, np.nextafter(1.0, 0.0)))
    shares[np.isin(scores.state, ("learning", "unmeasured"))] = np.nan
    return [shares[line, case.first : len(case.values)] for line, case in enumerate(cases)]


VITALS = (Detector("Vitals", _score(True)), Detector("Vitals without a calendar", _score(False)))
