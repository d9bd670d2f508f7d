"""The Detection tab of the Dataset page in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
DETECTION = "/dataset?name=shop.main.orders&tab=Detection"


def test_what_is_learned_of_arrivals_is_said_before_it_is_known(visit) -> None:
    page = visit(DETECTION)
    expect(page.get_by_text("Learning when a day is complete: 0 of 10 days were watched")).to_be_visible()
    expect(page.get_by_text("Learning when new rows come: 15 arrivals in at least 14 days are needed")).to_be_visible()


def test_the_past_is_replayed_with_faults_put_in(visit) -> None:
    page = visit(DETECTION)
    page.get_by_text("Put standard faults in").click()
    page.get_by_role("button", name="Replay").click()
    summary = re.compile(r"from \d{4}-\d\d-\d\d to .* per 90 days, budget 1\.")
    expect(page.get_by_text(summary)).to_be_visible(timeout=90_000)
    expect(page.get_by_text("Standard faults, put into copies of these series one at a time")).to_be_visible()
    expect(page.locator(".js-plotly-plot").first).to_be_visible(timeout=30_000)
