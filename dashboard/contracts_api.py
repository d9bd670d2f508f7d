"""/api/contracts: what there is, and taking up new versions."""

from __future__ import annotations

from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from checks import contract_answers
from checks.contracts.read import MAX_BYTES
from checks.registry import Compatibility
from dashboard.http import Problem, guarded, json_answer, off_loop, raw_body
from dashboard.process import current

_TYPES = ("application/yaml", "application/x-yaml")


def routes() -> list[Route]:
    """The routes of contracts."""
    return [
        Route("/api/contracts", guarded(contracts)),
        Route("/api/contracts", guarded(register, changes=True), methods=["POST"]),
        Route("/api/contracts/{id:path}", guarded(versions)),
    ]


async def contracts(_: Request) -> Response:
    """All contracts, of the folder and of the registry."""
    return json_answer(await off_loop(contract_answers.contracts_document, current()))


async def versions(request: Request) -> Response:
    """The registered versions of one contract."""
    raw = request.scope.get("raw_path", request.url.path.encode()).decode().partition("?")[0]
    contract = unquote(raw.partition("/api/contracts/")[2])
    return json_answer(await off_loop(contract_answers.versions_document, current().registry, contract))


async def register(request: Request) -> Response:
    """Takes up the contract in the body (YAML): `?compatibility=MODE&file=NAME`. 201 for a new version, 200 for one
    that was there, 409 for one that may not follow the versions before it, 422 for what is no contract."""
    mode = request.query_params.get("compatibility")
    if mode is not None and mode not in set(Compatibility):
        raise Problem(400, "wrong compatibility", f"compatibility is one of {', '.join(Compatibility)}")
    raw = await raw_body(request, _TYPES, MAX_BYTES)
    label = request.query_params.get("file") or "the body"
    document = await off_loop(contract_answers.register, current().registry, raw, label, mode)
    return json_answer(document, 201 if document["new"] else 200)
