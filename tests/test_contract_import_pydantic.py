"""Pydantic models made into contracts."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from checks.__main__ import main
from checks.contracts import Document
from checks.contracts.export import Format as To
from checks.contracts.export import export
from checks.contracts.importing import Format, NotImportable, import_model
from tests.contract_samples import RICH, contracts, document
from tests.examples import examples
from tests.test_contract_import import PAIRS, checked, made_from, properties, there_and_back

MODEL = '''
from __future__ import annotations
import datetime as dt
from decimal import Decimal
from enum import Enum
from typing import Annotated, Literal, Optional
from uuid import UUID
from pydantic import BaseModel, Field

class State(str, Enum):
    NEW = "new"
    OLD = "old"

class Place(BaseModel):
    city: str

class Order(BaseModel):
    """One order."""
    id: int = Field(gt=0, description="The number.")
    state: State
    kind: Literal["a", "b"] | None = None
    amount: Annotated[Decimal, Field(max_digits=10, decimal_places=2, ge=0)]
    day: Optional[dt.date] = Field(None, ge=dt.date(2020, 1, 1))
    ref: UUID
    home: Place
    tags: list[str] = Field(default=[], max_length=3)
    scores: dict[str, float] = {}
    renamed: str = Field(alias="the name")
    next: Order | None = None
    either: int | str = 3
'''


@pytest.fixture
def models(tmp_path: Path) -> Path:
    path = tmp_path / "shop_models.py"
    path.write_text(MODEL)
    return path


def test_a_model_with_all_that_it_holds(models: Path):
    made = import_model(f"{models}:Order")
    found = properties(checked(made))
    assert found["id"] == {
        "name": "id", "logicalType": "integer", "required": True, "description": "The number.",
        "logicalTypeOptions": {"exclusiveMinimum": 0},
    }  # fmt: skip
    assert [each["value"] for each in found["state"]["enum"]] == ["new", "old"]
    assert found["kind"] == {"name": "kind", "logicalType": "string", "enum": [{"value": "a"}, {"value": "b"}]}
    assert (found["amount"]["physicalType"], found["amount"]["logicalTypeOptions"]) == ("decimal(10,2)", {"minimum": 0})
    assert found["day"]["logicalTypeOptions"] == {"minimum": "2020-01-01"}
    assert found["ref"]["logicalTypeOptions"] == {"format": "uuid"}
    assert found["home"]["properties"] == [{"name": "city", "logicalType": "string", "required": True}]
    assert found["tags"]["logicalTypeOptions"] == {"maxItems": 3}
    assert found["scores"]["map"]["value"] == {"logicalType": "number", "required": True}
    assert found["the name"]["required"] is True
    assert [str(each) for each in made.left] == [
        "Order.tags: the keyword default",
        "Order.scores: the keyword default",
        "Order.next: contains itself; a contract has no such types, so that it ends here",
        "Order.either: is a choice (anyOf) of 2 schemas; a contract has one type",
        "Order.either: the keyword default",
    ]


def test_a_module_by_its_name(models: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(models.parent)
    monkeypatch.setattr("sys.path", [*sys.path])
    assert checked(import_model("shop_models:Place")).data["schema"][0]["name"] == "Place"


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("{}", "does not say which model; write FILE:CLASS, with one of: Place, Order"),
        ("{}:Nothing", "has no Pydantic model Nothing"),
        ("{}:State", "has no Pydantic model State"),
        ("gone.py:Order", "there is no such file"),
        ("no_such_module_here:Order", "can not be imported: ModuleNotFoundError"),
    ],
)
def test_what_can_not_be_imported(models: Path, target: str, said: str):
    with pytest.raises(NotImportable, match=said):
        import_model(target.format(models))


@pytest.mark.parametrize(
    ("source", "said"), [("raise KeyError('x')", "KeyError"), ("exit(0)", "SystemExit"), ("a b", "SyntaxError")]
)
def test_a_module_that_fails_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str], source: str, said: str):
    path = tmp_path / "broken.py"
    path.write_text(source)
    assert main(["contract", "import", f"{path}:A", "--from", "pydantic"]) == 3
    told = capsys.readouterr().err
    assert "runs the module of" in told
    assert f"can not be imported: {said}" in told


def test_the_command_prints_the_contract(models: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["contract", "import", f"{models}:Place", "--from", "pydantic"]) == 0
    assert "- name: city" in capsys.readouterr().out


def test_a_module_is_read_as_it_is_now_and_nothing_is_written_beside_it(tmp_path: Path):
    path = tmp_path / "models.py"
    for name in ("A", "B"):  # in one second and of one size, as Python would tell a compiled one
        path.write_text(f"from pydantic import BaseModel\nclass {name}(BaseModel):\n    x: int\n")
        os.utime(path, (1, 1))
        assert import_model(f"{path}:{name}").text.count("- name: x") == 1
    assert [each.name for each in tmp_path.iterdir()] == ["models.py"]


# -- there and back ----------------------------------------------------------------------------------------------------


def source_and_again(read: Document, table: str, folder: Path) -> tuple[str, str]:
    """The models of a table without their head, and those of what is imported from them."""
    path = folder / "exported.py"
    first = export(read, To.PYDANTIC, table)
    path.write_text(first, encoding="utf-8")
    classes = re.findall(r"^class (\w+)\(", first, re.MULTILINE)
    again = export(checked(import_model(f"{path}:{classes[-1]}")), To.PYDANTIC)
    return first[first.index("\n\n\nclass ") :], again[again.index("\n\n\nclass ") :]


def test_what_a_model_can_say_survives_it(tmp_path: Path):
    first, second = source_and_again(document(RICH), "orders", tmp_path)
    assert second == first


@settings(max_examples=examples(30), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=contracts())
def test_what_a_model_can_say_survives_it_whatever_the_contract(tmp_path: Path, data: dict[str, Any]):
    read = document(data)
    first, second = source_and_again(read, read.objects[0].value["name"], tmp_path)
    assert second == first


@pytest.mark.parametrize(("to", "of"), PAIRS)
def test_limits_of_dates_survive_json_schema_and_sql(to: To, of: Format):
    first, second = there_and_back(document(RICH), to, of)
    assert second == first
    assert made_from(of, first).text.count("2020-01-01") == (0 if to is To.AVRO else 1)
