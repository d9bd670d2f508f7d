"""Findings, bands and labels in words, for results, messages and pages alike."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from checks import phrases, wording
from checks.learned.families import READINGS, family_of
from checks.records import Finding, Grain, Label, Metric

_OF = " of the rows"
_NOUNS = {"values": "different value", "rows": "row", "characters": "character"}


def sentence(finding: Finding, bucket: datetime, grain: Grain) -> str:
    """'612 rows on 2026-03-10, expected between 880 and 980 rows', or 'carrier = UA vanished on 2026-03-10: no rows,
    usually 15 % of the rows'."""
    when = "" if grain is Grain.TABLE else wording.when(bucket, hourly=grain is Grain.HOUR)
    turned = turn(finding, when)
    if turned:
        return turned
    about = wording.described(wording.Number(finding.metric, finding.value), amount(finding.metric, finding.value))
    if finding.drift:
        return f"{about}{when}: the level of the last days has moved away from {expected(finding)}"
    return f"{about}{when}, expected {expected(finding)}"


def turn(finding: Finding, when: str = "") -> str | None:
    """'carrier = UA vanished on 2026-03-10: no rows, usually 15 % of the rows'; None for what is more or less than it
    was."""
    if _vanished(finding):
        return f"{name_of(finding.metric)} vanished{when}: no rows, {expected(finding)}"
    if _new(finding):
        return f"{name_of(finding.metric)} is new{when}: {amount(finding.metric, finding.value)}, {expected(finding)}"
    return None


def expected(finding: Finding) -> str:
    """The band in words: 'between 880 and 980 rows', 'at most 1.2 % of the rows', 'exactly 16 rows'."""
    if _vanished(finding):
        return f"usually {amount(finding.metric, finding.expected)}"
    if _new(finding):
        return "never there before"
    return band(finding.metric, finding.lower, finding.upper)


def band(metric: Metric, lower: float, upper: float) -> str:
    """The same for a band without a value."""
    if math.isnan(lower) or math.isnan(upper):
        return "not known"
    whole = _is_whole(metric)
    if whole:
        lower, upper = float(math.ceil(lower - 1e-6)), float(math.floor(upper + 1e-6))
    if family_of(metric).only_up:
        return f"at most {amount(metric, upper)}"
    if upper - lower <= 1e-6 * max(1.0, abs(upper)):
        return f"exactly {amount(metric, upper)}"
    first = phrases.number(lower) if whole else amount(metric, lower).removesuffix(_OF)
    return f"between {first} and {amount(metric, upper)}"


def amount(metric: Metric, value: float) -> str:
    """A value as it is judged: '12.3 % of the rows', '925 rows', '2 h 10 min'."""
    unit = wording.Number(metric, value).unit
    if READINGS[metric.name].kind == "rate":
        return phrases.percent(round(100 * value, 6)) + ("" if metric.name == "true_rate" else _OF)
    if unit == "seconds":
        return phrases.duration(timedelta(seconds=value))
    if metric.name == "mean_length":
        return f"{phrases.number(value)} characters"
    if unit in _NOUNS:
        return f"{phrases.number(round(value))} {_NOUNS[unit]}{'' if round(value) == 1 else 's'}"
    return phrases.number(value)


def label_words(label: Label) -> str:
    """'expected, says ada: the sale'."""
    kind = label.kind.value.replace("_", " ")
    return f"{kind}, says {label.author}" + (f": {label.note}" if label.note else "")


def name_of(metric: Metric) -> str:
    """'null_rate of tailnum', 'carrier = UA'."""
    if metric.category is not None:
        return f"{metric.column} = {metric.category}"
    return f"{metric.name} of {metric.column}" if metric.column else metric.name


def _vanished(finding: Finding) -> bool:
    return finding.metric.category is not None and finding.value == 0 and finding.lower > 0


def _new(finding: Finding) -> bool:
    return finding.metric.category is not None and finding.value > 0 and finding.upper == 0


def _is_whole(metric: Metric) -> bool:
    return READINGS[metric.name].kind == "count" and wording.Number(metric, 0.0).unit in _NOUNS
