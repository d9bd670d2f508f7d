"""A case for each kind of rule: what a contract says, values that satisfy it, and values that break it.

All cases stand in one contract for three tables, so that each warehouse is asked once for each table: `good` keeps
every promise, `bad` breaks every one. The moment is Sunday 2026-03-15 12:00 UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pyarrow as pa

from tests.test_formats import NUMBERS as FORMATS_OF_NUMBERS
from tests.test_formats import TEXTS as FORMATS_OF_TEXTS

#: the values of a column: repeated until there are enough, or by the number of the row; None: there is no such column
Values = Sequence[Any] | Callable[[int], Any] | None
TEXT, WHOLE, REAL = pa.string(), pa.int64(), pa.float64()
MOMENT, AWARE = pa.timestamp("us"), pa.timestamp("us", "UTC")

#: two rows a day, and the table is up to date
GOOD_DAYS = [datetime(2026, 3, day, hour) for day in range(1, 16) for hour in (6, 8)]  # noqa: DTZ001 naive, as columns
#: too old, too few, dried up two days ago, and one from tomorrow
BAD_DAYS = [
    *(datetime(2026, 2, day, 1) for day in range(1, 11)),  # noqa: DTZ001
    *(datetime(2026, 3, day, 1) for day in (9, 10, 11, 12)),  # noqa: DTZ001
    *(datetime(2026, 3, 13, 1, minute) for minute in range(5)),  # noqa: DTZ001
    datetime(2026, 3, 16, 12),  # noqa: DTZ001
]
#: what relationships and reconciliations look at
KEYS = pa.table({"id": list(range(1, 31))})


_BRACKETS = str.maketrans({"[": "items", "]": "", "{": "", "}": ""})


@dataclass(frozen=True)
class Case:
    """`says` is what the contract says: of a property (`place` 'property'), or as a rule of a property ('rule'), of the
    table ('table'), of its key ('key'), or as a service level ('level'). `word` finishes the id of a check without
    one. `bare` is whether a table without any of the columns tells something all the same."""

    kind: str
    says: dict[str, Any]
    good: Values = None
    bad: Values = None
    type: pa.DataType = TEXT
    place: str = "property"
    word: str = "column"
    bare: bool = False
    also: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The property, and the id of a rule or level."""
        return self.kind.replace(": ", "_").replace(" ", "_").replace("-", "_").translate(_BRACKETS).lower()

    @property
    def warns(self) -> bool:
        """Rules of a lower severity; levels about the past and the clock, for which nobody's data are wrong."""
        return "severity" in self.says or (self.place == "level" and "element" not in self.says)

    @property
    def check(self) -> str:
        if self.place == "key":
            return "primaryKey"
        if self.place != "property":
            return f"{self.name}-rule"
        return self.name + (self.word if self.word[0] in ".[{" else f".{self.word}")


def cycled(values: Values, rows: int) -> list[Any]:
    assert values is not None
    return [values(row) if callable(values) else values[row % len(values)] for row in range(rows)]


# -- how cases are written ---------------------------------------------------------------------------------------------


def keyword(word: str, says: dict[str, Any], good: Values, bad: Values, type_: pa.DataType = TEXT, **more: Any) -> Case:
    kind = more.pop("kind", f"property: {word}")
    return Case(kind, says, good, bad, type_, word=word, **more)


def option(name: str, limit: Any, good: Values, bad: Values, type_: pa.DataType = TEXT, **more: Any) -> Case:
    word = "requiredProperties" if name == "required" else name
    kind = more.pop("kind", f"option: {name}")
    return Case(kind, {"logicalTypeOptions": {name: limit}}, good, bad, type_, word=word, **more)


def typed(logical: str, values: Values, type_: pa.DataType, bad: Values, bad_type: pa.DataType) -> Case:
    more = {"also": {"bad_type": bad_type}, "bare": True}
    return Case(f"logicalType: {logical}", {"logicalType": logical}, values, bad, type_, **more)


def library(metric: str, says: dict[str, Any], good: Values, bad: Values, type_: pa.DataType = TEXT) -> Case:
    return Case(f"library: {metric}", {"metric": metric, **says}, good, bad, type_, place="rule")


def of_table(kind: str, says: dict[str, Any], **more: Any) -> Case:
    return Case(kind, says, place="table", **more)


def custom(kind: str, implementation: dict[str, Any], *values: Any, **more: Any) -> Case:
    """A custom rule, of a column where there are values."""
    says = {"type": "custom", "engine": "vitals", "implementation": implementation}
    return Case(kind, says, *values, place="rule" if values else "table", **more)


def level(name: str, value: Any, unit: str | None = None, *, bare: bool = False, element: str | None = "at") -> Case:
    says = {"property": name, "value": value, **({"unit": unit} if unit else {})}
    return Case(f"level: {name}", says | ({"element": element} if element else {}), place="level", bare=bare)


def _inside(of: str, says: dict[str, Any], place: str, *values: Any, word: str = "required") -> Case:
    """Something inside of a column; the check's id is that of the place."""
    return Case(f"inside: {of}", {"logicalType": "object", **says}, *values, word=f"{place}.{word}")


# -- schema ------------------------------------------------------------------------------------------------------------

NOON_UTC = datetime(2026, 3, 1, 12, tzinfo=UTC)
A_DAY, NOON = date(2026, 3, 1), datetime(2026, 3, 1, 12)  # noqa: DTZ001 naive, as columns
PLACE = pa.struct([("lat", pa.float64()), ("city", pa.string())])
OSLO, NOWHERE = {"lat": 59.9, "city": "Oslo"}, {"lat": None, "city": None}
MAP = pa.map_(TEXT, WHOLE)
OF_MAP = {"key": {"logicalType": "string"}, "value": {"logicalType": "integer"}}
NUMBERS = pa.list_(pa.int64())

SCHEMA = [
    Case("property: column", {}, ["x"], None, bare=True),
    keyword("required", {"required": True}, ["x"], ["x", None]),
    keyword("unique", {"unique": True}, lambda row: row, lambda row: row // 2, WHOLE),
    keyword("encryptedName", {"encryptedName": "n"}, ["x"], ["x"], also={"bad": {"encryptedName": "gone"}}, bare=True),
    keyword(
        "timezone", {"logicalType": "timestamp", "logicalTypeOptions": {"timezone": True}}, [NOON_UTC], [NOON], AWARE,
        also={"bad_type": MOMENT}, bare=True,
    ),
    Case(
        "physicalType", {}, [1], [1.5], WHOLE, bare=True,
        also={"bad_type": REAL, "duckdb": {"physicalType": "BIGINT"}, "postgres": {"physicalType": "int8"}},
    ),
    typed("string", ["x"], TEXT, [1], WHOLE),
    typed("date", [A_DAY], pa.date32(), [NOON], MOMENT),
    typed("timestamp", [NOON], MOMENT, ["soon"], TEXT),
    typed("time", [time(8)], pa.time64("us"), [NOON], MOMENT),
    typed("number", [1.5], REAL, ["x"], TEXT),
    typed("integer", [1], WHOLE, [1.5], REAL),
    typed("boolean", [True], pa.bool_(), ["yes"], TEXT),
    typed("object", [OSLO], PLACE, ["x"], TEXT),
    typed("array", [[1, 2]], NUMBERS, ["x"], TEXT),
    Case(
        "logicalType: map", {"logicalType": "map", "map": OF_MAP}, [[("a", 1)]], ["x"], MAP, bare=True,
        also={"bad_type": TEXT},
    ),
    Case("enum", {"enum": [{"value": "a"}, {"value": "b"}]}, ["a", "b", None], ["a", "c"], word="enum"),
    Case("relationship", {"relationships": [{"to": "keys.id"}]}, [1, 30, None], [1, 31], WHOLE, word="relationship"),
]  # fmt: skip

PRESENT = {"required": True}
INSIDE = [
    _inside("properties", {"properties": [{"name": "city", **PRESENT}]}, ".city", [OSLO, None], [NOWHERE], PLACE),
    _inside("[]", {"logicalType": "array", "items": PRESENT}, "[]", [[1], []], [[1, None]], NUMBERS),
    _inside(
        "{key}", {"logicalType": "map", "map": {"key": {"enum": [{"value": "a"}]}, "value": {}}}, "{key}",
        [[("a", 1)], []], [[("b", 1)]], MAP, word="enum",
    ),
    _inside(
        "{value}", {"logicalType": "map", "map": {"key": {}, "value": PRESENT}}, "{value}",
        [[("a", 1)], []], [[("a", None)]], MAP,
    ),
]  # fmt: skip

OPTIONS = [
    option("minimum", 3, [3, None], [2, 3], WHOLE),
    option("maximum", 3.5, [3.5], [3.6], REAL),
    option("exclusiveMinimum", 3, [4], [3], WHOLE),
    option("exclusiveMaximum", "2026-03-02", [A_DAY], [date(2026, 3, 2)], pa.date32()),
    option("multipleOf", 0.5, [1.5, 2], [1.5, 1.7], REAL),
    option("minLength", 2, ["né", None], ["é"]),
    option("maxLength", 2, ["né", None], ["née"]),
    option("pattern", "^[A-Z]{2}$", ["AB", None], ["AB", "abc"]),
    option("minItems", 1, [[1], None], [[1], []], NUMBERS),
    option("maxItems", 2, [[1, 2]], [[1, 2, 3]], NUMBERS),
    option("uniqueItems", True, [[1, 2]], [[1, 1]], NUMBERS),
    option("minProperties", 1, [[("a", 1)]], [[]], MAP),
    option("maxProperties", 1, [[("a", 1)], None], [[("a", 1), ("b", 2)]], MAP),
    option("required", ["a"], [[("a", 1)]], [[("b", 2)]], MAP),
    option("format", "email", ["ada@example.org"], ["ada"]),
]  # fmt: skip

FORMATS = [
    *(
        option("format", name, good, bad, TEXT, kind=f"format: {name}")
        for name, (good, bad) in FORMATS_OF_TEXTS.items()
    ),
    *(
        option("format", name, good, bad, REAL, kind=f"format: {name}")
        for name, (good, bad) in FORMATS_OF_NUMBERS.items()
    ),
    option(
        "format", "not-in-the-future", [datetime(2026, 3, 15, 11, tzinfo=UTC)],
        [datetime(2026, 3, 15, 13, tzinfo=UTC)], AWARE, kind="format: not-in-the-future",
    ),
]  # fmt: skip

# -- quality -----------------------------------------------------------------------------------------------------------

NONE = {"mustBe": 0}
FEW = {"mustBeLessThan": 10, "unit": "percent"}
_OPERANDS = {
    "mustBe": 30, "mustNotBe": 20, "mustBeGreaterThan": 29, "mustBeGreaterOrEqualTo": 30,
    "mustBeBetween": [30, 31], "mustNotBeBetween": [10, 29],
}  # fmt: skip

QUALITY = [
    library("nullValues", FEW, ["x"], ["x", None]),
    Case("severity", {"metric": "nullValues", "severity": "minor", **NONE}, ["x"], [None], place="rule"),
    library("missingValues", {"arguments": {"missingValues": ["", "N/A"]}, **NONE}, ["x"], ["x", "N/A"]),
    library("invalidValues", {"arguments": {"validValues": ["a"], "pattern": "^a"}, **FEW}, ["a", None], ["a", "b"]),
    library("duplicateValues", NONE, lambda row: row, [1, 2], WHOLE),
    of_table("library of tables: rowCount", {"metric": "rowCount", "mustBe": 30}, bare=True),
    of_table(
        "library of tables: duplicateValues",
        {"metric": "duplicateValues", "arguments": {"properties": ["key_a", "n"]}, **NONE},
    ),
    *(
        of_table(f"operator: {operator}", {"metric": "rowCount", operator: operand}, bare=True)
        for operator, operand in _OPERANDS.items()
    ),
    # below: of a number that the good table has less of
    *(
        Case(f"operator: {operator}", {"metric": "nullValues", operator: operand}, ["x"], [None], place="rule")
        for operator, operand in (("mustBeLessThan", 1), ("mustBeLessOrEqualTo", 0))
    ),
    Case(
        "sql: number",
        {"type": "sql", "query": "SELECT count(*) FROM {object} WHERE {property} IS NULL", **NONE},
        ["x"], ["x", None], place="rule",
    ),
    of_table("sql: boolean", {"type": "sql", "query": "SELECT count(*) = 30 FROM {table}", "mustBe": True}, bare=True),
]  # fmt: skip

# -- custom rules ------------------------------------------------------------------------------------------------------

SMALL, LARGE = [1.0, 2.0, 3.0, 4.0], [10.0, 20.0, 30.0, 40.0]
LESS = {"mustBeLessThan": 5}
ONE_TO_THIRTY, HUNDREDS = lambda row: row + 1, lambda row: 100 + row // 2


def _metric(name: str, limit: dict[str, Any], *values: Any, bare: bool = False) -> Case:
    return custom(f"metric: {name}", {"metric": name, **limit}, *values, bare=bare)


def _aggregate(function: str, limit: dict[str, Any], *values: Any, **more: Any) -> Case:
    return custom(f"aggregate: {function}", {"aggregate": {"function": function, **more}, **limit}, *values)


def _reconcile(function: str) -> Case:
    body = {"function": function, "with": "shop.keys", "withColumn": "id", "tolerance": 0}
    if function == "count":
        return custom("reconcile: count", {"reconcile": body}, bare=True)
    return custom(f"reconcile: {function}", {"reconcile": body}, ONE_TO_THIRTY, HUNDREDS, WHOLE)


CUSTOM = [
    _metric("row_count", {"mustBeGreaterThan": 29}, bare=True),
    _metric("bucket_rows", {"mustBeGreaterThan": 1}),
    _metric("freshness", {"mustBeLessThan": 86_400}),
    _metric("future_rows", NONE),
    _metric("null_count", NONE, ["x"], [None]),
    _metric("null_rate", {"mustBeLessThan": 0.1}, ["x"], ["x", None]),
    _metric("empty_count", NONE, ["x"], ["x", ""]),
    _metric("non_finite_count", NONE, [1.0], [1.0, float("nan")], REAL),
    _metric("distinct_count", LESS, SMALL, float, REAL),
    _metric("min", LESS, SMALL, LARGE, REAL),
    _metric("max", LESS, SMALL, LARGE, REAL),
    _metric("mean", LESS, SMALL, LARGE, REAL),
    _metric("stddev", LESS, SMALL, LARGE, REAL),
    _metric("min_length", LESS, ["four"], ["seventh"]),
    _metric("max_length", LESS, ["four"], ["four", "seventh"]),
    _metric("true_rate", {"mustBeGreaterThan": 0.9}, [True], [True, False], pa.bool_()),
    _aggregate("sum", {"mustBeLessThan": 100}, SMALL, LARGE, REAL),
    _aggregate("min", LESS, SMALL, LARGE, REAL),
    _aggregate("max", LESS, SMALL, LARGE, REAL),
    _aggregate("mean", LESS, SMALL, LARGE, REAL),
    _aggregate("stddev", LESS, SMALL, LARGE, REAL),
    _aggregate("count", {"mustBe": 30}, ["x"], ["x", None]),
    _aggregate("distinct", LESS, SMALL, float, REAL),
    _aggregate("median", LESS, SMALL, LARGE, REAL),
    _aggregate("quantile", LESS, SMALL, LARGE, REAL, quantile=0.9),
    custom("custom: distribution", {"distribution": {"shares": {"a": 0.5}, "tolerance": 0.1}}, ["a", "b"], ["b"]),
    custom("sequence: increasing", {"sequence": {"kind": "increasing"}}, lambda row: row, lambda row: -row, WHOLE),
    custom("sequence: strictly increasing", {"sequence": {"kind": "strictly increasing"}}, lambda row: row, [7], WHOLE),
    custom("sequence: gap-free", {"sequence": {"kind": "gap-free"}}, lambda row: row, lambda row: 2 * row, WHOLE),
    custom("custom: format", {"format": "iban"}, FORMATS_OF_TEXTS["iban"][0], FORMATS_OF_TEXTS["iban"][1]),
    custom("custom: expression", {"expression": "n >= 1 and n <= 30"}),
    custom("custom: change", {"change": {"metric": "row_count"}, "mustBeBetween": [-50, 100]}),
    custom("custom: arrival", {"arrival": {"share": 0.9, "of": 10, "by": "06:00"}}),
    *(_reconcile(function) for function in ("count", "sum", "min", "max", "mean", "distinct")),
]

# -- service levels ----------------------------------------------------------------------------------------------------

LEVELS = [
    level("freshness", 1, "d"),
    level("latency", "PT24H"),
    level("frequency", "daily"),
    level("timeOfAvailability", "06:00 Europe/Oslo"),
    level("retention", 30, "d"),
    level("completeness", 90, "percent", element="level_completeness"),
    level("throughput", 2, "rows/d"),
    level("availability", 99, "percent", element=None),
    level("errorRate", 10, "percent", element=None),
    level("generalAvailability", "2026-03-01", element=None, bare=True),
    level("endOfSupport", "2027-01-01", element=None, bare=True),
    level("endOfLife", "2027-01-01", element=None, bare=True),
]

#: the table `bad` of the levels that go by the clock has a contract of its own, whose dates have passed
STAGES = {"generalAvailability": "2026-04-01", "endOfSupport": "2026-03-01", "endOfLife": "2026-03-14"}

KEY = Case("primaryKey", {}, place="key")
CASES = [*SCHEMA, KEY, *INSIDE, *OPTIONS, *FORMATS, *QUALITY, *CUSTOM, *LEVELS]


# -- the tables and what the contract says of them ---------------------------------------------------------------------


def table(moments: Sequence[datetime], *, good: bool) -> pa.Table:
    """All columns of all cases: the moment, a number, a key of two columns, and one for each case that has one."""
    rows = len(moments)
    numbers = cycled(ONE_TO_THIRTY if good else [0], rows)
    columns: dict[str, pa.Array] = {
        "at": pa.array(moments, MOMENT),
        "n": pa.array(numbers, WHOLE),
        "key_a": pa.array([row // 2 for row in range(rows)], WHOLE),
        "key_b": pa.array([row % 2 if good else 0 for row in range(rows)], WHOLE),
        "level_completeness": pa.array([None if row % 3 == 0 and not good else "x" for row in range(rows)], TEXT),
    }
    for case in CASES:
        values = case.also.get("good", case.good) if good else case.bad
        if values is not None:
            type_ = case.type if good else case.also.get("bad_type", case.type)
            columns[case.name] = pa.array(cycled(values, rows), type_)
    return pa.table(columns)


def schema_object(name: str, kind: str) -> dict[str, Any]:
    """What the contract says of one of the tables, in a warehouse of this kind."""
    key = {"key_a": {"primaryKeyPosition": 1}, "key_b": {"primaryKeyPosition": 2}}
    properties: list[dict[str, Any]] = [{"name": "at"}, {"name": "n"}, {"name": "level_completeness"}]
    properties += [{"name": column, "primaryKey": True, **said} for column, said in key.items()]
    for case in CASES:
        if case.good is not None:
            own = {"quality": [case.says | {"id": case.check}]} if case.place == "rule" else case.says
            properties.append({"name": case.name, **own, **case.also.get(kind, {}), **case.also.get(name, {})})
    quality = [case.says | {"id": case.check} for case in CASES if case.place == "table"]
    event_time = {"property": "vitals.eventTime", "value": "at"}
    return {"name": name, "properties": properties, "quality": quality, "customProperties": [event_time]}


def service_levels(*, good: bool) -> list[dict[str, Any]]:
    """The levels; of stages with dates that the clock has kept or not."""
    levels = [case.says | {"id": case.check} for case in LEVELS]
    passed = {} if good else STAGES
    return [each | {"value": passed.get(each["property"], each["value"])} for each in levels]


#: how far back earlier runs lie, for the levels that are about them
RUNS = [timedelta(hours=hours) for hours in range(1, 13)]
