"""Files to documents. A broken file is a document with an error, so that it never stops the others."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from checks.contracts import standard
from checks.contracts.document import Document, Finding, Node, Notes
from checks.contracts.leniency import bring_to_standard
from checks.contracts.older import is_old
from checks.contracts.read import MAX_BYTES, YamlError, parse
from checks.contracts.review import review
from checks.contracts.sentences import NOT_A_FIELD
from checks.contracts.servers import note_unset

_ENDINGS = {".yaml", ".yml"}
_REMEMBERED = 500  # documents, of a few kilobytes each
_REMEMBERED_FOLDERS = 10


@dataclass(frozen=True)
class Contracts:
    """All documents of a folder, sorted by file, and everything found in them."""

    documents: tuple[Document, ...] = ()
    findings: tuple[Finding, ...] = ()


def load_folder(folder: Path) -> Contracts:
    """The contracts of a folder and its sub-folders; none where there is no such folder. Never raises for what a file
    contains: that becomes a finding."""
    documents = tuple(read_file(file, file.relative_to(folder).as_posix()) for file in contract_files(folder))
    return Contracts(documents, findings(documents))


def findings(documents: Sequence[Document], environ: Mapping[str, str] | None = None) -> tuple[Finding, ...]:
    """Everything found in the documents, in the order of files and lines. `environ` is where the variables of servers
    are looked up, default this process's."""
    notes = [Notes.on(document) for document in documents]
    for each, document in zip(notes, documents, strict=True):
        note_unset(document, each, os.environ if environ is None else environ)
    found = [finding for each in notes for finding in each.found]
    return tuple(sorted([*_reviewed(tuple(documents)), *found], key=lambda each: (each.file, each.line)))


def load_paths(paths: Sequence[Path]) -> Contracts:
    """The contracts of files and folders, as one body: they may refer to each other."""
    if len(paths) == 1 and paths[0].is_dir():
        return load_folder(paths[0])
    files = dict.fromkeys(file for path in paths for file in (contract_files(path) if path.is_dir() else [path]))
    documents = tuple(read_file(file) for file in files)
    return Contracts(documents, findings(documents))


def contract_files(folder: Path) -> list[Path]:
    """The YAML files below a folder, hidden ones and those that lead out of it aside."""
    root = folder.resolve()
    found = [path for path in folder.rglob("*") if path.suffix.lower() in _ENDINGS and path.is_file()]
    inside = (path for path in found if path.resolve().is_relative_to(root))
    return sorted(path for path in inside if not any(part.startswith(".") for part in path.relative_to(folder).parts))


def read_text(raw: bytes, label: str) -> Document:
    """A contract that is in no file, read as if it were in one called `label`."""
    return _read(Path(label), label, raw)


def read_file(path: Path, label: str | None = None) -> Document:
    """One contract, checked against the standard. `label` is how findings name the file, default the path. A file whose
    bytes are those of the last time gives the same document."""
    try:
        return _read(path, label or str(path), _bytes(path))
    except YamlError as error:
        return _no_contract(path, label or str(path), error)


# The app reads its folder again every few minutes, and hardly ever has anything changed. To check a contract against
# the standard takes some ten milliseconds, to compare its bytes none.


@lru_cache(maxsize=_REMEMBERED_FOLDERS)
def _reviewed(documents: tuple[Document, ...]) -> tuple[Finding, ...]:
    return tuple(review(documents))


@lru_cache(maxsize=_REMEMBERED)
def _read(path: Path, label: str, raw: bytes) -> Document:
    try:
        parsed = parse(raw)
    except YamlError as error:
        return _no_contract(path, label, error)
    notes = Notes(label, parsed.lines)
    for place, doubt in parsed.doubts:
        notes.warning(place, doubt)
    root = Node(parsed.data, ())
    set_aside = bring_to_standard(root, notes)
    broken = set(set_aside)
    for place, sentence in standard.problems(parsed.data):
        if is_old(root) and NOT_A_FIELD in sentence:
            notes.warning(place, f"{sentence}; ODCS 3.0 lets it be, and nothing is done with it")
        elif place not in set_aside and place[:-1] not in set_aside:
            notes.error(place, sentence)
            broken.add(place)
    return Document(path, label, parsed.data, parsed.lines, tuple(notes.found), frozenset(broken))


def _no_contract(path: Path, label: str, error: YamlError) -> Document:
    notes = Notes(label, {(): error.line})
    notes.error((), str(error))
    return Document(path, label, {}, {}, tuple(notes.found))


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise YamlError(1, f"can not be read: {error.strerror}") from error
