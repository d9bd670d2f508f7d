"""Contracts, configuration and the tables that are there, brought together as datasets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from checks.config import Config, DatasetConfig, DetectionConfig
from checks.contracts.catalogue import Catalogue
from checks.contracts.document import Document, Finding, Node, Notes, properties_below
from checks.contracts.expectations import checks, key_columns
from checks.contracts.extras import extras
from checks.contracts.levels import agreements, column_for, objective_of, response_times
from checks.contracts.load import Contracts
from checks.contracts.made_from import made_from
from checks.contracts.notified import note_unknown_channels, notified
from checks.contracts.servers import for_sources
from checks.contracts.subject import Subject, column_of
from checks.records import Dataset, Detection, Grain, is_public
from connectors import TableName

_STATUSES = {"draft": 1, "proposed": 1, "deprecated": 2, "retired": 3}


@dataclass(frozen=True, slots=True)
class Declared:
    """All datasets, sorted by name, and what could not be matched to a source or table."""

    datasets: tuple[Dataset, ...]
    findings: tuple[Finding, ...]


def declared(contracts: Contracts, config: Config, tables: Mapping[str, Sequence[TableName]]) -> list[Dataset]:
    """The datasets to watch: see `match`."""
    return list(match(contracts, config, tables).datasets)


def match(contracts: Contracts, config: Config, tables: Mapping[str, Sequence[TableName]]) -> Declared:
    """Every table of `tables` (those that include/exclude let through), every table that a contract is about and every
    [datasets] entry. A declared table that is not there is a dataset all the same: measuring it will say that it is
    missing. A source that could not be listed is left out of `tables`; its declared datasets are kept."""
    catalogue = Catalogue(contracts.documents, config, tables)
    found: dict[str, Dataset] = {}
    findings: list[Finding] = []
    for document in sorted(contracts.documents, key=lambda each: (_STATUSES.get(each.status or "", 0), each.label)):
        notes = Notes.on(document)
        for dataset in _of_contract(document, catalogue, config, notes):
            other = found.setdefault(dataset.name, dataset)
            if other is not dataset:
                wrong = f"{dataset.name} has a contract already ({other.contract_file}); this one is not executed"
                notes.error(("id",), wrong)
        note_unknown_channels(document, config.notify.channels, notes)
        findings += notes.found
    for source, names in tables.items():
        for table in names:
            found.setdefault(f"{source}.{table}", Dataset(source, table))
    _add_configured(found, catalogue, config)
    datasets = (_completed(dataset, config) for dataset in found.values())
    return Declared(tuple(sorted(datasets, key=lambda dataset: dataset.name)), tuple(findings))


# -- contracts ---------------------------------------------------------------------------------------------------------


def _of_contract(document: Document, catalogue: Catalogue, config: Config, notes: Notes) -> list[Dataset]:
    datasets = []
    for source, server in for_sources(document, catalogue, config, notes):
        for node in document.objects:
            located = catalogue.object(source, node, server)
            if _is_left_out(located.table, source, config):
                wrong = f"{source}.{located.table} is left out by include/exclude of the source; it is not measured"
                notes.warning(node.place, wrong)
                continue
            if located.problem:
                notes.error(node.place, located.problem)
            # rules that can not be made into checks are told by the lint; here only the matching is
            unheard = Notes.on(document)
            datasets.append(_dataset(Subject(document, node, source, located.table, catalogue, unheard, server)))
    return datasets


def _is_left_out(table: TableName, source: str, config: Config) -> bool:
    patterns = config.sources[source]
    return not table.matches(patterns.include) or table.matches(patterns.exclude)


def _dataset(subject: Subject) -> Dataset:
    document, node = subject.document, subject.node
    agreed = agreements(document, subject.notes)
    said = extras(subject, column_for(node, agreed))
    classes = {column_of(each): name for each in subject.properties if (name := _classification(each))}
    purpose = document.root.child("description")
    return Dataset(
        source=subject.source,
        table=subject.table,
        contract=document.id,
        contract_file=document.label,
        owner=document.owner,
        description=node.text("description") or (purpose.text("purpose") if purpose else None),
        consumers=said.consumers,
        channels=tuple(name for name, _ in notified(document)),
        made_from=made_from(subject),
        event_time=said.event_time,
        load_time=said.load_time,
        key=said.key or key_columns(subject),
        declared_in="contract",
        zone=said.zone,
        load_zone=said.load_zone,
        grain=said.grain,
        schedule=said.schedule,
        checks=checks(subject, agreed),
        classified=classes,
        response_times=response_times(document, node, subject.notes),
        objective=objective_of(document, node, subject.notes),
    )


def _classification(node: Node) -> str | None:
    """That of the property, or of what is inside of it: a column is shown or hidden as a whole."""
    found = [name for each in (node, *properties_below(node)) if (name := each.text("classification"))]
    return next((name for name in found if not is_public(name)), found[0] if found else None)


# -- configuration -----------------------------------------------------------------------------------------------------


def _add_configured(found: dict[str, Dataset], catalogue: Catalogue, config: Config) -> None:
    """[datasets] entries name a dataset in full, or without its schema where that is the default one."""
    for name in config.datasets:
        if name not in found:
            source, rest = catalogue.split(name, "")
            table = catalogue.named(source, [rest]).table
            found.setdefault(f"{source}.{table}", Dataset(source, table))


def _completed(dataset: Dataset, config: Config) -> Dataset:
    """The dataset with what config.toml says where the contract says nothing."""
    said = _configured(dataset, config)
    dataset = replace(dataset, detection=_detection(config.detection, said))
    if said is None:
        return dataset
    from_contract = dataset.event_time is not None or bool(dataset.key)
    return replace(
        dataset,
        owner=dataset.owner or said.owner,
        event_time=dataset.event_time or said.event_time,
        load_time=dataset.load_time or said.load_time,
        key=dataset.key or said.key,
        declared_in="contract" if from_contract else "config",
        zone=dataset.zone or said.timezone,
        grain=dataset.grain or (Grain(said.grain) if said.grain else None),
        schedule=dataset.schedule or said.schedule,
    )


def _configured(dataset: Dataset, config: Config) -> DatasetConfig | None:
    return config.datasets.get(dataset.name) or config.datasets.get(f"{dataset.source}.{dataset.table.name}")


def _detection(general: DetectionConfig, said: DatasetConfig | None) -> Detection:
    """What [detection] says, but for the keys that the dataset has of its own."""
    own = said.detection.model_dump(exclude_none=True) if said else {}
    return Detection(**(general.model_dump() | own))
