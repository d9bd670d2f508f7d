"""Service levels: how old the newest row may be."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from checks.contracts.document import Document, Node, Notes, shown
from checks.contracts.sentences import meant
from checks.contracts.subject import column_of
from checks.values import duration

_AGES = {"freshness": "freshness", "fr": "freshness", "latency": "latency", "ly": "latency"}
#: agreements that later versions will check
_LATER = {
    "retention", "re", "frequency", "fy", "timeofavailability", "availability", "av", "throughput", "th",
    "errorrate", "er", "completeness",
}  # fmt: skip
_FOR_READERS = {
    "generalavailability", "ga", "endofsupport", "es", "endoflife", "el", "timetodetect", "td", "timetonotify", "tn",
    "timetorepair", "tr",
}  # fmt: skip
_SECONDS = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3_600),
    **dict.fromkeys(("d", "day", "days"), 86_400),
    **dict.fromkeys(("w", "week", "weeks"), 7 * 86_400),
    **dict.fromkeys(("y", "yr", "yrs", "year", "years"), 365 * 86_400),
}
_ISO = re.compile(
    r"P(?:(\d+(?:[.,]\d+)?)Y)?(?:(\d+(?:[.,]\d+)?)W)?(?:(\d+(?:[.,]\d+)?)D)?"
    r"(?:T(?:(\d+(?:[.,]\d+)?)H)?(?:(\d+(?:[.,]\d+)?)M)?(?:(\d+(?:[.,]\d+)?)S)?)?",
    re.IGNORECASE,
)
_ISO_SECONDS = (365 * 86_400, 7 * 86_400, 86_400, 3_600, 60, 1)


@dataclass(frozen=True, slots=True)
class AgeLimit:
    """The newest row of the schema object at `table` (its place in the document) is not older than `limit`."""

    node: Node
    kind: str  # 'freshness' or 'latency'
    table: Node
    column: str | None
    limit: timedelta


def age_limits(document: Document, notes: Notes) -> list[AgeLimit]:
    """The freshness and latency agreements of a contract, one for each table that they are about. Everything else among
    the service levels is noted as not executed."""
    found: list[AgeLimit] = []
    for node in document.root.items("slaProperties"):
        word = node.text("property") or ""
        kind = _AGES.get(word.lower())
        if kind is None:
            _note_other(node, word, notes)
        elif not document.is_broken(node):
            limit = _limit(node, notes)
            found += _about(document, node, kind, limit, notes) if limit else []
    return found


def _note_other(node: Node, word: str, notes: Notes) -> None:
    if word.lower() in _LATER:
        notes.warning(node.place, f"not executed yet: the service level {word} is not checked in this version")
    elif word.lower() not in _FOR_READERS:
        known = ("freshness", "latency", *_LATER, *_FOR_READERS)
        notes.warning(node.at("property"), f"{shown(word)} is no service level of the standard{meant(word, known)}")
    else:
        notes.info(node.place, f"the service level {word} is kept for readers; nothing is checked")


# -- how old -----------------------------------------------------------------------------------------------------------


def _limit(node: Node, notes: Notes) -> timedelta | None:
    """The agreed age; of a range (valueExt) the longer end, since only what is older than that breaks it."""
    ends = [key for key in ("value", "valueExt") if node.value.get(key) is not None]
    try:
        limits = [_length(node.value[key], node.text("unit")) for key in ends]
    except ValueError as error:
        is_known = (node.text("unit") or "s").lower() in _SECONDS
        notes.error(node.at("value" if is_known else "unit"), f"{error}; the check is not made")
        return None
    if node.text("unit") == "m" and limits:
        notes.warning(node.at("unit"), "m is read as minutes; write min to be clear")
    if not limits or max(limits) <= timedelta(0):
        notes.error(node.at("value"), "must be a time longer than nothing; the check is not made")
        return None
    if node.text("schedule"):
        notes.warning(node.at("schedule"), "not executed yet: it is checked whenever the dataset is measured")
    return max(limits)


def _length(value: Any, unit: str | None) -> timedelta:
    if isinstance(value, str):
        iso = _iso(value.strip())
        if iso is not None:
            return iso
    number = _number(value)
    if number is None:
        return _own_words(value)
    if unit is None:
        raise ValueError(f"{shown(value)} has no unit; add one, for example unit: h")
    if unit.lower() not in _SECONDS:
        raise ValueError(f"{shown(unit)} is not a unit of time; write s, min, h, d, w or y")
    try:
        return timedelta(seconds=number * _SECONDS[unit.lower()])
    except OverflowError as error:
        raise ValueError(f"{shown(value)} {unit} is too long") from error


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return None if math.isnan(number) else number


def _own_words(value: Any) -> timedelta:
    wrong = f"{shown(value)} is not a length of time; write a number with a unit, or for example PT2H"
    if not isinstance(value, str):
        raise ValueError(wrong)
    try:
        return duration(value)
    except ValueError as error:
        raise ValueError(wrong) from error


def _iso(text: str) -> timedelta | None:
    match = _ISO.fullmatch(text)
    if match is None or not any(match.groups()):
        return None
    parts = zip(match.groups(), _ISO_SECONDS, strict=True)
    seconds = sum(float(part.replace(",", ".")) * length for part, length in parts if part)
    try:
        return timedelta(seconds=seconds)
    except OverflowError as error:
        raise ValueError(f"{shown(text)} is too long") from error


# -- of what -----------------------------------------------------------------------------------------------------------


def _about(document: Document, node: Node, kind: str, limit: timedelta, notes: Notes) -> list[AgeLimit]:
    elements = node.text("element") or document.root.text("slaDefaultElement")
    if elements is None:
        return [AgeLimit(node, kind, table, None, limit) for table in document.objects]
    found: list[AgeLimit] = []
    for element in (part.strip() for part in elements.split(",")):
        target = _element(document, element)
        if target is None:
            _note_unknown(document, node, element, notes)
        else:
            found.append(AgeLimit(node, kind, *target, limit))
    return found


def _note_unknown(document: Document, node: Node, element: str, notes: Notes) -> None:
    """An error, but a warning for a table that the contract does not describe: the standard's own examples do so."""
    names = [name for table in document.objects for name in (table.text("name"), table.text("physicalName")) if name]
    columns = [
        f"{table.value['name']}.{each.text('name')}" for table in document.objects for each in table.items("properties")
    ]
    told = (
        f"{shown(element)} is no table.column of this contract{meant(element, names + columns)}; the check is not made"
    )
    is_foreign = "." in element and not any(element.startswith(f"{name}.") for name in names)
    add = notes.warning if is_foreign else notes.error
    add(node.at("element" if node.text("element") else "property"), told)


def _element(document: Document, element: str) -> tuple[Node, str | None] | None:
    """'table', 'table.column', 'schema.table.column', or 'column' where the contract has one table."""
    for table in document.objects:
        for name in (table.text("physicalName"), table.text("name")):
            if element == name:
                return table, None
            if name and element.startswith(f"{name}."):
                column = _column(table, element.removeprefix(f"{name}."))
                return (table, column) if column else None
    if len(document.objects) == 1:
        column = _column(document.objects[0], element)
        return (document.objects[0], column) if column else None
    return None


def _column(table: Node, name: str) -> str | None:
    properties = table.items("properties")
    for node in properties:
        if name in (node.text("name"), node.text("physicalName")):
            return column_of(node)
    return None if properties else name


def column_for(table: Node, limits: Sequence[AgeLimit]) -> str | None:
    """The column that the agreements date a table by."""
    return next((limit.column for limit in limits if limit.table.place == table.place and limit.column), None)
