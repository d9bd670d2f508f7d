"""Lineage in words, as commands and pages tell it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from checks import phrases

#: where an edge is known from
ORIGINS = {
    "view": "definition of the view",
    "contract": "transformSourceObjects",
    "consumer": "declared as consumer",
    "relationship": "relationship",
    "dbt": "manifest of dbt",
    "openlineage": "events of OpenLineage",
}
SIGNS = {"complete": "✓", "failed": "✕", "aborted": "✕", "running": "…"}
FAILED = ("failed", "aborted")


def job(about: Mapping[str, Any]) -> str:
    """A job of the document with its newest run: 'Job etl ✕ failed 2026-03-15 11:01 UTC after 15 min: disk full'."""
    name, state = about["job"], about["state"]
    if state is None:
        return f"Job {name}: no run of it was told"
    if state == "running":
        began = phrases.moment(datetime.fromisoformat(about["started_at"]))
        return f"Job {name} … began {began}, and no end of it was told"
    ended = phrases.moment(datetime.fromisoformat(about["ended_at"]))
    took = phrases.duration(timedelta(seconds=about["seconds"]))
    error = f": {about['error']}" if about["error"] else ""
    return f"Job {name} {SIGNS[state]} {state} {ended} after {took}{error}"


def kind(node: Mapping[str, Any]) -> str:
    """What a node is that is no dataset here: 'dashboard', or 'not watched here'."""
    return "not watched here" if node["kind"] == "outside" else node["consumer"] or "consumer"


def failed_jobs(node: Mapping[str, Any]) -> list[str]:
    """The jobs behind a node whose newest run failed."""
    return [each["job"] for each in node["jobs"] if each["state"] in FAILED]
