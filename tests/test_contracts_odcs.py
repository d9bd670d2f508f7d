"""The standard as it is written: every field of ODCS 3.0, 3.1 and 3.2 is understood, and every server."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from checks.contracts import Level, lint
from checks.contracts.read import parse

CORPUS = sorted((Path(__file__).parent / "odcs").glob("*.yaml"))
CLONE = os.environ.get("ODCS_REPOSITORY")
#: fields that a reader of the corpus would learn nothing from: names of models and the like
NOT_IN_CORPUS = {"embeddingModel", "embeddingModelVersion", "normalized"}


def errors_of(path: Path) -> list[str]:
    return [str(finding) for finding in lint([path])[0].findings if finding.level is Level.ERROR]


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_what_the_standard_has_is_no_mistake(path: Path):
    assert errors_of(path) == []


def test_the_corpus_has_every_field_of_the_standard():
    schema = json.loads(files("open_data_contract_standard").joinpath("schema.json").read_text(encoding="utf-8"))
    of_servers = {"Server", "ServerSource"}
    parts = [part for name, part in schema["$defs"].items() if name not in of_servers]
    known = {name for part in [schema["properties"], parts] for name in _fields(part)} | schema["properties"].keys()
    used = {name for path in CORPUS for name in _keys(parse(path.read_bytes()).data)}
    assert known - used - NOT_IN_CORPUS == set()


def _fields(part: Any) -> Iterator[str]:
    """The names of all fields that a part of the JSON Schema describes."""
    for key, value in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
        if key == "properties" and isinstance(value, dict):
            yield from (name for name in value if isinstance(value[name], dict))
        yield from _fields(value)


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _keys(inner)


# -- servers -----------------------------------------------------------------------------------------------------------


def _servers() -> dict[str, dict[str, Any]]:
    """A server of every type, with all fields that the standard gives it."""
    schema = json.loads(files("open_data_contract_standard").joinpath("schema.json").read_text(encoding="utf-8"))
    choices = schema["$defs"]["Server"]["allOf"]
    sources = schema["$defs"]["ServerSource"]
    found = {}
    for choice in choices:
        then = choice["then"]["$ref"].rpartition("/")[2]
        name = choice["if"]["properties"]["type"]["const"]
        fields = sources[then]["properties"]
        found[name] = {"server": "s", "type": name, **{key: _example(field) for key, field in fields.items()}}
    return found


def _example(field: dict[str, Any]) -> Any:
    if "enum" in field:
        return field["enum"][0]
    if field.get("$ref", "").endswith("Port"):
        return 1234
    if field.get("format") == "uri":
        return "sftp://example.org/x"
    return {"integer": 1, "number": 1, "boolean": True, "array": [], "object": {}}.get(field.get("type", ""), "x")


SERVERS = _servers()


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_of_every_type_is_understood(tmp_path: Path, name: str):
    data = {"apiVersion": "v3.2.0", "kind": "DataContract", "id": "a", "version": "1", "servers": [SERVERS[name]]}
    (tmp_path / "c.yaml").write_text(json.dumps(data), encoding="utf-8")
    assert errors_of(tmp_path / "c.yaml") == []


# -- version 3.0 -------------------------------------------------------------------------------------------------------


def linted(tmp_path: Path, version: str, table: str) -> list[tuple[str, str, str]]:
    head = f"apiVersion: {version}\nkind: DataContract\nid: a\nversion: 1.0.0\n"
    (tmp_path / "c.yaml").write_text(f"{head}schema:\n  - {{name: t, {table}}}\n", encoding="utf-8")
    return [(str(each.level), each.path, each.message) for each in lint([tmp_path / "c.yaml"])[0].findings]


def test_a_rule_of_3_0_with_a_word_of_its_own_is_told_and_not_executed(tmp_path: Path):
    said = 'no rule that the standard describes, so it is not executed; did you mean "nullValues"?; write metric ('
    ((level, path, message),) = linted(tmp_path, "v3.0.1", "properties: [{name: c, quality: [{rule: nullVals}]}]")
    assert (level, path) == ("warning", "schema[0].properties[0].quality[0].rule")
    assert said in message


def test_since_3_1_such_a_rule_is_a_mistake(tmp_path: Path):
    found = linted(tmp_path, "v3.1.0", "properties: [{name: c, quality: [{rule: nullCheck}]}]")
    assert {(level, path) for level, path, _ in found} == {("error", "schema[0].properties[0].quality[0]")}


def test_a_field_of_ones_own_is_a_warning_in_3_0_and_an_error_since(tmp_path: Path):
    (old,) = linted(tmp_path, "v3.0.0", "owned: by us")
    (new,) = linted(tmp_path, "v3.1.0", "owned: by us")
    assert (old[0], new[0]) == ("warning", "error")
    assert new[2] == '"owned" is not a field of a schema object (table)'
    assert old[2].startswith(new[2])


# -- the standard's own examples ---------------------------------------------------------------------------------------


@pytest.mark.skipif(CLONE is None, reason="ODCS_REPOSITORY names no clone of bitol-io/open-data-contract-standard")
def test_the_standards_own_examples_have_no_error():
    examples = sorted(Path(str(CLONE), "docs", "examples").rglob("*.yaml"))
    assert len(examples) >= 10
    assert {path.name: found for path in examples if (found := errors_of(path))} == {}
