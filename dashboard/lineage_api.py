"""/api/lineage: which dataset is made from which, and who reads it."""

from __future__ import annotations

from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from checks.lineage import document
from dashboard.http import guarded, json_answer, off_loop
from dashboard.process import current

_PATH = "/api/lineage/"


def routes() -> list[Route]:
    """The routes of lineage."""
    return [Route("/api/lineage", guarded(whole)), Route("/api/lineage/{name:path}", guarded(of_one))]


async def whole(_: Request) -> Response:
    """The whole graph. Sources with views may be asked for it, so it can take a while."""
    return json_answer(await off_loop(document.answer, current(), None))


async def of_one(request: Request) -> Response:
    """`/api/lineage/NAME`: what is above and below one dataset or consumer, whose name may have slashes."""
    raw = request.scope.get("raw_path", request.url.path.encode()).decode().partition("?")[0]
    name = unquote(raw.partition(_PATH)[2])
    return json_answer(await off_loop(document.answer, current(), name))
