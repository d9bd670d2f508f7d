"""What goes wrong with warehouses, made to go wrong for real; and what nobody may do through a source."""

from __future__ import annotations

import pickle
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas as pd
import psycopg
import pytest

from connectors import (
    AccessDenied,
    DatasetMissing,
    DriverMissing,
    QueryFailed,
    QueryTimedOut,
    Source,
    SourceError,
    TableName,
    Unreachable,
    ViewUnreadable,
    open_source,
)
from connectors.errors import scrub
from connectors.translate import translate
from tests.conftest import FOLDERS, PostgresServer
from tests.warehouses import DuckDBFile, SQLiteFile, Warehouse

NUMBERS = pd.DataFrame({"id": [1, 2, 3]})


def failure(source: Source, sql: str) -> SourceError:
    with pytest.raises(SourceError) as caught:
        source.fetch(sql)
    return caught.value


# -- reading only ------------------------------------------------------------------------------------------------------

WRITES = [
    "INSERT INTO t VALUES (4)",
    "DELETE FROM t",
    "CREATE TABLE other (id integer)",
    "CREATE TEMP TABLE other (id integer)",
    "DROP TABLE t",
    "SELECT 1; DROP TABLE t",
    "BEGIN",
]


@pytest.mark.parametrize("sql", WRITES)
def test_writes_are_refused_and_change_nothing(warehouse: Warehouse, sql: str) -> None:
    table = warehouse.load("t", NUMBERS)
    with warehouse.open() as source:
        assert isinstance(failure(source, sql), QueryFailed)
        assert source.fetch("SELECT count(*) FROM t", table=table).rows == [(3,)]


@pytest.mark.parametrize("limit", [None, 1])
def test_copying_out_writes_no_file(warehouse: Warehouse, tmp_path: Path, limit: int | None) -> None:
    warehouse.load("t", NUMBERS)
    target = tmp_path / "stolen.csv"
    with warehouse.open() as source:
        for sql in (f"COPY t TO '{target}'", f"VACUUM INTO '{target}'", f"ATTACH '{target}' AS other"):
            with pytest.raises(QueryFailed):
                source.fetch(sql, limit=limit)
    assert not target.exists()


@pytest.mark.parametrize("kind", ["duckdb", "parquet", "csv"])
def test_files_outside_the_source_can_not_be_read(request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> None:
    warehouse = FOLDERS[kind](tmp_path)
    (tmp_path / "secret.csv").write_text("a\n1\n")
    with warehouse.open() as source:
        for reader in ("read_csv", "read_text", "read_blob", "glob"):
            assert isinstance(failure(source, f"SELECT * FROM {reader}('{tmp_path}/secret.csv')"), AccessDenied)
        assert isinstance(failure(source, f"SELECT * FROM '{warehouse.url[8:]}/../secret.csv'"), SourceError)


def test_another_sqlite_file_can_not_be_attached(tmp_path: Path) -> None:
    with SQLiteFile(tmp_path).open() as source:
        for sql in (f"ATTACH '{tmp_path}/shop.sqlite' AS other", "PRAGMA query_only = OFF"):
            assert "only reads" in str(failure(source, sql))


@pytest.mark.parametrize("setting", ["default_transaction_read_only", "transaction_read_only"])
def test_a_select_can_not_switch_postgresql_to_writing(postgres_database: str, setting: str) -> None:
    with psycopg.connect(postgres_database, autocommit=True) as owner, open_source("s", postgres_database) as source:
        owner.execute("CREATE TABLE t (id integer)")
        body = "INSERT INTO t VALUES (1) RETURNING 1"
        owner.execute(f"CREATE FUNCTION add() RETURNS int LANGUAGE sql AS $${body}$$")
        try:
            source.fetch(f"SELECT set_config('{setting}', 'off', false)")
        except QueryFailed as refused:
            assert "read-write mode" in str(refused)
        assert "read-only transaction" in str(failure(source, "SELECT add()"))


def test_no_transaction_is_left_open(postgres_database: str) -> None:
    with psycopg.connect(postgres_database) as owner, open_source("s", postgres_database) as source:
        source.fetch("SELECT 1")
        failure(source, "SELECT nonsense")
        sql = "SELECT state FROM pg_stat_activity WHERE application_name = 'vitals' AND datname = current_database()"
        assert owner.execute(sql).fetchall() == [("idle",)]


# -- the five kinds of errors ------------------------------------------------------------------------------------------


def test_a_missing_table_is_missing(warehouse: Warehouse) -> None:
    warehouse.load("t", NUMBERS)
    schema = warehouse.load("other", NUMBERS).schema
    with warehouse.open() as source:
        assert isinstance(failure(source, "SELECT * FROM gone"), DatasetMissing)
        assert isinstance(failure(source, "SELECT gone FROM t"), DatasetMissing)
        with pytest.raises(DatasetMissing, match=r"dataset '.*gone'"):
            source.columns(TableName(schema, "gone"))


def test_garbage_is_a_failed_query(warehouse: Warehouse) -> None:
    with warehouse.open() as source:
        assert isinstance(failure(source, "SELEC 1"), QueryFailed)
        assert isinstance(failure(source, "SELECT no_such_function(1)"), QueryFailed)


@pytest.mark.parametrize("warehouse", ["duckdb", "postgres"], indirect=True)
def test_messages_hold_no_values_of_rows(warehouse: Warehouse) -> None:
    with warehouse.open() as source:
        error = failure(source, "SELECT CAST(v AS integer) FROM (SELECT 'Ada Lovelace' AS v) AS people")
    assert isinstance(error, QueryFailed)
    assert "Ada" not in str(error)


def test_a_file_that_is_no_database_is_unreachable(tmp_path: Path) -> None:
    for name in ("a.duckdb", "a.sqlite"):
        (tmp_path / name).write_text("no database at all, " * 500)
        with pytest.raises(Unreachable, match="'s'"):
            open_source("s", name, base=tmp_path)


@pytest.mark.parametrize("url", ["gone.duckdb", "duckdb://gone.duckdb", "gone.sqlite", "files://gone", "gone", ""])
def test_a_path_that_is_not_there_is_unreachable(tmp_path: Path, url: str) -> None:
    with pytest.raises(Unreachable, match=r"config\.toml|give a path"):
        open_source("s", url, base=tmp_path)


def test_a_duckdb_file_that_another_process_writes_is_unreachable(tmp_path: Path) -> None:
    path = DuckDBFile(tmp_path).path
    code = f"import duckdb, sys; c = duckdb.connect({str(path)!r}); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        with pytest.raises(Unreachable, match="has closed it"):
            open_source("s", str(path))
        writer.communicate()
    open_source("s", str(path)).close()


def test_a_locked_sqlite_file_is_unreachable(tmp_path: Path) -> None:
    shop = SQLiteFile(tmp_path)
    shop.load("t", NUMBERS)
    writer = sqlite3.connect(shop.path, isolation_level=None)
    with shop.open(timeout=0.1) as source:
        writer.execute("BEGIN EXCLUSIVE")
        assert isinstance(failure(source, "SELECT * FROM t"), Unreachable)
        writer.close()
        assert source.fetch("SELECT count(*) FROM t").rows == [(3,)]


@pytest.fixture(scope="module")
def guarded(postgres_url: str) -> Iterator[str]:
    """A URL of a user who must give a password, and may read nothing."""
    with psycopg.connect(postgres_url, autocommit=True) as owner:
        owner.execute("CREATE TABLE private (id integer); CREATE ROLE visitor LOGIN PASSWORD 'open sesame'")
        row = owner.execute("SHOW hba_file").fetchone()
        assert row is not None
        rules = Path(row[0])
        rules.write_text("local all visitor scram-sha-256\n" + rules.read_text())
        owner.execute("SELECT pg_reload_conf()")
        yield postgres_url.replace("postgres:@", "visitor:open%20sesame@")
        owner.execute("DROP TABLE private; DROP ROLE visitor")


def test_a_wrong_password_is_access_denied_and_not_told(guarded: str) -> None:
    with pytest.raises(AccessDenied, match="password authentication failed") as caught:
        open_source("s", guarded.replace("sesame", "barley"))
    assert "barley" not in str(caught.value)


def test_a_table_without_a_grant_is_access_denied(guarded: str) -> None:
    with open_source("s", guarded) as source:
        error = failure(source, "SELECT * FROM private")
    assert isinstance(error, AccessDenied)
    assert "grant SELECT" in str(error)


def test_a_database_that_is_not_there_is_unreachable(postgres_url: str) -> None:
    with pytest.raises(Unreachable, match=r"name of the database|does not exist"):
        open_source("s", postgres_url.replace("/postgres?", "/gone?"))


@pytest.mark.parametrize("password", ["hunter2", "hun%20ter2", "h/unter2", "hunter@2", "hunter#2", "hunter:2"])
def test_no_message_tells_the_password(password: str) -> None:
    with pytest.raises(Unreachable) as caught:
        open_source("s", f"postgresql://ada:{password}@127.0.0.1:1/db")
    told = str(caught.value) + str(caught.value.__cause__)
    assert "hun" not in told
    assert "unter2" not in told


@pytest.mark.slow
def test_a_server_that_stops_is_unreachable_and_a_running_source_says_so() -> None:
    server = PostgresServer()
    try:
        with open_source("s", server.url) as source:
            assert source.fetch("SELECT 1").rows == [(1,)]
            server.stop()
            assert isinstance(failure(source, "SELECT 1"), Unreachable)
            assert isinstance(failure(source, "SELECT 1"), Unreachable)
        with pytest.raises(Unreachable):
            open_source("s", server.url)
    finally:
        server.remove()


def test_a_missing_driver_names_its_package() -> None:
    with pytest.raises(DriverMissing, match=r"pip install 'ibis-framework\[snowflake\]'") as caught:
        open_source("s", "snowflake://ada:hunter2@account/db")
    assert "hunter2" not in str(caught.value)


def test_an_unknown_scheme_says_which_are_known() -> None:
    with pytest.raises(DriverMissing, match=r"no driver for 'gopher://'.*postgres://"):
        open_source("s", "gopher://example.com")


@pytest.mark.filterwarnings("ignore:The 'future.infer_string' option")  # ibis' own, with pandas 3.1
def test_any_other_warehouse_works_as_far_as_ibis_goes(tmp_path: Path) -> None:
    import ibis

    from connectors.generic import GenericSource

    connection = ibis.sqlite.connect(SQLiteFile(tmp_path).path)
    connection.raw_sql("CREATE TABLE t (id integer, name text)")
    connection.raw_sql("INSERT INTO t VALUES (1, 'x')")
    with GenericSource("s", connection, timeout=5) as source:
        table = source.tables()[0]
        assert [(column.name, column.type) for column in source.columns(table)] == [("id", "int64"), ("name", "string")]
        assert source.fetch(source.compile(source.relation(table, source.columns(table))), limit=5).rows == [(1, "x")]
        assert isinstance(failure(source, "DROP TABLE t"), QueryFailed)
        assert isinstance(failure(source, "SELECT * FROM gone"), DatasetMissing)


# -- errors as values --------------------------------------------------------------------------------------------------


def test_an_error_travels_between_processes_whole() -> None:
    error = QueryFailed("shop", "no", dataset="shop.orders", remedy="mend it")
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), copy.kind, copy.dataset) == (QueryFailed, str(error), "query_failed", "shop.orders")


def test_a_message_says_source_dataset_cause_and_what_to_do() -> None:
    error = translate("shop", duckdb.OutOfMemoryException("no room."), TableName("main", "orders"))
    assert str(error) == (
        "source 'shop', dataset 'main.orders': could not execute a query: no room. To do: give the dataset an event "
        "time so that runs read less, or leave out its widest columns"
    )


@pytest.mark.parametrize(
    "text", ["postgres://u:p/w@x@host/db", "cannot open ://a:p/w@x@h", "password=p/w@x", "pwd: 'p/w@x'"]
)
def test_passwords_are_cut_out_of_any_text(text: str) -> None:
    assert "p/w" not in scrub(text)


DENIED = "SELECT command denied to user 'vitals'@'localhost' for table `shop`.`other`"
BROKEN = (
    "View 'shop.mart' references invalid table(s) or column(s) or function(s) or definer/invoker of view lack rights "
    "to use them"
)


@pytest.mark.parametrize(
    ("name", "number", "text", "kind"),
    [
        ("ProgrammingError", 1146, "Table 'shop.gone' doesn't exist", DatasetMissing),
        ("OperationalError", 1054, "Unknown column 'nope' in 'SELECT'", DatasetMissing),
        ("OperationalError", 1356, BROKEN, ViewUnreadable),
        (
            "OperationalError",
            1449,
            "The user specified as a definer ('maker'@'localhost') does not exist",
            ViewUnreadable,
        ),
        ("OperationalError", 1142, DENIED, AccessDenied),
        ("OperationalError", 1045, "Access denied for user 'vitals'@'localhost' (using password: YES)", AccessDenied),
        ("OperationalError", 1044, "Access denied for user 'vitals'@'127.0.0.1' to database 'mysql'", AccessDenied),
        ("OperationalError", 1969, "Query execution was interrupted (max_statement_time exceeded)", QueryTimedOut),
        ("OperationalError", 1049, "Unknown database 'shopp'", Unreachable),
        ("OperationalError", 1927, "Connection was killed", Unreachable),
        ("OperationalError", 2002, "Can't connect to server on '127.0.0.1' (115)", Unreachable),
        ("OperationalError", 2005, "Unknown server host 'nowhere.invalid' (-2)", Unreachable),
        ("OperationalError", 2006, "Server has gone away", Unreachable),
        ("ProgrammingError", 1064, "You have an error in your SQL syntax; check the manual", QueryFailed),
        ("InterfaceError", 0, "", QueryFailed),
    ],
)
def test_what_mysql_says_is_told_by_the_number_of_its_error(name: str, number: int, text: str, kind: type):
    """As MySQLdb raises them on MariaDB 10.11: (number, text). The driver is an extra, so its classes stand in here."""
    raised = type(name, (Exception,), {"__module__": "MySQLdb._exceptions"})(number, text)
    error = translate("shop", raised, TableName(None, "mart"))
    assert type(error) is kind
    said = text.partition(" (using password")[0] or "InterfaceError"
    assert f": {said}" in error.sentence
