"""Which format is read by which function, and how the answer is written."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath
from typing import Any

from checks.contracts.importing.avro import read_avro
from checks.contracts.importing.contract import contract
from checks.contracts.importing.dbt import read_dbt
from checks.contracts.importing.draft import Draft, Left, NotImportable
from checks.contracts.importing.json_schema import read_json_schema
from checks.contracts.importing.odcs import read_odcs
from checks.contracts.importing.pydantic_model import read_pydantic
from checks.contracts.importing.sql import read_sql
from checks.contracts.writing import yaml_text

MAX_BYTES = 64_000_000  # manifests of dbt are large
_MOST_TEXT = 5_000_000


class Format(StrEnum):
    """What a contract can be imported from."""

    DBT = "dbt"
    SQL = "sql"
    JSONSCHEMA = "jsonschema"
    AVRO = "avro"
    PYDANTIC = "pydantic"
    ODCS = "odcs"


@dataclass(frozen=True, slots=True)
class Imported:
    """The contract as YAML text, with comments that say what was left out; the same in `left`."""

    text: str
    left: tuple[Left, ...]


def import_text(raw: bytes, label: str, of: Format, dialect: str | None = None) -> Imported:
    """A contract out of a file's bytes, of any format but PYDANTIC. `label` is how people name the file. Raises
    NotImportable."""
    draft = Draft(label)
    text = _decoded(raw, label, MAX_BYTES if of is Format.DBT else _MOST_TEXT)
    if of is Format.ODCS:
        return Imported(read_odcs(text, label), ())
    try:
        _READERS[of](text, draft, dialect)
    except RecursionError:
        raise NotImportable(label, "is nested too deep") from None
    return written(draft, of)


def import_model(target: str) -> Imported:
    """A contract out of a Pydantic model: `module:Class` or `file.py:Class`. Runs that module. Raises NotImportable."""
    draft = Draft(target)
    read_pydantic(target, draft)
    return written(draft, Format.PYDANTIC)


def written(draft: Draft, of: str) -> Imported:
    """The draft as text. Raises NotImportable where there is no table in it."""
    if not draft.tables:
        raise NotImportable(draft.label, "describes no tables")
    data = contract(draft, PurePath(draft.label).stem)
    comments = [f"Imported from {PurePath(draft.label).name} ({of})."]
    left = tuple(dict.fromkeys(draft.left))
    if left:
        comments += ["", "Not carried over, so look at it:", *(f"- {each}" for each in left), ""]
    return Imported(yaml_text(data, comments), left)


def _decoded(raw: bytes, label: str, most: int) -> str:
    if len(raw) > most:
        raise NotImportable(label, f"is larger than {most:,} bytes")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise NotImportable(label, "is not UTF-8 text; save it as UTF-8", line) from None


def _json(text: str, label: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise NotImportable(label, f"is not JSON: {error.msg}", error.lineno) from None
    except (RecursionError, ValueError):  # also a number with more digits than Python reads
        raise NotImportable(label, "is JSON that is nested too deep or has a number that is too long") from None


def _read_json_schema(text: str, draft: Draft, _dialect: str | None) -> None:
    read_json_schema(_json(text, draft.label), draft, PurePath(draft.label).name.partition(".")[0])


def _read_avro(text: str, draft: Draft, _dialect: str | None) -> None:
    read_avro(_json(text, draft.label), draft)


_READERS: dict[Format, Callable[[str, Draft, str | None], None]] = {
    Format.DBT: read_dbt,
    Format.SQL: read_sql,
    Format.JSONSCHEMA: _read_json_schema,
    Format.AVRO: _read_avro,
}
