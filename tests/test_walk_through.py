"""The walk-through of the README, command by command, as it is written there."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

ROOT = Path(__file__).parent.parent
TITLE = "### From a live table to a contract in CI"
EXIT_CODE = re.compile(r"# exit code (\d+)")
pytestmark = pytest.mark.slow  # builds the demo warehouse


def chapter() -> str:
    return (ROOT / "README.md").read_text().partition(TITLE)[2].partition("\n## ")[0]


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", chapter(), re.DOTALL)


def commands() -> list[str]:
    return [line for block in blocks("sh") for line in block.splitlines() if line.strip()]


def without_numbers(line: str) -> str:
    return re.sub(r"[\d,.]+", "0", line)


@pytest.fixture(scope="module")
def walked(tmp_path_factory) -> tuple[Path, dict[str, subprocess.CompletedProcess[str]]]:
    """The folder after all commands, and what each of them said; from a checkout without anything measured."""
    folder = tmp_path_factory.mktemp("walk")
    shutil.copytree(ROOT / "contracts", folder / "contracts")
    shutil.copy(ROOT / "config.toml", folder)
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    said = {}
    for line in commands():
        words = line.replace(".venv/bin/python", sys.executable)
        said[line] = subprocess.run(
            ["sh", "-c", words], cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
    return folder, said


def test_every_command_ends_as_the_readme_says(walked):
    wanted = {line: int(found[1]) if (found := EXIT_CODE.search(line)) else 0 for line in commands()}
    assert {line: ended.returncode for line, ended in walked[1].items()} == wanted


@pytest.mark.parametrize("step", ["run", "import", "lint", "diff", "register", "test"])
def test_no_step_is_left_out(step):
    assert any(re.search(rf"-m checks (contract )?{step}\b", line) for line in commands())


def test_the_draft_has_the_lines_that_are_shown(walked):
    drafted = {without_numbers(line) for line in (walked[0] / "data" / "draft.yaml").read_text().splitlines()}
    [shown] = blocks("yaml")
    assert not [line for line in shown.splitlines() if without_numbers(line) not in drafted]


def test_the_diff_finds_what_the_edit_was(walked):
    [diff] = [ended.stdout for line, ended in walked[1].items() if " diff " in line]
    assert "compatible for consumers, breaking for producers" in diff
    kinds = re.findall(r"✖ breaking: (\S+)", diff)
    assert kinds and set(kinds) == {"range.tightened"}


def test_the_report_for_ci_has_no_failure(walked):
    report = ET.parse(walked[0] / "data" / "contracts.xml").getroot()
    cases = list(report.iter("testcase"))
    assert len(cases) > 50
    assert not [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
