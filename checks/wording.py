"""What a check found and what it asks for, in words. A reason reads as one sentence made of the three parts:

observed   269 of 674 rows (39.9 %)
fault      not one of A, B (of values that a predicate is about)
about      269 of 674 rows (39.9 %) without tailnum
expected   less than 33 %
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from checks import phrases
from checks.metrics import CATALOGUE, unit_of
from checks.paths import in_words
from checks.predicates import fault_of
from checks.records import (
    Aggregate,
    AggregateExpected,
    ArrivalExpected,
    Check,
    ColumnExpected,
    Metric,
    ReconcileExpected,
    ReferenceExpected,
    RowsExpected,
    Threshold,
)

_ABOUT = {
    "null_count": "{observed} without {column}",
    "null_rate": "{observed} without {column}",
    "missing_count": "{observed} with a missing {column}",
    "empty_count": "{observed} with an empty {column}",
    "invalid_count": "{column}: {observed}",
    "non_finite_count": "{observed} where {column} is NaN or infinite",
    "distinct_count": "{observed} of {column}",
    "duplicate_count": "{observed} repeat the {column} of another row",
    "orphan_count": "{observed} have a {column} that has no partner",
    "future_rows": "{observed} from the future",
    "min": "the smallest {column} is {observed}",
    "max": "the largest {column} is {observed}",
    "mean": "the mean of {column} is {observed}",
    "stddev": "the standard deviation of {column} is {observed}",
    "sum": "the sum of {column} is {observed}",
    "value_count": "{observed} with a value of {column}",
    "min_length": "the shortest {column} has {observed}",
    "max_length": "the longest {column} has {observed}",
    "mean_length": "the mean length of {column} is {observed}",
    "true_rate": "{observed} of the values of {column} are true",
    "freshness": "the newest row is {observed} old",
    "row_change": "in a day the table grew by {observed}",
    "run_seconds": "measuring took {observed}",
}
#: what a number is one of, where only the number follows
_SUBJECTS = {
    "bucket_rows": "the number of rows",
    "row_count": "the number of rows",
    "null_rate": "the share of rows without {column}",
    "missing_count": "the share of rows with a missing {column}",
    "empty_count": "the share of rows with an empty {column}",
    "invalid_count": "the share of rows with an invalid {column}",
    "non_finite_count": "the share of rows where {column} is NaN or infinite",
    "orphan_count": "the share of rows with a {column} that has no partner",
    "true_rate": "the share of true values of {column}",
    "distinct_count": "the number of different values of {column}",
    "mean": "the mean of {column}",
    "sum": "the sum of {column}",
    "mean_length": "the mean length of {column}",
    "freshness": "the age of the newest row",
    "row_change": "what the table grows by in a day",
    "run_seconds": "the time that measuring takes",
}
_MOMENTS = {"min": "the earliest {column} is {observed}", "max": "the latest {column} is {observed}"}


@dataclass(frozen=True, slots=True)
class Number:
    """A measured number as a check reads it. `of` is what it is a part of (rows, or present values), None where that is
    not known; `percent` means that the share is judged; `type` is the ibis type of the column. `is_inside`: rows are
    counted for what is inside of the column."""

    metric: Metric
    value: float
    of: float | None = None
    percent: bool = False
    type: str | None = None
    is_inside: bool = False

    @property
    def judged(self) -> float:
        """The number that the threshold is about."""
        if not self.percent:
            return self.value
        return 100 * self.value / self.of if self.of else 0.0

    @property
    def unit(self) -> str:
        return unit_of(self.metric.name, self.type)


def observed(number: Number, threshold: Threshold) -> str:
    """'5,160 of 334,613 rows', '11 different values', '39.9 % of 674 rows', '2026-03-15 12:00 UTC'."""
    if number.unit == "share":
        share = phrases.percent(100 * number.value, apart_from=_bounds(threshold, 100))
        return f"{share} of {_counted(number.of, 'row')}" if number.of and number.metric.name == "null_rate" else share
    text = _amount(number)
    if number.percent:
        text += f" ({phrases.percent(number.judged, apart_from=_bounds(threshold))})"
    return text


def fault(check: Check) -> str:
    """What is wrong with the values or rows that a check counts, with a space before it: ' not one of A, B'."""
    if isinstance(check.expects, RowsExpected):
        return f" for which {' '.join(check.expects.expression.split())} is false"
    predicates = getattr(check.expects, "predicates", ())
    having = " with values" if getattr(check.expects, "path", ()) else ""
    return f"{having} {fault_of(predicates)}" if predicates else ""


def expected(number: Number, threshold: Threshold) -> str:
    """'at least 12', 'less than 33 %', 'none'."""
    if number.unit in ("rows", "values") and not number.percent:
        return phrases.count_expectation(threshold)
    return phrases.expectation(threshold, _form(number))


def about(number: Number, check: Check, words: str) -> str:
    """The observed words with what they are about: '11 different values of carrier'."""
    if isinstance(check.expects, ReferenceExpected):
        return f"{words} have {_key(check.expects.columns)} that is not in {check.expects.to_dataset}"
    template = _ABOUT.get(number.metric.name, "{observed}")
    if isinstance(check.expects, AggregateExpected) and check.expects.share is not None:
        template = f"the {_quantile(check.expects.share)} of {{column}} is {{observed}}"
    if number.unit == "epoch":
        template = _MOMENTS[number.metric.name]
    names = getattr(check.expects, "columns", ())
    column = f"combination of {_joined(names)}" if len(names) > 1 else number.metric.column
    if number.is_inside:
        column = in_words(column or "", getattr(check.expects, "path", ()))
    return template.format(observed=words, column=column)


def described(number: Number, words: str) -> str:
    """The same for a number that no check of a contract asks for: '12 % of 900 rows without tailnum'."""
    if number.metric.category is not None:
        return f"{words} have {number.metric.column} = {number.metric.category}"
    if number.metric.name == "odd_form_count":
        return f"{words} have a {number.metric.column} of another form than {number.metric.check}"
    template = _ABOUT.get(
        number.metric.name, "{observed}" + (f" ({number.metric.name} of {{column}})" if number.metric.column else "")
    )
    return template.format(observed=words, column=number.metric.column)


def subject(metric: Metric) -> str:
    """'the number of rows', 'the share of rows with carrier = UA'."""
    if metric.category is not None:
        return f"the share of rows with {metric.column} = {metric.category}"
    if metric.name == "odd_form_count":
        return f"the share of rows with a {metric.column} of another form than {metric.check}"
    template = _SUBJECTS.get(metric.name, f"{metric.name} of {{column}}" if metric.column else metric.name)
    return template.format(column=metric.column)


def up_to(bucket: datetime) -> str:
    """' up to 2026-11-22'."""
    return f" up to {phrases.bucket(bucket)}"


def _quantile(share: float) -> str:
    return "median" if share == 0.5 else f"{100 * share:g} % quantile"


def when(bucket: datetime | None, *, hourly: bool) -> str:
    """' on 2026-11-22', ' in the hour from 2026-11-22 13:00', or nothing for the whole table."""
    if bucket is None:
        return ""
    return f" in the hour from {phrases.bucket(bucket, hourly=True)}" if hourly else f" on {phrases.bucket(bucket)}"


def _amount(number: Number) -> str:
    match number.unit:
        case "rows":
            return _part(number)
        case "values":
            return _counted(number.value, "different value") + (
                f" in {_counted(number.of, 'row')}" if number.percent else ""
            )
        case "characters":
            return _counted(number.value, "character")
        case _:
            return _form(number)(number.value)


def _part(number: Number) -> str:
    thing = "value" if number.metric.name == "invalid_count" and not number.is_inside else "row"
    if number.of is None or number.metric.name in ("row_count", "bucket_rows"):
        return _counted(number.value, thing)
    return f"{phrases.number(number.value)} of {_counted(number.of, thing)}"


def _counted(amount: float | None, thing: str) -> str:
    return f"{phrases.number(amount or 0.0)} {thing}{'' if amount == 1 else 's'}"


def _form(number: Number) -> Callable[[float], str]:
    """How a number of this kind is written."""
    if number.percent:
        return phrases.percent
    match number.unit:
        case "share":
            return lambda value: phrases.percent(100 * value)
        case "seconds":
            return lambda value: phrases.duration(timedelta(seconds=value))
        case "epoch":
            return lambda value: _moment(value, number.type or "")
        case _:
            return phrases.number


def _moment(seconds: float, column_type: str) -> str:
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return f"{at:%Y-%m-%d}" if column_type == "date" else phrases.moment(at)


def _bounds(threshold: Threshold, factor: float = 1) -> tuple[float, ...]:
    return tuple(factor * value for value in threshold.values)


def _key(columns: tuple[str, ...]) -> str:
    if len(columns) > 1:
        return f"a combination of {_joined(columns)}"
    return f"{'an' if columns[0][:1].lower() in 'aeio' else 'a'} {columns[0]}"


def _joined(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


def typed(expects: ColumnExpected) -> str:
    """The type that a column has to have: 'integer (BIGINT)'."""
    if expects.has_zone is not None:
        return f"a type {'with' if expects.has_zone else 'without'} time zone"
    physical = f"({expects.physical_type})" if expects.physical_type and expects.logical_type else expects.physical_type
    return " ".join(word for word in (expects.logical_type, physical) if word) or "the column exists"


def tolerated(expects: ReconcileExpected) -> str:
    """How far the two sides may be apart."""
    if not expects.tolerance:
        return "no difference"
    return f"at most {(phrases.percent if expects.percent else phrases.number)(expects.tolerance)}"


def by_then(expects: ArrivalExpected) -> str:
    """Which part of a day's rows has to be there, and when."""
    by = f"{expects.by:%H:%M} {expects.zone}"
    return f"at least {phrases.percent(100 * expects.share)} by {by} of the next day"


def sides(expects: ReconcileExpected, ours: float, theirs: float) -> str:
    """'the sum of amount is 100 here and 98 in lake.main.invoices'."""
    left, right = _function(expects.ours), _function(expects.theirs)
    there = "" if left == right else f"{right} is "
    return f"{left} is {phrases.number(ours)} here and {there}{phrases.number(theirs)} in {expects.theirs.dataset}"


def _function(side: Aggregate) -> str:
    words = {"count": "the number of {}", "distinct": "the number of different values of {}"}
    return words.get(side.function, f"the {side.function} of {{}}").format(side.column or "rows")


def unmeasured(metric: Metric) -> str:
    """Why a number is not there although nothing went wrong."""
    what = f"{metric.name} of {metric.column}" if metric.column else metric.name
    return f"{what} is not measured here: {CATALOGUE[metric.name].meaning} is no number of this table or of this type"
