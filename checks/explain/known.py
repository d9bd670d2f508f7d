"""From words to an answer: what the history knows of a bucket, then the questions to the warehouse in a worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from checks.eventtime import bucket_of, utc_of, wall_clock
from checks.explain.ask import MOST_QUERIES, Question, explain
from checks.explain.beside import beside
from checks.explain.record import Explanation, Words
from checks.explain.reference import comparable
from checks.explain.subject import subject_of
from checks.explain.upstream import Above, Moment, changed_upstream
from checks.guard import Veil, refuse_view_on_hidden
from checks.history import History
from checks.phrases import bucket as written
from checks.records import Dataset, EventTime, Grain, Metric
from checks.refusal import Refused
from checks.sensitive import hidden_of
from checks.worker import SourceSpec, opened
from checks.workers import Workers

#: days of buckets that are read of the history
_BACK = timedelta(days=70)


@dataclass(frozen=True, slots=True)
class Place:
    """The dataset that is asked, how its source is opened, what is hidden there, and what it is made from."""

    dataset: Dataset
    spec: SourceSpec
    veil: Veil
    above: Above


def explained(history: History, workers: Workers, place: Place, words: Words, at: datetime) -> Explanation:
    """The explanation, with the other series that changed in the same bucket and what changed upstream. Raises
    Refused, SourceError."""
    dataset, spec, veil = place.dataset, place.spec, place.veil
    latest = history.latest_evaluated([dataset.name]).get(dataset.name)
    event_time = latest.event_time if latest else None
    if event_time is None:
        raise Refused(f"{dataset.name} has no event time that is known, so there are no buckets to compare")
    hidden = veil.tables.get(dataset.table, hidden_of(dataset.classified))
    subject = subject_of(dataset, words.metric, words.column, words.check, hidden)
    bucket = bucket_of(words.bucket, event_time.grain)
    series = history.buckets(dataset.name, since=bucket - _BACK)
    rows = series.get(Metric("bucket_rows", grain=event_time.grain), {})
    _refuse_unknown(dataset, bucket, rows, event_time.grain)
    references = comparable(bucket, event_time.grain, rows)
    if not references:
        raise Refused(f"{dataset.name} has no rows before {_name(bucket, event_time.grain)} to compare with")
    question = Question(
        dataset, subject, bucket, event_time, references, _distinct(series), hidden, _length(bucket, event_time, at)
    )
    deadline = spec.timeout * MOST_QUERIES + 10  # each query has its own time limit; the worker gets the sum
    found = workers.call(spec, deadline, explain_job, spec, question, veil, at)
    moment = Moment(bucket, utc_of(bucket, event_time), event_time.grain.length)
    found = replace(found, upstream=changed_upstream(history, dataset.name, place.above, moment))
    if question.length is not None:
        return found  # the other series were measured at another moment of the bucket
    return replace(found, beside=beside(series, (subject.measure, subject.column), bucket, event_time.grain))


def explain_job(spec: SourceSpec, question: Question, veil: Veil, at: datetime) -> Explanation:
    """What the worker does. A view that could show a classified column under another name is refused."""
    with opened(spec) as source:
        refuse_view_on_hidden(question.dataset.table, source, veil)
        return explain(source, question, at)


def _refuse_unknown(dataset: Dataset, bucket: datetime, rows: Mapping[datetime, float], grain: Grain) -> None:
    if bucket in rows:
        return
    near = f"{grain}s from {_name(min(rows), grain)} to {_name(max(rows), grain)}" if rows else f"no {grain}s near it"
    raise Refused(f"{dataset.name} was not measured for {_name(bucket, grain)}; there are {near}")


def _length(bucket: datetime, event_time: EventTime, at: datetime) -> timedelta | None:
    """How much of the bucket is over, None for all of it: the other buckets are compared up to the same time."""
    over = wall_clock(at, event_time) - bucket
    if over >= event_time.grain.length:
        return None
    name = _name(bucket, event_time.grain)
    if over <= timedelta():
        raise Refused(f"{name} is still to come")
    if event_time.is_date:
        raise Refused(f"{name} is not over yet, and dates do not tell how much of it there should be by now")
    return over


def _distinct(series: Mapping[Metric, Mapping[datetime, float]]) -> dict[str, float]:
    """The largest number of values that each column had in a bucket."""
    return {
        metric.column: max(values.values())
        for metric, values in series.items()
        if metric.name == "distinct_count" and metric.column and values
    }


def _name(bucket: datetime, grain: Grain) -> str:
    return written(bucket, hourly=grain is Grain.HOUR)
