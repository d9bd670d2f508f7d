"""The status of a dataset, folded from its newest results: quality and certainty (DESIGN 3). Pure.

    newest evaluation young enough, all required checks evaluated    certain: health is the quality
    newest run did not reach the warehouse, or could not measure     stale: unknown, with the last good measurement
    newest evaluation older than the schedule allows                 stale: unknown
    a required check is broken                                       stale: failing if another one fails, else unknown
    nothing evaluated yet                                            never: unknown

A run that was cancelled or interrupted says nothing about the warehouse, so it changes nothing: what was evaluated
before it counts for as long as it is young.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from checks import phrases
from checks.records import Certainty, DatasetHealth, Health, Outcome, Result, Severity, Status

if TYPE_CHECKING:
    from checks.history import RunRow

_WORST_FIRST = (Health.FAILING, Health.UNKNOWN, Health.WARNING, Health.HEALTHY)
_TRIED = (Outcome.UNREACHABLE, Outcome.ERROR)
LEAST_GRACE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the history knows of one dataset: the newest ended run, the newest that measured, and that one's results.
    `young_until` is the moment until which the newest evaluation counts, by the dataset's schedule."""

    newest: RunRow | None
    evaluated: RunRow | None
    results: tuple[Result, ...]
    young_until: datetime | None = None


def fold(name: str, evidence: Evidence, at: datetime, owner: str | None = None) -> DatasetHealth:
    """Health, its two axes and the reasons, at the moment `at`."""
    doubt = doubt_of(evidence, at)
    quality, broken = quality_of(evidence.results), _broken(evidence.results)
    return DatasetHealth(
        name=name,
        health=Health.UNKNOWN if doubt else _said(quality, broken=broken),
        quality=quality,
        certainty=_certainty(evidence, doubtful=bool(doubt) or broken),
        reasons=(*((doubt,) if doubt else ()), *problems(evidence.results)),
        measured_at=evidence.evaluated.started_at if evidence.evaluated else None,
        owner=owner,
        results=evidence.results,
    )


def of_results(results: Sequence[Result]) -> Health:
    """What the results of one run say by themselves. What fails for certain fails, whatever else is broken; what only
    warns is unknown beside a broken check, which might have failed."""
    return _said(quality_of(results), broken=_broken(results))


def quality_of(results: Sequence[Result]) -> Health:
    """The worst of the evaluated required checks, UNKNOWN where none was evaluated."""
    return worst({health_of_result(result) for result in results if required(result) and result.status.evaluated})


def health_of_result(result: Result) -> Health:
    """What one result alone says about its dataset."""
    match result.status:
        case Status.PASS:
            return Health.HEALTHY
        case Status.WARN:
            return Health.WARNING
        case Status.FAIL:
            return Health.FAILING
        case Status.NO_DATA:
            return Health.FAILING if result.severity is Severity.ERROR else Health.WARNING
        case _:
            return Health.UNKNOWN


def worst(healths: Collection[Health]) -> Health:
    """The first that needs attention; UNKNOWN of nothing."""
    return min(healths, key=_WORST_FIRST.index, default=Health.UNKNOWN)


def required(result: Result) -> bool:
    """Whether the result counts: what is only for information does not, nor what is muted, not due or learning."""
    return result.severity is not Severity.INFO and result.status not in (Status.SKIPPED, Status.LEARNING)


def doubt_of(evidence: Evidence, at: datetime) -> str | None:
    """Why the newest evaluation as a whole does not count (any more); None where it does."""
    newest, evaluated = evidence.newest, evidence.evaluated
    if evaluated is None:
        return f"never measured: {_trouble(newest)}" if newest else "not measured yet"
    age = phrases.duration(max(at - evaluated.started_at, timedelta(0)))
    last_good = f"last measured {phrases.moment(evaluated.started_at)}, {age} before"
    if newest is not None and newest.slot > evaluated.slot and newest.outcome in _TRIED:
        return f"{_trouble(newest)}; {last_good}"
    if evidence.young_until is not None and at > evidence.young_until:
        return f"not measured when it was due; {last_good}"
    if not any(required(result) for result in evidence.results):
        return f"no check of it counts, so nothing is known; {last_good}"
    return None


def problems(results: Sequence[Result]) -> list[str]:
    """The reasons of what does not pass, worst first. That a learned check is learning, or part of what another one
    says, is no reason."""
    bad = [
        result
        for result in results
        if result.status is not Status.PASS and result.reason and (required(result) or not result.learned)
    ]
    bad.sort(key=lambda result: (not required(result), _WORST_FIRST.index(health_of_result(result)), result.check))
    return [f"{result.check}: {result.reason}" for result in bad]


def young_until(next_slot: datetime | None, following: datetime | None) -> datetime | None:
    """Until when an evaluation counts, given the two slots after it: the run of the next one may be under way for half
    an interval, at least five minutes. None where nothing is due any more."""
    if next_slot is None or following is None:
        return None
    return next_slot + max((following - next_slot) / 2, LEAST_GRACE)


def _certainty(evidence: Evidence, *, doubtful: bool) -> Certainty:
    if evidence.evaluated is None:
        return Certainty.NEVER
    return Certainty.STALE if doubtful else Certainty.CERTAIN


def _said(quality: Health, *, broken: bool) -> Health:
    return quality if quality is Health.FAILING or not broken else Health.UNKNOWN


def _broken(results: Sequence[Result]) -> bool:
    return any(not result.status.evaluated and required(result) for result in results)


def _trouble(run: RunRow) -> str:
    when = phrases.moment(run.slot)
    if run.error:
        return f"{when}: {run.error}"
    return f"the run of {when} was {run.outcome}"
