"""Which tables of which sources contracts are about, and what config.toml adds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from checks.config import Config, load
from checks.contracts import Declared, declared, load_folder, match
from checks.records import Consumer, Grain
from connectors import TableName

ORDERS = Path(__file__).parent / "contracts"
TWO_SOURCES = '[sources.lake]\nurl = "lake.duckdb"\n[sources.shop]\nurl = "postgres://db/shop"\nenvironment = "prod"\n'
ONE_SOURCE = '[sources.lake]\nurl = "duckdb://lake.duckdb"\n'
HEAD = "apiVersion: v3.1.0\nkind: DataContract\nversion: 1.0.0\n"

Match = Callable[..., Declared]


@pytest.fixture
def matched(tmp_path: Path) -> Match:
    """Matches contracts, each given as the rest of its text, with tables given as 'schema.name'."""

    def _match(contracts: list[str], tables: dict[str, list[str]], config: str = ONE_SOURCE) -> Declared:
        (tmp_path / "contracts").mkdir(exist_ok=True)
        for number, text in enumerate(contracts):
            (tmp_path / "contracts" / f"{number}.yaml").write_text(f"{HEAD}id: c{number}\n{text}", encoding="utf-8")
        (tmp_path / "config.toml").write_text(config, encoding="utf-8")
        read: Config = load(tmp_path / "config.toml", {})
        names = {source: [_table(name) for name in listed] for source, listed in tables.items()}
        return match(load_folder(read.contracts_path), read, names)

    return _match


def _table(name: str) -> TableName:
    schema, dot, table = name.partition(".")
    return TableName(schema, table) if dot else TableName(None, name)


def contracted(found: Declared) -> list[str]:
    return [dataset.name for dataset in found.datasets if dataset.contract]


# -- tables ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "there", "name"),
    [
        ("name: orders", ["main.orders", "old.orders"], "lake.main.orders"),
        ("name: orders", ["old.orders", "main.x"], "lake.old.orders"),
        ("name: orders", ["orders"], "lake.orders"),
        ("name: Orders", ["main.ORDERS"], "lake.main.ORDERS"),
        ("name: o, physicalName: orders_v2", ["main.o", "main.orders_v2"], "lake.main.orders_v2"),
        ("name: orders, physicalName: old.orders", ["main.orders", "old.orders"], "lake.old.orders"),
        ("name: orders, physicalName: db.old.orders", ["main.orders", "old.orders"], "lake.old.orders"),
        ("name: a.b", ["main.a.b"], "lake.main.a.b"),
    ],
)
def test_a_table_is_found_by_its_physical_name_or_name(matched: Match, table: str, there: list[str], name: str):
    found = matched([f"schema: [{{{table}}}]"], {"lake": there})
    assert (contracted(found), found.findings) == ([name], ())


def test_a_table_that_is_not_there_is_a_dataset_all_the_same(matched: Match):
    found = matched(["schema: [{name: orders, properties: [{name: a}]}]"], {"lake": ["main.x"]})
    assert contracted(found) == ["lake.main.orders"]
    assert [check.id for check in found.datasets[0].checks] == ["a.column"]
    assert [each.message for each in found.findings] == ["source 'lake' has no table orders"]


def test_a_table_in_two_schemas_is_not_guessed(matched: Match):
    found = matched(["schema: [{name: orders}]"], {"lake": ["a.orders", "b.orders"]})
    assert contracted(found) == ["lake.main.orders"]
    assert "more than one table orders: a.orders, b.orders; write the schema" in found.findings[0].message


@pytest.mark.parametrize(
    ("url", "name"), [("duckdb://l", "a.main.t"), ("postgres://h/d", "a.public.t"), ("sqlite://l", "a.t")]
)
def test_a_source_that_could_not_be_listed_keeps_its_datasets(matched: Match, url: str, name: str):
    found = matched(["schema: [{name: t}]"], {}, f'[sources.a]\nurl = "{url}"\n')
    assert (contracted(found), found.findings) == ([name], ())


def test_the_schema_of_the_server_is_binding(matched: Match):
    server = "servers: [{server: shop, type: postgres, host: h, port: 1, database: d, schema: sales}]\n"
    found = matched([server + "schema: [{name: orders}]"], {"shop": ["public.orders"]}, TWO_SOURCES)
    assert contracted(found) == ["shop.sales.orders"]
    assert [each.message for each in found.findings] == ["source 'shop' has no table orders"]


def test_an_excluded_table_is_not_measured_and_told(matched: Match):
    found = matched(["schema: [{name: t}]"], {"lake": []}, ONE_SOURCE + 'exclude = ["main.t"]\n')
    assert contracted(found) == []
    assert "is left out by include/exclude" in found.findings[0].message


# -- sources -----------------------------------------------------------------------------------------------------------


def test_a_server_called_like_a_source_is_that_source(matched: Match):
    server = "servers: [{server: lake, type: local, path: ., format: csv}]\n"
    found = matched([server + "schema: [{name: t}]"], {"lake": ["main.t"], "shop": ["public.t"]}, TWO_SOURCES)
    assert contracted(found) == ["lake.main.t"]


def test_a_contract_may_stand_for_several_sources(matched: Match):
    servers = "servers: [{server: lake, type: duckdb, database: x}, {server: shop, type: duckdb, database: y}]\n"
    found = matched([servers + "schema: [{name: t}]"], {"lake": ["main.t"], "shop": ["public.t"]}, TWO_SOURCES)
    assert contracted(found) == ["lake.main.t", "shop.public.t"]


@pytest.mark.parametrize(("environment", "names"), [("prod", ["shop.public.t"]), ("dev", [])])
def test_else_type_and_environment_decide(matched: Match, environment: str, names: list[str]):
    server = f"servers: [{{server: main, type: postgres, environment: {environment}, host: h, port: 1, database: d}}]\n"
    server = server.replace("database: d", "database: d, schema: public")
    found = matched([server + "schema: [{name: t}]"], {"lake": ["main.t"], "shop": ["public.t"]}, TWO_SOURCES)
    assert contracted(found) == names


POSTGRES = "type: postgres, host: h, port: 1, database: d"
TWO_PLACES = "".join(
    f'[sources.{name}]\nurl = "postgres://db/{name}"\nenvironment = "{place}"\n'
    for name, place in (("shop", "prod"), ("lab", "dev"))
)


def test_servers_stand_for_the_sources_of_their_environments(matched: Match):
    servers = f"""servers:
  - {{server: first, environment: dev, {POSTGRES}, schema: tests}}
  - {{server: second, environment: prod, {POSTGRES}, schema: public}}
"""
    found = matched([servers + "schema: [{name: t}]"], {"shop": ["public.t"], "lab": ["tests.t"]}, TWO_PLACES)
    assert contracted(found) == ["lab.tests.t", "shop.public.t"]


def test_one_server_for_two_sources_of_its_environment_is_not_guessed(matched: Match):
    servers = f"servers: [{{server: first, environment: prod, {POSTGRES}, schema: public}}]\n"
    found = matched([servers + "schema: [{name: t}]"], {}, TWO_PLACES.replace('"dev"', '"prod"'))
    assert contracted(found) == []
    assert "more than one source fits the servers" in found.findings[0].message


def test_of_several_servers_the_one_in_the_environment_of_the_only_source_counts(matched: Match):
    servers = f"""servers:
  - {{server: first, environment: dev, {POSTGRES}, schema: tests}}
  - {{server: second, environment: prod, {POSTGRES}, schema: sales}}
"""
    only = TWO_PLACES[: TWO_PLACES.index("[sources.lab]")]
    assert contracted(matched([servers + "schema: [{name: t}]"], {}, only)) == ["shop.sales.t"]


@pytest.mark.parametrize(("schema", "name"), [("${VITALS_TEST_SCHEMA}", "sales"), ("${VITALS_NOT_SET:-s2}", "s2")])
def test_variables_of_a_server_are_filled_in(matched: Match, monkeypatch, schema: str, name: str):
    monkeypatch.setenv("VITALS_TEST_SCHEMA", "sales")
    server = f"servers: [{{server: shop, {POSTGRES}, schema: '{schema}'}}]\n"
    found = matched([server + "schema: [{name: t}]"], {"shop": ["sales.t", "s2.t"]}, TWO_SOURCES)
    assert (contracted(found), found.findings) == ([f"shop.{name}.t"], ())


def test_a_contract_for_no_source_is_told(matched: Match):
    found = matched(["schema: [{name: t}]"], {"lake": ["main.t"], "shop": []}, TWO_SOURCES)
    assert contracted(found) == []
    assert "no source fits the servers of this contract, so it is not executed" in found.findings[0].message


def test_of_two_contracts_the_active_one_is_executed(matched: Match):
    found = matched(
        ["status: retired\nschema: [{name: t}]", "status: active\nschema: [{name: t}]"], {"lake": ["main.t"]}
    )
    assert [dataset.contract for dataset in found.datasets] == ["c1"]
    assert [each.file for each in found.findings] == ["0.yaml"]


# -- what is declared --------------------------------------------------------------------------------------------------


def test_tables_without_a_contract_are_datasets(matched: Match):
    found = matched([], {"lake": ["main.b", "main.a"]})
    assert [(dataset.name, dataset.checks) for dataset in found.datasets] == [("lake.main.a", ()), ("lake.main.b", ())]


def test_configuration_declares_what_no_contract_says(matched: Match):
    said = '[datasets."lake.main.t"]\nevent_time = "at"\nkey = "id"\ntimezone = "Europe/Oslo"\n'
    said += 'load_time = "came"\ngrain = "hour"\nowner = "Ada"\n'
    (dataset,) = matched([], {"lake": ["main.t"]}, ONE_SOURCE + said).datasets
    assert (dataset.event_time, dataset.key, dataset.zone) == ("at", ("id",), "Europe/Oslo")
    assert (dataset.grain, dataset.owner, dataset.declared_in) == (Grain.HOUR, "Ada", "config")
    assert (dataset.load_time, dataset.load_zone) == ("came", None)


def test_a_load_time_has_a_zone_of_its_own(matched: Match):
    options = "logicalTypeOptions: {defaultTimezone: Europe/Oslo}"
    came = f"{{name: came, physicalName: CAME, logicalType: timestamp, {options}}}"
    extras = (
        "customProperties: [{property: vitals.loadTime, value: came}, {property: vitals.timezone, value: Asia/Tokyo}]"
    )
    (dataset,) = matched([f"schema: [{{name: t, properties: [{came}], {extras}}}]"], {"lake": ["main.t"]}).datasets
    assert (dataset.load_time, dataset.load_zone, dataset.zone) == ("CAME", "Europe/Oslo", "Asia/Tokyo")


def test_the_contract_comes_before_the_configuration(matched: Match):
    extras = "customProperties: [{property: vitals.eventTime, value: a}, {property: vitals.schedule, value: 5 0 * * 0}]"
    said = '[datasets."lake.t"]\nevent_time = "b"\nkey = ["k"]\nschedule = "0 * * * *"\n'
    (dataset,) = matched([f"schema: [{{name: t, {extras}}}]"], {"lake": ["main.t"]}, ONE_SOURCE + said).datasets
    assert (dataset.event_time, dataset.key, dataset.schedule) == ("a", ("k",), "5 0 * * sun")
    assert dataset.declared_in == "contract"


def test_a_configured_table_that_is_not_there_is_a_dataset(matched: Match):
    found = matched([], {"lake": []}, ONE_SOURCE + '[datasets."lake.main.gone"]\nowner = "Ada"\n')
    assert [(dataset.name, dataset.owner) for dataset in found.datasets] == [("lake.main.gone", "Ada")]


@pytest.mark.parametrize(
    ("team", "owner"),
    [
        ("{name: Checkout, members: [{username: a, role: owner}]}", "Checkout"),
        ("{members: [{username: a}, {username: b, role: Data Owner}]}", "b"),
        ("[{username: a}, {username: b, name: Bo, role: owner}]", "Bo"),
        ("[{username: a}]", "a"),
        ("[]", None),
    ],
)
def test_the_owner_is_the_team_or_its_owner(matched: Match, team: str, owner: str | None):
    (dataset,) = matched([f"team: {team}\nschema: [{{name: t}}]"], {"lake": ["main.t"]}).datasets
    assert dataset.owner == owner


def test_a_whole_contract(tmp_path: Path):
    (tmp_path / "config.toml").write_text('[sources.warehouse]\nurl = "postgres://db/shop"\n', encoding="utf-8")
    config = load(tmp_path / "config.toml", {})
    tables = [TableName("sales", name) for name in ("orders", "order_lines", "customers")]
    customers, lines, orders = declared(load_folder(ORDERS), config, {"warehouse": tables})
    assert (customers.contract, lines.contract, orders.contract) == (None, "shop-orders", "shop-orders")
    assert (orders.owner, orders.event_time, orders.zone) == ("Checkout", "ordered_at", "Europe/Oslo")
    assert (orders.key, lines.key) == (("order_id",), ("order_id", "product"))
    assert orders.consumers == (Consumer("revenue dashboard"), Consumer("demand forecast"))
    assert orders.classified == {"email": "restricted"}
    assert [check.id for check in orders.checks if not check.id.endswith(".column")] == [
        "order_id.required", "customer_id.required", "customer_id.relationship", "email.missingValues",
        "country.invalidValues", "country.nullValues", "amount.mean", "primaryKey", "rowCount", "every-day",
        "reconcile", "latency", "generalAvailability",
    ]  # fmt: skip
