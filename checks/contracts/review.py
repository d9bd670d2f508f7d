"""Vitals' own rules over contracts: what can not be made into a check, and what is not executed in this version.

A contract that asks for something and silently gets nothing is the worst outcome, so everything in the standard that
could mean a check is either made into one or told here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checks.contracts.catalogue import Catalogue
from checks.contracts.consistency import note_contradictions
from checks.contracts.document import Document, Finding, Node, Notes, custom_properties
from checks.contracts.expectations import checks
from checks.contracts.extras import ON_RULES, extras, note_unknown
from checks.contracts.inside import note_not_executed
from checks.contracts.levels import (
    ON_LEVELS,
    Agreement,
    agreements,
    column_for,
    is_timed,
    note_unused,
    objective,
    response_times,
)
from checks.contracts.subject import Subject
from connectors import TableName


def review(documents: Sequence[Document]) -> list[Finding]:
    """Everything found in the documents, in the order of files and lines."""
    findings = [finding for document in documents for finding in (*document.findings, *_of(document, documents))]
    findings += _twice(documents)
    return sorted(dict.fromkeys(findings), key=lambda finding: (finding.file, finding.line))


def _of(document: Document, documents: Sequence[Document]) -> list[Finding]:
    if not document.data:
        return []
    notes = Notes.on(document)
    note_contradictions(document, notes)
    agreed = agreements(document, notes)
    if not document.objects:
        notes.warning(("schema",), "lists no tables, so there is nothing to check")
    if document.status in ("deprecated", "retired"):
        notes.info(("status",), f"the contract is {document.status}; it is still checked as long as the file is here")
    for name, node in custom_properties(document.root).items():
        note_unknown(name, node, ON_LEVELS, notes)
    objective(document.root, notes)
    for level in document.root.items("slaProperties"):
        for name, node in custom_properties(level).items():
            note_unknown(name, node, ON_LEVELS, notes)
        note_unused(level, notes)
    for node in document.objects:
        subject = Subject(document, node, "source", TableName(None, node.value["name"]), Catalogue(documents), notes)
        _table(subject, agreed)
    return notes.found


def _table(subject: Subject, agreed: Sequence[Agreement]) -> None:
    checks(subject, agreed)
    response_times(subject.document, subject.node, subject.notes)
    objective(subject.node, subject.notes)
    dated_by = column_for(subject.node, agreed)
    event_time = extras(subject, dated_by).event_time
    for level in agreed:
        if level.table.place == subject.node.place and is_timed(level):
            _event_time(subject, level, event_time)
    _rules(subject.node, subject.notes)
    if subject.node.text("physicalType"):
        told = "not executed: whether it is a table or a view is not compared; it must exist"
        subject.notes.info(subject.node.at("physicalType"), told)
    for node in subject.properties:
        _property(subject, node)
        _rules(node, subject.notes)


def _event_time(subject: Subject, level: Agreement, event_time: str | None) -> None:
    name = subject.node.value["name"]
    if event_time is None:
        said = f"{name} has no event time; name a column in element, or declare vitals.eventTime, else one is inferred"
        subject.notes.warning(level.node.place, said)
    elif level.column not in (None, event_time):
        said = f"{level.column} is not the event time of {name} ({event_time}), by which its age is measured"
        subject.notes.warning(level.node.at("element"), said)


def _rules(owner: Node, notes: Notes) -> None:
    for node in owner.items("quality"):
        for name, each in custom_properties(node).items():
            note_unknown(name, each, ON_RULES, notes)


def _property(subject: Subject, node: Node) -> None:
    note_not_executed(subject, node)
    notes = subject.notes
    if node.text("semanticType") == "measure":
        told = "not executed: a measure is computed by who reads the table, and there is no column to look at"
        notes.info(node.at("semanticType"), told)
    if node.flag("partitioned"):
        notes.info(node.at("partitioned"), "not executed yet: partitioning is not compared with the warehouse")
    for name, each in custom_properties(node).items():
        note_unknown(name, each, (), notes)


# -- several contracts -------------------------------------------------------------------------------------------------


def _twice(documents: Sequence[Document]) -> Iterator[Finding]:
    first: dict[tuple[str, str], Document] = {}
    ids: dict[str, Document] = {}
    for document in documents:
        notes = Notes.on(document)
        earlier = ids.setdefault(document.id or document.label, document)
        if earlier is not document:
            notes.error(("id",), f"{document.id} is also the id of {earlier.label}; an id names one contract")
        servers = [server.text("server") or "" for server in document.root.items("servers")] or [""]
        for node in document.objects:
            for server in servers:
                table = node.text("physicalName") or node.value["name"]
                other = first.setdefault((server, table), document)
                if other is not document:
                    notes.error(node.place, f"{table} has a contract already ({other.label}); only one is executed")
        yield from notes.found
