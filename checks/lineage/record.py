"""What was read of views; travels from the worker."""

from __future__ import annotations

from dataclasses import dataclass

from connectors import TableName


@dataclass(frozen=True, slots=True)
class Flow:
    """That values of a table's column get into a column of the view."""

    table: TableName
    column: str
    into: str


@dataclass(frozen=True, slots=True)
class ViewRead:
    """What a view reads. `missing` are names, as they are written, that are no table of the source. `problem` is what
    could not be found out, None where nothing is left to tell."""

    view: TableName
    reads: tuple[TableName, ...] = ()
    missing: tuple[str, ...] = ()
    flows: tuple[Flow, ...] = ()
    problem: str | None = None

    @property
    def is_known(self) -> bool:
        """Whether all that it reads is known."""
        return self.problem is None and not self.missing


@dataclass(frozen=True, slots=True)
class ViewsRead:
    """All views of a source and what they read, and the names of all its tables, watched or not."""

    views: tuple[ViewRead, ...] = ()
    tables: tuple[TableName, ...] = ()
