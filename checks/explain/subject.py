"""Which numbers can be explained, and what each is made of: the amount of a row and the rows that it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from checks.explain.sums import Kind
from checks.forms import is_odd
from checks.metrics import finite_values, kind_of, text_of
from checks.phrases import listed
from checks.records import Check, Dataset, RowsExpected, Text, ValuesExpected
from checks.refusal import Refused
from connectors import Column

if TYPE_CHECKING:
    import ibis.expr.types as ir

_COUNTS = ("bucket_rows", "row_count")
#: rates of all rows, or of those that have a value; a count is explained as the rate that it is the numerator of
_RATES = {
    "null_rate": "null_rate",
    "null_count": "null_rate",
    "empty_count": "empty_count",
    "true_rate": "true_rate",
    "missing_count": "missing_count",
    "invalid_count": "invalid_count",
    "violation_count": "violation_count",
    "category_count": "category_count",
    "odd_form_count": "odd_form_count",
}
_OF_CHECKS = ("missing_count", "invalid_count", "violation_count")
KNOWN = (*_COUNTS, *_RATES, "mean")
#: numbers that tell values of their column
SHOWS_VALUES = ("mean", "true_rate", "category_count")


@dataclass(frozen=True, slots=True)
class Subject:
    """What is to be explained. `metric` is the name that was asked for, `measure` what is counted, `check` the rule
    that says which values are missing, invalid or against a condition; `value` is the one whose rows are counted, and
    `forms` are the usual ones of a text."""

    metric: str
    measure: str
    kind: Kind
    column: str | None = None
    check: Check | None = None
    value: str | None = None
    forms: str | None = None

    @property
    def apart(self) -> str | None:
        """What tells the number from others of the same metric and column, as a series has it: rule, value or forms."""
        if self.check is not None:
            return self.check.id
        return self.forms if self.value is None else self.value

    @property
    def about(self) -> str | None:
        """The column, or 'carrier = UA'."""
        return self.column if self.value is None else f"{self.column} = {self.value}"


def subject_of(dataset: Dataset, metric: str, column: str | None, check: str | None, hidden: frozenset[str]) -> Subject:
    """The subject that these words name. Raises Refused for what can not be explained."""
    if metric not in KNOWN:
        raise Refused(f"'{metric}' can not be explained by segments; these can: {', '.join(KNOWN)}")
    if metric in _COUNTS:
        if column or check:
            raise Refused(f"{metric} is a number of rows and has no column or check; leave them out")
        return Subject(metric, "bucket_rows", Kind.COUNT)
    if metric in _OF_CHECKS:
        rule = _rule(dataset, metric, column, check)
        return Subject(metric, metric, Kind.RATE, rule.column, rule)
    if not column:
        raise Refused(f"{metric} is measured per column; give the column")
    if metric in SHOWS_VALUES and column.lower() in hidden:
        raise Refused(f"column '{column}' of {dataset.name} is classified, so its values are not shown by segment")
    if metric == "category_count" and not check:
        raise Refused(f"{metric} is measured for each value of {column}; give the value, as the check")
    if metric == "odd_form_count":
        if not check:
            raise Refused(
                f"{metric} needs the usual forms of {column}; give them as the check, as the measurements show them"
            )
        return Subject(metric, metric, Kind.RATE, column, forms=check)
    value = (check.partition("=")[2] or check) if metric == "category_count" and check else None
    kind = Kind.MEAN if metric == "mean" else Kind.RATE
    return Subject(metric, _RATES.get(metric, metric), kind, column, value=value)


def _rule(dataset: Dataset, metric: str, column: str | None, check: str | None) -> Check:
    rules = [each for each in dataset.checks if _measures(each) == metric]
    found = [each for each in rules if (not check or each.id == check) and (not column or each.column == column)]
    if len(found) == 1:
        return found[0]
    what = f"{dataset.name} has {'more than one rule' if found else 'no rule'} of that kind"
    names = listed([f"{each.id} (column {each.column})" for each in found or rules])
    raise Refused(f"{metric}: {what}; name the check, one of {names}" if found or rules else f"{metric}: {what}")


def _measures(check: Check) -> str | None:
    match check.expects:
        case ValuesExpected(kind=kind):
            return f"{kind}_count"
        case RowsExpected():
            return "violation_count"
        case _:
            return None


def parts(table: ir.Table, subject: Subject, columns: Sequence[Column], dialect: str) -> tuple[Any, Any]:
    """The amount of each row, and what is not NULL in the rows that the number is about; None for a count of rows.
    Raises Refused where the column has no such number."""
    import ibis

    if subject.kind is Kind.COUNT:
        return None, None
    every = ibis.literal(1, "int8")
    if subject.check is not None:
        return _of_rule(table, subject.check, columns, dialect)
    column = next((each for each in columns if each.name == subject.column), None)
    if column is None:
        names = ", ".join(sorted(each.name for each in columns))
        raise Refused(f"column '{subject.column}' is not in the table; it has {names}")
    value, kind = table[column.name], kind_of(column)
    if subject.measure == "null_rate":
        return _as_number(value.isnull()), every
    if subject.forms is not None and kind.is_string():
        return _as_number(is_odd(table, Text(column, subject.forms), dialect).fill_null(False)), every
    if subject.value is not None:
        return _as_number(_holds(value, column, subject.value, dialect).fill_null(False)), every
    if subject.measure == "empty_count" and kind.is_string():
        return _as_number(((text_of(column, dialect) or _unchanged)(value).length() == 0).fill_null(False)), every
    if subject.measure == "true_rate" and kind.is_boolean():
        return _as_number(value.fill_null(False)), value
    if subject.measure == "mean" and kind.is_numeric() and not kind.is_boolean():
        amount = finite_values(column, kind, dialect)(value).cast("float64")
        return amount, amount
    raise Refused(f"column '{column.name}' is {column.native}, which has no {subject.metric}")


def _holds(cell: Any, column: Column, value: str, dialect: str) -> Any:
    """Whether a cell holds a value, which is kept as text."""
    if kind_of(column).is_string():
        return (text_of(column, dialect) or _unchanged)(cell) == value
    return cell.cast("string") == value


def _of_rule(table: ir.Table, check: Check, columns: Sequence[Column], dialect: str) -> tuple[Any, Any]:
    import ibis

    from checks.expressible import refusal
    from checks.meets import offending

    expects = check.expects
    if not isinstance(expects, ValuesExpected | RowsExpected):
        raise Refused(f"check '{check.id}' is not about single rows")
    names = {column.name for column in columns}
    wanted = (expects.column,) if isinstance(expects, ValuesExpected) else expects.columns
    gone = [name for name in wanted if name not in names]
    why = f"column '{gone[0]}' is not in the table" if gone else refusal(expects, columns, dialect)
    if why:
        raise Refused(f"check '{check.id}' can not be explained: {why}")
    invalid = isinstance(expects, ValuesExpected) and expects.kind == "invalid"
    base = table[expects.column] if invalid else ibis.literal(1, "int8")
    return _as_number(offending(table, expects, columns, dialect)), base


def _as_number(condition: Any) -> Any:
    import ibis

    return ibis.ifelse(condition, ibis.literal(1, "int8"), ibis.literal(0, "int8"))


def _unchanged(value: Any) -> Any:
    return value
