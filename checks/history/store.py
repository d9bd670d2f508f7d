"""The open file: one connection, one writer at a time, and a cursor of its own for every call."""

from __future__ import annotations

import os
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from weakref import WeakValueDictionary

import duckdb

from checks.history.errors import HistoryBusy, HistoryError, HistoryFailed
from checks.history.migrations import Migration
from checks.history.opening import connect, open_database, seal

_open_here: WeakValueDictionary[Path, Store] = WeakValueDictionary()
_opening = threading.Lock()


class Store:
    """Reading goes on in parallel; writing is serialised by `writing`, which a thread may take more than once.

    After DuckDB's FatalException (a disk that fills up at a checkpoint) nothing works on a connection any more: the
    error goes to the caller whom it hit, and the file is opened again for the next one.
    """

    def __init__(self, path: Path, connection: duckdb.DuckDBPyConnection) -> None:
        self.path = path
        self.writing = threading.RLock()
        self._connection: duckdb.DuckDBPyConnection | None = connection
        self._closed = False
        self._door = _Door()

    @classmethod
    def open(cls, path: Path, at: datetime, migrations: Sequence[Migration]) -> tuple[Store, tuple[str, ...]]:
        """The store, and the notices that stand: those whose set-aside file is still there."""
        path = path.expanduser().absolute()
        with _opening:
            if path in _open_here:  # DuckDB would share the file inside one process, and two owners would not see it
                raise HistoryBusy(path, os.getpid(), "this process")
            connection, _ = open_database(path, at, migrations)
            store = _open_here[path] = cls(path, connection)
        with store.reading() as cursor:
            kept = cursor.execute("SELECT sentence, path FROM notices ORDER BY noticed_at").fetchall()
        return store, tuple(sentence for sentence, aside in kept if Path(aside).exists())

    @contextmanager
    def reading(self) -> Generator[duckdb.DuckDBPyConnection]:
        """A cursor to read with. Not to be nested in one thread."""
        if self._connection is None:
            self._revive()
        try:
            with self._door.shared(), self._cursor() as cursor:
                yield cursor
        except duckdb.Error as error:
            raise self._after(error) from error

    @contextmanager
    def transaction(self) -> Generator[duckdb.DuckDBPyConnection]:
        """A cursor to write with: everything or nothing. Not to be nested in one thread."""
        with self.writing, self.reading() as cursor:
            cursor.begin()
            try:
                yield cursor
            except BaseException:
                with suppress(duckdb.Error):  # a database that has just failed has nothing left to roll back
                    cursor.rollback()
                raise
            cursor.commit()

    def checkpoint(self) -> None:
        """Moves the log into the file. Waits for readers, because a checkpoint beside them leaves a part in the log."""
        try:
            with self.writing, self._door.exclusive(), self._cursor() as cursor:
                cursor.execute("CHECKPOINT")
        except duckdb.Error as error:
            raise self._after(error) from error

    def close(self) -> None:
        """Checkpoints and gives the file free; safe to repeat."""
        with self.writing, self._door.exclusive():
            self._closed = True
            if self._connection is None:
                return
            with suppress(duckdb.Error):  # no room for it: the log keeps everything, and the next opening replays it
                self._connection.execute("CHECKPOINT")
            self._connection.close()
            self._connection = None
            _open_here.pop(self.path, None)

    @contextmanager
    def _cursor(self) -> Generator[duckdb.DuckDBPyConnection]:
        if self._connection is None:
            raise HistoryError(f"history {self.path}: is closed. To do: open it again")
        cursor = self._connection.cursor()
        try:
            yield cursor
        finally:
            cursor.close()

    def _after(self, error: duckdb.Error) -> Exception:
        """Sees to it that the next caller finds an open file, and says what happened. Errors in a statement or a value
        are ours, and stay what they are."""
        self._revive()
        ours = isinstance(error, (duckdb.ProgrammingError, duckdb.DataError))
        return error if ours else HistoryFailed(self.path, str(error))

    def _revive(self) -> None:
        """Opens the file again if DuckDB has given it up; DuckDB says so only at the next statement."""
        with self.writing, self._door.exclusive():
            if self._closed or self._works():
                return
            if self._connection is not None:
                self._connection.close()
                self._connection = None
            connection = connect(self.path)
            seal(connection)
            self._connection = connection

    def _works(self) -> bool:
        if self._connection is None:
            return False
        try:
            self._connection.execute("SELECT 1").fetchall()
        except duckdb.Error:
            return False
        return True


class _Door:
    """Many inside, or one alone: reopening and checkpoints need all cursors gone."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._shut = False

    @contextmanager
    def shared(self) -> Generator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._shut)
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    @contextmanager
    def exclusive(self) -> Generator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._shut)
            self._shut = True
            self._changed.wait_for(lambda: not self._inside)
        try:
            yield
        finally:
            with self._changed:
                self._shut = False
                self._changed.notify_all()
