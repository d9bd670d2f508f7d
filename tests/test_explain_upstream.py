"""What changed upstream at the moment of a bucket: from the history, nearest first, and nothing from other moments."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from checks import show_explain
from checks.config import load
from checks.explain import Explanation, Words, from_document, to_document
from checks.explain.record import Upstream
from checks.explain.upstream import Above, Moment, changed_upstream
from checks.history import History
from checks.monitor import Monitor
from checks.records import Alert, Finding, Grain, JobRun, Learned, Metric, Named, RunState, Status
from connectors import Column
from tests.monitors import utc
from tests.reports import COLUMNS, DAY, HOUR, MONDAY, NINE, SUNDAY, measured, report, result

ROWS = Metric("bucket_rows", grain=Grain.DAY)
FEWER = Finding(ROWS, 7.0, 9.0, 8.0, 10.0, -2.0)
STEPS = {"s.near": 1, "s.far": 2}
RUN = JobRun(Named("airflow", "etl"), "r", RunState.FAIL, NINE, NINE + HOUR, "disk full")


@pytest.fixture
def history(tmp_path):
    with History.open(tmp_path / "history.duckdb", NINE) as opened:
        yield opened


def none_failed(names, since, until):
    return {}


def found(history: History, moment: Moment | None = None, failed=none_failed) -> list[tuple[str, int, tuple[str, ...]]]:
    """What changed upstream of s.mine on Sunday, as days of UTC."""
    moment = moment or Moment(SUNDAY, utc(2026, 11, 22), DAY)
    changed = changed_upstream(history, "s.mine", Above(STEPS, failed), moment)
    return [(each.dataset, each.steps, each.changes) for each in changed]


def remember(history: History, dataset: str, slot=NINE, *results, columns=COLUMNS, alerts=()) -> None:
    told = report(slot, results=results, measured=measured(columns=columns), learned=Learned((), tuple(alerts)))
    history.remember(replace(told, dataset=dataset))


def test_alerts_and_rules_of_that_bucket_are_told_nearest_first(history):
    remember(history, "s.far", NINE, result("quality.rows", Status.FAIL, SUNDAY), result("ok", Status.PASS, SUNDAY))
    remember(history, "s.near", alerts=[Alert("s.near", SUNDAY, Grain.DAY, NINE, (FEWER,))])
    remember(history, "s.other", NINE, result("quality.rows", Status.FAIL, SUNDAY))
    assert found(history) == [
        ("s.near", 1, ("7 rows on 2026-11-22, expected between 8 and 10 rows",)),
        ("s.far", 2, ("check quality.rows failed",)),
    ]
    assert found(history, Moment(SUNDAY - DAY, utc(2026, 11, 21), DAY)) == []
    assert found(history, Moment(MONDAY, utc(2026, 11, 23), DAY)) == []


def test_an_alert_of_a_day_is_one_of_its_hours_and_the_newest_judgement_of_a_bucket_counts(history):
    remember(history, "s.near", NINE, result("quality.rows", Status.FAIL, SUNDAY))
    remember(history, "s.near", NINE + HOUR, result("quality.rows", Status.PASS, SUNDAY))
    remember(history, "s.far", alerts=[Alert("s.far", SUNDAY, Grain.DAY, NINE, (FEWER,))])
    hour = Moment(SUNDAY + 13 * HOUR, utc(2026, 11, 22, 13), HOUR)
    assert [name for name, _, _ in found(history, hour)] == ["s.far"]
    assert found(history, Moment(MONDAY, utc(2026, 11, 23), HOUR)) == []


def test_whole_tables_and_columns_count_when_they_were_seen_then_or_in_the_next_bucket(history):
    remember(history, "s.near", NINE - 3 * DAY)
    remember(history, "s.near", NINE, result("quality.keys", Status.FAIL), columns=(*COLUMNS, Column("gate", "x", "X")))
    assert found(history) == [("s.near", 1, ("check quality.keys failed", "gate is new"))]
    assert found(history, Moment(SUNDAY - DAY, utc(2026, 11, 21), DAY)) == []


def test_a_job_that_failed_is_told_of_the_dataset_itself_too(history):
    asked = []

    def failed(names, since, until):
        asked.append((names, since, until))
        return {"s.mine": [RUN]}

    assert found(history, failed=failed) == [("s.mine", 0, ("job etl failed 2026-11-23 10:00 UTC: disk full",))]
    assert asked == [(("s.mine", "s.near", "s.far"), utc(2026, 11, 22), utc(2026, 11, 24))]


def test_it_is_kept_and_said_with_the_explanation():
    upstream = (Upstream("s.near", 1, ("gate is new", "check x failed")), Upstream("s.mine", 0, ("job etl failed",)))
    explanation = Explanation("s.mine", "bucket_rows", None, SUNDAY, 9.0, 7.0, "So.", upstream=upstream)
    document = json.loads(json.dumps(to_document(explanation)))
    assert from_document(document) == explanation
    del document["upstream"]
    assert from_document(document).upstream == ()
    console = Console(record=True, width=120)
    show_explain.explanation(to_document(explanation), console)
    text = console.export_text()
    assert "At that moment, s.near (1 step upstream): gate is new; check x failed" in text
    assert "At that moment, s.mine: job etl failed" in text


@pytest.mark.parametrize(
    ("metric", "column", "check", "says"),
    [
        ("bucket_rows", None, None, "bucket_rows in 2026-11-22"),
        ("null_rate", "city", None, "null_rate of city in"),
        ("category_count", "city", "New  York", "category_count of city = New York in"),
        ("category_count", "city", "", "category_count of city = '' in"),
        ("odd_form_count", "code", "A9", "odd_form_count of code, other than A9 in"),
        ("missing_count", "city", "city.missing", "missing_count of city (check city.missing) in"),
        ("violation_count", None, "two", "violation_count (check two) in"),
    ],
)
def test_the_first_line_names_the_number_that_is_explained(metric, column, check, says):
    explanation = Explanation("s.mine", metric, column, SUNDAY, 0.5, 0.25, "So.", check=check)
    document = json.loads(json.dumps(to_document(explanation)))
    assert from_document(document) == explanation
    console = Console(record=True, width=120)
    show_explain.explanation(document, console)
    assert console.export_text().startswith(f"s.mine, {says}")


@pytest.mark.slow
def test_an_explanation_of_a_real_table_names_the_job_upstream_that_failed(tmp_path: Path):
    day = utc(2026, 3, 14)
    first = day.replace(tzinfo=None)
    hours = [first - n * DAY + i * HOUR for n in range(30) for i in range(9 if n == 0 else 10)]
    for table in ("orders", "daily"):
        (tmp_path / "tables").mkdir(exist_ok=True)
        pd.DataFrame({"at": hours}).to_parquet(tmp_path / "tables" / f"{table}.parquet")
    config = tmp_path / "config.toml"
    config.write_text('[sources.shop]\nurl = "files://tables"\n[datasets."shop.daily"]\nevent_time = "at"\n')
    monitor = Monitor.open(load(config), day, lambda: day + 1.5 * DAY)
    try:
        monitor.refresh(day)
        for future in monitor.start([], at=day + 1.5 * DAY):
            future.result()
        ends = [{"namespace": "shop", "name": name} for name in ("orders", "daily")]
        event = {"eventTime": "2026-03-14T03:00:00Z", "eventType": "FAIL", "run": {"runId": "r"}}
        event |= {"job": {"namespace": "n", "name": "etl"}, "outputs": ends[:1]}
        for more in ({}, {"job": {"namespace": "n", "name": "sum"}, "inputs": ends[:1], "outputs": ends[1:]}):
            state = {"eventType": "COMPLETE"} if more else {}
            monitor.lineage_known.hear(event | more | state, day + DAY)
        explained = monitor.explain("shop.daily", Words("bucket_rows", first))
        alert = "9 rows on 2026-03-14, expected exactly 10 rows"
        assert explained.upstream == (Upstream("shop.orders", 1, ("job etl failed 2026-03-14 03:00 UTC", alert)),)
    finally:
        monitor.close()
