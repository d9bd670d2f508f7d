"""An explanation in one sentence: '92 % of the missing rows are carrier = UA; other carriers are normal'. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from checks import phrases
from checks.explain.record import Explanation, Segment
from checks.explain.subject import Subject
from checks.explain.sums import Kind

if TYPE_CHECKING:
    from checks.records import Grain

#: below this part of the change the segments are told, but not as the explanation
MOSTLY = 0.5
_LONGEST_VALUE = 60
_NOUNS = {
    "null_rate": "rows without {}",
    "empty_count": "rows with an empty {}",
    "missing_count": "rows with a missing {}",
    "invalid_count": "invalid values of {}",
    "violation_count": "rows against the condition",
    "true_rate": "true values of {}",
    "category_count": "rows with {}",
    "odd_form_count": "rows with an unusual form of {}",
}


class Outcome(Protocol):
    """What the search says beside the segments: whether the other rows are as usual, whether it is the mix of rows that
    changed, and whether the whole is as usual."""

    @property
    def normal(self) -> bool: ...
    @property
    def of_mix(self) -> bool: ...
    @property
    def as_usual(self) -> bool: ...


def sentence(found: Explanation, subject: Subject, outcome: Outcome, grain: Grain) -> str:
    """What accounts for the change, or that no segment does."""
    if found.before is None:
        return f"Nothing to compare with: the earlier {grain}s have no such number."
    if found.after is None:
        return (
            f"No segment explains it: the {grain} has no such number at all, usually {_value(found.before, subject)}."
        )
    if subject.kind is Kind.COUNT and found.after == 0:
        return f"No segment explains it: the {grain} has no rows at all, usually {_value(found.before, subject)}."
    if not found.segments:
        return _none(found, subject, grain, as_usual=outcome.as_usual)
    if outcome.of_mix:
        return _of_mix(found, subject)
    told = _shares(found.segments, subject, rising=(found.change or 0) > 0)
    if found.explained < MOSTLY:
        return f"No segment explains most of it; the largest part: {told}."
    return f"{told}; {_others(found.segments, outcome)}."


def so_far(said: str, length: timedelta) -> str:
    """The sentence about a bucket that is not over yet."""
    return f"Up to {phrases.duration(length)} into it: {said[0].lower()}{said[1:]}"


def _none(found: Explanation, subject: Subject, grain: Grain, *, as_usual: bool) -> str:
    before, after = _value(found.before or 0, subject), _value(found.after or 0, subject)
    if not found.searched:
        return f"No segment explains it: there is no column with few values to search; {after}, usually {before}."
    names = phrases.listed(list(found.searched), 4)
    if before == after or as_usual:
        said = "as usual" if before == after else f"usually {before}"
        return f"Nothing to explain: this {grain} has {after}, {said}, and no segment of {names} stands out."
    return f"No segment explains it: {after} instead of {before}, and all values of {names} have changed alike."


def _shares(segments: Sequence[Segment], subject: Subject, *, rising: bool) -> str:
    first, verb = _first(subject, rising=rising)
    return ", ".join(
        f"{_share(share)} {verb if number else f'{first} {verb}'} {_where(group)}{_own(group, subject)}"
        for number, (group, share) in enumerate(_together(segments))
    )


def _first(subject: Subject, *, rising: bool) -> tuple[str, str]:
    """What the first share is a share of, and the verb."""
    if subject.kind is Kind.MEAN:
        return f"of the {'rise' if rising else 'fall'} in the mean of {subject.column}", "comes from"
    if subject.kind is Kind.COUNT:
        return f"of the {'additional' if rising else 'missing'} rows", "are"
    noun = _noun(subject)
    return f"of the {'additional' if rising else 'fewer'} {noun}", "are"


def _own(group: Sequence[Segment], subject: Subject) -> str:
    """What a single segment was and is: ' (0 rows, usually 158)'."""
    if len(group) != 1 or group[0].after is None:
        return ""
    segment = group[0]
    if segment.before is None:
        return f" ({_value(segment.after or 0, subject)}, never seen before)"
    return f" ({_value(segment.after or 0, subject)}, usually {_value(segment.before, subject)})"


def _noun(subject: Subject) -> str:
    return _NOUNS[subject.measure].replace("{}", subject.about or "")


def _of_mix(found: Explanation, subject: Subject) -> str:
    what = f"the mean of {subject.column}" if subject.kind is Kind.MEAN else _noun(subject)
    parts = [
        f"{_where([each])} has {phrases.number(each.rows_after)} rows, usually {round(each.rows_before):,}"
        for each in found.segments[:3]
    ]
    return (
        f"{_share(found.explained)} of the change in {what} comes from another mix of rows: {'; '.join(parts)}; within "
        "the segments it is normal."
    )


def _others(segments: Sequence[Segment], outcome: Outcome) -> str:
    columns = {column for segment in segments for column, _ in segment.values}
    one = next(iter(columns)) if len(columns) == 1 else None
    who = f"other {_plural(one)}" if one else "all other rows"
    return f"{who} are normal" if outcome.normal else f"{who} have changed too"


def _together(segments: Sequence[Segment]) -> list[tuple[list[Segment], float]]:
    """Values of one column as one part; each other segment by itself."""
    groups: dict[object, list[Segment]] = {}
    for segment in segments:
        alone = len(segment.values) == 1 and segment.values[0][1] is not None
        groups.setdefault(segment.values[0][0] if alone else segment.values, []).append(segment)
    return [(group, sum(each.share for each in group)) for group in groups.values()]


def _where(group: Sequence[Segment]) -> str:
    if len(group) == 1:
        return " and ".join(_equals(column, value) for column, value in group[0].values)
    values = [_short(segment.values[0][1] or "") for segment in group]
    return f"{group[0].values[0][0]} = {', '.join(values[:-1])} or {values[-1]}"


def _equals(column: str, value: str | None) -> str:
    return f"{column} is NULL" if value is None else f"{column} = {_short(value)}"


def _short(value: str) -> str:
    shown = " ".join(value.split()) or "''"
    return shown if len(shown) <= _LONGEST_VALUE else f"{shown[:_LONGEST_VALUE]}…"


def _share(share: float) -> str:
    return f"{100 * share:.0f} %"


def _value(value: float, subject: Subject) -> str:
    if subject.kind is Kind.COUNT:
        rows = round(value)
        return f"{rows:,} row{'' if rows == 1 else 's'}" if rows else "no rows"
    return phrases.percent(100 * value) if subject.kind is Kind.RATE else phrases.number(value)


def _plural(word: str) -> str:
    if not re.fullmatch("[a-z]+", word) or word.endswith(("s", "x", "z", "ch", "sh", "data")):
        return f"values of {word}"
    if word.endswith("y") and not word.endswith(("ay", "ey", "oy", "uy")):
        return f"{word[:-1]}ies"
    return f"{word}s"
