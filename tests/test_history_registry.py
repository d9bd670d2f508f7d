"""Versions of contracts and schemas in the history: only added, numbered as the Confluent protocol wants it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.history import ContractVersion, History, Schema
from tests.examples import examples
from tests.reports import HOUR, NINE

ORDERS = ContractVersion("orders", 1, "1.0.0", NINE, "id: orders")


@pytest.fixture
def history(tmp_path):
    with History.open(tmp_path / "history.duckdb", NINE) as opened:
        yield opened


def json_schema(text: str, subject: str = "orders-value") -> Schema:
    return Schema(subject, "JSON", text)


def test_a_version_and_its_schemas_are_there_after_the_next_opening(tmp_path):
    path = tmp_path / "history.duckdb"
    with History.open(path, NINE) as history:
        derived = Schema("orders", "AVRO", "{}", "orders")
        assert [each.schema_id for each in history.add_contract_version(ORDERS, [derived])] == [1]
    with History.open(path, NINE) as history:
        assert history.contract_versions() == [ORDERS] == history.contract_versions("orders")
        assert history.contract_versions("other") == []
        [schema] = history.schema_versions("orders")
        assert (schema.number, schema.schema_id, schema.kind, schema.contract) == (1, 1, "AVRO", "orders")


def test_the_newest_schema_registered_again_is_no_new_version(history):
    first, again = (history.add_schema(json_schema("1"), NINE) for _ in range(2))
    assert first == again
    assert history.add_schema(json_schema("2"), NINE).number == 2
    assert history.add_schema(json_schema("1"), NINE).number == 3  # back to what it was: a change as well


def test_the_same_text_has_one_id_in_all_subjects_and_another_in_another_format(history):
    ids = [history.add_schema(json_schema("1", subject), NINE).schema_id for subject in ("a", "b")]
    assert ids == [1, 1]
    assert history.add_schema(Schema("a", "AVRO", "1"), NINE).schema_id == 2


def test_a_deleted_version_is_out_of_sight_and_its_number_is_not_given_again(history):
    history.add_schema(json_schema("1"), NINE)
    history.delete_schemas("orders-value", [1], NINE + HOUR)
    assert history.schema_versions("orders-value") == []
    assert [each.deleted for each in history.schema_versions("orders-value", deleted=True)] == [True]
    added = history.add_schema(json_schema("1"), NINE + HOUR)
    assert (added.number, added.schema_id) == (2, 1)


def test_a_forgotten_version_is_gone_and_its_id_is_not_given_to_another_schema(history):
    history.add_schema(json_schema("1"), NINE)
    history.forget_schemas("orders-value", [1])
    assert history.schema_versions("orders-value", deleted=True) == []
    assert history.add_schema(json_schema("2"), NINE).schema_id == 2


def test_modes_are_set_and_taken_back_by_scope(history):
    history.set_compatibility_mode("", "FULL", NINE)
    history.set_compatibility_mode("orders", "NONE", NINE)
    history.set_compatibility_mode("orders", "BACKWARD", NINE + HOUR)
    assert history.compatibility_modes() == {"": "FULL", "orders": "BACKWARD"}
    history.set_compatibility_mode("orders", None, NINE + HOUR)
    assert history.compatibility_modes() == {"": "FULL"}


@pytest.mark.slow
@settings(max_examples=examples(25))
@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("123"), st.booleans()), max_size=12))
def test_numbers_grow_and_ids_belong_to_texts(tmp_path_factory, steps):
    with History.open(tmp_path_factory.mktemp("history") / "history.duckdb", NINE) as history:
        ids: dict[str, int] = {}
        for subject, text, then_delete in steps:
            added = history.add_schema(json_schema(text, subject), NINE)
            assert ids.setdefault(text, added.schema_id) == added.schema_id
            if then_delete:
                history.delete_schemas(subject, [added.number], NINE)
        for subject in "ab":
            every = history.schema_versions(subject, deleted=True)
            assert [each.number for each in every] == list(range(1, len(every) + 1))
        assert len(set(ids.values())) == len(ids)
