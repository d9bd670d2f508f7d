"""The shape of the file, as ordered steps forward. A step that was released is never edited: a change is a new step.

No primary key, unique constraint or index anywhere: most public corruption reports of DuckDB concern indexes. Rows are
appended, and de-duplicated in queries. Timestamps are naive UTC (buckets: naive in the dataset's own day).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from checks.history.moments import naive


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: the statements that lead from the version before to `version`."""

    version: int
    name: str
    statements: tuple[str, ...]


_FIRST = (
    # series_id = dataset's number * 2**20 + n: the series of one dataset lie side by side, and a range finds them
    """CREATE TABLE series (
        series_id BIGINT NOT NULL, dataset VARCHAR NOT NULL, metric VARCHAR NOT NULL,
        "column" VARCHAR, grain VARCHAR NOT NULL, "check" VARCHAR)""",
    """CREATE TABLE measurements (
        series_id BIGINT NOT NULL, bucket TIMESTAMP, observed_at TIMESTAMP NOT NULL, value DOUBLE NOT NULL)""",
    # a row here without its run in `runs` is a run that never ended
    """CREATE TABLE started (
        dataset VARCHAR NOT NULL, slot TIMESTAMP NOT NULL, started_at TIMESTAMP NOT NULL,
        "trigger" VARCHAR NOT NULL)""",
    """CREATE TABLE runs (
        dataset VARCHAR NOT NULL, slot TIMESTAMP NOT NULL, outcome VARCHAR NOT NULL, attempts INTEGER NOT NULL,
        started_at TIMESTAMP NOT NULL, finished_at TIMESTAMP, seconds DOUBLE, "trigger" VARCHAR NOT NULL,
        error_kind VARCHAR, error VARCHAR, measurements BIGINT NOT NULL, queries INTEGER NOT NULL,
        whole_table BOOLEAN NOT NULL, read_from TIMESTAMP, newest_bucket TIMESTAMP,
        event_time STRUCT("column" VARCHAR, origin VARCHAR, "zone" VARCHAR, is_date BOOLEAN, grain VARCHAR),
        "key" STRUCT("columns" VARCHAR[], origin VARCHAR))""",
    """CREATE TABLE run_queries (
        dataset VARCHAR NOT NULL, slot TIMESTAMP NOT NULL, position INTEGER NOT NULL, purpose VARCHAR NOT NULL,
        "sql" VARCHAR NOT NULL, seconds DOUBLE NOT NULL, "rows" BIGINT NOT NULL, touched BIGINT)""",
    """CREATE TABLE results (
        dataset VARCHAR NOT NULL, slot TIMESTAMP NOT NULL, position INTEGER NOT NULL, "check" VARCHAR NOT NULL,
        dimension VARCHAR NOT NULL, status VARCHAR NOT NULL, severity VARCHAR NOT NULL, "column" VARCHAR,
        observed VARCHAR, expected VARCHAR, reason VARCHAR, value DOUBLE, bucket TIMESTAMP, measured_at TIMESTAMP,
        learned BOOLEAN NOT NULL)""",
    """CREATE TABLE schemas (
        dataset VARCHAR NOT NULL, observed_at TIMESTAMP NOT NULL,
        "columns" STRUCT(name VARCHAR, type VARCHAR, native VARCHAR, nullable BOOLEAN)[] NOT NULL)""",
    # the order of the words is the order of the fold: the worst of a day is its max()
    """CREATE TABLE days (
        dataset VARCHAR NOT NULL, scope VARCHAR NOT NULL, moment TIMESTAMP NOT NULL, slot TIMESTAMP NOT NULL,
        status ENUM('unknown', 'healthy', 'warning', 'failing') NOT NULL)""",
    """CREATE TABLE notices (noticed_at TIMESTAMP NOT NULL, sentence VARCHAR NOT NULL, path VARCHAR NOT NULL)""",
)

_LISTINGS = (
    """CREATE TABLE listings (
        source VARCHAR NOT NULL, address VARCHAR NOT NULL, listed_at TIMESTAMP NOT NULL,
        tables STRUCT("schema" VARCHAR, name VARCHAR, is_view BOOLEAN)[] NOT NULL)""",
)

_REGISTRY = (
    """CREATE TABLE contract_versions (
        contract VARCHAR NOT NULL, number INTEGER NOT NULL, version VARCHAR NOT NULL, registered_at TIMESTAMP NOT NULL,
        text VARCHAR NOT NULL)""",
    """CREATE TABLE registry_schemas (schema_id INTEGER NOT NULL, kind VARCHAR NOT NULL, text VARCHAR NOT NULL)""",
    """CREATE TABLE registry_versions (
        subject VARCHAR NOT NULL, number INTEGER NOT NULL, schema_id INTEGER NOT NULL, contract VARCHAR,
        registered_at TIMESTAMP NOT NULL)""",
    """CREATE TABLE registry_deletions (
        subject VARCHAR NOT NULL, number INTEGER NOT NULL, deleted_at TIMESTAMP NOT NULL)""",
    """CREATE TABLE compatibility_modes (scope VARCHAR NOT NULL, mode VARCHAR NOT NULL, set_at TIMESTAMP NOT NULL)""",
)

_LABELS = (
    # the buckets "first" to "last" of one series, or of all where metric is NULL; "until" ends one that repeats
    """CREATE TABLE labels (
        label_id INTEGER NOT NULL, dataset VARCHAR NOT NULL, kind VARCHAR NOT NULL, "first" TIMESTAMP NOT NULL,
        "last" TIMESTAMP NOT NULL, author VARCHAR NOT NULL, created_at TIMESTAMP NOT NULL, metric VARCHAR,
        "column" VARCHAR, repeats VARCHAR NOT NULL, "until" TIMESTAMP, note VARCHAR)""",
    "CREATE TABLE label_undos (label_id INTEGER NOT NULL, undone_at TIMESTAMP NOT NULL, undone_by VARCHAR NOT NULL)",
)

_LEARNED = (
    # a series of the whole table is judged by day of observation, which is its bucket here
    """CREATE TABLE bands (
        series_id BIGINT NOT NULL, bucket TIMESTAMP NOT NULL, judged_at TIMESTAMP NOT NULL, value DOUBLE NOT NULL,
        expected DOUBLE NOT NULL, "lower" DOUBLE NOT NULL, "upper" DOUBLE NOT NULL, score DOUBLE NOT NULL)""",
    # the newest row of a bucket counts; one without findings withdraws the alert
    """CREATE TABLE alerts (
        dataset VARCHAR NOT NULL, bucket TIMESTAMP NOT NULL, grain VARCHAR NOT NULL, noticed_at TIMESTAMP NOT NULL,
        findings STRUCT(metric VARCHAR, "column" VARCHAR, "check" VARCHAR, value DOUBLE, expected DOUBLE,
                        "lower" DOUBLE, "upper" DOUBLE, score DOUBLE, drift BOOLEAN)[] NOT NULL)""",
    """CREATE TABLE explanations (
        dataset VARCHAR NOT NULL, bucket TIMESTAMP NOT NULL, grain VARCHAR NOT NULL, made_at TIMESTAMP NOT NULL,
        document VARCHAR NOT NULL)""",
)

# of the rule of a contract, as it was judged; NULL for results from before this step and for built-in checks
_DEFINITIONS = ("ALTER TABLE results ADD COLUMN definition VARCHAR",)

_LINEAGE = (
    # what an event told of datasets, as a document named by its hash: run for run a job tells the same
    "CREATE TABLE lineage_told (told_id VARCHAR NOT NULL, document VARCHAR NOT NULL)",
    # of a run, or with run_id NULL of a job, or with job NULL too of a dataset; an event sent twice is one row
    """CREATE TABLE lineage_events (
        event_id VARCHAR NOT NULL, happened_at TIMESTAMP NOT NULL, received_at TIMESTAMP NOT NULL,
        job_namespace VARCHAR, job VARCHAR, run_id VARCHAR, state VARCHAR, error VARCHAR, told_id VARCHAR NOT NULL)""",
)

_INCIDENTS = (
    # the story, and the state after event `number` of it: `document` is the whole incident
    """CREATE TABLE incident_events (
        incident_id INTEGER NOT NULL, number INTEGER NOT NULL, "at" TIMESTAMP NOT NULL, kind VARCHAR NOT NULL,
        author VARCHAR NOT NULL, about VARCHAR NOT NULL)""",
    """CREATE TABLE incidents (
        incident_id INTEGER NOT NULL, number INTEGER NOT NULL, is_open BOOLEAN NOT NULL, noticed_at TIMESTAMP NOT NULL,
        resolved_at TIMESTAMP, document VARCHAR NOT NULL)""",
    # written with the incident in one transaction; message_id is the key that a receiver tells duplicates by
    """CREATE TABLE outbox (
        message_id VARCHAR NOT NULL, created_at TIMESTAMP NOT NULL, due_at TIMESTAMP NOT NULL, channel VARCHAR NOT NULL,
        kind VARCHAR NOT NULL, incident_id INTEGER, document VARCHAR NOT NULL)""",
    """CREATE TABLE deliveries (
        message_id VARCHAR NOT NULL, "at" TIMESTAMP NOT NULL, attempt INTEGER NOT NULL, outcome VARCHAR NOT NULL,
        error VARCHAR, next_at TIMESTAMP)""",
)

_LOADS = (
    # when the rows of a bucket were loaded, as it was seen at a moment; ages are minutes since the bucket began
    """CREATE TABLE loads (
        dataset VARCHAR NOT NULL, "column" VARCHAR NOT NULL, grain VARCHAR NOT NULL, observed_at TIMESTAMP NOT NULL,
        bucket TIMESTAMP NOT NULL, ages INTEGER[] NOT NULL, "rows" BIGINT[] NOT NULL, late BIGINT NOT NULL,
        latest BIGINT NOT NULL, undated BIGINT NOT NULL, preceding BIGINT NOT NULL)""",
    'ALTER TABLE runs ADD COLUMN load_time STRUCT("column" VARCHAR, origin VARCHAR, "zone" VARCHAR)',
)

# of findings from before this step nobody knows how far the level moved
_DRIFTS = tuple(f"ALTER TABLE alerts ADD COLUMN findings.element.{level} DOUBLE" for level in ("before", "now"))

# of runs from before this step NULL: nobody knows
_REPLAYS = ("ALTER TABLE runs ADD COLUMN replay BOOLEAN",)

_VANISHED = ("""ALTER TABLE listings ADD COLUMN vanished STRUCT("schema" VARCHAR, name VARCHAR, is_view BOOLEAN)[]""",)

MIGRATIONS: tuple[Migration, ...] = (
    Migration(1, "first shape", _FIRST),
    Migration(2, "what the sources listed", _LISTINGS),
    Migration(3, "versions of contracts and schemas", _REGISTRY),
    Migration(4, "labels", _LABELS),
    Migration(5, "bands, alerts and their explanations", _LEARNED),
    Migration(6, "what each result was judged by", _DEFINITIONS),
    Migration(7, "events of lineage", _LINEAGE),
    Migration(8, "incidents and what is told of them", _INCIDENTS),
    Migration(9, "when rows were loaded", _LOADS),
    Migration(10, "how far levels drifted", _DRIFTS),
    Migration(11, "which runs were replays", _REPLAYS),
    Migration(12, "tables that a source lists no more", _VANISHED),
)


def version_of(connection: duckdb.DuckDBPyConnection) -> int | None:
    """The version of the file; 0 for an empty database, None for a database with tables that are not Vitals'."""
    try:  # first, because to list the tables takes ten times as long
        return connection.execute("SELECT coalesce(max(version), 0) FROM migrations").fetchall()[0][0]
    except duckdb.CatalogException:
        return None if connection.execute("SELECT table_name FROM duckdb_tables() LIMIT 1").fetchall() else 0


def migrate(connection: duckdb.DuckDBPyConnection, at: datetime, migrations: Sequence[Migration]) -> None:
    """Applies what is missing, each step in one transaction together with its own record."""
    present = version_of(connection)
    for migration in migrations:
        if migration.version > (present or 0):
            _apply(connection, at, migration)


def _apply(connection: duckdb.DuckDBPyConnection, at: datetime, migration: Migration) -> None:
    connection.begin()
    try:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations "
            "(version INTEGER NOT NULL, name VARCHAR NOT NULL, applied_at TIMESTAMP NOT NULL)"
        )
        for statement in migration.statements:
            connection.execute(statement)
        connection.execute("INSERT INTO migrations VALUES (?, ?, ?)", [migration.version, migration.name, naive(at)])
    except BaseException:
        connection.rollback()
        raise
    connection.commit()
