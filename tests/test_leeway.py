"""Rows a few minutes ahead of the clock: of a table that is written while a run begins, or by a clock that is fast."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from checks.eventtime import LEEWAY
from checks.measure import measure
from checks.predicates import NotInFuture
from checks.records import Grain, Reading, ValuesExpected
from tests.conftest import FOLDERS
from tests.measuring import NONE, Memory, check, found, measured, no_other_source, planned, total
from tests.nasty import AT
from tests.warehouses import Warehouse

only = pytest.mark.parametrize
NOON, SECOND, MINUTE = AT.replace(tzinfo=None), timedelta(seconds=1), timedelta(minutes=1)
MIDNIGHT = datetime(2026, 3, 16)  # noqa: DTZ001 the column's own clock
LATE = AT.replace(hour=23, minute=58)


def rows(*moments: datetime | None) -> pa.Table:
    return pa.table({"created_at": pa.array(moments, pa.timestamp("us")), "x": pa.array([None] * len(moments))})


def test_rows_of_the_moment_at_which_they_are_read_are_not_from_the_future(tmp_path: Path):
    warehouse = FOLDERS["duckdb"](tmp_path)
    warehouse.run("CREATE VIEW t AS SELECT now() AS created_at FROM range(5)")
    at = datetime.now(UTC)
    with warehouse.open() as source:
        run = measure(source, planned(source, source.tables()[0], at), at, no_other_source)
    assert (total(run, "row_count"), total(run, "future_rows"), total(run, "freshness")) == (5, 0, 0)


@only("warehouse", ["postgres"], indirect=True)
@only("ahead", ["0 seconds", "2 seconds"])
def test_rows_written_while_the_run_begins_are_not_from_the_future(
    warehouse: Warehouse, ahead: str, monkeypatch: pytest.MonkeyPatch
):
    warehouse.run("CREATE TABLE t (created_at timestamptz)")
    with warehouse.open() as source:
        clock = source.now

        def asked() -> datetime:
            now = clock()
            warehouse.run(f"INSERT INTO t VALUES (clock_timestamp() + interval '{ahead}')")
            return now

        monkeypatch.setattr(source, "now", asked)
        run = measure(source, planned(source, source.tables()[0], AT), AT, no_other_source)
    assert (total(run, "row_count"), total(run, "future_rows"), total(run, "freshness")) == (1, 0, 0)


@only("warehouse", ["duckdb", "sqlite", "postgres"], indirect=True)
@only("grain", [Grain.DAY, Grain.HOUR])
def test_rows_within_the_leeway_are_in_their_bucket_and_new(warehouse: Warehouse, grain: Grain):
    name = warehouse.load("t", rows(NOON + SECOND, NOON + LEEWAY, NOON + LEEWAY + SECOND, None))
    with warehouse.open() as source:
        run = measured(source, name, AT, grain=grain)
    assert (total(run, "row_count"), total(run, "future_rows"), total(run, "freshness")) == (4, 1, 0)
    present = NOON if grain is Grain.HOUR else NOON.replace(hour=0)
    assert found(run)["bucket_rows", None] == {present: 2}


@only("warehouse", ["duckdb", "sqlite", "postgres"], indirect=True)
def test_no_bucket_begins_before_its_time(warehouse: Warehouse):
    name = warehouse.load("t", rows(MIDNIGHT - 5 * MINUTE, MIDNIGHT, MIDNIGHT + MINUTE, MIDNIGHT + 4 * MINUTE))
    with warehouse.open() as source:
        run = measured(source, name, LATE)
    assert found(run)["bucket_rows", None] == {MIDNIGHT - timedelta(days=1): 1}
    assert [total(run, metric) for metric in ("row_count", "future_rows", "ahead_rows", "freshness")] == [4, 1, 3, 0]


def test_rows_of_the_next_day_are_counted_once_when_it_has_begun(tmp_path: Path):
    """By the runs of the newest days alone; before, they are rows of the table and of no day."""
    warehouse, memory = FOLDERS["duckdb"](tmp_path), Memory()
    name = warehouse.load("t", rows(*(MIDNIGHT - timedelta(days=day, hours=1) for day in range(9))))
    runs = []
    for at in (LATE - timedelta(hours=3), LATE, LATE + 10 * MINUTE):
        with warehouse.open() as source:
            source.counts_from_statistics = lambda _: False
            runs.append(memory.run(source, name, at, reading=Reading(history_days=9, full_every=timedelta(days=9))))
        if at < LATE:
            warehouse.run(f"INSERT INTO t VALUES (TIMESTAMP '{MIDNIGHT + MINUTE}', NULL)")
    assert [run.whole_table for run in runs] == [True, False, False]
    assert [total(run, "row_count") for run in runs] == [9, 10, 10]
    assert [total(run, "future_rows") for run in runs] == [1, 0, 0]


@only("warehouse", ["duckdb", "sqlite", "postgres"], indirect=True)
def test_a_date_of_tomorrow_is_from_the_future_until_it_nearly_is_today(warehouse: Warehouse):
    days = [MIDNIGHT.date() - timedelta(days=1), MIDNIGHT.date()]
    name = warehouse.load("t", pa.table({"day": pa.array(days, pa.date32())}))
    told = []
    with warehouse.open() as source:
        for at in (LATE - 4 * MINUTE, LATE):
            run = measured(source, name, at)
            told.append([total(run, metric) for metric in ("future_rows", "ahead_rows", "freshness")])
            assert list(found(run)["bucket_rows", None].values()) == [1]
    assert told == [[1, 1, -6 * 60], [0, 1, -2 * 60]]


def test_a_replay_ends_at_its_moment(tmp_path: Path):
    warehouse = FOLDERS["duckdb"](tmp_path)
    name = warehouse.load("t", rows(NOON - MINUTE, NOON, NOON + SECOND))
    with warehouse.open() as source:
        run = measured(source, name, AT, replay=True)
    assert [total(run, metric) for metric in ("row_count", "future_rows", "ahead_rows", "freshness")] == [2, 0, 0, 0]


@only("warehouse", ["duckdb", "sqlite", "postgres"], indirect=True)
def test_a_rule_on_moments_has_the_same_leeway(warehouse: Warehouse):
    moments = pa.array([NOON + LEEWAY, NOON + LEEWAY + SECOND, None], pa.timestamp("us"))
    name = warehouse.load("t", pa.table({"paid_until": moments}))
    rule = check("paid", ValuesExpected("paid_until", "invalid", NONE, meets=(NotInFuture(),)))
    with warehouse.open() as source:
        run = measured(source, name, AT, [rule])
    assert total(run, "invalid_count", "paid_until") == 1
