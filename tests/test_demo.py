"""The demo warehouse: a real year that ends now, goes on, and has the documented faults and no others."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Generator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import demo_rules
import duckdb
import jsonschema
import open_data_contract_standard.model as odcs
import pytest
import time_machine

from connectors.demo import FAULTS, DemoFolderError, DemoReport, build, cycle, faults, feed
from connectors.demo.__main__ import main

AT = datetime(2026, 11, 23, 16, 40, tzinfo=UTC)
FOUND_DAILY = ["carriers-every-day", "tail-numbers-known"]
DOCUMENTED = {f"{fault.dataset} {fault.found_by}" for fault in FAULTS}


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> DemoReport:
    return build(tmp_path_factory.mktemp("warehouse") / "demo", AT)


@pytest.fixture
def demo(report: DemoReport, tmp_path: Path) -> Path:
    """A warehouse of its own; files are only ever replaced, so hard links will do."""
    return Path(shutil.copytree(report.folder, tmp_path / "demo", copy_function=os.link))


def ask(folder: Path, query: str) -> list[tuple]:
    with demo_rules.opened(folder) as connection:
        return connection.execute(query).fetchall()


def files(folder: Path) -> dict[str, int]:
    """Every file with the identity of its content: a file that is written again gets a new one."""
    return {str(file.relative_to(folder)): file.stat().st_ino for file in folder.rglob("*") if file.is_file()}


def content(folder: Path) -> list[tuple]:
    query = "SELECT count(*), sum(hash(t)) FROM {} t"
    return [ask(folder, query.format(table))[0] for table in ("flights", "weather", "planes", "airlines", "airports")]


class TestCycle:
    def test_every_day_stands_for_a_day_of_the_same_weekday(self):
        days = [date(2020, 1, 1) + timedelta(days=offset) for offset in range(4000)]
        assert all(cycle.source_day(day).weekday() == day.weekday() for day in days)

    def test_all_364_days_of_the_real_year_are_used_before_one_comes_again(self):
        used = {cycle.source_day(AT.date() - timedelta(days=back)) for back in range(364)}
        assert (len(used), min(used), max(used)) == (364, date(2013, 1, 2), date(2013, 12, 31))

    def test_in_2026_thanksgiving_stands_for_thanksgiving(self):
        assert cycle.source_day(date(2026, 11, 26)) == date(2013, 11, 28)


@pytest.mark.slow
class TestBuild:
    def test_there_are_as_many_rows_as_in_reality(self, report: DemoReport):
        assert report.rows["flights"] == pytest.approx(336_776, rel=0.01)
        assert report.rows["weather"] == pytest.approx(26_115, rel=0.01)
        tables = {name: report.rows[name] for name in ("planes", "airlines", "airports")}
        assert tables == {"planes": 3_322, "airlines": 16 - 1, "airports": 1_458}

    def test_flights_cover_365_days_and_end_at_the_hour_of_the_build(self, report: DemoReport):
        days, first, last = ask(report.folder, "SELECT count(DISTINCT date), min(date), max(time_hour) FROM flights")[0]
        assert (days, first) == (365, AT.date() - timedelta(days=364))
        assert last == AT.replace(minute=0)

    def test_a_day_has_the_flights_of_its_real_day(self, report: DemoReport):
        sent = ask(report.folder, "SELECT carrier, flight, dep_delay, day FROM flights WHERE date = '2026-07-01'")
        package = f"read_csv('{_real_flights(report)}', nullstr = 'NA')"
        source = cycle.source_day(date(2026, 7, 1))
        real = ask(
            report.folder,
            f"""SELECT carrier, flight, dep_delay, day(make_date(year, month, day) + {(date(2026, 7, 1) - source).days})
            FROM {package} WHERE time_hour::DATE = '{source}' AND carrier NOT IN {cycle.OCCASIONAL_CARRIERS}""",
        )
        assert sorted(sent, key=str) == sorted(real, key=str)

    def test_the_local_calendar_moves_with_the_event_time(self, report: DemoReport):
        for table in ("flights", "weather"):
            days_apart = f"SELECT DISTINCT date - make_date(year, month, day) FROM {table} ORDER BY 1"
            assert ask(report.folder, days_apart) == [(0,), (1,)]

    def test_the_partition_is_the_day_of_the_event_time(self, report: DemoReport):
        for table in ("flights", "weather"):
            assert ask(report.folder, f"SELECT count(*) FROM {table} WHERE time_hour::DATE <> date") == [(0,)]

    def test_a_second_build_writes_nothing(self, report: DemoReport, demo: Path):
        before = files(demo)
        assert build(demo, AT).files_written == 0
        assert files(demo) == before

    def test_a_build_that_was_stopped_goes_on_where_it_was(self, report: DemoReport, demo: Path):
        for back in range(1, 61):
            shutil.rmtree(demo / "flights" / f"date={AT.date() - timedelta(days=back)}")

        def stop(line: str) -> None:
            if "50 of" in line:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            build(demo, AT, progress=stop)
        assert build(demo, AT).files_written == 10
        assert content(demo) == content(report.folder)

    def test_a_build_that_was_stopped_is_completed_on_a_later_day(self, demo: Path):
        """The day that was still filling then is written again, although its file is there."""
        build(demo, AT + timedelta(days=1))
        assert ask(demo, f"SELECT max(time_hour) FROM flights WHERE date = '{AT.date()}'")[0][0].hour == 23

    def test_no_unfinished_file_stays_behind(self, report: DemoReport):
        assert [name for name in files(report.folder) if not name.endswith((".parquet", "demo.json"))] == []

    def test_a_folder_with_other_files_is_refused_and_left_alone(self, tmp_path: Path):
        (tmp_path / "thesis.txt").write_text("years of work")
        for fresh in (False, True):
            with pytest.raises(DemoFolderError, match=r"is there already and has no demo\.json"):
                build(tmp_path, AT, fresh=fresh)
        assert list(files(tmp_path)) == ["thesis.txt"]

    def test_an_unreadable_memory_is_reported_with_what_to_do(self, demo: Path):
        (demo / "demo.json").unlink()
        (demo / "demo.json").write_text("{")
        with pytest.raises(DemoFolderError, match=r"demo\.json can not be read .* To do: build it anew: .* --fresh"):
            build(demo, AT)

    def test_a_naive_moment_is_refused(self, demo: Path):
        with pytest.raises(ValueError, match="aware"):
            build(demo, datetime(2026, 11, 23))  # noqa: DTZ001 naive is the point


@pytest.mark.slow
class TestFeed:
    def test_only_what_happened_since_is_added(self, report: DemoReport, demo: Path):
        before = files(demo)
        added = feed(demo, AT + timedelta(hours=3))
        new = "SELECT count(*) FROM flights WHERE time_hour > TIMESTAMPTZ '2026-11-23 16:00+00'"
        assert added == ask(demo, new)[0][0] > 0
        changed = {name for name, identity in files(demo).items() if before.get(name) != identity}
        assert changed == {f"flights/date={AT.date()}/part.parquet", "demo.json"}
        kept = "SELECT count(*), sum(hash(t)) FROM flights t WHERE time_hour <= TIMESTAMPTZ '2026-11-23 16:00+00'"
        assert ask(demo, kept) == ask(report.folder, kept)

    def test_within_the_same_hour_nothing_is_written(self, demo: Path):
        before = files(demo)
        assert feed(demo, AT + timedelta(minutes=15)) == 0
        assert files(demo) == before

    def test_days_of_absence_are_caught_up(self, demo: Path):
        feed(demo, AT + timedelta(days=5))
        counts = ask(
            demo, f"SELECT date, count(*) FROM flights WHERE date >= '{AT.date()}' GROUP BY date ORDER BY date"
        )
        assert len(counts) == 6
        assert all(rows > 400 for _, rows in counts[:-1]), "all but the last day are complete"

    def test_feeding_in_steps_and_at_once_gives_the_same_warehouse(
        self, demo: Path, report: DemoReport, tmp_path: Path
    ):
        at_once = Path(shutil.copytree(report.folder, tmp_path / "at_once", copy_function=os.link))
        for hours in (9, 30):
            feed(demo, AT + timedelta(hours=hours))
        feed(at_once, AT + timedelta(hours=30))
        assert content(demo) == content(at_once)

    def test_a_day_whose_file_is_lost_comes_back(self, report: DemoReport, demo: Path):
        (demo / "flights" / "date=2026-03-01" / "part.parquet").unlink()
        assert feed(demo, AT) > 400
        assert content(demo) == content(report.folder)

    def test_a_clock_set_back_changes_nothing(self, demo: Path):
        before = files(demo)
        assert feed(demo, AT - timedelta(days=3)) == 0
        assert files(demo) == before

    def test_a_folder_that_was_not_built_is_refused(self, tmp_path: Path):
        with pytest.raises(DemoFolderError, match=r"has not been built\. To do: build it first: python -m"):
            feed(tmp_path / "nowhere", AT)


@pytest.mark.slow
class TestFaults:
    def test_the_carrier_stays_away_until_a_fresh_build(self, demo: Path):
        feed(demo, AT + timedelta(days=4))
        assert ask(demo, "SELECT max(date) FROM flights WHERE carrier = 'UA'") == [(AT.date() - timedelta(days=2),)]

    def test_the_weather_stays_where_it_stopped(self, demo: Path):
        feed(demo, AT + timedelta(days=4))
        assert ask(demo, "SELECT max(time_hour) FROM weather") == [(AT.replace(minute=0) - timedelta(hours=30),)]

    @pytest.mark.slow
    def test_a_fresh_build_moves_the_faults_to_its_own_moment(self, demo: Path):
        """The carrier is back, and lost again a day later; nothing of the old warehouse is left."""
        report = build(demo, AT + timedelta(days=1), fresh=True)
        assert ask(demo, "SELECT max(date) FROM flights WHERE carrier = 'UA'") == [(AT.date() - timedelta(days=1),)]
        assert json.loads((demo / "demo.json").read_text())["built_at"] == report.built_at.isoformat()
        assert [file.name for file in demo.parent.iterdir()] == ["demo"]

    def test_ids_are_unique_and_datasets_exist(self, report: DemoReport):
        assert len({fault.id for fault in FAULTS}) == len(FAULTS) == 5
        assert {fault.dataset.removeprefix("demo.") for fault in FAULTS} <= set(report.rows)


class TestContracts:
    @pytest.mark.slow
    @pytest.mark.parametrize("table", sorted(demo_rules.contracts()))
    def test_the_standard_accepts_it(self, table: str):
        document = demo_rules.contracts()[table]
        standard = json.loads(Path(odcs.__file__).with_name("schema.json").read_text("utf-8"))
        jsonschema.validate(document, standard)
        tables = odcs.OpenDataContractStandard.model_validate(document).schema_ or []
        assert [each.name for each in tables] == [table]

    @pytest.mark.slow
    def test_exactly_the_documented_rules_are_broken(self, report: DemoReport):
        with demo_rules.opened(report.folder) as connection:
            assert demo_rules.broken(connection, AT) == DOCUMENTED

    @pytest.mark.slow
    def test_it_stays_so_while_the_feed_goes_on(self, demo: Path):
        later = AT + timedelta(days=9, hours=11)
        feed(demo, later)
        with demo_rules.opened(demo) as connection:
            assert demo_rules.broken(connection, later) == DOCUMENTED

    @pytest.mark.slow
    @pytest.mark.parametrize(
        "at",
        [
            datetime(2026, 2, 8, 0, 1, tzinfo=UTC),  # the blizzard is the newest complete day
            datetime(2026, 5, 31, 9, 59, tzinfo=UTC),  # the end of the night
            datetime(2026, 11, 28, 23, 59, tzinfo=UTC),  # the quietest day of the year is the newest complete one
            datetime(2026, 12, 31, 4, 30, tzinfo=UTC),  # the real year has just begun anew
            datetime(2028, 3, 1, 12, 0, tzinfo=UTC),  # after a leap day
        ],
        ids=str,
    )
    def test_it_is_so_whenever_it_is_built(self, at: datetime, tmp_path: Path):
        report = build(tmp_path / "demo", at)
        with demo_rules.opened(report.folder) as connection:
            assert demo_rules.broken(connection, at) == DOCUMENTED


@pytest.fixture(scope="module")
def real_year() -> Generator[duckdb.DuckDBPyConnection]:
    """Every day of the real year once, and the first ones again; nothing injected yet."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        cycle.load_flights(connection, [cycle.PLACED + timedelta(days=offset) for offset in range(366)])
        sent = faults.flights_as_sent(datetime.combine(cycle.PLACED, datetime.min.time(), UTC) + timedelta(days=1))
        connection.execute(f"CREATE VIEW flights_with_faults AS {sent}")
        yield connection


class TestThresholds:
    """They hold on each day of the real year, storms and holidays too, and each day would show the faults."""

    @pytest.mark.slow
    @pytest.mark.parametrize("rule", [*FOUND_DAILY, "departures-every-day"])
    def test_no_real_day_breaks_the_rule(self, rule: str, real_year: duckdb.DuckDBPyConnection):
        assert demo_rules.days_that_hold(real_year, rule) == [True] * 366

    @pytest.mark.parametrize("rule", FOUND_DAILY)
    def test_on_any_day_the_fault_is_found(self, rule: str, real_year: duckdb.DuckDBPyConnection):
        assert demo_rules.days_that_hold(real_year, rule, "flights_with_faults") == [False] * 366

    def test_on_no_day_the_volume_finds_the_missing_carrier_too(self, real_year: duckdb.DuckDBPyConnection):
        assert demo_rules.days_that_hold(real_year, "departures-every-day", "flights_with_faults") == [True] * 366

    def test_the_longest_night_is_well_below_the_freshness_limit(self, real_year: duckdb.DuckDBPyConnection):
        hours = "SELECT DISTINCT time_hour FROM flights ORDER BY time_hour"
        moments = [moment for (moment,) in real_year.execute(hours).fetchall()]
        assert max(later - earlier for earlier, later in pairwise(moments)) == timedelta(hours=7)
        assert demo_rules.contracts()["flights"]["slaProperties"][0]["value"] == 12


@pytest.mark.slow
def test_the_command_builds_and_says_so(demo: Path, capsys: pytest.CaptureFixture[str]):
    with time_machine.travel(AT + timedelta(hours=1), tick=False):
        assert main([str(demo)]) == 0
    said = capsys.readouterr().out
    assert "flights: reading the real year, then writing 1 days" in said
    assert all(fault.title in said for fault in FAULTS)


def test_the_command_explains_a_refusal_on_stderr(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "thesis.txt").touch()
    assert main([str(tmp_path)]) == 3
    assert "name a folder that is empty or does not exist yet" in capsys.readouterr().err


def _real_flights(report: DemoReport) -> Path:
    unpacked = report.folder.parent / "real"
    shutil.unpack_archive(cycle.package_file("flights.csv.zip"), unpacked)
    return unpacked / "flights.csv"
