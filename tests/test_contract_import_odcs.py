"""Contracts of older versions brought to today's, with everything that people wrote around them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from checks.contracts.importing import Format, NotImportable, import_text
from checks.contracts.read import parse
from checks.contracts.writing import yaml_text
from tests.contract_samples import contracts, document
from tests.test_contract_import import FEW

ROOT = Path(__file__).parents[1]
HAND_WRITTEN = sorted([*(ROOT / "contracts").glob("*.yaml"), ROOT / "tests" / "contracts" / "orders.yaml"])

OLD = """\
# whom to ask: ada
apiVersion: v3.0.2  # as it came
kind: DataContract
id: 'x'
version: 1.0.0
team:
# people
- username: ada  # she
  role: Owner

schema:
- name: t
  quality:
    # a day without rows is no day
  - rule: rowCount  # in the whole table
    mustBe: 3
  properties:
  - {name: a, logicalType: date, examples: [2020-01-01]}
"""


def brought(text: str) -> str:
    return import_text(text.encode(), "old.yaml", Format.ODCS).text


@pytest.mark.parametrize("path", HAND_WRITTEN, ids=lambda path: path.name)
def test_a_contract_of_today_stays_as_it_is_written(path: Path):
    text = path.read_text(encoding="utf-8")
    assert brought(text) == text


def test_an_old_contract_is_respelled_and_keeps_its_comments():
    assert brought(OLD) == OLD.replace("v3.0.2", "v3.1.0").replace("rule: rowCount  #", "metric: rowCount #")
    assert not [each for each in document(brought(OLD)).findings if each.level == "error"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", r"old\.yaml:2: is not YAML"),
        ("a: &a [*a]", r"old\.yaml:1: contains itself"),
        (OLD.replace("logicalType: date", "logicalType: day"), r'old\.yaml:18: schema\[0\].*"day" is not one of'),
        ("datasetDomain: x\nkind: DataContract\n", r"old\.yaml:1: .*\(and \d more\)"),
    ],
)
def test_what_is_no_contract_is_refused_with_its_line(text: str, said: str):
    with pytest.raises(NotImportable, match=said):
        brought(text)


@pytest.mark.slow
@FEW
@given(contracts())
def test_what_is_written_reads_as_the_same_values(data: dict[str, Any]):
    text = yaml_text(data, ["a comment\nof two lines", "", "# and : signs"])
    assert parse(text.encode()).data == data
    assert parse(brought(text).encode()).data == data
    assert document(text).findings == ()
