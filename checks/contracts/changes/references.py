"""Relationships: that every key is found in another table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from checks.contracts.changes.change import Change, Effect
from checks.contracts.changes.pairs import Handler, Pair, by, canonical, fields, members, plain

_BY_ID = re.compile(r"^([^#]*#)?/?schema/([^/]+)/properties/([^/]+)$")


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
    return canonical([_by_name(member.get(key)) for key in ("from", "to")]) if isinstance(member, dict) else None


def _by_name(end: Any) -> Any:
    """The notation by ids as the one by names, which are mostly the same words: schema/a/properties/b is a.b."""
    if isinstance(end, list):
        return [_by_name(each) for each in end]
    return _BY_ID.sub(r"\1\2.\3", end) if isinstance(end, str) else end


def _end(pair: Pair) -> Iterator[Change]:
    if pair.equal:
        return
    if canonical(_by_name(pair.old)) == canonical(_by_name(pair.new)):
        yield pair.change("relationship.respelled", Effect.NOTED, "It is the same column in the other notation.")
    else:
        said = "Keys are looked for elsewhere: what was found there may not be found here, and the other way round."
        yield pair.change("relationship.changed", Effect.CHANGED, said)


_HANDLERS: dict[str, Handler] = {"from": _end, "to": _end}
