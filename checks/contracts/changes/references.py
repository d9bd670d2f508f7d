"""Relationships: that every key is found in another table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from checks.contracts.changes.change import Change, Effect
from checks.contracts.changes.pairs import Handler, Pair, by, canonical, fields, members, plain


def relationships(pair: Pair) -> Iterator[Change]:
    """The differences between two lists of relationships, of a table or a column."""
    if not pair.fits(list):
        yield from plain(pair)
        return
    for each in members(pair, by("id"), _ends):
        if each.are_mappings:
            yield from fields(each, _HANDLERS)
        elif each.was_added and isinstance(each.new, dict):
            said = "Every key must be found in the other table now; rows that were right may have others."
            yield each.change("relationship.added", Effect.TIGHTENED, said)
        elif each.was_removed and isinstance(each.old, dict):
            said = "Readers that join can meet keys that the other table does not have."
            yield each.change("relationship.removed", Effect.LOOSENED, said)
        else:
            yield from plain(each)


def _ends(member: Any) -> str | None:
    return canonical([member.get("from"), member.get("to")]) if isinstance(member, dict) else None


def _end(pair: Pair) -> Iterator[Change]:
    if not pair.equal:
        said = "Keys are looked for elsewhere: what was found there may not be found here, and the other way round."
        yield pair.change("relationship.changed", Effect.CHANGED, said)


_HANDLERS: dict[str, Handler] = {"from": _end, "to": _end}
