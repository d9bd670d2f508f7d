"""Drill-down: from a number to the rows behind it. Bounded, read-only, masked; nothing of it is stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from checks.phrases import listed
from checks.records import (
    Check,
    Dataset,
    EventTime,
    NumberExpected,
    ReferenceExpected,
    RowsExpected,
    SqlExpected,
    UniqueExpected,
    ValuesExpected,
)
from checks.refusal import MASK, Refused
from checks.sensitive import hidden_of
from checks.worker import SourceSpec, ask_job
from checks.workers import Workers
from connectors import Answer, Column, Source

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from checks.guard import Veil
    from checks.history import RunRow


@dataclass(frozen=True, slots=True)
class Sample:
    """Some rows, at most the limit (`truncated` when there are more); the values of `masked` columns are hidden."""

    query: str
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    truncated: bool
    masked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FailingRows:
    """Writes, in the worker, the query for the rows that a check objects to."""

    dataset: Dataset
    check: Check
    event_time: EventTime | None

    def __call__(self, source: Source) -> str:
        columns = source.columns(self.dataset.table)
        _refuse_missing(self.check.column, columns)
        table = source.relation(self.dataset.table, columns)
        rows = _failing(table, self.check, source, columns)
        if self.event_time is not None and self.event_time.column in rows.columns:
            import ibis

            rows = rows.order_by(ibis.desc(self.event_time.column))  # the newest are what somebody looks for
        from checks.present import with_now

        return with_now(source.compile(rows), source, [self.check], source.now())


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Writes, in the worker, the query for rows per value of a column in two buckets."""

    dataset: Dataset
    column: str
    buckets: tuple[datetime, datetime]
    event_time: EventTime

    def __call__(self, source: Source) -> str:
        import ibis

        columns = source.columns(self.dataset.table)
        _refuse_missing(self.column, columns)
        table = source.relation(self.dataset.table, columns)
        rows = table.filter(ibis.or_(*(self._inside(table, start, source.dialect) for start in self.buckets)))
        now, before = (rows.count(where=self._inside(rows, start, source.dialect)) for start in self.buckets)
        per_value = rows.group_by(value=rows[self.column]).aggregate(before=before, now=now)
        change = (per_value.now - per_value.before).abs()
        return source.compile(per_value.order_by(ibis.desc(change), ibis.desc(per_value.before)))

    def _inside(self, rows: ir.Table, start: datetime, dialect: str) -> Any:
        from checks.moments import as_moment, literal_naive

        moment = as_moment(rows, self.event_time, dialect)
        end = literal_naive(start + self.event_time.grain.length, moment, dialect)
        return (moment >= literal_naive(start, moment, dialect)) & (moment < end)


@dataclass(frozen=True, slots=True)
class Asked:
    """Writes, in the worker, the statement of a person: found to be a single SELECT, and with a veil where columns of
    the source are classified."""

    sql: str
    veil: Veil

    def __call__(self, source: Source) -> str:
        from checks.guard import veiled, verified  # sqlglot takes a third of a second to import

        statement = verified(self.sql, source.dialect)
        return veiled(statement, source, self.veil) if self.veil else self.sql.strip().rstrip(";")


def failing_rows(
    workers: Workers, spec: SourceSpec, dataset: Dataset, check: str, limit: int, latest: RunRow | None
) -> Sample:
    """The rows that the check objects to, newest first where there is an event time."""
    found = next((each for each in dataset.checks if each.id == check), None)
    if found is None:
        known = [each.id for each in dataset.checks if has_rows(each)]
        near = get_close_matches(check, known, 3, 0.5) or known
        what = f"rows can break {listed(near)}" if near else "none of its checks is about single rows"
        raise Refused(f"{dataset.name} has no check '{check}' in its contract; {what}")
    if isinstance(found.expects, SqlExpected):
        raise Refused(
            f"check '{check}' is an SQL rule; its query answers one number and says nothing about which rows: "
            f"{' '.join(found.expects.query.split())}"
        )
    if not has_rows(found):
        raise Refused(f"check '{check}' is about a number of the whole dataset, not about single rows")
    return _ask(
        workers, spec, FailingRows(dataset, found, latest.event_time if latest else None), limit, dataset.classified
    )


def has_rows(check: Check) -> bool:
    """Whether single rows can break the check."""
    match check.expects:
        case ValuesExpected() | RowsExpected() | UniqueExpected() | ReferenceExpected():
            return True
        case NumberExpected(metric=metric):
            return metric in ("null_count", "null_rate", "empty_count")
        case _:
            return False


def breakdown(
    workers: Workers,
    spec: SourceSpec,
    dataset: Dataset,
    column: str,
    buckets: tuple[datetime, datetime],
    latest: RunRow | None,
) -> Sample:
    """Rows per value of a column in two buckets, the largest change first."""
    if latest is None or latest.event_time is None:
        raise Refused(f"{dataset.name} has no event time, so there are no days to compare")
    if column.lower() in hidden_of(dataset.classified):
        raise Refused(f"column '{column}' of {dataset.name} is classified, so its values are not shown")
    return _ask(workers, spec, Breakdown(dataset, column, buckets, latest.event_time), 200, {})


def ad_hoc(workers: Workers, spec: SourceSpec, sql: str, limit: int, datasets: Sequence[Dataset]) -> Sample:
    """One SELECT as a person wrote it. `datasets` are all of the source: their classified columns are masked."""
    veil = veil_over(datasets)
    found = _ask(workers, spec, Asked(sql, veil), limit, {})
    hidden = {name for names in veil.tables.values() for name in names}
    seen = [i for i, _ in enumerate(found.columns) if any(row[i] == MASK for row in found.rows)]
    masked = [name for i, name in enumerate(found.columns) if i in seen or name.lower() in hidden]
    return replace(found, masked=tuple(masked)) if veil else found


def veil_over(datasets: Sequence[Dataset]) -> Veil:
    """What is hidden in a source with these datasets."""
    from checks.guard import Veil

    everywhere = frozenset(name for dataset in datasets for name in hidden_of(dataset.classified))
    tables = {each.table: hidden_of(each.classified) if each.contract else everywhere for each in datasets}
    return Veil(tables, frozenset(each.table for each in datasets if each.contract))


def hidden_columns(datasets: Mapping[str, Dataset]) -> dict[str, frozenset[str]]:
    """The columns (lower case) whose values nobody is shown, by dataset."""
    by_source: dict[str, list[Dataset]] = {}
    for dataset in datasets.values():
        by_source.setdefault(dataset.source, []).append(dataset)
    veils = {source: veil_over(its) for source, its in by_source.items()}
    return {name: veils[dataset.source].tables[dataset.table] for name, dataset in datasets.items()}


def _ask(
    workers: Workers, spec: SourceSpec, write: Callable[[Source], str], limit: int, classified: Mapping[str, str]
) -> Sample:
    answer = workers.call(spec, spec.timeout * 2 + 10, ask_job, spec, write, limit)
    return _masked(answer, hidden_of(classified))


def _masked(answer: Answer, hidden: frozenset[str]) -> Sample:
    """The answer without the values of hidden columns; NULL stays NULL, for that is what many checks are about."""
    places = [i for i, column in enumerate(answer.columns) if column.lower() in hidden]
    rows = [tuple(_shown(value, i in places) for i, value in enumerate(row)) for row in answer.rows]
    return Sample(answer.sql, answer.columns, rows, answer.truncated, tuple(answer.columns[i] for i in places))


def _shown(value: Any, hide: bool) -> Any:
    return MASK if hide and value is not None else value


def _refuse_missing(wanted: str | None, columns: Sequence[Column]) -> None:
    names = {column.name for column in columns}
    missing = [name for name in (wanted or "").split(", ") if name and name not in names and wanted not in names]
    if missing:
        raise Refused(f"column '{missing[0]}' is not in the table; it has {', '.join(sorted(names))}")


def _failing(table: ir.Table, check: Check, source: Source, columns: Sequence[Column]) -> ir.Table:
    from checks.expressible import refusal
    from checks.meets import offending

    match check.expects:
        case ValuesExpected() | RowsExpected():
            why = refusal(check.expects, columns, source.dialect)
            if why:
                raise Refused(f"check '{check.id}' has no failing rows to show: {why}")
            return table.filter(offending(table, check.expects, columns, source.dialect))
        case NumberExpected(metric="empty_count", column=name) if name:
            return table.filter(table[name].length() == 0)
        case NumberExpected(column=name) if name:
            return table.filter(table[name].isnull())
        case UniqueExpected(columns=names):
            keyed: Any = table.drop_null(list(names))
            per_key = keyed.group_by(list(names)).having(keyed.count() > 1).aggregate(vitals_copies=keyed.count())
            return table.semi_join(per_key, list(names))
        case ReferenceExpected(columns=names, to_columns=to_names):
            keyed, partner = table.drop_null(list(names)), _other(source, check.expects)
            pairs = zip(names, to_names, strict=True)
            return keyed.anti_join(partner, [keyed[ours] == partner[theirs] for ours, theirs in pairs])
    raise Refused(f"check '{check.id}' is not about single rows")


def _other(source: Source, expects: ReferenceExpected) -> ir.Table:
    columns = source.columns(expects.to_table)
    for name in expects.to_columns:
        _refuse_missing(name, columns)
    return source.relation(expects.to_table, columns)
