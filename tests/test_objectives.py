"""Timelines, budgets and burn rates: the arithmetic of objectives, and what holds for any results."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.objectives.budget import WINDOW, budget, burns, rate, windows
from checks.objectives.pace import pace
from checks.objectives.spells import Spell, State, followed, reach_of, spells_of, state_of, timeline
from checks.objectives.timeline import Stretch, Timeline, together
from checks.records import Status
from tests.monitors import utc

NOW = utc(2026, 11, 23, 12)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
HOLD = 90 * MINUTE

observations = st.lists(
    st.tuples(st.integers(0, 400), st.sampled_from(State)), max_size=40, unique_by=lambda seen: seen[0]
)
moments = st.integers(-50, 500).map(lambda minutes: NOW + 10 * minutes * MINUTE)


def ago(**parts: float) -> datetime:
    return NOW - timedelta(**parts)


def line_of(seen: list[tuple[int, State]]) -> Timeline:
    """The timeline of runs so many times ten minutes after NOW."""
    spells: tuple[Spell, ...] = ()
    for step, state in sorted(seen):
        slot = NOW + 10 * step * MINUTE
        spells = followed(spells, Spell(slot, slot, state), HOLD)
    return timeline(spells, HOLD)


def run_every(every: timedelta, start: datetime, end: datetime, late: tuple[datetime, datetime]) -> Timeline:
    """A level that is measured from start to end, and is missed by the runs of one stretch."""
    spells: tuple[Spell, ...] = ()
    slot = start
    while slot < end:
        state = State.MISSED if late[0] <= slot < late[1] else State.MET
        spells = followed(spells, Spell(slot, slot, state), 1.5 * every)
        slot += every
    return timeline(spells, 1.5 * every)


# -- from results to time ----------------------------------------------------------------------------------------------


def test_a_result_holds_until_the_next_one_or_as_long_as_it_counts():
    line = line_of([(0, State.MET), (3, State.MISSED), (6, State.UNMEASURED), (7, State.MET)])
    assert line.stretches == (
        Stretch(NOW, NOW + 30 * MINUTE, True),
        Stretch(NOW + 30 * MINUTE, NOW + 60 * MINUTE, False),
        Stretch(NOW + 70 * MINUTE, NOW + 160 * MINUTE, True),
    )


def test_what_nobody_looked_at_is_neither_met_nor_missed():
    line = line_of([(0, State.MET), (144, State.MISSED)])  # a day between them
    found = line.over(NOW, NOW + DAY)
    assert (found.met, found.missed, found.unmeasured) == (HOLD, timedelta(0), DAY - HOLD)
    assert found.percent == 100


@pytest.mark.parametrize(
    ("status", "level", "availability"),
    [
        (Status.PASS, State.MET, State.MET),
        (Status.WARN, State.MISSED, State.MET),
        (Status.FAIL, State.MISSED, State.MET),
        (Status.NO_DATA, State.MISSED, State.MET),
        (Status.ERROR, State.UNMEASURED, State.UNMEASURED),
        (Status.UNREACHABLE, State.UNMEASURED, State.MISSED),
        (Status.LEARNING, State.UNMEASURED, State.MET),
        (Status.SKIPPED, State.UNMEASURED, State.MET),
    ],
)
def test_what_a_status_says_of_a_level_and_of_availability(status, level, availability):
    assert (state_of(status), reach_of(status)) == (level, availability)


def test_nothing_known_is_no_percentage_and_no_beginning():
    found = Timeline().over(ago(days=7), NOW)
    assert (found.percent, found.since, found.unmeasured) == (None, None, 7 * DAY)


def test_what_is_known_says_since_when():
    line = Timeline.of([Stretch(ago(days=2), NOW, True)])
    assert line.over(ago(days=7), NOW).since == ago(days=2)
    assert line.over(ago(days=1), NOW).since == ago(days=1)


@given(observations)
def test_the_order_of_results_makes_no_difference_and_columns_say_the_same_as_rows(seen):
    slots = np.array([NOW.replace(tzinfo=None) + 10 * step * MINUTE for step, _ in sorted(seen)], dtype="M8[us]")
    states = np.array([state for _, state in sorted(seen)], dtype=int)
    assert timeline(spells_of(slots, states, HOLD), HOLD) == line_of(seen) == line_of(seen[::-1])


@given(observations, st.lists(moments, min_size=3, max_size=3).map(sorted))
def test_windows_add_up(seen, cuts):
    line, (start, middle, end) = line_of(seen), cuts
    whole, first, second = line.over(start, end), line.over(start, middle), line.over(middle, end)
    assert whole.met == first.met + second.met
    assert whole.missed == first.missed + second.missed
    assert whole.unmeasured == first.unmeasured + second.unmeasured
    assert whole.since == (first.since or second.since)


@given(observations, st.lists(moments, min_size=2, max_size=2).map(sorted))
def test_shares_stay_within_their_bounds(seen, cuts):
    found = line_of(seen).over(*cuts)
    assert timedelta(0) <= found.measured <= cuts[1] - cuts[0]
    assert (found.percent is None) == (not found.measured)
    assert found.percent is None or 0 <= found.percent <= 100
    assert found == line_of(seen).within(*cuts).over(*cuts)


@given(observations)
def test_stretches_are_in_order_and_neighbours_differ(seen):
    stretches = line_of(seen).stretches
    assert all(each.start < each.end for each in stretches)
    for before, after in pairwise(stretches):
        assert before.end < after.start or (before.end == after.start and before.met is not after.met)


@given(observations, moments)
def test_the_state_of_a_moment_is_that_of_the_newest_result_that_holds(seen, moment):
    before = [(step, state) for step, state in seen if NOW + 10 * step * MINUTE <= moment]
    newest = max(before, default=None)
    holds = newest is not None and moment < NOW + 10 * newest[0] * MINUTE + HOLD
    said = {State.MET: True, State.MISSED: False, State.UNMEASURED: None}
    assert line_of(seen).at(moment) is (said[newest[1]] if holds and newest else None)


@given(observations, observations, moments)
def test_of_several_lines_the_worst_counts(one, other, moment):
    lines = [line_of(one), line_of(other)]
    said = [line.at(moment) for line in lines]
    expected = None if said == [None, None] else False not in said
    assert together(lines).at(moment) is expected
    assert together(lines) == together(lines[::-1])


# -- budgets -----------------------------------------------------------------------------------------------------------


def test_three_hours_late_on_one_day_of_thirty_spend_three_of_seven_hours_and_twelve_minutes():
    line = run_every(15 * MINUTE, ago(days=40), NOW, (ago(days=9), ago(days=9, hours=-3)))
    found = budget(line, 99, NOW)
    assert (found.allowed, found.used) == (timedelta(hours=7.2), 3 * HOUR)
    assert found.left_share == pytest.approx(1 - 3 / 7.2)
    assert found.attained.percent == pytest.approx(100 * (1 - 3 / 720))
    assert not found.is_spent


def test_a_budget_can_be_overspent():
    found = budget(run_every(HOUR, ago(days=30), NOW, (ago(days=1), NOW)), 99, NOW)
    assert found.is_spent
    assert (found.left, found.left_share) == (timedelta(hours=7.2) - DAY, pytest.approx(1 - 24 / 7.2))


def test_what_was_missed_longer_ago_is_forgotten():
    line = run_every(HOUR, ago(days=60), NOW, (ago(days=31), ago(days=30, hours=1)))
    assert budget(line, 99, NOW).used == timedelta(0)
    assert budget(line, 99, ago(days=30)).used == 23 * HOUR


@given(observations, st.sampled_from([50.0, 90.0, 99.0, 99.9]))
def test_a_burn_rate_of_the_whole_window_is_what_is_used_of_the_budget(seen, target):
    line, end = line_of(seen), NOW + WINDOW
    found = budget(line, target, end)
    burned = rate(line, target, NOW, end)
    assert (burned is None) == (not found.attained.measured)
    assert burned is None or burned == pytest.approx(found.used / found.allowed)


# -- burn --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        (15 * MINUTE, [(HOUR, 15 * MINUTE), (6 * HOUR, 30 * MINUTE), (DAY, 2 * HOUR), (3 * DAY, 6 * HOUR)]),
        (HOUR, [(6 * HOUR, HOUR), (DAY, 2 * HOUR), (3 * DAY, 6 * HOUR)]),
        (6 * HOUR, [(DAY, 6 * HOUR), (3 * DAY, 6 * HOUR)]),
        (DAY, [(3 * DAY, DAY)]),
        (7 * DAY, []),
    ],
)
def test_the_windows_of_burn_rates_fit_the_schedule(interval, expected):
    assert [(each.window, each.recent) for each in windows(interval)] == expected


def burning(line: Timeline, interval: timedelta, at: datetime, target: float = 99) -> list[timedelta]:
    return [burn.alert.window for burn in burns(line, target, interval, at) if burn.burns]


def test_an_outage_burns_fast_first_and_slowly_after():
    line = run_every(15 * MINUTE, ago(days=40), NOW + DAY, (ago(hours=5), ago(hours=1)))
    assert burning(line, 15 * MINUTE, ago(hours=5)) == []
    assert burning(line, 15 * MINUTE, ago(hours=4, minutes=45)) == [HOUR]
    assert burning(line, 15 * MINUTE, ago(hours=3)) == [HOUR, 6 * HOUR, DAY, 3 * DAY]
    assert burning(line, 15 * MINUTE, ago(minutes=20)) == [DAY, 3 * DAY]  # over for 40 minutes: no reason to hurry
    assert burning(line, 15 * MINUTE, NOW + 8 * HOUR) == []


def test_a_burn_rate_is_a_number_of_times_what_is_allowed():
    line = run_every(15 * MINUTE, ago(days=40), NOW, (ago(hours=6), ago(hours=3)))
    of_six_hours = burns(line, 99, 15 * MINUTE, NOW)[1]
    assert (of_six_hours.rate, of_six_hours.recent_rate, of_six_hours.missed) == (pytest.approx(50), 0, 3 * HOUR)


def test_what_was_not_measured_burns_nothing_and_is_not_zero():
    line = run_every(15 * MINUTE, ago(days=40), ago(hours=12), (NOW, NOW))
    rates = [burn.rate for burn in burns(line, 99, 15 * MINUTE, NOW)]
    assert rates == [None, None, 0, 0]


# -- pace --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "interval", "hold"),
    [
        ("*/15 * * * *", 15 * MINUTE, 22.5 * MINUTE),
        ("* * * * *", MINUTE, 6 * MINUTE),
        ("0 * * * *", HOUR, 90 * MINUTE),
        ("0 6 * * *", DAY, 36 * HOUR),
        ("0 6 * * mon-fri", DAY, 3 * DAY * 1.5),
        ("0 6 1 * *", 31 * DAY, 31 * DAY * 1.5),
        ("*/15 8-17 * * *", 15 * MINUTE, 1.5 * (14 * HOUR + 15 * MINUTE)),
    ],
)
def test_how_long_a_result_counts(line, interval, hold):
    found = pace(line, utc(2026, 11, 23, 12, 7))
    assert (found.interval, found.hold) == (interval, hold)
