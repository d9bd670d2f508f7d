"""/api/notifications: the channels through which people are told, tests of them, and what was given up; and how many
messages wait or were given up, for Prometheus."""

from __future__ import annotations

from collections import Counter

from prometheus_client import CollectorRegistry, Gauge
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from checks.monitor import Monitor
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


def gauges(monitor: Monitor, registry: CollectorRegistry) -> None:
    """Messages that are due and not delivered yet (they failed, or quiet hours hold them) and those that were given up,
    by channel."""
    waiting = Gauge("vitals_messages_waiting", "Messages due and not delivered yet", ["channel"], registry=registry)
    dead = Gauge("vitals_messages_dead", "Messages given up, and not sent again", ["channel"], registry=registry)
    due = monitor.history.messages_waiting(monitor.clock())
    given_up = Counter(each.message.channel for each in monitor.history.dead_messages())
    for channel in monitor.sender.channels.keys() | given_up.keys():
        waiting.labels(channel).set(due.get(channel, 0))
        dead.labels(channel).set(given_up[channel])
