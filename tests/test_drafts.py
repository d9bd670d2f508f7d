"""`contract import DATASET`: the command and the API, alone and beside the app."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from checks.__main__ import main
from tests.apps import free_port, running_app
from tests.drafting import orders

pytestmark = pytest.mark.slow  # real worker processes


@pytest.fixture
def shop(tmp_path) -> Path:
    """A configuration of a folder with one table."""
    return configured(tmp_path)


def configured(folder: Path, port: int = 1) -> Path:
    (folder / "tables").mkdir()
    orders(datetime.now(UTC)).to_parquet(folder / "tables" / "orders.parquet")
    config = folder / "config.toml"
    schedule = '[schedule]\ndefault = "0 0 1 1 *"\n'
    config.write_text(f'[app]\nport = {port}\n{schedule}[sources.shop]\nurl = "files://tables"\n')
    return config


def said(capfd: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["contract", *words])
    return code, *capfd.readouterr()


def without_moment(text: str) -> str:
    return re.sub(r"measured at [0-9: -]+ UTC", "", text)


def test_a_draft_of_a_dataset_is_written_lints_clean_and_passes(shop, capfd):
    out = shop.parent / "contracts" / "orders.yaml"
    out.parent.mkdir()
    assert main(["run", "--config", str(shop)]) in (0, 2)  # learned checks may warn of made-up data
    capfd.readouterr()
    code, text, told = said(capfd, "import", "orders", "--output", str(out), "--config", str(shop))
    assert (code, text, told) == (0, "", "")
    assert "0 nulls in 1,200 rows over 50 days" in out.read_text()
    assert said(capfd, "lint", "--config", str(shop))[0] == 0
    assert said(capfd, "test", "--config", str(shop))[0] == 0
    code, _, told = said(capfd, "import", "orders", "--output", str(out), "--config", str(shop))
    assert (code, f"{out} is there already; --force replaces it" in told) == (64, True)


def test_without_a_file_to_write_the_draft_is_the_answer(shop, capfd):
    code, text, _ = said(capfd, "import", "shop.orders", "--config", str(shop))
    assert (code, text.startswith("# A draft from what was measured at")) == (0, True)
    code, answer, _ = said(capfd, "import", "shop.orders", "--json", "--config", str(shop))
    document = json.loads(answer)
    assert (code, document["dataset"], document["left"]) == (0, "shop.orders", [])
    assert without_moment(document["contract"]) == without_moment(text)


def test_what_is_not_promised_is_told_beside_the_answer(shop, capfd):
    orders(datetime(2026, 1, 1, tzinfo=UTC)).to_parquet(shop.parent / "tables" / "old.parquet")
    code, text, told = said(capfd, "import", "shop.old", "--config", str(shop))
    assert code == 0
    assert "not promised: old: rows per day: 90 of the last 90 days are empty\n" in told
    assert "# - old: freshness: 0 hours with rows are too few to know a rhythm\n" in text


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["import"], 64, "Missing argument"),
        (["import", "nope"], 64, "there is no dataset 'nope'; the nearest are"),
        (["import", "{config}"], 64, "is a file; say with --from what it is"),
        (["import", "{config}", "--from", "sql", "--json"], 64, "--json is for datasets"),
        (["import", "orders", "--output", "nowhere/x.yaml"], 64, "there must be a folder nowhere"),
    ],
)
def test_nonsense_is_wrong_usage_with_a_sentence(shop, capfd, words, code, sentence):
    words = [word.format(config=shop) for word in words]
    got, out, err = said(capfd, *words, "--config", str(shop))
    assert (got, out) == (code, "")
    assert sentence in err


def test_a_warehouse_that_does_not_answer_is_no_draft(shop, capfd):
    assert said(capfd, "import", "orders", "--config", str(shop))[0] == 0
    (shop.parent / "tables" / "orders.parquet").write_bytes(b"no parquet")
    code, out, err = said(capfd, "import", "orders", "--config", str(shop))
    assert (code, out) == (3, "")
    assert "shop.orders" in err or "shop" in err
    assert "Traceback" not in err


def test_the_app_gives_the_same_draft(tmp_path, capfd):
    port = free_port()
    config = configured(tmp_path, port)
    _, alone, _ = said(capfd, "import", "orders", "--config", str(config))
    with running_app(config, port) as app:
        code, beside, _ = said(capfd, "import", "orders", "--config", str(config))
        wrong = said(capfd, "import", "nope", "--config", str(config))
        answer = app.ask.get("/api/datasets/shop.orders/draft")
        missing = app.ask.get("/api/datasets/nope/draft")
    assert (code, without_moment(beside)) == (0, without_moment(alone))
    assert (wrong[0], "there is no dataset 'nope'" in wrong[2]) == (64, True)
    assert (answer.status_code, set(answer.json())) == (200, {"dataset", "contract", "left"})
    assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")
