"""Every other warehouse that ibis can connect to, as far as ibis goes: no read-only session, no cancelling, no keys and
no view definitions. Give Vitals a role that may only SELECT."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from connectors.column_types import text_of
from connectors.errors import QueryFailed
from connectors.source import Column, Source, TableName

if TYPE_CHECKING:
    from ibis.backends.sql import SQLBackend


class GenericSource(Source):
    """A connection made by ibis. Its tables are those of the database and schema that the URL names."""

    has_schemas = False

    def __init__(self, name: str, connection: SQLBackend, *, timeout: float, secrets: tuple[str, ...] = ()) -> None:
        super().__init__(name, timeout=timeout, secrets=secrets)
        self.connection = connection
        self.dialect = connection.name

    @property
    def backend(self) -> SQLBackend:
        return self.connection

    def _tables(self) -> Iterable[TableName]:
        return [TableName(None, name) for name in self.connection.list_tables()]

    def _columns(self, table: TableName) -> Iterable[Column]:
        for name, dtype in self.connection.table(table.name).schema().items():
            yield Column(name, text_of(dtype), str(dtype), dtype.nullable)

    def _execute(self, sql: str, limit: int | None) -> tuple[Sequence[str], list[tuple[Any, ...]]]:
        """Through a table of Arrow, the one form that all backends of ibis give."""
        self._refuse_writes(sql)
        found = self.connection.sql(sql)
        answer = (found if limit is None else found.limit(limit)).to_pyarrow()
        rows = list(zip(*(column.to_pylist() for column in answer.columns), strict=True))
        return answer.column_names, rows

    def _refuse_writes(self, sql: str) -> None:
        from sqlglot import exp, parse

        statements = parse(sql, read=self.dialect)
        if len(statements) != 1 or not isinstance(statements[0], exp.Query):
            remedy = "send one SELECT: Vitals only reads"
            raise QueryFailed(self.name, "only a single SELECT may run here", remedy=remedy)

    def _close(self) -> None:
        self.connection.disconnect()
