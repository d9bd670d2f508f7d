"""`backtest` as people use it: on a real warehouse and its history, with the app down and up, and with nonsense."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import httpx
import numpy as np
import pytest

from checks.__main__ import main
from tests.apps import free_port, running_app

pytestmark = pytest.mark.slow  # a real warehouse that a worker reads, and replays of all its series

TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
LOST = (TODAY - timedelta(days=20)).date().isoformat()
PORT = free_port()


@pytest.fixture(scope="module")
def config(tmp_path_factory) -> Path:
    """A shop of 150 days that lost most of its rows on one of them, run once; and a table that was never run."""
    folder = tmp_path_factory.mktemp("shop")
    random = np.random.default_rng(1)
    with duckdb.connect(str(folder / "shop.duckdb")) as warehouse:
        warehouse.execute("CREATE TABLE orders (id BIGINT, city VARCHAR, created_at TIMESTAMP)")
        for back in range(150, -1, -1):
            rows = 40 if back == 20 else int(random.poisson(300))
            day = TODAY - timedelta(days=back)
            warehouse.execute(
                """INSERT INTO orders SELECT range, CASE WHEN hash(range, $1) % 50 > 0 THEN 'c' || range % 5 END,
                       $2::TIMESTAMP + INTERVAL (range) SECOND FROM range($3)""",
                [back, day, rows],
            )
        warehouse.execute("CREATE TABLE later AS FROM orders LIMIT 0")
    file = folder / "config.toml"
    source = '[sources.shop]\nurl = "duckdb://shop.duckdb"\n'
    file.write_text(f"[app]\nport = {PORT}\n[schedule]\nhistory_days = 200\ndefault = '0 0 1 1 *'\n{source}")
    assert main(["run", "shop.main.orders", "--config", str(file)]) in (0, 2)
    return file


def said(capfd: pytest.CaptureFixture[str], config: Path, *words: str) -> tuple[int, str, str]:
    capfd.readouterr()
    code = main(["backtest", *words, "--config", str(config)])
    return code, *capfd.readouterr()


def document(capfd: pytest.CaptureFixture[str], config: Path, *words: str) -> dict[str, Any]:
    code, out, _ = said(capfd, config, *words, "--json")
    assert (code, out.count("\n")) == (0, 1)
    return json.loads(out)


def test_the_day_of_lost_rows_would_have_alerted(config: Path, capfd):
    found = document(capfd, config, "shop.main.orders", "--days", "60")
    [setting] = found["settings"]
    alerts = {each["from"][:10]: each for each in setting["alerts"]}
    assert LOST in alerts
    assert alerts[LOST]["metric"] == "bucket_rows"
    assert alerts[LOST]["sentence"].startswith("bucket_rows: 40 rows, expected between")
    assert (found["dataset"], found["reason"], setting["labels"], setting["faults"]) == (
        "shop.main.orders",
        None,
        None,
        None,
    )
    assert setting["alerts_per_90_days"] == pytest.approx(1.5 * len(alerts))
    assert {each["judged"] for each in setting["series"] if each["metric"] == "bucket_rows"} == {60}


def test_words_tell_the_same(config: Path, capfd):
    code, out, _ = said(capfd, config, "orders", "--days", "60")
    assert code == 0
    assert f"shop.main.orders: {(TODAY - timedelta(days=60)).date()} to" in out
    assert LOST in out
    assert "budget per 90 days" in out


def test_two_settings_stand_side_by_side(config: Path, capfd):
    words = ("orders", "--set", "detection.alerts_per_90_days=30", "--set", "detection.holidays=US")
    configured, changed = document(capfd, config, *words)["settings"]
    assert configured["detection"] == {"alerts_per_90_days": 1.0, "holidays": None}
    assert changed["detection"] == {"alerts_per_90_days": 30.0, "holidays": "US"}
    assert (configured["budget"], changed["budget"]) == (1.0, 30.0)
    _, out, _ = said(capfd, config, *words)
    lines = {line.split("  ")[0]: line.split() for line in out.splitlines()}
    assert lines["budget per 90 days"][-2:] == ["1", "30"]
    assert lines["holidays"] == ["holidays", "none", "US"]
    assert "What would have alerted, configured" in out


def test_faults_are_put_in_and_the_seed_chooses_where(config: Path, capfd):
    one, again = (document(capfd, config, "orders", "--inject", "--seed", "4") for _ in range(2))
    assert one == again
    recall = {each["fault"]: each for each in one["settings"][0]["faults"]}
    assert recall["missing bucket"]["recall"] == recall["drop by 80 %"]["recall"] == 1.0
    assert recall["vanished category"]["injected"] > 0
    code, out, _ = said(capfd, config, "orders", "--inject", "--seed", "4")
    assert (code, "Faults put into these series (seed 4), and found" in out) == (0, True)


def test_a_page_is_written_that_needs_nothing_else(config: Path, capfd, tmp_path: Path):
    page = tmp_path / "backtest.html"
    code, out, err = said(capfd, config, "orders", "--days", "30", "--html", str(page), "--format", "json")
    assert (code, err) == (0, f"wrote {page}\n")
    assert "points" not in json.loads(out)["settings"][0]
    text = page.read_text()
    assert "<h1>Backtest of shop.main.orders</h1>" in text
    assert LOST in text
    assert 'src="http' not in text


def test_a_page_that_can_not_be_written_says_so(config: Path, capfd, tmp_path: Path):
    code, out, err = said(capfd, config, "orders", "--html", str(tmp_path / "no" / "such.html"))
    assert (code, out) == (3, "")
    assert err.endswith("such.html: the page can not be written: No such file or directory\n")


def test_where_nothing_was_measured_nothing_is_replayed(config: Path, capfd):
    code, out, _ = said(capfd, config, "later", "--inject")
    assert code == 3
    assert out.replace("\n", " ").startswith(
        "Nothing could be replayed: nothing of shop.main.later has been measured yet"
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("nowhere",), "nowhere"),
        (("orders", "--days", "0"), "--days"),
        (("orders", "--days", "many"), "--days"),
        (("orders", "--seed", "-1", "--inject"), "--seed"),
        (("orders", "--format", "xml"), "--format"),
        (("orders", "--set", "detection.rate=1"), "detection.rate is not a setting that can be compared"),
        (("orders", "--set", "detection.holidays=Mars"), "is not a country whose holidays are known"),
        ((), "Missing argument 'dataset'"),
    ],
)
def test_nonsense_is_wrong_usage(config: Path, capfd, words: tuple[str, ...], sentence: str):
    code, out, err = said(capfd, config, *words)
    assert (code, out) == (64, "")
    assert sentence in err


def test_the_app_answers_the_same_and_refuses_the_same(config: Path, capfd):
    words = ("orders", "--days", "60", "--inject", "--set", "detection.alerts_per_90_days=2")
    alone = document(capfd, config, *words)
    with running_app(config, PORT) as app:
        assert document(capfd, config, *words) == alone
        code, _, err = said(capfd, config, "orders", "--set", "detection.holidays=Mars")
        assert (code, "is not a country" in err) == (64, True)
        _refuses(app.ask)


def _refuses(ask: httpx.Client) -> None:
    for query, status in (
        ({"days": "0"}, 400),
        ({"days": "99999"}, 400),
        ({"seed": "-1"}, 400),
        ({"inject": "perhaps"}, 400),
        ({"set": "detection.on=false"}, 422),
    ):
        answer = ask.get("/api/datasets/shop.main.orders/backtest", params=query)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), query
    assert ask.get("/api/datasets/nowhere/backtest").status_code == 404
