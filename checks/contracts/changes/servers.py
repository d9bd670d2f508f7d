"""Servers: where the data is found."""

from __future__ import annotations

from collections.abc import Iterator

from checks.contracts.changes.change import Change, Effect
from checks.contracts.changes.pairs import Pair, by, fields, members, plain

_BESIDE = frozenset(("id", "description", "roles", "customProperties"))


def servers(pair: Pair) -> Iterator[Change]:
    """The differences between two lists of servers."""
    if not pair.fits(list):
        yield from plain(pair)
        return
    for each in members(pair, by("server"), by("id")):
        if each.are_mappings:
            yield from fields(each, {key: _place for key in each.keys() if key not in _BESIDE})  # noqa: SIM118
        elif each.was_added and isinstance(each.new, dict):
            yield each.change("server.added", Effect.HARMLESS, "The data can be found in one more place.")
        elif each.was_removed and isinstance(each.old, dict):
            said = "Who reads the data there finds it no more."
            yield each.change("server.removed", Effect.LOOSENED, said)
        else:
            yield from plain(each)


def _place(pair: Pair) -> Iterator[Change]:
    if not pair.equal:
        said = "The data is found elsewhere or in another way: who reads and who writes must follow."
        yield pair.change("server.changed", Effect.CHANGED, said)
