"""Reads the demo's contracts and works out by plain SQL which of their rules the data breaks: a second opinion that
shares no code with Vitals."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import yaml

CONTRACTS = Path(__file__).parent.parent / "contracts"
LOGICAL = {
    "BIGINT": "integer",
    "DOUBLE": "number",
    "VARCHAR": "string",
    "DATE": "date",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
}
HOLDS = {
    "mustBe": lambda value, limit: value == limit,
    "mustBeLessThan": lambda value, limit: value < limit,
    "mustBeGreaterOrEqualTo": lambda value, limit: value >= limit,
    "mustBeBetween": lambda value, limit: limit[0] <= value <= limit[1],
}


@contextmanager
def opened(folder: Path) -> Generator[duckdb.DuckDBPyConnection]:
    """The demo warehouse as five views."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for table in ("flights", "weather"):
            connection.execute(f"CREATE VIEW {table} AS FROM read_parquet('{folder}/{table}/*/*.parquet')")
        for table in ("planes", "airlines", "airports"):
            connection.execute(f"CREATE VIEW {table} AS FROM read_parquet('{folder}/{table}.parquet')")
        yield connection


def contracts() -> dict[str, dict[str, Any]]:
    """The contracts by table name."""
    documents = [yaml.safe_load(file.read_text("utf-8")) for file in sorted(CONTRACTS.glob("*.yaml"))]
    return {document["schema"][0]["name"]: document for document in documents}


def broken(connection: duckdb.DuckDBPyConnection, at: datetime) -> set[str]:
    """`demo.TABLE ID` for everything in the contracts that does not hold at the moment `at`."""
    found = set()
    for table, document in contracts().items():
        ids = [*_schema(connection, table), *_columns(connection, table), *_relationships(connection, table)]
        ids += [rule["id"] for column, rule in rules(document) if not _holds(connection, table, column, rule, at)]
        ids += [level["id"] for level in document.get("slaProperties", ()) if _late(connection, level, at)]
        found |= {f"demo.{table} {each}" for each in ids}
    return found


def rules(document: dict[str, Any]) -> list[tuple[str | None, dict[str, Any]]]:
    """Every quality rule with its column (None: it is about the table)."""
    table = document["schema"][0]
    found = [(None, rule) for rule in table.get("quality", ())]
    return found + [(each["name"], rule) for each in table["properties"] for rule in each.get("quality", ())]


def days_that_hold(connection: duckdb.DuckDBPyConnection, rule_id: str, rows: str = "flights") -> list[bool]:
    """For a rule of flights about days: whether it holds, for each day of the table `rows`."""
    column, found = next(each for each in rules(contracts()["flights"]) if each[1]["id"] == rule_id)
    values = connection.execute(f"SELECT {_value(column, found)} FROM {rows} GROUP BY date").fetchall()
    return [_fits(value, found) for (value,) in values]


def _schema(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    real = {name: (LOGICAL[kind], kind) for name, kind, *_ in connection.execute(f"DESCRIBE {table}").fetchall()}
    properties = contracts()[table]["schema"][0]["properties"]
    agreed = {each["name"]: (each["logicalType"], each["physicalType"]) for each in properties}
    return [f"{name}.column" for name in real.keys() | agreed.keys() if real.get(name) != agreed.get(name)]


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    properties = contracts()[table]["schema"][0]["properties"]
    key = ", ".join(each["name"] for each in properties if each.get("primaryKey"))
    once = [each["name"] for each in properties if each.get("unique")] + ([key] if key else [])
    asked = {
        f"required.{each['name']}": f"count(*) - count({each['name']})" for each in properties if each.get("required")
    }
    asked |= {f"unique.{columns}": f"count(*) - count(DISTINCT ({columns}))" for columns in once}
    counts = connection.execute(f"SELECT {', '.join(asked.values())} FROM {table}").fetchone() or ()
    return [name for name, count in zip(asked, counts, strict=True) if count]


def _relationships(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    found = []
    for each in contracts()[table]["schema"][0]["properties"]:
        for link in each.get("relationships", ()):
            other, column = link["to"].split(".")
            orphans = f"SELECT 1 FROM {table} ANTI JOIN {other} o ON {table}.{each['name']} = o.{column} LIMIT 1"
            found += [link["id"]] if connection.execute(orphans).fetchall() else []
    return found


def _holds(connection: duckdb.DuckDBPyConnection, table: str, column: str | None, rule: dict, at: datetime) -> bool:
    days = {"property": "vitals.scope", "value": "bucket"} in rule.get("customProperties", ())
    closed = f"WHERE date < DATE '{at.date()}' GROUP BY date" if days else ""
    values = connection.execute(f"SELECT {_value(column, rule)} FROM {table} {closed}").fetchall()
    return all(_fits(value, rule) for (value,) in values)


def _value(column: str | None, rule: dict[str, Any]) -> str:
    """The SQL of the number that a rule is about."""
    arguments = rule.get("arguments", {})
    count = {
        "rowCount": lambda: "count(*)",
        "distinct_count": lambda: f"approx_count_distinct({column})",
        "nullValues": lambda: f"count(*) - count({column})",
        "missingValues": lambda: (
            f"count(*) FILTER ({column} IS NULL OR {column} IN {_list(arguments['missingValues'])})"
        ),
        "invalidValues": lambda: f"count(*) FILTER (NOT {_valid(column, arguments)})",
        "duplicateValues": lambda: f"count(*) - count(DISTINCT ({', '.join(arguments['properties'])}))",
    }[rule.get("metric") or rule["implementation"]["metric"]]()
    return f"100 * ({count}) / count(*)" if rule.get("unit") == "percent" else count


def _valid(column: str | None, arguments: dict[str, Any]) -> str:
    if "pattern" in arguments:
        return f"regexp_matches({column}, '{arguments['pattern']}')"
    return f"{column} IN {_list(arguments['validValues'])}"


def _list(values: list[str]) -> str:
    return "(" + ", ".join(f"'{value}'" for value in values) + ")"


def _fits(value: float, rule: dict[str, Any]) -> bool:
    limits = rule | rule.get("implementation", {})
    return all(holds(value, limits[word]) for word, holds in HOLDS.items() if word in limits)


def _late(connection: duckdb.DuckDBPyConnection, level: dict[str, Any], at: datetime) -> bool:
    table, column = level["element"].split(".")
    newest = connection.execute(f"SELECT max({column}) FROM {table}").fetchone()
    return newest is None or at - newest[0] > timedelta(hours=level["value"])
