"""What an import finds, before it is a contract: tables with their columns, and what could not be carried over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

MAX_COLUMNS = 10_000


class NotImportable(Exception):
    """The file can not be made into a contract; the sentence names the file, the line where known, and the reason."""

    def __init__(self, label: str, what: str, line: int | None = None) -> None:
        super().__init__(f"{label}{f':{line}' if line else ''}: {what}")


@dataclass(frozen=True, slots=True)
class Left:
    """Something of the file that the contract does not have. `where` names it as the file does."""

    where: str
    what: str
    line: int | None = None

    def __str__(self) -> str:
        at = f"line {self.line}: " if self.line else ""
        return f"{at}{self.where}: {self.what}" if self.where else f"{at}{self.what}"


@dataclass
class Column:
    """A property of a table or an object, the items of an array or the values of a map. `key` is its position in the
    primary key, from 1; `references` are the properties (`table.column`) that its values are keys of."""

    name: str
    logical: str | None = None
    physical: str | None = None
    title: str | None = None
    description: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    key: int | None = None
    required: bool = False
    unique: bool = False
    deprecated: bool = False
    allowed: list[Any] = field(default_factory=list)
    examples: list[Any] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)
    items: Column | None = None
    values: Column | None = None

    @property
    def inner(self) -> list[Column]:
        """What is nested in it, one level deep."""
        return [*self.columns, *(each for each in (self.items, self.values) if each)]


@dataclass
class Table:
    """`references` are pairs of our columns and theirs for keys of several columns; `together` are lists of columns
    that have no duplicates; `max_age` is a count and a unit of time, by the column `dated_by`."""

    name: str
    columns: list[Column] = field(default_factory=list)
    physical: str | None = None
    description: str | None = None
    references: list[tuple[list[str], list[str]]] = field(default_factory=list)
    together: list[list[str]] = field(default_factory=list)
    max_age: tuple[int, str] | None = None
    dated_by: str | None = None

    def column(self, name: str) -> Column | None:
        """The column of that name: as spelled, else in any letter case."""
        exact = (each for each in self.columns if each.name == name)
        return next(exact, None) or next((each for each in self.columns if each.name.lower() == name.lower()), None)


@dataclass
class Draft:
    """Everything found in one file. `label` is how people name the file."""

    label: str
    tables: list[Table] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    id: str | None = None
    title: str | None = None
    owner: str | None = None
    columns: int = 0

    def leave(self, where: str, what: str, line: int | None = None) -> None:
        """Notes what is not carried over."""
        self.left.append(Left(where, what, line))

    def count(self) -> None:
        """One more column. Raises NotImportable where a small file unfolds into too many."""
        self.columns += 1
        if self.columns > MAX_COLUMNS:
            raise NotImportable(self.label, f"has more than {MAX_COLUMNS:,} columns once its types are unfolded")

    def table(self, name: str) -> Table | None:
        """The table with that name, in any letter case."""
        return next((each for each in self.tables if each.name.lower() == name.lower()), None)


def columns_below(columns: list[Column]) -> Iterator[Column]:
    """The columns and everything nested in them."""
    for each in columns:
        yield each
        yield from columns_below(each.inner)
