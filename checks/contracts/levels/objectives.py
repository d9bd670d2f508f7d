"""vitals.objective: in how much of the time a service level is to be met, and the data to be right."""

from __future__ import annotations

from checks.contracts.document import Document, Node, Notes, custom_properties, shown
from checks.contracts.levels.lengths import number

OBJECTIVE = "vitals.objective"
_HALF = 50


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


def objective_of(document: Document, table: Node, notes: Notes) -> float | None:
    """The percentage that holds for all of a table: its own, else that of the contract."""
    own = objective(table, notes)
    return own if own is not None else objective(document.root, Notes.on(document))
