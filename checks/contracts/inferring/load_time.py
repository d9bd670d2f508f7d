"""Which column says when rows were loaded, where what was measured bears that out."""

from __future__ import annotations

from checks.contracts.importing.draft import Left
from checks.contracts.inferring.evidence import Evidence
from checks.eventtime import wall_clock


def load_time(evidence: Evidence, table: str) -> tuple[tuple[str, str] | None, list[Left]]:
    """The column and what it is known from, None where no column looks like one, or too few days tell; and what is not
    promised of it, and why. What somebody has declared stays declared."""
    measured = evidence.survey.measured
    event_time, chosen = measured.event_time, measured.load_time
    if event_time is None or chosen is None:
        return None, []
    if chosen.origin != "inferred":
        return (chosen.column, "declared"), []
    from checks.detect.arrival import LEAST  # here and not above: commands that draft nothing start without pandas
    from checks.detect.loaded import Seen, told

    now = wall_clock(measured.source_now, event_time)
    found = told([Seen(now, loaded) for loaded in measured.loads], {}, event_time.grain.length, now)
    if found.doubt:
        return None, [Left(table, f"when rows are loaded: by its name {chosen.column} says it, but {found.doubt}")]
    if len(found.lines) < LEAST:
        return None, []
    known = f"inferred from its name, and it tells how each of {len(found.lines)} {event_time.grain}s filled"
    return (chosen.column, known), []
