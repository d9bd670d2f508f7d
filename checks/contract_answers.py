"""What commands about contracts answer with --json, and /api/contracts too. One format, made here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from checks import answers
from checks.contracts import Document as Contract
from checks.contracts.changes import Change, diff
from checks.contracts.load import read_text
from checks.monitor import Monitor
from checks.registry import Compatibility, Registration, Registry

Document = dict[str, Any]


def contracts_document(monitor: Monitor) -> Document:
    """{"contracts": [...]}: those of the folder with what is executed of them, and those that only the registry has."""
    registered = monitor.registry.contracts()
    here = {document.id: document for document in monitor.catalogue.contracts.documents if document.id}
    ids = sorted({*here, *registered})
    return {"contracts": [_contract(monitor, each, here.get(each)) for each in ids]}


def register(registry: Registry, raw: bytes, label: str, compatibility: str | None) -> Document:
    """Takes a contract up, and sets its compatibility mode for this and later versions where one is given. Raises
    NotRegistered."""
    return registration_document(registry.register(raw, label, Compatibility(compatibility) if compatibility else None))


def versions_document(registry: Registry, contract: str) -> Document:
    """One contract of the registry with its versions and their texts. Raises NotThere."""
    versions = [_version(each) | {"text": each.text} for each in registry.versions(contract)]
    return {"id": contract, "compatibility": registry.mode(contract), "versions": versions}


def registration_document(registration: Registration) -> Document:
    """What `contract register` and POST /api/contracts answer."""
    from checks.contracts.changes import worst

    changes = registration.changes
    return {
        "contract": registration.version.contract,
        **_version(registration.version),
        "new": registration.is_new,
        "consumer": worst(change.consumer for change in changes),
        "producer": worst(change.producer for change in changes),
        "changes": [
            {"path": change.path, "kind": change.kind, "consumer": change.consumer, "producer": change.producer,
             "old": answers.plain(change.old), "new": answers.plain(change.new), "reason": change.reason}
            for change in changes
        ],
        "subjects": [
            {"subject": each.subject, "version": each.number, "id": each.schema_id, "type": each.kind}
            for each in registration.schemas
        ],
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """A version of a contract, when it was registered (None: only in the folder), and what it changed."""

    version: str
    at: datetime | None
    changes: tuple[Change, ...]


def steps(monitor: Monitor, contract: str) -> list[Step]:
    """The registered versions of a contract, oldest first, and what the folder has beyond them."""
    registered = monitor.registry.contracts().get(contract, [])
    documents = [read_text(each.text.encode(), contract) for each in registered]
    named: list[tuple[str, datetime | None]] = [(each.version, each.registered_at) for each in registered]
    here = next((each for each in monitor.catalogue.contracts.documents if each.id == contract), None)
    if here and documents and diff(documents[-1], here):
        documents.append(here)
        named.append((here.version or "", None))
    return [
        Step(version, at, diff(documents[place - 1], documents[place]) if place else ())
        for place, (version, at) in enumerate(named)
    ]


def _contract(monitor: Monitor, contract: str, here: Contract | None) -> Document:
    datasets = [dataset for dataset in monitor.datasets().values() if dataset.contract == contract]
    findings = [found for found in monitor.catalogue.findings if here and found.file == here.label]
    return {
        "id": contract,
        "file": here.label if here else None,
        "version": here.version if here else None,
        "status": here.status if here else None,
        "owner": here.owner if here else None,
        "datasets": [dataset.name for dataset in datasets],
        "checks": sum(len(dataset.checks) for dataset in datasets),
        "findings": {level: sum(found.level == level for found in findings) for level in ("error", "warning", "info")},
        "compatibility": monitor.registry.mode(contract),
        "registered": [_version(each) for each in monitor.registry.contracts().get(contract, [])],
    }


def _version(version: Any) -> Document:
    return {
        "number": version.number,
        "version": version.version,
        "registered_at": answers.moment(version.registered_at),
    }
