"""What a table that is gone is probably called now: one that appeared meanwhile, with the same columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from difflib import SequenceMatcher

from checks.history import History
from checks.records import Dataset
from connectors import Column, SourceError, TableName

#: so many new tables are looked at, those with the likeliest names first
_LOOKED_AT = 20

#: the columns of those tables of a source that are there; raises SourceError
AskColumns = Callable[[str, Sequence[TableName]], Mapping[TableName, tuple[Column, ...]]]


def renamed(
    gone: Dataset, since: datetime, datasets: Mapping[str, Dataset], history: History, ask: AskColumns
) -> str | None:
    """'s.orders_v2 appeared at the same time with the same 12 columns', where one did since the table was last
    measured."""
    schemas = history.schemas(gone.name)
    if not schemas:
        return None
    columns = _kinds(schemas[-1][1])
    for name, found in _newcomers(gone, since, datasets, history, ask):
        if _kinds(found) == columns:
            same = f"{len(columns)} columns" if len(columns) > 1 else "column"
            return f"{gone.name} was probably renamed: {name} appeared at the same time with the same {same}"
    return None


def _newcomers(
    gone: Dataset, since: datetime, datasets: Mapping[str, Dataset], history: History, ask: AskColumns
) -> Iterator[tuple[str, tuple[Column, ...]]]:
    """The columns of the datasets of the same source that no run has measured before, the likeliest first."""
    first = history.first_runs(gone.source)
    new = [
        each
        for each in datasets.values()
        if each.source == gone.source and each.name != gone.name and first.get(each.name, since) >= since
    ]
    new = sorted(new, key=lambda each: -SequenceMatcher(None, each.name, gone.name).ratio())[:_LOOKED_AT]
    known = {each.name: schemas[-1][1] for each in new if (schemas := history.schemas(each.name))}
    unknown = [each.table for each in new if each.name not in known]
    try:
        asked = ask(gone.source, unknown) if unknown else {}
    except SourceError:
        asked = {}
    for each in new:
        columns = known.get(each.name) or asked.get(each.table)
        if columns:
            yield each.name, columns


def _kinds(columns: Sequence[Column]) -> dict[str, str]:
    return {column.name: column.native for column in columns}
