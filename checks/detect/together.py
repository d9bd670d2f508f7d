"""Several hours judged together: sums of errors in a row, beside how large sums up to that hour usually are.

Errors of neighbouring hours go together more on some hours than on others: the evenings of weekends move as a whole,
where each hour for itself is calm. So sums are measured per hour of weekdays and of weekends: one odd corner of the
week does not hide what is wrong in the rest of it."""

from __future__ import annotations

import numpy as np

from checks.detect.calendars import Calendar

Array = np.ndarray

#: how many buckets are judged together, daily and hourly -> how much further out the limit of so many lies than that of
#: the longest: what is wrong with hours lasts, and a single one is easily odd
SPANS_DAILY, SPANS_HOURLY = {1: 1.0}, {1: 1.8, 3: 1.3, 6: 1.0}
#: a sum counts for no more than this many standard deviations where its usual size is learned, and so many visits of an
#: hour weigh as much as what all hours say
MOST, DOUBT = 4.0, 40.0


def _spans(calendar: Calendar) -> dict[int, float]:
    return SPANS_DAILY if calendar.daily else SPANS_HOURLY


def sums(errors: Array, span: int, ahead: int = 0) -> Array:
    """Sums of the last `span` errors; with `ahead`, of the `span - ahead` before the current one. NaN counts as 0
    there, and makes the whole NaN otherwise."""
    if span == 1 and not ahead:
        return errors
    total = np.zeros_like(errors)
    for back in range(ahead, span):
        moved = np.full_like(errors, np.nan)
        moved[:, back:] = errors[:, : errors.shape[1] - back] if back else errors
        total += np.nan_to_num(moved) if ahead else moved
    return total


def reaches(lessons: Array, calendar: Calendar, fresh: Array, days: int) -> dict[int, Array]:
    """For each span, how far out its sums may lie beside the limit: S x T, or 1 x 1 where it is the same for all.
    Learned from the last `days` days, and from none before the bucket `fresh` of each."""
    alone = usual = np.ones((1, 1))
    longest = max(_spans(calendar))
    if longest > 1:
        usual = _usual(sums(lessons, longest) / np.sqrt(longest), calendar, fresh, days)
    return {
        span: further * np.sqrt(span) * (usual if span > 1 else alone) for span, further in _spans(calendar).items()
    }


def furthest_off(errors: Array, reach: dict[int, Array], sign: float, without: Array | None = None) -> Array:
    """How far off towards a side each bucket is, alone or with those before it, in parts of how far that may lie out:
    the largest over the spans. Sums that are known of `without` too are left out."""
    found = np.full(errors.shape, np.nan)
    for span, room in reach.items():
        off = sums(errors, span) * sign / room
        if without is not None:
            off[np.isfinite(sums(without, span))] = np.nan
        np.fmax(found, off, out=found)
    return found


def _usual(off: Array, calendar: Calendar, fresh: Array, days: int) -> Array:
    """How large the sums `off` usually are in the cell of each bucket beside all of them, made anew each day from the
    days before: S x T."""
    step, series = calendar.per_day, np.arange(len(off))
    starts = range(0, off.shape[1], step)
    known, sizes = np.isfinite(off), np.nan_to_num(np.clip(off, -MOST, MOST)) ** 2
    is_cell = np.eye(calendar.noise_cell_count)[calendar.noise_cells]
    total, count = (np.zeros((len(starts) + 1, len(off), calendar.noise_cell_count)) for _ in range(2))
    found = np.empty(off.shape)
    for day, at in enumerate(starts):
        now = slice(at, at + step)
        since = np.maximum(day - days, np.ceil(fresh[:, at] / step).astype(int))
        since = np.minimum(since, day)
        found[:, now] = _beside_all(total[day] - total[since, series], count[day] - count[since, series])[
            :, calendar.noise_cells[now]
        ]
        total[day + 1] = total[day] + sizes[:, now] @ is_cell[now]
        count[day + 1] = count[day] + known[:, now] @ is_cell[now]
    return found


def _beside_all(total: Array, count: Array) -> Array:
    """The root mean square of each cell beside that of all, S x cells."""
    of_all = total.sum(axis=1, keepdims=True) / np.maximum(count.sum(axis=1, keepdims=True), 1.0)
    of_all = np.where(of_all > 0, of_all, 1.0)
    return np.sqrt((total / of_all + DOUBT) / (count + DOUBT))
