"""The journey of an explanation: at most six grouped queries on one open source, and the search between them.

which columns have few values -> sums by value of each -> those that stand out, combined -> the segments
-> (where much is left) the same again without them
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from checks.explain import sentences
from checks.explain.record import Explanation, Segment
from checks.explain.search import (
    LEAST_GAIN,
    Cause,
    Searched,
    by_mix,
    direction_of,
    mix,
    moves_with_time,
    search,
    vanished,
)
from checks.explain.statements import Excluded, Ground, by_chosen_values, by_value, distinct_counts, fits, in_total
from checks.explain.subject import Subject
from checks.explain.sums import ROWS, Kind, Scan, number, scan, strays, usual
from checks.metrics import kind_of
from checks.queries import QueryLog
from checks.records import Dataset, EventTime
from checks.sensitive import looks_personal
from connectors import Column, Source

MOST_QUERIES = 6
#: columns that are searched, and values that one may have
MOST_COLUMNS, MOST_VALUES = 12, 150
#: of the columns that stand out so many are combined, each with so many values
_COMBINED, _VALUES, _LARGEST, _CELLS = 6, 5, 2, 8_000
#: a part of the change that comes from the mix of rows, above which rows are searched and not their rates
_MOSTLY_MIX = 0.6
#: distance from its past, in standard deviations, below which a whole is as usual; of few buckets nobody knows
_AS_USUAL, _FEW = 2.0, 3
Values = tuple[list[Any], np.ndarray]  # the values of a column, and the sums of each


@dataclass(frozen=True, slots=True)
class Question:
    """What to explain, and what is known beforehand. `references` are the buckets to compare with; `distinct` is how
    many values a column is known to have (none known: they are counted); columns in `hidden` (lower case) are not
    looked at. `length` is how much of each bucket is compared, where the judged one is not over yet."""

    dataset: Dataset
    subject: Subject
    bucket: datetime
    event_time: EventTime
    references: tuple[datetime, ...]
    distinct: Mapping[str, float] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    length: timedelta | None = None


def explain(source: Source, question: Question, at: datetime) -> Explanation:
    """The segments that account for the change of a number in one bucket. Raises Refused, SourceError."""
    log = QueryLog(source, question.dataset.table)
    columns = tuple(source.columns(question.dataset.table))
    buckets = (question.bucket, *question.references)
    length = question.length or question.event_time.grain.length
    ground = Ground(log, columns, question.event_time, question.subject, buckets, length, log.source_now(at))
    chosen, left_out = _candidates(ground, question)
    found = _Rounds(ground, question.subject.kind).explained(chosen)
    left_out |= dict.fromkeys(found.moving, "its values change with time")
    before, after = (float(each[0]) for each in number(question.subject.kind, found.total))
    result = Explanation(
        question.dataset.name,
        question.subject.metric,
        question.subject.column,
        question.bucket,
        _finite(before),
        _finite(after),
        sentence="",
        segments=tuple(_segment(cause, question.subject.kind) for cause in found.causes),
        references=question.references,
        searched=tuple(column.name for column in chosen if column.name not in left_out),
        left_out=tuple(left_out.items()),
        queries=tuple(log.records),
        asked_at=at,
        check=question.subject.apart,
    )
    said = sentences.sentence(result, question.subject, found, question.event_time.grain)
    return replace(result, sentence=said if question.length is None else sentences.so_far(said, question.length))


# -- columns -----------------------------------------------------------------------------------------------------------


def _candidates(ground: Ground, question: Question) -> tuple[list[Column], dict[str, str]]:
    """The columns that can name a segment, and why each other one can not."""
    own = {question.subject.column, question.event_time.column, *question.dataset.key}
    left_out, possible = {}, []
    for column in ground.columns:
        if column.name.lower() in question.hidden:
            left_out[column.name] = "classified"
        elif looks_personal(column.name):  # what is found is kept with an alert, and nobody has looked at it before
            left_out[column.name] = "called like something about people"
        elif _may_name(column) and column.name not in own:
            possible.append(column)
    counted = question.distinct
    if possible and not any(column.name in counted for column in possible):
        counted = distinct_counts(ground, possible)
    left_out |= {column.name: "its values were not counted yet" for column in possible if column.name not in counted}
    few = [column for column in possible if 2 <= counted.get(column.name, 0) <= MOST_VALUES]
    left_out |= {
        column.name: f"more than {MOST_VALUES} values"
        for column in possible
        if counted.get(column.name, 0) > MOST_VALUES
    }
    few.sort(key=lambda column: (kind_of(column).is_integer(), counted[column.name]))
    left_out |= {column.name: f"{MOST_COLUMNS} columns were searched before it" for column in few[MOST_COLUMNS:]}
    return few[:MOST_COLUMNS], left_out


def _may_name(column: Column) -> bool:
    kind = kind_of(column)
    return kind.is_string() or kind.is_boolean() or kind.is_integer()


# -- rounds ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    """What all rounds brought: the sums of everything, the causes, the columns whose values change with time; whether
    the rest is as usual, and whether the causes are about the mix of rows instead of the number itself; and
    whether the number as a whole is as usual."""

    total: np.ndarray
    causes: tuple[Cause, ...] = ()
    moving: tuple[str, ...] = ()
    normal: bool = False
    of_mix: bool = False
    as_usual: bool = False


class _Rounds:
    """Sums, search, and again without what was found, as long as much is left to be explained."""

    def __init__(self, ground: Ground, kind: Kind) -> None:
        self._ground = ground
        self._kind = kind
        self._moving: list[str] = []

    def explained(self, columns: Sequence[Column]) -> Found:
        if not columns:
            return Found(in_total(self._ground))
        sums, total = self._sums(columns, ())
        if not sums or not total[ROWS, 0, 0]:
            return Found(total, moving=tuple(self._moving))
        of_mix = mix(self._kind, [each for _, each in sums.values()]) >= _MOSTLY_MIX
        searched = self._searched(sums, total, (), of_mix=of_mix)
        if not searched.causes and self._kind is Kind.COUNT and direction_of(self._kind, total) < 0:
            searched = vanished(sums) or searched
        if not of_mix and searched.causes and not searched.complete:
            searched = self._again([column for column in columns if column.name in sums], searched)
        as_usual = total.shape[2] > _FEW and strays(self._kind, total) < _AS_USUAL
        return Found(
            total, searched.causes, tuple(self._moving), searched.normal, of_mix and bool(searched.causes), as_usual
        )

    def _again(self, columns: Sequence[Column], searched: Searched) -> Searched:
        """The search of the rows that the causes left over: what stood out beside a large cause is not all there is."""
        if len(self._ground.log.records) + 2 > MOST_QUERIES:
            return searched
        excluded = [cause.values for cause in searched.causes]
        sums, rest = self._sums(columns, excluded)
        more = self._searched(sums, rest, excluded, of_mix=False)
        if not more.causes:
            return searched
        left = 1 - sum(cause.share for cause in searched.causes)
        causes = (*searched.causes, *(replace(cause, share=cause.share * left) for cause in more.causes))
        return replace(more, causes=causes)

    def _sums(self, columns: Sequence[Column], excluded: Excluded) -> tuple[dict[str, Values], np.ndarray]:
        """The sums by value of the columns that can be compared, and the sums of everything."""
        found = by_value(self._ground, columns, excluded)
        total = next(iter(found.values()))[1].sum(axis=1, keepdims=True)
        if total[ROWS, 0, 0] and not excluded:
            self._moving = [name for name, (_, sums) in found.items() if moves_with_time(sums[ROWS])]
        return {name: each for name, each in found.items() if name not in self._moving}, total

    def _searched(self, sums: Mapping[str, Values], total: np.ndarray, excluded: Excluded, *, of_mix: bool) -> Searched:
        kind = Kind.COUNT if of_mix else self._kind
        compared = {name: scan(kind, each, each.sum(axis=1, keepdims=True)) for name, (_, each) in sums.items()}
        direction = None if of_mix else direction_of(self._kind, total)
        chosen = self._chosen(sums, compared, direction)
        if not chosen:
            return Searched((), total)
        cells = by_chosen_values(self._ground, chosen, excluded)
        return by_mix(self._kind, cells) if of_mix else search(self._kind, cells)

    def _chosen(
        self, sums: Mapping[str, Values], compared: Mapping[str, Scan], direction: int | None
    ) -> dict[str, list[Any]]:
        """The columns that stand out most, each with the values that do, those first that went with the change; no
        column where nothing stands out."""
        by_name = {column.name: column for column in self._ground.columns}
        most = {name: each.gain.max() for name, each in compared.items()}
        names = sorted(most, key=lambda name: -most[name])
        if not names or most[names[0]] < LEAST_GAIN / 4:
            return {}
        chosen: dict[str, list[Any]] = {}
        cells = 1
        for name in names[:_COMBINED]:
            values = [sums[name][0][place] for place in _standing_out(compared[name], direction)]
            kept = [value for value in values if fits(by_name[name], value)]
            more = cells * min(len(kept) + 1, len(sums[name][0]))
            if kept and more <= _CELLS:
                cells, chosen[name] = more, kept
        return chosen


def _standing_out(compared: Scan, direction: int | None) -> list[int]:
    """The places of the values that set themselves apart most, and of those with the largest part of the change."""
    along = 1 if direction is None else np.where(compared.sign == direction, 1, 0.01)
    part = np.abs(compared.effect) if direction is None else compared.effect * direction
    order = [*np.argsort(-compared.gain * along)[:_VALUES], *np.argsort(-part)[:_LARGEST]]
    return [int(place) for place in dict.fromkeys(order)]


# -- the record --------------------------------------------------------------------------------------------------------


def _segment(cause: Cause, kind: Kind) -> Segment:
    before, after = (float(each[0]) for each in number(kind, cause.sums))
    rows = cause.sums[ROWS]
    return Segment(
        tuple((column, _text(value)) for column, value in cause.values),
        cause.share,
        _finite(before),
        _finite(after),
        float(usual(rows)[0]),
        float(rows[0, 0]),
        cause.surprise,
    )


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
