"""Types as a warehouse writes them (physicalType) and the logical types of the standard."""

from __future__ import annotations

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

_T = exp.DataType.Type
_UNSIGNED = {_T.UTINYINT: "u8", _T.USMALLINT: "u16", _T.UINT: "u32", _T.UBIGINT: "u64", _T.UINT128: "u128"}
_SIGNED = {_T.TINYINT: "i8", _T.SMALLINT: "i16", _T.INT: "i32", _T.BIGINT: "i64", _T.INT128: "i128"}
#: the integer formats of the standard by type, so that a size is not lost
INTEGER_FORMATS = _UNSIGNED | _SIGNED

_LOGICAL = {
    **dict.fromkeys(exp.DataType.INTEGER_TYPES, "integer"),
    **dict.fromkeys((_T.INT256, _T.UINT256, _T.YEAR, _T.SERIAL, _T.BIGSERIAL, _T.SMALLSERIAL), "integer"),
    **dict.fromkeys(exp.DataType.REAL_TYPES, "number"),
    _T.BIT: "boolean",
    **dict.fromkeys(exp.DataType.TEXT_TYPES, "string"),
    **dict.fromkeys((_T.UUID, _T.ENUM, _T.INET, _T.NAME, _T.LONGTEXT, _T.MEDIUMTEXT, _T.TINYTEXT), "string"),
    _T.BOOLEAN: "boolean",
    **dict.fromkeys((_T.DATE, _T.DATE32), "date"),
    **dict.fromkeys(exp.DataType.TEMPORAL_TYPES - {_T.DATE, _T.DATE32}, "timestamp"),
    **dict.fromkeys((_T.TIME, _T.TIMETZ), "time"),
    **dict.fromkeys((_T.STRUCT, _T.OBJECT, _T.JSON, _T.JSONB, _T.VARIANT), "object"),
    **dict.fromkeys((_T.ARRAY, _T.LIST), "array"),
    _T.MAP: "map",
}  # fmt: skip


def parsed(physical: str | None, dialect: str | None) -> exp.DataType | None:
    """The type that the words mean in a dialect of sqlglot; None where they are no type that it knows."""
    if not physical or len(physical) > 2000:
        return None
    try:
        found = sqlglot.maybe_parse(physical, into=exp.DataType, dialect=dialect)
    except (SqlglotError, RecursionError):
        return None
    known = isinstance(found, exp.DataType) and isinstance(found.this, _T) and found.this is not _T.USERDEFINED
    return found if known else None


def logical(kind: exp.DataType | None) -> str | None:
    """The logical type of the standard; None for binary and other types that it has no word for."""
    return _LOGICAL.get(kind.this) if kind is not None else None


def decimal_size(kind: exp.DataType | None) -> tuple[int, int] | None:
    """Precision and scale of a decimal that says them: DECIMAL(10, 2) is (10, 2), DECIMAL(10) is (10, 0)."""
    if kind is None or kind.this not in (_T.DECIMAL, _T.BIGDECIMAL):
        return None
    sizes = [size.name for size in kind.find_all(exp.DataTypeParam)]
    if not sizes or not all(size.isdigit() for size in sizes):
        return None
    precision, scale = int(sizes[0]), int(sizes[1]) if len(sizes) > 1 else 0
    return (precision, scale) if precision > 0 and scale <= precision else None
