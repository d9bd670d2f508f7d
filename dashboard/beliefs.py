"""What detection believes of a series, in plain words. Pure, and tested to the letter like `words`."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from checks.detect import Fit
from checks.learned.families import DISTINCT, READINGS, RULES, VALUES, family_of
from checks.learned.words import amount
from checks.records import Metric

_DAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
#: days whose usual values differ by less than this part are told together
_ALIKE = 0.06
_HOLIDAYS_TOLD = 2
#: per cent of a fall to nothing
_ALL = 100.0
#: weeks in which a trend must exceed the noise to be worth a word
_MONTH = 4


def believed(metric: Metric, fit: Fit, bands: pd.DataFrame) -> str:
    """'Weekdays about 970 rows, Saturdays about 768 rows, Sundays about 833 rows; no trend; usually within 4.7 %. A day
    18 % below or 8.2 % above would be seen.'"""
    done, needed = fit.progress
    unit = "days" if fit.grain_hours > 1 else "hours"
    if done < needed:
        return f"Still learning: {done} of {needed} {unit}."
    if fit.beliefs.always is not None or not fit.beliefs.noise:
        usual = f"Always {amount(metric, fit.beliefs.level)}"
    else:
        noise = _change(fit.beliefs.noise, metric)
        told = [_season(metric, fit), _trend(metric, fit), *_holidays(metric, fit), f"usually within {noise}"]
        usual = "; ".join(told)
    return f"{usual[0].upper()}{usual[1:]}. {visible(metric, fit, bands)}".strip()


def visible(metric: Metric, fit: Fit, bands: pd.DataFrame) -> str:
    """'A day 18 % below or 8.2 % above would be seen.', the smallest change that is an alert."""
    bucket = "A day" if fit.grain_hours > 1 else "An hour"
    seen = fit.smallest_visible
    if family_of(metric).only_up:
        up = _to_the_edge(metric, bands)
        if up == math.inf:
            return f"No {bucket.split()[-1]} would be seen, whatever its share: it varies too much."
        return f"{bucket} {_change(up, metric)} above would be seen." if up is not None else ""
    room = _room(bands) if family_of(metric) in (DISTINCT, VALUES, RULES) else None
    lowest, highest = room or (seen.down, seen.up)
    if lowest is not None and lowest >= _ALL:
        lowest = None  # the band reaches down to 0, and nothing is below
    down = None if lowest is None else f"{_change(lowest, metric)} below"
    sides = [side for side in (down, None if highest is None else f"{_change(highest, metric)} above") if side]
    return (
        f"{bucket} {' or '.join(sides)} would be seen." if sides else f"{bucket} would have to be far off to be seen."
    )


def _to_the_edge(metric: Metric, bands: pd.DataFrame) -> float | None:
    """How far the newest value might have gone up: in points for a share, in per cent else; endlessly where the band
    reaches up to all rows."""
    if not len(bands):
        return None
    newest = bands.iloc[-1]
    room = newest["upper"] - newest["expected"]
    if READINGS[metric.name].kind == "rate" and newest["upper"] >= 1:
        return math.inf
    if family_of(metric).name != "freshness":
        return float(room * 100)
    return float(room / newest["expected"] * 100) if newest["expected"] else None


def _room(bands: pd.DataFrame) -> tuple[float, float] | None:
    """How far below and above the newest value might have gone, in per cent: where rules beside the statistics have
    drawn the band, the fit knows nothing of it. None where there is no band."""
    newest = bands.iloc[-1] if len(bands) else pd.Series(dtype=float)
    expected, lower, upper = (newest.get(name, math.nan) for name in ("expected", "lower", "upper"))
    if not expected > 0 or math.isnan(lower) or math.isnan(upper):
        return None
    return (expected - lower) / expected * 100, (upper - expected) / expected * 100


def _season(metric: Metric, fit: Fit) -> str:
    beliefs = fit.beliefs
    if beliefs.hours and not beliefs.weekdays:
        return _hours(metric, beliefs.hours)
    if beliefs.weekdays:
        told = _weekdays(metric, beliefs.weekdays)
        return f"{told}; {_hours(metric, beliefs.hours)}" if beliefs.hours else told
    return f"about {amount(metric, beliefs.level)}, on any day alike"


def _weekdays(metric: Metric, usual: Sequence[float]) -> str:
    """'weekdays about 970 rows, Saturdays about 768 rows, Sundays about 833 rows'."""
    working = usual[:5]
    middle = sum(working) / 5
    if max(working) - min(working) <= _ALIKE * abs(middle):
        groups = [("weekdays", middle)]
    else:
        groups = list(zip(_DAYS[:5], working, strict=True))
    if abs(usual[5] - usual[6]) <= _ALIKE / 2 * abs(usual[5]):
        groups.append(("weekends", (usual[5] + usual[6]) / 2))
    else:
        groups += list(zip(_DAYS[5:], usual[5:], strict=True))
    return ", ".join(f"{name} about {amount(metric, value)}" for name, value in groups)


def _hours(metric: Metric, usual: Sequence[float]) -> str:
    most, least = max(range(24), key=usual.__getitem__), min(range(24), key=usual.__getitem__)
    return (
        f"most at {most:02}:00, about {amount(metric, usual[most])}, and least at {least:02}:00, "
        f"about {amount(metric, usual[least])}"
    )


def _trend(metric: Metric, fit: Fit) -> str:
    trend = fit.beliefs.trend_per_week
    if abs(trend) * _MONTH < fit.beliefs.noise:  # nobody would see it
        return "no trend"
    return f"{'rising' if trend > 0 else 'falling'} by {_change(abs(trend), metric)} a week"


def _holidays(metric: Metric, fit: Fit) -> list[str]:
    """The special days that differ by more than a usual day's noise, the largest first."""
    found = {name: by for name, by in fit.beliefs.holidays.items() if abs(by) > max(2 * fit.beliefs.noise, 0.5)}
    largest = sorted(found, key=lambda name: -abs(found[name]))[:_HOLIDAYS_TOLD]
    return [f"{name} {_change(abs(found[name]), metric)} {'more' if found[name] > 0 else 'less'}" for name in largest]


def _change(by: float, metric: Metric) -> str:
    """'4.7 %', or '0.24 points' of a share."""
    digits = 0 if abs(by) >= 10 else 1 if abs(by) >= 1 else 2
    number = f"{by:.{digits}f}"
    from_rate = family_of(metric).name in ("missing", "validity") or metric.name in ("true_rate", "category_count")
    return f"{number} points" if from_rate else f"{number} %"
