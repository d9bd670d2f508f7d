"""Drafts of contracts for tables as they are: looked at once, through the same guarded way as any run, beside what the
history knows of them. Nothing of it is stored."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from checks.contracts.inferring import Inferred, Remembered, infer
from checks.demo import DEMO
from checks.history import History
from checks.monitor import Monitor
from checks.records import Dataset, Reading
from checks.survey import SurveyJob, most_statements, survey_job
from connectors import TableName
from connectors.errors import scrub

Document = dict[str, Any]
_AGES = timedelta(days=90)


def draft(monitor: Monitor, name: str) -> Document:
    """{"dataset", "contract", "left": [{"where", "what"}]}: the text of the draft, and what it does not promise.
    Raises UnknownDataset, SourceError."""
    [dataset] = monitor.named([name])
    made = drafted(monitor, dataset)
    left = [{"where": each.where, "what": each.what} for each in made.left]
    return {"dataset": dataset.name, "contract": made.text, "left": left}


def drafted(monitor: Monitor, dataset: Dataset) -> Inferred:
    """The draft of one dataset. Raises SourceError."""
    spec, schedule = monitor.spec(dataset.source), monitor.config.schedule
    reading = Reading(schedule.history_days, schedule.look_back, schedule.full_every)
    job = SurveyJob(spec, dataset, reading, monitor.clock())
    surveyed = monitor.workers.call(spec, spec.timeout * most_statements() + 10, survey_job, job)
    url = monitor.config.sources[dataset.source].url.reveal()
    past = remembered(monitor.history, dataset.name, job.at, schedule.retention)
    return infer(dataset, surveyed, past, server(url, dataset))


def remembered(history: History, dataset: str, at: datetime, retention: timedelta) -> Remembered:
    """What the history knows: all its buckets, and the ages of the newest row in the last months."""
    buckets = history.buckets(dataset, (at - retention).replace(tzinfo=None))
    ages = history.points(dataset, "freshness", since=at - _AGES)
    known = ages.dropna(subset=["value"])
    moments = (moment.to_pydatetime() for moment in known["observed_at"])
    return Remembered(buckets, tuple(zip(moments, known["value"].tolist(), strict=True)))


def server(url: str, dataset: Dataset) -> Document:
    """The source as a server of ODCS, called like it so that the contract is about it. Never with a password."""
    made: Document = {"server": dataset.source}
    scheme, separator, rest = url.partition("?")[0].partition("://")  # parameters hold tokens, and name no table
    schema = _schema(dataset.table)
    match scheme.lower() if separator else "":
        case "postgres" | "postgresql":
            parts = urlsplit(url)
            database = unquote(parts.path.lstrip("/")) or "postgres"
            host = {"host": parts.hostname or "localhost", "port": parts.port or 5432}
            return {
                **made,
                "type": "postgres",
                **host,
                "database": database,
                "schema": dataset.table.schema or "public",
            }
        case "duckdb":
            return {**made, "type": "duckdb", "database": rest, **schema}
        case "":
            is_duckdb = Path(url).suffix.lower() in (".duckdb", ".ddb")
            if is_duckdb:
                return {**made, "type": "duckdb", "database": url, **schema}
            return {**made, "type": "custom", "path": url}
        case "files" | "file" | "sqlite":
            return {**made, "type": "custom", "path": rest}
    if url.startswith(DEMO):
        return {**made, "type": "custom", "path": url.removeprefix(DEMO)}
    return {**made, "type": "custom", "location": scrub(url.partition("?")[0]), **schema}


def _schema(table: TableName) -> Document:
    return {"schema": table.schema} if table.schema else {}
