"""The Contracts page in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_contracts_are_listed_with_what_is_kept(visit) -> None:
    page = visit("/contracts")
    expect(page.get_by_role("heading", level=1)).to_have_text("The contract shop-orders is not kept")
    table = page.get_by_test_id("stDataFrame").first
    expect(table).to_contain_text("✕ failing")
    expect(table).to_contain_text("Order service")


def test_coverage_says_what_is_executed_and_what_is_not(visit) -> None:
    page = visit("/contracts?id=shop-orders")
    expect(page.get_by_text(re.compile(r"^\d+ checks; 1 line that is not executed or is wrong"))).to_be_visible()
    expect(page.get_by_test_id("stDataFrame").nth(1)).to_contain_text("soda")
    page.get_by_role("link", name="✕ shop.main.orders").click()
    expect(page).to_have_url(re.compile("dataset.*tab=Checks"))


def test_service_levels_stand_beside_their_attainment(visit) -> None:
    page = visit("/contracts?tab=Service+levels")
    expect(page.get_by_text("As of the newest run of each dataset.")).to_be_visible()
    expect(page.get_by_test_id("stDataFrame").last).to_contain_text("freshness")


def test_versions_can_be_read_as_changes(visit, app) -> None:
    import httpx

    from tests.browser.conftest import CONTRACT

    page = visit("/contracts?tab=Versions")
    expect(page.get_by_text("No version is registered yet.")).to_be_visible()
    older = CONTRACT.replace("- {name: phone, logicalType: string, classification: restricted}\n      ", "")
    answer = httpx.post(f"{app}/api/contracts", content=older, headers={"content-type": "application/yaml"})
    assert answer.status_code == 201, answer.text
    page = visit("/contracts?tab=Versions")
    expect(page.get_by_text("in the contracts folder, not registered")).to_be_visible(timeout=40_000)
    expect(page.get_by_text(re.compile("phone"))).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_a_narrow_screen(visit, scheme) -> None:
    page = visit("/contracts", width=400, scheme=scheme)
    width = page.evaluate("document.scrollingElement.scrollWidth")
    assert width <= 400
