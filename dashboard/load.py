"""What pages read: cached for a few seconds, bounded, and free of Streamlit's drawing. What one reader asks for is in
`asking`.

Frozen records are shared between sessions as they are (copying a thousand healths for each view costs more than
reading them); DataFrames are copied, because a page may sort them. `refresh` forgets everything, after a run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ParamSpec, TypeVar

import pandas as pd
import streamlit as st

from checks import contract_answers, demo
from checks.arrivals import Arrivals, lately
from checks.catalogue import SourceState
from checks.contracts import Finding
from checks.detect import Fit
from checks.explain.kept import reasons
from checks.history import RunRow
from checks.learned.masked import masked, named
from checks.learned.series import fit_of
from checks.lineage import Graph, Lineage
from checks.records import Alert, Dataset, DatasetHealth, EventTime, Grain, Label, Metric, QueryRecord, Result
from connectors import Column
from dashboard import process

#: seconds that an answer may be old; views refresh themselves at this pace too
PACE = 15
P = ParamSpec("P")
R = TypeVar("R")
_readers: list[Any] = []


def shared(reader: Callable[P, R]) -> Callable[P, R]:
    """A reader whose answer is frozen, and is the same object for all sessions."""
    _readers.append(st.cache_resource(ttl=PACE, show_spinner=False, max_entries=200)(reader))
    return _readers[-1]


def copied(reader: Callable[P, R]) -> Callable[P, R]:
    """A reader whose answer each page may change."""
    _readers.append(st.cache_data(ttl=PACE, show_spinner=False, max_entries=500)(reader))
    return _readers[-1]


def refresh() -> None:
    """Forgets what was read, so that the next view sees a run that has just ended."""
    for reader in _readers:
        reader.clear()


def now() -> datetime:
    return process.current().clock()


def notices() -> tuple[str, ...]:
    """What every page has to say: of the history (a damaged file that was set aside, ...), and what a background job
    could not do."""
    monitor = process.current()
    return (*monitor.history.notices, *monitor.troubles.values())


# -- all datasets ------------------------------------------------------------------------------------------------------


@shared
def _healths() -> tuple[DatasetHealth, ...]:
    return tuple(process.current().status(None, now()))


def healths() -> tuple[DatasetHealth, ...]:
    return _healths()


@shared
def _datasets() -> Mapping[str, Dataset]:
    return dict(process.current().datasets())


def datasets() -> Mapping[str, Dataset]:
    return _datasets()


@shared
def contracts() -> tuple[tuple[Mapping[str, Any], tuple[Finding, ...]], ...]:
    """Every contract as /api/contracts tells it, with what the lint finds in its file."""
    monitor = process.current()
    documents = contract_answers.contracts_document(monitor)["contracts"]
    findings = monitor.catalogue.findings
    return tuple((each, tuple(one for one in findings if one.file == each["file"])) for each in documents)


@shared
def contract_steps(contract: str) -> tuple[contract_answers.Step, ...]:
    """The versions of a contract with their changes, oldest first."""
    return tuple(contract_answers.steps(process.current(), contract))


@shared
def _sources() -> tuple[SourceState, ...]:
    return tuple(process.current().sources())


def sources() -> tuple[SourceState, ...]:
    return _sources()


@shared
def lineage() -> Lineage:
    """Which dataset is made from which; may ask sources for their views."""
    return process.current().lineage()


@shared
def known_graph() -> Graph:
    """The graph of it as far as it is known without asking a source."""
    return process.current().around.graph()


@shared
def latest_runs() -> Mapping[str, RunRow]:
    """The newest ended run of each dataset."""
    return process.current().history.latest_runs()


@shared
def latest_measured() -> Mapping[str, RunRow]:
    """The newest run of each dataset that could measure it."""
    return process.current().history.latest_evaluated()


def hourly(dataset: str) -> bool:
    """Whether its buckets are hours and not days, as far as it was measured."""
    run = latest_measured().get(dataset)
    return run is not None and run.event_time is not None and run.event_time.grain is Grain.HOUR


@copied
def sparklines(metric: str, back: int, datasets: Sequence[str]) -> pd.DataFrame:
    """The last `back` days of one metric of the datasets: dataset, bucket, value."""
    return process.current().history.sparklines(metric, now() - timedelta(days=back), datasets)


@copied
def days(back: int, datasets: Sequence[str]) -> pd.DataFrame:
    """The worst status of each of the datasets on each of the last `back` days: dataset, day, status."""
    return process.current().history.days(now() - timedelta(days=back), datasets)


@copied
def runs(dataset: str | None, limit: int) -> pd.DataFrame:
    """Past runs, newest first."""
    return process.current().history.runs(dataset, limit=limit)


def running() -> Mapping[str, datetime]:
    return process.current().running()


def next_runs() -> Mapping[str, datetime]:
    return process.current().next_runs()


def demo_faults() -> Sequence:
    """The faults that the demo warehouse injects, empty for other warehouses."""
    return demo.faults(process.current().config)


# -- one dataset -------------------------------------------------------------------------------------------------------


def schedule(dataset: Dataset) -> str:
    """The cron line that it runs on."""
    return process.current().schedule_of(dataset)


def health(name: str) -> DatasetHealth | None:
    return next((one for one in healths() if one.name == name), None)


@copied
def points(dataset: str, metric: str, column: str | None, check: str | None, back: int | None) -> pd.DataFrame:
    """One series: bucket, observed_at, value, of the last `back` days (None: all)."""
    since_moment = None if back is None else now() - timedelta(days=back)
    return process.current().history.points(dataset, metric, column, check=check, since=since_moment)


@copied
def series(dataset: str) -> list[Metric]:
    monitor = process.current()
    return named(monitor.history.series(dataset), monitor.datasets().get(dataset))


@copied
def bucket_results(dataset: str, check: str, back: int) -> list[Result]:
    return process.current().history.bucket_results(dataset, check, now() - timedelta(days=back))


@copied
def bands(dataset: str, metric: Metric, back: int | None) -> pd.DataFrame:
    """What was expected of one series: bucket, value, expected, lower, upper, score."""
    return process.current().history.bands(dataset, metric, None if back is None else now() - timedelta(days=back))


@copied
def alerts(dataset: str | None, back: int) -> list[Alert]:
    """The learned alerts that stand, of one dataset or of all, newest first."""
    monitor = process.current()
    return masked(monitor.history.alerts(dataset, now() - timedelta(days=back)), monitor.datasets())


@copied
def explanations(dataset: str | None, back: int) -> Mapping[tuple[str, datetime, Grain], str]:
    """Why alerts opened, as sentences, by dataset, bucket and grain; of one dataset or of all."""
    monitor = process.current()
    return reasons(monitor.history, monitor.datasets(), dataset, now() - timedelta(days=back))


@copied
def labels(dataset: str | None = None) -> list[Label]:
    """What people said, newest first; not what was undone."""
    return process.current().history.labels(dataset)


@shared
def fit(dataset: str, metric: Metric) -> Fit | None:
    """What detection knows of a series, None where it is not watched."""
    monitor = process.current()
    return fit_of(monitor.history, monitor.datasets()[dataset], metric, now())


@copied
def since(dataset: str) -> Mapping[str, datetime]:
    """Since when each check has its present status."""
    return process.current().history.since(dataset)


@copied
def schemas(dataset: str) -> list[tuple[datetime, tuple[Column, ...]]]:
    """The observed schemas, oldest first, one for each change."""
    return sorted(process.current().history.schemas(dataset), key=lambda one: one[0])


@shared
def buckets(dataset: str, back: int) -> Mapping[Metric, Mapping[datetime, float]]:
    """The values of every bucketed series of the last `back` days; empty where only the whole table is measured."""
    if all(metric.grain == Grain.TABLE for metric in series(dataset)):
        return {}
    return process.current().history.buckets(dataset, now() - timedelta(days=back))


@shared
def table_values(dataset: str) -> Mapping[Metric, tuple[datetime, float]]:
    """The newest value of every whole-table series, with the moment it was observed."""
    return process.current().history.known(dataset).values


@copied
def queries(dataset: str, slot: datetime) -> list[QueryRecord]:
    return process.current().history.run_queries(dataset, slot)


# -- detection ---------------------------------------------------------------------------------------------------------


@shared
def arrivals(dataset: str, event_time: EventTime) -> Arrivals:
    """When the rows of a dataset arrive, as far as that is learned."""
    return lately(process.current().history, dataset, event_time, now())
