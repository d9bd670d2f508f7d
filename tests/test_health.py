"""The status of a dataset: quality, certainty, and that nothing unknown is ever green."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from checks.health import Evidence, fold, of_results, young_until
from checks.history import RunRow
from checks.records import Certainty, Dimension, Health, Outcome, Result, Severity, Status

AT = datetime(2026, 3, 15, 12, tzinfo=UTC)
NINE = datetime(2026, 3, 15, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
DOWN = "source 's': did not answer: connection refused. To do: check that the server runs"


def run(slot: datetime, outcome: Outcome = Outcome.FINISHED, error: str | None = None) -> RunRow:
    return RunRow("s.t", slot, outcome, 1, slot, slot, 1.0, "schedule", None, error, 0, 0, True, None, None, None)


def result(status: Status, severity: Severity = Severity.ERROR, name: str = "c", reason: str | None = None) -> Result:
    return Result(name, Dimension.COVERAGE, status, severity, reason=reason)


def folded(*results: Result, newest: RunRow | None = None, young: datetime | None = None, at: datetime = AT):
    evaluated = run(NINE)
    return fold("s.t", Evidence(newest or evaluated, evaluated, results, young), at, "team")


# -- quality -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "severity", "health", "quality", "certainty"),
    [
        (Status.PASS, Severity.ERROR, "healthy", "healthy", "certain"),
        (Status.WARN, Severity.WARNING, "warning", "warning", "certain"),
        (Status.FAIL, Severity.ERROR, "failing", "failing", "certain"),
        (Status.NO_DATA, Severity.ERROR, "failing", "failing", "certain"),
        (Status.NO_DATA, Severity.WARNING, "warning", "warning", "certain"),
        (Status.ERROR, Severity.ERROR, "unknown", "unknown", "stale"),
        (Status.ERROR, Severity.WARNING, "unknown", "unknown", "stale"),
        (Status.UNREACHABLE, Severity.ERROR, "unknown", "unknown", "stale"),
        (Status.LEARNING, Severity.WARNING, "unknown", "unknown", "stale"),
        (Status.SKIPPED, Severity.ERROR, "unknown", "unknown", "stale"),
        (Status.WARN, Severity.INFO, "unknown", "unknown", "stale"),
    ],
)
def test_one_check_alone_decides_health_and_both_axes(status, severity, health, quality, certainty):
    found = folded(result(status, severity, reason="because"))
    assert (found.health, found.quality, found.certainty) == (health, quality, certainty)


@pytest.mark.parametrize(
    ("statuses", "health"),
    [
        ([Status.PASS, Status.WARN, Status.FAIL], Health.FAILING),
        ([Status.PASS, Status.WARN], Health.WARNING),
        ([Status.PASS, Status.ERROR], Health.UNKNOWN),
        ([Status.WARN, Status.ERROR], Health.UNKNOWN),
        ([Status.FAIL, Status.ERROR], Health.FAILING),
        ([Status.PASS, Status.LEARNING, Status.SKIPPED], Health.HEALTHY),
        ([], Health.UNKNOWN),
    ],
)
def test_the_worst_required_check_speaks_and_a_broken_one_takes_the_green_away(statuses, health):
    results = [result(status) for status in statuses]
    assert of_results(results) is health
    assert folded(*results).health is health


@pytest.mark.parametrize("status", [Status.WARN, Status.NO_DATA, Status.ERROR])
def test_a_check_for_information_changes_nothing(status):
    found = folded(result(Status.PASS), result(status, Severity.INFO))
    assert (found.health, found.certainty) == (Health.HEALTHY, Certainty.CERTAIN)


# -- certainty ---------------------------------------------------------------------------------------------------------


def test_without_any_run_nothing_is_known():
    found = fold("s.t", Evidence(None, None, ()), AT)
    assert (found.health, found.certainty, found.reasons, found.measured_at) == (
        Health.UNKNOWN,
        Certainty.NEVER,
        ("not measured yet",),
        None,
    )


@pytest.mark.parametrize(
    ("outcome", "error", "reason"),
    [
        (Outcome.UNREACHABLE, DOWN, f"never measured: 2026-03-15 11:00 UTC: {DOWN}"),
        (Outcome.ERROR, "refused access", "never measured: 2026-03-15 11:00 UTC: refused access"),
        (Outcome.CANCELLED, None, "never measured: the run of 2026-03-15 11:00 UTC was cancelled"),
        (Outcome.INTERRUPTED, None, "never measured: the run of 2026-03-15 11:00 UTC was interrupted"),
    ],
)
def test_a_first_run_that_measured_nothing_says_why(outcome, error, reason):
    found = fold("s.t", Evidence(run(AT - HOUR, outcome, error), None, ()), AT)
    assert (found.health, found.certainty, found.reasons) == (Health.UNKNOWN, Certainty.NEVER, (reason,))


@pytest.mark.parametrize("outcome", [Outcome.UNREACHABLE, Outcome.ERROR])
@pytest.mark.parametrize("status", [Status.PASS, Status.WARN, Status.FAIL])
def test_while_the_warehouse_can_not_be_measured_health_is_unknown_whatever_it_was(outcome, status):
    found = folded(result(status), newest=run(AT - HOUR, outcome, DOWN))
    assert (found.health, found.certainty) == (Health.UNKNOWN, Certainty.STALE)
    assert found.reasons[0] == f"2026-03-15 11:00 UTC: {DOWN}; last measured 2026-03-15 09:00 UTC, 3 h before"


@pytest.mark.parametrize("outcome", [Outcome.CANCELLED, Outcome.INTERRUPTED])
def test_a_run_that_we_ended_ourselves_says_nothing_about_the_data(outcome):
    found = folded(result(Status.PASS), newest=run(AT - HOUR, outcome))
    assert (found.health, found.certainty) == (Health.HEALTHY, Certainty.CERTAIN)


@pytest.mark.parametrize("status", [Status.PASS, Status.WARN, Status.FAIL, Status.NO_DATA, Status.ERROR])
def test_an_evaluation_that_is_too_old_is_unknown_whatever_it_was(status):
    on_time, late = (folded(result(status), young=AT + delta) for delta in (timedelta(0), -timedelta(seconds=1)))
    assert "not measured when it was due" not in " ".join(on_time.reasons)
    assert (late.health, late.certainty) == (Health.UNKNOWN, Certainty.STALE)
    assert late.reasons[0] == "not measured when it was due; last measured 2026-03-15 09:00 UTC, 3 h before"


def test_an_older_run_that_failed_does_not_take_back_a_newer_measurement():
    found = folded(result(Status.PASS), newest=run(NINE - HOUR, Outcome.UNREACHABLE, DOWN))
    assert found.health is Health.HEALTHY


def test_an_evaluation_counts_until_the_next_run_has_had_half_an_interval():
    assert young_until(NINE + HOUR, NINE + 2 * HOUR) == NINE + 1.5 * HOUR
    minutely = young_until(NINE, NINE + timedelta(minutes=1))
    assert minutely == NINE + timedelta(minutes=5)
    assert young_until(None, None) is None


def test_a_clock_that_was_set_back_gives_no_negative_age():
    found = folded(result(Status.PASS), newest=run(NINE + HOUR, Outcome.ERROR, "x"), at=NINE - HOUR)
    assert "0 s before" in found.reasons[0]


# -- unknown is never green --------------------------------------------------------------------------------------------


def test_nothing_unknown_is_ever_green():
    """Every combination of newest run, age and two results: green only when all of it is known and good."""
    newest = [None, *(run(slot, outcome) for outcome in Outcome for slot in (NINE - HOUR, AT - HOUR))]
    young = [None, AT + HOUR, AT - HOUR]
    pairs = itertools.combinations_with_replacement(list(Status), 2)
    for first, until, statuses, severity in itertools.product(newest, young, pairs, Severity):
        results = tuple(result(status, severity, f"c{n}") for n, status in enumerate(statuses))
        found = folded(*results, newest=first, young=until)
        if found.health is Health.HEALTHY:
            counted = [each for each in results if each.status not in (Status.SKIPPED, Status.LEARNING)]
            assert counted and {each.status for each in counted} == {Status.PASS}
            assert severity is not Severity.INFO
            assert until is None or until >= AT
            tried = first is not None and first.slot > NINE and first.outcome in (Outcome.UNREACHABLE, Outcome.ERROR)
            assert not tried
        if found.health is Health.UNKNOWN:
            assert found.certainty is not Certainty.CERTAIN


# -- reasons -----------------------------------------------------------------------------------------------------------


def test_reasons_tell_the_worst_first_and_information_last():
    found = folded(
        result(Status.WARN, Severity.INFO, "note", "fyi"),
        result(Status.WARN, Severity.WARNING, "b-warns", "warns"),
        result(Status.ERROR, Severity.ERROR, "broken", "no such function"),
        result(Status.FAIL, Severity.ERROR, "z-fails", "fails"),
        result(Status.PASS, Severity.ERROR, "passes", None),
    )
    assert found.reasons == ("z-fails: fails", "broken: no such function", "b-warns: warns", "note: fyi")


def test_a_dataset_of_which_nothing_is_expected_says_so():
    assert folded().reasons == (
        "no check of it counts, so nothing is known; last measured 2026-03-15 09:00 UTC, 3 h before",
    )
