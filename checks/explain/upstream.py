"""What changed in the datasets that a dataset is made from, at the moment of a bucket: alerts, checks that failed,
columns, and jobs that failed. From the history alone; no warehouse is asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from checks import phrases
from checks.explain.record import Upstream
from checks.history import History
from checks.learned.schema import changes
from checks.learned.words import sentence
from checks.records import Alert, Grain, JobRun

#: the nearest that are looked at, and of these the nearest that are told
_LOOKED_AT, _TOLD = 50, 10
_SHOWN = 3
FailedRuns = Callable[[Collection[str], datetime, datetime], Mapping[str, list[JobRun]]]


@dataclass(frozen=True, slots=True)
class Above:
    """What a dataset is made from, with the number of steps to it, and how runs of jobs that failed are found."""

    upstream: Mapping[str, int]
    failed_runs: FailedRuns


@dataclass(frozen=True, slots=True)
class Moment:
    """A bucket: its start as the datasets' own clocks show it, the same in UTC, and its length."""

    bucket: datetime
    starts_at: datetime
    length: timedelta


def changed_upstream(history: History, dataset: str, above: Above, moment: Moment) -> tuple[Upstream, ...]:
    """The datasets above that changed, nearest first; the dataset itself is among them, with no steps, where a job that
    writes it failed. What was seen of whole tables counts if it was seen in the bucket or in the time of the next."""
    nearest = dict(sorted(above.upstream.items(), key=lambda pair: pair[1])[:_LOOKED_AT])
    until = moment.starts_at + 2 * moment.length
    said: dict[str, list[str]] = defaultdict(list)
    for name, runs in above.failed_runs((dataset, *nearest), moment.starts_at, until).items():
        said[name] += [_failed_run(run) for run in runs[-_SHOWN:]]
    for alert in _alerts(history, nearest, moment):
        said[alert.dataset] += [sentence(each, alert.bucket, alert.grain) for each in alert.findings[:_SHOWN]]
    failed: dict[str, list[str]] = defaultdict(list)
    for name, check in history.failed_checks(list(nearest), moment.bucket, (moment.starts_at, until), moment.length):
        failed[name].append(check)
    for name, checks in failed.items():
        said[name].append(f"{'check' if len(checks) == 1 else 'checks'} {phrases.listed(checks, _SHOWN)} failed")
    for name in nearest:
        said[name] += _columns(history, name, moment.starts_at, until)
    steps = {dataset: 0} | nearest
    return tuple(Upstream(name, far, tuple(said[name])) for name, far in steps.items() if said.get(name))[:_TOLD]


def _failed_run(run: JobRun) -> str:
    ended = phrases.moment(run.ended_at) if run.ended_at else ""
    return f"job {run.job.name} failed {ended}" + (f": {run.error}" if run.error else "")


def _alerts(history: History, names: Mapping[str, int], moment: Moment) -> Iterator[Alert]:
    """Those whose bucket and this one overlap: an alert of a day is one of each of its hours."""
    ends = moment.bucket + moment.length
    for alert in history.alerts(since=moment.bucket - timedelta(days=1), until=ends):
        length = timedelta(days=1) if alert.grain is Grain.TABLE else alert.grain.length
        if alert.dataset in names and alert.bucket < ends and alert.bucket + length > moment.bucket:
            yield alert


def _columns(history: History, name: str, since: datetime, until: datetime) -> list[str]:
    known = history.schemas(name)
    return [
        phrases.listed(changed, _SHOWN)
        for (_, before), (at, after) in pairwise(known)
        if since <= at < until and (changed := changes(before, after))
    ]
