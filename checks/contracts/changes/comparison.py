"""Sets of contracts compared: each with its earlier self, known by its id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from checks.contracts.changes.change import Change, Verdict, worst
from checks.contracts.changes.contract import added, diff, removed
from checks.contracts.changes.versions import VersionStep, version_step
from checks.contracts.document import Document


@dataclass(frozen=True, slots=True)
class Compared:
    """One contract with its changes, the breaking ones first. `document` is the new one, of a removed contract the old
    one. `step` is the judgement on its version, None where it came or went."""

    document: Document
    changes: tuple[Change, ...]
    step: VersionStep | None = None

    @property
    def name(self) -> str:
        """How people know the contract."""
        return self.document.id or self.document.label

    @property
    def consumer(self) -> Verdict:
        return worst(change.consumer for change in self.changes)

    @property
    def producer(self) -> Verdict:
        return worst(change.producer for change in self.changes)

    def line(self, change: Change) -> int:
        """The line of a change in the file, or of what contained it."""
        return self.document.line(change.place)


@dataclass(frozen=True, slots=True)
class Comparison:
    """All contracts of two sides."""

    contracts: tuple[Compared, ...]

    @property
    def consumer(self) -> Verdict:
        return worst(each.consumer for each in self.contracts)

    @property
    def producer(self) -> Verdict:
        return worst(each.producer for each in self.contracts)

    @property
    def changes(self) -> list[Change]:
        return [change for each in self.contracts for change in each.changes]


def compare(old: Sequence[Document], new: Sequence[Document]) -> Comparison:
    """Contracts are paired by id, those without one by file. The name of the file makes no difference else."""
    olds, news = _known(old), _known(new)
    keys = sorted(dict.fromkeys([*news, *olds]))
    return Comparison(tuple(_one(olds.get(key), news.get(key)) for key in keys))


def compare_two(old: Document, new: Document) -> Comparison:
    """Two documents that are meant to be versions of one contract, whatever their ids say."""
    return Comparison((_one(old, new),))


def _known(documents: Iterable[Document]) -> dict[tuple[str, int], Document]:
    """By id, and by how many came before with the same one."""
    seen: Counter[str] = Counter()
    found = {}
    for document in documents:
        name = document.id or document.label
        found[name, seen[name]] = document
        seen[name] += 1
    return found


def _one(old: Document | None, new: Document | None) -> Compared:
    if old and new:
        changes = sorted(diff(old, new), key=_weight)
        return Compared(new, tuple(changes), version_step(changes, old.data.get("version"), new.data.get("version")))
    if new:
        return Compared(new, (added(new),))
    if old:
        return Compared(old, (removed(old),))
    raise ValueError("a comparison needs a document")


def _weight(change: Change) -> int:
    return list(Verdict).index(change.worst)


# -- as JSON -----------------------------------------------------------------------------------------------------------


def to_json(comparison: Comparison) -> dict[str, Any]:
    """The JSON of `contract diff --json` and of the HTTP API."""
    return {
        "changes": [_change_json(each, change) for each in comparison.contracts for change in each.changes],
        "consumer": str(comparison.consumer),
        "producer": str(comparison.producer),
        "contracts": [_contract_json(each) for each in comparison.contracts],
    }


def _change_json(contract: Compared, change: Change) -> dict[str, Any]:
    return {
        "contract": contract.name,
        "file": contract.document.label,
        "line": contract.line(change),
        "path": change.path,
        "kind": change.kind,
        "consumer": str(change.consumer),
        "producer": str(change.producer),
        "old": change.old,
        "new": change.new,
        "reason": change.reason,
    }


def _contract_json(contract: Compared) -> dict[str, Any]:
    step = contract.step
    version = None
    if step:
        taken = str(step.taken) if step.taken else None
        version = {"demanded": str(step.demanded), "taken": taken, "fits": step.fits, "sentence": step.sentence}
    return {
        "id": contract.document.id,
        "file": contract.document.label,
        "consumer": str(contract.consumer),
        "producer": str(contract.producer),
        "version": version,
    }
