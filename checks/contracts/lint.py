"""What is wrong with contracts, and what in them is not executed: the answer of `contract lint`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checks.contracts.document import Document, Finding, Level
from checks.contracts.load import contract_files, findings, read_file


@dataclass(frozen=True, slots=True)
class Linted:
    """One file with its findings, sorted by line."""

    file: str
    id: str | None
    findings: tuple[Finding, ...]

    @property
    def worst(self) -> Level | None:
        """The worst level found, None for a clean contract."""
        levels = {finding.level for finding in self.findings}
        return next((level for level in Level if level in levels), None)


def lint(paths: Iterable[Path], environ: Mapping[str, str] | None = None) -> list[Linted]:
    """Reads files and folders of contracts together (they may refer to each other). A path that is not there is a
    finding of its own. `environ` is where the variables of servers are looked up, default this process's."""
    documents = [read_file(file) for file in dict.fromkeys(_files(paths))]
    return by_file(documents, findings(documents, environ))


def by_file(documents: Sequence[Document], found: Sequence[Finding]) -> list[Linted]:
    """Findings sorted to their documents."""
    return [
        Linted(document.label, document.id, tuple(finding for finding in found if finding.file == document.label))
        for document in documents
    ]


def to_json(linted: Iterable[Linted]) -> dict[str, Any]:
    """The JSON of `contract lint --json` and of the HTTP API."""
    return {"contracts": [_file_json(each) for each in linted]}


def _file_json(each: Linted) -> dict[str, Any]:
    findings = [
        {"level": str(one.level), "line": one.line, "path": one.path, "message": one.message} for one in each.findings
    ]
    return {"file": each.file, "id": each.id, "findings": findings}


def _files(paths: Iterable[Path]) -> Iterable[Path]:
    for path in paths:
        if path.is_dir():
            yield from contract_files(path)
        else:
            yield path
