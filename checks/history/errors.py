"""What can be wrong with the history file. Each error says which file, what happened and what to do.

HistoryError
  HistoryBusy       another process owns the file
  HistoryTooNew     a newer version wrote it: refused, nothing touched
  HistoryUnusable   it can not be opened, and setting it aside would not help (permissions, disk, not ours)
  HistoryFailed     DuckDB could not read or write it (disk full, a damaged part)
"""

from __future__ import annotations

from pathlib import Path


class HistoryError(Exception):
    """Base of everything that the history itself can raise."""


class HistoryBusy(HistoryError):
    """Another process has the file open. `pid` and `holder` (its program) are None where DuckDB does not tell."""

    def __init__(self, path: Path, pid: int | None = None, holder: str | None = None) -> None:
        self.path, self.pid, self.holder = path, pid, holder
        who = f"process {pid} ({holder or 'unknown program'})" if pid else "another process"
        super().__init__(
            f"history {path}: in use by {who}. To do: use the running app "
            f"(commands reach it through its HTTP API), or stop it first"
        )


class HistoryTooNew(HistoryError):
    """The file was written by a newer version of Vitals (or of DuckDB: then `found` is None)."""

    def __init__(self, path: Path, found: int | None, known: int) -> None:
        self.path, self.found, self.known = path, found, known
        version = "a newer DuckDB" if found is None else f"schema version {found}"
        super().__init__(
            f"history {path}: written with {version}, this program knows versions up to {known}; nothing was changed. "
            f"To do: upgrade Vitals, or point `[app] history` in config.toml to another file"
        )


class HistoryUnusable(HistoryError):
    """The file can not be opened, and it is not damage that setting it aside would mend."""

    def __init__(self, path: Path, cause: str, remedy: str) -> None:
        self.path, self.cause = path, " ".join(cause.split())[:400]
        super().__init__(f"history {path}: {self.cause}. To do: {remedy}")


class HistoryFailed(HistoryError):
    """DuckDB could not read or write the file; the run or question that it hit is lost, later ones go on."""

    def __init__(self, path: Path, cause: str) -> None:
        self.path, self.cause = path, " ".join(cause.split())[:400]
        super().__init__(
            f"history {path}: could not be read or written: {self.cause}. To do: check the free disk space, "
            f"then look for damage with `python -m checks doctor`"
        )
