"""Which tables there are: listed once, remembered, and kept while a source does not answer."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from checks.catalogue import address_of
from checks.history import History
from connectors import TableName, Unreachable
from tests.monitors import CannedMonitor, Clock, canned, utc

NOON = utc(2026, 3, 15, 12)
TABLES = (TableName(None, "a"), TableName("raw", "b"), TableName(None, "v", is_view=True))


def listed(folder: Path, *tables: TableName, config: str = "") -> CannedMonitor:
    """A Monitor that starts on a history in which these tables were listed two days ago."""
    monitor = canned(folder, Clock(NOON - timedelta(days=2)), config=config)
    monitor.workers.call = lambda *_: tables  # the only job here is the listing
    monitor.refresh(monitor.clock())
    monitor.close()
    return again(folder)


def again(folder: Path) -> CannedMonitor:
    from checks.config import load

    settings = load(folder / "config.toml")
    return CannedMonitor(settings, History.open(settings.history_path, NOON), Clock(NOON))


def test_tables_are_remembered_with_the_moment_of_their_listing(tmp_path):
    monitor = listed(tmp_path, *TABLES)
    assert list(monitor.datasets()) == ["s.a", "s.raw.b", "s.v"]
    assert [dataset.table for dataset in monitor.datasets().values()] == list(TABLES)
    [state] = monitor.sources()
    assert (state.answered_at, state.tables, state.error) == (NOON - timedelta(days=2), 3, None)
    monitor.close()


def test_contracts_are_wanted_only_of_a_folder_that_is_there_or_that_somebody_named(tmp_path):
    (tmp_path / "by default").mkdir()
    monitor = listed(tmp_path / "by default", *TABLES)
    assert monitor.catalogue.findings == ()
    (tmp_path / "by default" / "contracts").mkdir()
    (tmp_path / "by default" / "contracts" / "a.yaml").write_text("kind: [")
    monitor.catalogue.read_contracts()
    assert [Path(finding.file).name for finding in monitor.catalogue.findings] == ["a.yaml"]
    monitor.close()
    (tmp_path / "named").mkdir()
    monitor = listed(tmp_path / "named", *TABLES, config='[app]\ncontracts = "contractz"\n')
    assert [finding.message for finding in monitor.catalogue.findings] == ["can not be read: No such file or directory"]
    monitor.close()


def test_a_source_that_was_listed_is_not_asked_again_to_tell_its_status(tmp_path):
    monitor = listed(tmp_path, *TABLES)
    monitor.workers.call = lambda *_: pytest.fail("the source was asked")
    monitor.list_unlisted(NOON)
    monitor.close()


def test_another_address_is_another_source(tmp_path):
    monitor = listed(tmp_path, *TABLES)
    monitor.close()
    file = tmp_path / "config.toml"
    file.write_text(file.read_text().replace("files://tables", "files://others"))
    monitor = again(tmp_path)
    assert (monitor.datasets(), monitor.sources()[0].answered_at) == ({}, None)
    monitor.close()


def test_another_password_is_the_same_address():
    assert address_of("postgresql://u:one@h/d") == address_of("postgresql://u:two@h/d")
    assert address_of("postgresql://u:one@h/d") != address_of("postgresql://u:one@h/e")


def test_other_patterns_are_applied_to_what_was_remembered(tmp_path):
    monitor = listed(tmp_path, *TABLES)
    monitor.close()
    file = tmp_path / "config.toml"
    file.write_text(file.read_text().replace("[sources.s]", '[sources.s]\nexclude = "raw.*"'))
    monitor = again(tmp_path)
    assert list(monitor.datasets()) == ["s.a", "s.v"]
    assert monitor.sources()[0].unmonitored == ("raw.b",)
    monitor.close()


def test_a_source_that_does_not_answer_keeps_its_tables_and_says_why(tmp_path):
    monitor = listed(tmp_path, *TABLES)

    def down(*_):
        raise Unreachable("s", "connection refused")

    monitor.workers.call = down
    [state] = monitor.refresh(NOON)
    assert "connection refused" in (state.error or "")
    assert len(monitor.datasets()) == 3
    assert state.answered_at == NOON - timedelta(days=2)
    monitor.close()


def test_a_table_that_is_gone_from_the_listing_is_gone(tmp_path):
    monitor = listed(tmp_path, *TABLES)
    monitor.workers.call = lambda *_: TABLES[:1]
    monitor.refresh(NOON)
    assert list(monitor.datasets()) == ["s.a"]
    monitor.close()
    monitor = again(tmp_path)
    assert list(monitor.datasets()) == ["s.a"]
    monitor.close()
