"""Which dataset is meant by a name of OpenLineage or dbt."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks.lineage.naming import Naming
from checks.records import Dataset, Named
from connectors import TableName

BASE = Path("/srv/vitals")
URLS = {
    "shop": "postgres://vitals:s3cret@DB.example.com/shop?sslmode=require",
    "here": "postgresql://vitals@localhost:5433/app",
    "other": "postgres://vitals@localhost:5433/billing",
    "file": "duckdb://data/marts.duckdb",
    "bare": "/data/app.sqlite",
    "lake": "/data/lake",
    "demo": "demo://data/demo",
    "cloud": "bigquery://my-project/raw",
    "snow": "snowflake://me:pw@org-acc/SALES/PUBLIC",
}
TABLES = {
    "shop": ["public.orders", "public.Users", "marts.orders"],
    "here": ["public.events"],
    "other": ["public.invoices"],
    "file": ["main.daily", "staging.raw"],
    "bare": ["main.visits"],
    "lake": ["events", "raw/deep.clicks", "raw.clicks"],
    "demo": ["flights"],
    "cloud": ["raw.sessions"],
    "snow": ["PUBLIC.LEADS"],
}
NAMING = Naming(
    {
        each.name: each
        for source, tables in TABLES.items()
        for schema, _, name in (table.rpartition(".") for table in tables)
        for each in (Dataset(source, TableName(schema or None, name)),)
    },
    URLS,
    {"postgres://10.0.0.7:5432": "shop"},
    BASE,
)


@pytest.mark.parametrize(
    ("namespace", "name", "dataset"),
    [
        # names of ours
        ("anything", "shop.public.orders", "shop.public.orders"),
        ("shop", "public.orders", "shop.public.orders"),
        ("shop", "users", "shop.public.Users"),
        # addresses
        ("postgres://db.example.com:5432", "shop.public.orders", "shop.public.orders"),
        ("postgres://db.example.com", "marts.orders", "shop.marts.orders"),
        ("postgresql://x:y@db.example.com:5432", "shop.PUBLIC.users", "shop.public.Users"),
        ("postgres://127.0.0.1:5433", "app.public.events", "here.public.events"),
        ("postgres://localhost:5433", "billing.public.invoices", "other.public.invoices"),
        ("postgres://localhost:5433", "public.invoices", "other.public.invoices"),
        ("postgres://10.0.0.7:5432", "shop.public.orders", "shop.public.orders"),
        ("duckdb:///srv/vitals/data/marts.duckdb", "main.daily", "file.main.daily"),
        ("duckdb://data/marts.duckdb", "marts.staging.raw", "file.staging.raw"),
        ("sqlite:///data/app.sqlite", "visits", "bare.main.visits"),
        ("bigquery", "my-project.raw.sessions", "cloud.raw.sessions"),
        ("snowflake://org-acc", "SALES.PUBLIC.LEADS", "snow.PUBLIC.LEADS"),
        # files
        ("file", "/data/lake/events", "lake.events"),
        ("file", "/data/lake/events/day=2026-03-15/part-0.parquet", "lake.events"),
        ("file", "/data/lake/events.parquet", "lake.events"),
        ("file", "/data/lake/raw/deep/clicks/a.csv.gz", "lake.raw/deep.clicks"),
        ("file", "/data/lake/raw/clicks", "lake.raw.clicks"),
        ("file", "/srv/vitals/data/demo/flights/2026", "demo.flights"),
        # tables that nobody watches keep the name that they would have
        ("postgres://db.example.com:5432", "shop.public.gone", "shop.public.gone"),
        ("duckdb://data/marts.duckdb", "marts.main.gone", "file.main.gone"),
        ("postgres://10.0.0.7:5432", "public.gone", "shop.public.gone"),
        ("shop", "public.gone", "shop.public.gone"),
        # elsewhere
        ("postgres://db.example.com:5433", "shop.public.orders2", "postgres://db.example.com:5433/shop.public.orders2"),
        ("postgres://elsewhere:5432", "shop.marts.orders2", "postgres://elsewhere:5432/shop.marts.orders2"),
        ("postgres://localhost:5433", "unknown.public.events", "postgres://localhost:5433/unknown.public.events"),
        ("kafka://broker:9092", "orders", "kafka://broker:9092/orders"),
        ("file", "/data/lake2/events", "file:/data/lake2/events"),
        ("file", "/data/lake", "file:/data/lake"),
        ("file", "events", "file:events"),
        ("postgres://[", "a.b", "postgres://[/a.b"),
        ("~nobody-of-this-name/x", "a.b", "~nobody-of-this-name/x:a.b"),
        ("duckdb://~nobody-of-this-name/x", "a.b", "duckdb://~nobody-of-this-name/x/a.b"),
        ("s3://lake", "/events", "s3://lake/events"),
        ("s3://lake", "raw/events/date=2026-03-15/hour=3/part-0.parquet", "s3://lake/raw/events"),
        ("gs://lake", "/raw/2026/03/15/a.csv", "gs://lake/raw"),
        ("file", "/other/events/2026-03-15", "file:/other/events"),
        ("s3://lake", "2026-03-15", "s3://lake/2026-03-15"),
        ("", "x", ":x"),
    ],
)
def test_a_name_of_openlineage_is_the_dataset_that_it_means(namespace, name, dataset):
    assert NAMING.dataset(Named(namespace, name)) == dataset


def test_names_that_differ_in_case_alone_are_told_apart_where_they_are_spelled_so():
    tables = [Dataset("s", TableName("p", name)) for name in ("Users", "users")]
    naming = Naming({each.name: each for each in tables}, {"s": "postgres://db/x"}, {}, BASE)
    assert [naming.dataset(Named("postgres://db", f"x.p.{name}")) for name in ("users", "Users")] == [
        "s.p.users",
        "s.p.Users",
    ]


def test_the_first_of_the_symlinks_that_is_known_counts():
    table = Named("s3://lake", "warehouse/orders")
    links = [Named("hive://metastore", "shop.orders"), Named("shop", "public.orders")]
    assert NAMING.dataset(table, links) == "shop.public.orders"
    assert NAMING.dataset(table, links[:1]) == "s3://lake/warehouse/orders"


@pytest.mark.parametrize(
    ("kind", "database", "schema", "table", "dataset"),
    [
        ("postgres", "shop", "public", "orders", "shop.public.orders"),
        ("duckdb", "marts", "main", "daily", "file.main.daily"),
        ("duckdb", None, "staging", "raw", "file.staging.raw"),
        ("postgres", "elsewhere", "marts", "orders", "shop.marts.orders"),
        ("postgres", "shop", "public", "gone", "shop.public.gone"),
        ("", None, None, "nowhere", "nowhere"),
    ],
)
def test_a_relation_of_dbt_is_the_table_of_the_source_that_has_it(kind, database, schema, table, dataset):
    assert NAMING.relation(kind, database, schema, table) == dataset
