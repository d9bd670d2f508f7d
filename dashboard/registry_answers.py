"""What the Confluent Schema Registry's protocol answers, path by path: schemas and subjects, and compatibility.

Names and error codes are those of https://docs.confluent.io/platform/current/schema-registry/develop/api.html.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from checks.history import SchemaVersion
from checks.history.registry import EVERYTHING
from checks.registry import KINDS, Compatibility, Registry


class Wrong(Exception):
    """An answer of the protocol that is no success: its code (the first three digits are the HTTP status)."""

    def __init__(self, code: int, message: str) -> None:
        self.code = code
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: the wildcards of its path, its query and its body."""

    parts: tuple[str, ...]
    query: dict[str, str]
    body: dict[str, Any]

    def flag(self, name: str) -> bool:
        return self.query.get(name, "").lower() == "true"

    @property
    def kind(self) -> str:
        """The format of the schema in the body."""
        kind = str(self.body.get("schemaType") or "AVRO")
        if kind not in KINDS:
            raise Wrong(42201, f"schemas of type {kind} are not kept here; there are {', '.join(sorted(KINDS))}")
        return kind

    @property
    def text(self) -> str:
        text = self.body.get("schema")
        if not isinstance(text, str) or not text:
            raise Wrong(42201, "'schema' is the schema as text, and is missing")
        if self.body.get("references"):
            raise Wrong(42201, "references to other schemas are not kept here; put the schema in one text")
        return text


Handler = Callable[[Registry, Asked], Any]


# -- schemas and subjects ----------------------------------------------------------------------------------------------


def _root(_: Registry, __: Asked) -> dict[str, Any]:
    return {}


def _types(_: Registry, __: Asked) -> list[str]:
    return sorted(KINDS)


def _subjects(registry: Registry, asked: Asked) -> list[str]:
    prefix = asked.query.get("subjectPrefix", "")
    return [name for name in registry.subjects(deleted=asked.flag("deleted")) if name.startswith(prefix)]


def _versions(registry: Registry, asked: Asked) -> list[int]:
    return [each.number for each in registry.subject(asked.parts[0], deleted=asked.flag("deleted"))]


def _version(registry: Registry, asked: Asked) -> dict[str, Any]:
    return _described(_one(registry, asked))


def _version_text(registry: Registry, asked: Asked) -> Any:
    return json.loads(_one(registry, asked).text)


def _register(registry: Registry, asked: Asked) -> dict[str, Any]:
    added = registry.register_schema(asked.parts[0], asked.kind, asked.text)
    return _described(added)


def _look_up(registry: Registry, asked: Asked) -> dict[str, Any]:
    found = registry.find_schema(asked.parts[0], asked.kind, asked.text, deleted=asked.flag("deleted"))
    return _described(found)


def _by_id(registry: Registry, asked: Asked) -> dict[str, Any]:
    found = _with_id(registry, asked)[0]
    return {"schema": found.text} | _type_of(found)


def _text_by_id(registry: Registry, asked: Asked) -> Any:
    return json.loads(_with_id(registry, asked)[0].text)


def _subjects_of_id(registry: Registry, asked: Asked) -> list[str]:
    wanted = asked.flag("deleted")
    return sorted({each.subject for each in _with_id(registry, asked) if wanted or not each.deleted})


def _versions_of_id(registry: Registry, asked: Asked) -> list[dict[str, Any]]:
    wanted = asked.flag("deleted")
    found = [each for each in _with_id(registry, asked) if wanted or not each.deleted]
    return [{"subject": each.subject, "version": each.number} for each in found]


def _delete_subject(registry: Registry, asked: Asked) -> list[int]:
    subject, permanent = asked.parts[0], asked.flag("permanent")
    found = registry.subject(subject, deleted=permanent)
    _may_be_deleted(found)
    if permanent and not all(each.deleted for each in found):
        raise Wrong(40405, f"Subject '{subject}' was not deleted first before being permanently deleted")
    numbers = [each.number for each in found]
    registry.delete(subject, numbers, permanent=permanent)
    return numbers


def _delete_version(registry: Registry, asked: Asked) -> int:
    subject, permanent = asked.parts[0], asked.flag("permanent")
    found = _one(registry, asked, deleted=permanent)
    _may_be_deleted([found])
    if permanent and not found.deleted:
        first = "was not deleted first before being permanently deleted"
        raise Wrong(40407, f"Subject '{subject}' Version {found.number} {first}")
    registry.delete(subject, [found.number], permanent=permanent)
    return found.number


def _may_be_deleted(versions: Sequence[SchemaVersion]) -> None:
    owner = next((each.contract for each in versions if each.contract), None)
    if owner:
        raise Wrong(42206, f"the subject belongs to the contract '{owner}', whose versions are kept")


def _one(registry: Registry, asked: Asked, *, deleted: bool | None = None) -> SchemaVersion:
    """The version that the path names: a number, or latest."""
    subject, wanted = asked.parts[0], asked.parts[1]
    found = registry.subject(subject, deleted=asked.flag("deleted") if deleted is None else deleted)
    if wanted in ("latest", "-1"):
        return found[-1]
    if not (wanted.isascii() and wanted.isdigit() and 0 < int(wanted) < 2**31):
        raise Wrong(42202, f"The specified version '{wanted}' is not a valid version id: a number from 1, or latest")
    for each in found:
        if each.number == int(wanted):
            return each
    raise Wrong(40402, f"Version {wanted} not found.")


def _with_id(registry: Registry, asked: Asked) -> list[SchemaVersion]:
    wanted = asked.parts[0]
    if not (wanted.isascii() and wanted.isdigit() and int(wanted) < 2**31):
        raise Wrong(40403, f"Schema {wanted} not found")
    return registry.schema(int(wanted))


def _described(version: SchemaVersion) -> dict[str, Any]:
    about = {"subject": version.subject, "version": version.number, "id": version.schema_id, "schema": version.text}
    return about | _type_of(version)


def _type_of(version: SchemaVersion) -> dict[str, Any]:
    return {} if version.kind == "AVRO" else {"schemaType": version.kind}  # the protocol leaves its oldest type out


# -- compatibility -----------------------------------------------------------------------------------------------------


def _compatible(registry: Registry, asked: Asked) -> dict[str, Any]:
    """Against one version, or against those that the mode asks for."""
    subject = asked.parts[0]
    before = [_one(registry, asked)] if len(asked.parts) > 1 else registry.subject(subject)
    problems = registry.problems(subject, asked.kind, asked.text, before)
    said: dict[str, Any] = {"is_compatible": not problems}
    return said | ({"messages": problems} if asked.flag("verbose") else {})


def _read_mode(registry: Registry, asked: Asked) -> dict[str, Any]:
    scope = asked.parts[0] if asked.parts else EVERYTHING
    if scope and registry.own_mode(scope) is None and not asked.flag("defaultToGlobal"):
        raise Wrong(40408, f"Subject '{scope}' does not have subject-level compatibility configured")
    return {"compatibilityLevel": registry.mode(scope)}


def _write_mode(registry: Registry, asked: Asked) -> dict[str, Any]:
    given = asked.body.get("compatibility")
    if given not in set(Compatibility):
        raise Wrong(42203, f"Invalid compatibility level. Valid values are {', '.join(Compatibility)}")
    registry.set_mode(asked.parts[0] if asked.parts else EVERYTHING, Compatibility(given))
    return {"compatibility": given}


def _delete_mode(registry: Registry, asked: Asked) -> dict[str, Any]:
    scope = asked.parts[0] if asked.parts else EVERYTHING
    before = registry.mode(scope)
    registry.set_mode(scope, None)
    return {"compatibilityLevel": before}


def _write_only(_: Registry, __: Asked) -> dict[str, Any]:
    return {"mode": "READWRITE"}


HANDLERS: dict[tuple[str, str], Handler] = {
    ("GET", ""): _root,
    ("GET", "schemas types"): _types,
    ("GET", "schemas ids *"): _by_id,
    ("GET", "schemas ids * schema"): _text_by_id,
    ("GET", "schemas ids * subjects"): _subjects_of_id,
    ("GET", "schemas ids * versions"): _versions_of_id,
    ("GET", "subjects"): _subjects,
    ("POST", "subjects *"): _look_up,
    ("DELETE", "subjects *"): _delete_subject,
    ("GET", "subjects * versions"): _versions,
    ("POST", "subjects * versions"): _register,
    ("GET", "subjects * versions *"): _version,
    ("GET", "subjects * versions * schema"): _version_text,
    ("DELETE", "subjects * versions *"): _delete_version,
    ("POST", "compatibility subjects * versions"): _compatible,
    ("POST", "compatibility subjects * versions *"): _compatible,
    ("GET", "config"): _read_mode,
    ("PUT", "config"): _write_mode,
    ("DELETE", "config"): _delete_mode,
    ("GET", "config *"): _read_mode,
    ("PUT", "config *"): _write_mode,
    ("DELETE", "config *"): _delete_mode,
    ("GET", "mode"): _write_only,
    ("GET", "mode *"): _write_only,
}
