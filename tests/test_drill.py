"""Rows behind a number: which ones, and that nothing classified ever shows, whatever is asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from checks.drill import Sample, ad_hoc, breakdown, failing_rows
from checks.guard import verified
from checks.history import RunRow
from checks.predicates import Length, Limit, Relation
from checks.records import (
    Check,
    Dataset,
    Dimension,
    EventTime,
    NumberExpected,
    Operator,
    Outcome,
    ReferenceExpected,
    Threshold,
    UniqueExpected,
    ValuesExpected,
)
from checks.refusal import MASK, Refused
from checks.worker import SourceSpec
from connectors import SourceError, TableName
from tests.warehouses import Warehouse

SECRET = "078-05-1120"
PEOPLE = pd.DataFrame(
    {
        "id": [1, 2, 3, 3, None],
        "Name": ["Ada", "Bob", "Cy", "Di", None],
        "ssn": [SECRET, SECRET + "0", None, SECRET + "3", SECRET + "4"],
        "city": ["Oslo", "Rome", "?", "", None],
        "at": pd.to_datetime(
            ["2026-03-13 08:00", "2026-03-14 09:00", "2026-03-14 10:00", "2026-03-15 08:00", "2026-03-14 07:00"]
        ),
    }
)
CITIES = pd.DataFrame({"name": ["Oslo", "Rome"], "ssn": ["none", "none"]})
NONE = Threshold(Operator.BE, (0.0,))


class InThisProcess:
    """Carries jobs out at once, without a worker process."""

    def call(self, spec: SourceSpec, deadline: float, job: Callable[..., Any], *args: Any) -> Any:
        return job(*args)


class Asked:
    """A warehouse with people (ssn classified) and cities (no contract), and the questions of these tests."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        self.people_table = warehouse.load("people", PEOPLE)
        self.cities_table = warehouse.load("cities", CITIES)
        self.spec = SourceSpec(f"shop{id(warehouse)}", warehouse.url, 30.0, Path("/"))
        self.cities = Dataset("shop", self.cities_table)
        self.others: tuple[Dataset, ...] = (self.cities,)

    def people(self, *expects: Any) -> Dataset:
        checks = tuple(Check("c", "shop.people", Dimension.ACCURACY, each) for each in expects)
        return Dataset("shop", self.people_table, contract="people", checks=checks, classified={"SSN": "restricted"})

    def failing(self, expects: Any, limit: int = 10, event_time: EventTime | None = None) -> Sample:
        workers: Any = InThisProcess()
        latest = run(event_time) if event_time else None
        return failing_rows(workers, self.spec, self.people(expects), "c", limit, latest)

    def query(self, sql: str, limit: int = 100) -> Sample:
        workers: Any = InThisProcess()
        return ad_hoc(workers, self.spec, sql, limit, [self.people(), *self.others])

    def breakdown(self, column: str) -> Sample:
        workers: Any = InThisProcess()
        days = datetime(2026, 3, 14), datetime(2026, 3, 13)  # noqa: DTZ001 buckets are naive
        return breakdown(workers, self.spec, self.people(), column, days, run(EventTime("at", "config")))


def run(event_time: EventTime | None) -> RunRow:
    at = datetime(2026, 3, 15, tzinfo=UTC)
    none = (None, None, 0, 0, True, None)
    return RunRow("shop.people", at, Outcome.FINISHED, 1, at, at, 1.0, "page", *none, event_time, None)


@pytest.fixture
def shop(warehouse: Warehouse):
    from checks import worker

    yield Asked(warehouse)
    for name in list(worker._open):
        worker._forget(name)


def ids(sample: Sample) -> list[Any]:
    place = sample.columns.index("id")
    return sorted((row[place] for row in sample.rows), key=str)


# -- failing rows ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expects", "found"),
    [
        (NumberExpected("null_count", NONE, "Name"), [None]),
        (NumberExpected("null_rate", NONE, "Name"), [None]),
        (ValuesExpected("city", "missing", NONE, missing=("?",)), [3, None]),
        (ValuesExpected("city", "invalid", NONE, valid=("Oslo", "Rome", "")), [3]),
        (ValuesExpected("Name", "invalid", NONE, pattern="^[A-B]"), [3, 3]),
        (ValuesExpected("Name", "invalid", NONE, meets=(Length(Relation.AT_LEAST, 3),)), [3, 3]),
        (ValuesExpected("id", "invalid", NONE, meets=(Limit(Relation.AT_MOST, 1),)), [2, 3, 3]),
        (UniqueExpected(("id",), NONE), [3, 3]),
        (UniqueExpected(("id", "Name"), NONE), []),
    ],
    ids=[
        "nulls",
        "null rate",
        "missing",
        "invalid value",
        "invalid pattern",
        "too short",
        "too large",
        "repeated",
        "repeated combination",
    ],
)
def test_the_rows_that_a_check_objects_to(shop, expects, found):
    if shop.warehouse.kind == "csv" and getattr(expects, "kind", "") == "missing":
        found = [3, 3, None]  # an empty field of a CSV file is NULL
    sample = shop.failing(expects)
    assert ids(sample) == found
    assert sample.columns == ("id", "Name", "ssn", "city", "at")


def test_empty_texts_are_found(shop):
    shop.warehouse.needs("empty_strings")
    assert ids(shop.failing(NumberExpected("empty_count", NONE, "city"))) == [3]


def test_orphans_are_the_rows_without_a_partner(shop):
    expects = ReferenceExpected(("city",), "shop.cities", shop.cities_table, ("name",), NONE)
    assert len(shop.failing(expects).rows) == (1 if shop.warehouse.kind == "csv" else 2)


def test_failing_rows_are_masked_but_a_null_stays_a_null(shop):
    sample = shop.failing(UniqueExpected(("id",), NONE))
    assert sample.masked == ("ssn",)
    assert sorted(str(row[2]) for row in sample.rows) == ["None", MASK]


def test_the_newest_rows_come_first_and_the_limit_says_that_it_cut(shop):
    expects = ValuesExpected("Name", "invalid", NONE, valid=("X",))
    sample = shop.failing(expects, 2, EventTime("at", "config"))
    assert [row[1] for row in sample.rows] == ["Di", "Cy"]
    assert sample.truncated


def test_a_check_about_no_single_row_a_wrong_name_and_a_lost_column_are_refused_with_a_sentence(shop):
    with pytest.raises(Refused, match="about a number of the whole dataset"):
        shop.failing(NumberExpected("row_count", NONE))
    with pytest.raises(Refused, match="column 'gone' is not in the table; it has Name, at, city, id, ssn"):
        shop.failing(NumberExpected("null_count", NONE, "gone"))
    workers: Any = InThisProcess()
    with pytest.raises(Refused, match=r"shop.*people has no check 'x' in its contract; rows can break c"):
        failing_rows(workers, shop.spec, shop.people(UniqueExpected(("id",), NONE)), "x", 5, None)


def test_rows_of_a_check_that_can_not_be_asked_are_refused_with_its_reason(shop):
    expects = ValuesExpected("city", "invalid", NONE, meets=(Limit(Relation.AT_LEAST, 1),))
    with pytest.raises(Refused, match="check 'c' has no failing rows to show: a limit of 1 does not fit column 'city'"):
        shop.failing(expects)


def test_a_breakdown_counts_two_days_per_value_and_never_shows_classified_ones(shop):
    sample = shop.breakdown("city")
    assert sample.columns == ("value", "before", "now")
    assert ("Oslo", 1, 0) in [(value, int(before), int(now)) for value, before, now in sample.rows]
    for name in ("ssn", "SSN"):
        with pytest.raises(Refused, match="is classified, so its values are not shown"):
            shop.breakdown(name)
    with pytest.raises(Refused, match="column 'gone' is not in the table"):
        shop.breakdown("gone")


# -- a query of a person -----------------------------------------------------------------------------------------------


def test_a_query_is_answered_up_to_its_limit(shop):
    sample = shop.query("SELECT id, city FROM people WHERE id IS NOT NULL ORDER BY id", limit=2)
    assert [row[0] for row in sample.rows] == [1, 2]
    assert (sample.columns, sample.truncated, sample.masked) == (("id", "city"), True, ())


@pytest.mark.parametrize(
    ("sql", "columns", "masked"),
    [
        ("SELECT * FROM people", ("id", "Name", "ssn", "city", "at"), ("ssn",)),
        ("SELECT ssn FROM people p", ("ssn",), ("ssn",)),
        ("SELECT id, ssn AS harmless FROM people", ("id", "harmless"), ("harmless",)),
        ("SELECT p.ssn FROM (SELECT * FROM people) AS p WHERE p.ssn IS NOT NULL", ("ssn",), ("ssn",)),
        ("WITH p AS (SELECT ssn AS x FROM people) SELECT x FROM p", ("x",), ("x",)),
        ("SELECT 'a' AS x UNION ALL SELECT ssn FROM people", ("x",), ("x",)),
        ("SELECT ssn FROM cities", ("ssn",), ("ssn",)),
        ("SELECT count(*) AS n, count(ssn) AS known, count(DISTINCT ssn) AS kinds FROM people", None, ()),
    ],
)
def test_classified_columns_are_masked_wherever_they_come_out(shop, sql, columns, masked):
    sample = shop.query(sql)
    assert sample.columns == (columns or ("n", "known", "kinds"))
    assert sample.masked == masked
    assert SECRET not in str(sample.rows)
    assert (MASK in str(sample.rows)) == bool(masked)


BYPASSES = [
    "SELECT upper(ssn) FROM people",
    "SELECT ssn || '' FROM people",
    "SELECT cast(ssn AS varchar) FROM people",
    "SELECT id FROM people WHERE ssn LIKE '078%'",
    "SELECT id FROM people WHERE ssn = '078-05-1120'",
    "SELECT id FROM people ORDER BY ssn",
    "SELECT count(*) FROM people GROUP BY ssn",
    "SELECT min(ssn) FROM people",
    "SELECT count(*) FROM people GROUP BY id HAVING max(ssn) > '078'",
    "SELECT CASE WHEN ssn > '078' THEN 1 ELSE 0 END FROM people",
    "SELECT a.id FROM people a JOIN people b ON a.ssn = b.ssn",
    "SELECT a.id FROM people a JOIN people b USING (ssn)",
    "SELECT p FROM people p",
    "SELECT people FROM people",
    "SELECT to_json(p) FROM people p",
    "SELECT row_to_json(p) FROM people p",
    "SELECT p::text FROM people p",
    "SELECT cast(p AS varchar) FROM people p",
    "SELECT array_agg(p) FROM people p",
    "SELECT string_agg(p::text, ',') FROM people p",
    "SELECT (p).ssn FROM people p",
    "SELECT (p).* FROM people p",
    "SELECT row(p.*) FROM people p",
    "SELECT x.* FROM people AS x(a, b, c, d, e)",
    "WITH x(a, b, c, d, e) AS (SELECT * FROM people) SELECT c FROM x",
    "WITH people AS (SELECT * FROM people) SELECT * FROM people",
    'WITH "PEOPLE" AS (SELECT 1 AS a) SELECT * FROM people',
    "SELECT * FROM people, (WITH people AS (SELECT 1 AS a) SELECT * FROM people) AS z",
    "SELECT 1, 'b', 'c', 'd', NULL UNION ALL SELECT * FROM people",
    "SELECT COLUMNS('s.n') FROM people",
    "SELECT COLUMNS(*)::VARCHAR || '' FROM people",
    "SELECT COLUMNS(c -> c LIKE 's%') FROM people",
    "SELECT * RENAME (ssn AS x) FROM people",
    "SELECT * REPLACE (ssn || '' AS city) FROM people",
    "SELECT * EXCLUDE (id) FROM people",
    "SELECT unnest(p) FROM people p",
    "SELECT struct_pack(a := ssn) FROM people",
    "FROM people SELECT ssn AS q",
    "SELECT a: ssn FROM people",
    "FROM (PIVOT people ON ssn USING count(*))",
    "FROM (UNPIVOT (SELECT ssn FROM people) ON ssn)",
    "SELECT * FROM (SUMMARIZE people)",
    "SUMMARIZE people",
    "PIVOT people ON ssn",
    "TABLE people",
    "SELECT * FROM query('SELECT * FROM people')",
    "SELECT * FROM query_table('people')",
    "SELECT query_to_xml('SELECT * FROM people', true, true, '')",
    "SELECT table_to_xml('people', true, true, '')",
    "SELECT * FROM ts_stat('SELECT to_tsvector(ssn) FROM people')",
    "SELECT most_common_vals FROM pg_stats",
    "SELECT * FROM pg_catalog.pg_statistic",
    "SELECT * FROM read_parquet('people.parquet')",
    "SELECT * FROM 'people.parquet'",
    "SELECT * FROM 'people.csv'",
    "SELECT some_function_of_theirs('people')",
    "SELECT * FROM people TABLESAMPLE BERNOULLI (100)",
    "SELECT /*! ssn */ * FROM people -- ssn",
    'SELECT U&"\\0073sn" FROM people',
    'SELECT "ssn" AS "id" FROM people',
    "SELECT (SELECT max(x) FROM (SELECT ssn AS x FROM people) t)",
    "SELECT * FROM people NATURAL JOIN cities",
    "SELECT id FROM people WINDOW w AS (ORDER BY ssn)",
    "SELECT first_value(ssn) OVER () FROM people",
    "SELECT * FROM people p, LATERAL (SELECT p.ssn AS y) z",
    "SELECT DISTINCT ON (ssn) id FROM people",
    "SELECT list(ssn) FROM people",
    "SELECT json_agg(people) FROM people",
    "SELECT people.row_to_json FROM people",
    "SELECT people.text FROM people",
]


def test_no_way_around_shows_a_classified_value(shop):
    """Refused with a sentence, refused by the warehouse, or answered with masks; a value never shows."""
    told = {sql: answer(shop, sql) for sql in BYPASSES}
    assert not [sql for sql, said in told.items() if SECRET in said]
    assert any(MASK in said for said in told.values())


def answer(shop: Asked, sql: str) -> str:
    try:
        return str(shop.query(sql).rows)
    except (Refused, SourceError) as error:
        return str(error).replace("'078-05-1120'", "the value that was asked for")


@pytest.mark.parametrize(
    "sql",
    ["SELECT upper(ssn) FROM people", "SELECT id FROM people WHERE ssn = 'x'", "SELECT id FROM people ORDER BY ssn"],
)
def test_what_is_refused_says_what_is_allowed(shop, sql):
    sentence = "column 'ssn' is classified: it can be selected, counted and tested for NULL, and nothing else"
    with pytest.raises(Refused, match=sentence):
        shop.query(sql)


def test_a_view_that_renames_a_classified_column_needs_its_own_contract(shop):
    shop.warehouse.needs("views")
    shop.warehouse.run("CREATE VIEW nicknames AS SELECT id, ssn AS nick FROM people")
    shop.warehouse.run("CREATE VIEW nicknames_again AS SELECT id, nick AS n FROM nicknames")
    views = [TableName(shop.people_table.schema, name, is_view=True) for name in ("nicknames", "nicknames_again")]
    shop.others = (shop.cities, *(Dataset("shop", view) for view in views))
    for view in views:
        with pytest.raises(Refused, match=rf"the view \S*{view.name} reads|the view \S*nicknames reads"):
            shop.query(f"SELECT * FROM {view.name}")
    governed = Dataset("shop", views[0], contract="n", classified={"nick": "restricted"})
    shop.others = (shop.cities, governed)
    assert shop.query("SELECT nick FROM nicknames WHERE id = 1").rows == [(MASK,)]


def test_where_nothing_is_classified_a_query_is_sent_as_it_was_written(shop):
    workers: Any = InThisProcess()
    sql = "SELECT upper(ssn)  AS s -- everybody may see it\nFROM people WHERE id = 1"
    sample = ad_hoc(workers, shop.spec, sql, 5, [shop.cities])
    assert (sample.query, sample.rows, sample.masked) == (sql, [(SECRET,)], ())


# -- reading only ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "sqlite", "snowflake", "bigquery", "mysql"])
@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO t VALUES (1)", "UPDATE t SET a = 1", "DELETE FROM t",
        "MERGE INTO t USING s ON a = b WHEN MATCHED THEN DELETE",
        "TRUNCATE TABLE t", "CREATE TABLE x AS SELECT 1", "CREATE VIEW v AS SELECT 1",
        "ALTER TABLE t ADD COLUMN b INT", "DROP TABLE t", "GRANT ALL ON t TO public", "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE t", "", ";", "-- nothing", "SELECT * INTO y FROM t", "COPY t TO '/tmp/x'",
        "COPY (SELECT 1) TO '/tmp/x'", "SET x = 1", "BEGIN", "COMMIT", "VACUUM", "CALL f()", "DO $$ BEGIN END $$",
        "EXPLAIN ANALYZE DELETE FROM t", "EXPLAIN SELECT 1", "LOCK TABLE t", "SELECT * FROM t FOR UPDATE",
        "WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x",
        "WITH x AS (INSERT INTO t VALUES (1) RETURNING a) SELECT * FROM x",
        "WITH x AS (UPDATE t SET a = 1 RETURNING a) SELECT * FROM x", "SELECT pg_terminate_backend(1)",
        "SELECT pg_read_file('/etc/passwd')", "SELECT lo_import('/etc/passwd')", "SELECT nextval('s')",
        "SELECT setval('s', 1)", "SELECT set_config('a', 'b', false)", "SELECT * FROM dblink('x', 'DROP') AS t(a int)",
        "SELECT load_extension('x')", "SELECT * FROM read_text('/etc/passwd')", "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT getenv('HOME')", "LISTEN x", "PREPARE x AS SELECT 1", "EXECUTE x", "not sql at all",
        "SELECT 'unfinished", "(((",
    ],
)  # fmt: skip
def test_what_is_not_one_reading_select_is_refused(dialect, sql):
    with pytest.raises(Refused):
        verified(sql, dialect)


@pytest.mark.parametrize(
    "sql", ["PRAGMA database_list", "ATTACH 'x' AS y", "DETACH x", "INSTALL httpfs", "LOAD httpfs"]
)
@pytest.mark.parametrize("dialect", ["duckdb", "sqlite"])
def test_commands_of_embedded_databases_are_refused(dialect, sql):
    with pytest.raises(Refused):
        verified(sql, dialect)


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "sqlite", "snowflake", "bigquery", "mysql"])
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "select a, count(*) from t group by a having count(*) > 1 order by 2 desc limit 5;",
        "(SELECT 1)",
        "SELECT 1 UNION ALL SELECT 2",
        "WITH x AS (SELECT 1 AS a) SELECT * FROM x",
        "SELECT 'DELETE FROM t; DROP TABLE t' AS harmless -- INSERT",
        "SELECT deleted, inserted_at FROM updates",
        "SELECT a FROM t WHERE b IN (SELECT c FROM s) AND d BETWEEN 1 AND 2",
    ],
)
def test_reading_is_allowed(dialect, sql):
    verified(sql, dialect)


def test_a_refusal_says_what_and_where():
    for sql, sentence in [
        ("DELETE FROM t", "only SELECT is allowed here, not DELETE"),
        ("SELECT 1; SELECT 2", "write one SELECT; these are 2 statements"),
        ("SELECT a FROM (SELECT 1", "this is not SQL that postgres understands: Expecting )"),
        ("SELECT pg_sleep(1)", "pg_sleep() does more than compute from rows, so it is not allowed here"),
        ("(" * 20_000 + "1", "nested too deeply|not SQL"),
        ("SELECT " + "1," * 60_000 + "1", "the query is too long: 120,008 characters"),
    ]:
        with pytest.raises(Refused, match=sentence.replace("(", r"\(").replace(")", r"\)")):
            verified(sql, "postgres")
