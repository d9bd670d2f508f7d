"""`explain` as somebody uses it: the command without and with the app, in words and as JSON; nothing is logged."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from checks.__main__ import main
from checks.config import load
from checks.explain import Words, from_document, to_document
from checks.monitor import Monitor
from checks.refusal import Refused
from tests.apps import free_port, running_app

pytestmark = pytest.mark.slow  # real processes

CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: orders
version: 1.0.0
status: active
servers: [{server: shop, type: local, path: tables, format: parquet}]
schema:
  - name: orders
    customProperties: [{property: vitals.eventTime, value: placed_at}]
    properties:
      - {name: shop, logicalType: string}
      - {name: segment, logicalType: string, classification: restricted}
"""
YESTERDAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None) - timedelta(days=1)


def shop(folder: Path, port: int) -> Path:
    """Forty days of orders; yesterday those of Rome, all with the classified value 'vip', are missing."""
    rows = [
        {
            "shop": town,
            "segment": "vip" if town == "Rome" else "all",
            "placed_at": YESTERDAY + timedelta(days=-day, hours=i),
        }
        for day in range(40)
        for town in ("Rome", "Oslo", "Bonn")
        for i in range(22)
        if not (day == 0 and town == "Rome")
    ]
    (folder / "tables").mkdir()
    pd.DataFrame(rows).to_parquet(folder / "tables" / "orders.parquet")
    (folder / "contracts").mkdir()
    (folder / "contracts" / "orders.yaml").write_text(CONTRACT)
    config = folder / "config.toml"
    config.write_text(
        f'[app]\nport = {port}\n[sources.shop]\nurl = "files://tables"\n[schedule]\ndefault = "0 3 1 1 *"\n'
    )
    return config


@pytest.fixture(scope="module")
def config(tmp_path_factory) -> Path:
    found = shop(tmp_path_factory.mktemp("shop"), free_port())
    main(["run", "--config", str(found)])
    return found


def said(capfd: pytest.CaptureFixture[str], config: Path, *words: str) -> tuple[int, str, str]:
    capfd.readouterr()
    code = main(["explain", *words, "--config", str(config)])
    return code, *capfd.readouterr()


BUCKET = ("--bucket", f"{YESTERDAY:%Y-%m-%d}")


def test_the_command_says_it_in_words_and_shows_nothing_classified(config, capfd, caplog):
    code, out, err = said(capfd, config, "orders", "bucket_rows", *BUCKET)
    text = " ".join(out.split())
    assert code == 0
    assert "100 % of the missing rows are shop = Rome (no rows, usually 22 rows); other shops are normal." in text
    assert "left out (classified): segment" in text
    assert "vip" not in out + err + caplog.text
    assert "Rome" not in err + caplog.text


def test_json_is_one_document_and_can_be_kept(config, capfd):
    for words in (("--json",), ("--format", "json")):
        code, out, _ = said(capfd, config, "shop.orders", "row_count", *BUCKET, *words)
        document = json.loads(out)
        assert (code, document["dataset"], document["change"]) == (0, "shop.orders", -22)
        assert [segment["where"] for segment in document["segments"]] == ["shop = Rome"]
        assert to_document(from_document(document)) == document


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("orders", "bucket_rows"), "Missing option '--bucket'"),
        (("orders", "bucket_rows", "--bucket", "yesterday"), "'yesterday' is no day or hour; write for example"),
        (("orders", "bucket_rows", "--bucket", "2026-03-14T00:00+01:00"), "a bucket has no time zone"),
        (
            ("orders", "bucket_rows", "--bucket", "1999-01-01"),
            "was not measured for 1999-01-01; there are days from",
        ),
        (("orders", "bucket_rows", "--bucket", "0001-01-01"), "'0001-01-01' is no day or hour"),
        (("orders", "speed", *BUCKET), "'speed' can not be explained by segments; these can: bucket_rows"),
        (("orders", "null_rate", "--column", "gone", *BUCKET), "column 'gone' is not in the table; it has placed_at"),
        (("ordres", "bucket_rows", *BUCKET), "ordres"),
    ],
)
def test_nonsense_is_wrong_usage_with_a_sentence(config, capfd, words, sentence):
    code, out, err = said(capfd, config, *words)
    assert (code, out) == (64, "")
    assert sentence in err


def test_with_the_app_up_the_answer_is_the_same(config, capfd):
    alone = json.loads(said(capfd, config, "orders", "bucket_rows", *BUCKET, "--json")[1])
    with running_app(config, load(config).app.port) as app:
        together = json.loads(said(capfd, config, "orders", "bucket_rows", *BUCKET, "--json")[1])
        by_http = app.ask.get(
            "/api/datasets/shop.orders/explain", params={"metric": "bucket_rows", "bucket": BUCKET[1]}
        ).json()
        wrong = said(capfd, config, "orders", "speed", *BUCKET)
    telling = ("dataset", "metric", "bucket", "before", "after", "segments", "sentence", "references", "searched")
    assert [together[name] for name in telling] == [by_http[name] for name in telling] == [alone[n] for n in telling]
    assert wrong[0] == 64 and "'speed' can not be explained" in wrong[2]


def test_a_day_that_is_still_to_come_is_refused(config):
    monitor = Monitor.open(load(config), datetime.now(UTC), clock=lambda: datetime.now(UTC) - timedelta(days=5))
    try:
        monitor.list_unlisted(monitor.clock())
        with pytest.raises(Refused, match="is still to come"):
            monitor.explain("orders", Words("bucket_rows", YESTERDAY))
    finally:
        monitor.close()
