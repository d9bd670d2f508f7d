"""What the numbers of a table suggest, and is therefore put to the test: keys, formats, small sets of values. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from checks import sensitive
from checks.facts import Facts
from checks.records import Metric
from connectors import Column

#: fewer rows say too little for a list of values, a format or a limit
FEW = 100
#: rows that are enough to rule a format out
SAMPLE = 10_000
#: rows from which on the exact duplicates of one key take seconds
_LARGE = 1_000_000
#: a value that fewer rows have may be one person
RARE = 5
MOST_VALUES = 20
MOST_ENUMS = 30
MOST_KEYS = 6
#: pairs of columns that are tried as a key
MOST_PAIRS = 6
_MOST_FORMATS = 300
#: approximate numbers of different values are off by a few per cent
_NEARLY_ALL = 0.85
_MOST_WHOLE_NUMBERS = 100
_LONGEST_VALUE = 40
#: shortest and longest text of each format, and words of which one has to be in the column's name where the values
#: alone prove little: every pair of letters is nearly a country
_FORMATS: dict[str, tuple[int, int, tuple[str, ...]]] = {
    "email": (6, 254, ()),
    "phone": (8, 16, ()),
    "iban": (15, 34, ()),
    "ipv4": (7, 15, ()),
    "ipv6": (3, 45, ()),
    "uuid": (36, 36, ()),
    "url": (10, 10_000, ()),
    "date": (10, 10, ()),
    "date-time": (16, 40, ()),
    "country": (2, 2, ("country", "nation", "iso2", "alpha2", "land")),
    "country-alpha-3": (3, 3, ("country", "nation", "iso3", "alpha3", "land")),
    "currency": (3, 3, ("currency", "ccy", "curr", "valuta")),
    "language": (2, 2, ("language", "lang", "locale")),
}
_IDENTIFYING = frozenset(
    ("id", "uuid", "guid", "key", "code", "no", "nr", "number", "num", "sku", "ref", "hash", "slug")
)


def is_large(facts: Facts) -> bool:
    return (level(facts, "row_count") or 0) > _LARGE


def is_text(column: Column) -> bool:
    return column.type.startswith("string")


def is_whole(column: Column) -> bool:
    return column.type.startswith(("int", "uint"))


def is_number(column: Column) -> bool:
    return is_whole(column) or column.type.startswith(("float", "decimal"))


def level(facts: Facts, name: str, column: str | None = None) -> float | None:
    """A whole-table number of the first scan; None where there is none."""
    found = facts.level(Metric(name, column))
    return None if found is None or math.isnan(found.value) else found.value


def present(facts: Facts, column: str) -> float:
    """How many rows have a value."""
    return (level(facts, "row_count") or 0) - (level(facts, "null_count", column) or 0)


def identifies(name: str) -> bool:
    """Whether the column is called like something that tells rows apart: id, order_id, orderNumber."""
    return not _IDENTIFYING.isdisjoint(sensitive.parts(name)[-1:])


def uncounted(facts: Facts) -> list[Column]:
    """Columns that may be keys or have few values, of which nobody has counted the different ones."""
    return [
        column
        for column in facts.measured.columns
        if (is_text(column) or _is_exact(column)) and level(facts, "distinct_count", column.name) is None
    ]


def guesses(facts: Facts, sampled: Mapping[Metric, float]) -> dict[Metric, float]:
    """Different values in the table by those in a sample: as many as rows where no sampled one is there twice."""
    rows, found = level(facts, "row_count") or 0, {}
    for metric, different in sampled.items():
        if metric.name == "distinct_count":
            all_differ = different == sampled.get(Metric("value_count", metric.column))
            found[metric] = max(rows, different) if all_differ else different
    return found


# -- keys --------------------------------------------------------------------------------------------------------------


def keys(facts: Facts, catalogue_key: Sequence[str]) -> list[tuple[str, ...]]:
    """Keys worth counting: the catalogue's, what is called like one, and columns with nearly as many values as rows."""
    rows = level(facts, "row_count") or 0
    named = [facts.measured.key.columns] if facts.measured.key else []
    single = [(column.name,) for column in _tellers(facts) if _different(facts, column.name) >= _NEARLY_ALL * rows]
    single.sort(key=lambda key: not identifies(key[0]))
    found = dict.fromkeys([*([tuple(catalogue_key)] if catalogue_key else []), *named, *single])
    return list(found)[:MOST_KEYS] if rows else []


def pairs(facts: Facts) -> list[tuple[str, ...]]:
    """Pairs of columns that may tell rows apart together, those with the event time first."""
    rows, event_time = level(facts, "row_count") or 0, facts.measured.event_time
    if rows < FEW:
        return []
    dated = event_time.column if event_time else None
    names = [column.name for column in _tellers(facts) if _different(facts, column.name) > 1]
    possible: list[tuple[str, ...]] = [
        pair
        for pair in combinations(names, 2)
        if _different(facts, pair[0]) * _different(facts, pair[1]) >= _NEARLY_ALL * rows
        and (dated in pair or any(identifies(name) for name in pair))
    ]
    return sorted(possible, key=lambda pair: dated not in pair)[:MOST_PAIRS]


def _tellers(facts: Facts) -> Iterator[Column]:
    """Columns without NULLs whose values can be compared exactly."""
    for column in facts.measured.columns:
        if (is_text(column) or _is_exact(column)) and level(facts, "null_count", column.name) == 0:
            yield column


def _is_exact(column: Column) -> bool:
    return is_whole(column) or column.type.startswith(("uuid", "date", "timestamp"))


def _different(facts: Facts, column: str) -> float:
    return level(facts, "distinct_count", column) or 0


# -- formats and limits ------------------------------------------------------------------------------------------------


def formats(facts: Facts) -> list[tuple[str, str]]:
    """Columns of text and the formats that their lengths allow. Of personal formats it is enough that some values may
    have them."""
    found = [(column.name, name) for column in facts.measured.columns if is_text(column)
             for name in _formats_of(facts, column)]  # fmt: skip
    found.sort(key=lambda pair: pair[1] not in sensitive.PERSONAL_FORMATS)
    return found[:_MOST_FORMATS]


def _formats_of(facts: Facts, column: Column) -> Iterator[str]:
    shortest, longest = level(facts, "min_length", column.name), level(facts, "max_length", column.name)
    if shortest is None or longest is None:
        return
    for name, (least, most, words) in _FORMATS.items():
        if name in sensitive.PERSONAL_FORMATS:
            fits = shortest <= most and longest >= least
        else:
            fits = shortest >= least and longest <= most
        if fits and (not words or any(word in column.name.lower() for word in words)):
            yield name


def likely_formats(sampled: Mapping[tuple[str, str], float]) -> list[tuple[str, str]]:
    """The formats that every sampled value has."""
    return [pair for pair, without in sampled.items() if not without]


def personal(sampled: Mapping[tuple[str, str], float], present: Mapping[str, float]) -> dict[str, str]:
    """The columns of which more than a few sampled values have a personal format."""
    found = {name: sensitive.personal_format(name, sampled, values) for name, values in present.items()}
    return {name: format_ for name, format_ in found.items() if format_}


def small_numbers(facts: Facts) -> list[str]:
    """Columns of whole numbers out of a small range: perhaps all of them occur."""
    return [column.name for column in facts.measured.columns if is_whole(column) and _is_small(facts, column.name)]


def _is_small(facts: Facts, column: str) -> bool:
    low, high = level(facts, "min", column), level(facts, "max", column)
    return low is not None and high is not None and 0 < high - low <= _MOST_WHOLE_NUMBERS


# -- values ------------------------------------------------------------------------------------------------------------


def enums(facts: Facts, personal: Mapping[str, str], classified: Mapping[str, str]) -> list[str]:
    """Columns of few different short texts that look like nothing personal: their values may be looked at."""
    return [
        column.name
        for column in facts.measured.columns
        if is_text(column)
        and sensitive.shows_values(column.name, classified)
        and column.name not in personal
        and present(facts, column.name) >= FEW
        and 0 < _different(facts, column.name) <= 1.2 * MOST_VALUES
        and (level(facts, "max_length", column.name) or 0) <= _LONGEST_VALUE
    ][:MOST_ENUMS]
