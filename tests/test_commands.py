"""The command line as a pipeline uses it: exit codes, one document on stdout, sentences on stderr."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from checks.__main__ import main
from checks.answers import exit_code, exit_code_of_runs, past_moment
from checks.config import load
from checks.history import History
from tests.apps import free_port, running_app

pytestmark = pytest.mark.slow  # real processes

ROOT = Path(__file__).parent.parent
CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: orders
version: 1.0.0
status: active
servers: [{server: shop, type: local, path: tables, format: parquet}]
team: {name: Shop}
schema:
  - name: orders
    properties:
      - {name: id, logicalType: integer, required: true}
      - {name: email, logicalType: string, classification: restricted, required: true}
"""
RESULT = {"check", "dimension", "column", "status", "severity", "observed", "expected", "reason", "bucket", "learned"}


def shop(folder: Path, more: str = "", port: int = 1) -> Path:
    """A folder of three tables with a configuration: orders breaks its contract, users is fine, empty is empty."""
    tables = folder / "tables"
    tables.mkdir()
    newest = datetime.now(UTC).replace(microsecond=0, tzinfo=None) - timedelta(hours=1)
    moments = [newest - timedelta(days=day) for day in range(3)]
    orders = pd.DataFrame({"id": [1, 2, 3], "email": ["a@b.c", None, "d@e.f"], "created_at": moments})
    users = pd.DataFrame({"id": [1, 2]})
    for name, frame in {"orders": orders, "users": users, "empty": users[:0]}.items():
        frame.to_parquet(tables / f"{name}.parquet")
    (folder / "contracts").mkdir()
    (folder / "contracts" / "orders.yaml").write_text(CONTRACT)
    config = folder / "config.toml"
    config.write_text(f'[app]\nport = {port}\n[sources.shop]\nurl = "files://tables"\n{more}')
    return config


@pytest.fixture(scope="module")
def ran(tmp_path_factory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A shop that was run once, and what the command answered."""
    config = shop(tmp_path_factory.mktemp("shop"))
    return config, command("run", "--json", config=config)


def command(*words: str, config: Path) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    line = [sys.executable, "-m", "checks", *words, "--config", str(config)]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


def said(capfd: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """The command in this process: exit code, stdout, stderr."""
    code = main(list(words))
    return code, *capfd.readouterr()


# -- run ---------------------------------------------------------------------------------------------------------------


def test_run_answers_one_document_on_stdout_and_progress_on_stderr(ran):
    _, answer = ran
    document = json.loads(answer.stdout)
    assert answer.stdout.count("\n") == 1
    assert [run["dataset"] for run in document["runs"]] == ["shop.empty", "shop.orders", "shop.users"]
    assert {"dataset", "slot", "outcome", "attempts", "queries", "seconds", "error", "results", "measurements"} <= set(
        document["runs"][0]
    )
    assert set(document["runs"][1]["results"][0]) >= RESULT
    assert "3 of 3: " in answer.stderr
    assert answer.returncode == 1


def test_a_failing_check_tells_what_was_found_and_asked_for(ran):
    _, answer = ran
    results = {result["check"]: result for result in json.loads(answer.stdout)["runs"][1]["results"]}
    required = results["email.required"]
    assert (required["status"], required["reason"]) == ("fail", "1 of 3 rows without email, expected none")


@pytest.mark.parametrize(
    ("healths", "code"),
    [
        (["healthy", "healthy"], 0),
        (["healthy", "failing", "warning", "unknown"], 1),
        (["healthy", "warning"], 2),
        (["healthy", "unknown"], 3),
        (["warning", "unknown"], 3),
        ([], 3),
    ],
)
def test_the_exit_code_of_healths(healths, code):
    assert exit_code(healths) == code


def result(status: str, severity: str = "error", check: str = "c", bucket: str | None = None) -> dict[str, Any]:
    return {
        "check": check,
        "dimension": "coverage",
        "status": status,
        "severity": severity,
        "reason": None,
        "bucket": bucket,
    }


@pytest.mark.parametrize(
    ("outcome", "results", "code"),
    [
        ("finished", [result("pass")], 0),
        ("finished", [result("fail")], 1),
        ("finished", [result("warn", "warning")], 2),
        ("finished", [result("no_data")], 1),
        ("finished", [result("error")], 3),
        ("finished", [], 3),
        ("finished", [result("warn", "info")], 3),
        ("finished", [result("fail", bucket="2026-03-14T00:00:00"), result("pass", bucket="2026-03-15T00:00:00")], 0),
        ("unreachable", [result("unreachable")], 3),
        ("cancelled", [], 3),
        ("error", [result("error")], 3),
    ],
)
def test_the_exit_code_of_one_run(outcome, results, code):
    assert exit_code_of_runs({"runs": [{"outcome": outcome, "results": results}], "errors": []}) == code


def test_a_source_that_can_not_be_listed_is_no_success(tmp_path):
    config = tmp_path / "config.toml"
    config.write_text('[sources.gone]\nurl = "files://nowhere"\n')
    answer = command("run", "--json", config=config)
    document = json.loads(answer.stdout)
    assert (document["runs"], len(document["errors"]), answer.returncode) == ([], 1, 3)
    assert "source 'gone'" in answer.stderr


# -- status, history, sample -------------------------------------------------------------------------------------------


def test_status_tells_health_with_its_two_axes(ran, capfd):
    code, out, _ = said(capfd, "status", "--json", "--config", str(ran[0]))
    found = {each["name"]: each for each in json.loads(out)["datasets"]}
    assert code == 1
    assert {name: each["health"] for name, each in found.items()} == {
        "shop.empty": "warning",
        "shop.orders": "failing",
        "shop.users": "healthy",
    }
    orders = found["shop.orders"]
    assert (orders["quality"], orders["certainty"], orders["owner"]) == ("failing", "certain", "Shop")
    assert orders["reasons"] == ["email.required: 1 of 3 rows without email, expected none"]
    assert set(orders["results"][0]) >= RESULT


@pytest.mark.parametrize(("name", "code"), [("shop.users", 0), ("users", 0), ("empty", 2), ("orders", 1)])
def test_status_of_one_dataset_by_its_full_or_short_name(ran, capfd, name, code):
    assert said(capfd, "status", name, "--config", str(ran[0]))[0] == code


def test_status_asks_no_source_and_starts_no_process(ran, capfd, monkeypatch):
    monkeypatch.setattr("checks.workers.Workers.call", lambda *_: pytest.fail("a source was asked"))
    assert said(capfd, "status", "--config", str(ran[0]))[0] == 1


LOADED = """
import sys
from checks.__main__ import main

main(sys.argv[1:])
print([name for name in ("ibis", "sqlglot", "pandas", "pyarrow", "streamlit", "httpx") if name in sys.modules])
"""


def test_commands_that_do_not_measure_do_not_load_what_measuring_needs(ran):
    line = [sys.executable, "-c", LOADED, "status", "--json", "--config", str(ran[0])]
    answer = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=300, check=True)
    assert answer.stdout.splitlines()[-1] == "[]"


def test_before_the_first_run_status_is_unknown(ran, capfd):
    long_ago = (datetime.now(UTC) - timedelta(days=9)).isoformat()
    code, out, _ = said(capfd, "status", "users", "--json", "--at", long_ago, "--config", str(ran[0]))
    [found] = json.loads(out)["datasets"]
    assert (code, found["health"], found["certainty"], found["reasons"]) == (
        3,
        "unknown",
        "never",
        ["not measured yet"],
    )


def test_status_of_nothing_is_not_a_success(tmp_path, capfd):
    config = tmp_path / "config.toml"
    config.write_text("")
    assert said(capfd, "status", "--config", str(config))[0] == 3


def test_history_gives_a_series_as_table_csv_or_json(ran, capfd):
    words = ("history", "orders", "bucket_rows", "--config", str(ran[0]))
    document = json.loads(said(capfd, *words, "--json")[1])
    assert (document["dataset"], document["metric"], document["column"], document["unit"]) == (
        "shop.orders",
        "bucket_rows",
        None,
        "rows",
    )
    assert [point["value"] for point in document["points"]][:1] == [1.0]
    assert set(document["points"][0]) == {"bucket", "observed_at", "value"}
    assert said(capfd, *words, "--format", "json")[1] == json.dumps(document) + "\n"
    assert said(capfd, *words, "--format", "csv")[1].startswith("bucket,observed_at,value\n")
    assert "bucket_rows (rows)" in said(capfd, *words)[1]


def test_history_at_a_moment_tells_what_was_known_then(ran, capfd):
    long_ago = (datetime.now(UTC) - timedelta(days=9)).isoformat()
    words = ("history", "users", "row_count", "--json", "--config", str(ran[0]))
    assert len(json.loads(said(capfd, *words)[1])["points"]) == 1
    assert json.loads(said(capfd, *words, "--at", long_ago)[1])["points"] == []


def test_sample_shows_failing_rows_masked(ran, capfd):
    words = ("sample", "orders", "email.required", "--config", str(ran[0]))
    code, out, _ = said(capfd, *words, "--json")
    document = json.loads(out)
    assert code == 0
    assert {"dataset", "check", "query", "columns", "rows", "truncated", "masked"} == set(document)
    assert [row[:2] for row in document["rows"]] == [[2, None]]
    assert document["masked"] == ["email"]
    assert "Masked by classification: email" in said(capfd, *words)[1]


# -- contract lint, doctor ---------------------------------------------------------------------------------------------


def test_lint_tells_findings_by_file_and_exits_by_the_worst(ran, capfd, tmp_path):
    code, out, _ = said(capfd, "contract", "lint", "--json", "--config", str(ran[0]))
    [linted] = json.loads(out)["contracts"]
    assert (code, linted["id"], linted["findings"]) == (0, "orders", [])
    broken = tmp_path / "broken.yaml"
    broken.write_text(CONTRACT.replace("logicalType: integer", "logicalType: whole"))
    code, out, _ = said(capfd, "contract", "lint", str(broken), "--json")
    assert code == 1
    assert set(json.loads(out)["contracts"][0]["findings"][0]) == {"level", "line", "path", "message"}
    assert "line " in said(capfd, "contract", "lint", str(broken))[1]


def test_lint_annotates_pull_requests(capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "team, a").mkdir()
    file = tmp_path / "team, a" / "orders.yaml"
    file.write_text(CONTRACT.replace("logicalType: integer", "logicalType: '100%: whole\\n::error::x'"))
    line = 1 + CONTRACT[: CONTRACT.index("logicalType: integer")].count("\n")
    code, out, _ = said(capfd, "contract", "lint", str(file), "--format", "github")
    head = f"::error file=team%2C a/orders.yaml,line={line},title=schema[0].properties[0].logicalType::"
    assert (code, out.startswith(head), out.count("\n")) == (1, True, 1)
    assert '"100%25: whole' in out
    assert said(capfd, "contract", "lint", str(file), "--format", "json")[1].startswith('{"contracts": [')


@pytest.mark.parametrize("action", ["lint", "test", "register"])
def test_contracts_that_are_nowhere_are_no_fault_of_ours(tmp_path, capfd, action):
    config = tmp_path / "config.toml"
    config.write_text('[sources.db]\nurl = "duckdb://none.duckdb"\n')
    code, out, err = said(capfd, "contract", action, "--config", str(config))
    assert (code, out, err) == (64, "", f"there is no file or folder {tmp_path / 'contracts'}\n")


def test_doctor_looks_at_everything(ran):
    answer = command("doctor", "--json", config=ran[0])
    notes = json.loads(answer.stdout)["notes"]
    assert {note["area"] for note in notes} == {
        "configuration", "contracts", "history", "sources", "scheduler", "notifications", "datasets",
        "incidents",
    }  # fmt: skip
    assert (answer.returncode, {note["level"] for note in notes}) == (0, {"ok"})
    messages = [note["message"] for note in notes]
    assert "answers; 3 of 3 tables are watched" in messages
    assert "all columns are as the contract says; not in the contract: created_at" in messages
    assert "nothing can be written" in messages


def test_doctor_tells_what_is_wrong_and_how_to_mend_it(tmp_path):
    config = tmp_path / "config.toml"
    config.write_text('[sources.gone]\nurl = "files://nowhere"\n[sources.db]\nurl = "duckdb://none.duckdb"\n')
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "broken.yaml").write_text("kind: [")
    answer = command("doctor", "--json", config=config)
    errors = {
        note["subject"]: note["message"] for note in json.loads(answer.stdout)["notes"] if note["level"] == "error"
    }
    assert answer.returncode == 1
    assert {"gone", "db"} <= set(errors)
    assert any(subject.startswith(str(tmp_path)) or "broken.yaml" in subject for subject in errors)
    assert "To do:" in errors["gone"]


def test_doctor_compares_contracts_with_the_warehouse(tmp_path):
    config = shop(tmp_path)
    contract = CONTRACT.replace("logicalType: integer", "logicalType: date").replace("name: email", "name: e_mail")
    (tmp_path / "contracts" / "orders.yaml").write_text(contract + "  - name: refunds\n")
    notes = json.loads(command("doctor", "--json", config=config).stdout)["notes"]
    told = [(note["subject"], note["message"]) for note in notes if note["level"] == "error"]
    assert told == [
        ("orders.yaml:14", "source 'shop' has no table refunds"),
        ("shop.orders", "column 'id' is BIGINT, expected date (orders.yaml)"),
        ("shop.orders", "column 'e_mail' is not in the table, which has email (orders.yaml)"),
    ]


def test_doctor_says_so_when_the_history_can_not_be_opened(tmp_path, capfd):
    config = tmp_path / "config.toml"
    config.write_text('[app]\nhistory = "other.duckdb"\n')
    with duckdb.connect(str(tmp_path / "other.duckdb")) as connection:
        connection.execute("CREATE TABLE somebody_elses (x INT)")
    code, out, _ = said(capfd, "doctor", "--json", "--config", str(config))
    [broken] = [note for note in json.loads(out)["notes"] if note["area"] == "history"]
    assert (code, broken["level"]) == (1, "error")
    assert "not a history of Vitals" in broken["message"]


# -- nonsense ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "Usage:"),
        (["nonsense"], "No such command 'nonsense'"),
        (["status", "--nope"], "No such option: --nope"),
        (["run", "--at"], "--at: '--config' is not a moment"),
        (["run", "--at", "yesterday"], "--at: 'yesterday' is not a moment; write for example 2026-03-15T12:00:00Z"),
        (["run", "--at", "9999-01-01"], "is still to come; only a moment in the past can be looked at"),
        (["status", "--at", "0001-01-01T00:00+14:00"], "is not a moment"),
        (["status", "--at", "0999-01-01"], "is too long ago"),
        (["status", "nope"], "there is no dataset 'nope'"),
        (["run", "shop.orders", "shop.nope"], "there is no dataset 'shop.nope'"),
        (["history"], "Missing"),
        (["history", "orders"], "Missing"),
        (["history", "orders", "nope"], "shop.orders has no measurements of 'nope'; there are "),
        (["history", "orders", "null_count"], "it is measured per column; give the column, one of "),
        (["history", "orders", "null_count", "--column", "x"], "has no measurements of 'null_count' of column 'x'"),
        (["history", "orders", "row_count", "--format", "xml"], "'xml' is not one of"),
        (["sample", "orders"], "Missing"),
        (["sample", "orders", "nope"], "shop.orders has no check 'nope' in its contract; rows can break "),
        (["sample", "orders", "id.column"], "about a number of the whole dataset, not about single rows"),
        (["sample", "orders", "id.required", "--limit", "0"], "--limit"),
        (["sample", "orders", "id.required", "--limit", "many"], "--limit"),
        (["contract"], "Usage:"),
        (["contract", "nope"], "No such command 'nope'"),
        (["contract", "lint", "nowhere.yaml"], "there is no file or folder nowhere.yaml"),
        (["doctor", "--config", "nowhere.toml"], "nowhere.toml: there is no such file"),
        (["status", "--config", "."], "can not be read"),
    ],
)
def test_nonsense_is_wrong_usage_with_a_sentence(ran, capfd, words, sentence):
    takes_config = words and words[0] in ("run", "status", "history", "sample") and "--config" not in words
    code, out, err = said(capfd, *words, *(["--config", str(ran[0])] if takes_config else []))
    assert (code, out if "Usage:" not in sentence else "") == (64, "")
    assert sentence in err + out
    assert "Traceback" not in err


def test_a_wrong_configuration_is_told_whole(tmp_path, capfd):
    config = tmp_path / "config.toml"
    config.write_text('[app]\nprt = 1\n[sources.x]\nurl = ""\n')
    code, out, err = said(capfd, "status", "--config", str(config))
    assert (code, out) == (64, "")
    assert "app.prt: is not a key that Vitals knows; did you mean port?" in err
    assert "sources.x.url: is empty" in err


def test_a_fault_of_ours_is_never_taken_for_failing_data(ran, capfd, monkeypatch):
    monkeypatch.setattr("checks.monitor.Monitor.status", lambda *_: 1 / 0)
    code, out, err = said(capfd, "status", "--config", str(ran[0]))
    assert (code, out) == (3, "")
    assert "Vitals itself failed (ZeroDivisionError)" in err


def test_help_is_no_error(capfd):
    code, out, _ = said(capfd, "--help")
    assert (code, "doctor" in out) == (0, True)


def test_a_past_moment_is_read_with_and_without_a_zone():
    now = datetime(2026, 3, 15, 12, tzinfo=UTC)
    assert past_moment("2026-03-15T12:00+02:00", now) == now - timedelta(hours=2)
    assert past_moment("2026-03-15", now) == now - timedelta(hours=12)


# -- beside the app ----------------------------------------------------------------------------------------------------


HOLDER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from checks.history import History

with History.open(Path(sys.argv[1]), datetime.now(UTC)):
    print("open", flush=True)
    input()
"""


def test_another_process_on_the_history_and_no_app_to_ask_is_told(ran, capfd):
    """A second `run` at the same time, or an app at another address."""
    settings = load(ran[0])
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(settings.history_path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == "open\n"
        code, out, err = said(capfd, "status", "--json", "--config", str(ran[0]))
        doctor = said(capfd, "doctor", "--json", "--config", str(ran[0]))
        process.communicate("\n")
    assert (code, out) == (3, "")
    assert f"is in use by process {process.pid}, and nothing answers as Vitals at http://127.0.0.1:1" in err
    assert "To do: wait until that process has ended, or set address, port and token in [app]" in err
    assert (doctor[0], "nothing answers as Vitals" in doctor[1]) == (1, True)


COMMANDS = [
    ["status", "--json"],
    ["status", "users", "orders", "--json"],
    ["status", "--json", "--at", "2026-01-01"],
    ["status", "nope", "--json"],
    ["history", "orders", "bucket_rows", "--json"],
    ["history", "orders", "null_count", "--column", "email", "--json"],
    ["history", "orders", "nope"],
    ["sample", "orders", "email.required", "--json"],
    ["sample", "orders", "id.column"],
    ["run", "nope"],
]


@pytest.mark.slow
def test_commands_answer_the_same_whether_the_app_runs_or_not(tmp_path, capfd):
    port = free_port()
    config = shop(tmp_path, '[schedule]\ndefault = "0 0 1 1 *"\n', port)
    command("run", config=config)
    alone = [said(capfd, *words, "--config", str(config))[:2] for words in COMMANDS]
    with running_app(config, port):
        beside = [said(capfd, *words, "--config", str(config))[:2] for words in COMMANDS]
        again = command("run", "--json", config=config)
        doctor = command("doctor", "--json", config=config)
    assert beside == alone
    assert again.returncode == 1
    assert [run["outcome"] for run in json.loads(again.stdout)["runs"]] == ["finished"] * 3
    levels = {(note["area"], note["level"]) for note in json.loads(doctor.stdout)["notes"]}
    assert (doctor.returncode, levels >= {("sources", "ok"), ("scheduler", "ok")}) == (0, True)
    with History.open(load(config).history_path, datetime.now(UTC)) as history:
        assert set(history.runs()["trigger"]) == {"command", "api"}


# -- labels ------------------------------------------------------------------------------------------------------------


def test_labels_are_added_listed_and_undone_whether_the_app_runs_or_not(tmp_path, capfd):
    port = free_port()
    config = shop(tmp_path, port=port)
    here = ["--config", str(config), "--json"]
    sale = ["orders", "expected", "--bucket", "2026-03-10", "--note", "sale", "--author", "ada"]
    added = said(capfd, "label", "add", *sale, *here)
    assert (added[0], json.loads(added[1])["labels"][0]["id"]) == (0, 1)
    with running_app(config, port):
        assert said(capfd, "label", "list", *here)[:2] == (0, added[1])
        again = said(capfd, "label", "add", "users", "known_error", "--bucket", "2026-03-11", *here)
        assert json.loads(again[1])["labels"][0]["id"] == 2
        assert (
            json.loads(said(capfd, "label", "undo", "1", "--author", "eve", *here)[1])["labels"][0]["undone_by"]
            == "eve"
        )
        code, _, sentence = said(capfd, "label", "undo", "1", *here)
        assert (code, "there is no label 1 that could be undone" in sentence) == (64, True)
    code, words, _ = said(capfd, "label", "list", "--undone", "--config", str(config))
    assert (code, "undone by eve" in words, "known_error" in words) == (0, True, True)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["add", "orders", "fine", "--bucket", "2026-03-10"], "'fine' is not one of"),
        (["add", "orders", "expected"], "Missing option '--bucket'"),
        (["add", "orders", "expected", "--bucket", "x"], "bucket: 'x' is no day or hour"),
        (["add", "nope", "expected", "--bucket", "2026-03-10"], "there is no dataset 'nope'"),
        (["undo", "first"], "Input should be a valid integer"),
        (["list", "nope"], "there is no dataset 'nope'"),
    ],
)
def test_a_senseless_label_is_wrong_usage(ran, capfd, words, sentence):
    code, out, problem = said(capfd, "label", *words, "--config", str(ran[0]))
    assert (code, out) == (64, "")
    assert sentence in problem
