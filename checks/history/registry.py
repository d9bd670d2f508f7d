"""Versions of contracts, and of the schemas that streams are written with: what the registry remembers.

Versions are only ever added. A schema has one number for the whole registry (its id) and one in each subject, as the
Confluent protocol wants it; a deleted version stays where it was, until it is deleted for good.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from checks.history.moments import aware, naive
from checks.history.store import Store

#: the scope of the setting that counts where a subject has none of its own
EVERYTHING = ""


@dataclass(frozen=True, slots=True)
class ContractVersion:
    """One registered text of a contract. `number` counts from 1, `version` is what the contract itself says."""

    contract: str
    number: int
    version: str
    registered_at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Schema:
    """A schema to register: `kind` is JSON or AVRO, `contract` the one that it was derived from, if any."""

    subject: str
    kind: str
    text: str
    contract: str | None = None


@dataclass(frozen=True, slots=True)
class SchemaVersion:
    """A registered schema: number `number` of its subject, number `schema_id` of the registry."""

    subject: str
    number: int
    schema_id: int
    kind: str
    text: str
    contract: str | None
    deleted: bool


class RegistryKeeper:
    """The part of the history that remembers versions. One registration is one transaction."""

    _store: Store

    def contract_versions(self, contract: str | None = None) -> list[ContractVersion]:
        """All versions of one contract, or of all, oldest first."""
        with self._store.reading() as cursor:
            rows = cursor.execute(
                """SELECT contract, number, version, registered_at, text FROM contract_versions
                   WHERE contract = $1 OR $1 IS NULL ORDER BY contract, number""",
                [contract],
            ).fetchall()
        return [ContractVersion(name, number, version, aware(at), text) for name, number, version, at, text in rows]

    def add_contract_version(self, version: ContractVersion, schemas: Sequence[Schema]) -> list[SchemaVersion]:
        """Remembers a version together with the schemas derived from it."""
        with self._store.transaction() as cursor:
            cursor.execute(
                "INSERT INTO contract_versions VALUES (?, ?, ?, ?, ?)",
                [version.contract, version.number, version.version, naive(version.registered_at), version.text],
            )
            return [_added(cursor, schema, version.registered_at) for schema in schemas]

    def add_schema(self, schema: Schema, at: datetime) -> SchemaVersion:
        """Remembers a schema as the next version of its subject; one that is its newest already is that version."""
        with self._store.transaction() as cursor:
            return _added(cursor, schema, at)

    def schema_versions(self, subject: str | None = None, *, deleted: bool = False) -> list[SchemaVersion]:
        """The versions of one subject, or of all, oldest first; deleted ones only where they are asked for."""
        with self._store.reading() as cursor:
            found = _versions(cursor, subject)
        return [each for each in found if deleted or not each.deleted]

    def delete_schemas(self, subject: str, numbers: Sequence[int], at: datetime) -> None:
        """Marks versions as deleted."""
        with self._store.transaction() as cursor:
            cursor.executemany(
                "INSERT INTO registry_deletions VALUES (?, ?, ?)", [[subject, number, naive(at)] for number in numbers]
            )

    def forget_schemas(self, subject: str, numbers: Sequence[int]) -> None:
        """Removes versions for good. Their ids are never given to another schema."""
        with self._store.transaction() as cursor:
            for table in ("registry_versions", "registry_deletions"):
                cursor.execute(f"DELETE FROM {table} WHERE subject = ? AND number IN ?", [subject, list(numbers)])

    def compatibility_modes(self) -> dict[str, str]:
        """The compatibility mode by scope: the id of a contract, a subject, or EVERYTHING."""
        with self._store.reading() as cursor:
            return dict(cursor.execute("SELECT scope, mode FROM compatibility_modes").fetchall())

    def set_compatibility_mode(self, scope: str, mode: str | None, at: datetime) -> None:
        """Sets a mode, or takes it back (None)."""
        with self._store.transaction() as cursor:
            cursor.execute("DELETE FROM compatibility_modes WHERE scope = ?", [scope])
            if mode is not None:
                cursor.execute("INSERT INTO compatibility_modes VALUES (?, ?, ?)", [scope, mode, naive(at)])


def _added(cursor: duckdb.DuckDBPyConnection, schema: Schema, at: datetime) -> SchemaVersion:
    before = _versions(cursor, schema.subject)
    standing = [each for each in before if not each.deleted]
    if standing and (standing[-1].kind, standing[-1].text) == (schema.kind, schema.text):
        return standing[-1]
    number = max((each.number for each in before), default=0) + 1
    schema_id = _id_of(cursor, schema)
    cursor.execute(
        "INSERT INTO registry_versions VALUES (?, ?, ?, ?, ?)",
        [schema.subject, number, schema_id, schema.contract, naive(at)],
    )
    return SchemaVersion(schema.subject, number, schema_id, schema.kind, schema.text, schema.contract, deleted=False)


def _id_of(cursor: duckdb.DuckDBPyConnection, schema: Schema) -> int:
    """The id of a schema that is known, else a new one."""
    known = cursor.execute(
        "SELECT schema_id FROM registry_schemas WHERE kind = ? AND text = ?", [schema.kind, schema.text]
    ).fetchone()
    if known:
        return known[0]
    [(following,)] = cursor.execute("SELECT coalesce(max(schema_id), 0) + 1 FROM registry_schemas").fetchall()
    cursor.execute("INSERT INTO registry_schemas VALUES (?, ?, ?)", [following, schema.kind, schema.text])
    return following


def _versions(cursor: duckdb.DuckDBPyConnection, subject: str | None) -> list[SchemaVersion]:
    rows = cursor.execute(
        """SELECT subject, number, schema_id, kind, text, contract,
                  EXISTS (FROM registry_deletions AS gone
                          WHERE gone.subject = versions.subject AND gone.number = versions.number)
           FROM registry_versions AS versions JOIN registry_schemas USING (schema_id)
           WHERE subject = $1 OR $1 IS NULL ORDER BY subject, number""",
        [subject],
    ).fetchall()
    return [SchemaVersion(*row) for row in rows]
