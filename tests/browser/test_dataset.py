"""The Dataset page in a real browser."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NASTY

pytestmark = pytest.mark.browser
ORDERS = "/dataset?name=shop.main.orders"


def test_the_verdict_stands_first_with_its_reasons(visit) -> None:
    page = visit(ORDERS)
    expect(page.get_by_text(re.compile(r"^Failing: 1 of \d+ checks fails, 1 warns$"))).to_be_visible()
    expect(page.get_by_text("email-known").first).to_be_visible()
    expect(page.get_by_text("read by billing")).to_be_visible()
    expect(page.get_by_text("placed_at (from the contract, days in UTC)")).to_be_visible()


def test_each_finding_stands_below_its_incident_and_is_told_once(visit) -> None:
    page = visit(ORDERS, width=400)
    below = page.locator("[class*=st-key-of-incident-]").get_by_role("link", name=re.compile("email-known"))
    expect(below).to_have_text(re.compile("✕ fails.*email-known.*expected none.*look into it"))
    expect(page.get_by_role("link", name=re.compile("email-known"))).to_have_count(1)


def test_trends_are_drawn_and_the_range_is_in_the_address(visit) -> None:
    page = visit(ORDERS)
    expect(page.locator(".js-plotly-plot").get_by_text("Rows per day")).to_be_visible()
    page.get_by_role("radio", name="30 days").or_(page.get_by_role("button", name="30 days")).first.click()
    expect(page).to_have_url(re.compile(r"range=30\+days"))


def test_what_is_chosen_can_be_read_in_the_dark(visit) -> None:
    page = visit(f"{ORDERS}&series=mean.amount", scheme="dark")
    tag = page.get_by_test_id("stMultiSelect").locator("[data-tag]")
    ink = "tag => [getComputedStyle(tag).color, getComputedStyle(tag.closest('[data-testid=stApp]')).color]"
    expect(tag).to_be_visible(timeout=15_000)
    assert len(set(tag.evaluate(ink))) == 1
    assert tag.evaluate("tag => getComputedStyle(tag).backgroundColor") == "rgba(128, 145, 162, 0.25)"


def test_a_series_is_chosen_by_the_address(visit) -> None:
    page = visit(f"{ORDERS}&series=mean.amount")
    expect(page.locator(".js-plotly-plot").get_by_text("Mean of amount")).to_be_visible()


def test_from_a_reason_to_the_failing_rows_without_their_secrets(visit) -> None:
    page = visit(ORDERS)
    page.get_by_role("link", name="look into it").first.click()
    expect(page.get_by_text("No invoice can be sent.").first).to_be_visible()
    page.get_by_text("Show failing rows").click()
    expect(page.get_by_text("Masked, because the contract classifies them: email, phone.")).to_be_visible(
        timeout=15_000
    )
    expect(page).to_have_url(re.compile("rows=1"))
    expect(page.get_by_test_id("stDataFrame").last).to_contain_text("•••")
    expect(page.get_by_test_id("stDataFrame").last).not_to_contain_text("call-me")


def test_from_a_check_to_its_trend(visit) -> None:
    """Also to the tab that the page opens with, which needs no word in the address."""
    page = visit(ORDERS)
    page.get_by_role("link", name="look into it").first.click()
    page.get_by_role("button", name="see its trend").click()
    expect(page.get_by_role("tab", name="Trends")).to_have_attribute("aria-selected", "true", timeout=15_000)
    expect(page.locator(".js-plotly-plot").first).to_be_visible(timeout=15_000)


def test_the_queries_of_the_last_run_are_shown(visit) -> None:
    page = visit(f"{ORDERS}&tab=Checks")
    page.get_by_text("The queries of the last run").click()
    expect(page.get_by_text(re.compile("count\\(", re.IGNORECASE)).first).to_be_visible()


def test_what_vanished_is_named(visit) -> None:
    page = visit(f"{ORDERS}&tab=What+changed&column=country")
    expect(page.get_by_text("country FR vanished")).to_be_visible(timeout=15_000)


def test_what_explains_the_missing_rows_is_said_first(visit) -> None:
    page = visit(f"{ORDERS}&tab=What+changed")
    sentence = "100 % of the missing rows are country = FR (no rows, usually 24 rows); other countries are normal."
    expect(page.get_by_text(re.compile(_spaced(sentence)))).to_be_visible(timeout=30_000)
    expect(page.get_by_test_id("stDataFrame").first).to_contain_text("country = FR")
    page.get_by_text("How it was searched").click()
    expect(page.get_by_text("email (classified), phone (classified)")).to_be_visible()


def test_the_number_to_be_explained_is_chosen_by_the_address(visit) -> None:
    page = visit(f"{ORDERS}&tab=What+changed&metric=null_rate.email")
    # which of the earlier days had rows without an e-mail depends on the weekday
    expect(page.get_by_text(re.compile(r"[\d.]+ %, usually [\d.]+ %\. Compared with"))).to_be_visible(timeout=30_000)


def _spaced(sentence: str) -> str:
    """The sentence as a pattern that allows for the invisible breaks that keep Markdown from reading it."""
    return "\u200b?".join(re.escape(letter) for letter in sentence)


def test_columns_and_schema_are_tables(visit) -> None:
    page = visit(f"{ORDERS}&tab=Columns")
    expect(page.get_by_test_id("stDataFrame")).to_contain_text("country")
    page.get_by_role("tab", name="Schema").click()
    expect(page).to_have_url(re.compile("tab=Schema"))
    expect(page.get_by_text("No change since it was first seen")).to_be_visible()


def test_a_select_is_answered_and_a_delete_is_refused(visit) -> None:
    page = visit(f"{ORDERS}&tab=Query")
    ask(page, "SELECT country, count(*) AS n FROM orders GROUP BY country ORDER BY 1")
    expect(page.get_by_text("4 rows.")).to_be_visible(timeout=15_000)
    expect(page.get_by_test_id("stDataFrame")).to_contain_text("DE")
    ask(page, "DELETE FROM orders")
    expect(page.get_by_text("only SELECT is allowed here")).to_be_visible(timeout=15_000)


def ask(page: Page, sql: str) -> None:
    page.get_by_role("textbox", name="One SELECT").fill(sql)
    page.get_by_role("button", name="Run query").click()


def test_run_now_measures_and_says_so(visit) -> None:
    page = visit(ORDERS)
    page.get_by_role("button", name="Run now").click()
    expect(page.get_by_text("Measured shop.main.orders")).to_be_visible(timeout=20_000)


def test_an_unknown_dataset_is_answered_in_words(browser, app: str) -> None:
    page = browser.new_page()
    page.goto(f"{app}/dataset?name=shop.main.ordres")
    expect(page.get_by_text("There is no dataset called shop.main.ordres.")).to_be_visible(timeout=20_000)
    page.close()


def test_the_contract_stands_beside_the_facts(visit) -> None:
    page = visit(f"{ORDERS}&tab=Contract")
    expect(page.get_by_text(re.compile(r"^Of \d+ promises 1 is broken, \d+ are kept\.$"))).to_be_visible()
    table = page.get_by_test_id("stDataFrame").first
    expect(table).to_contain_text("rows without a value")
    expect(table).to_contain_text("email-known")
    expect(page.get_by_text("In the table and not in the contract: amount.")).to_be_visible()
    expect(page.get_by_text("1 line of the file is not executed.")).to_be_visible()
    page.get_by_role("link", name="versions and coverage of the contract").click()
    expect(page).to_have_url(re.compile("contracts.*id=shop-orders"))


def test_where_there_is_no_contract_a_draft_is_shown_and_can_be_taken_away(visit) -> None:
    page = visit(f"/dataset?name={quote(f'shop.main.{NASTY}')}&tab=Contract", width=420)
    page.get_by_role("button", name="Draft a contract").click()
    expect(page.get_by_test_id("stCode").last).to_contain_text("status: draft", timeout=60_000)
    with page.expect_download() as taken:
        page.get_by_role("button", name="Download").click()
    text = taken.value.path().read_text()
    assert text.startswith("# A draft from what was measured at")
    assert NASTY in text
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 420


def test_a_nasty_name_stays_text_on_every_tab(visit) -> None:
    page = visit(f"/dataset?name={quote(f'shop.main.{NASTY}')}")
    heading = page.get_by_role("heading", level=1)
    assert heading.inner_text().replace("\u200b", "") == f"shop.main.{NASTY}"
    for tab in ("Checks", "Contract", "What changed", "Columns", "Schema", "Query", "Trends"):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_role("tabpanel", name=tab).get_by_test_id("stVerticalBlock").first).to_be_visible()
        assert page.locator(":is(h1, p) :is(a[href*='//x'], script, .katex)").count() == 0
        assert page.get_by_text("could not be built").count() == 0
