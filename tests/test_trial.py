"""`contract test`: contracts run once against a warehouse, as a pipeline does it before it merges."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pandas as pd
import pytest

from checks import junit
from checks.__main__ import main

pytestmark = pytest.mark.slow  # real worker processes

HEAD = """
apiVersion: v3.1.0
kind: DataContract
id: {id}
version: 1.0.0
status: active
servers: [{{server: shop, type: local, path: tables, format: parquet}}]
schema:
"""
ORDERS = (
    HEAD.format(id="orders")
    + """
  - name: orders
    properties:
      - {name: id, logicalType: integer, unique: true}
      - {name: email, logicalType: string, classification: restricted, required: true}
      - {name: city, logicalType: string}
"""
)


def tables(folder: Path, email: str | None = "c@example.org") -> Path:
    folder.mkdir(parents=True)
    pd.DataFrame(
        {"id": [1, 2, 3], "email": ["a@example.org", "b@example.org", email], "city": ["x", "y", "z"]}
    ).to_parquet(folder / "orders.parquet")
    return folder


@pytest.fixture
def shop(tmp_path, monkeypatch) -> Path:
    """A working directory with a configuration, a contract, and data that break it."""
    tables(tmp_path / "tables", email=None)
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "orders.yaml").write_text(ORDERS)
    (tmp_path / "config.toml").write_text('[sources.shop]\nurl = "files://tables"\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def tried(capfd: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict]:
    code = main(["contract", "test", *words, "--json"])
    return code, json.loads(capfd.readouterr().out)


def statuses(document: dict) -> dict[str, str]:
    return {each["check"]: each["status"] for run in document["runs"] for each in run["results"]}


def test_a_broken_promise_fails_with_the_rows_and_their_classified_values_are_masked(shop, capfd):
    code, document = tried(capfd)
    assert code == 1
    assert statuses(document)["email.required"] == "fail"
    assert statuses(document)["id.unique"] == "pass"
    [sample] = document["samples"]
    assert (sample["dataset"], sample["check"], sample["rows"]) == ("shop.orders", "email.required", [[3, None, "z"]])
    assert sample["masked"] == ["email"]
    assert not (shop / "data").exists()  # nothing of a trial is kept


def test_rows_are_bounded_and_can_be_left_out(shop, capfd):
    assert tried(capfd, "--rows", "0")[1]["samples"] == []


def test_the_data_of_a_pull_request_take_the_place_of_the_source(shop, capfd):
    tables(shop / "candidate")
    assert tried(capfd, "--url", "candidate")[0] == 0
    assert tried(capfd, "contracts/orders.yaml", "--url", "files://candidate", "--source", "shop")[0] == 0


def test_without_a_configuration_a_url_is_enough(shop, capfd):
    tables(shop / "candidate")
    (shop / "config.toml").unlink()
    code, document = tried(capfd, "contracts", "--url", "candidate")
    assert code == 0
    assert [run["dataset"] for run in document["runs"]] == ["warehouse.orders"]


def test_a_wrong_contract_fails_though_the_data_are_fine(shop, capfd):
    (shop / "contracts" / "orders.yaml").write_text(ORDERS.replace("unique: true", "unique: maybe"))
    code, document = tried(capfd, "--url", str(tables(shop / "fine")))
    assert code == 1
    [contract] = document["contracts"]
    assert [found["line"] for found in contract["findings"] if found["level"] == "error"] == [12]


def test_a_warehouse_that_does_not_answer_is_unknown_and_never_failing(shop, capfd):
    code, document = tried(capfd, "--url", "postgres://nobody:secret@127.0.0.1:1/none")
    assert code == 3
    assert set(statuses(document).values()) == {"unreachable"}
    assert "secret" not in json.dumps(document)


def test_only_the_named_contracts_are_run(shop, capfd):
    (shop / "contracts" / "users.yaml").write_text(HEAD.format(id="users") + "  - name: users\n")
    _, document = tried(capfd, "contracts/users.yaml")
    assert [run["dataset"] for run in document["runs"]] == ["shop.users"]
    assert statuses(document)["dataset.exists"] == "fail"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nowhere.yaml"], "there is no file or folder nowhere.yaml"),
        (["--url", "files://nowhere"], "there is no file or folder"),
        (["--source", "shop"], "give --url as well"),
        (["--source", "nosuch", "--url", "tables"], "there is no source 'nosuch'"),
        (["--rows", "-1"], "--rows"),
        (["--junit", "no/such/folder/report.xml"], "no/such/folder"),
        (["--at", "yesterday"], "is not a moment"),
    ],
)
def test_nonsense_has_an_answer(shop, capfd, words, sentence):
    assert main(["contract", "test", *words]) in (3, 64)
    assert sentence in capfd.readouterr().err


def test_a_ci_system_gets_junit(shop, capfd):
    report = shop / "report.xml"
    assert main(["contract", "test", "--junit", str(report)]) == 1
    suites = {suite.get("name"): suite for suite in ET.parse(report).getroot()}
    assert suites["contracts"].get("failures") == "0"
    failed = [case.get("name") for case in suites["shop.orders"] if case.find("failure") is not None]
    assert failed == ["email.required"]
    assert "email.required" in capfd.readouterr().out
    assert [path.name for path in shop.glob("*report*")] == ["report.xml"]


def test_junit_survives_any_text():
    case = junit.Case("a\x00<b>\ud800", "failure", "line\nbreak & \x1b[31m")
    [suite] = ET.fromstring(junit.write([junit.Suite("s", (case,))]))
    assert suite[0].get("name") == "a\ufffd<b>\ufffd"
    assert "&" in suite[0][0].get("message")
