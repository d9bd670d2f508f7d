"""/api/labels: what people say of what was found."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from checks import labels
from dashboard.http import Problem, guarded, json_answer, json_body, number_of, off_loop, truth_of
from dashboard.process import current

_SOMEBODY = "somebody at the API"
_MOST = 10**8 - 1


def routes() -> list[Route]:
    """The routes of labels."""
    return [
        Route("/api/labels", guarded(found)),
        Route("/api/labels", guarded(add, changes=True), methods=["POST"]),
        Route("/api/labels/{number}", guarded(undo, changes=True), methods=["DELETE"]),
    ]


async def found(request: Request) -> Response:
    """The labels, newest first: `?dataset=NAME&undone=true`."""
    undone = truth_of(request.query_params.get("undone", "false"), "undone")
    dataset = request.query_params.get("dataset") or None
    return json_answer(await off_loop(lambda: labels.labels_document(current(), dataset, undone=undone)))


async def add(request: Request) -> Response:
    """Remembers the label in the body: {"dataset", "kind", "bucket", ...}, see `labels.Said`."""
    said = _said(await json_body(request))
    return json_answer(await off_loop(labels.add, current(), said), 201)


async def undo(request: Request) -> Response:
    """Takes a label back: `?author=NAME`."""
    number = number_of(request.path_params["number"], "number of a label", _MOST)
    author = request.query_params.get("author") or _SOMEBODY
    return json_answer(await off_loop(labels.undo, current(), number, author))


def _said(body: dict[str, Any]) -> labels.Said:
    names = [each.name for each in fields(labels.Said)]
    body = {"author": _SOMEBODY} | {name: value for name, value in body.items() if value is not None}
    for name, value in body.items():
        if name not in names:
            raise Problem(400, "wrong label", f"'{name[:60]}' is nothing that a label has; it has {', '.join(names)}")
        if not isinstance(value, str):
            raise Problem(400, "wrong label", f"{name} is text")
    missing = [each.name for each in fields(labels.Said) if each.default is MISSING and each.name not in body]
    if missing:
        raise Problem(400, "wrong label", f"{' and '.join(missing)} must be said")
    return labels.Said(**body)
