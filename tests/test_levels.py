"""Reading only the newest buckets gives the numbers that reading everything would have given."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checks.history import History, Known
from checks.levels import with_levels
from checks.metrics import CATALOGUE
from checks.records import (
    Dataset,
    Grain,
    Measured,
    Metric,
    Outcome,
    Reading,
    ReferenceExpected,
    UniqueExpected,
    ValuesExpected,
)
from checks.run import Slot
from checks.run import run as run_and_remember
from connectors import Source, TableName
from tests.conftest import FOLDERS
from tests.examples import examples
from tests.measuring import NONE, Memory, check, found, measured, total
from tests.nasty import AT
from tests.warehouses import Warehouse

Row = tuple[datetime | None, int, float | None, str | None]
TABLE = {"duckdb": TableName("main", "t"), "sqlite": TableName(None, "t")}
OTHER = {"duckdb": TableName("main", "parts"), "sqlite": TableName(None, "parts")}
READING = Reading(history_days=30, look_back=timedelta(days=3), full_every=timedelta(days=100))
NOON = AT.replace(tzinfo=None)


def days_ago(days: float) -> datetime:
    return NOON - timedelta(days=days)


@dataclass
class Shop:
    """A table whose rows come late, change and go, measured by one run after the other."""

    warehouse: Warehouse
    rows: list[Row]
    memory: Memory = field(default_factory=Memory)
    more: dict = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.table = TABLE[self.warehouse.kind]
        self.warehouse.run("CREATE TABLE parts (code TEXT); INSERT INTO parts VALUES ('a'), ('')")
        reference = ReferenceExpected(("part",), "shop.parts", OTHER[self.warehouse.kind], ("code",), NONE)
        values = ValuesExpected("part", "invalid", NONE, valid=("a",))
        self.checks = (
            check("reference", reference),
            check("values", values),
            check("key", UniqueExpected(("id",), NONE)),
        )

    def run(self, at: datetime, **more: object) -> Measured:
        """One run on the rows as they are now."""
        self._write()
        with self.warehouse.open() as source:
            return self.memory.run(source, self.table, at, self.checks, **{"reading": READING} | self.more | more)

    def everything(self, at: datetime) -> Measured:
        """What a first run at this moment would have found."""
        with self.warehouse.open() as source:
            return measured(source, self.table, at, self.checks, **{"reading": READING} | self.more)

    def _write(self) -> None:
        schema = pa.schema(
            [("created_at", pa.timestamp("us")), ("id", pa.int64()), ("x", pa.float64()), ("part", pa.string())]
        )
        self.warehouse.run("DROP TABLE IF EXISTS t")
        columns = list(zip(*self.rows, strict=True)) or [()] * 4
        self.warehouse.load("t", pa.table(dict(zip(schema.names, columns, strict=True)), schema=schema))


@pytest.fixture(params=["duckdb", "sqlite"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Shop:
    """20 days with one row each, and some rows that belong to no day."""
    rows: list[Row] = [(days_ago(day), day, float(day), "a") for day in range(20)]
    rows += [(None, 100, None, "?"), (days_ago(200), 101, None, None), (days_ago(1.5), 102, float("inf"), "")]
    return Shop(FOLDERS[request.param](tmp_path), rows)


def levels(run: Measured) -> dict[tuple[str, str | None], float]:
    """The whole-table numbers that a run of the newest buckets can know."""
    return {
        key: series[None]
        for key, series in found(run).items()
        if None in series and (CATALOGUE[key[0]].additive or key[0] in ("null_rate", "freshness"))
    }


def assert_like_everything(shop: Shop, run: Measured, at: datetime) -> None:
    whole = shop.everything(at)
    assert run.read_from is not None
    assert levels(run) == pytest.approx(levels(whole))
    read_again = {key: {b: v for b, v in s.items() if b and b >= run.read_from} for key, s in found(whole).items()}
    assert {key: s for key, s in found(run).items() if key in read_again and set(s) != {None}}.keys() >= {
        key for key, s in read_again.items() if s
    }
    for key, series in read_again.items():
        assert {b: v for b, v in found(run).get(key, {}).items() if b} == pytest.approx(series)


class TestAfterAFirstRun:
    @pytest.fixture(autouse=True)
    def first_run(self, shop: Shop) -> None:
        assert shop.run(AT).whole_table

    def test_new_rows_are_added(self, shop: Shop):
        later = AT + timedelta(days=1)
        shop.rows += [(NOON + timedelta(hours=3), 200, None, None), (NOON + timedelta(hours=23), 201, 1.0, "?")]
        assert_like_everything(shop, shop.run(later), later)

    def test_late_rows_restate_their_day(self, shop: Shop):
        shop.rows += [(days_ago(2.1), 200, None, None), (days_ago(2.2), 201, 7.0, "?")]
        assert_like_everything(shop, shop.run(AT + timedelta(hours=1)), AT + timedelta(hours=1))

    def test_rows_deleted_from_the_look_back_are_taken_off(self, shop: Shop):
        shop.rows = [row for row in shop.rows if row[1] not in (1, 2, 102)]
        assert_like_everything(shop, shop.run(AT + timedelta(hours=1)), AT + timedelta(hours=1))

    def test_changed_values_are_counted_anew(self, shop: Shop):
        shop.rows = [(at, id_, None if id_ == 1 else x, "b" if id_ == 2 else part) for at, id_, x, part in shop.rows]
        assert_like_everything(shop, shop.run(AT + timedelta(hours=1)), AT + timedelta(hours=1))

    def test_all_rows_of_the_window_may_be_gone(self, shop: Shop):
        shop.rows = [row for row in shop.rows if row[0] is None or row[0] < days_ago(3.5)]
        run = shop.run(AT + timedelta(hours=1))
        assert_like_everything(shop, run, AT + timedelta(hours=1))
        assert run.queries[-1].purpose == "newest event time"

    def test_a_pause_of_days_is_caught_up(self, shop: Shop):
        later = AT + timedelta(days=9)
        shop.rows += [(NOON + timedelta(days=day), 200 + day, None, "?") for day in range(9)]
        assert_like_everything(shop, shop.run(later), later)

    def test_only_the_window_is_read(self, shop: Shop):
        run = shop.run(AT + timedelta(hours=1))
        assert run.read_from == datetime(2026, 3, 12)  # noqa: DTZ001 a bucket
        bounds = ("2026-03-12", "2026, 3, 12")
        assert all(
            any(bound in query.sql for bound in bounds) for query in run.queries if "statistics" not in query.purpose
        )
        assert {query.purpose for query in run.queries} - {"rows in the table, from statistics"} == {
            "fused",
            "keys without partner in shop.parts",
        }
        assert sum(found(run)["bucket_rows", None].values()) == 5

    def test_numbers_that_do_not_sum_are_left_as_they_were_measured(self, shop: Shop):
        run = shop.run(AT + timedelta(hours=1))
        assert not {metric for (metric, _), series in found(run).items() if None in series} & {"min", "mean", "stddev"}
        assert total(run, "duplicate_count", "id") is None

    def test_a_row_that_was_in_the_future_is_counted_once(self, shop: Shop):
        """It belongs to the table before it belongs to a bucket: adding buckets up would count it again."""
        shop.rows += [(NOON + timedelta(hours=5), 200, None, "?")]
        before = shop.run(AT + timedelta(hours=1))
        assert (total(before, "row_count"), total(before, "future_rows")) == (24, 1)
        after = shop.run(AT + timedelta(hours=6))
        assert (total(after, "row_count"), total(after, "future_rows")) == (24, 0)
        assert total(after, "null_count", "x") is None  # known again after the next run that reads everything

    def test_numbers_out_of_step_stay_so_until_everything_is_read(self, shop: Shop):
        shop.rows += [(NOON + timedelta(hours=5), 200, None, "?")]
        shop.run(AT + timedelta(hours=1))
        shop.run(AT + timedelta(hours=6))
        assert total(shop.run(AT + timedelta(hours=7)), "null_count", "x") is None
        assert total(shop.run(AT + timedelta(days=101)), "null_count", "x") == 3
        later = AT + timedelta(days=101, hours=1)
        assert_like_everything(shop, shop.run(later), later)

    def test_a_new_column_has_no_level_before_everything_is_read(self, shop: Shop):
        shop.run(AT + timedelta(hours=1))
        shop._write()
        shop.warehouse.run("ALTER TABLE t ADD COLUMN fresh TEXT")
        with shop.warehouse.open() as source:
            run = shop.memory.run(source, shop.table, AT + timedelta(hours=2), shop.checks, reading=READING)
        assert not run.whole_table
        assert total(run, "null_count", "fresh") is None
        assert total(run, "null_count", "x") == 2
        assert found(run)["null_count", "fresh"][datetime(2026, 3, 14)] == 2  # noqa: DTZ001 a bucket


def test_a_dataset_younger_than_the_look_back_has_no_empty_days_before_its_first(tmp_path: Path):
    shop = Shop(FOLDERS["sqlite"](tmp_path), [(days_ago(0.2), 1, 1.0, "a"), (None, 2, 1.0, "a")])
    assert list(found(shop.run(AT))["bucket_rows", None]) == [datetime(2026, 3, 15)]  # noqa: DTZ001
    later = AT + timedelta(days=1)
    assert list(found(shop.run(later))["bucket_rows", None]) == [datetime(2026, 3, 15), datetime(2026, 3, 16)]  # noqa: DTZ001


def test_a_look_back_longer_than_the_history_counts_nothing_twice(tmp_path: Path):
    shop = Shop(FOLDERS["sqlite"](tmp_path), [(days_ago(day), day, None, "a") for day in range(6)])
    shop.more = {"reading": Reading(history_days=1, look_back=timedelta(days=5))}
    shop.run(AT)
    assert_like_everything(shop, shop.run(AT + timedelta(hours=1)), AT + timedelta(hours=1))


def test_a_run_of_everything_is_left_as_it_is(tmp_path: Path):
    run = Shop(FOLDERS["sqlite"](tmp_path), [(days_ago(1), 1, 1.0, "a")]).run(AT)
    assert with_levels(run, {Metric("row_count"): (AT, 99.0)}, {}) is run


def known_measured(source: Source, table: TableName, at: datetime, known: Known) -> Measured:
    return measured(source, table, at, known=known)


def test_the_history_knows_all_that_this_needs(tmp_path: Path):
    """Also after it was closed, when everything comes back out of the file."""
    shop = Shop(FOLDERS["sqlite"](tmp_path), [(days_ago(day), day, None, "a") for day in range(9)])
    dataset, path = Dataset("shop", shop.table), tmp_path / "history.duckdb"
    for hour in range(3):
        shop._write()
        at = AT + timedelta(hours=hour)
        with shop.warehouse.open() as source, History.open(path, at) as history:
            measure = partial(known_measured, source, shop.table, at)
            report = run_and_remember(dataset, Slot(at, at), history, measure)
            assert report.outcome is Outcome.FINISHED
            level = history.points(dataset.name, "null_count", "x", grain=Grain.TABLE)
        shop.rows.append((NOON + timedelta(hours=hour, minutes=30), 100 + hour, None, "a"))
    assert level["value"].tolist() == [9, 10, 11]


rows_of_a_step = st.lists(
    st.tuples(
        st.floats(-2.9, 0, allow_nan=False).map(lambda days: timedelta(days=round(days, 3))),
        st.sampled_from([None, 0.0, 1.5, float("inf")]),
        st.sampled_from([None, "", "a", "b"]),
    ),
    max_size=4,
)
steps = st.lists(
    st.tuples(st.integers(1, 60), rows_of_a_step, st.lists(st.integers(0, 30), max_size=3)), min_size=1, max_size=3
)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "grain"), [("sqlite", Grain.DAY), ("sqlite", Grain.HOUR), ("duckdb", Grain.DAY)])
@settings(max_examples=examples(5), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_whatever_happens_in_the_look_back_the_whole_is_right(tmp_path_factory, kind: str, grain: Grain, steps: list):
    """Each step: hours pass, rows arrive late or new, and some of the look-back are deleted."""
    shop = Shop(FOLDERS[kind](tmp_path_factory.mktemp(kind)), [(days_ago(day), day, 1.0, "a") for day in range(8)])
    shop.more = {"grain": grain}
    shop.run(AT)
    at = AT
    for number, (hours, arriving, leaving) in enumerate(steps):
        at += timedelta(hours=hours)
        now = at.replace(tzinfo=None)
        known_back_to = now - timedelta(hours=hours + 71)
        young = [row for row in shop.rows if row[0] is not None and row[0] > known_back_to]
        gone = {young[i][1] for i in leaving if i < len(young)}
        shop.rows = [row for row in shop.rows if row[1] not in gone]
        shop.rows += [(now + back, 1000 * number + i + 50, x, part) for i, (back, x, part) in enumerate(arriving)]
        assert_like_everything(shop, shop.run(at), at)


def test_metrics_have_an_order_whatever_they_are_of():
    metrics = [
        Metric("sum", "a", check="c"),
        Metric("sum", "b"),
        Metric("sum", "a"),
        Metric("row_count"),
        Metric("sum"),
    ]
    assert sorted(metrics) == [metrics[i] for i in (3, 4, 2, 0, 1)]
