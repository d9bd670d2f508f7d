"""Learned alerts in a real browser: found, listed over all datasets, labelled, and the label taken back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
ALERTS = "/dataset?name=shop.main.orders&tab=Alerts"


def test_an_alert_is_told_with_its_band_and_leads_to_its_trend(visit) -> None:
    page = visit(ALERTS)
    expect(page.get_by_text(re.compile(r"rows on \d{4}-\d\d-\d\d, expected")).first).to_be_visible()
    page.get_by_role("button", name="see its trend").first.click()
    expect(page.get_by_text("What Vitals believes")).to_be_visible(timeout=20_000)
    expect(page.get_by_text(re.compile("would be seen")).first).to_be_visible()


def test_all_alerts_are_listed_with_their_filters_in_the_address(visit) -> None:
    page = visit("/anomalies?range=90+days")
    expect(page.get_by_text(re.compile(r"^\d+ alerts? in 1 dataset in the last 90 days"))).to_be_visible()
    page.get_by_text("not labelled", exact=True).click()
    expect(page).to_have_url(re.compile("labels=open"))
    page.get_by_role("link", name=re.compile(r"rows on \d{4}-\d\d-\d\d, expected")).first.click()
    expect(page).to_have_url(re.compile(r"/dataset\?name=shop.main.orders&tab=Alerts"), timeout=20_000)


def test_nothing_found_is_said_as_it_is(visit) -> None:
    page = visit("/anomalies?range=90+days&dimension=timeliness&labels=labelled")
    expect(page.get_by_text("No alert fits these filters.")).to_be_visible()


def test_an_alert_is_labelled_by_name_and_the_label_undone(visit) -> None:
    page = visit(ALERTS)
    page.get_by_role("button", name="Say what it was").first.click()
    form = page.get_by_test_id("stPopoverBody")
    form.get_by_label("Why, for those who read it later").fill("the **sale**")
    form.get_by_label("Your name").fill("Ada")
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_text(re.compile(r"expected, says Ada: the \*\*sale\*\*")).first).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="undo").first.click()
    expect(page.get_by_text(re.compile("says Ada"))).to_have_count(0, timeout=30_000)
