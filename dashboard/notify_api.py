"""/api/notifications: the channels through which people are told, tests of them, and what was given up."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from checks.notify import document
from dashboard.http import guarded, json_answer, off_loop
from dashboard.process import current


def routes() -> list[Route]:
    """The routes of notifications."""
    return [
        Route("/api/notifications", guarded(channels)),
        Route("/api/notifications/channels/{name}/test", guarded(test, changes=True), methods=["POST"]),
        Route("/api/notifications/messages/{id}/retry", guarded(retry, changes=True), methods=["POST"]),
    ]


async def channels(_: Request) -> Response:
    """The channels with their state, and the messages that were given up."""
    return json_answer(await off_loop(document.notifications_document, current()))


async def test(request: Request) -> Response:
    """Sends a test through a channel; answers when it has arrived or failed."""
    return json_answer(await off_loop(document.test_channel, current(), request.path_params["name"]))


async def retry(request: Request) -> Response:
    """Sends a message again that was given up; `all` is every one."""
    return json_answer(await off_loop(document.retry, current(), request.path_params["id"]))
