"""What the Incidents page says and draws, to the letter."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import pytest
import streamlit as st
from incidents import DAY, HOUR, NINE, key, source_key, symptom
from incidents import incident as _incident
from streamlit.testing.v1 import AppTest

from checks.learned.events import Event
from checks.records import (
    Check,
    Dataset,
    Dimension,
    Family,
    Finding,
    Grain,
    Incident,
    IncidentSeverity,
    IncidentState,
    Metric,
    NumberExpected,
    Operator,
    Result,
    Severity,
    Status,
    Threshold,
)
from connectors import TableName
from dashboard import charts, entries, incident_frames, incident_panels, incident_sentences, tables, theme, words
from dashboard.charts_spans import Kind, Span

LATER = NINE + 3 * HOUR
SUNDAY, MONDAY = datetime.fromisoformat("2026-11-22"), datetime.fromisoformat("2026-11-23")  # naive, as buckets are
ROWS, NULLS = Metric("bucket_rows", grain=Grain.DAY), Metric("null_rate", "city", Grain.DAY)
ENOUGH = Check(
    "enough",
    Dimension.COVERAGE,
    Severity.ERROR,
    NumberExpected("row_count", Threshold(Operator.GREATER_OR_EQUAL, (100,)), per_bucket=True),
)
ORDERS = Dataset("lake", TableName(None, "orders"), checks=(ENOUGH,))


def incident(state: IncidentState = IncidentState.OPEN, number: int = 7, **more: Any) -> Incident:
    return replace(_incident(state, **more), id=number)


class TestSentences:
    def test_the_headline_counts_what_is_open_and_names_the_worst(self):
        worst = incident(number=9, severity=IncidentSeverity.HIGH, title="flights lost carrier UA since 25 Nov")
        over = incident(IncidentState.RESOLVED, severity=IncidentSeverity.CRITICAL)
        told = incident_sentences.headline([incident(), worst, over])
        assert told == "2 incidents are open: flights lost carrier UA since 25 Nov"
        assert incident_sentences.headline([incident(), over]) == "1 incident is open: orders lost rows"
        assert incident_sentences.headline([over]) == "No incident is open"

    @pytest.mark.parametrize(
        ("state", "more", "sentence"),
        [
            (IncidentState.OPEN, {}, "Nobody has acknowledged it yet."),
            (IncidentState.OPEN, {"acknowledged_at": NINE, "reopened": 1}, "It is broken again."),
            (IncidentState.OPEN, {"assignee": "noor"}, "Nobody has acknowledged it yet; noor has it."),
            (IncidentState.ACKNOWLEDGED, {"acknowledged_at": NINE}, "Acknowledged 3 h ago."),
            (
                IncidentState.ACKNOWLEDGED,
                {"acknowledged_at": NINE, "muted_until": NINE + DAY},
                "Acknowledged 3 h ago; nobody is told until 2026-11-24 09:00 UTC.",
            ),
            (
                IncidentState.MONITORING,
                {},
                "Said to be mended 3 h ago: it resolves itself when runs are healthy, and opens again when not.",
            ),
            (
                IncidentState.RESOLVED,
                {"resolved_at": NINE + HOUR, "resolution": "feed restarted."},
                "Resolved 2 h ago (2026-11-23 10:00 UTC) after 1 h: feed restarted.",
            ),
            (
                IncidentState.RESOLVED,
                {"happened_at": NINE - DAY, "assignee": "noor"},
                "Resolved 3 h ago (2026-11-23 09:00 UTC) after 1 d: its checks are healthy again.",
            ),
            (
                IncidentState.RESOLVED,
                {"merged_into": 3},
                "Became a part of incident 3, 3 h ago (2026-11-23 09:00 UTC).",
            ),
        ],
    )
    def test_where_the_work_is_is_one_sentence(self, state, more, sentence):
        assert incident_sentences.standing(incident(state, **more), LATER) == sentence

    def test_when_it_began_and_when_it_was_noticed_are_two_facts(self):
        known = incident(happened_at=NINE - DAY)
        assert incident_sentences.since(known, LATER) == "1 d 3 h ago (2026-11-22 09:00 UTC)"
        assert incident_sentences.noticed(known, LATER) == "3 h ago (2026-11-23 09:00 UTC), 1 d after it began"
        assert incident_sentences.since(incident(), LATER) == "not known: it was never seen to be well"
        assert incident_sentences.noticed(incident(), LATER) == "3 h ago (2026-11-23 09:00 UTC)"

    def test_a_muted_incident_says_so_while_it_is_open(self):
        muted = incident(IncidentState.ACKNOWLEDGED, muted_until=NINE + DAY)
        assert incident_sentences.state(muted, LATER) == "◐ acknowledged, muted"
        assert incident_sentences.state(muted, NINE + DAY) == "◐ acknowledged"

    def test_a_symptom_says_what_it_is_about_and_how_it_is(self):
        assert incident_sentences.about(symptom()) == "coverage"
        assert incident_sentences.about(symptom(source_key())) == "source"
        assert incident_sentences.about(symptom(key(family=Family.BUDGET))) == "error budget of coverage"
        assert incident_sentences.recovered(symptom(), LATER) == "✕ broken"
        assert incident_sentences.recovered(symptom(well_runs=1), LATER) == "… healthy in 1 run"
        assert incident_sentences.recovered(symptom(recovered_at=NINE), LATER) == "✓ over 3 h ago"

    def test_whom_it_reaches(self):
        nobody = "Nothing that is known is made from it, and nobody is named who reads it."
        assert incident_sentences.reach([], []) == nobody
        told = incident_sentences.reach(["s.a", "s.b"], ["billing"])
        assert told == "2 datasets are made from it: s.a, s.b. 1 consumer reads what is affected: billing."

    def test_of_what_nothing_is_known_while_a_source_does_not_answer(self):
        told = incident_sentences.unmeasured(["shop.a", "shop.b"], ["billing", "sales"])
        assert told == (
            "Nothing new is known meanwhile of 2 datasets: shop.a, shop.b. 2 consumers read from there: billing, sales."
        )
        assert incident_sentences.unmeasured(["shop.a"], []) == "Nothing new is known meanwhile of 1 dataset: shop.a."

    def test_below_its_title_a_finding_does_not_say_again_what_stands_there(self):
        one = incident(title="orders: 334 of 821 rows (40.7 %) without city since 24 Nov")
        found = Result("there", Dimension.COMPLETENESS, Status.FAIL, Severity.ERROR, "city")
        same = replace(found, observed="334 of 821 rows (40.7 %)", expected="none")
        other = replace(found, observed="335 of 821 rows", expected="none")
        alone = replace(found, reason="334 of 821 rows (40.7 %) without city")
        said = [incident_sentences.found_by(each, one, hourly=False) for each in (same, other, alone)]
        assert said == ["expected none", "city: 335 of 821 rows, expected none", ""]

    def test_a_number_that_only_looks_like_that_of_the_title_is_said(self):
        one = incident(title="orders: 334 of 821 rows (40.7 %) without city since 24 Nov")
        found = Result("there", Dimension.COMPLETENESS, Status.FAIL, Severity.ERROR, expected="none")
        alike = replace(found, observed="34 of 821 rows")
        elsewhere = replace(found, observed="334 of 821 rows (40.7 %)", column="phone")
        said = [incident_sentences.found_by(each, one, hourly=False) for each in (alike, elsewhere)]
        assert said == ["34 of 821 rows, expected none", "phone: 334 of 821 rows (40.7 %), expected none"]

    def test_it_knows_in_which_checks_of_a_dataset_it_still_shows(self):
        over = symptom(key("lake.paid"), checks=("paid",), recovered_at=NINE)
        one = incident(symptoms=(symptom(key("lake.orders")), over))
        assert [one.checks_of(name) for name in ("lake.orders", "lake.paid")] == [{"enough"}, set()]

    def test_other_pages_name_it_in_a_line_a_cell_or_a_box(self):
        high = incident(severity=IncidentSeverity.HIGH)
        assert incident_sentences.banner(high) == "orders lost rows (open)"
        assert [incident_sentences.cell(each) for each in ([], [high], [high] * 3)] == ["", "▅ 7", "▅ 7 +2"]
        other = incident(number=9)
        assert [incident_sentences.nodes(each) for each in ([], [high], [high, other])] == [
            "",
            "incident 7",
            "incidents 7, 9",
        ]

    def test_every_state_and_severity_has_a_sign_and_a_word(self):
        assert [words.incident_state(one) for one in IncidentState] == [
            "● open",
            "◐ acknowledged",
            "◌ monitoring",
            "✓ resolved",
        ]
        assert [words.incident_severity(one) for one in IncidentSeverity] == [
            "▁ low",
            "▃ medium",
            "▅ high",
            "▇ critical",
        ]


class TestList:
    def test_open_ones_come_first_and_of_them_the_worst_and_newest(self):
        mild, new = incident(number=1, severity=IncidentSeverity.LOW), incident(number=5)
        over = [incident(IncidentState.RESOLVED, number=n, resolved_at=NINE + n * HOUR) for n in (2, 3)]
        ordered = incident_frames.in_order([mild, *over, incident(number=4), new])
        assert [one.id for one in ordered] == [5, 4, 1, 3, 2]

    @pytest.mark.parametrize(
        ("wanted", "fits"),
        [
            ({}, True),
            ({"states": ("open", "resolved")}, True),
            ({"states": ("resolved",)}, False),
            ({"severity": "medium"}, True),
            ({"severity": "high"}, False),
            ({"owner": "Intake"}, True),
            ({"owner": "Finance"}, False),
            ({"dataset": "lake.orders"}, True),
            ({"dataset": "lake.other"}, False),
            ({"source": "lake"}, True),
            ({"source": "shop"}, False),
        ],
    )
    def test_filters(self, wanted, fits):
        assert incident_frames.Wanted(**wanted).fits(incident(owners=("Intake", "Sales"))) is fits

    def test_the_list_tells_state_age_owners_and_consumers(self):
        known = incident(happened_at=NINE - DAY, owners=("Intake",), consumers=("billing",))
        assert incident_frames.facts(known, LATER) == {
            "state": "● open",
            "in": "lake.orders",
            "began": "1 d 3 h ago",
            "noticed": "3 h ago",
            "lasted": "1 d 3 h",
            "owners": "Intake",
            "affects": "billing",
            "assigned to": "",
            "number": "7",
        }

    def test_a_muted_one_says_so_in_the_list(self):
        assert incident_frames.facts(incident(muted_until=LATER + DAY), LATER)["state"] == "● open, muted"

    def test_what_was_never_seen_to_be_well_does_not_say_when_it_began(self):
        facts = incident_frames.facts(incident(), LATER)
        assert (facts["began"], facts["lasted"]) == ("not known", "at least 3 h")

    def test_a_place_in_which_it_shows_says_since_when_and_by_which_checks(self):
        place = replace(symptom(), happened_at=None, checks=tuple("abcde"))
        facts = incident_frames.symptom_facts(place, LATER)
        assert (facts["in"], facts["about"], facts["began"]) == ("lake.orders", "coverage", "not known")
        assert facts["checks"] == "a, b, c, d and 1 more"


@pytest.mark.parametrize(
    ("count", "page", "numbers"),
    [
        (0, 1, []),
        (3, 1, [0, 1, 2]),
        (26, 2, [25]),
        (26, 1, [*range(25)]),
        (50, 2, [*range(25, 50)]),
    ],
)
def test_a_long_list_is_told_page_by_page(count, page, numbers):
    known = [entries.Entry("incident", {"id": str(number)}, "", {}) for number in range(count)]
    assert [int(each.params["id"]) for each in tables.of_page(known, page, entries.PAGE)] == numbers


def test_a_list_shows_the_page_that_its_pager_says_also_when_a_filter_leaves_fewer(monkeypatch):
    def app():
        import streamlit as st

        from dashboard import entries

        count = int(st.number_input("count", value=110))
        entries.draw([entries.Entry("incident", {}, str(n), {}) for n in range(count)], "list")

    monkeypatch.setattr(entries, "_entry", lambda entry: st.text(entry.label))
    page = AppTest.from_function(app).run()
    page.session_state["list-page"] = 5
    assert [each.value for each in page.run().text] == [str(n) for n in range(100, 110)]
    page.number_input[0].set_value(60).run()
    assert (page.session_state["list-page"], page.text[0].value) == (1, "0")


class TestEvents:
    """A learned alert leads to the incident that it is part of."""

    SYMPTOM = replace(symptom(), checks=("learned.volume",), happened_at=NINE - DAY, bucket=SUNDAY, grain=Grain.DAY)
    FINDING = Finding(ROWS, 12, 100, 90, 110, -9.0)

    def event(self, last: datetime, metric: Metric = ROWS, dataset: str = "lake.orders") -> Event:
        finding = replace(self.FINDING, metric=metric)
        return Event(dataset, Grain.DAY, last - DAY, last, NINE, finding, last, (finding,))

    def test_of_the_same_check_and_time(self):
        mine = incident(symptoms=(self.SYMPTOM,))
        assert incident_frames.of_event(self.event(SUNDAY), [mine]) is mine
        assert incident_frames.of_event(self.event(SUNDAY, NULLS), [mine]) is None
        assert incident_frames.of_event(self.event(SUNDAY, dataset="lake.other"), [mine]) is None
        assert incident_frames.of_event(self.event(SUNDAY - 9 * DAY), [mine]) is None
        assert incident_frames.of_event(self.event(SUNDAY + 9 * DAY), [mine]) is None


class TestCharts:
    WHERE = incident_panels.Where(ORDERS, ROWS, (ENOUGH,), lambda moment: moment.replace(tzinfo=None))

    def test_the_series_of_its_check_shows_it_and_no_other(self):
        series = [Metric("row_count"), NULLS, ROWS, Metric("mean", "amount", Grain.DAY)]
        broken = replace(symptom(), bucket=SUNDAY, grain=Grain.DAY)
        assert incident_panels.series_of(broken, ORDERS, series) == [ROWS]
        learned = replace(broken, checks=("learned.missing",), columns=("city",))
        assert incident_panels.series_of(learned, ORDERS, series) == [NULLS]
        assert incident_panels.series_of(replace(learned, columns=("name",)), ORDERS, series) == []
        assert incident_panels.series_of(symptom(source_key()), ORDERS, series) == []

    def test_a_strip_lasts_from_its_beginning_until_now_or_until_it_was_over(self):
        began = replace(symptom(), happened_at=NINE - 9 * HOUR)
        [still] = incident_panels.spans([incident(symptoms=(began,))], self.WHERE, LATER)
        assert still == Span(MONDAY - DAY / 2, LATER.replace(tzinfo=None), "incident 7", Kind.OPEN, "orders lost rows")
        done = incident(IncidentState.RESOLVED, symptoms=(began,), resolved_at=NINE + HOUR)
        [over] = incident_panels.spans([done], self.WHERE, LATER)
        assert (over.end, over.kind) == (MONDAY + 10 * HOUR, Kind.OVER)

    def test_what_became_a_part_of_another_incident_has_no_strip_beside_it(self):
        merged = incident(IncidentState.RESOLVED, merged_into=3)
        assert list(incident_panels.spans([merged], self.WHERE, LATER)) == []

    def test_a_source_that_does_not_answer_is_in_every_chart_of_its_datasets(self):
        down = incident(symptoms=(symptom(source_key()),))
        assert len(list(incident_panels.spans([down], replace(self.WHERE, metric=NULLS, checks=()), LATER))) == 1
        other = incident(symptoms=(symptom(source_key("shop")),))
        assert list(incident_panels.spans([other], self.WHERE, LATER)) == []

    def test_charts_reach_back_four_weeks_before_it_and_no_more_than_a_quarter(self):
        assert incident_panels.back_to(incident(happened_at=LATER - 3 * DAY), LATER) == 31
        assert incident_panels.back_to(incident(happened_at=LATER - 300 * DAY), LATER) == 90
        assert incident_panels.back_to(incident(happened_at=LATER + 300 * DAY), LATER) == 28

    @pytest.mark.parametrize("kind", list(Kind))
    def test_strips_are_really_drawn_and_titles_keep_their_place(self, kind):
        points = pd.DataFrame({"moment": [SUNDAY, MONDAY], "value": [1.0, 2.0]})
        span = Span(SUNDAY, MONDAY, "incident <7>", kind, "lost $rows$")
        panel = charts.Panel("Rows per day", "rows", points, spans=(span,))
        figure = charts.trends([panel, panel], [], (SUNDAY, MONDAY + timedelta(days=1)), theme.LIGHT)
        assert [(shape.x0, shape.x1) for shape in figure.layout.shapes] == [(SUNDAY, MONDAY)] * 2
        title, strip = figure.layout.annotations[0], figure.layout.annotations[-1]
        assert (title.x, strip.text, strip.hovertext) == (0, "incident &lt;7&gt;", "lost &#36;rows&#36;")
        assert strip.x in (SUNDAY, MONDAY)


class TestWhatIsToldInShort:
    def test_the_overview_says_why_since_when_whose_it_is_and_who_has_it(self):
        known = incident(cause="carrier = UA is gone", happened_at=NINE, owners=("Ops", "Data", "Web"))
        assert incident_sentences.in_short(known, LATER) == {
            "why": "carrier = UA is gone",
            "began": "3 h ago",
            "owner": "Ops, Data and 1 more",
            "now": "nobody has acknowledged it yet",
        }
        unknown = incident(happened_at=None, owners=(), assignee="noor")
        assert incident_sentences.in_short(unknown, LATER) == {
            "why": "not known yet",
            "began": "not known",
            "owner": "nobody named",
            "now": "nobody has acknowledged it yet; noor has it",
        }

    def test_that_no_cause_is_known_is_said_with_what_was_looked_at(self):
        assert incident_sentences.no_cause(anything=True) == "The cause is not known yet. What was found:"
        assert incident_sentences.no_cause(anything=False) == (
            "The cause is not known yet: nothing that was looked at explains it "
            "(rows, runs, columns, contracts, what it is made from)."
        )
