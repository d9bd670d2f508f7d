"""The registry: versions that may follow one another, by command, by HTTP, and by the stock Confluent client."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

from checks.__main__ import main
from checks.history import History
from checks.registry import Compatibility, NotRegistered, NotThere, Registry
from tests.reports import NINE
from tests.test_api import Api, problem, serving

pytestmark = pytest.mark.slow  # real servers and clients

ORDERS = """
apiVersion: v3.1.0
kind: DataContract
id: orders
version: {version}
status: active
servers: [{{server: s, type: kafka, host: localhost:9092, format: {format}}}]
schema:
  - name: orders
    physicalType: topic
    properties:
      - {{name: id, logicalType: integer, required: true}}
      - {{name: email, logicalType: string}}
{more}
"""
REQUIRED = "      - {name: city, logicalType: string, required: true}"
OPTIONAL = "      - {name: city, logicalType: string}"
AVRO = {
    "type": "record",
    "name": "Payment",
    "fields": [{"name": "id", "type": "long"}, {"name": "note", "type": ["null", "string"], "default": None}],
}


def orders(version: str = "1.0.0", more: str = "", kind: str = "json") -> bytes:
    return ORDERS.format(version=version, more=more, format=kind).encode()


@pytest.fixture
def registry(tmp_path):
    with History.open(tmp_path / "history.duckdb", NINE) as history:
        yield Registry(history, lambda: NINE)


# -- contracts ---------------------------------------------------------------------------------------------------------


def test_a_contract_is_taken_up_once(registry):
    first, again = registry.register(orders(), "orders.yaml"), registry.register(orders(), "orders.yaml")
    assert (first.is_new, again.is_new) == (True, False)
    assert first.version == again.version
    assert [each.number for each in registry.versions("orders")] == [1]


def test_the_mode_of_a_contract_that_is_there_already_can_be_set(registry):
    registry.register(orders(), "orders.yaml")
    assert not registry.register(orders(), "orders.yaml", Compatibility.FULL).is_new
    assert registry.mode("orders") is Compatibility.FULL


def test_a_version_that_breaks_nobody_follows(registry):
    registry.register(orders(), "orders.yaml")
    added = registry.register(orders("1.1.0", OPTIONAL), "orders.yaml")
    assert (added.version.number, added.version.version) == (2, "1.1.0")
    assert "column.added" in [change.kind for change in added.changes]


@pytest.mark.parametrize(
    ("mode", "more", "refused"),
    [
        ("NONE", REQUIRED, False),
        ("BACKWARD", REQUIRED, True),  # data of the old contract have no city
        ("FORWARD", REQUIRED, False),
        ("FULL", REQUIRED, True),
        ("FULL", OPTIONAL, False),
    ],
)
def test_the_mode_decides_what_may_follow(registry, mode, more, refused):
    registry.register(orders(), "orders.yaml", Compatibility(mode))
    if refused:
        with pytest.raises(NotRegistered, match=f"city.*{mode} compatible"):
            registry.register(orders("2.0.0", more), "orders.yaml")
        assert len(registry.versions("orders")) == 1
    else:
        assert registry.register(orders("2.0.0", more), "orders.yaml").is_new


@pytest.mark.parametrize("status", ["draft", "proposed"])
def test_what_follows_a_draft_may_be_tighter_and_what_was_promised_before_it_still_counts(registry, status):
    def said(version: str, more: str = "", status: str = "active") -> bytes:
        return orders(version, more).replace(b"status: active", f"status: {status}".encode())

    registry.register(said("0.1.0", status=status), "orders.yaml", Compatibility.BACKWARD)
    assert registry.register(said("1.0.0", REQUIRED), "orders.yaml").changes
    required = REQUIRED.replace("city", "street")
    with pytest.raises(NotRegistered, match="is not BACKWARD compatible"):
        registry.register(said("2.0.0", f"{REQUIRED}\n{required}", status), "orders.yaml")
    registry.register(said("2.0.0", REQUIRED, status), "orders.yaml", Compatibility.NONE)
    with pytest.raises(NotRegistered, match="is not BACKWARD compatible"):
        registry.register(said("3.0.0", f"{REQUIRED}\n{required}"), "orders.yaml", Compatibility.BACKWARD)


def test_a_transitive_mode_looks_at_every_version_before(registry):
    registry.register(orders("1.0.0", REQUIRED), "orders.yaml", Compatibility.NONE)
    registry.register(orders("2.0.0"), "orders.yaml")
    back = orders("3.0.0", OPTIONAL.replace("string", "integer"))
    registry.set_mode("orders", Compatibility.BACKWARD_TRANSITIVE)
    with pytest.raises(NotRegistered, match="city"):
        registry.register(back, "orders.yaml")
    registry.set_mode("orders", Compatibility.BACKWARD)
    assert registry.register(back, "orders.yaml").is_new


@pytest.mark.parametrize("version", ["1.0.0", "1.0.1", "0.9.0", "one"])
def test_the_version_has_to_take_the_step_that_the_changes_demand(registry, version):
    registry.register(orders(), "orders.yaml")
    with pytest.raises(NotRegistered, match="step"):
        registry.register(orders(version, OPTIONAL), "orders.yaml")


def test_a_contract_with_an_error_is_refused_with_its_line(registry):
    with pytest.raises(NotRegistered, match=r"orders.yaml:12: error") as refused:
        registry.register(orders().replace(b"required: true", b"required: perhaps"), "orders.yaml")
    assert not refused.value.valid


def test_a_subject_belongs_to_one_contract(registry):
    registry.register(orders(), "orders.yaml")
    with pytest.raises(NotRegistered, match="belongs to the contract 'orders'"):
        registry.register(orders().replace(b"id: orders", b"id: other", 1), "other.yaml")
    with pytest.raises(NotRegistered, match="change and register that"):
        registry.register_schema("orders-value", "JSON", '{"type": "object", "properties": {"id": {"type": "string"}}}')
    with pytest.raises(NotThere):
        registry.versions("other")


def test_a_transaction_keeps_the_contract_and_its_schemas_together(registry):
    added = registry.register(orders(kind="avro"), "orders.yaml")
    [schema] = added.schemas
    assert (schema.subject, schema.kind, schema.contract) == ("orders-value", "AVRO", "orders")
    assert registry.subject("orders-value") == [schema]


# -- commands ----------------------------------------------------------------------------------------------------------


def test_the_commands_register_a_folder_and_list_it(tmp_path, capfd):
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "orders.yaml").write_bytes(orders())
    (tmp_path / "config.toml").write_text('[sources.s]\nurl = "files://nowhere"\n')
    config = ["--config", str(tmp_path / "config.toml"), "--json"]
    assert main(["contract", "register", *config]) == 0
    assert [each["new"] for each in json.loads(capfd.readouterr().out)["registered"]] == [True]
    (tmp_path / "contracts" / "orders.yaml").write_bytes(orders("1.1.0", REQUIRED))
    assert main(["contract", "register", *config]) == 1
    [refused] = json.loads(capfd.readouterr().out)["refused"]
    assert ("city" in refused["reason"], "BACKWARD" in refused["reason"]) == (True, True)
    assert main(["contract", "register", "--compatibility", "NONE", *config]) == 1  # the version step is too small
    assert main(["contract", "register", "--compatibility", "SOME", *config]) == 64
    capfd.readouterr()
    assert main(["contract", "list", *config]) == 0
    [listed] = json.loads(capfd.readouterr().out)["contracts"]
    assert (listed["version"], [each["version"] for each in listed["registered"]]) == ("1.1.0", ["1.0.0"])


# -- HTTP --------------------------------------------------------------------------------------------------------------


YAML = {"content-type": "application/yaml"}


@pytest.fixture
def client(tmp_path):
    with serving(tmp_path, "orders") as served:
        yield served


def test_contracts_are_registered_and_read_by_http(client: Api):
    assert client.post("/api/contracts", content=orders(), headers=YAML).status_code == 201
    assert client.post("/api/contracts", content=orders(), headers=YAML).status_code == 200
    refused = client.post("/api/contracts", content=orders("1.1.0", REQUIRED), headers=YAML)
    assert problem(refused)[0] == 409
    assert problem(client.post("/api/contracts", content=b"a: [", headers=YAML))[0] == 422
    assert problem(client.post("/api/contracts", content=orders()))[0] == 415
    assert problem(client.post("/api/contracts?compatibility=SOME", content=orders(), headers=YAML))[0] == 400
    assert problem(client.put("/api/contracts", content=orders(), headers=YAML))[0] == 405
    [listed] = client.get("/api/contracts").json()["contracts"]
    assert (listed["id"], [each["version"] for each in listed["registered"]]) == ("orders", ["1.0.0"])
    assert client.get("/api/contracts/orders").json()["versions"][0]["text"] == orders().decode()
    assert problem(client.get("/api/contracts/nothing"))[0] == 404


def test_a_configured_token_guards_the_registry(tmp_path):
    with serving(tmp_path, "orders", config='[app]\ntoken = "sesame"\n') as client:
        assert problem(client.post("/api/contracts", content=orders(), headers=YAML))[0] == 401
        assert client.get("/registry/subjects").json() == []
        url = str(client.base_url) + "/registry"
        with SchemaRegistryClient({"url": url}) as anybody, pytest.raises(SchemaRegistryError) as refused:
            anybody.register_schema("x", avro())
        assert refused.value.http_status_code == 401
        with SchemaRegistryClient({"url": url, "basic.auth.user.info": "anybody:sesame"}) as trusted:
            assert trusted.register_schema("x", avro()) == 1


# -- the stock client --------------------------------------------------------------------------------------------------


@pytest.fixture
def stock(client: Api) -> Iterator[SchemaRegistryClient]:
    with SchemaRegistryClient({"url": f"{client.base_url}/registry"}) as opened:
        yield opened


def avro(*more: dict) -> Schema:
    return Schema(json.dumps(AVRO | {"fields": [*AVRO["fields"], *more]}), "AVRO")


def code(error: pytest.ExceptionInfo[SchemaRegistryError]) -> tuple[int, int]:
    return error.value.http_status_code, error.value.error_code


def test_the_stock_client_registers_and_fetches(stock: SchemaRegistryClient):
    one = stock.register_schema("payments/eu value", avro())
    two = stock.register_schema(
        "payments/eu value", avro({"name": "city", "type": ["null", "string"], "default": None})
    )
    assert (one, two) == (1, 2)
    assert stock.register_schema("payments/eu value", avro()) == one
    assert stock.get_subjects() == ["payments/eu value"]
    assert stock.get_versions("payments/eu value") == [1, 2]
    latest = stock.get_latest_version("payments/eu value")
    assert (latest.schema_id, latest.version, latest.subject) == (2, 2, "payments/eu value")
    fetched = stock.get_schema(1)
    assert json.loads(fetched.schema_str) == AVRO
    assert fetched.schema_type == "AVRO"
    assert stock.lookup_schema("payments/eu value", avro()).version == 1


def test_the_stock_client_hears_what_is_not_compatible(stock: SchemaRegistryClient):
    stock.register_schema("payments", avro())
    tighter = avro({"name": "city", "type": "string"})
    assert stock.test_compatibility("payments", avro()) is True
    assert stock.test_compatibility("payments", tighter) is False
    with pytest.raises(SchemaRegistryError) as refused:
        stock.register_schema("payments", tighter)
    assert code(refused) == (409, 409)
    stock.set_compatibility("payments", "FORWARD")
    assert stock.get_compatibility("payments") == "FORWARD"
    assert stock.register_schema("payments", tighter) == 2
    assert stock.get_compatibility() == "BACKWARD"


def test_the_stock_client_reads_the_schema_that_a_contract_amounts_to(client: Api, stock: SchemaRegistryClient):
    client.post("/api/contracts", content=orders(), headers=YAML)
    found = stock.get_latest_version("orders-value")
    schema = json.loads(found.schema.schema_str)
    assert (found.schema.schema_type, schema["required"], set(schema["properties"])) == (
        "JSON",
        ["id"],
        {"id", "email"},
    )
    assert stock.register_schema("orders-value", found.schema) == found.schema_id
    assert stock.test_compatibility("orders-value", found.schema) is True
    other = Schema('{"type": "object", "properties": {"id": {"type": "string"}}}', "JSON")
    assert stock.test_compatibility("orders-value", other) is False
    with pytest.raises(SchemaRegistryError) as refused:
        stock.delete_subject("orders-value")
    assert code(refused)[0] == 422


def test_the_stock_client_deletes_twice_to_delete_for_good(stock: SchemaRegistryClient):
    stock.register_schema("payments", avro())
    with pytest.raises(SchemaRegistryError) as refused:
        stock.delete_version("payments", 1, permanent=True)
    assert code(refused)[0] in (404, 422)
    assert stock.delete_subject("payments") == [1]
    assert stock.get_subjects() == []
    assert stock.get_subjects(deleted=True) == ["payments"]
    assert stock.delete_subject("payments", permanent=True) == [1]
    assert stock.get_subjects(deleted=True) == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "error_code"),
    [
        ("GET", "/subjects/none/versions", None, 404, 40401),
        ("GET", "/subjects/known/versions/9", None, 404, 40402),
        ("GET", "/subjects/known/versions/x", None, 422, 42202),
        ("GET", "/schemas/ids/77", None, 404, 40403),
        ("GET", "/schemas/ids/x", None, 404, 40403),
        ("POST", "/subjects/known/versions", {"schema": "{", "schemaType": "JSON"}, 422, 42201),
        ("POST", "/subjects/known/versions", {"schema": '{"type": "recor"}'}, 422, 42201),
        ("POST", "/subjects/known/versions", {"schema": "x", "schemaType": "PROTOBUF"}, 422, 42201),
        ("POST", "/subjects/known/versions", {"schema": '"string"', "references": [{"name": "x"}]}, 422, 42201),
        ("POST", "/subjects/known/versions", {}, 422, 42201),
        ("POST", "/subjects/known", {"schema": '{"type": "record", "name": "X", "fields": []}'}, 404, 40403),
        ("PUT", "/config/known", {"compatibility": "SOMEHOW"}, 422, 42203),
        ("GET", "/config/known", None, 404, 40408),
        ("GET", "/nothing", None, 404, 404),
        ("PUT", "/subjects", {}, 405, 405),
    ],
)
def test_nonsense_has_the_answer_of_the_protocol(client: Api, stock, method, path, body, status, error_code):
    stock.register_schema("known", avro())
    answer = client.request(method, f"/registry{path}", json=body)
    said = answer.json()
    assert (answer.status_code, said["error_code"], bool(said["message"])) == (status, error_code, True)
