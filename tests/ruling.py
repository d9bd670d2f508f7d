"""Rules on real tables: what a contract's rule finds in a warehouse, measured and judged as a run does it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from checks.config import load
from checks.contracts import declared, load_folder
from checks.contracts.document import Finding
from checks.facts import Facts
from checks.judge import judge
from checks.records import Check, Measured, Result
from connectors import TableName
from tests.measuring import measured
from tests.nasty import AT
from tests.warehouses import Frame, Warehouse


def vitals(implementation: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "custom", "engine": "vitals", "implementation": implementation, **more}


def read(folder: Path, quality: list[dict[str, Any]], **table: Any) -> tuple[dict[str, Check], tuple[Finding, ...]]:
    """The checks by id, and the findings, of a contract for the table `t` with these rules; rules of the property `n`
    come as `n=[...]`, its customProperties as `extras={...}`."""
    of_property, extras = table.pop("n", []), table.pop("extras", {})
    names = list(table.pop("columns", ("n", "grp", "at", "word")))
    properties = [{"name": name, **({"quality": of_property} if name == "n" else {})} for name in names]
    said = [{"property": f"vitals.{key}", "value": value} for key, value in extras.items()]
    whole = {"name": "t", "properties": properties, "quality": quality, "customProperties": said, **table}
    document = {"apiVersion": "v3.1.0", "kind": "DataContract", "id": "c", "version": "1.0.0", "status": "active"}
    (folder / "contracts").mkdir(exist_ok=True)
    (folder / "contracts" / "c.yaml").write_text(yaml.safe_dump(document | {"schema": [whole]}, sort_keys=False))
    (folder / "config.toml").write_text('[sources.shop]\nurl = "duckdb://shop.duckdb"\n')
    contracts, config = load_folder(folder / "contracts"), load(folder / "config.toml", {})
    (dataset,) = declared(contracts, config, {"shop": [TableName("main", "t")]})
    of_rules = {check.id: check for check in dataset.checks if not check.id.endswith(".column")}
    return of_rules, contracts.findings


def errors(findings: tuple[Finding, ...]) -> list[str]:
    return [f"{each.path}: {each.message}" for each in findings if each.level == "error"]


def run_of(warehouse: Warehouse, frame: Frame, check: Check, at: datetime = AT, **declared: Any) -> Measured:
    """Measures a table `t` of this content."""
    name = warehouse.load("t", frame)
    with warehouse.open() as source:
        return measured(source, name, at, [check], **declared)


def found(warehouse: Warehouse, frame: Frame, check: Check, at: datetime = AT, **declared: Any) -> list[Result]:
    """What the check says of a table of this content."""
    return judge(check, Facts(run_of(warehouse, frame, check, at, **declared), {}, at))
