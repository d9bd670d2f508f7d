"""Quality rules: which came and went, and whether the rest allow more or less than before."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from checks.contracts.changes.bounds import Intervals, allowed_by, compared, within
from checks.contracts.changes.change import Change, Effect, effect_of
from checks.contracts.changes.pairs import Handler, Pair, by, canonical, fields, members, plain, text
from checks.contracts.thresholds import severity_named
from checks.records import Operator, Severity

_OPERATORS = frozenset(str(operator) for operator in Operator)
_LIMIT = _OPERATORS | {"unit"}
_COUNTS = {"nullValues", "missingValues", "invalidValues", "duplicateValues", "rowCount"}
_ORDER = (Severity.INFO, Severity.WARNING, Severity.ERROR)


def rules(pair: Pair) -> Iterator[Change]:
    """The differences between two lists of quality rules. Rules are known by id, else by what they measure."""
    if not pair.fits(list):
        yield from plain(pair)
        return
    for each in members(pair, by("id"), canonical, _measured_and_named, _measured):
        if each.are_mappings:
            yield from _rule(each)
        elif isinstance(each.new if each.old is None else each.old, dict):
            yield _came_or_went(each)
        else:
            yield from plain(each)


def _measured(rule: Any) -> str | None:
    if not isinstance(rule, dict):
        return None
    kind = text(rule, "type") or "library"
    return canonical([kind, rule.get("metric"), rule.get("engine")])


def _measured_and_named(rule: Any) -> str | None:
    return f"{_measured(rule)} {rule['name']}" if text(rule, "name") else None


def _came_or_went(pair: Pair) -> Change:
    rule = pair.new if pair.old is None else pair.old
    happened = "added" if pair.was_added else "removed"
    effect = Effect.TIGHTENED if pair.was_added else Effect.LOOSENED
    if text(rule, "type") == "text":
        return pair.change(f"rule.{happened}", Effect.NOTED, "It is a rule in words; nothing is checked.")
    if severity_named(rule.get("severity")) is not Severity.ERROR:
        return pair.change(f"rule.{happened}", Effect.HARMLESS, "It only warns: breaking it is no failure.")
    said = "Data that was right can break it." if pair.was_added else "Readers can meet data that it excluded."
    return pair.change(f"rule.{happened}", effect, said)


# -- one rule ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Rule:
    """Compares two versions of a rule. `binds` says whether breaking it fails: in both versions it only warns, or is
    mere text, otherwise."""

    pair: Pair
    binds: bool

    def changes(self) -> Iterator[Change]:
        yield from self._limit(self.pair, _LIMIT, str(text(self.pair.new, "metric")))
        handlers: dict[str, Handler] = {
            **dict.fromkeys(("metric", "query", "engine", "type"), self._another),
            "arguments": self._arguments,
            "implementation": self._implementation,
            "severity": _severity,
            "customProperties": self._custom,
        }
        skipped = _LIMIT | ({"rule"} if text(self.pair.new, "metric") else frozenset())
        yield from fields(self.pair, handlers, skipped)

    def _limit(self, pair: Pair, keys: frozenset[str], metric: str) -> Iterator[Change]:
        parts = [part for key in sorted(keys) if not (part := pair.at(key)).equal]
        if not parts:
            return
        sides = [_allowed(side, metric) for side in (pair.old, pair.new)]
        effect = _compared(sides[0], sides[1])
        said = {
            Effect.TIGHTENED: "It allows less: data that was right can break it.",
            Effect.LOOSENED: "It allows more: readers can meet data that was excluded.",
            Effect.CHANGED: "What it allows can not be compared with before, or is partly more and partly less.",
            Effect.NOTED: "It allows the same in other words.",
        }
        for part in parts:
            yield self._told(part, effect, said[effect])

    def _told(self, part: Pair, effect: Effect, reason: str) -> Change:
        word = "respelled" if effect is Effect.NOTED else effect.word
        if not self.binds:
            return part.change(f"rule.{word}", effect.softened, f"{reason} It only warns, so nothing fails.")
        return part.change(f"rule.{word}", effect, reason)

    def _another(self, part: Pair) -> Iterator[Change]:
        default = "library" if part.path.endswith(".type") else None
        sides = [default if side is None else side for side in (part.old, part.new)]
        if canonical(sides[0]) != canonical(sides[1]):
            yield self._told(part, Effect.CHANGED, "It checks something else; how that compares can not be told.")

    def _arguments(self, part: Pair) -> Iterator[Change]:
        if not part.fits(dict):
            yield from self._another(part)
            return
        for key in part.keys():  # noqa: SIM118 the keys of both sides, no mapping
            inner = part.at(key)
            if key in ("validValues", "missingValues") and inner.fits(list) and not inner.was_added | inner.was_removed:
                yield from self._values(inner, more_is_looser=key == "validValues")
            elif key == "properties" and inner.fits(list) and _as_set(inner.old) == _as_set(inner.new):
                continue
            else:
                yield from self._another(inner)

    def _values(self, part: Pair, *, more_is_looser: bool) -> Iterator[Change]:
        old, new = _as_set(part.old), _as_set(part.new)
        if old == new:
            return
        looser, tighter = (not new <= old, not old <= new) if more_is_looser else (not old <= new, not new <= old)
        effect = effect_of(tightened=tighter, loosened=looser)
        if not self._is_a_ceiling():
            effect = Effect.CHANGED
        said = {
            Effect.TIGHTENED: "More values count against it than before.",
            Effect.LOOSENED: "Fewer values count against it than before.",
        }
        yield self._told(part, effect, said.get(effect, "Other values count against it than before."))

    def _is_a_ceiling(self) -> bool:
        """Whether the rule says 'at most', in both versions: only then more counted rows can only break it."""
        for side in (self.pair.old, self.pair.new):
            allowed = _allowed(side, str(text(side, "metric")))
            if allowed is None or len(allowed.intervals) != 1 or allowed.intervals[0][0] != (0, 0):
                return False
        return True

    def _implementation(self, part: Pair) -> Iterator[Change]:
        if not part.are_mappings:
            yield from self._another(part)
            return
        yield from self._limit(part, _OPERATORS, "")
        for key in part.keys():  # noqa: SIM118 the keys of both sides, no mapping
            if key not in _OPERATORS:
                yield from self._another(part.at(key))

    def _custom(self, part: Pair) -> Iterator[Change]:
        if not part.fits(list):
            yield from plain(part)
            return
        for each in members(part, by("property"), by("id")):
            is_scope = any(text(side, "property") == "vitals.scope" for side in (each.old, each.new))
            yield from self._another(each) if is_scope else plain(each)


def _rule(pair: Pair) -> Iterator[Change]:
    sides = (pair.old, pair.new)
    if all(text(side, "type") == "text" for side in sides):
        yield from plain(pair)
        return
    binds = any(severity_named(side.get("severity")) is Severity.ERROR for side in sides)
    yield from _Rule(pair, binds).changes()


def _severity(part: Pair) -> Iterator[Change]:
    if part.equal:
        return
    old, new = (_ORDER.index(severity_named(side)) for side in (part.old, part.new))
    errors = [step == len(_ORDER) - 1 for step in (old, new)]
    if old == new:
        yield part.change("severity.respelled", Effect.NOTED, "The words mean the same severity.")
    elif new > old:
        effect = Effect.TIGHTENED if errors[1] else Effect.HARMLESS
        yield part.change("severity.raised", effect, "Breaking the rule weighs more than before.")
    else:
        effect = Effect.LOOSENED if errors[0] else Effect.HARMLESS
        yield part.change("severity.lowered", effect, "Breaking the rule weighs less: what failed may pass.")


def _as_set(values: Any) -> set[str]:
    return set(map(canonical, values)) if isinstance(values, list) else set()


# -- what a rule allows ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Allowed:
    """The numbers that a rule allows, and whether they are percent."""

    intervals: Intervals
    percent: bool


def _allowed(rule: Any, metric: str) -> _Allowed | None:
    """None where the rule has not exactly one operator with a usable value."""
    given = [key for key in (rule if isinstance(rule, dict) else ()) if key in _OPERATORS]
    found = allowed_by(given[0], rule[given[0]]) if len(given) == 1 else None
    if found is None:
        return None
    percent = (text(rule, "unit") or "rows").lower() in ("percent", "%")
    if percent:
        return _Allowed(within(found, 0, 100, whole=False), percent)
    is_count = metric in _COUNTS
    return _Allowed(within(found, 0 if is_count else -math.inf, math.inf, whole=is_count), percent)


def _compared(old: _Allowed | None, new: _Allowed | None) -> Effect:
    if old is None or new is None:
        return Effect.CHANGED
    nothing = [((0, 0), (0, 0))]  # no row is no percent
    if old.percent != new.percent and not (old.intervals == nothing == new.intervals):
        return Effect.CHANGED
    effect = compared(old.intervals, new.intervals)
    return Effect.NOTED if effect is Effect.HARMLESS else effect
