"""Which tables are in a folder of Parquet and CSV files: names and files, without opening one of them.

    flights.parquet                      table flights            (.pq .parquet .csv .tsv, also .csv.gz and .csv.zst)
    orders/a.csv, orders/b.csv           table orders
    events/day=2026-03-15/part.parquet   table events, with a column day
    events/2026/03/15/part.parquet       table events             (folders called like a number or a date)
    raw/orders/a.csv                     table orders in schema raw

Files and folders starting with `_` or `.` are left alone (markers, checksums, files being written). Where two tables
would have one name, Parquet gets it, and the other keeps the name of its file, or gets `.csv` behind it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

_DATA = re.compile(r"(.+)\.(?:(parquet|parq|pq)|(?:csv|tsv)(?:\.gz|\.zst)?)", re.IGNORECASE)
_PARTITION = re.compile(r"[^=]+=.*|\d[\d_.T-]*")  # key=value, or a number or date
_DEPTH = 12  # of folders; a link that leads back up must not be followed for ever


@dataclass(frozen=True, slots=True)
class FileTable:
    """A table made of files of one format. `hive` says that folders carry column values (key=value)."""

    schema: str | None
    name: str
    parquet: bool
    files: tuple[Path, ...]
    hive: bool

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(file.stat().st_size for file in self.files)


def tables_in(root: Path) -> list[FileTable]:
    """All tables under `root`, those with files only."""
    found: list[FileTable] = []
    for schema, name, files in _groups(root):
        in_parquet = tuple(file for file in files if _is_parquet(file))
        in_csv = tuple(file for file in files if not _is_parquet(file))
        if in_parquet:
            found.append(_table(schema, name, in_parquet, root))
        if in_csv:
            found.append(_table(schema, name, in_csv, root))
    return _with_own_names(found)


def _groups(root: Path) -> Iterator[tuple[str | None, str, list[Path]]]:
    """Schema, name and files of each table: the root's own files are a table each, a folder's are one together."""
    partitions, folders, files = _children(root)
    for file in files:
        yield None, _stem(file), [file]
    if partitions:
        yield None, root.name, [file for folder in partitions for file in _all_files(folder)]
    for folder in folders:
        yield from _folder_groups(folder, (), _DEPTH)


def _folder_groups(folder: Path, above: tuple[str, ...], depth: int) -> Iterator[tuple[str | None, str, list[Path]]]:
    partitions, folders, files = _children(folder)
    files += [file for partition in partitions for file in _all_files(partition)]
    if files:
        yield "/".join(above) or None, folder.name, files
    if depth:
        for inner in folders:
            yield from _folder_groups(inner, (*above, folder.name), depth - 1)


def _children(folder: Path) -> tuple[list[Path], list[Path], list[Path]]:
    """Folders that are parts of a table, other folders, and data files."""
    partitions, folders, files = [], [], []
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.name.startswith((".", "_")):
            continue
        if entry.is_dir():
            (partitions if _PARTITION.fullmatch(entry.name) else folders).append(Path(entry.path))
        elif _DATA.fullmatch(entry.name):
            files.append(Path(entry.path))
    return partitions, folders, files


def _all_files(folder: Path, depth: int = _DEPTH) -> list[Path]:
    partitions, folders, files = _children(folder)
    if depth:
        for inner in partitions + folders:
            files += _all_files(inner, depth - 1)
    return files


def _table(schema: str | None, name: str, files: tuple[Path, ...], root: Path) -> FileTable:
    hive = any("=" in part for file in files for part in file.relative_to(root).parts[:-1])
    return FileTable(schema, name, _is_parquet(files[0]), files, hive)


def _with_own_names(found: list[FileTable]) -> list[FileTable]:
    """Names are compared without case, as the engine does; Parquet chooses first."""
    taken: set[tuple[str, str]] = set()
    named = []
    for table in sorted(found, key=lambda table: (not table.parquet, table.files)):
        schema = (table.schema or "").lower()
        name = next(name for name in _candidates(table) if (schema, name.lower()) not in taken)
        taken.add((schema, name.lower()))
        named.append(replace(table, name=name))
    return named


def _candidates(table: FileTable) -> Iterator[str]:
    yield table.name
    first = table.files[0]
    yield first.name if _stem(first) == table.name else f"{table.name}.{'parquet' if table.parquet else 'csv'}"
    yield from (f"{table.name}.{number}" for number in count(2))


def _stem(file: Path) -> str:
    match = _DATA.fullmatch(file.name)
    return match.group(1) if match else file.name


def _is_parquet(file: Path) -> bool:
    match = _DATA.fullmatch(file.name)
    return bool(match and match.group(2))
