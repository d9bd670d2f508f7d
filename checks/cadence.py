"""Rules with a schedule of their own: a check is judged at the first run at or after its own due moment. In the runs
between, its newest result is carried, with the moment at which it was measured.

The dataset runs at the moments of all its schedules. Numbers of the one scan are measured in every run anyway; the
query of an SQL rule is left out while the rule rests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from checks.records import Check, Dataset, Result, SqlExpected
from checks.slots import next_slot, previous_slot

Resting = Mapping[str, Result]


def lines_of(dataset: Dataset, line: str) -> tuple[str, ...]:
    """The cron lines that a dataset runs on: its own, and those of its rules."""
    return tuple(dict.fromkeys((line, *(check.schedule for check in dataset.checks if check.schedule))))


def next_of(dataset: Dataset, line: str, at: datetime) -> datetime | None:
    """The first slot later than `at` of any of those lines."""
    return min((slot for each in lines_of(dataset, line) if (slot := next_slot(each, at))), default=None)


def resting(dataset: Dataset, results: Callable[[str], Mapping[str, Sequence[Result]]], at: datetime) -> Resting:
    """The checks that are not due at the moment `at`, with their newest result. A check without one that says something
    about the data, or whose number is older than its due moment, is due; so is one that asks something else than it did
    then. `results` gives the newest results by dataset; it is asked only where a rule has a schedule."""
    if not any(check.schedule for check in dataset.checks):
        return {}
    earlier = results(dataset.name).get(dataset.name, ())
    newest = {result.check: result for result in earlier if result.status.evaluated}
    found = {}
    for check in dataset.checks:
        result = newest.get(check.id)
        if check.schedule is None or result is None or result.measured_at is None:
            continue
        if result.definition != check.definition:
            continue
        due = previous_slot(check.schedule, at)
        if due is None or result.measured_at >= due:
            found[check.id] = result
    return found


def to_measure(dataset: Dataset, rest: Resting) -> Dataset:
    """The dataset without the queries of the rules that rest."""
    checks = (check for check in dataset.checks if not (check.id in rest and isinstance(check.expects, SqlExpected)))
    return replace(dataset, checks=tuple(checks))


def signed(check: Check, results: Sequence[Result], at: datetime) -> list[Result]:
    """The results with what a later run goes by: the definition, and the moment where the check is carried by it ('no
    data' was seen at the run)."""
    seen = at if check.schedule else None
    definition = check.definition
    return [replace(each, measured_at=each.measured_at or seen, definition=definition) for each in results]
