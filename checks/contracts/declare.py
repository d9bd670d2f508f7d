"""Contracts, configuration and the tables that are there, brought together as datasets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from checks.config import Config, DatasetConfig
from checks.contracts.catalogue import Catalogue, backend
from checks.contracts.document import Document, Finding, Node, Notes
from checks.contracts.expectations import checks, key_columns
from checks.contracts.extras import extras
from checks.contracts.levels import agreements, column_for, response_times
from checks.contracts.load import Contracts
from checks.contracts.subject import Subject, column_of
from checks.records import Dataset, Grain
from connectors import TableName

_STATUSES = {"draft": 1, "proposed": 1, "deprecated": 2, "retired": 3}
_SAME_BACKEND = {"postgresql": "postgres", "cloudsql": "postgres", "": "local", "files": "local", "file": "local"}


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
    for source, server in _sources(document, config, notes):
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


def _sources(document: Document, config: Config, notes: Notes) -> list[tuple[str, Node | None]]:
    """The sources that the contract is about: those that its servers are named after, else the only one, else the one
    of fitting type and environment."""
    servers = document.root.items("servers")
    named = [(name, server) for server in servers if (name := server.text("server")) in config.sources and name]
    if named or not document.objects:
        return [*named]
    only = servers[0] if len(servers) == 1 else None
    if len(config.sources) == 1:
        return [(next(iter(config.sources)), only)]
    fitting = [(name, server) for server in servers for name in config.sources if _fits(server, name, config)]
    if len({name for name, _ in fitting}) == 1:
        return [fitting[0]]
    known = ", ".join(config.sources) or "none"
    how_many = "more than one source fits" if fitting else "no source fits"
    wrong = f"{how_many} the servers of this contract, so it is not executed; call a server like a source ({known})"
    notes.error(("servers",), wrong)
    return []


def _fits(server: Node, name: str, config: Config) -> bool:
    source = config.sources[name]
    kinds = [backend(source.url.reveal()), (server.text("type") or "").lower()]
    same = len({_SAME_BACKEND.get(kind, kind) for kind in kinds}) == 1
    environments = {word for word in (source.environment, server.text("environment")) if word}
    return same and len(environments) <= 1


def _is_left_out(table: TableName, source: str, config: Config) -> bool:
    patterns = config.sources[source]
    return not table.matches(patterns.include) or table.matches(patterns.exclude)


def _dataset(subject: Subject) -> Dataset:
    document, node = subject.document, subject.node
    agreed = agreements(document, subject.notes)
    said = extras(subject, column_for(node, agreed))
    classes = {column_of(each): name for each in subject.properties if (name := each.text("classification"))}
    purpose = document.root.child("description")
    return Dataset(
        source=subject.source,
        table=subject.table,
        contract=document.id,
        contract_file=document.label,
        owner=_owner(document),
        description=node.text("description") or (purpose.text("purpose") if purpose else None),
        consumers=said.consumers,
        event_time=said.event_time,
        key=said.key or key_columns(subject),
        declared_in="contract",
        zone=said.zone,
        grain=said.grain,
        schedule=said.schedule,
        checks=checks(subject, agreed),
        classified=classes,
        response_times=response_times(document, node, subject.notes),
    )


def _owner(document: Document) -> str | None:
    """The team's name; without one the member whose role is owner, or the first."""
    team = document.root.child("team")
    if team and team.text("name"):
        return team.text("name")
    members = team.items("members") if team else document.root.items("team")
    owners = [member for member in members if "owner" in (member.text("role") or "").lower()]
    for member in owners or members[:1]:
        return member.text("name") or member.text("username")
    return None


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
    if said is None:
        return dataset
    from_contract = dataset.event_time is not None or bool(dataset.key)
    return replace(
        dataset,
        owner=dataset.owner or said.owner,
        event_time=dataset.event_time or said.event_time,
        key=dataset.key or said.key,
        declared_in="contract" if from_contract else "config",
        zone=dataset.zone or said.timezone,
        grain=dataset.grain or (Grain(said.grain) if said.grain else None),
        schedule=dataset.schedule or said.schedule,
    )


def _configured(dataset: Dataset, config: Config) -> DatasetConfig | None:
    return config.datasets.get(dataset.name) or config.datasets.get(f"{dataset.source}.{dataset.table.name}")
