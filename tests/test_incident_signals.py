"""What one run says of the keys of incidents, and when it says that trouble began."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from checks.history import History
from checks.incidents import signals
from checks.incidents.beginnings import Beginnings
from checks.records import (
    Alert,
    Check,
    Dataset,
    Dimension,
    Finding,
    FreshnessExpected,
    Grain,
    Key,
    Learned,
    Metric,
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
from connectors import TableName
from tests.incidents import key, source_key, symptom
from tests.reports import DAY, HOUR, MONDAY, NINE, SUNDAY, measured, report

FLIGHTS = key("s.flights")
FRESH = Check("fresh", "s.flights", Dimension.TIMELINESS, FreshnessExpected(6 * HOUR))
DATASET = Dataset("s", TableName(None, "flights"), checks=(FRESH,))
SATURDAY = SUNDAY - DAY


@pytest.fixture(scope="module")
def empty(tmp_path_factory) -> Iterator[History]:
    """A history in which nothing is remembered."""
    with History.open(tmp_path_factory.mktemp("signals") / "history.duckdb", NINE) as opened:
        yield opened


@pytest.fixture
def history(tmp_path) -> Iterator[History]:
    with History.open(tmp_path / "history.duckdb", NINE) as opened:
        yield opened


def one(status: Status, severity: Severity = Severity.ERROR, check: str = "enough", **more: Any) -> Result:
    given: dict[str, Any] = {"reason": f"{check} is not met"} | more
    return Result(check, Dimension.COVERAGE, status, severity, **given)


def said(history: History, of: RunReport, *known: Symptom) -> dict[Key, Signal]:
    found = signals.of_run(of, Beginnings(history, DATASET, of), {each.key: each for each in known})
    assert len({each.key for each in found}) == len(found), "one signal for each key"
    return {each.key: each for each in found}


def verdict(history: History, *results: Result, known: bool = False, **more: Any) -> Verdict | None:
    found = said(history, report(results=results, **more), *([symptom(FLIGHTS)] if known else []))
    return found[FLIGHTS].verdict if FLIGHTS in found else None


# -- verdicts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [Status.FAIL, Status.WARN, Status.NO_DATA])
def test_what_is_not_met_is_broken_unless_it_is_for_information(empty, status):
    assert verdict(empty, one(status)) is Verdict.BROKEN
    assert verdict(empty, one(status, Severity.WARNING)) is Verdict.BROKEN
    assert verdict(empty, one(status, Severity.INFO)) is None


@pytest.mark.parametrize("status", [each for each in Status if each not in (Status.FAIL, Status.WARN, Status.NO_DATA)])
def test_what_is_not_broken_opens_nothing(empty, status):
    assert verdict(empty, one(status)) is None
    assert not signals.has_news(report(results=(one(status),)))


@pytest.mark.parametrize(
    ("status", "then"),
    [
        (Status.PASS, Verdict.WELL),
        (Status.ERROR, Verdict.UNKNOWN),
        (Status.UNREACHABLE, Verdict.UNKNOWN),
        (Status.LEARNING, Verdict.UNKNOWN),
        (Status.SKIPPED, Verdict.UNKNOWN),
        (Status.FAIL, Verdict.BROKEN),
    ],
)
def test_what_was_broken_is_well_only_when_its_checks_pass(empty, status, then):
    assert verdict(empty, one(status), known=True) is then
    assert verdict(empty, one(status), one(Status.PASS, check="other"), known=True) is then


def test_another_check_that_passes_does_not_stand_for_the_one_that_failed(empty):
    found = said(empty, report(results=(one(Status.PASS, check="other"), one(Status.ERROR))), symptom(FLIGHTS))
    assert found[FLIGHTS].verdict is Verdict.UNKNOWN


def test_a_check_that_nobody_asks_for_any_more_holds_nothing_up(empty):
    assert verdict(empty, known=True) is Verdict.WELL
    gone = Result("dataset.exists", Dimension.CONFORMITY, Status.FAIL, Severity.ERROR, reason="it is not there")
    assert verdict(empty, gone, known=True, measured=None) is Verdict.UNKNOWN, "but a table that is gone tells nothing"


def test_availability_is_the_trouble_of_the_source_and_opens_nothing_for_the_data(empty):
    reach = Check("reached", "s.flights", Dimension.COVERAGE, AvailabilityExpected(99.9))
    dataset = replace(DATASET, checks=(FRESH, reach))
    for status in (Status.FAIL, Status.WARN):
        missed = report(results=(one(status, check="reached"), one(Status.PASS)))
        assert not signals.of_run(missed, Beginnings(empty, dataset, missed), {})
        [told] = signals.of_run(missed, Beginnings(empty, dataset, missed), {FLIGHTS: symptom(FLIGHTS)})
        assert told.verdict is Verdict.WELL, "nor does it hold up what is well again"


def test_a_signal_leads_with_the_worst_and_has_all_checks_and_columns(empty):
    results = (
        one(Status.WARN, Severity.WARNING, "learned.volume", learned=True),
        one(Status.WARN, Severity.WARNING, "mild", column="b"),
        one(Status.FAIL, column="a"),
    )
    found = said(empty, report(results=results))[FLIGHTS]
    assert (found.sentence, found.severity) == ("enough is not met", Severity.ERROR)
    assert (found.checks, found.columns) == (("enough", "mild", "learned.volume"), ("a", "b"))


def test_of_a_check_that_judges_each_day_the_newest_day_speaks(empty):
    old, new = one(Status.FAIL, bucket=SATURDAY), one(Status.PASS, bucket=SUNDAY)
    assert verdict(empty, new, old) is None
    assert verdict(empty, one(Status.FAIL, bucket=SUNDAY), one(Status.PASS, bucket=SATURDAY)) is Verdict.BROKEN


def test_a_result_that_is_carried_tells_of_when_it_was_measured(empty):
    carried = one(Status.FAIL, measured_at=NINE - 5 * HOUR)
    assert said(empty, report(results=(carried,)))[FLIGHTS].evidence_at == NINE - 5 * HOUR
    assert said(empty, report(results=(carried, one(Status.FAIL, check="now"))))[FLIGHTS].evidence_at == NINE


# -- the source --------------------------------------------------------------------------------------------------------


def ended(outcome: Outcome, kind: str | None = None, **more: Any) -> RunReport:
    return report(outcome=outcome, error_kind=kind, error="source 's': no answer", measured=None, **more)


def test_a_warehouse_that_does_not_answer_is_the_trouble_of_the_source_alone(empty):
    down = ended(Outcome.UNREACHABLE, "unreachable", results=(one(Status.UNREACHABLE),))
    found = said(empty, down, symptom(FLIGHTS))
    assert {about: signal.verdict for about, signal in found.items()} == {source_key("s"): Verdict.BROKEN}
    assert found[source_key("s")].sentence == "source 's': no answer"


@pytest.mark.parametrize(
    ("run", "then"),
    [
        (report(results=(one(Status.PASS),)), Verdict.WELL),
        (ended(Outcome.ERROR, "query_failed"), Verdict.WELL),
        (ended(Outcome.ERROR, "internal"), None),
        (ended(Outcome.UNREACHABLE, "timed_out"), None),
        (ended(Outcome.UNREACHABLE, "unreachable"), Verdict.BROKEN),
        (ended(Outcome.CANCELLED), None),
    ],
    ids=["measured", "a query failed", "a fault of ours", "too slow", "down", "cancelled"],
)
def test_a_source_is_well_when_it_has_answered(empty, run, then):
    found = said(empty, run, symptom(source_key("s"), checks=()))
    assert (found[source_key("s")].verdict if source_key("s") in found else None) is then


def test_who_was_refused_one_table_is_well_when_that_one_is_let_in(empty):
    refused = said(empty, ended(Outcome.ERROR, "access_denied"))[source_key("s")]
    assert (refused.verdict, refused.checks) == (Verdict.BROKEN, ("s.flights",))
    passed = report(results=(one(Status.PASS),))
    assert said(empty, passed, symptom(source_key("s"), checks=("s.flights",)))[source_key("s")].verdict is Verdict.WELL
    other = said(empty, passed, symptom(source_key("s"), checks=("s.others",)))
    assert other[source_key("s")].verdict is Verdict.UNKNOWN


def test_all_tables_that_a_source_refuses_are_named_until_each_of_them_is_let_in(empty):
    denied, key = ended(Outcome.ERROR, "access_denied"), source_key("s")
    both = said(empty, denied, symptom(key, checks=("s.a",)))[key]
    assert both.checks == ("s.a", "s.flights")
    assert both.sentence == "2 tables are refused: s.a, s.flights; the last by source 's': no answer"
    assert said(empty, denied, symptom(key, checks=both.checks))[key].checks == both.checks
    left = said(empty, report(results=(one(Status.PASS),)), symptom(key, checks=both.checks))[key]
    assert (left.verdict, left.checks) == (Verdict.BROKEN, ("s.a",))
    assert left.sentence.startswith("source 's' still refuses access to s.a. To do: check user")
    many = said(empty, denied, symptom(key, checks=tuple(f"s.{number}" for number in range(10, 30))))[key]
    assert many.sentence.startswith("21 tables are refused: s.10, s.11") and "and 13 more; the last" in many.sentence


# -- when it began -----------------------------------------------------------------------------------------------------


def test_a_table_as_a_whole_broke_after_the_last_run_that_found_it_well(history):
    for hours, status in ((0, Status.PASS), (1, Status.PASS), (2, Status.ERROR), (3, Status.FAIL)):
        run = report(NINE + hours * HOUR, results=(one(status),))
        history.remember(run)
    found = said(history, run)[FLIGHTS]
    assert (found.began, found.happened_at) == (Span(NINE + HOUR, NINE + 3 * HOUR), NINE + HOUR)


def test_a_table_is_gone_since_the_last_run_that_measured_it(history):
    history.remember(report(results=(one(Status.PASS),)))
    gone = Result("dataset.exists", Dimension.CONFORMITY, Status.FAIL, Severity.ERROR, reason="it is not there")
    run = report(NINE + HOUR, results=(gone, one(Status.NO_DATA)), measured=None)
    history.remember(run)
    found = said(history, run)
    assert {signal.happened_at for signal in found.values()} == {NINE}
    assert next(iter(found)).dimension is Dimension.CONFORMITY, "that it is gone leads"


def test_what_was_never_well_began_nobody_knows_when(empty):
    found = said(empty, report(results=(one(Status.FAIL),)))[FLIGHTS]
    assert (found.began, found.happened_at) == (Span(None, NINE), None)


def test_broken_days_began_with_the_first_of_the_unbroken_row(history):
    days = [
        (MONDAY - n * DAY, status) for n, status in enumerate((Status.FAIL, Status.NO_DATA, Status.FAIL, Status.PASS))
    ]
    days.append((MONDAY - 4 * DAY, Status.FAIL))
    history.remember(report(results=tuple(one(status, bucket=day) for day, status in days)))
    newest = report(NINE + HOUR, results=(one(Status.FAIL, bucket=MONDAY),))
    history.remember(newest)
    found = said(history, newest)[FLIGHTS]
    saturday = datetime.fromisoformat("2026-11-20T23:00Z")  # midnight in Berlin, where the days of the table begin
    assert (found.began, found.happened_at) == (Span(saturday, saturday + DAY), saturday)
    assert (found.bucket, found.grain) == (MONDAY, Grain.DAY)


def test_learned_alerts_began_with_the_first_of_the_alerts_that_follow_one_another(history):
    rows = Finding(Metric("bucket_rows", grain=Grain.DAY), 5, 100, 80, 120, -5.0)
    other = Finding(Metric("null_rate", "city", Grain.DAY), 0.5, 0.0, 0.0, 0.1, 5.0)
    alerts = tuple(
        Alert("s.flights", day, Grain.DAY, NINE, (finding,))
        for day, finding in ((MONDAY, rows), (SUNDAY, rows), (SATURDAY, other))
    )
    run = report(results=(one(Status.WARN, Severity.WARNING, "learned.volume", bucket=MONDAY, learned=True),))
    run = RunReport(**{name: getattr(run, name) for name in run.__slots__} | {"learned": Learned(alerts=alerts)})
    history.remember(run)
    assert said(history, run)[FLIGHTS].happened_at == datetime.fromisoformat("2026-11-21T23:00Z")


def test_data_became_late_when_their_limit_had_passed(empty):
    late = Result("fresh", Dimension.TIMELINESS, Status.FAIL, Severity.ERROR, value=10 * 3600.0, measured_at=NINE)
    found = said(empty, report(results=(late,)))[key("s.flights", Dimension.TIMELINESS)]
    assert (found.began, found.happened_at) == (Span(NINE - 10 * HOUR, NINE - 4 * HOUR), NINE - 4 * HOUR)


def test_a_source_is_away_since_the_last_run_that_reached_it(history):
    history.remember(report())
    history.remember(RunReport("t.other", NINE + HOUR, Outcome.FINISHED, 1, NINE + HOUR, 1.0, measured=measured()))
    down = ended(Outcome.UNREACHABLE, "unreachable", results=())
    down = RunReport(**{name: getattr(down, name) for name in down.__slots__} | {"started_at": NINE + 2 * HOUR})
    found = said(history, down)[source_key("s")]
    assert (found.began, found.happened_at) == (Span(NINE, NINE + timedelta(hours=2)), NINE)
