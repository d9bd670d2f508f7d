"""The HTTP API: the same documents as the commands' --json, problem+json errors, and the metrics for Prometheus.

What changes state needs the bearer token when one is configured; so does everything when the app is open to others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import CancelledError
from datetime import timedelta
from functools import partial
from urllib.parse import unquote

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from checks import answers, demo
from checks.eventtime import parsed_bucket
from checks.explain import Words, to_document
from checks.monitor import Monitor
from checks.records import Health
from dashboard import contracts_api, incidents_api, labels_api, lineage_api, notify_api, objectives_api, registry_api
from dashboard.http import Problem, guarded, json_answer, json_body, moment_of, number_of, off_loop, past, truth_of
from dashboard.process import current

_KNOWN = tuple(
    f"/api/{each}" for each in ("contracts", "datasets", "doctor", "health", "incidents", "labels", "lineage", "runs")
)
_KNOWN += ("/api/v1/lineage", "/api/notifications")
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def routes() -> list[Route]:
    """All routes, to be mounted beside the pages."""
    return [
        Route("/api/health", guarded(health)),
        Route("/api/datasets", guarded(datasets)),
        Route("/api/datasets/{name:path}", guarded(about_dataset)),
        Route("/api/doctor", guarded(doctor_notes)),
        Route("/api/runs", guarded(start_runs, changes=True), methods=["POST"]),
        *contracts_api.routes(),
        *incidents_api.routes(),
        *labels_api.routes(),
        *lineage_api.routes(),
        *notify_api.routes(),
        *objectives_api.routes(),
        *registry_api.routes(),
        Route("/metrics", guarded(metrics)),
        Route("/api/{anything:path}", guarded(nothing_here), methods=_METHODS),
    ]


async def health(_: Request) -> Response:
    """Whether the app does its work: 503 when the scheduler has stopped ticking."""
    monitor = current()
    beat = monitor.ticked_at
    late = beat is None or (monitor.clock() - beat).total_seconds() > 60
    troubles = list(monitor.troubles.values())
    body = {
        "status": "degraded" if late or troubles else "ok",
        "scheduler_ticked_at": answers.moment(beat),
        "history": await off_loop(monitor.history.statistics),
        "notices": [*monitor.history.notices, *troubles],
        "running": sorted(monitor.running()),
    }
    return json_answer(body, 503 if late and beat is not None else 200)


async def datasets(request: Request) -> Response:
    """Health of all datasets; `?at=` for an earlier moment, repeated `?name=` for some."""
    names = request.query_params.getlist("name")
    healths = await off_loop(current().status, names, past(request.query_params.get("at")) or current().clock())
    return json_answer(answers.status_document(healths))


async def about_dataset(request: Request) -> Response:
    """`/api/datasets/NAME`, and `/measurements`, `/sample`, `/explain` and `/draft` behind it. A slash in a name is
    written %2F, or as it is where that can not be mistaken: the path is looked at before it is decoded."""
    raw = request.scope.get("raw_path", request.url.path.encode()).decode().partition("?")[0]
    whole = raw.partition("/api/datasets/")[2]
    name, _, last = whole.rpartition("/")
    if name and last in _ABOUT:
        return await _ABOUT[last](request, unquote(name))
    return await dataset(request, unquote(whole))


async def dataset(request: Request, name: str) -> Response:
    """Health of one dataset, with what is declared about it."""
    monitor = current()
    at = past(request.query_params.get("at")) or monitor.clock()
    [found] = await off_loop(monitor.status, [name], at)
    declared = monitor.datasets()[found.name]
    graph = await off_loop(monitor.lineage_known.graph, at)
    consumers = [each.name for each in graph.read_by(found.name)]
    extra = {"contract": declared.contract, "description": declared.description, "consumers": consumers}
    return json_answer({**answers.health_document(found), **extra})


async def measurements(request: Request, name: str) -> Response:
    """One series: `?metric=row_count&column=...&since=...&at=...`."""
    query = request.query_params
    if not query.get("metric"):
        raise Problem(400, "which metric?", "add ?metric=NAME, for example ?metric=row_count")
    since = None if query.get("since") is None else moment_of(query["since"], "since")
    read = partial(answers.history_document, since=since, known_at=past(query.get("at")))
    return json_answer(await off_loop(read, current(), name, query["metric"], query.get("column") or None))


async def sample(request: Request, name: str) -> Response:
    """Rows that a check objects to: `?check=ID&limit=100`."""
    check = request.query_params.get("check")
    if not check:
        raise Problem(400, "which check?", "add ?check=ID; the ids are in /api/datasets/NAME")
    limit = number_of(request.query_params.get("limit", "100"), "limit", 1000)
    [declared] = await off_loop(current().named, [name])
    found = await off_loop(current().sample, declared.name, check, limit)
    return json_answer(answers.sample_document(declared.name, check, found))


async def draft(_: Request, name: str) -> Response:
    """A draft of a contract; the table is looked at for it, so it may take a while."""
    from checks import drafts  # nothing that other requests want to load

    return json_answer(await off_loop(drafts.draft, current(), name))


async def backtest(request: Request, name: str) -> Response:
    """What would have alerted: `?days=90&set=detection.alerts_per_90_days=0.5&inject=true&seed=1&points=true`."""
    from checks.backtest.document import DEFAULT_DAYS, LONGEST, Wanted, backtest_document

    query = request.query_params
    days = number_of(query.get("days", str(DEFAULT_DAYS)), "days", LONGEST)
    seed = number_of(query.get("seed", "1"), "seed", 2**31 - 1, least=0)
    inject, points = (truth_of(query.get(word, "false"), word) for word in ("inject", "points"))
    wanted = Wanted(days, tuple(query.getlist("set")), inject, seed, points)
    return json_answer(await off_loop(backtest_document, current(), name, wanted))


async def explanation(request: Request, name: str) -> Response:
    """The segments behind a change: `?metric=bucket_rows&bucket=2026-03-14`, with `&column=` or `&check=` where the
    metric has one. Asks the warehouse."""
    query = request.query_params
    if not query.get("metric") or not query.get("bucket"):
        raise Problem(400, "explain what?", "add ?metric=NAME&bucket=DAY, as ?metric=bucket_rows&bucket=2026-03-14")
    try:
        bucket = parsed_bucket(query["bucket"])
    except ValueError as error:
        raise Problem(400, "wrong bucket", str(error)) from None
    words = Words(query["metric"], bucket, query.get("column") or None, query.get("check") or None)
    [declared] = await off_loop(current().named, [name])
    return json_answer(to_document(await off_loop(current().explain, declared.name, words)))


_ABOUT: dict[str, Callable[[Request, str], Awaitable[Response]]] = {
    "explain": explanation,
    "backtest": backtest,
    "draft": draft,
    "measurements": measurements,
    "sample": sample,
}


async def doctor_notes(_: Request) -> Response:
    """What is wrong with the installation; asks every source, so it may take a while."""
    from checks import doctor  # linting contracts is nothing that other requests want to load

    return json_answer(await off_loop(doctor.examine, current()))


async def nothing_here(request: Request) -> Response:
    if request.url.path.startswith(_KNOWN):
        raise Problem(405, "wrong method", f"{request.url.path} does not answer to {request.method}")
    raise Problem(404, "not found", f"there is no {request.url.path}; see /api/health and /api/datasets")


async def start_runs(request: Request) -> Response:
    """Runs datasets now (or at `at`) and answers when all have ended: {"datasets": [...], "at": ...}. With `refresh`
    the sources are listed first, as the command does."""
    body = await json_body(request)
    names, at = body.get("datasets", []), body.get("at")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise Problem(400, "wrong datasets", '"datasets" is a list of names, empty for all')
    if not isinstance(at, str | None):
        raise Problem(400, "wrong at", '"at" is a moment as text, such as 2026-03-15T12:00:00Z')
    monitor, moment = current(), past(at)
    if body.get("refresh"):
        await off_loop(demo.feed, monitor.config, monitor.clock())
        futures, errors = await off_loop(partial(monitor.list_and_start, names, at=moment, trigger="api"))
    else:
        futures, errors = await off_loop(partial(monitor.start, names, at=moment, trigger="api")), []
    try:
        reports = await asyncio.gather(*(asyncio.wrap_future(future) for future in futures))
    except (asyncio.CancelledError, CancelledError):
        raise Problem(503, "stopped", "the app was stopped before all runs had ended") from None
    return json_answer(answers.run_document(reports, errors))


async def metrics(_: Request) -> Response:
    """For Prometheus: health and the newest whole-table numbers of every dataset, and the state of Vitals itself."""
    text = await off_loop(_exposition, current())
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
    objectives_api.gauges(monitor, registry)
    incidents_api.gauges(monitor, registry)
    notify_api.gauges(monitor, registry)
    Gauge("vitals_runs_under_way", "Runs queued or running", registry=registry).set(len(monitor.running()))
    for key, value in monitor.history.statistics().items():
        Gauge(f"vitals_history_{key}", f"{key.replace('_', ' ')} of the history", registry=registry).set(value)
    return generate_latest(registry)
