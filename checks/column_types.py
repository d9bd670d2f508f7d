"""Whether an observed column type is what a contract asks for."""

from __future__ import annotations

import re

from connectors import Column

_LOGICAL: dict[str, tuple[str, ...]] = {
    "string": ("string", "uuid", "json", "enum", "inet", "macaddr", "unknown"),
    "date": ("date",),
    "timestamp": ("timestamp",),
    "time": ("time",),
    "number": ("float", "decimal", "int", "uint"),
    "integer": ("int", "uint", "decimal"),
    "boolean": ("boolean",),
    "object": ("struct", "map", "json"),
    "array": ("array", "json"),
    "map": ("map", "json"),
}
_SYNONYMS = {
    "int": "integer", "int4": "integer", "int32": "integer", "signed": "integer",
    "int8": "bigint", "int64": "bigint", "long": "bigint",
    "int2": "smallint", "int16": "smallint",
    "varchar": "text", "string": "text", "character varying": "text", "char": "text", "bpchar": "text",
    "float8": "double", "float64": "double", "double precision": "double",
    "float4": "real", "float": "real", "float32": "real",
    "numeric": "decimal",
    "bool": "boolean",
    "datetime": "timestamp", "timestamp without time zone": "timestamp", "timestamp_us": "timestamp",
    "timestamptz": "timestamp with time zone",
    "blob": "bytea", "binary": "bytea", "varbinary": "bytea",
}  # fmt: skip


def fits_logical(expected: str | None, column: Column) -> bool:
    """Whether the column can hold what the logical type of ODCS means. Case does not matter; None fits anything."""
    if expected is None:
        return True
    families = _LOGICAL.get(expected.lower())
    if families is None:
        return True
    if column.type == "unknown" and expected.lower() in ("object", "map", "array"):  # composite types of PostgreSQL
        return column.native.endswith("]") == (expected.lower() == "array")
    family = re.match(r"[a-z]+", column.type)
    if family is None or not family.group().startswith(families) or column.type.startswith("interval"):
        return False
    if expected.lower() == "time":
        return not column.type.startswith("timestamp")
    return expected.lower() != "integer" or not _has_fraction(column.type)


def fits_physical(expected: str | None, column: Column) -> bool:
    """Whether the warehouse's own type is the one that the contract names: case, synonyms (varchar and text, int8 and
    bigint) and a length that the contract does not mention make no difference."""
    if expected is None:
        return True
    (wanted, wanted_size), (found, found_size) = _normal(expected), _normal(column.native)
    return wanted == found and wanted_size in ("", found_size)


def _normal(native: str) -> tuple[str, str]:
    """The word for the type and what stands in parentheses: timestamp(6) with time zone has its size in the middle."""
    text = re.sub(r"\s+", " ", native.strip().lower())
    parts = re.fullmatch(r"([^(]*)(?:\((.*)\))?([^)]*)", text)
    before, size, after = parts.groups() if parts else (text, None, "")
    word = " ".join(part for part in (before.strip(), after.strip()) if part)
    return _SYNONYMS.get(word, word), (size or "").replace(" ", "")


def _has_fraction(ibis_type: str) -> bool:
    scale = re.match(r"decimal\(\d+,\s*(\d+)\)", ibis_type)
    return bool(scale and int(scale.group(1)))
