"""The outset: a warehouse is looked over, and a piece of configuration and a draft of a contract for each of its tables
are proposed. What `init` does. No file is replaced: the piece is added to config.toml, and a contract that is there
stays as it is."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from checks import demo, drafts
from checks.command_line import CanNotRead, WrongUsage
from checks.config import Config, ConfigError, load
from checks.demo import DEMO
from checks.history import History
from checks.monitor import Monitor
from checks.outputs import new_file, replace_file
from checks.records import Dataset
from connectors import SourceError
from connectors.urls import locate, secret_places

Document = dict[str, Any]
Progress = Callable[[str], None]  # called with a line for people
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_UNKNOWN = 3


@dataclass(frozen=True, slots=True)
class Piece:
    """A source to be added to config.toml: its text, and the variables that it refers to with what they have to be.
    `text` is empty where the source is there already."""

    source: str
    text: str
    variables: Mapping[str, str]


def look_over(file: Path, url: str, source: str | None, progress: Progress) -> Document:
    """{"source", "config", "contracts", "errors"}: what was proposed, and what was left as it is. Raises ConfigError,
    WrongUsage and CanNotRead; then nothing is written."""
    there = load(file) if file.exists() else None
    piece = _piece(there, file, url, source)
    before = file.read_bytes().decode() if there else None
    config = _with_piece(file, before, piece)
    with TemporaryDirectory(prefix="vitals-") as folder:
        monitor = _opened(config, Path(folder))
        try:
            datasets = _listed(monitor, piece.source, progress)
            written = _write_piece(file, before, piece)
            contracts = sorted(_drafts(monitor, datasets, progress), key=lambda each: each["dataset"])
        finally:
            monitor.close()
    return {
        "source": piece.source,
        "config": {"file": str(file), "piece": piece.text, "written": written, "variables": sorted(piece.variables)},
        "contracts": contracts,
        "errors": [f"{each['dataset']}: {each['reason']}" for each in contracts if each["outcome"] == "failed"],
    }


def exit_code(document: Document) -> int:
    """3 where a table could not be looked at."""
    return _UNKNOWN if document["errors"] else 0


# -- the piece of configuration ----------------------------------------------------------------------------------------


def _piece(there: Config | None, file: Path, url: str, wanted: str | None) -> Piece:
    """A source that is there already, or a new one. Raises WrongUsage for a name that is no name, or is taken."""
    address = _address(file, url)
    sources = there.sources if there else {}
    same = next((name for name, each in sources.items() if each.url.reveal() in (url, address)), None)
    name = wanted or same or _name_of(url)
    if not _NAME.fullmatch(name):
        raise WrongUsage(f"--source: '{name}' is no name; a name has small letters, digits and _, a letter first")
    if name in sources and name != same:
        raise WrongUsage(f"{file} has a source '{name}' with another url already; name this one with --source")
    if name == same:
        return Piece(name, "", {})
    hidden, variables = _without_secrets(name, address)
    gap = "\n" if there else ""
    return Piece(name, f"{gap}[sources.{name}]\nurl = {json.dumps(hidden, ensure_ascii=False)}\n", variables)


def _address(file: Path, url: str) -> str:
    """The URL as config.toml has to have it: paths there start from its own folder. Raises CanNotRead."""
    if url.startswith(DEMO) or Path.cwd() == file.absolute().parent:
        return url
    try:
        place = locate("source", url, Path.cwd())
    except SourceError as error:
        raise CanNotRead(error.sentence) from None
    return f"{place.kind}://{place.path}" if place.path else url


def _name_of(url: str) -> str:
    """A name out of the last part of the URL."""
    last = url.partition("?")[0].rstrip("/").rpartition("/")[2]
    word = re.sub(r"[^a-z0-9]+", "_", last.rpartition("@")[2].partition(".")[0].lower()).strip("_")
    return word if _NAME.fullmatch(word) else "warehouse"


def _without_secrets(source: str, url: str) -> tuple[str, dict[str, str]]:
    """The URL with references to environment variables in the place of its passwords, and what those have to hold."""
    variables: dict[str, str] = {}
    hidden, at = "", 0
    for start, end in secret_places(url):
        secret = url[start:end]
        if secret.startswith("${"):
            continue
        name = f"{source.upper()}_PASSWORD" + (f"_{len(variables) + 1}" if variables else "")
        variables[name] = secret
        hidden, at = f"{hidden}{url[at:start]}${{{name}}}", end
    return hidden + url[at:], variables


def _with_piece(file: Path, before: str | None, piece: Piece) -> Config:
    """The configuration as it will be, read by the rules of any other. Raises ConfigError."""
    with TemporaryDirectory(prefix="vitals-") as folder:
        tried = Path(folder) / file.name
        tried.write_bytes(((before or "") + piece.text).encode())
        try:
            config = load(tried, {**os.environ, **piece.variables})
        except ConfigError as error:
            raise ConfigError(
                [each.replace(str(tried), f"{file} with the source") for each in error.problems]
            ) from None
    return config.model_copy(update={"file": file, "base": file.absolute().parent})


def _write_piece(file: Path, before: str | None, piece: Piece) -> str:
    """Adds the piece to what was there before, byte for byte. Raises CanNotRead where somebody else was faster."""
    if not piece.text:
        return "there"
    try:
        if before is None and new_file(file, piece.text):
            return "created"
        if before is not None and file.read_bytes().decode() == before:
            replace_file(file, before + piece.text)
            return "added"
    except OSError as error:
        raise CanNotRead(f"{file} can not be written: {error.strerror}") from error
    raise CanNotRead(f"{file} was changed by somebody else meanwhile; nothing is written, try again")


# -- drafts ------------------------------------------------------------------------------------------------------------


def _opened(config: Config, folder: Path) -> Monitor:
    """On a history of its own: the real one may have an owner, and knows nothing of a new warehouse."""
    app = config.app.model_copy(update={"history": str(folder / "history.duckdb")})
    settings = config.model_copy(update={"app": app})
    return Monitor(settings, History.open(settings.history_path, datetime.now(UTC)), lambda: datetime.now(UTC))


def _listed(monitor: Monitor, source: str, progress: Progress) -> list[Dataset]:
    demo.feed(monitor.config, monitor.clock(), progress)
    [state] = monitor.refresh(monitor.clock(), [source])
    if state.error:
        raise CanNotRead(state.error)
    return [dataset for dataset in monitor.datasets().values() if dataset.source == source]


def _drafts(monitor: Monitor, datasets: list[Dataset], progress: Progress) -> Iterator[Document]:
    """One document for each dataset, as they are done."""
    source = monitor.config.sources[datasets[0].source] if datasets else None
    with ThreadPoolExecutor(source.concurrency if source else 1) as pool:
        pending = [pool.submit(_draft, monitor, dataset) for dataset in datasets]
        for done, future in enumerate(as_completed(pending), start=1):
            made = future.result()
            progress(f"{done} of {len(pending)}: {made['dataset']} {made['outcome']}")
            yield made


def _draft(monitor: Monitor, dataset: Dataset) -> Document:
    """Writes one draft. `outcome` is written, kept (a contract is there already) or failed."""
    file = monitor.config.contracts_path / f"{_file_name(dataset)}.yaml"
    told: Document = {"dataset": dataset.name, "file": str(file), "left": []}
    if dataset.contract_file:
        return {**told, "outcome": "kept", "reason": f"it has a contract already: {dataset.contract_file}"}
    if file.exists():
        return {**told, "outcome": "kept", "reason": "there is a file of that name already; it is left as it is"}
    try:
        made = drafts.drafted(monitor, dataset)
        is_new = new_file(file, made.text)
    except SourceError as error:
        return {**told, "outcome": "failed", "reason": error.sentence}
    except OSError as error:
        return {**told, "outcome": "failed", "reason": f"{file} can not be written: {error.strerror}"}
    left = [{"where": each.where, "what": each.what} for each in made.left]
    if not is_new:
        return {**told, "outcome": "kept", "reason": "there is a file of that name already; it is left as it is"}
    return {**told, "outcome": "written", "reason": None, "left": left}


def _file_name(dataset: Dataset) -> str:
    """The dataset as a name for a file: no folder, nothing hidden. What had to be changed ends with a mark of its own,
    for 'a b' and 'a-b' are two tables."""
    name = re.sub(r"[^\w.-]+", "-", dataset.name).strip(".-")
    return name if name == dataset.name else f"{name or 'contract'}-{sha256(dataset.name.encode()).hexdigest()[:6]}"
