"""Runs that wait and runs that are under way: a queue for each source, so that one that hangs blocks its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, MutableMapping
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from checks.history import HistoryError
from checks.records import Dataset, RunReport

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Order:
    """A run that is asked for: of the moment it starts at, or of `at`, which is then replayed; for a slot, where a
    scheduler asks."""

    dataset: Dataset
    at: datetime | None = None
    slot: datetime | None = None
    trigger: str = "page"


class RunQueue:
    """Everything here may be called from several threads. A run that raises leaves a sentence in `troubles`, by job,
    until it works again."""

    def __init__(
        self,
        sizes: Mapping[str, int],
        carry_out: Callable[[Order], RunReport],
        clock: Callable[[], datetime],
        troubles: MutableMapping[str, str],
    ) -> None:
        """`sizes`: how many runs of a source go on at once."""
        self._sizes = sizes
        self._carry_out = carry_out
        self._clock = clock
        self._troubles = troubles
        self._closed = False
        self._lock = threading.Lock()
        self._queues: dict[str, ThreadPoolExecutor] = {}
        self._under_way: dict[str, tuple[datetime, Future[RunReport]]] = {}

    def put(self, order: Order) -> Future[RunReport]:
        """The run of the order; of a dataset that is under way, the one that is. Raises CancelledError when closed."""
        name = order.dataset.name
        with self._lock:
            _, under_way = self._under_way.get(name, (None, None))
            if under_way is not None and not under_way.done():
                return under_way
            if self._closed:
                raise CancelledError
            future = self._queue(order.dataset.source).submit(self._carry_out, order)
            self._under_way[name] = (self._clock(), future)
        future.add_done_callback(lambda ended: self._ended(name, ended))
        return future

    def running(self) -> dict[str, datetime]:
        """The datasets under way or queued, with the moment at which they were asked for."""
        with self._lock:
            return {name: asked for name, (asked, future) in self._under_way.items() if not future.done()}

    def cancel(self) -> None:
        """Takes no more orders, and drops those that wait."""
        with self._lock:
            self._closed = True
        for queue in self._queues.values():
            queue.shutdown(wait=False, cancel_futures=True)

    def join(self) -> None:
        """Until what was under way when it was cancelled has ended."""
        for queue in self._queues.values():
            queue.shutdown(wait=True)

    def _queue(self, source: str) -> ThreadPoolExecutor:
        if source not in self._queues:
            size = self._sizes.get(source, 1)
            self._queues[source] = ThreadPoolExecutor(size, thread_name_prefix=f"run-{source}")
        return self._queues[source]

    def _ended(self, name: str, run: Future[RunReport]) -> None:
        """A run that could not even be remembered is a trouble of ours, which nobody may be waiting to hear."""
        job = f"run of {name}"
        error = None if run.cancelled() else run.exception()
        if error is None:
            self._troubles.pop(job, None)
        else:
            sentence = str(error) if isinstance(error, HistoryError) else f"{type(error).__name__}; see the log"
            self._troubles[job] = f"{job}: {sentence}"
            log.error("%s: %s", job, sentence)
