"""logicalTypeOptions and enum: which values a column may have."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

from checks.contracts.changes.bounds import number
from checks.contracts.changes.change import Change, Effect, effect_of, of_flag
from checks.contracts.changes.pairs import Handler, Pair, by, canonical, fields, flag_words, members, plain

#: (inclusive key, exclusive key or None, whether the end is the upper one)
_ENDS: tuple[tuple[str, str | None, bool], ...] = (
    ("minimum", "exclusiveMinimum", False),
    ("maximum", "exclusiveMaximum", True),
    *((key, None, False) for key in ("minLength", "minItems", "minProperties")),
    *((key, None, True) for key in ("maxLength", "maxItems", "maxProperties")),
)
_END_KEYS = frozenset(key for inclusive, exclusive, _ in _ENDS for key in (inclusive, exclusive) if key)
_WHOLE = re.compile(r"([iu])(8|16|32|64|128)")
_FLOATS = {"f32": 32, "f64": 64}


def options(pair: Pair, logical: str | None) -> Iterator[Change]:
    """The differences between two logicalTypeOptions. `logical` is the logical type of both, None where it changed."""
    if not pair.fits(dict):
        yield from plain(pair)
        return
    for inclusive, exclusive, is_upper in _ENDS:
        yield from _end(pair, (inclusive, exclusive), is_upper=is_upper, whole=logical == "integer")
    yield from fields(pair, _HANDLERS, _END_KEYS)


# -- ends of ranges ----------------------------------------------------------------------------------------------------

_Limit = tuple[Any, int]  # the value, and 0 where it is itself allowed, else 1


def _end(pair: Pair, keys: tuple[str, str | None], *, is_upper: bool, whole: bool) -> Iterator[Change]:
    parts = [pair.at(key) for key in keys if key]
    differing = [part for part in parts if not part.equal]
    if not differing:
        return
    old, new = ([part.old for part in parts], [part.new for part in parts])
    effect = _moved(_limit(old, is_upper=is_upper, whole=whole), _limit(new, is_upper=is_upper, whole=whole), is_upper)
    word = "upper" if is_upper else "lower"
    for part in differing:
        yield part.change(f"range.{_KINDS[effect]}", effect, f"The {word} end of what is allowed {_MOVED[effect]}")


_KINDS = {
    Effect.TIGHTENED: "tightened",
    Effect.LOOSENED: "loosened",
    Effect.CHANGED: "changed",
    Effect.NOTED: "respelled",
}
_MOVED = {
    Effect.TIGHTENED: "moved in, so that values that fitted no longer do.",
    Effect.LOOSENED: "moved out, so that readers can meet values that were excluded.",
    Effect.CHANGED: "can not be compared with what it was.",
    Effect.NOTED: "is the same in other words.",
}


def _limit(given: list[Any], *, is_upper: bool, whole: bool) -> _Limit | str | None:
    """The stricter of the inclusive and the exclusive end; None for no end, 'unclear' where it can not be ordered."""
    ends = [(_ordered(value), is_open) for is_open, value in enumerate(given) if value is not None]
    if not ends:
        return None
    if any(value is None for value, _ in ends) or len({_shape(value) for value, _ in ends}) > 1:
        return "unclear"
    if whole:
        ends = [_whole(value, is_open, is_upper=is_upper) for value, is_open in ends]
    return min(ends, key=lambda end: (end[0], -end[1])) if is_upper else max(ends)


def _whole(value: Any, is_open: int, *, is_upper: bool) -> _Limit:
    if not isinstance(value, Fraction):
        return value, is_open
    if is_upper:
        return (Fraction(math.ceil(value) - 1 if is_open else math.floor(value)), 0)
    return (Fraction(math.floor(value) + 1 if is_open else math.ceil(value)), 0)


def _ordered(value: Any) -> Fraction | str | None:
    """A number or a moment as text, which sort as they mean; None for what does not."""
    if isinstance(value, str):
        return value if re.fullmatch(r"(\d{4}-\d\d-\d\d)?([T ]?\d\d:\d\d(:\d\d(\.\d+)?)?)?Z?", value) else None
    return number(value)


def _shape(value: Any) -> str:
    return re.sub(r"\d", "0", value) if isinstance(value, str) else "number"


def _moved(old: Any, new: Any, is_upper: bool) -> Effect:
    if "unclear" in (old, new):
        return Effect.CHANGED
    if old == new:
        return Effect.NOTED
    if old is None or new is None:
        return of_flag(before=old is not None, after=new is not None)
    if _shape(old[0]) != _shape(new[0]):
        return Effect.CHANGED
    tighter = (new[0], -new[1]) < (old[0], -old[1]) if is_upper else new > old
    return effect_of(tightened=tighter, loosened=not tighter)


# -- the others --------------------------------------------------------------------------------------------------------


def _demand(pair: Pair) -> Iterator[Change]:
    """What can only be there, be gone, or be another one: a pattern."""
    if pair.equal:
        return
    effect = Effect.CHANGED
    reason = "It can not be told which values of the one also fit the other."
    if pair.was_added or pair.was_removed:
        effect = of_flag(before=not pair.was_added, after=not pair.was_removed)
        reason = "Values that fitted may not any more." if pair.was_added else "Readers can meet values of any form."
    kind = {Effect.TIGHTENED: "added", Effect.LOOSENED: "removed"}.get(effect, "changed")
    yield pair.change(f"{'format' if pair.path.endswith('format') else 'pattern'}.{kind}", effect, reason)


def _format(pair: Pair) -> Iterator[Change]:
    if pair.equal:
        return
    wider, narrower = _holds(pair.new, pair.old), _holds(pair.old, pair.new)
    if wider or narrower:
        effect = Effect.LOOSENED if wider else Effect.TIGHTENED
        said = f"{pair.new if wider else pair.old} holds more numbers than {pair.old if wider else pair.new}."
        yield pair.change(f"format.{effect.word}", effect, said)
    else:
        yield from _demand(pair)


def _holds(wide: Any, narrow: Any) -> bool:
    if not isinstance(wide, str) or not isinstance(narrow, str):
        return False
    if wide in _FLOATS and narrow in _FLOATS:
        return _FLOATS[wide] >= _FLOATS[narrow]
    one, other = _WHOLE.fullmatch(wide), _WHOLE.fullmatch(narrow)
    if one is None or other is None:
        return False
    room = int(one[2]) - (one[1] == "i")
    needed = int(other[2]) - (other[1] == "i")
    return room >= needed and (one[1] == "i" or other[1] == "u")


def _multiple(pair: Pair) -> Iterator[Change]:
    if pair.equal:
        return
    old, new = number(pair.old), number(pair.new)
    if pair.was_added or pair.was_removed:
        effect = of_flag(before=not pair.was_added, after=not pair.was_removed)
    elif not old or not new or (new % old and old % new):
        effect = Effect.CHANGED
    else:
        effect = effect_of(tightened=new % old == 0, loosened=new % old != 0)
    said = {
        Effect.TIGHTENED: "Fewer numbers are multiples of it than before.",
        Effect.LOOSENED: "More numbers are multiples of it than before.",
    }
    reason = said.get(effect, "Some multiples of the one are none of the other.")
    yield pair.change(f"multipleOf.{effect.word}", effect, reason)


def _flag(pair: Pair) -> Iterator[Change]:
    before, after = pair.old is True, pair.new is True
    if before == after:
        yield from flag_words(pair)
        return
    effect = of_flag(before=before, after=after)
    reason = "It is asked for now." if after else "It is asked for no more; readers can not rely on it."
    yield pair.change(f"option.{effect.word}", effect, reason)


def _meaning(pair: Pair) -> Iterator[Change]:
    if not pair.equal:
        said = "The same values mean something else than before, for those who write and those who read them."
        yield pair.change("meaning.changed", Effect.CHANGED, said)


def _required(pair: Pair) -> Iterator[Change]:
    for member in members(pair):
        if member.equal:
            continue
        effect = Effect.TIGHTENED if member.was_added else Effect.LOOSENED
        reason = "Every value must have it now." if member.was_added else "Values may come without it now."
        yield member.change(f"option.{effect.word}", effect, reason)
    if not (isinstance(pair.old, list | None) and isinstance(pair.new, list | None)):
        yield from plain(pair)


_HANDLERS: dict[str, Handler] = {
    "pattern": _demand,
    "format": _format,
    "multipleOf": _multiple,
    "uniqueItems": _flag,
    "normalized": _flag,
    "timezone": _meaning,
    "defaultTimezone": _meaning,
    "dimensions": _meaning,
    "elementType": _meaning,
    "embeddingModel": _meaning,
    "embeddingModelVersion": _meaning,
    "required": _required,
}


# -- enum --------------------------------------------------------------------------------------------------------------


def enum(pair: Pair) -> Iterator[Change]:
    """The differences between two lists of allowed values; a value is a mapping with `value`, or just the value."""
    if not pair.fits(list):
        yield from plain(pair)
        return
    if pair.was_added or pair.was_removed:
        yield from _whole_enum(pair)
        return
    for member in members(pair, _value, by("id")):
        if member.was_added or member.was_removed or _value(member.old) != _value(member.new):
            yield _enum_value(member)
        else:
            yield from fields(
                replace(member, old=_worded(member.old), new=_worded(member.new)), {}, frozenset(("value",))
            )


def _worded(member: Any) -> dict[str, Any]:
    return member if isinstance(member, dict) else {"value": member}


def _value(member: Any) -> str:
    return canonical(member.get("value") if isinstance(member, dict) else member)


def _whole_enum(pair: Pair) -> Iterator[Change]:
    if pair.equal:
        return
    if pair.was_added:
        said = "Any value was allowed; now only those of the list are."
        yield pair.change("enum.added", Effect.TIGHTENED, said)
    else:
        said = "Only the values of a list were allowed; now readers can meet any."
        yield pair.change("enum.removed", Effect.LOOSENED, said)


def _enum_value(member: Pair) -> Change:
    if member.was_added:
        said = "Readers can meet a value that they do not know."
        return member.change("enum.value_added", Effect.LOOSENED, said)
    if member.was_removed:
        said = "The value was allowed and is no more; rows may have it."
        return member.change("enum.value_removed", Effect.TIGHTENED, said)
    return member.change("enum.value_changed", Effect.CHANGED, "One value was replaced by another.")
