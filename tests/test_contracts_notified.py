"""What contracts say of notifications."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks.config import load
from checks.contracts import Declared, load_folder, match
from connectors import TableName

CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: orders
version: 1.0.0
status: active
support:
  - {{channel: '{channel}', scope: {scope}, url: 'https://example.com/chat'}}
  - {{channel: help, scope: interactive}}
schema: [{{name: orders, properties: [{{name: id}}]}}]
"""
OPS = '[notify.orders-alerts]\nurl = "json://example.com"\n'


def declared(folder: Path, channel: str, channels: str = OPS, scope: str = "notifications") -> Declared:
    (folder / "contracts").mkdir()
    (folder / "contracts" / "orders.yaml").write_text(CONTRACT.format(channel=channel, scope=scope))
    (folder / "config.toml").write_text(f'[sources.lake]\nurl = "files://lake"\n{channels}')
    config = load(folder / "config.toml", {})
    return match(load_folder(config.contracts_path), config, {"lake": [TableName(None, "orders")]})


@pytest.mark.parametrize("channel", ["orders-alerts", "#orders-alerts", "Orders-Alerts"])
def test_a_contract_names_the_channels_through_which_its_people_are_told(tmp_path, channel):
    found = declared(tmp_path, channel)
    assert (found.datasets[0].channels, found.findings) == (("orders-alerts",), ())


def test_other_support_is_for_readers(tmp_path):
    assert declared(tmp_path, "orders-alerts", scope="announcements").datasets[0].channels == ()


def test_a_channel_that_is_none_is_told_with_the_nearest(tmp_path):
    [finding] = declared(tmp_path, "order-alerts").findings
    assert (finding.line, finding.message) == (
        8,
        '"order-alerts" is no channel (did you mean orders-alerts?); nobody is told through it',
    )


def test_where_nobody_is_told_anything_contracts_are_not_blamed_for_it(tmp_path):
    assert declared(tmp_path, "orders-alerts", channels="").findings == ()
