"""Incidents as commands with --json and the HTTP API answer them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from checks.incidents.timeline import Line
from checks.records import Incident, Symptom

Document = dict[str, Any]


def incident_document(incident: Incident) -> Document:
    """One incident, without its story."""
    return {
        "id": incident.id,
        "title": incident.title,
        "state": incident.state,
        "severity": incident.severity,
        "datasets": list(incident.datasets),
        "dimensions": list(incident.dimensions),
        "happened_at": moment(incident.happened_at),
        "noticed_at": moment(incident.noticed_at),
        "acknowledged_at": moment(incident.acknowledged_at),
        "monitoring_since": moment(incident.monitoring_since),
        "resolved_at": moment(incident.resolved_at),
        "resolution": incident.resolution,
        "reopened": incident.reopened,
        "merged_into": incident.merged_into,
        "cause": incident.cause,
        "owners": list(incident.owners),
        "consumers": list(incident.consumers),
        "assignee": incident.assignee,
        "muted_until": moment(incident.muted_until),
        "links": list(incident.links),
        "symptoms": [_symptom(each) for each in incident.symptoms],
    }


def timeline_document(lines: Iterable[Line]) -> list[Document]:
    """The story, oldest line first."""
    return [
        {"at": moment(line.at), "kind": line.kind, "author": line.author, "sentence": line.sentence} for line in lines
    ]


def moment(at: datetime | None) -> str | None:
    """A moment in UTC."""
    return None if at is None else at.astimezone(UTC).isoformat()


def _symptom(symptom: Symptom) -> Document:
    return {
        "dataset": symptom.key.subject,
        "dimension": symptom.key.dimension,
        "family": symptom.key.family,
        "sentence": symptom.sentence,
        "severity": symptom.severity,
        "checks": list(symptom.checks),
        "columns": list(symptom.columns),
        "bucket": symptom.bucket.isoformat() if symptom.bucket else None,
        "happened_at": moment(symptom.happened_at),
        "noticed_at": moment(symptom.noticed_at),
        "seen_at": moment(symptom.seen_at),
        "recovered_at": moment(symptom.recovered_at),
    }
