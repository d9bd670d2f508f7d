"""Objectives in sentences, for terminals, incidents and pages alike. Documents in, words out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from checks import phrases
from checks.objectives.budget import Burn

Document = Mapping[str, Any]
_MINUTE, _DAY = timedelta(minutes=1), 86_400
_LAST = {timedelta(hours=1): "hour", timedelta(days=1): "day"}
_GAP = 0.01  # a window of which no more than this part is unknown is told as it is


def attained(one: Document, days: int) -> str:
    """'99.31 %', '98 % of 2 d 4 h' where no more was measured, or 'not measured'."""
    each = next(each for each in one["attainment"] if each["days"] == days)
    if each["percent"] is None:
        return "not measured"
    share = phrases.percent(each["percent"], apart_from=(one["target"],))
    return share if _is_whole(each) else f"{share} of {phrases.duration(_measured(each))}"


def left(one: Document) -> str:
    """'4 h 12 min of 7 h 12 min left', 'overspent by 3 h, allowed 7 h 12 min'."""
    allowed, rest = (timedelta(seconds=one["budget"][key]) for key in ("allowed_seconds", "left_seconds"))
    if rest < timedelta(0):
        return f"overspent by {phrases.duration(_to_the_minute(-rest))}, allowed {phrases.duration(allowed)}"
    if rest == timedelta(0):
        return f"all of {phrases.duration(allowed)} spent"
    return f"{phrases.duration(_to_the_minute(rest))} of {phrases.duration(allowed)} left"


def standing(one: Document) -> str | None:
    """What there is to say of a budget that is not simply kept: what is left, or why nothing can be said of it."""
    if one["standing"] == "kept":
        return None
    if one["standing"] == "unknown":
        return "nothing was measured in 30 days"
    if one["standing"] == "early":
        month = next(each for each in one["attainment"] if each["days"] == 30)
        return f"too early to say: measured for {phrases.duration(_measured(month))} of 30 d"
    return left(one)


def since(one: Document, days: int = 30) -> str | None:
    """How much of a window was measured, and since when where it was not from the start; None where nearly all was."""
    each = next(each for each in one["attainment"] if each["days"] == days)
    known = each["since"] and datetime.fromisoformat(each["since"])
    if not known or _is_whole(each):
        return None
    told = f"{phrases.duration(_measured(each))} of {days} d were measured, the rest counts neither way"
    is_new = one["attainment"][-1]["since"] == each["since"]  # else something was known before the window
    return f"known since {phrases.moment(known)}: {told}" if is_new else told


def _is_whole(window: Document) -> bool:
    """Whether nearly all of the window was measured."""
    return window["unmeasured_seconds"] <= _GAP * window["days"] * _DAY


def _measured(window: Document) -> timedelta:
    return _to_the_minute(timedelta(seconds=window["met_seconds"] + window["missed_seconds"]))


def _to_the_minute(length: timedelta) -> timedelta:
    """From one minute on: seconds are no matter beside days."""
    return length if length < _MINUTE else length // _MINUTE * _MINUTE


def burning(one: Document) -> str | None:
    """How fast the budget goes, where that is an alert."""
    burn = next((each for each in one["burn"] if each["burns"]), None)
    if burn is None:
        return None
    window, missed = timedelta(seconds=burn["window_seconds"]), timedelta(seconds=burn["missed_seconds"])
    times = phrases.number(round(burn["rate"], 1))
    return f"burns {times} times as fast as it may: {_missed(missed, window)}"


def of_burn(level: str, burn: Burn) -> str:
    """The sentence of an alert: 'fresh was missed for 1 h of the last 6 h, 16.7 times what its error budget allows'."""
    times = phrases.number(round(burn.rate or 0.0, 1))
    return f"{level} was {_missed(burn.missed, burn.alert.window)}, {times} times what its error budget allows"


def _missed(missed: timedelta, window: timedelta) -> str:
    last = _LAST.get(window) or phrases.duration(window)
    return f"missed for {phrases.duration(_to_the_minute(missed))} of the last {last}"


# -- response ----------------------------------------------------------------------------------------------------------


def took(step: Document) -> str:
    """'3 h 10 min (median 40 min of 12; 10 kept, 2 missed)', or that none is over."""
    promised = f"{step['kept']} kept, {step['missed']} missed" if step["kept"] or step["missed"] else ""
    if step["mean_seconds"] is None:
        return f"none yet ({promised})" if promised else "none yet"
    mean, middle = (phrases.duration(timedelta(seconds=round(step[key]))) for key in ("mean_seconds", "median_seconds"))
    of = f"median {middle} of {step['count']}" if step["count"] > 1 else "one"
    return f"{mean} ({'; '.join(part for part in (of, promised) if part)})"


def often(record: Document) -> str:
    """'12 incidents, 1.4 a week, 2 of them open'."""
    number = record["incidents"]
    parts = [f"{number:,} incident{'' if number == 1 else 's'}"]
    if record["per_week"] is not None and number:
        parts.append(f"{phrases.number(record['per_week'])} a week")
    if record["open"]:
        parts.append(f"{record['open']:,} open")
    return ", ".join(parts)
