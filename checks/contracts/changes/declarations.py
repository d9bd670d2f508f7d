"""vitals.* in customProperties: what Vitals is told beside the standard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from checks.contracts.changes.change import Change, Effect
from checks.contracts.changes.lengths import Measure, measure
from checks.contracts.changes.pairs import Handler, Pair, by, canonical, fields, members, plain, text

_OBJECTIVE = "vitals.objective"
_MEANING = {
    "vitals.eventTime": "Ages and buckets are measured by another column",
    "vitals.timezone": "The same times mean other moments and fall on other days",
    "vitals.key": "Rows are told apart by other columns",
}


def on_table(pair: Pair) -> Iterator[Change]:
    """The differences between the customProperties of two versions of a table."""
    declared = {name: partial(_declaration, name=name) for name in _MEANING}
    yield from _by_name(pair, {**declared, "vitals.emptyIsFine": _empty_is_fine, _OBJECTIVE: _objective})


def on_level(pair: Pair) -> Iterator[Change]:
    """The same of a service level, or of the contract as a whole."""
    yield from _by_name(pair, {_OBJECTIVE: _objective})


def _by_name(pair: Pair, handlers: Mapping[str, Handler]) -> Iterator[Change]:
    if not pair.fits(list):
        yield from plain(pair)
        return
    for each in members(pair, by("property"), by("id")):
        names = {name for side in (each.old, each.new) if (name := text(side, "property"))}
        handler = handlers.get(names.pop(), plain) if len(names) == 1 else plain
        yield from handler(each)


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


def _objective(pair: Pair) -> Iterator[Change]:
    """In more of the time is more of a promise."""
    if pair.was_added or pair.was_removed:
        said = "The share of the time is declared now" if pair.was_added else "The share of the time is the default"
        yield pair.change("declaration." + ("added" if pair.was_added else "removed"), Effect.HARMLESS, f"{said}.")
        return
    if not pair.are_mappings:
        yield from plain(pair)
        return
    part = pair.at("value")
    old, new = (measure(side, "percent") for side in (part.old, part.new))
    if not part.equal:
        yield part.change(*_share(old, new))
    yield from fields(pair, {}, frozenset(("value",)))


def _share(old: Measure, new: Measure) -> tuple[str, Effect, str]:
    if old is None or new is None or {old[0], new[0]} != {"percent"}:
        return "objective.changed", Effect.CHANGED, "Whether more or less of the time is promised can not be told."
    if old == new:
        return "objective.respelled", Effect.NOTED, "The promise is the same in other words."
    effect = Effect.TIGHTENED if float(new[1]) > float(old[1]) else Effect.LOOSENED
    said = "more" if effect is Effect.TIGHTENED else "less"
    return f"objective.{effect.word}", effect, f"The same is promised for {said} of the time than before."
