"""SQL rules: placeholders, the guard, and the answer of a query as a number or a boolean."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from checks.contracts import load_folder
from checks.drill import failing_rows
from checks.facts import Facts
from checks.judge import judge
from checks.records import Dataset, Dimension, Metric, Operator, Result, Severity, SqlExpected, Status, Threshold
from checks.refusal import Refused
from checks.sql_rules import placeholders, statement
from checks.worker import SourceSpec
from checks.workers import Workers
from connectors import Answer, TableName, Unreachable
from tests.judging import AT as NOON
from tests.judging import check as judged
from tests.judging import facts, one, said
from tests.measuring import check, measured, planned
from tests.nasty import AT
from tests.ruling import errors, found, read, run_of
from tests.warehouses import DuckDBFile, Warehouse

on = pytest.mark.parametrize
NONE, TRUE = Threshold(Operator.BE, (0.0,)), Threshold(Operator.BE, (1.0,))
TABLE = pa.table({"n": [1, 2, None, 4], "select": ["a", "b", "c", None]})
NULLS = "SELECT COUNT(*) FROM {object} WHERE {property} IS NULL"


def rule(query: str, threshold: Threshold = NONE, column: str | None = "n", **more: Any):
    return check("rule", SqlExpected(query, threshold, column, **more))


def the_only(results: list[Result]) -> Result:
    [result] = results
    return result


# -- asked of a warehouse ----------------------------------------------------------------------------------------------


@on(
    ("query", "threshold", "column", "status", "value"),
    [
        (NULLS, TRUE, "n", "pass", 1),
        (NULLS, NONE, "n", "fail", 1),
        ("SELECT COUNT(*) FROM ${table} WHERE ${column} IS NULL;", TRUE, "select", "pass", 1),
        (
            'SELECT COUNT(*) FROM {table} WHERE "{column}" > 1 -- a remark',
            Threshold(Operator.BE, (2.0,)),
            "n",
            "pass",
            2,
        ),
        ("WITH big AS (SELECT * FROM {Object} WHERE n > 1) SELECT sum(n) / 4.0 FROM big", TRUE, None, "fail", 1.5),
        ("SELECT max(n) FROM {object}", Threshold(Operator.BETWEEN, (1, 4)), None, "pass", 4),
    ],
)
def test_a_query_answers_one_number(warehouse: Warehouse, query, threshold, column, status, value):
    result = the_only(found(warehouse, TABLE, rule(query, threshold, column)))
    assert (str(result.status), result.value, result.measured_at) == (status, value, AT)


@on(("query", "status"), [("SELECT COUNT(*) > 3 FROM {object}", "pass"), ("SELECT COUNT(*) > 4 FROM {object}", "fail")])
def test_a_query_answers_a_boolean(warehouse: Warehouse, query: str, status: str):
    result = the_only(found(warehouse, TABLE, rule(query, TRUE, None, truth=True)))
    assert (str(result.status), result.expected) == (status, "true")


@on(
    ("query", "says"),
    [
        ("SELECT n FROM {object}", "answers more than one row"),
        ("SELECT count(*), 1 FROM {object}", "answers 2 columns"),
        ("SELECT n FROM {object} WHERE n = 99", "answers no row"),
        ("SELECT max(n) FROM {object} WHERE n = 99", "answers NULL"),
        ("SELECT max(word) FROM (SELECT 'secret' AS word FROM {object}) AS x", "answers text"),
        ("SELECT count(*) FROM nowhere", "nowhere"),
        ("DELETE FROM {object}", "only SELECT is allowed here"),
        ("SELECT 1; SELECT 2", "these are 2 statements"),
        ("SELECT count(*) FROM {thing}", "this is not SQL"),
    ],
)
def test_what_is_not_one_answer_is_an_error_in_words_and_no_failure(warehouse: Warehouse, query: str, says: str):
    result = the_only(found(warehouse, TABLE, rule(query)))
    assert result.status is Status.ERROR
    assert says in (result.reason or "") and "secret" not in (result.reason or "")


def test_an_empty_table_is_asked_like_any_other(warehouse: Warehouse):
    empty = pa.table({"n": pa.array([], pa.int64())})
    assert the_only(found(warehouse, empty, rule(NULLS))).status is Status.PASS


def test_a_rule_is_one_query_that_says_what_it_is_for(warehouse: Warehouse):
    run = run_of(warehouse, TABLE, rule(NULLS))
    [query] = [query for query in run.queries if query.purpose == "SQL rule 'rule'"]
    assert "IS NULL" in query.sql and "{" not in query.sql


def test_a_rule_is_asked_in_every_run_and_not_in_a_replay(warehouse: Warehouse):
    at = pa.array([AT.replace(tzinfo=None)] * 2, pa.timestamp("us"))
    name = warehouse.load("t", pa.table({"n": [1, None], "at": at}))
    declared = {"event_time": "at"}
    with warehouse.open() as source:
        plan = planned(source, name, AT, [rule(NULLS)], **declared)
        replayed = measured(source, name, AT, [rule(NULLS)], replay=True, **declared)
    assert plan.sql == (rule(NULLS),)
    result = the_only(judge(rule(NULLS), Facts(replayed, {}, AT)))
    assert (result.status, "can not be replayed" in (result.reason or "")) == (Status.ERROR, True)


def test_a_warehouse_that_stops_answering_ends_the_run_and_fails_nothing(tmp_path: Path, monkeypatch):
    warehouse = DuckDBFile(tmp_path)
    name = warehouse.load("t", TABLE)
    with warehouse.open() as source:
        fetch = source.fetch

        def gone(sql: str, **more: Any) -> Answer:
            if "IS NULL" in sql and more.get("limit"):
                raise Unreachable("shop", "connection reset")
            return fetch(sql, **more)

        monkeypatch.setattr(source, "fetch", gone)
        with pytest.raises(Unreachable):
            measured(source, name, AT, [rule(NULLS)])


def test_no_more_rows_are_read_than_tell_that_there_are_too_many(tmp_path: Path):
    warehouse = DuckDBFile(tmp_path)
    run = run_of(warehouse, TABLE, rule("SELECT i FROM range(1000000) r(i)"))
    assert [query.rows for query in run.queries if query.purpose.startswith("SQL rule")] == [1]


# -- the guard ---------------------------------------------------------------------------------------------------------


@on(
    ("dialect", "query"),
    [
        ("duckdb", "COPY {object} TO 'x.csv'"),
        ("duckdb", "SELECT count(*) FROM 'people.csv'"),
        ("duckdb", 'SELECT count(*) FROM "/etc/hosts"'),
        ("duckdb", "SELECT count(*) FROM read_csv('x.csv')"),
        ("duckdb", "INSERT INTO {object} SELECT 1"),
        ("postgres", "SELECT pg_read_file('x')"),
        ("postgres", "SELECT count(*) INTO other FROM {object}"),
        ("postgres", "WITH gone AS (DELETE FROM {object} RETURNING 1) SELECT count(*) FROM gone"),
        ("sqlite", "PRAGMA user_version"),
        ("snowflake", "CALL something()"),
    ],
)
def test_only_reading_of_tables_is_let_through(dialect: str, query: str):
    with pytest.raises(Refused):
        statement(SqlExpected(query, NONE), (None, "main", "t"), dialect)


@on(
    ("dialect", "expected"),
    [
        ("duckdb", 'SELECT count("my n") FROM "main"."or""ders"'),
        ("postgres", 'SELECT count("my n") FROM "main"."or""ders"'),
        ("bigquery", 'SELECT count(`my n`) FROM `main`.`or"ders`'),
        ("tsql", 'SELECT count([my n]) FROM [main].[or"ders]'),
    ],
)
def test_names_are_quoted_as_the_dialect_does_it(dialect: str, expected: str):
    expects = SqlExpected("SELECT count({column}) FROM {object};", NONE, "my n")
    assert statement(expects, (None, "main", 'or"ders'), dialect, column="my n") == expected


def test_placeholders_in_all_their_forms():
    assert placeholders("{Object} ${table} \"{column}\" `${property}` {'a': 1} { object }") == [
        "object", "table", "column", "property",
    ]  # fmt: skip


# -- judged ------------------------------------------------------------------------------------------------------------

VALUE = Metric("sql_value", check="c")


@on(
    ("expects", "value", "told"),
    [
        (SqlExpected("", NONE), 0, ("pass", "0", "exactly 0", None)),
        (SqlExpected("", NONE), 1234, ("fail", "1,234", "exactly 0", "the query answers 1,234, expected exactly 0")),
        (
            SqlExpected("", Threshold(Operator.LESS, (5.0,)), unit="percent"),
            7.25,
            ("fail", "7.2 %", "less than 5 %", "the query answers 7.2 %, expected less than 5 %"),
        ),
        (
            SqlExpected("", Threshold(Operator.LESS, (5.0,)), unit="EUR"),
            7,
            ("fail", "7 EUR", "less than 5 EUR", "the query answers 7 EUR, expected less than 5 EUR"),
        ),
        (SqlExpected("", TRUE, truth=True), 1, ("pass", "true", "true", None)),
        (SqlExpected("", TRUE, truth=True), 0, ("fail", "false", "true", "the query answers false, expected true")),
        (SqlExpected("", NONE, truth=True), 0, ("pass", "false", "false", None)),
        (
            SqlExpected("", Threshold(Operator.NOT_BE, (1.0,)), truth=True),
            1,
            ("fail", "true", "false", "the query answers true, expected false"),
        ),
        (
            SqlExpected("", TRUE, truth=True),
            2,
            ("error", None, None, "the query answers 2, not true or false; give the rule a threshold"),
        ),
    ],
)
def test_an_answer_is_told_naturally(expects, value, told):
    assert said(one(judged(expects), facts({VALUE: value}))) == told


def test_a_broken_rule_of_less_than_error_warns():
    warned = one(judged(SqlExpected("", NONE), Severity.WARNING), facts({VALUE: 3}))
    assert (warned.status, warned.measured_at) == (Status.WARN, NOON)


# -- in a contract -----------------------------------------------------------------------------------------------------


def sql(query: str, **more: Any) -> dict[str, Any]:
    return {"type": "sql", "query": query, **more}


def test_rules_of_tables_and_properties_become_checks(tmp_path: Path):
    quality = [sql("SELECT count(*) FROM {object}", mustBeGreaterThan=0), sql("SELECT true", id="yes")]
    checks, findings = read(tmp_path, quality, n=[sql(NULLS, mustBe=0, unit="rows", dimension="completeness")])
    assert not errors(findings)
    assert checks["sql"].expects == SqlExpected("SELECT count(*) FROM {object}", Threshold(Operator.GREATER, (0.0,)))
    assert checks["yes"].expects == SqlExpected("SELECT true", TRUE, truth=True)
    assert checks["n.sql"].expects == SqlExpected(NULLS, NONE, "n", unit="rows")
    assert (checks["n.sql"].dimension, checks["sql"].dimension) == (Dimension.COMPLETENESS, Dimension.CONFORMITY)


def test_a_condition_without_an_operator_is_told(tmp_path: Path):
    _, findings = read(tmp_path, [sql("SELECT true")])
    assert [each.message for each in findings if "mustBe: true" in each.message]


@on(
    ("query", "says"),
    [
        ("DELETE FROM {object}", "only SELECT is allowed here, not DELETE"),
        ("SELECT 1; SELECT 2", "write one SELECT; these are 2 statements"),
        ("COPY t TO 'x.csv'", "only SELECT is allowed here, not COPY"),
        ("SELECT count(*) FROM read_csv('x')", "does more than compute from rows"),
        ("SELECT count(*) FROM 'x.parquet'", "'x.parquet' is a file; a rule may read tables only"),
        ("SELEC 1", "is not SQL"),
        ("SELECT {thing} FROM {object}", "{thing} stands for nothing; known: {object}, {table}"),
        ("SELECT {column} FROM {object}", "{column} stands for nothing in a rule of the table; put the rule under"),
    ],
)
def test_a_query_that_can_not_be_asked_is_an_error_of_the_lint_at_its_place(tmp_path: Path, query: str, says: str):
    checks, findings = read(tmp_path, [sql(query, mustBe=0)])
    assert "sql" not in checks
    [told] = errors(findings)
    assert told.startswith("schema[0].quality[0].query: ") and says in told
    assert told.endswith("the check is not made")


@on(("kind", "fine"), [("sqlserver", True), ("postgres", False)])
def test_the_servers_say_in_which_dialect_a_query_is_read(tmp_path: Path, kind: str, fine: bool):
    text = f"""{{apiVersion: v3.1.0, kind: DataContract, id: c, version: 1.0.0, status: active,
      servers: [{{server: s, type: {kind}, host: h, port: 1, database: d, schema: s}}],
      schema: [{{name: t, quality: [{{type: sql, mustBe: 0, query: 'SELECT count(*) FROM [t]'}}]}}]}}"""
    (tmp_path / "c.yaml").write_text(text)
    told = errors(load_folder(tmp_path).findings)
    assert (not told) is fine, told


def test_no_rows_are_shown_for_a_rule_that_names_none(tmp_path: Path):
    dataset = Dataset("shop", TableName("main", "t"), checks=(rule(NULLS),))
    workers = Workers({})
    try:
        with pytest.raises(Refused, match=r"is an SQL rule; its query answers one number .* IS NULL"):
            failing_rows(workers, SourceSpec("shop", "x.duckdb", 1, tmp_path), dataset, "rule", 5, None)
    finally:
        workers.close()
