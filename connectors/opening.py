"""From a URL to an open source. Each backend is imported only when a source needs it."""

from __future__ import annotations

from pathlib import Path

from connectors.errors import DriverMissing, SourceError, Unreachable
from connectors.source import Source, raise_translated
from connectors.urls import Location, locate, secrets_of, unknown_scheme


def open_source(name: str, url: str, *, timeout: float = 60.0, base: Path | None = None) -> Source:
    """Opens a warehouse for reading.

    `timeout` bounds each statement, in seconds; relative paths are resolved against `base`, the folder of config.toml,
    and without it against the working directory. Raises Unreachable, AccessDenied or DriverMissing.
    """
    secrets = secrets_of(url)
    try:
        return _open_located(name, locate(name, url, base or Path.cwd()), timeout=timeout, secrets=secrets)
    except SourceError:
        raise
    except Exception as error:  # noqa: BLE001 every driver has its own errors; each becomes one of ours
        raise_translated(name, error, None, secrets, opening=True)


def _open_located(name: str, location: Location, *, timeout: float, secrets: tuple[str, ...]) -> Source:
    """Opens the backend of the location. Raises whatever its driver raises."""
    if location.path is not None:
        return _open_path(name, location.kind, location.path, timeout)
    if location.kind == "postgres":
        from connectors.postgres import PostgresSource

        return PostgresSource(name, location.url, timeout=timeout, secrets=secrets)
    return _open_by_ibis(name, location.url, timeout, secrets)


def _open_path(name: str, kind: str, path: Path, timeout: float) -> Source:
    if kind == "files":
        from connectors.files import FilesSource

        if not path.is_dir():
            remedy = "give the folder that the file is in"
            raise Unreachable(name, f"{path} is a file and no folder", remedy=remedy)
        return FilesSource(name, path, timeout=timeout)
    if kind == "sqlite":
        from connectors.sqlite import SQLiteSource

        return SQLiteSource(name, path, timeout=timeout)
    from connectors.duckdb import DuckDBSource

    return DuckDBSource(name, path, timeout=timeout)


def _open_by_ibis(name: str, url: str, timeout: float, secrets: tuple[str, ...]) -> Source:
    import ibis
    from ibis.backends.sql import SQLBackend
    from ibis.util import backend_entry_points

    from connectors.generic import GenericSource

    scheme = url.split("://", 1)[0].lower()
    if scheme not in {entry.name for entry in backend_entry_points()}:
        raise unknown_scheme(name, url)
    try:
        connection = ibis.connect(url)
    except ImportError as error:
        remedy = f"pip install 'ibis-framework[{scheme}]'"
        raise DriverMissing(name, f"the driver for {scheme}:// is not installed", remedy=remedy) from error
    if not isinstance(connection, SQLBackend):
        raise unknown_scheme(name, url)
    return GenericSource(name, connection, timeout=timeout, secrets=secrets)
