"""The catalogue of metrics, and how each is written as an ibis aggregate.

Knows expressions and no thresholds: what a number should be is `judge.py`'s matter.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from checks.records import Dimension, Metric

if TYPE_CHECKING:
    import ibis.expr.datatypes as dt
    import ibis.expr.types as ir

    from connectors import Column


@dataclass(frozen=True, slots=True)
class Kind:
    """What a metric means. `additive` metrics of buckets sum to that of the table; `unit` is what a value counts:
    rows, values, share (0 to 1), seconds, epoch (seconds since 1970, UTC), characters or value (the column's own)."""

    name: str
    meaning: str
    dimension: Dimension
    unit: str
    additive: bool = False


CATALOGUE = {
    kind.name: kind
    for kind in (
        Kind("row_count", "rows in the table", Dimension.COVERAGE, "rows", additive=True),
        Kind("bucket_rows", "rows per day or hour of event time", Dimension.COVERAGE, "rows"),
        Kind("freshness", "age of the newest row that is not from the future", Dimension.TIMELINESS, "seconds"),
        Kind("future_rows", "rows minutes later than now by event time", Dimension.TIMELINESS, "rows", additive=True),
        Kind("ahead_rows", "rows that are in no bucket yet", Dimension.TIMELINESS, "rows", additive=True),
        Kind("null_count", "rows in which the column is NULL", Dimension.COMPLETENESS, "rows", additive=True),
        Kind("null_rate", "share of all rows in which the column is NULL", Dimension.COMPLETENESS, "share"),
        Kind(
            "missing_count", "rows that are NULL or hold a missing value", Dimension.COMPLETENESS, "rows", additive=True
        ),
        Kind("empty_count", "rows holding an empty string", Dimension.COMPLETENESS, "rows", additive=True),
        Kind("invalid_count", "present values that are not valid", Dimension.CONFORMITY, "rows", additive=True),
        Kind(
            "violation_count",
            "rows for which a condition of the contract is false",
            Dimension.CONSISTENCY,
            "rows",
            additive=True,
        ),
        Kind(
            "non_finite_count",
            "values of a number column that are no finite number",
            Dimension.CONFORMITY,
            "rows",
            additive=True,
        ),
        Kind("distinct_count", "different values, approximate where possible", Dimension.UNIQUENESS, "values"),
        Kind("duplicate_count", "rows beyond the first of each key", Dimension.UNIQUENESS, "rows"),
        Kind("min", "smallest value, or earliest moment", Dimension.ACCURACY, "value"),
        Kind("max", "largest value, or latest moment", Dimension.ACCURACY, "value"),
        Kind("mean", "mean of the finite values", Dimension.ACCURACY, "value"),
        Kind("stddev", "sample standard deviation of the finite values", Dimension.ACCURACY, "value"),
        Kind("min_length", "length of the shortest text", Dimension.CONFORMITY, "characters"),
        Kind("max_length", "length of the longest text", Dimension.CONFORMITY, "characters"),
        Kind("true_rate", "share of true among the present values", Dimension.ACCURACY, "share"),
        Kind("orphan_count", "rows whose key is not in the other table", Dimension.CONSISTENCY, "rows", additive=True),
        Kind("own_aggregate", "this dataset's side of a reconciliation", Dimension.CONSISTENCY, "value"),
        Kind("other_aggregate", "the other dataset's side of a reconciliation", Dimension.CONSISTENCY, "value"),
        Kind("sum", "sum of the finite values", Dimension.ACCURACY, "value"),
        Kind("value_count", "rows in which the column has a value", Dimension.COMPLETENESS, "rows", additive=True),
        Kind("quantile", "quantile of the finite values", Dimension.ACCURACY, "value"),
        Kind("category_count", "rows holding one named value", Dimension.ACCURACY, "rows", additive=True),
        Kind("odd_form_count", "rows whose text has an unusual form", Dimension.CONFORMITY, "rows", additive=True),
        Kind("mean_length", "mean length of the texts", Dimension.CONFORMITY, "characters"),
        Kind("sequence_breaks", "rows or numbers that break a sequence", Dimension.CONSISTENCY, "rows"),
        Kind("row_change", "rows that the table has more after a day", Dimension.COVERAGE, "rows"),
        Kind("run_seconds", "how long the slowest run of a day was measuring", Dimension.TIMELINESS, "seconds"),
        Kind("sql_value", "what the query of an SQL rule answers", Dimension.ACCURACY, "value"),
    )
}
#: those that no run measures: they are known from what earlier runs have left, and only the past judges them
OF_THE_PAST = frozenset({"row_change", "run_seconds"})
#: those that nothing judges: they carry numbers of the whole table from one run to the next
OF_CARRYING = frozenset({"ahead_rows"})
#: those that are measured where they say something, of short texts in not too many rows
OF_SOME_TEXTS = frozenset({"odd_form_count", "mean_length"})


@dataclass(frozen=True, slots=True)
class Aggregation:
    """One metric and its expression over a table of rows; `squares` is that of a sum of squares that a deviation can be
    worked out of, where it costs less."""

    metric: Metric
    build: Callable[[ir.Table], Any]
    squares: Callable[[ir.Table], Any] | None = None


#: from a column to its aggregate; ibis decides at run time which methods a column has, so its type says little here
_Build = Callable[[Any], Any]


_POSTGRES_TEXTS = {"text", "character varying", "character", "bpchar", "name", "citext", '"char"'}


def unit_of(metric: str, column_type: str | None = None) -> str:
    """The unit of a metric, given the ibis type of its column: the minimum of a date is a moment, not a number."""
    if metric in ("min", "max") and column_type and column_type.startswith(("date", "timestamp")):
        return "epoch"
    return CATALOGUE[metric].unit


def kind_of(column: Column) -> dt.DataType:
    """The ibis type of a column, `unknown` where ibis has no word for it."""
    import ibis.expr.datatypes as dt

    return dt.unknown if column.type == "unknown" else dt.dtype(column.type)


def nulls_aggregation(column: Column) -> Aggregation:
    """Rows in which the column is NULL: what is measured of every column."""
    return Aggregation(Metric("null_count", column.name), lambda table: table.count() - table[column.name].count())


def column_aggregations(column: Column, dialect: str) -> Iterator[Aggregation]:
    """All that can be measured of a column, by its type."""
    yield nulls_aggregation(column)
    kind = kind_of(column)
    for name, build in _builders(column, kind, dialect).items():
        cheaper = name == "stddev" and dialect == "duckdb"
        squares = _on(column.name, _squares(finite_values(column, kind, dialect))) if cheaper else None
        yield Aggregation(Metric(name, column.name), _on(column.name, build), squares)


def rows_aggregation() -> Aggregation:
    """count(*) of the rows at hand."""
    return Aggregation(Metric("row_count"), lambda table: table.count())


def rows_where(condition: Any) -> Any:
    """How many rows meet a condition. Not count(*) FILTER: for each of these DuckDB copies every column that the scan
    reads, so that 400 rules on 200 columns took four times as long."""
    import ibis

    return condition.ifelse(1, ibis.null("int8")).count()


def text_of(column: Column, dialect: str) -> _Build | None:
    """How to make a text of a column that the connector calls text and the warehouse does not; None where it is one.
    A PostgreSQL enum has no length, and can not even be compared with words that are not its own."""
    native = column.native.partition("(")[0]
    if dialect == "postgres" and column.type.startswith("string") and native not in _POSTGRES_TEXTS:
        return lambda c: c.concat("")
    return None


def duplicates(table: ir.Table, columns: Sequence[str]) -> ir.Table:
    """One row, one number: rows beyond the first of each key; keys with a NULL in them do not count.

    All keyed rows minus the different keys: a quarter faster in DuckDB than counting the rows of each key, as fast as
    count(DISTINCT), which takes one column only and which PostgreSQL would sort.
    """
    keyed = table.select(*columns).drop_null()
    return keyed.aggregate(n=keyed.count() - keyed.distinct().count().as_scalar())


def _on(column: str, build: _Build) -> Callable[[ir.Table], Any]:
    return lambda table: build(table[column])


def _builders(column: Column, kind: dt.DataType, dialect: str) -> dict[str, _Build]:
    builders: dict[str, _Build] = {"distinct_count": _distinct(kind)}
    if kind.is_boolean():
        numbers = _stored_as_number if dialect == "sqlite" else _unchanged
        builders["true_rate"] = lambda c: numbers(c).mean()
    elif kind.is_numeric() and column.native != "oid":  # PostgreSQL's name for a row of its catalogue is no quantity
        builders |= _numeric(column, kind, dialect)
    elif kind.is_string():
        text = text_of(column, dialect) or _unchanged
        builders["min_length"] = lambda c: text(c).length().min()
        builders["max_length"] = lambda c: text(c).length().max()
        builders["empty_count"] = lambda c: _empty(text(c))
    elif kind.is_temporal():
        builders |= {"min": lambda c: c.min(), "max": lambda c: c.max()}
    return builders


def _numeric(column: Column, kind: dt.DataType, dialect: str) -> dict[str, _Build]:
    """Statistics of the finite values, and how many are not finite where the type has such."""
    finite = finite_values(column, kind, dialect)
    deviation = _deviation_in_sqlite if dialect == "sqlite" else _deviation
    counted: dict[str, _Build] = {}
    if finite not in (_unchanged, _as_decimal):
        counted["non_finite_count"] = lambda c: c.count() - finite(c).count()
    return counted | {
        "min": lambda c: finite(c).min(),
        "max": lambda c: finite(c).max(),
        "mean": lambda c: finite(c).mean(),
        "stddev": lambda c: deviation(finite(c).cast("float64")),
    }


def finite_values(column: Column, kind: dt.DataType, dialect: str) -> _Build:
    """What is done to numbers before they are put together or compared: those that are not finite become NULL."""
    if dialect == "sqlite":
        return lambda c: _up_to(sys.float_info.max)(_stored_as_number(c))
    if kind.is_floating():
        return _up_to(sys.float_info.max)
    if column.native.startswith("numeric"):  # PostgreSQL's knows NaN and infinity, and numbers too large for a double
        return _up_to(Decimal("1e308"))
    # PostgreSQL's money has neither mean nor deviation, and arrives as text
    return _as_decimal if column.native == "money" else _unchanged


def _deviation(column: Any) -> Any:
    return column.std()


def _squares(finite: _Build) -> _Build:
    def build(column: Any) -> Any:
        value = finite(column).cast("float64")
        return (value * value).sum()

    return build


def _deviation_in_sqlite(column: Any) -> Any:
    """SQLite has none, and the one of ibis for samples raises an error where there is a single value."""
    count = column.count()
    return (column.var(how="pop") * count / (count - 1).nullif(0)).sqrt()


def _up_to(largest: float | Decimal) -> _Build:
    """NaN and infinities become NULL: one broken reading must not take mean, minimum and maximum with it.

    Comparing with the largest number says it in every dialect: NaN sorts above all numbers or is NULL already.
    """

    def finite(column: Any) -> Any:
        import ibis

        return ibis.ifelse(column.abs() <= largest, column, ibis.null(column.type()))

    return finite


def _stored_as_number(column: Any) -> Any:
    """SQLite keeps any text in a column of numbers, and takes it for 0 in a mean."""
    import ibis

    return column.typeof().isin(["integer", "real"]).ifelse(column, ibis.null(column.type()))


def _unchanged(column: Any) -> Any:
    return column


def _as_decimal(column: Any) -> Any:
    return column.cast("decimal(38, 4)")


def _empty(column: Any) -> Any:
    return rows_where(column.length() == 0)


def _distinct(kind: dt.DataType) -> _Build:
    # JSON has no equality in PostgreSQL, and nested values none in some others: their text has
    if kind.is_json() or kind.is_unknown():
        return lambda c: c.cast("string").approx_nunique()
    return lambda c: c.approx_nunique()
