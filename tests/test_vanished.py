"""A table that was measured for a while and that its source lists no more is told once, whether there is a contract or
not; what came and went is not, and a source that has lost all its tables is one incident."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from checks import doctor
from checks.config import load
from checks.history import History
from checks.incident_answers import act, action_of, evidence
from checks.incidents.grouping import Why
from checks.incidents.taken_out import taken_out
from checks.monitor import Monitor
from checks.records import Dataset, Dimension, Family, Incident, Key, Measured, Outcome
from checks.run import Slot
from checks.vanished import missing
from checks.worker import columns_job, list_job
from connectors import Column, DatasetMissing, TableName
from dashboard import load as load_pages
from dashboard import process
from tests.monitors import CannedMonitor, Clock, canned, seven_rows, utc

NOON, DAY = utc(2026, 3, 15, 12), timedelta(days=1)


class Shop:
    """A source whose tables come and go, measured once a day."""

    def __init__(self, folder: Path, *tables: str, config: str = "") -> None:
        self.folder, self.tables = folder, list(tables)
        self.monitor = self._ready(canned(folder, Clock(NOON), *tables, config=config))

    def days(self, count: int = 4) -> None:
        """So many days with a listing and a run of all each."""
        for _ in range(count):
            self.monitor.clock.forward(DAY)  # ty: ignore[unresolved-attribute]
            self.look()
            self.run()

    def look(self) -> None:
        self.monitor.refresh(self.monitor.clock())

    def run(self) -> set[Outcome]:
        return {future.result().outcome for future in self.monitor.start([])}

    def again(self, config: str | None = None) -> None:
        """Stopped and started, perhaps with another line for the source."""
        self.monitor.close()
        file = self.folder / "config.toml"
        if config:
            file.write_text(file.read_text().replace('"files://tables"\n', f'"files://tables"\n{config}\n'))
        settings = load(file)
        clock = Clock(self.monitor.clock())
        self.monitor = self._ready(CannedMonitor(settings, History.open(settings.history_path, clock()), clock))

    def incidents(self) -> list[Incident]:
        return self.monitor.desk.open_incidents(self.monitor.clock())

    def do(self, number: int, *words: str) -> None:
        act(self.monitor, number, action_of(words[0], "noor", *words[1:]))

    def _ready(self, monitor: CannedMonitor) -> CannedMonitor:
        monitor.workers.call = self._answer  # ty: ignore[invalid-assignment]
        monitor.answer = self._measure
        return monitor

    def _answer(self, spec: Any, deadline: float, job: Callable, *about: Any) -> Any:
        if job is list_job:
            return tuple(TableName(None, name) for name in self.tables)
        return {table: (Column("id", "int64", "BIGINT"),) for table in about[1]} if job is columns_job else None

    def _measure(self, dataset: Dataset, slot: Slot) -> Measured:
        if dataset.table.name not in self.tables:
            raise DatasetMissing("s", "there is no such table", dataset=str(dataset.table))
        return seven_rows(dataset, slot)


@pytest.fixture
def shop(tmp_path) -> Iterator[Shop]:
    found = Shop(tmp_path, "orders", "users", "items")
    yield found
    found.monitor.close()


def test_a_table_that_is_dropped_is_one_incident_until_it_is_back(shop):
    shop.days()
    shop.tables.remove("orders")
    shop.days(2)
    [opened] = shop.incidents()
    assert (opened.title, opened.lead.key) == (
        "orders is not there since 19 Mar 12:00 UTC", Key("s.orders", Dimension.CONFORMITY),
    )  # fmt: skip
    assert "if it was removed on purpose, resolve its incident" in opened.lead.sentence
    assert shop.monitor.sources()[0].vanished == ("orders",)
    shop.again()
    assert "s.orders" in shop.monitor.datasets()
    shop.tables.append("orders")
    shop.days(2)  # healthy runs that it takes
    assert shop.incidents() == []
    assert shop.monitor.sources()[0].vanished == ()


@pytest.mark.parametrize("words", [("resolve", "retired"), ("label", "expected"), ("label", "new_regime", "retired")])
def test_a_person_says_that_it_may_be_gone_and_it_is_watched_no_more(shop, words):
    shop.days()
    shop.tables.remove("orders")
    shop.days(1)
    shop.do(1, *words)
    assert "s.orders" not in shop.monitor.datasets()
    shop.again()
    shop.days(2)
    assert shop.incidents() == []
    assert list(shop.monitor.datasets()) == ["s.items", "s.users"]


def test_it_may_be_gone_is_said_while_the_source_is_listed(shop, monkeypatch):
    shop.days()
    shop.tables.remove("orders")
    shop.look()
    asked, catalogue = shop.monitor.history.lasting, shop.monitor.catalogue
    person = Thread(target=catalogue.let_go, args=({"s.orders"}, NOON))

    def lasting(*about: Any) -> set[str]:
        person.start()
        person.join(0.1)  # it has to wait until the listing is kept
        return asked(*about)

    monkeypatch.setattr(shop.monitor.history, "lasting", lasting)
    shop.look()
    person.join()
    assert catalogue.vanished() == set()


def test_another_incident_of_the_table_says_nothing_of_its_being_gone(shop):
    shop.days()
    shop.tables.remove("orders")
    shop.days(1)
    [gone] = shop.incidents()
    late = replace(gone.lead, key=Key("s.orders", Dimension.TIMELINESS), checks=("learned.cadence",))
    shop.monitor.desk._standing(shop.monitor.clock()).incidents[1] = replace(gone, symptoms=(late,))
    shop.do(1, "resolve", "it was the holidays")
    assert shop.monitor.sources()[0].vanished == ("orders",)


def test_what_is_no_answer_to_it_leaves_it_missed(shop):
    shop.days()
    shop.tables.remove("orders")
    shop.days(1)
    shop.do(1, "ack")
    shop.do(1, "label", "known_error")
    shop.days(1)
    assert [each.id for each in shop.incidents()] == [1]


def test_what_is_excluded_is_missed_no_more(shop):
    shop.days()
    shop.tables.remove("orders")
    shop.days(1)
    shop.again('exclude = ["ord*"]')
    assert "s.orders" not in shop.monitor.datasets()
    shop.look()
    listed = {state.name: state for state in shop.monitor.sources()}
    assert list(taken_out(shop.incidents(), shop.monitor.datasets(), listed, all_read=True)) == ["s.orders"]


def test_what_came_and_went_is_not_missed(shop):
    shop.days()
    shop.tables.append("tmp_orders")
    shop.days(3)  # from the first to the last run two days
    shop.tables.remove("tmp_orders")
    shop.days(1)
    assert shop.incidents() == []
    assert "s.tmp_orders" not in shop.monitor.datasets()


def test_a_table_that_is_built_anew_while_the_source_is_listed_is_not_missed(shop):
    shop.days()
    shop.tables.remove("orders")
    shop.look()
    shop.tables.append("orders")
    shop.run()
    assert shop.incidents() == []


def test_tables_that_are_gone_together_are_one_incident_and_others_another(shop):
    shop.days()
    shop.tables[:2] = []
    shop.days(1)
    [both] = shop.incidents()
    assert both.title == "orders and one more table of s are not there since 19 Mar 12:00 UTC"
    assert both.datasets == ("s.orders", "s.users")
    attached = [event.about["why"] for event in shop.monitor.history.incident_events(1) if event.kind == "attached"]
    assert attached == [Why.GONE]
    shop.tables = ["orders", "spare"]
    shop.days(1)
    assert [each.lead.key.subject for each in shop.incidents()] == ["s.orders", "s.items"]


def test_the_table_that_appeared_instead_is_named(shop):
    shop.days()
    shop.tables[0] = "orders_v2"
    shop.days(1)
    [opened] = shop.incidents()
    said = "s.orders was probably renamed: s.orders_v2 appeared at the same time with the same column"
    assert opened.cause == said
    assert evidence(shop.monitor, 1)[0] == said


def test_a_new_table_with_other_columns_is_no_new_name(shop):
    def measured(dataset: Dataset, slot: Slot) -> Measured:
        found = shop._measure(dataset, slot)
        return replace(found, columns=(Column("code", "string", "VARCHAR"),)) if "v2" in dataset.name else found

    shop.days()
    shop.tables[0] = "a_v2"  # measured before anybody finds that another one is gone
    shop.monitor.answer = measured
    shop.days(1)
    [opened] = shop.incidents()
    assert opened.cause == opened.lead.sentence


def test_a_source_that_has_lost_all_its_tables_is_one_incident_about_it(shop):
    shop.days()
    there, shop.tables = shop.tables, []
    shop.monitor.clock.forward(timedelta(hours=1))
    assert shop.run() == {Outcome.UNREACHABLE}, "the first run that misses its table has the source listed"
    shop.days(1)
    [opened] = shop.incidents()
    assert opened.lead.key == Key("s", None, Family.SOURCE)
    assert opened.title == "source s lists no table any more since 19 Mar 12:00 UTC"
    assert "there were 3 of them: orders, users, items. To do: check that its folder is mounted" in opened.lead.sentence
    assert len(shop.monitor.datasets()) == 3
    shop.again()
    assert shop.run() == {Outcome.UNREACHABLE}
    shop.tables = there
    shop.days(1)
    assert shop.incidents() == []


def test_all_tables_may_be_gone_on_purpose(shop):
    shop.days()
    shop.tables = []
    shop.days(1)
    shop.do(1, "resolve", "moved")
    assert shop.monitor.datasets() == {}
    shop.days(1)
    assert (shop.incidents(), shop.monitor.sources()[0].error) == ([], None)


def test_doctor_names_what_is_missed(shop):
    shop.days()
    shop.tables.remove("orders")
    shop.look()
    notes = [note["message"] for note in doctor.examine(shop.monitor)["notes"] if note["area"] == "sources"]
    assert any(each.startswith("lists no more, though they were measured: orders; if it was") for each in notes)


def shown() -> None:
    from dashboard import load, process, sources

    for state in process.current().sources():
        sources._source(state, [], load.now())


def test_the_sources_page_names_it_and_tells_an_empty_source_from_a_silent_one(shop):
    load_pages.refresh()
    with process.holding(shop.monitor):
        shop.days()
        shop.tables.remove("orders")
        shop.look()
        app = AppTest.from_function(shown, default_timeout=60).run()
        assert [each.value for each in app.warning] == ["Not there any more: orders."]
        shop.tables = []
        shop.look()
        app.run()
        assert any("has no table any more" in each.value for each in app.markdown)
        assert "lists no table any more" in app.error[0].value
    load_pages.refresh()


@pytest.mark.parametrize(
    ("before", "found", "missed"),
    [
        ("orders", "users", ["orders"]),
        ("events_20260301", "events_20260401", []),
        ("events_20260401", "events_20260301", ["events_20260401"]),
        ("events_2026_03_01", "events_2026_03_02", []),
        ("events_20260301", "clicks_20260401", ["events_20260301"]),
        ("region_1", "region_2", ["region_1"]),
        ("orders", "orders", []),
    ],
)
def test_of_a_series_of_tables_the_old_ones_go_without_a_word(before, found, missed):
    assert [table.name for table in missing([TableName(None, before)], [TableName(None, found)])] == missed


def test_a_view_in_the_place_of_a_table_is_the_same():
    assert missing([TableName("a", "x")], [TableName("a", "x", is_view=True)]) == []
    assert missing([TableName("a", "x")], [TableName("b", "x")]) == [TableName("a", "x")]


@pytest.mark.slow
def test_a_real_table_is_dropped_and_a_real_folder_is_not_mounted(tmp_path):
    """In workers, with real warehouses: what a person sees after a run of the command."""
    lake, shop = tmp_path / "lake", sqlite3.connect(tmp_path / "shop.sqlite")
    lake.mkdir()
    with duckdb.connect() as db:
        for name in ("orders", "users"):
            shop.execute(f"CREATE TABLE {name} AS SELECT 1 AS id")
            db.execute(f"COPY (SELECT 1 AS id) TO '{lake / name}.parquet'")
    shop.execute("CREATE VIEW mart AS SELECT id FROM orders")
    (tmp_path / "config.toml").write_text(
        '[sources.shop]\nurl = "shop.sqlite"\n[sources.lake]\nurl = "lake"\n[detection]\non = false\n'
    )
    clock = Clock(NOON)
    monitor = Monitor.open(load(tmp_path / "config.toml"), NOON, clock)

    def day() -> list[str]:
        clock.forward(DAY)
        futures, _ = monitor.list_and_start([])
        for future in futures:
            future.result()
        return [each.title for each in monitor.desk.open_incidents(clock())]

    for _ in range(4):
        assert day() == []
    shop.executescript("CREATE TABLE orders_v2 AS SELECT * FROM orders; DROP TABLE orders")
    lake.rename(tmp_path / "elsewhere")
    lake.mkdir()
    assert sorted(day()) == [
        "orders is not there since 19 Mar 12:00 UTC",
        "source lake lists no table any more since 19 Mar 12:00 UTC",
    ]
    gone = next(each for each in monitor.desk.open_incidents(clock()) if each.lead.key.family is Family.DATA)
    assert "shop.orders_v2 appeared at the same time with the same column" in (gone.cause or "")
    assert gone.datasets == ("shop.mart", "shop.orders")
    lake.rmdir()
    (tmp_path / "elsewhere").rename(lake)
    assert day() == ["orders is not there since 19 Mar 12:00 UTC"]
    monitor.close()
    shop.close()
