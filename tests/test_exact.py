"""Rules without statistics: lengths that always were the same, columns that turned constant, columns of the table."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from checks.learned.before import Before
from checks.learned.schema import changes, result
from checks.records import Grain, Label, LabelKind, Metric, Result, Status
from connectors import Column
from tests.learning import COLUMNS, ROWS, TODAY, calm, learned
from tests.monitors import utc

NOON = utc(2026, 3, 15, 12)
SHORTEST, LONGEST = (Metric(f"{name}_length", "code", Grain.DAY) for name in ("min", "max"))
KINDS = Metric("distinct_count", "kind", Grain.DAY)
YESTERDAY = TODAY - timedelta(days=1)


def label(kind: LabelKind, days_ago: int = 1, **more) -> Label:
    bucket = TODAY - timedelta(days=days_ago)
    return Label(1, "s.orders", kind, bucket, bucket, "ada", NOON, **more)


def told(shortest, longest, *labels: Label) -> Result | None:
    """The result on the form of `code`, whose lengths are these, oldest first."""
    days = {ROWS: calm(1, len(shortest), 1000), SHORTEST: np.array(shortest), LONGEST: np.array(longest)}
    return learned(days, Before(labels=labels))[0].get("learned.format")


def test_values_that_always_had_one_length_and_now_have_another_alarm():
    result = told([3.0] * 60, [3.0] * 59 + [5.0])
    assert result is not None
    assert (result.status, result.observed, result.expected) == (Status.WARN, "5 characters", "exactly 3 characters")
    assert result.reason == "the longest code has 5 characters on 2026-03-14, expected exactly 3 characters"
    shorter = told([3.0] * 59 + [0.0], [3.0] * 60)
    assert ((shorter and shorter.reason) or "").startswith("the shortest code has 0 characters on 2026-03-14")


def test_the_same_length_as_ever_passes():
    result = told([36.0] * 60, [36.0] * 60)
    assert result is not None
    assert (result.status, result.observed) == (Status.PASS, "2 series inside their bands")
    hair = told([36.0] * 60, [36.0] * 59 + [37.0])
    assert hair is not None
    assert hair.status is Status.WARN


@pytest.mark.parametrize(
    ("shortest", "longest"),
    [([3.0] * 20, [3.0] * 20), ([2.0, 3.0] * 30, [9.0, 8.0] * 30), ([3.0] * 60, [5.0] * 60)],
    ids=["too young", "free text", "not one length"],
)
def test_columns_without_one_length_are_not_watched(shortest, longest):
    assert told(shortest, longest) is None


def test_a_new_length_is_told_for_two_weeks_and_is_the_usual_one_after_four_more():
    within = told([3.0] * 47 + [5.0] * 13, [3.0] * 47 + [5.0] * 13)
    assert within is not None
    assert within.status is Status.WARN
    assert told([3.0] * 40 + [5.0] * 20, [3.0] * 40 + [5.0] * 20) is None
    after = told([3.0] * 40 + [5.0] * 50, [3.0] * 40 + [5.0] * 50)
    assert after is not None
    assert after.status is Status.PASS


def test_a_length_that_is_there_now_and_then_is_told_once_and_after_twice_as_long_a_rest():
    odd = [3.0] * 40 + [5.0] + [3.0] * 9
    again = told([3.0] * 60, [*odd, *[3.0] * 9, 5.0])
    assert again is None  # not watched: the column has not had one length for long
    rested = told([3.0] * 110, [*odd, *[3.0] * 59, 5.0])
    assert rested is not None
    assert rested.status is Status.WARN


def test_a_label_of_an_odd_length_leaves_the_column_watched():
    odd = told([3.0] * 60, [*[3.0] * 58, 5.0, 5.0], label(LabelKind.KNOWN_ERROR, days_ago=2))
    assert odd is not None
    assert odd.status is Status.WARN


def test_one_different_value_more_is_nothing_to_report_and_two_are():
    days = {ROWS: calm(1, 80, 1000), KINDS: np.full(80, 19.0)}
    for more, status in ((1.0, Status.PASS), (2.0, Status.WARN)):
        days[KINDS][-1] = 19.0 + more
        assert learned(days)[0]["learned.distinct"].status is status
    days[KINDS][-1] = 18.0
    assert learned(days)[0]["learned.distinct"].status is Status.WARN


def test_a_label_makes_a_new_length_expected_or_the_usual_one():
    lengths = [3.0] * 59 + [5.0]
    expected = told(lengths, lengths, label(LabelKind.EXPECTED))
    assert expected is not None
    assert expected.status is Status.SKIPPED
    assert told(lengths, lengths, label(LabelKind.NEW_REGIME, days_ago=1)) is None  # learned anew


def test_a_column_that_turned_constant_alarms_although_its_band_is_wide():
    counts = np.random.default_rng(1).choice([3.0, 40.0, 9.0, 80.0], 80)
    days = {ROWS: calm(1, 80, 1000), KINDS: np.append(counts[:-1], 1.0)}
    result = learned(days)[0]["learned.distinct"]
    assert (result.status, result.observed) == (Status.WARN, "1 different value")
    days[KINDS] = np.append(counts[:-1], 3.0)
    assert learned(days)[0]["learned.distinct"].status is Status.PASS


def of_kinds(*counts: float) -> Result:
    """The result on how many kinds there are, a number a day."""
    days = {ROWS: calm(1, len(counts), 1000), KINDS: np.array(counts)}
    return learned(days)[0]["learned.distinct"]


def test_one_value_beyond_the_band_of_a_number_that_moves_is_inside():
    counts = [float(number) for number in np.random.default_rng(2).choice([19, 20, 21], 90)]
    beyond = next(number for number in range(16, 0, -1) if of_kinds(*counts, number).status is Status.WARN)
    said = of_kinds(*counts, beyond).expected or ""
    assert int(said.split()[1]) == beyond + 1, "the band that is told is the one that is judged by"
    still = [20.0] * 90
    assert of_kinds(*still, 18).status is Status.WARN


def test_a_column_that_mostly_has_one_value_says_nothing_when_it_has_more():
    rain = [1.0, 1.0, 1.0, 9.0, 1.0, 1.0] * 15
    assert of_kinds(*rain, 40.0).status is Status.LEARNING
    assert (of_kinds(*rain, 40.0).reason or "").startswith("there is at most one on most days")
    assert of_kinds(*[1.0] * 90, 9.0).status is Status.WARN, "one that never moved may not begin to"


# -- the columns of the table ------------------------------------------------------------------------------------------

OLD = (*COLUMNS, Column("seats", "int64", "BIGINT"))
NEW = (COLUMNS[0], Column("seats", "string", "VARCHAR"), Column("gate", "string", "VARCHAR"))


def test_what_changed_is_told_by_column():
    assert changes(OLD, NEW) == ["amount is gone", "seats changed its type from BIGINT to VARCHAR", "gate is new"]
    assert changes(OLD, tuple(reversed(OLD))) == []
    assert changes(OLD, (*OLD[:2], replace(OLD[2], nullable=not OLD[2].nullable))) == []


def test_a_table_seen_for_the_first_time_has_nothing_to_be_held_against():
    assert result(NEW, [], [], NOON) is None


def test_columns_that_stay_pass():
    known = [(NOON - timedelta(days=9), OLD)]
    found = result(OLD, known, [], NOON)
    assert found is not None
    assert (found.status, found.observed) == (Status.PASS, "3 columns")


def test_a_change_is_told_for_a_day_and_is_the_usual_thing_then():
    changed = NOON - timedelta(hours=2)
    known = [(NOON - timedelta(days=9), OLD), (changed, NEW)]
    for schemas in (known[:1], known):  # in the run that sees it first, and in those after it
        found = result(NEW, schemas, [], NOON)
        assert found is not None
        assert found.status is Status.WARN
        assert (found.reason or "").startswith(
            "amount is gone, seats changed its type from BIGINT to VARCHAR, gate is new, since 2026"
        )
    later = result(NEW, known, [], NOON + timedelta(days=1))
    assert later is not None
    assert later.status is Status.PASS


def test_a_change_that_was_labelled_passes_with_the_label():
    known = [(NOON - timedelta(days=9), OLD)]
    found = result(NEW, known, [label(LabelKind.EXPECTED, days_ago=0, note="release 7")], NOON)
    assert found is not None
    assert (found.status, (found.reason or "").endswith("; expected, says ada: release 7")) == (Status.PASS, True)
    of_one_series = label(LabelKind.EXPECTED, days_ago=0, metric="null_rate", column="email")
    unsaid = result(NEW, known, [of_one_series], NOON)
    assert unsaid is not None
    assert unsaid.status is Status.WARN


def test_a_run_holds_its_columns_against_those_of_the_runs_before():
    days = {ROWS: calm(1, 40, 1000)}
    before = Before(schemas=[(NOON - timedelta(days=9), OLD)])
    schema = learned(days, before)[0]["learned.schema"]
    assert (schema.status, schema.observed) == (Status.WARN, "seats is gone")
    assert schema.learned
