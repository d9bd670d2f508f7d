"""A time limit on one running statement, and the way for another thread to stop it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Self

_AGAIN = 0.2  # seconds; a driver forgets an interruption that arrives before it has begun to execute


class Deadline:
    """Calls `interrupt` after `seconds`, or as soon as `cancel` is called, again and again until the block ends.

    Never afterwards: the statement that comes next is not hit. `passed` and `cancelled` say which of the two it was.
    """

    def __init__(self, seconds: float, interrupt: Callable[[], None]) -> None:
        self.passed = False
        self.cancelled = False
        self._seconds = seconds
        self._interrupt = interrupt
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="statement-deadline", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:  # waits for an interruption that is on its way
            self._over.set()
        self._wake.set()
        self._thread.join()  # a thread that still holds a connection while Python ends makes DuckDB abort the process

    def cancel(self) -> None:
        """Interrupts now; does nothing once the block has ended or the limit has passed."""
        with self._lock:
            self.cancelled = not self.passed and not self._over.is_set()
        self._wake.set()

    def _watch(self) -> None:
        self._wake.wait(self._seconds)
        with self._lock:
            self.passed = not self.cancelled and not self._over.is_set()
        while True:
            with self._lock:
                if self._over.is_set():
                    return
                self._interrupt()
            self._over.wait(_AGAIN)
