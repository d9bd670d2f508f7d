"""What every route needs: the token, bodies and parameters read with care, errors as problem documents."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import json
import logging
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from checks import answers
from checks.answers import UnknownSeries
from checks.history import HistoryError
from checks.incidents import UnknownIncident
from checks.monitor import UnknownDataset
from checks.refusal import Refused
from checks.registry import NotRegistered, NotThere
from connectors import SourceError
from dashboard.process import current

Handler = Callable[[Request], Awaitable[Response]]
MOST_BODY = 64 * 1024
_TRUTH = {"true": True, "1": True, "false": False, "0": False}
_LOCAL = ("localhost", "127.0.0.1", "::1")
log = logging.getLogger(__name__)


class Problem(Exception):
    """An answer that is an error (RFC 9457)."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        self.status, self.title, self.detail = status, title, detail
        super().__init__(detail)


def guarded(handler: Handler, *, changes: bool = False) -> Handler:
    """Asks for the token where one is needed, and turns errors into problem documents."""

    async def answer(request: Request) -> Response:
        try:
            authorised(request, changes=changes)
            return await handler(request)
        except Exception as error:  # noqa: BLE001 each becomes an answer; those that are faults of ours are logged
            return _problem(_problem_of(error))

    return answer


def _problem_of(error: Exception) -> Problem:
    match error:
        case Problem():
            return error
        case UnknownDataset() | UnknownSeries() | UnknownIncident():
            return Problem(404, "not found", str(error))
        case NotThere():
            return Problem(404, "not found", str(error))
        case NotRegistered():
            return Problem(409 if error.valid else 422, "not registered", str(error))
        case Refused():
            return Problem(422, "refused", str(error))
        case SourceError():
            return Problem(503, "the warehouse did not answer", error.sentence)
        case HistoryError():
            return Problem(503, "the history could not be read", str(error))
    log.error("a request failed: %s", type(error).__name__, exc_info=error)
    return Problem(500, "Vitals itself failed", f"{type(error).__name__}; see the log of the app")


async def off_loop(function: Callable[..., Any], *arguments: Any) -> Any:
    """Runs blocking work beside the event loop."""
    return await asyncio.to_thread(function, *arguments)


def authorised(request: Request, *, changes: bool) -> None:
    """Raises Problem unless the request may be answered: its host is ours, and it has the token where one is needed.
    The token may also come as the password of basic authentication, which is all that some clients can send."""
    app = current().config.app
    if app.is_loopback and request.url.hostname not in (*_LOCAL, app.address):
        # a page of another site, whose name was made to point here, must not read what only this machine may see
        raise Problem(403, "wrong host", f"this app serves {app.address} only, not {request.url.hostname}")
    if app.token is None or (app.is_loopback and not changes):
        return
    if not hmac.compare_digest(_token(request.headers.get("authorization", "")), app.token.reveal().encode()):
        raise Problem(401, "not authorised", "send the header Authorization: Bearer TOKEN with the token of [app]")


def _token(header: str) -> bytes:
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip().encode()
    try:
        return base64.b64decode(value, validate=True).partition(b":")[2] if scheme.lower() == "basic" else b""
    except binascii.Error:
        return b""


async def json_body(request: Request, types: Collection[str] = ("application/json",)) -> dict[str, Any]:
    """The body as a JSON object. Raises Problem."""
    raw = await raw_body(request, types)
    try:
        body = json.loads(raw) if raw else {}
    except (ValueError, RecursionError):
        raise Problem(400, "not JSON", "the body could not be read as JSON") from None
    if not isinstance(body, dict):
        raise Problem(400, "not an object", 'send an object such as {"datasets": []}')
    return body


async def raw_body(request: Request, types: Collection[str], most: int = MOST_BODY) -> bytes:
    """The body as it was sent, of one of these types. Raises Problem."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in types:
        what = "YAML" if "yaml" in next(iter(types)) else "JSON"
        # a browser can not send these types across sites without asking, so no foreign page can change anything
        raise Problem(415, "wrong content type", f"send {what} with Content-Type: {next(iter(types))}")
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > most:
            raise Problem(413, "too large", f"the body may have {most:,} bytes")
    return raw


def past(text: str | None) -> datetime | None:
    """A moment that is not still to come."""
    if text is None:
        return None
    try:
        return answers.past_moment(text, current().clock())
    except ValueError as error:
        raise Problem(400, "wrong at", str(error)) from None


def moment_of(text: str, name: str) -> datetime:
    try:
        return answers.parsed_moment(text)
    except ValueError as error:
        raise Problem(400, f"wrong {name}", str(error)) from None


def number_of(text: str, name: str, most: int, least: int = 1) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 11 and least <= int(text) <= most):
        raise Problem(400, f"wrong {name}", f"{name} is a whole number from {least} to {most:,}")
    return int(text)


def truth_of(text: str, name: str) -> bool:
    if text not in _TRUTH:
        raise Problem(400, f"wrong {name}", f"{name} is true or false")
    return _TRUTH[text]


def json_answer(body: dict[str, Any], status: int = 200) -> JSONResponse:
    return JSONResponse(body, status, headers={"Cache-Control": "no-store"})


def _problem(problem: Problem) -> Response:
    body = {"type": "about:blank", "title": problem.title, "status": problem.status, "detail": problem.detail}
    headers = {"Cache-Control": "no-store"} | ({"WWW-Authenticate": "Bearer"} if problem.status == 401 else {})
    return JSONResponse(body, problem.status, headers=headers, media_type="application/problem+json")
