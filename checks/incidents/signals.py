"""What a run says of the keys of incidents; the history is asked only about when something newly broken began.

    a check of the key fails, warns, or has nothing to judge      broken
    all checks that showed the trouble pass now, or are gone      well
    one of them was not evaluated (broken, skipped, learning)     unknown
    the run did not reach the warehouse                           broken for the source, unknown for its data
    the run reached it                                            well for the source; of one that refuses tables, when
                                                                  none is left that it has refused
    the third run in a row that measured nothing, though it did   broken for the runs of the dataset
    a source of which no dataset is known can not be listed       broken for the source, until it is

What is only for information says nothing, nor does a learned check that refers to another one. Nor does availability:
that the warehouse did not answer is told by the incident of its source, and is no trouble of the data for weeks after.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from checks import phrases
from checks.builtin import EXISTS
from checks.incidents.beginnings import Beginning, Beginnings
from checks.records import (
    Family,
    Key,
    Outcome,
    Result,
    RunReport,
    Severity,
    Signal,
    Span,
    Status,
    Symptom,
    Verdict,
)
from checks.service_levels import AvailabilityExpected
from connectors import AccessDenied, DriverMissing, SourceError, Unreachable

#: symptoms of open incidents that have not recovered
Known = Mapping[Key, Symptom]

#: of what is well only because nobody asks for it any more
TAKEN_AWAY = "its checks were taken away"
_BROKEN = (Status.FAIL, Status.WARN, Status.NO_DATA)
#: a source that refuses us one table may answer for others: only that table tells when it is well again
_REFUSED = (AccessDenied.kind, DriverMissing.kind)
#: runs that failed so are trouble of the source
SOURCE_FAILED = (Unreachable.kind, *_REFUSED)
#: runs in a row without a measurement that are no passing trouble
_UNMEASURED = 3
_SEVERITIES = (Severity.ERROR, Severity.WARNING, Severity.INFO)


def has_news(report: RunReport) -> bool:
    """Whether the run may say of anything that it is broken. False is the ordinary case, and cheap to find."""
    return report.outcome in (Outcome.UNREACHABLE, Outcome.ERROR) or any(map(is_broken, report.results))


def is_broken(result: Result) -> bool:
    """Whether a result is trouble that somebody is to be told of."""
    return result.status in _BROKEN and result.severity is not Severity.INFO


def of_run(report: RunReport, past: Beginnings, known: Known) -> list[Signal]:
    """The signals of one run: of all that is broken, and of what was, as far as it is `known`."""
    found = [*_of_source(report, past, known), *_of_runs(report, past, known)]
    if report.outcome is Outcome.FINISHED:
        found += _of_data(report, past, known)
    return found


def of_listing(source: str, at: datetime, error: SourceError | None, known: Known) -> Signal | None:
    """What it says of a source of which no dataset is known, so that nothing of it runs, that it was listed or that it
    could not be; None where it says nothing."""
    key = Key(source, None, Family.SOURCE)
    if error is None:
        return Signal(key, Verdict.WELL, at) if key in known else None
    if error.kind != Unreachable.kind:
        return None
    began = known[key].began if key in known else Span(None, at)
    return Signal(key, Verdict.BROKEN, at, Severity.ERROR, error.sentence, began=began)


def _of_source(report: RunReport, past: Beginnings, known: Known) -> Iterator[Signal]:
    key, at = Key(past.dataset.source, None, Family.SOURCE), report.started_at
    symptom = known.get(key)
    if report.error_kind in SOURCE_FAILED:
        begun = _as_known(symptom) if symptom else past.of_source()
        refused = {report.dataset, *(symptom.checks if symptom else ())} if report.error_kind in _REFUSED else ()
        yield _source_broken(report, key, tuple(sorted(refused)), begun)
    elif symptom and _reached(report):
        refused = tuple(name for name in symptom.checks if name != report.dataset)
        if refused and refused != symptom.checks:
            yield _source_broken(report, key, refused, _as_known(symptom))
        else:
            yield Signal(key, Verdict.UNKNOWN if refused else Verdict.WELL, at)


def _source_broken(report: RunReport, key: Key, refused: tuple[str, ...], begun: Beginning) -> Signal:
    """The source does not answer, or has `refused` these datasets."""
    sentence = report.error or ""
    if refused and report.dataset not in refused:
        still = phrases.listed(refused)
        sentence = f"source '{key.subject}' still refuses access to {still}. To do: {AccessDenied.remedy}"
    elif len(refused) > 1:
        sentence = f"{len(refused)} tables are refused: {phrases.listed(refused)}; the last by {sentence}"
    at = report.started_at
    return Signal(key, Verdict.BROKEN, at, Severity.ERROR, sentence, refused, (), begun.span, begun.happened_at)


def _of_runs(report: RunReport, past: Beginnings, known: Known) -> Iterator[Signal]:
    """Of a table that times out for ever nothing is known, and nothing else says so."""
    key, at = Key(report.dataset, None, Family.RUNS), report.started_at
    symptom = known.get(key)
    if report.outcome is Outcome.FINISHED:
        if symptom:
            yield Signal(key, Verdict.WELL, at)
        return
    if report.error_kind in SOURCE_FAILED or report.outcome not in (Outcome.UNREACHABLE, Outcome.ERROR):
        return
    begun = _as_known(symptom) if symptom else past.of_runs(SOURCE_FAILED, _UNMEASURED)
    if begun is not None:
        required = any(check.severity is Severity.ERROR for check in past.dataset.checks)
        severity = Severity.ERROR if required else Severity.WARNING
        sentence = f"its runs measure nothing: {report.error}"
        yield Signal(key, Verdict.BROKEN, at, severity, sentence, (), (), begun.span, begun.happened_at)


def _reached(report: RunReport) -> bool:
    """Whether the warehouse has answered, whatever it said."""
    failed_itself = report.outcome is Outcome.ERROR and report.error_kind == "internal"
    return report.outcome in (Outcome.FINISHED, Outcome.ERROR) and not failed_itself


def _of_data(report: RunReport, past: Beginnings, known: Known) -> Iterator[Signal]:
    reach = {check.id for check in past.dataset.checks if isinstance(check.expects, AvailabilityExpected)}
    newest = {result.check: result for result in _by_bucket(report.results) if result.check not in reach}
    broken: dict[Key, list[Result]] = {}
    for result in newest.values():
        if is_broken(result):
            broken.setdefault(Key(report.dataset, result.dimension), []).append(result)
    for key, results in broken.items():
        yield _broken(key, sorted(results, key=_worst_first(known.get(key))), past, known.get(key))
    for key, symptom in known.items():
        if key.subject == report.dataset and key.family is Family.DATA and key not in broken:
            verdict = _verdict(symptom, newest, report)
            taken_away = verdict is Verdict.WELL and not any(map(_may_be_asked_again(newest), symptom.checks))
            yield Signal(key, verdict, report.started_at, sentence=TAKEN_AWAY if taken_away else "")


def _broken(key: Key, results: Sequence[Result], past: Beginnings, symptom: Symptom | None) -> Signal:
    """What is broken of one key. What is known to have begun is not looked for again."""
    lead, bucket = results[0], max((one.bucket for one in results if one.bucket), default=None)
    found = [_as_known(symptom)] if symptom else [past.of(result) for result in results]
    begun = min(found, key=lambda one: one.span.latest)
    return Signal(
        key,
        Verdict.BROKEN,
        past.report.started_at,
        lead.severity,
        lead.reason or lead.observed or "",
        tuple(result.check for result in results),
        tuple(dict.fromkeys(result.column for result in results if result.column)),
        begun.span,
        begun.happened_at,
        bucket,
        past.grain if bucket else None,
        begun.first_bucket,
        max(result.measured_at or past.report.started_at for result in results),
    )


def _as_known(symptom: Symptom) -> Beginning:
    return Beginning(symptom.began, symptom.happened_at, symptom.first_bucket)


def _verdict(symptom: Symptom, newest: Mapping[str, Result], report: RunReport) -> Verdict:
    """Whether a key of which nothing is broken now is well. A check that is not asked any more does not hold it up."""
    asked = [newest[check] for check in symptom.checks if check in newest]
    everything_was_asked = report.measured is not None  # a table that is gone has results of its own
    if all(result.status is Status.PASS for result in asked) and (asked or everything_was_asked):
        return Verdict.WELL
    return Verdict.UNKNOWN


def _may_be_asked_again(newest: Mapping[str, Result]) -> Callable[[str], bool]:
    """Whether a check was asked, or says nothing while all is well: that a table is there, or what is learned."""
    return lambda check: check in newest or check == EXISTS or check.startswith("learned.")


def _by_bucket(results: Iterable[Result]) -> list[Result]:
    """Of a check that judges each bucket the newest one comes last."""
    return sorted(results, key=lambda result: (result.bucket is not None, result.bucket or 0))


def _worst_first(symptom: Symptom | None) -> Callable[[Result], tuple[int, bool, bool]]:
    """The order in which results tell of a symptom: of those as bad as each other what is new in it comes first."""
    checks = symptom.checks if symptom else ()
    return lambda result: (_SEVERITIES.index(result.severity), result.learned, result.check in checks)
