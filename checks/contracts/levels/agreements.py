"""The slaProperties of a contract to agreements: what is expected of which table, and how soon people respond."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from checks.contracts.document import Document, Node, Notes, shown
from checks.contracts.levels import calendars
from checks.contracts.levels.elements import Target, targets
from checks.contracts.levels.lengths import length, number, unit_length
from checks.contracts.levels.names import all_names, kind_of
from checks.contracts.sentences import meant
from checks.records import (
    Dimension,
    Expectation,
    FreshnessExpected,
    NumberExpected,
    Operator,
    Severity,
    Threshold,
)
from checks.service_levels import (
    AvailabilityExpected,
    DeadlineExpected,
    ErrorRateExpected,
    FrequencyExpected,
    LifecycleExpected,
    ResponseTimes,
    RetentionExpected,
    ThroughputExpected,
)

#: levels that go by the event time: an element that names a column names it
_TIMED = ("freshness", "latency", "frequency", "timeOfAvailability", "retention", "throughput")
_PER = re.compile(r"/|\bper\b")
#: how soon people respond, which incidents are compared with
_RESPONSES = {"timeToDetect": "detect", "timeToNotify": "notify", "timeToRepair": "repair"}


@dataclass(frozen=True, slots=True)
class Agreement:
    """A service level of the schema object at `table` (its place in the document). `column` dates the table, where the
    level is about time and names one."""

    node: Node
    kind: str
    table: Node
    column: str | None
    expects: Expectation
    dimension: Dimension
    severity: Severity


@dataclass(frozen=True, slots=True)
class _Level:
    """One entry of slaProperties, about one element."""

    document: Document
    node: Node
    kind: str
    target: Target
    notes: Notes

    @property
    def column(self) -> str | None:
        """The column that the level itself names: what the contract's slaDefaultElement names is the event time."""
        return self.target.column if self.node.text("element") else None

    def expects(
        self,
        what: Expectation | None,
        dimension: Dimension = Dimension.TIMELINESS,
        severity: Severity = Severity.ERROR,
    ) -> Agreement | None:
        """The agreement that comes of it, None where what it expects can not be read."""
        column = self.target.column if self.kind in _TIMED else None
        return Agreement(self.node, self.kind, self.target.table, column, what, dimension, severity) if what else None


def agreements(document: Document, notes: Notes) -> list[Agreement]:
    """The service levels of a contract that are checked, one for each table that they are about. What can not be, or
    is not, is noted."""
    found: list[Agreement] = []
    for node, kind in _levels(document, notes):
        if kind in _RESPONSES:
            continue
        for target in targets(document, node, notes):
            made = READERS[kind](_Level(document, node, kind, target, notes))
            found += [made] if made else []
    return found


def response_times(document: Document, table: Node, notes: Notes) -> ResponseTimes:
    """How soon the contract wants trouble in a table detected, told and mended. Of two the stricter counts."""
    found: dict[str, timedelta] = {}
    for node, kind in _levels(document, Notes.on(document)):
        about = [target.table.place for target in targets(document, node, notes)] if kind in _RESPONSES else []
        limit = length(node, notes) if table.place in about else None
        if limit:
            notes.info(node.place, f"{kind} is kept for incidents; no check is made of it")
            found[_RESPONSES[kind]] = min(limit, found.get(_RESPONSES[kind], limit))
    return ResponseTimes(**found)


def column_for(table: Node, found: Sequence[Agreement]) -> str | None:
    """The column that the agreements date a table by; what freshness says comes first."""
    of_table = [each for each in found if each.table.place == table.place and each.column]
    of_table.sort(key=lambda each: each.kind not in ("freshness", "latency"))
    return of_table[0].column if of_table else None


def is_timed(agreement: Agreement) -> bool:
    """Whether the level can only be told with an event time."""
    return agreement.kind in _TIMED


def _levels(document: Document, notes: Notes) -> Iterator[tuple[Node, str]]:
    for node in document.root.items("slaProperties"):
        word = node.text("property") or ""
        kind = kind_of(word)
        if kind is None:
            hint = meant(word, all_names()) or f"; known: {', '.join(all_names())}"
            notes.warning(node.at("property"), f"{shown(word)} is no service level of the standard{hint}")
        elif not document.is_broken(node):
            yield node, kind


# -- one reader for each kind ------------------------------------------------------------------------------------------


def _age(level: _Level) -> Agreement | None:
    limit = length(level.node, level.notes)
    return level.expects(FreshnessExpected(limit, level.target.column) if limit else None)


def _frequency(level: _Level) -> Agreement | None:
    cadence = length(level.node, level.notes, calendar=True)
    return level.expects(FrequencyExpected(cadence, level.target.column) if cadence else None)


def _deadline(level: _Level) -> Agreement | None:
    deadline = calendars.deadline(level.document, level.target.table, level.node, level.notes)
    return level.expects(DeadlineExpected(deadline, level.target.column) if deadline else None)


def _retention(level: _Level) -> Agreement | None:
    limit = length(level.node, level.notes, calendar=True)
    return level.expects(RetentionExpected(limit, level.target.column) if limit else None)


def _stage(level: _Level, severity: Severity) -> Agreement | None:
    is_end = level.kind != "generalAvailability"
    at = calendars.moment(level.document, level.target.table, level.node, level.notes, end=is_end)
    return level.expects(LifecycleExpected(level.kind, at) if at else None, severity=severity)


def _completeness(level: _Level) -> Agreement | None:
    """Percent of the rows in which a column is present; without a column it could mean anything."""
    if level.column is None:
        said = "completeness of a table can mean several things; name a column in element, or write nullValues rules"
        level.notes.warning(level.node.at("property"), f"not executed: {said}")
        return None
    share = _percent(level.node, level.notes)
    if share is None:
        return None
    few = Threshold(Operator.LESS_OR_EQUAL, (100 - share,))
    present = NumberExpected("null_count", few, level.column, percent=True)
    return level.expects(present, Dimension.COMPLETENESS)


def _availability(level: _Level) -> Agreement | None:
    least = _percent(level.node, level.notes)
    return level.expects(None if least is None else AvailabilityExpected(least), severity=Severity.WARNING)


def _error_rate(level: _Level) -> Agreement | None:
    most = _percent(level.node, level.notes)
    expects = None if most is None else ErrorRateExpected(most, level.column)
    return level.expects(expects, Dimension.ACCURACY, Severity.WARNING)


def _throughput(level: _Level) -> Agreement | None:
    node, notes = level.node, level.notes
    unit, rows = node.text("unit"), number(node.value.get("value"))
    per = unit_length(_PER.split(unit)[-1].strip()) if unit else None
    if per is None:
        said = f"{shown(unit)} is not a unit of throughput" if unit else "has no unit"
        notes.error(node.at("unit" if unit else "value"), f"{said}; write for example rows/h; the check is not made")
        return None
    if rows is None or rows <= 0:
        notes.error(
            node.at("value"), f"{shown(node.value.get('value'))} is not a number of rows; the check is not made"
        )
        return None
    return level.expects(ThroughputExpected(rows, per, level.target.column), Dimension.COVERAGE)


def _percent(node: Node, notes: Notes) -> float | None:
    """A percentage: 99.9, "99.9%", with or without unit: percent; None, and an error noted, for anything else."""
    value, unit = node.value.get("value"), (node.text("unit") or "percent").lower()
    found = number(value.strip().removesuffix("%")) if isinstance(value, str) else number(value)
    if unit not in ("percent", "%"):
        notes.error(node.at("unit"), f"{shown(node.text('unit'))} is not percent; the check is not made")
        return None
    if found is None or not 0 <= found <= 100:
        notes.error(node.at("value"), f"{shown(value)} is not a percentage from 0 to 100; the check is not made")
        return None
    if 0 < found < 1 and node.text("unit") is None:
        notes.warning(node.at("value"), f"is read as {found:g} %; add unit: percent to be clear")
    return found


READERS: dict[str, Callable[[_Level], Agreement | None]] = {
    "freshness": _age,
    "latency": _age,
    "frequency": _frequency,
    "timeOfAvailability": _deadline,
    "retention": _retention,
    "completeness": _completeness,
    "throughput": _throughput,
    # nobody's data are wrong because of last week or because a date has passed: people are told, and no run fails
    "availability": _availability,
    "errorRate": _error_rate,
    "generalAvailability": partial(_stage, severity=Severity.INFO),
    "endOfSupport": partial(_stage, severity=Severity.WARNING),
    "endOfLife": partial(_stage, severity=Severity.WARNING),
}
