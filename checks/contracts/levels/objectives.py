"""vitals.objective: in how much of the time a service level is to be met, and the data to be right."""

from __future__ import annotations

from checks.contracts.document import Document, Node, Notes, custom_properties, shown
from checks.contracts.levels.lengths import number
from checks.contracts.levels.names import kind_of

OBJECTIVE = "vitals.objective"
_HALF = 50
_A_DATE, _A_TIME = "a date is kept or is not", "incidents are compared with it one by one"
_NO_OBJECTIVE = {
    "errorRate": "it says itself what the quality is aimed at",
    "generalAvailability": _A_DATE,
    "endOfSupport": _A_DATE,
    "endOfLife": _A_DATE,
    "timeToDetect": _A_TIME,
    "timeToNotify": _A_TIME,
    "timeToRepair": _A_TIME,
}


def objective(node: Node, notes: Notes) -> float | None:
    """The percentage that a service level, a table or a contract declares. None, and an error noted, where it is none
    that can be aimed at."""
    found = custom_properties(node).get(OBJECTIVE)
    if found is None:
        return None
    value = found.value.get("value")
    percent = number(value.strip().removesuffix("%")) if isinstance(value, str) else number(value)
    if percent is None or not 0 < percent < 100:
        wrong = f"{shown(value)} is not a percentage above 0 and below 100"
        why = "; 100 leaves no time to be missed: write for example 99.9" if percent == 100 else ""
        notes.error(found.at("value"), f"{wrong}{why or '; write for example 99.5'}")
        return None
    if percent < _HALF:
        notes.warning(found.at("value"), f"is read as {percent:g} %: most of the time may be missed; 99 means 99 %")
    return percent


def note_unused(node: Node, notes: Notes) -> None:
    """Warns of one on a level that is no objective of its own."""
    found = custom_properties(node).get(OBJECTIVE)
    kind = kind_of(node.text("property") or "")
    if found is not None and kind in _NO_OBJECTIVE:
        notes.warning(found.at("property"), f"{OBJECTIVE} means nothing on {kind}: {_NO_OBJECTIVE[kind]}")


def objective_of(document: Document, table: Node, notes: Notes) -> float | None:
    """The percentage that holds for all of a table: its own, else that of the contract."""
    own = objective(table, notes)
    return own if own is not None else objective(document.root, Notes.on(document))
