"""`init URL`: a warehouse looked over, with a piece of configuration and drafts, and no file replaced."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from checks import drafts, outset
from checks.__main__ import main
from checks.config import load
from checks.records import Dataset
from connectors import TableName
from connectors.errors import scrub
from tests.drafting import orders
from tests.warehouses import DuckDBFile, PostgresDatabase

pytestmark = pytest.mark.slow  # real worker processes


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    """A working directory beside a DuckDB file with two tables and a view."""
    warehouse = DuckDBFile(tmp_path)
    for name in ("orders", "refunds"):
        warehouse.load(name, orders(datetime.now(UTC)))
    warehouse.run("CREATE VIEW newest AS SELECT * FROM orders LIMIT 3")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def proposed(capfd: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict, str]:
    code = main(["init", *words, "--json"])
    out, err = capfd.readouterr()
    return code, json.loads(out) if out else {}, err


def outcomes(document: dict) -> dict[str, str]:
    return {each["dataset"]: each["outcome"] for each in document["contracts"]}


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_warehouse_becomes_a_configuration_and_a_contract_for_each_table_that_pass(place, capfd):
    code, document, _ = proposed(capfd, "shop.duckdb")
    assert code == 0
    assert (place / "config.toml").read_text() == '[sources.shop]\nurl = "shop.duckdb"\n'
    assert outcomes(document) == dict.fromkeys(["shop.main.newest", "shop.main.orders", "shop.main.refunds"], "written")
    assert "# no value twice in 1,200 rows over 50 days" in (place / "contracts/shop.main.orders.yaml").read_text()
    assert main(["contract", "lint"]) == 0
    assert main(["contract", "test"]) == 0


def test_a_second_time_nothing_changes(place, capfd):
    assert proposed(capfd, "shop.duckdb")[0] == 0
    before = files(place)
    code, document, _ = proposed(capfd, "shop.duckdb")
    assert (code, document["config"]["written"], set(outcomes(document).values())) == (0, "there", {"kept"})
    assert files(place) == before


def test_a_configuration_that_is_there_keeps_every_byte_and_gets_a_source(place, capfd):
    before = b"\xef\xbb\xbf# ours\r\n[app]\r\nport = 1234   # not 8501"
    (place / "config.toml").write_bytes(before)
    code, document, _ = proposed(capfd, "shop.duckdb", "--source", "till")
    assert (code, document["config"]["written"]) == (0, "added")
    assert (place / "config.toml").read_bytes() == before + b'\n[sources.till]\nurl = "shop.duckdb"\n'
    assert load(place / "config.toml").app.port == 1234


def test_an_empty_configuration_is_a_configuration(place, capfd):
    (place / "config.toml").write_text("")
    code, document, _ = proposed(capfd, "shop.duckdb")
    assert (code, document["config"]["written"]) == (0, "added")
    assert list(load(place / "config.toml").sources) == ["shop"]


def test_a_configuration_that_changes_meanwhile_is_not_replaced(place, monkeypatch, capfd):
    config = place / "config.toml"
    config.write_text("[app]\n")
    listed = outset._listed

    def listed_slowly(*words):
        config.write_text("[app]\nport = 1\n")
        return listed(*words)

    monkeypatch.setattr(outset, "_listed", listed_slowly)
    code, _, told = proposed(capfd, "shop.duckdb")
    assert (code, config.read_text()) == (3, "[app]\nport = 1\n")
    assert "was changed by somebody else meanwhile" in told
    assert not (place / "contracts").exists()


def test_a_contract_that_is_there_stays_as_it_is(place, capfd):
    mine = place / "contracts" / "shop.main.orders.yaml"
    mine.parent.mkdir()
    mine.write_text("# notes\n")
    code, document, _ = proposed(capfd, "shop.duckdb")
    assert (code, mine.read_text(), outcomes(document)["shop.main.orders"]) == (0, "# notes\n", "kept")
    [told] = [each["reason"] for each in document["contracts"] if each["outcome"] == "kept"]
    assert told == "there is a file of that name already; it is left as it is"


def test_tables_whose_names_differ_in_punctuation_have_a_file_each(place, capfd):
    names = ("new orders", "new-orders", "new/orders")
    (place / "other").mkdir()
    warehouse = DuckDBFile(place / "other")
    for name in names:
        warehouse.load(name, orders(datetime.now(UTC)).head(50))
    code, document, _ = proposed(capfd, warehouse.url, "--source", "other")
    assert (code, outcomes(document)) == (0, {f"other.main.{name}": "written" for name in names})
    files = {Path(each["file"]).name for each in document["contracts"]}
    assert "other.main.new-orders.yaml" in files
    assert len(files) == 3
    assert all(re.fullmatch(r"other\.main\.new-orders(-[0-9a-f]{6})?\.yaml", file) for file in files), files


def test_a_table_that_can_not_be_looked_at_costs_no_other(place, capfd):
    (place / "lake").mkdir()
    orders(datetime.now(UTC)).to_parquet(place / "lake" / "orders.parquet")
    (place / "lake" / "torn.parquet").write_bytes(b"PAR1 and nothing more")
    code, document, _ = proposed(capfd, "lake")
    assert (code, outcomes(document)) == (3, {"lake.orders": "written", "lake.torn": "failed"})
    assert document["errors"][0].startswith("lake.torn: ")
    assert not (place / "contracts" / "lake.torn.yaml").exists()


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["nowhere.duckdb"], 3, "there is no file or folder"),
        (["shop.duckdb", "--source", "Shop!"], 64, "'Shop!' is no name"),
        (["shop.duckdb", "--source", "taken"], 64, "has a source 'taken' with another url already"),
        ([], 64, "Missing argument"),
    ],
)
def test_nonsense_writes_nothing_and_says_what_is_wrong(place, capfd, words, code, sentence):
    (place / "config.toml").write_text('[sources.taken]\nurl = "elsewhere.duckdb"\n')
    before = files(place)
    got, document, told = proposed(capfd, *words)
    assert (got, document, files(place)) == (code, {}, before)
    assert sentence in told


def test_a_broken_configuration_is_not_touched(place, capfd):
    (place / "config.toml").write_text("[app\n")
    before = files(place)
    code, _, told = proposed(capfd, "shop.duckdb")
    assert (code, files(place), "is not TOML" in told) == (64, before, True)


def test_a_configuration_that_can_not_take_a_source_is_not_touched(place, capfd):
    (place / "config.toml").write_text('sources = {x = {url = "y"}}\n')
    before = files(place)
    code, _, told = proposed(capfd, "shop.duckdb")
    assert (code, files(place)) == (64, before)
    assert told.startswith("config.toml with the source: is not TOML") or "config.toml with the source" in told


def test_from_another_folder_the_path_is_whole(place, capfd):
    (place / "there").mkdir()
    assert proposed(capfd, "shop.duckdb", "--config", "there/config.toml")[0] == 0
    assert load(place / "there/config.toml").sources["shop"].url.reveal() == f"duckdb://{place / 'shop.duckdb'}"
    assert (place / "there/contracts/shop.main.orders.yaml").exists()


def test_a_password_is_written_nowhere(place, postgres_database, capfd, monkeypatch):
    PostgresDatabase(postgres_database).load("orders", orders(datetime.now(UTC)))
    url = postgres_database.replace(":@/", ":s3cret@/")
    assert url != postgres_database
    code, document, told = proposed(capfd, url)
    assert (code, outcomes(document)) == (0, {"shop.public.orders": "written"})
    written = (place / "config.toml").read_text() + (place / "contracts/shop.public.orders.yaml").read_text()
    assert "s3cret" not in written + json.dumps(document) + told
    assert document["config"]["variables"] == ["SHOP_PASSWORD"]
    monkeypatch.setenv("SHOP_PASSWORD", "s3cret")
    assert load(place / "config.toml").sources["shop"].url.reveal() == url
    assert main(["contract", "test"]) == 0


@pytest.mark.parametrize(
    ("url", "written", "held"),
    [
        ("databricks://h?access_token=dapi1", "databricks://h?access_token=${W_PASSWORD}", ["dapi1"]),
        ("duckdb://md:db?motherduck_token=XYZ", "duckdb://md:db?motherduck_token=${W_PASSWORD}", ["XYZ"]),
        ("x://u:p@h?token=t&Key=k", "x://u:${W_PASSWORD}@h?token=${W_PASSWORD_2}&Key=${W_PASSWORD_3}", [*"ptk"]),
        ("postgres://postgres:postgres@h/postgres", "postgres://postgres:${W_PASSWORD}@h/postgres", ["postgres"]),
        ("postgres://u:${SHOP}@h/d", "postgres://u:${SHOP}@h/d", []),
    ],
)  # fmt: skip
def test_secrets_of_any_place_become_references_and_nothing_else_does(url: str, written: str, held: list[str]):
    text, variables = outset._without_secrets("w", url)
    assert (text, list(variables.values())) == (written, held)


@pytest.mark.parametrize(
    "url", ["duckdb://md:db?motherduck_token=XYZ", "databricks://h/p?access_token=XYZ", "databricks://u:XYZ@h?a=b"]
)
def test_a_draft_has_no_secret_of_the_url(url: str):
    made = drafts.server(url, Dataset("shop", TableName(None, "t")))
    assert "XYZ" not in str(made)
    assert "XYZ" not in scrub(f"can not open {url}")
