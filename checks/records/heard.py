"""What other systems tell of their jobs: events of lineage (OpenLineage)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b


class RunState(StrEnum):
    """What an event says of a run. RUNNING and OTHER change nothing."""

    START = "START"
    RUNNING = "RUNNING"
    COMPLETE = "COMPLETE"
    ABORT = "ABORT"
    FAIL = "FAIL"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True, order=True)
class Named:
    """A job or dataset as OpenLineage names it; both parts together tell it from all others."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class LineageEvent:
    """One event. Of a run where `run_id` is there, else of a job, and where `job` is None too, of a dataset. `told` is
    what it says of datasets, as a document of `checks.lineage`."""

    happened_at: datetime
    told: str
    job: Named | None = None
    run_id: str | None = None
    state: RunState | None = None
    error: str | None = None

    @property
    def id(self) -> str:
        """The same for an event that is sent again."""
        job = (self.job.namespace, self.job.name) if self.job else None
        parts = repr((self.happened_at.timestamp(), self.told, job, self.run_id, self.state, self.error))
        return blake2b(parts.encode(errors="surrogatepass"), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class JobRun:
    """A run of a job, folded from its events, in whatever order they came. `state` is COMPLETE, FAIL or ABORT of one
    that has ended, and RUNNING of one that has not, or whose end nobody told. `told` are the documents of its
    events."""

    job: Named
    run_id: str
    state: RunState
    started_at: datetime
    ended_at: datetime | None = None
    error: str | None = None
    told: tuple[str, ...] = ()

    @property
    def seconds(self) -> float | None:
        """How long it took; None of one that has not ended."""
        return (self.ended_at - self.started_at).total_seconds() if self.ended_at else None

    @property
    def failed(self) -> bool:
        return self.state in (RunState.FAIL, RunState.ABORT)


@dataclass(frozen=True, slots=True)
class ToldTogether:
    """Documents that belong to one run of a job (or, without `job`, to no job), and when that was last told."""

    job: Named | None
    told: tuple[str, ...]
    seen_at: datetime
