"""What /api/objectives answers of how soon people respond to incidents."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from checks.answers import moment
from checks.incidents.transitions import folded
from checks.monitor import Monitor
from checks.objectives import response
from checks.objectives.response import Mean, Record, Window
from checks.records import Dataset, Incident, Label
from checks.service_levels import ResponseTimes

Document = dict[str, Any]


def responses(monitor: Monitor, names: Collection[str], past: datetime | None = None) -> Document:
    """The incidents of the last 90 days that show in these datasets, or in their sources: as they are now, or as they
    were known at a moment in the past."""
    history = monitor.history
    window = Window.of(history.first_run(), past or monitor.clock())
    if past is None:
        found, labels = history.incidents(since=window.since), history.labels()
    else:
        found = [folded(story) for story in history.stories(window.since, past)]
        labels = [label for label in history.labels() if label.at <= past]
    wanted = {*names, *(name.partition(".")[0] for name in names)}
    datasets = {name: dataset for name, dataset in monitor.datasets().items() if name in names}
    incidents = [each for each in found if not wanted.isdisjoint(each.datasets)]
    return response_document(incidents, labels, datasets, window)


def response_document(
    incidents: Sequence[Incident], labels: Sequence[Label], datasets: Mapping[str, Dataset], window: Window
) -> Document:
    """{"days", "since", "all": RECORD, "teams": [...], "contracts": [...], "noisiest": [...]}."""
    own = response.counted(incidents, window)
    teams, contracts = response.by_team(own), response.by_contract(own, datasets)
    asked = response.promises(datasets.values())
    return {
        "days": response.DAYS,
        "since": moment(window.since),
        "all": _of(own, datasets, window),
        "teams": [{"team": name} | _of(each, datasets, window) for name, each in teams.items()],
        "contracts": [
            {"contract": name, "asked": _asked(asked.get(name, ResponseTimes()))} | _of(each, datasets, window)
            for name, each in contracts.items()
        ],
        "noisiest": [
            {"dataset": one.dataset, "check": one.check, "incidents": one.incidents, "false_alarms": one.false_alarms}
            for one in response.noisiest(own, labels)
        ],
    }


def _asked(times: ResponseTimes) -> Document:
    return {
        "detect_seconds": _seconds(times.detect),
        "acknowledge_seconds": _seconds(times.notify),
        "repair_seconds": _seconds(times.repair),
    }


def _of(incidents: Sequence[Incident], datasets: Mapping[str, Dataset], window: Window) -> Document:
    found: Record = response.record(incidents, datasets, window)
    return {
        "incidents": found.incidents,
        "open": found.still_open,
        "per_week": None if found.per_week is None else round(found.per_week, 2),
        "detect": _mean(found.detect),
        "acknowledge": _mean(found.acknowledge),
        "repair": _mean(found.repair),
    }


def _mean(found: Mean) -> Document:
    return {
        "mean_seconds": _seconds(found.mean),
        "median_seconds": _seconds(found.median),
        "count": found.count,
        "kept": found.kept,
        "missed": found.missed,
    }


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else round(length.total_seconds(), 3)
