"""What to measure of a dataset, and how much of it to read: decided before anything is asked of the warehouse.

The first run, and one run per `full_every`, reads the whole table, so that numbers about all rows are exact; the runs
in between read only the newest buckets and a look-back for late rows. A dataset without an event time is always read
whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import UnionType
from typing import TYPE_CHECKING

from checks.eventtime import bucket_of, infer_event_time, wall_clock
from checks.few_values import may_be_named
from checks.loadtime import field_of_dbt, infer_load_time, is_moment
from checks.records import (
    AggregateExpected,
    ChangeExpected,
    Check,
    Choice,
    ColumnExpected,
    Dataset,
    DistributionExpected,
    EventTime,
    Grain,
    Last,
    LoadTime,
    Metric,
    NumberExpected,
    Plan,
    Reading,
    ReconcileExpected,
    ReferenceExpected,
    RowsExpected,
    SequenceExpected,
    SqlExpected,
    Text,
    UniqueExpected,
    ValuesExpected,
)
from checks.rule_metrics import metrics_of
from checks.within import typed_in_json

if TYPE_CHECKING:
    from checks.history import Known
    from connectors import Column


def make_plan(  # noqa: PLR0913 what is declared, what is there, what is known and what is wanted are records of others
    dataset: Dataset,
    columns: Sequence[Column],
    catalogue_key: Sequence[str],
    known: Known,
    reading: Reading,
    at: datetime,
    *,
    replay: bool = False,
    last: Last | None = None,
) -> Plan:
    """The plan for one run at the moment `at` (aware). Checks on columns that are not there are left out: the judge
    reports them, since the observed schema shows the column missing. Without `last`, a check is taken for new as long
    as a number that it needs is not known."""
    names = {column.name for column in columns}
    event_time = choose_event_time(dataset, columns)
    key = choose_key(dataset, names, catalogue_key)
    checks = [check for check in dataset.checks if _columns_of(check) <= names]
    due = _Due(known, reading, event_time, last)
    whole = due.whole_table(checks, at)
    return Plan(
        dataset=dataset,
        columns=tuple(columns),
        event_time=event_time,
        key=key,
        whole_table=whole,
        buckets_from=due.first_bucket(at, whole=whole),
        up_to=at if replay and event_time else None,
        values=(*_expecting(ValuesExpected | RowsExpected, checks), *typed_in_json(checks, columns)),
        keys=_keys(checks, key if reading.profiles else None) if whole else (),
        references=_expecting(ReferenceExpected, checks),
        reconciliations=_expecting(ReconcileExpected, checks) if whole else (),
        profiled=frozenset(names if reading.profiles else _described(checks, event_time)),
        distinct=_distinct(checks) if whole and event_time else (),
        sql=_expecting(SqlExpected, checks),
        rules=_expecting(AggregateExpected | DistributionExpected | SequenceExpected, checks),
        few_values=may_be_named(dataset, columns, event_time, key, known.categories) if reading.profiles else (),
        texts=_texts(columns, known) if reading.profiles else (),
        load_time=choose_load_time(dataset, columns, event_time),
    )


def choose_event_time(dataset: Dataset, columns: Sequence[Column]) -> EventTime | None:
    """The declared event time if it is among the columns, else the likeliest by name and type."""
    zone = dataset.zone or "UTC"
    by_name = {column.name: column for column in columns}
    if dataset.event_time is not None and dataset.event_time not in by_name:
        return None
    column = by_name[dataset.event_time] if dataset.event_time else infer_event_time(columns, dataset.table.name)
    if column is None:
        return None
    is_date = column.type == "date"
    origin = dataset.declared_in if dataset.event_time else "inferred"
    grain = Grain.DAY if is_date else dataset.grain or Grain.DAY
    return EventTime(column.name, origin, "UTC" if _is_aware(column) else zone, is_date, grain)


def _is_aware(column: Column) -> bool:
    return column.type.startswith(("timestamp('", "int", "uint"))  # whole numbers are seconds since 1970 in UTC


def choose_load_time(dataset: Dataset, columns: Sequence[Column], event_time: EventTime | None) -> LoadTime | None:
    """The declared load time if it can be one; where none is declared that of dbt, which compares it with UTC, else the
    likeliest by name and type. None without an event time."""
    if event_time is None:
        return None
    others = [column for column in columns if column.name != event_time.column]
    column, origin, zone = None, "inferred", dataset.load_zone or dataset.zone or "UTC"
    if dataset.load_time:
        column, origin = next((one for one in others if one.name == dataset.load_time), None), dataset.declared_in
    elif column := field_of_dbt(dataset.dbt_load_time, others):
        origin, zone = "dbt", "UTC"
    else:
        likeliest = infer_load_time(columns)
        column = next((one for one in others if one == likeliest), None)
    if column is None or not is_moment(column):
        return None
    return LoadTime(column.name, origin, "UTC" if _is_aware(column) else zone)


def choose_key(dataset: Dataset, names: set[str], catalogue_key: Sequence[str]) -> Choice | None:
    """The declared key, else the catalogue's primary key, else a column named like one (id, TABLE_id)."""
    if dataset.key:
        return Choice(dataset.key, dataset.declared_in) if set(dataset.key) <= names else None
    if catalogue_key:
        return Choice(tuple(catalogue_key), "catalogue")
    table = dataset.table.name.lower()
    single = table.removesuffix("s")
    likely = {"id", "uuid", f"{table}_id", f"{single}_id", f"{table}id", f"{single}id"}
    found = next((name for name in sorted(names) if name.lower() in likely), None)
    return Choice((found,), "inferred") if found else None


def statements(dataset: Dataset) -> int:
    """How many statements measuring the dataset may send at most, as far as its checks tell: what each needs apart from
    the one scan, with the columns of another table, and what is asked in any case."""
    apart = UniqueExpected | ReferenceExpected | ReconcileExpected | SqlExpected | SequenceExpected | AggregateExpected
    return 5 + 2 * sum(isinstance(check.expects, apart) for check in dataset.checks)


def whole_table_metrics(check: Check) -> tuple[Metric, ...]:
    """The whole-table numbers that the check needs and that a run of only the newest buckets can not measure from
    scratch."""
    match check.expects:
        case UniqueExpected(columns=columns):
            return (Metric("duplicate_count", ", ".join(columns)),)
        case ReferenceExpected():
            return (Metric("orphan_count", check.column, check=check.id),)
        case ReconcileExpected():
            return (Metric("own_aggregate", check=check.id), Metric("other_aggregate", check=check.id))
        case ColumnExpected(path=path, column=column) if path:
            return (Metric("invalid_count", column, check=check.id),)
        case ValuesExpected(kind=kind, column=column, per_bucket=False):
            return (Metric(f"{kind}_count", column, check=check.id),)
        case AggregateExpected(per_bucket=False) | DistributionExpected(per_bucket=False) | SequenceExpected():
            return metrics_of(check)
        case RowsExpected(per_bucket=False):
            return (Metric("violation_count", check.column, check=check.id),)
        case NumberExpected(metric=metric, column=column, per_bucket=False):
            return () if metric in ("freshness", "future_rows", "bucket_rows") else (Metric(metric, column),)
        case _:
            return ()


def _texts(columns: Sequence[Column], known: Known) -> tuple[Text, ...]:
    return tuple(Text(column, known.forms.get(column.name)) for column in columns if column.type.startswith("string"))


def _columns_of(check: Check) -> set[str]:
    return set(getattr(check.expects, "columns", ())) or {c for c in [getattr(check.expects, "column", None)] if c}


def _expecting(kind: type | UnionType, checks: Sequence[Check]) -> tuple[Check, ...]:
    return tuple(check for check in checks if isinstance(check.expects, kind))


def _keys(checks: Sequence[Check], key: Choice | None) -> tuple[tuple[str, ...], ...]:
    wanted = [check.expects.columns for check in checks if isinstance(check.expects, UniqueExpected)]
    if key is not None:
        wanted.append(key.columns)
    return tuple(dict.fromkeys(wanted))


def _described(checks: Sequence[Check], event_time: EventTime | None) -> Iterator[str]:
    """The columns of which checks read statistics; of the event time every service level may."""
    if event_time is not None:
        yield event_time.column
    for check in checks:
        match check.expects:
            case NumberExpected(metric=metric, column=str(column)) | ChangeExpected(metric=metric, column=str(column)):
                if metric not in ("null_count", "null_rate"):
                    yield column


def _distinct(checks: Sequence[Check]) -> tuple[str, ...]:
    """Buckets' counts of different values can not be added up."""
    wanted = {
        metric.column for check in checks for metric in whole_table_metrics(check) if metric.name == "distinct_count"
    }
    return tuple(sorted(column for column in wanted if column))


@dataclass(frozen=True, slots=True)
class _Due:
    """How much has to be read, by what is known."""

    known: Known
    reading: Reading
    event_time: EventTime | None
    last: Last | None

    @property
    def history(self) -> timedelta:
        """How far back buckets are told apart; never less than the look-back, for a run must know what it re-reads."""
        return max(timedelta(days=self.reading.history_days), self.reading.look_back)

    def whole_table(self, checks: Sequence[Check], at: datetime) -> bool:
        last_time, newest = self.known.last_whole_table, self.known.newest_bucket
        if self.event_time is None or last_time is None or newest is None:
            return True
        if at - last_time >= self.reading.full_every or newest < wall_clock(at, self.event_time) - self.history:
            return True
        return self._other_buckets() or self._new_checks(checks)

    def first_bucket(self, at: datetime, *, whole: bool) -> datetime | None:
        if self.event_time is None:
            return None
        now, newest = wall_clock(at, self.event_time), self.known.newest_bucket
        back = self.history if whole or newest is None else self.reading.look_back
        return bucket_of((now if whole or newest is None else min(now, newest)) - back, self.event_time.grain)

    def _other_buckets(self) -> bool:
        """Buckets of another column, zone or size say nothing about what the new ones held before."""
        if self.last is None or self.event_time is None:
            return False
        before = self.last.event_time
        return before is None or replace(before, origin="") != replace(self.event_time, origin="")

    def _new_checks(self, checks: Sequence[Check]) -> bool:
        """Earlier numbers of a check that was changed are those of another question."""
        needing = [(check, set(whole_table_metrics(check))) for check in checks]
        if self.last is None:
            return any(not metrics <= set(self.known.values) for _, metrics in needing)
        judged = self.last.checks
        return any(metrics and judged.get(check.id) != check.definition for check, metrics in needing)
