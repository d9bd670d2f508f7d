"""The Confluent Schema Registry's REST protocol under /registry, over the registry of contracts.

Made for the stock clients: paths, field names and error codes are theirs
(https://docs.confluent.io/platform/current/schema-registry/develop/api.html). JSON Schema and Avro; no references to
other schemas, no contexts, no modes but READWRITE.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from checks.history import HistoryError
from checks.registry import NotRegistered, NotThere
from dashboard.http import Problem, authorised, json_body, off_loop
from dashboard.process import current
from dashboard.registry_answers import HANDLERS, Asked, Handler, Wrong

log = logging.getLogger(__name__)
_TYPE = "application/vnd.schemaregistry.v1+json"
_TYPES = (_TYPE, "application/vnd.schemaregistry+json", "application/json")
_METHODS = ["GET", "POST", "PUT", "DELETE"]
_NOT_THERE = {"contract": 40401, "subject": 40401, "version": 40402, "schema": 40403}


def routes() -> list[Route]:
    """The routes of the protocol."""
    return [Route("/registry/{rest:path}", answer, methods=_METHODS), Route("/registry", answer, methods=_METHODS)]


async def answer(request: Request) -> Response:
    """One request, from its path to JSON; every error is one of the protocol."""
    try:
        authorised(request, changes=request.method != "GET")
        handler, parts = _handler(request)
        body = await json_body(request, _TYPES) if request.method in ("POST", "PUT") else {}
        asked = Asked(parts, dict(request.query_params), body)
        return _json(await off_loop(handler, current().registry, asked))
    except Exception as error:  # noqa: BLE001 each becomes an answer; those that are faults of ours are logged
        return _refusal(error)


def _refusal(error: Exception) -> Response:
    match error:
        case Wrong():
            code, message = error.code, str(error)
        case NotThere():
            code, message = _NOT_THERE[error.kind], str(error)
        case NotRegistered():
            code, message = 409 if error.valid else 42201, str(error)
        case Problem():
            code, message = error.status, error.detail
        case HistoryError():
            code, message = 50001, str(error)
        case _:
            log.error("a request to the registry failed: %s", type(error).__name__, exc_info=error)
            code, message = 50001, f"Vitals itself failed ({type(error).__name__}); see the log of the app"
    return _json({"error_code": code, "message": message}, int(str(code)[:3]))


def _handler(request: Request) -> tuple[Handler, tuple[str, ...]]:
    """By method and path; the path is taken apart before it is decoded, since a subject may have a slash in it."""
    raw = request.scope.get("raw_path", request.url.path.encode()).decode().partition("?")[0]
    parts = [unquote(part) for part in raw.removeprefix("/registry").strip("/").split("/") if part]
    shapes = [(method, shape.split(), handler) for (method, shape), handler in HANDLERS.items()]
    fitting = [(method, shape, handler) for method, shape, handler in shapes if _fits(shape, parts)]
    for method, shape, handler in fitting:
        if method == request.method:
            return handler, tuple(part for part, wanted in zip(parts, shape, strict=True) if wanted == "*")
    raise Wrong(405, f"{raw} does not answer to {request.method}") if fitting else Wrong(404, f"there is no {raw}")


def _fits(shape: Sequence[str], parts: Sequence[str]) -> bool:
    return len(shape) == len(parts) and all(wanted in ("*", part) for wanted, part in zip(shape, parts, strict=True))


def _json(body: Any, status: int = 200) -> JSONResponse:
    return JSONResponse(body, status, headers={"Cache-Control": "no-store"}, media_type=_TYPE)
