"""/api/incidents: what people work on, and what they do with it; and how many are open, for Prometheus."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields
from typing import Any

from prometheus_client import CollectorRegistry, Gauge
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from checks import incident_answers
from checks.incident_answers import Wanted
from checks.monitor import Monitor
from checks.records import IncidentSeverity
from dashboard.http import Problem, guarded, json_answer, json_body, number_of, off_loop
from dashboard.process import current

_SOMEBODY = "somebody at the API"
_MOST = 10**9
_BODY = ("author", "text", "note")


def routes() -> list[Route]:
    """The routes of incidents."""
    return [
        Route("/api/incidents", guarded(found)),
        Route("/api/incidents/{number}", guarded(one)),
        Route("/api/incidents/{number}/report", guarded(report)),
        Route("/api/incidents/{number}/{action}", guarded(act, changes=True), methods=["POST"]),
    ]


async def found(request: Request) -> Response:
    """The incidents, the worst first: `?state=open&severity=high&dataset=NAME&since=MOMENT`."""
    names, query = [each.name for each in fields(Wanted)], request.query_params
    wrong = [name for name in query if name not in names]
    if wrong:
        raise Problem(400, "wrong filter", f"'{wrong[0][:60]}' is no filter; there are {', '.join(names)}")
    wanted = Wanted(**{name: query[name] for name in names if query.get(name)})
    return json_answer(await off_loop(incident_answers.incidents_document, current(), wanted))


async def one(request: Request) -> Response:
    """One incident with its timeline."""
    return json_answer(await off_loop(incident_answers.one_document, current(), _number(request)))


async def report(request: Request) -> Response:
    """A draft of a post-mortem: {"id", "markdown"}."""
    return json_answer(await off_loop(incident_answers.report_document, current(), _number(request)))


async def act(request: Request) -> Response:
    """Does something (ack, assign, mute, unmute, monitor, resolve, note, link or label) with {"author", "text",
    "note"}, and answers with the incident."""
    body = await json_body(request)
    for name, value in body.items():
        if name not in _BODY or not isinstance(value, str):
            raise Problem(400, "wrong action", f"the body has {', '.join(_BODY)}, each as text; not '{name[:60]}'")
    said = {"author": _SOMEBODY} | body
    action = incident_answers.action_of(request.path_params["action"], **said)
    return json_answer(await off_loop(incident_answers.act, current(), _number(request), action))


def gauges(monitor: Monitor, registry: CollectorRegistry) -> None:
    """The open incidents by severity."""
    open_ = Gauge("vitals_incidents_open", "Open incidents by severity", ["severity"], registry=registry)
    counts: Counter[Any] = Counter(each.severity for each in monitor.history.incidents(open_only=True))
    for severity in IncidentSeverity:
        open_.labels(severity.value).set(counts[severity])


def _number(request: Request) -> int:
    return number_of(request.path_params["number"], "number of an incident", _MOST)
