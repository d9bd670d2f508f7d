"""Judging what is still on its way: the bucket that is filling, and how long nothing new has come. Pure.

Both are learned, so both warn and never fail. Moments are naive, by the dataset's own clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from checks import phrases
from checks.detect import arrival, business
from checks.detect.arrival import Band, Curve
from checks.detect.business import Cadence
from checks.records import Dimension, EventTime, Grain, Result, Severity, Status

FILLING, SILENCE = "learned.arrival", "learned.cadence"


@dataclass(frozen=True, slots=True)
class Filling:
    """A bucket that is not complete yet: what it holds now, and what it should hold in the end (None while that is not
    learned). `earlier` is the look before (a while ago): its moment, and what the bucket held then."""

    bucket: datetime
    rows: float
    whole: Band | None
    earlier: tuple[datetime, float] | None = None


def filling(
    curve: Curve, buckets: Sequence[Filling], now: datetime, event_time: EventTime, doubt: str | None = None
) -> Result:
    """Whether a bucket of its age usually holds that many rows: the oldest filling bucket that does not, else the
    newest that something can be told of. It warns at the second look in a row: there are many looks at a day, and each
    would have a chance to be wrong. `doubt` is why load times are not used."""
    grain = event_time.grain
    if not curve.is_learned:
        said = f"{arrival.sentence(curve)}; {doubt}" if doubt else arrival.sentence(curve)
        return _result(FILLING, Dimension.COVERAGE, Status.LEARNING, reason=said)
    if all(each.whole is None for each in buckets):
        reason = f"learning how many rows {_a(grain)} has" if buckets else f"no {grain} is filling"
        return _result(FILLING, Dimension.COVERAGE, Status.LEARNING if buckets else Status.SKIPPED, reason=reason)
    told = [(each, each.whole, band) for each in buckets if each.whole for band in [_band(curve, each, now)] if band]
    if not told:
        reason = f"at {now:%H:%M} nothing can be told of {_a(grain)} yet: hardly anything has usually come by then"
        return _result(FILLING, Dimension.COVERAGE, Status.SKIPPED, reason=reason)
    each, whole, band = next((one for one in told if _side(one[0].rows, one[2])), told[-1])
    by = f"{now:%H:%M}" if now.date() == each.bucket.date() else f"{now:%Y-%m-%d %H:%M}"
    observed = f"{_rows(each.rows)} by {by}"
    expected = _expected(band)
    evidence = {"observed": observed, "expected": expected, "value": each.rows, "bucket": each.bucket}
    side = _side(each.rows, band)
    if not side:
        return _result(FILLING, Dimension.COVERAGE, Status.PASS, **evidence)
    if side != _earlier_side(curve, each, whole):
        reason = "unusual for the first time: the next look tells whether it stays so"
        return _result(FILLING, Dimension.COVERAGE, Status.SKIPPED, reason=reason, **evidence)
    of = phrases.bucket(each.bucket, hourly=grain is Grain.HOUR)
    reason = f"{_rows(each.rows)} of {of} by {by}, expected {expected}{_outlook(curve, each, whole, now)}"
    return _result(FILLING, Dimension.COVERAGE, Status.WARN, reason=reason, **evidence)


def silence(cadence: Cadence | None, last: datetime | None, now: datetime, event_time: EventTime) -> Result:
    """Whether nothing new has come for longer than usual, counted in the feed's own business time."""
    if cadence is None or last is None:
        needs = f"{business.LEAST} arrivals in at least {business.LEAST_DAYS} days are needed"
        return _result(SILENCE, Dimension.TIMELINESS, Status.LEARNING, reason=f"learning when new rows come: {needs}")
    waited = cadence.elapsed(last, now)
    evidence = {
        "observed": f"nothing new for {phrases.duration(waited)} of its working time",
        "expected": f"something within {phrases.duration(cadence.limit)}",
        "value": waited.total_seconds(),
    }
    if waited <= cadence.limit:
        return _result(SILENCE, Dimension.TIMELINESS, Status.PASS, **evidence)
    late = cadence.late_from(last)
    since = f", late since {late:%Y-%m-%d %H:%M}" if late else ""
    reason = f"nothing new since {last:%Y-%m-%d %H:%M} ({event_time.zone}){since}; usually {business.sentence(cadence)}"
    return _result(SILENCE, Dimension.TIMELINESS, Status.WARN, reason=reason, **evidence)


def _side(rows: float, band: Band) -> int:
    """-1 below the band, 1 above it, 0 within."""
    return int(rows > band.upper) - int(rows < band.lower)


def _earlier_side(curve: Curve, each: Filling, whole: Band) -> int:
    if each.earlier is None:
        return 0
    moment, rows = each.earlier
    band = arrival.filling(curve, moment - each.bucket, whole)
    return _side(rows, band) if band else 0


def _band(curve: Curve, each: Filling, now: datetime) -> Band | None:
    return arrival.filling(curve, now - each.bucket, each.whole) if each.whole else None


def _expected(band: Band) -> str:
    lower, upper = (f"{round(limit):,}" for limit in (band.lower, band.upper))
    return f"between {lower} and {upper} rows by then"


def _outlook(curve: Curve, each: Filling, whole: Band, now: datetime) -> str:
    forecast = arrival.forecast(curve, each.bucket, now, each.rows, whole)
    if forecast is None or not forecast.behind:
        return ""
    step = timedelta(minutes=10 if curve.length >= timedelta(days=1) else 1)
    behind = -(-forecast.behind // step) * step
    complete = forecast.complete_at - forecast.behind + behind
    return f"; it is about {phrases.duration(behind)} behind, which makes it complete by {complete:%Y-%m-%d %H:%M}"


def _rows(count: float) -> str:
    return f"{round(count):,} row{'' if round(count) == 1 else 's'}"


def _a(grain: Grain) -> str:
    return "an hour" if grain is Grain.HOUR else "a day"


def _result(check: str, dimension: Dimension, status: Status, **evidence: object) -> Result:
    return Result(check, dimension, status, Severity.WARNING, learned=True, **evidence)  # ty: ignore[invalid-argument-type]
