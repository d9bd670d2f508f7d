"""When the rows of each bucket were loaded: one grouped query over the newest weeks, by bucket and age.

Asked by runs that read the whole table, so once a day: what is loaded in between, the next one finds as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

from checks import fused, rows
from checks.eventtime import LEEWAY, bucket_of, wall_clock
from checks.loadtime import LOADED, Ages, ages_of, ahead
from checks.metrics import rows_where
from checks.moments import as_moment, literal_naive
from checks.queries import QueryLog
from checks.records import EventTime, Loaded, LoadTime, Metric, Plan
from checks.rows import names_beside
from checks.scalars import parsed_moment
from connectors import DatasetMissing, QueryFailed, SourceError

if TYPE_CHECKING:
    import ibis.expr.types as ir

#: how far back buckets are looked at, and at most how many of them
BACK, MOST = timedelta(days=100), 400
#: stands for the step of rows without a load time
_UNDATED = -1
#: the age of whatever was loaded later, an infinite load time among it: minutes
_NEVER = 10 * 366 * 24 * 60


def loads(log: QueryLog, plan: Plan, now: datetime) -> tuple[Loaded, ...]:
    """How the newest buckets were loaded, oldest first. Nothing in a run that reads a part of the table, and where it
    can not be asked; a declared column that can be no load time is a problem on the account."""
    event_time, load_time = plan.event_time, plan.load_time
    if event_time is None or plan.buckets_from is None:
        return ()
    if load_time is None:
        _note_unusable(log, plan)
        return ()
    if not plan.whole_table:
        return ()
    grain = event_time.grain
    clock = wall_clock(now, event_time)
    last = bucket_of(clock, grain)
    first = max(plan.buckets_from, bucket_of(last - min(BACK, MOST * grain.length), grain))
    clocks = tuple(ahead(event_time, load_time, first, last))
    question = _Question(event_time, load_time, ages_of(grain.length), clocks, log.source.dialect)
    with log.costing([Metric(LOADED, load_time.column)]):
        inner = rows.rows_sql(log.source, replace(plan, whole_table=False, buckets_from=first), now)
        sql = fused.written(log, inner, plan, ("loads", load_time, clocks), lambda table: question.over(table, plan))
        answer = log.fetch("rows by the age at which they were loaded", sql)
        found = _by_bucket(answer.rows, question.ages)
        return tuple(found if plan.up_to is None else (_as_of(each, clock, question.ages) for each in found))
    return ()


@dataclass(frozen=True, slots=True)
class _Question:
    """Rows by bucket and age; `clocks` are the seconds that bring load times onto the clock of the event time, each
    from a bucket on."""

    event_time: EventTime
    load_time: LoadTime
    ages: Ages
    clocks: tuple[tuple[datetime, int], ...]
    dialect: str

    def over(self, table: ir.Table, plan: Plan) -> Any:
        """The query: the rows of each bucket and step of ages, the age of the last of them (minutes), and how many were
        loaded before they happened. Rows of one minute are put together first: the rest is worked out for each of
        these, and not several times for every row."""
        bucket: Any = table[names_beside(plan.columns).bucket]
        came = _seconds(table, EventTime(self.load_time.column, "", self.load_time.zone), self.dialect)
        came += self._ahead(bucket)
        happened = _seconds(table, self.event_time, self.dialect)
        minute = _minutes((came - _epoch(bucket, self.dialect)) / 60)
        early = came < happened - LEEWAY // timedelta(seconds=1)
        told: Any = table.filter(bucket.notnull()).select(place=bucket, minute=minute, early=early)
        minutes = told.group_by("place", "minute").aggregate(n=told.count(), preceding=rows_where(told.early))
        counts = {"n": minutes.n.sum(), "latest": minutes.minute.max(), "preceding": minutes.preceding.sum()}
        return minutes.group_by("place", step=self._step(minutes.minute)).aggregate(**counts)

    def _ahead(self, bucket: Any) -> Any:
        import ibis

        seconds: Any = ibis.literal(self.clocks[0][1])
        for since, ahead_by in self.clocks[1:]:
            seconds = ibis.ifelse(bucket >= literal_naive(since, bucket, self.dialect), ahead_by, seconds)
        return seconds

    def _step(self, minute: Any) -> Any:
        """The number of the step, NULL without an age."""
        import ibis

        ages = self.ages
        until_turn: Any = ibis.least(minute, ages.turn)
        from_turn: Any = ibis.least(ibis.greatest(minute, ages.turn), ages.horizon)
        fine, coarse = until_turn / ages.fine, (from_turn - ages.turn) / ages.coarse
        return ibis.ifelse(minute.isnull(), ibis.null("int64"), (fine.floor() + coarse.floor()).cast("int64"))


def _minutes(age: Any) -> Any:
    """Whole minutes, from 0 on, NULL without an age: the greatest of NULL and 0 is 0 in some dialects."""
    import ibis

    bounded: Any = ibis.least(ibis.greatest(age, 0), _NEVER)
    return ibis.ifelse(age.isnull(), ibis.null("int64"), bounded.floor().cast("int64"))


def _seconds(table: ir.Table, moment: EventTime, dialect: str) -> Any:
    return _epoch(as_moment(table, moment, dialect), dialect)


def _epoch(moment: Any, dialect: str) -> Any:
    """Seconds since 1970 by the moment's own clock."""
    return (moment.cast("timestamp") if moment.type().is_date() else moment).epoch_seconds()


def _by_bucket(answer: Iterable[tuple[Any, ...]], ages: Ages) -> Iterator[Loaded]:
    """Every bucket that has rows, with the steps in which some were loaded."""
    for bucket, steps in groupby(sorted(answer, key=lambda row: str(row[0])), key=lambda row: row[0]):
        found = {_UNDATED if step is None else int(step): row for _, step, *row in steps}
        undated, late = found.pop(_UNDATED, (0, None, 0)), found.pop(ages.steps, (0, 0, 0))
        within = sorted(found)
        yield Loaded(
            parsed_moment(bucket),
            ages=tuple(ages.end_of(step) for step in within),
            rows=tuple(int(found[step][0]) for step in within),
            late=int(late[0]),
            latest=int(late[1]),
            undated=int(undated[0]),
            preceding=sum(int(row[2]) for row in (*found.values(), late)),
        )


def _as_of(loaded: Loaded, moment: datetime, ages: Ages) -> Loaded:
    """A replayed moment: what was loaded later was not there. Of buckets that had settled all stays, and what was
    loaded again since is known to have been."""
    age = (moment - loaded.bucket) // timedelta(minutes=1)
    if age >= ages.horizon:
        return loaded
    there = sum(ages.start(end) <= age for end in loaded.ages)
    return replace(loaded, ages=loaded.ages[:there], rows=loaded.rows[:there], late=0, latest=0)


def _note_unusable(log: QueryLog, plan: Plan) -> None:
    declared = plan.dataset.load_time
    if declared is None:
        return
    by_name = {column.name: column for column in plan.columns}
    said = f"the load time '{declared}' that is declared in the {plan.dataset.declared_in}"
    remedy = "name a timestamp that says when a row was loaded; until then arrivals are learned from what runs see"
    if declared not in by_name:
        cause = f"{said} is no column of the table"
        error: SourceError = DatasetMissing(log.source.name, cause, dataset=str(log.table), remedy=remedy)
    elif plan.event_time and declared == plan.event_time.column:
        error = QueryFailed(log.source.name, f"{said} is the event time", dataset=str(log.table), remedy=remedy)
    else:
        cause = f"{said} is of type {by_name[declared].type}, which is no moment"
        error = QueryFailed(log.source.name, cause, dataset=str(log.table), remedy=remedy)
    log.failed([Metric(LOADED, declared)], error)
