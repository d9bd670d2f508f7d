"""Killable worker processes, a pool for each source: a warehouse that hangs costs its own workers and no others."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Generator
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeout
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.context import SpawnContext
from multiprocessing.process import BaseProcess
from typing import Any, ParamSpec, TypeVar
from weakref import WeakSet

from pebble import ProcessExpired, ProcessPool

from checks.worker import SourceSpec, carried_out, warm_up
from connectors import QueryFailed, QueryTimedOut, Unreachable

P = ParamSpec("P")
T = TypeVar("T")
#: how a process ends over a fault in its own code; who kills it from outside uses another signal
_CRASHES = (signal.SIGSEGV, signal.SIGFPE, signal.SIGABRT, signal.SIGILL, signal.SIGBUS)


class Workers:
    """Pools are made when their source is first asked, and made anew when one broke. Threads of the app are never
    forked: workers are spawned."""

    def __init__(self, sizes: dict[str, int]) -> None:
        self._sizes = sizes
        self._pools: dict[str, ProcessPool] = {}
        self._contexts: dict[str, _Context] = {}
        self._waiting: set[Future[Any]] = set()
        self._lock = threading.Lock()
        self._closed = False

    def call(self, spec: SourceSpec, deadline: float, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs a job in a worker of the source and waits. After `deadline` seconds the worker is killed.

        Raises what the job raises (SourceError, Refused, JobFailed), QueryTimedOut when it was killed for time,
        Unreachable when the worker was killed by somebody else, QueryFailed when it crashed over the job, and
        CancelledError when the pool was closed meanwhile.
        """
        pool = self._pool(spec.name)
        try:
            with self._scheduled(pool, deadline, job, args, kwargs) as future:
                return future.result()
        except FutureTimeout:
            cause = f"nothing came back within {deadline:g} s, so its worker was ended"
            raise QueryTimedOut(spec.name, cause) from None
        except ProcessExpired as error:
            raise self._died(spec.name, error.exitcode) from None
        except BrokenProcessPool:
            self._discard(spec.name, pool)
            raise self._died(spec.name, None) from None

    def close(self) -> None:
        """Ends all workers at once, running jobs with them: who waits for one gets CancelledError."""
        with self._lock:
            self._closed = True
            pools, self._pools = list(self._pools.values()), {}
            waiting = list(self._waiting)
        for pool in pools:
            pool.stop()  # first of all, else it replaces the workers that are killed next
        for future in waiting:
            future.cancel()
        for context in self._contexts.values():
            context.kill()
        for pool in pools:
            pool.join()

    @contextmanager
    def _scheduled(
        self, pool: ProcessPool, deadline: float, job: Callable, args: tuple, kwargs: dict
    ) -> Generator[Future[Any]]:
        try:
            future = pool.schedule(carried_out, args=[job, *args], kwargs=kwargs, timeout=deadline)
        except RuntimeError as error:  # pebble's word for a pool that broke or was stopped since
            raise BrokenProcessPool from error
        with self._lock:
            self._waiting.add(future)
            if self._closed:
                future.cancel()
        try:
            yield future
        finally:
            with self._lock:
                self._waiting.discard(future)

    def _died(self, name: str, exit_code: int | None) -> Exception:
        """What it means that a worker ended, with the exit code of one that had a job. A crash is of that job alone:
        the warehouse answers all others, and it would come again with the next attempt."""
        if self._closed:
            return CancelledError()
        if exit_code is not None and -exit_code in _CRASHES:
            crash = signal.Signals(-exit_code).name
            cause = f"the worker process crashed ({crash}) in the driver of the warehouse"
            remedy = "exclude the dataset in config.toml if it comes again, and report it with the columns of the table"
            return QueryFailed(name, cause, remedy=remedy)
        how = "while it had nothing to do" if exit_code is None else f"exit code {exit_code}"
        remedy = "look at the machine's memory; the next run tries again"
        return Unreachable(name, f"the worker process ended ({how}), perhaps for want of memory", remedy=remedy)

    def _pool(self, name: str) -> ProcessPool:
        with self._lock:
            if self._closed:
                raise CancelledError
            if name not in self._pools:
                context = self._contexts[name] = _Context()
                size = self._sizes.get(name, 2)
                self._pools[name] = ProcessPool(size, initializer=warm_up, context=context)
            return self._pools[name]

    def _discard(self, name: str, pool: ProcessPool) -> None:
        """Forgets a pool that broke, unless another thread has done so already."""
        with self._lock:
            if self._pools.get(name) is not pool:
                return
            del self._pools[name]
        pool.stop()
        self._contexts[name].kill()
        pool.join()


class _Context(SpawnContext):
    """Spawns processes, and knows them, so that they can be killed without waiting for one that hangs in a driver."""

    def __init__(self) -> None:
        super().__init__()
        self._spawned: WeakSet[BaseProcess] = WeakSet()

    def Process(  # noqa: N802 the name that multiprocessing gives it  # ty: ignore[incompatible-attribute-override]
        self, *args: Any, **kwargs: Any
    ) -> BaseProcess:
        process = super().Process(*args, **kwargs)
        self._spawned.add(process)
        return process

    def kill(self) -> None:
        """Ends all its processes, at once and for certain."""
        for process in list(self._spawned):
            if process.pid is not None and process.is_alive():
                process.kill()
