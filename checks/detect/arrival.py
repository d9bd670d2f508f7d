"""The arrival curve: how full a bucket usually is at each age. Pure.

Learned from buckets that were watched while they filled: what each run counted in them, against what they held once
they had settled; or from the moments at which their rows were loaded (`loaded`). So the bucket that is still filling
can be judged, and it can be said when it will be complete.

All moments are naive, by the clocks of the dataset's own day; ages and lengths are counted from the start of a bucket.
A curve of the moment `at` depends on nothing that was observed later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd

from checks.loadtime import SETTLING

#: watched buckets that a curve is learned from: at least, and at most (the newest ones)
LEAST, MOST = 10, 400
#: a bucket with this share of its settled rows is complete
COMPLETE = 0.99
_HABIT = 0.9  # of the buckets are complete by the age at which 'a bucket is complete'
_STEPS = 96  # of the grid of ages: within the bucket, and once more behind its end
_TOLERANCE = 1 / 144  # of a bucket: runs of a schedule do not start at the same second (10 minutes of a day)
_WIDTH = 4.0  # robust deviations that the band around the usual share is wide, on the arcsine-root scale
_LEAST_DEVIATION = 0.01
_FIRST_SHARE = 0.1  # below that, nothing can be said yet


@dataclass(frozen=True)
class Curve:
    """How full a bucket is at each of `ages` (hours, increasing): `usual` is the middle share of its settled rows,
    `low` and `high` the band around it, all from 0 to 1 and never falling; NaN at ages of which too few buckets tell.

    `length` is the bucket's own, `buckets` how many are known, and `complete` the age by which nine of ten had 99 %.
    """

    length: timedelta
    buckets: int
    ages: np.ndarray
    usual: np.ndarray
    low: np.ndarray
    high: np.ndarray
    complete: timedelta | None

    @property
    def is_learned(self) -> bool:
        """Whether enough buckets were watched; a curve that is not learned says nothing."""
        return self.complete is not None

    @property
    def settled(self) -> timedelta:
        """The age from which a bucket can be judged as a whole: at its end, or later where it usually is complete only
        then."""
        return max(self.length, self.complete or self.length)

    def share(self, age: timedelta) -> Share | None:
        """How full a bucket of that age usually is; None where that is not known."""
        hours = age / timedelta(hours=1)
        if not self.is_learned or not 0 <= hours <= self.ages[-1]:
            return None
        usual, low, high = (float(np.interp(hours, self.ages, line)) for line in (self.usual, self.low, self.high))
        return None if np.isnan([usual, low, high]).any() else Share(usual, low, high)


@dataclass(frozen=True, slots=True)
class Line:
    """One bucket as it filled: at each age (hours) at which it is known, the share of its settled rows."""

    ages: np.ndarray
    shares: np.ndarray


class Glimpses(NamedTuple):
    """The moments (datetime64) at which runs looked at a bucket, and the rows that they found."""

    moments: np.ndarray
    rows: np.ndarray


@dataclass(frozen=True, slots=True)
class Share:
    """The share of its rows that a bucket has at some age: usually, and the band around that."""

    usual: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Band:
    """What a number is expected to be, and the limits beyond which it is unusual."""

    expected: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """When a bucket will be complete, and how far it is behind the usual hour."""

    complete_at: datetime
    behind: timedelta


def learn(
    observed: pd.DataFrame, runs: np.ndarray, length: timedelta, at: datetime, settling: timedelta = SETTLING
) -> Curve:
    """The curve as it can be known at the moment `at` from buckets that were watched alone: see `watched`."""
    return curve_of(watched(observed, runs, length, at, settling), length, settling)


def curve_of(lines: Mapping[datetime, Line], length: timedelta, settling: timedelta = SETTLING) -> Curve:
    """The curve of buckets that filled along these lines, the newest of them where there are many."""
    hours = length / timedelta(hours=1)
    ages = _grid(hours, (length + settling) / timedelta(hours=1))
    chosen = [lines[bucket] for bucket in sorted(lines)[-MOST:]]
    if len(chosen) < LEAST:
        nothing = np.full(len(ages), np.nan)
        return Curve(length, len(chosen), ages, nothing, nothing, nothing, None)
    longest = _longest_gap(chosen, hours)
    looks = [_at(line, ages, longest, hours * _TOLERANCE) for line in chosen]
    likely, least, most = (np.array(rows) for rows in zip(*looks, strict=True))
    usual, low, high = _rising(_band(likely, 0)), _rising(_band(least, -1), lower=True), _rising(_band(most, 1))
    complete = timedelta(hours=float(np.quantile([_completed(line) for line in chosen], _HABIT, method="lower")))
    return Curve(length, len(chosen), ages, usual, np.minimum(low, usual), np.maximum(high, usual), complete)


def filling(curve: Curve, age: timedelta, whole: Band) -> Band | None:
    """What a bucket of that age is expected to hold, where `whole` is what it is expected to hold in the end. None
    where the curve says nothing of that age, or where so little has usually come that nothing can be told from it.

    What is uncertain about the day and what is uncertain about the hour add up as independent errors of a logarithm.
    """
    share = curve.share(age)
    if share is None or share.usual < _FIRST_SHARE:
        return None
    expected = whole.expected * share.usual
    middle, whole_middle = np.log1p(expected), np.log1p(whole.expected)
    below, above = whole_middle - np.log1p(max(whole.lower, 0.0)), np.log1p(whole.upper) - whole_middle
    if share.low <= 0 or whole.lower <= 0:
        lower = 0.0
    else:
        lower = max(0.0, float(np.expm1(middle - np.hypot(below, np.log(share.usual / share.low)))))
    upper = float(np.expm1(middle + np.hypot(above, np.log(share.high / share.usual))))
    return Band(expected, min(lower, expected), max(upper, expected))


def forecast(curve: Curve, bucket: datetime, at: datetime, rows: float, whole: Band) -> Forecast | None:
    """When the bucket will be complete: at its usual hour, or as much later as it is behind by now. It is behind where
    it holds less than a bucket of its age is expected to; `whole` is what it should hold in the end."""
    age = at - bucket
    band = filling(curve, age, whole)
    if curve.complete is None:
        return None
    if band is None or rows >= band.lower:
        return Forecast(bucket + curve.complete, timedelta(0))
    behind = max(age - _usual_age(curve, rows / whole.expected), timedelta(0))
    return Forecast(bucket + curve.complete + behind, behind)


def _usual_age(curve: Curve, share: float) -> timedelta:
    """The latest age at which a bucket usually has no more than this share."""
    known = np.isfinite(curve.usual)
    ages, usual = curve.ages[known], curve.usual[known]
    after = int(np.searchsorted(usual, share, side="right"))
    if not 0 < after < len(usual):
        return timedelta(hours=float(ages[min(after, len(ages) - 1)]))
    part = (share - usual[after - 1]) / (usual[after] - usual[after - 1])
    return timedelta(hours=float(ages[after - 1] + part * (ages[after] - ages[after - 1])))


def sentence(curve: Curve) -> str:
    """What the curve says, in words: 'a day is complete by 23:40'."""
    if curve.complete is None:
        name = "day" if curve.length >= timedelta(days=1) else "hour"
        few = f"{curve.buckets} of {LEAST} {name}s"
        return f"learning when a {name} is complete: {few} were watched while they filled".replace("a hour", "an hour")
    if curve.length >= timedelta(days=1):
        step = timedelta(minutes=10)
        days, time = divmod(-(-curve.complete // step) * step, timedelta(days=1))
        hour, minute = divmod(time // timedelta(minutes=1), 60)
        later = {0: "", 1: " of the next day"}.get(days, f" {days} days later")
        is_end = (days, hour, minute) == (1, 0, 0)
        return "a day is complete at its end" if is_end else f"a day is complete by {hour:02}:{minute:02}{later}"
    minutes = -(-(curve.complete - curve.length) // timedelta(minutes=1))
    return f"an hour is complete {minutes} min after its end" if minutes > 0 else "an hour is complete at its end"


# -- watched buckets ---------------------------------------------------------------------------------------------------


def watched(
    observed: pd.DataFrame, runs: np.ndarray, length: timedelta, at: datetime, settling: timedelta = SETTLING
) -> dict[datetime, Line]:
    """The newest buckets that had settled at the moment `at`, and at which runs looked from before their end until late
    in their settling.

    `observed` holds every count that was ever known of a bucket: [bucket, observed_at, value], where a count that did
    not change is not repeated; `runs` are the moments (datetime64) of all runs that looked. A bucket is settled
    `settling` after its end, and counts that came later are no part of its arrival.
    """
    return dict(_watched(observed, runs, length, at, settling))


def glimpsed(
    observed: pd.DataFrame, runs: np.ndarray, length: timedelta, at: datetime, settling: timedelta = SETTLING
) -> dict[datetime, Glimpses]:
    """What runs saw in the newest buckets while these filled, of buckets that have not settled at the moment `at`: no
    rows before the first count. `observed` and `runs` as for `watched`."""
    runs, found = np.unique(runs.astype("M8[us]")), {}
    young = observed[observed["bucket"] > at - length - settling]
    for bucket, own in young.groupby("bucket"):
        start, moments = np.datetime64(bucket, "us"), own["observed_at"].to_numpy().astype("M8[us]")
        looked = runs[(runs >= start) & (runs < start + np.timedelta64(length)) & (runs <= np.datetime64(at))]
        if len(looked):
            order, counts = np.argsort(moments), own["value"].to_numpy(dtype=float)
            before = np.searchsorted(moments[order], looked, side="right")
            found[start.item()] = Glimpses(looked, np.append(0.0, counts[order])[before])
    return found


def _watched(
    observed: pd.DataFrame, runs: np.ndarray, length: timedelta, at: datetime, settling: timedelta
) -> Iterator[tuple[datetime, Line]]:
    runs = np.unique(runs.astype("M8[us]"))
    buckets = observed["bucket"].to_numpy().astype("M8[us]")
    order = np.lexsort((observed["observed_at"].to_numpy(), buckets))
    buckets, moments = buckets[order], observed["observed_at"].to_numpy().astype("M8[us]")[order]
    values = observed["value"].to_numpy(dtype=float)[order]
    horizon = np.timedelta64(length + settling)
    starts, firsts = np.unique(buckets, return_index=True)
    ends = np.append(firsts[1:], len(buckets))
    end, late = length / timedelta(hours=1), (length + min(settling / 2, timedelta(days=1))) / timedelta(hours=1)
    settled = np.flatnonzero(starts + horizon <= np.datetime64(at))[-MOST:]
    for i in settled:
        part = slice(firsts[i], ends[i])
        looked = runs[np.searchsorted(runs, starts[i]) : np.searchsorted(runs, starts[i] + horizon, side="right")]
        known = np.searchsorted(moments[part], looked, side="right") - 1
        looked, counts = looked[known >= 0], values[part][known[known >= 0]]
        ages = (looked - starts[i]) / np.timedelta64(1, "h")
        if len(ages) and ages[0] < end and ages[-1] >= late and counts[-1] > 0:
            yield starts[i].item(), Line(ages, np.clip(counts / counts[-1], 0.0, 1.0))


def _at(line: Line, ages: np.ndarray, longest: float, near: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The share at other ages than those at which it was looked: between two looks it was somewhere between the shares
    that they found (most likely, at least, at most). NaN between looks that are further apart than `longest` hours.
    A look of `near` hours later or earlier counts as one of that age."""
    looked, shares = np.append(0.0, line.ages), np.append(0.0, line.shares)
    before = np.searchsorted(looked, ages + near, side="right") - 1
    after = np.minimum(np.searchsorted(looked, ages - near, side="left"), len(looked) - 1)
    unknown = looked[after] - looked[before] > longest
    least, most = np.minimum(shares[before], shares[after]), np.maximum(shares[before], shares[after])
    likely, least, most = (np.where(unknown, np.nan, found) for found in (np.interp(ages, looked, shares), least, most))
    return likely, least, most


def _longest_gap(lines: list[Line], hours: float) -> float:
    """The longest time between two looks that is still watching: a few times the usual one."""
    usual = float(np.median(np.concatenate([np.diff(line.ages, prepend=0.0) for line in lines])))
    return max(4 * usual, hours / 4)


def _completed(line: Line) -> float:
    """The age at which a run first found the bucket complete for good, hours."""
    lacking = np.flatnonzero(line.shares < COMPLETE)
    return float(line.ages[min(lacking[-1] + 1, len(line.ages) - 1)] if len(lacking) else line.ages[0])


# -- the band ----------------------------------------------------------------------------------------------------------


def _grid(length: float, horizon: float) -> np.ndarray:
    """Ages in hours: even steps within the bucket, ever longer ones behind its end."""
    return np.concatenate([np.linspace(0, length, _STEPS + 1), np.geomspace(length, horizon, _STEPS + 1)[1:]])


def _band(shares: np.ndarray, side: int) -> np.ndarray:
    """The middle of the shares (side 0), or the limit below (-1) or above it (1), at each age. NaN at ages of which too
    few buckets tell."""
    known = np.isfinite(shares).sum(axis=0) >= LEAST
    found = np.full(shares.shape[1], np.nan)
    angles = np.arcsin(np.sqrt(shares[:, known]))
    middle = np.nanmedian(angles, axis=0)
    if side:
        errors = side * (angles - middle)
        spread = np.maximum(_LEAST_DEVIATION, 1.4826 * np.nanmedian(np.abs(errors), axis=0))
        second = np.sort(np.where(np.isnan(errors), -np.inf, errors), axis=0)[-2]
        middle = middle + side * np.maximum(_WIDTH * spread, second)
    found[known] = np.sin(np.clip(middle, 0, np.pi / 2)) ** 2
    return found


def _rising(line: np.ndarray, *, lower: bool = False) -> np.ndarray:
    """The line made never to fall, downwards or upwards; NaN stays NaN."""
    if lower:
        return np.where(np.isnan(line), np.nan, np.fmin.accumulate(line[::-1])[::-1])
    return np.where(np.isnan(line), np.nan, np.fmax.accumulate(line))
