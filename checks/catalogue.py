"""Which datasets there are: what the sources list, and what contracts and configuration declare.

A source that does not answer keeps the tables of its last listing, which the history remembers.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path

from checks.config import Config
from checks.contracts import Contracts, Finding, load_paths, match
from checks.history import Listing
from checks.records import Dataset
from connectors import SourceError, TableName
from connectors.errors import scrub

#: contracts in the place of the configured folder: where to read them, or what was read
Given = Sequence[Path] | Contracts


@dataclass(frozen=True, slots=True)
class SourceState:
    """A source as it was last seen. `unmonitored` are tables that include/exclude leave out; `error` is the sentence of
    the last attempt, None when it answered."""

    name: str
    backend: str
    url_shown: str
    answered_at: datetime | None = None
    error: str | None = None
    tables: int = 0
    monitored: int = 0
    unmonitored: tuple[str, ...] = ()


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

    def __init__(self, config: Config, remembered: Mapping[str, Listing], contracts: Given = ()) -> None:
        """`contracts` are files and folders to read in the place of the configured folder, or what was read already."""
        self._config = config
        self._given = contracts
        self._lock = threading.Lock()
        self._tables: dict[str, tuple[TableName, ...]] = {}
        self._states = {
            name: SourceState(name, _backend(source.url.reveal()), scrub(source.url.reveal()))
            for name, source in config.sources.items()
        }
        for name, listing in remembered.items():
            if name in config.sources and listing.address == address_of(config.sources[name].url.reveal()):
                self._listed(name, listing.tables, listing.listed_at)
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
            return {dataset.name: dataset for dataset in match(contracts, self._config, self._tables).datasets}

    def refresh(self, name: str, list_tables: Callable[[], tuple[TableName, ...]], at: datetime) -> SourceState:
        """Lists one source. A failure is kept as its state; the tables that it had stay."""
        try:
            found = list_tables()
        except SourceError as error:
            with self._lock:
                self._states[name] = replace(self._states[name], error=error.sentence)
            return self._states[name]
        self._listed(name, found, at)
        self._match()
        return self._states[name]

    def _listed(self, name: str, found: tuple[TableName, ...], at: datetime) -> None:
        source = self._config.sources[name]
        watched = tuple(table for table in found if table.matches(source.include) and not table.matches(source.exclude))
        monitored = set(watched)
        left_out = tuple(str(table) for table in found if table not in monitored)
        with self._lock:
            self._tables[name] = watched
            self._states[name] = replace(
                self._states[name],
                answered_at=at,
                error=None,
                tables=len(found),
                monitored=len(watched),
                unmonitored=left_out,
            )

    def _match(self) -> None:
        with self._lock:
            declared = match(self.contracts, self._config, self._tables)
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
