"""The example repository of the documentation: its pipeline runs as it is written there."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "docs" / "example"
pytestmark = pytest.mark.slow  # real processes


@pytest.fixture
def repository(tmp_path) -> Path:
    """The example as a git repository with a remote branch, as a CI system checks it out."""
    origin, clone = tmp_path / "origin", tmp_path / "clone"
    shutil.copytree(EXAMPLE, origin)
    for words in (
        ["init", "-q", "-b", "main"],
        ["add", "."],
        ["-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-qm", "start"],
    ):
        subprocess.run(["git", *words], cwd=origin, check=True)
    subprocess.run(["git", "clone", "-q", str(origin), str(clone)], check=True)
    return clone


def steps() -> list[str]:
    """The commands of ours in the workflow, in their order."""
    workflow = yaml.safe_load((EXAMPLE / ".github" / "workflows" / "contracts.yml").read_text())
    lines = [step.get("run", "") for step in workflow["jobs"]["contracts"]["steps"]]
    return [line for line in lines if line.startswith("python -m checks")]


def run(line: str, folder: Path) -> tuple[int, str]:
    words = [sys.executable, *shlex.split(line)[1:]]
    ended = subprocess.run(
        words, cwd=folder, capture_output=True, text=True, timeout=300, check=False, env={"PYTHONPATH": str(ROOT)}
    )
    return ended.returncode, ended.stdout + ended.stderr


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_the_pipeline_passes_on_an_unchanged_repository(repository):
    assert [(line, *run(line, repository)[:1]) for line in steps()] == [(line, 0) for line in steps()]
    assert "<testsuites>" in (repository / "contracts.xml").read_text()


def test_each_step_finds_what_it_is_there_for(repository):
    lint, diff, test = steps()
    orders = repository / "contracts" / "orders.yaml"
    edit(orders, "mustBeGreaterThan", "mustBeGreatherThan")
    code, said = run(lint, repository)
    assert (code, "orders.yaml" in said, "mustBeGreaterThan" in said) == (1, True, True)
    edit(orders, "mustBeGreatherThan", "mustBeGreaterThan")
    edit(orders, "      - {name: placed_at, logicalType: timestamp, required: true}\n", "")
    code, said = run(diff, repository)
    assert (code, "placed_at" in said) == (1, True)
    edit(repository / "data" / "orders.csv", "3,10,99.90", "3,12,99.90")
    code, said = run(test, repository)
    assert (code, "relationship" in said) == (1, True)


def test_the_hook_runs_the_command_of_the_documentation(repository):
    [repo] = yaml.safe_load((EXAMPLE / ".pre-commit-config.yaml").read_text())["repos"]
    [hook] = repo["hooks"]
    assert run(hook["entry"], repository)[0] == 0
