"""The parts put together: the text of a contract in ODCS, with the evidence beside each line, and what is not in it."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import UTC
from typing import Any

from checks.contracts.importing.contract import contract
from checks.contracts.importing.draft import Draft, Left, Table
from checks.contracts.inferring.columns import FEWEST_ROWS, Drafted, drafted
from checks.contracts.inferring.evidence import Evidence, Remembered
from checks.contracts.inferring.levels import Levels, levels
from checks.contracts.inferring.load_time import load_time
from checks.contracts.read import Place
from checks.contracts.writing import yaml_text
from checks.records import Consumer, Dataset
from checks.survey import Survey

_REFERENCE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TABLE: Place = ("schema", 0)
_HEAD = (
    "A draft from what was measured at {at}. Nobody has promised it yet: read each line, tighten or drop it,",
    "name an owner, then set status: active. Comments say what a line is known from.",
)


@dataclass(frozen=True, slots=True)
class Inferred:
    """A draft as YAML text, and what it does not promise; the same stands in a comment at its top."""

    text: str
    left: tuple[Left, ...]


def infer(dataset: Dataset, survey: Survey, remembered: Remembered, server: dict[str, Any]) -> Inferred:
    """A draft for a dataset. `server` is how ODCS writes its source."""
    evidence = Evidence(survey, remembered)
    key = primary_key(evidence)
    columns = [drafted(evidence, dataset, column, key) for column in evidence.columns]
    past = levels(evidence, dataset.table.name)
    name = dataset.table.name
    physical = str(dataset.table) if dataset.table.schema else None
    table = Table(name, [each.property for each in columns], physical=physical, description=dataset.description)
    loaded, doubtful = load_time(evidence, name)
    not_looked_at = [Left(name, f"what could not be looked at: {said}") for said in survey.problems]
    left_out = [*past.left, *doubtful, *not_looked_at]
    draft = Draft(dataset.name, [table], left_out, id=dataset.name.replace(".", "-"), owner=dataset.owner)
    data = contract(draft, name)
    beside = _enriched(data, columns, past, evidence)
    _declared(data, dataset, evidence, beside, loaded)
    left = tuple(dict.fromkeys(draft.left))
    comments = [line.format(at=f"{survey.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC") for line in _HEAD]
    comments += ["", "Not promised:", *(f"- {each}" for each in left)] if left else []
    ordered = _with_server(data, server)
    return Inferred(yaml_text(ordered, [*comments, ""], beside), left)


def primary_key(evidence: Evidence) -> tuple[str, ...]:
    """The columns that tell rows apart: the catalogue's key, else the first that was found to have no duplicates."""
    survey = evidence.survey
    if survey.catalogue_key:
        return survey.catalogue_key
    if evidence.rows < FEWEST_ROWS:
        return ()
    unique = (key for key, duplicates in survey.duplicates.items() if not duplicates)
    without_nulls = (key for key in unique if all(evidence.level("null_count", name) == 0 for name in key))
    return next(without_nulls, ())


def _enriched(data: dict[str, Any], columns: list[Drafted], past: Levels, evidence: Evidence) -> dict[Place, str]:
    """Adds rules, classifications and service levels to the values; returns the comments by place."""
    beside: dict[Place, str] = {}
    table = data["schema"][0]
    for index, (made, drafted_) in enumerate(zip(table["properties"], columns, strict=True)):
        if drafted_.classification:
            made["classification"] = drafted_.classification
        if drafted_.rules:
            made["quality"] = drafted_.rules
        place: Place = (*_TABLE, "properties", index)
        beside |= {(*place, *keys): said for keys, said in drafted_.beside.items() if _is_there(made, keys)}
    if past.rules:
        table["quality"] = [rule for rule, _ in past.rules]
        beside |= {(*_TABLE, "quality", i, "mustBeGreaterOrEqualTo"): said for i, (_, said) in enumerate(past.rules)}
    if past.levels:
        data["slaProperties"] = [_about(level, data, evidence) for level, _ in past.levels]
        beside |= {("slaProperties", i, "value"): said for i, (_, said) in enumerate(past.levels)}
    return beside


def _is_there(made: Any, keys: Place) -> bool:
    for key in keys:
        try:
            made = made[key]
        except (KeyError, IndexError, TypeError):
            return False
    return True


def _about(level: dict[str, Any], data: dict[str, Any], evidence: Evidence) -> dict[str, Any]:
    """The level with its element, where the standard can write the names: `orders.ordered_at`."""
    names = [data["schema"][0]["name"], evidence.event_time.column if evidence.event_time else ""]
    return level | ({"element": ".".join(names)} if all(_REFERENCE.fullmatch(name) for name in names) else {})


def _declared(
    data: dict[str, Any],
    dataset: Dataset,
    evidence: Evidence,
    beside: dict[Place, str],
    loaded: tuple[str, str] | None,
) -> None:
    """What Vitals measures by, so that it need not be inferred again."""
    event_time = evidence.event_time
    said: list[tuple[str, Any, str]] = []
    if event_time is not None:
        said.append(("vitals.eventTime", event_time.column, _origin(event_time.origin)))
    if loaded is not None:
        said.append(("vitals.loadTime", *loaded))
    if event_time is not None and event_time.zone != "UTC":
        said.append(("vitals.timezone", event_time.zone, "declared"))
    if dataset.grain is not None:
        said.append(("vitals.grain", dataset.grain.value, "declared"))
    if dataset.schedule is not None:
        said.append(("vitals.schedule", dataset.schedule, "declared"))
    if dataset.consumers:
        said.append(("vitals.consumers", [_consumer(each) for each in dataset.consumers], "declared"))
    if not evidence.rows:
        said.append(("vitals.emptyIsFine", True, "it was empty when this was drafted"))
    if said:
        table = data["schema"][0]
        table["customProperties"] = [{"property": name, "value": value} for name, value, _ in said]
        places = ((*_TABLE, "customProperties", i, "property") for i in range(len(said)))
        beside |= {place: why for place, (_, _, why) in zip(places, said, strict=True)}


def _consumer(consumer: Consumer) -> Any:
    """The name alone where there is no more to say."""
    said = {key: str(value) for key, value in asdict(consumer).items() if value is not None}
    return said if len(said) > 1 else consumer.name


def _origin(origin: str) -> str:
    return {"contract": "from the contract", "config": "from config.toml"}.get(origin, "inferred from names and types")


def _with_server(data: dict[str, Any], server: dict[str, Any]) -> dict[str, Any]:
    """The server before the schema, as people write it."""
    ordered: dict[str, Any] = {}
    for key, value in data.items():
        if key == "schema":
            ordered["servers"] = [server]
        ordered[key] = value
    return ordered
