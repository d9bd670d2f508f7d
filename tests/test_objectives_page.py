"""What the Service levels page says and draws."""

from __future__ import annotations

from datetime import timedelta

import pytest

from checks.objectives.course import daily, left_over_time
from checks.objectives.document import objective_document
from checks.objectives.ledger import Kept
from checks.objectives.pace import Pace
from checks.objectives.status import Told, told
from checks.objectives.targets import Kind, Objective
from checks.objectives.timeline import Stretch, Timeline
from checks.records import Dimension
from dashboard import charts_objectives, objective_frames, sentences
from dashboard.theme import DARK, LIGHT
from tests.monitors import utc

NOW = utc(2026, 11, 23, 12)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def told_of(level: str, *stretches: Stretch, owner: str | None = None, contract: str = "c") -> Told:
    objective = Objective("s.orders", level, Kind.LEVEL, 99.0, Dimension.TIMELINESS, (level,), contract, owner)
    return told(Kept(objective, Timeline.of(stretches), Pace(HOUR, 1.5 * HOUR)), NOW)


WELL = told_of("well", Stretch(NOW - 100 * DAY, NOW + HOUR, True), owner="Shop")
SPENT = told_of("spent", Stretch(NOW - 40 * DAY, NOW - DAY, True), Stretch(NOW - DAY, NOW + HOUR, False))
BURNING = told_of(
    "burning", Stretch(NOW - 40 * DAY, NOW - 2 * HOUR, True), Stretch(NOW - 2 * HOUR, NOW + HOUR, False), contract="d"
)
SILENT = told_of("silent")
ALL_OF_IT = "missed for 6 h of the last 6 h."
ALL = [WELL, SILENT, BURNING, SPENT]


@pytest.mark.parametrize(
    ("known", "sentence"),
    [
        ([], "No service levels yet"),
        ([WELL], "The one service level keeps its budget"),
        ([WELL, WELL], "All 2 service levels keep their budget"),
        ([WELL, SILENT], "1 of 2 service levels was not measured in 30 days: silent of s.orders"),
        ([WELL, SILENT, BURNING], "1 of 3 service levels burns its budget too fast: burning of s.orders"),
        (ALL, "1 of 4 service levels has spent its budget: spent of s.orders"),
        (
            [*ALL, SPENT],
            "2 of 5 service levels have spent their budget: spent of s.orders, spent of s.orders",
        ),
    ],
)
def test_the_first_line_tells_what_is_worst(known, sentence):
    assert sentences.objectives_headline(known) == sentence


@pytest.mark.parametrize(
    ("one", "sentence"),
    [
        (WELL, "7 h 12 min of 7 h 12 min left."),
        (SILENT, "Nothing was measured in 30 days."),
        (
            BURNING,
            "5 h 12 min of 7 h 12 min left; it burns 33.3 times as fast as it may: missed for 2 h of the last 6 h.",
        ),
        (
            SPENT,
            "Overspent by 16 h 48 min, allowed 7 h 12 min; it burns 100 times as fast as it may: " + ALL_OF_IT,
        ),
    ],
    ids=["well", "silent", "burning", "spent"],
)
def test_one_objective_is_a_sentence(one, sentence):
    assert sentences.objective(objective_document(one)) == sentence


def test_the_worst_come_first_and_unknown_is_not_well():
    ordered = objective_frames.chosen(ALL, None, None)
    frame = objective_frames.table(ordered)
    assert list(frame["Budget"]) == ["✕ spent", "▲ burning", "? unknown", "✓ kept"]
    assert list(frame["Now"]) == ["✕ missed", "✕ missed", "? not known", "✓ met"]
    assert list(frame["Left"].round(1))[:2] == [0.0, 72.2]
    assert frame["Left"].isna().tolist() == [False, False, True, False]
    assert list(frame["30 d"]) == ["96.7 %", "99.7 %", "not measured", "100 %"]
    assert list(frame["90 d"])[:2] == ["97.5 % of 40 d", "99.8 % of 40 d"]


def test_filters_choose_by_contract_and_owner():
    assert objective_frames.chosen(ALL, "d", None) == [BURNING]
    assert objective_frames.chosen(ALL, None, "Shop") == [WELL]
    assert objective_frames.chosen(ALL, "d", "Shop") == []


def test_burn_rates_stand_beside_what_they_may_be():
    frame = objective_frames.burn_table(BURNING)
    assert list(frame["Over"]) == ["6 h", "1 d", "3 d"]
    assert list(frame["Burn rate"]) == ["33.3 ×", "8.3 ×", "2.8 ×"]
    assert list(frame["Alert"]) == ["fast, from 6", "slow, from 3", "slow, from 1"]
    assert set(frame["State"]) == {"▲ burns"}
    assert set(objective_frames.burn_table(SILENT)["State"]) == {"? not known"}


def test_each_day_has_its_hours_and_the_present_one_ends_now():
    line = Timeline.of([Stretch(NOW - 2 * DAY, NOW - 3 * HOUR, True), Stretch(NOW - 3 * HOUR, NOW + HOUR, False)])
    days = daily(line, 4, NOW)
    assert [(day.met, day.missed, day.unmeasured) for day in days] == [
        (0 * HOUR, 0 * HOUR, DAY),
        (12 * HOUR, 0 * HOUR, 12 * HOUR),
        (DAY, 0 * HOUR, 0 * HOUR),
        (9 * HOUR, 3 * HOUR, 0 * HOUR),
    ]


def test_the_budget_is_followed_from_when_something_is_known():
    line = Timeline.of([Stretch(NOW - DAY, NOW - 6 * HOUR, True), Stretch(NOW - 6 * HOUR, NOW, False)])
    left = left_over_time(line, 99.0, NOW)
    assert (left[0], len(left)) == ((NOW - DAY, 1.0), 9)
    assert left[-1] == (NOW, pytest.approx(1 - 6 / 7.2))
    assert left_over_time(Timeline(), 99.0, NOW) == []


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_the_figure_shows_missed_hours_by_hatching_too(palette):
    days = daily(Timeline.of([Stretch(NOW - DAY, NOW, False)]), 3, NOW)
    figure = charts_objectives.course(days, [(NOW, 0.5)], 7.2 * HOUR, palette)
    bars = {trace.name: trace for trace in figure.data if trace.type == "bar"}
    assert list(bars) == ["missed", "met", "not measured"]
    assert list(bars["missed"].y) == [0, 12, 12]
    assert (bars["missed"].marker.pattern.shape, bars["missed"].marker.pattern.bgcolor) == ("/", palette.failing)
    assert list(figure.data[-1].y) == [50.0]
