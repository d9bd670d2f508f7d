"""Hours judged several together."""

from __future__ import annotations

import numpy as np

from checks.detect.scales import chance, from_scale, to_scale
from checks.detect.walk import by_kind

Array = np.ndarray
TRUST, MEMORY, CLIP = 6.0, 20.0, 4.0
CHANCE = 0.5


def window(followed, kinds, span):
    """errors, sd, mean of expected (scale), mean of earlier values (raw sums)"""
    values = by_kind(from_scale, followed.values, kinds)
    calm = by_kind(from_scale, followed.calm, kinds)
    there = np.isfinite(values) & np.isfinite(calm)
    count = rolled(there.astype(float), span)
    total = rolled(np.where(there, values, 0.0), span)
    usual = rolled(np.where(there, calm, 0.0), span)
    enough = there & (count >= span / 2)
    n = np.maximum(count, 1)
    is_count = np.array([k == "count" for k in kinds])[:, None]
    n = np.where(is_count, n / span, n)
    expected = by_kind(to_scale, usual / n, kinds)
    error = by_kind(to_scale, total / n, kinds) - expected
    error = np.where(enough, error, np.nan)
    # the chance of a mean of so many
    floor = np.where(is_count, CHANCE * np.sqrt(by_kind(lambda v, k: chance(v, k, None), expected, kinds)), 0.0)
    floor = np.maximum(floor, followed.least[:, None] / 2)
    learned = np.where(rolled((~followed.judged).astype(float), span) == 0, error, np.nan)
    spread = _spread(learned, floor, followed.calendar.per_day)
    return error, spread, expected, total, n


def rolled(values, span):
    sums = np.cumsum(values, axis=1)
    out = sums.copy()
    out[:, span:] -= sums[:, :-span]
    return out


def _spread(errors, floor, per_day):
    s, t = errors.shape
    days = -(-t // per_day)
    size = np.full((s, days * per_day), np.nan)
    size[:, :t] = np.abs(errors)
    size = size.reshape(s, days, per_day)
    cell, visits = np.zeros((s, per_day)), np.zeros((s, per_day))
    all_, seen = np.zeros((s, 1)), np.zeros((s, 1))
    found = np.full(size.shape, np.nan)
    for d in range(days):
        usual = (visits * cell + TRUST * all_) / (visits + TRUST)
        found[:, d] = np.where(seen > 0, usual, np.nan)
        there = np.isfinite(size[:, d])
        now = np.where(seen > 3, np.minimum(size[:, d], CLIP * 1.2533 * usual), size[:, d])
        visits += there
        cell += np.where(there, (now - cell) * np.maximum(1 / MEMORY, 1 / np.maximum(visits, 1)), 0.0)
        some = there.any(axis=1, keepdims=True)
        seen += some
        mean = np.where(there, now, 0).sum(axis=1, keepdims=True) / np.maximum(there.sum(axis=1, keepdims=True), 1)
        all_ += np.where(some, (mean - all_) * np.maximum(1 / 20, 1 / np.maximum(seen, 1)), 0.0)
    found = found.reshape(s, -1)[:, :t]
    return np.maximum(1.2533 * found, floor)
