"""What speaks for the cause of an incident, and labels that say what it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from checks.config import IncidentsConfig
from checks.drill import Sample
from checks.explain import Explanation, Words, to_document
from checks.explain.record import Segment
from checks.history import ContractVersion, History
from checks.incidents import Action, ActionKind, Around, Asking, Desk
from checks.incidents.headlines import headline, with_rows
from checks.lineage import Edge, Graph, Node, Origin
from checks.records import (
    Alert,
    Check,
    ColumnExpected,
    Dataset,
    Dimension,
    Drift,
    Finding,
    FreshnessExpected,
    Grain,
    Incident,
    IncidentState,
    JobRun,
    Learned,
    Metric,
    Named,
    Operator,
    ReferenceExpected,
    Result,
    RunReport,
    RunState,
    Severity,
    Span,
    Status,
    Threshold,
    ValuesExpected,
)
from checks.refusal import Refused
from connectors import Column, TableName
from tests.incidents import key, source_key, symptom
from tests.reports import COLUMNS, DAY, HOUR, NINE, SUNDAY, measured, report

NONE = Threshold(Operator.BE, (0.0,))
VALUES = ValuesExpected("city", "missing", NONE, per_bucket=True)
OTHER = ReferenceExpected(("city",), "s.cities", TableName(None, "cities"), ("name",), NONE)
CHECKS = (
    Check("known", "s.flights", Dimension.CONSISTENCY, OTHER),
    Check("there", "s.flights", Dimension.COMPLETENESS, VALUES),
    Check("id.column", "s.flights", Dimension.CONFORMITY, ColumnExpected("id", "integer")),
    Check("fresh", "s.flights", Dimension.TIMELINESS, FreshnessExpected(HOUR)),
)
FLIGHTS = Dataset("s", TableName(None, "flights"), contract="flights", owner="Flights", checks=CHECKS)
DATASETS = {each.name: each for each in (FLIGHTS, *(Dataset("s", TableName(None, n)) for n in ("cities", "raw")))}
GRAPH = Graph.of(
    map(Node, DATASETS),
    [Edge("s.raw", "s.flights", Origin.VIEW), Edge("s.cities", "s.flights", Origin.REFERENCE)],
)
ROWS = Finding(Metric("bucket_rows", grain=Grain.DAY), 821.0, 1000.0, 900.0, 1100.0, -3.0)
VAIN = (
    "nothing else is known to have changed near its beginning; looked at were its columns, its contract and the jobs "
    "that write it, and what it is made from: s.raw"
)
WHY = "92 % of the missing rows are carrier = UA; other carriers are normal."


class Room:
    """A desk whose warehouse says what it is told to."""

    def __init__(self, history: History) -> None:
        self.history, self.asked = history, list[Any]()
        self.explanation: Explanation | None = None
        self.rows: list[tuple[Any, ...]] = []
        self.masked: tuple[str, ...] = ()
        self.jobs: dict[str, list[JobRun]] = {}
        asking = Asking(self._explain, self._sample, lambda names, since, until: self.jobs)
        self.desk = Desk(history, IncidentsConfig(), Around(lambda: DATASETS, lambda: GRAPH), asking)

    def run(self, *results: Result, at: datetime = NINE, **more: Any) -> Incident:
        """A run that finds something; the newest incident after it."""
        found = replace(report(at, results=results), **more)
        self.history.remember(found)
        self.desk.investigate(self.desk.observe(found), at)
        return self.history.incidents()[0]

    def evidence(self, number: int = 1) -> list[str]:
        events = [event for event in self.history.incident_events(number) if event.kind == "evidence"]
        return [each["sentence"] for event in events for each in event.about["evidence"]]

    def _explain(self, dataset: str, words: Words) -> Explanation:
        self.asked.append(words)
        if self.explanation is None:
            raise Refused("not now")
        return self.explanation

    def _sample(self, dataset: str, check: str, limit: int) -> Sample:
        self.asked.append(check)
        return Sample("SELECT 1", ("id", "city"), self.rows, len(self.rows) == limit, self.masked)


@pytest.fixture
def room(tmp_path) -> Iterator[Room]:
    with History.open(tmp_path / "history.duckdb", NINE) as opened:
        yield Room(opened)


def fails(check: str, dimension: Dimension, **more: Any) -> Result:
    return Result(check, dimension, Status.FAIL, Severity.ERROR, reason=f"{check}: 7 rows, expected none", **more)


def explanation(metric: str = "bucket_rows", column: str | None = None, share: float = 0.92) -> Explanation:
    segment = Segment((("carrier", "UA"),), share, 178.0, 0.0, 178.0, 0.0, -12.0)
    return Explanation("s.flights", metric, column, SUNDAY, 1000.0, 821.0, WHY, (segment,))


def lost(at: datetime = NINE) -> tuple[Result, Learned]:
    """Rows that a learned check misses, and its alert."""
    told = Result(
        "learned.volume", Dimension.COVERAGE, Status.WARN, Severity.WARNING, bucket=SUNDAY, learned=True,
        reason="821 rows on 2026-11-22, expected between 900 and 1,100 rows",
    )  # fmt: skip
    return told, Learned(alerts=(Alert("s.flights", SUNDAY, Grain.DAY, at, (ROWS,)),))


# -- rows --------------------------------------------------------------------------------------------------------------


def test_the_reason_that_was_kept_with_the_alert_is_the_cause_and_nobody_is_asked(room):
    told, learned = lost()
    room.history.keep_explanation(learned.alerts[0], json.dumps(to_document(explanation())), NINE)
    found = room.run(told, learned=learned)
    assert (found.title, found.cause) == ("flights lost 18 % of its rows since 22 Nov: carrier = UA", WHY)
    assert room.asked == []


def test_the_warehouse_is_asked_for_the_rows_behind_what_has_no_reason_yet(room):
    room.explanation = explanation("missing_count", "city")
    found = room.run(fails("there", Dimension.COMPLETENESS, bucket=SUNDAY, column="city"))
    assert room.asked == [Words("missing_count", SUNDAY, "city", "there")]
    assert found.cause == WHY and found.title.endswith(": carrier = UA")


def test_what_explains_the_smaller_part_is_evidence_and_no_cause(room):
    room.explanation = explanation("missing_count", "city", share=0.3)
    found = room.run(fails("there", Dimension.COMPLETENESS, bucket=SUNDAY, column="city"))
    assert found.cause is None
    assert room.evidence() == [WHY, VAIN]
    assert "UA" not in found.title


@pytest.mark.parametrize(
    ("rows", "masked", "cause"),
    [
        ([(n, "VX") for n in range(30)], (), "city = VX in all 30 rows"),
        ([(n, "VX") for n in range(200)], (), "city = VX in all 200 rows that were looked at"),
        ([(n, "VX" if n < 25 else f"x{n}") for n in range(40)], (), "city = VX in 25 of the 40 rows"),
        ([(n, f"x{n}") for n in range(40)], (), None),
        ([(n, "VX") for n in range(5)], (), None),
        ([(n, "VX") for n in range(30)], ("city",), None),
        ([(n, None) for n in range(30)], (), None),
        ([], (), None),
    ],
    ids=["all", "all of many", "most", "all different", "few", "classified", "nothing", "no rows"],
)  # fmt: skip
def test_the_value_that_the_rows_share_is_told_where_it_is_one_of_the_table_and_not_of_a_row(room, rows, masked, cause):
    room.rows, room.masked = rows, masked
    found = room.run(fails("known", Dimension.CONSISTENCY, column="city"))
    assert (found.cause, "city = VX" in found.title) == (cause, cause is not None)


def test_a_storm_is_no_storm_of_questions(room):
    broken = fails("known", Dimension.CONSISTENCY, column="city")
    for minute in range(15):
        at = NINE + minute * HOUR / 60
        room.run(broken, at=at)
        room.desk.act(1, Action(ActionKind.RESOLVE, "noor", "not yet"), at)
    assert len(room.asked) == 10
    room.run(broken, at=NINE + 2 * HOUR)
    assert len(room.asked) == 11


# -- what changed ------------------------------------------------------------------------------------------------------


def test_what_changed_near_its_beginning_is_evidence(room):
    room.history.remember(report(NINE - 2 * HOUR))
    version = ContractVersion("flights", 1, "2.0.0", NINE - HOUR, "id: flights")
    room.history.add_contract_version(version, ())
    full = JobRun(Named("dbt", "load_flights"), "1", RunState.FAIL, NINE - HOUR, NINE - HOUR / 2, "disk full")
    killed = JobRun(Named("dbt", "land"), "2", RunState.ABORT, NINE - 2 * HOUR, NINE - HOUR)
    room.jobs = {"s.flights": [full], "s.raw": [killed]}
    changed = measured(columns=(*COLUMNS[:1], Column("city", "int64", "BIGINT")))
    room.run(fails("known", Dimension.CONSISTENCY, column="city"), measured=changed)
    assert room.evidence() == [
        "the columns changed at 2026-11-23 09:00 UTC: city changed its type from VARCHAR to BIGINT",
        "version 2.0.0 of contract flights was registered at 2026-11-23 08:00 UTC",
        "job load_flights failed at 2026-11-23 08:30 UTC: disk full",
        "job land, which writes s.raw, failed at 2026-11-23 08:00 UTC",
    ]


def test_incidents_of_what_it_is_made_from_and_refers_to_are_named(room):
    late = Result("late", Dimension.TIMELINESS, Status.FAIL, Severity.ERROR, reason="late, expected early")
    for name in ("s.cities", "s.raw"):
        of_other = RunReport(name, NINE - 3 * DAY, report().outcome, 1, NINE - 3 * DAY, 1.0, results=(late,))
        room.history.remember(of_other)
        room.desk.observe(of_other)
    room.run(fails("known", Dimension.CONSISTENCY, column="city", bucket=SUNDAY))
    assert room.evidence(3) == [
        "s.cities, whose keys it refers to, has incident 1: cities: late",
        "s.raw, which it is made from, has incident 2: raw: late",
    ]


def test_a_column_of_another_type_says_all_by_itself_and_so_does_a_feed_that_stopped(room):
    assert room.run(fails("id.column", Dimension.CONFORMITY, column="id")).cause == "id.column: 7 rows, expected none"
    late = fails("fresh", Dimension.TIMELINESS, value=7200.0, measured_at=NINE)
    assert room.run(late, at=NINE + HOUR).cause == "nothing new has come since 2026-11-23 07:00 UTC"


# -- labels ------------------------------------------------------------------------------------------------------------


def label(room: Room, kind: str, note: str | None = None, number: int = 1) -> Incident:
    return room.desk.act(number, Action(ActionKind.LABEL, "noor", kind, note), NINE + HOUR)


def test_what_was_expected_is_resolved_and_its_series_is_labelled_on_its_days(room):
    told, learned = lost()
    room.run(told, learned=learned)
    found = label(room, "expected", "a strike")
    assert (found.state, found.resolution) == (IncidentState.RESOLVED, "expected: a strike")
    [said] = room.history.labels("s.flights")
    assert (said.kind, said.metric, said.first, said.last, said.note) == (
        "expected", "bucket_rows", SUNDAY, SUNDAY, "a strike",
    )  # fmt: skip


def test_a_broken_contract_is_not_met_by_saying_that_it_was_expected(room):
    told, learned = lost()
    room.run(told, fails("enough", Dimension.COVERAGE, bucket=SUNDAY), learned=learned)
    assert label(room, "expected").state is IncidentState.OPEN
    assert label(room, "known error").state is IncidentState.OPEN
    assert [each.kind for each in room.history.labels()] == ["known_error", "expected"]


def test_what_no_learned_check_has_shown_is_labelled_as_a_whole(room):
    room.run(fails("known", Dimension.CONSISTENCY))
    label(room, "known error")
    [said] = room.history.labels()
    day = datetime.fromisoformat("2026-11-23")
    assert (said.metric, said.first, said.last) == (None, day, day)


# -- titles ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shown", "rows", "title"),
    [
        ({}, None, "orders: 12 rows (expected at least 100)"),
        ({"happened_at": NINE}, None, "orders: 12 rows (expected at least 100) since 23 Nov 09:00 UTC"),
        (
            {"happened_at": NINE, "grain": Grain.DAY, "bucket": SUNDAY + DAY, "first_bucket": SUNDAY},
            None,
            "orders: 12 rows (expected at least 100) since 22 Nov",
        ),
        (
            {"sentence": "12 rows on 2026-11-22, expected 100", "grain": Grain.DAY, "bucket": SUNDAY},
            None,
            "orders: 12 rows (expected 100)",
        ),
        ({}, ROWS, "orders lost 18 % of its rows"),
        ({}, replace(ROWS, value=1500.0), "orders gained 50 % more rows"),
        (
            {"sentence": "rows fell up to 2026-11-22", "grain": Grain.DAY, "bucket": SUNDAY, "first_bucket": SUNDAY},
            None,
            "orders: rows fell up to 2026-11-22",
        ),
        (
            {"sentence": "rows fell in 4 weeks", "happened_at": NINE},
            replace(ROWS, drift=Drift(9.0, 7.0)),
            "orders: rows fell in 4 weeks",
        ),
        ({}, replace(ROWS, expected=0.0), "orders: 12 rows (expected at least 100)"),
        (
            {
                "key": key(dimension=Dimension.TIMELINESS),
                "happened_at": NINE,
                "began": Span(NINE - HOUR, NINE),
                "sentence": "6 h late: the newest row is 7 h old",
            },
            None,
            "orders is late since 23 Nov 09:00 UTC",
        ),
        (
            {"key": source_key(), "checks": (), "happened_at": NINE},
            None,
            "source lake does not answer since 23 Nov 09:00 UTC",
        ),
        ({"key": source_key(), "checks": ("lake.orders",)}, None, "source lake refuses access"),
        ({"checks": ("dataset.exists",), "happened_at": NINE}, None, "orders is not there since 23 Nov 09:00 UTC"),
        (
            {"checks": ("dataset.exists",), "sentence": "the view can not be read, for what it reads is not there: x"},
            None,
            "orders can not be read",
        ),
        (
            {
                "key": key(dimension=Dimension.TIMELINESS),
                "checks": ("learned.cadence",),
                "happened_at": NINE,
                "began": Span(NINE - DAY, NINE + HOUR),
                "sentence": "nothing new since 2026-11-23 07:00 (UTC), late since 2026-11-23 08:15; usually every 1 h",
            },
            None,
            "orders: nothing new since 2026-11-23 07:00 (UTC)",
        ),
    ],
)
def test_titles_read_like_headlines(shown, rows, title):
    given = {"about": shown.pop("key", None)} | shown
    assert headline(symptom(**given), rows) == title


def test_a_title_is_no_novel():
    assert with_rows("orders: 12 rows", "shop = 3") == "orders: 12 rows: shop = 3"
    assert with_rows("orders: shop = 3", "shop = 3") == "orders: shop = 3"
    assert len(with_rows("x" * 150, "y" * 60)) == 160
