"""Rules with a schedule of their own: judged when they are due, carried between."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from checks import cadence
from checks.records import (
    Check,
    Dataset,
    Dimension,
    NumberExpected,
    Operator,
    Result,
    Severity,
    SqlExpected,
    Status,
    Threshold,
)
from checks.schedule import Scheduler
from connectors import TableName, Unreachable
from tests.monitors import CannedMonitor, Clock, canned, seven_rows, utc
from tests.ruling import errors, read

on = pytest.mark.parametrize
SIX = utc(2026, 3, 15, 6)
HOUR = timedelta(hours=1)
MANY = NumberExpected("row_count", Threshold(Operator.GREATER, (5.0,)))
QUERY = SqlExpected("SELECT 1", Threshold(Operator.BE, (1.0,)))
DAILY = Check("daily", "s.t", Dimension.COVERAGE, MANY, schedule="0 6 * * *")
ASKED = replace(DAILY, id="asked", expects=QUERY)
ALWAYS = replace(DAILY, id="always", schedule=None)
DATASET = Dataset("s", TableName(None, "t"), checks=(DAILY, ASKED, ALWAYS))


def told(check: str, status: Status, at: datetime | None) -> Result:
    definitions = {each.id: each.definition for each in DATASET.checks}
    return Result(check, Dimension.COVERAGE, status, Severity.ERROR, measured_at=at, definition=definitions[check])


def resting(*earlier: Result, at: datetime) -> set[str]:
    return set(cadence.resting(DATASET, lambda name: {name: earlier}, at))


@on(
    ("status", "measured_at", "at", "rests"),
    [
        (Status.PASS, SIX, SIX + 5 * HOUR, True),
        (Status.FAIL, SIX + HOUR, SIX + 23 * HOUR, True),
        (Status.NO_DATA, SIX, SIX + HOUR, True),
        (Status.PASS, SIX, SIX + 24 * HOUR, False),
        (Status.PASS, SIX - HOUR, SIX, False),  # the number is older than the due moment
        (Status.ERROR, SIX, SIX + HOUR, False),  # says nothing about the data, so it is tried again
        (Status.UNREACHABLE, SIX, SIX + HOUR, False),
        (Status.PASS, None, SIX + HOUR, False),
    ],
)
def test_a_rule_rests_until_it_is_due_again(status: Status, measured_at, at: datetime, rests: bool):
    assert resting(told("daily", status, measured_at), at=at) == ({"daily"} if rests else set())


@on(
    ("changed", "rests"),
    [
        ({"expects": replace(QUERY, query="SELECT 2")}, False),
        ({"expects": replace(QUERY, threshold=Threshold(Operator.BE, (2.0,)))}, False),
        ({"severity": Severity.WARNING}, False),
        ({"dimension": Dimension.ACCURACY}, False),
        ({"empty_is_fine": True}, False),
        ({"description": "in other words", "business_impact": "none", "contract": "c"}, True),
    ],
)
def test_a_result_belongs_to_the_definition_it_was_judged_by(changed: dict[str, Any], rests: bool):
    dataset = replace(DATASET, checks=(replace(ASKED, **changed),))
    earlier = {dataset.name: [told("asked", Status.PASS, SIX)]}
    assert bool(cadence.resting(dataset, lambda _: earlier, SIX + HOUR)) == rests
    unsigned = {dataset.name: [replace(told("asked", Status.PASS, SIX), definition=None)]}
    assert not cadence.resting(dataset, lambda _: unsigned, SIX + HOUR)


def test_a_rule_without_a_schedule_or_a_result_never_rests():
    assert resting(told("always", Status.PASS, SIX), at=SIX + HOUR) == set()
    assert cadence.resting(replace(DATASET, checks=(ALWAYS,)), lambda _: pytest.fail("nobody asks"), SIX) == {}


def test_the_query_of_a_rule_that_rests_is_not_asked():
    rest = {"asked": told("asked", Status.PASS, SIX), "daily": told("daily", Status.PASS, SIX)}
    assert [check.id for check in cadence.to_measure(DATASET, rest).checks] == ["daily", "always"]


def test_a_dataset_runs_on_all_its_lines():
    assert cadence.lines_of(DATASET, "0 * * * *") == ("0 * * * *", "0 6 * * *")
    assert cadence.next_of(DATASET, "0 0 * * *", SIX - HOUR) == SIX


# -- in runs -----------------------------------------------------------------------------------------------------------


def write_contract(folder: Path, **daily: Any) -> None:
    """A dataset measured every four hours, with a rule that is due at half past six."""
    rule = {"metric": "rowCount", "mustBeGreaterThan": 5}
    rules = [rule | {"id": "daily", "schedule": "30 6 * * *", "scheduler": "cron"} | daily, rule | {"id": "always"}]
    every = [{"property": "vitals.schedule", "value": "0 */4 * * *"}]
    table = {"name": "t", "quality": rules, "customProperties": every}
    document = {"apiVersion": "v3.1.0", "kind": "DataContract", "id": "c", "version": "1.0.0", "status": "active"}
    (folder / "contracts").mkdir(exist_ok=True)
    (folder / "contracts" / "c.yaml").write_text(yaml.safe_dump(document | {"schema": [table]}))


@pytest.fixture
def monitor(tmp_path: Path):
    write_contract(tmp_path)
    opened = canned(tmp_path, Clock(SIX), "t", config="[schedule]\njitter = '0s'\n")
    yield opened
    opened.close()


def results(monitor: CannedMonitor) -> dict[str, tuple[str, datetime | None]]:
    return {each.check: (str(each.status), each.measured_at) for each in monitor.history.results("s.t")["s.t"]}


def measures(monitor: CannedMonitor, rows: float) -> None:
    def answer(dataset: Dataset, slot: Any):
        whole = seven_rows(dataset, slot)
        [grid] = whole.grids
        return replace(whole, grids=(replace(grid, values=grid.values * 0 + rows),))

    monitor.answer = answer


def ticked(monitor: CannedMonitor) -> bool:
    started = Scheduler(monitor).tick()
    monitor.wait()
    return bool(started)


def test_a_result_is_carried_with_its_moment_until_the_rule_is_due(monitor: CannedMonitor):
    clock: Any = monitor.clock
    assert ticked(monitor)  # at six
    measures(monitor, rows=3)
    clock.now = SIX + timedelta(minutes=20)
    assert not ticked(monitor)
    clock.now = SIX + timedelta(minutes=30)
    assert ticked(monitor)  # for the rule alone
    assert {status for status, _ in (results(monitor)["daily"], results(monitor)["always"])} == {"fail"}
    measures(monitor, rows=7)
    clock.now = SIX + 2 * HOUR
    assert ticked(monitor)
    assert results(monitor)["daily"] == ("fail", SIX + timedelta(minutes=30))
    assert results(monitor)["always"] == ("pass", SIX + 2 * HOUR)
    clock.now = SIX + timedelta(hours=24, minutes=30)
    assert ticked(monitor)
    assert results(monitor)["daily"] == ("pass", clock.now)


@on(
    ("changed", "result"),
    [
        ({"mustBeGreaterThan": 9}, ("fail", 2)),
        ({"mustBeGreaterThan": 9, "severity": "info"}, ("warn", 2)),
        ({"severity": "info"}, ("pass", 2)),
        ({"description": "The same in other words"}, ("pass", 0)),
        ({"schedule": "15 6 * * *"}, ("pass", 0)),
    ],
)
def test_a_rule_that_was_changed_is_judged_anew_though_it_rests(
    monitor: CannedMonitor, tmp_path: Path, changed: dict[str, Any], result: tuple[str, int]
):
    """What the old definition found says nothing of the new one; other words and another schedule ask the same."""
    clock: Any = monitor.clock
    clock.now = judged = SIX + timedelta(minutes=30)
    assert ticked(monitor)
    write_contract(tmp_path, **changed)
    monitor.catalogue.read_contracts()
    clock.forward(2 * HOUR)
    monitor.start(["t"])[0].result()
    status, after = result
    assert results(monitor)["daily"] == (status, judged + after * HOUR)


def test_a_warehouse_that_is_gone_says_nothing_of_a_rule_that_rests(monitor: CannedMonitor):
    clock: Any = monitor.clock
    assert ticked(monitor)

    def gone(*_: Any):
        raise Unreachable("s", "connection refused")

    healthy, monitor.answer = monitor.answer, gone
    clock.now = SIX + 2 * HOUR
    monitor.config = replace_attempts(monitor)
    assert ticked(monitor)
    monitor.answer = healthy
    clock.now = SIX + 6 * HOUR
    assert ticked(monitor)
    assert results(monitor)["daily"][0] == "pass"


def replace_attempts(monitor: CannedMonitor) -> Any:
    """The configuration with a single attempt, so that nothing is waited for."""
    return monitor.config.model_copy(update={"schedule": monitor.config.schedule.model_copy(update={"attempts": 1})})


def test_the_next_run_is_that_of_the_earliest_line(monitor: CannedMonitor):
    clock: Any = monitor.clock
    clock.now = SIX + timedelta(minutes=10)
    assert monitor.next_runs() == {"s.t": SIX + timedelta(minutes=30)}


def test_what_is_not_there_is_dated_by_the_run():
    [result] = cadence.signed(DAILY, [told("daily", Status.NO_DATA, None)], SIX)
    assert result.measured_at == SIX
    assert cadence.signed(ALWAYS, [told("always", Status.NO_DATA, None)], SIX)[0].measured_at is None


# -- in a contract -----------------------------------------------------------------------------------------------------


DEFINITIONS = """
from pathlib import Path
from checks.config import load
from checks.contracts import declared, load_folder
from connectors import TableName

tables = [TableName("main", file.stem) for file in Path("contracts").glob("*.yaml")]
found = declared(load_folder(Path("contracts")), load(Path("config.toml"), {}), {"demo": tables})
print(sorted(check.dataset + check.id + check.definition for dataset in found for check in dataset.checks))
"""


@pytest.mark.slow
def test_a_definition_is_the_same_in_every_process():
    """What is compared with it was written by another one: nothing in it may hang on an address or on a hash."""
    printed = {
        subprocess.run(
            [sys.executable, "-c", DEFINITIONS],
            cwd=Path(__file__).parent.parent,
            env=os.environ | {"PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1 and len(printed.pop()) > 1000


def test_the_cron_line_of_a_rule(tmp_path: Path):
    rule = {"metric": "rowCount", "mustBe": 1}
    checks, findings = read(tmp_path, [rule | {"schedule": "0 20 * * 1", "scheduler": "Cron"}, rule])
    assert not errors(findings)
    assert [check.schedule for check in checks.values()] == ["0 20 * * mon", None]


@on(
    ("said", "level", "says", "schedule"),
    [
        ({"schedule": "daily"}, "error", "is not a cron line", None),
        ({"schedule": "0 6 * * *", "scheduler": "airflow"}, "warning", "Vitals itself runs the rule", "0 6 * * *"),
        ({"schedule": "@daily", "scheduler": "airflow"}, "warning", "whenever its dataset is measured", None),
        ({"scheduler": "cron"}, "warning", "has no schedule beside it", None),
    ],
)
def test_what_can_not_be_kept_to_is_told(tmp_path: Path, said: dict[str, str], level: str, says: str, schedule):
    checks, findings = read(tmp_path, [{"metric": "rowCount", "mustBe": 1, **said}])
    assert [str(each.level) for each in findings if says in each.message] == [level]
    assert checks["rowCount"].schedule == schedule


@on(
    ("word", "severity"),
    [
        *((word, Severity.ERROR) for word in ("error", "Critical", "HIGH", "major", "blocker", "fatal", "severe")),
        *((word, Severity.WARNING) for word in ("warning", "Warn", "medium", "minor", "moderate")),
        *((word, Severity.INFO) for word in ("info", "low", "informational", "information", "notice", "Trivial")),
    ],
)
def test_words_for_severity(tmp_path: Path, word: str, severity: Severity):
    checks, findings = read(tmp_path, [{"metric": "rowCount", "mustBe": 1, "severity": word}])
    assert checks["rowCount"].severity is severity
    assert not [each for each in findings if "severity" in each.path]


@on(
    ("word", "dimension"),
    [
        ("Timeliness", Dimension.TIMELINESS),
        ("recency", Dimension.TIMELINESS),
        ("Volume", Dimension.COVERAGE),
        ("validity", Dimension.CONFORMITY),
        ("correctness", Dimension.ACCURACY),
        ("UQ", Dimension.UNIQUENESS),
    ],
)
def test_words_for_dimensions(tmp_path: Path, word: str, dimension: Dimension):
    checks, findings = read(tmp_path, [{"metric": "rowCount", "mustBe": 1, "dimension": word}])
    assert checks["rowCount"].dimension is dimension
    assert not errors(findings)
