"""What contracts say about single values, and the checks that it becomes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest
import yaml

from checks.contracts import Finding, load_folder
from checks.contracts.catalogue import Catalogue
from checks.contracts.document import Notes
from checks.contracts.expectations import checks
from checks.contracts.subject import Subject
from checks.formats import predicate_of
from checks.predicates import (
    Items,
    Keys,
    Length,
    Limit,
    Matches,
    MultipleOf,
    NotInFuture,
    Properties,
    Relation,
    UniqueItems,
)
from checks.records import Check, Dimension, Operator, RowsExpected, Severity, Threshold, ValuesExpected
from connectors import TableName
from tests.measuring import NONE

AT_LEAST, ABOVE, AT_MOST, BELOW = Relation


class Read:
    """The checks and findings of a contract with one table."""

    def __init__(self, folder: Path, *properties: Any, quality: Any = (), version: str = "v3.2.0") -> None:
        table = {"name": "t", "properties": list(properties), "quality": list(quality)}
        whole = {"apiVersion": version, "kind": "DataContract", "id": "c", "version": "1.0.0", "schema": [table]}
        (folder / "c.yaml").write_text(yaml.safe_dump(whole, sort_keys=False), encoding="utf-8")
        contracts = load_folder(folder)
        [document] = contracts.documents
        subject = Subject(
            document,
            document.objects[0],
            "s",
            TableName("main", "t"),
            Catalogue(contracts.documents),
            Notes.on(document),
        )
        self.checks: dict[str, Check] = {check.id: check for check in checks(subject, ())}
        self.findings: tuple[Finding, ...] = contracts.findings

    @property
    def told(self) -> list[str]:
        return [f"{each.level}: {each.message}" for each in self.findings]

    def meets(self, id_: str) -> Any:
        expects: Any = self.checks[id_].expects
        return expects.meets


def test_an_enum_is_a_check_of_its_values(tmp_path: Path):
    members = [{"value": "A", "label": "Active"}, {"value": "B"}, {"value": None}, {"value": 3}]
    read = Read(tmp_path, {"name": "state", "physicalName": "ST", "enum": members})
    check = read.checks["state.enum"]
    assert check.expects == ValuesExpected("ST", "invalid", NONE, valid=("A", "B", 3))
    assert (check.dimension, check.severity) == (Dimension.CONFORMITY, Severity.ERROR)
    assert read.told == []


@pytest.mark.parametrize(
    ("logical", "option", "value", "predicate"),
    [
        ("integer", "minimum", 0, Limit(AT_LEAST, 0)),
        ("integer", "exclusiveMinimum", 0, Limit(ABOVE, 0)),
        ("number", "maximum", 1.5, Limit(AT_MOST, 1.5)),
        ("number", "exclusiveMaximum", 1.5, Limit(BELOW, 1.5)),
        ("number", "multipleOf", 0.01, MultipleOf(0.01)),
        ("string", "minLength", 2, Length(AT_LEAST, 2)),
        ("string", "maxLength", 2, Length(AT_MOST, 2)),
        ("string", "pattern", "^A", Matches("^A")),
        ("date", "minimum", "2026-01-31", Limit(AT_LEAST, date(2026, 1, 31))),
        ("time", "maximum", "20:00", Limit(AT_MOST, time(20))),
        ("timestamp", "minimum", "2026-01-31T08:00:00Z", Limit(AT_LEAST, datetime(2026, 1, 31, 8, tzinfo=UTC))),
        ("array", "minItems", 2, Items(AT_LEAST, 2)),
        ("array", "maxItems", 2, Items(AT_MOST, 2)),
        ("array", "uniqueItems", True, UniqueItems()),
        ("object", "minProperties", 2, Properties(AT_LEAST, 2)),
        ("object", "maxProperties", 2, Properties(AT_MOST, 2)),
        (None, "minimum", 3, Limit(AT_LEAST, 3)),
        (None, "exclusiveMaximum", "2026-01-31", Limit(BELOW, date(2026, 1, 31))),
    ],
)
def test_an_option_is_a_check_of_its_own(tmp_path: Path, logical: str | None, option: str, value: Any, predicate: Any):
    kind = {"logicalType": logical} if logical else {}
    read = Read(tmp_path, {"name": "a", **kind, "logicalTypeOptions": {option: value}})
    assert read.meets(f"a.{option}") == (predicate,)
    assert read.told == []


def test_required_properties_of_an_object_are_not_the_required_of_a_column(tmp_path: Path):
    options = {"required": ["lat", "lon"], "uniqueItems": False}
    read = Read(tmp_path, {"name": "a", "required": True, "logicalTypeOptions": options})
    assert list(read.checks) == ["a.column", "a.required", "a.requiredProperties"]
    assert read.meets("a.requiredProperties") == (Keys(("lat", "lon")),)


def test_a_limit_without_a_zone_is_of_the_propertys_zone(tmp_path: Path):
    options = {"minimum": "2026-01-31 08:00", "defaultTimezone": "Europe/Oslo", "timezone": False}
    read = Read(tmp_path, {"name": "a", "logicalType": "timestamp", "logicalTypeOptions": options})
    [limit] = read.meets("a.minimum")
    assert (limit.zone, limit.value.tzinfo) == ("Europe/Oslo", None)


def test_the_booleans_of_odcs_3_0_sharpen_their_limits(tmp_path: Path):
    options = {"minimum": 0, "exclusiveMinimum": True, "maximum": 9, "exclusiveMaximum": False}
    read = Read(tmp_path, {"name": "a", "logicalType": "integer", "logicalTypeOptions": options}, version="v3.0.2")
    assert read.meets("a.exclusiveMinimum") == (Limit(ABOVE, 0),)
    assert read.meets("a.maximum") == (Limit(AT_MOST, 9),)
    assert "a.minimum" not in read.checks
    assert read.told == ["info: is read as exclusiveMinimum: 0, as since ODCS 3.1"]


def test_an_option_that_the_standard_refuses_makes_no_check(tmp_path: Path):
    read = Read(tmp_path, {"name": "a", "logicalType": "string", "logicalTypeOptions": {"minLength": "two"}})
    assert list(read.checks) == ["a.column"]
    assert read.told == ['error: "two" must be a whole number']


# -- formats -----------------------------------------------------------------------------------------------------------

OSLO = {"defaultTimezone": "Europe/Oslo"}


@pytest.mark.parametrize(
    ("logical", "format_", "name"), [("string", "email", "email"), ("integer", "i8", "i8"), (None, "IBAN", "iban")]
)
def test_a_format_is_one_of_the_library(tmp_path: Path, logical: str | None, format_: str, name: str):
    kind = {"logicalType": logical} if logical else {}
    read = Read(tmp_path, {"name": "a", **kind, "logicalTypeOptions": {"format": format_}})
    assert read.meets("a.format") == (predicate_of(name),)
    assert read.told == []


@pytest.mark.parametrize(
    ("logical", "format_", "told"),
    [
        ("string", "emial", 'warning: not executed: "emial" is no format of the library; did you mean "email"?'),
        ("string", "password", "info: password says how values are meant; no value is against it, nothing is checked"),
        ("number", "f64", "info: f64 says how values are meant; no value is against it, nothing is checked"),
        (
            "date",
            "yyyy-MM-dd",
            "info: is how the moment is written; a column of real moments has no format, nothing is",
        ),
    ],
)
def test_a_format_that_is_no_check_is_told(tmp_path: Path, logical: str, format_: str, told: str):
    read = Read(tmp_path, {"name": "a", "logicalType": logical, "logicalTypeOptions": {"format": format_}})
    assert list(read.checks) == ["a.column"]
    assert [each[: len(told)] for each in read.told] == [told]


def test_a_library_rule_may_name_a_format(tmp_path: Path):
    rule = {"metric": "invalidValues", "arguments": {"format": "currency"}, "mustBeLessThan": 5, "unit": "percent"}
    read = Read(tmp_path, {"name": "a", "quality": [rule]})
    expects = read.checks["a.invalidValues"].expects
    limit = Threshold(Operator.LESS, (5.0,))
    assert expects == ValuesExpected("a", "invalid", limit, percent=True, meets=(predicate_of("currency"),))


def test_a_custom_rule_may_name_a_format_and_needs_no_operator(tmp_path: Path):
    rule = {"type": "custom", "engine": "vitals", "implementation": {"format": "not in the future"}}
    read = Read(tmp_path, {"name": "a", "quality": [rule], "logicalType": "timestamp", "logicalTypeOptions": OSLO})
    expects = read.checks["a.format"].expects
    assert expects == ValuesExpected("a", "invalid", NONE, meets=(NotInFuture("Europe/Oslo"),))
    assert read.told == []


def test_a_custom_format_of_a_table_names_its_column(tmp_path: Path):
    inner = {"format": "iban", "column": "a", "mustBeLessThan": 3}
    rule = {"type": "custom", "engine": "vitals", "implementation": inner, "severity": "warning"}
    read = Read(tmp_path, {"name": "a", "physicalName": "A"}, quality=[rule])
    check = read.checks["format"]
    limit = Threshold(Operator.LESS, (3.0,))
    assert check.expects == ValuesExpected("A", "invalid", limit, meets=(predicate_of("iban"),))
    assert check.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("inner", "told"),
    [
        ({"format": "iban"}, "a format is one of a column; add column"),
        ({"format": "iban", "column": "b"}, '"b" is not a property of t'),
        ({"format": "ibann", "column": "a"}, '"ibann" is no format of the library; did you mean "iban"?'),
        ({"format": 3, "column": "a"}, "3 is no format of the library; known are"),
        ({"format": "iban", "column": "a", "colour": 1}, "colour is not known beside format"),
        ({"format": "iban", "column": "a", "mustBe": "x"}, '"x" is not a number'),
    ],
)
def test_a_custom_format_that_can_not_be_executed_is_an_error(tmp_path: Path, inner: dict[str, Any], told: str):
    read = Read(tmp_path, {"name": "a"}, quality=[{"type": "custom", "engine": "vitals", "implementation": inner}])
    assert "format" not in read.checks
    assert [each.startswith(f"error: {told}") for each in read.told] == [True], read.told


# -- conditions --------------------------------------------------------------------------------------------------------


def condition(**inner: Any) -> dict[str, Any]:
    return {"type": "custom", "engine": "vitals", "implementation": inner}


def test_a_condition_between_columns(tmp_path: Path):
    rule = condition(expression="a >= b\n or a is null") | {"severity": "warning", "id": "order"}
    read = Read(
        tmp_path, {"name": "a", "physicalName": "A"}, {"name": "b"}, quality=[rule, condition(expression="a > b")]
    )
    assert read.told == []
    expects = RowsExpected("a >= b\n or a is null", (("a", "A"), ("b", "b")), NONE)
    assert (read.checks["order"].expects, read.checks["order"].severity) == (expects, Severity.WARNING)
    assert (read.checks["order"].column, read.checks["order"].dimension) == ("A, b", Dimension.CONSISTENCY)
    assert "expression" in read.checks


def test_a_condition_of_a_property_with_a_threshold_in_percent(tmp_path: Path):
    scope = [{"property": "vitals.scope", "value": "bucket"}]
    rule = condition(expression="a > 0") | {"mustBeLessThan": 5, "unit": "percent", "customProperties": scope}
    read = Read(tmp_path, {"name": "a", "quality": [rule]})
    limit = Threshold(Operator.LESS, (5.0,))
    expects = RowsExpected("a > 0", (("a", "a"),), limit, percent=True, per_bucket=True)
    assert read.checks["a.expression"].expects == expects


@pytest.mark.parametrize(
    ("inner", "told"),
    [
        ({"expression": "a > gone"}, '"gone" is not a property of t'),
        ({"expression": "a > sum(b)"}, '"a > sum(b)" uses SUM, which is not known here; known are comparisons'),
        ({"expression": "a >"}, '"a >" is no condition that can be read'),
        ({"expression": 4}, "4 is no text with a condition"),
        ({"expression": "a > b", "metric": "mean"}, "needs exactly one of"),
        ({"expression": "a > b", "mustBe": "none"}, '"none" is not a number'),
    ],
)
def test_a_condition_that_can_not_be_executed_is_an_error(tmp_path: Path, inner: dict[str, Any], told: str):
    read = Read(tmp_path, {"name": "a"}, {"name": "b"}, quality=[condition(**inner)])
    assert "expression" not in read.checks
    assert [each.startswith(f"error: {told}") for each in read.told] == [True], read.told
