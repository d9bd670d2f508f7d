"""Names in contracts to tables in sources."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from checks.config import Config
from checks.contracts.document import Document, Node
from connectors import TableName

#: the schema that a bare table name means, by backend
_DEFAULT_SCHEMAS = {"duckdb": "main", "postgres": "public", "postgresql": "public"}


@dataclass(frozen=True, slots=True)
class Located:
    """Where a named table is. `problem` says why it is not found or not certain; `table` is then where it should be."""

    table: TableName
    problem: str | None = None


@dataclass(frozen=True)
class Catalogue:
    """All contracts and the tables of the sources that could be listed. Without configuration and tables (a lint)
    every name is taken as written. `environ` fills in the variables of servers."""

    documents: Sequence[Document]
    config: Config | None = None
    tables: Mapping[str, Sequence[TableName]] | None = None
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def object(self, source: str, node: Node, server: Node | None) -> Located:
        """The table of a schema object: its physicalName, else its name."""
        names = [name for name in (node.text("physicalName"), node.text("name")) if name]
        return self.named(source, names, (server.text("schema") if server else None))

    def named(self, source: str, names: Sequence[str], schema: str | None = None) -> Located:
        """The first of the names that is a table; a name may carry its schema (`sales.orders`)."""
        known = (self.tables or {}).get(source)
        default = schema or self.default_schema(source)
        if known is None:  # the source was not listed: take the contract at its word
            return Located(_as_written(names[0], default))
        for name in names:
            found = _candidates(name, known if schema is None else _of_schema(known, schema, name), default)
            if len(found) == 1:
                return Located(found[0])
            if found:
                where = ", ".join(map(str, found))
                wrong = f"source '{source}' has more than one table {name}: {where}; write the schema in physicalName"
                return Located(_as_written(name, default), wrong)
        return Located(_as_written(names[0], default), f"source '{source}' has no table {' or '.join(names)}")

    def default_schema(self, source: str) -> str | None:
        """What a bare name means: the only schema in use, else the backend's default."""
        used = {table.schema for table in (self.tables or {}).get(source, ())}
        if len(used) == 1:
            return next(iter(used))
        if self.config is None or source not in self.config.sources:
            return None
        return _DEFAULT_SCHEMAS.get(backend(self.config.sources[source].url.reveal()))

    def split(self, name: str, source: str) -> tuple[str, str]:
        """The source and the rest of a dataset name; a name without a source belongs to `source`."""
        first, dot, rest = name.partition(".")
        names = self.config.sources if self.config else (first,)
        return (first, rest) if dot and first in names else (source, name)


def backend(url: str) -> str:
    """The kind of warehouse that a source's URL or path names, in lower case; empty where only opening it tells."""
    if "://" in url:
        return url.partition("://")[0].lower()
    return "duckdb" if url.lower().endswith((".duckdb", ".ddb")) else ""


def _of_schema(known: Sequence[TableName], schema: str, name: str) -> list[TableName]:
    """The tables that a name can mean where the contract says which schema; a name may have its own."""
    return [table for table in known if "." in name or (table.schema or "").lower() == schema.lower()]


def _candidates(name: str, known: Sequence[TableName], default: str | None) -> list[TableName]:
    """Tables of that name: spelled exactly so first, then in any letter case; in the default schema first."""
    for fold in (str, str.lower):
        exact = [table for table in known if fold(str(table)) == fold(name)]
        bare = [table for table in known if fold(table.name) == fold(name)]
        here = [table for table in bare if table.schema == default]
        found = exact or here or bare
        if found:
            return found
    # a name with more in front than the catalogue shows: database.schema.table
    return [table for table in known if table.schema and name.lower().endswith(f".{table}".lower())]


def _as_written(name: str, default: str | None) -> TableName:
    schema, dot, table = name.rpartition(".")
    return TableName(schema.rpartition(".")[2], table) if dot else TableName(default, name)
