"""What the sources listed when they were last asked, so that nobody has to ask them again to know their tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from checks.history.moments import aware, naive
from checks.history.store import Store
from connectors import TableName


@dataclass(frozen=True, slots=True)
class Listing:
    """The tables of a source at one moment. `address` tells whether it is still the same warehouse."""

    address: str
    listed_at: datetime
    tables: tuple[TableName, ...]


class ListingKeeper:
    """The part of the history that remembers what there is in the sources."""

    _store: Store

    def listings(self) -> dict[str, Listing]:
        """The newest listing of each source."""
        with self._store.reading() as cursor:
            rows = cursor.execute("SELECT source, address, listed_at, tables FROM listings").fetchall()
        return {
            source: Listing(address, aware(listed_at), tuple(TableName(**table) for table in tables))
            for source, address, listed_at, tables in rows
        }

    def remember_listing(self, source: str, address: str, at: datetime, tables: Sequence[TableName]) -> None:
        """Puts a listing in the place of the one before."""
        found = [{"schema": each.schema, "name": each.name, "is_view": each.is_view} for each in tables]
        with self._store.transaction() as cursor:
            cursor.execute("DELETE FROM listings WHERE source = ?", [source])
            cursor.execute("INSERT INTO listings VALUES (?, ?, ?, ?)", [source, address, naive(at), found])
