"""The servers of a contract: which sources they stand for, with their references to environment variables filled in.

`${NAME}` is the variable NAME, `${NAME:-text}` is text where NAME is unset or empty. What a variable holds is used for
matching only and never told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from checks.config import Config, SourceConfig
from checks.contracts.catalogue import Catalogue, backend
from checks.contracts.document import Document, Node, Notes
from checks.contracts.read import Place

_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(:-[^}]*)?\}")
_SAME_BACKEND = {"postgresql": "postgres", "cloudsql": "postgres", "": "local", "files": "local", "file": "local"}


def servers(document: Document, environ: Mapping[str, str]) -> list[Node]:
    """The servers with their variables filled in; a reference that nothing is known for stays as it is written."""
    return [Node(_filled(node.value, environ), node.place) for node in document.root.items("servers")]


def note_unset(document: Document, notes: Notes, environ: Mapping[str, str]) -> None:
    """Warns of references to variables that are not set and have no text to stand in."""
    for node in document.root.items("servers"):
        for place, text in _texts(node.value, node.place):
            for name, instead in _REFERENCE.findall(text):
                if not environ.get(name) and not instead:
                    told = f"the environment variable {name} is not set; set it, or write ${{{name}:-something}}"
                    notes.warning(place, told)


def for_sources(
    document: Document, catalogue: Catalogue, config: Config, notes: Notes
) -> list[tuple[str, Node | None]]:
    """The sources that the contract is about, each with its server: those that servers are named after, else the only
    one, else those of fitting type and environment."""
    found = servers(document, catalogue.environ)
    named = [(name, server) for server in found if (name := server.text("server")) in config.sources and name]
    if named or not document.objects:
        return [*named]
    if len(config.sources) == 1:
        only = next(iter(config.sources))
        return [(only, _server_of(only, found, config))]
    fitting = _fitting(found, config, _is_same_place) or _fitting(found, config, _may_be_same_place)
    if fitting and len({server.place for server in fitting.values()}) == len(fitting):
        return [*fitting.items()]
    known = ", ".join(config.sources) or "none"
    how_many = "more than one source fits" if fitting else "no source fits"
    wrong = f"{how_many} the servers of this contract, so it is not executed; call a server like a source ({known})"
    notes.error(("servers",), wrong)
    return []


def _server_of(source: str, found: list[Node], config: Config) -> Node | None:
    """Of several servers the one in the source's environment."""
    return found[0] if len(found) == 1 else _fitting(found, config, _is_same_place).get(source)


def _fitting(found: list[Node], config: Config, is_place: Callable[[Node, SourceConfig], bool]) -> dict[str, Node]:
    """The first fitting server of every source that has one."""
    fitting: dict[str, Node] = {}
    for server in found:
        for name, source in config.sources.items():
            if _is_same_type(server, source) and is_place(server, source):
                fitting.setdefault(name, server)
    return fitting


def _is_same_type(server: Node, source: SourceConfig) -> bool:
    kinds = [backend(source.url.reveal()), (server.text("type") or "").lower()]
    return len({_SAME_BACKEND.get(kind, kind) for kind in kinds}) == 1


def _is_same_place(server: Node, source: SourceConfig) -> bool:
    return source.environment is not None and source.environment == server.text("environment")


def _may_be_same_place(server: Node, source: SourceConfig) -> bool:
    """Where one of them does not say its environment."""
    return not (source.environment and server.text("environment"))


# -- variables ---------------------------------------------------------------------------------------------------------


def _filled(value: Any, environ: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(inner, environ) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, environ) for inner in value]
    if not isinstance(value, str):
        return value
    return _REFERENCE.sub(lambda found: environ.get(found[1]) or (found[2][2:] if found[2] else found[0]), value)


def _texts(value: Any, place: Place) -> Iterator[tuple[Place, str]]:
    if isinstance(value, str):
        yield place, value
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in members:
        yield from _texts(inner, (*place, step))
