"""Contracts in other formats, judged by the real readers of those formats."""

from __future__ import annotations

import io
import json
import sys
import types
from datetime import UTC, date, datetime, time
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
import fastavro
import jsonschema
import psycopg
import pydantic
import pytest
import yaml
from fastavro.validation import ValidationError
from hypothesis import given, settings

from checks.__main__ import main
from checks.contracts.export import Format, NotExportable, export
from tests.contract_samples import NASTY, RICH, contract, contracts, document
from tests.examples import examples

FEW = settings(max_examples=examples(60), deadline=None)
REF = UUID("12345678-1234-5678-1234-567812345678")
ROW: dict[str, Any] = {
    "order_id": 7, "line": 1, "customer": 3, "state": "new", "country": "N O", "code": "AB", "amount": Decimal("9.50"),
    "ratio": 0.5, "paid": True, "day": date(2026, 3, 1), "ordered_at": datetime(2026, 3, 1, 12, tzinfo=UTC),
    "at": time(8, 30), "ref": REF, "address": {"city": "Oslo", "geo": {"lat": 59.9}}, "tags": ["a", "b"],
}  # fmt: skip
NEEDED = {key: ROW[key] for key in ("order_id", "line", "customer", "state", "ordered_at")}
#: what no order may have
WRONG: list[dict[str, Any]] = [
    {"order_id": None}, {"line": 0}, {"customer": None}, {"state": "lost"}, {"country": "FR"}, {"code": "A"},
    {"code": "ABCDEF"}, {"code": "ab"}, {"amount": -1}, {"amount": 1000}, {"paid": "maybe"}, {"day": "yesterday"},
    {"address": {"geo": None}}, {"address": {"city": "Oslo", "geo": {"lat": "north"}}}, {"tags": ["a", "b", "c", "d"]},
    {"tags": [None]},
]  # fmt: skip


def nasty_contract() -> dict[str, Any]:
    kinds = ["string", "integer", "object", "array"]
    made = []
    for index, name in enumerate(NASTY):
        each: dict[str, Any] = {"name": name, "logicalType": kinds[index % 4], "description": f"About {name}"}
        each |= {"enum": [{"value": name}]} if index % 4 == 0 else {}
        each |= {"properties": [{"name": name, "logicalType": "string"}]} if index % 4 == 2 else {}
        made.append(each)
    return contract(
        [{"name": name, "description": name, "properties": made} for name in ("</script>", "it's")], name="<b>"
    )


def exported(data: Any, to: Format, **more: Any) -> str:
    return export(document(data), to, **more)


# -- JSON Schema -------------------------------------------------------------------------------------------------------


def as_json(row: dict[str, Any]) -> Any:
    numbers = {key: float(value) if isinstance(value, Decimal) else value for key, value in row.items()}
    return json.loads(
        json.dumps(numbers, default=lambda value: value.isoformat() if hasattr(value, "isoformat") else str(value))
    )


@pytest.fixture
def orders_schema() -> jsonschema.Draft202012Validator:
    schema = json.loads(exported(RICH, Format.JSONSCHEMA, table="orders"))
    jsonschema.Draft202012Validator.check_schema(schema)
    checker = jsonschema.FormatChecker(formats=["date"])
    return jsonschema.Draft202012Validator(schema, format_checker=checker)


@pytest.mark.parametrize(
    "row", [ROW, NEEDED, ROW | {"country": None, "address": None}], ids=["full", "needed", "nulls"]
)
def test_rows_fit_the_json_schema(orders_schema: jsonschema.Draft202012Validator, row: dict[str, Any]):
    orders_schema.validate(as_json(row))


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_the_json_schema_refuses(orders_schema: jsonschema.Draft202012Validator, wrong: dict[str, Any]):
    assert not orders_schema.is_valid(as_json(ROW | wrong))


def test_several_tables_are_defs_of_one_json_schema():
    schema = json.loads(exported(RICH, Format.JSONSCHEMA))
    validator = jsonschema.Draft202012Validator(schema)
    assert list(schema["$defs"]) == ["customers", "orders"]
    assert validator.is_valid({"id": 1})
    assert not validator.is_valid({"nothing": 1})


# -- Avro --------------------------------------------------------------------------------------------------------------


def round_trip(schema: Any, row: dict[str, Any]) -> Any:
    file = io.BytesIO()
    parsed = fastavro.parse_schema(schema)
    fastavro.writer(file, parsed, [row])
    file.seek(0)
    return next(iter(fastavro.reader(file)))


def test_rows_survive_the_avro_schema():
    schema = json.loads(exported(RICH, Format.AVRO, table="orders"))
    assert round_trip(schema, ROW | {"country": "N O"}) == ROW
    empty = dict.fromkeys(ROW) | NEEDED
    assert round_trip(schema, NEEDED) == empty


def test_the_avro_schema_has_the_types_that_readers_need():
    schema = json.loads(exported(RICH, Format.AVRO, table="orders"))
    kinds = {each["name"]: each["type"] for each in schema["fields"]}
    assert schema["namespace"] == "shop.orders"
    assert kinds["state"] == {"type": "enum", "name": "orders_state", "symbols": ["new", "paid"]}
    assert kinds["country"] == ["null", "string"]  # 'N O' is no Avro name
    assert kinds["amount"][1] == {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2}
    assert kinds["line"] == "int"
    assert kinds["address"][1]["fields"][1]["type"][1]["name"] == "orders_address_geo"


@pytest.mark.parametrize("wrong", [{"state": "lost"}, {"order_id": None}, {"paid": "maybe"}], ids=str)
def test_the_avro_schema_refuses(wrong: dict[str, Any]):
    schema = json.loads(exported(RICH, Format.AVRO, table="orders"))
    with pytest.raises(ValidationError):
        fastavro.writer(io.BytesIO(), fastavro.parse_schema(schema), [ROW | wrong], validator=True)


def test_avro_keeps_the_original_of_a_name_that_it_can_not_have():
    schemas = json.loads(exported(nasty_contract(), Format.AVRO))
    names = [each.get("originalName", each["name"]) for each in schemas[0]["fields"]]
    assert names == NASTY
    assert [each["originalName"] for each in schemas] == ["</script>", "it's"]


# -- SQL ---------------------------------------------------------------------------------------------------------------


def test_duckdb_makes_the_tables_and_holds_the_promises():
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA s")
        connection.execute(exported(RICH, Format.SQL, dialect="duckdb"))
        holds_the_promises(connection.execute, duckdb.ConstraintException)
        comments = dict(connection.execute("SELECT column_name, comment FROM duckdb_columns()").fetchall())
        assert comments["order_id"] == "The number."


def test_postgres_makes_the_tables_and_holds_the_promises(postgres_database: str):
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute(exported(RICH, Format.SQL).encode())  # its own server is a PostgreSQL
        holds_the_promises(lambda sql: connection.execute(sql.encode()), psycopg.IntegrityError)
        (told,) = connection.execute("SELECT obj_description('orders'::regclass)").fetchone() or ("",)
        assert told == "One row per order."
        found = connection.execute(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'orders'"
        ).fetchall()
    kinds = dict(found)
    assert (kinds["ref"], kinds["line"], kinds["address"], kinds["tags"]) == ("uuid", "smallint", "jsonb", "ARRAY")
    assert kinds["ordered_at"] == "timestamp with time zone"


def holds_the_promises(execute: Any, refused: type[Exception]) -> None:
    def insert(**changed: str) -> None:
        row = {"id": "1", "line": "1", "customer": "3", "state": "'new'", "code": "'AB'", "amount": "1"} | changed
        columns = "order_id, line, customer, state, code, amount, ordered_at"
        execute(f"INSERT INTO orders ({columns}) VALUES ({', '.join(row.values())}, '2026-03-01')")

    insert()
    insert(id="2", code="NULL")
    for wrong in ({"line": "0"}, {"customer": "NULL"}, {"state": "'lost'"}, {"amount": "-1"}, {"amount": "1000"}):
        with pytest.raises(refused):
            insert(**{"id": "9", "code": "'CD'"} | wrong)
    with pytest.raises(refused):  # the same country at the same time
        execute(
            "INSERT INTO orders (order_id, line, customer, state, country, ordered_at)"
            " VALUES (7, 1, 3, 'new', 'DE', '2026-03-01'), (8, 1, 3, 'new', 'DE', '2026-03-01')"
        )
    for wrong in ({"id": "NULL", "code": "'CD'"}, {"id": "9", "code": "'A'"}, {"code": "'CD'"}, {"id": "9"}):
        with pytest.raises(refused):  # the last two: the same key, the same code
            insert(**wrong)


def test_sql_of_a_dialect_without_comments_tells_them_in_lines():
    text = exported(RICH, Format.SQL, dialect="sqlite")
    assert "-- order_id: The number." in text
    assert "COMMENT ON" not in text


def test_a_type_from_the_contract_is_never_run_as_sql():
    evil = {"name": "x", "logicalType": "string", "physicalType": "int); DROP TABLE orders; --", "description": "';--"}
    text = exported(contract([{"name": "t", "properties": [evil]}]), Format.SQL)
    assert "DROP" not in text
    with duckdb.connect() as connection:
        connection.execute(text)


# -- Pydantic ----------------------------------------------------------------------------------------------------------


def module_of(source: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "exported_models"}
    sys.modules["exported_models"] = types.ModuleType("exported_models")
    exec(compile(source, "exported_models.py", "exec", dont_inherit=True), names)
    return names


def test_the_pydantic_model_takes_rows_and_refuses_wrong_ones():
    orders = module_of(exported(RICH, Format.PYDANTIC))["Orders"]
    assert orders.model_validate(ROW).model_dump() == ROW
    assert orders.model_validate(NEEDED).address is None
    for wrong in WRONG:
        with pytest.raises(pydantic.ValidationError):
            orders.model_validate(ROW | wrong)


def test_a_pattern_that_pydantic_can_not_read_is_told():
    look = {"name": "x", "logicalType": "string", "logicalTypeOptions": {"pattern": "(?=a)b"}}
    source = exported(contract([{"name": "t", "properties": [look]}]), Format.PYDANTIC)
    assert "# not held here: the pattern '(?=a)b'" in source
    module_of(source)


# -- dbt ---------------------------------------------------------------------------------------------------------------


def test_dbt_gets_columns_tests_owner_and_freshness():
    made = yaml.safe_load(exported(RICH, Format.DBT))
    orders = made["models"][1]
    columns = {each["name"]: each for each in orders["columns"]}
    assert orders["config"]["meta"] == {"owner": "Checkout", "contract": "shop.orders", "contract_version": "1.2.0"}
    assert orders["constraints"] == [{"type": "primary_key", "columns": ["order_id", "line"]}]
    assert columns["order_id"]["data_tests"] == ["not_null"]
    assert made["models"][0]["columns"][0]["data_tests"] == ["not_null", "unique"]
    assert columns["code"]["data_tests"] == ["unique"]
    assert columns["state"]["data_tests"][1] == {"accepted_values": {"values": ["new", "paid"]}}
    assert columns["customer"]["data_tests"][1] == {"relationships": {"to": 'ref("customers")', "field": "id"}}
    (fresh,) = made["sources"][0]["tables"]
    assert fresh["loaded_at_field"] == "ordered_at"
    assert fresh["freshness"] == {"error_after": {"count": 2, "period": "day"}}


def test_text_for_dbt_is_no_template():
    evil = {"name": "x", "description": "{{ env_var('SECRET') }} {% raw %}"}
    text = exported(contract([{"name": "t", "properties": [evil]}]), Format.DBT)
    said = yaml.safe_load(text)["models"][0]["columns"][0]["description"]
    assert said.count("{{") == 2  # both of them are ours, and print a brace
    assert said.replace("{{ '{' }}", "{") == evil["description"]


# -- pages for readers -------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert not [name for name, _ in attrs if name.startswith("on") or name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_html_page_shows_nasty_names_as_text():
    page = Page(exported(nasty_contract(), Format.HTML))
    assert page.tags.isdisjoint({"script", "b", "link", "img"})
    assert set(NASTY) <= set(page.texts)


def test_the_html_page_tells_the_contract():
    text = exported(RICH, Format.HTML)
    words = " ".join(Page(text).texts)
    for told in ("Orders", "Checkout", "address.geo.lat", "primary key", "one of new, paid", "freshness", "2 d"):
        assert told in words
    assert "db.example.org" not in words  # addresses of servers stay out
    assert "prefers-color-scheme: dark" in text


def test_markdown_shows_nasty_names_as_text():
    text = exported(nasty_contract(), Format.MARKDOWN)
    assert "<" not in text
    assert "a\\|b\\`c\\*" in text
    for line in text.splitlines():
        if line.startswith("| "):  # the bar in a name starts no cell
            assert line.replace("\\|", "").count("|") == 5


def test_markdown_tells_the_contract():
    text = exported(RICH, Format.MARKDOWN)
    assert "| state | string | present; one of new, paid |  |" in text
    assert "| freshness | 2 d | orders.ordered\\_at |  |" in text


# -- whatever the contract ---------------------------------------------------------------------------------------------


@pytest.mark.slow
@FEW
@given(contracts())
def test_every_contract_gives_files_that_their_readers_take(data: dict[str, Any]):
    read = document(data)
    jsonschema.Draft202012Validator.check_schema(json.loads(export(read, Format.JSONSCHEMA)))
    avro = json.loads(export(read, Format.AVRO))
    for each in avro if isinstance(avro, list) else [avro]:
        fastavro.parse_schema(each)
    models = module_of(export(read, Format.PYDANTIC))
    assert (
        len([each for each in models.values() if isinstance(each, type) and issubclass(each, pydantic.BaseModel)]) > 1
    )
    assert len(yaml.safe_load(export(read, Format.DBT))["models"]) == len(data["schema"])
    assert Page(export(read, Format.HTML)).tags.isdisjoint({"script", "b"})
    assert "<" not in export(read, Format.MARKDOWN)
    assert document(export(read, Format.ODCS)).data == read.data


@pytest.mark.slow
@FEW
@given(contracts())
def test_duckdb_takes_the_sql_of_every_contract(data: dict[str, Any]):
    with duckdb.connect() as connection:
        for table in data["schema"]:
            schema = table["name"].rpartition(".")[0].rpartition(".")[2]
            if schema:
                connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
        connection.execute(exported(data, Format.SQL, dialect="duckdb"))


@pytest.mark.parametrize("dialect", ["postgres", "duckdb", "mysql", "snowflake", "bigquery", "tsql", "sqlite", "spark"])
def test_nasty_names_become_sql_of_every_dialect(dialect: str, request: pytest.FixtureRequest):
    text = exported(nasty_contract(), Format.SQL, dialect=dialect)
    assert text.count("CREATE TABLE") == 2
    if dialect == "postgres":
        with psycopg.connect(request.getfixturevalue("postgres_database")) as connection:
            connection.execute(text.encode())


# -- what can not be exported ------------------------------------------------------------------------------------------


def test_a_broken_contract_is_refused_with_the_line():
    with pytest.raises(NotExportable, match=r"contract\.yaml:\d+: error: .*requird"):
        exported(RICH.replace("required", "requird"), Format.AVRO)


def test_what_is_asked_for_must_be_there():
    with pytest.raises(NotExportable, match=r"no table nothing under schema .there: customers, orders"):
        exported(RICH, Format.AVRO, table="nothing")
    with pytest.raises(NotExportable, match="--dialect is for --to sql"):
        exported(RICH, Format.AVRO, dialect="duckdb")


# -- the command -------------------------------------------------------------------------------------------------------


@pytest.fixture
def orders_file(tmp_path: Path) -> Path:
    path = tmp_path / "orders.yaml"
    path.write_text(RICH, encoding="utf-8")
    return path


def test_the_command_prints_every_format(orders_file: Path, capsys: pytest.CaptureFixture[str]):
    for to in Format:
        assert main(["contract", "export", str(orders_file), "--to", to]) == 0
        assert capsys.readouterr().out == exported(RICH, to)


def test_the_command_writes_a_file_and_replaces_none_unasked(orders_file: Path, tmp_path: Path):
    out = tmp_path / "orders.sql"
    words = ["contract", "export", str(orders_file), "--to", "sql", "--schema", "orders", "--output", str(out)]
    assert main(words) == 0
    assert "COMMENT ON TABLE" in out.read_text()
    out.write_text("mine")
    assert main(words) == 64
    assert out.read_text() == "mine"
    assert main([*words, "--force"]) == 0
    assert out.read_text().startswith("CREATE TABLE")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["orders.sql", "orders.yaml"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["{}", "--to", "xml"], 64, "--to xml is not known; it is one of jsonschema, avro"),
        (["{}.gone", "--to", "avro"], 64, "there is no file"),
        (["{}", "--to", "avro", "--schema", "x"], 64, "no table x under schema (there: customers, orders)"),
        (["{}", "--to", "avro", "--output", "/no/such/folder/x"], 64, "there must be a folder /no/such/folder"),
        (["{}", "--to", "sql", "--dialect", "klingon"], 64, "--dialect klingon is not known; it is one of athena"),
        (["{}"], 64, "Missing option '--to'"),
    ],
)
def test_wrong_usage_is_told(
    orders_file: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: int, said: str
):
    assert main(["contract", "export", *(word.format(orders_file) for word in words)]) == code
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.out == ""


def test_a_file_that_is_no_yaml_can_not_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "x.yaml"
    path.write_text("a: b\n  c: [")
    assert main(["contract", "export", str(path), "--to", "avro"]) == 3
    assert "x.yaml:2: error: is not YAML" in capsys.readouterr().err
