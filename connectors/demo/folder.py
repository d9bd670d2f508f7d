"""The demo warehouse as a folder of Parquet files, and what is remembered about it.

    FOLDER/flights/date=2026-11-20/part.parquet   one file a day
    FOLDER/weather/date=2026-11-20/part.parquet
    FOLDER/planes.parquet, airlines.parquet, airports.parquet
    FOLDER/demo.json                              when it was built, and until when it has been fed

Files appear under another name and are renamed when they are whole, so readers never meet half a file, and a build
that was stopped goes on where it was. Any number of processes may read meanwhile.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from connectors.errors import SourceError

MEMORY = "demo.json"
UNFINISHED = ".new"
LAYOUT = 1
DAYS = 365  # the day of the build and the 364 before it: one whole cycle and a day


class DemoFolderError(SourceError):
    """The folder is not one that the demo made, or its memory can not be read."""

    kind = "demo_refused"
    what = "can not be used for the demo warehouse"


@dataclass(frozen=True, slots=True)
class Memory:
    """`built_at` is where the faults count from; every row up to `fed_until` (a full hour) has been written."""

    built_at: datetime
    fed_until: datetime

    @property
    def first_day(self) -> date:
        return self.built_at.date() - timedelta(days=DAYS - 1)


def full_hour(at: datetime) -> datetime:
    """`at` in UTC without minutes: event times are full hours, so nothing happens in between.

    Raises ValueError for a naive datetime."""
    if at.tzinfo is None:
        raise ValueError(f"at must be an aware datetime, got the naive {at.isoformat()}")
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def recall(folder: Path) -> Memory | None:
    """What is remembered of a build in this folder, None where nothing was built yet."""
    file = folder / MEMORY
    if not file.exists():
        _refuse_strangers(folder)
        return None
    try:
        kept = json.loads(file.read_text("utf-8"))
        layout, built_at, fed_until = kept["layout"], kept["built_at"], kept["fed_until"]
        memory = Memory(datetime.fromisoformat(built_at), datetime.fromisoformat(fed_until))
    except (ValueError, KeyError, TypeError) as error:
        raise _unreadable(folder, f"can not be read ({type(error).__name__})") from error
    if layout != LAYOUT:
        raise _unreadable(folder, f"has layout {layout}, and this version writes layout {LAYOUT}")
    return memory


def discard(folder: Path) -> None:
    """Removes a demo warehouse. Raises DemoFolderError, and removes nothing, where the demo did not make it."""
    if not (folder / MEMORY).exists():
        _refuse_strangers(folder)
        return
    discarded = folder.with_name(f"{folder.name}.discarded")  # a name of its own: stopped here, nothing is half a demo
    shutil.rmtree(discarded, ignore_errors=True)
    folder.rename(discarded)
    shutil.rmtree(discarded)


def remember(folder: Path, memory: Memory) -> None:
    """Writes the memory, whole or not at all."""
    kept = {"layout": LAYOUT, "built_at": memory.built_at.isoformat(), "fed_until": memory.fed_until.isoformat()}
    new = unfinished(folder / MEMORY)
    new.write_text(json.dumps(kept, indent=2) + "\n", "utf-8")
    publish(new, folder / MEMORY)


def partition(folder: Path, dataset: str, day: date) -> Path:
    """The file of one day."""
    return folder / dataset / f"date={day.isoformat()}" / "part.parquet"


def unfinished(file: Path) -> Path:
    """The name under which `file` is written; readers look for *.parquet and do not see it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    return file.with_name(f"{file.name}.{os.getpid()}{UNFINISHED}")


def publish(new: Path, file: Path) -> None:
    """Puts a finished file on disk and in its place."""
    with new.open("rb+") as written:
        os.fsync(written.fileno())
    new.replace(file)


def _refuse_strangers(folder: Path) -> None:
    """An unbuilt folder has to be empty: nothing of anybody else's is ever mixed with the demo, or deleted."""
    if not folder.exists():
        return
    if not folder.is_dir() or any(file.suffix != UNFINISHED for file in folder.iterdir()):
        cause = f"{folder} is there already and has no {MEMORY}"
        raise DemoFolderError("demo", cause, remedy="name a folder that is empty or does not exist yet")


def _unreadable(folder: Path, cause: str) -> DemoFolderError:
    remedy = f"build it anew: python -m connectors.demo {folder} --fresh"
    return DemoFolderError("demo", f"{folder / MEMORY} {cause}", remedy=remedy)
