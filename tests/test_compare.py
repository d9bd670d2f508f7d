"""Contracts beside the columns that tables have."""

from __future__ import annotations

from datetime import UTC, datetime

from checks.compare import Compared, compared
from checks.records import Check, ColumnExpected, Dataset, Dimension, NumberExpected, Operator, Threshold
from connectors import Column, TableName

AT = datetime(2026, 3, 15, 12, 0, tzinfo=UTC)
COLUMNS = (
    Column("id", "int64", "BIGINT"),
    Column("at", "timestamp(6)", "TIMESTAMP"),
    Column("note", "string", "VARCHAR"),
)


def of(*expected: ColumnExpected) -> Compared:
    checks = tuple(Check(f"{each.column}.column", "s.t", Dimension.CONFORMITY, each) for each in expected)
    rows = Check(
        "rowCount", "s.t", Dimension.COVERAGE, NumberExpected("row_count", Threshold(Operator.GREATER, (0.0,)))
    )
    dataset = Dataset("s", TableName(None, "t"), "c", "c.yaml", checks=(*checks, rows))
    return compared(dataset, COLUMNS, AT)


def test_what_fits_is_fine_and_other_columns_are_named():
    told = of(ColumnExpected("id", "integer", "bigint"), ColumnExpected("at", "timestamp"))
    assert (told.wrong, told.extra) == ((), ("note",))
    assert str(told) == "all columns are as the contract says; not in the contract: note"


def test_missing_columns_and_other_types_are_told_with_what_is_there():
    told = of(ColumnExpected("ids"), ColumnExpected("at", "date"), ColumnExpected("note", None, "integer"))
    assert told.wrong == (
        "column 'ids' is not in the table, which has id",
        "column 'at' is TIMESTAMP, expected date",
        "column 'note' is VARCHAR, expected integer",
    )


def test_a_contract_that_lists_no_columns_has_no_opinion_on_them():
    assert of() == Compared("s.t", "c.yaml", (), ())
