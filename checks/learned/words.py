"""Findings, bands and labels in words, for results, messages and pages alike."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from checks import phrases, wording
from checks.learned.families import READINGS, family_of
from checks.records import Drift, Finding, Grain, Label, Metric

_OF = " of the rows"
#: how far the difference of two rounded levels may be from their own, as a part of it
_NEAR = 0.05
_NOUNS = {"values": "different value", "rows": "row", "characters": "character"}


def sentence(finding: Finding, bucket: datetime, grain: Grain) -> str:
    """'612 rows on 2026-03-10, expected between 880 and 980 rows', or 'carrier = UA vanished on 2026-03-10: no rows,
    usually 15 % of the rows'."""
    when = "" if grain is Grain.TABLE else wording.when(bucket, hourly=grain is Grain.HOUR)
    turned = turn(finding, when)
    if turned:
        return turned
    if finding.drift:
        return moved(finding, finding.drift) + ("" if grain is Grain.TABLE else wording.up_to(bucket))
    return f"{_about_value(finding)}{when}, expected {expected(finding)}"


def _about_value(finding: Finding) -> str:
    """'612 rows', 'the mean of amount is 52', '7.5 % of the rows break amount.maximum'."""
    metric, words = finding.metric, amount(finding.metric, finding.value)
    if metric.name in ("invalid_count", "violation_count") and metric.check:
        return f"{words} break {metric.check}"
    return wording.described(wording.Number(metric, finding.value), words)


def moved(finding: Finding, drift: Drift) -> str:
    """'the number of rows has fallen from about 930 to about 560 a day in 4 weeks'. Where nobody knows from what to
    what: 'the number of rows has moved slowly away from between 880 and 980 rows'."""
    metric = finding.metric
    if math.isnan(drift.before) or math.isnan(drift.now):
        away = band(metric, finding.lower, finding.upper)
        return f"{wording.subject(metric)} has moved slowly away from {away}"
    verb = "fallen" if drift.now < drift.before else "risen"
    before, now = (_bare(amount(metric, level)) for level in _about(drift))
    weeks = f"in {Drift.WEEKS} weeks"
    return f"{wording.subject(metric)} has {verb} from about {before} to about {now}{_per(metric)} {weeks}"


def turn(finding: Finding, when: str = "") -> str | None:
    """'carrier = UA vanished on 2026-03-10: no rows, usually 15 % of the rows'; None for what is more or less than it
    was."""
    change = _turn(finding)
    if change is None:
        return None
    if change.is_new:
        return f"{change.name} is new{when}: {amount(finding.metric, change.now)}, {expected(finding)}"
    return f"{change.name} vanished{when}: no rows, {expected(finding)}"


def observed(finding: Finding) -> str:
    """What was found, to be held against `expected`: '612 rows', '0 % of the rows'. Of true and false the one that has
    come or gone is told by name, for the other one's share would say the opposite: '2 % are false'."""
    if finding.drift and not math.isnan(finding.drift.now):
        return f"about {amount(finding.metric, _about(finding.drift)[1])}{_per(finding.metric)}"
    change = _turn(finding)
    if change is None or finding.metric.category is not None:
        return amount(finding.metric, finding.value)
    return f"{amount(finding.metric, change.now)} are {change.name.rpartition(' ')[2]}"


def expected(finding: Finding) -> str:
    """The band in words: 'between 880 and 980 rows', 'at most 1.2 % of the rows', 'exactly 16 rows'."""
    if finding.drift and not math.isnan(finding.drift.before):
        before = amount(finding.metric, _about(finding.drift)[0])
        return f"about {before}{_per(finding.metric)}, as {Drift.WEEKS} weeks before"
    change = _turn(finding)
    if change is not None:
        return "never there before" if change.is_new else f"usually {amount(finding.metric, change.usual)}"
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
    if READINGS[metric.name].is_share:
        return phrases.percent(round(100 * value, 6)) + ("" if metric.name == "true_rate" else _OF)
    if unit == "seconds":
        return phrases.duration(timedelta(seconds=value))
    if metric.name == "mean_length":
        return f"{phrases.number(value)} characters"
    if unit in _NOUNS:
        return f"{phrases.number(round(value))} {_NOUNS[unit]}{'' if round(value) == 1 else 's'}"
    return phrases.number(value)


def _about(drift: Drift) -> tuple[float, float]:
    """Both levels with as few digits as their difference needs: 930 and 560, 1,020 and 980."""
    for digits in range(2, 8):
        before, now = (float(f"{level:.{digits}g}") for level in (drift.before, drift.now))
        if abs((now - before) - (drift.now - drift.before)) <= _NEAR * abs(drift.now - drift.before):
            return before, now
    return drift.before, drift.now


def _bare(text: str) -> str:
    """An amount without what its subject says already."""
    for unit in (_OF, *(f" {noun}{end}" for noun in ("row", "different value") for end in ("s", ""))):
        text = text.removesuffix(unit)
    return text


def _per(metric: Metric) -> str:
    """Of what the level of a drift is one: rows are told by the day, of hours too."""
    if metric.name == "bucket_rows":
        return " a day"
    return " an hour" if metric.grain is Grain.HOUR and metric.name in ("distinct_count", "sum") else ""


def label_words(label: Label) -> str:
    """'expected, says ada: the sale'."""
    kind = label.kind.value.replace("_", " ")
    return f"{kind}, says {label.author}" + (f": {label.note}" if label.note else "")


def name_of(metric: Metric) -> str:
    """'null_rate of tailnum', 'carrier = UA'."""
    if metric.category is not None:
        return f"{metric.column} = {metric.category}"
    return f"{metric.name} of {metric.column}" if metric.column else metric.name


@dataclass(frozen=True, slots=True)
class _Turn:
    """A value that has come or gone, called `name`, with its share of the rows `now` and as is `usual`."""

    name: str
    now: float
    usual: float

    @property
    def is_new(self) -> bool:
        return self.now > 0


def _turn(finding: Finding) -> _Turn | None:
    """The value of a column that is outside the band because it was always there, or never."""
    metric = finding.metric
    if metric.category is not None:
        return _turned(name_of(metric), finding.value, finding.expected, finding.lower, finding.upper)
    if metric.name == "true_rate":
        shares = finding.value, finding.expected, finding.lower, finding.upper
        true = _turned(f"{metric.column} = true", *shares)
        value, usual, lower, upper = (1 - share for share in shares)
        return true or _turned(f"{metric.column} = false", value, usual, upper, lower)
    return None


def _turned(name: str, value: float, usual: float, lower: float, upper: float) -> _Turn | None:
    if (value == 0 and lower > 0) or (value > 0 and upper == 0):
        return _Turn(name, value, usual)
    return None


def _is_whole(metric: Metric) -> bool:
    return READINGS[metric.name].kind == "count" and wording.Number(metric, 0.0).unit in _NOUNS
