"""Workflow commands of GitHub: one for each finding, and no text that can forge another."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.contracts.annotations import annotation, annotations


@pytest.mark.parametrize(("level", "command"), [("error", "error"), ("warning", "warning"), ("info", "notice")])
def test_levels_are_those_of_github(level: str, command: str):
    line = annotation(level, "contracts/a.yaml", 3, "schema[0].name", "is wrong")
    assert line == f"::{command} file=contracts/a.yaml,line=3,title=schema[0].name::is wrong"


def test_a_finding_about_the_whole_file_has_no_title():
    assert annotation("error", "a.yaml", 1, "", "is no contract") == "::error file=a.yaml,line=1::is no contract"


@given(st.text(), st.text(), st.text())
def test_no_text_ends_its_command_or_begins_another(file: str, title: str, message: str):
    line = annotation("error", file, 7, title, message)
    assert not re.search("[\r\n]", line)
    fields, _, said = line.removeprefix("::error ").partition("::")
    parts = dict(part.split("=", 1) for part in fields.split(","))
    given_ = {"file": file, "line": "7", "title": title}
    assert {name: _read(text) for name, text in parts.items()} == {name: text for name, text in given_.items() if text}
    assert _read(said) == message


def _read(text: str) -> str:
    """As GitHub reads it."""
    for code in ("%0D", "%0A", "%3A", "%2C"):
        text = text.replace(code, unquote(code))
    return text.replace("%25", "%")


def test_files_are_named_from_the_checkout(tmp_path: Path):
    finding = {"level": "info", "line": 2, "path": "", "message": "x"}
    inside, outside = str(tmp_path / "contracts" / "a.yaml"), "/elsewhere/b.yaml"
    document = {"contracts": [{"file": inside, "findings": [finding]}, {"file": outside, "findings": [finding]}]}
    assert (
        annotations(document, tmp_path)
        == "::notice file=contracts/a.yaml,line=2::x\n::notice file=/elsewhere/b.yaml,line=2::x\n"
    )
