"""The search: which segments changed otherwise than the rest, and how much of the change is theirs. Pure.

One segment at a time is taken, the one with the most evidence that it, and not everything, has changed; its rows are
laid aside, and the rest is searched again. What was only implied by a segment that was taken is then as usual, and a
pair of columns is taken only where it says more than either column alone. A change that all rows share gives no segment
any evidence, however large it is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from checks.explain.sums import AMOUNT, BASE, ROWS, Kind, Scan, number, scan, strays, usual

#: evidence (log likelihood ratio) below which a segment is chance: among a thousand segments one in a hundred tables
LEAST_GAIN = 10.0
#: what a pair must bring beyond a single value, for there are many more pairs
_PAIR = 3.0
#: the part of a change that a segment must account for, and how far beyond its part of the rows
_LEAST_SHARE, _BEYOND_FAIR = 0.08, 0.06
#: distance from its own past, in standard deviations, below which a segment is as usual whatever the others do
_LEAST_SURPRISE = 3.5
#: the same for a segment whose rows have changed less than this part of what those of an earlier cause have
_FAR, _WEAK = 10.0, 0.3
#: distance of a whole from its past below which it is as usual
_STRAYS = 3.0
#: a part of the rows above which a segment is no part but everything
_EVERYTHING = 0.95
_MOST = 8
#: rows that several vanished values must usually have together to be no chance, and their part of what is missing
_LEAST_VANISHED, _MOST_OF_IT = 15, 0.8
#: standard deviations by which they must have more rows than values that are empty by chance
_BEYOND_CHANCE = 3.0
#: how much of a pair's change the other rows of a value must show, for the value to be named and not the pair
_ALIKE = 0.5
#: how much of a pair's rows two other causes must have, each of them, for the pair to be their crossing
_INSIDE = 0.7
Name = tuple[tuple[str, object], ...]  # a segment: pairs of column and value


@dataclass(frozen=True, slots=True)
class Cells:
    """Rows by the values of several columns. `codes[i, k]` says which of the chosen `values[k]` (counted from 1) cell i
    has in column k, 0 for any other; `sums` are those of the cells."""

    columns: tuple[str, ...]
    values: tuple[tuple[object, ...], ...]
    codes: np.ndarray
    sums: np.ndarray


@dataclass(frozen=True, slots=True)
class Cause:
    """A segment that was taken: pairs of column and value, its own sums, the part of the change that is its own."""

    values: Name
    sums: np.ndarray
    share: float
    surprise: float


@dataclass(frozen=True, slots=True)
class Searched:
    """The causes, and the sums of all rows that are in none of them: whether they have no part of the change worth
    mentioning, and how far they are from usual, in standard deviations."""

    causes: tuple[Cause, ...]
    rest: np.ndarray
    complete: bool = False
    strays: float = math.inf

    @property
    def normal(self) -> bool:
        """Whether the rows that are in no cause are as usual."""
        return self.complete or self.strays < _STRAYS


def direction_of(kind: Kind, total: np.ndarray) -> int:
    """Whether the number went up (1) or down (-1)."""
    before, after = number(kind, total)
    return 1 if after[0] > before[0] else -1


def search(kind: Kind, cells: Cells) -> Searched:
    """The causes of the change of all cells together. Where the whole is as usual, what went against the change is
    looked for too: a part that vanished on a busy day."""
    total = cells.sums.sum(axis=1, keepdims=True)
    direction = direction_of(kind, total)
    found = _greedy(kind, cells, direction)
    if not found.causes and strays(kind, total) < _STRAYS:
        return _greedy(kind, cells, -direction)
    return found


def vanished(columns: Mapping[str, tuple[Sequence[object], np.ndarray]]) -> Searched | None:
    """Several values of one column that have no rows any more, where they account for what is missing and the rest is
    as usual: some hours of a day. Each alone may be too small to be told from chance. `columns` has values and sums by
    name; the column with the fewest such values is answered, None where there is none."""
    found = [each for name, (values, sums) in columns.items() if (each := _vanished(name, values, sums))]
    return min(found, key=lambda each: len(each.causes), default=None)


def _vanished(column: str, values: Sequence[object], sums: np.ndarray) -> Searched | None:
    rows = sums[ROWS]
    gone = (rows[:, 0] == 0) & (rows[:, 1:] > 0).all(axis=1)
    of_gone = usual(rows[gone])
    if rows.shape[1] < 4:
        return None  # after one or two earlier buckets hardly anybody can say that the rest is as usual
    if not 2 <= gone.sum() <= _MOST or of_gone.sum() < max(_LEAST_VANISHED, _empty_by_chance(usual(rows))):
        return None
    rest = sums[:, ~gone].sum(axis=1, keepdims=True)
    left = max(0.0, -_effect(Kind.COUNT, rest))
    whole = of_gone.sum() + left
    if strays(Kind.COUNT, rest) >= _STRAYS or of_gone.sum() < _MOST_OF_IT * whole:
        return None
    surprise = scan(Kind.COUNT, sums, sums.sum(axis=1, keepdims=True)).surprise
    causes = tuple(
        Cause(((column, values[place]),), sums[:, [place]], float(missing / whole), float(surprise[place]))
        for place, missing in zip(np.flatnonzero(gone), of_gone, strict=True)
    )
    return Searched(causes, rest, left <= 0.15 * whole, strays(Kind.COUNT, rest))


def _empty_by_chance(expected: np.ndarray) -> float:
    """The rows that values without any may usually have together, although nothing happened to them: of many values
    with two rows each some always have none."""
    empty = np.exp(-expected)
    deviation = math.sqrt((expected**2 * empty * (1 - empty)).sum())
    return float((expected * empty).sum() + _BEYOND_CHANCE * deviation)


def moves_with_time(rows: np.ndarray) -> bool:
    """Whether the values of a column say when a row happened and not what it is: buckets share hardly any value. `rows`
    are rows by value and bucket."""
    past = rows[:, 1:]
    if past.shape[1] > 1:
        parts = past / np.maximum(past.sum(axis=0), 1)
        others = (parts.sum(axis=1, keepdims=True) - parts) / (parts.shape[1] - 1)
        if np.median(np.minimum(parts, others).sum(axis=0)) < 0.5:
            return True
    now, before = rows[:, 0], past.mean(axis=1)
    kept = np.minimum(now, before).sum() / max(before.sum(), 1)
    if kept < 0.1 and now[before == 0].sum() > 0.9 * max(now.sum(), 1):
        return True
    main = int(np.argmax(now))  # one value for all rows of a bucket, and another in some bucket before
    return bool(
        kept < 0.6 and now[main] > 0.8 * now.sum() and np.min(past[main] / np.maximum(past.sum(axis=0), 1)) < 0.1
    )


def mix(kind: Kind, columns: Sequence[np.ndarray]) -> float:
    """Which part of the change of a rate or mean comes from rows of one kind being more or fewer, and not from any of
    them changing: the largest such part over the columns. 0 for a count."""
    if kind is Kind.COUNT:
        return 0.0
    return max((_mix(kind, sums) for sums in columns), default=0.0)


def _mix(kind: Kind, sums: np.ndarray) -> float:
    total = sums.sum(axis=1, keepdims=True)
    before, after = (float(each[0]) for each in number(kind, total))
    own, _ = number(kind, sums)
    part = sums[BASE] / np.maximum(total[BASE], 1)
    moved = np.where(np.isfinite(own), own - before, 0.0) * (part[:, 0] - part[:, 1:].mean(axis=1))
    return float(moved.sum() / (after - before)) if np.isfinite(after - before) and after != before else 0.0


def by_mix(kind: Kind, cells: Cells) -> Searched:
    """The causes of a changed rate or mean among the segments that have become more or fewer. Nothing where they do not
    account for most of it."""
    total = cells.sums.sum(axis=1, keepdims=True)
    before, after = (float(each[0]) for each in number(kind, total))
    best = Searched((), total)
    for direction in (-1, 1):
        found = _greedy(Kind.COUNT, cells, direction)
        if not found.causes:
            continue
        usual_rest, without = number(kind, found.rest)
        left = abs(float(without[0] - usual_rest[0])) / abs(after - before) if after != before else 1.0
        if left < 0.5 and (not best.causes or left < 1 - sum(cause.share for cause in best.causes)):
            best = Searched(_shared_out(found.causes, 1 - left), found.rest, left < 0.15)
    return best


def _shared_out(causes: tuple[Cause, ...], explained: float) -> tuple[Cause, ...]:
    whole = sum(cause.share for cause in causes)
    return tuple(Cause(cause.values, cause.sums, explained * cause.share / whole, cause.surprise) for cause in causes)


# -- one after the other -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Taken:
    place: int
    sums: np.ndarray
    effect: float
    strength: float  # the effect per row
    surprise: float


def _greedy(kind: Kind, cells: Cells, direction: int) -> Searched:
    names, members, pairs = _candidates(cells)
    alive = np.ones(len(cells.codes), dtype=bool)
    taken: list[_Taken] = []
    while len(taken) < _MOST and len(names):
        sums = _summed(members & alive, cells.sums)
        compared = scan(kind, sums, cells.sums[:, alive].sum(axis=1, keepdims=True))
        best = _best(compared, pairs, direction, taken)
        if best is None:
            break
        place = _widened(kind, best, names, sums)
        effect, surprise = float(compared.effect[place] * direction), float(compared.surprise[place])
        taken.append(_Taken(place, sums[:, [place]], effect, effect / float(compared.weight[place]), surprise))
        alive &= ~members[place]
    taken = _without_crossings(taken, members, pairs, cells.sums[ROWS].sum(axis=1))
    rest = cells.sums[:, alive].sum(axis=1, keepdims=True)
    left = max(0.0, direction * _effect(kind, rest))
    whole = sum(each.effect for each in taken) + left
    causes = tuple(Cause(names[each.place], each.sums, each.effect / whole, each.surprise) for each in taken)
    return Searched(causes, rest, left <= 0.15 * whole, strays(kind, rest))


def _summed(members: np.ndarray, sums: np.ndarray) -> np.ndarray:
    """The sums of segments out of those of their cells."""
    parts, cells, buckets = sums.shape
    flat = members.astype(float) @ sums.transpose(1, 0, 2).reshape(cells, parts * buckets)
    return flat.reshape(len(members), parts, buckets).transpose(1, 0, 2)


def _without_crossings(
    taken: Sequence[_Taken], members: np.ndarray, pairs: np.ndarray, rows: np.ndarray
) -> list[_Taken]:
    """Without pairs that are only where two causes meet: both of these were taken for the rest of their rows, and the
    pair's part is shared out to them."""
    found = list(taken)
    for pair in [each for each in taken if pairs[each.place]]:
        inside = members[pair.place]
        own = [
            each
            for each in found
            if not pairs[each.place] and rows[inside & members[each.place]].sum() >= _INSIDE * rows[inside].sum()
        ]
        if len(own) == 2:
            half = {"sums": pair.sums / 2, "effect": pair.effect / 2}
            found = [
                replace(each, sums=each.sums + half["sums"], effect=each.effect + half["effect"])
                if each in own
                else each
                for each in found
                if each is not pair
            ]
    return found


def _best(compared: Scan, pairs: np.ndarray, direction: int, taken: Sequence[_Taken]) -> int | None:
    """The place of the segment with the most evidence; None where all of them are chance, or go with the rest. Beside
    what was `taken` already, a weak effect has to be far from its own past."""
    effect, others = compared.effect * direction, np.maximum(compared.others * direction, 0)
    whole = np.maximum(np.maximum(effect, 0) + others, 1e-9)
    share = effect / whole
    fits = (compared.sign == direction) & (effect > 0) & (share - compared.weight >= _BEYOND_FAIR)
    fits &= (effect / (whole + sum(each.effect for each in taken)) >= _LEAST_SHARE) & (compared.weight <= _EVERYTHING)
    weak = effect / np.maximum(compared.weight, 1e-9) < _WEAK * max((each.strength for each in taken), default=0.0)
    fits &= np.abs(compared.surprise) >= np.where(weak, _FAR, _LEAST_SURPRISE)
    gain = np.where(fits, compared.gain - _PAIR * pairs, -np.inf)
    place = int(np.argmax(gain))
    return place if gain[place] >= LEAST_GAIN else None


def _widened(kind: Kind, place: int, names: Sequence[Name], sums: np.ndarray) -> int:
    """The single value that a pair is a part of, where the other rows of that value have changed much as the pair has;
    the pair (or a single value) itself where they have not."""
    best, most = place, _ALIKE
    for name in names[place] if len(names[place]) > 1 else ():
        parent = names.index((name,))
        others = sums[:, parent] - sums[:, place]
        alike = _likeness(kind, sums[:, place], others)
        if others[ROWS, 1:].sum() > 0.1 * sums[ROWS, parent, 1:].sum() and alike >= most:
            best, most = parent, alike
    return best


def _likeness(kind: Kind, part: np.ndarray, others: np.ndarray) -> float:
    """How much of the change of a part the others show too: 0 none of it, 1 all."""
    (before, of_others), (after, now) = number(kind, np.stack([part, others], axis=1))
    by_amount = (now - of_others) / (after - before) if after != before else 0.0
    by_factor = (now / of_others - 1) / (after / before - 1) if before and of_others and after != before else 0.0
    if kind is Kind.RATE:
        return float(np.nan_to_num(by_amount))
    return float(np.nan_to_num(by_factor if kind is Kind.COUNT else max(by_amount, by_factor)))


def _effect(kind: Kind, total: np.ndarray) -> float:
    """What these rows add to the change of the amount."""
    if kind is Kind.COUNT:
        return float(total[ROWS, 0, 0] - usual(total[ROWS])[0])
    before, _ = number(kind, total)
    return float(total[AMOUNT, 0, 0] - total[BASE, 0, 0] * before[0]) if np.isfinite(before[0]) else 0.0


def _candidates(cells: Cells) -> tuple[list[Name], np.ndarray, np.ndarray]:
    """All single values and all pairs of values of two columns that occur: their names, which cells they have, and
    whether they are pairs."""
    singles = [
        (((column, value),), cells.codes[:, k] == code)
        for k, column in enumerate(cells.columns)
        for code, value in enumerate(cells.values[k], start=1)
    ]
    crossed = [
        ((*one, *other), mine & theirs)
        for (one, mine), (other, theirs) in combinations(singles, 2)
        if one[0][0] != other[0][0]
    ]
    every = singles + [(name, cells_) for name, cells_ in crossed if cells_.any()]
    members = np.array([cells_ for _, cells_ in every], dtype=bool).reshape(len(every), len(cells.codes))
    return [name for name, _ in every], members, np.array([len(name) > 1 for name, _ in every], dtype=float)
