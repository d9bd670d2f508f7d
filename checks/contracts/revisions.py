"""Contracts as they are in a revision of git, read with the `git` program and without touching the work tree."""

from __future__ import annotations

import os
import posixpath
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from checks.contracts.document import Document
from checks.contracts.load import read_file
from checks.contracts.read import MAX_BYTES

_SECONDS = 60
_ENDINGS = {".yaml", ".yml"}
#: paths are names and no patterns, nobody is asked for a password, and nothing is fetched
_QUIET = {
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "LC_ALL": "C",
}


class GitError(Exception):
    """What was asked for can not be had from git; the sentence says why."""


class UnknownToGit(GitError):
    """Git answered no, without a word."""


@dataclass(frozen=True, slots=True)
class Blob:
    """A file of a revision: its path from the top of the repository, its object and size."""

    path: str
    object: str
    size: int


def commit_of(revision: str, folder: Path) -> str | None:
    """The full name of the commit that a revision means in the repository around a folder; None where it means none.
    Raises GitError where there is no repository or no git."""
    if not revision or revision.startswith("-") or "\0" in revision:  # never an option of git
        return None
    try:
        return _git(folder, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").decode().strip() or None
    except UnknownToGit:
        return None


def documents_at(commit: str, path: str, folder: Path) -> tuple[list[Document], bool]:
    """The contracts below a path of a commit, and whether the path is a single file. The path counts from the top of
    the repository, one that begins with ./ or ../ from the folder. Raises GitError."""
    wanted = _from_top(path, folder)
    entries = _blobs(commit, wanted, folder)
    single = [blob for blob in entries if blob.path == wanted]
    found = single or [blob for blob in entries if _is_contract(blob.path, wanted)]
    if not entries:
        raise GitError(f"there is no {wanted} in it")
    return [_document(blob, folder) for blob in sorted(found, key=lambda blob: blob.path)], bool(single)


def path_from_top(target: Path, folder: Path) -> str:
    """Where a file or folder of the work tree is in the repository. Raises GitError where it is outside."""
    top = Path(_git(folder, "rev-parse", "--show-toplevel").decode(errors="surrogateescape").rstrip("\n"))
    try:
        return target.resolve().relative_to(top.resolve()).as_posix()
    except ValueError:
        raise GitError(f"{target} is not in the repository {top.name}") from None


def _from_top(path: str, folder: Path) -> str:
    if path.startswith(("./", "../")) or path in (".", ".."):
        prefix = _git(folder, "rev-parse", "--show-prefix").decode(errors="surrogateescape").rstrip("\n")
        path = posixpath.join(prefix, path)
    wanted = posixpath.normpath(path)
    if wanted.startswith(("/", "../")) or wanted == ".." or "\0" in wanted:
        raise GitError(f"{path} leads out of the repository")
    return wanted


def _blobs(commit: str, path: str, folder: Path) -> list[Blob]:
    below = [] if path == "." else ["--", path]
    listed = _git(folder, "ls-tree", "-r", "-l", "-z", "--full-tree", commit, *below)
    found = []
    for entry in listed.decode(errors="surrogateescape").split("\0"):
        facts, _, name = entry.partition("\t")
        mode, kind, sha, size = (facts.split() + [""] * 4)[:4]
        if kind == "blob" and mode != "120000":  # a link is no file
            found.append(Blob(name, sha, int(size)))
    return found


def _is_contract(path: str, below: str) -> bool:
    inner = PurePosixPath(path) if below == "." else PurePosixPath(path).relative_to(below)
    return inner.suffix.lower() in _ENDINGS and not any(part.startswith(".") for part in inner.parts)


def _document(blob: Blob, folder: Path) -> Document:
    if blob.size > MAX_BYTES:
        raise GitError(f"{blob.path} is larger than {MAX_BYTES:,} bytes")
    raw = _git(folder, "cat-file", "blob", blob.object)
    with tempfile.TemporaryDirectory() as kept:
        file = Path(kept) / "contract.yaml"
        file.write_bytes(raw)
        return read_file(file, blob.path)


def _git(folder: Path, *words: str) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 a list of words, no shell; revisions that look like options are refused
            ["git", "-C", str(folder), *words],  # noqa: S607 the git of the user
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_SECONDS,
            check=False,
            env=os.environ | _QUIET,
        )
    except FileNotFoundError:
        raise GitError("there is no git program here; install git, or compare files") from None
    except subprocess.TimeoutExpired:
        raise GitError(f"git did not answer within {_SECONDS} seconds") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        if not said:
            raise UnknownToGit("git does not know it")
        raise GitError(f"git says: {said[0][:200]}")
    return done.stdout
