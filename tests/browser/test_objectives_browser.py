"""The Service levels page in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
PATIENCE = 30_000  # milliseconds for what is drawn after the page stands


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (400, "dark")])
def test_service_levels_stand_with_their_budgets_and_fit_the_screen(visit, width, scheme) -> None:
    page = visit("/service-levels", width=width, scheme=scheme)
    expect(page.get_by_role("heading", level=1)).to_contain_text("2 service levels")
    table = page.get_by_test_id("stDataFrame").first
    expect(table).to_contain_text("freshness", timeout=PATIENCE)
    expect(table).to_contain_text("quality")
    expect(page.get_by_test_id("stPlotlyChart")).to_contain_text(
        "Error budget left, percent of 7 h 12 min", timeout=PATIENCE
    )
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width


def test_a_level_has_its_address_and_a_row_leads_to_it(visit) -> None:
    page = visit("/service-levels?dataset=shop.main.orders&level=freshness")
    expect(page.get_by_role("heading", name="freshness of shop.main.orders")).to_be_visible()
    expect(page.get_by_test_id("stDataFrame").first).to_contain_text("quality", timeout=PATIENCE)
    page.get_by_test_id("stDataFrame").first.click(position={"x": 150, "y": 50})
    expect(page).to_have_url(re.compile(r"level=\w+"))
    page.get_by_role("link", name="Open the contract").click()
    expect(page).to_have_url(re.compile(r"/contracts\?id=shop-orders&tab=Service"))
    expect(page.get_by_text("As of the newest run of each dataset.")).to_be_visible()
    page.get_by_role("link", name="How much of the time they are met").click()
    expect(page).to_have_url(re.compile(r"/service-levels\?contract=shop-orders"))


def test_how_soon_people_respond_stands_below(visit) -> None:
    page = visit("/service-levels")
    expect(page.get_by_role("heading", name="How soon people respond")).to_be_visible()
    expect(page.get_by_text(re.compile(r"^Since \d{4}-\d\d-\d\d: \d+ incidents?"))).to_be_visible()
    expect(page.get_by_test_id("stDataFrame").nth(2)).to_contain_text("everything", timeout=PATIENCE)


def test_burn_rates_are_explained(visit) -> None:
    page = visit("/service-levels?dataset=shop.main.orders&level=freshness")
    expect(page.get_by_text("A burn rate of 1 spends the budget in exactly 30 days.")).to_be_visible()
    expect(page.get_by_test_id("stDataFrame").nth(1)).to_contain_text("slow, from 3", timeout=PATIENCE)
