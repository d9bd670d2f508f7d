"""Manifests of dbt: what is made from what, who reads it, and what is told of one that can not be read."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks import doctor
from checks.history import Known
from checks.lineage.dbt import Manifest, ManifestUnusable, read_manifest
from checks.lineage.naming import Naming
from checks.monitor import Monitor
from checks.records import Dataset
from checks.run import Slot
from connectors import TableName
from tests.monitors import Clock, canned, utc

NOON = utc(2026, 3, 15, 12)
SCHEMA = "https://schemas.getdbt.com/dbt/manifest/v12.json"


def node(kind: str, name: str, *above: str, materialized: str = "table", **more: Any) -> dict[str, Any]:
    """A node of a manifest, as dbt 1.9 writes it."""
    return {
        "database": "dev",
        "schema": "marts",
        "name": name,
        "resource_type": kind,
        "package_name": "shop",
        "path": f"{name}.sql",
        "original_file_path": f"models/{name}.sql",
        "unique_id": f"{kind}.shop.{name}",
        "fqn": ["shop", name],
        "alias": name,
        "checksum": {"name": "sha256", "checksum": "0"},
        "config": {"enabled": True, "materialized": materialized, "meta": {}, "group": None},
        "tags": [],
        "description": "",
        "columns": {},
        "meta": {},
        "group": None,
        "relation_name": None if materialized == "ephemeral" else f'"dev"."marts"."{name}"',
        "depends_on": {"macros": [], "nodes": list(above)},
    } | more


def manifest(**more: Any) -> dict[str, Any]:
    """A small project with one of each: an ephemeral model between, models, a snapshot, a test, a metric, exposures."""
    nodes = [
        node("seed", "rates"),
        node("model", "clean", "source.shop.app.orders", materialized="ephemeral"),
        node("model", "sales", "model.shop.clean", "seed.shop.rates", group="finance"),
        node("model", "board", "model.shop.sales", alias="board_v2", meta={"owner": "Analytics"}),
        node("snapshot", "history", "model.shop.sales", schema="snapshots"),
        node("test", "not_null_sales_id", "model.shop.sales", materialized="test"),
        node("analysis", "ad_hoc", "model.shop.sales", materialized="view"),
    ]
    orders = node("source", "orders", source_name="app", identifier="ORDERS", schema="public")
    del orders["alias"], orders["depends_on"]
    owner = {"email": "ada@example.com", "name": "Ada"}
    exposures = {
        "exposure.shop.weekly": {
            "name": "weekly",
            "label": "Weekly numbers",
            "resource_type": "exposure",
            "type": "dashboard",
            "owner": owner,
            "url": "https://bi.example.com/1",
            "depends_on": {"macros": [], "nodes": ["model.shop.board", "metric.shop.revenue"]},
        },
        "exposure.shop.forecast": {
            "name": "forecast",
            "label": None,
            "type": "ml",
            "owner": {"email": "ml@example.com", "name": None},
            "url": "javascript:alert(1)",
            "depends_on": {"macros": [], "nodes": ["snapshot.shop.history"]},
        },
    }
    content = {
        "metadata": {"dbt_schema_version": SCHEMA, "dbt_version": "1.9.4", "adapter_type": "duckdb"},
        "nodes": {each["unique_id"]: each for each in nodes},
        "sources": {"source.shop.app.orders": orders},
        "metrics": {"metric.shop.revenue": {"depends_on": {"nodes": ["semantic_model.shop.sales"]}}},
        "semantic_models": {"semantic_model.shop.sales": {"depends_on": {"nodes": ["model.shop.sales"]}}},
        "exposures": exposures,
        "groups": {"group.shop.finance": {"name": "finance", "owner": {"email": None, "name": "Finance"}}},
        "disabled": {"model.shop.old": [node("model", "old", "model.shop.sales")]},
    }
    return content | more


TABLES = [("public", "orders"), ("marts", "rates"), ("marts", "sales"), ("marts", "board_v2"), ("snapshots", "history")]
DATASETS = [Dataset("wh", TableName(schema, name)) for schema, name in TABLES]
NAMING = Naming({each.name: each for each in DATASETS}, {"wh": "duckdb://dev.duckdb"}, {}, Path("/x"))


def test_models_are_made_from_relations_and_exposures_are_consumers_with_owners():
    part = Manifest("m", manifest()).part(NAMING)
    assert {(edge.upstream, edge.downstream) for edge in part.edges} == {
        ("wh.public.orders", "wh.marts.sales"),
        ("wh.marts.rates", "wh.marts.sales"),
        ("wh.marts.sales", "wh.marts.board_v2"),
        ("wh.marts.sales", "wh.snapshots.history"),
        ("wh.marts.board_v2", "Weekly numbers"),
        ("wh.marts.sales", "Weekly numbers"),
        ("wh.snapshots.history", "forecast"),
    }
    told = {each.name: (each.consumer, each.owner, each.url) for each in part.nodes}
    assert told["Weekly numbers"] == ("dashboard", "Ada", "https://bi.example.com/1")
    assert told["forecast"] == ("model", "ml@example.com", None)
    assert told["wh.marts.sales"][1] == "Finance"
    assert told["wh.marts.board_v2"][1] == "Analytics"


def test_what_dbt_dates_a_source_by_is_the_load_time_of_its_runs_unless_one_is_declared(tmp_path, monkeypatch):
    manifests = 'dbt = ["gone.json", "manifest.json", "later.json"]'
    config = f'[lineage]\n{manifests}\n[datasets."s.public.refunds"]\nload_time = "came"\n'
    monitor = canned(tmp_path, Clock(NOON), config=config)
    tables = tuple(TableName("public", name) for name in ("orders", "items", "refunds", "users"))
    monitor.catalogue.refresh("s", lambda: tables, NOON)
    source = manifest()["sources"]["source.shop.app.orders"]
    for name, field in (("manifest.json", "synced"), ("later.json", "other")):
        sources = {
            "orders": source | {"loaded_at_field": field},
            "items": source | {"identifier": "items", "loaded_at_field": None, "config": {"loaded_at_field": field}},
            "refunds": source | {"identifier": "refunds", "loaded_at_field": field},
            "users": source | {"identifier": "users", "loaded_at_field": field if name == "later.json" else 7},
        }
        (tmp_path / name).write_text(json.dumps(manifest(sources=sources)))
    monkeypatch.setattr(monitor.workers, "call", lambda *given: given[-1].dataset)

    def measured() -> dict[str, tuple[str | None, str | None]]:
        slot = Slot(NOON, NOON)
        sent = [Monitor._measure(monitor, dataset, slot, Known(None, None, {})) for dataset in monitor.named(())]
        return {each.table.name: (each.load_time, each.dbt_load_time) for each in sent}

    found = {"orders": (None, "synced"), "items": (None, "synced"), "refunds": ("came", None), "users": (None, "other")}
    assert measured() == found
    (tmp_path / "manifest.json").unlink()
    assert measured()["orders"] == (None, "other")
    monitor.close()


def test_models_that_depend_on_each_other_end_the_walk():
    nodes = {
        each["unique_id"]: each
        for each in (
            node("model", "a", "model.shop.b", materialized="ephemeral"),
            node("model", "b", "model.shop.a", materialized="ephemeral"),
            node("model", "sales", "model.shop.a"),
        )
    }
    assert Manifest("m", manifest(nodes=nodes, exposures={})).part(NAMING).edges == ()


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        (b"{", "is not JSON, perhaps half written; run `dbt parse` again, or correct [lineage] dbt in config.toml"),
        (b"\xff\xfe{", "is not JSON, perhaps half written;"),
        (b"[" * 100_000, "is not JSON, perhaps half written;"),
        (b"[]", "is no manifest.json of dbt;"),
        (b'{"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/catalog/v1.json"}}', "is no manifest"),
        (
            json.dumps({"metadata": {"dbt_schema_version": SCHEMA.replace("v12", "v7")}}).encode(),
            "is a manifest of version v7; v9 to v12 are read (dbt 1.5 and later)",
        ),
    ],
    ids=["half", "not text", "deep", "list", "catalog", "old"],
)
def test_a_file_that_is_no_manifest_is_said_with_what_to_do(tmp_path, content, wrong):
    path = tmp_path / "manifest.json"
    path.write_bytes(content)
    with pytest.raises(ManifestUnusable) as caught:
        read_manifest(path)
    assert str(caught.value).startswith(f"{path}: {wrong}")


def test_a_manifest_that_is_too_large_is_not_read(tmp_path):
    path = tmp_path / "manifest.json"
    with path.open("wb") as file:
        file.truncate(256 * 1024**2 + 1)
    with pytest.raises(ManifestUnusable, match="has more than 256 MB, which are not read"):
        read_manifest(path)


JSON = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
KEYS = st.sampled_from(["nodes", "sources", "exposures", "groups", "metrics", "metadata", "semantic_models"])
PLACES = st.sampled_from(["model.shop.sales", "source.shop.app.orders", "exposure.shop.weekly", "group.shop.finance"])
FIELDS = st.sampled_from(
    ["loaded_at_field", "depends_on", "config", "meta", "owner", "alias", "schema", "name", "group", "url", "type"]
)


@given(KEYS, JSON, PLACES, FIELDS, JSON)
def test_a_manifest_of_any_shape_is_read(key, instead, place, field, value):
    content = manifest()
    for members in content.values():
        if place in members:
            members[place][field] = value
    for each in (Manifest("m", content), Manifest("m", content | {key: instead})):
        each.part(NAMING)
        each.load_times(NAMING)


def test_the_graph_has_what_the_manifest_says_and_reads_it_again_when_it_changes(tmp_path):
    path = tmp_path / "target" / "manifest.json"
    with_dbt = '[lineage]\ndbt = ["target/manifest.json"]\n'
    monitor = canned(tmp_path, Clock(NOON), config=with_dbt)
    tables = (TableName("public", "orders"), TableName("marts", "sales"))
    monitor.catalogue.refresh("s", lambda: tables, NOON)
    missing = monitor.lineage()
    assert missing.complete is False
    why = f"{path}: there is no such file; run `dbt parse`, or correct [lineage] dbt in config.toml"
    assert missing.notes == (f"dbt manifest {why}",)
    assert monitor.lineage_known.troubles() == missing.notes

    path.parent.mkdir()
    path.write_text(json.dumps(manifest()))
    found = monitor.lineage()
    assert (found.complete, found.notes) == (True, ())
    assert found.graph.downstream("s.public.orders") == {
        "s.marts.sales": 1,
        "Weekly numbers": 2,
        "dev.marts.board_v2": 2,
        "dev.snapshots.history": 2,
        "forecast": 3,
    }
    path.write_text(json.dumps(manifest(nodes={}, exposures={})))
    os.utime(path, ns=(1, 1))
    assert monitor.lineage().graph.edges == ()


@pytest.mark.slow
def test_doctor_tells_which_manifest_can_not_be_read(tmp_path):
    monitor = canned(tmp_path, Clock(NOON), "orders", config='[lineage]\ndbt = "manifest.json"\n')
    [note] = [each for each in doctor.examine(monitor)["notes"] if each["area"] == "lineage"]
    assert (note["level"], note["subject"]) == ("warning", str(tmp_path / "config.toml"))
    assert note["message"].startswith(f"dbt manifest {tmp_path / 'manifest.json'}: there is no such file")
