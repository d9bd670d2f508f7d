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
    """The tables of a source at one moment. `address` tells whether it is still the same warehouse; `vanished` are
    those that were listed before, and are missed until somebody says that they may be gone."""

    address: str
    listed_at: datetime
    tables: tuple[TableName, ...]
    vanished: tuple[TableName, ...] = ()


class ListingKeeper:
    """The part of the history that remembers what there is in the sources."""

    _store: Store

    def listings(self) -> dict[str, Listing]:
        """The newest listing of each source."""
        with self._store.reading() as cursor:
            rows = cursor.execute("SELECT source, address, listed_at, tables, vanished FROM listings").fetchall()
        return {
            source: Listing(address, aware(listed_at), _names(tables), _names(vanished or ()))
            for source, address, listed_at, tables, vanished in rows
        }

    def remember_listing(self, source: str, listing: Listing) -> None:
        """Puts a listing in the place of the one before."""
        row = [source, listing.address, naive(listing.listed_at), _rows(listing.tables), _rows(listing.vanished)]
        with self._store.transaction() as cursor:
            cursor.execute("DELETE FROM listings WHERE source = ?", [source])
            cursor.execute("INSERT INTO listings VALUES (?, ?, ?, ?, ?)", row)


def _names(rows: Sequence[dict]) -> tuple[TableName, ...]:
    return tuple(TableName(**row) for row in rows)


def _rows(tables: Sequence[TableName]) -> list[dict]:
    return [{"schema": each.schema, "name": each.name, "is_view": each.is_view} for each in tables]
