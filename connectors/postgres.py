"""PostgreSQL, and what speaks its protocol and has its catalogue."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.types.datetime import DateLoader, TimestampLoader, TimestamptzLoader

from connectors.column_types import type_text
from connectors.source import Column, Source, TableName

log = logging.getLogger(__name__)

#: seconds; a server that is not there is noticed after these, whatever the time limit of statements
_CONNECT: dict[str, Any] = {
    "application_name": "vitals",
    "connect_timeout": 10,
    "keepalives": 1,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,  # milliseconds
}
_SESSION = """
    SELECT set_config('default_transaction_read_only', 'on', false), set_config('TimeZone', 'UTC', false),
           set_config('DateStyle', 'ISO', false), set_config('IntervalStyle', 'postgres', false),
           set_config('statement_timeout', $1, false)
"""
_TABLES = """
    SELECT n.nspname, c.relname, c.relkind IN ('v', 'm') FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND c.relpersistence <> 't'
      AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
"""
#: a domain is what it is made of, an enum is text
_COLUMNS = """
    SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, t.typtype = 'e' OR b.typtype = 'e',
           CASE WHEN t.typtype = 'd' THEN pg_catalog.format_type(t.typbasetype, t.typtypmod) END
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype
    WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
_KEY = """
    SELECT a.attname FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY k(attnum, place)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
    WHERE i.indisprimary AND n.nspname = $1 AND c.relname = $2 ORDER BY k.place
"""
_VIEW = """
    SELECT pg_catalog.pg_get_viewdef(c.oid) FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2
"""
_NO_PATH = b"SELECT set_config('search_path', '', true)"
_GRANTS = """
    WITH own AS (SELECT oid, nspname FROM pg_catalog.pg_namespace
                 WHERE nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%'),
         tables AS (SELECT own.nspname || '.' || c.relname AS name FROM pg_catalog.pg_class c
                    JOIN own ON own.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
                    AND pg_catalog.has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE'))
    SELECT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user),
           (SELECT count(*) FROM tables), (SELECT min(name) FROM tables),
           ARRAY(SELECT nspname::text FROM own WHERE pg_catalog.has_schema_privilege(oid, 'CREATE') ORDER BY 1 LIMIT 5),
           pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')
"""


class PostgresSource(Source):
    """A PostgreSQL database. Every statement runs alone in a READ ONLY transaction with a time limit that the server
    keeps; our own comes `grace` seconds later, for a server that does not."""

    dialect = "postgres"
    has_clock = True
    grace = 2.0

    def __init__(self, name: str, url: str, *, timeout: float, secrets: tuple[str, ...] = ()) -> None:
        super().__init__(name, timeout=timeout, secrets=secrets)
        self.connection = psycopg.connect(_bounded(url), autocommit=True, cursor_factory=psycopg.RawCursor)
        self.connection.read_only = True  # each BEGIN says so: set_config() in a SELECT can not undo it
        self.connection.prepare_threshold = None  # poolers between us and the server do not know prepared statements
        for kind, loader in (("date", _Date), ("timestamp", _Timestamp), ("timestamptz", _Timestamptz)):
            self.connection.adapters.register_loader(kind, loader)
        self._limit = timeout
        self.connection.execute(_SESSION, [_milliseconds(timeout)])

    def now(self) -> datetime:
        """The server's clock."""
        with self._asking():
            return self._rows("SELECT clock_timestamp()")[0][0].astimezone(UTC)

    def writable(self) -> str | None:
        """What the role may change, by its grants; our session may not, whatever they are."""
        with self._asking():
            is_super, count, example, schemas, may_create = self._rows(_GRANTS)[0]
        if is_super:
            return "it is a superuser"
        found = [f"change {count:,} {'table' if count == 1 else 'tables'}, for example {example}"] if count else []
        found += [f"create tables in {', '.join(schemas)}"] if schemas else []
        found += ["create schemas"] if may_create else []
        return "; ".join(found) or None

    def _tables(self) -> Iterable[TableName]:
        return [TableName(schema, name, is_view) for schema, name, is_view in self._rows(_TABLES)]

    def _columns(self, table: TableName) -> Iterable[Column]:
        for name, native, not_null, is_enum, base in self._rows(_COLUMNS, table.schema, table.name):
            yield Column(name, "string" if is_enum else type_text("postgres", base or native), native, not not_null)

    def _primary_key(self, table: TableName) -> Iterable[str]:
        return [row[0] for row in self._rows(_KEY, table.schema, table.name)]

    def _view_definition(self, table: TableName) -> str | None:
        with self.connection.transaction():
            self.connection.execute(_NO_PATH)  # else what the role finds without its schema is named without it
            rows = self.connection.execute(_VIEW.encode(), [table.schema, table.name]).fetchall()
        return rows[0][0].strip().rstrip(";") if rows else None

    def _rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with self.connection.transaction():
            return self.connection.execute(sql.encode(), values).fetchall()

    def _execute(self, sql: str, limit: int | None) -> tuple[Sequence[str], list[tuple[Any, ...]]]:
        """As a subquery, which only a SELECT can be: READ ONLY alone allows COPY ... TO, SET and BEGIN. The bound limit
        makes psycopg use the protocol that takes a single statement."""
        only_select = f"SELECT * FROM (\n{sql.strip().rstrip(';')}\n) AS vitals LIMIT $1"
        with self.connection.transaction():
            cursor = self.connection.execute(only_select.encode(), [limit])
            return [column.name for column in cursor.description or ()], cursor.fetchall()

    def _prepare(self, seconds: float) -> None:
        if seconds != self._limit:
            self._limit = seconds
            self.connection.execute("SELECT set_config('statement_timeout', $1, false)", [_milliseconds(seconds)])

    def _interrupt(self) -> None:
        with contextlib.suppress(psycopg.Error):  # the server is gone: the statement itself will say so
            self.connection.cancel_safe(timeout=5)

    def _close(self) -> None:
        self.connection.close()


def _bounded(url: str) -> str:
    """The URL with our connection settings added, but for those that it sets itself."""
    given = conninfo_to_dict(url)
    return make_conninfo(url, **{key: value for key, value in _CONNECT.items() if key not in given})


def _milliseconds(seconds: float) -> str:
    return str(max(1, round(seconds * 1000)))


class _Date(DateLoader):
    """Python ends at the years 1 and 9999: infinity, -infinity and what lies beyond become the last and first day."""

    def load(self, data: Any) -> date:
        try:
            return super().load(data)
        except psycopg.DataError:
            return date.min if _is_early(data) else date.max


class _Timestamp(TimestampLoader):
    def load(self, data: Any) -> datetime:
        try:
            return super().load(data)
        except psycopg.DataError:
            return datetime.min if _is_early(data) else datetime.max  # noqa: DTZ901 the type is without a zone


class _Timestamptz(TimestamptzLoader):
    def load(self, data: Any) -> datetime:
        try:
            return super().load(data)
        except psycopg.DataError:
            return datetime.min.replace(tzinfo=UTC) if _is_early(data) else datetime.max.replace(tzinfo=UTC)


def _is_early(data: Any) -> bool:
    text = bytes(data)
    return text.startswith(b"-") or text.endswith(b"BC")
