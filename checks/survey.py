"""A survey: what a table is like, asked once so that a contract can be drafted. Runs in a worker, read-only as any run.

It measures what a first run measures, and then puts what the numbers suggest to the test: keys, formats, small sets of
values. Its size is bounded: two scans, and a few queries of their own, each with the time limit of the source. Nothing
of it is stored. Values are only fetched of columns that do not look sensitive (`sensitive`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn

from checks import fused, rows, sensitive, separate, suspects
from checks.expressible import expressible
from checks.facts import Facts
from checks.formats import library
from checks.history import Known
from checks.measure import measure, table_grid
from checks.meets import values_aggregation
from checks.metrics import Aggregation, rows_aggregation
from checks.plan import make_plan
from checks.predicates import Formatted
from checks.queries import QueryLog, writing
from checks.records import (
    Check,
    Dataset,
    Dimension,
    Grain,
    Measured,
    Metric,
    NumberExpected,
    Operator,
    Plan,
    Reading,
    Threshold,
    ValuesExpected,
)
from checks.worker import SourceSpec, opened
from connectors import Source

if TYPE_CHECKING:
    from connectors import Column

_ANY = Threshold(Operator.GREATER_OR_EQUAL, (0.0,))
_NONE = Threshold(Operator.BE, (0.0,))


@dataclass(frozen=True, slots=True)
class SurveyJob:
    """One table to look at, at the moment `at`."""

    source: SourceSpec
    dataset: Dataset
    reading: Reading
    at: datetime


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found.

    `measured` is what a first run measures; `personal` are columns with the personal format that some of their values
    have; `invalid` counts the present values of a column without a format, where all sampled ones had it; `duplicates`
    counts the rows beyond the first of each key that was tried; `distinct` are exact numbers of different values;
    `values` holds the values of a column with the rows that have them, where they are few and not sensitive; `filled`
    are the starts of the hours (days, for dates) that have rows, oldest first; `problems` say what could not be looked
    at.
    """

    measured: Measured
    at: datetime
    catalogue_key: tuple[str, ...]
    personal: Mapping[str, str]
    invalid: Mapping[tuple[str, str], float]
    duplicates: Mapping[tuple[str, ...], float]
    distinct: Mapping[str, float]
    values: Mapping[str, tuple[tuple[str, int], ...]]
    filled: tuple[datetime, ...]
    problems: tuple[str, ...] = ()


def most_statements() -> int:
    """How many statements a survey sends at most, bisections of a failing one aside."""
    return 11 + suspects.MOST_KEYS + suspects.MOST_PAIRS + suspects.MOST_ENUMS


def survey_job(job: SurveyJob) -> Survey:
    """Looks at one table. Raises SourceError."""
    with opened(job.source) as source:
        return survey(source, job.dataset, job.reading, job.at)


def survey(source: Source, dataset: Dataset, reading: Reading, at: datetime) -> Survey:
    """The same on an open source."""
    columns, key = source.columns(dataset.table), source.primary_key(dataset.table)
    counted = replace(dataset, checks=tuple(_distinct_check(dataset, column) for column in columns))
    plan = make_plan(counted, columns, key, Known(None, None, {}), reading, at)
    measured = measure(source, plan, at, _no_other)
    return _Survey(source, replace(plan, keys=(), distinct=()), Facts(measured, {}, at)).made(key)


def _distinct_check(dataset: Dataset, column: Column) -> Check:
    expects = NumberExpected("distinct_count", _ANY, column.name)
    return Check(f"{column.name}.distinct", dataset.name, Dimension.UNIQUENESS, expects)


def _no_other(name: str) -> NoReturn:
    raise AssertionError(f"a survey has no reconciliations, and needs no source '{name}'")


class _Survey:
    """The second part: what the first one suggests, put to the test."""

    def __init__(self, source: Source, plan: Plan, facts: Facts) -> None:
        self._source = source
        self._facts = facts
        self._measured = facts.measured
        self._timed = plan
        self._plan = replace(plan, event_time=None, buckets_from=None)  # no buckets: one number each
        self._log = QueryLog(source, plan.dataset.table)
        self._inner = rows.rows_sql(source, self._plan, facts.at)

    def made(self, catalogue_key: tuple[str, ...]) -> Survey:
        sample = self._sample()
        self._facts = self._with_guesses(sample)
        sampled = self._invalid(suspects.formats(self._facts), sample)
        likely = suspects.likely_formats(sampled)
        personal = suspects.personal(sampled, self._present(sampled, sample))
        return Survey(
            measured=self._measured,
            at=self._facts.at,
            catalogue_key=catalogue_key,
            personal=personal,
            invalid=self._invalid(likely, self._inner),
            duplicates=self._duplicates(catalogue_key),
            distinct=self._distinct(),
            values=self._values(personal),
            filled=self._filled(),
            problems=tuple(dict.fromkeys(each.message for each in (*self._measured.problems, *self._log.problems))),
        )

    def _sample(self) -> str:
        """Some rows, whichever come first: formats are dear to look for, and most are ruled out by a few values."""
        table = self._source.relation(self._plan.dataset.table, self._plan.columns)
        with writing(self._source.name, self._plan.dataset.table):
            return self._source.compile(table.limit(suspects.SAMPLE))

    def _with_guesses(self, sample: str) -> Facts:
        """The facts with numbers of different values, where the warehouse did not count them in time, as the sample has
        them: good enough to know what to try."""
        missing = [column.name for column in suspects.uncounted(self._facts)]
        counted = self._ask(
            [
                *(Aggregation(Metric("value_count", name), _values_of(name)) for name in missing),
                *(Aggregation(Metric("distinct_count", name), _exactly_distinct(name)) for name in missing),
            ],
            self._plan,
            sample,
        )
        guesses = suspects.guesses(self._facts, counted)
        grids = (*self._facts.measured.grids, table_grid(guesses))
        return replace(self._facts, measured=replace(self._facts.measured, grids=grids)) if guesses else self._facts

    def _invalid(self, formats: Sequence[tuple[str, str]], inner: str) -> dict[tuple[str, str], float]:
        """Present values without the format, by column and format."""
        asked = {f"{column}/{name}": (column, name) for column, name in formats}
        checks = tuple(self._format_check(word, *pair) for word, pair in asked.items())
        plan = replace(self._plan, values=checks)
        plan = replace(plan, values=expressible(self._log, plan))
        dialect = self._source.dialect
        counted = self._ask([values_aggregation(check, plan.columns, dialect) for check in plan.values], plan, inner)
        return {asked[metric.check]: value for metric, value in counted.items() if metric.check in asked}

    def _present(self, sampled: Mapping[tuple[str, str], float], sample: str) -> dict[str, float]:
        """How many of the sampled rows have a value, by column."""
        columns = dict.fromkeys(column for column, _ in sampled)
        present = [Aggregation(Metric("value_count", name), _values_of(name)) for name in columns]
        return {
            metric.column: value for metric, value in self._ask(present, self._plan, sample).items() if metric.column
        }

    def _distinct(self) -> dict[str, float]:
        """Exact numbers of different values in columns of small numbers."""
        small = suspects.small_numbers(self._facts)
        exact = [Aggregation(Metric("distinct_count", name), _exactly_distinct(name)) for name in small]
        counted = self._ask(exact, self._plan, self._inner)
        return {metric.column: value for metric, value in counted.items() if metric.column}

    def _ask(self, aggregations: list[Aggregation], plan: Plan, inner: str) -> dict[Metric, float]:
        """One scan. What it can not tell is a problem, and costs nothing else."""
        if not aggregations:
            return {}
        with self._log.costing([aggregation.metric for aggregation in aggregations]):
            asked = fused.ask(self._log, inner, [rows_aggregation(), *aggregations], plan, self._facts.at)
            return {metric: float(line[0]) for metric, line in asked.values.items() if len(line)}
        return {}

    def _format_check(self, word: str, column: str, name: str) -> Check:
        has_it = Formatted(name, library()[name].fault)
        expects = ValuesExpected(column, "invalid", _NONE, meets=(has_it,))
        return Check(word, self._plan.dataset.name, Dimension.CONFORMITY, expects)

    def _duplicates(self, catalogue_key: tuple[str, ...]) -> dict[tuple[str, ...], float]:
        """Exact duplicates of what may be a key: single columns, then pairs until one is a key. Of a large table no
        second key is looked for: each costs as much as all the rest."""
        counted: dict[tuple[str, ...], float] = {}
        for key in suspects.keys(self._facts, catalogue_key):
            counted |= self._count(key)
            if suspects.is_large(self._facts) and 0 in counted.values():
                return counted
        for key in suspects.pairs(self._facts):
            if 0 in counted.values():
                break
            counted |= self._count(key)
        return counted

    def _count(self, key: tuple[str, ...]) -> dict[tuple[str, ...], float]:
        known = self._facts.level(Metric("duplicate_count", ", ".join(key)))
        if known is not None:
            return {key: known.value}
        asked = separate.duplicates(self._log, self._inner, self._plan, key)
        return dict.fromkeys([key], next(iter(asked.values()))) if asked else {}

    def _values(self, personal: Mapping[str, str]) -> dict[str, tuple[tuple[str, int], ...]]:
        """Few values with their rows. Those that look personal after all do not leave the worker."""
        found = {}
        for name in suspects.enums(self._facts, personal, self._plan.dataset.classified):
            with self._log.costing([Metric("distinct_count", name)]):
                sql = self._values_sql(name)
                answer = self._log.fetch(f"values of {name}", sql, limit=suspects.MOST_VALUES + 1)
                values = tuple((str(value), int(times)) for value, times in answer.rows)
                if not any(sensitive.looks_like_personal_value(value) for value, _ in values):
                    found[name] = values
        return found

    def _values_sql(self, name: str) -> str:
        import ibis

        table = self._source.relation(self._plan.dataset.table, self._plan.columns)
        with writing(self._source.name, self._plan.dataset.table):
            present = table.filter(table[name].notnull())  # else NULL would take the place of a value
            per_value: Any = present.group_by(value=present[name]).aggregate(times=present.count())
            return self._source.compile(per_value.order_by(ibis.desc(per_value.times)))

    def _filled(self) -> tuple[datetime, ...]:
        """The hours that have rows: of a table that is filled every night a day says too little."""
        event_time = self._timed.event_time
        if event_time is None:
            return ()
        plan = self._timed
        if not event_time.is_date:
            plan = replace(plan, event_time=replace(event_time, grain=Grain.HOUR))
        now = self._facts.measured.source_now
        with self._log.costing([Metric("bucket_rows", grain=Grain.HOUR)]):
            inner = rows.rows_sql(self._source, plan, now)
            asked = fused.ask(self._log, inner, [rows_aggregation()], plan, now)
            return tuple(sorted(bucket for bucket in asked.buckets if bucket is not None))
        return ()


def _values_of(name: str) -> Any:
    return lambda table: table[name].count()


def _exactly_distinct(name: str) -> Any:
    return lambda table: table[name].nunique()
