"""What runs in a worker process: it opens the warehouse, measures, and hands the measurements back.

A worker keeps its sources open between jobs, except files that somebody else may want to write: those are closed when
no job has come for a moment.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from checks.records import Dataset, FewValues, Last, Measured, Plan, Reading
from checks.refusal import Refused
from connectors import Answer, Column, DatasetMissing, Source, SourceError, TableName, Unreachable, open_source

if TYPE_CHECKING:
    from checks.guard import Veil
    from checks.history import Known

P = ParamSpec("P")
T = TypeVar("T")
#: seconds that a file which nobody else can write to meanwhile stays open after a job
LINGER = 0.5
_open: dict[str, Source] = {}
_closing: dict[str, threading.Timer] = {}
_in_use = threading.RLock()  # a job may open a second source inside


class JobFailed(Exception):
    """Something in a worker that should not happen. Carries the error's type and where it was raised, and not its text:
    that may hold a row's values, or an object that can not travel between processes."""

    def __init__(self, kind: str, where: str) -> None:
        self.kind, self.where = kind, where
        super().__init__(kind, where)

    def __str__(self) -> str:
        return f"{self.kind} in the worker, raised at\n{self.where}"


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """How to open a source; travels to the worker, so the address is plain text and is never printed."""

    name: str
    url: str
    timeout: float
    base: Path

    def __repr__(self) -> str:
        return f"SourceSpec({self.name!r})"


@dataclass(frozen=True, slots=True)
class Job:
    """One dataset to measure at `at`. `others` are the sources that its reconciliations speak of; `veil` is what is
    hidden in its own, None where nothing is."""

    source: SourceSpec
    others: tuple[SourceSpec, ...]
    dataset: Dataset
    known: Known
    reading: Reading
    veil: Veil | None
    at: datetime
    replay: bool = False


def warm_up() -> None:
    """Imports what measuring needs, so that the first job does not pay for it."""
    import ibis  # noqa: F401 the import is the point

    import checks.measure  # noqa: F401 likewise


def carried_out(job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """A job, whose failure can travel: raises SourceError and Refused as they are, and JobFailed for all else."""
    try:
        return job(*args, **kwargs)
    except (SourceError, Refused):
        raise
    except Exception as error:  # noqa: BLE001 raised again as what can be pickled
        where = "".join(traceback.format_tb(error.__traceback__)[-4:])
        raise JobFailed(type(error).__name__, where) from None


def measure_job(job: Job) -> Measured:
    """Plans and measures one dataset. Raises SourceError."""
    from checks.measure import measure
    from checks.plan import make_plan

    specs = {spec.name: spec for spec in job.others}
    with opened(job.source) as source, ExitStack() as others:
        table = job.dataset.table
        columns, key = source.columns(table), source.primary_key(table)
        last = Last(job.known.event_time, job.known.checks) if job.known.last_whole_table else None
        plan = make_plan(job.dataset, columns, key, job.known, job.reading, job.at, replay=job.replay, last=last)
        plan = replace(plan, few_values=_shown(plan, source, job.veil))
        measured = measure(source, plan, job.at, lambda name: others.enter_context(opened(specs[name])))
        if any(problem.kind == Unreachable.kind for problem in measured.problems):
            for name in specs:
                _forget(name)  # one of them is gone: the next job connects anew
        return measured


def _shown(plan: Plan, source: Source, veil: Veil | None) -> tuple[FewValues, ...]:
    """The columns whose values may be named; none of a view that could show a classified column under another name."""
    if not veil or not plan.few_values:
        return plan.few_values
    from checks.guard import refuse_view_on_hidden  # here and not above: it imports sqlglot

    table = plan.dataset.table
    try:
        refuse_view_on_hidden(table, source, veil)
    except Refused:
        return ()
    hidden = veil.tables.get(table, frozenset())
    return tuple(one for one in plan.few_values if one.column.name.lower() not in hidden)


def list_job(spec: SourceSpec) -> tuple[TableName, ...]:
    """All tables and views of a source."""
    with opened(spec) as source:
        return tuple(source.tables())


def columns_job(spec: SourceSpec, tables: Sequence[TableName]) -> dict[TableName, tuple[Column, ...]]:
    """The columns of those of the tables that are there."""
    found = {}
    with opened(spec) as source:
        for table in tables:
            with suppress(DatasetMissing):
                found[table] = source.columns(table)
    return found


def ask_job(spec: SourceSpec, write: Callable[[Source], str], limit: int) -> Answer:
    """Runs one statement that `write` makes for the source, and returns at most `limit` rows."""
    with opened(spec) as source:
        return source.fetch(write(source), limit=limit)


def probe_job(spec: SourceSpec) -> str | None:
    """What the role of the session could change, in words; None when session or role forbid it."""
    with opened(spec) as source:
        return source.writable()


@contextmanager
def opened(spec: SourceSpec) -> Generator[Source]:
    """The source, kept open for the next job, and forgotten when it stopped answering. One that locks writers out is
    closed as soon as no job has come for a moment: opening a large file anew for each of its tables costs more than
    measuring a small one."""
    with _in_use:
        _closing.pop(spec.name, None)
        source = _kept(spec)
        try:
            yield source
        except Unreachable:
            _forget(spec.name)
            raise
        finally:
            if source.locks_writers:
                _close_soon(spec.name)


def _close_soon(name: str) -> None:
    timer = threading.Timer(LINGER, lambda: _close_idle(name, timer))
    timer.daemon = True
    _closing[name] = timer
    timer.start()


def _close_idle(name: str, timer: threading.Timer) -> None:
    with _in_use:
        if _closing.get(name) is timer:  # no job has come since
            del _closing[name]
            _forget(name)


def _kept(spec: SourceSpec) -> Source:
    if spec.name not in _open:
        _open[spec.name] = open_source(spec.name, spec.url, timeout=spec.timeout, base=spec.base)
    return _open[spec.name]


def _forget(name: str) -> None:
    source = _open.pop(name, None)
    if source is None:
        return
    try:
        source.close()
    except SourceError:
        return  # it is gone already, which is why it is forgotten
