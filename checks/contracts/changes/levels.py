"""Service levels: whether they promise more or less than before, whatever the words and units."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from checks.contracts.changes.change import Change, Effect, of_flag
from checks.contracts.changes.declarations import on_level
from checks.contracts.changes.lengths import Measure, measure
from checks.contracts.changes.pairs import Pair, by, fields, members, plain, text

_SHORT = {
    "av": "availability",
    "el": "endoflife",
    "er": "errorrate",
    "es": "endofsupport",
    "fr": "freshness",
    "fy": "frequency",
    "ga": "generalavailability",
    "ly": "latency",
    "re": "retention",
    "td": "timetodetect",
    "th": "throughput",
    "tn": "timetonotify",
    "tr": "timetorepair",
}
#: less of it is the better service
_AT_MOST = {
    "freshness", "latency", "frequency", "errorrate", "timeofavailability", "generalavailability", "timetodetect",
    "timetonotify", "timetorepair",
}  # fmt: skip
#: more of it is the better service
_AT_LEAST = {"availability", "throughput", "retention", "endofsupport", "endoflife", "completeness"}
_VALUE = ("value", "valueExt", "unit")
_OWN = frozenset((*_VALUE, "property", "element"))


def levels(pair: Pair) -> Iterator[Change]:
    """The differences between two slaProperties. Levels are known by id, else by what they promise of which element."""
    if not pair.fits(list):
        yield from plain(pair)
        return
    for each in members(pair, by("id"), _promise_and_element, _promise):
        if each.are_mappings:
            yield from _level(each)
        elif isinstance(each.new if each.old is None else each.old, dict):
            effect = of_flag(before=not each.was_added, after=each.was_added)
            said = (
                "More is promised; the service may not be that good." if each.was_added else "It is promised no more."
            )
            yield each.change(f"level.{'added' if each.was_added else 'removed'}", effect, said)
        else:
            yield from plain(each)


def default_element(pair: Pair) -> Iterator[Change]:
    """A change of slaDefaultElement, which service levels without an element are about."""
    if not pair.equal:
        yield pair.change("level.element", Effect.CHANGED, "Service levels without an element are about another one.")


def _promise(level: Any) -> str | None:
    word = (text(level, "property") or "").strip().lower()
    return _SHORT.get(word, word) or None


def _elements(level: Any) -> list[str]:
    return sorted(part.strip() for part in (text(level, "element") or "").split(","))


def _promise_and_element(level: Any) -> str | None:
    return f"{promise} {_elements(level)}" if (promise := _promise(level)) else None


def _level(pair: Pair) -> Iterator[Change]:
    if _promise(pair.old) != _promise(pair.new):
        yield pair.at("property").change("level.changed", Effect.CHANGED, "Another service is promised than before.")
        yield from fields(pair, {"value": _another, "valueExt": _another, "unit": _another}, frozenset(("property",)))
        return
    element = pair.at("element")
    if _elements(pair.old) != _elements(pair.new) or not element.fits(str):
        yield from _another_element(element)
    yield from _value(pair, _promise(pair.new) or "")
    yield from fields(pair, {"customProperties": on_level}, _OWN)


def _another(part: Pair) -> Iterator[Change]:
    if not part.equal:
        yield part.change("level.changed", Effect.CHANGED, "What is promised can not be compared with before.")


def _another_element(part: Pair) -> Iterator[Change]:
    if not part.equal:
        yield part.change("level.element", Effect.CHANGED, "The same is promised of something else.")


def _value(pair: Pair, promise: str) -> Iterator[Change]:
    parts = [part for key in _VALUE if not (part := pair.at(key)).equal]
    old, new = _ends(pair.old), _ends(pair.new)
    if not parts or (None not in (*old, *new) and old == new):
        return
    effect = _better_or_worse(old, new, promise)
    said = {
        Effect.TIGHTENED: "A better service is promised than before; the old one may not be good enough.",
        Effect.LOOSENED: "A worse service is promised than before.",
        Effect.NOTED: "The promise is the same in other words.",
    }
    word = "respelled" if effect is Effect.NOTED else effect.word
    for part in parts:
        yield part.change(
            f"level.{word}", effect, said.get(effect, "Whether more or less is promised can not be told.")
        )


def _ends(level: Any) -> list[Measure]:
    keys = [key for key in ("value", "valueExt") if level.get(key) is not None]
    return [measure(level[key], text(level, "unit")) for key in keys]


def _better_or_worse(old: list[Measure], new: list[Measure], promise: str) -> Effect:
    """By the greater end where a range is promised: only what is beyond it breaks the promise."""
    sides = [[end for end in side if end is not None] for side in (old, new)]
    scales = {scale for side in sides for scale, _ in side}
    whole = len(sides[0]) == len(old) > 0 and len(sides[1]) == len(new) > 0
    if not whole or len(scales) != 1 or promise not in _AT_MOST | _AT_LEAST:
        return Effect.CHANGED
    farthest = max if promise in _AT_MOST else min
    ends: list[Any] = [farthest(end for _, end in side) for side in sides]
    before, after = ends
    if before == after:
        return Effect.NOTED
    return Effect.TIGHTENED if (after < before) == (promise in _AT_MOST) else Effect.LOOSENED
