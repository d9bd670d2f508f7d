"""Opening the file: one owner, nothing newer, nothing damaged, and the doors of DuckDB shut behind us.

What is damaged is set aside under a new name, never overwritten and never deleted, and the history goes on with what
can be read: without the write-ahead log if that was the damage, else from the beginning.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from checks.history.errors import HistoryBusy, HistoryError, HistoryTooNew, HistoryUnusable
from checks.history.migrations import Migration, migrate, version_of
from checks.history.moments import naive
from checks.history.orphans import mark_interrupted

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
_HELD = re.compile(r"held in (?P<holder>.+?) \(PID (?P<pid>\d+)\)")
_SIGNS_OF_DAMAGE = ("not a valid DuckDB database", "Could not read enough bytes", "orrupt", "replaying", "eserializ")
_LOGS = (".wal", ".wal.checkpoint", ".wal.recovery")
_LOG_STARTS_WITH = (
    b"d\x00b"  # the first field of DuckDB's version entry; a log without it is silently ignored by DuckDB
)

# A child, and not this process: when a process closes any descriptor of a file, POSIX drops all its locks on that file,
# so copying here would silently give away DuckDB's lock and let a second owner in.
_COPY = """
import os, shutil, sys
source, part, target = sys.argv[1:]
with open(source, "rb") as read, open(part, "wb") as write:
    shutil.copyfileobj(read, write, 1 << 20)
    write.flush()
    os.fsync(write.fileno())
os.replace(part, target)
folder = os.open(os.path.dirname(target) or ".", os.O_RDONLY)
os.fsync(folder)
"""


class Damaged(HistoryError):
    """The file, or its log, can not be read by DuckDB."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about the file that people must see: the sentence, and the file that was set aside."""

    sentence: str
    path: Path


def connect(path: Path, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """A connection to the file. Raises HistoryBusy or HistoryUnusable, and Damaged for damage."""
    try:
        connection = duckdb.connect(str(path), read_only=read_only, config=_CONFIG)
        connection.execute("SET enable_progress_bar = false")  # DuckDB would draw it on stdout, before a document
    except duckdb.Error as error:
        raise _understood(path, error) from error
    return connection


def seal(connection: duckdb.DuckDBPyConnection) -> None:
    """No way out of the database from here on: no other file, no extension, and no setting that would change that."""
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def open_database(
    path: Path, at: datetime, migrations: Sequence[Migration]
) -> tuple[duckdb.DuckDBPyConnection, list[Notice]]:
    """The open, migrated and sealed database, and what had to be set aside for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    notices: list[Notice] = []
    while True:  # each round either ends or renames a file
        try:
            return _opened(path, at, migrations, notices), notices
        except Damaged as damage:
            notices += _set_aside(path, at, str(damage))


def _opened(
    path: Path, at: datetime, migrations: Sequence[Migration], notices: list[Notice]
) -> duckdb.DuckDBPyConnection:
    present = _look_before_writing(path, migrations)
    notices += _set_aside_ignored_log(path, at)
    connection = connect(path)
    try:
        if 0 < present < migrations[-1].version:
            connection.execute("CHECKPOINT")
            copy_file(path, _free(path.with_name(f"{path.name}.v{present}-backup")))
        migrate(connection, at, migrations)
        _keep(connection, at, notices)
        mark_interrupted(connection)
        seal(connection)
    except BaseException as error:
        connection.close()
        if isinstance(error, duckdb.Error) and not isinstance(error, duckdb.ProgrammingError):
            raise _understood(path, error) from error
        raise
    return connection


def _look_before_writing(path: Path, migrations: Sequence[Migration]) -> int:
    """The version of the file, read without touching it. Raises HistoryTooNew, or HistoryUnusable if it is not ours."""
    if path.exists() and path.is_file() and path.stat().st_size == 0:
        path.unlink()  # what a full disk leaves behind; DuckDB would not open it
    if not path.exists():
        return 0
    with closing(connect(path, read_only=True)) as connection:
        try:
            _refuse_if_cut_off(path, connection)
            version = version_of(connection)
        except duckdb.Error as error:
            raise _understood(path, error) from error
    if version is None:
        raise HistoryUnusable(
            path,
            "is a DuckDB database with other tables, not a history of Vitals",
            "choose another path in `[app] history`",
        )
    if version > migrations[-1].version:
        raise HistoryTooNew(path, version, migrations[-1].version)
    return version


def _refuse_if_cut_off(path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    """DuckDB opens a file whose end is missing, and fails only when it comes to a lost block. A file that is shorter
    than its list of blocks may still be sound, because free blocks at its end need not exist: then the tables tell."""
    size = path.stat().st_size
    blocks, length = connection.execute("SELECT total_blocks, block_size FROM pragma_database_size()").fetchall()[0]
    if size >= blocks * length:
        return
    for (table,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall():
        last = connection.execute("SELECT max(block_id) FROM pragma_storage_info(?)", [table]).fetchall()[0][0]
        if last is not None and size < (last + 1) * length:
            raise Damaged(f"history {path}: its end is missing, and with it a part of the table '{table}'")


def _understood(path: Path, error: duckdb.Error) -> Exception:
    """DuckDB's error as one of ours. What is not clearly damage is never renamed."""
    text = str(error)
    if "Could not set lock" in text or "lock is held" in text:
        held = _HELD.search(text)
        return HistoryBusy(path, int(held["pid"]) if held else None, held["holder"] if held else None)
    if "storage version" in text or "newer version of DuckDB" in text:
        return HistoryTooNew(path, None, 0)
    if any(sign in text for sign in _SIGNS_OF_DAMAGE):
        return Damaged(f"history {path}: {' '.join(text.split())}")
    return HistoryUnusable(path, text, "check the path, its permissions and the free disk space")


# -- setting aside -----------------------------------------------------------------------------------------------------


def _set_aside(path: Path, at: datetime, damage: str) -> list[Notice]:
    """The logs if there are any, else the file itself."""
    logs = [log for suffix in _LOGS if (log := Path(f"{path}{suffix}")).exists()]
    if logs:
        return [_moved(log, at, "the newest runs, which were only in its log, are missing", damage) for log in logs]
    return [_moved(path, at, "a new, empty history was begun", damage)]


def _set_aside_ignored_log(path: Path, at: datetime) -> list[Notice]:
    """A log that DuckDB would ignore without a word: it does not begin like one, or its database is gone."""
    log = Path(f"{path}.wal")
    if not log.exists() or log.stat().st_size == 0:
        return []
    with log.open("rb") as file:
        start = file.read(len(_LOG_STARTS_WITH))
    if path.exists() and _LOG_STARTS_WITH.startswith(start):
        return []  # whole, or torn in its first bytes, which is nothing that was ever committed
    return [_moved(log, at, "the newest runs, which were only in its log, are missing", "the log is not readable")]


def _moved(path: Path, at: datetime, consequence: str, damage: str) -> Notice:
    target = _free(path.with_name(f"{path.name}.damaged-{naive(at):%Y%m%dT%H%M%S}"))
    path.rename(target)
    what = "log" if ".wal" in path.suffixes else "history"
    return Notice(
        f"The {what} {path} was damaged; it was set aside as {target.name}, and {consequence} ({damage[:200]}). "
        f"To do: keep it until its cause is known (disk, file system, a copy while the app ran), then move it away",
        target,
    )


def _free(path: Path) -> Path:
    """The path, or the first of its numbered neighbours that does not exist yet."""
    candidate, number = path, 2
    while candidate.exists():
        candidate, number = path.with_name(f"{path.name}-{number}"), number + 1
    return candidate


def _keep(connection: duckdb.DuckDBPyConnection, at: datetime, notices: list[Notice]) -> None:
    for notice in notices:
        connection.execute("INSERT INTO notices VALUES (?, ?, ?)", [naive(at), notice.sentence, str(notice.path)])


def copy_file(source: Path, target: Path) -> Path:
    """A copy that is either whole and on disk, or not there. The source may be open in this process."""
    part = target.with_name(f"{target.name}.part")
    command = [sys.executable, "-I", "-S", "-c", _COPY, str(source), str(part), str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 our own text and paths
    if done.returncode:
        part.unlink(missing_ok=True)
        cause = done.stderr.strip().rpartition("\n")[2]
        raise HistoryError(
            f"history {source}: could not be copied to {target}: {cause}. To do: check space and permissions"
        )
    return target
