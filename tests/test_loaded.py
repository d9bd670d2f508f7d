"""How buckets filled by the load times of their rows, and when load times are not believed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.arrivals import Arrivals, lately, learned_arrivals, sentence
from checks.detect.arrival import Curve, Glimpses, Line, curve_of
from checks.detect.loaded import Seen, Told, rows_by, told
from checks.history import History
from checks.judge_arrival import FILLING, SILENCE
from checks.records import EventTime, Grain, Loaded, LoadTime, Result, RunReport, Status
from dashboard.dataset import load_time
from dashboard.dataset_detection import learned_from
from tests.drafting import document, drafted
from tests.examples import examples
from tests.loading import BEGUN, DAY, HOUR, MINUTE, NOON, NOW, TODAY, Feed, by_night, feed, soon
from tests.warehouses import DuckDBFile, ParquetFolder, PostgresDatabase, Warehouse

AT = EventTime("at", "config")


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    with History.open(tmp_path / "history.duckdb", NOON) as opened:
        yield opened


@pytest.fixture(params=[DuckDBFile, ParquetFolder, PostgresDatabase])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Warehouse:
    """The kinds of warehouses in which tables with load times are usual."""
    if request.param is PostgresDatabase:
        return PostgresDatabase(request.getfixturevalue("postgres_database"))
    return request.param(tmp_path)


def of(report: RunReport, check: str) -> Result:
    [found] = [result for result in report.results if result.check == check]
    return found


def known(history: History, at: datetime = NOON, event_time: EventTime = AT) -> Arrivals:
    [dataset] = history.datasets()
    return learned_arrivals(history, dataset, event_time, at)


# -- the first run -----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_first_run_knows_the_curve(store: Warehouse, history: History):
    """Rows that come within the hour, most sooner: a third of an hour later on average."""
    report = Feed(store, feed(soon)).run(history)
    curve = known(history).curve
    assert sentence(known(history)) == "a day is complete by 00:20 of the next day (from load time loaded_at, 87 days)"
    for hours in (3, 6, 12, 18):
        share = curve.share(hours * HOUR)
        assert share is not None
        assert share.usual == pytest.approx((hours - 1 / 3) / 24, abs=0.01)
    assert (of(report, FILLING).status, of(report, SILENCE).status) == (Status.PASS, Status.PASS)


@pytest.mark.slow
def test_a_load_by_night_is_known_to_ten_minutes(store: Warehouse, history: History):
    report = Feed(store, feed(by_night)).run(history)
    curve = known(history).curve
    assert curve.complete is not None
    assert abs(curve.complete - (27 * HOUR + 25 * MINUTE)) <= 10 * MINUTE
    before = curve.share(26 * HOUR)
    assert before is not None
    assert before.usual == 0
    assert of(report, FILLING).status is Status.SKIPPED, "yesterday has come, and of today nothing usually has by noon"


def test_a_feed_that_stalled_in_the_morning_is_told_in_the_first_run(tmp_path: Path, history: History):
    stalled = feed(soon, until=TODAY + 5 * HOUR)
    shop = Feed(DuckDBFile(tmp_path), stalled)
    late = of(shop.run(history), FILLING)
    assert (late.status, late.bucket, late.learned) == (Status.WARN, TODAY, True)
    assert "rows of 2026-04-01 by 12:00, expected between" in (late.reason or "")
    assert "behind, which makes it complete by 2026-04-02" in (late.reason or "")
    again = of(shop.run(history, NOON + MINUTE), FILLING)
    assert again.status is Status.WARN, (
        "what the first run has read says, a minute later too, what was there an hour ago"
    )


def test_a_day_is_not_judged_before_it_has_usually_come(tmp_path: Path, history: History):
    """Nothing of yesterday is there at two in the morning, as usual."""
    two = NOON - 10 * HOUR
    rows = feed(by_night, until=NOW - 10 * HOUR)
    report = Feed(DuckDBFile(tmp_path), rows[rows["at"] < TODAY - DAY]).run(history, two)
    assert [result.reason for result in report.results if result.status is Status.WARN] == []
    assert of(report, FILLING).status is Status.SKIPPED


def office(rows: pd.DataFrame) -> pd.DataFrame:
    """What happens from eight to six on working days."""
    return rows[(rows["at"].dt.day_of_week < 5) & rows["at"].dt.hour.between(8, 17)]


def test_the_first_run_knows_when_the_feed_works_and_that_it_is_silent(tmp_path: Path, history: History):
    """The first of April was a Wednesday; nothing has come since Tuesday at four."""
    silent = office(feed(soon, until=TODAY - 8 * HOUR))
    result = of(Feed(DuckDBFile(tmp_path), silent).run(history), SILENCE)
    assert result.status is Status.WARN
    assert (result.reason or "").startswith("nothing new since 2026-03-31 16:00 (UTC), late since 2026-03-31 1")
    assert (result.reason or "").endswith("Monday to Friday from 08:00 to 19:00")


def test_a_load_time_that_has_yet_to_come_ends_no_silence(tmp_path: Path, history: History):
    wrong = pd.DataFrame({"at": [TODAY + 2 * HOUR], "loaded_at": [TODAY + 42 * HOUR]})
    silent = pd.concat([feed(soon, until=TODAY + 3 * HOUR), wrong])
    result = of(Feed(DuckDBFile(tmp_path), silent).run(history), SILENCE)
    assert result.status is Status.WARN
    assert (result.reason or "").startswith("nothing new since 2026-04-01 03:00 (UTC)")


def test_what_the_first_run_saw_coming_is_known_to_those_that_read_a_part(tmp_path: Path, history: History):
    """Between the moments at which cadences are learned anew, which are six hours apart."""
    three = NOON + 3 * HOUR
    shop = Feed(DuckDBFile(tmp_path), feed(soon, until=NOW + 3 * HOUR))
    assert of(shop.run(history, three), SILENCE).status is Status.PASS
    assert of(shop.run(history, three + 20 * MINUTE), SILENCE).status is Status.PASS
    late = of(shop.run(history, three + 2 * HOUR), SILENCE)
    assert late.status is Status.WARN
    assert (late.reason or "").startswith("nothing new since 2026-04-01 15:00 (UTC)")


def test_a_weekend_is_no_silence_in_the_first_run(tmp_path: Path, history: History):
    sunday = NOON - 3 * DAY
    found = of(Feed(DuckDBFile(tmp_path), office(feed(soon, until=NOW - 3 * DAY))).run(history, sunday), SILENCE)
    assert (found.status, found.expected) == (Status.PASS, "something within 2 h 30 min")


def test_what_a_reload_has_destroyed_is_no_silence(tmp_path: Path, history: History):
    rows = feed(soon)
    rows.loc[rows["at"].between(TODAY - 60 * DAY, TODAY - 30 * DAY), "loaded_at"] = NOW - 30 * HOUR
    found = of(Feed(DuckDBFile(tmp_path), rows).run(history), SILENCE)
    assert (found.status, found.expected) == (Status.PASS, "something within 1 h 15 min")


@pytest.mark.parametrize(("count", "minutes"), [(1200, 18), pytest.param(4800, 17, marks=pytest.mark.slow)])
def test_hours_have_a_curve_too(tmp_path: Path, history: History, count: int, minutes: int):
    at = NOON - 70 * DAY
    rows = feed(lambda happened, chance: happened + 20 * MINUTE * chance, 21, count, until=NOW - 70 * DAY)
    Feed(DuckDBFile(tmp_path), rows, grain=Grain.HOUR).run(history, at)
    hourly = EventTime("at", "config", grain=Grain.HOUR)
    assert sentence(known(history, at, hourly)) == (
        f"an hour is complete {minutes} min after its end (from load time loaded_at, 328 hours)"
    )


# -- later runs --------------------------------------------------------------------------------------------------------


def test_later_runs_and_pages_know_what_the_first_one_read(tmp_path: Path, history: History):
    shop = Feed(DuckDBFile(tmp_path), feed(soon))
    shop.run(history)
    page = lately(history, "shop.main.feed", AT, NOON + HOUR)
    assert page.loaded == 87
    soon_after = of(shop.run(history, NOON + 5 * MINUTE), FILLING)
    assert soon_after.status is Status.PASS
    later = shop.run(history, NOON + 10 * HOUR)
    assert of(later, FILLING).status is Status.SKIPPED, "nothing new has come, which one look alone does not tell"
    assert "expected" in (of(shop.run(history, NOON + 11.5 * HOUR), FILLING).reason or "")


@pytest.mark.parametrize("apart", [3, pytest.param(1, marks=pytest.mark.slow)])
def test_days_that_have_settled_since_the_first_run_are_known_too(tmp_path: Path, history: History, apart: int):
    shop = Feed(DuckDBFile(tmp_path), feed(soon))
    for days in range(6, -1, -apart):
        shop.run(history, NOON - days * DAY)
    assert (known(history, NOON - 6 * DAY).loaded, known(history).loaded) == (81, 87)


def test_a_load_time_that_is_no_longer_declared_is_forgotten(tmp_path: Path, history: History):
    shop = Feed(DuckDBFile(tmp_path), feed(soon).rename(columns={"loaded_at": "came"}), load_time="came")
    shop.run(history)
    assert known(history).loaded == 87
    shop.dataset = replace(shop.dataset, load_time=None)
    shop.run(history, NOON + DAY)
    assert (known(history, NOON + DAY).load_time, known(history, NOON + DAY).curve.is_learned) == (None, False)


def test_what_was_known_before_a_reload_stays_known(tmp_path: Path, history: History):
    (tmp_path / "before").mkdir()
    Feed(DuckDBFile(tmp_path / "before"), feed(soon)).run(history)
    reloaded = feed(soon).assign(loaded_at=NOW + 10 * HOUR)
    Feed(DuckDBFile(tmp_path), reloaded).run(history, NOON + DAY)
    after = known(history, NOON + DAY)
    assert (after.loaded, after.doubt) == (87, None)
    assert sentence(after).startswith("a day is complete by 00:20 of the next day")


# -- a replayed moment -------------------------------------------------------------------------------------------------


def test_a_replay_sees_what_had_been_loaded_by_then(tmp_path: Path, history: History):
    rows = feed(soon, days=100, until=None)
    morning = (rows["at"] >= TODAY + 4 * HOUR) & (rows["at"] < TODAY + 13 * HOUR)
    rows.loc[morning, "loaded_at"] = TODAY + 15 * HOUR
    shop = Feed(DuckDBFile(tmp_path), rows)
    report = shop.run(history, replay=True)
    assert of(report, FILLING).status is Status.WARN
    assert [result for result in report.results if result.check == SILENCE] == []
    [rows_of_table] = [grid.values[0, 0] for grid in shop.measured(replay=True).grids if grid.buckets == (None,)]
    assert rows_of_table == (rows["at"] <= NOW).sum(), "all else is replayed by event time"


def test_a_replay_without_load_times_judges_no_arrival(tmp_path: Path, history: History):
    report = Feed(DuckDBFile(tmp_path), feed(soon)[["at"]]).run(history, replay=True)
    assert [result for result in report.results if result.check in (FILLING, SILENCE)] == []


# -- what is not believed ----------------------------------------------------------------------------------------------


def rolling(at: datetime, _: float) -> datetime:
    """The last three days are loaded again each night at two, up to this one."""
    midnight = at.replace(hour=0, minute=0, second=0)
    return min(midnight + 3 * DAY + 2 * HOUR, TODAY + 2 * HOUR)


NOT_BELIEVED = {
    "all was loaded at one time, on 2026-04-01": lambda at, _: TODAY + 2 * HOUR,
    "the last days hold rows that, by the load times of earlier ones, come later: they are loaded again": rolling,
    "87 of 87 days were loaded again long after their end": lambda at, _: min(at + 9 * DAY, NOW),
    "100 % of the rows have one from before they happened; is it in another time zone?": lambda at, _: at - HOUR,
    "rows have one that has yet to come; is it in another time zone?": lambda at, _: at + 9 * HOUR,
    "100 % of the rows have none": lambda *_: None,
    "57 % of the newest rows have none yet, so it says something that comes after the load": lambda at, _: (
        at + 2 * DAY if at + 2 * DAY <= NOW else None
    ),
}


@pytest.mark.parametrize("said", NOT_BELIEVED)
def test_a_load_time_that_does_not_tell_when_rows_came_is_not_believed(tmp_path: Path, history: History, said: str):
    rows = feed(soon, until=None)
    loaded = [NOT_BELIEVED[said](at, 0.5) for at in rows["at"].dt.to_pydatetime()]
    rows = rows.assign(loaded_at=np.array(loaded, dtype="M8[us]"))
    if "last days" in said:
        rows = rows[rows["at"] < TODAY]
    found = of(Feed(DuckDBFile(tmp_path), rows).run(history), FILLING)
    assert found.status is Status.LEARNING
    assert found.reason is not None
    assert found.reason.startswith("learning when a day is complete: 0 of 10 days were watched while they filled; ")
    assert found.reason.endswith(said)
    assert "load time loaded_at is not used: " in found.reason
    assert sentence(known(history)) == found.reason


def test_rows_that_are_changed_later_do_not_make_a_day_late(tmp_path: Path, history: History):
    """One row in ten is changed within the next twenty days, and loaded again then."""
    rows, random = feed(soon), np.random.default_rng(2)
    changed = rows["at"] + pd.to_timedelta(random.integers(0, 20 * 86_400, len(rows)), unit="s").astype("m8[us]")
    chosen = (random.uniform(size=len(rows)) < 0.1) & (changed <= NOW)
    rows.loc[chosen, "loaded_at"] = changed[chosen]
    Feed(DuckDBFile(tmp_path), rows).run(history)
    complete = known(history).curve.complete
    assert complete is not None
    assert complete <= 1.5 * DAY, "00:20 without any change, and three days later if all of them were late rows"


def test_a_table_that_grows_is_not_taken_for_one_that_is_loaded_again(tmp_path: Path, history: History):
    rows, random = feed(soon), np.random.default_rng(3)
    grown = random.uniform(size=len(rows)) < 0.2 + 0.8 * ((rows["at"] - BEGUN) // DAY / 90)
    Feed(DuckDBFile(tmp_path), rows[grown]).run(history)
    assert known(history).doubt is None
    assert known(history).loaded == 87


def test_what_can_be_no_load_time_is_said_in_every_run(tmp_path: Path, history: History):
    shop = Feed(DuckDBFile(tmp_path), feed(soon), load_time="gone")
    for at in (NOON, NOON + HOUR):
        reason = of(shop.run(history, at), FILLING).reason or ""
        assert "load times are not used: " in reason
        assert "the load time 'gone' that is declared in the config is no column of the table" in reason


def test_the_page_does_not_say_of_a_load_time_declared_since_that_it_can_not_be_one(tmp_path: Path, history: History):
    shop = Feed(DuckDBFile(tmp_path), feed(soon)[["at"]].assign(came=NOW))
    shop.run(history)
    run = history.latest_runs()[shop.dataset.name]
    assert load_time(run, None) == {}
    assert load_time(run, "came")["load time"].startswith("came, which the last run has not used: declared since, or ")
    shop.dataset = replace(shop.dataset, load_time="came")
    shop.run(history, NOON + HOUR)
    assert load_time(history.latest_runs()[shop.dataset.name], "came") == {"load time": "came (from config.toml)"}


def test_one_reload_does_not_spoil_what_came_since(tmp_path: Path, history: History):
    rows = feed(soon)
    reload = TODAY - 20 * DAY + 2 * HOUR
    rows.loc[rows["at"] < reload, "loaded_at"] = reload
    Feed(DuckDBFile(tmp_path), rows).run(history)
    found = known(history)
    assert (found.loaded, found.doubt) == (17, None), "the days of the reload itself, too, teach nothing"
    assert sentence(found).startswith("a day is complete by 00:30 of the next day")


# -- beside what runs saw ----------------------------------------------------------------------------------------------

DAYS = [BEGUN + number * DAY for number in range(30)]
LATER = BEGUN + 40 * DAY
GRID = np.linspace(0, 96, 97)


def at_once(age: timedelta, rows: int = 100) -> list[Seen]:
    """Each day loaded at one age."""
    return [Seen(LATER, Loaded(day, (age // MINUTE,), (rows,))) for day in DAYS]


def watched(age: timedelta, days: int) -> Mapping[datetime, Line]:
    return {day: Line(GRID, (age / HOUR <= GRID).astype(float)) for day in DAYS[:days]}


def learned(seen: list[Seen], of_runs: Mapping[datetime, Line]) -> tuple[Told, Curve]:
    found = told(seen, of_runs, DAY, LATER)
    return found, curve_of({**of_runs, **found.lines}, DAY)


def test_runs_that_saw_the_same_agree():
    found, curve = learned(at_once(27 * HOUR), watched(27 * HOUR, 12))
    assert (found.doubt, len(found.lines), curve.complete) == (None, 30, 27 * HOUR)


def test_runs_that_saw_most_days_fill_otherwise_are_believed_instead():
    found, curve = learned(at_once(80 * HOUR), watched(27 * HOUR, 12))
    assert (found.doubt, found.lines) == ("runs saw 12 of 12 days fill otherwise", {})
    assert (curve.buckets, curve.complete) == (12, 27 * HOUR)


def test_load_times_of_the_table_that_one_is_built_from_are_found_out():
    """Carried along in a table that is built each night: its rows came at three, whenever they had been loaded."""
    ages = tuple(range(10, 1450, 10))
    carried = [Seen(LATER, Loaded(day, ages, (1,) * len(ages))) for day in DAYS]
    found, curve = learned(carried, watched(27 * HOUR, 12))
    assert found.doubt == "runs saw 12 of 12 days fill otherwise"
    assert curve.complete == 27 * HOUR


def nightly(until: datetime) -> pd.DataFrame:
    """A table that is built each night at three from one that rows reach soon, with their load times."""
    built = (until - 3 * HOUR).replace(hour=3, minute=0, second=0, microsecond=0)
    return feed(soon, days=95, until=built)


@pytest.mark.slow
@pytest.mark.parametrize("first", [4, 12])
def test_a_table_built_each_night_with_copied_load_times_is_found_out_by_the_next_day(
    tmp_path: Path, history: History, first: int
):
    """By the first day that runs have seen filling: at the first look it is like a feed that stalled at three."""
    warned = []
    for hour in range(0, 60, 3):
        at = NOON.replace(hour=first) + hour * HOUR
        (folder := tmp_path / str(hour)).mkdir()
        report = Feed(DuckDBFile(folder), nightly(at.replace(tzinfo=None))).run(history, at)
        warned += [hour for check in (FILLING, SILENCE) if of(report, check).status is Status.WARN]
    assert [hour for hour in warned if hour >= 24] == []
    assert "runs saw rows come long after their load times" in (known(history, at).doubt or "")


@pytest.mark.parametrize("days", [2, 5, 90])
def test_a_table_built_each_night_anew_is_no_feed_that_stalled_at_its_first_look(
    tmp_path: Path, history: History, days: int
):
    """Every row has the moment of the last build, however young the table is."""
    built = TODAY + 3 * HOUR
    rows = feed(soon, until=None)
    rows = rows[(rows["at"] < built) & (rows["at"] >= built - days * DAY)].assign(loaded_at=np.datetime64(built, "us"))
    report = Feed(DuckDBFile(tmp_path), rows).run(history)
    assert [each.check for each in report.results if each.learned and each.status is Status.WARN] == []
    assert known(history).loaded == 0


def glimpsed_at(ages: list[float], rows: list[float]) -> Glimpses:
    return Glimpses(np.array([BEGUN + 30 * DAY + age * HOUR for age in ages], dtype="M8[us]"), np.array(rows))


@pytest.mark.parametrize(
    ("ages", "rows", "doubted"),
    [
        ([6.5, 12, 18], [12, 12, 12], True),  # built at three
        ([6.5, 9, 12, 18], [0, 0, 50, 50], True),  # built at noon
        ([9], [12], True),
        ([6.5, 12, 18], [25, 45, 70], False),
        ([6.5, 8, 10, 12, 14, 18, 20], [0, 30, 40, 49, 55, 74, 82], False),  # a load that was late once
        ([1, 2, 5], [0, 0, 0], False),  # hardly anything was to be seen
    ],
)
def test_the_last_day_tells_whether_rows_were_there_when_their_load_times_say(ages, rows, doubted):
    day = BEGUN + 30 * DAY
    through = Loaded(day, tuple(range(10, 1450, 10)), (1,) * 144)
    seen = [*at_once(12 * HOUR), Seen(day + 30 * HOUR, through)]
    found = told(seen, {}, DAY, day + 30 * HOUR, {day: glimpsed_at(ages, [each * 1.44 for each in rows])})
    said = "in the last day runs saw rows come long after their load times" if doubted else None
    assert found.doubt == said
    filling = Seen(day + 20 * HOUR, Loaded(day, through.ages[:120], through.rows[:120]))
    glimpses = {day: glimpsed_at(ages, rows)}
    assert told([*at_once(12 * HOUR), filling], {}, DAY, day + 30 * HOUR, glimpses).doubt is None, "it was not over yet"


def test_two_days_that_differ_are_no_reason():
    assert learned(at_once(80 * HOUR), watched(27 * HOUR, 2))[0].doubt is None


def test_days_of_which_the_load_times_say_nothing_are_known_from_runs():
    again = [Seen(LATER, Loaded(day, (), (), late=100, latest=39 * 1440 - number)) for number, day in enumerate(DAYS)]
    seen = [one if number % 3 else other for number, (one, other) in enumerate(zip(at_once(DAY), again, strict=True))]
    found, curve = learned(seen, watched(DAY, 4))
    assert (len(found.lines), curve.buckets) == (20, 22)
    known = Arrivals(curve, None, LoadTime("loaded_at", "inferred"), found)
    assert sentence(known) == (
        "a day is complete at its end (from load time loaded_at, 20 days and 2 that runs saw filling)"
    )
    assert learned_from(known) == "20 days by their load time loaded_at and 2 days that runs saw filling"


def test_rows_by_a_moment_are_those_loaded_and_those_of_which_it_is_not_known():
    loaded = Loaded(BEGUN, (60, 120), (5, 7), late=2, undated=3)
    moments = [BEGUN + minutes * MINUTE for minutes in (30, 56, 60, 120, 900)]
    assert [rows_by(loaded, moment, DAY) for moment in moments] == [3, 6, 8, 15, 15]


@given(st.integers(0, 2**32 - 1), st.integers(14, 30))
@settings(max_examples=examples(10), deadline=None)
def test_what_is_loaded_later_changes_nothing(seed: int, day: int):
    """Of the days that had settled, whatever the newer ones hold."""
    random = np.random.default_rng(seed)

    def seen(since: int) -> list[Seen]:
        steps = tuple(range(10, 2880, 10))
        made = np.random.default_rng(1).poisson(3, (len(DAYS), len(steps)))
        made[since:] = random.poisson(9, made[since:].shape)
        return [Seen(LATER, Loaded(day, steps, tuple(map(int, rows)))) for day, rows in zip(DAYS, made, strict=True)]

    at = BEGUN + day * DAY + 5 * HOUR
    lines = [told(seen(since), {}, DAY, at).lines for since in (len(DAYS), day)]
    assert lines[0].keys() == lines[1].keys()
    assert all(np.array_equal(lines[0][bucket].shares, lines[1][bucket].shares) for bucket in lines[0])


# -- in a draft --------------------------------------------------------------------------------------------------------


def draft(tmp_path: Path, rows: pd.DataFrame, **declared: str) -> tuple[list[dict], str]:
    """The custom properties of a draft, and its text."""
    warehouse = DuckDBFile(tmp_path)
    table = warehouse.load("feed", rows)
    with warehouse.open() as source:
        made = drafted(source, table, NOON, event_time="at", **declared)
    return document(made).data["schema"][0]["customProperties"], made.text


def test_a_draft_names_the_load_time_that_the_rows_bear_out(tmp_path: Path):
    said, text = draft(tmp_path, feed(soon))
    assert said[1] == {"property": "vitals.loadTime", "value": "loaded_at"}
    assert "# inferred from its name, and it tells how each of 87 days filled" in text


def test_a_draft_does_not_name_one_that_says_otherwise(tmp_path: Path):
    said, text = draft(tmp_path, feed(soon).assign(loaded_at=NOW))
    assert [each["property"] for each in said] == ["vitals.eventTime"]
    assert "by its name loaded_at says it, but all was loaded at one time, on 2026-04-01" in text


def test_a_draft_keeps_what_is_declared_and_says_nothing_of_too_few_days(tmp_path: Path):
    few = feed(soon, days=91)
    few = few[few["at"] >= TODAY - 9 * DAY]
    (tmp_path / "declared").mkdir()
    said, _ = draft(tmp_path / "declared", few, load_time="loaded_at")
    assert said[1] == {"property": "vitals.loadTime", "value": "loaded_at"}
    said, _ = draft(tmp_path, few)
    assert [each["property"] for each in said] == ["vitals.eventTime"]
