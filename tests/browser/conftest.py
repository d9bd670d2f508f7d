"""A really started `python -m dashboard` on a small warehouse, and a real Chromium in front of it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Literal

import duckdb
import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

NASTY = "**x** <script>alert(1)</script> :red[boo] $a$ [l](http://x)"
ROOT = Path(__file__).parents[2]
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
READY = 180
Open = Callable[..., Page]

CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: shop-orders
version: 1.0.0
status: active
team: {name: Order service}
servers:
  - {server: shop, type: duckdb, database: warehouse.duckdb}
schema:
  - name: orders
    description: Every order of the shop.
    customProperties:
      - {property: vitals.eventTime, value: placed_at}
      - {property: vitals.key, value: [id]}
      - {property: vitals.consumers, value: [billing]}
    properties:
      - {name: id, logicalType: integer}
      - name: email
        logicalType: string
        classification: restricted
        quality:
          - id: email-known
            description: Every order has an e-mail address.
            type: library
            metric: nullValues
            mustBe: 0
            dimension: completeness
            severity: error
            businessImpact: No invoice can be sent.
      - {name: phone, logicalType: string, classification: restricted}
      - {name: country, logicalType: string}
      - {name: placed_at, logicalType: timestamp}
    quality:
      - {type: custom, engine: soda, implementation: "row_count > 0"}
slaProperties:
  - {property: freshness, value: 2, unit: d, element: orders.placed_at}
"""


def build_warehouse(path: Path) -> None:
    """90 days of orders: since yesterday none comes from France, and some have no e-mail; and a table with a name that
    must stay text."""
    nasty = NASTY.replace('"', '""')
    with duckdb.connect(str(path)) as db:
        db.execute(
            """CREATE TABLE orders AS
               SELECT n AS id, CASE WHEN n % 400 = 7 THEN NULL ELSE 'someone' || n || '@example.org' END AS email,
                      'call-me-' || n AS phone, ['DE', 'FR', 'IT', 'ES'][1 + n % 4] AS country, n % 90 + 0.5 AS amount,
                      now()::TIMESTAMP - to_hours((n // 4)::INTEGER) AS placed_at
               FROM range(8640) AS numbers(n)"""
        )
        db.execute("DELETE FROM orders WHERE country = 'FR' AND placed_at >= current_date - 1")
        db.execute(f'CREATE TABLE "{nasty}" AS SELECT 1 AS "{nasty}", $1 AS note', [NASTY])


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def write_config(folder: Path, port: int) -> Path:
    """A configuration with one source that answers and one that does not."""
    (folder / "contracts").mkdir()
    (folder / "contracts" / "orders.yaml").write_text(CONTRACT)
    config = folder / "config.toml"
    config.write_text(
        f"""[app]
history = "history.duckdb"
port = {port}
[sources.shop]
url = "duckdb://warehouse.duckdb"
[sources.gone]
url = "postgres://reader:swordfish@127.0.0.1:{free_port()}/dwh"
timeout = "5s"
"""
    )
    return config


@contextmanager
def started(config: Path, url: str) -> Generator[subprocess.Popen]:
    """The process, from the moment at which everything is measured; stopped at the end."""
    log = config.with_name("log").open("w")
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "dashboard", "--config", str(config)]
    process = subprocess.Popen(command, cwd=config.parent, env=environ, stderr=log, stdout=log)
    try:
        wait_until_measured(process, url, config.with_name("log"))
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        log.close()


def wait_until_measured(process: subprocess.Popen, url: str, log: Path) -> None:
    deadline = time.monotonic() + READY
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            known = httpx.get(f"{url}/api/datasets", timeout=5).raise_for_status().json()["datasets"]
            if len(known) >= 2 and all(one["measured_at"] for one in known):
                return
        except (httpx.HTTPError, KeyError):
            pass  # not listening yet, or still looking at the sources
        time.sleep(0.3)
    pytest.fail(f"the app was not ready after {READY} s:\n{log.read_text()}")


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """The address of the app."""
    folder = tmp_path_factory.mktemp("app")
    build_warehouse(folder / "warehouse.duckdb")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with started(write_config(folder, port), url):
        yield url


@pytest.fixture(scope="session")
def browser() -> Generator[Browser]:
    """A headless Chromium; Debian's, because Playwright's own is not there everywhere."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.fail("no Chromium was found; install it (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def contexts(browser: Browser) -> Callable[[int, str], BrowserContext]:
    """A context for each width and colour scheme, kept so that scripts are loaded once."""

    @cache
    def context(width: int, scheme: Literal["light", "dark"]) -> BrowserContext:
        return browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)

    return context


@pytest.fixture
def visit(app: str, contexts: Callable[[int, str], BrowserContext]) -> Generator[Open]:
    """Opens a path of the app and waits until the page stands. At the end no script may have complained, and nothing
    may have been asked of another host."""
    pages, complaints = [], []

    def go(path: str, width: int = 1280, scheme: str = "light") -> Page:
        page = contexts(width, scheme).new_page()
        pages.append(page)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(f"dialog {dialog.message}"))
        page.on("request", lambda request: complaints.extend(_elsewhere(request.url, app)))
        page.on("console", lambda said: complaints.extend(_error(said.type, said.text)))
        page.goto(app + path)
        expect(page.get_by_text("All times are UTC")).to_be_visible(timeout=60_000)
        return page

    yield go
    for page in pages:
        page.close()
    assert complaints == []


def _elsewhere(url: str, app: str) -> list[str]:
    host = app.removeprefix("http")
    return [] if url.startswith(("data:", "blob:", f"http{host}", f"ws{host}")) else [f"asked {url}"]


def _error(kind: str, text: str) -> list[str]:
    # Streamlit looks for its own address under the page's path first, and goes on when that is not there
    return [text] if kind == "error" and "404" not in text else []
