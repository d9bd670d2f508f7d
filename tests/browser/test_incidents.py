"""Incidents in a real browser: found, read, worked on, written up."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from checks.notify.words import about_incident
from checks.records import Message, MessageKind
from tests.incidents import NINE, incident

pytestmark = pytest.mark.browser
PATIENCE = 30_000


def opened(visit, title: str) -> Page:
    """The story of the incident whose title is so, by way of its dataset."""
    page = visit("/dataset?name=shop.main.orders")
    page.get_by_role("link", name=re.compile(title)).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(re.compile(title), timeout=PATIENCE)
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible(timeout=PATIENCE)
    return page


def said(page: Page, text: str | re.Pattern[str]) -> None:
    expect(page.get_by_text(text).first).to_be_visible(timeout=PATIENCE)


def drawn(page: Page) -> None:
    """After an action all buttons are new ones: waits until the old ones are gone."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=PATIENCE)


def form(page: Page, button: str) -> Locator:
    drawn(page)
    page.get_by_role("button", name=re.compile(f"{button}$")).click()
    return page.get_by_test_id("stPopoverBody")


def named(page: Page, name: str) -> None:
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Your name").press("Enter")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (400, "dark")])
def test_the_list_names_the_worst_and_leads_to_a_story(visit, width, scheme) -> None:
    page = visit("/incidents", width=width, scheme=scheme)
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"^\d incidents are open: "))
    worst = page.get_by_test_id("stMain").get_by_role("link").first
    expect(worst).to_contain_text(re.compile("high|critical"))
    assert worst.evaluate("one => one.scrollWidth <= one.clientWidth"), "the title is cut"
    worst.focus()
    page.keyboard.press("ArrowDown")
    expect(page).to_have_url(re.compile("/incidents$"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/incident\?id=\d"), timeout=PATIENCE)
    said(page, "Where it shows, and whom it reaches")
    page.get_by_test_id("stMain").get_by_role("link", name=re.compile("broken")).first.click()
    expect(page).to_have_url(re.compile("/dataset\\?name="), timeout=PATIENCE)


def test_filters_are_in_the_address(visit) -> None:
    page = visit("/incidents?source=gone&severity=low&range=7+days")
    said(page, "No incident fits these filters.")
    page = visit("/incidents?severity=low")
    page.get_by_text(re.compile(r"^✓ \d resolved")).click()
    expect(page).to_have_url(re.compile("severity=low&state=resolved"))


def test_other_pages_lead_to_it(visit) -> None:
    page = visit("/")
    expect(page.get_by_role("link", name=re.compile(r"^Incidents \(\d\)$"))).to_be_visible()
    page.get_by_role("link", name=re.compile("high.*orders: .*email")).click()
    expect(page).to_have_url(re.compile(r"/incident\?id=\d"), timeout=PATIENCE)
    page = visit("/lineage")
    expect(page.get_by_test_id("stGraphVizChart").get_by_text(re.compile(r"^incidents? \d"))).to_be_visible()
    page = visit("/dataset?name=shop.main.orders&tab=Alerts")
    page.get_by_role("link", name=re.compile("orders lost")).last.click()  # beside its alert, below the verdict
    expect(page.get_by_role("heading", level=1)).to_contain_text("orders lost", timeout=PATIENCE)


def test_the_link_of_a_message_leads_to_its_incident(visit) -> None:
    page = opened(visit, "orders: .*email")
    number, title = int(page.url.rpartition("=")[2]), page.get_by_role("heading", level=1).inner_text()
    told = Message("m", "mail", MessageKind.OPENED, number, NINE, NINE)
    written = about_incident(told, replace(incident(), id=number), NINE, "")
    expect(visit(written.url).get_by_role("heading", level=1)).to_have_text(title, timeout=PATIENCE)


def test_what_is_not_there_is_said(visit) -> None:
    page = visit("/incident?id=**9999**")
    said(page, "There is no incident **9999**.")
    page.get_by_role("link", name="All incidents").click()
    expect(page).to_have_url(re.compile("/incidents$"))


def test_nobody_acts_without_a_name_and_nonsense_is_refused_in_a_sentence(visit) -> None:
    page = opened(visit, "orders: .*email")
    page.get_by_role("button", name="Acknowledge").click()
    said(page, "Write your name first, on the left.")
    named(page, "Noor")
    link = form(page, "Link")
    link.get_by_label("Address of a ticket, a change, a dashboard").fill("javascript:alert(1)")
    link.get_by_role("button", name="Add the link").click()
    said(page, "link: 'javascript:alert(1)' is no address; it starts with https:// or http://")


def test_it_is_acknowledged_assigned_noted_and_marked_as_expected(visit) -> None:
    """Learned alone, so that it is over when somebody says that it was meant to be so."""
    page = opened(visit, "orders lost")
    expect(page.get_by_test_id("stPlotlyChart")).to_be_visible(timeout=PATIENCE)
    said(page, "Nobody has acknowledged it yet.")
    named(page, "Grace")
    page.get_by_role("button", name="Acknowledge").click()
    said(page, "Acknowledged just now.")
    said(page, "Grace: acknowledged")

    assign = form(page, "Assign")
    assign.get_by_label("To whom", exact=True).fill("Imani *Okafor*")
    assign.get_by_role("button", name="Assign").click()
    said(page, "Acknowledged just now; Imani *Okafor* has it.")

    note = form(page, "Note")
    note.get_by_label("Note", exact=True).fill("France is **closed**: [x](http://y)")
    note.get_by_role("button", name="Add the note").click()
    said(page, "Grace: France is **closed**: [x](http://y)")

    label = form(page, "Say what it was")
    label.get_by_label("Why, for those who read it later").fill("a strike")
    label.get_by_role("button", name="Save").click()
    said(page, re.compile(r"^Resolved just now \(.* UTC\) after .*: expected: a strike\.$"))
    said(page, "Grace: labelled as expected: a strike")
    expect(page.get_by_role("button", name="Resolve")).to_have_count(0)


def test_it_is_muted_watched_resolved_and_written_up(visit, tmp_path: Path) -> None:
    page = opened(visit, "orders: .*email")
    named(page, "Grace")
    mute = form(page, "Mute")
    mute.get_by_role("button", name="Mute").click()
    said(page, re.compile(r"^Nobody has acknowledged it yet; nobody is told until .* 00:00 UTC\.$"))
    page.get_by_role("button", name="Unmute").click()
    said(page, "Grace: no longer muted")
    drawn(page)
    page.get_by_role("button", name="Mended, watch it").click()
    said(page, re.compile("^Said to be mended just now: it resolves itself when runs are healthy"))

    resolve = form(page, "Resolve")
    resolve.get_by_label("What was it, and what was done?").fill("The form let empty addresses pass; it is mended.")
    resolve.get_by_role("button", name="Resolve").click()
    said(
        page, re.compile(r"^Resolved just now \(.* UTC\) after .*: The form let empty addresses pass; it is mended\.$")
    )

    drawn(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Post-mortem").click()
    assert re.fullmatch(r"incident-\d+\.md", download.value.suggested_filename)
    download.value.save_as(tmp_path / "report.md")
    report = (tmp_path / "report.md").read_text()
    assert report.startswith("# Post-mortem: orders: ")
    assert re.findall("^## (.*)$", report, re.MULTILINE) == [
        "What happened",
        "When",
        "Impact",
        "Evidence",
        "Times",
        "Timeline",
        "Open questions",
    ]
    assert "| Grace | resolved: The form let empty addresses pass; it is mended. |" in report
