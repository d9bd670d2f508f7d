"""The views of a source, read in a worker: their definitions from the catalogue, on the session that can only read."""

from __future__ import annotations

import logging
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from checks.lineage.record import ViewRead, ViewsRead
from checks.worker import SourceSpec, opened
from connectors import Source, SourceError, TableName, Unreachable

_NOT_GIVEN = "the warehouse gives no definition of it; Vitals' role may not be allowed to see it"


def views_job(spec: SourceSpec, known: Sequence[TableName] = ()) -> ViewsRead:
    """What the worker does. Raises SourceError."""
    with opened(spec) as source, _quiet_parser():
        return read_views(source, known)


def read_views(source: Source, known: Sequence[TableName] = ()) -> ViewsRead:
    """Every view of an open source. One that can not be read costs no other. A view may read one of the `known` tables
    that is not there any more. Raises Unreachable."""
    tables = tuple(source.tables())
    there = {(table.schema, table.name) for table in tables}
    named = (*tables, *(table for table in known if (table.schema, table.name) not in there))
    columns: dict[TableName, Sequence[str]] = {}
    found = [_read(source, view, named, columns) for view in tables if view.is_view]
    return ViewsRead(tuple(found), tables)


def _read(
    source: Source, view: TableName, tables: Sequence[TableName], columns: dict[TableName, Sequence[str]]
) -> ViewRead:
    from checks.lineage.views import flows_of, tables_of  # here and not above: sqlglot takes long to import

    try:
        definition = source.view_definition(view)
    except Unreachable:
        raise
    except SourceError as error:
        return ViewRead(view, problem=error.sentence)
    if definition is None:
        return ViewRead(view, problem=_NOT_GIVEN)
    found = tables_of(view, definition, source.dialect, tables)
    if not found.reads:
        return found
    for table in (view, *found.reads):
        if table not in columns:
            columns[table] = _columns(source, table)
    flows, lost = flows_of(view, definition, source.dialect, {table: columns[table] for table in (view, *found.reads)})
    return replace(found, flows=flows, problem="; ".join(each for each in (found.problem, lost) if each) or None)


def _columns(source: Source, table: TableName) -> tuple[str, ...]:
    """None of a table whose columns can not be told: a broken view, one that reads files. That its columns are not
    followed is then told of the view."""
    try:
        return tuple(column.name for column in source.columns(table))
    except Unreachable:
        raise
    except SourceError:
        return ()


@contextmanager
def _quiet_parser() -> Generator[None]:
    """The parser's warnings quote the SQL, which may hold values; what it could not read is told by us."""
    log = logging.getLogger("sqlglot")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)
