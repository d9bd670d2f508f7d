"""The face of a warehouse: what every backend gives, whatever it is made of.

Read-only and bounded: a session that can not write, a time limit on each statement, rows only up to a limit. ibis
compiles expressions and knows the types; answers are fetched as plain tuples, because building a DataFrame costs more
than the query on a small table. ibis is imported by the first call that needs it, and never by opening or asking.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, NoReturn, Self

from connectors.deadline import Deadline
from connectors.dialects import corrected
from connectors.errors import DatasetMissing, QueryFailed, QueryTimedOut, SourceError
from connectors.translate import is_interruption, translate

if TYPE_CHECKING:
    import ibis.expr.types as ir


@dataclass(frozen=True, slots=True)
class TableName:
    """A table or view inside a source; `schema` is None where the backend has no schemas."""

    schema: str | None
    name: str
    is_view: bool = False

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name

    def __lt__(self, other: TableName) -> bool:  # not by dataclass: None and text in `schema` have no order
        return (self.schema or "", self.name) < (other.schema or "", other.name)

    def matches(self, patterns: Sequence[str]) -> bool:
        """Whether one of the shell patterns (`sales.*`, `*_raw`) fits `schema.name` or `name`."""
        return any(fnmatchcase(str(self), pattern) or fnmatchcase(self.name, pattern) for pattern in patterns)


@dataclass(frozen=True, slots=True)
class Column:
    """One column as the catalogue has it. `type` is the ibis type as text (`int64`, `timestamp('UTC', 6)`, ...) without
    nullability, or 'unknown' where ibis has no word for it; `native` is the warehouse's own word."""

    name: str
    type: str
    native: str
    nullable: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows of one query. `truncated` says that the limit cut them; `touched` is how many rows the warehouse says
    it read, where it says so."""

    sql: str
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    seconds: float
    truncated: bool = False
    touched: int | None = None


class Source:
    """An open, read-only connection to one warehouse.

    One statement runs at a time; a second thread waits for its turn, while `cancel` and `close` may come from any.
    Backends override the methods whose names start with an underscore. All public methods raise only `SourceError`s.
    """

    #: the SQL dialect, as sqlglot and ibis spell it
    dialect: str = ""
    has_schemas: bool = True
    #: `now` asks a clock of the warehouse, not our own
    has_clock: bool = False
    #: while the source is open nobody else can write to it, so it is opened for one job and closed
    locks_writers: bool = False
    #: seconds that the warehouse gets to end a statement by itself before we cancel it
    grace: float = 0.0

    def __init__(self, name: str, *, timeout: float, secrets: tuple[str, ...] = ()) -> None:
        self.name = name
        self.timeout = timeout
        self._secrets = secrets
        self._turn = threading.Lock()
        self._running: Deadline | None = None

    # -- what is there ---------------------------------------------------------------------------------------------

    @property
    def backend(self) -> Any:
        """The ibis backend that compiles for this source; not connected, unless ibis is all that we have."""
        import ibis  # here and not above: 1.5 s that a command without measuring does not want to pay

        return getattr(ibis, self.dialect)

    def tables(self, include: Sequence[str] = ("*",), exclude: Sequence[str] = ()) -> list[TableName]:
        """Tables and views whose name fits `include` and not `exclude`, sorted by schema and name."""
        with self._asking():
            found = list(self._tables())
        return sorted(table for table in found if table.matches(include) and not table.matches(exclude))

    def columns(self, table: TableName) -> tuple[Column, ...]:
        """The columns in their order. Raises DatasetMissing."""
        with self._asking(table):
            columns = tuple(self._columns(table))
        if not columns:
            raise DatasetMissing(self.name, "there is no such table, or it has no columns", dataset=str(table))
        return columns

    def primary_key(self, table: TableName) -> tuple[str, ...]:
        """The declared primary key's columns, empty where there is none or the backend has no such thing."""
        with self._asking(table):
            return tuple(self._primary_key(table))

    def view_definition(self, table: TableName) -> str | None:
        """The SELECT behind a view, None for a table."""
        if not table.is_view:
            return None
        with self._asking(table):
            return self._view_definition(table)

    def answers_from_statistics(self, table: TableName) -> bool:
        """Whether a query of nothing but count(*), min and max of columns costs next to nothing, because the backend
        answers it from statistics: DuckDB tables and single Parquet files."""
        return False

    def counts_from_statistics(self, table: TableName) -> bool:
        """Whether a lone count(*) costs next to nothing: what is true above, and Parquet of many files too."""
        return self.answers_from_statistics(table)

    # -- asking ----------------------------------------------------------------------------------------------------

    def relation(self, table: TableName, columns: Sequence[Column]) -> ir.Table:
        """The table as an ibis expression that needs no connection."""
        import ibis
        import ibis.expr.datatypes as dt

        types = {column.name: dt.unknown if column.type == "unknown" else column.type for column in columns}
        return ibis.table(types, name=table.name, catalog=self._catalog(table), database=table.schema)

    def qualified(self, table: TableName) -> tuple[str | None, str | None, str]:
        """Catalogue, schema and name as statements spell them: what tells tables apart within a dialect."""
        return self._catalog(table), table.schema, table.name

    def compile(self, expression: ir.Expr) -> str:
        """The expression in this source's SQL."""
        corrected()
        with self._translated():
            return str(self.backend.compile(expression))

    def fetch(
        self, sql: str, *, limit: int | None = None, timeout: float | None = None, table: TableName | None = None
    ) -> Answer:
        """Runs one SELECT and returns its rows as plain Python values, at most `limit`.

        `timeout` is in seconds, by default the source's; `table` is who the error message speaks of.
        """
        started = time.perf_counter()
        with self._asking(table, timeout):
            columns, rows = self._execute(sql, None if limit is None else limit + 1)
        truncated = limit is not None and len(rows) > limit
        return Answer(sql, tuple(columns), rows[:limit], time.perf_counter() - started, truncated)

    def now(self) -> datetime:
        """The warehouse's clock (aware, UTC); the own clock where the warehouse is a file."""
        return datetime.now(UTC)

    def writable(self) -> str | None:
        """What the role of this session could change, in words; None where nothing, or where session and file forbid
        it whatever the role."""
        return None

    def cancel(self) -> None:
        """Stops the running statement, which then raises QueryFailed with the cause 'cancelled'. Safe to call from
        another thread, and when nothing runs."""
        running = self._running
        if running is not None:
            running.cancel()

    def close(self) -> None:
        """Ends the session, cancelling what runs; safe to repeat."""
        self.cancel()
        with self._translated(), self._turn:
            self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- what the backends give ------------------------------------------------------------------------------------

    def _tables(self) -> Iterable[TableName]:
        raise NotImplementedError

    def _columns(self, table: TableName) -> Iterable[Column]:
        """Columns in their order; none where the table does not exist."""
        raise NotImplementedError

    def _primary_key(self, table: TableName) -> Iterable[str]:
        return ()

    def _view_definition(self, table: TableName) -> str | None:
        return None

    def _execute(self, sql: str, limit: int | None) -> tuple[Sequence[str], list[tuple[Any, ...]]]:
        """Column names and at most `limit` rows, without pulling the rest out of the warehouse."""
        raise NotImplementedError

    def _prepare(self, seconds: float) -> None:
        """Tells the warehouse the time limit of the next statement, where it can keep one itself."""

    def _interrupt(self) -> None:
        """Asks the driver to stop the running statement; called from another thread, perhaps several times."""

    def _close(self) -> None:
        raise NotImplementedError

    def _catalog(self, table: TableName) -> str | None:
        """What stands before the schema in a compiled name, where that is needed to be unambiguous."""
        return None

    # -- bounds ----------------------------------------------------------------------------------------------------

    @contextmanager
    def _asking(self, table: TableName | None = None, timeout: float | None = None) -> Generator[None]:
        with self._translated(table), self._cancelled_after(self.timeout if timeout is None else timeout, table):
            yield

    @contextmanager
    def _translated(self, table: TableName | None = None) -> Generator[None]:
        """The one place where a driver's error becomes a SourceError."""
        try:
            yield
        except SourceError:
            raise
        except Exception as error:  # noqa: BLE001 whatever a driver raises, raised again as ours
            raise_translated(self.name, error, table, self._secrets)

    @contextmanager
    def _cancelled_after(self, seconds: float, table: TableName | None = None) -> Generator[None]:
        """One statement at a time, interrupted after `seconds` or by `cancel`, with the error that says which."""
        with self._turn, Deadline(seconds + self.grace, self._interrupt) as deadline:
            self._running = deadline
            try:
                self._prepare(seconds)
                yield
            except Exception as error:
                if not is_interruption(error) or not (deadline.passed or deadline.cancelled):
                    raise
                dataset = str(table) if table else None
                if deadline.cancelled:
                    raise QueryFailed(self.name, "cancelled", dataset=dataset, remedy="run it again") from error
                raise QueryTimedOut(self.name, f"no answer within {seconds:g} s", dataset=dataset) from error
            finally:
                self._running = None


def raise_translated(
    source: str, error: Exception, table: object, secrets: tuple[str, ...] = (), *, opening: bool = False
) -> NoReturn:
    """Raises the error as a SourceError; a driver's text that holds a secret does not even stay as its cause."""
    leaks = any(secret in str(error) for secret in secrets)
    raise translate(source, error, table, secrets=secrets, opening=opening) from (None if leaks else error)
