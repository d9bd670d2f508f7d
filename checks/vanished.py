"""Which tables are missed that a source listed before and lists no more. Pure.

A table that somebody has relied on is missed, whether there is a contract or not; one that came and went is not: it was
measured in fewer than three runs, or not for three days, or a later one of its series is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta

from connectors import TableName

#: runs that have measured a table, and the time from the first to the last of them, before it is missed
RUNS, LASTING = 3, timedelta(days=3)
_NUMBER = re.compile(r"\d{4}[-_]\d{2}(?:[-_]\d{2})?|\d{6,}")


def missing(before: Iterable[TableName], found: Iterable[TableName]) -> list[TableName]:
    """Those that were there before and are not found, without the ones that a later table of their series follows."""
    there = {(table.schema, table.name) for table in found}
    newest: dict[tuple[str | None, str], str] = {}
    for schema, name in there:
        series = schema, _series(name)
        newest[series] = max(name, newest.get(series, name))
    return [
        table
        for table in before
        if (table.schema, table.name) not in there
        and not (_is_numbered(table.name) and table.name < newest.get((table.schema, _series(table.name)), ""))
    ]


def _is_numbered(name: str) -> bool:
    return _NUMBER.search(name) is not None


def _series(name: str) -> str:
    """What the name is beside a date or a long number in it: 'events_#'."""
    return _NUMBER.sub("#", name)
