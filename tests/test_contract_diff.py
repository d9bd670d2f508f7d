"""`contract diff` as people and CI use it: files, folders and revisions of a real git repository in; words, exit codes
and reports out."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from checks.__main__ import main
from checks.contracts.changes.comparison import compare_two, to_json
from checks.contracts.changes.reports import github, junit, markdown
from checks.contracts.document import Document

ORDERS = """\
apiVersion: v3.1.0
kind: DataContract
id: shop-orders
version: 1.2.0
status: active
schema:
  - name: orders
    properties:
      - name: id
        logicalType: integer
        required: true
      - name: amount
        logicalType: number
slaProperties:
  - property: freshness
    value: 12
    unit: h
"""
USERS = "apiVersion: v3.1.0\nkind: DataContract\nid: shop-users\nversion: 1.0.0\nstatus: active\n"
LOOSER = ORDERS.replace("value: 12", "value: 24")
TIGHTER = ORDERS.replace("value: 12", "value: 6")
DESCRIBED = ORDERS.replace("status: active", "status: active\nname: Orders")


@pytest.fixture
def work(tmp_path, monkeypatch) -> Path:
    """An empty work folder that the command runs in, cut off from the repositories around it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    return tmp_path


@pytest.fixture
def repository(work) -> Path:
    """A repository whose branch main has orders; contracts are in its folder contracts."""
    git(work, "init", "-q", "-b", "main")
    (work / "config.toml").write_text("")
    write(work / "contracts" / "orders.yaml", ORDERS)
    commit(work)
    return work


def git(folder: Path, *words: str) -> None:
    who = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    names = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *names, *words], cwd=folder, check=True, capture_output=True, env=os.environ | who)


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "change")


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def run(capfd, *words: str) -> tuple[int, str, str]:
    code = main(["contract", "diff", *words])
    out, err = capfd.readouterr()
    return code, out, err


def found(capfd, *words: str) -> dict[str, Any]:
    code, out, err = run(capfd, *words, "--json", "--fail-on", "none")
    assert (code, err) == (0, "")
    return json.loads(out)


def kinds(document: dict[str, Any]) -> list[str]:
    return [change["kind"] for change in document["changes"]]


# -- files and folders -------------------------------------------------------------------------------------------------


def test_two_files_are_versions_of_one_contract(work, capfd):
    old, new = write(work / "a.yaml", ORDERS), write(work / "b.yaml", LOOSER)
    document = found(capfd, str(old), str(new))
    [change] = document["changes"]
    assert change == {
        "contract": "shop-orders",
        "file": "b.yaml",
        "line": 16,
        "path": "slaProperties[freshness].value",
        "kind": "level.loosened",
        "consumer": "breaking",
        "producer": "compatible",
        "old": 12,
        "new": 24,
        "reason": "A worse service is promised than before.",
    }
    assert (document["consumer"], document["producer"]) == ("breaking", "compatible")
    [contract] = document["contracts"]
    assert contract["version"]["demanded"] == "major"
    assert contract["version"]["fits"] is False
    assert "the version is still 1.2.0" in contract["version"]["sentence"]


def test_two_files_are_compared_even_where_the_id_changed(work, capfd):
    old, new = write(work / "a.yaml", ORDERS), write(work / "b.yaml", ORDERS.replace("shop-orders", "orders"))
    assert kinds(found(capfd, str(old), str(new))) == ["contract.renamed"]


def test_contracts_of_folders_are_paired_by_id_so_that_a_renamed_file_is_no_change(work, capfd):
    write(work / "old" / "orders.yaml", ORDERS)
    write(work / "new" / "sales" / "all-orders.yml", ORDERS)
    document = found(capfd, "old", "new")
    assert (document["changes"], document["consumer"], document["producer"]) == ([], "informational", "informational")


def test_contracts_that_come_and_go_are_changes(work, capfd):
    write(work / "old" / "orders.yaml", ORDERS)
    write(work / "new" / "users.yaml", USERS)
    changes = {change["contract"]: change for change in found(capfd, "old", "new")["changes"]}
    assert (changes["shop-orders"]["kind"], changes["shop-orders"]["consumer"]) == ("contract.removed", "breaking")
    assert (changes["shop-users"]["kind"], changes["shop-users"]["consumer"]) == ("contract.added", "compatible")
    assert changes["shop-users"]["new"]["id"] == "shop-users"


def test_of_a_folder_beside_a_file_only_the_contract_of_the_file_is_compared(work, capfd):
    write(work / "old" / "orders.yaml", ORDERS)
    write(work / "old" / "users.yaml", USERS)
    write(work / "new.yaml", LOOSER)
    assert kinds(found(capfd, "old", "new.yaml")) == ["level.loosened"]


# -- exit codes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("new", "any_", "consumer", "producer"),
    [(ORDERS, 0, 0, 0), (DESCRIBED, 0, 0, 0), (LOOSER, 1, 1, 0), (TIGHTER, 1, 0, 1)],
    ids=["same", "described", "looser", "tighter"],
)
def test_the_exit_code_tells_whether_somebody_is_broken_and_fail_on_whose_breakage_counts(
    work, capfd, new, any_, consumer, producer
):
    paths = str(write(work / "a.yaml", ORDERS)), str(write(work / "b.yaml", new))
    assert run(capfd, *paths)[0] == any_
    assert run(capfd, *paths, "--fail-on", "any", "--json")[0] == any_
    assert run(capfd, *paths, "--fail-on", "consumer")[0] == consumer
    assert run(capfd, *paths, "--fail-on", "producer", "--format", "junit")[0] == producer
    assert run(capfd, *paths, "--fail-on", "none", "--format", "github")[0] == 0


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["nowhere.yaml", "contracts"], 64, "nowhere.yaml is no file or folder, and no revision of git here"),
        (["main"], 64, "Missing"),
        (["main", "contracts", "--format", "pdf"], 64, "'pdf' is not one of"),
        ([":contracts", "contracts"], 64, "write a revision before the colon"),
        (["--", "--output=x", "contracts"], 64, "--output=x is no file or folder, and no revision"),
        (["--", "--output=x:contracts", "contracts"], 64, "write a revision before the colon"),
        (["gone:contracts", "contracts"], 3, "git has no revision gone here; in CI, fetch it first"),
        (["main:nope", "contracts"], 3, "main:nope: there is no nope in it"),
        (["main:../x", "contracts"], 3, "leads out of the repository"),
        (["main:contracts", "broken.yaml"], 3, "broken.yaml: broken.yaml:2: is not YAML"),
        (["main:contracts", "empty.yaml"], 3, "empty.yaml: empty.yaml:1: is no contract"),
    ],
)
def test_what_can_not_be_compared_is_told_and_is_no_difference(repository, capfd, words, code, sentence):
    write(repository / "broken.yaml", "id: [")
    write(repository / "empty.yaml", "")
    assert not (repository / "x").exists()
    answer = run(capfd, *words)
    assert (answer[0], answer[1]) == (code, "")
    assert sentence in answer[2]
    assert not (repository / "x").exists()


def test_outside_of_a_repository_a_revision_is_told_apart_from_a_missing_file(work, capfd):
    write(work / "b.yaml", ORDERS)
    code, _, err = run(capfd, "main:a.yaml", "b.yaml")
    assert (code, "not a git repository" in err) == (3, True)
    code, _, err = run(capfd, "a.yaml", "b.yaml")
    assert (code, "a.yaml is no file or folder here" in err) == (64, True)


def test_without_git_files_are_compared_and_revisions_are_refused(work, capfd, monkeypatch):
    write(work / "a.yaml", ORDERS)
    monkeypatch.setenv("PATH", str(work))
    assert run(capfd, "a.yaml", "a.yaml")[0] == 0
    code, _, err = run(capfd, "main:a.yaml", "a.yaml")
    assert (code, "there is no git program here; install git, or compare files" in err) == (3, True)


# -- revisions ---------------------------------------------------------------------------------------------------------


def test_a_file_of_a_revision_is_compared_with_the_work_tree(repository, capfd):
    write(repository / "contracts" / "orders.yaml", LOOSER)
    document = found(capfd, "main:contracts/orders.yaml", "contracts/orders.yaml")
    assert kinds(document) == ["level.loosened"]
    assert document["changes"][0]["file"] == "contracts/orders.yaml"


def test_a_revision_alone_means_its_contracts_folder(repository, capfd):
    write(repository / "contracts" / "orders.yaml", TIGHTER)
    write(repository / "contracts" / ".hidden.yaml", "id: [")
    write(repository / "contracts" / "notes.txt", "no contract")
    (repository / "contracts" / "link.yaml").symlink_to("/etc/hostname")
    commit(repository)
    for old in ("HEAD~1", "main~1:", "main~1:contracts", "main~1:contracts/", "HEAD~1:./contracts"):
        assert kinds(found(capfd, old, "HEAD")) == ["level.tightened"]
    assert kinds(found(capfd, "HEAD", "HEAD")) == []


def test_paths_of_a_revision_count_from_the_top_or_with_a_dot_from_here(repository, capfd, monkeypatch):
    monkeypatch.chdir(repository / "contracts")
    write(repository / "contracts" / "orders.yaml", LOOSER)
    assert kinds(found(capfd, "main:contracts/orders.yaml", "orders.yaml")) == ["level.loosened"]
    assert kinds(found(capfd, "main:./orders.yaml", "orders.yaml")) == ["level.loosened"]


def test_a_broken_contract_of_a_revision_is_told_with_its_line(repository, capfd):
    write(repository / "contracts" / "orders.yaml", ORDERS + "  - [")
    commit(repository)
    code, out, err = run(capfd, "HEAD~1", "HEAD")
    assert (code, out) == (3, "")
    assert "HEAD: contracts/orders.yaml:19: is not YAML" in err


def test_the_contracts_folder_may_be_elsewhere(repository, capfd):
    write(repository / "data" / "promises" / "orders.yaml", ORDERS)
    write(repository / "conf" / "vitals.toml", '[app]\ncontracts = "../data/promises"\n')
    commit(repository)
    write(repository / "data" / "promises" / "orders.yaml", LOOSER)
    assert kinds(found(capfd, "main", "data/promises", "--config", "conf/vitals.toml")) == ["level.loosened"]


# -- formats -----------------------------------------------------------------------------------------------------------

NASTY = "x%0A::error::|<script>@octocat `[a](https://evil.example)` #1\n::stop-commands::z\x1b[31m\u2028\x00"


def nasty() -> tuple[Document, Document]:
    """A contract whose every name tries to break out of the report."""
    old = {"id": NASTY, "version": NASTY, "schema": [{"name": NASTY, "properties": [{"name": NASTY, "enum": [NASTY]}]}]}
    new = {"id": NASTY, "version": "2", "schema": [{"name": NASTY, "properties": [{"name": NASTY, "required": True}]}]}
    old_document, new_document = (Document(Path("x.yaml"), f"{NASTY},.yaml", data, {}) for data in (old, new))
    return old_document, new_document


def test_markdown_shows_what_contracts_say_as_text():
    text = markdown(compare_two(*nasty()))
    assert "\n::" not in text
    assert "<script>" not in text.replace("\\<", "")
    assert "@octocat" not in text and "https://" not in text and "#1 " not in text
    assert "\x1b" not in text and "\u2028" not in text and "\x00" not in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in rows} == {6}


def test_markdown_says_the_answer_first_and_has_a_row_for_each_change(work, capfd):
    old, new = write(work / "a.yaml", ORDERS), write(work / "b.yaml", LOOSER)
    _, out, _ = run(capfd, str(old), str(new), "--format", "markdown")
    lines = out.splitlines()
    assert lines[2] == "1 change, 1 of them breaking: breaking for consumers, compatible for producers."
    assert lines[-1].startswith(
        "| ❌ breaking | ✅ compatible | slaProperties\\[freshness\\].value | level.loosened 12 -"
    )


def test_junit_is_xml_whatever_contracts_say():
    comparison = compare_two(*nasty())
    root = ElementTree.fromstring(junit(comparison, lambda change: change.kind == "required.added"))
    cases = root.findall("./testsuite/testcase")
    assert len(cases) == len(comparison.changes) == 3
    assert [case.get("name", "")[:14] for case in cases if case.find("failure") is not None] == ["required.added"]
    suite = root.find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures")) == ("3", "1")


def test_junit_has_a_passed_case_for_a_contract_without_changes(work, capfd):
    path = str(write(work / "a.yaml", ORDERS))
    _, out, _ = run(capfd, path, path, "--format", "junit")
    assert [case.get("name") for case in ElementTree.fromstring(out).iter("testcase")] == ["no changes"]


def test_annotations_name_file_and_line_and_can_not_be_forged():
    lines = github(compare_two(*nasty()), lambda change: True).splitlines()
    assert [line.split(" ")[0] for line in lines[:-1]] == ["::error"] * 3 + ["::warning"]
    properties = lines[0].split("::")[1]
    assert "%250A" in properties and "%3A%3Aerror" in properties and "%2C.yaml" in properties
    assert all(line.startswith(("::error file=", "::warning file=")) for line in lines[:-1])


def test_annotations_are_errors_for_what_fails_and_warnings_for_what_breaks_the_others(work, capfd):
    old = write(work / "a.yaml", ORDERS)
    new = write(work / "b.yaml", LOOSER.replace("number", "integer").replace("1.2.0", "1.3.0"))
    _, out, _ = run(capfd, str(old), str(new), "--format", "github", "--fail-on", "consumer")
    levels = {line.split(",title=")[1].split("::")[0]: line.split(" file=")[0] for line in out.splitlines()[:-2]}
    assert levels == {
        "level.loosened": "::error",
        "type.narrowed": "::warning",
        "version.changed": "::notice",
    }
    assert "::error file=b.yaml,line=16,title=level.loosened::slaProperties[freshness].value: 12 -> 24" in out
    assert "::warning file=b.yaml,title=Version::The changes demand a major step" in out


def test_text_groups_by_contract_with_the_breaking_changes_first(work, capfd):
    old, new = write(work / "a.yaml", ORDERS), write(work / "b.yaml", LOOSER.replace("1.2.0", "2.0.0"))
    code, out, _ = run(capfd, str(old), str(new))
    told = " ".join(out.split())
    assert code == 1
    assert told.index("breaking: level.loosened") < told.index("informational: version.changed")
    assert "12 -> 24" in told
    assert "the version takes a major one (from 1.2.0 to 2.0.0)" in told
    assert run(capfd, str(old), str(old))[1] == "No changes.\n"


def test_text_obeys_no_control_characters(work, capfd):
    old = write(work / "a.yaml", 'id: "a\\e[31m"\nname: a\n')
    new = write(work / "b.yaml", 'id: "a\\e[31m"\nname: "\\e]0;x\\a"\n')
    _, out, _ = run(capfd, str(old), str(new))
    assert "\x1b" not in out and "\x07" not in out and "a?[31m" in out


def test_what_a_contract_says_survives_json():
    document = json.loads(json.dumps(to_json(compare_two(*nasty()))))
    assert document["changes"][0]["contract"] == NASTY


# -- size --------------------------------------------------------------------------------------------------------------


def test_a_renamed_column_among_many_in_another_order_is_found():
    names = [f"c{number}" for number in range(200)]
    old, new = wide(names), wide([*reversed(names[8:]), "amount", *names[:7]])
    assert sorted(change.kind for change in compare_two(old, new).changes) == ["column.added", "column.removed"]


def wide(names: list[str]) -> Document:
    columns = [{"name": name, "logicalType": "integer", "quality": [{"metric": "nullValues"}] * 2} for name in names]
    return Document(Path("t.yaml"), "t.yaml", {"id": "t", "schema": [{"name": "t", "properties": columns}]}, {})
