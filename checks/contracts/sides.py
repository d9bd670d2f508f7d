"""The two sides of a comparison: a file, a folder, or a revision of git."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from checks.command_line import CanNotRead, WrongUsage
from checks.contracts.changes.comparison import Comparison, compare, compare_two
from checks.contracts.document import Document, Level
from checks.contracts.load import contract_files, read_file
from checks.contracts.revisions import GitError, commit_of, documents_at, path_from_top

_HERE = Path()


@dataclass(frozen=True, slots=True)
class Side:
    """The contracts of one side; `is_file` where one file was asked for."""

    documents: tuple[Document, ...]
    is_file: bool


def side(words: str, contracts_folder: Callable[[], Path]) -> Side:
    """What `words` mean: a file or folder that exists, else `REVISION:PATH`, else a revision, of which the contracts
    folder is meant. Raises WrongUsage where they mean nothing, CanNotRead where it can not be read."""
    path = Path(words)
    on_disk = "\0" not in words and path.exists()
    found = _on_disk(path) if on_disk else _in_git(words, contracts_folder)
    for document in found.documents:
        _refuse_broken(document, words)
    return found


def compared(old: Side, new: Side) -> Comparison:
    """Two files are two versions of one contract; of a folder beside a file, only the file's contract is compared."""
    if old.is_file and new.is_file:
        return compare_two(old.documents[0], new.documents[0])
    olds, news = old.documents, new.documents
    if old.is_file or new.is_file:
        ids = {document.id for document in (olds if old.is_file else news)}
        olds, news = ([document for document in each if document.id in ids] for each in (olds, news))
    return compare(olds, news)


def _on_disk(path: Path) -> Side:
    if path.is_dir():
        return Side(tuple(read_file(file, _label(file)) for file in contract_files(path)), is_file=False)
    return Side((read_file(path, _label(path)),), is_file=True)


def _label(file: Path) -> str:
    """Relative to where the command runs, as annotations of a pull request need it."""
    here = Path.cwd()
    inside = file.is_absolute() and file.is_relative_to(here)
    return (file.relative_to(here) if inside else file).as_posix()


def _in_git(words: str, contracts_folder: Callable[[], Path]) -> Side:
    revision, colon, path = words.partition(":")
    try:
        commit = commit_of(revision, _HERE)
        if commit is None:
            raise _no_such(words, revision if colon else None)
        if not path:
            path = path_from_top(contracts_folder(), _HERE)
        documents, is_file = documents_at(commit, path, _HERE)
    except GitError as error:
        if not colon:
            raise WrongUsage(f"{words} is no file or folder here, and as a revision: {error}") from error
        raise CanNotRead(f"{words}: {error}") from error
    return Side(tuple(documents), is_file)


def _no_such(words: str, revision: str | None) -> Exception:
    if revision is None:
        return WrongUsage(f"{words} is no file or folder, and no revision of git here")
    if not revision or revision.startswith("-"):
        return WrongUsage(f"{words}: write a revision before the colon, for example main:contracts/orders.yaml")
    hint = "in CI, fetch it first (actions/checkout has fetch-depth: 0)"
    return CanNotRead(f"{words}: git has no revision {revision} here; {hint}")


def _refuse_broken(document: Document, words: str) -> None:
    if not document.data:
        said = next((each for each in document.findings if each.level is Level.ERROR), None)
        why = f"{said.file}:{said.line}: {said.message}" if said else f"{document.label} is empty"
        raise CanNotRead(f"{words}: {why}")
