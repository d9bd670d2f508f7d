"""What commands with --json and the HTTP API answer: one format, made here. Names are fixed (DESIGN 4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from checks.drill import Sample
from checks.eventtime import FIRST_YEAR
from checks.health import of_results
from checks.learned.masked import named
from checks.metrics import unit_of
from checks.monitor import Monitor
from checks.records import DatasetHealth, Dimension, Health, Outcome, Result, RunReport, Severity, Status

if TYPE_CHECKING:
    import pandas as pd

Document = dict[str, Any]
NOT_DELIVERED = 4  # the exit code of a command that did its work, but could not tell somebody of it


def run_document(reports: Sequence[RunReport], errors: Sequence[str] = ()) -> Document:
    """{"runs": [...], "errors": [...]}: what ran with its results, by dataset; sources that did not answer."""
    return {"runs": [_run(each) for each in sorted(reports, key=lambda each: each.dataset)], "errors": list(errors)}


def status_document(healths: Sequence[DatasetHealth]) -> Document:
    """{"datasets": [...]}: health with the reasons."""
    return {"datasets": [health_document(health) for health in healths]}


def health_document(health: DatasetHealth) -> Document:
    """One dataset's health."""
    return {
        "name": health.name,
        "health": health.health,
        "quality": health.quality,
        "certainty": health.certainty,
        "reasons": list(health.reasons),
        "measured_at": moment(health.measured_at),
        "owner": health.owner,
        "results": [result_document(result) for result in health.results],
    }


def result_document(result: Result) -> Document:
    """One check's outcome, with the evidence."""
    return {
        "check": result.check,
        "dimension": result.dimension,
        "column": result.column,
        "status": result.status,
        "severity": result.severity,
        "observed": result.observed,
        "expected": result.expected,
        "reason": result.reason,
        "value": result.value,
        "bucket": result.bucket.isoformat() if result.bucket else None,
        "measured_at": moment(result.measured_at),
        "learned": result.learned,
    }


def history_document(
    monitor: Monitor,
    dataset: str,
    metric: str,
    column: str | None,
    *,
    since: datetime | None = None,
    known_at: datetime | None = None,
) -> Document:
    """One series from `since` on, as known at `known_at` (default: now). Of a metric that a column has several of (rows
    of each value, numbers of each check) all of them, each point with the value or check that it is `of`; values of a
    column that is classified by now are left out. Raises UnknownDataset, and UnknownSeries when the dataset has no such
    series."""
    [found] = monitor.named([dataset])
    name = found.name
    series = named(monitor.history.series(name), found)
    own = [each for each in series if (each.name, each.column) == (metric, column)]
    if not own:
        raise UnknownSeries(name, metric, column, sorted({(each.name, each.column) for each in series}, key=str))
    checks = list(dict.fromkeys(each.check for each in own))
    points = [
        point
        for check in checks
        for point in _points(
            monitor.history.points(name, metric, column, check=check, since=since, known_at=known_at),
            {} if check is None else {"of": next(each.category or check for each in own if each.check == check)},
        )
    ]
    types = {each.name: each.type for _, columns in monitor.history.schemas(name)[-1:] for each in columns}
    unit = unit_of(metric, types.get(column or ""))
    return {"dataset": name, "metric": metric, "column": column, "unit": unit, "points": points}


class UnknownSeries(Exception):
    """There is no such series; the sentence says which there are."""

    def __init__(self, dataset: str, metric: str, column: str | None, known: Sequence[tuple[str, str | None]]) -> None:
        what = f"'{metric}' of column '{column}'" if column else f"'{metric}'"
        columns = sorted({column for name, column in known if name == metric and column})
        names = sorted({name for name, _ in known})
        if columns and not column:
            hint = f"it is measured per column; give the column, one of {', '.join(columns)}"
        else:
            hint = f"there are {', '.join(names)}" if names else "nothing has been measured yet"
        super().__init__(f"{dataset} has no measurements of {what}; {hint}")


def sample_document(dataset: str, check: str, sample: Sample) -> Document:
    """Failing rows, masked."""
    return {
        "dataset": dataset,
        "check": check,
        "query": sample.query,
        "columns": list(sample.columns),
        "rows": [[plain(value) for value in row] for row in sample.rows],
        "truncated": sample.truncated,
        "masked": list(sample.masked),
    }


def plain(value: Any) -> Any:
    """A warehouse value as JSON has it: what JSON has no word for becomes text."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else str(value)
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return f"{len(bytes(value))} bytes"
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(inner) for inner in value]
    return str(value)


def moment(at: datetime | None) -> str | None:
    """An aware moment as ISO 8601 in UTC."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def exit_code(healths: Sequence[str]) -> int:
    """0 healthy, 1 failing, 2 warning, 3 unknown: the first of failing, unknown and warning that occurs. Nothing at all
    is unknown, and never 0."""
    for health, code in ((Health.FAILING, 1), (Health.UNKNOWN, 3), (Health.WARNING, 2)):
        if health in healths:
            return code
    return 0 if healths else 3


def exit_code_of_runs(document: Document) -> int:
    """The same for what ran; a source that could not be listed is unknown. 4 where somebody could not be told."""
    if document.get("notifications", {}).get("failed"):
        return NOT_DELIVERED
    healths = [health_of_run(each) for each in document["runs"]]
    return exit_code([*healths, *(Health.UNKNOWN for _ in document["errors"])])


def health_of_run(report_document: Document) -> Health:
    """What one run by itself says, for the exit code of `run`."""
    if report_document["outcome"] != Outcome.FINISHED:
        return Health.UNKNOWN
    results = [result_of(document) for document in report_document["results"]]
    newest = {result.check: result for result in sorted(results, key=lambda r: r.bucket or datetime.min)}  # noqa: DTZ901 buckets are naive
    return of_results(list(newest.values()))


def result_of(document: Document) -> Result:
    """The record behind a RESULT document."""
    return Result(
        document["check"],
        Dimension(document["dimension"]),
        Status(document["status"]),
        Severity(document["severity"]),
        reason=document["reason"],
        bucket=datetime.fromisoformat(document["bucket"]) if document["bucket"] else None,
    )


def _run(report: RunReport) -> Document:
    return {
        "dataset": report.dataset,
        "slot": moment(report.slot),
        "outcome": report.outcome,
        "attempts": report.attempts,
        "queries": [asdict(query) for query in report.queries],
        "seconds": round(report.seconds, 3),
        "error": report.error,
        "results": [result_document(result) for result in report.results],
        "measurements": report.measurements,
    }


def _points(frame: pd.DataFrame, of: Document) -> Iterator[Document]:
    import pandas as pd

    for bucket, observed_at, value in zip(frame["bucket"], frame["observed_at"], frame["value"], strict=True):
        start = None if pd.isna(bucket) else bucket.to_pydatetime().isoformat()
        yield {**of, "bucket": start, "observed_at": moment(observed_at.to_pydatetime()), "value": float(value)}


def parsed_moment(text: str) -> datetime:
    """An ISO 8601 moment, UTC where it names no zone. Raises ValueError with a sentence for people."""
    try:
        at = datetime.fromisoformat(text.strip())
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"'{text[:60]}' is not a moment; write for example 2026-03-15T12:00:00Z") from None
    if at.year < FIRST_YEAR:
        raise ValueError(f"{at:%Y-%m-%d} is too long ago; moments from {FIRST_YEAR} on can be looked at")
    return at


def past_moment(text: str, now: datetime) -> datetime:
    """The same for a moment that is to be replayed, which can not be one that is still to come."""
    at = parsed_moment(text)
    if at > now:
        raise ValueError(f"{moment(at)} is still to come; only a moment in the past can be looked at")
    return at
