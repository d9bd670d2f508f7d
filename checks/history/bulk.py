"""Many rows in one statement: DuckDB's cost is per statement, not per row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np

# few cells go as list parameters (half a millisecond), many as an Arrow table (one millisecond, also for thousands)
_FEW = 600
_ARROW = {
    "INTEGER": "int32",
    "BIGINT": "int64",
    "DOUBLE": "float64",
    "BOOLEAN": "bool",
    "TIMESTAMP": "timestamp[us]",
    "VARCHAR": "string",
}


_parsed: dict[str, duckdb.Statement] = {}


def execute(cursor: duckdb.DuckDBPyConnection, sql: str, values: Sequence[Any]) -> None:
    """Runs one of the few statements that every run repeats: parsing is a third of the price of a small insert."""
    if sql not in _parsed:
        (_parsed[sql],) = cursor.extract_statements(sql)
    cursor.execute(_parsed[sql], values)


@dataclass(frozen=True, slots=True)
class Insert:
    """Rows for one table: `fixed` columns have the same value in all of them, the `varying` ones a type each."""

    table: str
    fixed: tuple[str, ...]
    varying: Mapping[str, str]

    def rows(self, cursor: duckdb.DuckDBPyConnection, fixed: Sequence[Any], rows: Sequence[tuple]) -> None:
        """Appends rows given as tuples of the varying columns."""
        if rows:
            self.columns(cursor, fixed, list(zip(*rows, strict=True)))

    def columns(
        self, cursor: duckdb.DuckDBPyConnection, fixed: Sequence[Any], columns: Sequence[Sequence | np.ndarray]
    ) -> None:
        """Appends rows given as columns."""
        if len(columns) * len(columns[0]) > _FEW:
            self._through_arrow(cursor, fixed, columns)
        elif len(columns[0]):
            lists = [column.tolist() if isinstance(column, np.ndarray) else list(column) for column in columns]
            cells = [f"unnest(?::{kind}[])" for kind in self.varying.values()]
            execute(cursor, f"{self._head} {', '.join(self._marks + cells)}", [*fixed, *lists])

    def _through_arrow(
        self, cursor: duckdb.DuckDBPyConnection, fixed: Sequence[Any], columns: Sequence[Sequence | np.ndarray]
    ) -> None:
        import pyarrow as pa  # here and not above: most runs have few rows, and commands start faster without

        kinds = [pa.type_for_alias(_ARROW[kind]) for kind in self.varying.values()]
        arrays = [pa.array(cells, type=kind) for cells, kind in zip(columns, kinds, strict=True)]
        cursor.register("bulk", pa.table(arrays, names=list(self.varying)))
        names = [f'"{name}"' for name in self.varying]
        cursor.execute(f"{self._head} {', '.join(self._marks + names)} FROM bulk", list(fixed))
        cursor.unregister("bulk")

    @property
    def _head(self) -> str:
        names = ", ".join(f'"{name}"' for name in (*self.fixed, *self.varying))
        return f"INSERT INTO {self.table} ({names}) SELECT"

    @property
    def _marks(self) -> list[str]:
        return ["?"] * len(self.fixed)
