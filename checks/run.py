"""One run of one dataset, from the warehouse to the history. Read this first.

begin -> measure (in a worker process, again after a while when the warehouse does not answer)
      -> fill in what is known from before -> judge, by what is declared and by the past -> remember, in one transaction
"""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Callable
from concurrent.futures import CancelledError
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

import stamina

from checks.arrivals import judges_buckets, settled
from checks.arriving import arriving
from checks.builtin import GONE_REMEDY, UNREADABLE, builtin_checks, exists_check
from checks.cadence import Resting, signed
from checks.facts import Facts, Past
from checks.history import History, Known
from checks.judge import judge, without_measurement
from checks.judge_series import buckets_before
from checks.learned.before import Before
from checks.levels import with_levels
from checks.records import Dataset, FreshnessExpected, Learned, Measured, Outcome, Result, RunReport, Status
from checks.service_levels import OfThePast, ServiceLevel
from checks.worker import JobFailed
from connectors import DatasetMissing, QueryTimedOut, SourceError, Unreachable, ViewUnreadable

log = logging.getLogger(__name__)
NOTHING_KNOWN, NOTHING_LEARNED = Known(None, None, {}), Learned()


@dataclass(frozen=True, slots=True)
class Slot:
    """The moment that a run serves (`slot`), the moment at which it measures (`at`), and who asked for it. A replay
    leaves out rows later than `at` and does not lean on what was measured since."""

    slot: datetime
    at: datetime
    trigger: str = "command"
    replay: bool = False


def run(
    dataset: Dataset,
    slot: Slot,
    history: History,
    measure: Callable[[Known], Measured],
    attempts: int = 3,
    rest: Resting | None = None,
) -> RunReport:
    """Measures, judges and remembers. Never raises for what the warehouse does: that is in the report.

    `measure` asks the warehouse, given what is known; it raises SourceError, and CancelledError when the app stops.
    `rest` are checks that are not due, with the results that are carried.
    """
    started = perf_counter()
    history.begin(dataset.name, slot.slot, slot.at, slot.trigger)
    report = RunReport(dataset.name, slot.slot, Outcome.FINISHED, 0, slot.at, 0.0, slot.trigger, replay=slot.replay)
    tries = Tries(measure, attempts)
    try:
        known = NOTHING_KNOWN if slot.replay else history.known(dataset.name)
        report = replace(report, **_measured_and_judged(dataset, slot, history, tries, known, rest or {}))
    except CancelledError:
        report = replace(report, outcome=Outcome.CANCELLED, error="the app was stopped before the run had ended")
    except SourceError as error:
        report = replace(report, **_not_measured(dataset, error))
    except Exception as error:  # noqa: BLE001 the run is recorded as broken, and the others go on
        report = replace(report, **_failed_itself(dataset, error))
    report = replace(report, attempts=tries.made, seconds=perf_counter() - started)
    return replace(report, measurements=history.remember(report))


class Tries:
    """The attempts of one run: again, with back-off and jitter, while the warehouse does not answer; never because of
    what the data are."""

    def __init__(self, measure: Callable[[Known], Measured], attempts: int) -> None:
        self.made = 0
        self._measure = measure
        self._attempts = attempts

    def __call__(self, known: Known) -> Measured:
        for attempt in stamina.retry_context(
            on=_may_answer_soon, attempts=self._attempts, timeout=None, wait_initial=0.5, wait_max=5.0, wait_jitter=1.0
        ):  # at most 5 s between two attempts: nothing cuts the sleep short when the app is asked to stop
            with attempt:
                self.made = attempt.num
                return self._measure(known)
        raise AssertionError("unreachable: the last attempt returns or raises")


def _may_answer_soon(error: Exception) -> bool:
    return isinstance(error, Unreachable) and error.retryable


def judged(dataset: Dataset, facts: Facts, rest: Resting) -> tuple[Result, ...]:
    """The results of all checks of a dataset, its own and the built-in ones; those that rest have theirs."""
    own = (
        [rest[check.id]] if check.id in rest else signed(check, judge(check, facts), facts.at)
        for check in dataset.checks
    )
    built_in = (judge(check, facts) for check in builtin_checks(dataset, facts.measured.event_time))
    return tuple(result for results in (*own, *built_in) for result in results)


def _measured_and_judged(
    dataset: Dataset, slot: Slot, history: History, tries: Tries, known: Known, rest: Resting
) -> dict[str, Any]:
    measured = tries(known)
    if measured.read_from is not None:
        measured = with_levels(measured, known.values, history.buckets(dataset.name, since=measured.read_from))
    facts = Facts(measured, known.values, slot.at, _past(dataset, measured, slot, history))
    results, learned = judged(dataset, facts, rest), NOTHING_LEARNED
    if dataset.detection.on:
        from checks.learned.learning import learn  # here and not above: commands that run nothing start faster without

        before = Before() if slot.replay else history.before(dataset.name, slot.at, measured.read_from, facts.ages)
        told, learned = learn(dataset, facts, before)
        results += (*told, *arriving(dataset, facts, history, before, replay=slot.replay))
    return {"measured": measured, "queries": measured.queries, "results": results, "learned": learned}


def _past(dataset: Dataset, measured: Measured, slot: Slot, history: History) -> Past:
    """What the last runs have left, where a check asks for it."""
    before = buckets_before(dataset.checks, measured)
    buckets = history.buckets(dataset.name, since=before) if before else {}
    past = Past(buckets=buckets, settled=_settled(dataset, measured, slot, history))
    if not any(isinstance(check.expects, OfThePast) for check in dataset.checks):
        return past
    no_rules = [check.id for check in dataset.checks if isinstance(check.expects, FreshnessExpected | ServiceLevel)]
    grain = measured.event_time.grain if measured.event_time else None
    known = history.past(dataset.name, slot.slot, grain, no_rules)
    return replace(known, buckets=past.buckets, settled=past.settled)


def _settled(dataset: Dataset, measured: Measured, slot: Slot, history: History) -> timedelta | None:
    """From which age on a bucket is complete, where that is learned and something is judged by bucket."""
    if measured.event_time is None or not (dataset.detection.on or judges_buckets(dataset.checks)):
        return None
    return settled(history, dataset.name, measured.event_time, slot.at, measured)


def _not_measured(dataset: Dataset, error: SourceError) -> dict[str, Any]:
    """What a report says when the dataset as a whole could not be measured. A table that is not there is a finding
    about the data; a warehouse that does not answer is none."""
    evidence = {"error_kind": error.kind, "error": error.sentence}
    if isinstance(error, DatasetMissing):
        why, short = _gone(dataset, error)
        gone = without_measurement((exists_check(dataset),), Status.FAIL, why)
        rest = without_measurement(dataset.checks, Status.NO_DATA, short)
        return {"results": (*gone, *rest), **evidence, "error": why}
    if isinstance(error, Unreachable | QueryTimedOut):
        results = without_measurement(dataset.checks, Status.UNREACHABLE, error.sentence)
        return {"outcome": Outcome.UNREACHABLE, "results": tuple(results), **evidence}
    return _broken(dataset, error.kind, error.sentence)


def _gone(dataset: Dataset, error: DatasetMissing) -> tuple[str, str]:
    """What is not there, with what to do, and in a word: a view is, where the warehouse misses something that is not
    called like it, whatever names it proposes."""
    if isinstance(error, ViewUnreadable):
        return f"{UNREADABLE}: {error.cause}. To do: {error.remedy}", UNREADABLE
    missed, _, _ = error.cause.partition("Did you mean")
    if dataset.table.is_view and not re.search(rf"(?<!\w){re.escape(dataset.table.name)}(?!\w)", missed, re.IGNORECASE):
        cause = error.cause if error.cause.endswith(("!", "?", ".")) else f"{error.cause}."
        remedy = "mend the view, or exclude it in config.toml"
        return f"{UNREADABLE}, for what it reads is not there: {cause} To do: {remedy}", UNREADABLE
    if dataset.contract is None:
        error = DatasetMissing(error.source, error.cause, dataset=error.dataset, remedy=GONE_REMEDY)
    return error.sentence, "the table is not there"


def _failed_itself(dataset: Dataset, error: Exception) -> dict[str, Any]:
    """A fault of ours. Its text may hold values of rows, so only its type and place are told."""
    kind = error.kind if isinstance(error, JobFailed) else type(error).__name__
    where = error.where if isinstance(error, JobFailed) else "".join(traceback.format_tb(error.__traceback__)[-4:])
    log.error("run of %s failed: %s, raised at\n%s", dataset.name, kind, where)
    return _broken(dataset, "internal", f"Vitals itself failed ({kind}); see the log")


def _broken(dataset: Dataset, kind: str, sentence: str) -> dict[str, Any]:
    results = without_measurement(dataset.checks, Status.ERROR, sentence)
    return {"outcome": Outcome.ERROR, "results": tuple(results), "error_kind": kind, "error": sentence}
