"""Notifications on the command line and over the API: real processes, real receivers."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from checks.__main__ import main
from tests.apps import ROOT, free_port, running_app
from tests.sinks import web_sink

pytestmark = pytest.mark.slow  # real processes
SECRET = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: orders
version: 1.0.0
status: active
team: {name: Shop}
servers: [{server: shop, type: local, path: tables, format: parquet}]
schema:
  - name: orders
    properties:
      - {name: id, logicalType: integer, required: true}
"""


def shop(folder: Path, receiver: str, port: int = 1) -> Path:
    """A table that breaks its contract, and a channel for its owner."""
    for each in ("tables", "contracts"):
        (folder / each).mkdir()
    pd.DataFrame({"id": [1.0, None]}).astype("Int64").to_parquet(folder / "tables" / "orders.parquet")
    (folder / "contracts" / "orders.yaml").write_text(CONTRACT)
    config = folder / "config.toml"
    config.write_text(
        f'[app]\nport = {port}\n[sources.shop]\nurl = "files://tables"\n[schedule]\ndefault = "0 0 1 1 *"\n'
        f'[notify]\nhold = "1s"\n[notify.shop]\nurl = "{receiver}"\nsecret = "{SECRET}"\nteams = "shop"\n'
        "allow_private = true\n"
    )
    return config


def command(*words: str, config: Path) -> tuple[int, Any, str]:
    """The exit code, the document and what was said beside it, of a command in a process of its own."""
    line = [sys.executable, "-m", "checks", *words, "--config", str(config), "--json"]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr


def test_run_tells_at_its_end(tmp_path):
    with web_sink() as sink:
        code, document, _ = command("run", config=shop(tmp_path, f"{sink.url}/vitals"))
    assert (code, document["notifications"]) == (1, {"sent": 1, "failed": []})
    [request] = sink.arrived
    assert request.json["type"] == "vitals.incident.opened"
    assert request.json["data"]["incident"]["owners"] == ["Shop"]


def test_run_says_so_when_nobody_could_be_told(tmp_path):
    config = shop(tmp_path, f"http://127.0.0.1:{free_port()}/vitals")
    code, document, _ = command("run", config=config)
    failed = "127.0.0.1 could not be reached (ConnectError)"
    assert (code, document["notifications"]) == (4, {"sent": 0, "failed": [f"shop: {failed}"]})
    code, document, _ = command("notify", "list", config=config)
    [channel] = document["channels"]
    assert (code, channel["state"], channel["error"], channel["for"]) == (0, "fails", failed, ["shop"])


def test_the_app_sends_by_itself_and_commands_answer_the_same_whether_it_runs_or_not(tmp_path):
    port = free_port()
    with web_sink() as sink:
        config = shop(tmp_path, f"{sink.url}/vitals", port)
        code, before, _ = command("notify", "test", "shop", config=config)
        assert (code, before) == (0, {"channel": "shop", "delivered": True, "error": None})
        code, _, said = command("notify", "test", "shp", config=config)
        assert (code, said.strip()) == (64, '"shp" is no channel (did you mean shop?)')
        with running_app(config, port) as app:
            app.ask.post("/api/runs", json={"datasets": [], "refresh": True}).raise_for_status()
            deadline = time.monotonic() + 30
            while len(sink.arrived) < 2:
                assert time.monotonic() < deadline, "nobody was told"
                time.sleep(0.1)
            assert command("notify", "test", "shop", config=config)[:2] == (0, before)
            code, _, said = command("notify", "retry", "none", config=config)
            assert (code, "no message none was given up" in said) == (64, True)
            listed = command("notify", "list", config=config)[:2]
            assert listed[1]["channels"][0]["state"] == "works"
            app.stop()
        assert command("notify", "list", config=config)[:2] == listed
    assert [each.json["type"].rpartition(".")[2] for each in sink.arrived] == ["test", "opened", "test"]


def test_who_has_no_channel_is_told_how_one_is_made(tmp_path, capsys):
    config = shop(tmp_path, "http://127.0.0.1:9/none")
    config.write_text(config.read_text().partition("[notify")[0])
    assert main(["notify", "list", "--config", str(config)]) == 0
    assert "add a [notify.NAME] with a url" in " ".join(capsys.readouterr().out.split())


def test_doctor_tells_of_channels(tmp_path):
    with web_sink() as sink:
        config = shop(tmp_path, f"{sink.url}/vitals")
        with config.open("a") as file:
            file.write('[notify.odd]\nurl = "nosuchservice://secretsecret"\n')
            file.write('[notify.misspelt]\nurl = "json://example.com"\nteams = ["shopp"]\nconsumers = ["board"]\n')
        _, document, _ = command("doctor", config=config)
    notes = {note["subject"]: note for note in document["notes"] if note["area"] == "notifications"}
    assert (notes["shop"]["level"], notes["odd"]["level"]) == ("warning", "error")
    assert notes["shop"]["message"] == "nothing was ever sent through it; `python -m checks notify test shop` does"
    assert notes["links"]["message"].startswith("messages link to http://127.0.0.1:1; set [app] public_url")
    told = [note["message"] for note in document["notes"] if note["subject"] == "misspelt"]
    assert told[:2] == [
        'the consumer "board" reads nothing that Vitals knows',
        'the team "shopp" owns nothing that Vitals knows (did you mean shop?)',
    ]
    assert "secretsecret" not in json.dumps(document)
