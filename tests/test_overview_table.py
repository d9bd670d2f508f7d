"""The table of the Overview, and what all tables of links have in common: order, addresses, and text that stays so."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from checks.records import Certainty, DatasetHealth, Dimension, Health, Result, Severity, Status
from dashboard import link_table, overview_table, theme
from dashboard.link_table import Cell, Column
from dashboard.overview_table import Known
from tests.incidents import incident

AT = datetime(2026, 3, 15, 12, tzinfo=UTC)
NASTY = '<b>"x"</b> & co'


def result(status: Status, **more: object) -> Result:
    return Result("carriers", Dimension.COVERAGE, status, Severity.ERROR, **more)  # ty: ignore[invalid-argument-type]


def state(name: str, health: Health = Health.HEALTHY, *results: Result, owner: str | None = None) -> DatasetHealth:
    return DatasetHealth(name, health, health, Certainty.CERTAIN, (), AT - timedelta(minutes=5), owner, results)


def cells(one: DatasetHealth, known: Known = Known()) -> dict[str, Cell]:  # noqa: B008 it is frozen
    return {column.head: column.cell(one) for column in overview_table.columns([Dimension.COVERAGE], known, AT)}


def names(states: Sequence[DatasetHealth], sort: str, known: Known = Known()) -> list[str]:  # noqa: B008 it is frozen
    found = link_table.arranged(states, overview_table.columns([Dimension.COVERAGE], known, AT), sort)
    return [one.name for one in found]


def drawn(*texts: str, sort: str | None = None, **params: str) -> str:
    column: Column[str] = Column("Name", lambda text: Cell(text, link_table.address("dataset", name=text)), str)
    return link_table.html(texts, [column], "All of them", sort, params)


class TestCells:
    def test_a_dimension_shows_the_worst_of_its_checks_and_says_why(self) -> None:
        failed = result(Status.FAIL, observed="11 values", expected="at least 12")
        row = cells(state("a", Health.FAILING, result(Status.PASS), failed, result(Status.WARN)))
        assert (row["Health"].text, row["Volume"].text) == ("✕ failing", "✕")
        assert row["Volume"].title == "carriers fails: 11 values, expected at least 12"

    def test_what_was_not_measured_is_not_0(self) -> None:
        row = cells(state("a", Health.UNKNOWN))
        assert (row["Rows"].text, row["Freshness"].text, row["Rows per day"].bars) == ("–", "–", ())

    def test_ages_grow_since_they_were_measured(self) -> None:
        cell = cells(state("a"), Known(ages={"a": 3600.0}))["Freshness"]
        assert (cell.text, cell.title) == ("1 h 5 min old", "the newest row is of 2026-03-15 10:55 UTC")

    def test_a_name_leads_to_the_dataset_and_an_incident_to_its_story(self) -> None:
        row = cells(state("s.a"), Known(incidents={"s.a": [incident()]}))
        assert (row["Dataset"].href, row["Incident"].href) == ("dataset?name=s.a", "incident?id=7")
        assert row["Incident"].title == "orders lost rows"
        assert "Incident" not in cells(state("s.a"))


class TestOrder:
    KNOWN = Known(rows={"a": 5.0, "b": 70.0}, ages={"b": 1.0, "c": 9.0})

    @pytest.mark.parametrize(
        ("sort", "order"),
        [
            ("rows", "bac"),
            ("-rows", "abc"),
            ("freshness", "cba"),
            ("-freshness", "bca"),
            ("dataset", "abc"),
            ("?", "cab"),
        ],
    )
    def test_what_is_not_known_comes_last_in_both_directions(self, sort: str, order: str) -> None:
        known = Known(rows=self.KNOWN.rows, ages=self.KNOWN.ages)
        assert "".join(names([state("c"), state("a"), state("b")], sort, known)) == order

    def test_a_dimension_sorts_the_worst_first_and_keeps_the_order_of_the_rest(self) -> None:
        states = [
            state("a", Health.HEALTHY, result(Status.PASS)),
            state("b"),
            state("c", Health.FAILING, result(Status.FAIL)),
        ]
        assert names(states, "volume") == ["c", "a", "b"]

    def test_a_head_sorts_and_the_next_click_turns_it_round(self) -> None:
        assert 'href="?q=x&amp;sort=name"' in drawn("a", q="x")
        assert 'aria-sort="ascending"><a href="?q=x&amp;sort=-name"' in drawn("a", sort="name", q="x")
        assert 'aria-sort="descending"><a href="?sort=name"' in drawn("a", sort="-name")


class TestHtml:
    def test_names_are_text_and_not_html(self) -> None:
        shown = drawn(NASTY)
        assert "&lt;b&gt;&quot;x&quot;&lt;/b&gt; &amp; co" in shown
        assert "<b>" not in shown
        assert 'href="dataset?name=%3Cb%3E%22x%22%3C%2Fb%3E%20%26%20co"' in shown

    def test_a_state_has_its_colour_and_bars_say_what_is_seen(self) -> None:
        column: Column[str] = Column("Health", lambda text: Cell(text, state=True))
        assert '<td class="left failing">✕ failing</td>' in link_table.html(["✕ failing"], [column], "", None, {})
        bars: Column[str] = Column("Bars", lambda text: Cell(text, bars=[0, 4]))
        shown = link_table.html(["from 0 to 4"], [bars], "", None, {})
        assert 'alt="from 0 to 4"' in shown
        assert len(re.findall("%20v-|v-", shown)) == 2

    @pytest.mark.parametrize("palette", [theme.LIGHT, theme.DARK])
    def test_states_have_the_inks_of_the_theme(self, palette: theme.Palette) -> None:
        assert f"td.failing a{{color:{palette.failing};" in link_table.style(palette)
