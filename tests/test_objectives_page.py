"""What the Service levels page says and draws."""

from __future__ import annotations

from datetime import timedelta

import pytest

from checks.objectives import words
from checks.objectives.course import daily, left_over_time
from checks.objectives.document import objective_document
from checks.objectives.ledger import Kept
from checks.objectives.pace import Pace
from checks.objectives.status import Standing, Told, told
from checks.objectives.targets import Kind, Objective
from checks.objectives.timeline import Stretch, Timeline
from checks.records import Dimension
from dashboard import charts_objectives, objective_frames, response_frames, sentences
from dashboard.theme import DARK, LIGHT
from tests.monitors import utc

NOW = utc(2026, 11, 23, 12)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def told_of(level: str, *stretches: Stretch, owner: str | None = None, contract: str = "c") -> Told:
    objective = Objective("s.orders", level, Kind.LEVEL, 99.0, Dimension.TIMELINESS, (level,), contract, owner)
    return told(Kept(objective, Timeline.of(stretches), Pace(HOUR, 1.5 * HOUR)), NOW)


WELL = told_of("well", Stretch(NOW - 100 * DAY, NOW + HOUR, True), owner="Shop")
SPENT = told_of("spent", Stretch(NOW - 40 * DAY, NOW - DAY, True), Stretch(NOW - DAY, NOW + HOUR, False))
BURNING = told_of(
    "burning", Stretch(NOW - 40 * DAY, NOW - 2 * HOUR, True), Stretch(NOW - 2 * HOUR, NOW + HOUR, False), contract="d"
)
SILENT = told_of("silent")
MISSED = told_of("missed", Stretch(NOW - MINUTE, NOW + HOUR, False))
EARLY = told_of("early", Stretch(NOW - MINUTE, NOW + HOUR, True))
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
        ([WELL, SILENT, MISSED], "1 of 3 service levels is missed now: missed of s.orders"),
        ([WELL, EARLY], "1 of 2 service levels was measured for less than a day: early of s.orders"),
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
        (MISSED, "7 h 11 min of 7 h 12 min left; it is missed now."),
        (EARLY, "Too early to say: measured for 1 min of 30 d."),
        (
            BURNING,
            "5 h 12 min of 7 h 12 min left; it burns 33.3 times as fast as it may: missed for 2 h of the last 6 h.",
        ),
        (
            SPENT,
            "Overspent by 16 h 48 min, allowed 7 h 12 min; it burns 100 times as fast as it may: " + ALL_OF_IT,
        ),
    ],
    ids=["well", "silent", "missed", "early", "burning", "spent"],
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


def test_a_minute_is_not_enough_to_be_kept_and_what_is_missed_now_says_so():
    frame = objective_frames.table(objective_frames.chosen([EARLY, MISSED, WELL], None, None))
    assert list(frame["Budget"]) == ["▲ missed", "? early", "✓ kept"]
    assert list(frame["Of the budget"])[1] == "too early to say: measured for 1 min of 30 d"
    assert frame["Left"].isna().tolist() == [False, True, False]
    short = told_of("short", Stretch(NOW - DAY + MINUTE, NOW + HOUR, True))
    assert short.standing is Standing.EARLY
    assert told_of("long", Stretch(NOW - DAY, NOW + HOUR, True)).standing is Standing.KEPT


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


# -- how soon people respond -------------------------------------------------------------------------------------------

NONE = {"mean_seconds": None, "median_seconds": None, "count": 0, "kept": 0, "missed": 0}
SOON = {"mean_seconds": 11400.0, "median_seconds": 2400.0, "count": 12, "kept": 10, "missed": 2}
QUIET = {"incidents": 0, "open": 0, "per_week": 0.0, "detect": NONE, "acknowledge": NONE, "repair": NONE}
BUSY = {
    "incidents": 12,
    "open": 2,
    "per_week": 1.4,
    "detect": NONE,
    "acknowledge": NONE | {"missed": 1},
    "repair": SOON,
}


def responded(record: dict, **more) -> dict:
    return {"since": "2026-08-25T12:00:00Z", "all": record, "teams": [], "contracts": [], "noisiest": [], **more}


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        (QUIET, "No incident since 2026-08-25."),
        (BUSY, "Since 2026-08-25: 12 incidents, 1.4 a week, 2 open; mended after 3 h 10 min on average."),
        (
            {**QUIET, "incidents": 1, "open": 1, "per_week": None},
            "Since 2026-08-25: 1 incident, 1 open; none is mended yet.",
        ),
    ],
    ids=["quiet", "busy", "first"],
)
def test_responses_are_a_sentence(record, sentence):
    assert sentences.responses(responded(record)) == sentence


def test_teams_and_contracts_stand_below_everything_without_empty_columns():
    frame = response_frames.table(
        responded(BUSY, teams=[{"team": "Shop", **BUSY}], contracts=[{"contract": "orders", **QUIET}])
    )
    assert list(frame["Of"]) == ["everything", "team Shop", "contract orders"]
    assert list(frame["To mend"]) == ["3 h 10 min (median 40 min, n 12)"] * 2 + ["–"]
    assert list(frame["To mend: promised"]) == ["✕ 2 of 12 missed"] * 2 + [""]
    assert list(frame["To acknowledge: promised"]) == ["✕ 1 of 1 missed"] * 2 + [""]
    assert "To detect: promised" not in frame.columns
    kept = {**BUSY, "repair": {**SOON, "kept": 12, "missed": 0, "count": 1}}
    assert list(response_frames.table(responded(kept))["To mend: promised"]) == ["✓ 12 of 12 kept"]
    assert list(response_frames.table(responded(kept))["To mend"]) == ["3 h 10 min"]


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (NONE, "none yet"),
        (NONE | {"missed": 1}, "none yet (0 kept, 1 missed)"),
        (SOON, "3 h 10 min (median 40 min of 12; 10 kept, 2 missed)"),
        (SOON | {"count": 1, "kept": 0, "missed": 0}, "3 h 10 min (one)"),
    ],
)
def test_a_mean_never_stands_without_its_number(step, said):
    assert words.took(step) == said


def test_the_response_of_a_contract_stands_beside_what_it_promises():
    asked = {"detect_seconds": 7200.0, "acknowledge_seconds": None, "repair_seconds": 86400.0}
    assert sentences.contract_response({**BUSY, "asked": asked}) == (
        "Incidents of its contract: 12 incidents, 1.4 a week, 2 open; to detect none yet, promised 2 h; "
        "to acknowledge none yet; to mend 3 h 10 min, promised 1 d."
    )
