"""From a warehouse's own type words to ibis types as text, which are the same for every warehouse."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ibis.expr.datatypes import DataType

UNKNOWN = "unknown"

#: words that ibis does not know, or reads too narrowly, and what they can be measured as
_ALIASES = {
    "duckdb": {"UHUGEINT": "decimal(38, 0)", "TIME_NS": "time"},
    "postgres": {'"char"': "string", "citext": "string", "cidr": "inet"},
}
_NEGATIVE_SCALE = re.compile(r"numeric\(\d+,-\d+\)")  # numeric(2,-3): whole thousands
_INTERVAL_PRECISION = re.compile(r"interval( .*)?\(\d\)")


@lru_cache(maxsize=4096)
def type_text(dialect: str, native: str) -> str:
    """The ibis type of a native type word, as text that ibis reads back; 'unknown' where there is none."""
    alias = _ALIASES.get(dialect, {}).get(native)
    if alias is not None:
        return alias
    if _NEGATIVE_SCALE.fullmatch(native):
        return "decimal"
    if _INTERVAL_PRECISION.fullmatch(native):
        return "interval('s')"
    return _by_ibis(dialect, native)


def text_of(dtype: DataType) -> str:
    """An ibis type as text without nullability, 'unknown' where ibis can not read its own text back (a struct with a
    space in a field's name, or a type that it does not know)."""
    import ibis

    text = str(dtype).removeprefix("!")
    if dtype.is_geospatial():  # ibis wraps these in PostGIS calls, and PostgreSQL's own `point` has none
        return UNKNOWN
    try:
        return text if str(ibis.dtype(text)) == text else UNKNOWN
    except Exception:  # noqa: BLE001 whatever the parser raises, its answer is: not readable
        return UNKNOWN


def _by_ibis(dialect: str, native: str) -> str:
    from ibis.backends.sql.datatypes import DuckDBType, PostgresType, SQLiteType

    mapper = {"duckdb": DuckDBType, "postgres": PostgresType, "sqlite": SQLiteType}[dialect]
    try:
        return text_of(mapper.from_string(native, nullable=True))
    except Exception:  # noqa: BLE001 ibis raises TypeError, AttributeError and its own for words such as INT(11), regclass
        return UNKNOWN
