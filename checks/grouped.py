"""Rows summed up by several sets of keys in one statement: GROUPING SETS, and where a warehouse has none, one SELECT
for each set over the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

_WITH_GROUPING_SETS = ("duckdb", "postgres", "snowflake", "bigquery", "trino", "databricks", "pyspark", "mssql")


def grouped(dialect: str, rows: str, place: str, sets: Sequence[Sequence[str]], totals: str) -> str:
    """The `totals` of `rows` (a query) by the column `place` and each of the sets of keys, no key in two of them. A row
    of the answer is its place, all keys, for each key a mark (1 where the row is not about it), and the totals; a
    single set needs no marks, and has none."""
    keys = [key for each in sets for key in each]

    def listed(names: Sequence[str]) -> str:
        return ", ".join(quoted(name, dialect) for name in names)

    if len(sets) == 1:
        by = listed([place, *keys])
        return f"SELECT {by}, {totals} FROM (\n{rows}\n) AS {quoted('r', dialect)} GROUP BY {by}"
    if dialect in _WITH_GROUPING_SETS:
        marks = ", ".join(f"GROUPING({quoted(key, dialect)})" for key in keys)
        grouping = ", ".join(f"({listed([place, *each])})" for each in sets)
        return (
            f"SELECT {listed([place, *keys])}, {marks}, {totals} FROM (\n{rows}\n) AS {quoted('r', dialect)} "
            f"GROUP BY GROUPING SETS ({grouping})"
        )
    selects = [
        f"SELECT {quoted(place, dialect)}, "
        f"{', '.join(quoted(key, dialect) if key in each else 'NULL' for key in keys)}, "
        f"{', '.join('0' if key in each else '1' for key in keys)}, {totals} FROM {quoted('r', dialect)} "
        f"GROUP BY {listed([place, *each])}"
        for each in sets
    ]
    return f"WITH {quoted('r', dialect)} AS (\n{rows}\n) " + " UNION ALL ".join(selects)


@lru_cache(maxsize=4096)
def quoted(name: str, dialect: str) -> str:
    """A name as the dialect quotes it."""
    from sqlglot import exp

    return exp.to_identifier(name, quoted=True).sql(dialect=dialect)
