"""Drafts of contracts from live tables: what is promised, what is known for it, and what is never written."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from checks import sensitive
from checks.contracts.inferring import Inferred, Remembered
from checks.drafts import server
from checks.records import Dataset, Grain, Metric, Status
from connectors import Answer, QueryTimedOut, TableName
from tests.drafting import IBANS, document, drafted, executed, orders, properties, written_again
from tests.nasty import AT, MOMENTS, nasty_table
from tests.warehouses import DuckDBFile


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Inferred:
    """The draft of the orders in a DuckDB file."""
    warehouse = DuckDBFile(tmp_path_factory.mktemp("shop"))
    table = warehouse.load("orders", orders(AT))
    with warehouse.open() as source:
        return drafted(source, table, AT)


# -- a draft is kept by the table that it was made of ------------------------------------------------------------------


def test_a_draft_lints_clean_and_passes_on_its_own_table(warehouse, tmp_path, at):
    table = warehouse.load("orders", orders(at))
    with warehouse.open() as source:
        findings, results = executed(drafted(source, table, at), source, at, tmp_path)
    assert findings == []
    assert Counter(result.status for result in results) == {Status.PASS: len(results)}
    assert {"primaryKey", "email.format", "state.enum", "rating.minimum", "discount.nullValues", "freshness"} <= {
        result.check for result in results
    }


def test_a_table_with_everything_that_goes_wrong_gets_a_draft_that_it_keeps(warehouse, tmp_path):
    table = warehouse.load(
        "nasty", nasty_table(["created_at", "said"], nested="nested" not in warehouse.lacks, rows=MOMENTS * 4)
    )
    with warehouse.open() as source:
        findings, results = executed(drafted(source, table, AT), source, AT, tmp_path)
    assert [finding for finding in findings if finding.level != "info"] == []
    own = [result for result in results if result.check != "eventTime.notInFuture"]  # such rows are there
    assert [result for result in own if result.status is not Status.PASS] == []


@pytest.mark.parametrize("rows", [0, 1, 9])
def test_few_rows_promise_little_and_keep_it(tmp_path, at, rows):
    warehouse = DuckDBFile(tmp_path)
    table = warehouse.load("orders", orders(at)[:rows])
    with warehouse.open() as source:
        draft = drafted(source, table, at)
        findings, results = executed(draft, source, at, tmp_path)
    assert findings == []
    assert {result.status for result in results} <= {Status.PASS, Status.NO_DATA} - (
        {Status.NO_DATA} if rows else set()
    )
    told = properties(draft)
    assert not [name for name, each in told.items() if each.get("required") or "enum" in each or "primaryKey" in each]


def test_it_comes_back_from_ruamel_as_it_was_written(shop):
    assert written_again(shop.text) == shop.text


# -- what is promised --------------------------------------------------------------------------------------------------


def test_types_keys_nullability_formats_ranges_and_values_are_promised(shop):
    told = properties(shop)
    assert told["order_id"] == {
        "name": "order_id",
        "logicalType": "integer",
        "physicalType": "BIGINT",
        "primaryKey": True,
        "primaryKeyPosition": 1,
        "required": True,
    }
    assert told["sku"]["unique"] is True
    assert told["sku"]["logicalTypeOptions"] == {"minLength": 9, "maxLength": 9}
    assert [each["value"] for each in told["state"]["enum"]] == ["open", "paid", "sent"]
    assert told["country"]["logicalTypeOptions"]["format"] == "country"
    assert told["rating"]["logicalTypeOptions"] == {"minimum": 1, "maximum": 5}
    assert told["amount"]["logicalTypeOptions"] == {"minimum": 0, "maximum": 360}
    assert told["discount"]["quality"] == [
        {"metric": "nullValues", "unit": "percent", "mustBeLessOrEqualTo": 8, "severity": "warning"}
    ]
    assert "required" not in told["nothing"]


def test_levels_follow_the_past(shop):
    [table] = document(shop).data["schema"]
    levels = {each["property"]: each for each in document(shop).data["slaProperties"]}
    assert levels["freshness"] | {"element": ""} == {"property": "freshness", "value": 3, "unit": "h", "element": ""}
    assert (levels["frequency"]["value"], levels["frequency"]["unit"]) == (1, "h")
    assert levels["freshness"]["element"] == "orders.ordered_at"
    assert table["customProperties"] == [{"property": "vitals.eventTime", "value": "ordered_at"}]
    [volume] = table["quality"]
    assert (volume["metric"], volume["mustBeGreaterOrEqualTo"]) == ("rowCount", 6)  # half of the 12 hours of day one


@pytest.mark.parametrize(
    "line",
    [
        "primaryKey: true # no value twice in 1,200 rows over 50 days",
        "required: true # 0 nulls in 1,200 rows over 50 days",
        "- name: discount # NULL in 60 of 1,200 rows, 5 %",
        "- name: nothing # nothing but NULL in 1,200 rows over 50 days",
        "# 3 values in 1,200 rows over 50 days; the rarest 400 times",
        "minimum: 1 # every whole number from 1 to 5 in 1,200 rows over 50 days",
        "minimum: 0 # 10 to 235 in 1,200 rows over 50 days",
        "format: email # all 1,200 values have it",
        "value: 3 # the longest stretch without rows was 2 h in 50 days",
    ],
)
def test_each_line_says_what_it_is_known_from(shop, line):
    assert line in [each.strip() for each in shop.text.splitlines()]


@pytest.mark.parametrize(
    ("every", "levels"),
    [
        (1, {"freshness": (36, "h"), "frequency": (1, "d")}),
        (7, {"freshness": (11, "d"), "frequency": (7, "d")}),
    ],
)
def test_dates_have_days_and_their_rhythm(warehouse, tmp_path, at, every, levels):
    days = [at.date() - timedelta(days=1 + every * step) for step in range(60 // every + 5)]
    frame = pd.DataFrame({"day": days, "amount": range(len(days))})
    table = warehouse.load("ledger", frame)
    with warehouse.open() as source:
        draft = drafted(source, table, at)
        findings, results = executed(draft, source, at, tmp_path)
    told = {each["property"]: (each["value"], each["unit"]) for each in document(draft).data["slaProperties"]}
    assert told == levels
    assert (findings, {result.status for result in results}) == ([], {Status.PASS})


def test_two_columns_are_a_key_together_where_no_single_one_is(tmp_path, at):
    warehouse = DuckDBFile(tmp_path)
    hours = orders(at)[["ordered_at"]]
    frames = [hours.assign(place=place, degrees=range(len(hours))) for place in ("here", "there")]
    table = warehouse.load("weather", pd.concat(frames, ignore_index=True))
    with warehouse.open() as source:
        told = properties(drafted(source, table, at))
    keys = {name: each["primaryKeyPosition"] for name, each in told.items() if "primaryKey" in each}
    assert keys == {"ordered_at": 1, "place": 2}


def test_the_key_of_the_catalogue_comes_first(postgres_database, at):
    from tests.warehouses import PostgresDatabase

    warehouse = PostgresDatabase(postgres_database)
    table = warehouse.load("orders", orders(at))
    warehouse.run("ALTER TABLE orders ADD PRIMARY KEY (sku)")
    with warehouse.open() as source:
        draft = drafted(source, table, at)
    assert [name for name, each in properties(draft).items() if "primaryKey" in each] == ["sku"]
    assert properties(draft)["order_id"]["unique"] is True
    assert "; NOT NULL in the catalogue" in draft.text


def test_a_counter_has_no_maximum(tmp_path, at):
    warehouse = DuckDBFile(tmp_path)
    table = warehouse.load("orders", orders(at).assign(total=lambda frame: frame["order_id"] // 2 * 10))
    with warehouse.open() as source:
        told = properties(drafted(source, table, at))
    assert told["total"]["logicalTypeOptions"] == {"minimum": 0}


def test_limits_of_any_size_are_numbers_to_every_reader(tmp_path, at):
    warehouse = DuckDBFile(tmp_path)
    columns = {
        f"{name}{number}": [sign * size * (1 + i % 7) for i in range(1200)]
        for number, size in enumerate((1e-7, 1e-3, 1.0, 1e12, 1e99, 1e150))
        for name, sign in (("mass", 1), ("debt", -1))
    }
    table = warehouse.load("orders", pd.DataFrame(columns).assign(ordered_at=orders(at)["ordered_at"]))
    with warehouse.open() as source:
        draft = drafted(source, table, at)
        findings, results = executed(draft, source, at, tmp_path)
    limited = {name for name, each in properties(draft).items() if "logicalTypeOptions" in each}
    assert limited == columns.keys() - {"mass5", "debt5"}, "no number of so many digits is a limit"
    assert (findings, {result.status for result in results}) == ([], {Status.PASS})


def test_of_a_large_table_no_second_key_is_counted(tmp_path, at, monkeypatch):
    monkeypatch.setattr("checks.suspects._LARGE", 1000)
    warehouse = DuckDBFile(tmp_path)
    table = warehouse.load("orders", orders(at))
    with warehouse.open() as source:
        told = properties(drafted(source, table, at))
    assert told["order_id"]["primaryKey"] is True
    assert not [name for name, each in told.items() if each.get("unique")]


def test_where_different_values_can_not_be_counted_in_time_a_sample_says_what_to_try(tmp_path, at, monkeypatch):
    warehouse = DuckDBFile(tmp_path)
    table = warehouse.load("orders", orders(at))
    with warehouse.open() as source:
        ask = source.fetch

        def slow_to_count(sql: str, **more: Any) -> Answer:
            if "approx_count_distinct" in sql.lower() and "group by" not in sql.lower():
                raise QueryTimedOut("shop", "the statement took longer than 60 s")
            return ask(sql, **more)

        monkeypatch.setattr(source, "fetch", slow_to_count)
        draft = drafted(source, table, at)
    told = properties(draft)
    assert (told["order_id"]["primaryKey"], told["sku"]["unique"]) == (True, True)
    assert [each["value"] for each in told["state"]["enum"]] == ["open", "paid", "sent"]
    assert "different values" not in draft.text
    assert "the statement took longer than 60 s" in draft.text


# -- the history before it ---------------------------------------------------------------------------------------------


def remembered(column: str, values: dict[datetime, float], metric: str = "null_count") -> Remembered:
    return Remembered({Metric(metric, column, Grain.DAY): values})


def test_a_column_that_had_nulls_earlier_is_not_required(tmp_path, at):
    warehouse = DuckDBFile(tmp_path)
    table = warehouse.load("orders", orders(at))
    gone = {datetime(2025, 12, 24): 3.0}  # noqa: DTZ001 a bucket
    with warehouse.open() as source:
        draft = drafted(source, table, at, remembered("state", gone))
    assert "required" not in properties(draft)["state"]
    assert "0 nulls in 1,200 rows over 50 days, but there were some in 1 of 52 buckets" in draft.text


def test_limits_hold_for_values_that_are_gone_by_now(tmp_path, at):
    warehouse = DuckDBFile(tmp_path)
    table = warehouse.load("orders", orders(at))
    gone = {datetime(2025, 12, 24): 900.0}  # noqa: DTZ001 a bucket
    with warehouse.open() as source:
        told = properties(drafted(source, table, at, remembered("amount", gone, "max")))
    assert told["amount"]["logicalTypeOptions"] == {"minimum": 0, "maximum": 1800}


def test_a_table_that_is_late_today_gets_no_freshness_that_excuses_it(tmp_path, at):
    warehouse = DuckDBFile(tmp_path)
    table = warehouse.load("orders", orders(at - timedelta(hours=30)))
    with warehouse.open() as source:
        draft = drafted(source, table, at)
        findings, results = executed(draft, source, at, tmp_path)
    assert "slaProperties" not in document(draft).data
    assert "the newest row is 1 d 6 h old now, while the longest stretch without rows was 2 h" in str(draft.left)
    assert "promise 3 h" in str(draft.left[0])
    assert (findings, {result.status for result in results}) == ([], {Status.PASS})


def test_a_table_that_is_loaded_at_night_may_be_as_old_as_it_was_before(tmp_path, at):
    """The rows are of each hour, and come at once: only the runs know it."""
    warehouse = DuckDBFile(tmp_path)
    table = warehouse.load("orders", orders(at - timedelta(hours=12)))
    ages = []
    for hour in range(72, 0, -1):  # loaded every midnight, up to the hour before
        observed = at - timedelta(hours=hour)
        ages.append((observed, (observed.hour + 0.5) * 3600))
    with warehouse.open() as source:
        draft = drafted(source, table, at, Remembered(ages=ages))
    [freshness, *_] = document(draft).data["slaProperties"]
    assert (freshness["value"], freshness["unit"]) == (36, "h")
    assert "the newest row was up to 23 h 30 min old before new ones came, in the runs that are kept" in draft.text


# -- people ------------------------------------------------------------------------------------------------------------


def test_no_value_of_a_column_that_looks_sensitive_is_written(shop):
    for value in ("person", "example.org", "+4722", "Kari", "Ola", "Nils", *IBANS):
        assert value not in shop.text
    told = properties(shop)
    for name in ("email", "contact_no", "paid_from", "first_name"):
        assert told[name]["classification"] == "confidential"
        assert "enum" not in told[name]
    assert "# has values of the format phone; none of them is written here" in shop.text
    assert "classification" not in told["state"]


def test_a_few_addresses_among_other_texts_are_enough_to_be_silent(tmp_path, at):
    warehouse = DuckDBFile(tmp_path)
    texts = ["someone@example.org" if i % 50 == 0 else "none" for i in range(1200)]
    table = warehouse.load("orders", orders(at).assign(answer=texts))
    with warehouse.open() as source:
        draft = drafted(source, table, at)
    assert properties(draft)["answer"]["classification"] == "confidential"
    assert "someone" not in draft.text


def test_a_value_that_hardly_any_row_has_may_be_a_person(tmp_path, at):
    warehouse = DuckDBFile(tmp_path)
    texts = ["rare one" if i < 4 else "common" for i in range(1200)]
    table = warehouse.load("orders", orders(at).assign(answer=texts))
    with warehouse.open() as source:
        draft = drafted(source, table, at)
    assert "enum" not in properties(draft)["answer"]
    assert "rare one" not in draft.text


def test_what_a_contract_classifies_stays_classified_and_silent(tmp_path, at):
    warehouse = DuckDBFile(tmp_path)
    table = warehouse.load("orders", orders(at))
    with warehouse.open() as source:
        told = properties(drafted(source, table, at, classified={"state": "restricted", "amount": "restricted"}))
    assert told["state"]["classification"] == "restricted"
    assert "enum" not in told["state"]
    assert told["amount"]["logicalTypeOptions"] == {"minimum": 0}


def test_a_list_with_one_value_too_many_is_not_cut_to_fit(tmp_path, at):
    """Where NULL is among the values, it takes no other one's place."""
    warehouse = DuckDBFile(tmp_path)
    frame = orders(at)
    words = [f"w{number % 22}" if number % 22 < 21 else None for number in range(len(frame))]
    table = warehouse.load("orders", frame.assign(state=words))
    with warehouse.open() as source:
        draft = drafted(source, table, at)
    assert "enum" not in properties(draft)["state"]


def test_the_words_of_an_enum_type_are_not_written_as_its_type(tmp_path, at):
    warehouse = DuckDBFile(tmp_path)
    frame = orders(at)[["first_name", "state", "ordered_at"]]
    natives = {"first_name": "ENUM('Kari', 'Ola', 'Nils')", "state": "ENUM('open', 'paid', 'sent')"}
    table = warehouse.load("orders", frame, natives)
    with warehouse.open() as source:
        draft = drafted(source, table, at)
        findings, results = executed(draft, source, at, tmp_path)
    told = properties(draft)
    assert (told["state"]["physicalType"], len(told["state"]["enum"])) == ("ENUM", 3)
    assert (told["first_name"]["physicalType"], "Kari" in draft.text) == ("ENUM", False)
    assert (findings, {result.status for result in results}) == ([], {Status.PASS})


def test_values_that_look_personal_are_dropped_even_where_formats_could_not_be_looked_for(tmp_path, at, monkeypatch):
    warehouse = DuckDBFile(tmp_path)
    texts = [("yes", "no", "ask me@example.org")[i % 3] for i in range(1200)]
    table = warehouse.load("orders", orders(at).assign(answer=texts))
    with warehouse.open() as source:
        ask = source.fetch

        def slow_with_patterns(sql: str, **more: Any) -> Answer:
            if "regexp" in sql.lower():
                raise QueryTimedOut("shop", "the statement took longer than 60 s")
            return ask(sql, **more)

        monkeypatch.setattr(source, "fetch", slow_with_patterns)
        draft = drafted(source, table, at)
    told = properties(draft)
    assert [name for name, each in told.items() if "enum" in each] == ["state", "country"]
    assert "ask me" not in draft.text
    assert told["order_id"]["primaryKey"] is True
    assert "orders: what could not be looked at: " in str(draft.left[0])
    assert "the statement took longer than 60 s" in draft.text


@pytest.mark.parametrize(
    ("value", "personal"),
    [
        ("a@b", True),
        ("22 33 44 55", True),
        ("NO93 8601 1117 947", True),
        ("10.0.0.1", True),
        ("fe80::1", True),
        ("paid", False),
        ("B737-800", False),
        ("4 Cycle", False),
        ("America/New_York", False),
    ],
)
def test_texts_with_the_look_of_an_address_or_a_number(value, personal):
    assert sensitive.looks_like_personal_value(value) is personal


@pytest.mark.parametrize(
    "name", ["email", "customerEmail", "FIRST_NAME", "firstName", "Phones", "date-of-birth", "iban"]
)
def test_names_that_speak_of_people(name):
    assert sensitive.looks_personal(name)
    assert not sensitive.shows_values(name, {})


@pytest.mark.parametrize("name", ["state", "carrier", "origin", "embarked", "humid", "status_of_order"])
def test_names_that_do_not(name):
    assert not sensitive.looks_personal(name)
    assert sensitive.shows_values(name, {})


# -- where it is -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgres://vitals:s3cret@db.example.org/shop",
         {"type": "postgres", "host": "db.example.org", "port": 5432, "database": "shop", "schema": "sales"}),
        ("warehouse.duckdb", {"type": "duckdb", "database": "warehouse.duckdb", "schema": "sales"}),
        ("duckdb:///data/x.db", {"type": "duckdb", "database": "/data/x.db", "schema": "sales"}),
        ("/data/lake", {"type": "custom", "path": "/data/lake"}),
        ("demo://data/demo", {"type": "custom", "path": "data/demo"}),
        ("snowflake://me:s3cret@account/db",
         {"type": "custom", "location": "snowflake://***@account/db", "schema": "sales"}),
    ],
)  # fmt: skip
def test_the_server_is_called_like_the_source_and_has_no_password(url, expected):
    made = server(url, Dataset("shop", TableName("sales", "orders")))
    assert made == {"server": "shop", **expected}


def test_moments_are_told_in_utc(shop, at):
    assert f"# A draft from what was measured at {at.astimezone(UTC):%Y-%m-%d %H:%M} UTC." in shop.text


@pytest.mark.parametrize("seed", range(4))
def test_prices_of_the_next_months_keep_the_limit_and_prices_in_cents_do_not(tmp_path, at, seed):
    prices = np.random.default_rng(seed).lognormal(3.2, 0.7, 6000).round(2)
    warehouse = DuckDBFile(tmp_path)
    table = warehouse.load("orders", orders(at, hours=2000).assign(price=prices[:2000]))
    with warehouse.open() as source:
        limit = properties(drafted(source, table, at))["price"]["logicalTypeOptions"]["maximum"]
    assert prices[2000:].max() <= limit < 100 * np.median(prices)


def test_what_the_newest_days_do_not_have_yet_is_no_share_of_nulls(tmp_path, at):
    warehouse = DuckDBFile(tmp_path)
    frame = orders(at).assign(delivered_at=lambda each: each["ordered_at"] + timedelta(days=2))
    frame.loc[frame["delivered_at"] > at.replace(tzinfo=None), "delivered_at"] = pd.NaT
    table = warehouse.load("orders", frame)
    with warehouse.open() as source:
        told = properties(drafted(source, table, at, event_time="ordered_at"))
    assert "quality" not in told["delivered_at"]
    assert "quality" in told["discount"]


def test_rows_of_five_days_promise_neither_a_rhythm_nor_how_far_values_go(tmp_path, at):
    warehouse = DuckDBFile(tmp_path)
    table = warehouse.load("orders", orders(at, hours=120))
    with warehouse.open() as source:
        draft = drafted(source, table, at)
    assert "property: freshness" not in draft.text
    assert "freshness: rows from 5 days are too few to know a rhythm" in {each.what for each in draft.left}
    assert properties(draft)["amount"]["logicalTypeOptions"] == {"minimum": 0}
