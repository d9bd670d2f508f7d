"""The check digits of ISO 7064, MOD 97-10, as expressions: the first four characters are put last, letters become two
digits each (A is 10), and what the long number leaves when divided by 97 is 1.

Three ways to the same answer. PostgreSQL divides the whole number, DuckDB its first 36 digits and then the others;
SQLite, which does not parse 26 replacements around each other, and all others put neighbours together in pairs, which
is several times slower.
"""

from __future__ import annotations

from typing import Any

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LONGEST = 34  # characters of an IBAN


def has_right_digits(text: Any, fits: Any, dialect: str) -> Any:
    """Whether the digits are right; `fits` says whether the text has nothing but capitals and digits, at most 34."""
    import ibis

    if dialect == "duckdb":
        return fits & (_in_two_parts(_as_digits(text)) == 1)
    if dialect == "postgres":  # only what fits can be read as a number
        return ibis.cases((fits, _as_digits(text).cast("decimal") % 97 == 1), else_=False)
    return fits & (_in_pairs(text) == 1)


def _as_digits(text: Any) -> Any:
    digits = text.substr(4) + text.substr(0, 4)
    for value, letter in enumerate(_DIGITS[10:], start=10):
        digits = digits.replace(letter, str(value))
    return digits


def _in_two_parts(digits: Any) -> Any:
    """In no more than two, since the digits are computed anew for each. A decimal has room for 38."""
    rest = digits.substr(0, 36).try_cast("decimal(38, 0)") % 97
    return (rest.cast("string") + digits.substr(36, 32)).try_cast("decimal(38, 0)") % 97


def _in_pairs(text: Any) -> Any:
    """A character appends one digit to the number, or two: each has its value and what the number before is multiplied
    by."""
    import ibis

    digits: Any = ibis.literal(_DIGITS)
    length, parts = text.length(), []
    for place in (*range(4, _LONGEST), *range(4)):
        value, is_past = digits.find(text.substr(place, 1)), length <= place
        parts.append((ibis.cases((is_past, 0), else_=value), ibis.cases((is_past, 1), (value < 10, 10), else_=100)))
    while len(parts) > 1:
        parts = [_appended(*parts[i : i + 2]) for i in range(0, len(parts), 2)]
    return parts[0][0]


def _appended(left: tuple[Any, Any], right: tuple[Any, Any] | None = None) -> tuple[Any, Any]:
    """Two parts of a long number as one, modulo 97."""
    if right is None:
        return left
    return (left[0] * right[1] + right[0]) % 97, (left[1] * right[1]) % 97
