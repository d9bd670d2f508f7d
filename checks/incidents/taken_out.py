"""What open incidents are about that was taken out of the configuration, and what that does to them. Pure.

Only what is known counts: a source that has not answered may still have the table, and a contract that can not be read
may still ask for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from checks.catalogue import SourceState
from checks.incidents.coding import key_json
from checks.incidents.draft import Draft, standing
from checks.records import EventKind, Incident


def taken_out(
    incidents: Iterable[Incident], datasets: Collection[str], listed: Mapping[str, SourceState], *, all_read: bool
) -> dict[str, str]:
    """By dataset or source that an open incident is about and that is not watched any more the reason, in words.
    `listed` are the sources of the configuration as they were just listed, `all_read` whether every contract could be
    read."""
    found = {}
    for symptom in (each for incident in incidents for each in incident.broken):
        # a source that answers and has refused tables is told well by runs of these alone
        about = symptom.checks if symptom.key.subject in listed else (symptom.key.subject,)
        reasons = [None if name in datasets else _why(name, listed, all_read=all_read) for name in about]
        told = dict.fromkeys(reason for reason in reasons if reason is not None)
        if reasons and None not in reasons:
            found[symptom.key.subject] = "; ".join(told)
    return found


def _why(subject: str, listed: Mapping[str, SourceState], *, all_read: bool) -> str | None:
    source, _, table = subject.partition(".")
    state = listed.get(source)
    if state is None:
        return f"source {source} is no longer configured"
    if state.error is not None:
        return None
    if table in state.unmonitored:
        return f"{subject} is left out by include/exclude of its source"
    if not all_read or not state.tables:  # a folder that is not mounted lists nothing
        return None
    return f"source {source} does not list {table} any more, and no contract asks for it"


def leave(draft: Draft, reasons: Mapping[str, str], at: datetime) -> None:
    """Ends what is about these, with the incidents in which nothing else is broken."""
    for incident in list(standing(draft)):
        gone = [each for each in incident.broken if each.key.subject in reasons]
        left = incident
        for symptom in gone:
            why = reasons[symptom.key.subject]
            left = draft.add(left, at, EventKind.RECOVERED, {"key": key_json(symptom.key), "why": why})
        if gone and not left.broken:
            why = "; ".join(dict.fromkeys(reasons[symptom.key.subject] for symptom in gone))
            draft.add(left, at, EventKind.RESOLVED, {"resolution": why})
