"""Judging service levels: how old, how often, by when, for how long. Pure, as all of judging; `judge` asks here.

What can not be told (no event time, nothing measured) is an error or no_data of that level alone, never a failure.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from checks import eventtime, judge_track_record, phrases
from checks.facts import Facts, Level
from checks.level_evidence import Found, NotEvaluated, age_of, event_time_of, newest
from checks.records import Check, EventTime, FreshnessExpected, Metric, Result, Status
from checks.scalars import moment_of
from checks.service_levels import (
    DeadlineExpected,
    LifecycleExpected,
    OfThePast,
    RetentionExpected,
    ServiceLevel,
)
from checks.verdicts import broken, nothing_there, result

_CENTURY = 100 * 365 * 86_400


def judged(check: Check, expects: FreshnessExpected | ServiceLevel, facts: Facts) -> Result:
    """The result of a service level at the moment of the facts."""
    try:
        found = _found(expects, facts)
    except NotEvaluated as error:
        is_empty = error.status is Status.NO_DATA
        told = nothing_there(check, str(error)) if is_empty else result(check, error.status, reason=str(error))
        return replace(told, expected=expected(expects))
    return result(
        check,
        Status.PASS if found.ok else broken(check),
        observed=found.observed,
        expected=found.expected,
        reason=None if found.ok else found.reason,
        value=found.value,
        measured_at=found.measured_at or facts.at,
    )


def expected(expects: FreshnessExpected | ServiceLevel) -> str:
    """What a level asks for, in words."""
    if isinstance(expects, OfThePast):
        return judge_track_record.expected(expects)
    match expects:
        case FreshnessExpected(limit=limit) | RetentionExpected(limit=limit):
            return f"at most {phrases.duration(limit)}"
        case DeadlineExpected(deadline=deadline):
            return f"the data of the day before by {deadline.time:%H:%M} ({deadline.zone})"
        case LifecycleExpected(stage="generalAvailability", moment=moment):
            return f"available from {phrases.moment(moment.astimezone(UTC))}"
        case LifecycleExpected(moment=moment):
            return f"in service until {phrases.moment(moment.astimezone(UTC))}"


def _found(expects: FreshnessExpected | ServiceLevel, facts: Facts) -> Found:
    if isinstance(expects, OfThePast):
        return judge_track_record.found(expects, facts)
    match expects:
        case FreshnessExpected():
            return _freshness(expects, facts)
        case DeadlineExpected():
            return _deadline(expects, facts)
        case RetentionExpected():
            return _retention(expects, facts)
        case LifecycleExpected():
            return _lifecycle(expects, facts)


# -- by the age of the newest row --------------------------------------------------------------------------------------


def _freshness(expects: FreshnessExpected, facts: Facts) -> Found:
    _, level = newest(expects.column, facts)
    age, observed, asked = timedelta(seconds=level.value), age_of(level), expected(expects)
    late = f"{phrases.duration(age - expects.limit)} late: the newest row is {observed}, expected {asked}"
    return Found(age <= expects.limit, observed, asked, late, level.value, level.measured_at)


def _deadline(expects: DeadlineExpected, facts: Facts) -> Found:
    deadline = expects.deadline
    event_time, level = newest(expects.column, facts)
    last = _day_of(level, event_time, facts)
    wanted = deadline.before(deadline.latest(facts.at))
    asked = f"the data of {wanted} by {deadline.time:%H:%M} ({deadline.zone})"
    observed = f"the newest row is of {last}"
    missing = deadline.after(last)  # the first day that did not come: since its deadline the data are late
    due = deadline.due(deadline.after(missing))
    late = phrases.duration(facts.at - due)
    reason = f"data of {missing} was due {_when(due, expects, facts)}, is {late} late: {observed}"
    is_there = last >= wanted
    lateness = 0.0 if is_there else (facts.at - due).total_seconds()
    return Found(is_there, observed, asked, reason, lateness, level.measured_at)


def _when(due: datetime, expects: DeadlineExpected, facts: Facts) -> str:
    """The time alone for a deadline of today."""
    deadline = expects.deadline
    local, today = deadline.local(due), deadline.local(facts.at).date()
    return f"{local:%H:%M} ({deadline.zone})" if local.date() == today else f"{local:%Y-%m-%d %H:%M} ({deadline.zone})"


def _day_of(level: Level, event_time: EventTime, facts: Facts) -> date:
    """The day of the newest row by the clocks of the event time. The age is a number of seconds, so it is a little
    inexact, and that of a date counts from the end of its day. A century is as late as any longer time."""
    earlier = timedelta(hours=12) if event_time.is_date else -timedelta(milliseconds=1)
    moment = facts.measured.source_now - timedelta(seconds=min(level.value, _CENTURY)) - earlier
    return moment.astimezone(ZoneInfo(event_time.zone)).date()


# -- by the age of the oldest row --------------------------------------------------------------------------------------


def _retention(expects: RetentionExpected, facts: Facts) -> Found:
    """As of the moment when the oldest row was looked for: it may have been deleted since."""
    event_time = event_time_of(expects.column, facts)
    metric = Metric("min", event_time.column)
    problem, level = facts.problem(metric), facts.level(metric)
    if problem is not None:
        raise NotEvaluated(Status.ERROR, problem.message)
    if facts.is_empty or (level is not None and math.isnan(level.value)):
        raise NotEvaluated(Status.NO_DATA, "there is no row to tell the age of")
    if level is None:
        kind = facts.columns[event_time.column].type
        raise NotEvaluated(Status.ERROR, f"the oldest row can not be found: '{event_time.column}' is {kind}")
    oldest = moment_of(level.value)
    age = eventtime.age(oldest, event_time, level.measured_at)
    observed = f"the oldest row is {phrases.duration(age)} old (of {phrases.bucket(oldest)})"
    asked = expected(expects)
    reason = f"kept {phrases.duration(age - expects.limit)} too long: {observed}, expected {asked}"
    return Found(age <= expects.limit, observed, asked, reason, age.total_seconds(), level.measured_at)


# -- by the clock alone ------------------------------------------------------------------------------------------------


def _lifecycle(expects: LifecycleExpected, facts: Facts) -> Found:
    since = phrases.duration(abs(facts.at - expects.moment))
    on = phrases.moment(expects.moment.astimezone(UTC))
    is_over = facts.at >= expects.moment
    if expects.stage == "generalAvailability":
        observed = f"available since {on}" if is_over else f"available in {since}"
        return Found(is_over, observed, expected(expects), f"not generally available before {on}, in {since}")
    word = "support" if expects.stage == "endOfSupport" else "life"
    observed = f"the end of its {word} was {since} ago" if is_over else f"the end of its {word} is in {since}"
    return Found(not is_over, observed, expected(expects), f"{observed} ({on})")
