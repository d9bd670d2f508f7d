"""The HTTP API: the same documents as the commands' --json, problem+json errors, and the metrics for Prometheus.

What changes state needs the bearer token when one is configured; so does everything when the app is open to others.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import CancelledError
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import unquote

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from checks import answers
from checks.answers import UnknownSeries
from checks.drill import Refused
from checks.history import HistoryError
from checks.monitor import Monitor, UnknownDataset
from checks.records import Health
from connectors import SourceError
from dashboard.process import current

Handler = Callable[[Request], Awaitable[Response]]
_MOST_BODY = 64 * 1024
_LOCAL = ("localhost", "127.0.0.1", "::1")
_KNOWN = ("/api/health", "/api/datasets", "/api/doctor", "/api/runs")
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
log = logging.getLogger(__name__)


class Problem(Exception):
    """An answer that is an error (RFC 9457)."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        self.status, self.title, self.detail = status, title, detail
        super().__init__(detail)


def routes() -> list[Route]:
    """All routes, to be mounted beside the pages."""
    return [
        Route("/api/health", guarded(health)),
        Route("/api/datasets", guarded(datasets)),
        Route("/api/datasets/{name:path}", guarded(about_dataset)),
        Route("/api/doctor", guarded(doctor_notes)),
        Route("/api/runs", guarded(start_runs, changes=True), methods=["POST"]),
        Route("/metrics", guarded(metrics)),
        Route("/api/{anything:path}", guarded(nothing_here), methods=_METHODS),
    ]


def guarded(handler: Handler, *, changes: bool = False) -> Handler:
    """Asks for the token where one is needed, and turns errors into problem documents."""

    async def answer(request: Request) -> Response:
        try:
            _authorised(request, changes=changes)
            return await handler(request)
        except Exception as error:  # noqa: BLE001 each becomes an answer; those that are faults of ours are logged
            return _problem(_problem_of(error))

    return answer


def _problem_of(error: Exception) -> Problem:
    match error:
        case Problem():
            return error
        case UnknownDataset() | UnknownSeries():
            return Problem(404, "not found", str(error))
        case Refused():
            return Problem(422, "refused", str(error))
        case SourceError():
            return Problem(503, "the warehouse did not answer", error.sentence)
        case HistoryError():
            return Problem(503, "the history could not be read", str(error))
    log.error("a request failed: %s", type(error).__name__, exc_info=error)
    return Problem(500, "Vitals itself failed", f"{type(error).__name__}; see the log of the app")


async def health(_: Request) -> Response:
    """Whether the app does its work: 503 when the scheduler has stopped ticking."""
    monitor = current()
    beat = monitor.ticked_at
    late = beat is None or (monitor.clock() - beat).total_seconds() > 60
    troubles = list(monitor.troubles.values())
    body = {
        "status": "degraded" if late or troubles else "ok",
        "scheduler_ticked_at": answers.moment(beat),
        "history": await _off(monitor.history.statistics),
        "notices": [*monitor.history.notices, *troubles],
        "running": sorted(monitor.running()),
    }
    return _json(body, 503 if late and beat is not None else 200)


async def datasets(request: Request) -> Response:
    """Health of all datasets; `?at=` for an earlier moment, repeated `?name=` for some."""
    names = request.query_params.getlist("name")
    healths = await _off(current().status, names, _past(request.query_params.get("at")) or current().clock())
    return _json(answers.status_document(healths))


async def about_dataset(request: Request) -> Response:
    """`/api/datasets/NAME`, and `/measurements` and `/sample` behind it. A slash in a name is written %2F, or as it is
    where that can not be mistaken: the path is looked at before it is decoded."""
    raw = request.scope.get("raw_path", request.url.path.encode()).decode().partition("?")[0]
    whole = raw.partition("/api/datasets/")[2]
    name, _, last = whole.rpartition("/")
    if name and last in _ABOUT:
        return await _ABOUT[last](request, unquote(name))
    return await dataset(request, unquote(whole))


async def dataset(request: Request, name: str) -> Response:
    """Health of one dataset, with what is declared about it."""
    monitor = current()
    at = _past(request.query_params.get("at")) or monitor.clock()
    [found] = await _off(monitor.status, [name], at)
    declared = monitor.datasets()[found.name]
    extra = {"contract": declared.contract, "description": declared.description, "consumers": list(declared.consumers)}
    return _json({**answers.health_document(found), **extra})


async def measurements(request: Request, name: str) -> Response:
    """One series: `?metric=row_count&column=...&since=...&at=...`."""
    query = request.query_params
    if not query.get("metric"):
        raise Problem(400, "which metric?", "add ?metric=NAME, for example ?metric=row_count")
    since = None if query.get("since") is None else _moment(query["since"], "since")
    read = partial(answers.history_document, since=since, known_at=_past(query.get("at")))
    return _json(await _off(read, current(), name, query["metric"], query.get("column") or None))


async def sample(request: Request, name: str) -> Response:
    """Rows that a check objects to: `?check=ID&limit=100`."""
    check = request.query_params.get("check")
    if not check:
        raise Problem(400, "which check?", "add ?check=ID; the ids are in /api/datasets/NAME")
    limit = _number(request.query_params.get("limit", "100"), "limit", 1000)
    [declared] = await _off(current().named, [name])
    found = await _off(current().sample, declared.name, check, limit)
    return _json(answers.sample_document(declared.name, check, found))


_ABOUT: dict[str, Callable[[Request, str], Awaitable[Response]]] = {"measurements": measurements, "sample": sample}


async def doctor_notes(_: Request) -> Response:
    """What is wrong with the installation; asks every source, so it may take a while."""
    from checks import doctor  # linting contracts is nothing that other requests want to load

    return _json(await _off(doctor.examine, current()))


async def nothing_here(request: Request) -> Response:
    if request.url.path.startswith(_KNOWN):
        raise Problem(405, "wrong method", f"{request.url.path} does not answer to {request.method}")
    raise Problem(404, "not found", f"there is no {request.url.path}; see /api/health and /api/datasets")


async def start_runs(request: Request) -> Response:
    """Runs datasets now (or at `at`) and answers when all have ended: {"datasets": [...], "at": ...}. With `refresh`
    the sources are listed first, as the command does."""
    body = await _body(request)
    names, at = body.get("datasets", []), body.get("at")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise Problem(400, "wrong datasets", '"datasets" is a list of names, empty for all')
    if not isinstance(at, str | None):
        raise Problem(400, "wrong at", '"at" is a moment as text, such as 2026-03-15T12:00:00Z')
    monitor, moment = current(), _past(at)
    if body.get("refresh"):
        await _off(monitor.feed_demo, monitor.clock())
        futures, errors = await _off(partial(monitor.list_and_start, names, at=moment, trigger="api"))
    else:
        futures, errors = await _off(partial(monitor.start, names, at=moment, trigger="api")), []
    try:
        reports = await asyncio.gather(*(asyncio.wrap_future(future) for future in futures))
    except (asyncio.CancelledError, CancelledError):
        raise Problem(503, "stopped", "the app was stopped before all runs had ended") from None
    return _json(answers.run_document(reports, errors))


async def metrics(_: Request) -> Response:
    """For Prometheus: health and the newest whole-table numbers of every dataset, and the state of Vitals itself."""
    text = await _off(_exposition, current())
    return Response(text, media_type=CONTENT_TYPE_PLAIN_0_0_4)


def _exposition(monitor: Monitor) -> bytes:
    registry = CollectorRegistry()
    now = monitor.clock()
    state = Gauge(
        "vitals_dataset_health", "1 for the present health of a dataset", ["dataset", "health"], registry=registry
    )
    age = Gauge(
        "vitals_dataset_measured_age_seconds", "Seconds since the dataset was measured", ["dataset"], registry=registry
    )
    rows = Gauge("vitals_dataset_rows", "Rows in the table", ["dataset"], registry=registry)
    checks = Gauge("vitals_dataset_checks", "Checks by status", ["dataset", "status"], registry=registry)
    for found in monitor.status(None, now):
        for health_ in Health:
            state.labels(found.name, health_.value).set(found.health is health_)
        if found.measured_at is not None:
            age.labels(found.name).set((now - found.measured_at).total_seconds())
        for result in found.results:
            checks.labels(found.name, result.status.value).inc()
    newest = monitor.history.sparklines("row_count", now - timedelta(days=7)).dropna().groupby("dataset").tail(1)
    for name, count in zip(newest["dataset"], newest["value"], strict=True):
        rows.labels(name).set(count)
    Gauge("vitals_runs_under_way", "Runs queued or running", registry=registry).set(len(monitor.running()))
    for key, value in monitor.history.statistics().items():
        Gauge(f"vitals_history_{key}", f"{key.replace('_', ' ')} of the history", registry=registry).set(value)
    return generate_latest(registry)


# -- small parts -------------------------------------------------------------------------------------------------------


async def _off(function: Callable[..., Any], *arguments: Any) -> Any:
    """Runs blocking work beside the event loop."""
    return await asyncio.to_thread(function, *arguments)


def _authorised(request: Request, *, changes: bool) -> None:
    app = current().config.app
    if app.is_loopback and request.url.hostname not in (*_LOCAL, app.address):
        # a page of another site, whose name was made to point here, must not read what only this machine may see
        raise Problem(403, "wrong host", f"this app serves {app.address} only, not {request.url.hostname}")
    if app.token is None or (app.is_loopback and not changes):
        return
    given = request.headers.get("authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {app.token.reveal()}".encode()):
        raise Problem(401, "not authorised", "send the header Authorization: Bearer TOKEN with the token of [app]")


async def _body(request: Request) -> dict[str, Any]:
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        # a browser can not send this type across sites without asking, so no foreign page can start runs
        raise Problem(415, "wrong content type", "send JSON with Content-Type: application/json")
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > _MOST_BODY:
            raise Problem(413, "too large", f"the body may have {_MOST_BODY:,} bytes")
    try:
        body = json.loads(raw) if raw else {}
    except (ValueError, RecursionError):
        raise Problem(400, "not JSON", "the body could not be read as JSON") from None
    if not isinstance(body, dict):
        raise Problem(400, "not an object", 'send an object such as {"datasets": []}')
    return body


def _past(text: str | None) -> datetime | None:
    """A moment that is not still to come."""
    if text is None:
        return None
    try:
        return answers.past_moment(text, current().clock())
    except ValueError as error:
        raise Problem(400, "wrong at", str(error)) from None


def _moment(text: str, name: str) -> datetime:
    try:
        return answers.parsed_moment(text)
    except ValueError as error:
        raise Problem(400, f"wrong {name}", str(error)) from None


def _number(text: str, name: str, most: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 9 and 1 <= int(text) <= most):
        raise Problem(400, f"wrong {name}", f"{name} is a whole number from 1 to {most:,}")
    return int(text)


def _json(body: dict[str, Any], status: int = 200) -> JSONResponse:
    return JSONResponse(body, status, headers={"Cache-Control": "no-store"})


def _problem(problem: Problem) -> Response:
    body = {"type": "about:blank", "title": problem.title, "status": problem.status, "detail": problem.detail}
    headers = {"Cache-Control": "no-store"} | ({"WWW-Authenticate": "Bearer"} if problem.status == 401 else {})
    return JSONResponse(body, problem.status, headers=headers, media_type="application/problem+json")
