"""What speaks for the cause of an incident: which rows account for it, and what changed near its beginning.

Gathered once, when it opens, after the run has been remembered. The warehouse is asked for few incidents an hour, so
that a storm is no storm of questions; nothing here fails a run.
"""

from __future__ import annotations

import json
import logging
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from checks import phrases
from checks.builtin import EXISTS
from checks.drill import Sample
from checks.explain import Explanation, Words
from checks.explain.record import from_document
from checks.explain.sentences import MOSTLY
from checks.explain.subject import KNOWN
from checks.history import History
from checks.incidents.grouping import is_gone
from checks.incidents.renamed import AskColumns, renamed
from checks.judge import metric_of
from checks.learned.families import family_of
from checks.learned.schema import changes
from checks.lineage.graph import Graph
from checks.records import (
    Check,
    ColumnExpected,
    Dataset,
    Dimension,
    Family,
    Incident,
    JobRun,
    Metric,
    NumberExpected,
    ReferenceExpected,
    RowsExpected,
    Symptom,
    UniqueExpected,
    ValuesExpected,
)
from checks.refusal import MASK, Refused
from connectors import SourceError

log = logging.getLogger(__name__)

#: what happened so long before counts as near
NEAR = timedelta(days=1)
#: kinds of evidence that are no finding but something that happened
CHANGES = ("columns", "contract")
_ASKED_PER_HOUR = 10
_ROWS_LOOKED_AT = 200
#: so many rows have to share a value before it is told: it is one of the dataset then, and not one of a row
_SHARED = 20
_LONGEST_VALUE = 60
_TOLD_RUNS = 3
_EXPLAINED = (NumberExpected, ValuesExpected, RowsExpected)
_LOOKED_AT = (ReferenceExpected, UniqueExpected, ValuesExpected)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that speaks for a cause. `where` are the rows that account for most of it, where they do: 'carrier =
    UA'. `is_cause`: it says why, and not only what else there was."""

    kind: str  # 'rows', 'stopped', 'renamed', 'shape', 'columns', 'contract', 'upstream', 'job', 'nothing' or 'source'
    sentence: str
    where: str | None = None
    is_cause: bool = False


@dataclass(frozen=True, slots=True)
class Asking:
    """Who is asked: the warehouse for the segments behind a change, for rows that a check objects to and for columns of
    tables, and other systems for the runs of jobs that write some datasets and have failed between two moments."""

    explain: Callable[[str, Words], Explanation]
    sample: Callable[[str, str, int], Sample]
    failed_runs: Callable[[Sequence[str], datetime, datetime], Mapping[str, Sequence[JobRun]]]
    columns: AskColumns = lambda source, tables: {}


class Investigator:
    """Gathers evidence; may be called from several threads."""

    def __init__(self, history: History, asking: Asking, datasets: Callable[[], Mapping[str, Dataset]]) -> None:
        self._history = history
        self._datasets = datasets
        self._asking = asking
        self._asked: deque[datetime] = deque(maxlen=_ASKED_PER_HOUR)

    def gather(
        self, incident: Incident, dataset: Dataset | None, graph: Graph, others: Iterable[Incident], at: datetime
    ) -> list[Evidence]:
        """The evidence about the leading symptom, the best first. `dataset` is None for what a whole source shows;
        `others` are the other open incidents."""
        lead = incident.lead
        if lead.key.family in (Family.SOURCE, Family.RUNS) or dataset is None:
            return [Evidence("source", lead.sentence, is_cause=True)]
        since = (lead.began.earliest or lead.noticed_at) - NEAR
        found = [*self._of_rows(lead, dataset, at), *_stopped(lead)]
        found += [*self._renamed(lead, dataset, at), *_of_shape(lead, dataset)]
        near = [*self._changes(dataset, lead, since, at)]
        near += self._upstream(lead.key.subject, graph, list(others), (since, at))
        if found and not near and not any(one.is_cause for one in found):
            near.append(_nothing_near(lead.key.subject, graph))
        found += near
        return sorted(found, key=lambda one: not one.is_cause)

    # -- which rows ----------------------------------------------------------------------------------------------------

    def _of_rows(self, lead: Symptom, dataset: Dataset, at: datetime) -> Iterator[Evidence]:
        kept = self._kept(lead)
        if kept is not None:
            yield _explained(kept)
            return
        check = next((check for check in dataset.checks if check.id in lead.checks), None)
        if check is None or not self._may_ask(at):
            return
        try:
            found = self._asked_about(lead, check, dataset.name)
            if found is not None:
                yield found
        except (SourceError, Refused) as error:
            log.warning("%s: rows behind an incident could not be found: %s", dataset.name, error)
        except Exception as error:  # noqa: BLE001 the run has ended well; the error's text may hold values of rows
            log.error("%s: looking for rows behind an incident failed: %s", dataset.name, type(error).__name__)

    def _kept(self, lead: Symptom) -> Explanation | None:
        """The newest explanation that was kept with an alert of the symptom."""
        if lead.bucket is None:
            return None
        kept = self._history.explanations(lead.key.subject, lead.began.earliest or lead.bucket)
        told = [from_document(json.loads(text)) for _, text in sorted(kept.items(), reverse=True)]
        return next((one for one in told if _is_about(one, lead)), None)

    def _may_ask(self, at: datetime) -> bool:
        if len(self._asked) == _ASKED_PER_HOUR and at - self._asked[0] < timedelta(hours=1):
            return False
        self._asked.append(at)
        return True

    def _asked_about(self, lead: Symptom, check: Check, dataset: str) -> Evidence | None:
        if lead.bucket is not None and isinstance(check.expects, _EXPLAINED):
            metric = metric_of(check)
            if metric.name in KNOWN:
                words = Words(metric.name, lead.bucket, metric.column, metric.check)
                return _explained(self._asking.explain(dataset, words))
        if lead.bucket is None and isinstance(check.expects, _LOOKED_AT) and check.column:
            return _shared(self._asking.sample(dataset, check.id, _ROWS_LOOKED_AT), check)
        return None

    def _renamed(self, lead: Symptom, dataset: Dataset, at: datetime) -> Iterator[Evidence]:
        if is_gone(lead) and lead.began.earliest is not None and self._may_ask(at):
            said = renamed(dataset, lead.began.earliest, self._datasets(), self._history, self._asking.columns)
            if said is not None:
                yield Evidence("renamed", said, is_cause=True)

    # -- what changed --------------------------------------------------------------------------------------------------

    def _changes(self, dataset: Dataset, lead: Symptom, since: datetime, at: datetime) -> Iterator[Evidence]:
        of_schema = lead.key.dimension is Dimension.CONFORMITY
        for moment, said in schema_changes(self._history, dataset.name, since, at):
            yield Evidence("columns", f"the columns changed at {phrases.moment(moment)}: {said}", is_cause=of_schema)
        for moment, version in contract_changes(self._history, dataset, since, at):
            when = phrases.moment(moment)
            yield Evidence("contract", f"version {version} of contract {dataset.contract} was registered at {when}")

    def _upstream(
        self, name: str, graph: Graph, others: Sequence[Incident], near: tuple[datetime, datetime]
    ) -> Iterator[Evidence]:
        above = graph.upstream(name) if name in graph.nodes else {}
        referred = graph.refers_to(name)
        failed = self._asking.failed_runs((name, *above), *near)
        for written in (each for each in (name, *above) if each in failed):
            for run in failed[written][-_TOLD_RUNS:]:
                which = run.job.name if written == name else f"{run.job.name}, which writes {written},"
                said = f": {run.error}" if run.error else ""
                yield Evidence("job", f"job {which} failed at {phrases.moment(run.ended_at or near[1])}{said}")
        for other in others:
            for subject in (each for each in other.datasets if each in above or each in referred):
                how = "which it is made from" if subject in above else "whose keys it refers to"
                yield Evidence("upstream", f"{subject}, {how}, has incident {other.id}: {other.title}")
        for subject in above:
            for moment, said in schema_changes(self._history, subject, *near):
                yield Evidence("upstream", f"the columns of {subject} changed at {phrases.moment(moment)}: {said}")


def schema_changes(history: History, dataset: str, since: datetime, until: datetime) -> Iterator[tuple[datetime, str]]:
    """When the columns of a dataset were seen to be others than before, and how they differ."""
    schemas = history.schemas(dataset)
    for (_, before), (moment, after) in pairwise(schemas):
        if since <= moment <= until:
            yield moment, phrases.listed(changes(before, after), 5)


def contract_changes(
    history: History, dataset: Dataset, since: datetime, until: datetime
) -> Iterator[tuple[datetime, str]]:
    """When new versions of the dataset's contract were registered."""
    for version in history.contract_versions(dataset.contract) if dataset.contract else ():
        if since <= version.registered_at <= until:
            yield version.registered_at, version.version


# -- small parts -------------------------------------------------------------------------------------------------------


def _is_about(found: Explanation, lead: Symptom) -> bool:
    metric = Metric(found.metric, found.column)
    of_family = family_of(metric).dimension is lead.key.dimension
    return of_family and (found.column is None or found.column in lead.columns or not lead.columns)


def _explained(found: Explanation) -> Evidence:
    says_why = bool(found.segments) and found.explained >= MOSTLY
    where = found.segments[0].where if says_why and len(found.segments) == 1 else None
    return Evidence("rows", found.sentence, where, says_why)


def _shared(sample: Sample, check: Check) -> Evidence | None:
    """The value that most of the rows share, of those that a check objects to."""
    column = check.column or ""
    if column not in sample.columns or column in sample.masked:
        return None
    place = sample.columns.index(column)
    values = Counter(str(row[place]) for row in sample.rows if row[place] is not None)
    (value, count) = values.most_common(1)[0] if values else ("", 0)
    if value == MASK or count < max(_SHARED, MOSTLY * len(sample.rows)) or len(value) > _LONGEST_VALUE:
        return None
    of = f"{len(sample.rows):,} rows that were looked at" if sample.truncated else f"{len(sample.rows):,} rows"
    told = f"all {of}" if count == len(sample.rows) else f"{count:,} of the {of}"
    return Evidence("rows", f"{column} = {value} in {told}", f"{column} = {value}", is_cause=True)


def _of_shape(lead: Symptom, dataset: Dataset) -> Iterator[Evidence]:
    """A column that is not as the contract has it says all by itself, and so does a table that is gone."""
    shapes = {check.id for check in dataset.checks if isinstance(check.expects, ColumnExpected)} | {EXISTS}
    if lead.checks and lead.checks[0] in shapes:
        yield Evidence("shape", lead.sentence, is_cause=True)


def _nothing_near(name: str, graph: Graph) -> Evidence:
    """Where rows were searched for a cause in vain: what else was looked at."""
    above = phrases.listed(list(graph.upstream(name)), 3) if name in graph.nodes else ""
    made_from = f", and what it is made from: {above}" if above else "; what it is made from is not known"
    looked = f"looked at were its columns, its contract and the jobs that write it{made_from}"
    return Evidence("nothing", f"nothing else is known to have changed near its beginning; {looked}")


def _stopped(lead: Symptom) -> Iterator[Evidence]:
    is_late = lead.key.dimension is Dimension.TIMELINESS and lead.happened_at == lead.began.latest
    if is_late and lead.began.earliest is not None:
        yield Evidence("stopped", f"nothing new has come since {phrases.moment(lead.began.earliest)}", is_cause=True)
