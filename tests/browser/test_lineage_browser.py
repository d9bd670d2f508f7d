"""The Lineage page in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (420, "dark")])
def test_the_graph_shows_datasets_with_their_health_and_who_reads_them(visit, width, scheme) -> None:
    page = visit("/lineage", width=width, scheme=scheme)
    expect(page.get_by_role("heading", level=1)).to_contain_text("of 2 datasets fail")
    picture = page.get_by_test_id("stGraphVizChart")
    expect(picture.get_by_text("shop.main.orders")).to_be_visible()
    expect(picture.get_by_text("✕ failing")).to_be_visible()
    expect(picture.get_by_text("billing")).to_be_visible()


def test_a_click_on_a_box_leads_to_the_dataset(visit) -> None:
    page = visit("/lineage")
    page.get_by_test_id("stGraphVizChart").get_by_text("shop.main.orders").click()
    expect(page).to_have_url(re.compile(r"/dataset\?name=shop\.main\.orders"))
    expect(page.get_by_role("heading", level=1)).to_have_text("shop.main.orders")


def test_a_row_leads_on_and_one_view_has_its_address(visit) -> None:
    page = visit("/lineage?name=shop.main.orders")
    expect(page.get_by_text("Trouble in it reaches 1 consumer")).to_be_visible()
    page.get_by_test_id("stDataFrame").first.click(position={"x": 60, "y": 50})
    expect(page).to_have_url(re.compile(r"/lineage\?name=billing"))
    expect(page.get_by_text("Reads 1 dataset, directly or not")).to_be_visible()


def test_a_name_that_is_not_there_is_said(visit) -> None:
    page = visit("/lineage?name=**nope**")
    expect(page.get_by_text("There is no dataset or consumer **nope**.")).to_be_visible()
