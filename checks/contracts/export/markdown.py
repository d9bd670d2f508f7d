"""A contract as Markdown (GitHub's, for its tables). What the contract says is text and never markup."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from checks.contracts.document import Document, Node
from checks.contracts.export.readable import Grid, readable

_MARKUP = re.compile(r"[\\`*_{}\[\]#|<>&~$]")
_AT_FRONT = re.compile(r"(\d+(?=[.)])|)([-+=.):])")  # what begins a list, a heading or a table's rule


def markdown(document: Document, tables: Sequence[Node]) -> str:
    """The page."""
    page = readable(document, tables)
    lines = [f"# {_inert(page.title)}", "", *(f"- **{label}:** {_inert(text)}" for label, text in page.facts)]
    for chapter in page.chapters:
        lines += ["", f"## {_inert(chapter.name)}"]
        lines += [line for text in chapter.texts for line in ("", _inert(text))]
        lines += [line for grid in chapter.grids for line in _grid(grid, "###")]
    if page.services:
        lines += _grid(page.services, "##")
    return "\n".join(lines) + "\n"


def _grid(grid: Grid, level: str) -> Iterator[str]:
    yield from ("", f"{level} {grid.title}", "")
    yield _row(grid.head)
    yield _row(["---"] * len(grid.head))
    for row in grid.rows:
        yield _row([_inert(text) for text in row])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _inert(text: str) -> str:
    """One line in which nothing is markup."""
    line = _MARKUP.sub(_escaped, " ".join(text.split()))
    front = _AT_FRONT.match(line)
    return f"{front[1]}\\{line[front.end(1) :]}" if front else line


def _escaped(sign: re.Match[str]) -> str:
    return {"<": "&lt;", ">": "&gt;", "&": "&amp;"}.get(sign[0], f"\\{sign[0]}")
