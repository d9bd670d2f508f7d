"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "dashboard").glob("*.py"))


def imported_by(file: Path) -> set[str]:
    tree = ast.parse(file.read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return names | {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


def texts_in(file: Path) -> list[str]:
    return [
        node.value
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


def test_imports_run_only_dashboard_checks_connectors():
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-logo"],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


def test_no_module_imports_itself_in_a_circle():
    """Not for its types either, nor inside a function: each module can be read after those that it names."""
    graph = grimp.build_graph("connectors", "checks", "dashboard", cache_dir=None)
    order = TopologicalSorter({name: graph.find_modules_directly_imported_by(name) for name in graph.modules})
    assert {"checks.plan", "checks.records.planned"} <= set(order.static_order())  # raises CycleError, with the circle


def test_the_nouns_have_one_address():
    """`from checks.records import …` everywhere; only the package itself knows its modules."""
    others = [
        file for top in ("connectors", "checks", "dashboard", "tests", "bench") for file in (ROOT / top).rglob("*.py")
    ]
    wrong = [
        str(file.relative_to(ROOT))
        for file in others
        if file.parent != ROOT / "checks" / "records"
        and re.search(r"^\s*(from|import) checks\.records\.", file.read_text(), re.MULTILINE)
    ]
    assert not wrong


@pytest.mark.parametrize("page", PAGES, ids=lambda file: file.name)
def test_no_file_of_the_dashboard_talks_to_a_database(page: Path):
    assert not {name.split(".")[0] for name in imported_by(page)} & {"duckdb", "ibis", "sqlglot", "psycopg", "sqlite3"}


@pytest.mark.parametrize("page", PAGES, ids=lambda file: file.name)
def test_no_file_of_the_dashboard_contains_sql(page: Path):
    assert not [
        text
        for text in texts_in(page)
        if re.search(r"\bSELECT\b[\s\S]+\bFROM\b\s+\w+\s+(WHERE|GROUP|ORDER|JOIN)", text)
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda file: file.name)
def test_no_file_of_the_dashboard_judges(page: Path):
    """Thresholds, statuses and health are decided in checks; pages may only show them."""
    judging = {"checks.judge", "checks.facts", "checks.levels", "checks.builtin", "checks.measure", "checks.plan"}
    assert not imported_by(page) & judging


def test_no_page_lets_html_through():
    assert not [page.name for page in PAGES if "unsafe_allow_html" in page.read_text()]


def test_requirements_pin_every_package_exactly():
    lines = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if line and not line.startswith("#")]
    assert lines and all(re.match(r"[\w.\[\]-]+==[\w.+!-]+( ;.*)?$", line) for line in lines)


def test_every_direct_dependency_is_pinned():
    named = re.findall(r'^    "([A-Za-z0-9_.-]+)', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    pinned = (ROOT / "requirements.txt").read_text().lower()
    wanted = {
        name.lower().replace(".", "-")
        for name in named
        if name.lower() not in ("error", "n818", "s608", "ruf001", "browser", "slow")
    }
    assert wanted and all(f"{name}==" in pinned or f"{name}[" in pinned for name in wanted)


def test_the_readme_names_every_metric():
    from checks.metrics import CATALOGUE

    text = (ROOT / "README.md").read_text() + (ROOT / "docs" / "metrics.md").read_text()
    assert not [name for name in CATALOGUE if f"`{name}`" not in text]


def test_no_file_names_a_folder_of_one_machine():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    if not tracked:
        pytest.skip("not a git checkout, so there is no list of files")
    own = r"/(work|root|farm)/[a-z]"
    found = [
        name
        for name in tracked
        if name.endswith((".py", ".md", ".toml", ".yaml"))
        and name != "tests/test_project.py"
        and re.search(own, (ROOT / name).read_text())
    ]
    assert not found


def test_no_two_files_of_tests_have_one_name():
    """pytest imports them by their bare names, and the second would not be collected."""
    names = [file.name for file in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))
