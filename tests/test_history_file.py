"""The file that the history lives in: one owner, moved forward, and never lost without a word."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import numpy as np
import pytest

from checks.history import History, HistoryBusy, HistoryError, HistoryTooNew, HistoryUnusable, opening
from checks.history.migrations import MIGRATIONS, Migration
from checks.records import Grain, Grid, Metric, Outcome, Status
from tests.reports import DAY, HOUR, NINE, SUNDAY, report, result

DAMAGED = "damaged-20261123T090000"
LOOK_BEFORE_WRITING = opening._look_before_writing


@pytest.fixture(autouse=True)
def made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here no file is a copy of one that was made before."""
    monkeypatch.setattr(opening, "_look_before_writing", LOOK_BEFORE_WRITING)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "history.duckdb"


def in_another_process(body: str, path: Path, *, dies: bool = False) -> subprocess.CompletedProcess[str]:
    """Runs these lines in a program in which `history` is open; `dies` leaves it without closing."""
    opening = f"from tests.reports import *\nhistory = History.open(__import__('pathlib').Path({str(path)!r}), NINE)\n"
    script = opening + body + ("\n__import__('os').kill(__import__('os').getpid(), 9)" if dies else "\nhistory.close()")
    root = Path(__file__).parents[1]
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=root)


def fails_in_another_process(path: Path) -> str:
    """What a process says that can not open the history."""
    return in_another_process("", path).stderr


def remembered(path: Path, *, runs: int = 1) -> None:
    with History.open(path, NINE) as history:
        for hour in range(runs):
            history.remember(report(NINE + hour * HOUR))


def overwrite(path: Path, start: int, length: int) -> None:
    content = bytearray(path.read_bytes())
    content[start : start + length] = os.urandom(length)
    path.write_bytes(content)


# -- one owner ---------------------------------------------------------------------------------------------------------


def test_a_second_process_is_refused_with_the_process_that_holds_the_file(path):
    with History.open(path, NINE):
        said = fails_in_another_process(path)
    assert f"HistoryBusy: history {path}: in use by process {os.getpid()} (" in said
    assert "To do: use the running app" in said


def test_a_second_owner_in_the_same_process_is_refused_until_the_first_closes(path):
    with History.open(path, NINE), pytest.raises(HistoryBusy) as busy:
        History.open(path, NINE)
    assert busy.value.pid == os.getpid()
    History.open(path, NINE).close()


@pytest.mark.slow
def test_a_backup_is_whole_and_does_not_give_the_lock_away(path, tmp_path):
    with History.open(path, NINE) as history:
        history.remember(report())
        copy = history.backup(tmp_path / "copies" / "history.duckdb")
        history.remember(report(NINE + HOUR))
        assert "HistoryBusy" in fails_in_another_process(path)
    with History.open(copy, NINE) as restored:
        assert list(restored.runs()["slot"]) == [NINE]
    assert list(copy.parent.iterdir()) == [copy]


def test_a_backup_that_can_not_be_written_says_why_and_leaves_nothing(path, tmp_path):
    with History.open(path, NINE) as history, pytest.raises(HistoryError, match="could not be copied"):
        (tmp_path / "taken").mkdir()
        history.backup(tmp_path / "taken")
    assert list(tmp_path.glob("*.part")) == []


def test_nothing_outside_of_the_file_can_be_reached_once_it_is_open(path, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    with History.open(path, NINE) as history, history._store.reading() as cursor:
        for statement in (f"FROM '{secret}'", f"ATTACH '{tmp_path / 'other.duckdb'}'", "INSTALL httpfs", "LOAD httpfs"):
            with pytest.raises(duckdb.Error):
                cursor.execute(statement)
        with pytest.raises(duckdb.Error, match="configuration has been locked"):
            cursor.execute("SET enable_external_access = true")


@pytest.mark.slow
def test_duckdb_draws_no_progress_where_a_document_is_printed(tmp_path):
    """Where Python has no main file, as in `python -c`, DuckDB takes stdout for a notebook."""
    code = f"""
from pathlib import Path
from checks.history.opening import connect
from connectors import open_source
path = Path({str(tmp_path / "some.duckdb")!r})
history = connect(path)
shown = [history.cursor().execute("SELECT current_setting('enable_progress_bar')").fetchone()[0]]
history.close()
source = open_source("shop", str(path))
shown.append(source.connection.execute("SELECT current_setting('enable_progress_bar')").fetchone()[0])
print(shown)
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "[False, False]\n"


def test_a_closed_history_says_so(path):
    history = History.open(path, NINE)
    history.close()
    history.close()
    with pytest.raises(HistoryError, match="is closed"):
        history.runs()


# -- the shape of the file ---------------------------------------------------------------------------------------------

NOW = MIGRATIONS[-1].version
NEXT_STEP = Migration(NOW + 1, "a note for every run", ("ALTER TABLE runs ADD COLUMN note VARCHAR DEFAULT 'none'",))
BROKEN = Migration(NOW + 1, "half a step", ("ALTER TABLE runs ADD COLUMN note VARCHAR", "SELECT no_such_function()"))


def test_an_older_file_is_moved_forward_after_a_backup(path):
    remembered(path)
    with History.open(path, NINE, migrations=[*MIGRATIONS, NEXT_STEP]) as history, history._store.reading() as cursor:
        assert cursor.execute("SELECT note FROM runs").fetchall() == [("none",)]
        assert history.statistics()["version"] == NOW + 1
    with History.open(path.with_name(f"history.duckdb.v{NOW}-backup"), NINE) as backup:
        assert (backup.statistics()["version"], backup.statistics()["runs"]) == (NOW, 1)


def test_a_step_that_fails_leaves_the_file_as_it_was(path):
    remembered(path)
    with pytest.raises(duckdb.Error, match="no_such_function"):
        History.open(path, NINE, migrations=[*MIGRATIONS, BROKEN])
    with History.open(path, NINE) as history:
        assert history.statistics()["version"] == NOW
        assert "note" not in history.runs()


def test_a_file_of_a_newer_version_is_refused_and_not_touched(path):
    History.open(path, NINE, migrations=[*MIGRATIONS, NEXT_STEP]).close()
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    with pytest.raises(HistoryTooNew, match=rf"schema version {NOW + 1}.*versions up to {NOW}.*upgrade Vitals"):
        History.open(path, NINE)
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before


def test_a_database_that_is_not_a_history_is_refused_and_not_touched(tmp_path):
    warehouse = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("CREATE TABLE sales AS SELECT 1 AS price")
    before = warehouse.read_bytes()
    with pytest.raises(HistoryUnusable, match="not a history of Vitals"):
        History.open(warehouse, NINE)
    assert warehouse.read_bytes() == before


def test_a_path_that_can_not_be_a_file_is_refused(tmp_path):
    with pytest.raises(HistoryUnusable, match=r"directory.*check the path"):
        History.open(tmp_path, NINE)


# -- interruptions -----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_run_that_never_ended_is_interrupted_at_the_next_opening(path):
    in_another_process("history.begin('s.flights', NINE, NINE, 'schedule')", path, dies=True)
    with History.open(path, NINE + HOUR) as history:
        row = history.latest_runs()["s.flights"]
        assert (row.outcome, row.started_at, row.finished_at, row.seconds) == (Outcome.INTERRUPTED, NINE, None, None)
        assert list(history.days(NINE)["status"]) == ["unknown"]
        history.remember(report(results=(result("a", Status.PASS),)))
        assert list(history.runs()["outcome"]) == ["finished"]
        assert list(history.days(NINE)["status"]) == ["healthy"]


@pytest.mark.slow
def test_a_finished_run_stands_when_its_repetition_was_interrupted(path):
    body = "history.remember(report())\nhistory.begin('s.flights', NINE, NINE + HOUR, 'page')"
    in_another_process(body, path, dies=True)
    with History.open(path, NINE) as history:
        assert list(history.runs()["outcome"]) == ["finished"]


# -- damage ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(lambda path: overwrite(path, 0, 8192), id="random bytes in the header"),
        pytest.param(lambda path: path.write_text("no database"), id="another text"),
        pytest.param(lambda path: os.truncate(path, path.stat().st_size // 2), id="cut in half"),
        pytest.param(lambda path: os.truncate(path, 100), id="nothing but the first bytes"),
        pytest.param(
            lambda path: overwrite(path, 12288, path.stat().st_size - 12288), id="random bytes behind the header"
        ),
    ],
)
def test_a_damaged_file_is_set_aside_as_it_is_and_a_new_history_begun(path, harm):
    remembered(path)
    harm(path)
    damaged = path.read_bytes()
    with History.open(path, NINE) as history:
        assert history.datasets() == []
        assert history.remember(report()) == 1
        (notice,) = history.notices
    aside = path.with_name(f"history.duckdb.{DAMAGED}")
    assert aside.read_bytes() == damaged
    assert f"was damaged; it was set aside as {aside.name}, and a new, empty history was begun" in notice


def test_a_second_damage_in_the_same_second_overwrites_nothing(path):
    for _ in range(2):
        remembered(path)
        overwrite(path, 0, 4096)
    History.open(path, NINE).close()
    assert {file.name for file in path.parent.glob("*damaged*")} == {f"history.duckdb.{DAMAGED}{n}" for n in ("", "-2")}


def test_the_notice_stands_until_the_file_that_was_set_aside_is_moved_away(path):
    remembered(path)
    overwrite(path, 0, 4096)
    History.open(path, NINE).close()
    with History.open(path, NINE + DAY) as history:
        assert len(history.notices) == 1
    path.with_name(f"history.duckdb.{DAMAGED}").unlink()
    with History.open(path, NINE + DAY) as history:
        assert history.notices == ()


@pytest.mark.slow
@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(lambda log: log.write_bytes(os.urandom(5000)), id="garbage"),
        pytest.param(lambda log: overwrite(log, 200, 400), id="random bytes in the middle"),
    ],
)
def test_of_a_damaged_log_the_file_is_kept_and_only_the_log_is_set_aside(path, harm):
    remembered(path)
    in_another_process("history.remember(report(NINE + HOUR))", path, dies=True)
    log = path.with_name("history.duckdb.wal")
    harm(log)
    damaged = log.read_bytes()
    with History.open(path, NINE) as history:
        assert list(history.runs()["slot"]) == [NINE]
        assert history.remember(report(NINE + HOUR)) == 1
        assert "newest runs, which were only in its log, are missing" in history.notices[0]
    assert path.with_name(f"history.duckdb.wal.{DAMAGED}").read_bytes() == damaged


@pytest.mark.slow
def test_a_log_torn_at_its_end_is_no_damage(path):
    """What a kill in the middle of a write leaves: the transaction that was never committed is gone, nothing else."""
    remembered(path)
    in_another_process(
        "history.remember(report(NINE + HOUR))\nhistory.remember(report(NINE + 2 * HOUR))", path, dies=True
    )
    log = path.with_name("history.duckdb.wal")
    os.truncate(log, log.stat().st_size - 20)
    with History.open(path, NINE) as history:
        assert list(history.runs()["slot"]) == [NINE + HOUR, NINE]
        assert history.notices == ()


def test_a_damaged_part_of_an_open_history_is_named_and_the_rest_goes_on(path):
    metrics = tuple(Metric("mean", f"c{number}", Grain.DAY) for number in range(500))
    values = Grid(metrics, tuple(SUNDAY - day * DAY for day in range(100)), np.random.default_rng(7).random((500, 100)))
    with History.open(path, NINE) as history:
        history.remember(report(NINE, values))
        assert history.damage() == ()
    overwrite(path, 12288 + block_of(path, "measurements", "value") * 262144, 1000)
    with History.open(path, NINE) as history:
        (damage,) = history.damage()
        assert "table 'measurements'" in damage
        assert "look for damage with `python -m checks doctor`" in damage
        assert len(history.runs()) == 1


def block_of(path: Path, table: str, column: str) -> int:
    """The first block of the file in which a column lies."""
    with duckdb.connect(str(path), read_only=True) as connection:
        found = "SELECT min(block_id) FROM pragma_storage_info(?) WHERE column_name = ? AND segment_type = 'DOUBLE'"
        return connection.execute(found, [table, column]).fetchall()[0][0]


def test_an_empty_file_is_a_new_history(path):
    path.parent.mkdir()
    path.touch()
    with History.open(path, NINE) as history:
        assert history.notices == ()
