"""`contract diff --against-data`: the new version of contracts on the data of today."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest

from checks.__main__ import main

pytestmark = pytest.mark.slow  # real worker processes

ORDERS = """\
apiVersion: v3.1.0
kind: DataContract
id: shop-orders
version: 1.0.0
status: active
schema:
  - name: orders
    properties:
      - {name: id, logicalType: integer, unique: true}
      - {name: email, logicalType: string, required: true}
      - {name: city, logicalType: string}
"""
CITY = "      - {name: city, logicalType: string}\n"
UNIQUE_CITY = CITY.replace("string}", "string, unique: true}")
USERS = ORDERS.replace("shop-orders", "shop-users").replace("name: orders", "name: users")


@pytest.fixture
def shop(tmp_path, monkeypatch) -> Path:
    """A working folder with data that break what was promised of e-mails, and two cities that are the same."""
    (tmp_path / "tables").mkdir()
    rows = pd.DataFrame({"id": [1, 2, 3], "email": ["a@example.org", None, "c@example.org"], "city": ["x", "y", "x"]})
    rows.to_parquet(tmp_path / "tables" / "orders.parquet")
    rows.dropna().to_parquet(tmp_path / "tables" / "users.parquet")
    (tmp_path / "config.toml").write_text('[sources.shop]\nurl = "files://tables"\n')
    write(tmp_path / "old" / "orders.yaml", ORDERS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    return tmp_path


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def run(capfd, *words: str) -> tuple[int, str]:
    code = main(["contract", "diff", *words, "--against-data"])
    return code, capfd.readouterr().out


def found(capfd, old: str, new: str, *words: str) -> tuple[int, dict[str, Any]]:
    code, out = run(capfd, old, new, "--json", "--fail-on", "none", *words)
    return code, json.loads(out)["against_data"]


def told(data: dict[str, Any]) -> set[tuple[str, str, str, str]]:
    return {(check["dataset"], check["check"], check["status"], check["change"]) for check in data["checks"]}


def test_what_would_fail_today_is_told_and_whether_the_change_is_to_blame(shop, capfd):
    new = (
        ORDERS.replace(CITY, UNIQUE_CITY)
        + "    quality: [{metric: rowCount, mustBeGreaterThan: 5, severity: warning}]\n"
    )
    write(shop / "new" / "orders.yaml", new)
    code, data = found(capfd, "old", "new")
    assert code == 1
    assert told(data) == {
        ("shop.orders", "email.required", "fail", "unchanged"),
        ("shop.orders", "city.unique", "fail", "added"),
        ("shop.orders", "rowCount", "warn", "added"),
    }
    assert {check["file"] for check in data["checks"]} == {"new/orders.yaml"}
    assert [run["dataset"] for run in data["runs"]] == ["shop.orders"]
    assert not (shop / "data").exists()  # nothing of it is kept


def test_a_rule_that_was_changed_is_no_rule_that_was_there(shop, capfd):
    rule = "    quality: [{metric: rowCount, mustBeGreaterThan: 1}]\n"
    write(shop / "old" / "orders.yaml", ORDERS + rule)
    write(shop / "new" / "orders.yaml", ORDERS + rule.replace("1}", "7}"))
    _, data = found(capfd, "old", "new")
    assert ("shop.orders", "rowCount", "fail", "changed") in told(data)


def test_exit_codes(shop, capfd):
    """What the data say counts beside whom the changes break; what breaks nobody and holds is 0."""
    users = USERS.replace("id: shop", "name: Users\nid: shop")
    write(shop / "a.yaml", USERS)
    assert run(capfd, "a.yaml", str(write(shop / "b.yaml", users)))[0] == 0
    warning = users + "    quality: [{metric: rowCount, mustBe: 9, severity: warning}]\n"
    assert run(capfd, "a.yaml", str(write(shop / "b.yaml", warning)), "--fail-on", "none")[0] == 2
    required = str(write(shop / "b.yaml", users.replace(CITY, CITY.replace("string}", "string, required: true}"))))
    assert run(capfd, "a.yaml", required)[0] == 1  # breaking for producers, and all that there is today keeps it
    assert run(capfd, "a.yaml", required, "--fail-on", "consumer")[0] == 0
    broken = users + "    quality: [{metric: rowCount, mustBe: many}]\n"
    assert run(capfd, "a.yaml", str(write(shop / "b.yaml", broken)), "--fail-on", "none")[0] == 1  # a contract is wrong


def test_only_what_changed_is_run_and_nothing_where_nothing_changed(shop, capfd):
    for side in ("old", "new"):
        write(shop / side / "users.yaml", USERS)
    write(shop / "new" / "orders.yaml", ORDERS)
    code, data = found(capfd, "old", "new")
    assert (code, data) == (0, {"checks": [], "contracts": [], "runs": [], "errors": []})
    assert "nothing changed, so nothing was run" in run(capfd, "old", "new")[1]
    write(shop / "new" / "users.yaml", USERS.replace("1.0.0", "1.0.1"))
    assert [run["dataset"] for run in found(capfd, "old", "new")[1]["runs"]] == ["shop.users"]


def test_a_contract_that_goes_is_not_run(shop, capfd):
    write(shop / "old" / "users.yaml", USERS)
    write(shop / "new" / "users.yaml", USERS)
    code, data = found(capfd, "old", "new")
    assert (code, data["runs"]) == (0, [])


def test_the_new_side_may_be_a_revision(shop, capfd):
    who = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    write(shop / "contracts" / "orders.yaml", ORDERS.replace(CITY, UNIQUE_CITY))
    for words in (
        ["init", "-q", "-b", "main"],
        ["add", "-A"],
        ["-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "-qm", "m"],
    ):
        subprocess.run(["git", *words], check=True, capture_output=True, env=os.environ | who)
    code, data = found(capfd, "old/orders.yaml", "main:contracts/orders.yaml")
    assert code == 1
    assert ("shop.orders", "city.unique", "fail", "added") in told(data)


def test_a_warehouse_that_does_not_answer_is_unknown_and_never_a_failure(shop, capfd):
    (shop / "config.toml").write_text('[sources.shop]\nurl = "postgres://nobody:secret@127.0.0.1:1/none"\n')
    write(shop / "new" / "orders.yaml", ORDERS.replace(CITY, UNIQUE_CITY))
    code, data = found(capfd, "old", "new")
    assert code == 3
    assert {check["status"] for check in data["checks"]} == {"unreachable"}
    assert data["errors"]
    assert "secret" not in json.dumps(data)


def test_without_a_source_nothing_runs_and_that_is_an_error_of_the_contract(shop, capfd):
    (shop / "config.toml").write_text("")
    write(shop / "new" / "orders.yaml", ORDERS.replace(CITY, UNIQUE_CITY))
    code, data = found(capfd, "old", "new")
    assert (code, data["runs"]) == (1, [])
    _, out = run(capfd, "old", "new")
    assert "Against the data of today: nothing ran." in out
    assert "✖ error: new/orders.yaml:" in out


def test_without_a_configuration_there_is_nothing_to_run_on(shop, capfd):
    (shop / "config.toml").unlink()
    assert main(["contract", "diff", "old", "old", "--against-data"]) == 64
    assert "config.toml" in capfd.readouterr().err


# -- for people and CI -------------------------------------------------------------------------------------------------


@pytest.fixture
def unique(shop) -> Path:
    write(shop / "new" / "orders.yaml", ORDERS.replace(CITY, UNIQUE_CITY))
    return shop


def test_in_words(unique, capfd):
    code, out = run(capfd, "old", "new")
    assert code == 1
    section = out[out.index("Against the data of today: 2 checks would fail.") :]
    assert "✖ fail: shop.orders city.unique (new in this version)" in section
    assert "✖ fail: shop.orders email.required (as before)" in section
    assert "1 of 3 rows without email, expected none" in section


def test_as_markdown(unique, capfd):
    _, out = run(capfd, "old", "new", "--format", "markdown")
    section = out[out.index("### Against the data of today") :].splitlines()
    assert section[2] == "Against the data of today: 2 checks would fail."
    rows = [line for line in section if line.startswith("| ❌")]
    assert any("| shop.orders | city.unique | new in this version |" in row for row in rows)


def test_as_junit(unique, capfd):
    _, out = run(capfd, "old", "new", "--format", "junit")
    suites = {suite.get("name"): suite for suite in ElementTree.fromstring(out)}
    assert list(suites) == ["shop-orders", "contracts against the data", "shop.orders"]
    failed = {case.get("name") for case in suites["shop.orders"] if case.find("failure") is not None}
    assert failed == {"email.required", "city.unique"}


def test_as_annotations(unique, capfd):
    _, out = run(capfd, "old", "new", "--format", "github")
    [line] = [line for line in out.splitlines() if "city.unique (new" in line]
    assert line.startswith("::error file=new/orders.yaml,title=Against the data::shop.orders city.unique")
    assert out.splitlines()[-1] == "Against the data of today: 2 checks would fail."
