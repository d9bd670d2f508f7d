"""When rows were loaded, measured: which column says it, and one grouped query in every backend."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from checks.history import History
from checks.loadtime import ages_of, ahead, infer_load_time
from checks.plan import choose_event_time, choose_load_time
from checks.records import Dataset, EventTime, Grain, Loaded, LoadTime, Measured, Outcome, RunReport
from connectors import Column, TableName
from tests.loading import DAY, HOUR, MINUTE, NOON, TODAY, Feed
from tests.warehouses import DuckDBFile, Warehouse

STAMP = "timestamp(6)"
YESTERDAY = TODAY - DAY


def columns(**types: str) -> tuple[Column, ...]:
    return tuple(Column(name, kind, kind.upper()) for name, kind in types.items())


class TestWhichColumn:
    @pytest.mark.parametrize(
        "name", ["loaded_at", "_ingested_at", "_fivetran_synced", "_airbyte_extracted_at", "LoadTime"]
    )
    def test_names_that_tools_and_people_give_are_known(self, name):
        found = infer_load_time(columns(at=STAMP, **{name: STAMP}))
        assert found is not None
        assert found.name == name

    def test_what_says_something_else_or_is_no_timestamp_is_none(self):
        assert (
            infer_load_time(columns(updated_at=STAMP, received_at=STAMP, loaded_at="date", load_time="string")) is None
        )

    def test_what_a_tool_writes_comes_first(self):
        found = infer_load_time(columns(at=STAMP, inserted_at=STAMP, _fivetran_synced=STAMP))
        assert found is not None
        assert found.name == "_fivetran_synced"

    @pytest.mark.parametrize(
        ("declared", "chosen"),
        [
            ({}, LoadTime("loaded_at", "inferred")),
            ({"load_time": "came"}, LoadTime("came", "config")),
            ({"load_time": "came", "zone": "Europe/Oslo"}, LoadTime("came", "config", "Europe/Oslo")),
            ({"load_time": "came", "load_zone": "Asia/Tokyo"}, LoadTime("came", "config", "Asia/Tokyo")),
            ({"load_time": "aware", "zone": "Europe/Oslo"}, LoadTime("aware", "config")),
            ({"load_time": "gone"}, None),
            ({"load_time": "day"}, None),
            ({"load_time": "at"}, None),
            ({"load_time": "gone", "dbt_load_time": "came"}, None),
            ({"dbt_load_time": '"CAME"', "zone": "Europe/Oslo"}, LoadTime("came", "dbt", "UTC")),
            ({"dbt_load_time": "came::timestamp"}, LoadTime("loaded_at", "inferred")),
            ({"dbt_load_time": "gone"}, LoadTime("loaded_at", "inferred")),
            ({"dbt_load_time": "day"}, LoadTime("loaded_at", "inferred")),
            ({"dbt_load_time": "at"}, LoadTime("loaded_at", "inferred")),
            ({"event_time": "loaded_at"}, None),
            ({"event_time": "gone"}, None),
        ],
    )  # fmt: skip
    def test_the_declared_one_else_the_likeliest(self, declared, chosen):
        there = columns(at=STAMP, loaded_at=STAMP, came=STAMP, aware="timestamp('UTC', 6)", day="date")
        dataset = Dataset("shop", TableName(None, "t"), **{"event_time": "at", **declared})
        assert choose_load_time(dataset, there, choose_event_time(dataset, there)) == chosen


def test_ages_are_told_to_ten_minutes_for_days_and_to_one_for_hours():
    days, hours = ages_of(DAY), ages_of(HOUR)
    assert (days.end_of(0), days.end_of(287), days.end_of(288), days.end_of(days.steps - 1)) == (10, 2880, 2940, 5760)
    assert (hours.end_of(0), hours.end_of(119), hours.end_of(120), hours.end_of(hours.steps - 1)) == (1, 120, 150, 4380)


def test_clocks_are_changed_where_a_zone_changes_them():
    oslo, utc = EventTime("at", "contract", "Europe/Oslo"), LoadTime("loaded_at", "contract")
    first, last = datetime.fromisoformat("2026-03-20"), datetime.fromisoformat("2026-04-02")
    assert ahead(oslo, utc, first, last) == [(first, 3600), (datetime.fromisoformat("2026-03-30"), 7200)]
    assert ahead(oslo, LoadTime("loaded_at", "contract", "Europe/Oslo"), first, last) == [(first, 0)]


# -- measured ----------------------------------------------------------------------------------------------------------


def table(*rows: tuple[datetime, datetime | None], aware: bool = False) -> pa.Table:
    kind = pa.timestamp("us", "UTC") if aware else pa.timestamp("us")
    happened = pa.array([at for at, _ in rows], pa.timestamp("us"))
    return pa.table({"at": happened, "loaded_at": pa.array([loaded for _, loaded in rows], kind)})


def later(*ages: timedelta) -> list[tuple[datetime, datetime]]:
    """Rows of yesterday noon, loaded at these ages of their day."""
    return [(YESTERDAY + 12 * HOUR, YESTERDAY + age) for age in ages]


def test_rows_are_counted_by_bucket_and_age(warehouse: Warehouse):
    rows = later(12 * HOUR, 12 * HOUR + 9 * MINUTE, 12 * HOUR + 10 * MINUTE, 50 * HOUR, 96 * HOUR, 97 * HOUR)
    other = (TODAY - 2 * DAY + HOUR, TODAY + HOUR)
    found = Feed(warehouse, table(*rows, other)).measured()
    assert found.load_time == LoadTime("loaded_at", "inferred")
    assert found.loads == (
        Loaded(TODAY - 2 * DAY, ages=(50 * 60,), rows=(1,)),
        Loaded(YESTERDAY, ages=(730, 740, 51 * 60), rows=(2, 1, 1), late=2, latest=97 * 60),
    )
    assert found.problems == ()
    assert sum(query.purpose.startswith("rows by the age") for query in found.queries) == 1


def test_what_can_not_be_is_counted_apart(warehouse: Warehouse):
    """None at all, and long before it happened; a clock that is a minute behind is no wonder."""
    noon = YESTERDAY + 12 * HOUR
    rows = [(noon, None), (noon, noon - 6 * MINUTE), (noon, noon - MINUTE), (noon, YESTERDAY - HOUR)]
    [found] = Feed(warehouse, table(*rows)).measured().loads
    assert found == Loaded(YESTERDAY, ages=(10, 720), rows=(1, 2), undated=1, preceding=2)


def test_two_clocks_are_brought_together(warehouse: Warehouse):
    """Midnight of the 31st of March is 22:00 in UTC; two days before, an hour less lay between them."""
    winter = datetime.fromisoformat("2026-03-28")
    rows = [
        (YESTERDAY + 9 * HOUR, (YESTERDAY + 8 * HOUR + MINUTE).replace(tzinfo=UTC)),
        (winter + 9 * HOUR, (winter + 9 * HOUR + MINUTE).replace(tzinfo=UTC)),
    ]
    feed = Feed(warehouse, table(*rows, aware=True), zone="Europe/Oslo")
    if warehouse.kind == "sqlite":
        feed.dataset = replace(feed.dataset, load_zone="UTC")  # its moments do not say that they are aware
    assert [loaded.ages for loaded in feed.measured().loads] == [(10 * 60 + 10,), (10 * 60 + 10,)]


def test_days_that_are_dates_and_hours(warehouse: Warehouse):
    frame = pa.table({"day": [date(2026, 3, 31)] * 2, "loaded_at": pa.array([TODAY, TODAY + HOUR], pa.timestamp("us"))})
    [day] = Feed(warehouse, frame, event_time="day").measured().loads
    assert (day.ages, day.rows) == ((1450, 1510), (1, 1))


def test_hours_are_told_to_the_minute(warehouse: Warehouse):
    nine = TODAY + 9 * HOUR
    feed = Feed(warehouse, table((nine + MINUTE, nine + 61 * MINUTE), (nine, nine + 3 * HOUR)), grain=Grain.HOUR)
    [hour] = feed.measured().loads
    assert (hour.bucket, hour.ages, hour.rows) == (nine, (62, 210), (1, 1))


def test_only_the_newest_weeks_are_asked_and_only_by_a_run_that_reads_all(tmp_path: Path):
    rows = [(TODAY - days * DAY + HOUR, TODAY - days * DAY + 2 * HOUR) for days in range(120)]
    feed = Feed(DuckDBFile(tmp_path), table(*rows))
    whole = feed.measured()
    assert (whole.whole_table, len(whole.loads)) == (True, 91)
    with History.open(tmp_path / "history.duckdb", NOON) as history:
        report = RunReport("shop.feed", NOON, Outcome.FINISHED, 1, NOON, 0.1, "command", measured=whole)
        history.remember(report)
        newest = feed.measured(NOON + HOUR, history.known("shop.feed"))
    assert (newest.whole_table, newest.loads, newest.load_time) == (False, (), whole.load_time)


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ("gone", "the load time 'gone' that is declared in the config is no column of the table"),
        ("at", "the load time 'at' that is declared in the config is the event time"),
        ("amount", "the load time 'amount' that is declared in the config is of type float64, which is no moment"),
    ],
)
def test_what_is_declared_and_can_be_no_load_time_is_a_problem(tmp_path: Path, declared: str, said: str):
    rows = table(*later(12 * HOUR)).append_column("amount", pa.array([1.5]))
    found = Feed(DuckDBFile(tmp_path), rows, load_time=declared).measured()
    assert (found.load_time, found.loads) == (None, ())
    [problem] = found.problems
    assert said in problem.message
    assert "until then arrivals are learned from what runs see" in problem.message


def test_a_replay_does_not_see_what_was_loaded_later(tmp_path: Path):
    rows = [*later(12 * HOUR, 35 * HOUR, 37 * HOUR), (TODAY - 9 * DAY, TODAY + 20 * HOUR)]
    old, yesterday = Feed(DuckDBFile(tmp_path), table(*rows)).measured(replay=True).loads
    assert yesterday.rows == (1, 1)
    assert old.late == 1, "what was loaded again since has destroyed what was known of it"


def test_text_and_numbers_can_be_load_times(tmp_path: Path):
    seconds = int((YESTERDAY + 13 * HOUR).replace(tzinfo=UTC).timestamp())
    frame = pd.DataFrame({"at": [YESTERDAY], "text": ["2026-03-31 13:00:00"], "number": [seconds]})
    for name in ("text", "number"):
        (tmp_path / name).mkdir()
        [found] = Feed(DuckDBFile(tmp_path / name), frame, load_time=name).measured().loads
        assert found.ages == (790,)


def test_an_infinite_load_time_is_none_at_all(tmp_path: Path):
    warehouse = DuckDBFile(tmp_path)
    feed = Feed(warehouse, table(*later(12 * HOUR, 13 * HOUR)))
    warehouse.run("UPDATE feed SET loaded_at = 'infinity' WHERE loaded_at < '2026-03-31 12:30:00'")
    [found] = feed.measured().loads
    assert (found.rows, found.undated) == ((1,), 1)


# -- remembered --------------------------------------------------------------------------------------------------------


def test_loads_are_remembered_as_they_were_seen(tmp_path: Path):
    with History.open(tmp_path / "history.duckdb", NOON) as history:
        first, again = Loaded(YESTERDAY, (730,), (5,)), Loaded(YESTERDAY, (730, 740), (5, 2), 1, 9000, 3, 1)
        for number, loads in enumerate([(first,), (first,), (again,)]):
            remember(history, loads, NOON + number * DAY)

        def seen(at: datetime) -> list[tuple[datetime, Loaded]]:
            return history.loads("shop.feed", "loaded_at", Grain.DAY, YESTERDAY, at)

        assert seen(NOON + 2 * DAY) == [(NOON + 2 * DAY, again), (NOON, first)]
        assert seen(NOON + DAY) == [(NOON, first)], "what did not change is not written again"
        remember(history, (first,), NOON + 2 * DAY)
        assert seen(NOON + 2 * DAY) == [(NOON, first)], "a repetition takes the place of what it repeats"
        assert history.latest_runs()["shop.feed"].load_time == LoadTime("loaded_at", "inferred")
        history.tidy(NOON + 40 * DAY, timedelta(days=30))
        assert seen(NOON + 2 * DAY) == []


def test_what_did_not_change_is_written_once_more_when_it_has_settled(tmp_path: Path):
    """Else nobody could tell later whether the bucket was whole when it was seen."""
    with History.open(tmp_path / "history.duckdb", NOON) as history:
        loaded = Loaded(YESTERDAY, (730,), (5,))
        for number in range(6):
            remember(history, (loaded,), NOON + number * DAY)
        seen = history.loads("shop.feed", "loaded_at", Grain.DAY, YESTERDAY, NOON + 9 * DAY)
    assert seen == [(NOON + 3 * DAY, loaded), (NOON, loaded)]


def remember(history: History, loads: tuple[Loaded, ...], at: datetime) -> None:
    event_time, load_time = EventTime("at", "config"), LoadTime("loaded_at", "inferred")
    measured = Measured((), event_time, None, (), (), (), None, True, 0.1, at, load_time, loads)
    history.remember(RunReport("shop.feed", at, Outcome.FINISHED, 1, at, 0.1, "command", measured=measured))
