"""What is told about contracts, and on which line."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import closing
from functools import cache
from pathlib import Path

import duckdb
import pytest

from bench.contract import AT, GOAL, build, by_hand, contract_text, dataset_of, run_once
from checks.contracts import Contracts, Finding, Level, lint, load_folder, to_json
from checks.history import History
from connectors import open_source

ORDERS = Path(__file__).parent / "contracts" / "orders.yaml"

ENVIRON = {"WAREHOUSE_HOST": "db.example.org"}

Lint = Callable[[str], list[Finding]]


@pytest.fixture
def lint_text(tmp_path: Path) -> Lint:
    def _lint(text: str) -> list[Finding]:
        path = tmp_path / "contract.yaml"
        path.write_text(text, encoding="utf-8")
        return list(lint([path], ENVIRON)[0].findings)

    return _lint


@pytest.fixture
def lint_changed(lint_text: Lint) -> Callable[[str, str], tuple[int, list[Finding]]]:
    """The findings that a change of the good contract adds, and the line where it was made."""

    good = ORDERS.read_text(encoding="utf-8")
    before = {(finding.path, finding.message) for finding in _findings_of_the_good_one()}

    def _lint(old: str, new: str) -> tuple[int, list[Finding]]:
        line = good[: good.index(old)].count("\n") + 1
        after = [each for each in lint_text(good.replace(old, new, 1)) if (each.path, each.message) not in before]
        return line, after

    return _lint


@cache
def _findings_of_the_good_one() -> tuple[Finding, ...]:
    return lint([ORDERS], ENVIRON)[0].findings


# -- the standard ------------------------------------------------------------------------------------------------------


def test_a_good_contract_has_no_errors():
    assert [str(each.level) for each in _findings_of_the_good_one()] == ["info", "warning", "info"]


OPTIONS = "logicalType: number\n        logicalTypeOptions: "
ANY = "logicalTypeOptions: "

# what is changed, into what, how many lines further down it is told, how, and with which words
CONSUMERS = "property: vitals.consumers\n        value: [revenue dashboard, demand forecast]"
LOAD_TIME = "property: vitals.loadTime\n        value: "
CHANGES = [
    ("version: 2.3.1", "version: 2.3", 0, "error", "2.3 must be text; put it in quotes"),
    ("kind: DataContract", "kind: Contract", 0, "error", '"Contract" is not one of DataContract'),
    ("apiVersion: v3.1.0", "apiVersion: v9", 0, "error", '"v9" is not one of v3.2.0'),
    ("required: true", "required: yes", 0, "error", '"yes" must be true or false'),
    ("required: true", "requird: true", 0, "error", '"requird" is not a field of a property; did you mean "requi'),
    ("logicalType: integer", "logicalType: int", 0, "error", '"int" is not one of string, date'),
    ("metric: rowCount", "metric: rowcount", 0, "error", '"rowcount" is not one of nullValues'),
    ("mustBeGreaterThan: 1000", "mustBeGreaterThan: many", 0, "error", 'mustBeGreaterThan: "many" does not fit'),
    ("mustBeGreaterThan: 1000", "unit: rows", -1, "error", "has no operator, so there is nothing to check"),
    ("mustBeGreaterThan: 1000", "mustBe: 1\n        mustNotBe: 2", 1, "error", "has 2 operators (mustBe, mustNotBe)"),
    ("type: postgres", "type: postgrez", 0, "error", "the value is not one of api"),
    ("- to: customers.id", "- {to: customers.id, from: orders.customer_id}", 0, "error", "must not have from here"),
    ("to: customers.id", "to: customers", 0, "error", '"customers" is no reference; write table.column'),
    ("    - username: ada@example.org", "    - username: a\n      usernam: ada", 1, "error", '"usernam" is not a fi'),
    # our own rules
    ("mustBe: 0\n            b", "mustBe: zero\n            b", 0, "error", '"zero" is not a number'),
    ("mustBeBetween: [50, 5000]", "mustBeBetween: [5000, 50]", 0, "error", "has its lower end last"),
    ("unit: percent", "unit: permille", 0, "error", '"permille" is not rows or percent'),
    ("mustBeLessThan: 2\n", "mustBeLessThan: 200\n", 0, "warning", "a share is between 0 and 100"),
    ("severity: critical", "severity: loud", 0, "warning", '"loud" is no severity that Vitals knows'),
    ("validValues: ['DE', 'NO', 'FR']", "validValues: []", 0, "error", "validValues must be a list with at least one"),
    ("validValues: ['DE', 'NO', 'FR']", "values: ['DE']", -1, "error", "needs arguments.validValues (a list), .pa"),
    ("validValues: ['DE', 'NO', 'FR']", "pattern: '['", 0, "error", '"[" is not a regular expression'),
    ("[null, '', 'N/A']", "[]", 0, "warning", "only NULL counts as missing"),
    ("metric: missingValues", "metric: rowCount", 0, "error", '"rowCount" is not a metric of a property'),
    ("[order_id, product]", "[order_id, produkt]", 0, "error", 'produkt" is not a property of order_lines; did'),
    ("properties: [order_id, product]", "properties: order_id", 0, "error", "needs arguments.properties, a list"),
    ("metric: mean", "metric: average", -1, "error", 'needs metric (is "average"; known:'),
    ("metric: mean", "metric: run_seconds", -1, "error", 'needs metric (is "run_seconds"; known:'),
    ("metric: mean", "metric: row_count", -1, "error", "row_count is about the table"),
    ("metric: mean", "metric: [", -1, "error", "is not YAML"),
    ("mustBeBetween: [20, 200]", "# none", -2, "error", "needs exactly one operator and has 0"),
    ("mustBeBetween: [20, 200]", "note: x", -2, "error", '"note" is not a field of'),
    ("function: sum", "function: median", 0, "error", '"median" is not one of count, sum'),
    ("column: amount", "note: x", 0, "error", '"note" is not a field of reconcile'),
    ("column: amount", "column: amonut", 0, "error", '"amonut" is not a property of orders; did you mean "amount"?'),
    ("with: lake.billing.invoices\n", "\n", -3, "error", "needs with, the other dataset"),
    ("tolerance: 0.5", "tolerance: -1", 0, "error", "-1 is not a number from 0 up"),
    ("properties/order_id_pk", "properties/orderid", 0, "error", "no contract has a table orders_tbl with a property"),
    ("from: order_lines.order_id", "from: orders.order_id", 0, "error", "from names orders.order_id, which is not of"),
    ("to: customers.id", "to: orders.orderid", 0, "error", 'table orders has no property "orderid"'),
    ("to: customers.id", "to: https://x.org/c.yaml#schema/a/properties/b", 0, "error", "is on the web"),
    ("unit: h", "unit: fortnights", 0, "error", '"fortnights" is not a unit of time'),
    ("value: 4", "value: -4", 0, "error", "must be a time longer than nothing"),
    ("value: 4", "value: soon", 0, "error", '"soon" is not a length of time'),
    ("element: orders.ordered_at", "element: orders.orderd_at", 0, "error", '"orders.orderd_at" is no table.column'),
    ("value: Europe/Berlin", "value: Berlin", 0, "error", '"Berlin" is not a time zone'),
    ("defaultTimezone: Europe/Oslo", "defaultTimezone: Oslo", 0, "error", '"Oslo" is not a time zone'),
    ("property: vitals.consumers", "property: vitals.consumer", 0, "warning", "did you mean vitals.consumers?"),
    (CONSUMERS, LOAD_TIME + "ordered_at", 1, "error", "ordered_at is the event time; name the property that says when"),
    (CONSUMERS, LOAD_TIME + "amount", 1, "error", "amount is of type number, which does not say when a row was loaded"),
    (CONSUMERS, LOAD_TIME + "loaded_at", 1, "error", '"loaded_at" is not a property of orders'),
    (CONSUMERS, "property: vitals.loadedAt\n        value: ordered_at", 0, "warning", "did you mean vitals.loadTime?"),
    ("value: bucket", "value: buckets", 0, "error", '"buckets" is not bucket or table'),
    ("name: product", "name: order_id", 4, "error", 'there are 2 properties called "order_id"'),
    ("logicalType: number", OPTIONS + "{minimum: low}", 1, "error", '"low" must be a number'),
    ("logicalType: number", OPTIONS + "{multipleOf: 0}", 1, "error", "0 must be more than 0"),
    ("logicalType: number", OPTIONS + "{minimum: 2, maximum: 1}", 1, "warning", "1 is below minimum 2, so no value"),
    ("logicalType: number", OPTIONS + "{minimum: 2, exclusiveMinimum: true}", 1, "error", "true must be a number"),
    ("logicalType: number", OPTIONS + "{minLength: 2}", 1, "error", '"minLength" is not a field of the'),
    ("logicalType: number", ANY + "{minLength: -2}", 0, "error", "-2 is not a whole number from 0 up"),
    ("logicalType: number", ANY + "{minimum: low}", 0, "error", '"low" is no date, time or moment in ISO 8601'),
    ("logicalType: number", ANY + "{minimum: true, maximum: .inf}", 0, "error", "Infinity is not a number"),
    ("logicalType: number", ANY + "{multipleOf: -1}", 0, "error", "-1 is not a number above 0"),
    ("logicalType: number", ANY + "{pattern: '('}", 0, "error", '"(" is not a regular expression'),
    ("logicalType: number", ANY + "{length: 4}", 0, "warning", "not executed yet: length is not checked"),
    # what is not executed in this version
    ("logicalType: number", "logicalType: number\n        enum: [{value: null}]", 1, "warning", "allows NULL alone"),
    ("logicalType: number", OPTIONS + "{format: f64}", 1, "info", "no value is against it, nothing is checked"),
    ("logicalType: number", "partitioned: true", 0, "info", "not executed yet: partitioning"),
    ("metric: rowCount", "type: sql\n        query: DELETE FROM {object}", 1, "error", "only SELECT is allowed here"),
    ("metric: rowCount\n        mustBeGreaterThan: 1000", "type: text\n        name: x", 0, "info", "a rule in"),
    ("engine: vitals", "engine: soda", 0, "warning", 'not executed here: a rule for the engine "soda"'),
    ("logicalType: number", "logicalType: vector", 0, "info", "not executed yet: vector"),
    ("logicalType: number", "logicalType: array\n        items: {unique: true}", 1, "warning", "not executed: "),
    ("generalAvailability", "availability", 1, "error", '"2024-12-01" is not a percentage from 0 to 100'),
    ("logicalType: number", "customProperties: [{property: vitals.key, value: x}]", 0, "warning", "vitals.key means n"),
    ("logicalType: number", "logicalType: number\n        semanticType: measure", 1, "info", "not executed: a measure"),
    ("metric: rowCount", "metric: rowCount\n        arguments: {of: 3}", 1, "warning", "not executed: of is no arg"),
    ("severity: critical", "schedule: daily", 0, "error", '"daily" is not a cron line'),
    ("severity: critical", "scheduler: cron", 0, "warning", "has no schedule beside it, so the rule is checked when"),
    ("severity: critical", "schedule: 0 5 * * *\n        scheduler: Airflow", 1, "warning", '"Airflow" is not asked'),
    ("status: active", "status: retired", 0, "info", "the contract is retired"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "offset", "level", "says"), CHANGES)
def test_a_mistake_is_one_finding_on_its_line(lint_changed, old: str, new: str, offset: int, level: str, says: str):
    line, findings = lint_changed(old, new)
    told = [each for each in findings if says in each.message]
    assert [(str(each.level), each.line) for each in told] == [(level, line + offset)], findings


def test_no_password_of_a_server_is_repeated(lint_changed):
    _, findings = lint_changed("type: postgres", "type: postgres://ada:s3cret@db")
    assert [each.path for each in findings] == ["servers[0].type"]
    assert "s3cret" not in findings[0].message


@pytest.mark.parametrize(
    ("host", "environ", "told"),
    [
        ("${WAREHOUSE_HOST}", {"WAREHOUSE_HOST": "db-7f3a.internal"}, None),
        ("${WAREHOUSE_HOST}", {}, "WAREHOUSE_HOST is not set; set it, or write ${WAREHOUSE_HOST:-something}"),
        ("${WAREHOUSE_HOST}", {"WAREHOUSE_HOST": ""}, "WAREHOUSE_HOST is not set"),
        ("${WAREHOUSE_HOST:-localhost}", {}, None),
        ("${WAREHOUSE_HOST:-}", {}, None),
        (
            "db.${ZONE}.${WAREHOUSE_HOST}",
            {"WAREHOUSE_HOST": "db-7f3a.internal"},
            "the environment variable ZONE is not",
        ),
    ],
)
def test_a_variable_that_is_not_set_is_told_and_none_is_shown(tmp_path: Path, host: str, environ: dict, told: str):
    text = ORDERS.read_text(encoding="utf-8").replace("${WAREHOUSE_HOST}", host)
    (tmp_path / "c.yaml").write_text(text, encoding="utf-8")
    findings = lint([tmp_path / "c.yaml"], environ)[0].findings
    about = [each for each in findings if each.path == "servers[0].host"]
    assert [(str(each.level), each.line) for each in about] == ([("warning", 23)] if told else [])
    assert not told or told in about[0].message
    assert "db-7f3a" not in str(findings)


# -- what older versions and other tools write -------------------------------------------------------------------------


def test_rule_is_understood_as_metric(lint_changed):
    _, findings = lint_changed("metric: rowCount", "rule: rowCount")
    assert [(each.level, each.message) for each in findings] == [
        (Level.WARNING, "`rule` is deprecated since ODCS 3.1; write `metric`")
    ]


def test_other_words_for_dimensions_are_understood(lint_changed):
    _, findings = lint_changed("severity: critical", "dimension: Validity")
    assert [each.message for each in findings] == ['"Validity" is read as conformity, the standard\'s word']


def test_an_operator_beside_a_rule_for_vitals_is_understood(lint_text: Lint):
    findings = lint_text(
        MINIMAL + "schema: [{name: t, quality: [{type: custom, engine: vitals, mustBe: 1, implementation: "
        "{metric: row_count}}]}]"
    )
    assert [(str(each.level), each.path) for each in findings] == [("info", "schema[0].quality[0].mustBe")]


# -- several files -----------------------------------------------------------------------------------------------------


MINIMAL = "apiVersion: v3.1.0\nkind: DataContract\nid: a\nversion: 1.0.0\n"


def test_a_property_needs_neither_logical_type_nor_map(lint_text: Lint):
    assert lint_text(MINIMAL + "schema: [{name: t, properties: [{name: c}]}]") == []


def test_a_contract_without_tables_is_told(lint_text: Lint):
    assert [each.message for each in lint_text(MINIMAL)] == ["lists no tables, so there is nothing to check"]


def test_a_broken_file_does_not_stop_the_others(tmp_path: Path):
    (tmp_path / "a.yaml").write_text("a: [", encoding="utf-8")
    (tmp_path / "team").mkdir()
    (tmp_path / "team" / "b.yml").write_text(MINIMAL + "schema: [{name: t}]", encoding="utf-8")
    contracts = load_folder(tmp_path)
    assert [document.label for document in contracts.documents] == ["a.yaml", "team/b.yml"]
    assert [(each.file, str(each.level)) for each in contracts.findings] == [("a.yaml", "error")]


def test_no_folder_is_no_contracts(tmp_path: Path):
    assert load_folder(tmp_path / "none") == Contracts()


def test_hidden_files_and_links_out_of_the_folder_are_left_alone(tmp_path: Path):
    folder = tmp_path / "contracts"
    folder.mkdir()
    (tmp_path / "outside.yaml").write_text(MINIMAL, encoding="utf-8")
    (folder / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    (folder / ".hidden.yaml").write_text(MINIMAL, encoding="utf-8")
    assert load_folder(folder).documents == ()


def test_two_contracts_for_one_table_or_with_one_id_are_told(tmp_path: Path):
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(MINIMAL + "schema: [{name: t}]", encoding="utf-8")
    assert [str(each) for each in load_folder(tmp_path).findings] == [
        "b.yaml:3: error: id: a is also the id of a.yaml; an id names one contract",
        "b.yaml:5: error: schema[0]: t has a contract already (a.yaml); only one is executed",
    ]


def test_a_file_is_checked_again_only_when_its_bytes_have_changed(tmp_path: Path):
    file = tmp_path / "a.yaml"
    file.write_text(MINIMAL + "schema: [{name: t1}]", encoding="utf-8")
    stamp = file.stat().st_mtime_ns
    (first,), (again,) = load_folder(tmp_path).documents, load_folder(tmp_path).documents
    file.write_text(MINIMAL + "schema: [{name: t2}]", encoding="utf-8")
    os.utime(file, ns=(stamp, stamp))  # the same size and moment
    (changed,) = load_folder(tmp_path).documents
    assert first is again
    assert [each.objects[0].value["name"] for each in (first, changed)] == ["t1", "t2"]


def test_a_contract_of_200_columns_and_400_rules_lints_in_half_a_second_of_processor_time(tmp_path: Path):
    lint([ORDERS], ENVIRON)  # the JSON Schema is read once in a process
    (tmp_path / "wide.yaml").write_text(contract_text(200), encoding="utf-8")
    started = time.process_time()
    (linted,) = lint([tmp_path / "wide.yaml"])
    assert time.process_time() - started < GOAL
    assert linted.findings == ()


@pytest.mark.parametrize("profiles", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_contract_of_200_columns_and_400_rules_is_one_scan_and_counts_what_sql_by_hand_counts(
    tmp_path: Path, profiles: bool
):
    """The bench compares the two sides, so they have to ask for the same."""
    file = tmp_path / "wide.duckdb"
    build(file, 200, 1000)
    with duckdb.connect(str(file)) as connection:
        (by_hand_counted,) = connection.execute(by_hand(200)).fetchall()
    source, dataset = open_source("shop", str(file)), dataset_of(tmp_path, 200)
    with closing(source), History.open(tmp_path / "history.duckdb", AT) as history:
        report = run_once(source, dataset, history, profiles=profiles)
    assert (len(report.queries) == 1 or profiles) and report.measured
    values = {
        (metric.name, metric.column): value
        for grid in report.measured.grids
        for metric, (value,) in zip(grid.metrics, grid.values, strict=True)
    }
    names = [(kind, f"c{n}") for n in range(200) for kind in ("null_count", "invalid_count")]
    assert [values["row_count", None], *(values[name] for name in names)] == list(by_hand_counted)
    assert sum(count > 0 for count in by_hand_counted) > 350  # nearly every rule has something to count


def test_what_a_file_says_of_another_is_found_again_when_the_other_changes(tmp_path: Path):
    (tmp_path / "a.yaml").write_text(MINIMAL + "schema: [{name: t}]", encoding="utf-8")
    (tmp_path / "b.yaml").write_text(MINIMAL.replace("id: a", "id: b") + "schema: [{name: u}]", encoding="utf-8")
    assert load_folder(tmp_path).findings == ()
    (tmp_path / "a.yaml").write_text(MINIMAL + "schema: [{name: u}]", encoding="utf-8")
    assert [each.file for each in load_folder(tmp_path).findings] == ["b.yaml"]


def test_a_file_that_is_not_there_is_a_finding(tmp_path: Path):
    (linted,) = lint([tmp_path / "none.yaml"])
    assert [each.message for each in linted.findings] == ["can not be read: No such file or directory"]
    assert linted.worst is Level.ERROR


def test_the_json_of_a_lint(tmp_path: Path):
    (tmp_path / "a.yaml").write_text(MINIMAL, encoding="utf-8")
    message = "lists no tables, so there is nothing to check"
    assert to_json(lint([tmp_path])) == {
        "contracts": [
            {
                "file": str(tmp_path / "a.yaml"),
                "id": "a",
                "findings": [{"level": "warning", "line": 1, "path": "schema", "message": message}],
            }
        ]
    }
