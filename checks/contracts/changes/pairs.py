"""The same place in two documents, and how the members of two lists find each other."""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from checks.contracts.changes.change import Change, Effect
from checks.contracts.changes.secrets import without_secrets
from checks.contracts.read import Place

#: keys by which people know a member of a list
_LABELS = ("name", "property", "server", "username", "channel", "role", "value", "synonym", "url", "to", "id", "metric")
_LONGEST_LABEL = 60
_AS_TEXT = json.JSONEncoder(sort_keys=True, default=str)

Key = Callable[[Any], Hashable | None]


@dataclass(frozen=True, slots=True)
class Pair:
    """What stands at a place of the old and of the new document; None where nothing does. `place` is in the new one."""

    path: str
    place: Place
    old: Any = None
    new: Any = None

    def at(self, key: str) -> Pair:
        """What stands below a key of two mappings; a side that is no mapping has nothing there."""
        path = f"{self.path}.{key}" if self.path else key
        return Pair(path, (*self.place, key), _get(self.old, key), _get(self.new, key))

    def keys(self) -> list[str]:
        """The keys of both sides, in the order of the old one first."""
        sides = (side for side in (self.old, self.new) if isinstance(side, dict))
        return list(dict.fromkeys(key for side in sides for key in side))

    @property
    def equal(self) -> bool:
        return same(self.old, self.new)

    @property
    def are_mappings(self) -> bool:
        return isinstance(self.old, dict) and isinstance(self.new, dict)

    @property
    def was_added(self) -> bool:
        return is_nothing(self.old)

    @property
    def was_removed(self) -> bool:
        return is_nothing(self.new)

    def fits(self, kind: type) -> bool:
        """Whether each side is of the kind or absent; else the standard refuses it."""
        return all(side is None or isinstance(side, kind) for side in (self.old, self.new))

    def change(self, kind: str, effect: Effect, reason: str) -> Change:
        old, new = (without_secrets(side, self.path) for side in (self.old, self.new))
        return Change(self.path, kind, effect.consumer, effect.producer, old, new, reason, self.place)


def _get(side: Any, key: str) -> Any:
    return side.get(key) if isinstance(side, dict) else None


def text(side: Any, key: str) -> str | None:
    """The text below a key, None where there is none."""
    value = _get(side, key)
    return value if isinstance(value, str) and value else None


def is_nothing(value: Any) -> bool:
    """Whether a value says as much as its absence: null, an empty list or mapping, and a list of such."""
    return value is None or value == {} or (isinstance(value, list) and all(map(is_nothing, value)))


def same(one: Any, other: Any) -> bool:
    """Whether two values are one, true and 1 apart."""
    return one is other or canonical(one) == canonical(other)


def canonical(value: Any) -> str:
    """A text that is the same for values that are the same: keys in any order, 1 as 1.0, no empty parts."""
    return _AS_TEXT.encode(_canonical(value))


def _canonical(value: Any) -> Any:
    if is_nothing(value):
        return None
    if isinstance(value, dict):
        return {key: _canonical(member) for key, member in value.items() if not is_nothing(member)}
    if isinstance(value, list):
        return [_canonical(member) for member in value if not is_nothing(member)]
    return int(value) if isinstance(value, float) and value.is_integer() else value


# -- lists -------------------------------------------------------------------------------------------------------------


def members(pair: Pair, *keys: Key) -> list[Pair]:
    """The members of two lists, paired by the first key that both have alike, then by the next; what finds no partner
    is added or removed. A side that is no list has no members. Order makes no difference."""
    olds, news = _members(pair.old), _members(pair.new)
    partners: dict[int, int] = {}
    for key in (*keys, canonical):
        _match(olds, news, key, partners)
    by_new = {new: old for old, new in partners.items()}
    found = [_pair(pair, olds.get(by_new.get(index, -1)), new, index) for index, new in news.items()]
    return found + [_pair(pair, old, None, index) for index, old in olds.items() if index not in partners]


def _members(side: Any) -> dict[int, Any]:
    listed = enumerate(side) if isinstance(side, list) else ()
    return {index: member for index, member in listed if not is_nothing(member)}


def _match(olds: Mapping[int, Any], news: Mapping[int, Any], key: Key, partners: dict[int, int]) -> None:
    taken = set(partners.values())
    waiting: dict[Hashable, deque[int]] = defaultdict(deque)
    for index, new in news.items():
        if index not in taken and (value := key(new)) is not None:
            waiting[value].append(index)
    for index, old in olds.items():
        value = None if index in partners else key(old)
        if value is not None and waiting.get(value):
            partners[index] = waiting[value].popleft()


def _pair(of: Pair, old: Any, new: Any, index: int) -> Pair:
    label = label_of(new if old is None else old) or str(index)
    place = of.place if new is None else (*of.place, index)
    return Pair(f"{of.path}[{label}]", place, old, new)


def label_of(member: Any) -> str | None:
    """How people call a member of a list."""
    if not isinstance(member, dict):
        return None if isinstance(member, list) else _shortened(str(member))
    value = next((member[key] for key in _LABELS if isinstance(member.get(key), str | int | float)), None)
    return None if value is None else _shortened(str(value))


def _shortened(label: str) -> str:
    label = " ".join(label.split())
    return label if len(label) <= _LONGEST_LABEL else label[: _LONGEST_LABEL - 3] + "..."


def by(key: str) -> Key:
    """Pairs mappings that have the same text below a key."""
    return lambda member: text(member, key)


def by_label(member: Any) -> str | None:
    """Pairs mappings that people call the same."""
    return label_of(member) if isinstance(member, dict) else None


# -- what nothing depends on -------------------------------------------------------------------------------------------

Handler = Callable[[Pair], Iterator[Change]]


def plain(pair: Pair) -> Iterator[Change]:
    """Every difference of what says nothing about the data, down to single values."""
    if pair.equal:
        return
    if pair.are_mappings:
        for key in pair.keys():  # noqa: SIM118 the keys of both sides, no mapping
            yield from plain(pair.at(key))
    elif isinstance(pair.old, list) and isinstance(pair.new, list):
        for member in members(pair, by("id"), by_label):
            yield from plain(member)
    else:
        happened = "added" if pair.was_added else "removed" if pair.was_removed else "changed"
        reason = "It is written differently; what is promised about the data stays as it was."
        yield pair.change(f"field.{happened}", Effect.NOTED, reason)


def fields(pair: Pair, handlers: Mapping[str, Handler], skipped: frozenset[str] = frozenset()) -> Iterator[Change]:
    """The differences below the keys of two mappings: by the key's own handler, else plainly. `skipped` are keys that
    the caller compares itself."""
    for key in pair.keys():  # noqa: SIM118 the keys of both sides, no mapping
        if key not in skipped:
            yield from handlers.get(key, plain)(pair.at(key))


def flag_words(pair: Pair) -> Iterator[Change]:
    """What is neither set nor dropped may still be written as something that is no flag; false is absence."""
    if not all(side is None or side is False for side in (pair.old, pair.new)):
        yield from plain(pair)
