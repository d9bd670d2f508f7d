"""The Runs and the Sources page in a real browser, and the process behind them."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import ROOT, build_warehouse, free_port, started, write_config

pytestmark = pytest.mark.browser


def test_runs_are_listed_with_what_they_took(visit) -> None:
    page = visit("/runs")
    expect(page.get_by_role("heading", level=1)).to_contain_text("in the last day")
    expect(page.get_by_test_id("stDataFrame")).to_contain_text("✓ finished")
    expect(page.get_by_text(re.compile(r"shop\.main\.orders, in \d+ min")).first).to_be_visible()


def test_a_click_on_a_run_shows_its_queries(visit) -> None:
    page = visit("/runs?dataset=shop.main.orders")
    page.get_by_test_id("stDataFrame").first.click(position={"x": 160, "y": 50})
    expect(page.locator("code").first).to_be_visible()


def test_an_outcome_filter_is_in_the_address(visit) -> None:
    page = visit("/runs?outcome=cancelled")
    expect(page.get_by_text("No run fits these filters.")).to_be_visible()


def test_sources_say_what_answers_and_never_the_password(visit) -> None:
    page = visit("/sources")
    expect(page.get_by_role("heading", level=1)).to_have_text("1 of 2 sources does not answer")
    expect(page.get_by_text("✓ answers")).to_be_visible()
    expect(page.get_by_text("? did not answer")).to_be_visible()
    assert "swordfish" not in page.content()


def test_the_counts_of_a_source_lead_to_its_datasets(visit) -> None:
    page = visit("/sources")
    page.get_by_role("link", name="✕ 1 failing").click()
    expect(page).to_have_url(re.compile("source=shop"))
    expect(page.get_by_text("1 dataset. A name leads to its page")).to_be_visible()


class TestTheProcess:
    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "dashboard", *arguments]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)

    def test_a_wrong_configuration_is_told_with_exit_code_64(self, tmp_path: Path) -> None:
        config = tmp_path / "config.toml"
        config.write_text("[app]\nprot = 1\n")
        ended = self.run("--config", str(config))
        assert (ended.returncode, "did you mean port" in ended.stderr) == (64, True)

    def test_a_second_owner_is_refused_and_the_first_stops_in_time(self, tmp_path: Path, browser: Browser) -> None:
        build_warehouse(tmp_path / "warehouse.duckdb")
        port = free_port()
        config, url = write_config(tmp_path, port), f"http://127.0.0.1:{port}"
        with started(config, url) as process:
            second = tmp_path / "second.toml"
            second.write_text(config.read_text().replace(str(port), str(free_port())))
            ended = self.run("--config", str(second))
            assert (ended.returncode, "in use by" in ended.stderr, "Traceback" in ended.stderr) == (1, True, False)

            page = browser.new_page()
            page.goto(url)
            expect(page.get_by_text("All times are UTC")).to_be_visible(timeout=20_000)
            asked = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(15) == 0
            assert time.monotonic() - asked < 10
            page.close()
        with pytest.raises(httpx.ConnectError):
            httpx.get(url)
