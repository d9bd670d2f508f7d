"""The one Monitor of this process, for pages and for the API.

Import it as `from dashboard import process` and by no other name: a second copy of this module would hold a second
Monitor.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime

from checks.monitor import Monitor

_held: list[Monitor] = []


@contextmanager
def holding(monitor: Monitor) -> Generator[Monitor]:
    """Makes `monitor` the current one and closes it at the end."""
    _held.append(monitor)
    try:
        yield monitor
    finally:
        _held.remove(monitor)
        monitor.close()


def current() -> Monitor:
    """The Monitor that this process owns. Raises RuntimeError while the app starts or stops."""
    if not _held:
        raise RuntimeError("The app is starting or stopping: ask again in a moment.")
    return _held[-1]


def now() -> datetime:
    """The clock of the app, read once for each page or request (aware, UTC)."""
    return datetime.now(UTC)
