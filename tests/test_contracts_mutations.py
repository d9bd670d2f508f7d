"""A good contract, changed in one place: each mistake is told once, on its line, with what to do.

`test_contracts.py` has more of these on the rules of Vitals itself; here are those that any hand makes in any place.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from checks.contracts import Finding, Level, lint

ENVIRON = {"WAREHOUSE_HOST": "db.example.org"}
ORDERS = Path(__file__).parent / "contracts" / "orders.yaml"
GOOD = ORDERS.read_text(encoding="utf-8")


@cache
def known() -> frozenset[tuple[str, str]]:
    """What the good contract is told already."""
    return frozenset((finding.path, finding.message) for finding in lint([ORDERS], ENVIRON)[0].findings)


def found_in(folder: Path, text: str | bytes) -> list[Finding]:
    (folder / "c.yaml").write_bytes(text.encode() if isinstance(text, str) else text)
    findings = lint([folder / "c.yaml"], ENVIRON)[0].findings
    return [each for each in findings if (each.path, each.message) not in known()]


ID_PK = "      - id: order_id_pk\n        name: order_id"
ROWS = "metric: rowCount\n        mustBeGreaterThan: 1000"
LINE = "from: order_lines.order_id"
LINE_TO = "from: order_lines.order_id\n        to: schema/orders_tbl/properties/order_id_pk"
SECOND_SERVER = "  - {server: warehouse, type: duckdb, database: x}\nschema:\n"

# what is changed, into what, how many lines further down it is told, how, and with which words
MUTATIONS = [
    # mistyped fields at every level
    ("status: active", "statuss: active", 0, "error", 'not a field of a contract; did you mean "status"?'),
    ("domain: sales", "owner: sales", 0, "error", '"owner" is not a field of a contract'),
    ("    host: ", "    hosts: ", 0, "error", 'not a field of a server; did you mean "host"?'),
    ("database: shop", "database: shop\n    enviroment: prod", 1, "error", 'a server; did you mean "environment"?'),
    ("  name: Checkout", "  nme: Checkout", 0, "error", 'not a field of a team; did you mean "name"?'),
    ("- username: ada@", "- usrname: ada@", 0, "error", 'not a field of a team member; did you mean "username"?'),
    ("physicalType: table", "phsicalType: table", 0, "error", 'a schema object (table); did you mean "physicalType"?'),
    ("physicalType: bigint", "PhysicalType: bigint", 0, "error", 'not a field of a property; did you mean "physicalT'),
    ("mustBeGreaterThan: 1000", "mustBeGreatherThan: 1000", 0, "error", 'quality rule; did you mean "mustBeGreaterTha'),
    ("mustBeLessThan: 2", "mustbelessthan: 2", 0, "error", 'not a field of a quality rule; did you mean "mustBeLessTh'),
    ("metric: nullValues", "metrc: nullValues", 0, "error", 'not a field of a quality rule; did you mean "metric"?'),
    ("severity: critical", "severty: critical", 0, "error", 'not a field of a quality rule; did you mean "severity"?'),
    ("- to: customers.id", "- too: customers.id", 0, "error", 'not a field of a relationship; did you mean "to"?'),
    ("unit: h\n", "unt: h\n", 0, "error", 'not a field of a service level; did you mean "unit"?'),
    ("- property: vitals.timezone", "- proprty: vitals.timezone", 0, "error", 'a custom property; did you mean "prope'),
    ("defaultTimezone:", "defaultTimeZone:", 0, "error", 'this logicalType; did you mean "defaultTimezone"?'),
    ("with: lake.billing", "wth: lake.billing", 0, "error", '"wth" is not a field of reconcile; did you mean "with"?'),
    ("metric: mean\n", "metric: mean\n              colum: x\n", -1, "error", 'implementation; did you mean "column"?'),
    ("engine: vitals", "engin: vitals", 0, "error", 'not a field of a quality rule; did you mean "engine"?'),
    # wrong types and missing fields
    ("servers:\n", "servers: none\ntags:\n", 0, "error", "the value must be a list"),
    ("port: 5432", "port: [5432]", 0, "error", "the value must be a whole number or text"),
    ("primaryKeyPosition: 1", "primaryKeyPosition: one", 0, "error", '"one" must be a whole number'),
    ("required: true", "required: 1", 0, "error", "1 must be true or false"),
    ("severity: critical", "severity: 5", 0, "error", "5 must be text; put it in quotes"),
    ("element: orders.ordered_at", "element: [orders.ordered_at]", 0, "error", "must be text"),
    ("      - name: customer_id\n        logical", "      - logical", 0, "error", 'has no "name", which the standard '),
    ("kind: DataContract\n", "", -1, "error", 'has no "kind", which the standard requires of a contract'),
    ("id: shop-orders\n", "", -2, "error", 'has no "id", which the standard requires of a contract'),
    ("    value: 4\n    unit: h", "    unit: h", -1, "error", 'has no "value", which the standard requires of a servi'),
    ("metric: rowCount\n        mustBeG", "mustBeG", 0, "error", 'has no "metric", which the standard requires of a q'),
    ("    database: shop\n", "", -4, "error", 'has no "database", which the standard requires of a server'),
    ("    type: postgres\n", "", -1, "error", 'has no "type", which the standard requires of a server'),
    ("value: Europe/Berlin", "valeu: Europe/Berlin", 0, "error", 'a custom property; did you mean "value"?'),
    # metrics, operators, units
    (ROWS, "metric: nullValues\n        mustBe: 0", 0, "error", '"nullValues" is not a metric of a table (there: rowC'),
    ("metric: nullValues", "metric: rowCount", 0, "error", '"rowCount" is not a metric of a property (there: nullVal'),
    ("metric: nullValues", "metric: nulValues", 0, "error", 'is not one of nullValues, missingValues, invalidValues, '),
    (ROWS, "metric: duplicateValues\n        mustBe: 0", 0, "error", "needs arguments.properties, a list of propertie"),
    ("mustBeGreaterThan: 1000", "mustBeGreaterThan: 9\n        mustBeLessThan: 5", 1, "error", "keep one, or write se"),
    ("mustBeBetween: [50, 5000]", "mustBeBetween: [50]", 0, "error", "takes two numbers, the smaller one first"),
    ("mustBeBetween: [50, 5000]", "mustBeBetween: 50", 0, "error", "takes two numbers, the smaller one first"),
    ("mustBeBetween: [50, 5000]", "mustBeBetween: [50, 60, 70]", 0, "error", "does not fit this operator, which takes"),
    ("mustBeBetween: [50, 5000]", "mustBeBetween: [5000, 50]", 0, "error", "has its lower end last"),
    ("mustBeGreaterThan: 1000", "mustBeGreaterThan: '1000'", 0, "error", "which takes a number"),
    ("unit: percent\n      - n", "unit: percents\n      - n", 0, "error", '"percents" is not rows or percent'),
    ("severity: critical", "dimension: prettiness", 0, "error", "is not one of accuracy, completeness, conformity"),
    ("severity: critical", "dimension: uniqeness", 0, "error", 'did you mean "uniqueness"?'),
    ("severity: warn\n", "severity: wanring\n", 0, "warning", "is no severity that Vitals knows; counts as error (wri"),
    # references that lead nowhere
    (LINE, "from: [order_lines.order_id, order_lines.product]", 0, "error", "must be text"),
    (LINE_TO, "from: [order_lines.order_id, order_lines.product]\n        to: [orders.order_id]", 0, "error", "from h"),
    (LINE_TO, "from: [order_lines.order_id]\n        to: [orders.order_id, orders.amount]", 1, "error", "and to has 2"),
    (LINE, "from: order_lines.ordr_id", 0, "error", 'no property "ordr_id"'),
    (LINE, "from: nowhere.order_id", 0, "error", "from names nowhere.order_id, which is not of order_lines"),
    ("to: customers.id", "to: orders.order_idd", 0, "error", 'did you mean "order_id"?; the check is not made'),
    ("to: customers.id", "to: orders.colour", 0, "warning", 'orders has no property "colour"; it is looked for in the'),
    ("to: customers.id", "to: other.yaml#customers.id", 0, "error", "there is no contract other.yaml here"),
    ("element: orders.ordered_at", "element: nowhere.at", 0, "warning", "is no table.column of this contract"),
    ("element: orders.ordered_at", "element: orders.orderedat", 0, "error", 'did you mean "orders.ordered_at"?'),
    # things that stand twice
    ("id: every-day", "id: order_id_pk\n      - id: order_id_pk", 1, "error", '"order_id_pk" is also the id of a qual'),
    ("- metric: missingValues", "- id: every-day\n            metric: missingValues", 0, "error", "an id names one ch"),
    ("      - name: customer_id", "      - id: order_id_pk\n        name: customer_id", 0, "error", "the id of a prop"),
    ("id: lines_tbl", "id: orders_tbl", 0, "error", '"orders_tbl" is also the id of a schema object (table) on line'),
    ("name: order_lines", "name: orders", 0, "error", 'there are two schema objects called "orders" (first on line'),
    ("name: email", "name: email\n        physicalName: customer_id", 1, "error", "customer_id is the column of the p"),
    ("schema:\n  -", SECOND_SERVER + "  -", 0, "error", 'there are two servers called "warehouse" (first on line 21)'),
    # keys
    ("primaryKeyPosition: 2", "primaryKeyPosition: 1", 4, "warning", "the primary key have no clear order"),
    ("        primaryKeyPosition: 2\n", "", -3, "warning", "no clear order; give each its own primaryKeyPosition"),
    ("primaryKeyPosition: 2", "primaryKeyPosition: 0", 0, "warning", "positions start with 1; product has 0"),
    ("required: true", "primaryKeyPosition: 2", 0, "warning", "means nothing without primaryKey: true"),
    ("required: true", "partitionKeyPosition: 1", 0, "warning", "means nothing without partitioned: true"),
    # words
    ("version: 2.3.1", "version: two", 0, "warning", "is no semantic version, so nobody can tell how much changed"),
    ("status: active", "status: actve", 0, "warning", 'is no status of the standard; did you mean "active"?'),
    ("apiVersion: v3.1.0", "apiVersion: v2.2.2", 0, "error", "that Vitals does not read; move the contract to v3.2.0"),
    ("apiVersion: v3.1.0", "apiVersion: v4.0.0", 0, "error", "is not one of v3.2.0, v3.1.0, v3.0.2, v3.0.1, v3.0.0"),
    ("property: Latency", "property: Latncy", 0, "warning", 'no service level of the standard; did you mean "latency"'),
    ("    value: 4\n    unit: h", "    value: 4", 0, "error", "4 has no unit; add one, for example unit: h"),
    ("unit: h\n", "unit: horus\n", 0, "error", '"horus" is not a unit of time; write s, min, h, d, w, mo or y'),
    ("property: vitals.timezone\n        value: E", "property: vitals.schedule\n        value: E", 1, "error", "not a"),
    ("value: Europe/Berlin", "value: Europe/Berlin2", 0, "error", "is not a time zone; write an IANA name"),
    ("validValues: ['DE', 'NO', 'FR']", "pattern: '[A-'", 0, "error", "is not a regular expression"),
    ("id: every-day", "id: every day", 0, "error", "is no id; it may have letters, digits, _ and - only"),
    ("type: postgres", "type: postgrez", 0, "error", 'did you mean "postgres"?'),
]  # fmt: skip


def test_there_are_enough_mistakes():
    assert len({mutation[1] for mutation in MUTATIONS}) >= 70


@pytest.mark.parametrize(("old", "new", "offset", "level", "says"), MUTATIONS)
def test_a_mistake_is_told_once_on_its_line(tmp_path: Path, old: str, new: str, offset: int, level: str, says: str):
    line = GOOD[: GOOD.index(old)].count("\n") + 1
    findings = found_in(tmp_path, GOOD.replace(old, new, 1))
    told = [each for each in findings if says in each.message]
    assert [(str(each.level), each.line) for each in told] == [(level, line + offset)], findings


@pytest.mark.parametrize(("old", "new"), [mutation[:2] for mutation in MUTATIONS])
def test_nothing_is_told_in_the_words_of_a_json_schema(tmp_path: Path, old: str, new: str):
    said = " ".join(each.message for each in found_in(tmp_path, GOOD.replace(old, new, 1)))
    for word in ("additionalProperties", "unevaluated", "is not of type", "is a required property", "oneOf", "$ref"):
        assert word not in said


# -- YAML --------------------------------------------------------------------------------------------------------------

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{letter}: &{letter} [{', '.join([f'*{before}'] * 10)}]\n"
    for before, letter in zip("abcdefg", "bcdefgh", strict=True)
)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (GOOD.replace("    database: shop", "\tdatabase: shop"), 25, "found a tab character"),
        (GOOD.replace("status: active", "status: active\nid: again"), 7, 'has the key "id" twice (first on line 3)'),
        (GOOD.replace("status: active", "status: [active"), 7, "is not YAML"),
        (GOOD + "---\nkind: DataContract\n", 130, "is not YAML: expected a single document"),
        (GOOD.replace("Example Ltd", "Caf\u00e9 Ltd").encode("latin-1"), 9, "is not UTF-8 text; save it as UTF-8"),
        (GOOD.replace("status: active", "status: !!python/name:os.system x"), 6, "has the tag !!python/name:os.system"),
        (GOOD.replace("status: active", "status: *unknown"), 6, "found undefined alias"),
        (BOMB + GOOD, 1, "more than 100,000 values"),
        ("", 1, "is no contract: it must be a YAML mapping such as `kind: DataContract`"),
        ("# nothing yet\n", 1, "is no contract"),
        ("just words\n", 1, "is no contract"),
        ("- kind: DataContract\n", 1, "is no contract"),
    ],
    ids=[
        "tab",
        "key twice",
        "open list",
        "documents",
        "latin-1",
        "tag",
        "alias",
        "bomb",
        "empty",
        "comment",
        "text",
        "list",
    ],
)
def test_what_is_no_yaml_is_refused_with_its_line(tmp_path: Path, text: str | bytes, line: int, says: str):
    (finding,) = found_in(tmp_path, text)
    assert (finding.level, says in finding.message) == (Level.ERROR, True), finding
    assert finding.line >= line if "values" in says else finding.line == line


# -- several files -----------------------------------------------------------------------------------------------------


def test_an_id_of_two_contracts_is_told_in_the_second(tmp_path: Path):
    (tmp_path / "a.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "b.yaml").write_text(GOOD.replace("name: orders", "name: sold").replace("order_lines", "sold_lines"))
    told = [
        each for linted in lint([tmp_path], ENVIRON) for each in linted.findings if "is also the id of" in each.message
    ]
    assert [(Path(each.file).name, each.line, str(each.level)) for each in told] == [("b.yaml", 3, "error")]
