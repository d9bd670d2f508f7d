"""One word of health per dataset and day, folded when a run is written so that a year of days is read at a glance.

A result about a bucket belongs to the bucket's day, and the newest judgement of a bucket counts. A result about the
whole table, and a run that could not measure, belong to the day of the slot, and the worst of the day counts. `unknown`
stands only where nothing was evaluated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from checks.history.moments import naive
from checks.records import Health, Outcome, RunReport, Status

Cell = tuple[str, datetime]  # the scope ('bucket' or 'run') and the moment: the bucket, or the midnight of the slot
Fact = tuple[datetime, datetime | None, Status]  # the slot, the bucket, the status

_WORDS = {
    Status.PASS: Health.HEALTHY,
    Status.WARN: Health.WARNING,
    Status.FAIL: Health.FAILING,
    Status.NO_DATA: Health.FAILING,
    Status.ERROR: Health.UNKNOWN,
    Status.UNREACHABLE: Health.UNKNOWN,
}
_RANK = {Health.UNKNOWN: 0, Health.HEALTHY: 1, Health.WARNING: 2, Health.FAILING: 3}


def facts_of(report: RunReport) -> list[Fact]:
    """What a run says about its days."""
    slot = naive(report.slot)
    facts: list[Fact] = [(slot, result.bucket, result.status) for result in report.results]
    if report.outcome is not Outcome.FINISHED:
        facts.append((slot, None, Status.ERROR))
    return facts


def fold(facts: Iterable[Fact]) -> dict[Cell, tuple[datetime, Health]]:
    """The word of each cell, with the slot that it comes from."""
    worst: dict[tuple[datetime, Cell], Health] = {}
    for slot, bucket, status in facts:
        word, key = _WORDS.get(status), (slot, _cell(slot, bucket))
        if word is not None and (key not in worst or _RANK[word] > _RANK[worst[key]]):
            worst[key] = word
    cells: dict[Cell, tuple[datetime, Health]] = {}
    for slot, cell in sorted(worst):
        cells |= news({cell: (slot, worst[slot, cell])}, cells)
    return cells


def news(
    cells: Mapping[Cell, tuple[datetime, Health]], known: Mapping[Cell, tuple[datetime, Health]]
) -> dict[Cell, tuple[datetime, Health]]:
    """Of the folded cells those that change what is known."""
    return {cell: said for cell, said in cells.items() if cell not in known or _counts(cell, known[cell], said)}


def _cell(slot: datetime, bucket: datetime | None) -> Cell:
    return ("run", slot.replace(hour=0, minute=0, second=0, microsecond=0)) if bucket is None else ("bucket", bucket)


def _counts(cell: Cell, known: tuple[datetime, Health], said: tuple[datetime, Health]) -> bool:
    """Whether what another run said replaces what is known."""
    if cell[0] == "run" or known[1] is Health.UNKNOWN:
        return _RANK[said[1]] > _RANK[known[1]]
    return said[0] > known[0] and said[1] not in (known[1], Health.UNKNOWN)
