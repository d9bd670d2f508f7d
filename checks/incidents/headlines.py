"""Titles of incidents, which read like headlines: 'flights lost 17 % of its rows since 25 Nov: carrier = UA'. Pure."""

from __future__ import annotations

from checks import wording
from checks.builtin import EXISTS, UNREADABLE
from checks.records import Dataset, Dimension, Family, Finding, Grain, Key, Symptom
from connectors import Emptied

_LONGEST = 160
_SILENCE = "learned.cadence"  # of checks.judge_arrival, which imports all that learns
_ROWS = ("bucket_rows", "row_count")
#: of these a number is told, which nobody knows to be wrong who does not know what was expected
_SAYS_A_NUMBER = (Dimension.COVERAGE, Dimension.UNIQUENESS, Dimension.ACCURACY)


def headline(symptom: Symptom, rows: Finding | None = None, dataset: Dataset | None = None, others: int = 0) -> str:
    """What a symptom is, for people who see nothing else. `rows` is the finding that says how many rows there are, for
    one that is about that; `dataset` what it shows in, where that is known: the name of its table may have a dot in
    it. With a table so many `others` of its source are gone."""
    name = symptom.key.subject.rpartition(".")[2] if dataset is None else dataset.table.name
    if others:
        source = symptom.key.subject.partition(".")[0]
        tables = f"{others:,} more tables" if others > 1 else "one more table"
        return _cut(f"{name} and {tables} of {source} are not there{_since(symptom)}")
    return _cut(_told(symptom, name, rows))


def with_rows(title: str, where: str) -> str:
    """The title with the rows that account for it: 'carrier = UA'."""
    return title if where in title else _cut(f"{title}: {where}")


def well_again(key: Key) -> str:
    """How trouble ended by itself: what is known then. A run that measures again may find its data broken."""
    if key.family is Family.SOURCE:
        return "the source answers again"
    return "its runs measure it again" if key.family is Family.RUNS else "its checks are healthy again"


def _cut(title: str) -> str:
    return title if len(title) <= _LONGEST else f"{title[: _LONGEST - 1].rstrip()}…"


def _told(symptom: Symptom, name: str, rows: Finding | None) -> str:
    key = symptom.key
    if key.family is Family.SOURCE:
        refused = len(symptom.checks)
        does = f"refuses access to {refused:,} tables" if refused > 1 else "refuses access"
        does = does if refused else "does not answer"
        does = Emptied.what if Emptied.what in symptom.sentence else does
        return f"source {key.subject} {does}{_since(symptom)}"
    if key.family is Family.RUNS:
        return f"{name} can not be measured{_since(symptom)}"
    if key.family is Family.BUDGET:
        return f"{name}: {symptom.sentence}"
    if symptom.checks[:1] == (EXISTS,):
        is_broken = symptom.sentence.startswith(UNREADABLE)
        return f"{name} {'can not be read' if is_broken else 'is not there'}{_since(symptom)}"
    if key.dimension is Dimension.TIMELINESS and symptom.happened_at == symptom.began.latest:
        return f"{name} is late{_since(symptom)}"
    if (rows and rows.drift) or (symptom.bucket and wording.up_to(symptom.bucket) in symptom.sentence):
        return f"{name}: {symptom.sentence}"  # a drift says itself since when
    if symptom.checks[:1] == (_SILENCE,):
        silent, _, _ = symptom.sentence.partition(", late since ")
        return f"{name}: {silent.partition(';')[0]}"  # since when is told by the last that came
    if key.dimension is Dimension.COVERAGE and rows and rows.metric.name in _ROWS and rows.expected > 0:
        share = round(100 * abs(rows.expected - rows.value) / rows.expected)
        change = "lost" if rows.value < rows.expected else "gained"
        of = "of its rows" if change == "lost" else "more rows"
        return f"{name} {change} {share} % {of}{_since(symptom)}"
    return f"{name}: {_fault(symptom)}{_since(symptom)}"


def _fault(symptom: Symptom) -> str:
    """The sentence without the day, which is the newest and not the first. What was expected is left out where what was
    found speaks for itself (rows without a value, rows that are not valid)."""
    fault, _, expected = symptom.sentence.partition(", expected ")
    fault = fault.partition(", which has ")[0]  # the columns that are there fill a title
    fault = fault.replace(wording.when(symptom.bucket, hourly=symptom.grain is Grain.HOUR), "")
    is_a_number = symptom.key.dimension in _SAYS_A_NUMBER
    return f"{fault} (expected {expected})" if expected and is_a_number else fault


def _since(symptom: Symptom) -> str:
    """By the dataset's own days where it has some, else to the minute."""
    moment, first = symptom.happened_at, symptom.first_bucket
    if first is not None and symptom.grain is Grain.DAY:
        return f" since {first.day} {first:%b}"
    return f" since {moment.day} {moment:%b %H:%M} UTC" if moment else ""
