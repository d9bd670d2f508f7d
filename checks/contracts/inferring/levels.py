"""How much comes and how often: rules about volume, and service levels, from the measured past.

A promise is never made of an outage: where the table is older now than the past explains, or a day is empty, nothing is
promised, and a comment says what would have been.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from checks import phrases
from checks.contracts.importing.draft import Left
from checks.contracts.inferring.columns import FEWEST_ROWS
from checks.contracts.inferring.evidence import DAY, FEWEST_DAYS, Evidence, counted
from checks.eventtime import bucket_of, wall_clock
from checks.records import Grain, Metric

_HOUR = timedelta(hours=1)
#: so many stretches with rows make a rhythm
_FEWEST = 7
_HEADROOM = 1.5
_HOURS_OF_A_RHYTHM = 14 * 24


@dataclass
class Levels:
    """Rules of the table and service levels, each with how it is known; `left` is what is not promised, and why."""

    rules: list[tuple[dict[str, Any], str]] = field(default_factory=list)
    levels: list[tuple[dict[str, Any], str]] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)


def levels(evidence: Evidence, table: str) -> Levels:
    """What the past says of volume, freshness and frequency."""
    made = Levels()
    if not evidence.rows:
        made.left.append(Left(table, "anything about values: it has no rows"))
        return made
    if evidence.event_time is None:
        made.left.append(Left(table, "freshness: there is no event time; declare vitals.eventTime"))
        _volume_of_table(made, evidence)
        return made
    _volume_of_buckets(made, evidence, table)
    _freshness(made, evidence, table)
    return made


# -- volume ------------------------------------------------------------------------------------------------------------


def _volume_of_table(made: Levels, evidence: Evidence) -> None:
    least = _rounded_down(evidence.rows / 2) if evidence.rows >= FEWEST_ROWS else 1
    rule = {"metric": "rowCount", "mustBeGreaterOrEqualTo": least, "severity": "warning"}
    made.rules.append((rule, f"{counted(evidence.rows, 'row')} now"))


def _volume_of_buckets(made: Levels, evidence: Evidence, table: str) -> None:
    """Half of what came on the poorest day, for each day."""
    grain = evidence.event_time.grain if evidence.event_time else Grain.DAY
    filling = bucket_of(_now(evidence), grain)
    closed = {bucket: rows for bucket, rows in evidence.series("bucket_rows").items() if bucket < filling}
    if len(closed) < _FEWEST:
        _volume_of_table(made, evidence)
        return
    poorest = min(closed.values())
    words = f"{len(closed):,} {grain}s"
    if not poorest:
        empty = sum(not rows for rows in closed.values())
        said = f"rows per {grain}: {empty:,} of the last {words} are empty"
        made.left.append(Left(table, said))
        _volume_of_table(made, evidence)
        return
    rule = {
        "metric": "rowCount",
        "mustBeGreaterOrEqualTo": _rounded_down(poorest / 2),
        "severity": "warning",
        "customProperties": [{"property": "vitals.scope", "value": "bucket"}],
    }
    made.rules.append((rule, f"{phrases.number(poorest)} at least on each of {words}"))


def _rounded_down(value: float) -> int:
    """Two significant digits, and at least 1."""
    step = 10 ** max(0, math.floor(math.log10(max(value, 1))) - 1)
    return max(1, int(value // step * step))


# -- freshness and frequency -------------------------------------------------------------------------------------------


def _freshness(made: Levels, evidence: Evidence, table: str) -> None:
    filled, width = evidence.survey.filled, _width(evidence)
    age = evidence.facts.level(Metric("freshness"))
    if age is None or len(filled) < _FEWEST:
        said = f"freshness: {counted(len(filled), _word(width))} with rows are too few to know a rhythm"
        made.left.append(Left(table, said))
        return
    now = timedelta(seconds=age.value)
    quiet = max(then - first for first, then in pairwise(filled)) + (width if width < DAY else timedelta())
    waited = max((timedelta(seconds=seconds) for seconds in _when_news_came(evidence)), default=timedelta())
    limit = _round(max(quiet, waited) * _HEADROOM)
    known = f"the longest stretch without rows was {phrases.duration(quiet)} in {_since(evidence)}"
    if waited > quiet:
        known = (
            f"the newest row was up to {phrases.duration(waited)} old before new ones came, in the runs that are kept"
        )
    if now > limit:
        said = (
            f"freshness: the newest row is {phrases.duration(now)} old now, while {known}; "
            f"if the table is late today, promise {phrases.duration(limit)}"
        )
        made.left.append(Left(table, said))
        return
    if len(filled) < 2 or filled[-1] - filled[0] < FEWEST_DAYS * DAY - width:
        made.left.append(Left(table, f"freshness: rows from {_since(evidence)} are too few to know a rhythm"))
        return
    made.levels.append(({"property": "freshness", **_length(limit)}, known))
    _frequency(made, evidence, now)


def _when_news_came(evidence: Evidence) -> list[float]:
    """How old the newest row was when it was last seen before a newer one came."""
    moments = [(observed - timedelta(seconds=age), age) for observed, age in evidence.ages]
    return [age for (newest, age), (then, _) in pairwise(moments) if then - newest > timedelta(seconds=1)]


def _frequency(made: Levels, evidence: Evidence, now: timedelta) -> None:
    """The cadence that the past has kept to: hourly, daily, or the longest stretch of days."""
    filled = evidence.survey.filled
    if _every_hour(evidence) and now <= 2 * _HOUR:
        made.levels.append(({"property": "frequency", **_length(_HOUR)}, f"rows in each of {len(filled):,} hours"))
        return
    closed = sorted({bucket_of(each, Grain.DAY) for each in filled if each < bucket_of(_now(evidence), Grain.DAY)})
    if len(closed) < _FEWEST:
        return
    cadence = max(then - first for first, then in pairwise(closed))
    if cadence <= 31 * DAY and now <= cadence + DAY:
        each = "each day" if cadence == DAY else f"every {cadence.days} days at least"
        known = f"rows on {each}, {_since(evidence)}"
        made.levels.append(({"property": "frequency", **_length(cadence)}, known))


def _every_hour(evidence: Evidence) -> bool:
    """Whether there are rows of each hour that is over."""
    over = bucket_of(_now(evidence), Grain.HOUR)
    closed = [hour for hour in evidence.survey.filled if hour < over]
    if _width(evidence) == DAY or not closed:
        return False
    hours = (over - closed[0]) // _HOUR
    return hours >= _HOURS_OF_A_RHYTHM and len(closed) == hours


def _now(evidence: Evidence) -> datetime:
    """The moment of the survey on the clock of the event time."""
    event_time = evidence.event_time
    return wall_clock(evidence.survey.measured.source_now, event_time) if event_time else datetime.min  # noqa: DTZ901 naive, as buckets are


def _width(evidence: Evidence) -> timedelta:
    return DAY if evidence.event_time and evidence.event_time.is_date else _HOUR


def _word(width: timedelta) -> str:
    return "day" if width == DAY else "hour"


def _since(evidence: Evidence) -> str:
    filled = evidence.survey.filled
    return counted((filled[-1] - filled[0]).days + 1, "day")


def _round(length: timedelta) -> timedelta:
    """Up to whole hours, beyond two days to whole days."""
    unit = _HOUR if length <= 2 * DAY else DAY
    return math.ceil(length / unit) * unit


def _length(length: timedelta) -> dict[str, Any]:
    if length % DAY:
        return {"value": length // _HOUR, "unit": "h"}
    return {"value": length // DAY, "unit": "d"}
