"""The Overview in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser
ORDERS = "/dataset?name=shop.main.orders"


def table(page: Page) -> Locator:
    return page.get_by_role("table", name="Datasets with their health")


def test_the_first_line_says_what_needs_attention(visit) -> None:
    page = visit("/")
    heading = page.get_by_role("heading", level=1)
    # of the incidents of this app, other tests may have acknowledged or resolved some
    expect(heading).to_have_text(re.compile(r"^1 of 2 datasets needs attention: (orders|source gone)\b.{10}"))


def test_an_incident_is_told_with_its_reason_its_beginning_its_owner_and_who_has_it(visit) -> None:
    told = visit("/").locator("[class*=st-key-told-]").filter(has_text="Order service").first
    expect(told).to_contain_text(
        re.compile("why .*began .*owner Order service.*now .*(acknowledged|broken again|mended)")
    )


def test_health_is_counted_in_words_and_icons(visit) -> None:
    page = visit("/")
    for said in ("✕ 1 failing", "▲ 0 warning", "? 0 unknown", "✓ 1 healthy"):
        expect(page.get_by_role("button", name=said)).to_be_visible()


def test_the_table_shows_the_worst_first(visit) -> None:
    page = visit("/")
    expect(table(page)).to_contain_text(re.compile("✕ failing.*shop.main.orders.*Order service.*✓ healthy", re.DOTALL))


def test_a_click_on_a_count_filters_and_is_in_the_address(visit) -> None:
    page = visit("/")
    page.get_by_role("button", name="✓ 1 healthy").click()
    expect(page).to_have_url(re.compile("health=healthy"))
    expect(page.get_by_text("1 dataset. A name leads to its page")).to_be_visible()
    expect(table(page)).not_to_contain_text("shop.main.orders")


def test_filters_are_read_from_the_address(visit) -> None:
    page = visit("/?q=order+service&health=failing")
    expect(page.get_by_text("1 dataset. A name leads to its page")).to_be_visible()
    expect(page.get_by_role("searchbox")).to_have_value("order service")


def test_filters_that_fit_nothing_say_so(visit) -> None:
    page = visit("/?q=nothing-is-called-like-this")
    expect(page.get_by_text("No dataset fits these filters.")).to_be_visible()


@pytest.mark.parametrize("part", [table, lambda page: page.locator(".vitals-heat")])
def test_a_name_leads_to_the_dataset_without_loading_the_app_anew_and_back_again(visit, part) -> None:
    page = visit("/")
    page.evaluate("window.loaded = 'once'")
    part(page).get_by_role("link", name="shop.main.orders").click()
    expect(page).to_have_url(re.compile(r"/dataset\?name=shop.main.orders"))
    expect(page.get_by_role("heading", name="shop.main.orders")).to_be_visible()
    page.go_back()
    expect(table(page)).to_be_visible()
    assert page.evaluate("window.loaded") == "once"


def test_the_keyboard_moves_through_the_table_and_only_enter_leaves_it(visit) -> None:
    page = visit("/")
    expect(table(page)).to_be_visible()
    names = [table(page).get_by_role("row").nth(row).get_by_role("link").first for row in (1, 2)]
    names[0].focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowUp"):
        page.keyboard.press(key)
    expect(page).to_have_url(re.compile("/$"))
    for _ in range(9):
        page.keyboard.press("Tab")
        if names[1].evaluate("link => link === document.activeElement"):
            break
    assert names[1].evaluate("link => getComputedStyle(link).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/dataset\?name="))


def test_the_link_that_the_keyboard_stands_on_keeps_the_focus_when_the_table_is_drawn_anew(visit) -> None:
    page = visit("/")
    link = table(page).get_by_role("link", name="shop.main.orders")
    link.focus()
    page.evaluate("() => { const table = document.querySelector('.vitals-table'); table.outerHTML = table.outerHTML }")
    expect(link).to_be_focused()


def test_a_name_opens_in_a_new_tab(visit) -> None:
    page = visit("/")
    with page.context.expect_page() as opened:
        table(page).get_by_role("link", name="shop.main.orders").click(modifiers=["ControlOrMeta"])
    expect(opened.value).to_have_url(re.compile(r"/dataset\?name=shop.main.orders"))
    opened.value.close()
    expect(page).to_have_url(re.compile("/$"))


def test_a_head_sorts_and_the_order_is_in_the_address(visit) -> None:
    page = visit("/?q=shop")
    rows = table(page).get_by_role("row")
    expect(rows.nth(1)).to_contain_text("shop.main.orders")
    table(page).get_by_role("link", name="Rows", exact=True).click()
    expect(table(page).get_by_role("columnheader", name="Rows ↓")).to_have_attribute("aria-sort", "descending")
    table(page).get_by_role("link", name="Rows ↓").click()
    expect(page).to_have_url(re.compile(r"\?q=shop&sort=-rows"))
    expect(rows.nth(2)).to_contain_text("shop.main.orders")
    expect(page.get_by_role("searchbox")).to_have_value("shop")


def test_a_label_of_the_heat_map_that_a_narrow_window_cuts_is_not_shown(visit) -> None:
    page = visit("/", width=400)
    labels = page.locator(".vitals-heat b")
    expect(labels.last).to_be_visible()
    edge = page.locator(".vitals-heat p").first.evaluate("line => line.getBoundingClientRect().left")
    shown = "labels => labels.filter(b => b.innerText).map(b => b.getBoundingClientRect().left)"
    lefts = labels.evaluate_all(shown)
    assert lefts and min(lefts) >= edge


def test_the_heat_map_names_its_days_and_has_a_legend(visit) -> None:
    page = visit("/")
    expect(page.get_by_text("Health by day, last 90 days")).to_be_visible()
    expect(page.get_by_text("empty: nothing was judged")).to_be_visible()
    expect(page.locator(".vitals-heat").get_by_text("shop.main.orders")).to_be_visible()


@pytest.mark.parametrize("path", ["/", "/dataset?name=shop.main.orders"])
def test_a_link_that_the_keyboard_has_reached_is_seen_and_enter_follows_it(visit, path: str) -> None:
    page = visit(path)
    link = page.get_by_role("link", name=re.compile("(high|medium).* orders")).first
    expect(link).to_be_visible(timeout=15_000)
    for _ in range(40):
        page.keyboard.press("Tab")
        if link.evaluate("link => link === document.activeElement"):
            break
    assert link.evaluate("link => getComputedStyle(link).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/incident\?id=\d"))


@pytest.mark.parametrize(
    ("path", "scheme"),
    [
        ("/", "light"),
        ("/", "dark"),
        ("/dataset?name=shop.main.orders", "dark"),
        ("/runs", "dark"),
        ("/sources", "dark"),
    ],
)
def test_pages_fit_a_narrow_window_in_both_themes(visit, path: str, scheme: str) -> None:
    page = visit(path, width=400, scheme=scheme)
    wide, seen = page.get_by_test_id("stMain").evaluate("main => [main.scrollWidth, main.clientWidth]")
    assert wide <= seen
    ground = page.get_by_test_id("stApp").evaluate("app => getComputedStyle(app).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 24, 29)"}[scheme]
    cut = "links => links.filter(link => link.scrollWidth > link.clientWidth + 1).map(link => link.innerText)"
    assert page.get_by_test_id("stPageLink").locator("span").evaluate_all(cut) == []
