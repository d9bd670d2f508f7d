"""The registry: which versions of contracts and schemas there are, and whether a new one may follow them.

A contract owns the subjects of its tables: their schemas are derived from it and change only with it. Streams that have
no contract yet may register their schemas by the Confluent protocol; those are compared as contracts, too.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from checks.contracts import Document, Finding, Level
from checks.contracts.changes import Change, Mode, diff, forbidden, version_step
from checks.contracts.load import findings, read_text
from checks.history import ContractVersion, History, Schema, SchemaVersion
from checks.history.registry import EVERYTHING

#: the statuses of a contract that promises nothing yet, so that what follows it breaks nobody
_NO_PROMISE = ("draft", "proposed")
#: the formats of schemas, in the protocol's words
KINDS = {"JSON": "jsonschema", "AVRO": "avro"}


class Compatibility(StrEnum):
    """What a new version has to be compatible with: the newest version or, transitively, every one; in which direction
    says checks.contracts.changes.Mode."""

    NONE = "NONE"
    BACKWARD = "BACKWARD"
    BACKWARD_TRANSITIVE = "BACKWARD_TRANSITIVE"
    FORWARD = "FORWARD"
    FORWARD_TRANSITIVE = "FORWARD_TRANSITIVE"
    FULL = "FULL"
    FULL_TRANSITIVE = "FULL_TRANSITIVE"

    @property
    def direction(self) -> Mode:
        return Mode(self.value.partition("_")[0])

    @property
    def is_transitive(self) -> bool:
        return self.value.endswith("_TRANSITIVE")


class NotRegistered(Exception):
    """The registry refuses a version. `valid` says whether it is a contract or schema at all, so that it is the
    versions before it that it may not follow."""

    def __init__(self, sentence: str, *, valid: bool) -> None:
        self.valid = valid
        super().__init__(sentence)


class NotThere(Exception):
    """No such contract, subject, version or schema; `kind` says which of these."""

    def __init__(self, kind: str, sentence: str) -> None:
        self.kind = kind
        super().__init__(sentence)


@dataclass(frozen=True, slots=True)
class Registration:
    """A version that is in the registry now. `is_new` is False where it was there already; `changes` are those since
    the version before, `schemas` what its tables are called as streams."""

    version: ContractVersion
    is_new: bool
    changes: tuple[Change, ...] = ()
    schemas: tuple[SchemaVersion, ...] = ()


class Registry:
    """Reads and extends the registry of one history. Safe to use from several threads."""

    def __init__(self, history: History, clock: Callable[[], datetime]) -> None:
        self._history = history
        self._clock = clock
        self._one_at_a_time = threading.Lock()

    # -- contracts -------------------------------------------------------------------------------------------------

    def contracts(self) -> dict[str, list[ContractVersion]]:
        """The versions of every contract, oldest first, by its id."""
        found: dict[str, list[ContractVersion]] = {}
        for version in self._history.contract_versions():
            found.setdefault(version.contract, []).append(version)
        return found

    def versions(self, contract: str) -> list[ContractVersion]:
        """The versions of one contract, oldest first. Raises NotThere."""
        found = self._history.contract_versions(contract)
        if not found:
            known = ", ".join(sorted(self.contracts())) or "none"
            raise NotThere("contract", f"there is no contract '{contract}' in the registry; there are: {known}")
        return found

    def register(self, raw: bytes, label: str, mode: Compatibility | None = None) -> Registration:
        """Takes a contract up as the next version, or finds that it is the newest already. `mode` is what this and
        later versions have to keep to; without it, what was set before. Raises NotRegistered."""
        document = read_text(raw, label)
        contract, version = _must_be_whole(document, label)
        with self._one_at_a_time:
            before = self._history.contract_versions(contract)
            text = raw.decode("utf-8-sig")
            if before and before[-1].text == text:
                if mode is not None:
                    self.set_mode(contract, mode)
                return Registration(before[-1], is_new=False)
            changes = self._must_follow(document, before, mode or self.mode(contract))
            schemas = [self._unclaimed(schema) for schema in derived(document)]
            added = ContractVersion(contract, len(before) + 1, version, self._clock(), text)
            kept = self._history.add_contract_version(added, schemas)
            if mode is not None:
                self.set_mode(contract, mode)
            return Registration(added, True, changes, tuple(kept))

    def mode(self, scope: str = EVERYTHING) -> Compatibility:
        """The compatibility mode of a contract or subject: its own, else that of everything."""
        modes = self._history.compatibility_modes()
        return Compatibility(modes.get(scope) or modes.get(EVERYTHING) or Compatibility.BACKWARD)

    def own_mode(self, scope: str) -> Compatibility | None:
        """The mode that was set for this very scope."""
        found = self._history.compatibility_modes().get(scope)
        return None if found is None else Compatibility(found)

    def set_mode(self, scope: str, mode: Compatibility | None) -> None:
        """Sets the mode of a contract, a subject or EVERYTHING; None takes it back."""
        self._history.set_compatibility_mode(scope, mode, self._clock())

    def _must_follow(
        self, document: Document, before: Sequence[ContractVersion], mode: Compatibility
    ) -> tuple[Change, ...]:
        if not before:
            return ()
        contract = before[-1].contract
        older = [read_text(each.text.encode(), contract) for each in before]
        promised = [each for each in older if each.status not in _NO_PROMISE]
        problems = _incompatible(document, promised, mode)
        changes = diff(older[-1], document)
        step = version_step(changes, before[-1].version, document.data.get("version"))
        problems += [] if step.fits else [step.sentence]
        if problems:
            raise _refusal(f"contract '{contract}'", problems, valid=True)
        return changes

    def _unclaimed(self, schema: Schema) -> Schema:
        """A subject belongs to one contract."""
        others = {each.contract for each in self._history.schema_versions(schema.subject)} - {schema.contract, None}
        if others:
            problem = f"the subject '{schema.subject}' belongs to the contract '{others.pop()}'"
            raise _refusal(f"contract '{schema.contract}'", [problem], valid=True)
        return schema

    # -- schemas ---------------------------------------------------------------------------------------------------

    def subjects(self, *, deleted: bool = False) -> list[str]:
        """The names of all subjects."""
        return sorted({each.subject for each in self._history.schema_versions(deleted=deleted)})

    def subject(self, subject: str, *, deleted: bool = False) -> list[SchemaVersion]:
        """The versions of a subject, oldest first. Raises NotThere."""
        found = self._history.schema_versions(subject, deleted=deleted)
        if not found:
            raise NotThere("subject", f"Subject '{subject}' not found.")
        return found

    def schema(self, schema_id: int) -> list[SchemaVersion]:
        """The versions that have this schema, in all subjects, deleted ones with them. Raises NotThere."""
        found = [each for each in self._history.schema_versions(deleted=True) if each.schema_id == schema_id]
        if not found:
            raise NotThere("schema", f"Schema {schema_id} not found")
        return found

    def find_schema(self, subject: str, kind: str, text: str, *, deleted: bool = False) -> SchemaVersion:
        """The version of a subject that has this very schema. Raises NotThere, NotRegistered for no schema at all."""
        wanted = (kind, canonical(text))
        for each in reversed(self.subject(subject, deleted=deleted)):
            if (each.kind, canonical(each.text)) == wanted:
                return each
        raise NotThere("schema", "Schema not found")

    def register_schema(self, subject: str, kind: str, text: str) -> SchemaVersion:
        """Takes a schema up as the next version of a subject that no contract owns. Raises NotRegistered."""
        plain = canonical(text)
        with self._one_at_a_time:
            before = self._history.schema_versions(subject)
            for each in before:
                if (each.kind, canonical(each.text)) == (kind, plain):
                    return each
            problems = self.problems(subject, kind, text, before)
            if problems:
                raise _refusal(f"a schema of '{subject}'", problems, valid=True)
            return self._history.add_schema(Schema(subject, kind, plain), self._clock())

    def problems(self, subject: str, kind: str, text: str, before: Sequence[SchemaVersion]) -> list[str]:
        """Why a schema may not follow these versions; empty where it may. Raises NotRegistered for no schema."""
        new = _as_document(subject, kind, text)
        owner = next((each.contract for each in reversed(before) if each.contract), None)
        if owner and (kind, canonical(text)) == (before[-1].kind, before[-1].text):
            return []
        if owner:
            return [f"the subject belongs to the contract '{owner}': change and register that"]
        if any(each.kind != kind for each in before):
            return [f"the subject holds {before[-1].kind} schemas, and this is {kind}"]
        return _incompatible(new, [_as_document(subject, each.kind, each.text) for each in before], self.mode(subject))

    def delete(self, subject: str, numbers: Sequence[int], *, permanent: bool) -> None:
        """Deletes versions, for good where they are deleted already."""
        if permanent:
            self._history.forget_schemas(subject, numbers)
        else:
            self._history.delete_schemas(subject, numbers, self._clock())


def derived(document: Document) -> list[Schema]:
    """The schemas of a contract's tables. A table that is a Kafka topic has the subject TOPIC-value, in the format of
    the server; others have the contract's id, and behind a dot the table where there are several."""
    from checks.contracts.export import Format, NotExportable, export  # most commands do without

    kafka = next((each for each in document.root.items("servers") if each.text("type") == "kafka"), None)
    kind = "AVRO" if kafka and (kafka.text("format") or "").lower() == "avro" else "JSON"
    contract, alone = document.id or "", len(document.objects) == 1
    found = []
    for table in document.objects:
        name = table.value["name"]
        subject = (
            f"{table.text('physicalName') or name}-value" if kafka else contract if alone else f"{contract}.{name}"
        )
        try:
            text = canonical(export(document, Format(KINDS[kind]), name))
        except NotExportable as error:
            raise _refusal(f"contract '{contract}'", [str(error)], valid=False) from None
        found.append(Schema(subject, kind, text, contract))
    return found


def canonical(text: str) -> str:
    """A schema as compact JSON. Raises NotRegistered for what is no JSON."""
    try:
        return json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False)
    except (ValueError, RecursionError):
        raise _refusal("the schema", ["it is not JSON"], valid=False) from None


def _refusal(what: str, problems: Sequence[str], *, valid: bool) -> NotRegistered:
    return NotRegistered(f"{what} is not registered: {'; '.join(problems)}", valid=valid)


def _must_be_whole(document: Document, label: str) -> tuple[str, str]:
    """The id and the version of a contract without errors."""
    errors = [str(each) for each in findings([document]) if _is_fatal(each)]
    if errors:
        raise _refusal(f"the contract {label}", errors, valid=False)
    version = document.version
    if document.id is None or version is None:
        raise _refusal(f"the contract {label}", ["it has no id or no version"], valid=False)
    return document.id, version


def _is_fatal(finding: Finding) -> bool:
    return finding.level is Level.ERROR


def _incompatible(new: Document, older: Sequence[Document], mode: Compatibility) -> list[str]:
    """What the mode forbids, a sentence for each change, compared with the newest version first."""
    compared = list(reversed(older)) if mode.is_transitive else list(older[-1:])
    changes = [change for old in compared for change in forbidden(diff(old, new), mode.direction)]
    return list(dict.fromkeys(_told(changes, mode)))


def _told(changes: Iterable[Change], mode: Compatibility) -> list[str]:
    return [f"{change.path}: {change.kind} is not {mode} compatible: {change.reason}" for change in changes]


def _as_document(subject: str, kind: str, text: str) -> Document:
    """A schema as the contract that it amounts to."""
    from checks.contracts.importing import Format, NotImportable, import_text

    try:
        imported = import_text(text.encode(), subject, Format(KINDS[kind]))
    except NotImportable as error:
        raise _refusal(f"a schema of '{subject}'", [str(error)], valid=False) from None
    return read_text(imported.text.encode(), subject)
