"""What would have alerted: every bucket judged by a band made before it, as runs do. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from checks.learned import judging
from checks.learned.events import follows, length_of, telling
from checks.learned.families import READINGS
from checks.learned.grids import Watched
from checks.learned.judging import Judged
from checks.learned.spending import spending
from checks.records import Detection, Finding, Grain, Label, LabelKind, Metric

_DAY = timedelta(days=1)
_WRONG = (LabelKind.KNOWN_ERROR, LabelKind.MISSED_ALARM)
_OUTSIDE, _JUDGED = ("anomaly", "drift"), ("normal", "anomaly", "drift")


@dataclass(frozen=True, slots=True)
class Event:
    """Alerts of neighbouring buckets that share a series are one, as on the pages. `findings` are those of the bucket
    that tells it best, the leading one first; `outside` are those of each bucket; `label` is what people said of
    it."""

    first: datetime
    last: datetime
    grain: Grain
    findings: tuple[Finding, ...]
    outside: Mapping[datetime, tuple[Finding, ...]]
    label: Label | None


@dataclass(frozen=True, slots=True)
class SeriesReplayed:
    """One series in the replayed window: how many buckets were judged and how many still learned, events in which it
    was outside its band, and the smallest fall and rise that its band would have shown in a middling bucket: parts of
    the expected value, or of all rows for a rate. None where nothing was judged, or no fall can leave the band."""

    metric: Metric
    judged: int
    learning: int
    events: int
    per_90_days: float | None
    sees_fall: float | None
    sees_rise: float | None


@dataclass(frozen=True, slots=True)
class AgainstLabels:
    """`wrong` stretches of data were labelled as errors; of these `found` had an event and `missed` had none. `false`
    events are labelled as false alarms. `expected` findings were quiet because they are labelled as such."""

    wrong: int
    found: int
    missed: int
    false: int
    expected: int


@dataclass(frozen=True, slots=True)
class Replay:
    """One setting of detection over the window. `days` were judged of at least one series; `per_90_days` are events of
    the dataset. `judged` holds the bands of the whole past by grain, `since` the first bucket of the window in each,
    `allowed` what each series may spend."""

    detection: Detection
    days: float
    events: tuple[Event, ...]
    per_90_days: float | None
    series: tuple[SeriesReplayed, ...]
    labels: AgainstLabels
    judged: tuple[Judged, ...]
    since: tuple[int, ...]
    allowed: tuple[np.ndarray, ...]


def replay(grids: Sequence[Watched], detection: Detection, labels: Sequence[Label], window: timedelta) -> Replay:
    """Detection over the last `window` of the grids of a dataset; what was before is learned from."""
    spent = spending(grids, detection.alerts_per_90_days)
    judged = tuple(
        judging.judged(grid, allowed, detection.holidays, labels) for grid, allowed in zip(grids, spent, strict=True)
    )
    since = tuple(first_of(grid, window) for grid in grids)
    parts = list(zip(judged, since, strict=True))
    events = [event for one, first in parts for event in _events(one, first, labels)]
    events.sort(key=lambda event: event.first)
    days = max((_days(one, first) for one, first in parts), default=0.0)
    series = tuple(each for one, first in parts for each in _series(one, first, labels))
    told = _against(parts, events, labels)
    return Replay(detection, days, tuple(events), _rate(len(events), days), series, told, judged, since, tuple(spent))


def first_of(grid: Watched, window: timedelta) -> int:
    """The number of the first bucket of the window."""
    length = length_of(grid.grain)
    return max(0, len(grid.buckets) - max(1, round(window / length)))


# -- events ------------------------------------------------------------------------------------------------------------


def _events(judged: Judged, since: int, labels: Sequence[Label]) -> list[Event]:
    runs: list[dict[datetime, tuple[Finding, ...]]] = []
    for at in np.flatnonzero(np.isin(judged.state[:, since:], _OUTSIDE).any(axis=0)) + since:
        bucket = judged.watched.buckets[at]
        findings = tuple(one for one in judged.outside(int(at)) if not _expected(labels, one.metric, bucket))
        if findings and not (runs and _goes_on(runs[-1], bucket, findings, judged.watched.grain)):
            runs.append({})
        if findings:
            runs[-1][bucket] = findings
    return [_event(judged.watched.grain, run, labels) for run in runs]


def _goes_on(run: dict[datetime, tuple[Finding, ...]], bucket: datetime, findings: Sequence[Finding], grain: Grain):
    newest = max(run)
    return follows(bucket, findings, newest, run[newest], grain)


def _event(grain: Grain, run: dict[datetime, tuple[Finding, ...]], labels: Sequence[Label]) -> Event:
    said = [label for label in labels if label.kind is not LabelKind.NEW_REGIME and _is_about(label, run)]
    said.sort(key=lambda label: label.kind not in _WRONG)
    return Event(min(run), max(run), grain, run[telling(run)], run, said[0] if said else None)


def _is_about(label: Label, outside: Mapping[datetime, tuple[Finding, ...]]) -> bool:
    return any(
        label.covers(bucket) and any(label.speaks_of(one.metric) for one in findings)
        for bucket, findings in outside.items()
    )


def _expected(labels: Sequence[Label], metric: Metric, bucket: datetime) -> bool:
    return any(
        label.kind is LabelKind.EXPECTED and label.speaks_of(metric) and label.covers(bucket) for label in labels
    )


# -- counted -----------------------------------------------------------------------------------------------------------


def _series(judged: Judged, since: int, labels: Sequence[Label]) -> list[SeriesReplayed]:
    state, bands, length = judged.state[:, since:], judged.bands, length_of(judged.watched.grain)
    buckets = judged.watched.buckets[since:]
    found = []
    for row, metric in enumerate(judged.watched.metrics):
        known = np.isin(state[row], _JUDGED)
        out = [buckets[at] for at in np.flatnonzero(np.isin(state[row], _OUTSIDE))]
        loud = {bucket for bucket in out if not _expected(labels, metric, bucket)}
        events = sum(bucket - length not in loud for bucket in loud)
        days = known.sum() * (length / _DAY)
        window = [np.where(known, part[row, since:], np.nan) for part in (bands.expected, bands.lower, bands.upper)]
        learning = int((state[row] == "learning").sum())
        sees = _sees(metric, *window)
        found.append(SeriesReplayed(metric, int(known.sum()), learning, events, _rate(events, days), *sees))
    return found


def _sees(metric: Metric, usual: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> tuple[float | None, float | None]:
    """The fall and the rise that leave the band of a middling bucket."""
    size = 1.0 if is_rate(metric) else np.where(usual == 0, np.nan, np.abs(usual))
    fall, rise, lowest = _middling((usual - lower) / size), _middling((upper - usual) / size), _middling(lower)
    may_be_negative = READINGS[metric.name].kind == "value"
    never = lowest is not None and (lowest == 0 if may_be_negative else lowest <= 0)
    return None if never else fall, rise


def is_rate(metric: Metric) -> bool:
    """Whether the series is a part of all rows."""
    return READINGS[metric.name].is_share


def _middling(parts: np.ndarray) -> float | None:
    parts = parts[np.isfinite(parts)]
    return float(np.median(parts)) if len(parts) else None


def _days(judged: Judged, since: int) -> float:
    known = np.isin(judged.state[:, since:], _JUDGED).any(axis=0)
    return float(known.sum() * (length_of(judged.watched.grain) / _DAY))


def _rate(events: int, days: float) -> float | None:
    return float(90 * events / days) if days else None


def _against(parts: Sequence[tuple[Judged, int]], events: Sequence[Event], labels: Sequence[Label]) -> AgainstLabels:
    wrong = [label for label in labels if label.kind in _WRONG and _stretches(label, parts)]
    found = [label for label in wrong if any(_is_about(label, event.outside) for event in events)]
    false = [event for event in events if event.label and event.label.kind is LabelKind.FALSE_ALARM]
    quiet = sum(
        _expected(labels, metric, judged.watched.buckets[at])
        for judged, since in parts
        for row, metric in enumerate(judged.watched.metrics)
        for at in np.flatnonzero(np.isin(judged.state[row, since:], _OUTSIDE)) + since
    )
    return AgainstLabels(len(wrong), len(found), len(wrong) - len(found), len(false), quiet)


def _stretches(label: Label, parts: Sequence[tuple[Judged, int]]) -> bool:
    """Whether the label is about a bucket of the window."""
    return any(label.covers(bucket) for judged, since in parts for bucket in judged.watched.buckets[since:])
