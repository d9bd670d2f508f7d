"""/api/objectives: attainment, error budgets and burn of service levels; and the same for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from checks.monitor import Monitor
from checks.objectives import document
from checks.objectives.budget import budget
from dashboard.http import guarded, json_answer, off_loop, past
from dashboard.process import current


def routes() -> list[Route]:
    """The routes of objectives."""
    return [Route("/api/objectives", guarded(objectives))]


async def objectives(request: Request) -> Response:
    """All objectives; repeated `?name=` for some contracts or datasets, `?at=` for an earlier moment."""
    query = request.query_params
    return json_answer(await off_loop(document.answer, current(), query.getlist("name"), past(query.get("at"))))


def gauges(monitor: Monitor, registry: CollectorRegistry) -> None:
    """Attainment of 30 days and what is left of the budget, of every objective of which something is known."""
    names = ["dataset", "level"]
    attained = Gauge(
        "vitals_objective_attainment_percent",
        "Percent of the measured time of 30 days in which the level was met",
        names,
        registry=registry,
    )
    left = Gauge(
        "vitals_objective_budget_left_ratio", "What is left of the error budget, below 0 if overspent", names,
        registry=registry,
    )  # fmt: skip
    at = monitor.clock()
    for kept in document.kept_of(monitor, (), None):
        found = budget(kept.line, kept.objective.target, at)
        if found.attained.percent is not None:
            labels = kept.objective.dataset, kept.objective.level
            attained.labels(*labels).set(found.attained.percent)
            left.labels(*labels).set(found.left_share)
