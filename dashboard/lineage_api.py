"""/api/lineage: which dataset is made from which, and who reads it; and events of OpenLineage, which tell it.

`/api/v1/lineage` is where the clients of OpenLineage send events when nobody tells them a path.
"""

from __future__ import annotations

import json
import zlib
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from checks.lineage import document
from checks.lineage.openlineage import NotAnEvent
from dashboard.http import Problem, guarded, json_answer, off_loop, raw_body
from dashboard.process import current

_PATH = "/api/lineage/"
_TYPES = ("application/json",)
#: bytes of an event as it is read; those of jobs with thousands of columns are large
MOST = 8 * 1024 * 1024


def routes() -> list[Route]:
    """The routes of lineage."""
    return [
        Route("/api/lineage", guarded(whole)),
        Route("/api/lineage", guarded(hear, changes=True), methods=["POST"]),
        Route("/api/v1/lineage", guarded(hear, changes=True), methods=["POST"]),
        Route("/api/lineage/{name:path}", guarded(of_one)),
    ]


async def whole(_: Request) -> Response:
    """The whole graph. Sources with views may be asked for it, so it can take a while."""
    return json_answer(await off_loop(document.answer, current(), None))


async def of_one(request: Request) -> Response:
    """`/api/lineage/NAME`: what is above and below one dataset or consumer, whose name may have slashes."""
    raw = request.scope.get("raw_path", request.url.path.encode()).decode().partition("?")[0]
    name = unquote(raw.partition(_PATH)[2])
    return json_answer(await off_loop(document.answer, current(), name))


async def hear(request: Request) -> Response:
    """Remembers one event, and answers how it was understood: 201, or 200 for one that is known already."""
    event = await _event(request)
    try:
        heard = await off_loop(current().lineage_known.hear, event, current().clock())
    except NotAnEvent as error:
        raise Problem(422, "not an event of OpenLineage", str(error)) from None
    return json_answer(heard, 201 if heard["new"] else 200)


async def _event(request: Request) -> dict[str, Any]:
    raw = await raw_body(request, _TYPES, MOST)
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip"):
        raise Problem(415, "wrong content encoding", "send the event as it is, or with Content-Encoding: gzip")
    return await off_loop(_parsed, raw, encoding == "gzip")


def _parsed(raw: bytes, packed: bool) -> dict[str, Any]:
    """The JSON object in a body. Raises Problem."""
    try:
        event = json.loads(_unpacked(raw) if packed else raw)
    except (ValueError, RecursionError):
        raise Problem(400, "not JSON", "the body could not be read as JSON") from None
    if not isinstance(event, dict):
        raise Problem(422, "not an event of OpenLineage", "the body is no JSON object; send one event at a time")
    return event


def _unpacked(raw: bytes) -> bytes:
    """What gzip has packed, if it is not too large. Raises Problem."""
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        unpacked = unpacker.decompress(raw, MOST)
    except zlib.error:
        raise Problem(400, "not gzip", "the body could not be unpacked") from None
    if unpacker.unconsumed_tail:
        raise Problem(413, "too large", f"the event may have {MOST:,} bytes")
    if not unpacker.eof:
        raise Problem(400, "not gzip", "the body ends before its end")
    return unpacked
