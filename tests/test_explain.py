"""Planted causes are named, within six grouped queries, on every warehouse; and nothing classified is looked at."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from checks import worker
from checks.drill import veil_over
from checks.explain import Explanation, from_document, to_document
from checks.explain.ask import MOST_QUERIES, Question, explain
from checks.explain.known import explain_job
from checks.explain.subject import subject_of
from checks.records import (
    Check,
    Dataset,
    Dimension,
    EventTime,
    Operator,
    RowsExpected,
    Threshold,
    ValuesExpected,
)
from checks.refusal import Refused
from checks.worker import SourceSpec
from connectors import TableName
from tests.explaining import cases
from tests.warehouses import DuckDBFile, PostgresDatabase, Warehouse

DAY = datetime(2026, 3, 15)  # noqa: DTZ001 buckets are naive
AT = datetime(2026, 3, 16, 12, tzinfo=UTC)
DAYS = tuple(DAY - timedelta(days=7 * week) for week in range(5))
NONE = Threshold(Operator.BE, (0.0,))


def orders(each: int = 12) -> pd.DataFrame:
    """Five equal days: `each` rows of every combination of shop, kind and express, some without an e-mail."""
    rows = [
        {"shop": shop, "kind": kind, "express": express, "at": day + timedelta(minutes=7 * i), "secret": f"s{i % 3}"}
        for day in DAYS
        for shop in ("Oslo", "Rome", "Bonn", None)
        for kind in (1, 2, 3)
        for express in (True, False)
        for i in range(each)
    ]
    frame = pd.DataFrame(rows)
    frame["email"] = [None if i % 50 == 0 else "known" for i in range(len(frame))]
    frame["amount"] = [10.0 + i % 7 for i in range(len(frame))]
    return frame


def judged(frame: pd.DataFrame) -> pd.Series:
    return frame["at"] >= DAY


def asked(
    warehouse: Warehouse, frame: pd.DataFrame, metric: str, column: str | None = None, **more: Any
) -> Explanation:
    table = warehouse.load("orders", frame, more.pop("native", None))
    with warehouse.open() as source:
        return explain(source, question(table, metric, column, **more), more.get("at", AT))


def question(table: TableName, metric: str, column: str | None = None, **more: Any) -> Question:
    checks = more.pop("checks", ())
    dataset = Dataset("shop", table, checks=checks)
    subject = subject_of(dataset, metric, column, more.pop("value", None), more.get("hidden", frozenset()))
    return Question(dataset, subject, DAY, EventTime("at", "config"), DAYS[1:], **more)


def where(found: Explanation) -> list[str]:
    return [segment.where for segment in found.segments]


# -- seeded causes -----------------------------------------------------------------------------------------------------


def named(warehouse: Warehouse, seeds: Any) -> list[tuple[str, str]]:
    """The cases that were not named, with what was said instead; every case keeps to its queries."""
    wrong = []
    planted = cases(seeds)
    tables = [warehouse.load(f"case{i}", case.frame) for i, case in enumerate(planted)]
    with warehouse.open() as source:
        for case, table in zip(planted, tables, strict=True):
            found = explain(source, case.question(table), AT)
            assert 1 <= len(found.queries) <= MOST_QUERIES
            if not case.is_named_by(found):
                wrong.append((case.name, found.sentence))
    return wrong


@pytest.mark.slow
def test_of_200_planted_causes_95_percent_are_named(tmp_path):
    """One segment, a pair, two at once and none at all, in counts, rates and means, of flights and generated orders."""
    wrong = []
    for first in range(0, 200, 50):
        folder = tmp_path / str(first)
        folder.mkdir()
        wrong += named(DuckDBFile(folder), range(first, first + 50))
    assert len(wrong) <= 10, wrong


@pytest.mark.slow
def test_of_24_planted_causes_95_percent_are_named_in_postgresql(postgres_database):
    """One of each kind of cause, metric and table."""
    wrong = named(PostgresDatabase(postgres_database), range(300, 324))
    assert len(wrong) <= 1, wrong


# -- every warehouse, every number -------------------------------------------------------------------------------------


def test_missing_rows_are_a_segment_on_every_warehouse(warehouse):
    frame = orders()
    found = asked(warehouse, frame[~(judged(frame) & (frame["shop"] == "Rome"))], "bucket_rows")
    assert (found.before, found.after, found.change) == (288, 216, -72)
    assert where(found) == ["shop = Rome"]
    assert found.segments[0].share == pytest.approx(1)
    assert (found.segments[0].rows_before, found.segments[0].rows_after) == (72, 0)
    assert found.sentence == (
        "100 % of the missing rows are shop = Rome (no rows, usually 72 rows); other shops are normal."
    )
    assert len(found.queries) <= MOST_QUERIES


def test_a_pair_of_a_null_and_a_number_is_named_on_every_warehouse(warehouse):
    frame = orders()
    frame = frame[~(judged(frame) & frame["shop"].isna() & (frame["kind"] == 2))]
    found = asked(warehouse, frame, "row_count")
    assert where(found) in (["shop is NULL and kind = 2"], ["kind = 2 and shop is NULL"])


def test_rows_of_one_value_are_explained_by_the_others_on_every_warehouse(warehouse):
    frame = orders()
    before = ((frame["kind"] == 2) & ~judged(frame)).sum() / (~judged(frame)).sum()
    frame.loc[judged(frame) & (frame["shop"] == "Oslo") & (frame["kind"] == 2), "kind"] = 3
    found = asked(warehouse, frame, "category_count", "kind", value="=2")
    assert found.before == pytest.approx(before)
    assert (found.check, where(found)) == ("2", ["shop = Oslo"])
    assert "of the fewer rows with kind = 2 are shop = Oslo" in found.sentence


def test_rows_of_an_unusual_form_are_a_segment_on_every_warehouse(warehouse):
    frame = orders()
    frame["code"] = [f"AB{i}" for i in range(len(frame))]
    frame.loc[judged(frame) & (frame["shop"] == "Oslo"), "code"] = "12-ab"
    found = asked(warehouse, frame, "odd_form_count", "code", value="A9")
    assert (found.before, found.check, where(found)) == (0, "A9", ["shop = Oslo"])
    assert found.segments[0].after == 1
    assert "of the additional rows with an unusual form of code are shop = Oslo" in found.sentence


def test_the_value_must_be_said_and_may_not_be_classified():
    dataset = Dataset("shop", TableName(None, "orders"))
    with pytest.raises(Refused, match="give the value, as the check"):
        subject_of(dataset, "category_count", "kind", None, frozenset())
    with pytest.raises(Refused, match="is classified"):
        subject_of(dataset, "category_count", "kind", "=2", frozenset({"kind"}))
    assert subject_of(dataset, "category_count", "kind", "2", frozenset()).about == "kind = 2"


def test_missing_values_are_a_segment_on_every_warehouse(warehouse):
    frame = orders()
    frame.loc[judged(frame) & (frame["shop"] == "Oslo"), "email"] = None
    found = asked(warehouse, frame, "null_rate", "email")
    assert where(found) == ["shop = Oslo"]
    assert found.segments[0].after == 1
    assert found.sentence.startswith("100 % of the additional rows without email are shop = Oslo (100 %, usually")


def test_a_mean_that_rose_is_a_segment_on_every_warehouse(warehouse):
    frame = orders()
    frame.loc[judged(frame) & (frame["kind"] == 3), "amount"] *= 5
    found = asked(warehouse, frame, "mean", "amount")
    assert where(found) == ["kind = 3"]
    assert found.sentence.startswith("100 % of the rise in the mean of amount comes from kind = 3 (")


@pytest.mark.parametrize("name", ["{UA}", "{}", "}", '{"a": 1}', "{{0}}"])
def test_a_value_with_braces_is_told_as_it_is(tmp_path, name):
    frame = orders()
    frame["kind"] = frame["kind"].map({3: name}).fillna("other")
    found = asked(DuckDBFile(tmp_path), frame[~(judged(frame) & (frame["kind"] == name))], "bucket_rows")
    assert where(found) == [f"kind = {name}"]
    assert f"kind = {name} (" in found.sentence


def test_a_column_that_was_not_counted_is_left_out_with_its_reason(tmp_path):
    found = asked(DuckDBFile(tmp_path), orders(), "bucket_rows", distinct={"kind": 5.0})
    assert found.searched == ("kind",)
    assert ("express", "its values were not counted yet") in found.left_out


def test_a_boolean_names_a_segment(warehouse):
    frame = orders()
    found = asked(warehouse, frame[~(judged(frame) & frame["express"])], "bucket_rows")
    assert where(found) == ["express = true"]


def test_invalid_values_and_broken_conditions_are_explained_by_their_rule(warehouse):
    frame = orders()
    frame.loc[judged(frame) & (frame["kind"] == 1), "email"] = "nonsense"
    rule = Check(
        "known", "shop.orders", Dimension.CONFORMITY, ValuesExpected("email", "invalid", NONE, valid=("known",))
    )
    table = warehouse.load("orders", frame)
    broken = RowsExpected("email = 'known'", (("email", "email"),), NONE)
    with warehouse.open() as source:
        found = explain(source, question(table, "invalid_count", "email", checks=(rule,)), AT)
        assert where(found) == ["kind = 1"]
        assert found.sentence.startswith("100 % of the additional invalid values of email are kind = 1 (100 %")
        condition = replace(rule, expects=broken)
        assert where(explain(source, question(table, "violation_count", checks=(condition,)), AT)) == ["kind = 1"]


def test_an_enum_of_postgresql_can_name_a_segment(postgres_database):
    warehouse = PostgresDatabase(postgres_database)
    warehouse.run("CREATE TYPE town AS ENUM ('Oslo', 'Rome', 'Bonn')")
    frame = orders()
    frame = frame[~(judged(frame) & (frame["shop"] == "Rome"))]
    assert where(asked(warehouse, frame, "bucket_rows", native={"shop": "town"})) == ["shop = Rome"]


# -- no cause ----------------------------------------------------------------------------------------------------------


def test_a_change_that_all_rows_share_has_no_segment(tmp_path):
    frame = orders()
    half = frame[~judged(frame) | (frame["at"].dt.minute % 2 == 0)]
    found = asked(DuckDBFile(tmp_path), half, "bucket_rows")
    assert found.segments == ()
    assert found.sentence.startswith("No segment explains it: 144 rows instead of 288 rows, and all values of")


def test_a_day_as_usual_has_nothing_to_explain(tmp_path):
    found = asked(DuckDBFile(tmp_path), orders(), "bucket_rows")
    assert found.segments == ()
    assert found.sentence.startswith("Nothing to explain: this day has 288 rows, as usual, and no segment of")


def test_an_empty_day_has_no_segment(tmp_path):
    frame = orders()
    found = asked(DuckDBFile(tmp_path), frame[~judged(frame)], "bucket_rows")
    assert found.sentence == "No segment explains it: the day has no rows at all, usually 288 rows."
    assert (found.after, found.segments) == (0, ())


def test_a_table_without_a_column_to_search_says_so(tmp_path):
    frame = orders()[["at", "amount"]]
    found = asked(DuckDBFile(tmp_path), frame[~(judged(frame) & (frame["amount"] > 12))], "bucket_rows")
    assert found.searched == ()
    assert found.sentence.startswith("No segment explains it: there is no column with few values to search;")


# -- other shapes ------------------------------------------------------------------------------------------------------


def test_rows_that_were_never_there_are_additional(tmp_path):
    frame = orders()
    more = frame[judged(frame)].assign(shop="Cork").head(150)
    found = asked(DuckDBFile(tmp_path), pd.concat([frame, more]), "bucket_rows")
    assert where(found) == ["shop = Cork"]
    assert found.sentence.startswith("100 % of the additional rows are shop = Cork (150 rows, usually no rows)")


def test_a_rate_can_change_by_the_mix_of_rows(tmp_path):
    """No segment has more nulls than usual: the segment without any is gone."""
    frame = orders(40)
    frame["email"] = [None if shop == "Rome" and i % 2 else "known" for i, shop in enumerate(frame["shop"])]
    frame = frame[~(judged(frame) & frame["shop"].isin(["Oslo", "Bonn"]))]
    found = asked(DuckDBFile(tmp_path), frame, "null_rate", "email")
    assert sorted(where(found)) == ["shop = Bonn", "shop = Oslo"]
    assert "comes from another mix of rows: shop = " in found.sentence


def test_columns_that_follow_the_calendar_name_nothing(tmp_path):
    frame = orders()
    frame["month"], frame["week"] = frame["at"].dt.month, frame["at"].dt.isocalendar().week.astype(int)
    found = asked(DuckDBFile(tmp_path), frame[~(judged(frame) & (frame["shop"] == "Rome"))], "bucket_rows")
    assert where(found) == ["shop = Rome"]
    assert {"month", "week"} <= dict(found.left_out).keys()


def test_a_day_that_is_not_over_is_compared_up_to_its_time(tmp_path):
    frame = orders(160)
    noon = frame["at"].dt.hour < 12
    frame = frame[(~judged(frame) | noon) & ~(judged(frame) & (frame["shop"] == "Rome"))]
    found = asked(DuckDBFile(tmp_path), frame, "bucket_rows", length=timedelta(hours=12))
    assert where(found) == ["shop = Rome"]
    assert found.sentence.startswith("Up to 12 h into it: 100 % of the missing rows are shop = Rome")


def test_known_numbers_of_values_save_a_query(tmp_path):
    frame = orders()
    warehouse = DuckDBFile(tmp_path)
    table = warehouse.load("orders", frame[~(judged(frame) & (frame["shop"] == "Rome"))])
    with warehouse.open() as source:
        counted = explain(source, question(table, "bucket_rows"), AT)
        known = explain(source, question(table, "bucket_rows", distinct={"shop": 3, "kind": 3}), AT)
    assert len(known.queries) == len(counted.queries) - 1
    assert known.segments == counted.segments


# -- what is hidden ----------------------------------------------------------------------------------------------------


def test_columns_called_like_something_about_people_are_not_asked_for(tmp_path):
    """Nobody has classified anything yet, and what is found is kept with an alert."""
    frame = orders().rename(columns={"kind": "e_mail"})
    found = asked(DuckDBFile(tmp_path), frame[~(judged(frame) & (frame["e_mail"] == 3))], "bucket_rows")
    assert ("e_mail", "called like something about people") in found.left_out
    assert found.segments == ()
    assert not [query for query in found.queries if "e_mail" in query.sql]


def test_classified_columns_are_not_even_asked_for(tmp_path):
    frame = orders()
    frame = frame[~(judged(frame) & (frame["secret"] == "s1"))]
    found = asked(DuckDBFile(tmp_path), frame, "bucket_rows", hidden=frozenset({"secret"}))
    assert ("secret", "classified") in found.left_out
    assert found.segments == ()
    assert not [query for query in found.queries if "secret" in query.sql]
    assert "s1" not in json.dumps(to_document(found))


@pytest.mark.parametrize("metric", ["mean", "true_rate"])
def test_the_mean_of_a_classified_column_is_not_shown_by_segment(metric):
    dataset = Dataset("shop", TableName("main", "orders"))
    with pytest.raises(Refused, match=r"column 'Amount' of shop\.main\.orders is classified"):
        subject_of(dataset, metric, "Amount", None, frozenset({"amount"}))


def test_a_view_that_could_show_a_classified_column_by_another_name_is_refused(tmp_path):
    warehouse = DuckDBFile(tmp_path)
    table = warehouse.load("orders", orders())
    warehouse.run('CREATE VIEW renamed AS SELECT "at", secret AS harmless FROM orders')
    view = TableName("main", "renamed", is_view=True)
    governed = Dataset("shop", table, contract="orders", classified={"secret": "restricted"})
    veil = veil_over([governed, Dataset("shop", view)])
    spec = SourceSpec(f"shop{id(warehouse)}", warehouse.url, 30.0, tmp_path)
    try:
        with pytest.raises(Refused, match=r"the view main\.renamed reads main\.orders, which has classified columns"):
            explain_job(spec, question(view, "bucket_rows"), veil, AT)
    finally:
        worker._forget(spec.name)


# -- what is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("freshness", None, None), "'freshness' can not be explained by segments; these can: bucket_rows, row_count"),
        (("bucket_rows", "shop", None), "bucket_rows is a number of rows and has no column or check"),
        (("null_rate", None, None), "null_rate is measured per column; give the column"),
        (("invalid_count", "shop", None), "invalid_count: .* has no rule of that kind"),
    ],
)
def test_what_can_not_be_explained_is_refused_with_what_can(words, sentence):
    with pytest.raises(Refused, match=sentence):
        subject_of(Dataset("shop", TableName("main", "orders")), *words, frozenset())


def test_several_rules_of_a_kind_have_to_be_told_apart():
    expects = ValuesExpected("shop", "invalid", NONE, valid=("Oslo",))
    rules = [Check(name, "shop.orders", Dimension.CONFORMITY, expects) for name in ("a", "b")]
    dataset = Dataset("shop", TableName("main", "orders"), checks=tuple(rules))
    with pytest.raises(Refused, match=r"more than one rule of that kind; name the check, one of a \(column shop\), b"):
        subject_of(dataset, "invalid_count", "shop", None, frozenset())
    assert subject_of(dataset, "invalid_count", None, "b", frozenset()).check == rules[1]


@pytest.mark.parametrize(
    ("metric", "column", "sentence"),
    [
        ("null_rate", "gone", "column 'gone' is not in the table; it has amount, at"),
        ("mean", "shop", "column 'shop' is VARCHAR, which has no mean"),
        ("true_rate", "kind", "which has no true_rate"),
        ("empty_count", "kind", "which has no empty_count"),
    ],
)
def test_a_column_without_such_a_number_is_refused(tmp_path, metric, column, sentence):
    with pytest.raises(Refused, match=sentence):
        asked(DuckDBFile(tmp_path), orders(), metric, column)


def test_values_that_are_too_large_to_be_summed_are_refused_with_a_sentence(tmp_path):
    with pytest.raises(Refused, match="the values of column 'amount' are too large to be summed up"):
        asked(DuckDBFile(tmp_path), orders().assign(amount=1e200), "mean", "amount")


def test_a_day_without_a_value_has_no_mean(tmp_path):
    frame = orders()
    frame.loc[judged(frame), "amount"] = None
    found = asked(DuckDBFile(tmp_path), frame, "mean", "amount")
    assert (found.after, found.change) == (None, None)
    assert found.sentence == "No segment explains it: the day has no such number at all, usually 13."


# -- the record --------------------------------------------------------------------------------------------------------


def test_an_explanation_is_json_and_comes_back(tmp_path):
    frame = orders()
    found = asked(DuckDBFile(tmp_path), frame[~(judged(frame) & (frame["shop"] == "Rome"))], "bucket_rows")
    document = json.loads(json.dumps(to_document(found), allow_nan=False))
    assert from_document(document) == found
    assert document["segments"][0]["where"] == "shop = Rome"
    assert document["segments"][0]["values"] == {"shop": "Rome"}
    assert {"dataset", "metric", "bucket", "change", "segments", "sentence"} <= document.keys()
