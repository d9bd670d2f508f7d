"""Judging service levels that are about more than this run: how often something comes, and what runs of the last 30
days have found. Pure: `Facts.past` holds what earlier runs have left.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import pairwise

from checks import phrases
from checks.eventtime import bucket_of, buckets_between, wall_clock
from checks.facts import WINDOW, Facts
from checks.level_evidence import Found, NotEvaluated, age_of, newest
from checks.records import EventTime, Metric, Status
from checks.service_levels import (
    AvailabilityExpected,
    ErrorRateExpected,
    FrequencyExpected,
    OfThePast,
    ThroughputExpected,
)

#: a share of fewer runs says nothing
LEAST_RUNS = 10
#: a break in the rhythm counts for so many cadences
CADENCES = 7
_ROWS = Metric("bucket_rows")
_UNITS = {timedelta(seconds=1): "second", timedelta(minutes=1): "minute", timedelta(hours=1): "hour"} | {
    timedelta(days=1): "day",
    timedelta(weeks=1): "week",
}


def expected(expects: OfThePast) -> str:
    """What a level asks for, in words."""
    match expects:
        case FrequencyExpected(cadence=cadence):
            return f"something new every {phrases.duration(cadence)}"
        case AvailabilityExpected(least=least):
            return f"at least {phrases.percent(least)}"
        case ErrorRateExpected(most=most):
            return f"at most {phrases.percent(most)}"
        case ThroughputExpected(rows=rows, per=per):
            return f"at least {_rate(rows, per)}"


def found(expects: OfThePast, facts: Facts) -> Found:
    """What the level came to. Raises NotEvaluated."""
    match expects:
        case FrequencyExpected():
            return _frequency(expects, facts)
        case AvailabilityExpected():
            return _availability(expects, facts)
        case ErrorRateExpected():
            return _error_rate(expects, facts)
        case ThroughputExpected():
            return _throughput(expects, facts)


# -- by buckets --------------------------------------------------------------------------------------------------------


def _frequency(expects: FrequencyExpected, facts: Facts) -> Found:
    """A bucket can only come when it is over, so the newest row may be one bucket older than the cadence. A break
    between two buckets is a broken promise too, for as long as seven cadences."""
    event_time, level = newest(expects.column, facts)
    waited, observed, asked = timedelta(seconds=level.value), age_of(level), expected(expects)
    limit = expects.cadence + min(expects.cadence, event_time.grain.length)
    if waited > limit:
        reason = f"nothing new for {phrases.duration(waited)}, expected {asked} (late after {phrases.duration(limit)})"
        return Found(False, observed, asked, reason, level.value, level.measured_at)
    breaks = _breaks(_rows(facts), expects.cadence, event_time, facts)
    told = [f"between {first:%Y-%m-%d %H:%M} and {then:%Y-%m-%d %H:%M}" for first, then in breaks]
    reason = f"nothing came {phrases.listed(told, 3)}, expected {asked}"
    if breaks:
        observed += f", after {len(breaks)} break{'s' if len(breaks) > 1 else ''}"
    return Found(not breaks, observed, asked, reason, level.value, level.measured_at)


def _breaks(
    rows: Mapping[datetime, float], cadence: timedelta, event_time: EventTime, facts: Facts
) -> list[tuple[datetime, datetime]]:
    """Stretches of known and empty buckets between two that are not, longer than the cadence: end of the one before,
    start of the one after."""
    length = event_time.grain.length
    since = _filling(event_time, facts) - min(CADENCES * cadence, WINDOW)
    filled = sorted(bucket for bucket, count in rows.items() if count > 0 and bucket >= since)
    return [
        (first + length, then)
        for first, then in pairwise(filled)
        if then - first > max(cadence, length)
        and all(rows.get(each) == 0 for each in _between(first, then, event_time))
    ]


def _throughput(expects: ThroughputExpected, facts: Facts) -> Found:
    """The newest full stretch of buckets that is as long as the unit: up to the bucket of the newest row, which may
    still grow, but no longer ago than two buckets, so that a feed which has dried up is found out."""
    event_time, level = newest(expects.column, facts)
    length, rows = event_time.grain.length, _rows(facts)
    growing = max((bucket for bucket, count in rows.items() if count > 0), default=_filling(event_time, facts))
    end = min(max(growing, _filling(event_time, facts) - 2 * length), _filling(event_time, facts))
    buckets = max(1, -(-expects.per // length))
    window = [end - step * length for step in range(buckets, 0, -1)]
    if any(bucket not in rows for bucket in window):
        span = phrases.duration(buckets * length)
        raise NotEvaluated(Status.SKIPPED, f"the rows of the {span} before {end:%Y-%m-%d %H:%M} are not known")
    counted = sum(rows[bucket] for bucket in window)
    per_unit = counted * (expects.per / (buckets * length))
    observed, asked = _rate(per_unit, expects.per), expected(expects)
    reason = f"{observed} from {window[0]:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}, expected {asked}"
    return Found(per_unit >= expects.rows, observed, asked, reason, per_unit, level.measured_at)


def _rows(facts: Facts) -> dict[datetime, float]:
    """The rows of every bucket that is known, as this run saw it where it looked."""
    return {**facts.past.rows, **facts.buckets(_ROWS)}


def _filling(event_time: EventTime, facts: Facts) -> datetime:
    return bucket_of(wall_clock(facts.measured.source_now, event_time), event_time.grain)


def _between(first: datetime, then: datetime, event_time: EventTime) -> list[datetime]:
    return buckets_between(first, then, event_time.grain)[1:-1]


def _rate(rows: float, per: timedelta) -> str:
    return f"{phrases.number(round(rows, 2))} rows per {_UNITS.get(per, phrases.duration(per))}"


# -- by runs -----------------------------------------------------------------------------------------------------------


def _availability(expects: AvailabilityExpected, facts: Facts) -> Found:
    """This run has reached the warehouse, else nobody would judge."""
    asked_runs, reached = facts.past.asked + 1, facts.past.reached + 1
    share = _share(reached, asked_runs)
    told, asked = phrases.percent(share, apart_from=(expects.least,)), expected(expects)
    missed = f"{asked_runs - reached:,} of the {asked_runs:,} runs of the last 30 days did not reach the warehouse"
    reason = f"{missed}: {told} available, expected {asked}"
    return Found(share >= expects.least, f"{told} of {asked_runs:,} runs", asked, reason, share)


def _error_rate(expects: ErrorRateExpected, facts: Facts) -> Found:
    failing, runs = facts.past.failing.get(expects.column, 0), facts.past.reached
    share = _share(failing, runs)
    told, asked = phrases.percent(share, apart_from=(expects.most,)), expected(expects)
    about = f" on {expects.column}" if expects.column else ""
    found_broken = f"{failing:,} of the {runs:,} runs of the last 30 days found a rule{about} broken"
    reason = f"{found_broken}: {told}, expected {asked}"
    return Found(share <= expects.most, f"{told} of {runs:,} runs", asked, reason, share)


def _share(part: int, runs: int) -> float:
    if runs < LEAST_RUNS:
        said = f"{runs} run{'' if runs == 1 else 's'} in the last 30 days: a share is taken from {LEAST_RUNS} on"
        raise NotEvaluated(Status.LEARNING, said)
    return 100 * part / runs
