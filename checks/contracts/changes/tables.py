"""Tables and columns: what came, what went, what is called otherwise, and what changed in those that stayed."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from functools import partial
from typing import Any

from checks.contracts.changes.change import Change, Effect, of_flag
from checks.contracts.changes.declarations import on_table
from checks.contracts.changes.keys import KEYS, Demands
from checks.contracts.changes.options import enum, options
from checks.contracts.changes.pairs import Handler, Pair, by, fields, flag_words, members, plain, text
from checks.contracts.changes.protection import classification
from checks.contracts.changes.references import relationships
from checks.contracts.changes.rules import rules
from checks.contracts.changes.types import logical_type, physical_type

_NAMES = frozenset(("name", "physicalName"))
_ALIKE = 0.6  # how alike two names must be for the guess that a column was renamed
_MOST_GUESSES = 30  # where more came or went, a guess helps nobody


def tables(pair: Pair) -> Iterator[Change]:
    """The differences between two `schema` lists."""
    if not pair.fits(list):
        yield from plain(pair)
        return
    for each in members(pair, by("id"), by("name"), by("physicalName")):
        if each.are_mappings:
            yield from _names(each, "table")
            yield from fields(each, _OF_TABLES, _NAMES)
        elif isinstance(each.new, dict) and each.was_added:
            said = "Readers of the other tables are not touched; the table must exist once this version counts."
            yield each.change("table.added", Effect.HARMLESS, said)
        elif isinstance(each.old, dict) and each.was_removed:
            yield each.change("table.removed", Effect.LOOSENED, "Its readers are promised nothing any more.")
        else:
            yield from plain(each)


def columns(pair: Pair) -> Iterator[Change]:
    """The differences between two lists of properties, of a table or of a structured column."""
    if not pair.fits(list):
        yield from plain(pair)
        return
    found = members(pair, by("id"), by("name"), by("physicalName"))
    mappings = [each for each in found if _is_column(each)]
    demands = Demands(mappings)
    gone = [each for each in mappings if each.was_removed]
    come = [each for each in mappings if each.was_added]
    for each in found:
        if not _is_column(each):
            yield from plain(each)
        elif each.was_removed and not each.was_added:
            reason = f"Who reads it finds it no more.{_renamed(each, come, 'to')}"
            yield each.change("column.removed", demands.when_removed(each), reason)
        elif each.was_added and not each.was_removed:
            yield _added(each, demands.when_added(each), _renamed(each, gone, "from"))
        else:
            yield from _names(each, "column")
            yield from _column(each, demands)


def _is_column(pair: Pair) -> bool:
    return isinstance(pair.old, dict | None) and isinstance(pair.new, dict | None)


def _added(pair: Pair, effect: Effect, guess: str) -> Change:
    if effect is Effect.HARMLESS:
        said = "It may be NULL, and older rows are read as NULL in it; the column must exist once this version counts."
    else:
        said = "Every row must have a value in it, and rows that were right have none."
    return pair.change("column.added", effect, said + guess)


def _column(pair: Pair, demands: Demands) -> Iterator[Change]:
    """What changed in one column, or in the items of an array and in keys and values of a map."""
    yield from demands.of(pair)
    logical = [text(side, "logicalType") for side in (pair.old, pair.new)]
    same_type = logical[0] if logical[0] == logical[1] else None
    handlers = _OF_COLUMNS | {"logicalTypeOptions": partial(options, logical=same_type)}
    yield from fields(pair, handlers, KEYS | _NAMES)


def _inner(pair: Pair) -> Iterator[Change]:
    """`items`, or the `key` or `value` of a map: a property without a name."""
    if pair.are_mappings:
        named = [pair.at(key) for key in _NAMES]
        yield from (change for each in named for change in plain(each))
        yield from _column(pair, Demands([pair]))
    elif not pair.equal:
        effect = of_flag(before=not pair.was_added, after=not pair.was_removed)
        said = {
            Effect.TIGHTENED: "Members could be anything; now they are described, and others are wrong.",
            Effect.LOOSENED: "Members were described; now readers can meet anything.",
        }
        reason = said.get(effect, "It is no description of members in one of the versions.")
        yield pair.change(f"items.{effect.word}", effect if effect in said else Effect.CHANGED, reason)


def _map(pair: Pair) -> Iterator[Change]:
    if pair.are_mappings:
        yield from fields(pair, {"key": _inner, "value": _inner})
    else:
        yield from _inner(pair)


# -- names -------------------------------------------------------------------------------------------------------------


def _names(pair: Pair, noun: str) -> Iterator[Change]:
    old, new = (text(side, "physicalName") or text(side, "name") for side in (pair.old, pair.new))
    for key in sorted(_NAMES):
        part = pair.at(key)
        if part.equal:
            continue
        if old != new:
            said = f"Readers look for {old} and writers fill it, but the {noun} is {new} now."
            yield part.change(f"{noun}.renamed", Effect.CHANGED, said)
        elif key == "name":
            said = f"People call it otherwise; in the warehouse it is still {new}."
            yield part.change(f"{noun}.relabelled", Effect.HARMLESS, said)
        else:
            yield from plain(part)


def _renamed(pair: Pair, others: list[Pair], way: str) -> str:
    """The guess, for people, that a column that went is one that came: its ids do not say so."""
    own = pair.new if pair.old is None else pair.old
    for other in others[:_MOST_GUESSES]:
        theirs = other.new if other.old is None else other.old
        if _look_alike(own, theirs):
            hint = "give it an id, so that a new name is no new column"
            return f" Probably renamed {way} {text(theirs, 'name')}; {hint}."
    return ""


def _look_alike(one: Any, other: Any) -> bool:
    bare = [{key: value for key, value in side.items() if key not in _NAMES | {"id"}} for side in (one, other)]
    if bare[0] == bare[1] and text(one, "description"):
        return True
    ratio = difflib.SequenceMatcher(None, text(one, "name") or "", text(other, "name") or "").ratio()
    return text(one, "logicalType") == text(other, "logicalType") and ratio >= _ALIKE


# -- partitions --------------------------------------------------------------------------------------------------------


def _partitioned(pair: Pair) -> Iterator[Change]:
    before, after = pair.old is True, pair.new is True
    if before == after:
        yield from flag_words(pair)
        return
    effect = of_flag(before=before, after=after)
    if after:
        said = "What is written has to be laid out by this column now."
    else:
        said = "Readers that ask by partition have no partitions of this column any more."
    yield pair.change(f"partition.{'added' if after else 'removed'}", effect, said)


def _partition_position(pair: Pair) -> Iterator[Change]:
    if pair.equal or all(side in (None, -1) for side in (pair.old, pair.new)):
        return
    said = "Partitions are nested in another order, for those who write and those who read by path."
    yield pair.change("partition.reordered", Effect.CHANGED, said)


def _physical_kind(pair: Pair) -> Iterator[Change]:
    """table or view: it is read alike."""
    if not pair.equal:
        yield pair.change("table.kind", Effect.HARMLESS, "It is read the same way.")


_OF_TABLES: dict[str, Handler] = {
    "physicalType": _physical_kind,
    "properties": columns,
    "relationships": relationships,
    "quality": rules,
    "customProperties": on_table,
}
_OF_COLUMNS: dict[str, Handler] = {
    "logicalType": logical_type,
    "physicalType": physical_type,
    "enum": enum,
    "classification": classification,
    "partitioned": _partitioned,
    "partitionKeyPosition": _partition_position,
    "relationships": relationships,
    "quality": rules,
    "properties": columns,
    "items": _inner,
    "map": _map,
}
