"""vitals.* in the customProperties of a table: what Vitals is told beside the standard."""

from __future__ import annotations

from collections.abc import Iterator

from checks.contracts.changes.change import Change, Effect
from checks.contracts.changes.pairs import Handler, Pair, by, canonical, fields, members, plain, text

_MEANING = {
    "vitals.eventTime": "Ages and buckets are measured by another column",
    "vitals.timezone": "The same times mean other moments and fall on other days",
    "vitals.key": "Rows are told apart by other columns",
}


def on_table(pair: Pair) -> Iterator[Change]:
    """The differences between the customProperties of two versions of a table."""
    if not pair.fits(list):
        yield from plain(pair)
        return
    for each in members(pair, by("property"), by("id")):
        names = {name for side in (each.old, each.new) if (name := text(side, "property"))}
        name = names.pop() if len(names) == 1 else ""
        if name == "vitals.emptyIsFine":
            yield from _empty_is_fine(each)
        elif name in _MEANING:
            yield from _declaration(each, name)
        else:
            yield from plain(each)


def _declaration(pair: Pair, name: str) -> Iterator[Change]:
    if pair.are_mappings:
        yield from fields(pair, {"value": _changed(name)})
    elif pair.was_added or pair.was_removed:
        said = "is declared now; without it, it is inferred" if pair.was_added else "is inferred from now on"
        yield pair.change("declaration." + ("added" if pair.was_added else "removed"), Effect.HARMLESS, f"It {said}.")
    else:
        yield from plain(pair)


def _changed(name: str) -> Handler:
    def handler(pair: Pair) -> Iterator[Change]:
        old, new = (sorted(map(canonical, side if isinstance(side, list) else [side])) for side in (pair.old, pair.new))
        if old != new:
            yield pair.change("declaration.changed", Effect.CHANGED, f"{_MEANING[name]} than before.")

    return handler


def _empty_is_fine(pair: Pair) -> Iterator[Change]:
    before, after = (isinstance(side, dict) and side.get("value") is True for side in (pair.old, pair.new))
    if before == after:
        yield from plain(pair)
        return
    effect = Effect.LOOSENED if after else Effect.TIGHTENED
    said = "Readers can meet a table without rows." if after else "A table without rows was right and is wrong now."
    place = pair.at("value") if pair.are_mappings else pair
    yield place.change(f"empty.{effect.word}", effect, said)
    if pair.are_mappings:
        yield from fields(pair, {}, frozenset(("value",)))
