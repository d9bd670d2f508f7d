"""Two versions of a contract to their differences: read this first. Pure: nothing is read and nothing is asked."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from checks.contracts.changes.change import Change, Effect
from checks.contracts.changes.declarations import on_level
from checks.contracts.changes.levels import default_element, levels
from checks.contracts.changes.pairs import Handler, Pair, fields, plain
from checks.contracts.changes.servers import servers
from checks.contracts.changes.tables import tables
from checks.contracts.document import Document

#: states in which the contract is a promise
_BINDING = ("active", "deprecated")


def diff(old: Document, new: Document) -> tuple[Change, ...]:
    """Every difference between two versions of a contract, in the order of the old one. Never empty where the documents
    differ in more than order and spelling; what says nothing about the data is informational."""
    return tuple(fields(Pair("", (), old.data, new.data), _HANDLERS))


def added(new: Document) -> Change:
    """A contract that was not there."""
    said = "Nothing that was promised changes; from now on its data has to fit."
    return _whole(None, _summary(new)).change("contract.added", Effect.HARMLESS, said)


def removed(old: Document) -> Change:
    """A contract that is gone."""
    said = "Its consumers are promised nothing any more."
    return _whole(_summary(old), None).change("contract.removed", Effect.LOOSENED, said)


def _whole(old: Any, new: Any) -> Pair:
    return Pair("", (), old, new)


def _summary(document: Document) -> dict[str, Any]:
    """What a whole contract is called, instead of all of it."""
    return {key: document.data[key] for key in ("id", "name", "version", "status") if key in document.data}


def _id(pair: Pair) -> Iterator[Change]:
    if not pair.equal:
        said = "Whatever names the contract by its id no longer finds it."
        yield pair.change("contract.renamed", Effect.CHANGED, said)


def _version(pair: Pair) -> Iterator[Change]:
    if not pair.equal:
        yield pair.change("version.changed", Effect.NOTED, "The version says how the rest changed.")


def _status(pair: Pair) -> Iterator[Change]:
    if pair.equal:
        return
    if pair.old in _BINDING and pair.new not in _BINDING:
        kind = "status.retired" if pair.new == "retired" else "status.withdrawn"
        yield pair.change(kind, Effect.LOOSENED, f"A {pair.new} contract is no promise that readers can rely on.")
    elif pair.new in _BINDING and pair.old not in _BINDING:
        said = "From now on the contract is a promise; what it says about the data stays as it was."
        yield pair.change("status.activated", Effect.HARMLESS, said)
    elif pair.new == "deprecated":
        said = "The promise still holds, but it will end: readers should look for a successor."
        yield pair.change("status.deprecated", Effect.HARMLESS, said)
    else:
        yield from plain(pair)


def _noted(pair: Pair, kind: str, reason: str) -> Iterator[Change]:
    for change in plain(pair):
        yield Change(change.path, kind, change.consumer, change.producer, change.old, change.new, reason, change.place)


def _team(pair: Pair) -> Iterator[Change]:
    old, new = (_as_team(side) for side in (pair.old, pair.new))
    reason = "Other people answer for the data; the data stays as it was."
    yield from _noted(Pair(pair.path, pair.place, old, new), "owner.changed", reason)


def _as_team(side: Any) -> Any:
    """The older form of a team is just its members."""
    return {"members": side} if isinstance(side, list) else side


_HANDLERS: dict[str, Handler] = {
    "id": _id,
    "version": _version,
    "status": _status,
    "team": _team,
    "support": partial(_noted, kind="support.changed", reason="Help is found elsewhere; the data stays as it was."),
    "price": partial(_noted, kind="price.changed", reason="It costs something else; the data stays as it was."),
    "servers": servers,
    "schema": tables,
    "slaProperties": levels,
    "slaDefaultElement": default_element,
    "customProperties": on_level,
}
