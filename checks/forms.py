"""The forms of texts, and how long they are: 'N14228' is A9, one or more capital letters and digits after them.

The usual forms of a column are learned from a sample of rows that are some days old, and rows of any other form are
counted, by bucket, in a query of its own: matching each text costs as much as all the rest, so that no more rows are
read than MOST_ROWS. Forms are counted in the warehouse; no value leaves it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from checks import fused, regex
from checks.eventtime import bucket_of, wall_clock
from checks.few_values import FEW, LEAST_ROWS
from checks.fold import Folded
from checks.metrics import rows_where, text_of
from checks.moments import literal_naive
from checks.queries import QueryLog
from checks.records import Grid, Metric, Plan, Text, odd_form_count
from checks.rows import names_beside, rows_sql

if TYPE_CHECKING:
    import ibis.expr.types as ir

#: rows that are matched in one run, from the newest bucket back; two buckets always are
MOST_ROWS = 1_000_000
MOST_COLUMNS = 12
#: rows of the sample, and how old they are: what came since is judged by it
_SAMPLE, _FROM, _UNTIL = 5_000, timedelta(days=21), timedelta(days=7)
#: usual forms cover so much of the sample, and are few
_COVERED, _MOST_FORMS = 0.99, 5
#: a column that fits its known forms less than this has others by now
_OUTGROWN = 0.5
_LONGEST = 64
_FORM = re.compile(r"[Aa9 !-/:-@\[-`{}~]{1,24}")
_CLASSES = {"9": "[0-9]+", "A": "[A-Z]+", "a": "[a-z]+"}
BETWEEN = " | "


def with_forms(log: QueryLog, plan: Plan, folded: Folded, now: datetime) -> Folded:
    """With the rows of unusual form and the mean length of texts that are not too long, by bucket where there are
    some."""
    texts = _short(plan, folded)[:MOST_COLUMNS]
    if not texts:
        return folded
    metrics = [Metric("mean_length", one.column.name) for one in texts]
    with log.costing(metrics):
        if plan.whole_table:
            texts = _learned(log, plan, texts, now)
        known = [one for one in texts if one.forms is not None]
        return _with(folded, _counted(log, plan, folded, known, now), plan) if known else folded
    return folded


def usual_forms(forms: Sequence[str | None]) -> str | None:
    """The few forms that nearly all of a sample have, the commonest first; None where there are none, or too few
    values."""
    counts = Counter(form for form in forms if form)
    whole, covered, chosen = counts.total(), 0, []
    for form, count in counts.most_common(_MOST_FORMS):
        if covered >= _COVERED * whole:
            break
        chosen.append(form)
        covered += count
    if whole < LEAST_ROWS or covered < _COVERED * whole or not all(map(_FORM.fullmatch, chosen)):
        return None
    return BETWEEN.join(chosen)


def pattern_of(forms: str) -> str:
    """The regular expression that texts of these forms match as a whole."""
    each = ("".join(_CLASSES.get(part, re.escape(part)) for part in form) for form in forms.split(BETWEEN))
    return f"^({'|'.join(each)})$"


def _short(plan: Plan, folded: Folded) -> list[Text]:
    """The texts that may have a form; those of few values are counted by value."""
    lengths, distinct = folded.largest("max_length"), folded.largest("distinct_count")
    counted = {one.column.name for one in plan.few_values if distinct.get(one.column.name, 0) <= FEW}
    return [
        one for one in plan.texts if 1 <= lengths.get(one.column.name, 0) <= _LONGEST and one.column.name not in counted
    ]


# -- the usual forms ---------------------------------------------------------------------------------------------------


def _learned(log: QueryLog, plan: Plan, texts: Sequence[Text], now: datetime) -> list[Text]:
    """The texts with their usual forms: those that are known, while they fit."""
    forms = list(zip(*_sample(log, plan, texts, now), strict=True)) or [() for _ in texts]
    return [_with_usual(one, list(sample)) for one, sample in zip(texts, forms, strict=True)]


def _with_usual(text: Text, sample: list[str | None]) -> Text:
    present = [form for form in sample if form]
    known = text.forms.split(BETWEEN) if text.forms else []
    fit = sum(form in known for form in present)
    if text.forms is not None and fit >= _OUTGROWN * len(present):
        return text
    return replace(text, forms=usual_forms(sample) or text.forms)


def _sample(log: QueryLog, plan: Plan, texts: Sequence[Text], now: datetime) -> list[tuple[Any, ...]]:
    """The forms of some rows."""
    dialect, part, until = log.source.dialect, plan, None
    if plan.event_time is not None:
        clock = wall_clock(now, plan.event_time)
        first, until = (bucket_of(clock - age, plan.event_time.grain) for age in (_FROM, _UNTIL))
        part = replace(plan, whole_table=False, buckets_from=first)

    def build(table: Any) -> ir.Table:
        if until is not None:
            bucket = table[names_beside(plan.columns).bucket]
            table = table.filter(bucket < literal_naive(until, bucket, dialect))
        return table.select(**{f"f{i}": _form(_text(table, one, dialect)) for i, one in enumerate(texts)}).limit(
            _SAMPLE
        )

    key = ("forms", until, *(one.column.name for one in texts))
    sql = fused.written(log, rows_sql(log.source, part, now), part, key, build)
    return log.fetch("forms of some texts", sql, limit=_SAMPLE).rows


def _form(text: Any) -> Any:
    for written, characters in _CLASSES.items():
        text = text.re_replace(characters, written)
    return text


def _text(table: Any, one: Text, dialect: str) -> Any:
    as_text = text_of(one.column, dialect)
    value = table[one.column.name]
    return as_text(value) if as_text else value.cast("string")


# -- rows of other forms -----------------------------------------------------------------------------------------------


def _counted(log: QueryLog, plan: Plan, folded: Folded, texts: Sequence[Text], now: datetime) -> fused.Asked:
    dialect, part = log.source.dialect, plan
    if plan.event_time is not None:
        part = replace(plan, whole_table=False, buckets_from=_first(plan, folded))
    metrics = [metric for one in texts for metric in _metrics_of(one)]

    def build(table: Any) -> ir.Table:
        numbers = [number for one in texts for number in _numbers(table, one, dialect)]
        return fused.by_bucket(table, plan, {f"m{i}": number for i, number in enumerate(numbers)})

    sql = fused.written(log, rows_sql(log.source, part, now), part, tuple(metrics), build)
    return fused.read(log, log.fetch("forms and lengths of texts", sql), plan, metrics)


def _metrics_of(one: Text) -> Iterator[Metric]:
    yield odd_form_count(one.column.name, one.forms or "")
    yield Metric("mean_length", one.column.name)


def _numbers(table: Any, one: Text, dialect: str) -> Iterator[Any]:
    yield rows_where(is_odd(table, one, dialect))
    yield _text(table, one, dialect).length().mean()


def is_odd(table: ir.Table, one: Text, dialect: str) -> Any:
    """Whether a text has none of the usual forms, NULL where there is none; an empty one has no form."""
    text = _text(table, one, dialect)
    return (text.length() > 0) & ~text.re_search(regex.in_words_of(dialect, pattern_of(one.forms or "")))


def _first(plan: Plan, folded: Folded) -> datetime:
    """The first bucket to read: so many that they have no more than MOST_ROWS rows."""
    rows = np.zeros(len(folded.buckets))
    for grid in folded.grids:
        for metric, line in zip(grid.metrics, grid.values, strict=True):
            if metric.name == "bucket_rows":
                rows = np.nan_to_num(line)
    behind = np.cumsum(rows[::-1]) <= MOST_ROWS
    return folded.buckets[-max(int(behind.sum()), min(2, len(folded.buckets)))]


def _with(folded: Folded, asked: fused.Asked, plan: Plan) -> Folded:
    """With what was counted: nothing about buckets that were not read."""
    if plan.event_time is None:
        return replace(folded, totals=folded.totals | {metric: float(line[0]) for metric, line in asked.values.items()})
    grain, place = plan.event_time.grain, {bucket: i for i, bucket in enumerate(asked.buckets)}
    where = [place.get(bucket, -1) for bucket in folded.buckets]
    lines = np.array([np.append(line, np.nan)[where] for line in asked.values.values()])
    metrics = tuple(replace(metric, grain=grain) for metric in asked.values)
    return replace(folded, grids=(*folded.grids, Grid(metrics, folded.buckets, lines)))
