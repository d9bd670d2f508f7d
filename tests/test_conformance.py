"""docs/conformance.md is true: it has every field of the standard, its tests are there, its lint messages are given."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from checks.contracts import lint
from tests.rule_cases import CASES

ROOT = Path(__file__).parent.parent
WAREHOUSES = ("duckdb", "postgres")
#: the parts of the standard's JSON Schema that each section of the page is about
PARTS = {
    "Contract": ["."],
    "Schema objects": ["SchemaElement", "SchemaObject"],
    "Properties": ["SchemaElement", "SchemaBaseProperty", "SchemaItemProperty", "conditions"],
    "Options": ["options"],
    "Values of enum": ["EnumValue"],
    "Quality rules": [
        "DataQuality", "DataQualityLibrary", "DataQualitySql", "DataQualityCustom", "DataQualityOperators",
    ],
    "Relationships": ["RelationshipBase"],
    "Service levels": ["ServiceLevelAgreementProperty"],
}  # fmt: skip
#: what in the standard is no promise about data, whatever its fields are
FOR_READERS = {
    "Context", "Server", "Support", "SupportItem", "Pricing", "Team", "TeamMember", "Role", "AuthoritativeDefinitions",
    "Synonym", "Synonyms", "Tags", "CustomProperty", "CustomProperties", "ServerSource",
}  # fmt: skip
#: words of the standard's types and references, which have no fields of their own
WITHOUT_FIELDS = {
    "ShorthandReference", "FullyQualifiedReference", "StableId", "Port", "SchemaProperty", "DataQualityChecks",
    "AnyType", "AnyNonCollectionType", "Relationship", "RelationshipSchemaLevel", "RelationshipPropertyLevel",
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    section: str
    fields: tuple[str, ...]
    done: str
    proof: str

    @property
    def message(self) -> str | None:
        """What lint says of it, where it is not executed."""
        found = re.search(r"lint: `([^`]+)`", self.proof)
        return found[1] if found else None

    @property
    def tests(self) -> list[str]:
        """The ids of its tests, without parameters where all of them are meant."""
        words = re.findall(r"`([^`]+)`", re.sub(r"lint: `[^`]+`", "", self.proof))
        return [test for word in words for test in _tests_of(word)]


def _tests_of(word: str) -> list[str]:
    if "::" in word:
        return [word]
    return [f"tests/test_rule_kinds.py::test_a_kind_of_rule[{kind}-{word}]" for kind in WAREHOUSES]


@cache
def rows() -> tuple[Row, ...]:
    """The rows of all tables of the page, with the section that they stand in."""
    found, section = [], ""
    for line in (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            section = line.removeprefix("## ")
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| `"):
            assert len(cells) == 3, line
            found.append(Row(section, tuple(re.findall(r"`([^`]+)`", cells[0])), *cells[1:]))
    return tuple(found)


each_row = pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row.section}: {row.fields[0]}")


# -- every field of the standard ---------------------------------------------------------------------------------------


@cache
def standard() -> dict[str, Any]:
    return json.loads(files("open_data_contract_standard").joinpath("schema.json").read_text(encoding="utf-8"))


def fields_of(part: str) -> set[str]:
    schema = standard()
    if part == ".":
        return set(schema["properties"])
    conditions = [
        each["then"]["properties"] for each in schema["$defs"]["SchemaBaseProperty"]["allOf"] if "then" in each
    ]
    if part == "conditions":
        return {name for condition in conditions for name in condition}
    if part == "options":
        options = [condition.get("logicalTypeOptions", {}).get("properties", {}) for condition in conditions]
        return {name for each in options for name in each}
    return set(_fields(schema["$defs"][part]))


def _fields(definition: dict[str, Any]) -> Iterator[str]:
    yield from definition.get("properties", {})
    for choice in definition.get("oneOf", ()):
        yield from choice.get("properties", {})


@pytest.mark.parametrize("section", PARTS)
def test_every_field_of_the_standard_has_a_row(section: str):
    told = [name for row in rows() if row.section == section for name in row.fields]
    assert set(told) == {name for part in PARTS[section] for name in fields_of(part)}
    assert len(told) == len(set(told))


def test_every_part_of_the_standard_is_in_a_section_or_promises_nothing():
    named = {part for parts in PARTS.values() for part in parts}
    assert set(standard()["$defs"]) == (named - {".", "conditions", "options"}) | FOR_READERS | WITHOUT_FIELDS
    assert all(not fields_of(part) for part in WITHOUT_FIELDS)


# -- what is done about it ---------------------------------------------------------------------------------------------


@each_row
def test_a_row_is_proven_or_told_by_lint_or_promises_nothing(row: Row):
    promises_nothing = row.done.startswith(("for readers", "always"))
    assert bool(row.tests or row.message) or (promises_nothing and row.proof == "–")
    assert not row.done.startswith("not executed") or (row.message and not row.tests)
    assert "ignored" not in row.done


@cache
def collected() -> frozenset[str]:
    """The ids of all tests in the files that the page names."""
    named = sorted({test.partition("::")[0] for row in rows() for test in row.tests})
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *named]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return frozenset(line for line in told.splitlines() if "::" in line)


@pytest.mark.slow
@each_row
def test_its_tests_are_there_on_both_warehouses(row: Row):
    for test in row.tests:
        ids = {known for known in collected() if known == test or known.startswith(f"{test}[")}
        assert ids, f"there is no test {test}"
        kinds = {kind for kind in WAREHOUSES for known in ids if f"[{kind}" in known}
        if test.partition("::")[0] == "tests/test_within.py" and kinds:
            assert kinds == set(WAREHOUSES), f"{test} is not run on both"


def test_every_kind_of_rule_that_the_standard_knows_is_named():
    """Of the kinds that the standard leaves open (formats, metrics and functions of custom rules) some are enough."""
    named = {word for row in rows() for word in re.findall(r"`([^`]+)`", row.proof)}
    kinds = {case.kind.replace(": ", "-").replace(" ", "-") for case in CASES}
    ours = ("format", "metric", "aggregate", "sequence", "reconcile")
    assert {kind for kind in kinds - named if kind.partition("-")[0] not in ours} == set()


# -- what is not executed is told --------------------------------------------------------------------------------------


@cache
def told_by_lint(tmp: Path) -> list[tuple[str, str]]:
    """Path and message of every finding in a contract that uses every field."""
    corpus = (ROOT / "tests" / "odcs" / "v3_2.yaml").read_text(encoding="utf-8")
    (tmp / "all.yaml").write_text(corpus.replace("distanceMetric: cosine", MODELS), encoding="utf-8")
    return [(finding.path, finding.message) for finding in lint([tmp / "all.yaml"], {})[0].findings]


MODELS = "distanceMetric: cosine, embeddingModel: m, embeddingModelVersion: '1', normalized: true"


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    return told_by_lint(tmp_path_factory.mktemp("all"))


@pytest.mark.parametrize(
    "row", [row for row in rows() if row.message], ids=lambda row: f"{row.section}: {row.fields[0]}"
)
def test_lint_tells_what_is_not_executed(row: Row, findings: list[tuple[str, str]]):
    silent = [
        field
        for field in row.fields
        if not any(path.endswith(f".{field}") and (row.message or "") in message for path, message in findings)
    ]
    assert silent == [] or silent == ["partitionKeyPosition"]  # which stands beside `partitioned`
