"""What views and contracts say of where data comes from, and what is told when they can not be read."""

from __future__ import annotations

import json
import logging
import threading
from pathlib import Path

import pyarrow as pa
import pytest

from checks.__main__ import main
from checks.catalogue import SourceState
from checks.config import load
from checks.contracts import load_folder, match
from checks.contracts.lint import lint
from checks.lineage import Edge, Kind, Node, Origin, ViewsKnown
from checks.lineage.assemble import Part, assembled
from checks.lineage.known import Views
from checks.lineage.reading import read_views, views_job
from checks.lineage.record import ViewRead, ViewsRead
from checks.lineage.views import flows_of, tables_of
from checks.records import Consumer, ConsumerKind, Dataset
from checks.worker import SourceSpec
from connectors import QueryFailed, TableName, Unreachable
from tests.apps import free_port, running_app
from tests.monitors import Clock, canned, utc
from tests.warehouses import DuckDBFile, Warehouse

ORDERS = pa.table({"id": [1, 2], "Amount": [1.5, 2.5], "customer": [7, 8]})
CUSTOMERS = pa.table({"id": [7, 8], "name": ["ada", "grace"]})
NOON = utc(2026, 3, 15, 12)
HEAD = "apiVersion: v3.1.0\nkind: DataContract\nversion: 1.0.0\nstatus: active\n"

T, U, ODD, TREE = TableName("main", "t"), TableName("s", "t"), TableName("main", "W x"), TableName("main", "tree")
COLUMNS = {T: ("a", "B"), U: ("a", "c"), ODD: ("Col 1", "z"), TREE: ("id", "parent")}
VIEW = TableName("main", "v", is_view=True)


def read(sql: str, own: list[str], dialect: str = "duckdb") -> tuple[list[str], list[str]]:
    """The tables that a definition reads, and its flows as 'table.column > column'."""
    found = tables_of(VIEW, sql, dialect, [*COLUMNS, VIEW])
    assert (found.missing, found.problem) == ((), None)
    flows, lost = flows_of(VIEW, sql, dialect, {VIEW: own} | {table: COLUMNS[table] for table in found.reads})
    assert lost is None
    return [str(table) for table in found.reads], [f"{flow.table}.{flow.column} > {flow.into}" for flow in flows]


# -- one definition ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "sqlite"])
@pytest.mark.parametrize(
    ("sql", "own", "reads", "flows"),
    [
        ("SELECT a FROM t", ["a"], ["main.t"], ["main.t.a > a"]),
        ("SELECT a + 1 AS x, count(*) AS n FROM t WHERE a > 0 GROUP BY 1", ["x", "n"], ["main.t"], ["main.t.a > x"]),
        ("WITH q AS (SELECT a FROM t) SELECT a FROM q", ["renamed"], ["main.t"], ["main.t.a > renamed"]),
        ("WITH t AS (SELECT a FROM main.t) SELECT a FROM t", ["a"], ["main.t"], ["main.t.a > a"]),
        ("SELECT a FROM t UNION ALL SELECT c FROM s.t", ["a"], ["main.t", "s.t"], ["main.t.a > a", "s.t.c > a"]),
        ('SELECT "Col 1" AS q FROM "W x"', ["q"], ["main.W x"], ["main.W x.Col 1 > q"]),
        (
            'SELECT z, (SELECT max(a) FROM t WHERE t.a = z) AS m FROM "W x"',
            ["z", "m"],
            ["main.W x", "main.t"],
            ["main.W x.z > z", "main.t.a > m"],
        ),
        ("SELECT x.a FROM t x JOIN t y ON x.a = y.a", ["a"], ["main.t"], ["main.t.a > a"]),
        ("SELECT 1 AS one", ["one"], [], []),
    ],
)
def test_tables_and_columns_are_followed(dialect, sql, own, reads, flows):
    assert read(sql, own, dialect) == (reads, flows)


@pytest.mark.parametrize(
    ("sql", "own", "flows"),
    [
        ("SELECT * FROM t", ["a", "B"], ["main.t.a > a", "main.t.B > B"]),
        ("SELECT t.* EXCLUDE (a) FROM t", ["B"], ["main.t.B > B"]),
        ("SELECT b FROM T", ["b"], ["main.t.B > b"]),
        ("SELECT s.t.c, main.t.b FROM s.t JOIN main.t USING (a)", ["c", "b"], ["s.t.c > c", "main.t.B > b"]),
        ("SELECT u FROM t, unnest([a, b]) AS k(u)", ["u"], ["main.t.B > u", "main.t.a > u"]),
    ],
)
def test_what_duckdb_alone_allows_is_followed(sql, own, flows):
    assert read(sql, own)[1] == flows


def test_a_name_without_schema_is_of_the_schema_of_the_view_first():
    view = TableName("s", "v", is_view=True)
    assert tables_of(view, "SELECT * FROM t", "duckdb", [T, U]).reads == (U,)
    assert tables_of(view, "SELECT * FROM t", "duckdb", [T]).reads == (T,)
    assert tables_of(VIEW, 'SELECT * FROM "T"', "postgres", [T]).missing == ("T",)


@pytest.mark.parametrize(
    ("sql", "missing", "problem"),
    [
        ("SELECT 'secret' FRM (", (), "its definition could not be parsed (line 1, column 21)"),
        ("VACUUM 'secret'", (), "its definition could not be parsed"),
        ("SELECT * FROM read_csv('secret.csv')", (), "what it reads by readcsv is not followed"),
        ("SELECT a FROM away.t", ("away.t",), None),
    ],
)
def test_what_can_not_be_followed_is_said_without_the_text(sql, missing, problem):
    found = tables_of(VIEW, sql, "duckdb", [T])
    assert (found.reads, found.missing, found.problem) == ((), missing, problem)


def test_a_deeply_nested_definition_is_said_not_to_be_readable():
    sql = "SELECT " + "(" * 3000 + "1" + ")" * 3000
    assert tables_of(VIEW, sql, "duckdb", [T]).problem is not None
    assert flows_of(VIEW, sql, "duckdb", {VIEW: ["x"]})[1] is not None


def test_columns_that_are_lost_are_said_to_be():
    assert flows_of(VIEW, "SELECT * FROM t", "duckdb", {VIEW: ["a", "b", "c"], T: ["a"]})[1] == (
        "its columns could not be followed: they are not those that its definition names"
    )
    assert flows_of(VIEW, "SELECT a, g FROM t, generate_series(1, 2) AS s(g)", "duckdb", {VIEW: ["a", "g"], T: ["a"]})[
        1
    ] == ("some of its columns could not be followed")


# -- a warehouse -------------------------------------------------------------------------------------------------------


def test_views_on_views_are_read_from_the_warehouse(warehouse: Warehouse):
    warehouse.needs("views")
    warehouse.load("orders", ORDERS)
    warehouse.load("customers", CUSTOMERS)
    warehouse.run(
        'CREATE VIEW named AS SELECT o.id, o."Amount" * 2 AS twice, c.name FROM orders o '
        "JOIN customers c ON c.id = o.customer"
    )
    warehouse.run("CREATE VIEW totals AS SELECT name, sum(twice) AS total FROM named GROUP BY name")
    with warehouse.open() as source:
        named, totals = read_views(source).views
    assert [table.name for table in named.reads] == ["customers", "orders"]
    assert {(flow.table.name, flow.column, flow.into) for flow in named.flows} == {
        ("orders", "id", "id"),
        ("orders", "Amount", "twice"),
        ("customers", "name", "name"),
    }
    assert [table.name for table in totals.reads] == ["named"]
    assert {(flow.column, flow.into) for flow in totals.flows} == {("name", "name"), ("twice", "total")}
    assert (named.problem, totals.problem) == (None, None)


def test_postgres_names_the_schema_whatever_the_search_path(postgres_database: str):
    import psycopg

    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA marts")
        connection.execute("CREATE TABLE marts.orders (id int)")
        connection.execute("CREATE TABLE public.orders (id int, x int)")
        connection.execute("CREATE VIEW marts.v AS SELECT x FROM public.orders")
        connection.execute("CREATE MATERIALIZED VIEW public.m AS SELECT id FROM marts.orders")
    found = views_job(SourceSpec("server", postgres_database, 30, Path()))
    assert {str(view.view): [str(table) for table in view.reads] for view in found.views} == {
        "marts.v": ["public.orders"],
        "public.m": ["marts.orders"],
    }


def test_a_broken_view_costs_no_other_and_no_value_reaches_the_log(tmp_path: Path, caplog):
    warehouse = DuckDBFile(tmp_path)
    warehouse.load("orders", ORDERS)
    warehouse.load("gone", ORDERS)
    warehouse.run("CREATE VIEW broken AS SELECT id FROM gone WHERE id <> 424242")
    warehouse.run("CREATE VIEW well AS SELECT id FROM orders")
    warehouse.run("DROP TABLE gone")
    with caplog.at_level(logging.DEBUG):
        broken, well = views_job(SourceSpec("file", warehouse.url, 30, tmp_path)).views
    assert (broken.reads, broken.missing) == ((), ("gone",))
    assert [flow.into for flow in well.flows] == ["id"]
    assert "424242" not in caplog.text


# -- contracts ---------------------------------------------------------------------------------------------------------


def datasets(folder: Path, contracts: list[str], tables: list[TableName]) -> dict[str, Dataset]:
    (folder / "contracts").mkdir()
    for number, text in enumerate(contracts):
        (folder / "contracts" / f"{number}.yaml").write_text(f"{HEAD}id: c{number}\n{text}")
    (folder / "config.toml").write_text('[sources.s]\nurl = "duckdb://x.duckdb"\n[sources.raw]\nurl = "files://raw"\n')
    config = load(folder / "config.toml", {})
    found = match(load_folder(config.contracts_path), config, {"s": tables, "raw": [TableName(None, "clicks")]})
    return {each.name: each for each in found.datasets}


SERVERS = "servers: [{server: s, type: duckdb, database: x.duckdb}]\n"
MARTS = f"""{SERVERS}team: {{name: Marts}}
schema:
  - name: sales
    customProperties: [{{property: vitals.consumers, value: [board report, s.main.copy]}}]
    properties:
      - {{name: id, relationships: [{{to: customers.id}}]}}
      - {{name: total, transformSourceObjects: [order lines, main.fx, raw.clicks, nowhere.at_all]}}
      - {{name: parent, relationships: [{{to: sales.id}}]}}
"""
LINES = f"{SERVERS}schema: [{{name: order lines, physicalName: lines, properties: [{{name: id}}]}}]\n"
TABLES = [TableName("main", name) for name in ("sales", "customers", "lines", "fx", "copy")]


def test_contracts_say_what_a_column_is_made_from_who_reads_it_and_what_it_refers_to(tmp_path: Path):
    graph = assembled(datasets(tmp_path, [MARTS, LINES], TABLES), {})
    sales = "s.main.sales"
    assert {(edge.upstream, edge.downstream, edge.origin.value) for edge in graph.edges} == {
        ("s.main.lines", sales, "contract"),
        ("s.main.fx", sales, "contract"),
        ("raw.clicks", sales, "contract"),
        ("s.nowhere.at_all", sales, "contract"),
        ("s.main.customers", sales, "relationship"),
        (sales, "board report", "consumer"),
        (sales, "s.main.copy", "consumer"),
    }
    kinds = {name: graph.nodes[name].kind for name in ("s.nowhere.at_all", "board report", "s.main.copy", sales)}
    assert list(kinds.values()) == [Kind.OUTSIDE, Kind.CONSUMER, Kind.TABLE, Kind.TABLE]
    [reference] = [edge for edge in graph.edges if edge.origin is Origin.REFERENCE]
    assert [(pair.upstream, pair.downstream) for pair in reference.columns] == [("id", "id")]
    [made] = [edge for edge in graph.edges if edge.upstream == "s.main.fx"]
    assert [(pair.upstream, pair.downstream) for pair in made.columns] == [(None, "total")]
    assert graph.nodes[sales].owner == "Marts"


def test_nonsense_in_transform_source_objects_is_no_edge(tmp_path: Path):
    contract = f"{SERVERS}schema: [{{name: sales, properties: [{{name: a, transformSourceObjects: [1, '', null]}}]}}]\n"
    assert assembled(datasets(tmp_path, [contract], TABLES), {}).edges == ()


CONSUMERS = """
[consumers."Daily delays"]
kind = "dashboard"
owner = "Analytics"
reads = ["orders", "s.ordrs"]
url = "https://bi.example.com/1"
[consumers."board report"]
owner = "Board"
reads = "s.orders"
"""


def test_config_toml_declares_consumers_with_owners_and_tells_which_dataset_is_not_there(tmp_path: Path):
    monitor = canned(tmp_path, Clock(NOON), "orders", config=CONSUMERS)
    found = monitor.lineage()
    assert found.graph.upstream("Daily delays") == {"s.orders": 1, "s.ordrs": 1}
    node = found.graph.nodes["Daily delays"]
    assert (node.kind, node.consumer, node.owner, node.url) == (
        Kind.CONSUMER,
        ConsumerKind.DASHBOARD,
        "Analytics",
        "https://bi.example.com/1",
    )
    assert found.graph.nodes["s.ordrs"].kind is Kind.OUTSIDE
    wrong = """consumer "Daily delays" of config.toml: there is no dataset 's.ordrs'; the nearest are s.orders"""
    assert (found.complete, found.notes) == (True, (wrong,))
    assert monitor.lineage_known.troubles() == (wrong,)


def test_what_a_contract_says_of_a_consumer_comes_before_config_toml(tmp_path: Path):
    consumer = "{name: board report, kind: job, owner: Finance, url: 'https://x.example'}"
    contract = f"""{SERVERS}schema:
  - {{name: sales, customProperties: [{{property: vitals.consumers, value: [{consumer}, other]}}]}}
"""
    found = datasets(tmp_path, [contract], TABLES)
    assert found["s.main.sales"].consumers == (
        Consumer("board report", ConsumerKind.JOB, "Finance", "https://x.example"),
        Consumer("other"),
    )
    config = Part((Edge("s.main.fx", "board report", Origin.CONSUMER),), (Node("board report", Kind.CONSUMER, "X"),))
    graph = assembled(found, {}, [config])
    assert graph.nodes["board report"].owner == "Finance"
    assert graph.upstream("board report") == {"s.main.fx": 1, "s.main.sales": 1}


@pytest.mark.parametrize(
    "value",
    [
        "[1]",
        "[{kind: job}]",
        "[{name: a, kind: robot}]",
        "[{name: a, team: b}]",
        "[{name: a, url: x:y}]",
        "[]",
    ],
)
def test_a_consumer_that_is_none_is_told_by_lint(tmp_path: Path, value: str):
    contract = (
        f"{SERVERS}schema: [{{name: sales, customProperties: [{{property: vitals.consumers, value: {value}}}]}}]\n"
    )
    file = tmp_path / "sales.yaml"
    file.write_text(f"{HEAD}id: sales\n{contract}")
    [linted] = lint([file])
    assert any(
        "nor a list of texts and of objects with name, kind, owner, url" in each.message for each in linted.findings
    )


# -- what is known -----------------------------------------------------------------------------------------------------


class Asked:
    """A source's views as they are answered, with how often they were asked for."""

    def __init__(self) -> None:
        self.times = 0
        self.error: Exception | None = None
        self.known = ViewsKnown()
        self.clock = Clock(NOON)
        self.state = SourceState("s", "duckdb", "x", NOON)
        table, view = Dataset("s", T), Dataset("s", VIEW)
        self.datasets = {each.name: each for each in (table, view)}

    def __call__(self, name: str) -> ViewsRead:
        self.times += 1
        if self.error:
            raise self.error
        return ViewsRead((ViewRead(VIEW, (T,), ("away",)),), (T, VIEW))

    def views(self) -> Views:
        return self.known.views(self.datasets, [self.state], self, self.clock())


def test_a_source_is_asked_once_until_it_is_listed_anew():
    asked = Asked()
    first = asked.views()
    assert assembled(asked.datasets, first.read).edges == (Edge("s.main.t", "s.main.v", Origin.VIEW),)
    assert (first.complete, first.notes) == (True, ("view s.main.v reads 'away', which the source does not list",))
    asked.views()
    assert asked.times == 1
    asked.state = SourceState("s", "duckdb", "x", utc(2026, 3, 15, 13))
    asked.views()
    assert asked.times == 2


def test_a_source_that_does_not_answer_is_said_and_asked_again_after_a_minute():
    asked = Asked()
    asked.error = Unreachable("s", "no answer")
    first = asked.views()
    assert (first.read, first.complete) == ({}, False)
    assert first.notes[0].startswith("what the views of source s read is not known: ")
    asked.error = None
    asked.views()
    assert asked.times == 1
    asked.clock.now = utc(2026, 3, 15, 12, 1)
    assert asked.views().complete


def test_what_was_read_before_stays_when_the_source_stops_answering():
    asked = Asked()
    before = asked.views()
    asked.state = SourceState("s", "duckdb", "x", utc(2026, 3, 15, 13))
    asked.error = QueryFailed("s", "broken")
    after = asked.views()
    assert (after.read, after.complete) == (before.read, False)
    assert "is shown as it was read before" in after.notes[0]


def test_a_slow_source_holds_up_no_other():
    """Two sources that answer only when both are asked; with one after the other nobody would ever answer."""
    both = threading.Barrier(2, timeout=10)
    views = [Dataset(name, VIEW) for name in ("s", "slow")]
    states = [SourceState(each.source, "duckdb", "x", NOON) for each in views]

    def read(name: str) -> ViewsRead:
        both.wait()
        return ViewsRead((ViewRead(VIEW, (T,), ()),), (T, VIEW))

    found = ViewsKnown().views({each.name: each for each in views}, states, read, NOON)
    assert (found.complete, found.notes) == (True, ())


def test_a_source_without_views_is_not_asked_and_one_that_was_never_listed_is_said():
    asked = Asked()
    del asked.datasets["s.main.v"]
    assert asked.views().complete
    asked.state = SourceState("s", "duckdb", "x", None, "no such file")
    found = asked.views()
    assert (asked.times, found.complete) == (0, False)
    assert found.notes == ("whether source s has views is not known: no such file",)


# -- the command -------------------------------------------------------------------------------------------------------


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A configuration with a file of a table and two views, and a contract."""
    warehouse = DuckDBFile(tmp_path)
    warehouse.load("orders", ORDERS)
    warehouse.run('CREATE VIEW twice AS SELECT id, "Amount" * 2 AS twice FROM orders')
    warehouse.run("CREATE VIEW top AS SELECT max(twice) AS top FROM twice")
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "top.yaml").write_text(
        f"{HEAD}id: top\nservers: [{{server: shop, type: duckdb, database: x}}]\nteam: {{name: Finance}}\n"
        "schema: [{name: top, customProperties: [{property: vitals.consumers, value: ['board [bold]report']}]}]\n"
    )
    config = tmp_path / "config.toml"
    config.write_text(f'[app]\nport = {free_port()}\n[sources.shop]\nurl = "{warehouse.url}"\n')
    return config


def said(capfd, *words: str) -> tuple[int, str, str]:
    code = main(list(words))
    return code, *capfd.readouterr()


@pytest.mark.slow
def test_the_command_tells_what_is_above_below_and_reached(shop: Path, capfd):
    code, out, _ = said(capfd, "lineage", "orders", "--config", str(shop))
    text = " ".join(out.split())
    assert code == 0
    assert (
        "Trouble in it reaches 2 datasets (shop.main.top, shop.main.twice) and 1 consumer (board [bold]report)." in text
    )
    assert "shop.main.orders to shop.main.twice (definition of the view): id to id, Amount to twice" in text
    code, out, _ = said(capfd, "lineage", "--config", str(shop))
    assert (code, "made from shop.main.twice" in out, "read by board [bold]report" in out) == (0, True, True)


@pytest.mark.slow
def test_the_document_has_owners_distances_and_columns(shop: Path, capfd):
    code, out, _ = said(capfd, "lineage", "orders", "--json", "--config", str(shop))
    document = json.loads(out)
    assert (code, document["complete"], document["notes"]) == (0, True, [])
    assert [(each["name"], each["kind"], each["distance"]) for each in document["downstream"]] == [
        ("shop.main.twice", "view", 1),
        ("shop.main.top", "view", 2),
        ("board [bold]report", "consumer", 3),
    ]
    assert document["blast_radius"]["owners"] == ["Finance"]
    assert document["edges"][0]["columns"][1] == {"upstream": "Amount", "downstream": "twice"}


@pytest.mark.slow
def test_a_consumer_can_be_asked_for_and_nonsense_is_wrong_usage(shop: Path, capfd):
    code, out, _ = said(capfd, "lineage", "board [bold]report", "--json", "--config", str(shop))
    assert (code, json.loads(out)["upstream"][0]["name"]) == (0, "shop.main.top")
    code, _, err = said(capfd, "lineage", "ordrs", "--config", str(shop))
    assert (code, "there is no dataset 'ordrs'" in err) == (64, True)


@pytest.mark.slow
def test_a_warehouse_that_is_away_is_exit_code_3(shop: Path, capfd):
    assert said(capfd, "lineage", "--config", str(shop))[0] == 0
    next(shop.parent.glob("*.duckdb")).unlink()
    code, out, _ = said(capfd, "lineage", "--config", str(shop))
    assert (code, "Not known: what the views of source shop read" in out) == (3, True)


@pytest.mark.slow
def test_the_answer_is_the_same_with_the_app_up(shop: Path, capfd):
    alone = [said(capfd, "lineage", *words, "--json", "--config", str(shop)) for words in ([], ["orders"])]
    with running_app(shop, load(shop).app.port):
        asked = [said(capfd, "lineage", *words, "--json", "--config", str(shop)) for words in ([], ["orders"])]
        assert said(capfd, "lineage", "nope", "--config", str(shop))[0] == 64
    for one, other in zip(alone, asked, strict=True):
        assert one[0] == other[0] == 0
        assert {**json.loads(one[1]), "nodes": 0} == {**json.loads(other[1]), "nodes": 0}
