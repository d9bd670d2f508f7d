"""Judging what is said of the series of buckets: a change between two of them, and an arrival by a time of day.

Read from what was measured already, with the buckets of earlier runs where this one read only the newest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from checks import phrases, wording
from checks.eventtime import bucket_of, wall_clock
from checks.records import (
    ArrivalExpected,
    ChangeExpected,
    Check,
    EventTime,
    Grain,
    Measured,
    Metric,
    Problem,
    Result,
    Status,
    Threshold,
)
from checks.verdicts import holds, judged, nothing_there, result

if TYPE_CHECKING:
    from checks.facts import Facts

_ROWS = Metric("bucket_rows")
_NO_EVENT_TIME = "is about days or hours, but the dataset has no event time; declare vitals.eventTime in the contract"


def buckets_before(checks: Sequence[Check], measured: Measured) -> datetime | None:
    """The first bucket that the checks need from earlier runs; None where they need none."""
    wanted = [_reach(check) for check in checks]
    most = max((reach for reach in wanted if reach), default=0)
    if not most or measured.event_time is None or measured.read_from is None:
        return None
    return measured.read_from - most * measured.event_time.grain.length


def change(check: Check, expects: ChangeExpected, facts: Facts) -> Result:
    """The newest closed bucket against the one before it, in percent of that."""
    event_time, metric = facts.measured.event_time, _metric(expects)
    if event_time is None:
        return result(check, Status.ERROR, reason=_NO_EVENT_TIME)
    problem = facts.problem(metric)
    if problem is not None:
        return _error(check, problem)
    newest = facts.filling_from(event_time) - event_time.grain.length
    series = facts.series(metric)
    now, before = series.get(newest), series.get(newest - event_time.grain.length)
    if facts.is_empty:
        return nothing_there(check, "the table has no rows")
    if before is None or now is None:
        missing = "only one closed" if now is not None else "no closed"
        reason = f"{missing} {event_time.grain} is known, and a change is between two"
        return result(check, Status.LEARNING, reason=reason)
    where = wording.when(newest, hourly=event_time.grain is Grain.HOUR)
    if math.isnan(now) or math.isnan(before):
        return nothing_there(check, f"{_name(expects)} was not there{where} or before", newest)
    return replace(_changed(check, expects, (before, now), where), bucket=newest, measured_at=facts.at)


def _changed(check: Check, expects: ChangeExpected, values: tuple[float, float], where: str) -> Result:
    before, now = values
    percent = 0.0 if now == before else 100 * (now - before) / abs(before) if before else math.inf
    ok = holds(expects.threshold, percent)
    observed = f"{_signed(percent, expects.threshold)}, from {phrases.number(before)} to {phrases.number(now)}"
    about = f"{_name(expects)} changed by {observed}{where}"
    value = percent if math.isfinite(percent) else None
    return judged(check, ok, observed, asked_of_change(expects), about, value=value)


def asked_of_change(expects: ChangeExpected) -> str:
    """By how much the number may differ from that of the bucket before."""
    return phrases.expectation(expects.threshold, _signed)


def arrival(check: Check, expects: ArrivalExpected, facts: Facts) -> Result:
    """The newest day whose deadline has passed, against the average of the days before it."""
    event_time = facts.measured.event_time
    if event_time is None:
        return result(check, Status.ERROR, reason=_NO_EVENT_TIME)
    if event_time.grain is not Grain.DAY:
        return result(check, Status.ERROR, reason="arrival is about days, and the dataset is measured by the hour")
    problem = facts.problem(_ROWS)
    if problem is not None:
        return _error(check, problem)
    if facts.is_empty:
        return nothing_there(check, "the table has no rows")
    due = newest_due(expects, facts.measured.source_now, event_time)
    series = facts.series(_ROWS)
    usual = [series[day] for back in range(1, expects.buckets + 1) if (day := due - timedelta(days=back)) in series]
    if len(usual) < expects.buckets:
        reason = f"{len(usual)} of the {expects.buckets} days before {phrases.bucket(due)} are known"
        return result(check, Status.LEARNING, reason=reason)
    return replace(
        _arrived(check, expects, series.get(due, 0.0), sum(usual) / len(usual)), bucket=due, measured_at=facts.at
    )


def newest_due(expects: ArrivalExpected, now: datetime, event_time: EventTime) -> datetime:
    """The newest day that has to be there: its deadline is the time of day on the day after it."""
    local = now.astimezone(ZoneInfo(expects.zone)).replace(tzinfo=None)
    first = local.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    due = first if local.time() >= expects.by else first - timedelta(days=1)
    closed = bucket_of(wall_clock(now, event_time), Grain.DAY) - timedelta(days=1)
    return min(due, closed)  # a day of a zone further west may not be over


def _arrived(check: Check, expects: ArrivalExpected, rows: float, usual: float) -> Result:
    share = 100 * rows / usual if usual else 100.0
    ok = rows >= expects.share * usual
    observed = (
        f"{phrases.number(rows)} rows, {phrases.percent(share, (100 * expects.share,))} of the usual {_round(usual)}"
    )
    return judged(check, ok, observed, wording.by_then(expects), value=share)


def _reach(check: Check) -> int:
    """How many buckets before the newest ones a check looks at."""
    match check.expects:
        case ArrivalExpected(buckets=buckets):
            return buckets + 3
        case ChangeExpected():
            return 2
        case _:
            return 0


def _metric(expects: ChangeExpected) -> Metric:
    return Metric("bucket_rows" if expects.metric == "row_count" else expects.metric, expects.column)


def _name(expects: ChangeExpected) -> str:
    return f"{expects.metric} of {expects.column}" if expects.column else expects.metric


def _signed(percent: float, apart_from: Threshold | None = None) -> str:
    if math.isinf(percent):
        return "more than any percentage"
    sign = "+" if percent > 0 else ""
    return sign + phrases.percent(percent, apart_from.values if apart_from else ())


def _round(usual: float) -> str:
    return phrases.number(round(usual, 1))


def _error(check: Check, problem: Problem) -> Result:
    return result(check, Status.ERROR, reason=problem.message)
