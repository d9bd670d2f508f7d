"""Error budgets that burn, as signals for incidents: one key for each dimension of a dataset.

While a level is broken and people work on that, a budget that burns is no news: it would only keep their incident open
for as long as its windows reach. It is news of a level that is missed again and again, and well in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from checks.objectives import words
from checks.objectives.budget import Burn, burns
from checks.objectives.ledger import Kept, Ledger, said_by
from checks.objectives.spells import State
from checks.objectives.targets import Kind, Objective, objectives_of
from checks.records import Dataset, Family, Key, Outcome, RunReport, Severity, Signal, Span, Symptom, Verdict

Burning = tuple[Kept, Burn]


class BurnWatch:
    """Asked after every run. A run in which nothing is missed makes no budget burn, so that it costs nothing as long as
    none is known to."""

    def __init__(self, ledger: Ledger, datasets: Callable[[], Mapping[str, Dataset]]) -> None:
        self._ledger = ledger
        self._datasets = datasets

    def __call__(self, report: RunReport, broken: Mapping[Key, Symptom]) -> Sequence[Signal]:
        """What a run that was remembered means for the budgets of its dataset. `broken` are the symptoms that stand."""
        if report.outcome is not Outcome.FINISHED:
            return ()  # nothing was seen of the data
        dataset = self._datasets().get(report.dataset)
        own = [symptom for key, symptom in broken.items() if key.subject == report.dataset]
        known = {symptom.key: symptom for symptom in own if symptom.key.family is Family.BUDGET}
        if dataset is None or not (known or _misses(dataset, report)):
            return ()
        worked_on = {check for symptom in own if symptom.key not in known for check in symptom.checks}
        by_key: dict[Key, list[Kept]] = {}
        for kept in self._ledger.kept([dataset], report.started_at):
            key = _key(kept.objective, report, known)
            if key in known or not worked_on & set(kept.objective.checks):
                by_key.setdefault(key, []).append(kept)
        return burn_signals(by_key, report.started_at, known)


def burn_signals(by_key: Mapping[Key, Sequence[Kept]], at: datetime, known: Iterable[Key]) -> list[Signal]:
    """Broken for each key with a budget that burns; of the `known` others, well where all was measured. While the
    warehouse does not answer there is one incident of the source, and availability makes none beside it."""
    own = {key: [each for each in kept if each.objective.kind is not Kind.REACH] for key, kept in by_key.items()}
    found = {key: _broken(key, burning, at) for key, kept in own.items() if (burning := _burning(kept, at))}
    for key in known:
        if key not in found:
            is_known = all(kept.line.at(at) is not None for kept in own.get(key, ()))
            found[key] = Signal(key, Verdict.WELL if is_known else Verdict.UNKNOWN, at)
    return list(found.values())


def _key(objective: Objective, report: RunReport, known: Mapping[Key, Symptom]) -> Key:
    """The quality of all has the dimension of the rule that is broken, so that its budget is a part of the incident of
    that rule; and keeps it as long as it burns."""
    dimension = objective.dimension
    if objective.kind is Kind.QUALITY:
        before = (key.dimension for key, symptom in known.items() if objective.level in symptom.checks)
        own = (result for result in report.results if result.check in objective.checks)
        missed = (result.dimension for result in own if said_by(objective, result.status) is State.MISSED)
        dimension = next(before, None) or next(missed, dimension)
    return Key(objective.dataset, dimension, Family.BUDGET)


def _misses(dataset: Dataset, report: RunReport) -> bool:
    return any(
        said_by(objective, result.status) is State.MISSED
        for objective in objectives_of(dataset)
        for result in report.results
        if result.check in objective.checks
    )


def _burning(own: Sequence[Kept], at: datetime) -> list[Burning]:
    """The fastest alert of each objective that has one."""
    found = [(kept, burns(kept.line, kept.objective.target, kept.pace.interval, at)) for kept in own]
    return [(kept, burn) for kept, all_ in found if (burn := next((each for each in all_ if each.burns), None))]


def _broken(key: Key, burning: Sequence[Burning], at: datetime) -> Signal:
    kept, worst = max(burning, key=lambda each: (each[1].alert.fast, each[1].rate or 0.0))
    since = min(_since(each, burn, at) for each, burn in burning)
    return Signal(
        key,
        Verdict.BROKEN,
        at,
        Severity.ERROR if worst.alert.fast else Severity.WARNING,
        words.of_burn(kept.objective.level, worst),
        tuple(each.objective.level for each, _ in burning),
        began=Span(None, since),
        happened_at=since,
    )


def _since(kept: Kept, burn: Burn, at: datetime) -> datetime:
    """When the level was first missed in the window of the alert."""
    missed = (each.start for each in kept.line.within(at - burn.alert.window, at).stretches if not each.met)
    return min(missed, default=at)
