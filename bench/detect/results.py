"""The figures of a detector in a task, kept in results.json: tables are made without running everything again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.detect.measure import Scored, false_alarms, quiet_share, recall
from bench.detect.tasks import Task

FILE = Path(__file__).parent / "results.json"


def figures(task: Task, scored: Sequence[Scored], limit: float) -> dict[str, Any]:
    """False alarms and recall at a limit, over all series and per source."""
    sources = sorted({each.source for each in scored})
    return {
        "limit": _round(limit),
        "series": len(scored),
        **_at(task, scored, limit),
        "injections": {fault: sum(len(each.found.get(fault, [])) for each in scored) for fault in task.faults},
        "sources": {source: _at(task, [each for each in scored if each.source == source], limit) for source in sources},
    }


def _at(task: Task, scored: Sequence[Scored], limit: float) -> dict[str, Any]:
    return {
        "series": len(scored),
        "false_alarms": _round(float(np.mean([false_alarms(each, limit) for each in scored]))),
        "quiet": _round(quiet_share(scored, limit)),
        "recall": {fault: _round(recall(scored, fault, limit, fault in task.lasting)) for fault in task.faults},
    }


def _round(number: float) -> float:
    return float(f"{number:.4g}")


def read(file: Path) -> dict[str, Any]:
    return json.loads(file.read_text()) if file.exists() else {}


def write(file: Path, found: dict[str, Any]) -> None:
    file.write_text(json.dumps(found, separators=(",", ":")) + "\n")
