"""required, unique and primaryKey: what holds for every row, of the columns of one table together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from checks.contracts.changes.change import Change, Effect, effect_of, of_flag, together
from checks.contracts.changes.pairs import Pair, flag_words

KEYS = frozenset(("required", "unique", "primaryKey", "primaryKeyPosition"))


@dataclass(frozen=True)
class Demands:
    """What two versions of a list of properties ask of every row. `pairs` are the properties, those that came or went
    included."""

    pairs: Sequence[Pair]

    def of(self, pair: Pair) -> Iterator[Change]:
        """The differences for a property that both versions have."""
        yield from self._flag(pair, "required", "NULL", (self._never_null(pair.old), self._never_null(pair.new)))
        alone = [len(key) == 1 for key in self._keys]
        unique = [_is(side, "unique") or (_in_key(side) and one) for side, one in _zip(pair, alone)]
        yield from self._flag(pair, "unique", "a value twice", (unique[0], unique[1]))
        yield from self._primary_key(pair)
        position = pair.at("primaryKeyPosition")
        if not position.equal and not all(side in (None, -1) for side in (position.old, position.new)):
            said = "The order of the columns in the key promises nothing about the rows."
            yield position.change("key.reordered", Effect.NOTED, said)

    def when_added(self, pair: Pair) -> Effect:
        """What a new property does to those who produce and read: rows that were made before have NULL in it."""
        own = Effect.TIGHTENED if self._never_null(pair.new) else Effect.HARMLESS
        return together(own, self._key_effect) if _in_key(pair.new) else own

    def when_removed(self, pair: Pair) -> Effect:
        """What a property that is gone does: readers miss it, and the key may be another one."""
        return together(Effect.LOOSENED, self._key_effect) if _in_key(pair.old) else Effect.LOOSENED

    def _flag(self, pair: Pair, key: str, what: str, holds: tuple[bool, bool]) -> Iterator[Change]:
        part = pair.at(key)
        if _is(pair.old, key) == _is(pair.new, key):
            yield from flag_words(part)
            return
        effect = of_flag(before=holds[0], after=holds[1])
        said = {
            Effect.TIGHTENED: f"Rows with {what} were right and are wrong now.",
            Effect.LOOSENED: f"Readers can meet rows with {what}, which were excluded.",
        }
        reason = said.get(effect, f"Rows with {what} are as right or wrong as before: the primary key decides.")
        yield part.change(f"{key}.{'added' if _is(pair.new, key) else 'removed'}", effect, reason)

    def _primary_key(self, pair: Pair) -> Iterator[Change]:
        part = pair.at("primaryKey")
        if _in_key(pair.old) == _in_key(pair.new):
            yield from flag_words(part)
            return
        effect = self._key_effect
        said = {
            Effect.TIGHTENED: "Rows that were right can break the key now.",
            Effect.LOOSENED: "Readers can meet several rows where the key allowed one, or none of a value.",
            Effect.CHANGED: "The key is another one: what identified a row may not any more, and rows may break it.",
        }
        kind = "key.added" if _in_key(pair.new) else "key.removed"
        yield part.change(kind, effect, said.get(effect, "The rows are identified as before."))

    @cached_property
    def _keys(self) -> tuple[frozenset[int], frozenset[int]]:
        """The old and the new primary key, by the positions of their pairs."""
        pairs = list(enumerate(self.pairs))
        old = frozenset(index for index, pair in pairs if _in_key(pair.old))
        return old, frozenset(index for index, pair in pairs if _in_key(pair.new))

    @cached_property
    def _key_effect(self) -> Effect:
        """Of the primary key as a whole: fewer columns are a stricter key, more columns a looser one."""
        old, new = self._keys
        nulls = (
            effect_of(
                tightened=not self._never_null(self.pairs[index].old) and index in new,
                loosened=not self._never_null(self.pairs[index].new) and index in old,
            )
            for index in old | new
        )
        if old and new:
            once = effect_of(tightened=not old <= new, loosened=not new <= old)
        else:
            once = of_flag(before=bool(old) or self._alone(new, "old"), after=bool(new) or self._alone(old, "new"))
        return together(once, *nulls)

    def _alone(self, key: frozenset[int], side: str) -> bool:
        """Whether the one column of a key is unique on the side that has no key: the same promise in other words."""
        return len(key) == 1 and all(_is(getattr(self.pairs[index], side), "unique") for index in key)

    def _never_null(self, side: Any) -> bool:
        return _is(side, "required") or _in_key(side)


def _zip(pair: Pair, alone: list[bool]) -> Iterator[tuple[Any, bool]]:
    return zip((pair.old, pair.new), alone, strict=True)


def _is(side: Any, key: str) -> bool:
    return isinstance(side, dict) and side.get(key) is True


def _in_key(side: Any) -> bool:
    return _is(side, "primaryKey")
