"""Which datasets there are: what the sources list, and what contracts and configuration declare.

A source that does not answer keeps the tables of its last listing, which the history remembers; so does one that lists
no table at all any more. A single table that is not listed any more stays a dataset too, where runs have measured it
for a while: its next run says that it is not there, until it is back or somebody says that it may be gone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path

from checks import phrases
from checks.config import Config
from checks.contracts import Contracts, Finding, load_paths, match
from checks.history import History, Listing
from checks.records import Dataset
from checks.vanished import LASTING, RUNS, missing
from connectors import Emptied, SourceError, TableName
from connectors.errors import scrub

#: contracts in the place of the configured folder: where to read them, or what was read
Given = Sequence[Path] | Contracts


@dataclass(frozen=True, slots=True)
class SourceState:
    """A source as it was last seen. `unmonitored` are tables that include/exclude leave out, `vanished` those that it
    lists no more and that are missed; `error` is the sentence of the last attempt, None when it answered."""

    name: str
    backend: str
    url_shown: str
    answered_at: datetime | None = None
    error: str | None = None
    tables: int = 0
    monitored: int = 0
    unmonitored: tuple[str, ...] = ()
    vanished: tuple[str, ...] = ()


class UnknownDataset(Exception):
    """A name that is no dataset; the sentence offers those that it could mean, or the nearest."""

    def __init__(self, name: str, fitting: Sequence[str], known: Sequence[str]) -> None:
        if fitting:
            hint = f"it could be {' or '.join(fitting)}"
        elif known:
            hint = f"the nearest are {', '.join(get_close_matches(name, known, 3, 0.4) or known[:5])}"
        else:
            hint = "no source has any table yet; try `python -m checks doctor`"
        super().__init__(f"there is no dataset '{name}'; {hint}")


class Catalogue:
    """The datasets of all sources, refreshed source by source; safe to use from several threads."""

    def __init__(self, config: Config, history: History, contracts: Given = ()) -> None:
        """`contracts` are files and folders to read in the place of the configured folder, or what was read already."""
        self._config = config
        self._history = history
        self._given = contracts
        self._lock = threading.Lock()
        self._listing = threading.Lock()  # from what was listed to what is kept of it
        self._listings: dict[str, Listing] = {}
        self._emptied: dict[str, Emptied] = {}
        self._states = {
            name: SourceState(name, _backend(source.url.reveal()), scrub(source.url.reveal()))
            for name, source in config.sources.items()
        }
        for name, listing in history.listings().items():
            if name in config.sources and listing.address == self._address(name):
                self._listed(name, listing)
        self.contracts = Contracts()
        self.findings: tuple[Finding, ...] = ()
        self.matched = 0  # how often the datasets were made anew
        self._datasets: dict[str, Dataset] = {}
        self.read_contracts()

    def datasets(self) -> dict[str, Dataset]:
        """All datasets by name."""
        return dict(self._datasets)

    def named(self, name: str) -> Dataset:
        """The dataset with this name, which may leave out source or schema as long as one dataset fits. Raises
        UnknownDataset."""
        datasets = self._datasets
        if name in datasets:
            return datasets[name]
        ending = [dataset for full, dataset in datasets.items() if full.endswith(f".{name}")]
        if len(ending) == 1:
            return ending[0]
        raise UnknownDataset(name, sorted(dataset.name for dataset in ending), sorted(datasets))

    def sources(self) -> list[SourceState]:
        return [self._states[name] for name in sorted(self._states)]

    def read_contracts(self) -> None:
        """Reads the contracts again and matches them with the tables that are known."""
        given = self._given or self._config.contracts_given
        self.contracts = given if isinstance(given, Contracts) else load_paths(given)
        self._match()

    def declared_by(self, contracts: Contracts) -> dict[str, Dataset]:
        """The datasets by name as other contracts would declare them."""
        with self._lock:
            return {dataset.name: dataset for dataset in match(contracts, self._config, self._tables()).datasets}

    def refresh(self, name: str, list_tables: Callable[[], tuple[TableName, ...]], at: datetime) -> SourceState:
        """Lists one source, and remembers what it says. A failure is kept as its state; the tables that it had stay."""
        try:
            found = list_tables()
            with self._listing:
                self._keep(name, self._missing(name, Listing(self._address(name), at, found)))
        except SourceError as error:
            with self._lock:
                self._states[name] = replace(self._states[name], error=error.sentence)
                self._emptied.pop(name, None)
                if isinstance(error, Emptied):
                    self._emptied[name] = error
        return self._states[name]

    def emptied(self, source: str) -> Emptied | None:
        """What there is to say of a source that lists nothing at all any more; None of any other."""
        return self._emptied.get(source)

    def lists(self, dataset: Dataset) -> bool:
        """Whether the newest listing of its source has the table."""
        listing = self._listings.get(dataset.source)
        return listing is not None and dataset.table in listing.tables

    def vanished(self) -> set[str]:
        """The datasets that their sources list no more, and that nothing else asks for."""
        with self._lock:
            return {f"{name}.{table}" for name in self._listings for table in self._watched(name, vanished=True)}

    def let_go(self, subjects: Collection[str], at: datetime) -> None:
        """Misses these datasets no more, and takes what these sources list for all that they have, be it nothing."""
        with self._listing:
            for name, listing in list(self._listings.items()):
                left = tuple(table for table in listing.vanished if f"{name}.{table}" not in subjects)
                if name in subjects and name in self._emptied:
                    self._keep(name, Listing(listing.address, at, ()))
                elif left != listing.vanished:
                    self._keep(name, replace(listing, vanished=left))

    # -- inside --------------------------------------------------------------------------------------------------------

    def _keep(self, name: str, listing: Listing) -> None:
        self._history.remember_listing(name, listing)
        self._listed(name, listing)
        self._match()

    def _missing(self, name: str, listing: Listing) -> Listing:
        """The listing with the tables that are missed since the one before. Raises Emptied where that are all."""
        before = self._listings.get(name)
        watched = [*self._watched(name), *self._watched(name, vanished=True)] if before else []
        gone = missing(watched, listing.tables)
        if not before or not gone:
            return listing
        stay = self._history.lasting([f"{name}.{table}" for table in gone], RUNS, LASTING)
        known = set(before.vanished)
        if not listing.tables and len(before.tables) > 1 and stay:
            were = phrases.listed([str(table) for table in before.tables], 3)
            raise Emptied(name, f"there were {len(before.tables):,} of them: {were}")
        wanted = [table for table in gone if table in known or f"{name}.{table}" in stay]
        declared = self._declared_without(name, listing.tables)
        return replace(listing, vanished=tuple(table for table in wanted if f"{name}.{table}" not in declared))

    def _declared_without(self, name: str, tables: tuple[TableName, ...]) -> set[str]:
        """The datasets that there are where a source lists just these tables."""
        with self._lock:
            listed = {**self._tables(), name: self._let_through(name, tables)}
            return {dataset.name for dataset in match(self.contracts, self._config, listed).datasets}

    def _listed(self, name: str, listing: Listing) -> None:
        with self._lock:
            self._listings[name] = listing
            self._emptied.pop(name, None)
            watched = self._watched(name)
            monitored = set(watched)
            self._states[name] = replace(
                self._states[name],
                answered_at=listing.listed_at,
                error=None,
                tables=len(listing.tables),
                monitored=len(watched),
                unmonitored=tuple(str(table) for table in listing.tables if table not in monitored),
                vanished=tuple(str(table) for table in self._watched(name, vanished=True)),
            )

    def _watched(self, name: str, *, vanished: bool = False) -> tuple[TableName, ...]:
        """The tables of a source that include/exclude let through: those listed, or those that are missed."""
        listing = self._listings[name]
        return self._let_through(name, listing.vanished if vanished else listing.tables)

    def _let_through(self, name: str, tables: Iterable[TableName]) -> tuple[TableName, ...]:
        source = self._config.sources[name]
        return tuple(table for table in tables if table.matches(source.include) and not table.matches(source.exclude))

    def _tables(self) -> dict[str, tuple[TableName, ...]]:
        return {name: self._watched(name) + self._watched(name, vanished=True) for name in self._listings}

    def _address(self, name: str) -> str:
        return address_of(self._config.sources[name].url.reveal())

    def _match(self) -> None:
        with self._lock:
            declared = match(self.contracts, self._config, self._tables())
            self.findings = (*self.contracts.findings, *declared.findings)
            self._datasets = {dataset.name: dataset for dataset in declared.datasets}
            self.matched += 1


def address_of(url: str) -> str:
    """What tells one warehouse from another, without what is secret in its URL."""
    return sha256(scrub(url).encode()).hexdigest()[:16]


def _backend(url: str) -> str:
    """The kind of warehouse in one word, from its URL alone."""
    scheme, separator, _ = url.partition("://")
    if separator:
        return {"postgresql": "postgres", "file": "files"}.get(scheme.lower(), scheme.lower())
    if url.endswith((".duckdb", ".ddb", ".db")):
        return "duckdb"
    return "sqlite" if url.endswith((".sqlite", ".sqlite3")) else "files"
