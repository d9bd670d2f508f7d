"""A PostgreSQL server that can be stopped, started and frozen, and a Monitor with real workers that watches it."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import psutil
import psycopg

from checks.config import load
from checks.history import History
from checks.monitor import Monitor
from tests.conftest import PostgresServer
from tests.monitors import Clock

CONFIG = """
[schedule]
default = "0 * * * *"
jitter = 0
attempts = 2
[sources.db]
url = "{url}"
timeout = "{timeout}"
[sources.files]
url = "files://tables"
"""


class FaultyServer(PostgresServer):
    def start_again(self) -> None:
        self._server.ensure_postgres_running()

    def freeze(self) -> None:
        """The whole server neither answers nor closes its connections, as behind a dead network."""
        for each in self._processes():
            each.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        for each in self._processes():
            each.send_signal(signal.SIGCONT)

    def wait_for_sleep(self) -> None:
        """Until a query sleeps."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            sleeping = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
            wait_until(lambda: bool(connection.execute(sleeping).fetchall()))

    def _processes(self) -> list[psutil.Process]:
        postmaster = psutil.Process(self._server.get_pid())
        return [postmaster, *postmaster.children(recursive=True)]


@contextmanager
def watching(folder: Path, url: str, *, timeout: str = "30s") -> Iterator[tuple[Monitor, Clock]]:
    """A Monitor of the database and of a folder with one table, both listed, with the present moment as its clock."""
    (folder / "tables").mkdir()
    pd.DataFrame({"id": [1, 2]}).to_parquet(folder / "tables" / "users.parquet")
    file = folder / "config.toml"
    file.write_text(CONFIG.format(url=url, timeout=timeout))
    config, clock = load(file), Clock(datetime.now(UTC))
    monitor = Monitor(config, History.open(config.history_path, clock()), clock)
    try:
        monitor.refresh(clock())
        yield monitor, clock
    finally:
        monitor.close()


def wait_until(is_so: Callable[[], bool], patience: float = 30) -> None:
    deadline = time.monotonic() + patience
    while not is_so():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
