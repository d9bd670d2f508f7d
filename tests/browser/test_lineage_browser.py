"""The Lineage page in a real browser."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import error_message_run
from openlineage.client.transport.http import HttpConfig, HttpTransport
from openlineage.client.uuid import generate_new_uuid
from playwright.sync_api import expect

from tests.browser.conftest import NASTY

PATIENCE = 30_000  # ms; pages read again what they know every 15 s

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (420, "dark")])
def test_the_graph_shows_datasets_with_their_health_and_who_reads_them(visit, width, scheme) -> None:
    page = visit("/lineage", width=width, scheme=scheme)
    expect(page.get_by_role("heading", level=1)).to_contain_text("of 2 datasets fail")
    picture = page.get_by_test_id("stGraphVizChart")
    expect(picture.get_by_text("shop.main.orders")).to_be_visible()
    expect(picture.get_by_text("✕ failing")).to_be_visible()
    expect(picture.get_by_text("billing")).to_be_visible()
    letters = picture.get_by_text("shop.main.orders").bounding_box()
    assert letters is not None and letters["height"] >= 12  # pixels: it is read without a lens


def test_a_click_on_a_box_leads_to_the_dataset(visit) -> None:
    page = visit("/lineage")
    page.get_by_test_id("stGraphVizChart").get_by_text("shop.main.orders").click()
    expect(page).to_have_url(re.compile(r"/dataset\?name=shop\.main\.orders"))
    expect(page.get_by_role("heading", level=1)).to_have_text("shop.main.orders")


def test_a_row_leads_on_and_one_view_has_its_address(visit) -> None:
    page = visit("/lineage?name=shop.main.orders")
    expect(page.get_by_text("Trouble in it reaches 1 consumer")).to_be_visible()
    page.get_by_role("table").get_by_role("link", name="billing").click()
    expect(page).to_have_url(re.compile(r"/lineage\?name=billing"))
    expect(page.get_by_text("Reads 1 dataset, directly or not")).to_be_visible()


def test_a_name_that_is_not_there_is_said(visit) -> None:
    page = visit("/lineage?name=**nope**")
    expect(page.get_by_text("There is no dataset or consumer **nope**.")).to_be_visible()


def test_what_the_stock_client_of_openlineage_sends_is_in_the_picture(app, visit) -> None:
    client = OpenLineageClient(transport=HttpTransport(HttpConfig(url=app)))
    table, topic = OutputDataset("shop", f"main.{NASTY}"), InputDataset("kafka://broker:9092", "clicks")
    now = datetime.now(UTC)
    error = {"errorMessage": error_message_run.ErrorMessageRunFacet("**no** room <b>left</b>", "PYTHON")}
    for name, ends, facets in (("load.clicks", RunState.FAIL, error), ("load.audit", RunState.COMPLETE, {})):
        job, run = Job("airflow", name), str(generate_new_uuid())
        began, ended = ((now - timedelta(minutes=ago)).isoformat() for ago in (9, 4))
        client.emit(RunEvent(eventTime=began, eventType=RunState.START, run=Run(run), job=job, inputs=[topic]))
        client.emit(RunEvent(eventTime=ended, eventType=ends, run=Run(run, facets=facets), job=job, outputs=[table]))

    page = visit("/lineage")
    failed = page.get_by_text("Job load.clicks ✕ failed")  # there when what other tests have read is old enough
    expect(failed).to_contain_text("after 5 min: **no** room <b>left</b>", timeout=PATIENCE)
    picture = page.get_by_test_id("stGraphVizChart")
    expect(picture.get_by_text("kafka://broker:9092/clicks")).to_be_visible()
    expect(picture.get_by_text("✕ load.clicks failed")).to_be_visible()
    page = visit(f"/lineage?name={quote('kafka://broker:9092/clicks', safe='')}")
    expect(page.get_by_text("Trouble in it reaches 1 dataset", exact=True)).to_be_visible()
