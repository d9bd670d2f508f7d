"""A backtest as one document: what commands with --json and the HTTP API answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from checks.backtest.faults import injected
from checks.backtest.replay import Event, Replay, SeriesReplayed, is_rate, replay
from checks.backtest.settings import changed
from checks.learned import words as learned_words
from checks.learned.families import FAMILIES, family_of
from checks.learned.judging import Judged
from checks.learned.remembered import remembered
from checks.monitor import Monitor
from checks.records import Detection, Finding, Label, Metric

Document = dict[str, Any]
LONGEST = 3660  # days
DEFAULT_DAYS = 90


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a backtest: how many days, settings to compare with (`detection.KEY=VALUE`), whether to inject
    the standard faults (the same ones for the same seed), and whether to bring every bucket's band for a chart."""

    days: int = DEFAULT_DAYS
    settings: tuple[str, ...] = ()
    inject: bool = False
    seed: int = 1
    points: bool = False


def backtest_document(monitor: Monitor, dataset: str, wanted: Wanted) -> Document:
    """{"dataset", "days", "from", "to", "settings": [...], "reason"}: detection over the last days, with one member of
    `settings` for the configured setting and one more for a changed one. `reason` says why nothing could be replayed.
    Raises UnknownDataset, WrongSetting."""
    [found] = monitor.named([dataset])
    settings = [("configured", found.detection)]
    if wanted.settings:
        settings.append(("changed", changed(found.detection, wanted.settings)))
    latest = monitor.history.latest_evaluated([found.name]).get(found.name)
    event_time = latest.event_time if latest else None
    window = timedelta(days=wanted.days)
    at = monitor.clock()
    before = monitor.history.before(found.name, at - window, at)  # no band or alert of earlier runs is asked for
    grids = remembered(before, monitor.history, found, event_time, at, window)
    replays = [(name, replay(grids, detection, before.labels, window)) for name, detection in settings]
    buckets = [bucket for one, since in _parts(replays[0][1]) for bucket in one.watched.buckets[since:]]
    return {
        "dataset": found.name,
        "days": wanted.days,
        "from": _iso(min(buckets, default=None)),
        "to": _iso(max(buckets, default=None)),
        "seed": wanted.seed if wanted.inject else None,
        "settings": [_setting(name, each, before.labels, wanted) for name, each in replays],
        "reason": _reason(found.name, latest is not None, replays[0][1]),
    }


def exit_code(document: Document) -> int:
    """0 when something was replayed, 3 when nothing could be."""
    return 3 if document["reason"] else 0


def _reason(dataset: str, was_measured: bool, replayed: Replay) -> str | None:
    if not was_measured:
        return f"nothing of {dataset} has been measured yet; `python -m checks run {dataset}` reads its past"
    if not replayed.series:
        return f"{dataset} has no series that is judged by its past"
    if not replayed.days:
        longest = max(each.learning for each in replayed.series)
        has = "1 bucket" if longest == 1 else f"{longest} buckets"
        return f"all series of {dataset} are still learning: the longest has {has}"
    return None


def _setting(name: str, replayed: Replay, labels: Sequence[Label], wanted: Wanted) -> Document:
    rates = [each.per_90_days for each in replayed.series if each.per_90_days is not None]
    faults = [_fault(each) for each in injected(replayed, labels, wanted.seed)] if wanted.inject else None
    return {
        "name": name,
        "detection": _detection(replayed.detection),
        "alerts": [_alert(event) for event in replayed.events],
        "alerts_per_90_days": replayed.per_90_days,
        "budget": replayed.detection.alerts_per_90_days,
        "days_judged": replayed.days,
        "alerts_per_series_per_90_days": float(np.mean(rates)) if rates else None,
        "series": [_series(each) for each in sorted(replayed.series, key=lambda each: _order(each.metric))],
        "labels": asdict(replayed.labels) if labels else None,
        "faults": faults,
    } | ({"points": [points for one in _parts(replayed) for points in _points(*one)]} if wanted.points else {})


def _order(metric: Metric) -> tuple[int, str, str]:
    """Volume first, as the families are listed."""
    return FAMILIES.index(family_of(metric)), metric.name, metric.column or ""


def _detection(detection: Detection) -> Document:
    return {"alerts_per_90_days": detection.alerts_per_90_days, "holidays": detection.holidays}


def _alert(event: Event) -> Document:
    leading = event.findings[0]
    return {
        "from": _iso(event.first),
        "to": _iso(event.last),
        "sentence": sentence(event),
        "label": event.label.kind if event.label else None,
        **_called(leading.metric),
        "score": leading.score,
        "series": [_finding(finding) for finding in event.findings],
    }


def sentence(event: Event) -> str:
    """'612 rows, expected between 880 and 980 rows; with it null_rate of tailnum'."""
    leading = event.findings[0]
    words = learned_words.turn(leading) or _moved(leading)
    others = [learned_words.name_of(finding.metric) for finding in event.findings[1:]]
    more = f" and {len(others) - 3} more" if len(others) > 3 else ""
    return f"{words}; with it {', '.join(others[:3])}{more}" if others else words


def _moved(finding: Finding) -> str:
    if finding.drift:
        return learned_words.moved(finding, finding.drift)
    words = f"{learned_words.name_of(finding.metric)}: {learned_words.amount(finding.metric, finding.value)}"
    band = learned_words.band(finding.metric, finding.lower, finding.upper)
    return f"{words}, expected {band}"


def _finding(finding: Finding) -> Document:
    numbers = {name: getattr(finding, name) for name in ("value", "expected", "lower", "upper", "score")}
    return {**_called(finding.metric), **numbers, "drift": finding.drift is not None}


def _called(metric: Metric) -> Document:
    """What a series is called: `name` tells those of several values of a column apart."""
    return {"name": learned_words.name_of(metric), "metric": metric.name, "column": metric.column}


def _series(each: SeriesReplayed) -> Document:
    return {
        **_called(each.metric),
        "check": family_of(each.metric).check,
        "judged": each.judged,
        "learning": each.learning,
        "alerts": each.events,
        "alerts_per_90_days": each.per_90_days,
        "sees_fall": each.sees_fall,
        "sees_rise": each.sees_rise,
        "sees_in": "points" if is_rate(each.metric) else "parts",
    }


def _fault(each: Any) -> Document:
    return asdict(each) | {"recall": each.found / each.injected if each.injected else None}


def _points(judged: Judged, since: int) -> list[Document]:
    """The window of every series, for a chart: null where nothing is known."""
    bands, buckets = judged.bands, [_iso(bucket) for bucket in judged.watched.buckets[since:]]
    rows = sorted(range(len(bands.metrics)), key=lambda row: _order(bands.metrics[row]))
    return [
        {
            **_called(metric),
            "bucket": buckets,
            "state": list(judged.state[row, since:]),
            **{name: _plain(getattr(bands, name)[row, since:]) for name in ("values", "expected", "lower", "upper")},
        }
        for row in rows
        for metric in (bands.metrics[row],)
    ]


def _plain(values: np.ndarray) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]


def _parts(replayed: Replay) -> list[tuple[Judged, int]]:
    return list(zip(replayed.judged, replayed.since, strict=True))


def _iso(bucket: datetime | None) -> str | None:
    return None if bucket is None else bucket.isoformat()
