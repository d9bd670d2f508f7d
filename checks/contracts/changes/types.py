"""Logical and physical types: which values of one are values of another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from checks.contracts.changes.change import Change, Effect
from checks.contracts.changes.pairs import Pair, plain

_UNLIMITED = 10**9
_SIGNED_BITS = {
    **dict.fromkeys(("tinyint", "int1", "byteint"), 8),
    **dict.fromkeys(("smallint", "int2", "int16", "short"), 16),
    **dict.fromkeys(("integer", "int", "int4", "int32", "signed", "mediumint"), 32),
    **dict.fromkeys(("bigint", "int8", "int64", "long"), 64),
    **dict.fromkeys(("hugeint", "int128"), 128),
}
_UNSIGNED_BITS = {"utinyint": 8, "usmallint": 16, "uinteger": 32, "ubigint": 64, "uhugeint": 128}
#: bits of whole numbers that a floating point number holds exactly
_FLOAT_BITS = {
    **dict.fromkeys(("real", "float4", "float32", "float"), 24),
    **dict.fromkeys(("double", "float8", "float64", "double precision"), 53),
}
_DECIMALS = {"decimal", "numeric", "number"}
_TEXTS = {"text", "varchar", "string", "character varying", "char", "bpchar", "character", "nvarchar", "nchar"}
_SYNONYMS = {
    "bool": "boolean",
    "datetime": "timestamp",
    "timestamp without time zone": "timestamp",
    "timestamptz": "timestamp with time zone",
    **dict.fromkeys(("blob", "binary", "varbinary", "bytes"), "bytea"),
}


@dataclass(frozen=True, slots=True)
class _Type:
    """What a type holds: `family` is whole, float, decimal, text or the type's own word; whole numbers have bits (and
    perhaps no sign), decimals digits before and after the point, the others a length."""

    family: str
    size: int = 0
    scale: int = 0
    signed: bool = True


def logical_type(pair: Pair) -> Iterator[Change]:
    """A change of logicalType; letters of another case are none."""
    if pair.equal:
        return
    if not pair.fits(str):
        yield from plain(pair)
        return
    old, new = (side.lower() if side else None for side in (pair.old, pair.new))
    if old == new:
        return
    wider, narrower = (old, new) == ("integer", "number"), (old, new) == ("number", "integer")
    yield _change(pair, "logicalType", wider=wider, narrower=narrower)


def physical_type(pair: Pair) -> Iterator[Change]:
    """A change of a column's physicalType; letters of another case and more spaces are none."""
    if pair.equal:
        return
    if not pair.fits(str):
        yield from plain(pair)
        return
    if pair.old and pair.new:
        if _words(pair.old) == _words(pair.new):
            return
        old, new = _read(pair.old), _read(pair.new)
        if old == new:
            yield pair.change("type.respelled", Effect.NOTED, f"{pair.old} and {pair.new} are one type.")
            return
        yield _change(pair, "physicalType", wider=_holds(new, old), narrower=_holds(old, new))
        return
    yield _change(pair, "physicalType", wider=False, narrower=False)


def _change(pair: Pair, name: str, *, wider: bool, narrower: bool) -> Change:
    if pair.was_added:
        said = f"Nothing was said about the {name}; now it must be {pair.new}, which other types break."
        return pair.change("type.added", Effect.TIGHTENED, said)
    if pair.was_removed:
        return pair.change("type.removed", Effect.LOOSENED, f"The {name} {pair.old} is promised no more: any may come.")
    if wider:
        said = f"Every value of {pair.old} fits {pair.new}, and readers of {pair.old} can meet values that do not."
        return pair.change("type.widened", Effect.LOOSENED, said)
    if narrower:
        said = f"Readers of {pair.old} can read {pair.new}, but not every value of {pair.old} fits it."
        return pair.change("type.narrowed", Effect.TIGHTENED, said)
    return pair.change("type.changed", Effect.CHANGED, f"Values of {pair.old} and {pair.new} do not fit each other.")


def _words(native: str) -> str:
    return re.sub(r"\s*([(),])\s*", r"\1", " ".join(native.lower().split()))


def _read(native: str) -> _Type:
    parts = re.fullmatch(r"([^()<>]*)(?:\(([\d,]+|max)\))?([^()<>]*)", _words(native))
    if parts is None:
        return _Type(_words(native))
    word = " ".join(part for part in (parts[1].strip(), parts[3].strip()) if part)
    sizes = [int(each) for each in (parts[2] or "").split(",") if each.isdigit()]
    word, signed = (word.removesuffix(" unsigned"), False) if word.endswith(" unsigned") else (word, True)
    return _known(word, sizes, signed=signed)


def _known(word: str, sizes: list[int], *, signed: bool) -> _Type:
    if word in _SIGNED_BITS:
        return _Type("whole", _SIGNED_BITS[word], signed=signed)
    if word in _UNSIGNED_BITS:
        return _Type("whole", _UNSIGNED_BITS[word], signed=False)
    if word in _FLOAT_BITS:
        return _Type("float", _FLOAT_BITS[word])
    if word in _DECIMALS:
        precision, scale = (*sizes, 0)[:2] if sizes else (_UNLIMITED, _UNLIMITED // 2)
        return _Type("decimal", precision - scale, scale)
    if word in _TEXTS:
        return _Type("text", sizes[0] if sizes else _UNLIMITED)
    family = " ".join([_SYNONYMS.get(word, word), *map(str, sizes[1:])])
    return _Type(family, sizes[0] if sizes else _UNLIMITED)


def _holds(wide: _Type, narrow: _Type) -> bool:
    """Whether every value of the narrow type is one of the wide type."""
    if narrow.family == "whole":
        return _holds_whole(wide, narrow)
    if wide.family != narrow.family:
        return False
    return wide.size >= narrow.size and wide.scale >= narrow.scale


def _holds_whole(wide: _Type, narrow: _Type) -> bool:
    bits = narrow.size - 1 if narrow.signed else narrow.size  # of the value without its sign
    if wide.family == "whole":
        room = wide.size - 1 if wide.signed else wide.size
        return room >= bits and (wide.signed or not narrow.signed)
    if wide.family == "float":
        return wide.size >= bits
    return wide.family == "decimal" and wide.size >= len(str(2**bits))
