"""What `objectives --json` and /api/objectives answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from checks.answers import exit_code, moment
from checks.monitor import Monitor
from checks.objectives.budget import WINDOW, Burn
from checks.objectives.ledger import Kept, Ledger
from checks.objectives.response_document import responses
from checks.objectives.status import DAYS, Standing, Told, told
from checks.objectives.timeline import Attained
from checks.records import Dataset, Health

Document = dict[str, Any]
_STATES = {True: "met", False: "missed", None: "unknown"}
_HEALTH = {
    Standing.SPENT: Health.FAILING,
    Standing.UNKNOWN: Health.UNKNOWN,
    Standing.BURNING: Health.WARNING,
    Standing.MISSED: Health.WARNING,
    Standing.EARLY: Health.UNKNOWN,
    Standing.KEPT: Health.HEALTHY,
}


def answer(monitor: Monitor, names: Sequence[str], at: datetime | None) -> Document:
    """The objectives of these datasets and contracts, of all where none is named, now or at a moment in the past.
    Raises UnknownDataset."""
    now = at or monitor.clock()
    document = objectives_document([told(kept, now) for kept in kept_of(monitor, names, at)])
    return document | {"response": responses(monitor, [each.name for each in chosen(monitor, names)], at)}


def kept_of(monitor: Monitor, names: Sequence[str], at: datetime | None) -> list[Kept]:
    """What is known of them. A moment in the past reaches further back than what is kept in memory."""
    ledger = monitor.ledger if at is None else Ledger(monitor.history, monitor.schedule_of)
    return ledger.kept(chosen(monitor, names), at or monitor.clock())


def objectives_document(all_told: Sequence[Told]) -> Document:
    """{"window_days", "objectives": [...]}: by dataset, in the order of the contract."""
    return {"window_days": WINDOW.days, "objectives": [objective_document(each) for each in all_told]}


def objective_document(one: Told) -> Document:
    """One objective. Times are seconds; percentages and shares are None where nothing was measured."""
    objective, budget = one.objective, one.budget
    return {
        "dataset": objective.dataset,
        "level": objective.level,
        "kind": objective.kind,
        "contract": objective.contract,
        "owner": objective.owner,
        "description": objective.description,
        "target": objective.target,
        "standing": one.standing,
        "state": _STATES[one.met],
        "attainment": [
            {"days": days, **_attained(attained)} for days, attained in zip(DAYS, one.attained, strict=True)
        ],
        "budget": {
            "allowed_seconds": _seconds(budget.allowed),
            "used_seconds": _seconds(budget.used),
            "left_seconds": _seconds(budget.left),
            "left_share": round(budget.left_share, 6),
        },
        "burn": [_burn(burn) for burn in one.burns],
    }


def exit_code_of(document: Document) -> int:
    """1 where a budget is spent, 3 where too little is known of one, 2 where one burns or is missed now, else 0."""
    return exit_code([_HEALTH[Standing(each["standing"])] for each in document["objectives"]])


def chosen(monitor: Monitor, names: Sequence[str]) -> list[Dataset]:
    """A name is that of a contract, or of a dataset."""
    if not names:
        return list(monitor.datasets().values())
    found: dict[str, Dataset] = {}
    for name in names:
        own = [dataset for dataset in monitor.datasets().values() if dataset.contract == name]
        found |= {dataset.name: dataset for dataset in own or monitor.named([name])}
    return list(found.values())


def _attained(attained: Attained) -> Document:
    percent = attained.percent
    return {
        "percent": None if percent is None else round(percent, 6),
        "met_seconds": _seconds(attained.met),
        "missed_seconds": _seconds(attained.missed),
        "unmeasured_seconds": _seconds(attained.unmeasured),
        "since": moment(attained.since),
    }


def _burn(burn: Burn) -> Document:
    return {
        "alert": "fast" if burn.alert.fast else "slow",
        "window_seconds": _seconds(burn.alert.window),
        "recent_seconds": _seconds(burn.alert.recent),
        "threshold": burn.alert.rate,
        "rate": None if burn.rate is None else round(burn.rate, 3),
        "recent_rate": None if burn.recent_rate is None else round(burn.recent_rate, 3),
        "missed_seconds": _seconds(burn.missed),
        "burns": burn.burns,
    }


def _seconds(length: timedelta) -> float:
    return round(length.total_seconds(), 3)
